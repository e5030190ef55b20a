package process_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

// shipped are all shipped definitions, by file.
func shipped(t *testing.T) map[string]*process.Definition {
	t.Helper()
	files, err := filepath.Glob("../../tenants/templates/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	out := map[string]*process.Definition{}
	for _, f := range files {
		source, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if out[filepath.Base(f)], err = process.Parse(source); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
	}
	return out
}

func TestEveryDateOfAShippedFormIsHappenedPromisedOrPlanned(t *testing.T) {
	t.Parallel()
	n := 0
	for file, d := range shipped(t) {
		for _, m := range d.Machines {
			for _, a := range m.Actions {
				a.DayFields(func(path []string, rule process.DayRule) {
					if n++; rule != process.Happened && rule != process.Promised && rule != process.Planned {
						t.Errorf("%s %s.%s: %q says nothing of when it can be", file, a.Code, strings.Join(path, "."), rule)
					}
				})
			}
		}
	}
	if n < 50 {
		t.Errorf("%d date fields", n)
	}
}

func TestADefinitionSaysWhichDayCanBe(t *testing.T) {
	t.Parallel()
	form := func(day string) string {
		return "kind: aa\nversion: 1\ntitle: 甲\nmachines: {matter: {actions: [{code: x, label: 甲, form: {properties: {am: {type: string, format: date" + day + "}}}}]}}\n"
	}
	for in, want := range map[string]process.DayRule{"": process.AnyDay, ", day: happened": process.Happened, ", day: planned": process.Planned, ", day: promised": process.Promised, ", day: any": process.AnyDay} {
		d, err := process.Parse([]byte(form(in)))
		if err != nil {
			t.Fatal(err)
		}
		d.Machines[process.OfMatter].Action("x").DayFields(func(_ []string, rule process.DayRule) {
			if rule != want {
				t.Errorf("%q is %s, want %s", in, rule, want)
			}
		})
	}
	if _, err := process.Parse([]byte(form(", day: someday"))); err == nil || !strings.Contains(err.Error(), "happened") {
		t.Errorf("a rule that there is not: %v", err)
	}
}

// strs visits the text fields of a form, in lists and objects too.
func strs(schema map[string]any, wrap func(any) process.Form, visit func(name string, field map[string]any, required bool, form func(string) process.Form)) {
	all, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for name, f := range all {
		field, _ := f.(map[string]any)
		put := func(v any) process.Form { return wrap(map[string]any{name: v}) }
		switch {
		case field["type"] == "string" && field["format"] == nil && field["enum"] == nil && field["choices"] == nil && field["pattern"] == nil:
			visit(name, field, slices.Contains(required, any(name)), func(s string) process.Form { return put(s) })
		case field["type"] == "array":
			item, _ := field["items"].(map[string]any)
			list := func(v any) process.Form { return put([]any{v}) }
			if item["type"] == "string" && item["enum"] == nil {
				visit(name, item, false, func(s string) process.Form { return list(s) })
			}
			strs(item, list, visit)
		case field["type"] == "object":
			strs(field, put, visit)
		}
	}
}

// R2, R3, R4, R5: every form of every shipped definition judges the corpus
// alike.
func TestEveryShippedFormJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	n := 0
	for file, d := range shipped(t) {
		for _, m := range d.Machines {
			for _, a := range m.Actions {
				strs(a.Form, func(v any) process.Form { return v.(map[string]any) }, func(name string, field map[string]any, required bool, form func(string) process.Form) {
					for _, c := range corpus.Texts {
						n++
						judge(t, file+" "+a.Code+"."+name+": "+c.Name, a, name, field, required, c, form(c.Text))
					}
				})
			}
		}
	}
	if n < 10_000 {
		t.Errorf("%d texts", n)
	}
	t.Logf("%d texts judged", n)
}

func judge(t *testing.T, what string, a *process.Action, name string, field map[string]any, required bool, c corpus.Text, form process.Form) {
	t.Helper()
	err := a.Sheet(process.Policy{}, nil).Take(form)
	e, ok := errs.As(err)
	if err != nil && (!ok || e.Code != errs.Invalid) {
		t.Errorf("%s: %v", what, err)
		return
	}
	here := err != nil && slices.ContainsFunc(e.Each(), func(x *errs.Error) bool { // about the text, not about what else is missing
		return slices.Contains(x.Path, name) && !strings.Contains(x.Message, "格式") && !strings.Contains(x.Message, " 项")
	})
	most, bounded := field["maxLength"].(int)
	least, _ := field["minLength"].(int)
	var refused bool
	switch c.Is {
	case corpus.Untyped:
		refused = true
	case corpus.Blank:
		refused = required || least > 0
	case corpus.Broken:
		refused = bounded && most <= 200
	case corpus.Fine:
		if bounded && most < 40 || least > 4 {
			return
		}
	}
	if here != refused {
		t.Errorf("%s: refused %v, want %v: %v", what, here, refused, err)
	}
}
