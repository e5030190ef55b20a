package endpoint

import (
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

var named = regexp.MustCompile(`权限 ([a-z_]+\.[a-z_]+)`)

// TestARefusedRootFieldNamesItsPermission: what a member without office is
// refused says in its description what opens it.
func TestARefusedRootFieldNamesItsPermission(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	known, refused := map[string]bool{}, 0
	for _, p := range e.resolver.Directory.Policy().Permissions() {
		known[p.String()] = true
	}
	for _, f := range e.schema().Schema().Query.Fields {
		needs := false
		for _, a := range f.Arguments {
			needs = needs || a.Type.NonNull && a.DefaultValue == nil
		}
		if needs || strings.HasPrefix(f.Name, "__") {
			continue
		}
		q := "{ " + f.Name + " }"
		if def := e.schema().Schema().Types[f.Type.Name()]; def.Kind != ast.Scalar && def.Kind != ast.Enum {
			q = "{ " + f.Name + " { __typename } }"
		}
		r := e.ask(t, q, nil)
		if len(r.body.Errors) == 0 || r.body.Errors[0].Extensions["code"] != "NOT_ALLOWED" {
			continue
		}
		refused++
		if m := named.FindStringSubmatch(f.Description); m == nil || !known[m[1]] {
			t.Errorf("%s is refused, and %q names no permission", f.Name, f.Description)
		}
	}
	if refused == 0 {
		t.Error("nothing is refused to a member")
	}
}
