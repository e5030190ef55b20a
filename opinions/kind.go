package opinions

import "github.com/bihuan/bihuan/flow"

// Kind is the matters' kind and the process's code.
const Kind = "opinion"

// Declaration is what a 社情民意 is. Nobody else reads all of them, so what has no
// editor is left to who can name one. Any process may open one: it is nothing
// but its title and what came before it.
var Declaration = &flow.Kind{
	Code: Kind, Title: "社情民意",
	Attaching: []string{"opinion.accept"},
	Turns:     map[string]flow.Turn{"editor": {Roles: []string{"info_editor"}}},
}

// Register makes the kind known; its process needs no rule but
// the general ones.
func Register(s *flow.Rules) { s.Kind(Declaration) }
