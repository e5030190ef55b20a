package flow

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// Share is a new assignment.
type Share struct {
	Unit     uuid.UUID
	Role     assignment.Role
	Round    int
	Channel  assignment.Channel
	SlipNo   string
	Origin   *time.Time // when the case was first assigned; nil: now
	Replaces *uuid.UUID
}

// OpenShare assigns a share and starts its clocks: they run from this unit's
// assignment, while the original day is kept beside it (domain.md 5 a).
func (e *Engine) OpenShare(ctx context.Context, r *Run, s Share) (*gen.Assignment, error) {
	m := r.Def.Machines[process.OfAssignment]
	first := m.State(m.Initial)
	origin := r.Now
	if s.Origin != nil {
		origin = *s.Origin
	}
	a, err := e.client.Assignment.Create().SetMatterID(r.Matter.ID).SetUnitID(s.Unit).SetRole(s.Role).SetRound(s.Round).
		SetChannel(s.Channel).SetState(first.Code).SetTurn(first.Turn).SetSlipNo(s.SlipNo).
		SetAssignedAt(r.Now).SetOriginAssignedAt(origin).SetNillableReplacesID(s.Replaces).Save(ctx)
	if err != nil {
		return nil, err
	}
	sub := *r
	sub.Share = a
	return a, e.syncTimers(ctx, &sub, first)
}

// CloseShare ends a share that the case goes on without. It is a step of its
// own, since what a share was on a past day is read from the steps.
func (e *Engine) CloseShare(ctx context.Context, r *Run, a *gen.Assignment, state string) error {
	for _, t := range r.Case.OpenTimers(&a.ID) {
		if err := e.end(ctx, t, timer.StatusCANCELLED, r.Now); err != nil {
			return err
		}
	}
	from := a.State
	if err := e.client.Assignment.UpdateOne(a).SetState(state).ClearTurn().AddVersion(1).Exec(ctx); err != nil {
		return err
	}
	sub := *r
	sub.Share, sub.Before, sub.After = a, nil, nil
	sub.Action = &process.Action{Code: "supersede", Label: "被替代", To: state, Audience: string(step.AudienceHANDLING)}
	return e.note(ctx, &sub, from, state)
}

// StartTimer starts a deadline that no state runs by itself. One that runs
// already goes on as it is.
func (r *Run) StartTimer(ctx context.Context, key string) error {
	share := r.shareID()
	for _, t := range r.Case.OpenTimers(share) {
		if t.Key == key {
			return nil
		}
	}
	def := r.Def.Timers[key]
	if def == nil { // a version of the committee's own has left it out
		return fmt.Errorf("flow: version %d of %s has no deadline %q", r.Def.Version, r.Def.Kind, key)
	}
	if def.Once && r.had(key, share) {
		return nil
	}
	return r.Engine.start(ctx, r, key, share)
}

// StopTimer ends such a deadline: what it was for has been done.
func (r *Run) StopTimer(ctx context.Context, key string) error {
	for _, t := range r.Case.OpenTimers(r.shareID()) {
		if t.Key == key {
			if err := r.Engine.end(ctx, t, timer.StatusMET, r.Now); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Run) shareID() *uuid.UUID {
	if r.Share == nil {
		return nil
	}
	return &r.Share.ID
}

// DueDay is the day that a deadline of the policy gives from now, without
// starting a timer.
func (c *Case) DueDay(key string) (time.Time, error) {
	a, ok := c.Policy.Deadlines[key]
	if !ok {
		return time.Time{}, fmt.Errorf("flow: the policy has no deadline %q", key)
	}
	base := c.Now
	if a.Unit != deadline.Hour {
		base = clock.Day(base)
	}
	due, _ := deadline.Budget{Key: key, Base: base, Amount: a.Amount, Unit: a.Unit}.Due(c.Calendar)
	return due, nil
}

// Next takes the next number of a series, which begins at first. It is taken
// in the caller's transaction, so the series has no gap, and the row lock lets
// takers wait for one another.
func Next(ctx context.Context, scope string, first int) (int, error) {
	t, err := tenants.Current(ctx)
	if err != nil {
		return 0, err
	}
	var n int
	err = tenants.Row(ctx, `
		INSERT INTO sequences AS s (tenant_id, scope, next) VALUES ($1, $2, $3 + 1)
		ON CONFLICT (tenant_id, scope) DO UPDATE SET next = s.next + 1 RETURNING next - 1`, []any{t, scope, first}, &n)
	return n, err
}

// NextFrom is Next for who has to ask where a series begins: it asks where it has
// not begun.
func NextFrom(ctx context.Context, scope string, first func() (int, error)) (n int, err error) {
	err = tenants.Row(ctx, `UPDATE sequences SET next = next + 1 WHERE scope = $1 RETURNING next - 1`, []any{scope}, &n)
	if !tenants.NoRows(err) {
		return n, err
	}
	begin, err := first()
	if err != nil {
		return 0, err
	}
	return Next(ctx, scope, begin)
}

// SetNext makes a series go on at a number, after a renumbering.
func SetNext(ctx context.Context, scope string, next int) error {
	t, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO sequences (tenant_id, scope, next) VALUES ($1, $2, $3)
		ON CONFLICT (tenant_id, scope) DO UPDATE SET next = $3`, t, scope, next)
	return err
}
