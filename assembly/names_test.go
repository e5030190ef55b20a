package assembly_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// speaking are the folders whose code may name states and actions.
var speaking = []string{"flow", "proposals", "opinions", "loop", "processes", "platforms", "graph", "assembly"}

// What Go code compares a state or an action with is declared by a kind, so that
// publication can refuse a version that lacks it: a code that a committee renamed
// would go unnoticed.
func TestWhatGoNamesIsDeclared(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, k := range assembly.Kinds() {
		for _, n := range k.Names {
			declared = append(declared, slices.Concat(n.States, n.Actions)...)
		}
	}
	named := map[string]string{}
	for _, dir := range speaking {
		collect(t, filepath.Join("..", dir), named)
	}
	for code, place := range named {
		if !slices.Contains(declared, code) {
			t.Errorf("%s names %s: no kind declares it in its Names", place, code)
		}
	}
	for _, code := range declared {
		if named[code] == "" {
			t.Errorf("%s is declared, and no code names it", code)
		}
	}
	if len(named) < 20 {
		t.Error("the test finds little:", named)
	}
}

// A version of a shipped kind that lacks what Go names is not published.
func TestAVersionThatLacksWhatGoNamesIsRefused(t *testing.T) {
	t.Parallel()
	for _, source := range templates.Processes() {
		whole, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		kind := assembly.Kinds()[slices.IndexFunc(assembly.Kinds(), func(k *flow.Kind) bool { return k.Code == whole.Kind })]
		for machine, names := range kind.Names {
			for _, code := range slices.Concat(names.States, names.Actions) {
				other := regexp.MustCompile(`\b`+code+`\b`).ReplaceAllString(string(source), code+"_2")
				d, err := process.Parse([]byte(other))
				if err != nil {
					t.Fatal(err)
				}
				found := assembly.Vocabulary().Check(d, process.DefaultPolicy(), func(authz.Permission) bool { return true })
				if !slices.ContainsFunc(found, func(f process.Finding) bool {
					return f.Machine == machine && f.Place == code && f.Level == process.Error
				}) {
					t.Errorf("%s without %s can be published: %v", whole.Kind, code, found)
				}
			}
		}
	}
}

// source is the constants and variables of one package that hold texts.
type source struct {
	fset  *token.FileSet
	files []*ast.File
	texts map[string][]string // by the name of a constant or variable
}

// collect notes each state and action that the code below a folder names, with
// the place.
func collect(t *testing.T, root string, named map[string]string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if slices.Contains([]string{"testdata", "generated", "model"}, d.Name()) {
			return filepath.SkipDir
		}
		s := &source{fset: token.NewFileSet(), texts: map[string][]string{}}
		entries, err := os.ReadDir(path)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") && e.Name() != "kind.go" {
				f, err := parser.ParseFile(s.fset, filepath.Join(path, e.Name()), nil, 0)
				if err != nil {
					return err
				}
				s.files = append(s.files, f)
			}
		}
		s.read()
		for _, f := range s.files {
			ast.Inspect(f, func(n ast.Node) bool { s.visit(n, named); return true })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// read keeps the package's texts: constants, lists, and the keys of tables.
func (s *source) read() {
	for range 2 { // a list may be of constants that come later
		for _, f := range s.files {
			for _, d := range f.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok {
					continue
				}
				for _, spec := range g.Specs {
					v, ok := spec.(*ast.ValueSpec)
					ok = ok && v.Type == nil // with a type of its own it is no code of a process
					for i := 0; ok && i < len(v.Names) && i < len(v.Values); i++ {
						s.texts[v.Names[i].Name] = s.text(v.Values[i])
					}
				}
			}
		}
	}
}

// text is what an expression can be: a literal, a constant, a list of such, the
// keys of a table.
func (s *source) text(e ast.Expr) (out []string) {
	switch x := e.(type) {
	case *ast.BasicLit:
		if v, err := strconv.Unquote(x.Value); err == nil && x.Kind == token.STRING {
			return []string{v}
		}
	case *ast.Ident:
		return s.texts[x.Name]
	case *ast.CompositeLit:
		for _, elt := range x.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				elt = kv.Key
			}
			out = append(out, s.text(elt)...)
		}
	}
	return out
}

// asks reports whether an expression is the state or the action's code of
// something: x.State, r.Action.Code, or a state that was handed over.
func asks(e ast.Expr) bool {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name == "state"
	}
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if sel.Sel.Name == "Code" {
		of, ok := sel.X.(*ast.SelectorExpr)
		return ok && of.Sel.Name == "Action"
	}
	return sel.Sel.Name == "State"
}

// setters are calls that name a state or an action in an argument.
var setters = []string{"State", "StateIn", "StateNEQ", "StateNotIn", "StateEQ", "SetState", "CloseShare", "Action"}

// carried are the actions in a table of steps: what an envelope brings about.
func carried(table *ast.MapType, rows []ast.Expr) (out []ast.Expr) {
	if of, ok := table.Value.(*ast.Ident); !ok || of.Name != "step" {
		return nil
	}
	for _, row := range rows {
		out = append(out, row.(*ast.KeyValueExpr).Value.(*ast.CompositeLit).Elts[0])
	}
	return out
}

func (s *source) visit(n ast.Node, named map[string]string) {
	note := func(es ...ast.Expr) {
		for _, e := range es {
			for _, code := range s.text(e) {
				if code != "" {
					named[code] = s.fset.Position(e.Pos()).String()
				}
			}
		}
	}
	switch x := n.(type) {
	case *ast.BinaryExpr:
		if x.Op != token.EQL && x.Op != token.NEQ {
			return
		}
		if asks(x.X) {
			note(x.Y)
		} else if asks(x.Y) {
			note(x.X)
		}
	case *ast.SwitchStmt:
		if x.Tag == nil || !asks(x.Tag) {
			return
		}
		for _, c := range x.Body.List {
			note(c.(*ast.CaseClause).List...)
		}
	case *ast.CompositeLit:
		if table, ok := x.Type.(*ast.MapType); ok {
			note(carried(table, x.Elts)...)
			return
		}
		if typ, ok := x.Type.(*ast.SelectorExpr); !ok || typ.Sel.Name != "Command" {
			return
		}
		for _, elt := range x.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Action" {
				note(kv.Value)
			}
		}
	case *ast.CallExpr:
		sel, ok := x.Fun.(*ast.SelectorExpr)
		switch {
		case !ok:
		case sel.Sel.Name == "Contains" && len(x.Args) == 2 && asks(x.Args[1]):
			note(x.Args[0])
		case slices.Contains(setters, sel.Sel.Name):
			note(x.Args...)
		}
	}
}
