package graph

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/graph/generated"
)

// sdl is the schema, as it is served.
var sdl = generated.NewExecutableSchema(generated.Config{}).Schema()

// What the generator reads of the schema, which Go type is meant and which field
// has a resolver, is no business of those who read it.
func init() {
	for name := range sdl.Directives {
		if ofGo(name) {
			delete(sdl.Directives, name)
		}
	}
	for _, d := range sdl.Types {
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
