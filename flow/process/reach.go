package process

import (
	"slices"

	"github.com/bihuan/bihuan/authz"
)

// reaches: whoever the turn of a waiting state names has something to do there,
// else it would be on nobody's list. Whom a shipped kind's codes mean is said
// beside its noun, and tested there. A state that is left by itself asks nothing of
// anybody.
func (k *checker) reaches(name string, m *Machine, s *State) {
	byHand := slices.ContainsFunc(m.Actions, func(a *Action) bool { return !a.Automatic && a.Leaves(s.Code) })
	if Regulated(k.d.Kind) || s.End || name == OfAssignment || !byHand {
		return
	}
	for _, turn := range s.Turns {
		roles := k.meant(turn)
		acts := slices.ContainsFunc(m.Actions, func(a *Action) bool {
			return !a.Automatic && a.Leaves(s.Code) && slices.ContainsFunc(roles, func(role string) bool {
				return k.rights.Table(role)[a.Right] != authz.None && a.Named(k.rights, []string{role})
			})
		})
		if len(roles) > 0 && !acts {
			k.fault(name, s.Code, "轮到%s，但这里没有他能做的动作，待办会落空", orElse(k.d.Turns[turn], turn))
		}
	}
}

// rooted: where only people of their own units have the turn, a matter that is
// another unit's stands still unless it can go there.
func (k *checker) rooted(name string, m *Machine, s *State) {
	if Regulated(k.d.Kind) || s.End || name == OfAssignment || len(s.Turns) == 0 {
		return
	}
	for _, turn := range s.Turns {
		reach := k.rights.Table(turn)[authz.Perm("matter.read")]
		if local := k.role(turn) && reach.Has(authz.Unit) && !reach.Has(authz.Tenant); !local && !IsPost(turn) {
			return
		}
	}
	if !slices.ContainsFunc(m.Actions, func(a *Action) bool { return a.Does(HandOver) && a.Leaves(s.Code) }) {
		k.warn(name, s.Code, "轮到%s，他只办自己单位的；这里没有转交的动作（%s），不该由他那里办的就停住了", k.d.turnLabels(s.Turns), HandOver)
	}
}

// meant are the roles through which a turn of a committee's own kind can act.
func (k *checker) meant(turn string) (roles []string) {
	right := authz.Perm("matter.read")
	switch {
	case k.role(turn):
		return []string{turn}
	case IsPost(turn):
		return k.rights.CarriedBy(turn)
	case turn == "units":
		right = authz.Perm("matter.respond")
	case !slices.Contains(PartyRoles, turn):
		return nil
	}
	for _, r := range k.rights.Known() {
		reach := k.rights.Table(r.Code)[right]
		if reach != authz.None && (turn != "units" || !reach.Has(authz.Tenant)) { // who has it for the whole committee is of no unit
			roles = append(roles, r.Code)
		}
	}
	return roles
}
