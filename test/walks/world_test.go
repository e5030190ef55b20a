package walks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/loop/plans"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// kinds are all that the product ships.
var kinds = func() []string {
	out := []string{"proposal", "cohort", "task", "plan"}
	for _, t := range templates.Platforms() {
		out = append(out, t.Name)
	}
	return out
}()

// world is a committee with everything that the product ships and somebody in
// every office. It keeps the truth about who is there beside the database.
type world struct {
	assembly.Services
	t      *testing.T
	db     *tenantstest.DB
	store  *tenants.Store
	engine *flow.Engine
	rights *authz.Policy
	clock  *clock.Movable
	tenant uuid.UUID
	units  map[string]uuid.UUID
	people map[string]*authz.Viewer // who is there
	all    map[string]*authz.Viewer
	roles  map[string][]string
	seats  map[string]string // unit by person
	n      int
}

type obj = map[string]any

func yes(words ...string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = obj{"text": w, "want": "YES"}
	}
	return out
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := tenantstest.New(t)
	w := &world{
		t: t, db: db, store: db.Store, clock: &clock.Movable{}, units: map[string]uuid.UUID{}, people: map[string]*authz.Viewer{}, all: map[string]*authz.Viewer{},
		roles: map[string][]string{}, seats: map[string]string{}, tenant: tenantstest.Tenant(t, db, "210202", "政协某区委员会", "DISTRICT"),
	}
	w.clock.Set(time.Date(2025, 1, 6, 9, 0, 0, 0, clock.Shanghai))
	authz.Narrow(w.store.Ent())
	w.store.Ent().Use(audit.Hook)
	var err error
	if w.rights, err = authz.Load(); err != nil {
		t.Fatal(err)
	}
	if w.Services, err = assembly.New(w.store, authz.NewDirectory(w.rights), secret.Secret{1}); err != nil {
		t.Fatal(err)
	}
	w.engine = w.Engine
	w.must("", w.settle)
	return w
}

func (w *world) settle(ctx context.Context, c *gen.Client) error {
	c.TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(clock.Date(2024, 1, 1)).SetSettings(obj{"checklists": obj{
		"two_six":    obj{"title": "两议六不议", "items": yes("一", "二", "三", "四", "五", "六", "七", "八")},
		"three_none": obj{"title": "三无", "items": yes("一", "二", "三")},
		"three_have": obj{"title": "三有", "items": yes("一", "二", "三")},
	}}).SaveX(ctx)
	term := c.Term.Create().SetOrdinal(11).SetStartsOn(clock.Date(2021, 12, 1)).SetEndsOn(clock.Date(2026, 12, 1)).SaveX(ctx)
	c.Sitting.Create().SetTerm(term).SetOrdinal(4).SetPrepOpensOn(clock.Date(2024, 11, 1)).SetOpensOn(clock.Date(2025, 1, 6)).
		SetCutoffAt(time.Date(2025, 1, 8, 12, 0, 0, 0, clock.Shanghai)).SetClosesOn(clock.Date(2025, 1, 9)).SaveX(ctx)
	for _, u := range []struct {
		name string
		line unit.Line
		kind unit.Kind
	}{{"街道", unit.LineORGANISATION, unit.KindSTREET_LIAISON}, {"经济界", unit.LineORGANISATION, unit.KindSECTOR}, {"民建区委", unit.LineORGANISATION, unit.KindPOLITICAL_PARTY},
		{"工作室", unit.LineVENUE, unit.KindVENUE_STUDIO}, {"城建局", unit.LineHANDLING, unit.KindHANDLING_UNIT}, {"商务局", unit.LineHANDLING, unit.KindHANDLING_UNIT}, {"文旅局", unit.LineHANDLING, unit.KindHANDLING_UNIT}} {
		w.units[u.name] = c.Unit.Create().SetLine(u.line).SetKind(u.kind).SetName(u.name).SetDocWord("区" + u.name).SaveX(ctx).ID
	}
	for _, p := range [][3]string{
		{"管理员", "tenant_admin", ""}, {"委员甲", "member", "经济界"}, {"委员乙", "member", "经济界"}, {"委员丙", "member", ""}, {"召集人", "sector_convener", "经济界"},
		{"党派联络人", "party_liaison", "民建区委"}, {"街道联络员", "street_liaison", "街道"}, {"审定人", "street_party_approver", "街道"}, {"主持人", "grassroots_host", ""},
		{"监督员", "supervisor_commissioner", ""}, {"干事", "proposal_clerk", ""}, {"审查员", "proposal_reviewer", ""}, {"主任", "proposal_director", ""}, {"副主任", "proposal_director", ""},
		{"信息编辑", "info_editor", ""}, {"党委办", "assign_party", ""}, {"政府办", "assign_gov", ""}, {"专委干部", "committee_staff", ""}, {"秘书长", "secretary_general", ""}, {"主席", "chair", ""},
		{"城建局联络员", "unit_liaison", "城建局"}, {"城建局承办人", "unit_officer", "城建局"}, {"城建局局长", "unit_lead", "城建局"},
		{"商务局联络员", "unit_liaison", "商务局"}, {"商务局承办人", "unit_officer", "商务局"}, {"商务局局长", "unit_lead", "商务局"},
		{"文旅局联络员", "unit_liaison", "文旅局"}, {"文旅局承办人", "unit_officer", "文旅局"}, {"文旅局局长", "unit_lead", "文旅局"},
	} {
		kind := membership.KindSTAFF
		if p[1] == "member" || p[1] == "sector_convener" || p[1] == "party_liaison" {
			kind = membership.KindMEMBER
		}
		m := c.Membership.Create().SetName(p[0]).SetKind(kind).SetAccountID(uuid.New()).SaveX(ctx)
		c.Grant.Create().SetMembership(m).SetRole(p[1]).SaveX(ctx)
		if p[2] != "" {
			c.Seat.Create().SetMembership(m).SetUnitID(w.units[p[2]]).SaveX(ctx)
			w.seats[p[0]] = p[2]
		}
		v := &authz.Viewer{Account: *m.AccountID, Membership: m.ID}
		w.people[p[0]], w.all[p[0]], w.roles[p[0]] = v, v, []string{p[1]}
	}
	sources := templates.Processes()
	for _, t := range templates.Platforms() {
		sources = append(sources, t.Source)
	}
	for _, s := range sources {
		if _, err := w.engine.Publish(ctx, s, process.RolesOf(w.rights)); err != nil {
			return err
		}
	}
	return nil
}

// here are the names of those who are there.
func (w *world) here() iter.Seq[string] { return maps.Keys(w.people) }

func (w *world) today() time.Time { return clock.Day(w.clock.Now()) }

// as runs fn as a person, "" as the product itself, in one audited transaction.
func (w *world) as(name string, fn func(context.Context) error) error {
	return w.store.InTx(clock.With(context.Background(), w.clock), w.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if name == "" {
			return fn(authz.System(ctx))
		}
		p := w.all[name]
		v, err := authz.NewDirectory(w.rights).Viewer(ctx, p.Account, p.Membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

func (w *world) must(who string, fn func(context.Context, *gen.Client) error) {
	w.t.Helper()
	if err := w.as(who, func(ctx context.Context) error { return fn(ctx, w.store.Ent()) }); err != nil {
		w.t.Fatal(err)
	}
}

type doors struct{ *tenants.Store }

func (d doors) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
}

func (w *world) sweep() {
	w.t.Helper()
	if _, err := w.engine.Sweep(clock.With(context.Background(), w.clock), doors{w.store}, w.tenant); err != nil {
		w.t.Fatal(err)
	}
}

// opens begins a matter of the walk's kind, as somebody who may and is there.
func (w *walk) opens() error {
	w.n++
	title := fmt.Sprintf("关于第%d件事情的事项", w.n)
	by := func(names ...string) string {
		for range 10 {
			if n := names[w.rand.IntN(len(names))]; w.people[n] != nil {
				return n
			}
		}
		return "管理员"
	}
	member := by("委员甲", "委员乙", "委员丙")
	switch w.kind {
	case "proposal":
		d := proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Title: title, Situation: "情况。", Analysis: "分析。", Suggestions: []string{"建议一。"}, Category: "经济建设", Consent: true}
		if w.rand.IntN(2) == 0 {
			d.Kind = proposal.ProposerKindJOINT
		}
		return w.as(member, func(ctx context.Context) error { _, err := w.Proposals.Create(ctx, d); return err })
	case "cohort":
		return w.as(by("主任", "副主任"), func(ctx context.Context) error {
			_, err := w.Cohorts.Open(ctx, w.clock.Now().Year()+2-w.n, title)
			return err
		})
	case "plan":
		return w.as(by("秘书长", "主席"), func(ctx context.Context) error {
			_, err := w.Plans.Open(ctx, plans.Opening{Plan: plans.Kinds[w.n%4], Year: w.clock.Now().Year()})
			return err
		})
	case "task":
		return w.task(by("主任", "副主任"), title)
	}
	return w.onPlatform(by, title)
}

// task is one of a loop, which is opened for it.
func (w *walk) task(who, title string) error {
	return w.as(who, func(ctx context.Context) error {
		loops, err := w.store.Ent().Cohort.Query().All(authz.System(ctx))
		if err != nil {
			return err
		}
		if len(loops) == 0 {
			c, err := w.Cohorts.Open(ctx, w.clock.Now().Year(), "一号提案")
			if err != nil {
				return err
			}
			return w.draft(ctx, c.Matter.ID, title)
		}
		return w.draft(ctx, loops[0].MatterID, title)
	})
}

func (w *walk) draft(ctx context.Context, of uuid.UUID, title string) error {
	u := w.units["商务局"]
	_, err := w.Tasks.Draft(ctx, tasks.Draft{Of: of, UnitID: &u, Title: title, Duty: "责任", Effect: "效果", Measure: "衡量", DueOn: w.today().AddDate(0, 3, 0),
		LeaderPost: "局长", OfficerPost: "科长", Nodes: []tasks.Node{{Text: "节点", DueOn: w.today().AddDate(0, 1, 0)}}})
	return err
}

func (w *walk) onPlatform(by func(...string) string, title string) error {
	if w.kind == platforms.TopicKind {
		return w.as("", func(ctx context.Context) error {
			street := w.units["街道"]
			_, err := w.engine.Start(ctx, flow.Opening{Kind: w.kind, Title: title, Street: &street})
			return err
		})
	}
	code := "p-" + w.kind
	who := by("街道联络员", "专委干部", "秘书长", "委员甲", "监督员")
	return w.as(who, func(ctx context.Context) error {
		sys := authz.System(ctx)
		p, err := w.store.Ent().Platform.Query().First(sys)
		if gen.IsNotFound(err) {
			p, err = w.store.Ent().Platform.Create().SetCode(code).SetBrand(title).SetType("区域型").SetProcessKind(w.kind).Save(sys)
		}
		if err != nil {
			return err
		}
		in := platforms.Opening{PlatformID: p.ID, Title: title}
		if street := w.units["街道"]; w.rand.IntN(4) > 0 { // else A6: it may belong to no street
			in.StreetID = &street
		}
		_, err = w.Platforms.Open(ctx, in)
		return err
	})
}

// row is one of table awaited, as the test reads it.
type row struct {
	Share      *uuid.UUID
	Turn, Role string
	Unit       *uuid.UUID
	Membership *uuid.UUID
	Roles      []string
	Due        *time.Time
	Instead    bool
	Reason     string
}

func (w *walk) rows(id uuid.UUID) (out []row) {
	w.must("", func(ctx context.Context, _ *gen.Client) (err error) {
		out, err = tenants.Rows[row](ctx, `SELECT assignment_id, turn, coalesce(role, ''), unit_id, membership_id, coalesce(roles, '{}'), due_on, instead, reason
			FROM awaited WHERE matter_id = $1 ORDER BY key`, id)
		return err
	})
	return out
}

// meant reports whether a row means somebody who is there, by what the test
// knows of him.
func (w *walk) meant(name string, r row) bool {
	has := func(role string) bool { return slices.Contains(w.roles[name], role) }
	switch {
	case r.Membership != nil:
		return *r.Membership == w.all[name].Membership && (len(r.Roles) == 0 || slices.ContainsFunc(r.Roles, has))
	case r.Role == "" || !has(r.Role):
		return false
	}
	return r.Unit == nil || (w.seats[name] != "" && w.units[w.seats[name]] == *r.Unit)
}

// subject is a matter itself, or one of its shares.
type subject struct {
	share *uuid.UUID
	name  string
}

func (s subject) is(r row) bool {
	return (s.share == nil) == (r.Share == nil) && (s.share == nil || *s.share == *r.Share)
}

// subjects are a matter and its open shares, by the definition.
func (w *walk) subjects(id uuid.UUID) (out []subject) {
	w.must("", func(ctx context.Context, c *gen.Client) error {
		m, err := c.Matter.Get(ctx, id)
		if err != nil {
			return err
		}
		defs, err := w.engine.Definitions(ctx, id)
		if err != nil {
			return err
		}
		if s := defs[id].Machines[process.OfMatter].State(m.State); s != nil && !s.End {
			out = append(out, subject{name: m.Kind + "." + m.State})
		}
		shares, err := m.QueryAssignments().All(ctx)
		for _, a := range shares {
			if s := defs[id].Machines[process.OfAssignment].State(a.State); s != nil && !s.End {
				out = append(out, subject{share: &a.ID, name: m.Kind + ".assignment." + a.State})
			}
		}
		return err
	})
	return out
}

func (w *walk) shares(id uuid.UUID) []subject {
	return slices.DeleteFunc(w.subjects(id), func(s subject) bool { return s.share == nil })
}

// fill makes a form from its schema: mostly right, as people's are.
func (w *walk) fill(id uuid.UUID, schema map[string]any) process.Form {
	if schema == nil {
		return nil
	}
	b, _ := json.Marshal(schema)
	var s map[string]any
	_ = json.Unmarshal(b, &s)
	out, _ := w.value(id, "", s).(map[string]any)
	return process.Form(out)
}
