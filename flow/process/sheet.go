package process

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// Sheet is an action's form as one person meets it in one matter: the lists of
// the settings are filled in, what he must fill in because of who he is, is
// required, and what only another fills in is not there. Shown and judged by the
// same value, a form that was filled in as it was shown is accepted.
type Sheet struct {
	action *Action
	policy Policy
	stands func(relation string) bool
}

// Sheet is the action's form under a policy; stands says how who acts stands to
// the matter, nil where there is none yet.
func (a *Action) Sheet(p Policy, stands func(relation string) bool) Sheet {
	return Sheet{a, p, stands}
}

// Empty reports whether there is nothing to fill in.
func (s Sheet) Empty() bool { return s.action == nil || s.action.Form == nil }

// Fields are the form's fields in the definition's order, with the choices and
// needs of this matter. They are the caller's own.
func (s Sheet) Fields() []*Field {
	if s.Empty() {
		return nil
	}
	return s.own(s.action.fields)
}

// own are those of the fields that are for who acts.
func (s Sheet) own(of []*Field) []*Field {
	out := make([]*Field, 0, len(of))
	for _, f := range of {
		if !s.others(f) {
			out = append(out, s.filled(f))
		}
	}
	return out
}

// others reports whether the field is asked of somebody who stands to the matter
// as who acts does not. One that everybody must fill in is everybody's.
func (s Sheet) others(f *Field) bool {
	return !f.Required && f.Needed != nil && f.Needed.For != "" && s.stands != nil && !s.stands(f.Needed.For)
}

// filled is a field with what this matter says of it.
func (s Sheet) filled(f *Field) *Field {
	own := *f
	if own.List != "" {
		own.Choices = s.policy.List(own.List)
	}
	own.Required = own.Required || own.Needed != nil && own.Needed.For != "" && s.stands != nil && s.stands(own.Needed.For)
	if f.Item != nil {
		own.Item = s.filled(f.Item)
	}
	own.Fields = s.own(f.Fields)
	return &own
}

// Schema is the form as a JSON Schema of draft 2020-12 in the definition's order;
// nil where there is nothing to fill in. It has no keywords but the draft's own.
func (s Sheet) Schema() json.RawMessage {
	if s.Empty() {
		return nil
	}
	b, err := json.Marshal(formSchema(s.action, s.Fields()))
	if err != nil {
		panic(err) // it was read from a text and compiled
	}
	return b
}

// ordered is a JSON object that keeps the order of its keys.
type ordered []pair

type pair struct {
	key   string
	value any
}

// MarshalJSON writes the keys as they stand.
func (p ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range p {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(x.key)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(x.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func formSchema(a *Action, fields []*Field) ordered {
	out := ordered{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"type", "object"}, {"title", a.Label}}
	out = append(out, rest(a.Form)...)
	return append(out, objectSchema(a.Form, fields, true)...)
}

// written are the keywords that this file writes itself, and those that are the
// definition's and no JSON Schema's.
var written = []string{"$schema", "type", "title", "properties", "required", "items", "enum", "choices", "additionalProperties", "allOf", "day", "picks", "neededFor", "neededIf"}

// rest are the other keywords of a schema.
func rest(schema schemaMap) (out ordered) {
	for _, key := range sortedKeys(schema) {
		_, fields := schema[key].(schemaMap)
		if !slices.Contains(written, key) || key == "items" && !fields {
			out = append(out, pair{key, schema[key]})
		}
	}
	return out
}

// objectSchema is what an object has, what it must have, and that it has nothing
// else where closed or where the definition says so.
func objectSchema(schema schemaMap, fields []*Field, closed bool) (out ordered) {
	props, required := ordered{}, []string{}
	needs, _ := schema["allOf"].([]any)
	needs = slices.Clone(needs)
	for _, f := range fields {
		props = append(props, pair{f.Name, f.render()})
		if f.Required {
			required = append(required, f.Name)
		}
		if n := f.Needed; n != nil && n.Field != "" {
			then := ordered{{"required", []string{f.Name}}}
			if f.free() {
				then = append(then, pair{"properties", ordered{{f.Name, ordered{{"type", "string"}, {"minLength", 1}}}}})
			}
			needs = append(needs, ordered{
				{"if", ordered{{"properties", ordered{{n.Field, ordered{{"const", n.Is}}}}}, {"required", []string{n.Field}}}},
				{"then", then},
			})
		}
	}
	out = append(out, pair{"properties", props})
	if len(required) > 0 {
		out = append(out, pair{"required", required})
	}
	if len(needs) > 0 {
		out = append(out, pair{"allOf", needs})
	}
	switch own, said := schema["additionalProperties"]; {
	case said:
		out = append(out, pair{"additionalProperties", own})
	case closed:
		out = append(out, pair{"additionalProperties", false})
	}
	return out
}

// free reports whether any text can stand in the field.
func (f *Field) free() bool {
	return f.Type == "string" && f.Choices == nil && f.List == "" && f.schema["const"] == nil && f.schema["format"] == nil
}

func (f *Field) render() ordered {
	out := ordered{}
	switch {
	case f.Type != "":
		out = append(out, pair{"type", f.Type})
	case f.schema["type"] != nil:
		out = append(out, pair{"type", f.schema["type"]})
	}
	if f.Title != "" {
		out = append(out, pair{"title", f.Title})
	}
	out = append(out, rest(f.schema)...)
	if f.Required && f.free() && f.schema["minLength"] == nil { // what must be filled in shows something
		out = append(out, pair{"minLength", 1})
	}
	if f.Choices != nil {
		list := make([]any, len(f.Choices))
		for i, c := range f.Choices {
			list[i] = ordered{{"const", c.Value}, {"title", c.Title}}
		}
		out = append(out, pair{"oneOf", list})
	}
	if f.Item != nil {
		out = append(out, pair{"items", f.Item.render()})
	}
	if _, has := f.schema["properties"]; has {
		out = append(out, objectSchema(f.schema, f.Fields, false)...)
	}
	return out
}

// compile reads the form's fields and makes what judges it. The lists of the
// settings and the needs of who acts are asked for when it is used.
func (a *Action) compile(node *yaml.Node) error {
	a.fields = a.fieldsOf(a.Form, node)
	b, err := json.Marshal(formSchema(a, a.fields))
	if err != nil {
		return err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a $ref to a file or an address is refused
	c.AssertFormat()                          // draft 2020-12 only notes formats by default
	if err := c.AddResource("form.json", doc); err != nil {
		return err
	}
	a.schema, err = c.Compile("form.json")
	return err
}
