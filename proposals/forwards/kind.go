package forwards

import "github.com/bihuan/bihuan/flow"

// Kind is the process of a copy at the committee above.
const Kind = "forward"

// Declaration is what a copy is at the committee above.
var Declaration = &flow.Kind{
	Code: Kind, Title: "转来的提案", Sealed: true,
	Attaching: []string{"forward.handle"},
	Managing:  []string{"forward.handle"},
	Turns: map[string]flow.Turn{
		"clerk":    {Roles: []string{"proposal_clerk", "proposal_director"}},
		"director": {Roles: []string{"proposal_director"}},
	},
	Guardians: []string{"proposal_director", "secretary_general"},
}
