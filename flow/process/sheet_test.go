package process

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

const withSheet = `
kind: sheet
machines:
  matter:
    actions:
      - code: fill
        label: 填报
        form:
          required: [rating, kind]
          properties:
            zulu: {type: string, title: 末, maxLength: 20}
            rating: {type: string, title: 评价, choices: ratings}
            kind: {choices: {PAPER: 书面, CALL: 电话}, title: 方式}
            how: {type: string, title: 本人怎样同意, maxLength: 200, neededFor: on_behalf}
            note: {type: string, title: 说明, maxLength: 500, neededIf: {kind: PAPER}}
            unitId: {type: string}
            present: {type: array, title: 到会, items: {type: string, picks: party}}
            alpha: {type: integer, title: 先}
`

func TestSheet(t *testing.T) {
	d, err := Parse([]byte(withSheet))
	if err != nil {
		t.Fatal(err)
	}
	fill := d.Machines[OfMatter].Action("fill")
	own, other := fill.Sheet(DefaultPolicy(), nil), fill.Sheet(DefaultPolicy(), func(relation string) bool { return relation == "on_behalf" })
	schema := string(own.Schema())
	t.Run("the fields stand in the definition's order", func(t *testing.T) {
		last := -1
		for _, name := range []string{"zulu", "rating", "kind", "how", "note", "unitId", "present", "alpha"} {
			at := strings.Index(schema, `"`+name+`":{"`)
			if at <= last {
				t.Errorf("%s stands at %d in %s", name, at, schema)
			}
			last = at
		}
	})
	t.Run("choices have words, those of the settings too", func(t *testing.T) {
		for _, want := range []string{`{"const":"PAPER","title":"书面"},{"const":"CALL","title":"电话"}`, `{"const":"SATISFIED","title":"满意"}`} {
			if !strings.Contains(strings.ReplaceAll(schema, "\n", ""), want) {
				t.Errorf("no %s in %s", want, schema)
			}
		}
	})
	t.Run("it is closed, has a type, and no word that is not JSON Schema's", func(t *testing.T) {
		var doc map[string]any
		if err := json.Unmarshal(own.Schema(), &doc); err != nil || doc["type"] != "object" || doc["additionalProperties"] != false || doc["title"] != "填报" {
			t.Fatal(err, doc)
		}
		for _, own := range []string{"picks", "neededFor", "neededIf", "choices"} {
			if strings.Contains(schema, `"`+own+`"`) {
				t.Error(own)
			}
		}
	})
	t.Run("a field that says nothing is known by its name", func(t *testing.T) {
		fields := own.Fields()
		if u := fields[5]; u.Title != "单位" || u.Picks != PickUnit {
			t.Error(u)
		}
		if p := fields[6]; p.Item.Picks != PickParty || p.Item.Title != "到会" {
			t.Error(p.Item)
		}
	})
	full := func(with Form) Form {
		f := Form{"rating": "BASIC", "kind": "CALL"}
		for k, v := range with {
			f[k] = v
		}
		return f
	}
	t.Run("who acts for another says how the other consented", func(t *testing.T) {
		if err := own.Take(full(nil)); err != nil {
			t.Error(err)
		}
		if err := other.Take(full(nil)); !strings.Contains(err.Error(), "本人怎样同意”必须填写") {
			t.Error(err)
		}
		if !strings.Contains(string(other.Schema()), `"required":["rating","kind","how"]`) {
			t.Error(string(other.Schema()))
		}
	})
	t.Run("who acts for himself is not shown what only another fills in, and does not fill it in", func(t *testing.T) {
		self := fill.Sheet(DefaultPolicy(), func(string) bool { return false })
		if strings.Contains(string(self.Schema()), `"how"`) || len(self.Fields()) != len(own.Fields())-1 {
			t.Error(string(self.Schema()))
		}
		if err, ok := errs.As(self.Take(full(Form{"how": "电话"}))); !ok || err.Message != "“填报”的“本人怎样同意”不由您填写" || err.Path[0] != "how" {
			t.Error(err)
		}
		if err := self.Take(full(nil)); err != nil {
			t.Error(err)
		}
	})
	t.Run("a field is needed when another has a value", func(t *testing.T) {
		if err := own.Take(full(Form{"kind": "PAPER"})); err == nil || !strings.Contains(err.Error(), "说明”必须填写") {
			t.Error(err)
		}
		if err := own.Take(full(Form{"kind": "PAPER", "note": "附件"})); err != nil {
			t.Error(err)
		}
	})
	t.Run("a choice of the settings is compared with the settings", func(t *testing.T) {
		err, ok := errs.As(own.Take(full(Form{"rating": "WONDERFUL"})))
		if !ok || err.Message != "“填报”的“评价”不在可选的范围内，可以是 满意、基本满意、理解、不满意" || err.Path[0] != "rating" {
			t.Error(err)
		}
	})
	t.Run("S17: all faults are told at once, in the form's order, the same each time", func(t *testing.T) {
		for range 20 {
			err, _ := errs.As(own.Take(Form{"alpha": "x", "zulu": strings.Repeat("长", 21), "kind": "PAPER", "other": 1}))
			var got []string
			for _, e := range err.Each() {
				got = append(got, strings.Join(e.Path, "."))
			}
			if strings.Join(got, " ") != "zulu rating note alpha other" {
				t.Fatal(got, err)
			}
		}
	})
}
