package graph_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/bihuan/bihuan/graph/generated"
)

// Whoever builds a screen reads the schema and asks nobody.
func TestTheSchemaSaysInChineseWhatEverythingIs(t *testing.T) {
	t.Parallel()
	s := generated.NewExecutableSchema(generated.Config{}).Schema()
	var lacking []string
	need := func(what, says string) {
		if !strings.ContainsFunc(says, func(r rune) bool { return r >= 0x4e00 }) || strings.Contains(says, "is enum for") {
			lacking = append(lacking, what)
		}
	}
	for _, d := range s.Types {
		if d.BuiltIn {
			continue
		}
		need(d.Name, d.Description)
		for _, v := range d.EnumValues {
			need(d.Name+"."+v.Name, v.Description)
		}
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			need(d.Name+"."+f.Name, f.Description)
			for _, a := range f.Arguments {
				need(d.Name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
	}
	if len(lacking) > 0 {
		t.Errorf("%d have no description in Chinese: %s", len(lacking), strings.Join(lacking, ", "))
	}
	t.Run("and nothing of the program's own", func(t *testing.T) {
		var text bytes.Buffer
		formatter.NewFormatter(&text).FormatSchema(s)
		for _, own := range []string{"github.com/", "goModel", "goField"} {
			if strings.Contains(text.String(), own) {
				t.Errorf("the schema speaks of %s", own)
			}
		}
	})
	t.Run("values of one enum are told apart", func(t *testing.T) {
		for _, d := range s.Types {
			if d.Kind != ast.Enum || d.BuiltIn {
				continue
			}
			by := map[string]string{}
			for _, v := range d.EnumValues {
				if other := by[v.Description]; other != "" {
					t.Errorf("%s: %s and %s are both called %s", d.Name, other, v.Name, v.Description)
				}
				by[v.Description] = v.Name
			}
		}
	})
}
