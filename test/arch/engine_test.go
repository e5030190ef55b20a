package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// nouns are what matters are, as Go names them.
var nouns = []string{"Proposal", "Cohort", "Opinion", "Ballot", "Forward"}

// The engine knows no noun: what a kind of matter is, its package declares.
func TestTheEngineKnowsNoNoun(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "flow", "*.go"))
	if err != nil || len(files) < 20 {
		t.Fatal(err, len(files))
	}
	fset := token.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				for _, noun := range nouns {
					if strings.Contains(id.Name, noun) {
						t.Errorf("%s: %s", fset.Position(id.Pos()), id.Name)
					}
				}
			}
			return true
		})
	}
}
