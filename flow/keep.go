package flow

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Past is a matter that had come to its end before it was entered here: nothing
// of it runs, awaits or is told; it is there to be read and counted.
type Past struct {
	Kind, Title, Number string
	State               string // an end of its process
	Sector              *uuid.UUID
	Opened, Closed      time.Time
	Visibility          matter.Visibility
	// Payload creates what stands beside the matter, and answers its steps.
	Payload func(ctx context.Context, m *gen.Matter) ([]PastStep, error)
}

// PastStep is what is known of its way.
type PastStep struct {
	Action, Label, From, To string
	At                      time.Time
	Share                   *uuid.UUID
}

// Keep enters it as the viewer, with one step for each that is known and one
// first that says it was entered afterwards. Permission is the caller's
// question. Called twice it enters two.
func (e *Engine) Keep(ctx context.Context, p Past) (m *gen.Matter, steps []*gen.Step, err error) {
	defer errs.Wrap(&err, "flow.Keep(%s)", p.Kind)
	v, sys := authz.From(ctx), authz.System(ctx)
	of, def, err := e.newest(sys, p.Kind)
	if err != nil {
		return nil, nil, err
	}
	if s := def.Machines[process.OfMatter].State(p.State); s == nil || !s.End {
		return nil, nil, errs.New(errs.Invalid, "本政协的“%s”流程没有终点 %s，不能录入历年的", def.Title, p.State)
	}
	version, err := policyVersion(sys, e.client, clock.Today(ctx))
	if err != nil {
		return nil, nil, err
	}
	m, err = e.client.Matter.Create().SetKind(p.Kind).SetProcess(of).SetPolicyVersion(version).SetState(p.State).SetTitle(p.Title).SetNumber(p.Number).
		SetOpenedAt(p.Opened).SetClosedAt(p.Closed).SetNillableSectorID(p.Sector).SetVisibility(p.Visibility).SetCreatorID(v.Membership).Save(sys)
	if err != nil {
		return nil, nil, err
	}
	known, err := p.Payload(sys, m)
	if err != nil {
		return nil, nil, err
	}
	var rows []*gen.StepCreate
	for _, s := range known {
		rows = append(rows, e.client.Step.Create().SetMatterID(m.ID).SetAction(s.Action).SetLabel(s.Label).SetFromState(s.From).SetToState(s.To).
			SetAt(s.At).SetNillableAssignmentID(s.Share).SetActorID(v.Membership).SetActorName(v.Name+"（录入历年资料）"))
	}
	steps, err = e.client.Step.CreateBulk(rows...).Save(sys)
	return m, steps, err
}
