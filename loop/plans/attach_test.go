package plans

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestAdjust(t *testing.T) {
	h := newHouse(t)
	p, old := h.issued(Supervision, 2023)
	topic := h.talk("某次视察", nil, matter.VisibilitySTAFF)
	next := process.Form{"text": "调整增加的题目", "aspect": "视察", "unitId": h.unit.String(), "dueOn": "2023-10-31"}
	h.run("an issued plan changes by an adjustment, which has a reason", func() {
		p.refused(errs.NotAllowedInState, staff, "addItem", next, "")
		p.refused(errs.Invalid, secretary, "adjust", p.on(nil), "")
		p.refused(errs.NotAllowed, staff, "adjust", p.on(nil), "市委新的部署")
		p.does(secretary, "adjust", p.on(nil), "市委新的部署", "ADJUSTED")
	})
	h.run("until its approval is recorded nothing that it added begins, no other adjustment does, and the plan is not closed", func() {
		added := p.addForm(next)
		p.refused(errs.GuardFailed, staff, "attach", process.Form{"itemId": added.ID.String(), "matterId": topic.String()}, "")
		p.refused(errs.GuardFailed, staff, "finishItem", process.Form{"itemId": added.ID.String(), "evidence": "已经办了"}, "")
		p.does(staff, "attach", process.Form{"itemId": old.ID.String(), "matterId": topic.String()}, "", "ADJUSTED")
		p.refused(errs.GuardFailed, secretary, "adjust", p.on(nil), "又有部署")
		if missing := p.gate(secretary, "close"); len(missing) != 3 || !strings.Contains(missing[2], "批准") {
			h.Error(missing)
		}
		if due := p.read().NextDueOn.Format("2006-01-02"); due != "2023-02-10" { // a month from the adjustment
			h.Error(due)
		}
		p.does(staff, "approveAdjustment", p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕9号"}), "", "ADJUSTED")
		p.does(staff, "attach", process.Form{"itemId": added.ID.String(), "matterId": topic.String()}, "", "ADJUSTED")
		if due := p.read().NextDueOn.Format("2006-01-02"); due != "2023-09-30" { // the project's
			h.Error(due)
		}
	})
	h.run("once approved its items do not change, and another adjustment may follow", func() {
		p.refused(errs.GuardFailed, staff, "addItem", next, "")
		p.refused(errs.GuardFailed, staff, "changeItem", process.Form{"itemId": old.ID.String(), "text": "改了的题目"}, "")
		p.refused(errs.GuardFailed, staff, "approveAdjustment", p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕9号"}), "")
		p.does(secretary, "adjust", p.on(nil), "又有部署", "ADJUSTED")
		p.refused(errs.GuardFailed, staff, "dropItem", process.Form{"itemId": old.ID.String()}, "不再需要") // the topic is attached to it
		p.does(staff, "detach", process.Form{"itemId": old.ID.String(), "matterId": topic.String()}, "不再需要", "ADJUSTED")
		p.does(staff, "dropItem", process.Form{"itemId": old.ID.String()}, "不再需要", "ADJUSTED")
		if s := State(p.read(), p.item(old.ID)); s != Cancelled {
			h.Error(s)
		}
		if due := p.read().NextDueOn.Format("2006-01-02"); due != "2023-02-10" {
			h.Error("the second adjustment has no deadline:", due)
		}
	})
}

func TestAttach(t *testing.T) {
	h := newHouse(t)
	p := h.opened(Consultation, 2023)
	i := p.add("海洋经济高质量发展", 2023)
	meeting := h.talk("专题协商会", nil, matter.VisibilitySTAFF)
	pair := func(m uuid.UUID) process.Form { return process.Form{"itemId": i.ID.String(), "matterId": m.String()} }
	state := func() ItemState { return State(p.read(), p.item(i.ID)) }
	h.run("nothing is attached before the plan is approved", func() {
		p.refused(errs.NotAllowedInState, staff, "attach", pair(meeting), "")
		p.approved()
		if s := state(); s != Planned {
			h.Error(s)
		}
	})
	h.run("what comes from the item is attached to it", func() {
		c := p.does(staff, "attach", pair(meeting), "", "APPROVED")
		if len(c.Below) != 1 || c.Below[0].Link.Kind != link.KindDERIVED_FROM || *c.Below[0].Link.ItemID != i.ID || c.Below[0].ID != meeting || state() != Running {
			h.Error(c.Below, state())
		}
		p.refused(errs.Conflict, staff, "attach", pair(meeting), "")
		h.system(func(ctx context.Context, c *gen.Client) error {
			last, err := c.Step.Query().Where(step.MatterID(p.id), step.Action("attach")).Only(ctx)
			if err == nil && (last.After["matter"] != meeting.String() || last.After["title"] != nil) {
				h.Error("the timeline tells:", last.After)
			}
			return err
		})
	})
	h.run("a topic on a platform is what the item sinks to, unless it is said otherwise", func() {
		var platform uuid.UUID
		h.system(func(ctx context.Context, c *gen.Client) error {
			pf, err := c.Platform.Create().SetCode("shang").SetBrand("某事商量").SetType("区域型").SetProcessKind("talk").Save(ctx)
			if err == nil {
				platform = pf.ID
			}
			return err
		})
		topic, study := h.talk("垃圾分类怎么办", &platform, matter.VisibilitySTAFF), h.talk("平台上的调研", &platform, matter.VisibilitySTAFF)
		c := p.does(staff, "attach", pair(topic), "", "APPROVED")
		if len(c.Out) != 1 || c.Out[0].Kind != link.KindSINKS_TO || c.Out[0].ToID != topic || *c.Out[0].ItemID != i.ID {
			h.Error(c.Out)
		}
		f := pair(study)
		f["as"] = "DERIVED_FROM"
		if c = p.does(staff, "attach", f, "", "APPROVED"); len(c.Below) != 2 {
			h.Error(c.Below)
		}
		f = pair(h.talk("另一次会", nil, matter.VisibilitySTAFF))
		f["as"] = "SINKS_TO"
		p.refused(errs.Invalid, staff, "attach", f, "")
		var titles []string
		for _, m := range Attached(c, i.ID) {
			titles = append(titles, m.Title)
		}
		if !slices.Equal(titles, []string{"专题协商会", "平台上的调研", "垃圾分类怎么办"}) {
			h.Error(titles)
		}
	})
	h.run("only what the viewer sees is attached, and no other plan", func() {
		hidden := h.talk("别人的事", nil, matter.VisibilityPARTIES)
		p.refused(errs.Invalid, staff, "attach", pair(hidden), "")
		p.refused(errs.Invalid, staff, "attach", pair(uuid.New()), "")
		p.refused(errs.Invalid, staff, "attach", pair(h.opened(Work, 2023).id), "")
		p.refused(errs.Invalid, staff, "attach", pair(p.id), "")
	})
	h.run("what is attached can be detached with a reason, and the link stays as undone", func() {
		p.refused(errs.Invalid, staff, "detach", pair(meeting), "")
		for _, m := range Attached(p.read(), i.ID) {
			p.does(staff, "detach", pair(m.ID), "关联错了", "APPROVED")
		}
		p.refused(errs.Invalid, staff, "detach", pair(meeting), "关联错了")
		if s := state(); s != Planned {
			h.Error(s)
		}
		h.system(func(ctx context.Context, c *gen.Client) error {
			n, err := c.Link.Query().Where(link.ItemID(i.ID), link.UndoneAtNotNil()).Count(ctx)
			if n != 3 {
				h.Error(n)
			}
			return err
		})
		p.does(staff, "attach", pair(meeting), "", "APPROVED")
	})
	h.run("an item is planned, running once something is attached to it, done, cancelled, or carried over", func() {
		for _, c := range []struct {
			i        gen.Item
			attached bool
			want     ItemState
		}{
			{gen.Item{Status: "OPEN"}, false, Planned}, {gen.Item{Status: "OPEN"}, true, Running}, {gen.Item{Status: "DONE"}, true, Done},
			{gen.Item{Status: "DROPPED"}, true, Cancelled}, {gen.Item{Status: "DROPPED", Solution: "结转"}, true, CarriedOver},
		} {
			if got := StateOf(&c.i, c.attached); got != c.want {
				h.Error(got, c)
			}
		}
	})
	h.run("the states of many items are one question", func() {
		idle := gen.Item{ID: uuid.New(), Status: "OPEN"}
		must(h, h.as(overseer, func(ctx context.Context) error {
			all, err := h.svc.States(ctx, p.item(i.ID), &idle)
			if all[i.ID] != Running || all[idle.ID] != Planned { // the overseer does not see the talk
				h.Error(all)
			}
			return err
		}))
	})
}

func TestTheEnd(t *testing.T) {
	h := newHouse(t)
	p := h.opened(Consultation, 2023)
	done, cancelled, over := p.add("按期完成的题目", 2023), p.add("其后取消的题目", 2023), p.add("没有做完的题目", 2023)
	p.approved()
	p.does(secretary, "issue", p.on(nil), "", "ISSUED")
	one := func(i *gen.Item) process.Form { return process.Form{"itemId": i.ID.String()} }
	h.at(2023, 12, 20)
	h.run("a plan closes when each item is done, cancelled or carried over; whatever is not is listed", func() {
		e := p.refused(errs.GuardFailed, secretary, "close", nil, "")
		if missing := e.Details["missing"].([]string); len(missing) != 3 || !strings.Contains(missing[0], "按期完成的题目") {
			h.Error(missing)
		}
	})
	h.run("an item is finished with evidence, once", func() {
		p.refused(errs.Invalid, staff, "finishItem", one(done), "")
		f := process.Form{"itemId": done.ID.String(), "evidence": "   "}
		p.refused(errs.Invalid, staff, "finishItem", f, "")
		f["evidence"] = "常委会建议案已报市委"
		p.does(staff, "finishItem", f, "", "ISSUED")
		if i := p.item(done.ID); State(p.read(), i) != Done || i.Evidence != "常委会建议案已报市委" {
			h.Error(i)
		}
		p.refused(errs.Invalid, staff, "finishItem", f, "")
	})
	h.run("an item is carried over into the next year's plan of its kind while the items of that may change", func() {
		p.refused(errs.GuardFailed, secretary, "carryOver", one(over), "调研没有做完")
		h.opened(Research, 2024) // of another kind
		p.refused(errs.GuardFailed, secretary, "carryOver", one(over), "调研没有做完")
		next := h.opened(Consultation, 2024)
		next.add("第二年自己的题目", 2024)
		next.approved()
		p.refused(errs.GuardFailed, secretary, "carryOver", one(over), "调研没有做完")
		if State(p.read(), p.item(over.ID)) != Planned {
			h.Error("a refusal changed the item")
		}
		next.does(secretary, "issue", p.on(nil), "", "ISSUED")
		next.does(secretary, "adjust", p.on(nil), "接转上年项目", "ADJUSTED")
		before := next.read().Version
		p.refused(errs.Invalid, secretary, "carryOver", one(over), "")
		p.does(secretary, "carryOver", one(over), "调研没有做完", "ISSUED")
		c := next.read()
		now := c.Items[1]
		if now.Text != over.Text || *now.ParentID != over.ID || *now.UnitID != *over.UnitID || now.DueOn != nil || now.Aspect != over.Aspect || c.Version <= before {
			h.Error(now)
		}
		if i := p.item(over.ID); State(p.read(), i) != CarriedOver || i.Cause != "调研没有做完" || i.Solution != "结转至2024年度协商计划" {
			h.Error(i)
		}
		if l := c.Out; len(l) != 1 || l[0].Kind != link.KindFOLLOWS || l[0].ToID != p.id || *l[0].ItemID != over.ID {
			h.Error(l)
		}
		p.refused(errs.Invalid, secretary, "carryOver", one(over), "再来一次")
		next.refused(errs.NotAllowedInState, secretary, "takeOver", one(done), "") // nobody's to ask for
		if missing := next.gate(secretary, "approveAdjustment"); len(missing) != 0 {
			h.Error(missing) // it leads nowhere and is no gate
		}
		e := next.refused(errs.GuardFailed, staff, "approveAdjustment", next.on(process.Form{"by": "市委常委会", "number": "委办〔2024〕1号"}), "")
		if !strings.Contains(e.Message, "期限") { // it is to be set anew
			h.Error(e)
		}
	})
	h.run("the one that is left is cancelled by an adjustment, and the plan closes", func() {
		p.does(secretary, "adjust", p.on(nil), "部署有变", "ADJUSTED")
		p.does(staff, "dropItem", one(cancelled), "不再需要", "ADJUSTED")
		p.refused(errs.GuardFailed, secretary, "close", nil, "")
		p.does(staff, "approveAdjustment", p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕20号"}), "", "ADJUSTED")
		p.does(secretary, "close", nil, "", "CLOSED")
		if p.read().ClosedAt == nil {
			h.Error("it is open")
		}
		p.refused(errs.NotAllowedInState, staff, "attach", process.Form{"itemId": done.ID.String(), "matterId": uuid.NewString()}, "")
	})
}
