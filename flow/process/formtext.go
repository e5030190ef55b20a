package process

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// longestLine is how long the field of a form may be at most, in characters,
// to be one line: titles, names, posts and places are; a field that may be
// longer has paragraphs.
const longestLine = 200

// tidy brings the texts of a form to the form in which they are kept, in
// place, and refuses what internal/text refuses: a minimum counts visible
// characters, and what must be filled in has some. Done again it changes
// nothing.
func (a *Action) tidy(form Form) error {
	for _, name := range sortedKeys(form) {
		field := property(a.Form, name)
		v, err := a.tidied(field, form[name], name)
		if err != nil {
			return err
		}
		form[name] = v
	}
	return a.filled(a.Form, form)
}

// property is the schema of an object's field, nil where it is not told.
func property(schema map[string]any, name string) map[string]any {
	all, _ := schema["properties"].(map[string]any)
	field, _ := all[name].(map[string]any)
	return field
}

// tidied is a value of a form as it is kept.
func (a *Action) tidied(schema map[string]any, v any, path ...string) (_ any, err error) {
	switch v := v.(type) {
	case string:
		return a.take(schema, v, path)
	case []string:
		for i := range v {
			item, _ := schema["items"].(map[string]any)
			if v[i], err = a.take(item, v[i], appended(path, strconv.Itoa(i))); err != nil {
				return nil, err
			}
		}
	case []any:
		item, _ := schema["items"].(map[string]any)
		for i := range v {
			if v[i], err = a.tidied(item, v[i], appended(path, strconv.Itoa(i))...); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if v[name], err = a.tidied(property(schema, name), v[name], appended(path, name)...); err != nil {
				return nil, err
			}
		}
		return v, a.filled(schema, v, path...)
	}
	return v, nil
}

// take judges one text. A choice is a code and no text: the schema compares it
// as it stands.
func (a *Action) take(schema map[string]any, s string, path []string) (string, error) {
	if schema["enum"] != nil || schema["const"] != nil {
		return s, nil
	}
	most, bounded := whole(schema["maxLength"])
	label := "“" + a.Label + "”的“" + a.fieldLabel(path) + "”"
	s, err := text.Field{Label: label, Path: path, Lines: !bounded || most > longestLine}.Take(s)
	if err != nil {
		return "", err
	}
	if least, ok := whole(schema["minLength"]); ok && text.Count(s) < least {
		return "", errs.New(errs.Invalid, "%s过短：至少 %d 字", label, least).At(path...)
	}
	return s, nil
}

// filled: a text that must be there shows something.
func (a *Action) filled(schema map[string]any, values map[string]any, path ...string) error {
	names, _ := schema["required"].([]any)
	for _, n := range names {
		name, _ := n.(string)
		if s, ok := values[name].(string); ok && text.Blank(s) && !mayBeEmpty(property(schema, name)) {
			at := appended(path, name)
			return errs.New(errs.Invalid, "“%s”的“%s”必须填写", a.Label, a.fieldLabel(at)).At(at...)
		}
	}
	return nil
}

// mayBeEmpty: a choice of which nothing is one.
func mayBeEmpty(schema map[string]any) bool {
	choices, _ := schema["enum"].([]any)
	return slices.Contains(choices, any("")) || schema["const"] == ""
}

// whole reads a whole number of a schema, whichever way it was decoded.
func whole(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case float64:
		return int(n), n == float64(int(n))
	case uint64:
		return int(n), true
	case int64:
		return int(n), true
	case json.Number:
		i, err := strconv.Atoi(string(n))
		return i, err == nil
	}
	return 0, false
}

// appended is path with one step more, in memory of its own.
func appended(path []string, step string) []string { return append(slices.Clone(path), step) }
