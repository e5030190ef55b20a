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
				return k.rights.Table(role)[a.Right] != authz.None && (len(a.By) == 0 || slices.Contains(a.By, role))
			})
		})
		if len(roles) > 0 && !acts {
			k.fault(name, s.Code, "轮到%s，但这里没有他能做的动作，待办会落空", orElse(k.d.Turns[turn], turn))
		}
	}
}

// meant are the roles through which a turn of a committee's own kind can act.
func (k *checker) meant(turn string) (roles []string) {
	right := authz.Perm("matter.read")
	switch {
	case k.role(turn):
		return []string{turn}
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
