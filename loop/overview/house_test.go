package overview

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// Definitions with the states that these tests speak of; the shipped ones are
// not their business.
const (
	loopSource = `
kind: cohort
version: 1
title: 一号提案
turns: {director: 提案委主任}
machines:
  matter:
    initial: P1_COLLECT
    states:
      - {code: P1_COLLECT, label: 选题征集, stage: 预研, turn: director}
      - {code: P2_KICKOFF, label: 调研部署, stage: 预研, turn: director}
      - {code: H4_ACCOUNT, label: 节点交账, stage: 办理, turn: director}
      - {code: S4_PROBLEMS, label: 问题研判与协商, stage: 监督, turn: director}
      - {code: S5_CLOSED, label: 闭环, stage: 监督, end: true}
    actions:
      - {code: kickoff, label: 调研工作部署会, from: [P1_COLLECT], to: P2_KICKOFF, may: cohort.run, guards: [test.directions]}
      - {code: close, label: 闭环, from: [S4_PROBLEMS], to: S5_CLOSED, may: cohort.run}
`
	taskSource = `
kind: task
version: 1
title: 六定任务
turns: {unit: 承办单位}
machines:
  matter:
    initial: DRAFT
    states:
      - {code: DRAFT, label: 起草}
      - {code: WORKING, label: 办理中（测试的叫法）, turn: unit}
      - {code: REPORTED, label: 已交账}
      - {code: DONE, label: 已核实, end: true}
      - {code: WITHDRAWN, label: 已撤回, end: true}
`
	proposalSource = `
kind: proposal
version: 1
title: 提案
machines: {matter: {initial: TRACKING, states: [{code: TRACKING, label: 跟踪办理}]}}
`
)

const (
	director = "proposal_director"
	clerk    = "proposal_clerk" // reads tasks, not loops
	overseer = "city_overseer"
	member   = "member"
	liaison  = "unit_liaison" // of 市水务局
	other    = "unit_officer" // of 市发展改革委
	admin    = "tenant_admin"
)

// house is the committee in the words of these tests.
type house struct {
	*testing.T
	d       *district.District
	db      *tenantstest.DB
	engine  *flow.Engine
	service *Service
	clock   *clock.Movable
	city    uuid.UUID
	units   map[string]uuid.UUID
	kinds   map[string]uuid.UUID
}

// plan is a committee of these tests.
func plan(code string) district.Plan {
	return district.Plan{
		Code: code, On: clock.Date(2023, 6, 1), Posts: []string{"主任", "干事", "市督察", "委员甲", "管理员"}, Stored: []string{loopSource, taskSource, proposalSource},
		Units:  []district.Unit{{Name: "市水务局", Kind: unit.KindHANDLING_UNIT}, {Name: "市发展改革委", Kind: unit.KindHANDLING_UNIT}},
		People: []district.Person{{Name: liaison, Role: liaison, Unit: "市水务局", Post: "OFFICER"}, {Name: other, Role: other, Unit: "市发展改革委", Post: "OFFICER"}},
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	d := district.New(t, plan("210200"), district.Plan{Code: "210202", Posts: []string{}})
	d.Engine.Guard("test.directions", "至少有一个方向", flow.Listing(func(in *flow.Input) []string {
		if len(in.Items) == 0 {
			return []string{"还没有调研方向"}
		}
		return nil
	}))
	h := &house{T: t, db: d.DB, engine: d.Engine, service: New(d.Engine), clock: d.Clock}
	return h.in(d)
}

// in is the same house, seen from a committee of it.
func (h *house) in(d *district.District) *house {
	own := *h
	own.d, own.city, own.units, own.kinds = d, d.Tenant, d.Units, d.Runs
	return &own
}

func (h *house) at(y int, m time.Month, day int) { h.d.At(y, m, day) }

func (h *house) ctx() context.Context { return h.d.Ctx() }

func (h *house) system(fn func(context.Context, *gen.Client) error) {
	h.Helper()
	must(h, h.as("", func(ctx context.Context) error { return fn(ctx, h.d.Ent()) }))
}

func (h *house) as(role string, fn func(context.Context) error) error { return h.d.As(role, fn) }

// matterOf puts a matter of a kind into the database.
func (h *house) matterOf(kind, state, title string, set func(*gen.MatterCreate)) (id uuid.UUID) {
	h.Helper()
	h.system(func(ctx context.Context, c *gen.Client) error {
		create := c.Matter.Create().SetKind(kind).SetProcessID(h.kinds[kind]).SetState(state).SetTitle(title).
			SetOpenedAt(h.clock.Now()).SetVisibility(matter.VisibilitySTAFF)
		if set != nil {
			set(create)
		}
		m, err := create.Save(ctx)
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id
}

func (h *house) loop(year int, state string) (id uuid.UUID) {
	h.Helper()
	id = h.matterOf("cohort", state, fmt.Sprintf("%d年一号提案", year), func(m *gen.MatterCreate) {
		m.SetTurn("director")
		if state == "S5_CLOSED" {
			m.SetClosedAt(h.clock.Now())
		}
	})
	h.system(func(ctx context.Context, c *gen.Client) error {
		return c.Cohort.Create().SetMatterID(id).SetHandleYear(year).Exec(ctx)
	})
	return id
}

func (h *house) item(of uuid.UUID, kind item.Kind, text string, set func(*gen.ItemCreate)) (id uuid.UUID) {
	h.Helper()
	h.system(func(ctx context.Context, c *gen.Client) error {
		create := c.Item.Create().SetMatterID(of).SetKind(kind).SetText(text)
		if set != nil {
			set(create)
		}
		i, err := create.Save(ctx)
		if err == nil {
			id = i.ID
		}
		return err
	})
	return id
}

func (h *house) link(from, to uuid.UUID, kind link.Kind) (id uuid.UUID) {
	h.Helper()
	h.system(func(ctx context.Context, c *gen.Client) error {
		l, err := c.Link.Create().SetFromID(from).SetToID(to).SetKind(kind).Save(ctx)
		if err == nil {
			id = l.ID
		}
		return err
	})
	return id
}

// job is a task to be put into the database; its zero value is under way, in
// no loop and without a day.
type job struct {
	title   string
	loop    uuid.UUID // nil UUID: of none
	of      uuid.UUID // the task that it was broken down from
	state   string
	status  item.Status
	due     *time.Time
	unit    string
	partner string
	matter  func(*gen.MatterCreate)
	item    func(*gen.ItemCreate)
}

var ended = map[item.Status]bool{item.StatusDONE: true, item.StatusDROPPED: true}

func (h *house) task(j job) (m, i uuid.UUID) {
	h.Helper()
	j.title, j.state = or(j.title, "任务"), or(j.state, "WORKING")
	m = h.matterOf(taskKind, j.state, j.title, func(c *gen.MatterCreate) {
		if u, ok := h.units[j.unit]; ok {
			c.SetOwnerUnitID(u)
		}
		if j.state == "DRAFT" {
			c.SetVisibility(matter.VisibilityPARTIES)
		}
		if ended[j.status] {
			c.SetClosedAt(h.clock.Now())
		}
		if j.matter != nil {
			j.matter(c)
		}
	})
	i = h.item(m, item.KindTASK, j.title, func(c *gen.ItemCreate) {
		c.SetPartner(j.partner).SetNillableDueOn(j.due)
		if u, ok := h.units[j.unit]; ok {
			c.SetUnitID(u)
		}
		if j.status != "" {
			c.SetStatus(j.status)
		}
		if j.item != nil {
			j.item(c)
		}
	})
	if j.loop != uuid.Nil {
		h.link(m, j.loop, link.KindBELONGS_TO)
	}
	if j.of != uuid.Nil {
		h.link(m, j.of, link.KindDERIVED_FROM)
	}
	return m, i
}

func (h *house) node(matter, task uuid.UUID, due *time.Time, status item.Status) uuid.UUID {
	h.Helper()
	return h.item(matter, item.KindNODE, "节点", func(c *gen.ItemCreate) { c.SetParentID(task).SetNillableDueOn(due).SetStatus(status) })
}

// ledger lists the ids of what a filter finds, in the ledger's order.
func (h *house) ledger(role string, f Filter) (ids []uuid.UUID) {
	h.Helper()
	must(h, h.as(role, func(ctx context.Context) error {
		p, err := f.Predicate(ctx)
		if err != nil {
			return err
		}
		ids, err = h.db.Store.Ent().Item.Query().Where(p).Order(Order()...).IDs(ctx)
		return err
	}))
	return ids
}

func (h *house) overview(role string, years ...int) (loops []*Loop) {
	h.Helper()
	must(h, h.as(role, func(ctx context.Context) (err error) {
		loops, err = h.service.Overview(ctx, years...)
		return err
	}))
	return loops
}

func (h *house) asked(role string) (a *Asked) {
	h.Helper()
	must(h, h.as(role, func(ctx context.Context) (err error) {
		a, err = h.service.Asked(ctx)
		return err
	}))
	return a
}

func on(y int, m time.Month, d int) *time.Time { return ptr(clock.Date(y, m, d)) }

func ptr[T any](v T) *T { return &v }

func idsOf(items []*gen.Item) []uuid.UUID {
	out := []uuid.UUID{}
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T any](t testing.TB, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}
