package platforms

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

const talkProcess = `
kind: talk
version: 1
title: 恳谈
turns: {street_liaison: 街道联络员}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 商量中, stage: 商, turn: street_liaison, visible: STAFF, waits: 等各方商量}
      - {code: DONE, label: 已办结, stage: 办, end: true}
    actions:
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

const topicProcess = `
kind: topic
version: 1
title: 群众征题
turns: {street_liaison: 街道联络员}
timers:
  screen: {label: 研究, deadline: sign.receipt, rungs: [0]}
machines:
  matter:
    initial: RECEIVED
    states:
      - {code: RECEIVED, label: 收到, stage: 征题, turn: street_liaison, visible: STAFF, timers: [screen]}
      - {code: ANSWERED, label: 已反馈, stage: 反馈, end: true}
    actions:
      - {code: answer, label: 反馈, from: [RECEIVED], to: ANSWERED, may: matter.screen, effects: [tiny.answer],
         form: {required: [answer], properties: {answer: {type: string}}}}
      - {code: reopen, label: 重新研究, from: [ANSWERED], to: RECEIVED, may: matter.screen, reason: true}
`

const opinionProcess = `
kind: opinion
version: 1
title: 社情民意
turns: {info_editor: 信息工作人员}
machines:
  matter:
    initial: SUBMITTED
    states:
      - {code: SUBMITTED, label: 待采用, turn: info_editor, visible: STAFF, waits: 等采用}
      - {code: ACCEPTED, label: 已采用, end: true}
    actions:
      - {code: accept, label: 采用, from: [SUBMITTED], to: ACCEPTED, may: opinion.accept}
`

// monday is 2 March 2026, nine o'clock.
var monday = clock.StartOf(clock.Date(2026, 3, 2)).Add(9 * time.Hour)

// world is a district with two streets, a 界别 and people of all scopes.
type world struct {
	*Service
	t      *testing.T
	d      *district.District
	db     *tenantstest.DB
	clock  *clock.Movable
	tenant uuid.UUID
	people map[string]*authz.Viewer
	units  map[string]uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	d := district.New(t, district.Plan{
		Code: "210212", On: clock.Date(2026, 3, 2), Posts: []string{"管理员", "召集人", "委员甲", "审计员"}, Sources: []string{talkProcess, topicProcess, opinionProcess},
		Units: []district.Unit{{Name: "甲街道", Kind: unit.KindSTREET_LIAISON}, {Name: "乙街道", Kind: unit.KindSTREET_LIAISON}, {Name: "提案委", Kind: unit.KindCOMMITTEE}},
		People: []district.Person{
			{Name: "干部", Role: "committee_staff", Unit: "提案委"}, {Name: "联络员甲", Role: "street_liaison", Unit: "甲街道"}, {Name: "联络员乙", Role: "street_liaison", Unit: "乙街道"},
			{Name: "委员乙", Role: "member"}, {Name: "无席位", Role: "street_liaison"},
		},
		Rules: func(e *flow.Engine) {
			e.Effect("tiny.answer", "一句话", func(ctx context.Context, r *flow.Run) error {
				return r.Client.Matter.UpdateOneID(r.Matter.ID).SetData(map[string]any{"answer": r.Form.Text("answer")}).Exec(ctx)
			})
		},
	})
	return &world{Service: New(d.Engine), t: t, d: d, db: d.DB, clock: d.Clock, tenant: d.Tenant, people: d.People, units: d.Units}
}

func (w *world) ctx() context.Context { return w.d.Ctx() }

// in runs fn in the committee's transaction, as nobody.
func (w *world) in(fn func(context.Context) error) error {
	return w.db.Store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
}

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context) error) {
	w.t.Helper()
	w.d.OK(w.as("", fn))
}

// as runs fn for somebody signed in.
func (w *world) as(name string, fn func(context.Context) error) error { return w.d.As(name, fn) }

func (w *world) do(name string, fn func(context.Context) error) {
	w.t.Helper()
	if err := w.as(name, fn); err != nil {
		w.t.Fatal(err)
	}
}

// spec is a platform that runs talks.
func spec(code string) Spec {
	return Spec{Code: code, Brand: "某平台 " + code, Type: "区域型", ProcessKind: "talk"}
}

func (w *world) tryCreate(in Spec) (p *gen.Platform, err error) {
	err = w.as("管理员", func(ctx context.Context) error { p, err = w.Create(ctx, in); return err })
	return p, err
}

func (w *world) create(in Spec) *gen.Platform {
	w.t.Helper()
	p, err := w.tryCreate(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) tryOpen(name string, in Opening) (c *flow.Case, err error) {
	err = w.as(name, func(ctx context.Context) error { c, err = w.Open(ctx, in); return err })
	return c, err
}

// open opens something in 甲街道, unless it says where.
func (w *world) open(name string, in Opening) *flow.Case {
	w.t.Helper()
	if in.StreetID == nil {
		in.StreetID = ptr(w.units["甲街道"])
	}
	c, err := w.tryOpen(name, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func refused(t *testing.T, err error, code errs.Code, path string) *errs.Error {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code || (path != "" && (len(e.Path) == 0 || e.Path[0] != path)) {
		t.Fatalf("want %s at %q, got %v", code, path, err)
	}
	return e
}

func ptr[T any](v T) *T { return &v }
