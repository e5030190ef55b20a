package plans

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

func TestDefinition(t *testing.T) {
	t.Parallel()
	p, err := authz.Load()
	must(t, err)
	e := flow.NewRules()
	Register(e)
	vocab.Register(e)
	d := district.Shipped(MatterKind)
	t.Run("the loop closes", func(t *testing.T) {
		for _, f := range e.Check(d, process.DefaultPolicy(), process.RolesOf(p)) {
			t.Error(f)
		}
	})
	t.Run("every rule of plans has a use", func(t *testing.T) {
		for name := range effects {
			if !strings.Contains(d.Source, "plan."+name) {
				t.Error(name)
			}
		}
	})
	t.Run("no gate is skipped, and going back asks for a reason", func(t *testing.T) {
		m := d.Machines[process.OfMatter]
		for _, a := range m.Actions {
			to := m.State(a.To)
			for _, f := range a.From {
				if from := m.State(f); to != nil && to.Step > 0 && (to.Step > from.Step+1 || to.Step < from.Step && !a.Reason) {
					t.Errorf("%s from %s", a.Code, f)
				}
			}
		}
	})
}

func TestOpen(t *testing.T) {
	h := newHouse(t)
	h.run("plans are opened by who holds plan.draft, for years from 2000 to the next", func() {
		for _, role := range []string{overseer, member} {
			if _, err := h.open(role, Consultation, 2023); !errs.Is(err, errs.NotAllowed) {
				h.Error(role, err)
			}
		}
		for _, year := range []int{1999, 2025} {
			if _, err := h.open(staff, Consultation, year); !errs.Is(err, errs.Invalid) {
				h.Error(year, err)
			}
		}
		if _, err := h.open(staff, "OTHER", 2023); !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
		err := h.as(staff, func(ctx context.Context) error {
			_, err := h.svc.Open(ctx, Opening{Work, 2023, strings.Repeat("长", 81)})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			h.Error(err)
		}
	})
	h.run("a committee has one plan of a kind and a year, also when two open it at once", func() {
		var wait sync.WaitGroup
		all := make([]error, 4)
		for n := range all {
			wait.Go(func() { _, all[n] = h.open(staff, Consultation, 2023) })
		}
		wait.Wait()
		made := 0
		for _, err := range all {
			if err == nil {
				made++
			} else if !errs.Is(err, errs.Conflict) {
				h.Error(err)
			}
		}
		if made != 1 {
			h.Errorf("%d plans", made)
		}
		other := h.opened(Consultation, 2024)
		if kind, year := Of(other.read().Matter); kind != Consultation || year != 2024 || other.read().Title != "2024年度协商计划" {
			h.Error(kind, year, other.read().Title)
		}
		h.opened(Research, 2023)
	})
	h.run("one that was withdrawn does not count", func() {
		p := h.opened(Work, 2023)
		p.refused(errs.Invalid, secretary, "withdraw", nil, "")
		p.does(secretary, "withdraw", nil, "与协商计划合为一份", "WITHDRAWN")
		h.opened(Work, 2023)
	})
	h.run("what is no plan has no kind and no year", func() {
		if k, y := Of(&gen.Matter{Kind: "talk", Data: map[string]any{"plan": "WORK", "year": 2023}}); k != "" || y != 0 {
			h.Error(k, y)
		}
	})
}

func TestTheWholeWay(t *testing.T) {
	h := newHouse(t)
	p := h.opened(Supervision, 2023)
	sees := func(role string) bool {
		var there bool
		must(h, h.as(role, func(ctx context.Context) (err error) {
			there, err = h.d.Ent().Matter.Query().Where(matter.ID(p.id)).Exist(ctx)
			return err
		}))
		return there
	}
	h.run("until it is issued staff see it", func() {
		if !sees(overseer) || !sees(secretary) || sees(member) || p.read().Visibility != matter.VisibilitySTAFF {
			h.Error("wrong readers")
		}
	})
	h.run("nothing is consulted on without an item", func() {
		p.refused(errs.GuardFailed, staff, "consultThree", p.on(process.Form{"present": three()}), "")
	})
	bare := p.addForm(process.Form{"text": "营商环境民主评议", "aspect": "民主评议"})
	p.add("一号提案落实情况", 2023)
	h.run("nothing is recorded on a day that has not come", func() {
		late := p.on(process.Form{"present": three(), "on": "2023-01-11"})
		p.refused(errs.Invalid, staff, "consultThree", late, "")
	})
	h.run("the consultation of the three cannot be recorded without one of them, and may be held again", func() {
		for _, as := range []string{"PARTY", "GOVERNMENT", "CPPCC"} {
			p.refused(errs.GuardFailed, staff, "consultThree", p.on(process.Form{"present": three(as)}), "")
		}
		p.does(staff, "consultThree", p.on(process.Form{"present": three()}), "", "TRIPARTITE_CONSULT")
		p.does(staff, "consultThree", p.on(process.Form{"present": three()}), "", "TRIPARTITE_CONSULT")
		if n := len(p.read().RecordsOf(record.KindMEETING)); n != 2 {
			h.Error(n)
		}
	})
	h.run("the party group approves a plan each item of which has a lead organisation and a period; whatever lacks one is listed", func() {
		p.refused(errs.NotAllowed, staff, "approveByPartyGroup", p.on(nil), "")
		e := p.refused(errs.GuardFailed, secretary, "approveByPartyGroup", p.on(nil), "")
		if missing := e.Details["missing"].([]string); len(missing) != 2 || !strings.Contains(missing[0], "牵头单位") || !strings.Contains(missing[1], "期限") {
			h.Error(missing)
		}
		if missing := p.gate(secretary, "approveByPartyGroup"); len(missing) != 2 {
			h.Error(missing)
		}
		p.does(staff, "changeItem", process.Form{"itemId": bare.ID.String(), "unitId": h.unit.String(), "dueOn": "2023-11-30"}, "", "TRIPARTITE_CONSULT")
		if missing := p.gate(secretary, "approveByPartyGroup"); len(missing) != 0 {
			h.Error(missing)
		}
		p.does(secretary, "approveByPartyGroup", p.on(nil), "", "PARTY_GROUP_APPROVED")
	})
	h.run("items do not change any more", func() {
		p.refused(errs.NotAllowedInState, staff, "addItem", process.Form{"text": "另一个题目", "aspect": "视察"}, "")
		p.refused(errs.NotAllowedInState, staff, "dropItem", process.Form{"itemId": bare.ID.String()}, "不办了")
	})
	h.run("it goes back with a reason, and the whole way again", func() {
		p.refused(errs.Invalid, secretary, "revise", nil, "")
		p.does(secretary, "revise", nil, "党委要求修改", "DRAFT")
		p.refused(errs.NotAllowedInState, secretary, "approveByPartyGroup", p.on(nil), "")
	})
	h.run("the party committee does not sign in: staff record its approval, with who decided, when, and the document's number", func() {
		p.does(staff, "consultThree", p.on(process.Form{"present": three()}), "", "TRIPARTITE_CONSULT")
		p.does(secretary, "approveByPartyGroup", p.on(nil), "", "PARTY_GROUP_APPROVED")
		p.refused(errs.NotAllowedInState, secretary, "issue", process.Form{"on": "2023-01-10"}, "")
		p.does(staff, "submit", p.on(process.Form{"number": "政协〔2023〕1号"}), "", "SUBMITTED_TO_COMMITTEE")
		for _, without := range []string{"by", "on", "number"} {
			f := p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕3号"})
			delete(f, without)
			p.refused(errs.Invalid, staff, "recordApproval", f, "")
		}
		p.does(staff, "recordApproval", p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕3号"}), "", "APPROVED")
		all := p.read().RecordsOf(record.KindAPPROVAL)
		if r := all[len(all)-1]; r.Number != "委办〔2023〕3号" || r.Data["by"] != "市委常委会" || r.On.Format("2006-01-02") != "2023-01-10" || *r.AuthorID != h.d.Who(staff).Membership {
			h.Error(r)
		}
	})
	h.run("then everybody who may read plans sees it", func() {
		p.does(secretary, "issue", p.on(nil), "", "ISSUED")
		if p.read().Visibility != matter.VisibilityTENANT || !sees(overseer) || !sees(member) || sees(admin) {
			h.Error("wrong readers")
		}
	})
	h.run("M17: its next day is that of its nearest project; its deadlines end with March and with the year", func() {
		due := p.read().NextDueOn
		if due == nil || due.Format("2006-01-02") != "2023-09-30" {
			h.Error(due)
		}
		var days []string
		for _, x := range h.opened(Work, 2024).read().Timers {
			days = append(days, x.DueOn.Format("2006-01-02"))
		}
		if !slices.Equal(days, []string{"2024-03-31"}) {
			h.Error(days)
		}
	})
}

func TestItems(t *testing.T) {
	h := newHouse(t)
	p := h.opened(Consultation, 2023)
	h.run("an item says what, of which kind, who leads, with whom, by which leader, until when and from where", func() {
		i := p.add("海洋经济高质量发展", 2023)
		if i.Aspect != "监督议题" || *i.UnitID != h.unit || i.Owner != "农工党支部" || i.LeaderPost != "政协主席" || i.Path != "政协选题" || i.DueOn == nil {
			h.Error(i)
		}
		p.refused(errs.Invalid, staff, "addItem", process.Form{"text": "题目的类别不对", "aspect": "吃饭"}, "")
		p.refused(errs.Invalid, staff, "addItem", process.Form{"text": "单位不存在的题目", "aspect": "视察", "unitId": uuid.NewString()}, "")
		c := p.does(staff, "changeItem", process.Form{"itemId": i.ID.String(), "text": "海洋经济", "owner": "", "path": "党政交题"}, "", "DRAFT")
		if i = c.Items[0]; i.Text != "海洋经济" || i.Owner != "" || i.Path != "党政交题" || *i.UnitID != h.unit || i.Aspect != "监督议题" {
			h.Error(i)
		}
	})
	h.run("the period of an item ends within the plan's year", func() {
		p.refused(errs.Invalid, staff, "addItem", process.Form{"text": "明年的题目", "aspect": "视察", "dueOn": "2024-01-01"}, "")
	})
	h.run("an item that is cancelled stays, with the reason", func() {
		i := p.add("要取消的题目", 2023)
		p.refused(errs.Invalid, staff, "dropItem", process.Form{"itemId": i.ID.String()}, "")
		c := p.does(staff, "dropItem", process.Form{"itemId": i.ID.String()}, "与另一题重复", "DRAFT")
		if i = c.Items[1]; State(c, i) != Cancelled || i.Cause != "与另一题重复" || i.SettledAt == nil {
			h.Error(i)
		}
		p.refused(errs.Invalid, staff, "changeItem", process.Form{"itemId": i.ID.String(), "text": "又改一改"}, "")
		p.refused(errs.Invalid, staff, "dropItem", process.Form{"itemId": i.ID.String()}, "再来一次")
	})
	h.run("who may only read changes nothing", func() {
		p.refused(errs.NotAllowed, overseer, "addItem", process.Form{"text": "另一个题目", "aspect": "视察"}, "")
		p.refused(errs.NotFound, member, "addItem", process.Form{"text": "另一个题目", "aspect": "视察"}, "")
	})
}
