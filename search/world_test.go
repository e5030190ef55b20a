package search_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// world is a committee with people of every sort.
type world struct {
	t         *testing.T
	d         *district.District
	db        *tenantstest.DB
	store     *tenants.Store
	c         *gen.Client
	tenant    uuid.UUID
	clock     *clock.Movable
	directory *authz.Directory
	people    map[string]*authz.Viewer
	units     map[string]uuid.UUID
}

var morning = time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)

func newWorld(t *testing.T) *world {
	t.Helper()
	d := district.New(t, district.Plan{
		Posts:  []string{"委员甲", "委员丙", "召集人", "干事", "主任", "信息编辑"},
		Units:  []district.Unit{{Name: "教育界", Kind: unit.KindSECTOR}, {Name: "住房和城乡建设局", Kind: unit.KindHANDLING_UNIT}, {Name: "文旅局", Kind: unit.KindHANDLING_UNIT}, {Name: "城建局", Kind: unit.KindHANDLING_UNIT}},
		Stored: []string{district.Shipped("proposal").Source},
		People: []district.Person{
			{Name: "委员乙", Role: "member", Unit: "教育界"}, {Name: "专委会干部", Role: "committee_staff"}, {Name: "住建承办人", Role: "unit_officer", Unit: "住房和城乡建设局"},
			{Name: "文旅承办人", Role: "unit_officer", Unit: "文旅局"}, {Name: "城建联络员", Role: "unit_liaison", Unit: "城建局"}, {Name: "租户管理员", Role: "tenant_admin"}, {Name: "无角色"},
		},
	})
	return &world{t: t, d: d, db: d.DB, store: d.Store, c: d.Ent(), tenant: d.Tenant, clock: d.Clock, directory: d.Directory, people: d.People, units: d.Units}
}

// ctx collects what is changed, as every door of the program does.
func (w *world) ctx() context.Context {
	ctx, _ := audit.Collect(w.d.Ctx())
	return ctx
}

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context)) {
	w.t.Helper()
	w.d.Must("", func(ctx context.Context, _ *gen.Client) error { fn(ctx); return nil })
}

// as runs fn as a person.
func (w *world) as(name string, fn func(context.Context)) {
	w.t.Helper()
	if err := w.d.Reads(name, func(ctx context.Context) error { fn(ctx); return nil }); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

// matter is a proposal that whom it is open to sees.
func (w *world) matter(ctx context.Context, number, title, situation string, v matter.Visibility) uuid.UUID {
	m := w.c.Matter.Create().SetKind("proposal").SetProcessID(w.d.Runs["proposal"]).SetState("-").SetNumber(number).SetTitle(title).SetOpenedAt(w.clock.Now()).SetVisibility(v).SaveX(ctx)
	w.c.Proposal.Create().SetMatter(m).SetProposerKind(proposal.ProposerKindJOINT).SetSituation(situation).SetDisposition(proposal.DispositionFILED).ExecX(ctx)
	w.clock.Set(w.clock.Now().Add(time.Minute))
	return m.ID
}

func (w *world) share(ctx context.Context, m uuid.UUID, unit string, role assignment.Role) *gen.Assignment {
	return w.c.Assignment.Create().SetMatterID(m).SetUnitID(w.units[unit]).SetRole(role).SetState("-").
		SetAssignedAt(morning).SetOriginAssignedAt(morning).SaveX(ctx)
}

// finds are the matters that a person finds, the best first.
func (w *world) finds(who, query string) (ids []uuid.UUID) {
	w.t.Helper()
	w.as(who, func(ctx context.Context) {
		q, err := search.Parse(query, nil)
		if err != nil {
			w.t.Fatalf("%q: %v", query, err)
		}
		list, err := q.Find(ctx, nil, 200)
		if err != nil {
			w.t.Fatalf("%s, %q: %v", who, query, err)
		}
		for _, p := range list {
			ids = append(ids, p.Matter)
		}
		if n, err := q.Count(ctx); err != nil || n != len(ids) {
			w.t.Fatalf("%s, %q: %d counted, %d found, %v", who, query, n, len(ids), err)
		}
		shown, err := q.Show(ctx, ids)
		if err != nil || len(shown) != len(ids) {
			w.t.Fatalf("%s, %q: %d shown, %d found, %v", who, query, len(shown), len(ids), err)
		}
	})
	return ids
}
