package process

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors reads every floor and the shipped definition of its kind.
func floors(t *testing.T) map[string]*Floor {
	t.Helper()
	files, err := filepath.Glob("../../tenants/templates/floor/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no floors", err)
	}
	out := map[string]*Floor{}
	for _, file := range files {
		if strings.HasSuffix(file, "settings.yaml") { // is no kind's: ParseProtection reads it
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseFloor(source)
		if err != nil {
			t.Fatal(file, err)
		}
		if want := strings.TrimSuffix(filepath.Base(file), ".yaml"); f.Kind != want {
			t.Errorf("%s: kind is %s", file, f.Kind)
		}
		out[f.Kind] = f
	}
	return out
}

func shipped(t *testing.T, kind string) *Definition {
	t.Helper()
	source, err := os.ReadFile("../../tenants/templates/" + kind + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNoShippedDefinitionIsBelowItsFloor(t *testing.T) {
	for kind, f := range floors(t) {
		for _, found := range f.Below(shipped(t, kind)) {
			t.Errorf("%s: %s", kind, found)
		}
	}
}

// Each demand of each clause is taken away from the shipped definition, one at a
// time; the floor must name the clause and, where there is one, the line.
func TestWhateverAFloorDemandsCannotBeTakenAway(t *testing.T) {
	tried := 0
	for kind, f := range floors(t) {
		whole := shipped(t, kind)
		for i := range f.Clauses {
			for what, spoil := range spoilers(f.Clauses[i]) {
				d := copyOf(whole)
				b := &below{d: d, clause: f.Clauses[i], machine: d.Machines[f.Clauses[i].Machine]}
				if !spoil(b) {
					continue
				}
				tried++
				found := f.Below(d)
				at := slices.IndexFunc(found, func(x Finding) bool {
					return x.Level == Error && strings.Contains(x.Problem, f.Clauses[i].Says)
				})
				if at < 0 {
					t.Errorf("%s: %s: %s is not missed", kind, f.Clauses[i].Says, what)
				}
			}
		}
	}
	t.Logf("%d ways of going below a floor, all found", tried)
	if tried < 150 {
		t.Errorf("only %d ways were tried", tried)
	}
}

// copyOf copies what spoilers change.
func copyOf(d *Definition) *Definition {
	out := *d
	out.Machines = map[string]*Machine{}
	for name, m := range d.Machines {
		c := &Machine{Initial: m.Initial, byState: map[string]*State{}, byAction: map[string]*Action{}}
		for _, s := range m.States {
			own := *s
			c.States, c.byState[s.Code] = append(c.States, &own), &own
		}
		for _, a := range m.Actions {
			own := *a
			c.Actions, c.byAction[a.Code] = append(c.Actions, &own), &own
		}
		out.Machines[name] = c
	}
	return &out
}

// spoilers take away one thing each from all that a clause speaks of; they
// report whether there was anything to take.
func spoilers(c *Clause) map[string]func(*below) bool {
	each := func(change func(*Action)) func(*below) bool {
		return func(b *below) (any bool) {
			for _, a := range b.machine.Actions {
				if b.speaksOf(a) && !a.Never() {
					change(a)
					any = true
				}
			}
			return any
		}
	}
	state := func(change func(*State)) func(*below) bool {
		return func(b *below) bool {
			change(b.machine.State(c.States[0]))
			return true
		}
	}
	out := map[string]func(*below) bool{}
	if c.ofStates() {
		if len(c.Visible) > 0 {
			out["visible to all"] = state(func(s *State) { s.Visible = "TENANT" })
		}
		for _, key := range c.Timers {
			out["timer "+key] = state(func(s *State) {
				s.Timers = slices.DeleteFunc(slices.Clone(s.Timers), func(k string) bool { return k == key })
			})
		}
		return out
	}
	for _, r := range c.Guards {
		out["guard "+r.Name] = each(func(a *Action) {
			a.Guards = slices.DeleteFunc(slices.Clone(a.Guards), func(x *Rule) bool { return x.Name == r.Name })
		})
	}
	for _, r := range c.Effects {
		if !slices.Contains(c.Do, r.Name) {
			out["effect "+r.Name] = each(func(a *Action) {
				a.Effects = slices.DeleteFunc(slices.Clone(a.Effects), func(x *Rule) bool { return x.Name == r.Name })
			})
		}
	}
	if len(c.May) > 0 && len(c.Permission) == 0 {
		out["for whoever may create"] = func(b *below) bool {
			return each(func(a *Action) {
				if !a.Automatic {
					a.Permission = c.kindOf() + ".create"
				}
			})(b) && slices.ContainsFunc(b.machine.Actions, func(a *Action) bool { return b.speaksOf(a) && !a.Automatic && !a.Never() })
		}
	}
	if !c.Automatic {
		out["automatic"] = each(func(a *Action) { a.Automatic = true })
	}
	if len(c.As) > 0 {
		out["as anybody"] = each(func(a *Action) { a.As = nil })
	}
	if len(c.From) > 0 {
		out["from anywhere"] = each(func(a *Action) { a.From = append(slices.Clone(a.From), "ELSEWHERE") })
	}
	if len(c.To) > 0 {
		out["to elsewhere"] = each(func(a *Action) { a.To = "ELSEWHERE" })
	}
	if c.Reason {
		out["without a reason"] = each(func(a *Action) { a.Reason = false })
	}
	if len(c.Fields) > 0 {
		out["without the fields"] = each(func(a *Action) { a.Form = nil })
	}
	out["gone"] = func(b *below) bool {
		b.machine.Actions = slices.DeleteFunc(b.machine.Actions, func(a *Action) bool { return b.speaksOf(a) && !a.Never() })
		return !c.MayLack
	}
	return out
}

// kindOf is the object of the rights that the clause names.
func (c *Clause) kindOf() string { kind, _, _ := strings.Cut(c.May[0], "."); return kind }
