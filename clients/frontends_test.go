package clients_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/bihuan/bihuan/clients"
	"github.com/bihuan/bihuan/graph/endpoint"
)

var fence = regexp.MustCompile("(?s)```graphql\n(.*?)```")

// operations are those of a manual, each with the fragments that it uses,
// wherever in the manual they stand.
func operations(t *testing.T, manual string) map[string]string {
	t.Helper()
	var all ast.QueryDocument
	for _, m := range fence.FindAllStringSubmatch(manual, -1) {
		d, err := parser.ParseQuery(&ast.Source{Input: m[1]})
		if err != nil {
			t.Errorf("%v in\n%s", err, m[1])
			continue
		}
		all.Operations, all.Fragments = append(all.Operations, d.Operations...), append(all.Fragments, d.Fragments...)
	}
	out := map[string]string{}
	for i, op := range all.Operations {
		one := &ast.QueryDocument{Operations: ast.OperationList{op}}
		take(&all, one, op.SelectionSet)
		var b strings.Builder
		formatter.NewFormatter(&b).FormatQueryDocument(one)
		out[fmt.Sprintf("%d %s", i, op.Name)] = b.String()
	}
	return out
}

func take(all, one *ast.QueryDocument, set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			take(all, one, s.SelectionSet)
		case *ast.InlineFragment:
			take(all, one, s.SelectionSet)
		case *ast.FragmentSpread:
			if f := all.Fragments.ForName(s.Name); f != nil && one.Fragments.ForName(s.Name) == nil {
				one.Fragments = append(one.Fragments, f)
				take(all, one, f.SelectionSet)
			}
		}
	}
}

// A document that a manual shows is one that the product answers: it is of the
// schema, and within the limits.
func TestWhatTheManualsShowIsAccepted(t *testing.T) {
	t.Parallel()
	var printed strings.Builder
	if err := clients.Frontends(&printed); err != nil {
		t.Fatal(err)
	}
	manuals := map[string]string{"bihuan frontends": printed.String()}
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		manuals[f] = string(b)
	}
	if len(operations(t, manuals["bihuan frontends"])) < 15 {
		t.Error("the manual shows hardly any document")
	}
	o := endpoint.Defaults()
	for name, text := range manuals {
		for op, query := range operations(t, text) {
			if err := (endpoint.Documents{op: query}).Check(o.Schema, o.Limits); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Every document of the package has its place in the manual.
func TestTheManualShowsEveryDocument(t *testing.T) {
	t.Parallel()
	var printed strings.Builder
	if err := clients.Frontends(&printed); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("ts/documents/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(printed.String(), "```graphql\n"+string(b)+"```") {
			t.Errorf("%s is not shown", f)
		}
	}
}
