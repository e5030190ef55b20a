package graph

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/generated"
)

// What a form can pick is listed by a field that the API has, and what is
// filled in is one of the candidate's fields.
func TestWhatCanBePickedIsListed(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, what := range process.Picks {
		pick, ok := candidates[what]
		if !ok {
			t.Errorf("%s: not listed anywhere", what)
			continue
		}
		from, value := pick.From, pick.Value
		of, name := schema.Query, from
		if rest, ok := strings.CutPrefix(from, "Matter."); ok {
			of, name = schema.Types["Matter"], rest
		}
		field := of.Fields.ForName(name)
		if field == nil {
			t.Errorf("%s: there is no field %s", what, from)
			continue
		}
		listed := schema.Types[field.Type.Name()]
		if edges := listed.Fields.ForName("edges"); edges != nil {
			listed = schema.Types[schema.Types[edges.Type.Name()].Fields.ForName("node").Type.Name()]
		}
		if listed.Kind != ast.Object || listed.Fields.ForName(value) == nil {
			t.Errorf("%s: %s has no %s", what, listed.Name, value)
		}
	}
}
