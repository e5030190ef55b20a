package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/errs"
)

// Rule is one use of a guard, a relation or an effect in a definition: its
// name, and what it is told. In YAML it is the name alone, or a map from the
// name to the arguments:
//
//	guards: [not_suspended, {records: {kind: VISIT, least: 1}}]
type Rule struct {
	Name string
	Line int // in the definition's text

	args []byte       // JSON; nil when it is told nothing
	memo atomic.Value // the arguments as the rule's own type, once asked for
}

// UnmarshalYAML reads both forms.
func (r *Rule) UnmarshalYAML(n *yaml.Node) error {
	r.Line = n.Line
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.Name)
	}
	var m map[string]any
	if err := n.Decode(&m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("line %d: 一条规则只能有一个名称", n.Line)
	}
	for name, args := range m {
		r.Name = name
		b, err := json.Marshal(args)
		if err != nil {
			return fmt.Errorf("line %d: 规则“%s”的参数无法读取", n.Line, name)
		}
		if args != nil {
			r.args = b
		}
	}
	return nil
}

// MarshalYAML writes the form that says no more than it must.
func (r *Rule) MarshalYAML() (any, error) {
	if r.args == nil {
		return r.Name, nil
	}
	var args any
	err := json.Unmarshal(r.args, &args)
	return map[string]any{r.Name: args}, err
}

// told reads a rule's arguments as the type that the rule wants; an unknown
// argument is refused. It is read once for each use in a definition.
func told[A any](r *Rule) (A, error) {
	var a A
	if kept, ok := r.memo.Load().(A); ok {
		return kept, nil
	}
	if r.args != nil {
		dec := json.NewDecoder(bytes.NewReader(r.args))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&a); err != nil {
			what := strings.TrimPrefix(err.Error(), "json: ")
			return a, errs.New(errs.Invalid, "规则“%s”的参数不对：%s", r.Name, clip(what)).Because(err)
		}
	}
	r.memo.Store(a)
	return a, nil
}

// word is a rule that definitions can use by name: F runs it.
type word[F any] struct {
	run    F
	doc    string       // one sentence in Chinese; empty for the nouns' own rules
	says   string       // of a noun's guard: what it demands, for checklists
	ofCase bool         // of a relation: it asks the case alone, whoever looks
	onForm bool         // of a guard: it looks at what is filled in
	args   reflect.Type // a struct with json and doc tags; nil when it takes none
	check  func(*Place, *Rule)
}

type (
	guardWord    = word[func(*Input, *Rule) error]
	relationWord = word[func(*Input, *Rule) bool]
	effectWord   = word[func(context.Context, *Run, *Rule) error]
)

// plain is the check of a rule that takes no arguments.
func plain(p *Place, r *Rule) {
	if r.args != nil {
		p.Find("规则“%s”不带参数", r.Name)
	}
}

// checking is the check of a rule that takes arguments A.
func checking[A any](more func(*Place, A)) func(*Place, *Rule) {
	return func(p *Place, r *Rule) {
		a, err := told[A](r)
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

// GuardOf registers a guard that takes arguments. doc says in one sentence
// what it demands; check, which may be nil, finds at publication what can
// never hold. Fields of A carry the tags json and doc.
func GuardOf[A any](e *Engine, name, doc string, check func(*Place, A), g func(*Input, A) error) {
	register(e.guards, "guard", name, guardWord{
		run: func(in *Input, r *Rule) error {
			a, err := told[A](r)
			if err != nil {
				return err
			}
			return g(in, a)
		}, doc: doc, args: reflect.TypeFor[A](), check: checking(check)})
}

// RelationOf registers a relation that takes arguments.
func RelationOf[A any](e *Engine, name, doc string, check func(*Place, A), f func(*Input, A) bool) {
	register(e.relations, "relation", name, relationWord{
		run: func(in *Input, r *Rule) bool {
			a, err := told[A](r)
			return err == nil && f(in, a)
		}, doc: doc, args: reflect.TypeFor[A](), check: checking(check)})
}

// EffectOf registers an effect that takes arguments.
func EffectOf[A any](e *Engine, name, doc string, check func(*Place, A), f func(context.Context, *Run, A) error) {
	register(e.effects, "effect", name, effectWord{
		run: func(ctx context.Context, run *Run, r *Rule) error {
			a, err := told[A](r)
			if err != nil {
				return err
			}
			return f(ctx, run, a)
		}, doc: doc, args: reflect.TypeFor[A](), check: checking(check)})
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

// Word is one word of the vocabulary in which committees write processes.
type Word struct {
	Sort string // guard, relation or effect
	Name string
	Doc  string // one sentence in Chinese
	Args []Arg
}

// Arg is an argument of a word.
type Arg struct {
	Name, Type, Doc string
}

// Vocabulary lists the words that any process may use: guards, relations and
// effects, each by name. What a noun keeps for its own process has no sentence
// for others and is left out.
func (e *Engine) Vocabulary() []Word {
	return slices.Concat(words("guard", e.guards), words("relation", e.relations), words("effect", e.effects))
}

func words[F any](sort string, known map[string]word[F]) (out []Word) {
	for _, name := range sortedKeys(known) {
		if w := known[name]; w.doc != "" {
			out = append(out, Word{sort, name, w.doc, arguments(w.args)})
		}
	}
	return out
}

func arguments(t reflect.Type) (out []Arg) {
	for i := 0; t != nil && i < t.NumField(); i++ {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		out = append(out, Arg{name, typeName(f.Type), f.Tag.Get("doc")})
	}
	return out
}

// typeName is what an argument looks like in YAML, in Chinese.
func typeName(t reflect.Type) string {
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
