package cohorts

import (
	"slices"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/tenants/templates"
)

// definition is the shipped one of a kind.
func definition(t testing.TB, kind string) *flow.Definition {
	t.Helper()
	for _, source := range templates.Processes() {
		d, err := flow.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if d.Kind == kind {
			return d
		}
	}
	t.Fatalf("no template of kind %s", kind)
	return nil
}

func TestLoopsClose(t *testing.T) {
	t.Parallel()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.New(nil)
	Register(e)
	for _, kind := range []string{Kind, "opinion"} {
		t.Run(kind, func(t *testing.T) {
			for _, f := range e.Check(definition(t, kind), flow.DefaultPolicy(), flow.RolesOf(p)) {
				t.Error(f)
			}
		})
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	m := definition(t, Kind).Machines[flow.OfMatter]
	t.Run("every state has a phase, and every action that records says as what", func(t *testing.T) {
		for _, s := range m.States {
			if PhaseOf(s.Code) == "" {
				t.Error(s.Code)
			}
		}
		for _, a := range m.Actions {
			props, _ := a.Form["properties"].(map[string]any)
			if _, dated := props["on"]; dated && recorded[a.Code].kind == "" {
				t.Error(a.Code)
			}
		}
	})
	t.Run("no registered rule is without use", func(t *testing.T) {
		used := map[string]bool{}
		for _, a := range m.Actions {
			for _, rule := range append(slices.Clone(a.Guards), a.Effects...) {
				used[rule.Name] = true
			}
		}
		for name := range guards {
			if !used["cohort."+name] {
				t.Error("guard", name)
			}
		}
		for name := range effects {
			if !used["cohort."+name] {
				t.Error("effect", name)
			}
		}
		for code := range recorded {
			if m.Action(code) == nil {
				t.Error("recorded", code)
			}
		}
	})
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

func reaches(m *flow.Machine, from, to string, without map[string]bool) bool {
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
