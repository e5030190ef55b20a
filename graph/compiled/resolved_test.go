package compiled

import (
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/generated"
)

// A field that a resolver answers is none of ent's: where ent takes it for one of
// its own, it reads that column alone, and the resolver decides with what it was
// not given. A resident's name was once shown in full to who did not also ask of
// what kind he is.
func TestNoResolverAnswersAStoredField(t *testing.T) {
	r := &Reads{}
	if err := r.Validate(generated.NewExecutableSchema(generated.Config{})); err != nil {
		t.Fatal(err)
	}
	for name, e := range gen.Entities {
		for field := range e.Fields {
			if r.resolved[name+"."+fold(field)] {
				t.Errorf("%s.%s is stored and has a resolver: take it out of ent's type (entgql.Skip) and declare it in graph/schema", name, field)
			}
		}
	}
}
