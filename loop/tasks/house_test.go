package tasks_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// Who acts in every committee of the tests; the unit's people sit in 水务局.
const (
	director = "proposal_director"
	clerk    = "proposal_clerk"
	staff    = "committee_staff"
	liaison  = "unit_liaison"
	admin    = "tenant_admin"
)

// program is one that runs on a store.
type program struct {
	store  *tenants.Store
	engine *flow.Engine
	post   *exchange.Service
	tasks  *tasks.Service
}

// house is an installation with a city and two districts.
type house struct {
	*testing.T
	*program
	d                   *assembled.District
	db                  *tenantstest.DB
	clock               *clock.Movable
	city, first, second uuid.UUID
	of                  map[uuid.UUID]*district.District
}

const (
	cityCode, firstCode, secondCode = "210200", "210202", "210203"
	loopTitle                       = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
)

var kinds = []string{tasks.KindTask, tasks.KindReport, tasks.KindDecision}

// plan is a committee of these tests.
func plan(code string, secret byte) district.Plan {
	return district.Plan{Code: code, On: clock.Date(2023, 4, 3), Secret: secret, Runs: []string{tasks.Kind, "cohort"},
		Posts: []string{"主任", "干事", "专委干部", "商务局联络员", "商务局局长", "管理员", "秘书长"},
		Units: []district.Unit{{Name: "接办局", Kind: "HANDLING_UNIT"}}, People: []district.Person{{Name: "接办局联络员", Role: liaison, Unit: "接办局", Post: "OFFICER"}}}
}

func newHouse(t *testing.T) *house { return installation(t, 7) }

// installation is a house with a secret of its own.
func installation(t *testing.T, secret byte) *house {
	t.Helper()
	d := assembled.New(t, plan(cityCode, secret), plan(firstCode, secret), plan(secondCode, secret))
	h := &house{T: t, d: d, db: d.DB, clock: d.Clock, city: d.Tenant, of: map[uuid.UUID]*district.District{}}
	h.program = wired(d.Store, d.Services)
	h.first, h.second = d.Beside(firstCode).Tenant, d.Beside(secondCode).Tenant
	for _, code := range []string{cityCode, firstCode, secondCode} {
		h.of[d.Beside(code).Tenant] = d.Beside(code)
	}
	for tenant, code := range map[uuid.UUID]string{h.first: firstCode, h.second: secondCode} {
		h.agree(h.city, code)
		h.agree(tenant, cityCode)
	}
	return h
}

func wired(store *tenants.Store, s assembly.Services) *program {
	return &program{store: store, engine: s.Engine, post: s.Exchange, tasks: s.Tasks}
}

func (h *house) running(store *tenants.Store) *program { return wired(store, h.d.On(store)) }

// committee opens one more.
func (h *house) committee(code string) uuid.UUID {
	h.Helper()
	d := h.d.Found(h.T, plan(code, 0))
	h.of[d.Tenant] = d
	return d.Tenant
}

func (h *house) agree(tenant uuid.UUID, partner string) {
	h.Helper()
	h.must(h.as(tenant, admin, func(ctx context.Context) error {
		_, err := h.post.Set(ctx, exchange.Terms{Partner: partner, Channel: agreement.ChannelLOCAL, Sends: kinds, Receives: kinds})
		return err
	}))
}

// definition is the shipped one of a kind.
func definition(_ testing.TB, kind string) *process.Definition { return district.Shipped(kind) }

func (h *house) at(y int, m time.Month, d int) { h.d.At(y, m, d) }

func (h *house) ctx() context.Context { return h.d.Ctx() }

func (h *house) viewer(ctx context.Context, tenant uuid.UUID, role string) (*authz.Viewer, error) {
	return h.of[tenant].Viewer(ctx, role)
}

// as runs fn as a mutation does: a transaction, collected changes, a record.
func (h *house) as(tenant uuid.UUID, role string, fn func(context.Context) error) error {
	return h.of[tenant].Recorded(role, "mutation", fn)
}

// system sees everything in the tenant.
func (h *house) system(tenant uuid.UUID, fn func(context.Context, *gen.Client) error) {
	h.Helper()
	h.must(h.of[tenant].Recorded("", "test", func(ctx context.Context) error { return fn(ctx, h.store.Ent()) }))
}

// loop is a cohort of a committee that has been deployed.
func (h *house) loop(tenant uuid.UUID) (id uuid.UUID) {
	h.Helper()
	h.system(tenant, func(ctx context.Context, c *gen.Client) error {
		p, err := c.Process.Query().Where(entprocess.Kind("cohort")).Only(ctx)
		if err != nil {
			return err
		}
		m, err := c.Matter.Create().SetKind("cohort").SetProcess(p).SetState("H1_DEPLOYED").SetTitle(loopTitle).SetOpenedAt(h.clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
		if err != nil {
			return err
		}
		id = m.ID
		return c.Cohort.Create().SetMatterID(id).SetHandleYear(2023).Exec(ctx)
	})
	return id
}

// unit is the one in whose name people of a committee act.
func (h *house) unit(tenant uuid.UUID) uuid.UUID { return h.of[tenant].Units["商务局"] }

// whole is a draft with everything in it.
func (h *house) whole(of uuid.UUID, tenant uuid.UUID) tasks.Draft {
	u := h.unit(tenant)
	leader := h.of[tenant].Who("unit_lead").Membership
	return tasks.Draft{Of: of, UnitID: &u, LeaderID: &leader, OfficerPost: "科长", Title: "建成首批加氢站", Duty: "牵头建设", DueOn: clock.Date(2023, 9, 28),
		Effect: "投入运行", Measure: "两座，日加氢五百公斤", Key: true, Nodes: []tasks.Node{{"完成选址", clock.Date(2023, 5, 31)}, {"主体完工", clock.Date(2023, 8, 31)}}}
}

// abroad is a draft for another committee.
func (h *house) abroad(of uuid.UUID, partner string) tasks.Draft {
	d := h.whole(of, h.city)
	d.UnitID, d.LeaderID, d.Partner, d.LeaderPost = nil, nil, partner, "区长"
	return d
}

func (h *house) draft(tenant uuid.UUID, role string, d tasks.Draft) (id uuid.UUID, err error) {
	err = h.as(tenant, role, func(ctx context.Context) error {
		c, err := h.tasks.Draft(ctx, d)
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	return id, err
}

func (h *house) drafted(tenant uuid.UUID, d tasks.Draft) uuid.UUID {
	h.Helper()
	id, err := h.draft(tenant, director, d)
	h.must(err)
	return id
}

func (h *house) try(tenant uuid.UUID, role string, id uuid.UUID, action string, form process.Form, reason string) error {
	return h.as(tenant, role, func(ctx context.Context) error {
		_, err := h.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: reason})
		return err
	})
}

// does carries out an action, with a reason, and expects the state after it.
func (h *house) does(tenant uuid.UUID, role string, id uuid.UUID, action string, form process.Form, state string) {
	h.Helper()
	if err := h.try(tenant, role, id, action, form, "理由"); err != nil {
		h.Fatalf("%s: %v", action, err)
	}
	h.state(tenant, id, state)
}

func (h *house) state(tenant, id uuid.UUID, state string) {
	h.Helper()
	if got := h.look(tenant, id).State; got != state {
		h.Fatalf("it is %s, want %s", got, state)
	}
}

func (h *house) refused(code errs.Code, tenant uuid.UUID, role string, id uuid.UUID, action string, form process.Form) {
	h.Helper()
	if err := h.try(tenant, role, id, action, form, "理由"); !errs.Is(err, code) {
		h.Errorf("%s: %v, want %s", action, err, code)
	}
}

func (h *house) look(tenant, id uuid.UUID) *flow.Case {
	h.Helper()
	return h.of[tenant].With(h.T).Look(id)
}

// deliver takes everything that waits to where it is to go, also what that
// brings about; in all committees when none is named.
func (h *house) deliver(of ...uuid.UUID) {
	h.Helper()
	if len(of) == 0 {
		of = []uuid.UUID{h.city, h.first, h.second}
	}
	var all []*district.District
	for _, tenant := range of {
		all = append(all, h.of[tenant])
	}
	h.d.Deliver(all...)
}

// at the district: its own matters of tasks, oldest first.
func (h *house) received(tenant uuid.UUID) (ids []uuid.UUID) {
	h.Helper()
	h.system(tenant, func(ctx context.Context, c *gen.Client) (err error) {
		ids, err = c.Matter.Query().Where(matter.Kind(tasks.Kind), matter.OriginNotNil()).Order(matter.ByOpenedAt(), matter.ByID()).IDs(ctx)
		return err
	})
	return ids
}

// sent issues a task to the first district and delivers it: both ends' matters.
func (h *house) sent(of uuid.UUID) (there, here uuid.UUID) {
	h.Helper()
	here = h.drafted(h.city, h.abroad(of, firstCode))
	h.does(h.city, director, here, "issue", nil, "ISSUED")
	h.deliver()
	all := h.received(h.first)
	return all[len(all)-1], here
}

// accepted is sent, and taken on by the district.
func (h *house) accepted(of uuid.UUID) (there, here uuid.UUID) {
	h.Helper()
	there, here = h.sent(of)
	h.does(h.first, staff, there, "accept", nil, "WORKING")
	h.deliver()
	h.state(h.city, here, "WORKING")
	return there, here
}

func items(c *flow.Case, k item.Kind) (out []*gen.Item) {
	for _, i := range c.Items {
		if i.Kind == k {
			out = append(out, i)
		}
	}
	return out
}

// node is the id of the n-th node, as a form has it.
func (h *house) node(tenant, id uuid.UUID, n int) string {
	h.Helper()
	return items(h.look(tenant, id), item.KindNODE)[n].ID.String()
}

// fact is a form with today and a text, and what else is given.
func (h *house) fact(more process.Form) process.Form {
	f := process.Form{"on": clock.Day(h.clock.Now()).Format(time.DateOnly), "text": "情况和依据"}
	for k, v := range more {
		f[k] = v
	}
	return f
}

func (h *house) nodeFact(tenant, id uuid.UUID, n int, outcome string) process.Form {
	h.Helper()
	return h.fact(process.Form{"itemId": h.node(tenant, id, n), "outcome": outcome})
}

// due are the open deadlines by key.
func (h *house) due(tenant, id uuid.UUID) map[string]string {
	h.Helper()
	out := map[string]string{}
	for _, t := range h.look(tenant, id).Timers {
		if t.Status == timer.StatusRUNNING || t.Status == timer.StatusOVERDUE {
			out[t.Key] = t.DueOn.Format(time.DateOnly)
		}
	}
	return out
}

// told are the roles that have notices of a matter, newest text each.
func (h *house) told(tenant, id uuid.UUID) map[string]string {
	h.Helper()
	out := map[string]string{}
	told := h.of[tenant].Told(id)
	for _, role := range h.d.Rights.Roles() {
		if text, ok := told[h.of[tenant].Holder(role)]; ok {
			out[role] = text
		}
	}
	return out
}

// fate of the newest envelope of a kind in a committee's outbox.
func (h *house) fate(tenant uuid.UUID, kind string) (status string, code exchange.Code) {
	h.Helper()
	h.system(tenant, func(ctx context.Context, _ *gen.Client) error {
		return tenants.Row(ctx, `SELECT status, code FROM exchange_outbox WHERE kind = $1 ORDER BY created_at DESC, seq DESC LIMIT 1`, []any{kind}, &status, &code)
	})
	return status, code
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
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

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
