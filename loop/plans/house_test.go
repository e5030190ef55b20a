package plans

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

const (
	secretary = "secretary_general"
	staff     = "committee_staff"
	overseer  = "city_overseer" // reads plans
	member    = "member"        // reads those that are issued
	admin     = "tenant_admin"  // reads none
)

// talk is a process of the committee's own, for what is attached.
const talk = `
kind: talk
version: 1
title: 恳谈
turns: {committee_staff: 专委会工作人员}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 商量中, stage: 商, turn: committee_staff, visible: STAFF, waits: 等各方商量}
      - {code: DONE, label: 已办结, stage: 办, end: true}
    actions:
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

// house is the committee in the words of these tests.
type house struct {
	*testing.T
	d      *district.District
	engine *flow.Engine
	svc    *Service
	clock  *clock.Movable
	unit   uuid.UUID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	d := district.New(t, district.Plan{
		Code: "210200", On: clock.Date(2023, 1, 10), Posts: []string{"秘书长", "专委干部", "市督察", "委员甲", "管理员"},
		Units:   []district.Unit{{Name: "经济委员会", Kind: unit.KindCOMMITTEE}},
		Sources: []string{talk}, Runs: []string{MatterKind},
		Rules: func(e *flow.Engine) { Register(e.Rules); vocab.Register(e.Rules) },
	})
	return &house{T: t, d: d, engine: d.Engine, svc: New(d.Engine), clock: d.Clock, unit: d.Units["经济委员会"]}
}

func (h *house) at(y int, m time.Month, day int) { h.d.At(y, m, day) }

func (h *house) system(fn func(context.Context, *gen.Client) error) {
	h.Helper()
	must(h, h.as("", func(ctx context.Context) error { return fn(ctx, h.d.Ent()) }))
}

func (h *house) as(role string, fn func(context.Context) error) error { return h.d.As(role, fn) }

func (h *house) open(role string, k Kind, year int) (id uuid.UUID, err error) {
	err = h.as(role, func(ctx context.Context) error {
		c, err := h.svc.Open(ctx, Opening{Plan: k, Year: year})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	return id, err
}

// plan is one in the house.
type plan struct {
	*house
	id uuid.UUID
}

// opened is a draft with an item.
func (h *house) opened(k Kind, year int) *plan {
	h.Helper()
	id, err := h.open(staff, k, year)
	must(h, err)
	return &plan{h, id}
}

// issued is a plan with one item that has gone the whole way.
func (h *house) issued(k Kind, year int) (*plan, *gen.Item) {
	h.Helper()
	p := h.opened(k, year)
	i := p.add("海洋经济高质量发展", year)
	p.approved()
	p.does(secretary, "issue", p.on(nil), "", "ISSUED")
	return p, i
}

// approved takes a draft to the approval of the party committee.
func (p *plan) approved() {
	p.Helper()
	p.does(staff, "consultThree", p.on(process.Form{"present": three()}), "", "TRIPARTITE_CONSULT")
	p.does(secretary, "approveByPartyGroup", p.on(nil), "", "PARTY_GROUP_APPROVED")
	p.does(staff, "submit", p.on(process.Form{"number": "政协〔2023〕1号"}), "", "SUBMITTED_TO_COMMITTEE")
	p.does(staff, "recordApproval", p.on(process.Form{"by": "市委常委会", "number": "委办〔2023〕3号"}), "", "APPROVED")
}

func three(without ...string) []any {
	out := []any{}
	for _, as := range []string{"PARTY", "GOVERNMENT", "CPPCC"} {
		if len(without) == 0 || without[0] != as {
			out = append(out, map[string]any{"as": as, "name": "办公室"})
		}
	}
	return out
}

// on is a form with today and a text, and what else is given.
func (h *house) on(more process.Form) process.Form {
	f := process.Form{"on": clock.Day(h.clock.Now()).Format(time.DateOnly), "text": "会议内容"}
	for k, v := range more {
		f[k] = v
	}
	return f
}

func (p *plan) try(role, action string, form process.Form, reason string) (c *flow.Case, err error) {
	err = p.as(role, func(ctx context.Context) error {
		c, err = p.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: p.id, Action: action, Form: form, Reason: reason})
		return err
	})
	return c, err
}

// does carries out an action and expects the state after it.
func (p *plan) does(role, action string, form process.Form, reason, state string) *flow.Case {
	p.Helper()
	if action == "issue" {
		delete(form, "text")
	}
	c, err := p.try(role, action, form, reason)
	if err != nil {
		p.Fatalf("%s: %v", action, err)
	}
	if c.State != state {
		p.Fatalf("%s leads to %s, want %s", action, c.State, state)
	}
	return c
}

// refused expects an action to be refused with a code.
func (p *plan) refused(code errs.Code, role, action string, form process.Form, reason string) *errs.Error {
	p.Helper()
	_, err := p.try(role, action, form, reason)
	e, ok := errs.As(err)
	if !ok || e.Code != code {
		p.Fatalf("%s: %v, want %s", action, err, code)
	}
	return e
}

// add puts an item that lacks nothing into the plan.
func (p *plan) add(text string, year int) *gen.Item {
	p.Helper()
	return p.addForm(process.Form{"text": text, "aspect": "监督议题", "unitId": p.unit.String(), "leaderPost": "政协主席", "dueOn": clock.Date(year, 9, 30).Format(time.DateOnly), "path": "政协选题", "owner": "农工党支部"})
}

func (p *plan) addForm(f process.Form) *gen.Item {
	p.Helper()
	c := p.does(staff, "addItem", f, "", p.read().State)
	return c.Items[len(c.Items)-1]
}

func (h *house) whole(id uuid.UUID) *flow.Case {
	h.Helper()
	return h.d.With(h.T).Look(id)
}

func (p *plan) read() *flow.Case { return p.whole(p.id) }

// item of the plan as it is now.
func (p *plan) item(id uuid.UUID) *gen.Item {
	p.Helper()
	for _, i := range p.read().Items {
		if i.ID == id {
			return i
		}
	}
	p.Fatal("no such item")
	return nil
}

// gate is the checklist of an action, as a role sees it.
func (p *plan) gate(role, action string) (missing []string) {
	p.Helper()
	must(p, p.as(role, func(ctx context.Context) error {
		all, err := p.engine.Gates(ctx, p.id)
		for _, g := range all[p.id] {
			if g.Action.Code == action {
				for _, c := range g.Checks {
					missing = append(missing, c.Missing...)
				}
			}
		}
		return err
	}))
	return missing
}

// talk is a matter of the committee's own, on a platform or not.
func (h *house) talk(title string, platform *uuid.UUID, v matter.Visibility) (id uuid.UUID) {
	h.Helper()
	h.system(func(ctx context.Context, c *gen.Client) error {
		p, err := c.Process.Query().Where(entprocess.Kind("talk")).Only(ctx)
		if err != nil {
			return err
		}
		m, err := c.Matter.Create().SetKind("talk").SetProcess(p).SetState("OPEN").SetTitle(title).SetOpenedAt(h.clock.Now()).
			SetVisibility(v).SetNillablePlatformID(platform).Save(ctx)
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id
}

// run is a subtest of the house.
func (h *house) run(name string, fn func()) {
	h.T.Run(name, func(t *testing.T) {
		before := h.T
		h.T = t
		defer func() { h.T = before }()
		fn()
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
