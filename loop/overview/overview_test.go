package overview

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func yearsIn(loops []*Loop) (out []int) {
	for _, l := range loops {
		out = append(out, l.HandleYear)
	}
	return out
}

func TestOverviewOfLoops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.loop(2019, "S5_CLOSED")
	h.loop(2020, "S4_PROBLEMS")
	h.loop(2022, "S5_CLOSED")
	h.loop(2023, "H4_ACCOUNT")
	h.loop(2024, "P1_COLLECT")

	t.Run("the loops of three handling years stand side by side, and an extended one beside them until it is closed", func(t *testing.T) {
		equal(t, "years", yearsIn(h.overview(overseer)), []int{2020, 2022, 2023, 2024})
		equal(t, "years asked for", yearsIn(h.overview(overseer, 2019, 2023, 2030)), []int{2019, 2023})
	})
	t.Run("each has its state, its stage and the gates out of that state, with what is missing", func(t *testing.T) {
		l := h.overview(director)[3]
		equal(t, "state", []string{l.State.Label, l.State.Stage, l.Turn}, []string{"选题征集", "预研", "提案委主任"})
		if len(l.Gates) != 1 || l.Gates[0].Open() || l.Gates[0].Checks[0].Missing[0] != "还没有调研方向" {
			t.Errorf("gates %+v", l.Gates)
		}
	})
	t.Run("who may not read all loops of his committee is refused", func(t *testing.T) {
		for _, role := range []string{clerk, member, liaison, admin} {
			err := h.as(role, func(ctx context.Context) error { _, err := h.service.Overview(ctx); return err })
			if !errs.Is(err, errs.NotAllowed) {
				t.Errorf("%s: %v", role, err)
			}
		}
	})
	t.Run("another committee's loops, tasks and items are never in it", func(t *testing.T) {
		elsewhere := h.in(h.d.Found(t, plan("210203")))
		its := elsewhere.loop(2023, "H4_ACCOUNT")
		elsewhere.task(job{loop: its, title: "别处的任务"})
		for _, l := range h.overview(overseer) {
			if l.Matter.ID == its || slices.ContainsFunc(l.Tasks.Total, func(i *gen.Item) bool { return i.Text == "别处的任务" }) {
				t.Error("another committee's row")
			}
		}
		equal(t, "elsewhere", yearsIn(elsewhere.overview(overseer)), []int{2023})
		equal(t, "its ledger", len(elsewhere.ledger(overseer, Filter{})), 1)
	})
}

func TestOverviewFigures(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	loop := h.loop(2023, "H4_ACCOUNT")
	soon, past := on(2023, 6, 1), on(2023, 5, 31) // today is not late yet
	m, open := h.task(job{loop: loop, due: soon, unit: "市水务局"})
	_, late := h.task(job{loop: loop, due: past, unit: "市水务局"})
	_, reported := h.task(job{loop: loop, due: past, state: "REPORTED", status: item.StatusREPORTED})
	_, done := h.task(job{loop: loop, due: past, state: "DONE", status: item.StatusDONE})
	gone, dropped := h.task(job{loop: loop, due: past, state: "WITHDRAWN", status: item.StatusDROPPED})
	draft, _ := h.task(job{loop: loop, due: past, state: "DRAFT", matter: func(c *gen.MatterCreate) { c.SetCreatorID(h.d.Who(director).Membership) }})
	h.task(job{of: m, due: past, title: "分解的任务"})
	overdueNode := h.node(m, open, past, item.StatusOPEN)
	h.node(m, open, past, item.StatusREPORTED)
	h.node(m, open, soon, item.StatusOPEN)
	h.node(gone, dropped, past, item.StatusOPEN)
	problem := h.item(loop, item.KindPROBLEM, "资金不足", nil)
	h.item(loop, item.KindPROBLEM, "已解决", func(c *gen.ItemCreate) { c.SetStatus(item.StatusDONE) })
	l := h.overview(director)[0]

	t.Run("every figure is the rows that it counts, and what is open, reported, done and dropped adds up to all", func(t *testing.T) {
		equal(t, "open", idsOf(l.Tasks.Open), []uuid.UUID{late, open})
		equal(t, "reported", idsOf(l.Tasks.Reported), []uuid.UUID{reported})
		equal(t, "done", idsOf(l.Tasks.Done), []uuid.UUID{done})
		equal(t, "dropped", idsOf(l.Tasks.Dropped), []uuid.UUID{dropped})
		for _, c := range []Counts{l.Tasks, l.Nodes, l.Problems} {
			equal(t, "sum", len(c.Open)+len(c.Reported)+len(c.Done)+len(c.Dropped), len(c.Total))
		}
		equal(t, "problems", idsOf(l.Problems.Open), []uuid.UUID{problem})
		equal(t, "all problems", len(l.Problems.Total), 2)
	})
	t.Run("a task that has not been issued is nobody's debt: it is in no figure and not in the ledger", func(t *testing.T) {
		equal(t, "issued tasks", len(l.Tasks.Total), 5)
		if n := len(h.ledger(director, Filter{Kinds: []item.Kind{item.KindTASK}})); n != 6 { // with the one broken down
			t.Errorf("%d in the ledger", n)
		}
		must(t, h.as(director, func(ctx context.Context) error { // though he sees it
			_, err := h.db.Store.Ent().Matter.Get(ctx, draft)
			return err
		}))
	})
	t.Run("a task is overdue when its day has passed and it has not been reported; so is a node, unless its task has come to an end", func(t *testing.T) {
		equal(t, "tasks", idsOf(l.Tasks.Overdue), []uuid.UUID{late})
		equal(t, "nodes", idsOf(l.Nodes.Overdue), []uuid.UUID{overdueNode})
		equal(t, "all nodes", len(l.Nodes.Total), 4)
		h.at(2023, 6, 2)
		equal(t, "tasks a day later", idsOf(h.overview(director)[0].Tasks.Overdue), []uuid.UUID{late, open})
		h.at(2023, 6, 1)
	})
	t.Run("it takes the same number of statements for one loop as for three", func(t *testing.T) {
		statements := func() (n int64) {
			must(t, h.as(director, func(ctx context.Context) error {
				before := tenants.Statements(ctx)
				_, err := h.service.Overview(ctx)
				n = tenants.Statements(ctx) - before
				return err
			}))
			return n
		}
		statements() // the definitions are read once
		one := statements()
		h.loop(2022, "S4_PROBLEMS")
		next := h.loop(2024, "P1_COLLECT")
		for range 5 {
			h.task(job{loop: next})
		}
		equal(t, "statements", statements(), one)
		t.Logf("%d statements", one)
	})
}

func TestDistrictsShare(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	loop := h.loop(2023, "H4_ACCOUNT")
	mirror := func(on, status string) func(*gen.MatterCreate) {
		return func(c *gen.MatterCreate) {
			c.SetMirror(map[string]any{"committee": "210213", "name": "金州区政协", "number": "2023-3", "status": status, "on": on})
		}
	}
	_, first := h.task(job{loop: loop, partner: "210213", due: on(2023, 5, 1), matter: mirror("2023-05-02", "办理中")})
	newest, second := h.task(job{loop: loop, partner: "210213", due: on(2023, 4, 1), status: item.StatusDONE, state: "DONE", matter: mirror("2023-05-20", "已核实")})
	silent, own := h.task(job{loop: loop, partner: "210202", due: on(2023, 8, 1)})
	node := h.node(silent, own, on(2023, 5, 1), item.StatusOPEN)
	h.task(job{loop: loop, unit: "市水务局"})

	t.Run("a district's share is what was handed to it, what of it is done and overdue, and the last that it told", func(t *testing.T) {
		d := h.overview(overseer)[0].Districts
		if len(d) != 2 {
			t.Fatalf("%d districts", len(d))
		}
		equal(t, "names", []string{d[0].Name, d[1].Name}, []string{"中山区政协", "金州区政协"}) // the directory's, and the one it signed with
		equal(t, "handed", idsOf(d[1].Tasks.Total), []uuid.UUID{second, first})
		equal(t, "done", idsOf(d[1].Tasks.Done), []uuid.UUID{second})
		equal(t, "overdue", idsOf(d[1].Tasks.Overdue), []uuid.UUID{first})
		equal(t, "overdue nodes", idsOf(d[0].Nodes.Overdue), []uuid.UUID{node})
		if d[0].Last != nil {
			t.Error("who told nothing has a last report")
		}
		if l := d[1].Last; l == nil || l.Task.ID != newest || l.On != "2023-05-20" || l.Status != "已核实" || l.Number != "2023-3" {
			t.Errorf("last %+v", l)
		}
	})
}

func TestAsked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	above := func(c *gen.MatterCreate) {
		c.SetOrigin(map[string]any{"committee": "210000", "name": "省政协"})
	}
	later, _ := h.task(job{title: "晚", due: on(2023, 7, 1), unit: "市水务局", matter: above})
	reported, _ := h.task(job{title: "已交账", due: on(2023, 1, 1), state: "REPORTED", status: item.StatusREPORTED, unit: "市水务局", matter: above})
	closed, _ := h.task(job{title: "已核实", due: on(2023, 1, 1), state: "DONE", status: item.StatusDONE, matter: above})
	sooner, task := h.task(job{title: "早", due: on(2023, 12, 1), unit: "市发展改革委", matter: above})
	node := h.node(sooner, task, on(2023, 5, 1), item.StatusOPEN)
	h.task(job{title: "自己的", due: on(2023, 5, 1)})
	matters := func(a *Asked) (ids []uuid.UUID) {
		for _, r := range a.Requests {
			ids = append(ids, r.Matter.ID)
		}
		return ids
	}

	t.Run("what a higher committee asked is listed by the day on which the next of it is owed", func(t *testing.T) {
		a := h.asked(director)
		equal(t, "matters", matters(a), []uuid.UUID{sooner, later, reported})
		r := a.Requests[0]
		equal(t, "next", r.Next().ID, node)
		equal(t, "overdue", idsOf(r.Overdue), []uuid.UUID{node})
		equal(t, "owed", idsOf(r.Owed), []uuid.UUID{node, task})
		equal(t, "from", r.From()+r.State.Label, "省政协办理中（测试的叫法）")
		equal(t, "day", a.NextDueOn().Format(time.DateOnly), "2023-05-01")
	})
	t.Run("what is reported owes nothing more; what is closed is counted and not listed", func(t *testing.T) {
		a := h.asked(director)
		if last := a.Requests[2]; last.Next() != nil || len(last.Overdue) != 0 {
			t.Errorf("%+v", last)
		}
		if slices.Contains(matters(a), closed) {
			t.Error("what is closed is listed")
		}
		equal(t, "counts", []int{len(a.Tasks.Total), len(a.Tasks.Open), len(a.Tasks.Reported), len(a.Tasks.Done)}, []int{4, 2, 1, 1})
	})
	t.Run("a unit sees what it was given, and nobody else's", func(t *testing.T) {
		equal(t, "市水务局", matters(h.asked(liaison)), []uuid.UUID{later, reported})
		equal(t, "市发展改革委", matters(h.asked(other)), []uuid.UUID{sooner})
		equal(t, "a member", len(h.asked(member).Requests), 0)
		if h.asked(member).NextDueOn() != nil {
			t.Error("who was asked nothing owes by a day")
		}
	})
}
