package authz

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
)

// A person is several viewers. By the roles that count everywhere he is one; by
// each role that counts in one unit, on some kinds, platforms or in some states
// he is another: the same person, with that role alone, and nothing of it
// outside. So no two roles ever add up, and whoever asks the person as a whole
// (Viewer.May) hears of what counts everywhere only.

// Holding is a role that counts in one unit: the unit, what it inherited, and
// all below.
//
// Behalf is for whom a substitute holds it; then it may count everywhere, too,
// without units.
type Holding struct {
	Role   string      `json:"role"`
	Units  []uuid.UUID `json:"units"`
	Behalf *Behalf     `json:"behalf"`
}

// Behalf is for whom somebody acts.
type Behalf struct {
	ID   uuid.UUID `json:"id"`
	Name string    `json:"name"`
}

// equip gives a viewer his roles.
func (p *Policy) equip(v *Viewer, roles []string, at []Holding) {
	v.rights, v.Roles, v.parts = p, []string{}, nil
	for _, role := range roles {
		if limit := p.Limit(role); limit.None() {
			v.Roles = append(v.Roles, role)
		} else {
			v.parts = append(v.parts, p.part(v, role, v.Seats, v.Units, p.union([]string{role}), limit))
		}
	}
	for _, h := range at {
		// what counts in one unit only counts as its people's, whatever the table says
		seats := slices.DeleteFunc(slices.Clone(v.Seats), func(u uuid.UUID) bool { return !slices.Contains(h.Units, u) })
		x := p.part(v, h.Role, seats, h.Units, p.local(h.Role), p.Limit(h.Role))
		x.local = true
		if h.Behalf != nil {
			x.behalf, x.local = h.Behalf, h.Units != nil
			x.row = p.lent(h.Role, x.local)
		}
		v.parts = append(v.parts, x)
	}
	v.row = p.union(v.Roles)
}

func (p *Policy) part(v *Viewer, role string, seats, units []uuid.UUID, may row, limit Limit) *Viewer {
	return &Viewer{Account: v.Account, Session: v.Session, Tenant: v.Tenant, Membership: v.Membership, Name: v.Name, Post: v.Post,
		Roles: []string{role}, Seats: seats, Units: units, row: may, rights: p, limit: limit}
}

// local is what a role may do where it counts in one unit only.
func (p *Policy) local(role string) row { return p.kept(role+"@", Local, role) }

// lent is what a substitute may do by another's role: what is about the office,
// never what is about the other himself, such as what he brought in or is party
// to; and nothing by which others are ruled.
func (p *Policy) lent(role string, local bool) row {
	return p.kept(role+map[bool]string{true: "@lent", false: "*lent"}[local], func(perm Permission, s Scope) Scope {
		if !local && slices.Contains(families(), perm.Object) {
			return s & Tenant // what is about units counts in the other's units
		}
		return Local(perm, s) &^ (Own | Party)
	}, role)
}

// Behalf is for whom a part of a viewer acts, nil for himself.
func (v *Viewer) Behalf() *Behalf {
	if v == nil {
		return nil
	}
	return v.behalf
}

type actingKey struct{}

// Acting lets what follows say for whom it was done.
func Acting(ctx context.Context) (context.Context, func() *uuid.UUID) {
	var behalf *uuid.UUID
	return context.WithValue(ctx, actingKey{}, &behalf), func() *uuid.UUID { return behalf }
}

// Acts says that something is done by a part of a viewer, for another perhaps.
func Acts(ctx context.Context, v *Viewer) {
	if to, ok := ctx.Value(actingKey{}).(**uuid.UUID); ok && v.Behalf() != nil {
		*to = &v.behalf.ID
	}
}

// Local is how far a permission reaches by a role that counts in one unit: over
// matters no further than the unit; what is about no matters is the committee's
// and not held there, but for reading the roster, and what is asked of the unit's
// people.
func Local(p Permission, s Scope) Scope {
	switch {
	case !slices.Contains(families(), p.Object):
		switch p {
		case Permission{"roster", "read"}:
		case Permission{"obligations", "read"}:
			return s & Unit
		default:
			return None
		}
	case s.Has(Tenant):
		return s&^Tenant | Unit
	}
	return s
}

// enter sets where the viewer and each of his parts is.
func (v *Viewer) enter(tenant uuid.UUID) {
	for _, x := range v.Parts() {
		x.Tenant = tenant
	}
}

// Local reports whether the viewer is a part that counts in one unit only.
func (v *Viewer) Local() bool { return v.local }

// Reach is how far a viewer, or a part of one, holds a permission by one role.
func (p *Policy) Reach(v *Viewer, role string, perm Permission) Scope {
	switch {
	case !slices.Contains(v.Roles, role):
		return None
	case v.behalf != nil:
		return v.May(perm)
	case v.local:
		return p.local(role).of(p, perm)
	}
	return p.Table(role)[perm]
}

// Without is the viewer after a loss: of a role, however he holds it, and of
// units.
func (v *Viewer) Without(role string, units []uuid.UUID) *Viewer {
	gone := func(u uuid.UUID) bool { return slices.Contains(units, u) }
	left := *v
	left.parts = nil
	left.Roles = slices.DeleteFunc(slices.Clone(v.Roles), func(r string) bool { return r == role })
	left.Units, left.Seats = slices.DeleteFunc(slices.Clone(v.Units), gone), slices.DeleteFunc(slices.Clone(v.Seats), gone)
	for _, x := range v.parts {
		if !slices.Contains(x.Roles, role) {
			left.parts = append(left.parts, x.Without(role, units))
		}
	}
	return &left
}

// Parts are the viewer by what counts everywhere, then by each role that counts
// somewhere.
func (v *Viewer) Parts() []*Viewer {
	if v == nil {
		return nil
	}
	return append([]*Viewer{v}, v.parts...)
}

// On are the parts that count for a matter of a kind on a platform, in a state;
// an empty state is that of one which is not there yet, which is in none.
func (v *Viewer) On(kind string, platform *uuid.UUID, state string) []*Viewer {
	return slices.DeleteFunc(v.Parts(), func(x *Viewer) bool { return !x.limit.holds(kind, platform, state) })
}

// OnMatter is On for a matter that is there.
func (v *Viewer) OnMatter(m *gen.Matter) []*Viewer { return v.On(m.Kind, m.PlatformID, m.State) }

// AllRoles are the roles of all parts, once each.
func (v *Viewer) AllRoles() (out []string) {
	for _, x := range v.Parts() {
		out = append(out, x.Roles...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// AllUnits are the units of all parts.
func (v *Viewer) AllUnits() (out []uuid.UUID) {
	for _, x := range v.Parts() {
		out = append(out, x.Units...)
	}
	return out
}

// Somewhere reports whether a permission is held at all, if only somewhere.
func (v *Viewer) Somewhere(p Permission) (s Scope) {
	for _, x := range v.Parts() {
		s |= x.May(p)
	}
	return s
}

// Rights is the policy by which the viewer's rights are decided.
func (v *Viewer) Rights() *Policy { return v.rights }

func (l Limit) holds(kind string, platform *uuid.UUID, state string) bool {
	return (len(l.Kinds) == 0 || slices.Contains(l.Kinds, kind)) &&
		(len(l.States) == 0 || slices.Contains(l.States, state)) &&
		(len(l.Platforms) == 0 || (platform != nil && slices.Contains(l.Platforms, *platform)))
}

// of is holds for a query over matters; nil where there is no limit.
func (l Limit) of(column func(string) string) *entsql.Predicate {
	var all []*entsql.Predicate
	if len(l.Kinds) > 0 {
		all = append(all, entsql.In(column(matter.FieldKind), toAny(l.Kinds)...))
	}
	if len(l.States) > 0 {
		all = append(all, entsql.In(column(matter.FieldState), toAny(l.States)...))
	}
	if len(l.Platforms) > 0 {
		all = append(all, entsql.In(column(matter.FieldPlatformID), toAny(l.Platforms)...))
	}
	if len(all) == 0 {
		return nil
	}
	return entsql.And(all...)
}

// handles are the units whose shares of a proposal the viewer sees as their own.
func (v *Viewer) handles() []uuid.UUID {
	out := v.Units
	for _, x := range v.parts {
		if x.May(Permission{"proposal", "read"}).Has(Unit) {
			out = slices.Concat(out, x.Units)
		}
	}
	return out
}

// HeldTable is what somebody may do by a role that he holds: in one unit, or for
// another, or neither.
func (p *Policy) HeldTable(role string, local, behalf bool) Table {
	var r row
	switch {
	case behalf:
		r = p.lent(role, local)
	case local:
		r = p.local(role)
	default:
		return p.Table(role)
	}
	return (&Viewer{row: r, rights: p}).Table()
}
