package process

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
)

// Held answers whether somebody of this tenant has a role today.
type Held func(role string) bool

// Report is what a definition is, for the person who is about to publish it.
type Report struct {
	Findings  []Finding
	States    []StateReport // of the matter first, as written
	Reachable int           // of the states
	Ends      []string      // their names
	Steps     []StepReport  // the order that may not be skipped
}

// StateReport is one state in words.
type StateReport struct {
	Machine, Code, Label, Stage string
	Turn                        string   // whose turn it is, in Chinese
	Deadlines                   []string // the names of its timers
	Waits                       string   // why it has none
	Actions                     []string // what can be done there
	End, Reachable              bool
}

// StepReport is the states of one step.
type StepReport struct {
	Step   int
	Labels []string
}

// OK reports whether the definition can be published.
func (r Report) OK() bool { return len(Errors(r.Findings)) == 0 }

// Report is Check and Below with the questions that this tenant's policy and
// people answer: an action that its roles have no right for, and a checklist
// without words, is an error; an action that nobody in office can do is a
// warning. held may be nil.
func (v *Vocabulary) Report(d *Definition, p Policy, rights *authz.Policy, held Held) Report {
	k := &checker{words: v, d: d, p: p, roles: RolesOf(rights), rights: rights, held: held}
	r := Report{Findings: append(v.Below(d), k.check()...)}
	steps := map[int][]string{}
	for _, name := range []string{OfMatter, OfAssignment} {
		m := d.Machines[name]
		if m == nil {
			continue
		}
		reached := closure(edges(m), m.Initial)
		for _, s := range m.States {
			r.States = append(r.States, d.stateReport(name, m, s, reached[s.Code]))
			if reached[s.Code] {
				r.Reachable++
			}
			if s.End && name == OfMatter {
				r.Ends = append(r.Ends, s.Label)
			}
			if s.Step > 0 {
				steps[s.Step] = append(steps[s.Step], s.Label)
			}
		}
	}
	for n, labels := range steps {
		r.Steps = append(r.Steps, StepReport{n, labels})
	}
	slices.SortFunc(r.Steps, func(a, b StepReport) int { return cmp.Compare(a.Step, b.Step) })
	return r
}

func (d *Definition) stateReport(name string, m *Machine, s *State, reached bool) StateReport {
	r := StateReport{Machine: name, Code: s.Code, Label: s.Label, Stage: s.Stage, Turn: d.turnLabels(s.Turns), Waits: s.Waits, End: s.End, Reachable: reached}
	for _, t := range s.Timers {
		r.Deadlines = append(r.Deadlines, d.timerLabel(t))
	}
	for _, a := range m.Actions {
		if a.Leaves(s.Code) {
			r.Actions = append(r.Actions, a.Label)
		}
	}
	return r
}

// turnLabels are the names of those whose turn it is.
func (d *Definition) turnLabels(codes []string) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = orElse(d.Turns[c], c)
	}
	return strings.Join(names, "、")
}

// timerLabel is a timer's name, its code where it has none.
func (d *Definition) timerLabel(key string) string {
	if t := d.Timers[key]; t != nil && t.Label != "" {
		return t.Label
	}
	return key
}

// office asks whether the people are there: whoever may do each action, whose
// turn it is, and who is told.
func (k *checker) office() {
	if k.rights == nil {
		return
	}
	for _, name := range sortedKeys(k.d.Machines) {
		m := k.d.Machines[name]
		for _, a := range m.Actions {
			if !a.Automatic && k.roles(a.Right) {
				k.doers(name, a)
			}
			k.checklists(name, a)
		}
		for _, s := range m.States {
			k.reaches(name, m, s)
			k.rooted(name, m, s)
			for _, turn := range s.Turns {
				if k.held != nil && !s.End && k.role(turn) && !k.held(turn) {
					k.warn(name, s.Code, "现在没有人担任%s，“%s”没有人接手", k.rights.Name(turn), s.Label)
				}
			}
		}
	}
	for _, key := range sortedKeys(k.d.Timers) {
		t := k.d.Timers[key]
		for _, who := range slices.Concat(t.Notify, t.Escalate) {
			if k.held != nil && k.role(who) && !k.held(who) {
				k.warn("timers", key, "现在没有人担任%s，“%s”的提醒没有人收到", k.rights.Name(who), k.d.timerLabel(key))
			}
		}
	}
}

// checklists: what is gone through before a decision has its words, or the
// reason why it is done without (domain.md trap 20). That depends on the
// committee, so Check, which knows only the shipped settings, does not ask.
func (k *checker) checklists(name string, a *Action) {
	for _, r := range a.Guards {
		var args struct{ Key string }
		if r == nil || r.Name != "checklist" || json.Unmarshal(r.args, &args) != nil {
			continue
		}
		if c, ok := k.p.Checklists[args.Key]; ok && !c.Ready() {
			k.found = append(k.found, Finding{Machine: name, Place: a.Code, Line: r.Line, Level: Error,
				Problem: fmt.Sprintf("“%s”要用的清单“%s”还没有填写文字，请先在政策设置里填写，或写明免用的理由", a.Label, c.Title)})
		}
	}
}

// doers: of the roles that the action names, or of all, one has the right, and
// somebody has one of those.
func (k *checker) doers(name string, a *Action) {
	var may []string
	for _, r := range k.rights.Known() {
		if a.Named(k.rights, []string{r.Code}) && k.rights.Table(r.Code)[a.Right] != authz.None {
			may = append(may, r.Code)
		}
	}
	if len(may) == 0 {
		k.fault(name, a.Code, "%s没有权限“%s”，没有人能进行“%s”", a.Whose(k.rights), a.Permission, a.Label)
		return
	}
	if k.held != nil && !slices.ContainsFunc(may, k.held) {
		k.warn(name, a.Code, "现在没有人担任%s，没有人能进行“%s”", authz.Names(may, k.rights.Name), a.Label)
	}
}
