package proposals_test

import (
	"os"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
)

// The shipped definition closes its loop: what `make test` runs on every build.
func TestTheShippedDefinitionClosesItsLoop(t *testing.T) {
	source, err := os.ReadFile("../tenants/templates/proposal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := flow.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.NewRules()
	proposals.Register(e)
	forwards.Register(e)
	for _, f := range e.Check(d, flow.DefaultPolicy(), flow.RolesOf(policy)) {
		t.Error(f)
	}
	if n := len(d.Machines[flow.OfMatter].States); n != 21 {
		t.Errorf("domain.md 4.3.3 names 21 states, the definition has %d", n)
	}
}

// What versions 1 and 2 named stays in the program: cases still run on them.
func TestFormerVersionsCanStillRun(t *testing.T) {
	second, err := os.ReadFile("testdata/proposal-2.yaml")
	if err != nil {
		t.Fatal(err)
	}
	first := strings.NewReplacer("version: 2\n", "version: 1\n", "forward.above", "proposal.has_parent", ", forward.send]", "]").Replace(string(second))
	if strings.Contains(first, "forward.") {
		t.Fatal("version 1 knew nothing of package forwards")
	}
	policy, err := rights()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{first, string(second)} {
		d, err := flow.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s := flow.NewRules()
		proposals.Register(s)
		if d.Version > 1 {
			forwards.Register(s)
		}
		for _, f := range s.Check(d, flow.DefaultPolicy(), flow.RolesOf(policy)) {
			t.Error(d.Version, f)
		}
	}
}
