package process

import (
	"encoding/json"
	"errors"
	"fmt"
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

func asValidation(err error, dest **jsonschema.ValidationError) bool { return errors.As(err, dest) }

// formError turns the deepest cause of a validation error into a sentence for
// the person at the form.
func formError(a *Action, v *jsonschema.ValidationError) error {
	for len(v.Causes) > 0 {
		v = v.Causes[0]
	}
	path := append([]string{}, v.InstanceLocation...)
	var what string
	switch k := v.ErrorKind.(type) {
	case *kind.Required:
		path = append(path, k.Missing[0])
		what = "必须填写"
	case *kind.AdditionalProperties:
		path = append(path, Clip(k.Properties[0]))
		what = "不是本表单的内容"
	case *kind.MaxLength:
		what = fmt.Sprintf("过长：至多 %d 字", k.Want)
	case *kind.MinLength:
		what = fmt.Sprintf("过短：至少 %d 字", k.Want)
	case *kind.MaxItems:
		what = fmt.Sprintf("过多：至多 %d 项", k.Want)
	case *kind.MinItems:
		what = fmt.Sprintf("过少：至少 %d 项", k.Want)
	case *kind.Enum:
		what = "不在可选的范围内"
	case *kind.Pattern, *kind.Format, *kind.Type:
		what = "格式不对"
	default:
		what = "不合要求"
	}
	return errs.New(errs.Invalid, "“%s”的“%s”%s", a.Label, a.fieldLabel(path), what).At(path...)
}

// Clip keeps the name of a field that the form does not have short enough to
// be shown: it is whatever the caller sent.
func Clip(name string) string {
	if r := []rune(name); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return name
}

// fieldLabel is the Chinese title of the field in the form's schema, the
// path itself when it has none.
func (a *Action) fieldLabel(path []string) string {
	if len(path) > 0 {
		if props, ok := a.Form["properties"].(map[string]any); ok {
			if field, ok := props[path[0]].(map[string]any); ok {
				if title, ok := field["title"].(string); ok {
					return title
				}
			}
		}
	}
	return strings.Join(path, ".")
}
