package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/bihuan/bihuan/internal/errs"
)

// Form is the validated input of an action.
type Form map[string]any

// Text is a string field, empty when absent.
func (f Form) Text(key string) string { s, _ := f[key].(string); return s }

// Bool is a boolean field, false when absent.
func (f Form) Bool(key string) bool { b, _ := f[key].(bool); return b }

// Has reports whether the field was given and is not null.
func (f Form) Has(key string) bool { v, ok := f[key]; return ok && v != nil }

// ID is a field that names an object. One that cannot be an id names nothing.
func (f Form) ID(key string) (uuid.UUID, error) {
	id, err := uuid.Parse(f.Text(key))
	if err != nil {
		return uuid.Nil, errs.New(errs.Invalid, "所选的对象不存在，请重新选择").At(key)
	}
	return id, nil
}

// IDs is a list of ids.
func (f Form) IDs(key string) ([]uuid.UUID, error) {
	list, _ := f[key].([]any)
	out := make([]uuid.UUID, 0, len(list))
	for i, v := range list {
		s, _ := v.(string)
		id, err := uuid.Parse(s)
		if err != nil {
			return nil, errs.New(errs.Invalid, "所选的对象不存在，请重新选择").At(key, strconv.Itoa(i))
		}
		out = append(out, id)
	}
	return out, nil
}

// Day is a date field, in the form 2006-01-02.
func (f Form) Day(key string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, f.Text(key))
	if err != nil {
		return d, errs.New(errs.Invalid, "日期格式应为 2024-12-27").At(key)
	}
	return d, nil
}

// Into decodes the form into a struct with json tags.
func (f Form) Into(dest any) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, dest); err != nil {
		return errs.New(errs.Invalid, "填写的内容无法读取").Because(err)
	}
	return nil
}

// Take checks what was filled in and brings its texts to the form in which they
// are kept, in place. The error is everything that is wrong, each with the path
// of its field, in the order of the form. Taken again nothing changes.
func (s Sheet) Take(form Form) error {
	a := s.action
	if s.Empty() {
		if len(form) > 0 {
			return errs.New(errs.Invalid, "“%s”不需要填写内容", a.Label).At(Clip(sortedKeys(form)[0]))
		}
		return nil
	}
	if form == nil {
		form = Form{}
	}
	fs := &faults{action: a}
	if err := a.tidy(form, fs); err != nil {
		return err
	}
	b, err := json.Marshal(form)
	if err != nil {
		return errs.New(errs.Invalid, "填写的内容无法读取")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return errs.New(errs.Invalid, "填写的内容无法读取")
	}
	var v *jsonschema.ValidationError
	if err := a.schema.Validate(doc); errors.As(err, &v) {
		if err := a.judged(v, fs); err != nil {
			return err
		}
	} else if err != nil {
		return errs.New(errs.Invalid, "填写的内容不合要求").Because(err)
	}
	if err := s.within(a.fields, form, fs); err != nil {
		return err
	}
	return fs.err()
}

// within asks it of all fields of a form, or of a group in it, those that are for
// somebody else among them.
func (s Sheet) within(of []*Field, form map[string]any, fs *faults, path ...string) error {
	for _, f := range of {
		if !s.others(f) {
			f = s.filled(f)
		} else if form[f.Name] != nil {
			if err := fs.add(errs.New(errs.Invalid, "“%s”的“%s”不由您填写", s.action.Label, f.Title).At(appended(path, f.Name)...)); err != nil {
				return err
			}
			continue
		}
		if err := s.here(f, form, fs, path...); err != nil {
			return err
		}
	}
	return nil
}

// here asks what this matter asks of a field beyond the definition: the choices
// of the settings, and what is needed because of who acts.
func (s Sheet) here(f *Field, form map[string]any, fs *faults, path ...string) error {
	at := appended(path, f.Name)
	v, given := form[f.Name]
	if f.Required && f.Needed != nil && (!given || v == nil || v == "") {
		return fs.add(s.action.missing(at))
	}
	if !given {
		return nil
	}
	return s.value(f, v, fs, at)
}

func (s Sheet) value(f *Field, v any, fs *faults, at []string) error {
	if f.List != "" && !slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Value == v }) {
		return fs.add(errs.New(errs.Invalid, "“%s”的“%s”不在可选的范围内%s", s.action.Label, f.Title, titles(f.Choices)).At(at...))
	}
	switch v := v.(type) {
	case map[string]any:
		return s.within(f.Fields, v, fs, at...)
	case []any:
		for i, x := range v {
			if f.Item == nil {
				break
			}
			if err := s.value(f.Item, x, fs, appended(at, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

// titles ends a message with what there is to choose from.
func titles(of []Choice) string {
	var all []string
	for _, c := range of {
		all = append(all, c.Title)
	}
	if len(all) == 0 || len(all) > 12 {
		return ""
	}
	return "，可以是 " + strings.Join(all, "、")
}

// judged turns the deepest causes of a validation error into sentences for the
// person at the form.
func (a *Action) judged(v *jsonschema.ValidationError, fs *faults) error {
	if _, choice := v.ErrorKind.(*kind.OneOf); choice || len(v.Causes) == 0 {
		for _, err := range a.sentences(v) {
			if err := fs.add(err); err != nil {
				return err
			}
		}
		return nil
	}
	for _, cause := range v.Causes {
		if err := a.judged(cause, fs); err != nil {
			return err
		}
	}
	return nil
}

func (a *Action) sentences(v *jsonschema.ValidationError) (out []error) {
	path := slices.Clone(v.InstanceLocation)
	say := func(what string, path []string) {
		out = append(out, errs.New(errs.Invalid, "“%s”的“%s”%s", a.Label, a.fieldLabel(path), what).At(path...))
	}
	switch k := v.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			out = append(out, a.missing(appended(path, name)))
		}
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			say("不是本表单的内容", appended(path, Clip(name)))
		}
	case *kind.MaxLength:
		say(fmt.Sprintf("过长：至多 %d 字", k.Want), path)
	case *kind.MinLength:
		say(fmt.Sprintf("过短：至少 %d 字", k.Want), path)
	case *kind.MaxItems:
		say(fmt.Sprintf("过多：至多 %d 项", k.Want), path)
	case *kind.MinItems:
		say(fmt.Sprintf("过少：至少 %d 项", k.Want), path)
	case *kind.Enum, *kind.OneOf, *kind.Const:
		say("不在可选的范围内", path)
	case *kind.Pattern, *kind.Format, *kind.Type:
		say("格式不对", path)
	default:
		say("不合要求", path)
	}
	return out
}

// Clip keeps the name of a field that the form does not have short enough to
// be shown: it is whatever the caller sent.
func Clip(name string) string {
	if r := []rune(name); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return name
}

// fieldLabel is the title of the form's field, the path itself when it has none.
func (a *Action) fieldLabel(path []string) string {
	for _, f := range a.fields {
		if len(path) > 0 && f.Name == path[0] && f.Title != "" {
			return f.Title
		}
	}
	return strings.Join(path, ".")
}
