package graph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/graph/generated"
)

// What the generator reads of the schema, which Go type is meant and which field
// has a resolver, is no business of those who read it.
func init() {
	s := generated.NewExecutableSchema(generated.Config{}).Schema()
	for name := range s.Directives {
		if ofGo(name) {
			delete(s.Directives, name)
		}
	}
	for _, d := range s.Types {
		d.Directives = public(d.Directives)
		for _, f := range d.Fields {
			f.Directives = public(f.Directives)
		}
	}
}

func ofGo(directive string) bool { return strings.HasPrefix(directive, "go") }

func public(list ast.DirectiveList) ast.DirectiveList {
	return slices.DeleteFunc(list, func(d *ast.Directive) bool { return ofGo(d.Name) })
}
