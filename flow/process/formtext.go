package process

import (
	"cmp"
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

// faults are what is wrong with a form, at most one a place: the first that was
// found there.
type faults struct {
	action *Action
	all    []*errs.Error
}

// add notes an error that a person can mend; another is the answer.
func (fs *faults) add(err error) error {
	e, ok := errs.As(err)
	if !ok {
		return err
	}
	if !slices.ContainsFunc(fs.all, func(x *errs.Error) bool { return slices.Equal(x.Path, e.Path) }) {
		fs.all = append(fs.all, e)
	}
	return nil
}

// err is everything that is wrong, in the order of the form's fields.
func (fs *faults) err() error {
	place := func(e *errs.Error) int {
		if len(e.Path) == 0 {
			return -1
		}
		if i := slices.IndexFunc(fs.action.fields, func(f *Field) bool { return f.Name == e.Path[0] }); i >= 0 {
			return i
		}
		return len(fs.action.fields)
	}
	slices.SortStableFunc(fs.all, func(a, b *errs.Error) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), slices.Compare(a.Path, b.Path))
	})
	return errs.All(fs.all[:min(len(fs.all), mostFaults)])
}

// mostFaults bounds an answer: whoever has mended these is told of the rest.
const mostFaults = 50

// tidy brings the texts of a form to the form in which they are kept, in
// place, and notes what internal/text refuses: a minimum counts visible
// characters, and what must be filled in has some. Done again it changes
// nothing.
func (a *Action) tidy(form Form, fs *faults) error {
	for _, name := range sortedKeys(form) {
		v, err := a.tidied(property(a.Form, name), form[name], fs, name)
		if err != nil {
			return err
		}
		form[name] = v
	}
	return a.filled(a.Form, form, fs)
}

// property is the schema of an object's field, nil where it is not told.
func property(schema map[string]any, name string) map[string]any {
	all, _ := schema["properties"].(map[string]any)
	field, _ := all[name].(map[string]any)
	return field
}

// tidied is a value of a form as it is kept.
func (a *Action) tidied(schema map[string]any, v any, fs *faults, path ...string) (any, error) {
	item, _ := schema["items"].(map[string]any)
	switch v := v.(type) {
	case string:
		kept, err := a.take(schema, v, path)
		if err != nil {
			return v, fs.add(err)
		}
		return kept, nil
	case []string:
		for i := range v {
			kept, err := a.tidied(item, v[i], fs, appended(path, strconv.Itoa(i))...)
			if err != nil {
				return nil, err
			}
			v[i], _ = kept.(string)
		}
	case []any:
		for i := range v {
			kept, err := a.tidied(item, v[i], fs, appended(path, strconv.Itoa(i))...)
			if err != nil {
				return nil, err
			}
			v[i] = kept
		}
	case map[string]any:
		for _, name := range sortedKeys(v) {
			kept, err := a.tidied(property(schema, name), v[name], fs, appended(path, name)...)
			if err != nil {
				return nil, err
			}
			v[name] = kept
		}
		return v, a.filled(schema, v, fs, path...)
	}
	return v, nil
}

// take judges one text. A choice is a code and no text: the schema compares it
// as it stands.
func (a *Action) take(schema map[string]any, s string, path []string) (string, error) {
	if schema["enum"] != nil || schema["const"] != nil || schema["choices"] != nil {
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
func (a *Action) filled(schema map[string]any, values map[string]any, fs *faults, path ...string) error {
	names, _ := schema["required"].([]any)
	for _, n := range names {
		name, _ := n.(string)
		if s, ok := values[name].(string); ok && text.Blank(s) && !mayBeEmpty(property(schema, name)) {
			if err := fs.add(a.missing(appended(path, name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// missing is a field that has to be filled in.
func (a *Action) missing(path []string) error {
	return errs.New(errs.Invalid, "“%s”的“%s”必须填写", a.Label, a.fieldLabel(path)).At(path...)
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
