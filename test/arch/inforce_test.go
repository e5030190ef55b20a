package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sources calls fn for every written Go file that is not a test.
func sources(t *testing.T, fn func(path string, set *token.FileSet, f *ast.File)) {
	t.Helper()
	files(t, false, fn)
}

// files are the written ones of the program, or those of its tests.
func files(t *testing.T, tests bool, fn func(path string, set *token.FileSet, f *ast.File)) {
	t.Helper()
	const root = "../.."
	seen := 0
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, p)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || rel == "ent/gen" || rel == "graph/generated" || rel == "graph/model" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") != tests:
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, p, nil, 0)
		if err == nil {
			seen++
			fn(filepath.ToSlash(rel), set, f)
		}
		return err
	})
	if err != nil || seen < 200 {
		t.Fatalf("%d files, %v", seen, err)
	}
}

const daysOf = `(ActiveFrom|ActiveTo|SeatFrom|SeatTo|ValidFrom|ValidTo)`

var (
	askedOfRows  = regexp.MustCompile(`^` + daysOf + `(EQ|NEQ|GT|GTE|LT|LTE|IsNil|NotNil)$`)
	askedOfTerms = regexp.MustCompile(`^(StartsOn|EndsOn)(EQ|NEQ|GT|GTE|LT|LTE|IsNil|NotNil)$`)
	daysField    = regexp.MustCompile(`^` + daysOf + `$`)
	daysColumn   = regexp.MustCompile(`\b(active|seat|valid)_(from|to)\b`)
	ofGrants     = regexp.MustCompile(`(?s)\bgrants\b.*\brevoked_at\b|\brevoked_at\b.*\bgrants\b`)
	ofMembers    = regexp.MustCompile(`(?s)\bmemberships\b.*\bstatus = 'ACTIVE'`)
)

// TestWhatIsInForceIsAskedInOnePlace finds the next copy of the sentence by
// which grants, seats, memberships, units and terms are in force on a day (R13:
// eight of fourteen copies had forgotten that a period begins). It stands in
// authz/inforce.go and ent/migrations/00022_in_force.sql. The roster writes
// these days, and compares them with each other; of rows it asks as all do, but
// for what was in force at the end of a day that has passed, which is another
// question (roster/history.go; a replay of history is its test).
func TestWhatIsInForceIsAskedInOnePlace(t *testing.T) {
	sources(t, func(path string, set *token.FileSet, f *ast.File) {
		if path == "authz/inforce.go" || path == "roster/history.go" || strings.HasPrefix(path, "ent/schema/") {
			return
		}
		bad := func(n ast.Node, what string) {
			t.Errorf("%s:%d: %s; ask authz (inforce.go), or in SQL in_force(row, day)", path, set.Position(n.Pos()).Line, what)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.BasicLit:
				if x.Kind == token.STRING && (daysColumn.MatchString(x.Value) || ofGrants.MatchString(x.Value) || ofMembers.MatchString(x.Value)) {
					bad(x, "SQL decides by itself what is in force")
				}
			case *ast.SelectorExpr:
				name, of := x.Sel.Name, text(x.X)
				switch {
				case askedOfRows.MatchString(name), of == "term" && askedOfTerms.MatchString(name), of == "grant" && strings.HasPrefix(name, "RevokedAt"),
					of == "membership" && name == "StatusACTIVE" && !strings.HasPrefix(path, "roster/"):
					bad(x, of+"."+name+" decides by itself what is in force")
				case (name == "Before" || name == "After" || name == "Equal") && !strings.HasPrefix(path, "roster/"):
					if in, ok := x.X.(*ast.SelectorExpr); ok && daysField.MatchString(in.Sel.Name) {
						bad(x, in.Sel.Name+"."+name+" decides by itself what is in force")
					}
				}
			}
			return true
		})
	})
}

func text(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// TestEveryResolverIsWritten finds what the generator left to be written: it
// compiles, and panics when it is asked.
func TestEveryResolverIsWritten(t *testing.T) {
	sources(t, func(path string, set *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			if x, ok := n.(*ast.BasicLit); ok && strings.HasSuffix(path, ".resolvers.go") && strings.Contains(x.Value, "not implemented") {
				t.Errorf("%s:%d: %s", path, set.Position(x.Pos()).Line, x.Value)
			}
			return true
		})
	})
}
