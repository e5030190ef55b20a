package arch

import (
	"go/ast"
	"go/token"
	"path"
	"testing"
)

// founders are the packages whose tests found a committee or wire a program by
// themselves instead of living in test/district, and why they have to. Whatever
// is not here is a hand-made world.
var founders = map[string]string{
	"tenants":             "the boundary itself is tested; the district stands on it",
	"tenants/tenantstest": "the room below the district",
	"ent/migrations":      "the database alone, on the way to what the district needs",
	"ent/keyset":          "pages of bare rows; the district stands on them",
	"audit":               "the book itself, with rows and doors that no program would write",
	"authz":               "one person for every relation to a case, without a process; the district stands on it",
	"authz/accounts":      "accounts are above all committees, which are no more than rows here",
	"authz/providers":     "people of two committees and a provider outside; committees are no more than rows here",
	"live":                "notes of bare rows, whatever wrote them",
	"roster":              "how a committee and its people come about is what is tested, from the first administrator on",
	"graph":               "people come in through the API, as its users bring them in",
	"graph/endpoint":      "the endpoint alone; a committee is no more than a row here",
	"demo":                "the demo founds its own committees, and they are what is tested",
	"test/bench/bulk":     "the made-up thousands are what is tested",
}

// Tests of one district: a test that enters a committee, makes a database or puts
// the guards in front of a store has a world of its own, and its rules drift away
// from those of the program.
func TestTestsLiveInTheDistrict(t *testing.T) {
	by := map[string][]string{ // what the district does, by package
		"tenantstest": {"New", "Copy", "Tenant", "Member"},
		"authz":       {"Narrow"},
	}
	used := map[string]bool{}
	files(t, true, func(file string, set *token.FileSet, f *ast.File) {
		dir := path.Dir(file)
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok {
				return true
			}
			for _, name := range by[x.Name] {
				if s.Sel.Name != name {
					continue
				}
				used[dir] = true
				if founders[dir] == "" {
					t.Errorf("%s: %s.%s founds a world by hand; take test/district, or package assembled with every noun wired", set.Position(s.Pos()), x.Name, name)
				}
			}
			return true
		})
	})
	for dir, why := range founders {
		if !used[dir] {
			t.Errorf("%s founds nothing any more (%s); it needs no exception", dir, why)
		}
	}
}
