package exchange

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

// maxPartners bounds to how many one notice goes: a province has fewer
// committees below it than this.
const maxPartners = 200

// Tell sends a joint activity, commendation or promotion to partners, given by
// code, in the caller's transaction, and returns the envelopes. about is the
// matter it is about, or none; an instruction (批示) is recorded on it. A
// partner named twice is told once; called twice it tells again.
func (s *Service) Tell(ctx context.Context, kind string, partners []string, n Notice, about Object) (sent []uuid.UUID, err error) {
	defer errs.Wrap(&err, "exchange.Tell(%s)", kind)
	v, err := authz.Require(ctx, "exchange.send")
	if err != nil {
		return nil, err
	}
	if kindNames[kind] == "" {
		return nil, errs.New(errs.Invalid, "只能送联合活动、表彰或推广").At("kind")
	}
	// In one order, so that two who tell the same partners do not lock each other.
	partners = slices.Compact(slices.Sorted(slices.Values(partners)))
	if len(partners) == 0 || len(partners) > maxPartners {
		return nil, errs.New(errs.Invalid, "请选择 1 到 %d 个政协", maxPartners).At("partners")
	}
	if err := n.sendable(clock.Today(ctx)); err != nil {
		return nil, err
	}
	if err := s.instruct(ctx, v, kind, partners, n.Instruction, about); err != nil {
		return nil, err
	}
	for _, p := range partners {
		id, err := s.Send(ctx, p, kind, n, about)
		if no, ok := errs.As(err); ok && len(no.Path) == 0 {
			err = no.At("partners")
		}
		if err != nil {
			return nil, err
		}
		sent = append(sent, id)
	}
	return sent, nil
}

// sendable refuses what a receiver would, and days that cannot be: an activity
// is planned, an instruction was given.
func (n *Notice) sendable(today time.Time) error {
	if err := n.wrong(); err != nil {
		return err
	}
	if err := can(day.Planned, n.On, today, "on"); err != nil || n.Instruction == nil {
		return err
	}
	return can(day.Happened, n.Instruction.On, today, "instruction", "on")
}

// can asks a rule of days about one that is written out; none is no fault.
func can(rule func(on, begun, today time.Time, path ...string) error, written string, today time.Time, path ...string) error {
	if written == "" {
		return nil
	}
	on, err := time.Parse(time.DateOnly, written)
	if err != nil {
		return errs.New(errs.Invalid, "日期格式应为 2024-12-27").At(path...)
	}
	return rule(on, time.Time{}, today, path...)
}

// instruct records the instruction on the matter that the notice is about. The
// matter must be one that the sender sees, with an instruction or without.
func (s *Service) instruct(ctx context.Context, v *authz.Viewer, kind string, partners []string, i *Instruction, about Object) error {
	if about.None() {
		return nil
	}
	if about.Type != gen.TypeMatter {
		return errs.New(errs.Invalid, "只能与一件事项有关").At("matterId")
	}
	m, err := s.client.Matter.Query().Where(matter.ID(about.ID)).Only(ctx)
	if gen.IsNotFound(err) {
		return errs.New(errs.NotFound, "没有这件事项，或您无权查看").At("matterId")
	}
	if err != nil || i == nil {
		return err
	}
	on := clock.Today(ctx)
	if i.On != "" {
		if on, err = time.Parse(time.DateOnly, i.On); err != nil {
			return err // sendable has looked at it
		}
	}
	sys := authz.System(ctx)
	err = s.client.Record.Create().SetMatter(m).SetKind(record.KindINSTRUCTION).SetMode(kindNames[kind]).SetOn(on).SetText(strings.TrimSpace(i.Text)).
		SetData(map[string]any{"by": i.By, "partners": partners}).SetAuthorID(v.Membership).SetAudience(record.AudienceSTAFF).Exec(sys)
	if err != nil {
		return err
	}
	return s.client.Matter.UpdateOne(m).AddVersion(1).Exec(sys) // the matter's page shows it
}
