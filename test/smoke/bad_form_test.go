package smoke

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// badForms: the forms that the product itself offers, filled in wrongly by
// those who may fill them in. They come by performAction, where GraphQL knows
// no types.
func badForms(w *badWorld) []group {
	var out []bad
	seen := map[string]bool{}
	for _, who := range w.people() {
		for _, state := range w.states() {
			for _, code := range slices.Sorted(maps.Keys(w.offered[who][state])) {
				if !seen[code] {
					seen[code] = true
					out = append(out, w.wrongForms(who, state, code, w.offered[who][state][code])...)
				}
			}
		}
	}
	return []group{{name: "forms", cases: out}}
}

// wrongForms fills the form of one action in each wrong way.
func (w *badWorld) wrongForms(who, state, code string, schema m) (out []bad) {
	props, _ := schema["properties"].(m)
	base := m{}
	for _, name := range slices.Sorted(maps.Keys(props)) {
		base[name] = w.right(name, props[name].(m))
	}
	try := func(what string, form m) {
		out = append(out, change(fmt.Sprintf("%s in %s by %s: %s", code, state, who, what), who, "performAction",
			m{"matterId": w.matters[state], "action": code, "form": form, "reason": "说明"}, refusals...))
	}
	with := func(name string, v any) m {
		form := maps.Clone(base)
		form[name] = v
		return form
	}
	try("a field that is not there", with("tenant_id", mark))
	try("a field of a long name", with(strings.Repeat("名", 50_000), mark))
	try("a prototype", with("__proto__", m{"admin": mark}))
	for name, p := range props {
		for i, v := range w.wrong(name, p.(m)) {
			try(fmt.Sprintf("%s, %d: %.40q", name, i, fmt.Sprint(v)), with(name, v))
		}
	}
	required, _ := schema["required"].([]any)
	for _, name := range required {
		form := maps.Clone(base)
		delete(form, name.(string))
		try("without "+name.(string), form)
		try(name.(string)+" is null", with(name.(string), nil))
	}
	return out
}

// right is a value of the kind that a field asks for.
func (w *badWorld) right(name string, p m) any {
	if list, _ := p["enum"].([]any); len(list) > 0 {
		return list[0]
	}
	switch p["type"] {
	case "number", "integer":
		return 1
	case "boolean":
		return true
	case "array":
		items, _ := p["items"].(m)
		return []any{w.right(name, items)}
	case "object":
		out := m{}
		props, _ := p["properties"].(m)
		for k, v := range props {
			out[k] = w.right(k, v.(m))
		}
		return out
	}
	switch {
	case strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids"):
		return w.own[kindOf("", name)]
	case p["format"] == "date":
		return "2024-03-15"
	}
	return "说明说明"
}

// wrong are values that a field must refuse.
func (w *badWorld) wrong(name string, p m) (out []any) {
	if list, _ := p["enum"].([]any); len(list) > 0 {
		return []any{mark, injections[0], 1, nil, []any{list[0]}, "ＦＩＬＥＤ", strings.ToLower(fmt.Sprint(list[0])) + " "}
	}
	id := strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids")
	switch p["type"] {
	case "number", "integer":
		return []any{"1", mark, true, []any{1}, m{}, -1e300}
	case "boolean":
		return []any{"true", 1, mark, []any{true}, m{}}
	case "array":
		out = []any{mark, m{"0": mark}, 1, []any{1}, []any{[]any{mark}}, []any{nil}, slices.Repeat([]any{w.right(name, p)}, 2000)}
		if id {
			out = append(out, []any{mark}, []any{injections[0]}, []any{w.foreign[kindOf("", name)]}, []any{someID})
		}
		return out
	case "object":
		return []any{mark, []any{}, 1, m{}, m{"form": mark, mark: 1}}
	}
	out = []any{1, 1.5, true, []any{mark}, m{"$ne": mark}}
	if max, has := p["maxLength"].(float64); has {
		out = append(out, mark+strings.Repeat("长", int(max)))
	}
	switch {
	case id:
		out = append(out, mark, injections[0], "", w.foreign[kindOf("", name)], someID, "\x00", strings.Repeat("0", 100_000))
	case p["format"] == "date":
		out = append(out, "", mark, "２０２４-０１-０１", "2024-02-30", injections[0], "2024-01-01T00:00:00Z")
	default:
		out = append(out, "\x00"+mark, "\u202e"+mark)
	}
	return out
}
