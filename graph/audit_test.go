package graph_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sessionMutations work on accounts, outside any committee; package accounts
// records them.
var sessionMutations = []string{"castBallot", "signIn", "chooseTenant", "refreshTokens", "signOut", "endSession", "signOutEverywhere", "changePassword", "activateAccount", "acceptInvitation", "declineInvitation", "claimInvitation",
	"beginSecondFactor", "confirmSecondFactor", "removeSecondFactor",
	"signInWithProvider", "linkProvider", "unlinkProvider"}

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
	if len(fields) != len(resolvers) || len(fields) < 102 {
		t.Errorf("%d mutations, %d resolvers", len(fields), len(resolvers))
	}
}

// source answers, for the package's own code, which functions each function
// calls, and apart from that the same of the resolvers of mutations.
func source(t *testing.T) (calls, resolvers map[string][]string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	must(t, err)
	calls, resolvers = map[string][]string{}, map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
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

func TestTheBook(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("审计员", "STAFF", nil, "auditor")
	c.do("管理员甲", "updateMember", input{"membershipId": c.person["审计员"], "phone": "13912345678", "reason": "换号"})
	q := `query($f: AuditFilter, $n: Int, $a: String) { auditLog(filter: $f, first: $n, after: $a) { hasNextPage endCursor
		entries { seq at action actorName actorId onBehalfId object reason address requestId outcome changes } } }`
	t.Run("an auditor reads who did what, from where and why", func(t *testing.T) {
		a := c.ask("审计员", q, input{"f": input{"object": "Membership:" + c.person["审计员"]}, "n": 1})
		e := dig(a.Data, "auditLog", "entries", 0)
		change := dig(e, "changes", 0)
		if dig(e, "action") != "updateMember" || dig(e, "actorName") != "甲区管理员甲" || dig(e, "actorId") != c.person["管理员甲"] ||
			dig(e, "reason") != "换号" || dig(e, "address") != "192.0.2.7" || dig(e, "requestId") != "req-1" || dig(e, "outcome") != nil ||
			dig(change, "entity") != "Membership" || dig(change, "op") != "update" {
			t.Error(a.text)
		}
		if strings.Contains(a.text, "139123") || !strings.Contains(fmt.Sprint(dig(change, "after")), "phone") {
			t.Error("a telephone number is said to have changed, and nothing more:", change)
		}
	})
	t.Run("page by page, newest first, without a gap", func(t *testing.T) { pages(t, c, q) })
	t.Run("by actor, action and time", func(t *testing.T) {
		for _, f := range []struct {
			filter input
			want   int
		}{
			{input{"actor": "Membership:" + c.person["管理员乙"], "action": "confirmGrant"}, 1}, {input{"action": "addMember"}, 2},
			{input{"from": "2024-12-27T08:00:00+08:00", "to": "2024-12-27T09:00:00+08:00"}, 0}, {input{"from": "2024-12-27T09:00:00+08:00", "action": "grantRole"}, 1},
			{input{"actor": "Membership:" + nobody}, 0},
		} {
			if got := dig(c.ask("审计员", q, input{"f": f.filter}).Data, "auditLog", "entries").([]any); len(got) != f.want {
				t.Errorf("%v: %d records, want %d", f.filter, len(got), f.want)
			}
		}
	})
	t.Run("is closed to all others, the administrator too", func(t *testing.T) {
		if a := c.ask("管理员甲", q, nil); a.code() != "NOT_ALLOWED" || a.Data["auditLog"] != nil {
			t.Error(a.text)
		}
	})
	t.Run("a cursor and a size that are none are refused", func(t *testing.T) {
		for _, vars := range []input{{"a": "x"}, {"a": "-1"}, {"n": 0}, {"n": 101}} {
			if a := c.ask("审计员", q, vars); a.code() != "INVALID_INPUT" {
				t.Error(vars, a.text)
			}
		}
	})
}

func pages(t *testing.T, c *committee, q string) {
	want, vars := len(c.records()), input{"n": 3}
	for next := want; ; {
		p := dig(c.ask("审计员", q, vars).Data, "auditLog")
		for _, e := range dig(p, "entries").([]any) {
			if dig(e, "seq") != float64(next) {
				t.Fatal(dig(e, "seq"), next)
			}
			next--
		}
		if dig(p, "hasNextPage") == false {
			if next != 0 || dig(p, "endCursor") != nil {
				t.Fatal(next, p)
			}
			return
		}
		vars["a"] = dig(p, "endCursor")
	}
}
