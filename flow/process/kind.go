package process

import (
	"maps"
	"slices"
)

// Kind is what the paper has to know of a kind of matter that a noun declares.
type Kind struct {
	Code   string
	Sealed bool             // no other process opens one
	Names  map[string]Names // by machine: what Go code names
	Floor  *Floor           // what no version may go below; nil: nothing is fixed
}

// Names are codes of a machine: states that it has, and actions.
type Names struct{ States, Actions []string }

// AddKind takes a kind in, at start only.
func (v *Vocabulary) AddKind(k Kind) { v.kinds[k.Code] = k }

// Below lists where a definition goes below the floor of its kind. It is asked
// of what somebody is about to publish; a former version that matters still run
// on may be below a floor that was written after it.
func (v *Vocabulary) Below(d *Definition) []Finding {
	if f := v.kinds[d.Kind].Floor; f != nil {
		return f.Below(d)
	}
	return nil
}

// Sealed reports whether a kind is nothing without what its package writes
// beside the matter, so that no other process opens one. A shipped kind that
// nobody declared stays shut.
func (p *Place) Sealed(code string) bool {
	k, declared := p.k.words.kinds[code]
	return k.Sealed || (!declared && Regulated(code))
}

// named: a version that lacks a state or an action that the code of its noun
// names would go unnoticed by that code.
func (k *checker) named() {
	names := k.words.kinds[k.d.Kind].Names
	for _, name := range slices.Sorted(maps.Keys(names)) {
		m := k.d.Machines[name]
		if m == nil {
			k.fault("definition", "machines", "缺少 %s 的流程，随产品提供的规则要用到", name)
			continue
		}
		for _, s := range names[name].States {
			if m.State(s) == nil {
				k.fault(name, s, "缺少环节“%s”，随产品提供的规则要用到；请保留它的代码，名称可以改", s)
			}
		}
		for _, a := range names[name].Actions {
			if m.Action(a) == nil {
				k.fault(name, a, "缺少动作“%s”，随产品提供的规则要用到；请保留它的代码，名称可以改", a)
			}
		}
	}
}

// RoleCodes are the roles that a rule can name there: the shipped ones and those
// of the committee that publishes.
func (p *Place) RoleCodes() []string { return p.k.roleCodes() }
