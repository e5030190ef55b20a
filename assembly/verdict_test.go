package assembly_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
)

// example is a value that a field accepts.
func example(f *process.Field, schema map[string]any) any {
	if v, fixed := schema["const"]; fixed {
		return v
	}
	if len(f.Choices) > 0 {
		return f.Choices[0].Value
	}
	switch f.Type {
	case "boolean":
		return true
	case "integer", "number":
		if least, ok := schema["minimum"].(int); ok {
			return least
		}
		return 1
	case "object":
		return filled(f.Fields, schema)
	case "array":
		least, _ := schema["minItems"].(int)
		item, _ := schema["items"].(map[string]any)
		out := []any{}
		for i := range max(1, least) {
			switch {
			case f.Item == nil:
				out = append(out, i)
			case f.Item.Type == "string" && f.Item.Choices == nil:
				out = append(out, fmt.Sprintf("第%d项的内容", i+1))
			default:
				out = append(out, example(f.Item, item))
			}
		}
		return out
	}
	switch {
	case f.Picks == process.PickPartner:
		return "210202"
	case schema["format"] == "date":
		return "2024-12-27"
	case f.Picks != "" && schema["pattern"] == nil || schema["format"] == "uuid":
		return uuid.NewString()
	case schema["pattern"] != nil:
		return "abc"
	}
	least, _ := schema["minLength"].(int)
	return strings.Repeat("字", max(least, 2))
}

// filled is a form with every field filled in.
func filled(fields []*process.Field, schema map[string]any) map[string]any {
	props, _ := schema["properties"].(map[string]any)
	out := map[string]any{}
	for _, f := range fields {
		own, _ := props[f.Name].(map[string]any)
		out[f.Name] = example(f, own)
	}
	return out
}

// odd are values of which most fields refuse some.
var odd = []any{nil, true, 0, -1, 1e12, 1.5, "", "X", "不在可选范围", "2024-02-30", "2024-12-27", strings.Repeat("长", 201), strings.Repeat("长", 30_000),
	[]any{}, []any{"一"}, []any{"一", "一"}, []any{1}, map[string]any{}, map[string]any{"x": 1}}

type verdict struct {
	Form     map[string]any `json:"form"`
	Accepted bool           `json:"accepted"`
}

// A form that is judged by the schema that a frontend gets, in the strict mode
// of a library of its own, gets the verdict that the server gives: for every
// form of every shipped process, filled in rightly and wrongly.
func TestFrontendsJudgeFormsAsTheServerDoes(t *testing.T) {
	type form struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
		Cases  []verdict       `json:"cases"`
	}
	var all []form
	refused := 0
	for _, d := range shipped(t) {
		for _, a := range actions(d) {
			for _, behalf := range []bool{false, true} {
				sheet := a.Sheet(process.DefaultPolicy(), func(string) bool { return behalf })
				if sheet.Empty() || behalf && bytes.Equal(sheet.Schema(), a.Sheet(process.DefaultPolicy(), nil).Schema()) {
					continue
				}
				f := form{Name: fmt.Sprintf("%s.%s", d.Kind, a.Code), Schema: sheet.Schema()}
				add := func(m map[string]any) {
					sent := deep(t, m) // judging changes texts in place
					err := sheet.Take(m)
					if err != nil {
						refused++
					}
					f.Cases = append(f.Cases, verdict{sent, err == nil})
				}
				whole := func() map[string]any { return filled(sheet.Fields(), a.Form) }
				if err := sheet.Take(whole()); err != nil {
					t.Errorf("%s.%s filled in: %v", d.Kind, a.Code, err)
				}
				add(whole())
				add(map[string]any{})
				extra := whole()
				extra["nobodyAsked"] = "x"
				add(extra)
				for _, field := range sheet.Fields() {
					less := whole()
					delete(less, field.Name)
					add(less)
					for _, v := range odd {
						m := maps.Clone(whole())
						m[field.Name] = v
						add(m)
					}
				}
				r := rand.New(rand.NewPCG(1, uint64(len(all))))
				for range 5 { // several faults at once
					m := whole()
					for _, field := range sheet.Fields() {
						switch r.IntN(4) {
						case 0:
							m[field.Name] = odd[r.IntN(len(odd))]
						case 1:
							delete(m, field.Name)
						}
					}
					add(m)
				}
				all = append(all, f)
			}
		}
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "forms.mjs")
	cmd.Dir, cmd.Stdin = filepath.Join("..", "test", "audits"), bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.6000s", err, out)
	}
	t.Logf("%s, %d of them refused", strings.TrimSpace(string(out)), refused)
	if refused < 1000 {
		t.Error("hardly anything was refused")
	}
}

// deep is a copy that shares nothing.
func deep(t *testing.T, m map[string]any) (out map[string]any) {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
