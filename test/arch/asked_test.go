package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// narrowed are the parts of which somebody may see fewer than the matter has: a
// predicate over such an edge asks for those that he sees.
var narrowed = regexp.MustCompile(`^Has(Assignments|Items|Parties|Records|Replies|Feedback|Events|Attendances|Steps|Timers|Attachments|LinksIn|LinksOut)(With)?$`)

// ownRows are functions whose predicates ask for rows of the viewer himself, or
// of his units, and say so.
var ownRows = map[string]bool{"mine": true, "mineByOwnProcesses": true}

// S12: a list that is filtered by rows which the viewer may not see tells him
// that they are there. Whatever answers a viewer asks for parts through
// authz.SeenPart.
func TestAFilterOverPartsAsksForThoseThatAreSeen(t *testing.T) {
	asked := 0
	for _, dir := range []string{"graph", "loop/overview", "platforms", "roster"} {
		each(t, dir, func(file string, f *ast.FuncDecl) {
			if ownRows[f.Name.Name] {
				return
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				name, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !narrowed.MatchString(name.Sel.Name) {
					return true
				}
				asked++
				if !mentions(call, "SeenPart") {
					t.Errorf("%s: %s asks %s of all rows; put authz.SeenPart around what it asks", file, f.Name.Name, name.Sel.Name)
				}
				return true
			})
		})
	}
	if asked == 0 {
		t.Error("no filter over parts was found: the test looks at the wrong place")
	}
}

// each visits the functions of a folder's written Go files, tests left out.
func each(t *testing.T, dir string, visit func(file string, f *ast.FuncDecl)) {
	t.Helper()
	root := filepath.Join("..", "..", dir)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "generated" || d.Name() == "model" || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				visit(strings.TrimPrefix(path, "../../"), f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// mentions reports whether a name stands somewhere in a node.
func mentions(n ast.Node, name string) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == name {
			found = true
		}
		return !found
	})
	return found
}
