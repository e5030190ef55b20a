package process

import "reflect"

type object = map[string]any

// Schema is the JSON Schema of a definition, for editors: it knows every item,
// every word with its arguments, and what each can be. It is narrower in nothing
// than Parse and Check, which also look at how the parts fit together.
func (v *Vocabulary) Schema() map[string]any {
	defs := object{}
	for _, p := range Parts() {
		defs[p.Name] = v.partSchema(p)
	}
	for _, s := range []Sort{Guard, Relation, Effect} {
		defs[string(s)] = v.wordSchema(s)
	}
	root, _ := defs["definition"].(object)
	delete(defs, "definition")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "bihuan 的流程定义"
	root["$defs"] = defs
	return root
}

func (v *Vocabulary) partSchema(p Part) object {
	props, needed := object{}, []any{}
	for _, k := range p.Keys {
		s := v.keySchema(k)
		s["description"] = k.Says
		props[k.Name] = s
		if k.Needed {
			needed = append(needed, k.Name)
		}
	}
	out := object{"type": "object", "additionalProperties": false, "properties": props}
	if len(needed) > 0 {
		out["required"] = needed
	}
	return out
}

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func (v *Vocabulary) keySchema(k Key) object {
	switch {
	case k.Rules == Chooser || k.Rules == Base:
		names := []any{}
		for _, w := range v.Words(k.Rules) {
			names = append(names, w.Name)
		}
		return object{"enum": names}
	case k.Rules != "":
		return object{"type": "array", "maxItems": MaxRules, "items": ref(string(k.Rules))}
	case k.Name == "amount":
		return object{"type": "integer", "minimum": 1}
	case k.Name == "form":
		return object{"type": "object"}
	case k.Name == "machines":
		return object{"type": "object", "additionalProperties": false, "required": []any{OfMatter},
			"properties": object{OfMatter: ref("machine"), OfAssignment: ref("machine")}}
	}
	return typeSchema(k.typ, k.One)
}

// typeSchema is a value of a Go type; one is what each can be.
func typeSchema(t reflect.Type, one []string) object {
	for _, p := range Parts() {
		if t == reflect.PointerTo(p.typ) {
			return ref(p.Name)
		}
	}
	if t == reflect.TypeFor[Codes]() { // one may stand alone
		return object{"anyOf": []any{object{"type": "string"}, object{"type": "array", "items": object{"type": "string"}}}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeSchema(t.Elem(), one)
	case reflect.Slice:
		return object{"type": "array", "items": typeSchema(t.Elem(), one)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": typeSchema(t.Elem(), one)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Interface:
		return object{}
	}
	if one == nil {
		return object{"type": "string"}
	}
	all := make([]any, len(one))
	for i, x := range one {
		all[i] = x
	}
	return object{"enum": all}
}

// wordSchema is one use of a word: its name alone, or with its arguments.
func (v *Vocabulary) wordSchema(s Sort) object {
	alone, with := []any{}, object{}
	for _, w := range v.Words(s) {
		alone = append(alone, object{"const": w.Name, "description": w.Says})
		if len(w.Args) == 0 {
			continue
		}
		props := object{}
		for _, a := range w.Args {
			p := typeSchema(a.typ, nil)
			p["description"] = a.Doc
			props[a.Name] = p
		}
		with[w.Name] = object{"description": w.Says, "type": "object", "additionalProperties": false, "properties": props}
	}
	return object{"anyOf": append(alone, object{"type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": with})}
}
