package authz_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/casbin/casbin/v2"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
)

var update = flag.Bool("update", false, "write the golden file")

var scopes = map[string]authz.Scope{"OWN": authz.Own, "PARTY": authz.Party, "UNIT": authz.Unit, "TENANT": authz.Tenant}

func load(t testing.TB) *authz.Policy {
	t.Helper()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// reference is casbin as its own file adapter reads the two files.
func reference(t testing.TB) *casbin.Enforcer {
	t.Helper()
	e, err := casbin.NewEnforcer("model.conf", "policy.csv")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestTheCompiledTableIsCasbinsAnswer(t *testing.T) {
	p, e := load(t), reference(t)
	roles := append(slices.Clone(p.Roles()), "", "nobody", "Member")
	perms := append(slices.Clone(p.Permissions()), authz.Permission{}, authz.Perm("proposal.nothing"), authz.Perm("nothing.read"), authz.Perm("*.*"))
	asked := 0
	for _, role := range roles {
		for _, perm := range perms {
			for name, scope := range scopes {
				want, err := e.Enforce(role, perm.Object, perm.Action, name)
				if err != nil {
					t.Fatal(err)
				}
				if got := p.Table(role)[perm].Has(scope); got != want {
					t.Errorf("%s %s %s: table %v, casbin %v", role, perm, name, got, want)
				}
				asked++
			}
		}
	}
	if asked < 4000 {
		t.Errorf("only %d questions were asked", asked)
	}
	t.Run("every rule of the file is an answer", func(t *testing.T) {
		rules, _ := e.GetPolicy()
		for _, r := range rules {
			if !p.Table(r[0])[authz.Permission{Object: r[1], Action: r[2]}].Has(scopes[r[3]]) || scopes[r[3]] == authz.None {
				t.Errorf("%v is not in the table", r)
			}
		}
	})
	t.Run("Ask is the same question", func(t *testing.T) {
		if s, err := p.Ask("proposal_director", authz.Perm("proposal.file")); err != nil || s != authz.Tenant {
			t.Error(s, err)
		}
	})
}

func TestPermissionTable(t *testing.T) {
	const golden = "testdata/permissions.txt"
	var b bytes.Buffer
	if err := load(t).Print(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("who may do what has changed; look at the difference, then run go test ./authz -update\n%s", difference(string(want), b.String()))
	}
}

func TestTheCatalogueIsWhatThePolicyHas(t *testing.T) {
	p := load(t)
	list, err := authz.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	said, groups := map[string]string{}, []string{}
	for _, e := range list {
		codes = append(codes, e.Permission.String())
		if !strings.ContainsFunc(e.Says, func(r rune) bool { return r >= 0x4E00 }) || e.Group == "" || e.Scopes == authz.None {
			t.Errorf("%s has no sentence, no group or no scope: %+v", e.Permission, e)
		}
		key := e.Permission.Object + " " + e.Says
		if other := said[key]; other != "" {
			t.Errorf("%s and %s say the same", e.Permission, other)
		}
		said[key] = e.Permission.String()
		if len(groups) == 0 || groups[len(groups)-1] != e.Group {
			if slices.Contains(groups, e.Group) {
				t.Errorf("the group %s stands in two places", e.Group)
			}
			groups = append(groups, e.Group)
		}
	}
	slices.Sort(codes)
	var want []string
	for _, perm := range p.Permissions() {
		want = append(want, perm.String())
	}
	if !slices.Equal(codes, want) {
		t.Errorf("permissions.csv and policy.csv differ:\n%s", difference(strings.Join(want, "\n"), strings.Join(codes, "\n")))
	}
	if authz.Says(authz.Perm("proposal.file")) != "决定立案，编立案号" || authz.Says(authz.Perm("x.y")) != "x.y" {
		t.Error("Says does not read it")
	}
}

func difference(old, new string) string {
	var out []string
	was, is := strings.Split(old, "\n"), strings.Split(new, "\n")
	for _, l := range was {
		if !slices.Contains(is, l) {
			out = append(out, "- "+l)
		}
	}
	for _, l := range is {
		if !slices.Contains(was, l) {
			out = append(out, "+ "+l)
		}
	}
	return strings.Join(out, "\n")
}

func TestRoles(t *testing.T) {
	p := load(t)
	t.Run("every role of the policy is documented, and no other", func(t *testing.T) {
		var codes []string
		for _, r := range authz.Roles {
			codes = append(codes, r.Code)
			if r.Name == "" || r.Duty == "" || r.Name == r.Code || authz.RoleName(r.Code) != r.Name {
				t.Errorf("%s has no name or duty", r.Code)
			}
		}
		slices.Sort(codes)
		if !slices.Equal(codes, p.Roles()) {
			t.Errorf("documented are %v, the policy has %v", codes, p.Roles())
		}
	})
	t.Run("an unknown role is called by its code and may do nothing", func(t *testing.T) {
		if authz.RoleName("x") != "x" || p.Table("x") != nil || p.Table("x")[authz.Perm("proposal.read")] != authz.None {
			t.Error("it has a name or a right")
		}
	})
	t.Run("who manages the rights does not see cases; who audits manages nothing", func(t *testing.T) {
		for _, perm := range p.Permissions() {
			if p.Table("tenant_admin")[perm] != authz.None && (perm.Object == "proposal" || perm.Object == "audit") {
				t.Errorf("tenant_admin may %s", perm)
			}
			if p.Table("auditor")[perm] != authz.None && perm.Action != "read" {
				t.Errorf("auditor may %s", perm)
			}
		}
	})
	t.Run("the director holds all that the clerk and the reviewer hold", func(t *testing.T) {
		d := p.Table("proposal_director")
		if !d.Holds(p.Table("proposal_clerk")) || !d.Holds(p.Table("proposal_reviewer")) || p.Table("proposal_clerk").Holds(d) {
			t.Error("not so")
		}
	})
	t.Run("a wider scope does not hold a narrower one: they are different questions", func(t *testing.T) {
		tenant := authz.Table{authz.Perm("proposal.read"): authz.Tenant}
		own := authz.Table{authz.Perm("proposal.read"): authz.Own}
		if tenant.Holds(own) || !tenant.Holds(tenant) || !own.Holds(authz.Table{}) {
			t.Error("not so")
		}
	})
	t.Run("scopes print their names", func(t *testing.T) {
		if s := (authz.Own | authz.Unit).String(); s != "OWN|UNIT" || authz.None.String() != "" {
			t.Error(s)
		}
	})
}

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	for _, c := range []struct {
		sentence, who, permission string
		code                      errs.Code
	}{
		{"the scope TENANT is enough", "干事", "proposal.read", ""},
		{"a narrower one is not", "主办承办人", "proposal.read", errs.NotAllowed},
		{"nor is none", "干事", "grants.manage", errs.NotAllowed},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w.as(c.who, func(ctx context.Context) {
				v, err := authz.Require(ctx, c.permission)
				if e, ok := errs.As(err); ok != (c.code != "") || (ok && e.Code != c.code) || (err == nil) != (v != nil) {
					t.Errorf("it says %v", err)
				}
			})
		})
	}
	t.Run("nobody may nothing", func(t *testing.T) {
		if _, err := authz.Require(context.Background(), "proposal.read"); !errs.Is(err, errs.Unauthenticated) {
			t.Error(err)
		}
		var nobody *authz.Viewer
		if nobody.May(authz.Perm("proposal.read")) != authz.None || nobody.InUnit(nil) {
			t.Error("nobody may something")
		}
	})
}
