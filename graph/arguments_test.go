package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// odd are values that no scalar of the name can be read from, and what is said of them.
var odd = map[string]struct {
	value any
	says  string
}{
	"ID":     {"01890a5d-ac96-774b-bcce-b302099a805", "不是有效的编号，请用查询得到的编号"},
	"Date":   {"2025-02-30", "日期格式应为 2024-12-27"},
	"Time":   {"2025-02-01", "时刻格式应为 2024-12-27T09:00:00+08:00"},
	"Cursor": {"zzz", "游标不是这个列表给出的，请从第一页重新开始"},
	"JSON":   {[]any{}, "应为 JSON 对象"},
	"String": {"a\x00b", "应为文字，且没有控制字符"},
}

// What cannot be read is one fault with one code, one sentence and one path,
// whichever argument it is written in and however deep: docs/adr/0040.
func TestWhatCannotBeReadIsAFaultOfTheInputEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	tried := map[string]int{}
	each := func(kind string, fields ast.FieldList, look func(f *ast.FieldDefinition, path, says string, a answer)) {
		for _, f := range fields {
			for scalar, x := range odd {
				for _, path := range w.paths(f, scalar) {
					q, vars := w.operation(kind, f, 1, w.needed(f, path, x.value))
					ways := []answer{c.ask("管理员甲", q, vars)}
					if scalar != "String" { // the document itself holds no such character
						ways = append(ways, c.ask("管理员甲", literal(t, w, kind, f, w.needed(f, path, x.value)), nil))
					}
					for _, a := range ways {
						look(f, path, x.says, a)
						tried[kind+" "+scalar]++
					}
				}
			}
		}
	}
	t.Run("of a query an error of its field, and the argument is named", func(t *testing.T) {
		each("query", w.schema.Query.Fields, func(f *ast.FieldDefinition, path, says string, a answer) {
			if len(a.Errors) != 1 || a.code() != "INVALID_INPUT" || a.Errors[0].Message != says || fmt.Sprint(a.Errors[0].Path) != "[a0]" ||
				dotted(a.Errors[0].Extensions["input"]) != path {
				t.Errorf("%s(%s): %s", f.Name, path, a.text)
			}
		})
	})
	t.Run("of a mutation one of its userErrors, and the field of its input is named", func(t *testing.T) {
		each("mutation", w.schema.Mutation.Fields, func(f *ast.FieldDefinition, path, says string, a answer) {
			if f.Name == "castBallot" { // nobody sends it as himself
				return
			}
			list, _ := dig(a.Data, "a0", "userErrors").([]any)
			if len(a.Errors) > 0 || len(list) != 1 || dig(list, 0, "code") != "INVALID_INPUT" || dig(list, 0, "message") != says ||
				dotted(dig(list, 0, "path")) != strings.TrimPrefix(path, "input.") {
				t.Errorf("%s(%s): %s", f.Name, path, a.text)
			}
		})
	})
	t.Run("several are told at once, in the order of the schema", func(t *testing.T) {
		a := c.ask("管理员甲", `mutation { openSitting(input: {termId: "x", ordinal: 1, prepOpensOn: "soon", opensOn: "2025-01-01", cutoffAt: "noon", closesOn: "2025-01-01"}) { ...P } }
			fragment P on SittingPayload { is: __typename sitting { id } userErrors { at: path ... on UserError { code } details } }`, nil)
		want := `{"openSitting":{"is":"SittingPayload","sitting":null,"userErrors":[{"at":["termId"],"code":"INVALID_INPUT","details":null},{"at":["prepOpensOn"],"code":"INVALID_INPUT","details":null},{"at":["cutoffAt"],"code":"INVALID_INPUT","details":null}]}}`
		var got struct{ Data json.RawMessage }
		must(t, json.Unmarshal([]byte(a.text), &got))
		if string(got.Data) != want {
			t.Errorf("%s", a.text)
		}
	})
	t.Run("of a field below the root, too", func(t *testing.T) {
		a := c.ask("管理员甲", `{ terms { id } units(first: 1) { edges { node { id ... on Unit { children(first: 1, after: "zzz") { totalCount } } } } } }`, nil)
		if a.code() != "INVALID_INPUT" || fmt.Sprint(a.Errors[0].Path, a.Errors[0].Extensions["input"]) != "[units] [edges node children after]" || a.Data["terms"] == nil {
			t.Error(a.text)
		}
	})
	t.Run("and nothing is done, and nothing recorded", func(t *testing.T) {
		before := c.records()
		a := c.ask("管理员甲", `mutation { a: setWorkday(input: {day: "2025-13-05", working: false, note: "校庆"}) { userErrors { path } } b: openTerm(input: {ordinal: 9, startsOn: "2030-01-01", endsOn: "x"}) { userErrors { path } } }`, nil)
		if len(a.Errors) > 0 || !slices.Equal(before, c.records()) {
			t.Error(a.text)
		}
	})
	if tried["query ID"] < 40 || tried["mutation ID"] < 300 || tried["mutation Date"] < 60 || tried["query Cursor"] < 40 {
		t.Error(tried)
	}
}

// dotted joins a path as a test writes it: a list's index is left out.
func dotted(path any) string {
	list, _ := path.([]any)
	var names []string
	for _, p := range list {
		if s := fmt.Sprint(p); s != "0" {
			names = append(names, s)
		}
	}
	return strings.Join(names, ".")
}

// literal writes an operation with its values in the document.
func literal(t *testing.T, w *world, kind string, f *ast.FieldDefinition, args input) string {
	t.Helper()
	var given []string
	for _, a := range f.Arguments {
		if v, ok := args[a.Name]; ok {
			given = append(given, a.Name+": "+w.written(t, a.Type, v))
		}
	}
	text := kind + " { a0: " + f.Name
	if len(given) > 0 {
		text += "(" + strings.Join(given, ", ") + ")"
	}
	if typ := w.schema.Types[f.Type.Name()]; !typ.IsLeafType() {
		text += " " + w.selection(typ.Name, 1)
	}
	return text + " }"
}

// written is a value as a document has it.
func (w *world) written(t *testing.T, typ *ast.Type, v any) string {
	t.Helper()
	if list, ok := v.([]any); ok {
		of := typ.Elem
		if of == nil {
			of = typ
		}
		var items []string
		for _, x := range list {
			items = append(items, w.written(t, of, x))
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	if m, ok := v.(input); ok {
		def := w.schema.Types[typ.Name()]
		var fields []string
		for name, x := range m {
			inner := &ast.Type{NamedType: "JSONValue"}
			if f := def.Fields.ForName(name); f != nil {
				inner = f.Type
			}
			fields = append(fields, name+": "+w.written(t, inner, x))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	if w.schema.Types[typ.Name()].Kind == ast.Enum {
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(v)
	must(t, err)
	return string(b)
}
