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
	"github.com/google/uuid"

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

type scopeWord struct {
	name  string
	scope Scope
	says  string
}

var scopes = []scopeWord{{"OWN", Own, "我提出的"}, {"PARTY", Party, "我参与的"}, {"UNIT", Unit, "我的单位及其下级的"}, {"TENANT", Tenant, "本政协全部的"}}

// ScopeWords says what each scope is called, from the nearest to the widest: code and word.
func ScopeWords() [][2]string {
	out := make([][2]string, len(scopes))
	for i, s := range scopes {
		out[i] = [2]string{s.name, s.says}
	}
	return out
}

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

// Policy holds the tables of the shipped roles; that of a committee, made by
// With, those of its own roles besides.
type Policy struct {
	enforcer *casbin.Enforcer
	roles    []string
	perms    []Permission
	place    map[Permission]int // in perms
	tables   map[string]Table
	unions   *memory.Of[string, row] // what several roles may do together, by their names

	// Of the shipped policy: what is kept for all committees.
	same       *memory.Of[string, Table]        // tables of own roles by what they allow
	committees *memory.Of[uuid.UUID, committee] // by tenant

	// Of a committee's policy, its own names and roles.
	shipped map[string]Table
	own     map[string]OwnRole
	known   []Role
}

// Load reads the embedded model and policy and compiles every role. It does so
// once a process: compiling asks casbin some 5,000 questions, which takes about
// half a second.
func Load() (*Policy, error) { return loaded() }

var loaded = sync.OnceValues(compiled)

func compiled() (*Policy, error) {
	m, err := ruleModel()
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
	p := &Policy{enforcer: e, tables: map[string]Table{}, unions: memory.New[string, row](mostUnions), place: map[Permission]int{},
		same: memory.New[string, Table](mostUnions), committees: memory.New[uuid.UUID, committee](mostCommittees)}
	if err := p.read(records); err != nil {
		return nil, err
	}
	for _, role := range p.roles {
		if p.tables[role], err = p.compiled(role); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ruleModel is casbin's model, from model.conf.
func ruleModel() (model.Model, error) {
	text, err := files.ReadFile("model.conf")
	if err != nil {
		return nil, err
	}
	return model.NewModelFromString(string(text))
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
	for i, perm := range p.perms {
		p.place[perm] = i
	}
	return nil
}

// compiled asks for everything that a role may do.
func (p *Policy) compiled(role string) (Table, error) {
	t := Table{}
	for _, perm := range p.perms {
		s, err := p.Ask(role, perm)
		if err != nil {
			return nil, err
		}
		if s != None {
			t[perm] = s
		}
	}
	return t, nil
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

// union is what several roles may do together.
func (p *Policy) union(roles []string) row {
	return p.kept(strings.Join(roles, " "), func(_ Permission, s Scope) Scope { return s }, roles...)
}

// kept is what roles may do, each permission as far as reach leaves it. People
// with the same roles share one row, which nobody changes.
func (p *Policy) kept(key string, reach func(Permission, Scope) Scope, roles ...string) row {
	if kept, ok := p.unions.Get(key); ok {
		return kept
	}
	out := make(row, len(p.perms))
	for _, role := range roles {
		for perm, s := range p.Table(role) {
			if i, ok := p.place[perm]; ok { // what the product no longer knows is nothing
				out[i] |= reach(perm, s)
			}
		}
	}
	if shared, ok, _ := p.unions.PeekOrAdd(key, out); ok {
		return shared
	}
	return out
}

// row is a table as the processor likes it: a scope for each permission, in the
// order of Permissions. A decision is one lookup of the permission's place, which
// everybody shares and is always at hand, and one look into a row of a hundred
// bytes: maps of thousands of committees would not fit into its caches.
type row []Scope

// of is how far a permission reaches.
func (r row) of(p *Policy, perm Permission) Scope {
	if i, ok := p.place[perm]; ok && len(r) > 0 {
		return r[i]
	}
	return None
}

// Table is what a role may do, where it counts; nil for an unknown role.
func (p *Policy) Table(role string) Table {
	if t, ok := p.tables[role]; ok {
		return t
	}
	return p.shipped[role]
}

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
