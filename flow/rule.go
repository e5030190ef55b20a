package flow

import (
	"context"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/flow/process"
)

// Rules are the rules that definitions can name: each is a word on paper and a
// function, registered once, at start. They need no database; what a function
// works on it gets when it is called.
type Rules struct {
	*registered
	only []string // the kinds for which what is registered holds; none: for every kind
}

type registered struct {
	paper     *process.Vocabulary
	guards    map[string]func(*Input, *process.Rule) error
	relations map[string]func(*Input, *process.Rule) bool
	effects   map[string]func(context.Context, *Run, *process.Rule) error
	choosers  map[string]Chooser
	bases     map[string]Base
	kinds     map[string]*Kind
	parts     []casePart // of which a case consists
	holdings  map[string]Holding
	foresees  map[string]func(context.Context, *Run, *process.Rule) error // of effects that can tell beforehand
	counted   map[string][]item.Kind                                      // by base: the items from whose days it counts
}

// NewRules has the generic rules.
func NewRules() *Rules {
	s := &Rules{registered: &registered{
		paper: process.NewVocabulary(), guards: map[string]func(*Input, *process.Rule) error{}, relations: map[string]func(*Input, *process.Rule) bool{},
		effects: map[string]func(context.Context, *Run, *process.Rule) error{}, choosers: map[string]Chooser{}, bases: map[string]Base{},
		kinds: map[string]*Kind{}, parts: generalParts,
		holdings: map[string]Holding{}, foresees: map[string]func(context.Context, *Run, *process.Rule) error{},
		counted: map[string][]item.Kind{},
	}}
	registerGeneric(s)
	return s
}

// For are the same rules; what is registered through it holds only for matters
// of the kinds, since it looks at what only they have.
func (s *Rules) For(kinds ...string) *Rules { return &Rules{s.registered, kinds} }

// Vocabulary is their paper side: enough to check definitions.
func (s *Rules) Vocabulary() *process.Vocabulary { return s.paper }

// Check is the vocabulary's.
func (s *Rules) Check(d *process.Definition, p process.Policy, roles process.RoleSet) []process.Finding {
	return s.paper.Check(d, p, roles)
}

// Report is the vocabulary's.
func (s *Rules) Report(d *process.Definition, p process.Policy, rights *authz.Policy, held process.Held) process.Report {
	return s.paper.Report(d, p, rights, held)
}

// A Trait is what the paper knows of a rule beside its sentence.
type Trait func(*process.Word)

// OnForm: a guard looks at what is filled in, and before that is not asked.
func OnForm(w *process.Word) { w.OnForm = true }

// LiftedBy: what a guard demands, who holds the right brings about himself, in
// another matter; so it does not keep him from having his turn.
func LiftedBy(right string) Trait { return func(w *process.Word) { w.Lifts = right } }

// OfCase: a relation asks the case alone, whoever looks; where it does not hold,
// nobody here can do the action.
func OfCase(w *process.Word) { w.OfCase = true }

// OfShare: a chooser or a base looks at a unit's share.
func OfShare(w *process.Word) { w.Shared = true }

// add puts the rule on paper.
func (s *Rules) add(w process.Word, traits []Trait) process.Word {
	w.Kinds = s.only
	for _, t := range traits {
		t(&w)
	}
	s.paper.Add(w)
	return w
}

// Guard registers a condition: says is one sentence in Chinese, what must be
// true. A name that is taken is a programming error, here and below.
func (s *Rules) Guard(name, says string, g Guard, traits ...Trait) {
	GuardOf(s, name, says, nil, func(in *Input, _ struct{}) error { return g(in) }, traits...)
}

// Relation registers how somebody can stand to the case.
func (s *Rules) Relation(name, says string, f Relation, traits ...Trait) {
	RelationOf(s, name, says, nil, func(in *Input, _ struct{}) bool { return f(in) }, traits...)
}

// Effect registers what an action does beside its move. needs are the fields of
// the form without which it cannot work: publication asks for them.
func (s *Rules) Effect(name, says string, f Effect, needs ...string) {
	EffectOf(s, name, says, func(p *process.Place, _ struct{}) {
		for _, field := range needs {
			p.NeedField(field)
		}
	}, func(ctx context.Context, r *Run, _ struct{}) error { return f(ctx, r) })
}

// Doing is an effect before it has its name: packages list theirs in tables.
type Doing struct {
	says  string
	do    Effect
	needs []string
}

// Does makes a line of such a table; see Rules.Effect.
func Does(says string, do Effect, needs ...string) Doing { return Doing{says, do, needs} }

// Register gives the effect its name.
func (d Doing) Register(s *Rules, name string) { s.Effect(name, d.says, d.do, d.needs...) }

// Chooser registers which of the policy's deadlines holds by case.
func (s *Rules) Chooser(name, says string, f Chooser, traits ...Trait) {
	s.add(process.Word{Sort: process.Chooser, Name: name, Says: says}, traits)
	s.choosers[name] = f
}

// Base registers from what a deadline counts.
func (s *Rules) Base(name, says string, f Base, traits ...Trait) {
	s.add(process.Word{Sort: process.Base, Name: name, Says: says}, traits)
	s.bases[name] = f
}

// GuardOf registers a condition that takes arguments. check, which may be nil,
// finds at publication what can never hold. Fields of A carry the tags json and
// doc.
func GuardOf[A any](s *Rules, name, says string, check func(*process.Place, A), g func(*Input, A) error, traits ...Trait) {
	w := s.add(process.Word{Sort: process.Guard, Name: name, Says: says, Args: process.ArgsOf[A](), Check: process.Checking(check)}, traits)
	s.guards[name] = func(in *Input, r *process.Rule) error {
		if w.OnForm && in.Asking {
			return nil
		}
		a, err := process.Args[A](r)
		if err != nil {
			return err
		}
		return g(in, a)
	}
}

// RelationOf registers a relation that takes arguments.
func RelationOf[A any](s *Rules, name, says string, check func(*process.Place, A), f func(*Input, A) bool, traits ...Trait) {
	s.add(process.Word{Sort: process.Relation, Name: name, Says: says, Args: process.ArgsOf[A](), Check: process.Checking(check)}, traits)
	s.relations[name] = func(in *Input, r *process.Rule) bool {
		a, err := process.Args[A](r)
		return err == nil && f(in, a)
	}
}

// EffectOf registers an effect that takes arguments.
func EffectOf[A any](s *Rules, name, says string, check func(*process.Place, A), f func(context.Context, *Run, A) error) {
	s.add(process.Word{Sort: process.Effect, Name: name, Says: says, Args: process.ArgsOf[A](), Check: process.Checking(check)}, nil)
	s.effects[name] = func(ctx context.Context, run *Run, r *process.Rule) error {
		a, err := process.Args[A](r)
		if err != nil {
			return err
		}
		return f(ctx, run, a)
	}
}

// Foreseen registers what an effect does to the case in memory, so that it can be
// shown beforehand; it writes nothing.
func Foreseen[A any](s *Rules, name string, f func(context.Context, *Run, A) error) {
	s.foresees[name] = func(ctx context.Context, run *Run, r *process.Rule) error {
		a, err := process.Args[A](r)
		if err != nil {
			return err
		}
		return f(ctx, run, a)
	}
}
