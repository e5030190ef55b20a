package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Doors is how a job enters a tenant.
type Doors interface {
	InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error
	ReadTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error
}

// sweepPage is how many matters a sweep takes at a time.
const sweepPage = 100

// Sweep fires the reminders and closes the deadlines of one tenant whose day
// or hour has come, matter by matter, each in its own transaction: it may die
// anywhere and be run again, and two may run at once. A matter that fails does
// not hold up the others. Then it hands what nobody is left for to its guardian.
// It returns how many matters it changed.
func (e *Engine) Sweep(ctx context.Context, doors Doors, tenant uuid.UUID) (changed int, err error) {
	defer errs.Wrap(&err, "flow.Sweep(%s)", tenant)
	ctx = authz.System(ctx)
	var failed []error
	after := uuid.Nil
	for {
		var ids []uuid.UUID
		err := doors.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
			ids, err = e.dueMatters(ctx, after)
			return err
		})
		if err != nil {
			return changed, errors.Join(append(failed, err)...)
		}
		if len(ids) == 0 {
			_, err := e.eachAdrift(ctx, doors, tenant)
			return changed, errors.Join(append(failed, err)...)
		}
		for _, id := range ids {
			fired := 0
			err := doors.InTx(ctx, tenant, func(ctx context.Context) (err error) {
				fired, err = e.sweepMatter(ctx, id)
				return err
			})
			switch {
			case ctx.Err() != nil:
				return changed, errors.Join(append(failed, err)...)
			case err != nil:
				failed = append(failed, fmt.Errorf("matter %s: %w", id, err))
			case fired > 0:
				changed++
			}
		}
		after = ids[len(ids)-1]
	}
}

// eachAdrift looks again at what nobody is left for, matter by matter.
func (e *Engine) eachAdrift(ctx context.Context, doors Doors, tenant uuid.UUID) (changed int, err error) {
	var failed []error
	after := uuid.Nil
	for {
		var ids []uuid.UUID
		err := doors.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
			ids, err = adriftMatters(ctx, after)
			return err
		})
		if err != nil || len(ids) == 0 {
			return changed, errors.Join(append(failed, err)...)
		}
		for _, id := range ids {
			err := doors.InTx(ctx, tenant, func(ctx context.Context) error { return e.settleMatter(ctx, id) })
			if ctx.Err() != nil {
				return changed, errors.Join(append(failed, err)...)
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("matter %s: %w", id, err))
				continue
			}
			changed++
		}
		after = ids[len(ids)-1]
	}
}

// dueMatters lists a page of matters with a timer whose next rung or hour has
// come, in the order of their ids.
func (e *Engine) dueMatters(ctx context.Context, after uuid.UUID) ([]uuid.UUID, error) {
	return e.client.Matter.Query().
		Where(matter.IDGT(after), matter.HasTimersWith(dueTimer(ctx))).
		Order(matter.ByID()).Limit(sweepPage).IDs(ctx)
}

func dueTimer(ctx context.Context) predicate.Timer {
	today, now := clock.Today(ctx), clock.Now(ctx)
	return timer.And(timer.StatusIn(timer.StatusRUNNING, timer.StatusOVERDUE),
		timer.Or(timer.NextRungOnLTE(today), timer.And(timer.StatusEQ(timer.StatusRUNNING), timer.DueAtLT(now))))
}

// sweepMatter fires what is due on one matter. Called again it finds nothing.
func (e *Engine) sweepMatter(ctx context.Context, id uuid.UUID) (fired int, err error) {
	ctx, j := journaling(ctx)
	c, err := e.lock(ctx, id)
	if err != nil {
		return 0, err
	}
	today := c.Today()
	for _, t := range c.Timers {
		if t.Status != timer.StatusRUNNING && t.Status != timer.StatusOVERDUE || t.DueOn == nil {
			continue
		}
		over := t.Status == timer.StatusRUNNING && passed(c, t)
		if !over && (t.NextRungOn == nil || t.NextRungOn.After(today)) {
			continue
		}
		if err := e.fire(ctx, c, t, over); err != nil {
			return fired, fmt.Errorf("timer %s: %w", t.ID, err)
		}
		fired++
	}
	if fired == 0 {
		return 0, nil
	}
	if err := e.refreshDue(ctx, c); err != nil {
		return fired, err
	}
	cases, err := e.load(ctx, id)
	if err != nil {
		return fired, err
	}
	if c, err = e.follow(ctx, cases[id]); err != nil {
		return fired, err
	}
	j.quiet = len(j.steps) == 0
	return fired, e.await(ctx, c, j)
}

// fire sends every reminder of a timer that has come, and closes the timer or
// marks it overdue when its day or hour is over.
func (e *Engine) fire(ctx context.Context, c *Case, t *gen.Timer, over bool) error {
	def, today, due := clockOf(c.Def, t), c.Today(), *t.DueOn
	fired := append([]string{}, t.Fired...)
	var latest *int // of several missed rungs only the latest is sent; all are marked
	for _, before := range def.Rungs {
		on := due.AddDate(0, 0, -before)
		if on.After(today) || contains(fired, rungMark(before, due)) {
			continue
		}
		fired = append(fired, rungMark(before, due))
		if latest == nil || before < *latest {
			latest = &before
		}
	}
	if latest != nil && !(over && def.Quiet) { // a window that has closed needs no reminder
		if err := e.remind(ctx, c, t, *latest); err != nil {
			return err
		}
		if err := e.tell(ctx, c, t, *latest); err != nil {
			return err
		}
	}
	u, status := e.client.Timer.UpdateOne(t), t.Status
	if over {
		fired = append(fired, overdueMark(due))
		if status = timer.StatusOVERDUE; def.Quiet {
			status = timer.StatusMET
			u.SetEndedAt(c.Now)
		}
		u.SetStatus(status)
	}
	u.SetFired(fired)
	if next := nextRung(def, due, fired); next != nil {
		u.SetNextRungOn(*next)
	} else {
		u.ClearNextRungOn()
	}
	err := u.Exec(ctx)
	t.Status = status // after: the audit reads from t what was
	if err != nil || !over || def.Expires == "" {
		return err
	}
	return e.expire(ctx, c, def.Expires) // last, since it may end this timer and others
}

// Levels of the 催办 ladder.
const (
	LevelRemind  = "提醒"
	LevelUrge    = "催办"
	LevelPublish = "通报"
)

// level of a rung: before the day 提醒, after it 催办, a week after it 通报.
func level(before int) string {
	switch {
	case before >= 0:
		return LevelRemind
	case before > -7:
		return LevelUrge
	}
	return LevelPublish
}

func (e *Engine) remind(ctx context.Context, c *Case, t *gen.Timer, before int) error {
	r := e.client.Record.Create().SetMatterID(c.Matter.ID).SetNillableAssignmentID(t.AssignmentID).SetKind(record.KindURGE).
		SetOn(c.Today()).SetText(reminder(c, t)).SetMode("系统")
	data, i := map[string]any{"level": level(before), "timer": t.Key, "rung": before}, c.itemOf(t)
	if i != nil {
		data["item"] = i.ID
		r.SetNillableUnitID(i.UnitID)
	}
	r.SetData(data)
	if t.AssignmentID != nil || (i != nil && i.ReplyID != nil) {
		r.SetAudience(record.AudienceHANDLING)
	}
	return r.Exec(ctx)
}

// reminder says when a timer is due, or that it was.
func reminder(c *Case, t *gen.Timer) string {
	due := t.DueOn.Format("2006年1月2日")
	if passed(c, t) {
		return fmt.Sprintf("%s已于%s到期，尚未完成", c.what(t), due)
	}
	return fmt.Sprintf("%s将于%s到期", c.what(t), due)
}

// tell sends the reminder to the people whom the definition names, else to those
// whose day it is, and of an item to who owes it; from a week after the day also
// to those above them.
func (e *Engine) tell(ctx context.Context, c *Case, t *gen.Timer, before int) error {
	def, to := clockOf(c.Def, t), c.debtors(c.itemOf(t), before)
	to.names = def.Notify
	if level(before) == LevelPublish {
		to.names = slices.Concat(def.Notify, def.Escalate)
	}
	ctx, _ = journaling(ctx) // a reminder stands beside what is told of a step
	n := notices.Due(fmt.Sprintf("《%s》：%s", c.Title, reminder(c, t)), before <= 1, passed(c, t))
	if len(def.Notify) == 0 && c.itemOf(t) == nil {
		if err := e.tellOwing(ctx, c, t, level(before) == LevelPublish && len(def.Escalate) == 0, n); err != nil {
			return err
		}
	}
	return e.notify(ctx, c, to, n)
}

// expire runs the automatic action that a passed deadline calls for, when the
// matter still is where it applies.
func (e *Engine) expire(ctx context.Context, c *Case, action string) error {
	a := c.Def.Machines[process.OfMatter].Action(action)
	if !a.Leaves(c.State) {
		return nil
	}
	in := Input{Case: c, Action: a}
	if err := e.guard(&in); err != nil {
		if _, shown := errs.As(err); shown {
			return nil
		}
		return err
	}
	return e.perform(ctx, &Run{Input: in, Engine: e, Client: e.client})
}

// HasDue reports whether a sweep of the context's tenant would do anything.
func (e *Engine) HasDue(ctx context.Context) (bool, error) {
	due, err := e.client.Timer.Query().Where(dueTimer(ctx)).Exist(authz.System(ctx))
	if err != nil || due {
		return due, err
	}
	return anyAdrift(ctx)
}
