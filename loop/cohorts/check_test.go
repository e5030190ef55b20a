package cohorts

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/test/district"
)

// definition is the shipped one of a kind.
func definition(_ testing.TB, kind string) *process.Definition { return district.Shipped(kind) }

func TestLoopsClose(t *testing.T) {
	t.Parallel()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.NewRules()
	Register(e)
	opinions.Register(e)
	vocab.Register(e)
	for sentence, d := range map[string]*process.Definition{
		Kind: definition(t, Kind), "opinion": definition(t, "opinion"),
		"everything that version 1 names is still there": former(t), "and so is what version 2 names": second(t),
	} {
		t.Run(sentence, func(t *testing.T) {
			for _, f := range e.Check(d, process.DefaultPolicy(), process.RolesOf(p)) {
				if f.Level == process.Error || d.Version == definition(t, d.Kind).Version { // what was only pointed out is not mended any more
					t.Error(f)
				}
			}
		})
	}
}

// former is the definition on which loops ran before there were tasks.
func former(t testing.TB) *process.Definition { return version(t, 1) }

// second is the definition on which loops ran before it said what is recorded.
func second(t testing.TB) *process.Definition { return version(t, 2) }

func version(t testing.TB, n int) *process.Definition {
	t.Helper()
	source, err := os.ReadFile(fmt.Sprintf("testdata/cohort-%d.yaml", n))
	must(t, err)
	d, err := process.Parse(source)
	must(t, err)
	if d.Version != n || definition(t, Kind).Version <= n {
		t.Fatal("the shipped version must be higher than the former one")
	}
	return d
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	m := definition(t, Kind).Machines[process.OfMatter]
	t.Run("every state has a phase, and every action that asks for a day leaves a record", func(t *testing.T) {
		for _, s := range m.States {
			if PhaseOf(s.Code) == "" {
				t.Error(s.Code)
			}
		}
		for _, a := range m.Actions {
			props, _ := a.Form["properties"].(map[string]any)
			if _, dated := props["on"]; dated && !slices.ContainsFunc(a.Effects, func(e *process.Rule) bool { return e.Name == recordEffect || madeBy[e.Name].Kind != "" }) {
				t.Error(a.Code)
			}
		}
	})
	t.Run("no registered rule is without use in this version or a former one", func(t *testing.T) {
		used, codes := map[string]bool{}, map[string]bool{}
		for _, a := range slices.Concat(m.Actions, former(t).Machines[process.OfMatter].Actions, second(t).Machines[process.OfMatter].Actions) {
			codes[a.Code] = true
			for _, rule := range slices.Concat(a.Guards, a.Effects) {
				used[rule.Name] = true
			}
		}
		for _, name := range slices.Concat(guardNames(), slices.Collect(maps.Keys(effects))) {
			if !used["cohort."+name] {
				t.Error(name)
			}
		}
		for code := range formerRecords {
			if !codes[code] {
				t.Error("recorded", code)
			}
		}
	})
	t.Run("every guard says in one sentence what it demands", func(t *testing.T) {
		for _, lists := range checklists {
			for name, c := range lists {
				if c.says == "" || c.list == nil {
					t.Error(name)
				}
			}
		}
		for _, forms := range questions {
			for name, q := range forms {
				if q.says == "" || q.ask == nil {
					t.Error(name)
				}
			}
		}
	})
	t.Run("the years are derived from the handling year", func(t *testing.T) {
		if y := YearsOf(2023); y != (Years{2022, 2023, 2024}) {
			t.Fatal(y)
		}
	})
	t.Run("the phase is read off the state", func(t *testing.T) {
		for state, want := range map[string]Phase{"P1_COLLECT": Prestudy, "H0_DESIGNATED": Handling, "S6_EXTENDED": Supervision, "": "", "DRAFT": ""} {
			if got := PhaseOf(state); got != want {
				t.Errorf("%s: %q", state, got)
			}
		}
	})
}

func TestStates(t *testing.T) {
	t.Parallel()
	m := definition(t, Kind).Machines[process.OfMatter]
	t.Run("no path from the first state to the end avoids a step", func(t *testing.T) {
		// Taking the states of one step away cuts the end off.
		byStep := map[int][]string{}
		for _, s := range m.States {
			byStep[s.Step] = append(byStep[s.Step], s.Code)
		}
		for step := 2; step <= 18; step++ {
			without := map[string]bool{}
			for _, code := range byStep[step] {
				without[code] = true
			}
			if reaches(m, "P1_COLLECT", "S5_CLOSED", without) {
				t.Errorf("step %d can be skipped", step)
			}
		}
	})
	t.Run("the states of tasks and plans that gates look at are those of their own processes", func(t *testing.T) {
		tasks, plans := definition(t, kindTask).Machines[process.OfMatter], definition(t, kindPlan).Machines[process.OfMatter]
		for _, s := range tasks.States {
			ended := s.Code == taskDone || s.Code == taskExplained || s.Code == taskWithdrawn
			if s.End != ended || ended == (standing[s.Code] != "") {
				t.Errorf("task %s", s.Code)
			}
		}
		for _, code := range []string{taskDraft, taskIssued, taskDone, taskExplained, taskWithdrawn} {
			if tasks.State(code) == nil {
				t.Errorf("no task is ever %s", code)
			}
		}
		for _, code := range approved {
			if plans.State(code) == nil {
				t.Errorf("no plan is ever %s", code)
			}
		}
	})
}

func reaches(m *process.Machine, from, to string, without map[string]bool) bool {
	seen, queue := map[string]bool{}, []string{from}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		if s == to {
			return true
		}
		if seen[s] || without[s] {
			continue
		}
		seen[s] = true
		for _, a := range m.Actions {
			for _, f := range a.From {
				if f == s && a.To != "" {
					queue = append(queue, a.To)
				}
			}
		}
	}
	return false
}
