package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
)

// Base is the event from which a deadline counts: its instant and its name in
// Chinese. It is pure.
type Base func(c *Case, share *gen.Assignment) (time.Time, string)

// syncTimers makes the subject's timers those of its state: what the state
// does not list has been met, what it lists and does not run yet starts.
func (e *Engine) syncTimers(ctx context.Context, r *Run, target *process.State) error {
	var share *uuid.UUID
	if r.Share != nil {
		share = &r.Share.ID
	}
	running := map[string]bool{}
	for _, t := range r.OpenTimers(share) {
		if contains(target.Timers, t.Key) {
			running[t.Key] = true
			continue
		}
		if r.Def.RunsIn(t.Key) == nil && !target.End { // an effect started it, and one stops it
			continue
		}
		if err := e.end(ctx, t, timer.StatusMET, r.Now); err != nil {
			return err
		}
	}
	for _, key := range target.Timers {
		if running[key] || (r.Def.Timers[key].Once && r.had(key, share)) {
			continue
		}
		if err := e.start(ctx, r, key, share); err != nil {
			return err
		}
	}
	return nil
}

// had reports whether the subject ever had the timer.
func (c *Case) had(key string, share *uuid.UUID) bool {
	for _, t := range c.Timers {
		if t.Key == key && sameID(t.AssignmentID, share) {
			return true
		}
	}
	return false
}

// Met ends a running timer of the subject inside an effect; where the state
// still lists it and it may run again, it begins anew.
func (r *Run) Met(ctx context.Context, key string) error {
	var share *uuid.UUID
	if r.Share != nil {
		share = &r.Share.ID
	}
	for _, t := range r.OpenTimers(share) {
		if t.Key == key {
			if err := r.Engine.end(ctx, t, timer.StatusMET, r.Now); err != nil {
				return err
			}
		}
	}
	return nil
}

// end stops a timer, in memory too. One that was overdue stays counted as
// overdue by its due day; MET only says that nothing is owed any more.
func (e *Engine) end(ctx context.Context, t *gen.Timer, status timer.Status, now time.Time) error {
	err := e.client.Timer.UpdateOne(t).SetStatus(status).SetEndedAt(now).ClearNextRungOn().Exec(ctx)
	t.Status = status // after: the audit reads from t what was
	return err
}

// start runs a timer of the definition for a subject.
func (e *Engine) start(ctx context.Context, r *Run, key string, share *uuid.UUID) error {
	def := r.Def.Timers[key]
	b, ok, err := e.budget(r.Case, def, r.Share)
	if err != nil {
		return fmt.Errorf("timer %s: %w", key, err)
	}
	if !ok {
		return nil
	}
	m, err := toMap(b)
	if err != nil {
		return err
	}
	t := e.client.Timer.Create().SetMatterID(r.Matter.ID).SetNillableAssignmentID(share).SetKey(key).SetLabel(def.Label).SetBudget(m)
	if due, ok := b.Due(r.Calendar); ok {
		t.SetDueOn(clock.Day(due)).SetOriginalDueOn(clock.Day(due)).SetNillableNextRungOn(nextRung(def, clock.Day(due), nil))
		if b.Unit == deadline.Hour {
			t.SetDueAt(due)
		}
		if err := e.show(ctx, r.Case, r.Share, def, clock.Day(due), true); err != nil {
			return err
		}
	}
	started, err := t.Save(ctx)
	if err == nil {
		r.Timers = append(r.Timers, started)
	}
	return err
}

// budget derives a timer's budget from the policy that the matter keeps. ok is
// false where the chooser says that the subject owes nothing of the kind.
func (e *Engine) budget(c *Case, def *process.TimerDef, share *gen.Assignment) (_ deadline.Budget, ok bool, _ error) {
	key := def.Deadline
	if def.Choose != "" {
		if err := e.usable(process.Chooser, def.Choose, c, share); err != nil {
			return deadline.Budget{}, false, err
		}
		if key = e.choosers[def.Choose](c, share); key == "" {
			return deadline.Budget{}, false, nil
		}
	}
	amount, ok := c.Policy.Deadlines[key]
	switch {
	case ok:
	case def.Within != nil:
		amount = *def.Within
	default:
		return deadline.Budget{}, false, fmt.Errorf("the policy has no deadline %q", key)
	}
	base, event := c.Now, "进入本环节"
	if def.Base != "" {
		if err := e.usable(process.Base, def.Base, c, share); err != nil {
			return deadline.Budget{}, false, err
		}
		if base, event = e.bases[def.Base](c, share); base.IsZero() { // there is no such day yet
			return deadline.Budget{}, false, nil
		}
	}
	if amount.Unit != deadline.Hour {
		base = clock.Day(base)
	}
	return deadline.Budget{Key: key, Event: event, Base: base, Amount: amount.Amount, Unit: amount.Unit, PolicyVersion: c.Policy.Version}, true, nil
}

// usable: a running version may name a word that the program no longer has, or
// one that was let through before words said for which kinds they hold.
func (e *Engine) usable(s process.Sort, name string, c *Case, share *gen.Assignment) error {
	w := e.paper.Word(s, name)
	switch {
	case w == nil:
		return fmt.Errorf("flow: no %s %q", s, name)
	case !w.Holds(c.Kind):
		return fmt.Errorf("flow: the %s %q does not hold for a %s", s, name, c.Kind)
	case w.Shared && share == nil:
		return fmt.Errorf("flow: the %s %q looks at a share, and a %s has none here", s, name, c.Kind)
	}
	return nil
}

// show copies the due day into the share's column of the definition, where
// lists and statistics read it; first also sets the original day. The step that
// moves the day for replying keeps it, for figures as of a past day.
func (e *Engine) show(ctx context.Context, c *Case, share *gen.Assignment, def *process.TimerDef, due time.Time, first bool) error {
	if share == nil || def.Column == "" {
		return nil
	}
	u := e.client.Assignment.UpdateOne(share)
	switch def.Column { // one of process.Columns
	case "sign_by":
		u.SetSignBy(due)
	case "return_until":
		u.SetReturnUntil(due)
	case "due_on":
		u.SetDueOn(due)
		if first && share.OriginalDueOn == nil {
			u.SetOriginalDueOn(due)
		}
		if c.dues == nil {
			c.dues = map[string]string{}
		}
		c.dues[share.ID.String()] = due.Format(time.DateOnly)
	}
	return u.Exec(ctx)
}

// nearest is the matter's nearest open deadline, for lists; nil when there is
// none. The case's timers are kept as they are stored while an action runs.
func (c *Case) nearest() (next *time.Time) {
	for _, t := range c.Timers {
		if t.DueOn == nil || (t.Status != timer.StatusRUNNING && t.Status != timer.StatusOVERDUE) {
			continue
		}
		if next == nil || t.DueOn.Before(*next) {
			next = t.DueOn
		}
	}
	return next
}

// setDue puts the nearest deadline into an update of the matter and reports
// whether it is another than before.
func (c *Case) setDue(u *gen.MatterUpdateOne) bool {
	next := c.nearest()
	switch {
	case next == nil && c.NextDueOn == nil, next != nil && c.NextDueOn != nil && next.Equal(*c.NextDueOn):
		return false
	case next == nil:
		u.ClearNextDueOn()
	default:
		u.SetNextDueOn(*next)
	}
	return true
}

// refreshDue writes the nearest deadline by itself, where no action does.
func (e *Engine) refreshDue(ctx context.Context, c *Case) error {
	u := e.client.Matter.UpdateOne(c.Matter)
	if !c.setDue(u) {
		return nil
	}
	err := u.Exec(ctx)
	c.NextDueOn = c.nearest()
	return err
}

// Budget reads a timer's stored budget.
func Budget(t *gen.Timer) (deadline.Budget, error) {
	var b deadline.Budget
	raw, err := json.Marshal(t.Budget)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(raw, &b)
}

// Explain says in Chinese how a timer's due day came about. The published day
// stands even where the calendar has been corrected since, and it says so.
func Explain(t *gen.Timer, cal workday.Calendar) (string, error) {
	b, err := Budget(t)
	if err != nil {
		return "", err
	}
	text := b.Explain(cal).Text()
	if due, ok := b.Due(cal); ok && t.DueOn != nil && !t.DueOn.Equal(clock.Day(due)) {
		text += "日历后来有更正，已公布的截止日" + t.DueOn.Format("2006年1月2日") + "不变。"
	}
	return text, nil
}

// change replaces a timer's budget and everything derived from it.
func (e *Engine) change(ctx context.Context, c *Case, t *gen.Timer, b deadline.Budget) error {
	m, err := toMap(b)
	if err != nil {
		return err
	}
	def := c.Def.Timers[t.Key]
	u := e.client.Timer.UpdateOne(t).SetBudget(m)
	due, ok := b.Due(c.Calendar)
	if !ok {
		err := u.SetStatus(timer.StatusSUSPENDED).ClearNextRungOn().Exec(ctx)
		t.Status = timer.StatusSUSPENDED // after: the audit reads from t what was
		return err
	}
	day := clock.Day(due)
	status := t.Status
	if status != timer.StatusOVERDUE || !day.Equal(*t.DueOn) { // what is late stays late until its day moves
		status = timer.StatusRUNNING
		u.SetStatus(status)
	}
	u.SetDueOn(day).SetNillableNextRungOn(nextRung(def, day, t.Fired))
	if b.Unit == deadline.Hour {
		u.SetDueAt(due)
	}
	if err := u.Exec(ctx); err != nil {
		return err
	}
	t.Status, t.DueOn = status, &day
	if t.AssignmentID == nil {
		return nil
	}
	return e.show(ctx, c, c.Share(*t.AssignmentID), def, day, false)
}

// Extend gives a share's timer more time until a day. The original day stays.
func (e *Engine) Extend(ctx context.Context, c *Case, share uuid.UUID, key string, until time.Time, reason string) error {
	for _, t := range c.OpenTimers(&share) {
		if t.Key != key {
			continue
		}
		b, err := Budget(t)
		if err != nil {
			return err
		}
		b, err = b.Extend(deadline.Extension{Unit: deadline.FixedDate, Fixed: until, On: c.Today(), Reason: reason})
		if err != nil {
			return err
		}
		return e.change(ctx, c, t, b)
	}
	return errs.New(errs.GuardFailed, "该期限没有在计时，不能延长")
}

// suspendAll pauses, or resumes, every running timer of the matter.
func (e *Engine) suspendAll(ctx context.Context, r *Run, pause bool) error {
	for _, t := range r.Timers {
		if !isOpen(t) || t.ItemID != nil || (t.Status == timer.StatusSUSPENDED) == pause { // an agreed day is no budget
			continue
		}
		b, err := Budget(t)
		if err != nil {
			return err
		}
		if pause {
			b, err = b.Suspend(r.Today(), r.Reason)
		} else {
			b, err = b.Resume(r.Today())
		}
		if err != nil {
			return err
		}
		if _, runs := b.Due(r.Calendar); pause && runs {
			continue // late, or counted back from its event: a pause changes nothing
		}
		if err := e.change(ctx, r.Case, t, b); err != nil {
			return err
		}
	}
	return nil
}

// nextRung is the earliest reminder of the ladder that has not fired for this
// due day, or the day after it, on which the timer becomes overdue.
func nextRung(def *process.TimerDef, due time.Time, fired []string) *time.Time {
	next := due.AddDate(0, 0, 1)
	if contains(fired, overdueMark(due)) {
		next = time.Time{}
	}
	for _, before := range def.Rungs {
		on := due.AddDate(0, 0, -before)
		if !contains(fired, rungMark(before, due)) && (next.IsZero() || on.Before(next)) {
			next = on
		}
	}
	if next.IsZero() {
		return nil
	}
	return &next
}

// A rung fires once for each due day: an extension makes the ladder anew.
func rungMark(before int, due time.Time) string {
	return strconv.Itoa(before) + "@" + due.Format(time.DateOnly)
}
func overdueMark(due time.Time) string { return "overdue@" + due.Format(time.DateOnly) }

func toMap(v any) (map[string]any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	return m, json.Unmarshal(b, &m)
}
