package graph_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maker makes values for the types of the schema. One leaf, the target, gets a
// value of its own.
type maker struct {
	schema *ast.Schema
	target string // path of the leaf, such as input.unitIds
	value  any
	rest   func(path string, typ *ast.Type) any // scalars elsewhere
	sparse bool                                 // leaves out what is optional and not the target
}

// make builds a value; nil for an optional one that nothing is known for.
func (m maker) make(path string, typ *ast.Type) any {
	if typ.Elem != nil {
		if m.sparse && !typ.NonNull && !strings.HasPrefix(m.target+".", path+".") {
			return nil
		}
		if v := m.make(path, typ.Elem); v != nil {
			return []any{v}
		}
		return nil
	}
	if path == m.target {
		return m.value
	}
	def := m.schema.Types[typ.NamedType]
	if m.sparse && !typ.NonNull && !strings.HasPrefix(m.target, path+".") {
		return nil
	}
	switch {
	case def.Kind == ast.InputObject:
		out := input{}
		for _, f := range def.Fields {
			if (f.Name == "expectedVersion" || f.Name == "idempotencyKey") && path+"."+f.Name != m.target {
				continue
			}
			if v := m.make(path+"."+f.Name, f.Type); v != nil {
				out[f.Name] = v
			}
		}
		return out
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	}
	return m.rest(path, typ)
}

// leaves are the paths of all places of a scalar type in a type.
func leaves(schema *ast.Schema, path string, typ *ast.Type, scalar string) (out []string) {
	def := schema.Types[typ.Name()]
	if def.Name == scalar {
		return []string{path}
	}
	if def.Kind == ast.InputObject {
		for _, f := range def.Fields {
			out = append(out, leaves(schema, path+"."+f.Name, f.Type, scalar)...)
		}
	}
	return out
}

// words are values that get far: the processes ask for them by name. What is
// not listed gets a text that is long enough for every field.
var words = map[string]any{
	"mode": "面谈", "stage": "办前", "class": "A", "level": "提醒", "field": "title", "attitude": "SATISFIED", "result": "SATISFIED", "reasonCode": "PERSONAL",
	"phone": "13000000002", "role": "member", "action": "addDirection", "form": input{"text": "方向：产业发展", "source": "党政交题"}, "settings": input{"bodyLimit": 1200},
	"login": "somebody-new", "ordinal": 12, "year": 2025, "handleYear": 2024, "first": 100, "last": nil, "opensOn": "2024-12-28", "startsOn": "2027-01-01", "endsOn": "2031-01-01",
	"from": nil, "to": nil, "channel": nil, "docWord": nil,
	"figure": "received", "code": "talks", "source": "群众征题", "processKind": "neighbours", "type": "区域型", "name": "yishihui", "depth": 3,
}

// word is a value for a leaf that is no id.
func word(path string, typ *ast.Type) any {
	name := path[strings.LastIndex(path, ".")+1:]
	_, object := words[name].(input)
	if v, ok := words[name]; ok && (v != nil || !typ.NonNull) && object == (typ.NamedType == "JSON") {
		return v
	}
	switch typ.NamedType {
	case "String":
		return "写得足够长的一段文字"
	case "Int":
		return 5
	case "Boolean":
		return true
	case "Date":
		return "2024-12-27"
	case "Time":
		return "2024-12-28T12:00:00+08:00"
	case "JSON":
		return input{}
	}
	return nil
}

// operation writes a query or mutation of one root field, once for each list
// of arguments, under the aliases a0, a1 …
func (w *world) operation(kind string, f *ast.FieldDefinition, depth int, args ...input) (string, map[string]any) {
	vars := map[string]any{}
	var declared, calls []string
	for i, values := range args {
		var given []string
		for _, name := range slices.Sorted(maps.Keys(values)) {
			v := fmt.Sprintf("%s%d", name, i)
			vars[v] = values[name]
			declared = append(declared, fmt.Sprintf("$%s: %s", v, f.Arguments.ForName(name).Type))
			given = append(given, fmt.Sprintf("%s: $%s", name, v))
		}
		call := fmt.Sprintf("a%d: %s", i, f.Name)
		if len(given) > 0 {
			call += "(" + strings.Join(given, ", ") + ")"
		}
		if t := w.schema.Types[f.Type.Name()]; !t.IsLeafType() {
			call += " " + w.selection(t.Name, depth)
		}
		calls = append(calls, call)
	}
	head := kind
	if len(declared) > 0 {
		head += "(" + strings.Join(declared, ", ") + ")"
	}
	return head + " { " + strings.Join(calls, "\n") + " }", vars
}

// arguments are a field's, with a target set.
func (w *world) arguments(f *ast.FieldDefinition, m maker) input {
	out := input{}
	for _, a := range f.Arguments {
		if v := m.make(a.Name, a.Type); v != nil {
			out[a.Name] = v
		}
	}
	return out
}

func (w *world) paths(f *ast.FieldDefinition, scalar string) (out []string) {
	for _, a := range f.Arguments {
		out = append(out, leaves(w.schema, a.Name, a.Type, scalar)...)
	}
	return out
}
