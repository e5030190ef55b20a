package proposals_test

import (
	"os"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/proposals"
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
	e := flow.New(gen.NewClient())
	proposals.Register(e)
	for _, f := range e.Check(d, flow.DefaultPolicy(), flow.RolesOf(policy)) {
		t.Error(f)
	}
	if n := len(d.Machines[flow.OfMatter].States); n != 21 {
		t.Errorf("domain.md 4.3.3 names 21 states, the definition has %d", n)
	}
}
