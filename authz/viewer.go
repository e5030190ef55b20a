package authz

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/tenants"
)

// Viewer is who is looking: one membership in one committee, its roles and
// units of today.
type Viewer struct {
	Account    uuid.UUID
	Session    uuid.UUID
	Tenant     uuid.UUID
	Membership uuid.UUID
	Name       string
	Post       string
	Roles      []string
	Units      []uuid.UUID // my seats' units, what they inherited, and all below them
	Seats      []uuid.UUID // my seats' units themselves, with what was renamed or merged into them
	row        row
	rights     *Policy
	local      bool          // of a part: it counts in Units only
	behalf     *Behalf       // of a part: for whom it acts
	limit      Limit         // of a part: where it counts
	parts      []*Viewer     // me by each role that counts somewhere only
	asked      signin.Policy // of the committee's people
	rule       signin.Rule   // of him
}

// Viewer is somebody as if he were looking, with what his roles may do, those
// in one place among them.
func (p *Policy) Viewer(membership uuid.UUID, roles []string, seats, units []uuid.UUID, at ...Holding) *Viewer {
	v := &Viewer{Membership: membership, Seats: seats, Units: units}
	p.equip(v, roles, at)
	return v
}

// May answers the scope of a permission, None when the viewer does not hold it.
func (v *Viewer) May(p Permission) Scope {
	if v == nil {
		return None
	}
	if v.rights == nil {
		return None
	}
	return v.row.of(v.rights, p)
}

// Overlooks lists the families of which the viewer reads all of the committee's
// matters; all: he gives people their roles, and may know of any matter that it
// is there.
func (v *Viewer) Overlooks() (families []string, all bool) {
	if v == nil {
		return nil, false
	}
	families, _, _ = v.staffOf()
	return families, v.May(Perm("grants.manage")).Has(Tenant)
}

// Overlooking are the permissions of which each lets its holder overlook something.
func Overlooking() []string {
	out := []string{"grants.manage"}
	for _, f := range families() {
		out = append(out, f+".read")
	}
	return out
}

// Actor is the viewer as the book names who did something.
func (v *Viewer) Actor() audit.Actor {
	if v == nil {
		return audit.Actor{}
	}
	return audit.Actor{Account: v.Account, Membership: v.Membership, Name: v.Name}
}

// InUnit reports whether the unit is one of the viewer's or below one.
func (v *Viewer) InUnit(unit *uuid.UUID) bool {
	if v == nil || unit == nil {
		return false
	}
	for _, u := range v.Units {
		if u == *unit {
			return true
		}
	}
	return false
}

// Stand is somebody of whom a question is asked before it is known who he is:
// with these roles, seated in these units. The membership may be none.
func (p *Policy) Stand(membership uuid.UUID, units []uuid.UUID, roles ...string) *Viewer {
	return p.Viewer(membership, roles, units, units)
}

// Table is everything the viewer may do.
func (v *Viewer) Table() Table {
	t := Table{}
	for i, s := range v.row {
		if s != None {
			t[v.rights.perms[i]] = s
		}
	}
	return t
}

type viewerKey struct{}
type systemKey struct{}

// With puts the viewer into the context.
func With(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// From is the context's viewer, nil when nobody is signed in.
func From(ctx context.Context) *Viewer {
	v, _ := ctx.Value(viewerKey{}).(*Viewer)
	return v
}

// System marks work that the product does itself inside the tenant: checks,
// effects and jobs. Reads are not narrowed to a person.
func System(ctx context.Context) context.Context { return context.WithValue(ctx, systemKey{}, true) }

func isSystem(ctx context.Context) bool { return ctx.Value(systemKey{}) != nil }

// Require fails unless the viewer holds one of the permissions in the scope
// TENANT.
func Require(ctx context.Context, anyOf ...string) (*Viewer, error) {
	v := From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	if !slices.ContainsFunc(anyOf, func(p string) bool { return v.May(Perm(p)).Has(Tenant) }) {
		return nil, Lacking("您没有进行此操作的权限，如有需要请联系本政协的租户管理员", anyOf...)
	}
	return v, nil
}

// Lacking refuses who holds none of the permissions, and names them for who
// builds a screen: what a person may not ask is hidden from him by them.
func Lacking(message string, anyOf ...string) *errs.Error {
	return errs.New(errs.NotAllowed, message).With("permissions", anyOf)
}

// Enter is the door of an administrator's work: one of the rights, in the
// committee where one is signed in. The context it returns reads as the product, since
// rules need to know more than the person sees.
func Enter(ctx context.Context, anyOf ...string) (context.Context, *Viewer, error) {
	v, err := Require(ctx, anyOf...)
	if err != nil {
		return nil, nil, err
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return nil, nil, err
	}
	if v.Tenant != tenant {
		return nil, nil, errs.New(errs.NotAllowed, "您登录的不是这个政协，请先切换")
	}
	return System(ctx), v, nil
}

// Found turns ent's not-found into the shown one; what names the thing.
func Found[T any](row *T, err error, what string) (*T, error) {
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有这个%s，或您无权查看", what)
	}
	return row, err
}

// Directory resolves memberships into viewers and keeps them for as long as
// nobody's rights changed (tenant_versions) and the day is the same, since
// grants begin and end by the day.
type Directory struct {
	// Undecided is what is asked of who signs in where the committee has decided
	// nothing, Floor what no committee goes below.
	Undecided, Floor signin.Policy

	policy *Policy
	cached *memory.Of[uuid.UUID, entry] // by membership
}

type entry struct {
	version int64
	day     time.Time
	viewer  Viewer
}

// cacheLimit bounds the directory's memory: about 2 KB a viewer.
const cacheLimit = 20_000

// NewDirectory makes an empty one.
func NewDirectory(p *Policy) *Directory {
	return &Directory{Undecided: signin.Shipped(), Floor: signin.Lowest(), policy: p, cached: memory.New[uuid.UUID, entry](cacheLimit)}
}

// Policy is the directory's policy.
func (d *Directory) Policy() *Policy { return d.policy }

// Viewer resolves a membership inside its tenant's transaction. A membership
// that is not active, or not of this account, is refused as not signed in.
func (d *Directory) Viewer(ctx context.Context, account, membership uuid.UUID) (*Viewer, error) {
	var version int64
	if err := tenants.Row(ctx, `SELECT coalesce((SELECT rights FROM tenant_versions), 0)`, nil, &version); err != nil {
		return nil, err
	}
	return d.ViewerAt(ctx, version, account, membership)
}

// ViewerAt is Viewer for who knows the version of the tenant's rights, from the
// same transaction.
func (d *Directory) ViewerAt(ctx context.Context, version int64, account, membership uuid.UUID) (_ *Viewer, err error) {
	defer errs.Wrap(&err, "Directory.Viewer(%s)", membership)
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	e, ok := d.cached.Get(membership)
	if ok && e.version == version && e.day.Equal(today) && e.viewer.Tenant == tenant && e.viewer.Account == account {
		v := e.viewer
		return &v, nil
	}
	v, err := d.load(ctx, version, account, membership, today)
	if err != nil {
		return nil, err
	}
	v.enter(tenant)
	// Kept after the commit only: rights that this transaction changed may yet
	// be rolled back, and the version that goes with them is then taken again.
	return v, tenants.AfterCommit(ctx, func() { d.cached.Add(membership, entry{version, today, *v}) })
}

// load asks for everything in one statement: the membership, its roles of the
// day, and its units with all below them. Who supervises a unit is not of it.
func (d *Directory) load(ctx context.Context, version int64, account, membership uuid.UUID, today time.Time) (*Viewer, error) {
	v, roles, at := &Viewer{Account: account, Membership: membership}, []string{}, []Holding{}
	var own []OwnRole
	var asked []byte
	err := tenants.Row(ctx, `
		WITH RECURSIVE seat AS (
			SELECT id FROM inherited(ARRAY(SELECT unit_id FROM seats s WHERE membership_id = $1 AND post <> 'SUPERVISOR' AND in_force(s, $3)))
		), below AS (
			SELECT id FROM seat UNION SELECT u.id FROM units u JOIN below b ON u.parent_id = b.id
		), here AS MATERIALIZED (
			SELECT role, unit_id, behalf FROM holds($3) h WHERE h.membership_id = $1
		), place AS (
			SELECT h.unit_id AS root, i.id FROM here h, LATERAL inherited(ARRAY[h.unit_id]) i WHERE h.unit_id IS NOT NULL
			UNION SELECT p.root, u.id FROM units u JOIN place p ON u.parent_id = p.id
		)
		SELECT m.name, coalesce(m.post, ''),
			(SELECT coalesce(array_agg(DISTINCT role ORDER BY role), '{}') FROM here WHERE unit_id IS NULL AND behalf IS NULL),
			(SELECT coalesce(array_agg(id), '{}') FROM seat),
			(SELECT coalesce(array_agg(id), '{}') FROM below),
			(SELECT json_agg(json_build_object('role', role, 'units', (SELECT array_agg(place.id) FROM place WHERE root = unit_id),
				'behalf', (SELECT json_build_object('id', o.id, 'name', o.name) FROM memberships o WHERE o.id = behalf)) ORDER BY behalf NULLS FIRST, role, unit_id)
				FROM here WHERE unit_id IS NOT NULL OR behalf IS NOT NULL),
			`+ownInForce+`, `+signInInForce+`
		FROM memberships m
		WHERE m.id = $1 AND m.account_id = $2 AND in_force(m, $3)`,
		[]any{membership, account, today}, &v.Name, &v.Post, &roles, &v.Seats, &v.Units, &at, &own, &asked)
	if err == pgx.ErrNoRows {
		return nil, errs.New(errs.Unauthenticated, "您在本政协的身份已停用，请联系租户管理员")
	}
	if err != nil {
		return nil, err
	}
	policy, err := d.policy.of(ctx, version, own)
	if err != nil {
		return nil, err
	}
	policy.equip(v, roles, at)
	return v, d.ask(v, asked)
}
