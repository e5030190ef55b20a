package tasks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/loop/tasks"
)

func TestTheLoopCloses(t *testing.T) {
	t.Parallel()
	p, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.NewRules()
	tasks.Register(e)
	vocab.Register(e)
	for _, f := range e.Check(definition(t, tasks.Kind), process.DefaultPolicy(), process.RolesOf(p)) {
		t.Error(f)
	}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := definition(t, tasks.Kind)
	m := d.Machines[process.OfMatter]
	t.Run("only the engine carries out what envelopes bring, and nobody else's actions are automatic", func(t *testing.T) {
		for _, a := range m.Actions {
			never := len(a.Guards) > 0 && a.Guards[0].Name == "never"
			if a.Automatic != never {
				t.Error(a.Code)
			}
		}
	})
	t.Run("what a person does here has its counterpart there, and both have the same effect on the task", func(t *testing.T) {
		for here, there := range map[string]string{"accept": "accepted", "decline": "declined", "reportNode": "nodeReported", "report": "reported", "addNode": "nodeAdded",
			"acceptNode": "nodeAccepted", "returnNode": "nodeReturned", "verify": "verified", "explain": "explained", "sendBack": "returned", "postpone": "postponed", "withdraw": "recall"} {
			a, b := m.Action(here), m.Action(there)
			if a == nil || b == nil || a.To != b.To || !slices.Equal(a.Told(process.OfMatter), b.Told(process.OfMatter)) ||
				here != "accept" && a.Effects[0].Name != b.Effects[0].Name {
				t.Error(here, there)
			}
		}
	})
	t.Run("who hears of a step stands in its tells; no effect tells anybody", func(t *testing.T) {
		for _, a := range m.Actions {
			for _, e := range a.Effects {
				if strings.HasPrefix(e.Name, "task.tell_") {
					t.Error(a.Code, e.Name)
				}
			}
		}
	})
	t.Run("who is told at a deadline is a role", func(t *testing.T) {
		for key, def := range d.Timers {
			for _, who := range append(def.Notify, def.Escalate...) {
				if party.RoleValidator(party.Role(who)) == nil {
					t.Error(key, who)
				}
			}
		}
	})
}
