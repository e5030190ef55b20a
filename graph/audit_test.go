package graph_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// sessionMutations work on accounts, outside any committee; package accounts
// records them.
var sessionMutations = []string{"signIn", "chooseTenant", "refreshTokens", "signOut", "signOutEverywhere", "changePassword"}

// TestNoMutationGoesPastTheBook reads the source: mutate is what writes the
// record, takes the key and maps the errors, so a resolver of a mutation that
// does not come to it would have none of them.
func TestNoMutationGoesPastTheBook(t *testing.T) {
	t.Parallel()
	calls, resolvers := source(t)
	through := map[string]bool{"mutate": true}
	for grown := true; grown; { // what calls what calls mutate
		grown = false
		for name, called := range calls {
			if !through[name] && slices.ContainsFunc(called, func(f string) bool { return through[f] }) {
				through[name], grown = true, true
			}
		}
	}
	fields := newWorld(t).schema.Mutation.Fields
	for _, f := range fields {
		name := strings.ToUpper(f.Name[:1]) + f.Name[1:]
		switch called, ok := resolvers[name]; {
		case !ok:
			t.Errorf("%s has no resolver", f.Name)
		case slices.Contains(sessionMutations, f.Name):
		case !slices.ContainsFunc(called, func(f string) bool { return through[f] }):
			t.Errorf("%s does not go through mutate", f.Name)
		}
	}
	if len(fields) != len(resolvers) || len(fields) < 90 {
		t.Errorf("%d mutations, %d resolvers", len(fields), len(resolvers))
	}
}

// source answers, for the package's own code, which functions each function
// calls, and apart from that the same of the resolvers of mutations.
func source(t *testing.T) (calls, resolvers map[string][]string) {
	t.Helper()
	pkgs, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	must(t, err)
	calls, resolvers = map[string][]string{}, map[string][]string{}
	for _, file := range pkgs["graph"].Files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if receiver(f) == "mutationResolver" {
				resolvers[f.Name.Name] = called(f)
			} else {
				calls[f.Name.Name] = append(calls[f.Name.Name], called(f)...)
			}
		}
	}
	return calls, resolvers
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	x := f.Recv.List[0].Type
	if p, ok := x.(*ast.StarExpr); ok {
		x = p.X
	}
	id, _ := x.(*ast.Ident)
	return id.Name
}

// called are the functions of this package, and methods of a variable r, that
// a function calls. Methods of services do not count: they may be called so.
func called(f *ast.FuncDecl) (names []string) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := c.Fun.(type) {
		case *ast.Ident:
			names = append(names, fun.Name)
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok && x.Name == "r" {
				names = append(names, fun.Sel.Name)
			}
		}
		return true
	})
	return names
}

func TestWhatFailsLeavesNoRecord(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	before := len(c.records())
	c.refused("管理员甲", "setWorkday", input{"day": "2020-05-01", "working": true, "note": "n"}, "INVALID_INPUT", "day")
	c.refused("管理员甲", "closeUnit", input{"unitId": nobody, "reason": "r"}, "NOT_FOUND", "")
	t.Run("of several mutations in one request those that succeed are recorded, in their order", func(t *testing.T) {
		a := c.ask("管理员甲", `mutation($a: SetWorkdayInput!, $b: SetWorkdayInput!, $c: CreateUnitInput!) {
			a: setWorkday(input: $a) { userErrors { code } } b: setWorkday(input: $b) { userErrors { code } } c: createUnit(input: $c) { userErrors { code } } }`, input{
			"a": input{"day": "2025-05-01", "working": true, "note": "n"}, "b": input{"day": "2020-05-01", "working": true, "note": "n"},
			"c": input{"line": "ORGANISATION", "kind": "OFFICE", "name": "办公室"}})
		same(t, a.Data, `{"a":{"userErrors":[]},"b":{"userErrors":[{"code":"INVALID_INPUT"}]},"c":{"userErrors":[]}}`)
		if got := c.records()[before:]; !slices.Equal(got, []string{"setWorkday", "createUnit"}) {
			t.Fatal(got)
		}
	})
}
