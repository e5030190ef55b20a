package graph

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/internal/errs"
)

// paged refuses a list inside an object that is not asked for by pages. The
// lists of Query have a default and a cap (page); those inside an object are
// read by generated code, which has neither, so first or last is required.
func paged(set ast.SelectionSet, vars map[string]any) error {
	for _, s := range set {
		var err error
		switch s := s.(type) {
		case *ast.Field:
			if strings.HasSuffix(s.Definition.Type.Name(), "Connection") && s.ObjectDefinition.Name != "Query" && !bounded(s, vars) {
				return errs.New(errs.Invalid, "“%s”须给出 first 或 last，在 1 到 %d 之间", s.Name, MaxPage).At(s.Name)
			}
			err = paged(s.SelectionSet, vars)
		case *ast.InlineFragment:
			err = paged(s.SelectionSet, vars)
		case *ast.FragmentSpread:
			err = paged(s.Definition.SelectionSet, vars)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bounded reports whether exactly one of first and last is given, within the
// size of a page.
func bounded(f *ast.Field, vars map[string]any) bool {
	given := 0
	for _, name := range []string{"first", "last"} {
		a := f.Arguments.ForName(name)
		if a == nil || a.Value.Kind == ast.NullValue {
			continue
		}
		var n int64
		switch v := a.Value; v.Kind {
		case ast.Variable:
			switch x := vars[v.Raw].(type) {
			case nil:
				continue
			case int64:
				n = x
			case int:
				n = int64(x)
			case json.Number:
				n, _ = x.Int64()
			}
		default:
			n, _ = strconv.ParseInt(v.Raw, 10, 64)
		}
		if n < 1 || n > MaxPage {
			return false
		}
		given++
	}
	return given == 1
}
