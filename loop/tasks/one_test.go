package tasks_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/tasks"
)

// sees counts what a role sees of a matter, as the lists do.
func (h *house) sees(tenant uuid.UUID, role string, id uuid.UUID) (n int) {
	h.Helper()
	h.must(h.as(tenant, role, func(ctx context.Context) (err error) {
		n, err = h.store.Ent().Matter.Query().Where(matter.ID(id)).Count(ctx)
		return err
	}))
	return n
}

// turn is whose the matter is, in the definition's words.
func (h *house) turn(tenant, id uuid.UUID) string {
	h.Helper()
	return h.look(tenant, id).Turn
}

func TestDrafting(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)

	h.run("a task belongs to an open loop, or comes from a task that the viewer performs", func() {
		id := h.drafted(h.city, h.whole(of, h.city))
		if out := h.look(h.city, id).Out; len(out) != 1 || out[0].ToID != of || out[0].Kind != "BELONGS_TO" {
			h.Fatal(out)
		}
		for role, code := range map[string]errs.Code{clerk: errs.NotFound, liaison: errs.NotAllowed, staff: errs.NotAllowed} { // a clerk reads no loops
			if _, err := h.draft(h.city, role, h.whole(of, h.city)); !errs.Is(err, code) {
				h.Errorf("%s: %v", role, err)
			}
		}
		if _, err := h.draft(h.city, director, h.whole(uuid.New(), h.city)); !errs.Is(err, errs.NotFound) {
			h.Error(err)
		}
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		if _, err := h.draft(h.city, director, h.whole(id, h.city)); !errs.Is(err, errs.NotAllowed) { // the unit's, not his
			h.Error(err)
		}
		closed := h.loop(h.second)
		h.system(h.second, func(ctx context.Context, c *gen.Client) error {
			return c.Matter.UpdateOneID(closed).SetState("S5_CLOSED").Exec(ctx)
		})
		if _, err := h.draft(h.second, director, h.whole(closed, h.second)); !errs.Is(err, errs.NotAllowedInState) {
			h.Error(err)
		}
	})
	h.run("a draft may miss anything but its title; what is missing is named one by one before it is issued", func() {
		if _, err := h.draft(h.city, director, tasks.Draft{Of: of, Title: " "}); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		id := h.drafted(h.city, tasks.Draft{Of: of, Title: "空的任务"})
		err := h.try(h.city, director, id, "issue", nil, "")
		shown, ok := errs.As(err)
		if !ok || shown.Code != errs.GuardFailed {
			h.Fatal(err)
		}
		missing, _ := shown.Details["missing"].([]string)
		for i, word := range []string{"定单位", "定领导", "定人员", "定责任", "定时间", "定效果", "衡量"} {
			if len(missing) != 7 || !strings.Contains(missing[i], word) {
				h.Fatal(missing)
			}
		}
		h.does(h.city, director, id, "amend", process.Form{"unitId": h.unit(h.city).String(), "leaderPost": "局长", "officerId": h.of[h.city].Who(liaison).Membership.String(),
			"duty": "牵头", "dueOn": "2023-09-01", "effect": "建成", "measure": "两座", "title": "改过的任务", "difficult": true}, "DRAFT")
		c := h.look(h.city, id)
		if i := items(c, item.KindTASK)[0]; c.Title != "改过的任务" || i.Text != c.Title || !i.Difficult || *c.OwnerUnitID != h.unit(h.city) || i.DueOn.Format(time.DateOnly) != "2023-09-01" {
			h.Fatal(i)
		}
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		h.refused(errs.NotAllowedInState, h.city, director, id, "amend", process.Form{"duty": "另一样"})
	})
	h.run("a task is one committee's or one unit's, never both", func() {
		both := h.whole(of, h.city)
		both.Partner = firstCode
		if _, err := h.draft(h.city, director, both); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		id := h.drafted(h.city, h.whole(of, h.city))
		h.does(h.city, director, id, "amend", process.Form{"partner": firstCode}, "DRAFT")
		if c := h.look(h.city, id); items(c, item.KindTASK)[0].UnitID != nil || c.OwnerUnitID != nil || items(c, item.KindTASK)[0].Owner != "中山区政协" {
			h.Error(items(c, item.KindTASK)[0])
		}
		h.does(h.city, director, id, "amend", process.Form{"unitId": h.unit(h.city).String()}, "DRAFT")
		if i := items(h.look(h.city, id), item.KindTASK)[0]; i.Partner != "" || i.Owner != "" {
			h.Error(i)
		}
		for form, key := range map[string]string{"unitId": uuid.NewString(), "leaderId": uuid.NewString(), "partner": "999999"} {
			h.refused(errs.Invalid, h.city, director, id, "amend", process.Form{form: key})
		}
	})
	h.run("no day of a task or of its nodes has passed when it is issued, no node is later than its task, and the task is not over ten years ahead", func() {
		d := h.whole(of, h.city)
		d.Nodes[1].DueOn = clock.Date(2024, 1, 1)
		if _, err := h.draft(h.city, director, d); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		id := h.drafted(h.city, h.whole(of, h.city))
		h.refused(errs.Invalid, h.city, director, id, "addNode", process.Form{"text": "太晚", "dueOn": "2023-10-01"})
		h.refused(errs.Invalid, h.city, director, id, "amend", process.Form{"dueOn": "2033-04-04"})
		d = h.whole(of, h.city)
		for _, slip := range []time.Time{clock.Date(2033, 4, 4), clock.Date(2023, 4, 2), clock.Date(2001, 5, 1)} {
			d.DueOn = slip
			if _, err := h.draft(h.city, director, d); !errs.Is(err, errs.Invalid) {
				h.Error(slip, err)
			}
		}
		h.does(h.city, director, id, "amend", process.Form{"dueOn": "2023-07-01"}, "DRAFT")
		h.refused(errs.GuardFailed, h.city, director, id, "issue", nil)
		h.does(h.city, director, id, "dropNode", process.Form{"itemId": h.node(h.city, id, 1)}, "DRAFT")
		h.at(2023, 7, 2)
		h.refused(errs.GuardFailed, h.city, director, id, "issue", nil)
		h.at(2023, 4, 3)
		h.does(h.city, director, id, "issue", nil, "ISSUED")
	})
	h.run("a new draft is seen by who drafted it; one that was declined by all staff of tasks and its unit", func() {
		id := h.drafted(h.city, h.whole(of, h.city))
		if h.sees(h.city, director, id) != 1 || h.sees(h.city, clerk, id)+h.sees(h.city, liaison, id) != 0 {
			h.Fatal("drafts are read")
		}
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		h.does(h.city, liaison, id, "decline", nil, "DRAFT")
		if h.sees(h.city, clerk, id)*h.sees(h.city, liaison, id) != 1 {
			h.Fatal("a declined task is hidden")
		}
		h.does(h.city, clerk, id, "issue", nil, "ISSUED")
	})
	h.run("who is to act is told, and the unit's people see the task when it has been issued", func() {
		id := h.drafted(h.city, h.whole(of, h.city))
		if got := h.told(h.city, id); len(got) != 0 {
			h.Fatal(got)
		}
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		if got := h.told(h.city, id); len(got) != 2 || !strings.Contains(got[liaison], "轮到您办理：现处于“待承接”") || !strings.Contains(got["unit_lead"], "轮到您办理") {
			h.Fatal(got)
		}
		if h.sees(h.city, liaison, id) != 1 || h.turn(h.city, id) != "unit" {
			h.Fatal("it waits for others")
		}
		h.does(h.city, liaison, id, "accept", nil, "WORKING")
		if got := h.told(h.city, id); !strings.Contains(got[director], "承接任务") || !strings.Contains(got[clerk], "承接任务") {
			h.Fatal(got)
		}
	})
}

// working is a task of the city's own unit that was accepted.
func (h *house) working(of uuid.UUID) uuid.UUID {
	h.Helper()
	id := h.drafted(h.city, h.whole(of, h.city))
	h.does(h.city, director, id, "issue", nil, "ISSUED")
	h.does(h.city, liaison, id, "accept", process.Form{"on": "2023-04-03"}, "WORKING")
	return id
}

func TestDoing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)

	h.run("the unit's people accept, decline with a reason, and report; who issued never does it for them", func() {
		id := h.drafted(h.city, h.whole(of, h.city))
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		for _, action := range []string{"accept", "decline"} {
			h.refused(errs.NotAllowed, h.city, director, id, action, nil)
		}
		if err := h.try(h.city, liaison, id, "decline", nil, " "); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		h.refused(errs.NotAllowed, h.city, liaison, id, "withdraw", nil)
		h.refused(errs.NotAllowedInState, h.city, liaison, id, "accepted", nil) // what an envelope brings nobody asks for
		h.does(h.city, liaison, id, "accept", nil, "WORKING")
		h.refused(errs.NotAllowed, h.city, director, id, "report", h.fact(process.Form{"outcome": "DONE"}))
		h.refused(errs.NotAllowed, h.city, liaison, id, "acceptNode", process.Form{"itemId": h.node(h.city, id, 0)})
	})
	h.run("a node is reported with a day that has come and a text; attached files are named in the report in which they first count", func() {
		id := h.working(of)
		early := h.nodeFact(h.city, id, 0, "DONE")
		early["on"] = "2023-04-04"
		h.refused(errs.Invalid, h.city, liaison, id, "reportNode", early)
		bare := h.nodeFact(h.city, id, 0, "DONE")
		delete(bare, "text")
		h.refused(errs.Invalid, h.city, liaison, id, "reportNode", bare)
		h.attach(h.city, id, "选址意见书.pdf")
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"), "WORKING")
		h.refused(errs.Invalid, h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"))
		h.attach(h.city, id, "竣工照片.jpg")
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 1, "EXPLAINED"), "WORKING")
		c := h.look(h.city, id)
		rows := c.RecordsOf(record.KindREPORT)
		if len(rows) != 2 || text(rows[0].Data["files"]) == text(rows[1].Data["files"]) || !strings.Contains(text(rows[1].Data["files"]), "竣工照片.jpg") ||
			strings.Contains(text(rows[1].Data["files"]), "选址") {
			h.Fatal(text(rows[1].Data))
		}
		if n := items(c, item.KindNODE)[0]; n.Status != item.StatusREPORTED || n.Evidence != "情况和依据" {
			h.Fatal(n)
		}
	})
	h.run("a reported node is accepted, done or explained as it was reported, or returned with a reason and owed again", func() {
		id := h.working(of)
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 0, "EXPLAINED"), "WORKING")
		h.refused(errs.Invalid, h.city, clerk, id, "acceptNode", process.Form{"itemId": h.node(h.city, id, 1)})
		h.refused(errs.Invalid, h.city, clerk, id, "acceptNode", process.Form{"itemId": uuid.NewString()})
		h.does(h.city, clerk, id, "returnNode", process.Form{"itemId": h.node(h.city, id, 0)}, "WORKING")
		if s := items(h.look(h.city, id), item.KindNODE)[0].Status; s != item.StatusOPEN {
			h.Fatal(s)
		}
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"), "WORKING")
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 1, "EXPLAINED"), "WORKING")
		for n, want := range []item.Status{item.StatusDONE, item.StatusDROPPED} {
			h.does(h.city, clerk, id, "acceptNode", process.Form{"itemId": h.node(h.city, id, n)}, "WORKING")
			if got := items(h.look(h.city, id), item.KindNODE)[n]; got.Status != want || got.SettledAt == nil {
				h.Fatal(got)
			}
		}
	})
	h.run("the nearest node that is owed has its deadline, and so has the task; each is the day that was agreed", func() {
		id := h.drafted(h.city, h.whole(of, h.city))
		h.does(h.city, director, id, "issue", nil, "ISSUED")
		if got := h.due(h.city, id); len(got) != 1 || got["accept"] != "2023-04-07" { // 清明节 is on 5 April
			h.Fatal(got)
		}
		h.does(h.city, liaison, id, "accept", nil, "WORKING")
		if got := h.due(h.city, id); len(got) != 2 || got["node"] != "2023-05-31" || got["task"] != "2023-09-28" {
			h.Fatal(got)
		}
		h.does(h.city, liaison, id, "addOwnNode", process.Form{"text": "签订协议", "dueOn": "2023-04-20"}, "WORKING")
		if got := h.due(h.city, id)["node"]; got != "2023-04-20" {
			h.Fatal(got)
		}
		for _, next := range []struct {
			node int
			due  string
		}{{2, "2023-05-31"}, {0, "2023-08-31"}, {1, ""}} {
			h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, next.node, "DONE"), "WORKING")
			if got := h.due(h.city, id)["node"]; got != next.due {
				h.Fatal(got, next)
			}
		}
		h.does(h.city, clerk, id, "returnNode", process.Form{"itemId": h.node(h.city, id, 0)}, "WORKING")
		if got := h.due(h.city, id)["node"]; got != "2023-05-31" {
			h.Fatal(got)
		}
	})
	h.run("a task is reported when every node is, and every task that it was broken down into has ended", func() {
		id := h.working(of)
		h.refused(errs.GuardFailed, h.city, liaison, id, "report", h.fact(process.Form{"outcome": "DONE"}))
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"), "WORKING")
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, 1, "DONE"), "WORKING")
		h.does(h.city, liaison, id, "report", h.fact(process.Form{"outcome": "DONE"}), "REPORTED")
		if i := items(h.look(h.city, id), item.KindTASK)[0]; i.Status != item.StatusREPORTED || h.turn(h.city, id) != "director" {
			h.Fatal(i)
		}
		if got := h.due(h.city, id); len(got) != 1 || got["verify"] == "" {
			h.Fatal(got)
		}
	})
}

func TestATaskGoesToAnotherUnit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)
	other := h.of[h.city].Units["接办局"]
	form := process.Form{"unitId": other.String(), "leaderPost": "局长", "officerPost": "科长"}
	h.run("who issued gives a running task to another unit: its people have it, the first reads on; leader and officer are named anew", func() {
		id := h.working(of)
		h.refused(errs.NotAllowed, h.city, liaison, id, "handOver", form)
		h.refused(errs.Invalid, h.city, director, id, "handOver", process.Form{"unitId": other.String()})
		h.does(h.city, director, id, "handOver", form, "WORKING")
		c := h.look(h.city, id)
		if i := items(c, item.KindTASK)[0]; *i.UnitID != other || *c.OwnerUnitID != other || i.LeaderPost != "局长" || i.LeaderID != nil || i.OfficerID != nil {
			h.Fatal(i)
		}
		if h.sees(h.city, "商务局联络员", id) != 1 {
			h.Error("the first reads on")
		}
		h.refused(errs.NotAllowed, h.city, "商务局联络员", id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"))
		h.does(h.city, "接办局联络员", id, "reportNode", h.nodeFact(h.city, id, 0, "DONE"), "WORKING")
		h.does(h.city, director, id, "handBack", process.Form{"leaderPost": "局长", "officerPost": "科长"}, "WORKING")
		h.does(h.city, "商务局联络员", id, "reportNode", h.nodeFact(h.city, id, 1, "DONE"), "WORKING")
		h.refused(errs.NotFound, h.city, "接办局联络员", id, "report", h.fact(process.Form{"outcome": "DONE"}))
	})
	h.run("a task that another committee has is not given to a unit", func() {
		_, here := h.accepted(of)
		h.refused(errs.GuardFailed, h.city, director, here, "handOver", form)
	})
}

// ready is a task of which all is reported.
func (h *house) ready(of uuid.UUID, outcome string) uuid.UUID {
	h.Helper()
	id := h.working(of)
	for n := range 2 {
		h.does(h.city, liaison, id, "reportNode", h.nodeFact(h.city, id, n, outcome), "WORKING")
	}
	h.does(h.city, liaison, id, "report", h.fact(process.Form{"outcome": outcome}), "REPORTED")
	return id
}

func TestEnding(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	of := h.loop(h.city)

	h.run("a task is done when it was reported as done and every node is settled; else it is explained, with who accepted it, or sent back with a reason", func() {
		id := h.ready(of, "DONE")
		h.refused(errs.GuardFailed, h.city, clerk, id, "verify", h.fact(nil))
		for n := range 2 {
			h.does(h.city, clerk, id, "acceptNode", process.Form{"itemId": h.node(h.city, id, n)}, "REPORTED")
		}
		h.does(h.city, clerk, id, "sendBack", nil, "WORKING")
		if i := items(h.look(h.city, id), item.KindTASK)[0]; i.Status != item.StatusOPEN {
			h.Fatal(i)
		}
		h.does(h.city, liaison, id, "report", h.fact(process.Form{"outcome": "DONE"}), "REPORTED")
		h.does(h.city, clerk, id, "verify", h.fact(nil), "DONE")
		if c := h.look(h.city, id); items(c, item.KindTASK)[0].Status != item.StatusDONE || c.ClosedAt == nil || len(h.due(h.city, id)) != 0 {
			h.Fatal(c.ClosedAt)
		}

		id = h.ready(of, "EXPLAINED")
		for n := range 2 {
			h.does(h.city, clerk, id, "acceptNode", process.Form{"itemId": h.node(h.city, id, n)}, "REPORTED")
		}
		h.refused(errs.GuardFailed, h.city, clerk, id, "verify", h.fact(nil))
		h.refused(errs.Invalid, h.city, clerk, id, "explain", h.fact(nil))
		h.does(h.city, clerk, id, "explain", h.fact(process.Form{"by": "市政府常务会议"}), "EXPLAINED")
		c := h.look(h.city, id)
		if last := c.Records[len(c.Records)-1]; last.Kind != record.KindAPPROVAL || last.Data["acceptedBy"] != "市政府常务会议" || items(c, item.KindTASK)[0].Status != item.StatusDROPPED {
			h.Fatal(last)
		}
	})
	h.run("a task is postponed to a later day with a reason; both days stay on record", func() {
		id := h.working(of)
		h.refused(errs.Invalid, h.city, director, id, "postpone", process.Form{"dueOn": "2023-09-28"})
		if err := h.try(h.city, director, id, "postpone", process.Form{"dueOn": "2023-12-01"}, ""); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		h.does(h.city, director, id, "postpone", process.Form{"dueOn": "2023-12-01"}, "WORKING")
		c := h.look(h.city, id)
		last := c.Records[len(c.Records)-1]
		if h.due(h.city, id)["task"] != "2023-12-01" || last.Kind != record.KindEXTENSION || last.Data["from"] != "2023-09-28" || last.Data["to"] != "2023-12-01" {
			h.Fatal(h.due(h.city, id), last)
		}
		old := 0
		for _, x := range c.Timers {
			if x.Key == "task" && x.DueOn.Format(time.DateOnly) == "2023-09-28" {
				old++
			}
		}
		if old != 1 {
			h.Fatal(old)
		}
	})
	h.run("a withdrawn task takes along those that it was broken down into", func() {
		there, here := h.accepted(of)
		sub := h.drafted(h.first, h.whole(there, h.first))
		h.does(h.first, director, sub, "issue", nil, "ISSUED")
		done := h.drafted(h.first, h.whole(there, h.first))
		h.does(h.first, director, done, "withdraw", nil, "WITHDRAWN")
		before := len(h.look(h.first, done).Records)
		h.does(h.city, director, here, "withdraw", nil, "WITHDRAWN")
		h.deliver()
		h.state(h.first, there, "WITHDRAWN")
		h.state(h.first, sub, "WITHDRAWN")
		if c := h.look(h.first, sub); items(c, item.KindTASK)[0].Status != item.StatusDROPPED || items(c, item.KindNODE)[0].Status != item.StatusDROPPED || !strings.Contains(h.told(h.first, sub)[liaison], "已撤回") {
			h.Fatal(h.told(h.first, sub))
		}
		if after := len(h.look(h.first, done).Records); after != before {
			h.Fatal("what had ended was ended again")
		}
	})
}

// attach puts a file's row to a matter.
func (h *house) attach(tenant, id uuid.UUID, name string) {
	h.Helper()
	h.system(tenant, func(ctx context.Context, c *gen.Client) error {
		return c.Attachment.Create().SetMatterID(id).SetName(name).SetSize(1).SetContentType("application/pdf").SetSha256("00").SetBlobKey(uuid.NewString()).Exec(ctx)
	})
}

// A draft is its author's alone: whoever has it in hand after him hears that it
// is there, and nothing of it.
func TestADraftWhoseAuthorIsGone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.drafted(h.city, h.whole(h.loop(h.city), h.city))
	h.system(h.city, func(ctx context.Context, c *gen.Client) error {
		v, err := h.viewer(ctx, h.city, director)
		if err != nil {
			return err
		}
		return c.Membership.UpdateOneID(v.Membership).SetStatus(membership.StatusENDED).Exec(ctx)
	})
	h.of[h.city].With(t).Sweep()
	got := h.told(h.city, id)["secretary_general"]
	if !strings.Contains(got, "有一件六定任务没有人能接手：处于“拟定”") || strings.Contains(got, h.look(h.city, id).Title) || h.sees(h.city, "secretary_general", id) != 0 {
		t.Error(got)
	}
}
