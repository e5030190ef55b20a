package process

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Sort is what a word is in a definition.
type Sort string

// Sorts of words.
const (
	Guard    Sort = "guard"    // must be true before an action
	Relation Sort = "relation" // who acts stands so to the matter
	Effect   Sort = "effect"   // what an action does beside its move
	Chooser  Sort = "chooser"  // picks the policy's key of a deadline
	Base     Sort = "base"     // the event from which a deadline counts
)

// Word is a rule as the paper knows it: what a definition may write and what
// that means, without the function that carries it out.
type Word struct {
	Sort   Sort
	Name   string
	Says   string   // one sentence in Chinese, without its full stop: what it demands, does, picks or counts from
	Kinds  []string // of matters for which it holds; none: for every kind
	OfCase bool     // of a relation: it asks the case alone, whoever looks
	OnForm bool     // of a guard: it looks at what is filled in
	Lifts  string   // of a guard: who holds this right in the whole committee can bring about, in another matter, what it demands
	Shared bool     // of a chooser or base: it looks at a unit's share, which a deadline of the matter has not
	Args   []Arg
	Check  func(*Place, *Rule) // finds at publication what can never work; never nil
}

// Arg is an argument of a word.
type Arg struct {
	Name, Type, Doc string

	typ reflect.Type
}

// Vocabulary is every word that a definition may write. It is enough to check
// and to report on definitions.
type Vocabulary struct {
	words map[Sort]map[string]*Word
	kinds map[string]Kind
}

// NewVocabulary has no words yet.
func NewVocabulary() *Vocabulary { return &Vocabulary{map[Sort]map[string]*Word{}, map[string]Kind{}} }

// Add takes a word in. It is called at start only, and a name that is taken is
// a programming error.
func (v *Vocabulary) Add(w Word) {
	of := v.words[w.Sort]
	if of == nil {
		of = map[string]*Word{}
		v.words[w.Sort] = of
	}
	if of[w.Name] != nil {
		panic(fmt.Sprintf("process: %s %q is registered twice", w.Sort, w.Name))
	}
	if w.Check == nil {
		w.Check = Checking[struct{}](nil)
	}
	w.Says = strings.TrimSuffix(w.Says, "。")
	of[w.Name] = &w
}

// Word finds a word, nil when there is none.
func (v *Vocabulary) Word(s Sort, name string) *Word { return v.words[s][name] }

// names are the words of a sort that hold for a kind.
func (v *Vocabulary) names(s Sort, kind string) (out []string) {
	for _, w := range v.Words(s) {
		if w.Holds(kind) {
			out = append(out, w.Name)
		}
	}
	return out
}

// Words lists the words of some sorts, each sort by name.
func (v *Vocabulary) Words(sorts ...Sort) (out []*Word) {
	for _, s := range sorts {
		for _, name := range sortedKeys(v.words[s]) {
			out = append(out, v.words[s][name])
		}
	}
	return out
}

// Holds reports whether the word is for matters of a kind.
func (w *Word) Holds(kind string) bool { return len(w.Kinds) == 0 || slices.Contains(w.Kinds, kind) }

// ForAll lists the words that any process may use: guards, relations and
// effects, each by name. What a noun keeps for its own process is left out.
func (v *Vocabulary) ForAll() []*Word {
	return slices.DeleteFunc(v.Words(Guard, Relation, Effect), func(w *Word) bool { return len(w.Kinds) > 0 })
}

// Checking is the check of a rule that takes arguments A; more may be nil.
func Checking[A any](more func(*Place, A)) func(*Place, *Rule) {
	return func(p *Place, r *Rule) {
		if r.args != nil && len(ArgsOf[A]()) == 0 {
			p.Find("规则“%s”不带参数", r.Name)
			return
		}
		a, err := Args[A](r)
		if err != nil {
			shown, _ := errs.As(err)
			p.Find("%s", shown.Message)
			return
		}
		if more != nil {
			more(p, a)
		}
	}
}

// ArgsOf lists the arguments that a struct with the tags json and doc stands
// for.
func ArgsOf[A any]() (out []Arg) {
	for i, t := 0, reflect.TypeFor[A](); i < t.NumField(); i++ {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, Arg{name, typeName(f.Type), f.Tag.Get("doc"), f.Type})
	}
	return out
}

// Place is where in a definition a rule is used, for the rule's own check.
type Place struct {
	Def     *Definition
	Policy  Policy
	Machine *Machine
	Action  *Action

	k    *checker
	name string // of the machine
	line int
}

// Find notes what cannot work here.
func (p *Place) Find(problem string, args ...any) {
	p.k.found = append(p.k.found, Finding{Machine: p.name, Place: p.Action.Code, Line: p.line, Problem: fmt.Sprintf(problem, args...)})
}

// Field reports whether the action's form has a field; the empty name is no
// field and always there.
func (p *Place) Field(name string) bool {
	if name == "" {
		return true
	}
	props, _ := p.Action.Form["properties"].(map[string]any)
	_, ok := props[name]
	return ok
}

// NeedField notes a field that the form does not have.
func (p *Place) NeedField(name string) {
	if !p.Field(name) {
		p.Find("表单里没有“%s”这一栏", name)
	}
}

// typeName is what an argument looks like in YAML, in Chinese.
func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[Codes]() {
		return "代码，或代码的列表"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return typeName(t.Elem()) + "的列表"
	case reflect.Bool:
		return "true 或 false"
	case reflect.Int, reflect.Int64:
		return "整数"
	}
	return "文字"
}
