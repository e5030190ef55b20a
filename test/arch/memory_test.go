package arch

import (
	"go/ast"
	"go/token"
	"testing"
)

// C6: what a process remembers has a bound. A sync.Map has none, and nothing of
// this product needs one.
func TestNothingIsRememberedWithoutBound(t *testing.T) {
	sources(t, func(path string, _ *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Map" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "sync" {
					t.Errorf("%s keeps things in a sync.Map; use internal/memory, which has a bound", path)
				}
			}
			return true
		})
	})
}
