package flow

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// ShareState is the key of a share's state in the mapping of MoveTo.
func ShareState(code string) string { return process.OfAssignment + "." + code }

// MoveTo puts a running matter on another published version of its process.
// states says where each present state is in the new version (ShareState for
// those of shares); one that has the same code needs no word. Everything that
// was recorded stays; deadlines of the same key go on, others are cancelled,
// what the new state has besides starts today. The matter keeps its policy. The
// step names both versions. On that version already, nothing happens. Errors:
// NotFound; NotAllowedInState for a closed matter; Invalid for another kind, a
// version that is not published, a state without a place, no reason;
// GuardFailed while deadlines are suspended. Permission is the caller's
// question.
func (e *Engine) MoveTo(ctx context.Context, id, to uuid.UUID, states map[string]string, reason string) (err error) {
	defer errs.Wrap(&err, "flow.MoveTo(%s, %s)", id, to)
	v := authz.From(ctx)
	ctx = authz.System(ctx)
	c, err := e.lock(ctx, id)
	if err != nil {
		return err
	}
	if c.ProcessID == to {
		return nil
	}
	def, err := e.destination(ctx, c, to)
	if err != nil {
		return err
	}
	if text.Blank(reason) {
		return errs.New(errs.Invalid, "请填写理由").At("reason")
	}
	if suspended(c) {
		return errs.New(errs.GuardFailed, "期限正在中止，请先恢复再换版")
	}
	target, shares, err := landings(c, def, states)
	if err != nil {
		return err
	}
	// ent holds the process of a matter for unchangeable, and rightly: this is
	// the only place that changes it.
	if _, err := tenants.Exec(ctx, `UPDATE matters SET process_id = $1 WHERE id = $2`, to, id); err != nil {
		return err
	}
	from, old := c.State, c.Def
	c.Def, c.ProcessID = def, to
	r := &Run{
		Input:  Input{Case: c, Action: &process.Action{Code: "changeVersion", Label: "换用新版流程", To: target.Code}, Viewer: v, Reason: reason},
		Engine: e, Client: e.client,
		Before: map[string]any{"version": old.Version, "state": from}, After: map[string]any{"version": def.Version, "state": target.Code},
	}
	if err := e.settle(ctx, r, old, target); err != nil {
		return err
	}
	for i, s := range shares {
		if s.End && s.Code == c.Assignments[i].State {
			continue
		}
		sub := *r
		sub.Share, sub.Action = c.Assignments[i], &process.Action{Code: r.Action.Code, Label: r.Action.Label, To: s.Code}
		if err := e.settle(ctx, &sub, old, s); err != nil {
			return err
		}
	}
	if err := e.refreshDue(ctx, c); err != nil {
		return err
	}
	// The step stays in the new state: "back" must not lead to a state that
	// only the old version has.
	if err := e.note(ctx, r, target.Code, target.Code); err != nil {
		return err
	}
	cases, err := e.load(ctx, id)
	if err != nil {
		return err
	}
	ctx, j := journaling(ctx)
	if c, err = e.follow(ctx, cases[id]); err != nil {
		return err
	}
	return e.await(ctx, c, j)
}

// destination is the definition to which the matter may go.
func (e *Engine) destination(ctx context.Context, c *Case, to uuid.UUID) (*process.Definition, error) {
	if c.Closed() || c.ClosedAt != nil {
		return nil, errs.New(errs.NotAllowedInState, "本件已经结束，不需要换版").With("state", c.State).With("allowedActions", []string{})
	}
	p, err := e.client.Process.Get(ctx, to)
	switch {
	case gen.IsNotFound(err):
		return nil, errs.New(errs.NotFound, "没有这个流程版本，或您无权查看")
	case err != nil:
		return nil, err
	case p.Kind != c.Kind:
		return nil, errs.New(errs.Invalid, "不能换到另一种流程")
	case p.Status != entprocess.StatusPUBLISHED:
		return nil, errs.New(errs.Invalid, "只能换到已发布的版本")
	}
	return parsed(p.Source, p.Hash)
}

// landings are the states of the new version in which the matter and each of
// its shares go on.
func landings(c *Case, def *process.Definition, states map[string]string) (*process.State, []*process.State, error) {
	find := func(m *process.Machine, key, code string) (*process.State, error) {
		to, given := states[key]
		if !given {
			to = code
		}
		if m != nil && m.State(to) != nil {
			return m.State(to), nil
		}
		if given {
			return nil, errs.New(errs.Invalid, "新版流程没有环节“%s”", process.Clip(to)).At("mapping", key)
		}
		return nil, errs.New(errs.Invalid, "新版流程没有环节“%s”，请指明换到哪个环节", process.Clip(code)).At("mapping", key)
	}
	target, err := find(def.Machines[process.OfMatter], c.State, c.State)
	if err != nil {
		return nil, nil, err
	}
	if target.End {
		return nil, nil, errs.New(errs.Invalid, "不能用换版来结束事项，请换到还没有结束的环节").At("mapping", c.State)
	}
	shares := make([]*process.State, len(c.Assignments))
	for i, a := range c.Assignments {
		if shares[i], err = find(def.Machines[process.OfAssignment], ShareState(a.State), a.State); err != nil {
			return nil, nil, err
		}
	}
	for _, s := range append([]*process.State{target}, shares...) {
		for _, key := range s.Timers {
			t := def.Timers[key]
			if _, ok := c.Policy.Deadlines[t.Deadline]; !ok && t.Choose == "" && t.Within == nil {
				return nil, nil, errs.New(errs.GuardFailed, "本件适用的政策里没有新版流程要用的期限“%s”", t.Label)
			}
		}
	}
	return target, shares, nil
}

// settle puts the subject into a state of the new version with its deadlines.
func (e *Engine) settle(ctx context.Context, r *Run, old *process.Definition, target *process.State) error {
	var share *uuid.UUID
	if r.Share != nil {
		share = &r.Share.ID
	}
	for _, t := range r.Case.OpenTimers(share) {
		def := r.Def.Timers[t.Key]
		if def == nil || (!contains(target.Timers, t.Key) && old.RunsIn(t.Key) != nil) {
			if err := e.end(ctx, t, timer.StatusCANCELLED, r.Now); err != nil {
				return err
			}
			continue
		}
		if t.DueOn == nil || t.Status == timer.StatusSUSPENDED {
			continue
		}
		// its days stay, its reminders are the new ones
		u := e.client.Timer.UpdateOne(t)
		if next := nextRung(def, *t.DueOn, t.Fired); next != nil {
			u.SetNextRungOn(*next)
		} else {
			u.ClearNextRungOn()
		}
		err := u.Exec(ctx)
		if err != nil {
			return err
		}
	}
	if err := e.syncTimers(ctx, r, target); err != nil {
		return err
	}
	if err := e.syncItems(ctx, r.Case, r.endsIn(target)); err != nil {
		return err
	}
	if r.Share != nil {
		return e.client.Assignment.UpdateOne(r.Share).SetState(target.Code).SetTurn(target.Turn).AddVersion(1).Exec(ctx)
	}
	u := e.client.Matter.UpdateOne(r.Matter).SetState(target.Code).SetTurn(target.Turn).AddVersion(1)
	if target.Visible != "" && target.Code != r.State {
		u.SetVisibility(matter.Visibility(target.Visible))
	}
	m, err := u.Save(ctx)
	if err == nil {
		r.Matter.State, r.Matter.Version = m.State, m.Version
	}
	return err
}
