package assembly_test

import (
	"slices"
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// A kind declares itself once, and what is said of it elsewhere agrees: its
// rights in policy.csv, its shipped definition, the roles that it names.
func TestKindsAgree(t *testing.T) {
	t.Parallel()
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	shipped := map[string]*process.Definition{}
	for _, source := range templates.Processes() {
		d, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		shipped[d.Kind] = d
	}
	role := func(code string) bool { return rights.Table(code) != nil }
	var codes []string
	for _, k := range assembly.Kinds() {
		codes = append(codes, k.Code)
		d := shipped[k.Code]
		if d == nil {
			t.Errorf("%s is declared and ships no definition", k.Code)
			continue
		}
		if d.Title != k.Title {
			t.Errorf("%s: declared as %s, shipped as %s", k.Code, k.Title, d.Title)
		}
		for code, turn := range k.Turns {
			for _, r := range slices.Concat(turn.Roles, turn.UnitRoles) {
				if r != "" && !role(r) {
					t.Errorf("%s: the turn %s means the role %s, which there is not", k.Code, code, r)
				}
			}
		}
		for _, m := range d.Machines {
			for _, s := range m.States {
				for _, turn := range s.Turns {
					if _, ok := k.Turns[turn]; !ok {
						t.Errorf("%s: whom does the turn %s mean in %s?", k.Code, turn, s.Code)
					}
				}
			}
		}
		for _, g := range k.Guardians {
			if !role(g) || !rights.Table(g)[authz.Perm(k.Code+".read")].Has(authz.Tenant) {
				t.Errorf("%s: the guardian %s does not read all of them", k.Code, g)
			}
		}
		for _, p := range k.Attaching {
			if !slices.Contains(rights.Permissions(), authz.Perm(p)) {
				t.Errorf("%s: nobody holds the right %s to attach", k.Code, p)
			}
		}
	}
	for code := range shipped {
		if !slices.Contains(codes, code) {
			t.Errorf("%s ships and is declared by no noun", code)
		}
	}
	for _, code := range authz.Kinds() {
		if !slices.Contains(codes, code) {
			t.Errorf("policy.csv has rights on %s, which no noun declares", code)
		}
	}
	if len(codes) < 6 {
		t.Error(codes)
	}
}
