package process

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Floor is what the rules of the field fix about a regulated kind: no version
// of it, a committee's own or the shipped one, may go below. Above it everything
// is the committee's.
type Floor struct {
	Kind    string    `yaml:"kind"`
	Clauses []*Clause `yaml:"clauses"`
}

// Clause is one sentence of a floor. States chooses states; Enter, Do and
// Permission together choose actions, whatever their codes. The other fields are
// what each of those must at least have.
type Clause struct {
	Says    string `yaml:"says"`    // in Chinese, as a clerk would say it
	Source  string `yaml:"source"`  // where the rule comes from
	Machine string `yaml:"machine"` // empty: of the matter

	States     []string `yaml:"states"`
	Enter      []string `yaml:"enter"`      // actions that lead into one of these states
	Do         []string `yaml:"do"`         // actions with one of these effects
	Permission []string `yaml:"permission"` // actions that ask for one of these rights

	MayLack bool     `yaml:"may_lack"` // a version may go without what it speaks of
	Visible []string `yaml:"visible"`  // of a state: who sees at most, where it says so
	Timers  []string `yaml:"timers"`   // of a state: deadlines that run there

	From      []string `yaml:"from"` // of an action: from nowhere else
	To        []string `yaml:"to"`   // to nowhere else
	May       []string `yaml:"may"`  // by nobody who lacks all of these rights
	As        []string `yaml:"as"`   // by nobody in another relation
	Guards    []*Rule  `yaml:"guards"`
	Effects   []*Rule  `yaml:"effects"`
	Fields    []string `yaml:"fields"`    // that the form requires
	Reason    bool     `yaml:"reason"`    // with a reason
	Automatic bool     `yaml:"automatic"` // the engine may do it by itself
}

// ParseFloor reads a floor. It is shipped, so an error is a programmer's.
func ParseFloor(source []byte) (*Floor, error) {
	f := &Floor{}
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(f); err != nil {
		return nil, fmt.Errorf("process: floor: %w", err)
	}
	for _, c := range f.Clauses {
		if c.Machine == "" {
			c.Machine = OfMatter
		}
		if c.Says == "" || c.Source == "" || c.ofStates() == c.ofActions() {
			return nil, fmt.Errorf("process: floor of %s: clause %q needs words, a source, and either states or actions", f.Kind, c.Says)
		}
	}
	return f, nil
}

func (c *Clause) ofStates() bool  { return len(c.States) > 0 }
func (c *Clause) ofActions() bool { return len(c.Enter)+len(c.Do)+len(c.Permission) > 0 }

// Below lists where a definition goes below the floor, each with its line and
// the sentence that it breaks.
func (f *Floor) Below(d *Definition) []Finding {
	b := &below{d: d}
	for _, c := range f.Clauses {
		b.clause, b.machine = c, d.Machines[c.Machine]
		switch {
		case b.machine == nil:
			b.find("-", 0, "缺少这部分流程")
		case c.ofStates():
			b.states()
		default:
			b.actions()
		}
	}
	return b.found
}

// below collects what one definition lacks.
type below struct {
	d       *Definition
	machine *Machine
	clause  *Clause
	found   []Finding
}

func (b *below) find(place string, line int, lacks string, args ...any) {
	b.found = append(b.found, Finding{Machine: b.clause.Machine, Place: place, Line: line, Level: Error,
		Problem: fmt.Sprintf("低于底线“%s”（%s）：%s", b.clause.Says, b.clause.Source, fmt.Sprintf(lacks, args...))})
}

func (b *below) states() {
	for _, code := range b.clause.States {
		s := b.machine.State(code)
		if s == nil {
			if !b.clause.MayLack {
				b.find(code, 0, "没有这个环节")
			}
			continue
		}
		if s.Visible != "" && len(b.clause.Visible) > 0 && !slices.Contains(b.clause.Visible, s.Visible) {
			b.find(code, s.Line, "可见范围不能是 %s，至多 %s", s.Visible, b.clause.Visible[len(b.clause.Visible)-1])
		}
		for _, t := range b.clause.Timers {
			if !slices.Contains(s.Timers, t) {
				b.find(code, s.Line, "没有期限“%s”", b.d.timerLabel(t))
			}
		}
	}
}

func (b *below) actions() {
	met := false
	for _, a := range b.machine.Actions {
		if !b.speaksOf(a) || a.Never() {
			continue
		}
		met = true
		b.action(a)
	}
	for _, code := range b.clause.Enter {
		if b.machine.Initial == code {
			b.find(code, b.d.line("machines", b.clause.Machine), "不能一开始就在这个环节")
		}
	}
	if !met && !b.clause.MayLack {
		b.find("-", b.d.line("machines", b.clause.Machine), "没有这样的动作%s", b.wanted())
	}
}

// wanted says in the definition's words what would meet the clause.
func (b *below) wanted() string {
	var words []string
	for _, w := range []struct {
		what  string
		codes []string
	}{{"进入", b.clause.Enter}, {"效果", b.clause.Do}, {"权限", b.clause.Permission}} {
		if len(w.codes) > 0 {
			words = append(words, w.what+" "+strings.Join(w.codes, " 或 "))
		}
	}
	return "（" + strings.Join(words, "，") + "）"
}

// speaksOf reports whether the clause is about an action.
func (b *below) speaksOf(a *Action) bool {
	c := b.clause
	return (len(c.Enter) == 0 || slices.Contains(c.Enter, a.To)) &&
		(len(c.Permission) == 0 || slices.Contains(c.Permission, a.Permission)) &&
		(len(c.Do) == 0 || slices.ContainsFunc(a.Effects, func(r *Rule) bool { return slices.Contains(c.Do, r.Name) }))
}

func (b *below) action(a *Action) {
	c, lacks := b.clause, func(lacks string, args ...any) { b.find(a.Code, a.Line, lacks, args...) }
	if len(c.From) > 0 && (len(a.From) == 0 || !within(a.From, c.From)) {
		lacks("只能从 %s 进行", strings.Join(c.From, "、"))
	}
	if len(c.To) > 0 && !slices.Contains(c.To, a.To) {
		lacks("只能进入 %s", strings.Join(c.To, "、"))
	}
	switch {
	case a.Automatic && !c.Automatic:
		lacks("不能自动进行，须由人决定")
	case !a.Automatic && len(c.May) > 0 && !slices.Contains(c.May, a.Permission):
		lacks("权限须是 %s", strings.Join(c.May, " 或 "))
	case !a.Automatic && c.Automatic && len(c.May) == 0:
		lacks("只由系统自动进行")
	}
	if len(c.As) > 0 && (len(a.As) == 0 || !within(names(a.As), c.As)) {
		lacks("只能由 %s 进行（as）", strings.Join(c.As, "、"))
	}
	for _, r := range missingRules(c.Guards, a.Guards) {
		lacks("缺少条件“%s”", r)
	}
	for _, r := range missingRules(c.Effects, a.Effects) {
		lacks("缺少效果“%s”", r)
	}
	if c.Reason && !a.Reason {
		lacks("须写明理由（reason: true）")
	}
	for _, field := range c.Fields {
		if !requires(a.Form, field) {
			lacks("表单须填写“%s”（required）", field)
		}
	}
}

func within(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func names(rules []*Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.Name
	}
	return out
}

// missingRules are the names of the wanted rules that are not there; one that is
// wanted with arguments is there with the same ones only.
func missingRules(wanted, there []*Rule) (out []string) {
	for _, w := range wanted {
		if !slices.ContainsFunc(there, func(r *Rule) bool {
			return r.Name == w.Name && (w.args == nil || bytes.Equal(r.args, w.args))
		}) {
			out = append(out, w.Name)
		}
	}
	return out
}

func requires(form map[string]any, field string) bool {
	required, _ := form["required"].([]any)
	return slices.Contains(required, any(field))
}
