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

// What version 1 named stays in the program: cases still run on it.
func TestVersion1CanStillRun(t *testing.T) {
	source, err := os.ReadFile("../tenants/templates/proposal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("version: 2\n", "version: 1\n", "forward.above", "proposal.has_parent", ", forward.send]", "]").Replace(string(source))
	if strings.Contains(text, "forward.") {
		t.Fatal("version 1 knew nothing of package forwards")
	}
	d, err := flow.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := rights()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.NewRules()
	proposals.Register(e)
	for _, f := range e.Check(d, flow.DefaultPolicy(), flow.RolesOf(policy)) {
		t.Error(f)
	}
}
