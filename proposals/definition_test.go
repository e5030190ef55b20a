package proposals_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/test/district"
)

// The shipped definition closes its loop: what `make test` runs on every build.
func TestTheShippedDefinitionClosesItsLoop(t *testing.T) {
	source, err := os.ReadFile("../tenants/templates/proposal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := process.Parse(source)
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
	for _, f := range e.Check(d, process.DefaultPolicy(), process.RolesOf(policy)) {
		t.Error(f)
	}
	// domain.md 4.3.3 names 21; COSIGNED, REVIEWED and REEDITING say whose turn it is, LAPSED that there is nobody
	if n := len(d.Machines[process.OfMatter].States); n != 25 {
		t.Errorf("the definition has %d states", n)
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
	policy, err := district.Rights()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{first, string(second)} {
		d, err := process.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		s := flow.NewRules()
		proposals.Register(s)
		if d.Version > 1 {
			forwards.Register(s)
		}
		for _, f := range process.Errors(s.Check(d, process.DefaultPolicy(), process.RolesOf(policy))) {
			if strings.Contains(f.Problem, "随产品提供的规则要用到") { // states that came later: nobody publishes it again
				continue
			}
			t.Error(d.Version, f)
		}
	}
}

// R21: in no state only one person can move the case on, who can be gone. What
// leads out of it is done by staff or a unit, or by the product: when a clock
// ends, when he is gone, or when what others do is done.
func TestNoStateWaitsForOnePersonAlone(t *testing.T) {
	source, err := os.ReadFile("../tenants/templates/proposal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := process.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Machines[process.OfMatter].States {
		if s.End {
			continue
		}
		if !slices.ContainsFunc(d.Machines[process.OfMatter].Actions, func(a *process.Action) bool { return movesOn(d, s, a) }) {
			t.Errorf("from %s only one person leads on, and he can be gone", s.Code)
		}
	}
}

// persons are the relations in which one person stands to a case.
var persons = []string{"lead", "co", "invitee", "resigner", "rater"}

// movesOn: the action leads out of the state, and it is not one person's alone.
func movesOn(d *process.Definition, s *process.State, a *process.Action) bool {
	if !slices.Contains(a.From, s.Code) || a.To == "" || a.To == s.Code {
		return false
	}
	if a.Automatic {
		expires := slices.ContainsFunc(s.Timers, func(key string) bool { return d.Timers[key].Expires == a.Code })
		leaves := slices.ContainsFunc(a.Guards, func(g *process.Rule) bool { return g.Name == "proposal.lead_gone" || g.Name == "proposal.abandoned" })
		byUnits := slices.ContainsFunc(a.Guards, func(g *process.Rule) bool {
			return slices.Contains([]string{"proposal.any_signed", "proposal.all_sent", "proposal.reissued", "proposal.reviewed"}, g.Name)
		})
		return expires || leaves || byUnits
	}
	return !slices.ContainsFunc(a.As, func(r *process.Rule) bool { return slices.Contains(persons, r.Name) })
}
