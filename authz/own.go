package authz

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/tenants"
)

// A committee's own roles. A row of table roles is one version of a role: what
// it may do, where it counts, by which posts it is held; or what the committee
// says of a shipped one. casbin reads the rows as it reads policy.csv, and what
// comes out is a Policy of the committee, with the shipped tables in it.

// OwnPrefix begins the code of every role of a committee's own, so that none is
// ever called as a shipped one, today or in a version to come.
const OwnPrefix = "own_"

// Limit is where a role counts only; an empty list is no limit.
type Limit struct {
	Kinds     []string    // of matters
	States    []string    // of matters
	Platforms []uuid.UUID // on which matters stand
}

// None reports whether there is no limit at all.
func (l Limit) None() bool { return len(l.Kinds)+len(l.States)+len(l.Platforms) == 0 }

// OwnRole is one version of a role as the committee has it.
type OwnRole struct {
	Code      string            `json:"code"`
	Version   int               `json:"version"`
	Name      string            `json:"name"`
	Duty      string            `json:"duty"`
	Base      string            `json:"base"`   // the role from which it was copied
	Rights    map[string]string `json:"rights"` // permission → scopes, as Scope prints them; nil: as shipped
	Kinds     []string          `json:"kinds"`
	States    []string          `json:"states"`
	Platforms []uuid.UUID       `json:"platforms"`
	Posts     []string          `json:"posts"` // of seats: who has one holds the role in the seat's unit
}

// Limit is where the role counts.
func (r OwnRole) Limit() Limit { return Limit{r.Kinds, r.States, r.Platforms} }

// Shipped reports whether the code is a shipped role's.
func Shipped(code string) bool {
	return slices.ContainsFunc(Roles, func(r Role) bool { return r.Code == code })
}

// ParseScope reads what Scope prints.
func ParseScope(s string) (out Scope, ok bool) {
	for _, name := range strings.Split(s, "|") {
		i := slices.IndexFunc(scopes, func(x scopeWord) bool { return x.name == name })
		if i < 0 {
			return None, false
		}
		out |= scopes[i].scope
	}
	return out, true
}

// Compile answers what rights allow, as casbin answers it: the rules are the
// role's own, and it is asked of each permission and scope that they name.
func Compile(code string, rights map[string]string) (Table, error) {
	m, err := ruleModel()
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	p := &Policy{enforcer: e}
	for perm, s := range rights {
		scope, ok := ParseScope(s)
		if !ok {
			return nil, fmt.Errorf("authz: role %s: scope %q", code, s)
		}
		for _, x := range scopes {
			if scope.Has(x.scope) {
				if _, err := e.AddPolicy(code, Perm(perm).Object, Perm(perm).Action, x.name); err != nil {
					return nil, err
				}
			}
		}
		p.perms = append(p.perms, Perm(perm))
	}
	return p.compiled(code)
}

// mostUnionsOwn is how many combinations of roles a committee with own roles
// keeps.
const mostUnionsOwn = 64

// With is the policy of a committee with its own roles and words. Tables that
// are equal are shared, whoever's they are; nobody changes one.
func (p *Policy) With(own []OwnRole) (*Policy, error) {
	if len(own) == 0 {
		return p, nil
	}
	out := &Policy{enforcer: p.enforcer, roles: p.roles, perms: p.perms, place: p.place, shipped: p.tables, tables: map[string]Table{}, own: map[string]OwnRole{},
		unions: memory.New[string, row](mostUnionsOwn), known: slices.Clone(Roles)}
	for _, r := range own {
		out.own[r.Code] = r
		i := slices.IndexFunc(out.known, func(x Role) bool { return x.Code == r.Code })
		if i < 0 {
			i = len(out.known)
			out.known = append(out.known, Role{Code: r.Code})
		}
		out.known[i].Name = cmp.Or(r.Name, out.known[i].Name)
		out.known[i].Duty = cmp.Or(r.Duty, out.known[i].Duty)
		if r.Rights == nil {
			continue
		}
		t, err := p.interned(r)
		if err != nil {
			return nil, err
		}
		out.tables[r.Code] = t
	}
	return out, nil
}

// interned compiles a role, or finds the table of one with the same rights.
func (p *Policy) interned(r OwnRole) (Table, error) {
	keys := make([]string, 0, len(r.Rights))
	for perm, scope := range r.Rights {
		keys = append(keys, perm+" "+scope)
	}
	slices.Sort(keys)
	key := strings.Join(keys, "\n")
	if t, ok := p.same.Get(key); ok {
		return t, nil
	}
	t, err := Compile(r.Code, r.Rights)
	if err != nil {
		return nil, err
	}
	p.same.Add(key, t)
	return t, nil
}

// committee is a committee's policy at one version of its rights.
type committee struct {
	version int64
	policy  *Policy
}

// mostCommittees is how many committees' policies are kept; one without own
// roles takes a pointer.
const mostCommittees = 8192

// ownInForce are the roles of the current committee, as JSON.
const ownInForce = `(SELECT coalesce(json_agg(r ORDER BY r.code), '[]') FROM roles r WHERE r.since IS NOT NULL AND r.until IS NULL)`

// of is the policy of the current committee at a version of its rights, which
// was read in the same transaction, as were its roles.
func (p *Policy) of(ctx context.Context, version int64, own []OwnRole) (*Policy, error) {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return nil, err
	}
	if kept, ok := p.committees.Get(tenant); ok && kept.version == version {
		return kept.policy, nil
	}
	out, err := p.With(own)
	if err != nil {
		return nil, err
	}
	// As with viewers: what this transaction changed may yet be rolled back.
	return out, tenants.AfterCommit(ctx, func() { p.committees.Add(tenant, committee{version, out}) })
}

type rightsKey struct{}

// WithRights lets what follows decide by a policy, such as one that a change
// would make.
func WithRights(ctx context.Context, p *Policy) context.Context {
	return context.WithValue(ctx, rightsKey{}, p)
}

// Rights is the policy of the current committee: the viewer's, as it was when
// his request began, else what is in force in this transaction.
func Rights(ctx context.Context) (*Policy, error) {
	if p, ok := ctx.Value(rightsKey{}).(*Policy); ok {
		return p, nil
	}
	if v := From(ctx); v != nil && v.rights != nil {
		return v.rights, nil
	}
	return FreshRights(ctx)
}

// FreshRights is the committee's policy as this transaction sees it.
func FreshRights(ctx context.Context) (_ *Policy, err error) {
	defer errs.Wrap(&err, "authz.FreshRights")
	p, err := Load()
	if err != nil {
		return nil, err
	}
	var version int64
	var own []OwnRole
	if err := tenants.Row(ctx, `SELECT coalesce((SELECT rights FROM tenant_versions), 0), `+ownInForce, nil, &version, &own); err != nil {
		return nil, err
	}
	return p.of(ctx, version, own)
}

// Known are the roles of a committee: the shipped ones under the names that it
// gives them, then its own.
func (p *Policy) Known() []Role {
	if p.known == nil {
		return Roles
	}
	return p.known
}

// Codes are the codes of Known.
func (p *Policy) Codes() []string {
	out := make([]string, len(p.Known()))
	for i, r := range p.Known() {
		out[i] = r.Code
	}
	return out
}

// Is reports whether the committee has a role.
func (p *Policy) Is(code string) bool { return slices.Contains(p.Codes(), code) }

// Name is what the committee calls a role, its code where it has none.
func (p *Policy) Name(code string) string { return nameIn(p.Known(), code) }

// NameOf is what the current committee calls a role.
func NameOf(ctx context.Context, code string) string {
	p, err := Rights(ctx)
	if err != nil {
		return RoleName(code)
	}
	return p.Name(code)
}

// Own is what the committee says of a role; false where it says nothing.
func (p *Policy) Own(code string) (OwnRole, bool) {
	r, ok := p.own[code]
	return r, ok
}

// Beside are roles with the committee's own that were copied from one of them:
// whom a turn of a shipped kind means by a role, it means by its copies too, as
// far as they can act.
func (p *Policy) Beside(roles []string) []string {
	out := roles
	for _, r := range p.known {
		if base := p.own[r.Code].Base; base != "" && r.Code != base && slices.Contains(roles, base) && !slices.Contains(roles, r.Code) {
			out = append(slices.Clone(out), r.Code)
		}
	}
	return out
}

// Carries reports whether a role is held by a post.
func (p *Policy) Carries(post string) bool {
	for _, r := range p.own {
		if slices.Contains(r.Posts, post) {
			return true
		}
	}
	return false
}

// CarriedBy are the roles that hang on a post, in the order of Known.
func (p *Policy) CarriedBy(post string) (out []string) {
	for _, r := range p.Known() {
		if slices.Contains(p.own[r.Code].Posts, post) {
			out = append(out, r.Code)
		}
	}
	return out
}

// Limit is where a role counts.
func (p *Policy) Limit(code string) Limit { return p.own[code].Limit() }

// Changed is the policy with another version of a role; a version without a
// name is none at all.
func (p *Policy) Changed(r OwnRole) (*Policy, error) {
	shipped, err := Load()
	if err != nil {
		return nil, err
	}
	own := []OwnRole{}
	for _, x := range p.Known() {
		if o, ok := p.own[x.Code]; ok && x.Code != r.Code {
			own = append(own, o)
		}
	}
	if r.Name != "" {
		own = append(own, r)
	}
	return shipped.With(own)
}

// ShippedTable is what a role may do as it is shipped.
func ShippedTable(role string) Table {
	p, err := Load()
	if err != nil {
		return nil // embedded: a test reads it
	}
	return p.tables[role]
}
