package assembly_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
)

// A3: a committee's own process that counts from what only a regulated kind has
// is not publishable, for every base and every chooser there is.
func TestOwnProcessesCountOnlyFromWhatTheyHave(t *testing.T) {
	t.Parallel()
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	words := assembly.Vocabulary()
	const own = "kind: own\nversion: 1\ntitle: 自己的\nturns: {committee_staff: 专委会}\ntimers: {t: {label: 期限, %s}}\nmachines: {matter: {initial: A, " +
		"states: [{code: A, label: 甲, turn: committee_staff, timers: [t]}, {code: B, label: 乙, end: true}], actions: [{code: a, label: 动, from: [A], to: B, may: matter.arrange}]}}\n"
	findings := func(timer string) (out []string) {
		d, err := process.Parse(fmt.Appendf(nil, own, timer))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range process.Errors(words.Check(d, process.DefaultPolicy(), process.RolesOf(rights))) {
			out = append(out, f.Problem)
		}
		return out
	}
	if got := findings("within: {amount: 5, unit: WORKDAY}"); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	for _, w := range words.Words(process.Base, process.Chooser) {
		timer := "choose: " + w.Name
		if w.Sort == process.Base {
			timer = "within: {amount: 5, unit: WORKDAY}, base: " + w.Name
		}
		got := findings(timer)
		if len(w.Kinds) > 0 && (len(got) != 1 || !strings.Contains(got[0], "“"+w.Name+"”只用于")) {
			t.Errorf("%s %s: %v", w.Sort, w.Name, got)
		}
	}
	for _, name := range []string{"proposal.assigned", "proposal.closing", "plan.year", "task.due"} {
		if w := words.Word(process.Base, name); w == nil || len(w.Kinds) != 1 {
			t.Errorf("%s says not for which kinds it holds", name)
		}
	}
}
