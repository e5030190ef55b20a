package graph

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"
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

// Page sizes: what a list gives when it is not asked, and at most.
const (
	defaultPage = 20
	MaxPage     = 100
)

// page defaults and bounds a connection's size.
func page(first, last *int) (*int, *int, error) {
	switch {
	case first == nil && last == nil:
		n := defaultPage
		return &n, nil, nil
	case first != nil && last != nil:
		return nil, nil, errs.New(errs.Invalid, "first 和 last 只能给一个").At("first")
	}
	for name, n := range map[string]*int{"first": first, "last": last} {
		if n != nil && (*n < 1 || *n > MaxPage) {
			return nil, nil, errs.New(errs.Invalid, "%s 须在 1 到 %d 之间", name, MaxPage).At(name)
		}
	}
	return first, last, nil
}

// belong refuses cursors of another list: by what a list is ordered is a time,
// or a text. Where the row has no such value, the cursor has none.
func belong(byTime bool, cursors ...*entgql.Cursor[uuid.UUID]) error {
	for _, c := range cursors {
		if c == nil || c.Value == nil {
			continue
		}
		_, isTime := c.Value.(time.Time)
		text, isText := c.Value.(string)
		if isTime != byTime || isText == byTime || strings.ContainsRune(text, 0) || !utf8.ValidString(text) {
			return errForeignCursor()
		}
	}
	return nil
}
