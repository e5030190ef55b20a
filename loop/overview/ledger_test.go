package overview

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestLedger(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at(2022, 5, 1)
	early := h.loop(2022, "S4_PROBLEMS")
	proposal := h.matterOf("proposal", "TRACKING", "关于供水的提案", func(m *gen.MatterCreate) { m.SetNumber("第001号") })
	promise := h.item(proposal, item.KindCOMMITMENT, "年底前改造管网", func(c *gen.ItemCreate) { c.SetUnitID(h.units["市水务局"]).SetDueOn(*on(2022, 12, 31)) })
	h.at(2022, 12, 31)
	ordinary := h.matterOf("proposal", "TRACKING", "普通提案", nil)
	old := h.item(ordinary, item.KindCOMMITMENT, "旧的承诺", func(c *gen.ItemCreate) { c.SetDueOn(*on(2023, 3, 1)) })
	h.at(2023, 6, 1)
	now := h.loop(2023, "H4_ACCOUNT")
	m, task := h.task(job{title: "建水厂", loop: early, due: on(2023, 2, 1), unit: "市水务局"})
	below, broken := h.task(job{title: "选址", of: m, due: on(2023, 1, 1), unit: "市发展改革委"})
	_, deeper := h.task(job{title: "勘测", of: below, due: on(2023, 1, 1)})
	_, fresh := h.task(job{title: "今年的", loop: now, due: on(2023, 2, 1)})
	problem := h.item(early, item.KindPROBLEM, "征地难", nil)
	undone, loose := h.task(job{title: "联系已撤销"})
	wrong := h.link(undone, early, link.KindBELONGS_TO)
	h.item(early, item.KindDIRECTION, "不在台账里", nil)
	h.node(m, task, on(2023, 1, 1), item.StatusOPEN)
	h.system(func(ctx context.Context, c *gen.Client) error {
		if err := c.Link.UpdateOneID(wrong).SetUndoneAt(h.clock.Now()).Exec(ctx); err != nil {
			return err
		}
		return c.Cohort.Update().Where(cohort.HandleYear(2022)).SetProposalMatterID(proposal).Exec(ctx)
	})
	// A loop that comes from another is a loop of its own.
	h.link(now, early, link.KindDERIVED_FROM)

	t.Run("the ledger is one list of tasks, commitments and problems, of those matters that the viewer sees", func(t *testing.T) {
		equal(t, "the director's", len(h.ledger(director, Filter{})), 8)
		equal(t, "the unit's", h.ledger(liaison, Filter{}), []uuid.UUID{promise, task})
		equal(t, "another unit's", h.ledger(other, Filter{}), []uuid.UUID{broken})
		equal(t, "the overseer's", len(h.ledger(overseer, Filter{})), 6) // no proposals
		equal(t, "a member's", len(h.ledger(member, Filter{})), 0)
		equal(t, "the administrator's", len(h.ledger(admin, Filter{})), 0)
	})
	t.Run("it goes by day, what has no day comes last, and what has the same day keeps its order", func(t *testing.T) {
		equal(t, "order", h.ledger(director, Filter{}), []uuid.UUID{promise, broken, deeper, task, fresh, old, problem, loose})
	})
	t.Run("the year of an item is the handling year of the loop that it belongs to; else the year in which it was taken down", func(t *testing.T) {
		equal(t, "2022", h.ledger(director, Filter{Year: ptr(2022)}), []uuid.UUID{promise, broken, deeper, task, old, problem})
		equal(t, "2023", h.ledger(director, Filter{Year: ptr(2023)}), []uuid.UUID{fresh, loose})
	})
	t.Run("to a loop belong its own items, those of its proposal, those of its tasks, and those of the tasks into which these were broken down", func(t *testing.T) {
		equal(t, "2022's", h.ledger(director, Filter{Cohort: &early}), []uuid.UUID{promise, broken, deeper, task, problem})
		equal(t, "2023's", h.ledger(director, Filter{Cohort: &now}), []uuid.UUID{fresh})
		equal(t, "no loop's", len(h.ledger(director, Filter{Cohort: ptr(uuid.New())})), 0)
	})
	t.Run("a link that was undone counts no more", func(t *testing.T) {
		for _, id := range h.ledger(director, Filter{Cohort: &early}) {
			if id == loose {
				t.Error("it does")
			}
		}
	})
	t.Run("filters are met all at once", func(t *testing.T) {
		equal(t, "unit and kind", h.ledger(director, Filter{Units: []uuid.UUID{h.units["市水务局"]}, Kinds: []item.Kind{item.KindTASK}}), []uuid.UUID{task})
		equal(t, "overdue", h.ledger(director, Filter{Overdue: ptr(true), Kinds: []item.Kind{item.KindCOMMITMENT}}), []uuid.UUID{promise, old})
		equal(t, "not overdue", h.ledger(director, Filter{Overdue: ptr(false)}), []uuid.UUID{problem, loose})
		equal(t, "days", h.ledger(director, Filter{DueFrom: on(2023, 1, 1), DueTo: on(2023, 2, 1), Search: "水"}), []uuid.UUID{task})
		equal(t, "a matter's number", h.ledger(director, Filter{Search: "001"}), []uuid.UUID{promise})
		equal(t, "no pattern", len(h.ledger(director, Filter{Search: "%"})), 0)
	})
	t.Run("a filter that cannot be understood is refused with the name of its field, never ignored", func(t *testing.T) {
		for field, f := range map[string]Filter{
			"kinds": {Kinds: []item.Kind{item.KindNODE}}, "statuses": {Statuses: []item.Status{"LATE"}}, "year": {Year: ptr(23)},
			"openBefore": {OpenBefore: ptr(9999)}, "dueTo": {DueFrom: on(2023, 2, 1), DueTo: on(2023, 1, 1)},
			"search": {Search: "\x00"}, "units": {Units: make([]uuid.UUID, maxUnits+1)},
		} {
			_, err := f.Predicate(h.ctx())
			if e, ok := errs.As(err); !ok || e.Code != errs.Invalid || e.Path[0] != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
	t.Run("what is still open from earlier years is one list, of loops and of B-class commitments", func(t *testing.T) {
		h.task(job{title: "早已完成", loop: early, due: on(2023, 1, 1), state: "DONE", status: item.StatusDONE})
		got := h.ledger(director, Filter{OpenBefore: ptr(2023)})
		equal(t, "before 2023", got, []uuid.UUID{promise, broken, deeper, task, old, problem})
		equal(t, "before 2022", len(h.ledger(director, Filter{OpenBefore: ptr(2022)})), 0)
	})
}

// M18: what was settled or explained, or whose matter has ended, is no debt.
func TestWhatIsNoDebt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at(2022, 3, 1)
	going, over := h.loop(2022, "S4_PROBLEMS"), h.loop(2021, "S5_CLOSED")
	talk := h.matterOf("proposal", "TRACKING", "普通提案", nil)
	owed := h.item(going, item.KindPROBLEM, "征地难", func(c *gen.ItemCreate) { c.SetDueOn(*on(2022, 6, 1)) })
	h.item(going, item.KindPROBLEM, "说明了的", func(c *gen.ItemCreate) { c.SetStatus(item.StatusREPORTED).SetEvidence("没有资金") })
	left := h.item(over, item.KindPROBLEM, "结束时没有了结的", func(c *gen.ItemCreate) { c.SetDueOn(*on(2022, 6, 1)) })
	told := h.item(talk, item.KindCOMMITMENT, "报告了、待核实的", func(c *gen.ItemCreate) { c.SetStatus(item.StatusREPORTED) })
	receipt := h.item(talk, item.KindSUGGESTION, "有收条的建议", func(c *gen.ItemCreate) { c.SetReceiptNo("2022-收-0001") })
	h.at(2023, 6, 1)
	t.Run("M18: the open debts of earlier years are what is owed still", func(t *testing.T) {
		equal(t, "debts", h.ledger(director, Filter{OpenBefore: ptr(2023)}), []uuid.UUID{owed, told, receipt})
	})
	t.Run("M18: nothing is late any more in a matter that has ended", func(t *testing.T) {
		equal(t, "late", h.ledger(director, Filter{Overdue: ptr(true)}), []uuid.UUID{owed})
	})
	t.Run("A5: a receipt is in the ledger, and so is what has ended", func(t *testing.T) {
		equal(t, "receipts", h.ledger(director, Filter{Kinds: []item.Kind{item.KindSUGGESTION}}), []uuid.UUID{receipt})
		equal(t, "problems of the loop that is over", h.ledger(director, Filter{Year: ptr(2021)}), []uuid.UUID{left})
	})
}
