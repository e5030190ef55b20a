package process

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

const withForm = `
kind: form
machines:
  matter:
    actions:
      - code: fill
        label: 填报
        form:
          required: [name]
          properties:
            name: {type: string, title: 名称, minLength: 2, maxLength: 4}
            on: {type: string, format: date, title: 日期}
            code: {type: string, pattern: '^[A-Z]+$', title: 代号}
            class: {enum: [A, B], title: 分类}
            count: {type: integer, minimum: 1, title: 件数}
            units: {type: array, title: 单位, minItems: 1, maxItems: 2, uniqueItems: true, items: {type: string}}
            tasks: {type: array, title: 任务, items: {type: object, additionalProperties: false, required: [text], properties: {text: {type: string, maxLength: 3}}}}
            nameless: {type: boolean}
      - {code: plain, label: 确认}
`

func TestForm(t *testing.T) {
	d, err := Parse([]byte(withForm))
	if err != nil {
		t.Fatal(err)
	}
	fill, plain := d.Machines[OfMatter].Action("fill"), d.Machines[OfMatter].Action("plain")
	with := func(key string, v any) Form { return Form{"name": "名称", key: v} }
	for _, c := range []struct {
		sentence string
		action   *Action
		form     Form
		message  string
		path     []string
	}{
		{"a field that must be filled in", fill, nil, "“填报”的“名称”必须填写", []string{"name"}},
		{"a field that the form does not have", fill, with("x", 1), "“填报”的“x”不是本表单的内容", []string{"x"}},
		{"too long, in characters", fill, Form{"name": "一二三四五"}, "“填报”的“名称”过长：至多 4 字", []string{"name"}},
		{"too short", fill, Form{"name": "一"}, "“填报”的“名称”过短：至少 2 字", []string{"name"}},
		{"too many", fill, with("units", []any{"a", "b", "c"}), "“填报”的“单位”过多：至多 2 项", []string{"units"}},
		{"too few", fill, with("units", []any{}), "“填报”的“单位”过少：至少 1 项", []string{"units"}},
		{"twice the same", fill, with("units", []any{"a", "a"}), "“填报”的“单位”不合要求", []string{"units"}},
		{"not one of the choices", fill, with("class", "C"), "“填报”的“分类”不在可选的范围内", []string{"class"}},
		{"a date that is none", fill, with("on", "2025-02-30"), "“填报”的“日期”格式不对", []string{"on"}},
		{"a pattern that does not fit", fill, with("code", "a"), "“填报”的“代号”格式不对", []string{"code"}},
		{"another type", fill, with("name", 7), "“填报”的“名称”格式不对", []string{"name"}},
		{"a number too small", fill, with("count", 0), "“填报”的“件数”不合要求", []string{"count"}},
		{"a field without a title is called by its name", fill, with("nameless", "x"), "“填报”的“nameless”格式不对", []string{"nameless"}},
		{"inside a list the path leads to the element", fill, with("tasks", []any{map[string]any{"text": "一"}, map[string]any{"text": "一二三四"}}),
			"“填报”的“任务”过长：至多 3 字", []string{"tasks", "1", "text"}},
		{"a field missing inside a list", fill, with("tasks", []any{map[string]any{}}), "“填报”的“任务”必须填写", []string{"tasks", "0", "text"}},
		{"R2: a minimum counts visible characters", fill, Form{"name": "一  "}, "“填报”的“名称”过短：至少 2 字", []string{"name"}},
		{"R3: what shows nothing is not filled in", fill, Form{"name": "\u200b\u3164\u2800"}, "“填报”的“名称”过短：至少 2 字", []string{"name"}},
		{"R2: what must be filled in is not blank, minimum or none", fill, with("tasks", []any{map[string]any{"text": " \u3000"}}), "“填报”的“任务”必须填写", []string{"tasks", "0", "text"}},
		{"R4: a short field is one line", fill, Form{"name": "一\n二"}, "“填报”的“名称”不能换行", []string{"name"}},
		{"R5: what nobody types is named with its place", fill, with("tasks", []any{map[string]any{"text": "一\u202e"}}), "“填报”的“任务”的第 2 个字符 U+202E（从右到左强制） 不能使用，请删除后再提交", []string{"tasks", "0", "text"}},
		{"an action without a form takes nothing", plain, Form{"x": 1}, "“确认”不需要填写内容", []string{"x"}},
		{"what cannot be written down", fill, with("count", math.NaN()), "填写的内容无法读取", nil},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			e, ok := errs.As(c.action.Sheet(Policy{}, nil).Take(c.form))
			if !ok || e.Code != errs.Invalid || e.Message != c.message || !slices.Equal(e.Path, c.path) {
				t.Errorf("it says %v at %v", e, e.Path)
			}
		})
	}
	t.Run("what is right passes", func(t *testing.T) {
		full := Form{"name": "名称", "on": "2025-02-28", "code": "AB", "class": "A", "count": 1, "units": []any{"a"}, "tasks": []any{map[string]any{"text": "一"}}, "nameless": true}
		for _, err := range []error{fill.Sheet(Policy{}, nil).Take(full), fill.Sheet(Policy{}, nil).Take(Form{"name": "名称"}), plain.Sheet(Policy{}, nil).Take(nil), plain.Sheet(Policy{}, nil).Take(Form{})} {
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAFormIsKeptTidy(t *testing.T) {
	d, err := Parse([]byte(withForm))
	if err != nil {
		t.Fatal(err)
	}
	f := Form{"name": " \u200b名\ufeff称\n", "units": []any{" a ", "b\u200b"}, "tasks": []any{map[string]any{"text": "\u3000一 "}}}
	if err := d.Machines[OfMatter].Action("fill").Sheet(Policy{}, nil).Take(f); err != nil {
		t.Fatal(err)
	}
	want := Form{"name": "名称", "units": []any{"a", "b"}, "tasks": []any{map[string]any{"text": "一"}}}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("kept as %q, want %q", f, want)
	}
}

func TestFormFields(t *testing.T) {
	id := uuid.New()
	f := Form{"text": "一", "flag": true, "id": id.String(), "ids": []any{id.String()}, "day": "2025-03-03", "null": nil, "bad": "x", "bads": []any{id.String(), 7}}
	if f.Text("text") != "一" || f.Text("flag") != "" || !f.Bool("flag") || f.Bool("text") || !f.Has("text") || f.Has("null") || f.Has("none") {
		t.Error("the simple fields are wrong")
	}
	if got, err := f.ID("id"); err != nil || got != id {
		t.Error(got, err)
	}
	if got, err := f.IDs("ids"); err != nil || len(got) != 1 || got[0] != id {
		t.Error(got, err)
	}
	if got, err := f.IDs("none"); err != nil || len(got) != 0 {
		t.Error(got, err)
	}
	if got, err := f.Day("day"); err != nil || !got.Equal(clock.Date(2025, 3, 3)) {
		t.Error(got, err)
	}
	var into struct {
		Text string `json:"text"`
	}
	if err := f.Into(&into); err != nil || into.Text != "一" {
		t.Error(into, err)
	}
	_, noID := f.ID("bad")
	_, noIDs := f.IDs("bads")
	_, noDay := f.Day("bad")
	for err, path := range map[error][]string{noID: {"bad"}, noIDs: {"bads", "1"}, noDay: {"bad"}} {
		if e, ok := errs.As(err); !ok || e.Code != errs.Invalid || !slices.Equal(e.Path, path) {
			t.Errorf("%v, want the path %v", err, path)
		}
	}
	if err := f.Into(&struct {
		Text int `json:"text"`
	}{}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
