package authz

import (
	"embed"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"github.com/bihuan/bihuan/internal/memory"
)

//go:embed model.conf policy.csv permissions.csv
var files embed.FS

// Scope is how far a permission reaches. The zero value is no right at all.
type Scope uint8

// Scopes grow: each reaches at least as far as the one before it in practice,
// but they are different questions, so a permission may hold several.
const (
	None Scope = 0
	Own  Scope = 1 << iota
	Party
	Unit
	Tenant
)

var scopes = []struct {
	name  string
	scope Scope
}{{"OWN", Own}, {"PARTY", Party}, {"UNIT", Unit}, {"TENANT", Tenant}}

// Has reports whether s includes all of t.
func (s Scope) Has(t Scope) bool { return s&t == t }

func (s Scope) String() string {
	var names []string
	for _, n := range scopes {
		if s.Has(n.scope) {
			names = append(names, n.name)
		}
	}
	return strings.Join(names, "|")
}

// Permission is an object and an action.
type Permission struct{ Object, Action string }

// Perm parses "object.action".
func Perm(s string) Permission {
	object, action, _ := strings.Cut(s, ".")
	return Permission{object, action}
}

func (p Permission) String() string { return p.Object + "." + p.Action }

// Table is what a role may do, compiled once from casbin: a decision is a
// lookup.
type Table map[Permission]Scope

// Policy holds the tables of the shipped roles.
type Policy struct {
	enforcer *casbin.Enforcer
	roles    []string
	perms    []Permission
	tables   map[string]Table
	unions   *memory.Of[string, Table] // what several roles may do together, by their names
}

// Load reads the embedded model and policy and compiles every role. It does so
// once a process: compiling asks casbin some 5,000 questions, which takes about
// half a second.
func Load() (*Policy, error) { return loaded() }

var loaded = sync.OnceValues(compiled)

func compiled() (*Policy, error) {
	text, err := files.ReadFile("model.conf")
	if err != nil {
		return nil, err
	}
	m, err := model.NewModelFromString(string(text))
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	records, err := rules()
	if err != nil {
		return nil, err
	}
	p := &Policy{enforcer: e, tables: map[string]Table{}, unions: memory.New[string, Table](mostUnions)}
	if err := p.read(records); err != nil {
		return nil, err
	}
	return p, p.compile()
}

// rules are the lines of policy.csv.
func rules() ([][]string, error) { return table("policy.csv") }

func (p *Policy) read(records [][]string) (err error) {
	roles, perms := map[string]bool{}, map[Permission]bool{}
	for _, rec := range records {
		switch rec[0] {
		case "p":
			_, err = p.enforcer.AddPolicy(rec[1:])
			roles[rec[1]], perms[Permission{rec[2], rec[3]}] = true, true
		case "g":
			_, err = p.enforcer.AddGroupingPolicy(rec[1:])
			roles[rec[1]], roles[rec[2]] = true, true
		}
		if err != nil {
			return err
		}
	}
	p.roles = slices.Sorted(maps.Keys(roles))
	for perm := range perms {
		p.perms = append(p.perms, perm)
	}
	sort.Slice(p.perms, func(i, j int) bool { return p.perms[i].String() < p.perms[j].String() })
	return nil
}

func (p *Policy) compile() error {
	for _, role := range p.roles {
		t := Table{}
		for _, perm := range p.perms {
			s, err := p.Ask(role, perm)
			if err != nil {
				return err
			}
			if s != None {
				t[perm] = s
			}
		}
		p.tables[role] = t
	}
	return nil
}

// Ask puts the question to casbin itself, without the compiled table.
func (p *Policy) Ask(role string, perm Permission) (Scope, error) {
	var out Scope
	for _, s := range scopes {
		ok, err := p.enforcer.Enforce(role, perm.Object, perm.Action, s.name)
		if err != nil {
			return None, err
		}
		if ok {
			out |= s.scope
		}
	}
	return out, nil
}

// Roles are the shipped roles, sorted.
func (p *Policy) Roles() []string { return p.roles }

// Permissions are all permissions that some role holds, sorted.
func (p *Policy) Permissions() []Permission { return p.perms }

// mostUnions is how many combinations of roles are kept; a committee has some
// thirty.
const mostUnions = 4096

// union is what several roles may do together. People with the same roles share
// one table, which nobody changes: thousands of them fit into the processor's
// cache, and each decision is a lookup there.
func (p *Policy) union(roles []string) Table {
	key := strings.Join(roles, " ")
	if t, ok := p.unions.Get(key); ok {
		return t
	}
	t := Table{}
	for _, role := range roles {
		for perm, s := range p.tables[role] {
			t[perm] |= s
		}
	}
	if shared, ok, _ := p.unions.PeekOrAdd(key, t); ok {
		return shared
	}
	return t
}

// Table is what a role may do; nil for an unknown role.
func (p *Policy) Table(role string) Table { return p.tables[role] }

// Holds reports whether t allows everything that other allows: the
// test for granting, since nobody grants what he does not hold.
func (t Table) Holds(other Table) bool {
	for perm, s := range other {
		if !t[perm].Has(s) {
			return false
		}
	}
	return true
}
