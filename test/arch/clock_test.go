package arch

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// machineClock are the folders that may ask the machine what time it is.
// Everything else asks internal/clock, which tests and demonstrations move.
var machineClock = map[string]string{
	"internal/clock":      "is the one source",
	"internal/httpd":      "measures how long an answer took, and sets deadlines of sockets",
	"internal/dbtest":     "looks at the age of a server for tests",
	"internal/pgembed":    "counts how often a server was started again",
	"tenants/tenantstest": "gives rows of tests any time",
	"test/bench":          "measures",
}

// askingTheMachine is an expression of SQL that PostgreSQL answers by its own
// clock.
var askingTheMachine = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|\bcurrent_(date|timestamp|time)\b|\blocaltime(stamp)?\b`)

// left is what a migration leaves behind: functions and defaults.
var left = regexp.MustCompile(`(?is)CREATE (?:OR REPLACE )?FUNCTION.*?\$\$.*?\$\$|\bDEFAULT\s+\S+`)

// C7: the present has one source, in Go and in SQL.
func TestOnlyTheClockAsksTheMachine(t *testing.T) {
	sources(t, func(path string, _ *token.FileSet, file *ast.File) {
		dir := filepath.Dir(path)
		excused := false
		for allowed := range machineClock {
			excused = excused || dir == allowed || strings.HasPrefix(dir, allowed+"/")
		}
		if excused {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Since" || n.Sel.Name == "Until") {
					t.Errorf("%s uses time.%s; ask internal/clock", path, n.Sel.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.STRING && strings.ContainsAny(n.Value, " ") && askingTheMachine.MatchString(n.Value) {
					t.Errorf("%s lets PostgreSQL tell the time: %s", path, askingTheMachine.FindString(n.Value))
				}
			}
			return true
		})
	})
	migrations, err := filepath.Glob("../../ent/migrations/*.sql")
	if err != nil || len(migrations) == 0 {
		t.Fatal(len(migrations), err)
	}
	for _, path := range migrations {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// What a migration fills in once is dated by the day of the migration; what
		// it leaves behind, functions and defaults, is asked by the product.
		for _, lasting := range left.FindAllString(string(b), -1) {
			if found := askingTheMachine.FindString(lasting); found != "" {
				t.Errorf("%s lets PostgreSQL tell the time: %s", path, found)
			}
		}
	}
}
