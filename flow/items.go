package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// itemRungs remind of an item's day where its definition names no clock for
// items of the kind.
var itemRungs = []int{7, 1, 0, -7}

// clockOf is the definition of a timer: the one of its key, or for an item's
// own clock the one that the definition keeps for items of the kind, else the
// clock that every item with a day has. Nil for a key that a running version
// does not know.
func clockOf(d *process.Definition, t *gen.Timer) *process.TimerDef {
	if t.ItemID == nil {
		return d.Timers[t.Key]
	}
	for _, key := range slices.Sorted(maps.Keys(d.Timers)) {
		if contains(d.Timers[key].Items, t.Key) {
			return d.Timers[key]
		}
	}
	return &process.TimerDef{Label: process.ItemKinds[t.Key], Rungs: itemRungs}
}

// Clocks says that a base counts from the days of such items: where a
// definition has a timer with the base, those need no clocks of their own. It
// is called at start only.
func (s *Rules) Clocks(base string, kinds ...item.Kind) { s.counted[base] = kinds }

// owed reports whether somebody owes the item by its day, so that a clock runs:
// neither reported, done nor given up, in a matter that goes on, and promised
// in no reply that is still a draft or was sent back.
func (e *Engine) owed(c *Case, i *gen.Item) bool {
	if i.DueOn == nil || i.Status != item.StatusOPEN {
		return false
	}
	for _, t := range c.Def.Timers {
		if contains(e.counted[t.Base], i.Kind) {
			return false
		}
	}
	if i.ReplyID != nil && !slices.ContainsFunc(c.Replies, func(r *gen.Reply) bool { return r.ID == *i.ReplyID && r.Status == reply.StatusSENT }) {
		return false
	}
	f := e.KindOf(c.Kind).Owes
	return f == nil || f(c, i)
}

// syncItems makes the clocks of items those of what is owed: one begins with
// its item, ends when that is reported, settled or given up, or when the matter
// ends, and goes on where the item is open again. A rung that was sent for a
// day is not sent for it again. Called again it changes nothing.
func (e *Engine) syncItems(ctx context.Context, c *Case, ended bool) error {
	clocks := map[uuid.UUID]*gen.Timer{}
	for _, t := range c.Timers {
		if t.ItemID != nil {
			clocks[*t.ItemID] = t
		}
	}
	for _, i := range c.Items {
		t, owed := clocks[i.ID], !ended && e.owed(c, i)
		var err error
		switch {
		case owed && t == nil:
			err = e.startItem(ctx, c, i)
		case owed:
			err = e.resumeItem(ctx, c, t, i)
		case t != nil && isOpen(t) && (i.Status == item.StatusREPORTED || i.Status == item.StatusDONE):
			err = e.end(ctx, t, timer.StatusMET, c.Now)
		case t != nil && isOpen(t):
			err = e.end(ctx, t, timer.StatusCANCELLED, c.Now)
		}
		if err != nil {
			return fmt.Errorf("the clock of item %s: %w", i.ID, err)
		}
	}
	return nil
}

func itemBudget(i *gen.Item) (map[string]any, error) {
	return toMap(deadline.Budget{Key: string(i.Kind), Event: "约定", Unit: deadline.FixedDate, Fixed: clock.Day(*i.DueOn)})
}

func (e *Engine) startItem(ctx context.Context, c *Case, i *gen.Item) error {
	budget, err := itemBudget(i)
	if err != nil {
		return err
	}
	t := &gen.Timer{Key: string(i.Kind), ItemID: &i.ID}
	def := clockOf(c.Def, t)
	t, err = e.client.Timer.Create().SetMatterID(c.Matter.ID).SetItemID(i.ID).SetKey(t.Key).SetLabel(def.Label).SetBudget(budget).
		SetDueOn(*i.DueOn).SetOriginalDueOn(*i.DueOn).SetNillableNextRungOn(nextRung(def, *i.DueOn, nil)).Save(ctx)
	if err == nil {
		c.Timers = append(c.Timers, t)
	}
	return err
}

// resumeItem lets the clock of an item that is owed run to its present day.
func (e *Engine) resumeItem(ctx context.Context, c *Case, t *gen.Timer, i *gen.Item) error {
	next, status := nextRung(clockOf(c.Def, t), *i.DueOn, t.Fired), timer.StatusRUNNING
	if contains(t.Fired, overdueMark(*i.DueOn)) {
		status = timer.StatusOVERDUE
	}
	if t.Status == status && t.DueOn.Equal(*i.DueOn) && sameDay(next, t.NextRungOn) {
		return nil
	}
	budget, err := itemBudget(i)
	if err != nil {
		return err
	}
	u := e.client.Timer.UpdateOne(t).SetBudget(budget).SetStatus(status).SetDueOn(*i.DueOn).ClearEndedAt()
	if next != nil {
		u.SetNextRungOn(*next)
	} else {
		u.ClearNextRungOn()
	}
	err = u.Exec(ctx)
	t.Status, t.DueOn, t.NextRungOn = status, i.DueOn, next // after: the audit reads from t what was
	return err
}

func sameDay(a, b *time.Time) bool {
	return (a == nil && b == nil) || (a != nil && b != nil && a.Equal(*b))
}

// followItems brings the clocks of items up to what an action's effects wrote
// and to the state that it leads to.
func (e *Engine) followItems(ctx context.Context, r *Run, target *process.State) (err error) {
	written, noted := ctx.Value(touchedKey{}).(*touched)
	wrote := func(typ string) bool { return !noted || written.has(typ) }
	if wrote(gen.TypeItem) {
		r.Items, err = e.client.Item.Query().Where(item.MatterID(r.Matter.ID)).Order(item.ByID()).All(ctx)
		if err != nil {
			return err
		}
	}
	if wrote(gen.TypeReply) && len(r.Items) > 0 {
		r.Replies, err = e.client.Reply.Query().Where(reply.MatterID(r.Matter.ID)).Order(reply.ByID()).All(ctx)
		if err != nil {
			return err
		}
	}
	if wrote(gen.TypeRecord) && len(r.Items) > 0 && e.KindOf(r.Kind).Owes != nil { // an approval may be what makes it owed
		r.Records, err = e.client.Record.Query().Where(record.MatterID(r.Matter.ID)).Order(record.ByID()).All(ctx)
		if err != nil {
			return err
		}
	}
	if r.Share != nil {
		return e.syncItems(ctx, r.Case, r.Closed())
	}
	was := r.Matter.State
	defer func() { r.Matter.State = was }() // the audit reads from the matter what was
	r.Matter.State = target.Code
	return e.syncItems(ctx, r.Case, target.End)
}

// itemOf is the item whose own clock a timer is, nil for other timers.
func (c *Case) itemOf(t *gen.Timer) *gen.Item {
	for _, i := range c.Items {
		if t.ItemID != nil && i.ID == *t.ItemID {
			return i
		}
	}
	return nil
}

// what names what a timer is about.
func (c *Case) what(t *gen.Timer) string {
	i := c.itemOf(t)
	if i == nil {
		return t.Label
	}
	text := i.Text
	if utf8.RuneCountInString(text) > 40 {
		text = string([]rune(text)[:40]) + "…"
	}
	return fmt.Sprintf("%s“%s”", t.Label, text)
}

// debtors are who owes an item: its unit's people, its officer and its leader.
// Where nobody of this committee does, and from a week after the day, those
// hear of it who opened the matter or whose unit it is.
func (c *Case) debtors(i *gen.Item, before int) (to call) {
	if i == nil {
		return to
	}
	for _, id := range []*uuid.UUID{i.OfficerID, i.LeaderID} {
		if id != nil {
			to.people = append(to.people, *id)
		}
	}
	if i.UnitID != nil {
		to.units = append(to.units, *i.UnitID)
	}
	if len(to.units)+len(to.people) > 0 && level(before) != LevelPublish {
		return to
	}
	if c.CreatorID != nil {
		to.people = append(to.people, *c.CreatorID)
	}
	if c.OwnerUnitID != nil {
		to.units = append(to.units, *c.OwnerUnitID)
	}
	return to
}
