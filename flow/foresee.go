package flow

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Foresight is what an action would bring about, told before it is done.
type Foresight struct {
	Turns []ForeseenTurn
	Days  []ForeseenDay
	Sees  bool       // whether the viewer still sees the matter then
	Until *time.Time // the last day on which he may take it back
}

// ForeseenTurn is whose turn it would be, and who is there of those.
type ForeseenTurn struct {
	Turn    string
	Instead bool // they stand in, since nobody is left whose turn it is
	People  []uuid.UUID
}

// ForeseenDay is a deadline that would run: nil was for one that begins, nil due
// for one that ends.
type ForeseenDay struct {
	Label    string
	Was, Due *time.Time
}

// foreseeable: the action has an effect that can be told beforehand.
func (e *Engine) foreseeable(a *process.Action) bool {
	return slices.ContainsFunc(a.Effects, func(r *process.Rule) bool { return e.foresees[r.Name] != nil })
}

// Foresee tells what an action of a matter would bring about, by the rules by
// which it is done: whose turn it would be, which days would run. It writes
// nothing, asks for no reason, and refuses as Do does.
func (e *Engine) Foresee(ctx context.Context, cmd Command) (_ *Foresight, err error) {
	defer errs.Wrap(&err, "flow.Foresee(%s %s)", cmd.Action, cmd.Subject)
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	cases, err := e.read(ctx, e.client.Matter.Query().Where(matter.ID(cmd.Subject)))
	if err != nil || cases[cmd.Subject] == nil {
		return nil, orNotFound(err)
	}
	now := cases[cmd.Subject]
	r := &Run{Input: Input{Case: now.copied(), Form: cmd.Form, Viewer: v}, Engine: e, Client: e.client, Before: map[string]any{}, After: map[string]any{}}
	if err := r.find(cmd.Action); err != nil {
		return nil, err
	}
	if err := e.permitted(&r.Input); err != nil {
		return nil, err
	}
	if !e.foreseeable(r.Action) {
		return nil, errs.New(errs.Invalid, "“%s”会怎样，要办了才知道", r.Action.Label).At("action")
	}
	if err := e.sheet(&r.Input).Take(cmd.Form); err != nil {
		return nil, err
	}
	if err := e.guard(&r.Input); err != nil {
		return nil, err
	}
	return e.foresee(authz.System(ctx), now, r, v)
}

func orNotFound(err error) error {
	if err == nil {
		return notFound()
	}
	return err
}

// foresee carries out in memory what can be told, and compares.
func (e *Engine) foresee(ctx context.Context, now *Case, r *Run, v *authz.Viewer) (*Foresight, error) {
	for _, rule := range r.Action.Effects {
		if tells := e.foresees[rule.Name]; tells != nil {
			if err := tells(ctx, r, rule); err != nil {
				return nil, err
			}
		}
	}
	if target := r.machine().State(r.Action.To); target != nil {
		r.Matter.State = target.Code
		if target.Visible != "" {
			r.Matter.Visibility = matter.Visibility(target.Visible)
		}
	}
	out := &Foresight{Sees: r.Sees(v), Until: r.Given.backUntil()}
	var err error
	if out.Days, err = e.foreseenDays(now, r); err != nil {
		return nil, err
	}
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	st, err := e.standings(ctx, r.Case, rights)
	for i, s := range st.subjects {
		if s.share == nil && err == nil {
			out.Turns = append(out.Turns, foreseenTurns(r.Case, st.rows[i], st.there)...)
		}
	}
	return out, err
}

// foreseenTurns puts the people of one turn together.
func foreseenTurns(c *Case, rows []who, there people) (out []ForeseenTurn) {
	for _, w := range rows {
		i := slices.IndexFunc(out, func(t ForeseenTurn) bool { return t.Turn == c.Def.Turns[w.Turn] && t.Instead == w.Instead })
		if i < 0 {
			i = len(out)
			out = append(out, ForeseenTurn{Turn: c.Def.Turns[w.Turn], Instead: w.Instead})
		}
		for _, id := range there.meant([]who{w}) {
			if !slices.Contains(out[i].People, id) {
				out[i].People = append(out[i].People, id)
			}
		}
	}
	return out
}

// foreseenDays are the deadlines of the matter as they are and as they would be.
func (e *Engine) foreseenDays(now *Case, r *Run) (out []ForeseenDay, err error) {
	target := r.machine().State(r.Matter.State)
	running := map[string]bool{}
	for _, t := range now.OpenTimers(nil) {
		x := ForeseenDay{Label: t.Label, Was: t.DueOn}
		if still := slices.ContainsFunc(r.OpenTimers(nil), func(s *gen.Timer) bool { return s.ID == t.ID }); still && (contains(target.Timers, t.Key) || r.Def.RunsIn(t.Key) == nil) {
			x.Due, running[t.Key] = t.DueOn, true
		} else if contains(target.Timers, t.Key) {
			if x.Due, err = e.begins(r, t.Key); err != nil {
				return nil, err
			}
			running[t.Key] = true
		}
		out = append(out, x)
	}
	for _, key := range target.Timers {
		if running[key] || (r.Def.Timers[key].Once && r.had(key, nil)) {
			continue
		}
		due, err := e.begins(r, key)
		if err != nil {
			return nil, err
		}
		if due != nil {
			out = append(out, ForeseenDay{Label: r.Def.Timers[key].Label, Due: due})
		}
	}
	return out, nil
}

// begins is the day of a deadline that would begin now, nil for none.
func (e *Engine) begins(r *Run, key string) (*time.Time, error) {
	b, ok, err := e.budget(r.Case, r.Def.Timers[key], nil)
	if err != nil || !ok {
		return nil, err
	}
	due, ok := b.Due(r.Calendar)
	if !ok {
		return nil, nil
	}
	day := clock.Day(due)
	return &day, nil
}

// copied is the case to try something on: what is written into it does not touch
// the one that was read.
func (c *Case) copied() *Case {
	now, m := *c, *c.Matter
	now.Matter = &m
	now.Parties = slices.Clone(c.Parties)
	now.Items, now.Timers = copies(c.Items), copies(c.Timers)
	return &now
}

func copies[T any](of []*T) []*T {
	out := make([]*T, len(of))
	for i, x := range of {
		y := *x
		out[i] = &y
	}
	return out
}
