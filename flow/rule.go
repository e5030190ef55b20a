package flow

import (
	"context"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
)

// Rules are the rules that definitions can name: each is a word on paper and a
// function. They need no database; what a function works on it gets when it is
// called.
type Rules struct {
	paper     *process.Vocabulary
	guards    map[string]func(*Input, *Rule) error
	relations map[string]func(*Input, *Rule) bool
	effects   map[string]func(context.Context, *Run, *Rule) error
	choosers  map[string]Chooser
	bases     map[string]Base
	kinds     map[string]*Kind
	parts     []part // of which a case consists
}

// NewRules has the generic rules.
func NewRules() *Rules {
	s := &Rules{
		paper: process.NewVocabulary(), guards: map[string]func(*Input, *Rule) error{}, relations: map[string]func(*Input, *Rule) bool{},
		effects: map[string]func(context.Context, *Run, *Rule) error{}, choosers: map[string]Chooser{}, bases: map[string]Base{},
		kinds: map[string]*Kind{}, parts: generalParts,
	}
	registerGeneric(s)
	return s
}

// Vocabulary is their paper side: enough to check definitions.
func (s *Rules) Vocabulary() *process.Vocabulary { return s.paper }

// Check is the vocabulary's.
func (s *Rules) Check(d *Definition, p Policy, roles RoleSet) []Finding {
	return s.paper.Check(d, p, roles)
}

// Report is the vocabulary's.
func (s *Rules) Report(d *Definition, p Policy, rights *authz.Policy, held Held) Report {
	return s.paper.Report(d, p, rights, held)
}

// Guard registers a rule; like its siblings it is called at start only, and a
// name that is taken is a programming error.
func (s *Rules) Guard(name string, g Guard) {
	s.paper.Add(Word{Sort: process.Guard, Name: name})
	s.guards[name] = func(in *Input, _ *Rule) error { return g(in) }
}

// Relation registers a relation.
func (s *Rules) Relation(name string, f Relation) {
	s.paper.Add(Word{Sort: process.Relation, Name: name})
	s.relations[name] = func(in *Input, _ *Rule) bool { return f(in) }
}

// CaseRelation registers a relation that asks the case alone, whoever looks:
// where it does not hold, nobody here can do the action.
func (s *Rules) CaseRelation(name string, f func(*Case) bool) {
	s.paper.Add(Word{Sort: process.Relation, Name: name, OfCase: true})
	s.relations[name] = func(in *Input, _ *Rule) bool { return f(in.Case) }
}

// Effect registers an effect.
func (s *Rules) Effect(name string, f Effect) {
	s.paper.Add(Word{Sort: process.Effect, Name: name})
	s.effects[name] = func(ctx context.Context, r *Run, _ *Rule) error { return f(ctx, r) }
}

// Chooser registers a chooser of deadlines.
func (s *Rules) Chooser(name string, f Chooser) {
	s.paper.Add(Word{Sort: process.Chooser, Name: name})
	s.choosers[name] = f
}

// Base registers a base event of deadlines.
func (s *Rules) Base(name string, f Base) {
	s.paper.Add(Word{Sort: process.Base, Name: name})
	s.bases[name] = f
}

// Checklist registers a guard that names everything that is missing, and says
// in one sentence what it demands. list is pure and answers nothing where
// nothing is missing.
func (s *Rules) Checklist(name, says string, list func(*Input) []string) {
	s.paper.Add(Word{Sort: process.Guard, Name: name, Says: says})
	s.guards[name] = func(in *Input, _ *Rule) error { return Lacks(list(in)) }
}

// OnForm registers a guard about what is filled in: before that there is
// nothing to object to.
func (s *Rules) OnForm(name, says string, g Guard) {
	s.paper.Add(Word{Sort: process.Guard, Name: name, Says: says, OnForm: true})
	s.guards[name] = func(in *Input, _ *Rule) error {
		if in.Asking {
			return nil
		}
		return g(in)
	}
}

// GuardOf registers a guard that takes arguments. doc says in one sentence
// what it demands; check, which may be nil, finds at publication what can
// never hold. Fields of A carry the tags json and doc.
func GuardOf[A any](s *Rules, name, doc string, check func(*Place, A), g func(*Input, A) error) {
	s.paper.Add(Word{Sort: process.Guard, Name: name, Doc: doc, Args: process.ArgsOf[A](), Check: process.Checking(check)})
	s.guards[name] = func(in *Input, r *Rule) error {
		a, err := process.Args[A](r)
		if err != nil {
			return err
		}
		return g(in, a)
	}
}

// RelationOf registers a relation that takes arguments.
func RelationOf[A any](s *Rules, name, doc string, check func(*Place, A), f func(*Input, A) bool) {
	s.paper.Add(Word{Sort: process.Relation, Name: name, Doc: doc, Args: process.ArgsOf[A](), Check: process.Checking(check)})
	s.relations[name] = func(in *Input, r *Rule) bool {
		a, err := process.Args[A](r)
		return err == nil && f(in, a)
	}
}

// EffectOf registers an effect that takes arguments.
func EffectOf[A any](s *Rules, name, doc string, check func(*Place, A), f func(context.Context, *Run, A) error) {
	s.paper.Add(Word{Sort: process.Effect, Name: name, Doc: doc, Args: process.ArgsOf[A](), Check: process.Checking(check)})
	s.effects[name] = func(ctx context.Context, run *Run, r *Rule) error {
		a, err := process.Args[A](r)
		if err != nil {
			return err
		}
		return f(ctx, run, a)
	}
}
