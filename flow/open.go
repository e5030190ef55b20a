package flow

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/tenantpolicy"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Opening is a new matter.
type Opening struct {
	Kind      string
	Title     string
	Sector    *uuid.UUID
	Street    *uuid.UUID
	OwnerUnit *uuid.UUID
	Platform  *uuid.UUID // on which it is opened
	OnBehalf  *uuid.UUID
	Reason    string
	Entry     bool         // somebody opens it himself: what the process says of opening holds
	Form      process.Form // what he filled in, see Entrance
	// Payload creates the typed entity beside the matter and its parties.
	Payload func(ctx context.Context, m *gen.Matter) error
}

// Start opens a matter on the newest published version of its process and the
// policy in force today, with its first step. Permission is the caller's
// question, since there is no case yet to stand in a relation to.
func (e *Engine) Start(ctx context.Context, o Opening) (_ *Case, err error) {
	defer errs.Wrap(&err, "flow.Start(%s)", o.Kind)
	v := authz.From(ctx)
	sys := authz.System(ctx)
	p, def, err := e.newest(sys, o.Kind)
	if err != nil {
		return nil, err
	}
	version, err := policyVersion(sys, e.client, clock.Today(ctx))
	if err != nil {
		return nil, err
	}
	policy, err := e.policyAt(sys, version)
	if err != nil {
		return nil, err
	}
	action, err := o.enter(def, policy, v)
	if err != nil {
		return nil, err
	}
	if o.Reason, err = reasonOf(action, o.Reason); err != nil {
		return nil, err
	}
	if err := o.toHeirs(sys); err != nil {
		return nil, err
	}
	machine := def.Machines[process.OfMatter]
	first := machine.State(orInitial(machine, action.To))
	if err := e.home(sys, &o, def, first, v); err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	create := e.client.Matter.Create().SetKind(o.Kind).SetProcess(p).SetPolicyVersion(version).SetState(first.Code).SetTurn(first.Turn).
		SetTitle(o.Title).SetOpenedAt(now).SetNillableSectorID(o.Sector).SetNillableStreetID(o.Street).SetNillableOwnerUnitID(o.OwnerUnit)
	if first.Visible != "" {
		create.SetVisibility(matter.Visibility(first.Visible))
	}
	if v != nil {
		create.SetCreatorID(v.Membership)
	}
	m, err := create.Save(sys)
	if err != nil {
		return nil, err
	}
	if o.Payload != nil {
		if err := o.Payload(sys, m); err != nil {
			return nil, err
		}
	}
	cases, err := e.load(sys, m.ID)
	if err != nil {
		return nil, err
	}
	r := &Run{
		Input:  Input{Case: cases[m.ID], Action: action, Form: o.Form, Viewer: v, Reason: o.Reason},
		Engine: e, Client: e.client, OnBehalf: o.OnBehalf,
	}
	if err := e.begin(sys, r); err != nil {
		return nil, ofData(err)
	}
	if err := e.syncTimers(sys, r, first); err != nil {
		return nil, err
	}
	if err := e.syncItems(sys, r.Case, first.End); err != nil {
		return nil, err
	}
	if err := e.refreshDue(sys, r.Case); err != nil {
		return nil, err
	}
	if err := e.note(sys, r, "", first.Code); err != nil {
		return nil, err
	}
	if cases, err = e.load(sys, m.ID); err != nil {
		return nil, err
	}
	sys, j := journaling(sys)
	j.steps = append(j.steps, taken{run: r}) // who opens it knows
	c, err := e.follow(sys, cases[m.ID])
	if err != nil {
		return nil, err
	}
	return c, e.await(sys, c, j)
}

// policyVersion is the newest version in force on a day, 0 for the default.
func policyVersion(ctx context.Context, c *gen.Client, day time.Time) (int, error) {
	row, err := c.TenantPolicy.Query().Where(tenantpolicy.EffectiveFromLTE(day)).Order(gen.Desc(tenantpolicy.FieldVersion)).First(ctx)
	if gen.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return row.Version, nil
}

// CurrentPolicy is the policy in force today.
func (e *Engine) CurrentPolicy(ctx context.Context) (process.Policy, error) {
	sys := authz.System(ctx)
	v, err := policyVersion(sys, e.client, clock.Today(ctx))
	if err != nil {
		return process.Policy{}, err
	}
	return e.policyAt(sys, v)
}

// Publish stores a version of a definition for the tenant after the loop
// check. The same text again does nothing; another text under a taken version
// is a Conflict.
func (e *Engine) Publish(ctx context.Context, source []byte, roles process.RoleSet) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "flow.Publish")
	return e.publish(ctx, source, "", roles)
}

func (e *Engine) publish(ctx context.Context, source []byte, origin string, roles process.RoleSet) (*gen.Process, error) {
	d, err := process.Parse(source)
	if err != nil {
		return nil, err
	}
	if bad := process.Errors(e.Check(d, process.DefaultPolicy(), roles)); len(bad) > 0 {
		return nil, errs.New(errs.Invalid, "流程不能闭环：%s", bad[0].String()).With("findings", process.FindingTexts(bad))
	}
	sys := authz.System(ctx)
	old, err := e.client.Process.Query().Where(entprocess.Kind(d.Kind), entprocess.Version(d.Version)).Only(sys)
	if err == nil && old.Hash == d.Hash {
		return old, nil
	}
	if err == nil {
		return nil, errs.New(errs.Conflict, "流程“%s”第 %d 版已发布，内容不同；请使用新的版本号", d.Title, d.Version)
	}
	if !gen.IsNotFound(err) {
		return nil, err
	}
	return e.client.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).
		SetSource(d.Source).SetHash(d.Hash).SetOrigin(origin).Save(sys)
}

// toHeirs gives a matter to the units that are there now, where one that it was
// to belong to, such as a platform's owner, was renamed or merged.
func (o *Opening) toHeirs(ctx context.Context) error {
	heirs, err := authz.ReadHeirs(ctx)
	if err != nil {
		return err
	}
	for _, id := range []**uuid.UUID{&o.Sector, &o.Street, &o.OwnerUnit} {
		if *id != nil {
			heir := heirs.Of(**id)
			*id = &heir
		}
	}
	return nil
}
