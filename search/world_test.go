package search_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// world is a committee with people of every sort.
type world struct {
	t         *testing.T
	db        *tenantstest.DB
	store     *tenants.Store
	c         *gen.Client
	tenant    uuid.UUID
	clock     *clock.Movable
	directory *authz.Directory
	people    map[string]*gen.Membership
	units     map[string]uuid.UUID
	process   *gen.Process
}

var morning = time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)

func newWorld(t *testing.T) *world {
	t.Helper()
	db := tenantstest.New(t)
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, db: db, store: db.Store, c: db.Store.Ent(), clock: &clock.Movable{}, directory: authz.NewDirectory(policy),
		tenant: tenantstest.Tenant(t, db, "210202", "政协某区委员会", "DISTRICT"),
		people: map[string]*gen.Membership{}, units: map[string]uuid.UUID{},
	}
	w.clock.Set(morning)
	authz.Narrow(w.c)
	w.system(func(ctx context.Context) {
		w.unit(ctx, "经济界", unit.LineORGANISATION, unit.KindSECTOR)
		w.unit(ctx, "教育界", unit.LineORGANISATION, unit.KindSECTOR)
		w.unit(ctx, "住房和城乡建设局", unit.LineHANDLING, unit.KindHANDLING_UNIT)
		w.unit(ctx, "文旅局", unit.LineHANDLING, unit.KindHANDLING_UNIT)
		w.unit(ctx, "城建局", unit.LineHANDLING, unit.KindHANDLING_UNIT)
		for _, p := range [][3]string{
			{"委员甲", "member", "经济界"}, {"委员乙", "member", "教育界"}, {"委员丙", "member", ""}, {"召集人", "sector_convener", "经济界"},
			{"干事", "proposal_clerk", ""}, {"主任", "proposal_director", ""}, {"专委会干部", "committee_staff", ""}, {"信息编辑", "info_editor", ""},
			{"住建承办人", "unit_officer", "住房和城乡建设局"}, {"文旅承办人", "unit_officer", "文旅局"}, {"城建联络员", "unit_liaison", "城建局"},
			{"租户管理员", "tenant_admin", ""}, {"无角色", "", ""},
		} {
			w.person(ctx, p[0], p[1], p[2])
		}
		w.process = w.c.Process.Create().SetKind("proposal").SetVersion(1).SetTitle("提案").SetSource("-").SetHash("-").SaveX(ctx)
	})
	return w
}

func (w *world) ctx() context.Context { return clock.With(context.Background(), w.clock) }

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context)) {
	w.t.Helper()
	err := w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error { fn(authz.System(ctx)); return nil })
	if err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as a person.
func (w *world) as(name string, fn func(context.Context)) {
	w.t.Helper()
	err := w.store.ReadTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		m := w.people[name]
		v, err := w.directory.Viewer(ctx, *m.AccountID, m.ID)
		if err == nil {
			fn(authz.With(ctx, v))
		}
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

func (w *world) unit(ctx context.Context, name string, line unit.Line, kind unit.Kind) uuid.UUID {
	w.units[name] = w.c.Unit.Create().SetLine(line).SetKind(kind).SetName(name).SaveX(ctx).ID
	return w.units[name]
}

func (w *world) person(ctx context.Context, name, role, seat string) {
	m := w.c.Membership.Create().SetName(name).SetKind(membership.KindMEMBER).SetAccountID(uuid.New()).SaveX(ctx)
	if role != "" {
		w.c.Grant.Create().SetMembership(m).SetRole(role).SetReason(name).SaveX(ctx)
	}
	if seat != "" {
		w.c.Seat.Create().SetMembership(m).SetUnitID(w.units[seat]).SaveX(ctx)
	}
	w.people[name] = m
}

// matter is a proposal that whom it is open to sees.
func (w *world) matter(ctx context.Context, number, title, situation string, v matter.Visibility) uuid.UUID {
	m := w.c.Matter.Create().SetKind("proposal").SetProcess(w.process).SetState("-").SetNumber(number).SetTitle(title).SetOpenedAt(w.clock.Now()).SetVisibility(v).SaveX(ctx)
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
