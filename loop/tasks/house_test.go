package tasks_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// Who acts in every committee of the tests; the unit's people sit in 水务局.
const (
	director = "proposal_director"
	clerk    = "proposal_clerk"
	staff    = "committee_staff"
	liaison  = "unit_liaison"
	admin    = "tenant_admin"
)

var roles = []string{director, clerk, staff, liaison, admin, "unit_lead", "secretary_general"}

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
	db                  *tenantstest.DB
	clock               *clock.Movable
	dir                 *authz.Directory
	city, first, second uuid.UUID
	people              map[uuid.UUID]map[string]person
	unit                map[uuid.UUID]uuid.UUID
}

type person struct{ account, membership uuid.UUID }

const (
	cityCode, firstCode, secondCode = "210200", "210202", "210203"
	loopTitle                       = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
)

var kinds = []string{tasks.KindTask, tasks.KindReport, tasks.KindDecision}

func newHouse(t *testing.T) *house {
	t.Helper()
	p, err := authz.Load()
	db := tenantstest.New(t)
	h := &house{T: t, db: db, dir: authz.NewDirectory(p), clock: &clock.Movable{}, people: map[uuid.UUID]map[string]person{}, unit: map[uuid.UUID]uuid.UUID{}}
	h.must(err)
	h.program = h.running(db.Store)
	h.at(2023, 4, 3)
	h.city, h.first, h.second = h.committee(cityCode, "甲市政协", "CITY"), h.committee(firstCode, "乙区政协", "DISTRICT"), h.committee(secondCode, "丙区政协", "DISTRICT")
	for tenant, code := range map[uuid.UUID]string{h.first: firstCode, h.second: secondCode} {
		h.agree(h.city, code)
		h.agree(tenant, cityCode)
	}
	return h
}

// running wires a program as the assembly does.
func (h *house) running(store *tenants.Store) *program {
	h.Helper()
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	p := &program{store: store, engine: flow.New(store.Ent())}
	post, err := exchange.New(store, slices.Repeat([]byte{7}, 32))
	h.must(err)
	p.post = post
	tasks.Register(p.engine.Rules)
	tasks.Connect(p.engine, post)
	p.engine.Watch(func(ctx context.Context, r *flow.Run, _ string) error {
		if r.Origin == nil && r.Mirror == nil {
			return nil
		}
		label := r.Def.Machines[process.OfMatter].State(r.State).Label
		_, err := post.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID}, exchange.Status{Status: label})
		return err
	})
	p.tasks = tasks.New(p.engine, post)
	return p
}

func (h *house) committee(code, name, level string) uuid.UUID {
	h.Helper()
	id := tenantstest.Tenant(h.T, h.db, code, name, level)
	h.people[id] = map[string]person{}
	for _, role := range roles {
		account := uuid.New()
		h.people[id][role] = person{account, tenantstest.Member(h.T, h.db, id, account, "STAFF", role)}
	}
	p, err := authz.Load()
	h.must(err)
	h.system(id, func(ctx context.Context, c *gen.Client) error {
		for role, who := range h.people[id] {
			if err := c.Grant.Create().SetMembershipID(who.membership).SetRole(role).Exec(ctx); err != nil {
				return err
			}
		}
		u, err := c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName("水务局").Save(ctx)
		if err != nil {
			return err
		}
		h.unit[id] = u.ID
		for _, role := range []string{liaison, "unit_lead"} {
			if err := c.Seat.Create().SetMembershipID(h.people[id][role].membership).SetUnitID(u.ID).SetPost("LIAISON").Exec(ctx); err != nil {
				return err
			}
		}
		if _, err := h.engine.Publish(ctx, []byte(definition(h.T, tasks.Kind).Source), process.RolesOf(p)); err != nil {
			return err
		}
		d := definition(h.T, "cohort") // its rules are not these tests' business
		return c.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Exec(ctx)
	})
	return id
}

func (h *house) agree(tenant uuid.UUID, partner string) {
	h.Helper()
	h.must(h.as(tenant, admin, func(ctx context.Context) error {
		_, err := h.post.Set(ctx, exchange.Terms{Partner: partner, Channel: agreement.ChannelLOCAL, Sends: kinds, Receives: kinds})
		return err
	}))
}

// definition is the shipped one of a kind.
func definition(t testing.TB, kind string) *process.Definition {
	t.Helper()
	for _, source := range templates.Processes() {
		if d, err := process.Parse(source); err == nil && d.Kind == kind {
			return d
		}
	}
	t.Fatalf("no template of kind %s", kind)
	return nil
}

func (h *house) at(y int, m time.Month, d int) {
	h.clock.Set(time.Date(y, m, d, 9, 0, 0, 0, clock.Shanghai))
}

func (h *house) ctx() context.Context { return clock.With(context.Background(), h.clock) }

func (h *house) viewer(ctx context.Context, tenant uuid.UUID, role string) (*authz.Viewer, error) {
	who := h.people[tenant][role]
	return h.dir.Viewer(ctx, who.account, who.membership)
}

// as runs fn as a mutation does: a transaction, collected changes, a record.
func (h *house) as(tenant uuid.UUID, role string, fn func(context.Context) error) error {
	return h.store.InTx(h.ctx(), tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		v, err := h.viewer(ctx, tenant, role)
		if err != nil {
			return err
		}
		if err := fn(authz.With(ctx, v)); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Action: "mutation", Object: "Test:1", Actor: audit.Actor{Membership: v.Membership, Name: v.Name}})
	})
}

// system sees everything in the tenant.
func (h *house) system(tenant uuid.UUID, fn func(context.Context, *gen.Client) error) {
	h.Helper()
	h.must(h.store.InTx(authz.System(h.ctx()), tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if err := fn(ctx, h.store.Ent()); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Action: "test", Object: "Test:1", Actor: audit.Actor{System: "test"}})
	}))
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

// whole is a draft with everything in it.
func (h *house) whole(of uuid.UUID, tenant uuid.UUID) tasks.Draft {
	u := h.unit[tenant]
	leader := h.people[tenant]["unit_lead"].membership
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
		_, err := h.engine.Act(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: reason})
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

func (h *house) look(tenant, id uuid.UUID) (c *flow.Case) {
	h.Helper()
	h.system(tenant, func(ctx context.Context, _ *gen.Client) error {
		cases, err := h.engine.Lock(ctx, id)
		c = cases[id]
		return err
	})
	if c == nil {
		h.Fatal("no such matter")
	}
	return c
}

// deliver takes everything that waits to where it is to go, also what that
// brings about; in all committees when none is named.
func (h *house) deliver(of ...uuid.UUID) {
	h.Helper()
	if len(of) == 0 {
		of = []uuid.UUID{h.city, h.first, h.second}
	}
	for settled := 1; settled > 0; {
		settled = 0
		for _, tenant := range of {
			n, err := h.post.Deliver(h.ctx(), tenant)
			h.must(err)
			settled += n
		}
	}
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
	h.system(tenant, func(ctx context.Context, c *gen.Client) error {
		rows, err := c.Notice.Query().Where(notice.MatterID(id)).Order(notice.ByID()).All(ctx)
		for _, n := range rows {
			for role, who := range h.people[tenant] {
				if who.membership == n.MembershipID {
					out[role] = n.Text
				}
			}
		}
		return err
	})
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
