package flow_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// debts is a process in which items are owed. %s is where a version may name a
// clock of its own.
const debts = `
kind: %s
version: 1
title: 欠账
turns: {committee_staff: 主任}
timers:
  answer: {label: 答复, deadline: sign.receipt, base: debts.node, rungs: [0]}
%s
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 已打开, turn: committee_staff, waits: 等条目了结, visible: STAFF}
      - {code: COUNTED, label: 按节点计, turn: committee_staff, timers: [answer]}
      - {code: DONE, label: 已结束, end: true}
    actions:
      - {code: owe, label: 欠下, from: [OPEN], may: matter.arrange, effects: [debts.owe], form: {properties: {kind: {type: string}, on: {type: string}, nobody: {type: boolean}}}}
      - {code: set, label: 改变, from: [OPEN], may: matter.arrange, effects: [debts.set], form: {properties: {status: {type: string}, on: {type: string}}}}
      - {code: finish, label: 结束, from: [OPEN], to: DONE, may: matter.arrange}
      - {code: reopen, label: 重开, from: [DONE], to: OPEN, may: matter.arrange}
      - {code: count, label: 计, from: [OPEN], to: COUNTED, may: matter.arrange}
      - {code: close, label: 收, from: [COUNTED], to: DONE, may: matter.arrange}
      - {code: suspend, label: 中止, from: [OPEN], may: matter.arrange, effects: [suspend_timers]}
`

func newDebts(t *testing.T, own string) *world {
	t.Helper()
	w := newWorld(t)
	w.engine.Base("debts.node", "从开始起算", func(*flow.Case, *gen.Assignment) (time.Time, string) { return monday, "开始" })
	w.engine.Clocks("debts.node", item.KindNODE)
	w.engine.Effect("debts.owe", "欠下一条", func(ctx context.Context, r *flow.Run) error {
		on, err := r.Form.Day("on")
		if err != nil {
			return err
		}
		create := r.Client.Item.Create().SetMatterID(r.Matter.ID).SetKind(item.Kind(r.Form.Text("kind"))).SetText("建成夜间公交专线").SetDueOn(on)
		if !r.Form.Bool("nobody") {
			create.SetUnitID(w.unit)
		}
		return create.Exec(ctx)
	})
	w.engine.Effect("debts.set", "改变一条", func(ctx context.Context, r *flow.Run) error {
		u := r.Client.Item.UpdateOneID(r.Items[0].ID)
		if r.Form.Has("status") {
			u.SetStatus(item.Status(r.Form.Text("status")))
		}
		if r.Form.Has("on") {
			on, err := r.Form.Day("on")
			if err != nil {
				return err
			}
			u.SetDueOn(on)
		}
		return u.Exec(ctx)
	})
	w.publish("debts", own)
	return w
}

func (w *world) publish(kind, own string) {
	w.t.Helper()
	w.system(func(ctx context.Context) error {
		_, err := w.engine.Publish(ctx, fmt.Appendf(nil, debts, kind, own), process.RolesOf(w.policy))
		return err
	})
}

// owing opens a matter of the kind with one item that the unit owes by a day.
func (w *world) owing(kind string, form process.Form) *flow.Case {
	w.t.Helper()
	var c *flow.Case
	err := w.as("主任", func(ctx context.Context) (err error) {
		c, err = w.engine.Start(ctx, flow.Opening{Kind: kind, Title: "小事"})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do("owe", c, form)
}

// heard are who was told what, by day and name.
func (w *world) heard(c *flow.Case) (out []string) {
	w.t.Helper()
	names := map[uuid.UUID]string{}
	for name, p := range w.people {
		names[p.Membership] = name
	}
	w.system(func(ctx context.Context) error {
		rows, err := w.store.Ent().Notice.Query().Where(notice.MatterID(c.Matter.ID), notice.Not(notice.TextContains("轮到您办理"))).Order(notice.ByID()).All(ctx)
		for _, n := range rows {
			out = append(out, n.CreatedAt.In(monday.Location()).Format("01-02")+" "+names[n.MembershipID]+" "+strings.TrimPrefix(n.Text, "《小事》："))
		}
		return err
	})
	slices.Sort(out) // those who are told at once stand in no order
	return out
}

func lines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// M17 and A5: what has a day reminds, of whatever kind the item is.
func TestItemsHaveClocks(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"COMMITMENT", "PROBLEM", "RESOLUTION", "SUGGESTION", "LEAD"} {
		t.Run("M17: the day of a "+kind+" is the matter's next, and its unit is reminded once a rung", func(t *testing.T) {
			t.Parallel()
			w := newDebts(t, "")
			c := w.owing("debts", process.Form{"kind": kind, "on": "2025-03-14"})
			w.nextDue(t, c, ptr(day(14)))
			for d := 4; d <= 25; d++ {
				w.at(d, 8, 0)
				for range 3 {
					w.sweep()
				}
			}
			what := process.ItemKinds[kind] + "“建成夜间公交专线”"
			lines(t, w.heard(c),
				"03-07 局长 "+what+"将于2025年3月14日到期", "03-13 局长 "+what+"将于2025年3月14日到期", "03-14 局长 "+what+"将于2025年3月14日到期",
				"03-21 主任 "+what+"已于2025年3月14日到期，尚未完成", "03-21 局长 "+what+"已于2025年3月14日到期，尚未完成")
			if got := w.reminders(c); len(got) != 4 {
				t.Errorf("%v", got)
			}
			status(t, w.last(c, kind), timer.StatusOVERDUE, day(14))
		})
	}
	t.Run("M17: what nobody of the committee owes is brought to who opened the matter", func(t *testing.T) {
		t.Parallel()
		w := newDebts(t, "")
		c := w.owing("debts", process.Form{"kind": "PROBLEM", "on": "2025-03-14", "nobody": true})
		w.at(7, 8, 0)
		w.sweep()
		lines(t, w.heard(c), "03-07 主任 问题“建成夜间公交专线”将于2025年3月14日到期")
	})
}

// What a unit owes its heir owes: the reminder goes to the people who are there.
func TestItemsOfUnitsThatChanged(t *testing.T) {
	t.Parallel()
	follow := func(w *world, ctx context.Context, merged bool) {
		c, until := w.store.Ent(), day(4)
		next := c.Unit.Create().SetLine("HANDLING").SetKind("HANDLING_UNIT").SetName("投资促进局").SetActiveFrom(day(1)).SaveX(ctx).ID
		c.Unit.UpdateOneID(w.unit).SetSuccessorID(next).SetParentID(next).SetActiveTo(until).ExecX(ctx)
		c.Seat.Update().Where(seat.UnitID(w.unit)).SetSeatTo(until).ExecX(ctx)
		if !merged { // a renamed unit's people go over
			c.Seat.Create().SetMembershipID(w.people["局长"].Membership).SetUnitID(next).SetSeatFrom(day(5)).ExecX(ctx)
			return
		}
		m := c.Membership.Create().SetName("新局长").SetKind("STAFF").SetAccountID(uuid.New()).SaveX(ctx)
		c.Grant.Create().SetMembership(m).SetRole("unit_lead").SaveX(ctx)
		c.Seat.Create().SetMembership(m).SetUnitID(next).SaveX(ctx)
		w.people["新局长"] = &authz.Viewer{Account: *m.AccountID, Membership: m.ID}
	}
	for who, merged := range map[string]bool{"局长": false, "新局长": true} {
		t.Run(fmt.Sprintf("C1: what a unit owes that is merged (%t) or renamed is brought to %s of its heir", merged, who), func(t *testing.T) {
			t.Parallel()
			w := newDebts(t, "")
			c := w.owing("debts", process.Form{"kind": "PROBLEM", "on": "2025-03-14"})
			w.system(func(ctx context.Context) error { follow(w, ctx, merged); return nil })
			w.at(7, 8, 0)
			w.sweep()
			lines(t, w.heard(c), "03-07 "+who+" 问题“建成夜间公交专线”将于2025年3月14日到期")
		})
	}
}

func TestClocksOfItemsEndWithWhatIsOwed(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*world, *flow.Case) {
		t.Parallel()
		w := newDebts(t, "")
		return w, w.owing("debts", process.Form{"kind": "PROBLEM", "on": "2025-03-14"})
	}
	for what, want := range map[string]timer.Status{"REPORTED": timer.StatusMET, "DONE": timer.StatusMET, "DROPPED": timer.StatusCANCELLED} {
		t.Run("M17: an item that is "+what+" reminds no more", func(t *testing.T) {
			w, c := open(t)
			w.do("set", c, process.Form{"status": what})
			status(t, w.last(c, "PROBLEM"), want, day(14))
			w.nextDue(t, c, nil)
			w.at(25, 8, 0)
			if n := w.sweep(); n != 0 || len(w.reminders(c)) != 0 {
				t.Errorf("%d matters were changed", n)
			}
		})
	}
	t.Run("an item that is open again goes on, and no rung is sent twice for one day", func(t *testing.T) {
		w, c := open(t)
		w.at(13, 8, 0)
		w.sweep()
		w.do("set", c, process.Form{"status": "REPORTED"})
		w.do("set", c, process.Form{"status": "OPEN"})
		w.sweep()
		lines(t, w.reminders(c), "提醒 问题“建成夜间公交专线”将于2025年3月14日到期")
		w.at(14, 8, 0)
		w.sweep()
		if n := len(w.timers(c, "PROBLEM")); n != 1 || len(w.reminders(c)) != 2 {
			t.Errorf("%d clocks, %v", n, w.reminders(c))
		}
	})
	t.Run("another day makes the ladder anew", func(t *testing.T) {
		w, c := open(t)
		w.at(13, 8, 0)
		w.sweep()
		w.do("set", c, process.Form{"on": "2025-03-20"})
		status(t, w.last(c, "PROBLEM"), timer.StatusRUNNING, day(20))
		w.nextDue(t, c, ptr(day(20)))
		w.sweep()
		if got := w.reminders(c); len(got) != 2 || got[1] != "提醒 问题“建成夜间公交专线”将于2025年3月20日到期" {
			t.Errorf("%v", got)
		}
	})
	t.Run("the end of the matter ends it, and opening it again begins it", func(t *testing.T) {
		w, c := open(t)
		c = w.do("finish", c, nil)
		status(t, w.last(c, "PROBLEM"), timer.StatusCANCELLED, day(14))
		w.nextDue(t, c, nil)
		c = w.do("reopen", c, nil)
		status(t, w.last(c, "PROBLEM"), timer.StatusRUNNING, day(14))
	})
	t.Run("a suspension of the matter's deadlines moves no agreed day", func(t *testing.T) {
		w, c := open(t)
		w.do("suspend", c, nil)
		status(t, w.last(c, "PROBLEM"), timer.StatusRUNNING, day(14))
	})
	t.Run("it explains itself", func(t *testing.T) {
		w, c := open(t)
		if got := w.explain(w.last(c, "PROBLEM")); !strings.Contains(got, "2025年3月14日") {
			t.Error(got)
		}
	})
}

func TestDefinitionsMaySayHowItemsRemind(t *testing.T) {
	t.Parallel()
	w := newDebts(t, "  promise: {label: 承诺, items: [COMMITMENT], rungs: [3], notify: [committee_staff]}")
	t.Run("a clock of the definition takes the place of the common one", func(t *testing.T) {
		c := w.owing("debts", process.Form{"kind": "COMMITMENT", "on": "2025-03-14"})
		for d := 4; d <= 14; d++ {
			w.at(d, 8, 0)
			w.sweep()
		}
		lines(t, w.heard(c), "03-11 主任 承诺“建成夜间公交专线”将于2025年3月14日到期", "03-11 副主任 承诺“建成夜间公交专线”将于2025年3月14日到期",
			"03-11 局长 承诺“建成夜间公交专线”将于2025年3月14日到期")
	})
	t.Run("items from whose days a timer counts have none of their own", func(t *testing.T) {
		w.clock.Set(monday)
		c := w.owing("debts", process.Form{"kind": "NODE", "on": "2025-03-14"})
		if n := len(w.timers(c, "NODE")); n != 0 {
			t.Errorf("%d clocks", n)
		}
	})
	t.Run("a kind of item that does not exist, a deadline or a state's list are found", func(t *testing.T) {
		text := fmt.Sprintf(debts, "debts", "  promise: {label: 承诺, items: [PROMISE], deadline: sign.receipt}")
		d, err := process.Parse([]byte(strings.Replace(text, "timers: [answer]", "timers: [answer, promise]", 1)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range process.Errors(w.engine.Check(d, process.DefaultPolicy(), process.RolesOf(w.policy))) {
			got = append(got, f.Problem)
		}
		lines(t, got, "没有条目的类别“PROMISE”", "条目的期限就是条目自己的日期，只写 label、items、rungs、notify 和 escalate",
			"条目的期限随条目开始和结束，环节“按节点计”里不要列出")
	})
}

// The unit's person sees the clock as he sees the item.
func TestWhoSeesAnItemSeesItsClock(t *testing.T) {
	t.Parallel()
	w := newDebts(t, "")
	c := w.owing("debts", process.Form{"kind": "PROBLEM", "on": "2025-03-14"})
	for who, want := range map[string]int{"局长": 1, "主任": 1, "外人": 0} {
		err := w.as(who, func(ctx context.Context) error {
			n, err := w.store.Ent().Timer.Query().Where(timer.MatterID(c.Matter.ID), timer.HasItem()).Count(ctx)
			if n != want {
				t.Errorf("%s sees %d clocks", who, n)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	w.system(func(ctx context.Context) error {
		n, err := w.store.Ent().Timer.Query().Where(timer.MatterID(c.Matter.ID)).Count(authz.System(ctx))
		if n != 1 {
			t.Errorf("%d clocks", n)
		}
		return err
	})
}
