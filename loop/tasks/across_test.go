package tasks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/tasks"
)

// statuses of the task and of its nodes, in their order.
func statuses(c *flow.Case) (out []string) {
	for _, i := range append(items(c, item.KindTASK), items(c, item.KindNODE)...) {
		out = append(out, string(i.Status))
	}
	return out
}

// both expects the same at the two ends of a task.
func (h *house) both(here, there uuid.UUID, state string, want ...string) {
	h.Helper()
	h.state(h.city, here, state)
	h.state(h.first, there, state)
	for _, c := range []*flow.Case{h.look(h.city, here), h.look(h.first, there)} {
		if got := statuses(c); strings.Join(got, " ") != strings.Join(want, " ") {
			h.Errorf("%s: %v, want %v", c.Committee, got, want)
		}
	}
}

// post puts an envelope of one of the kinds into a committee's outbox, as no
// program of ours would write it, and delivers it.
func (h *house) forged(tenant uuid.UUID, partner, kind string, about uuid.UUID, body any) (status string, code exchange.Code) {
	h.Helper()
	h.must(h.as(tenant, admin, func(ctx context.Context) error {
		_, err := h.post.Send(authz.System(ctx), partner, kind, body, exchange.Object{Type: gen.TypeMatter, ID: about})
		return err
	}))
	h.deliver()
	return h.fate(tenant, kind)
}

func TestAcross(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)

	h.run("a task for another committee goes with all its fields and nodes, and with the loop's title and year", func() {
		there, here := h.sent(of)
		c, ours := h.look(h.first, there), h.look(h.city, here)
		a, b := items(c, item.KindTASK)[0], items(ours, item.KindTASK)[0]
		if c.Title != ours.Title || a.Duty != b.Duty || a.Effect != b.Effect || a.Measure != b.Measure || a.LeaderPost != "区长" || a.OfficerPost != "科长" || !a.DueOn.Equal(*b.DueOn) || !a.Key || a.Difficult {
			h.Fatal(a, b)
		}
		for n, node := range items(ours, item.KindNODE) {
			if got := items(c, item.KindNODE)[n]; got.Text != node.Text || !got.DueOn.Equal(*node.DueOn) || got.ID == node.ID {
				h.Fatal(got)
			}
		}
		if loop, _ := c.Data["loop"].(map[string]any); loop["title"] != loopTitle || loop["year"] != 2023.0 {
			h.Fatal(c.Data)
		}
	})
	h.run("there it is a matter of that committee's own, with the origin beside it; its people accept it, break it down and report", func() {
		there, here := h.sent(of)
		c := h.look(h.first, there)
		if c.State != "ISSUED" || c.Origin["committee"] != cityCode || c.Origin["name"] != "大连市政协" || c.CreatorID != nil || c.Turn != "unit" || h.sees(h.first, staff, there) != 1 || h.sees(h.first, liaison, there) != 0 {
			h.Fatal(c.Origin)
		}
		if got := h.told(h.first, there); !strings.Contains(got[director], "轮到您办理：现处于“待承接”") || !strings.Contains(got["committee_staff"], "轮到您") || len(got) != 3 {
			h.Fatal(got)
		}
		if m := h.look(h.city, here).Mirror; m["committee"] != firstCode || m["status"] != "待承接" {
			h.Fatal(m)
		}
		h.does(h.first, staff, there, "accept", nil, "WORKING")
		h.deliver()
		h.both(here, there, "WORKING", "OPEN", "OPEN", "OPEN")
		if got := h.told(h.city, here)[director]; !strings.Contains(got, "承办方承接") {
			h.Fatal(got)
		}
		sub := h.drafted(h.first, h.whole(there, h.first))
		h.does(h.first, director, sub, "issue", nil, "ISSUED")
		if out := h.look(h.first, sub).Out; out[0].Kind != "DERIVED_FROM" || h.look(h.first, sub).Origin != nil {
			h.Fatal(out)
		}
		h.does(h.first, staff, there, "addOwnNode", process.Form{"text": "区里的节点", "dueOn": "2023-05-01"}, "WORKING")
		for n := range 3 {
			h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, n, "DONE"), "WORKING")
		}
		h.refused(errs.GuardFailed, h.first, staff, there, "report", h.fact(process.Form{"outcome": "DONE"})) // the sub-task
		h.does(h.first, director, sub, "withdraw", nil, "WITHDRAWN")
		h.attach(h.first, there, "验收报告.pdf")
		h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "DONE"}), "REPORTED")
		h.deliver()
		c = h.look(h.city, here)
		rows := c.RecordsOf(record.KindREPORT)
		if c.State != "REPORTED" || strings.Join(statuses(c), " ") != "REPORTED REPORTED REPORTED" || len(rows) != 3 || rows[2].Data["by"] != "中山区政协" || !strings.Contains(text(rows[2].Data), "验收报告.pdf") {
			h.Fatal(c.State, statuses(c), rows)
		}
		if h.turn(h.city, here) != "director" || len(h.due(h.city, here)) != 1 || len(h.due(h.first, there)) != 0 {
			h.Fatal("to verify is the city's")
		}
		for n := range 2 {
			h.does(h.city, clerk, here, "acceptNode", process.Form{"itemId": h.node(h.city, here, n)}, "REPORTED")
		}
		h.does(h.city, clerk, here, "verify", h.fact(nil), "DONE")
		h.deliver()
		h.state(h.first, there, "DONE")
		if got := statuses(h.look(h.first, there)); strings.Join(got, " ") != "DONE DONE DONE DONE" {
			h.Fatal(got)
		}
		if got := h.look(h.first, there).Origin["status"]; got != "已完成" {
			h.Fatal(got)
		}
	})
	h.run("changing or verifying a received task is the sender's alone, and what it decides arrives by envelope", func() {
		there, here := h.accepted(of)
		for action, form := range map[string]process.Form{"addNode": {"text": "节点", "dueOn": "2023-05-01"}, "postpone": {"dueOn": "2024-01-01"}, "withdraw": nil,
			"acceptNode": {"itemId": h.node(h.first, there, 0)}, "returnNode": {"itemId": h.node(h.first, there, 0)}} {
			h.refused(errs.NotAllowed, h.first, director, there, action, form)
		}
		before := h.look(h.city, here)
		h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, 0, "DONE"), "WORKING")
		h.deliver()
		// M16: a node changes no state, and yet is the last that the district told
		if m := h.look(h.city, here).Mirror; m["status"] != "办理中" || !strings.Contains(fmt.Sprint(m["note"]), items(before, item.KindNODE)[0].Text) {
			h.Fatal("M16: the last that it told is", m)
		}
		h.does(h.city, clerk, here, "returnNode", process.Form{"itemId": h.node(h.city, here, 0)}, "WORKING")
		h.does(h.city, director, here, "addNode", process.Form{"text": "市里加的节点", "dueOn": "2023-06-30"}, "WORKING")
		h.does(h.city, director, here, "postpone", process.Form{"dueOn": "2023-12-01"}, "WORKING")
		h.deliver()
		h.both(here, there, "WORKING", "OPEN", "OPEN", "OPEN", "OPEN")
		if h.due(h.first, there)["task"] != "2023-12-01" || h.due(h.first, there)["node"] != "2023-05-31" {
			h.Fatal(h.due(h.first, there))
		}
		for n := range 3 {
			h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, n, "EXPLAINED"), "WORKING")
		}
		h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "EXPLAINED"}), "REPORTED")
		h.deliver()
		for n := range 3 {
			h.does(h.city, clerk, here, "acceptNode", process.Form{"itemId": h.node(h.city, here, n)}, "REPORTED")
		}
		h.does(h.city, clerk, here, "sendBack", nil, "WORKING")
		h.deliver()
		h.both(here, there, "WORKING", "OPEN", "DROPPED", "DROPPED", "DROPPED")
		h.refused(errs.NotAllowed, h.first, director, there, "withdraw", nil)
		h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "EXPLAINED"}), "REPORTED")
		h.deliver()
		for _, action := range []string{"verify", "explain", "sendBack"} {
			h.refused(errs.NotAllowed, h.first, director, there, action, nil)
		}
		h.does(h.city, clerk, here, "explain", h.fact(process.Form{"by": "主席会议"}), "EXPLAINED")
		h.deliver()
		h.both(here, there, "EXPLAINED", "DROPPED", "DROPPED", "DROPPED", "DROPPED")
	})
	h.run("a committee that declines brings it back to the draft at the sender; issued again it goes on in the same matter", func() {
		there, here := h.sent(of)
		h.does(h.first, staff, there, "decline", nil, "DRAFT")
		h.refused(errs.NotAllowed, h.first, director, there, "issue", nil)
		h.refused(errs.NotAllowed, h.first, director, there, "amend", process.Form{"duty": "改"})
		h.deliver()
		h.both(here, there, "DRAFT", "OPEN", "OPEN", "OPEN")
		if got := h.told(h.city, here)[clerk]; !strings.Contains(got, "承办方退回任务") {
			h.Fatal(got)
		}
		h.does(h.city, clerk, here, "amend", process.Form{"duty": "协助建设"}, "DRAFT")
		h.does(h.city, clerk, here, "dropNode", process.Form{"itemId": h.node(h.city, here, 0)}, "DRAFT")
		h.does(h.city, clerk, here, "addNode", process.Form{"text": "新的节点", "dueOn": "2023-06-30"}, "DRAFT")
		before := len(h.received(h.first))
		h.does(h.city, clerk, here, "issue", nil, "ISSUED")
		h.deliver()
		h.both(here, there, "ISSUED", "OPEN", "DROPPED", "OPEN", "OPEN")
		if d := items(h.look(h.first, there), item.KindTASK)[0].Duty; d != "协助建设" || len(h.received(h.first)) != before {
			h.Fatal(d)
		}
	})
	h.run("a task that is issued elsewhere, or withdrawn, ends at the committee that had it, whatever that one is doing with it", func() {
		there, here := h.sent(of)
		h.does(h.first, staff, there, "decline", nil, "DRAFT")
		h.deliver()
		h.does(h.city, clerk, here, "amend", process.Form{"partner": secondCode}, "DRAFT")
		h.does(h.city, clerk, here, "issue", nil, "ISSUED")
		h.deliver()
		h.state(h.first, there, "WITHDRAWN")
		other := h.received(h.second)[0]
		h.state(h.second, other, "ISSUED")
		if m := h.look(h.city, here).Mirror; m["committee"] != secondCode || m["status"] != "待承接" {
			h.Fatal("the mirror shows what the former one does:", m)
		}
		if o := h.look(h.first, there).Origin; o["status"] == "待承接" {
			h.Fatal("the former one still hears of it:", o)
		}
		h.does(h.second, staff, other, "decline", nil, "DRAFT")
		h.deliver()
		h.does(h.city, clerk, here, "amend", process.Form{"partner": firstCode}, "DRAFT")
		h.does(h.city, clerk, here, "issue", nil, "ISSUED")
		h.deliver()
		h.state(h.second, other, "WITHDRAWN")
		h.both(here, there, "ISSUED", "OPEN", "OPEN", "OPEN")
		h.does(h.first, staff, there, "decline", nil, "DRAFT")
		h.deliver()
		h.does(h.city, clerk, here, "withdraw", nil, "WITHDRAWN")
		h.deliver()
		h.state(h.first, there, "WITHDRAWN")

		there, here = h.accepted(of) // and while its report is on the way
		for n := range 2 {
			h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, n, "DONE"), "WORKING")
		}
		h.deliver()
		h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "DONE"}), "REPORTED")
		h.does(h.city, director, here, "withdraw", nil, "WITHDRAWN")
		h.deliver()
		h.both(here, there, "WITHDRAWN", "DROPPED", "DROPPED", "DROPPED")
		if status, code := h.fate(h.first, tasks.KindReport); status != exchange.Refused || code != exchange.Closed {
			h.Fatal(status, code)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)

	h.run("what concerns a closed task, a node that the task does not have, or another committee's task is refused", func() {
		there, here := h.accepted(of)
		stranger := uuid.New()
		report := func(task, node uuid.UUID) map[string]any {
			return map[string]any{"task": task, "event": "NODE", "node": node, "on": "2023-04-03", "text": "情况", "outcome": "DONE"}
		}
		node := uuid.MustParse(h.node(h.city, here, 0))
		for name, c := range map[string]struct {
			from  uuid.UUID
			to    string
			kind  string
			about uuid.UUID
			body  any
			code  exchange.Code
		}{
			"an unknown node":                      {h.first, cityCode, tasks.KindReport, there, report(here, stranger), exchange.UnknownObject},
			"an unknown task":                      {h.first, cityCode, tasks.KindReport, there, report(stranger, node), exchange.UnknownObject},
			"another's task":                       {h.second, cityCode, tasks.KindReport, there, report(here, node), exchange.UnknownObject},
			"the loop":                             {h.first, cityCode, tasks.KindReport, there, report(of, node), exchange.UnknownObject},
			"an unknown event":                     {h.first, cityCode, tasks.KindReport, there, map[string]any{"task": here, "event": "DANCED"}, exchange.Malformed},
			"a report without a text":              {h.first, cityCode, tasks.KindReport, there, map[string]any{"task": here, "event": "FINAL", "on": "2023-04-03", "outcome": "DONE"}, exchange.Malformed},
			"out of its state":                     {h.first, cityCode, tasks.KindReport, there, map[string]any{"task": here, "event": "ACCEPTED"}, exchange.NotAccepted},
			"a decision on a node that never came": {h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "NODE_ACCEPTED", "node": stranger}, exchange.UnknownObject},
			"a decision on a task that never came": {h.city, firstCode, tasks.KindDecision, stranger, map[string]any{"event": "VERIFIED"}, exchange.UnknownObject},
			"a task twice":                         {h.city, firstCode, tasks.KindTask, here, h.body(), exchange.NotAccepted},
			"a reason beyond measure":              {h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "POSTPONED", "dueOn": "2024-01-01", "reason": strings.Repeat("长", 2001)}, exchange.Malformed},
			"a day that no calendar has":           {h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "POSTPONED", "dueOn": "9999-12-31"}, exchange.Malformed},
			"a node twice":                         {h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "NODE_ADDED", "node": node, "text": "又一次", "dueOn": "2023-05-01"}, exchange.Malformed},
			"a node without a name":                {h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "NODE_ADDED", "text": "无号", "dueOn": "2023-05-01"}, exchange.Malformed},
			"files that are none": {h.first, cityCode, tasks.KindReport, there, map[string]any{"task": here, "event": "NODE", "node": node, "on": "2023-04-03", "text": "情况", "outcome": "DONE",
				"files": []any{map[string]any{"id": []any{"x"}, "name": "甲", "sha256": "00"}}}, exchange.Malformed},
			"a loop of no year": {h.city, firstCode, tasks.KindTask, stranger, func() map[string]any {
				b := h.body()
				b["loop"] = map[string]any{"title": "某件", "year": 1}
				return b
			}(), exchange.Malformed},
			"half a task": {h.city, firstCode, tasks.KindTask, stranger, map[string]any{"title": "只有标题"}, exchange.Malformed},
		} {
			if status, code := h.forged(c.from, c.to, c.kind, c.about, c.body); status != exchange.Refused || code != c.code {
				h.Errorf("%s: %s %s", name, status, code)
			}
		}
		h.both(here, there, "WORKING", "OPEN", "OPEN", "OPEN")
		h.does(h.city, director, here, "withdraw", nil, "WITHDRAWN")
		h.deliver()
		if status, code := h.forged(h.first, cityCode, tasks.KindReport, there, report(here, node)); status != exchange.Refused || code != exchange.Closed {
			h.Error(status, code)
		}
		if status, code := h.forged(h.city, firstCode, tasks.KindDecision, here, map[string]any{"event": "POSTPONED", "dueOn": "2024-01-01"}); status != exchange.Refused || code != exchange.Closed {
			h.Error(status, code)
		}
	})
	h.run("without an agreement that lets it cross nothing is issued", func() {
		here := h.drafted(h.city, h.abroad(of, secondCode))
		h.must(h.as(h.city, admin, func(ctx context.Context) error {
			a, err := h.store.Ent().Agreement.Query().Where(agreement.Partner(secondCode)).Only(ctx)
			if err == nil {
				_, err = h.post.Suspend(ctx, a.ID, "核对")
			}
			return err
		}))
		h.refused(errs.NotAllowed, h.city, director, here, "issue", nil)
		h.state(h.city, here, "DRAFT")
	})
}

// body is a whole task as it crosses.
func (h *house) body() map[string]any {
	return map[string]any{"title": "任务", "leader": "区长", "officer": "科长", "duty": "牵头", "dueOn": "2023-09-28", "effect": "建成", "measure": "两座"}
}

// TestEveryActionIsWalked: what the definition offers has been done, by the
// people it is for or by an envelope.
func TestEveryActionIsWalked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)
	day := process.Form{"text": "又一个节点", "dueOn": "2023-06-30"}
	there, here := h.sent(of)
	h.does(h.first, staff, there, "decline", nil, "DRAFT")
	h.deliver()
	h.does(h.city, director, here, "amend", process.Form{"duty": "协助"}, "DRAFT")
	h.does(h.city, director, here, "dropNode", process.Form{"itemId": h.node(h.city, here, 1)}, "DRAFT")
	h.does(h.city, director, here, "issue", nil, "ISSUED")
	h.does(h.city, director, here, "addNode", day, "ISSUED")
	h.deliver()
	h.does(h.first, staff, there, "addOwnNode", day, "ISSUED")
	h.does(h.first, staff, there, "accept", nil, "WORKING")
	h.deliver()
	h.does(h.city, director, here, "postpone", process.Form{"dueOn": "2023-12-01"}, "WORKING")
	h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, 0, "DONE"), "WORKING")
	h.deliver()
	h.does(h.city, clerk, here, "returnNode", process.Form{"itemId": h.node(h.city, here, 0)}, "WORKING")
	h.deliver()
	for _, n := range []int{0, 2, 3} {
		h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, n, "DONE"), "WORKING")
	}
	h.deliver()
	for _, n := range []int{0, 2} {
		h.does(h.city, clerk, here, "acceptNode", process.Form{"itemId": h.node(h.city, here, n)}, "WORKING")
	}
	for _, next := range []string{"sendBack", "verify"} {
		h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "DONE"}), "REPORTED")
		h.deliver()
		form := process.Form(nil)
		if next == "verify" {
			form = h.fact(nil)
		}
		h.does(h.city, clerk, here, next, form, map[string]string{"sendBack": "WORKING", "verify": "DONE"}[next])
		h.deliver()
	}
	there, here = h.accepted(of)
	for n := range 2 {
		h.does(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, n, "EXPLAINED"), "WORKING")
	}
	h.does(h.first, staff, there, "report", h.fact(process.Form{"outcome": "EXPLAINED"}), "REPORTED")
	h.deliver()
	for n := range 2 {
		h.does(h.city, clerk, here, "acceptNode", process.Form{"itemId": h.node(h.city, here, n)}, "REPORTED")
	}
	h.does(h.city, clerk, here, "explain", h.fact(process.Form{"by": "主席会议"}), "EXPLAINED")
	_, here = h.accepted(of)
	h.does(h.city, director, here, "withdraw", nil, "WITHDRAWN")
	h.deliver()
	of = h.working(of)
	h.does(h.city, director, of, "handOver", process.Form{"unitId": h.of[h.city].Units["接办局"].String(), "leaderPost": "局长", "officerPost": "科长"}, "WORKING")
	h.does(h.city, director, of, "handBack", process.Form{"leaderPost": "局长", "officerPost": "科长"}, "WORKING")

	for _, a := range definition(t, tasks.Kind).Machines[process.OfMatter].Actions {
		var n int
		h.db.AsSuper(t, `SELECT count(*) FROM steps WHERE action = $1`, []any{a.Code}, &n)
		if n == 0 {
			t.Errorf("%s was never done", a.Code)
		}
	}
	for _, tenant := range []uuid.UUID{h.city, h.first} {
		var n int
		h.db.AsSuper(t, `SELECT count(*) FROM exchange_outbox WHERE tenant_id = $1 AND status <> 'DELIVERED'`, []any{tenant}, &n)
		if n != 0 {
			t.Errorf("%d envelopes were not delivered", n)
		}
	}
}
