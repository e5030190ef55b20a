package graph_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestActionsAreButtons(t *testing.T) {
	c := withPlatform(t)
	id := c.talking(c.made["platform"], "广场舞扰民")
	const fields = `code label group to toLabel usual confirm blocked blockedBy { rule says missing path } form
		fields { name title kind list required choices { value title } picks { what from value } earliest latest fields { name title kind picks { what } } }`
	list := dig(c.ask("街道干部", `query($id: ID!) { matter(id: $id) { availableActions { `+fields+` } } }`, input{"id": id}).Data, "matter", "availableActions").([]any)
	if len(list) == 0 {
		t.Fatal("nothing to do")
	}
	usual := 0
	for _, a := range list {
		switch {
		case dig(a, "usual") == true:
			usual++
			if dig(a, "blocked") != nil || dig(a, "group") != "NEXT" {
				t.Errorf("the usual step: %v", a)
			}
		case dig(a, "blocked") != nil && (dig(a, "blockedBy", "rule") == "" || len(dig(a, "blockedBy", "missing").([]any)) == 0):
			t.Errorf("why it is blocked: %v", a)
		}
		if dig(a, "form") == nil {
			if len(dig(a, "fields").([]any)) != 0 {
				t.Errorf("fields of no form: %v", a)
			}
			continue
		}
		b, err := json.Marshal(dig(a, "form", "properties"))
		must(t, err)
		var props map[string]any
		must(t, json.Unmarshal(b, &props))
		for _, f := range dig(a, "fields").([]any) {
			if props[dig(f, "name").(string)] == nil {
				t.Errorf("%v: no property %v", dig(a, "code"), dig(f, "name"))
			}
			if dig(f, "title") == "" {
				t.Errorf("%v: no title: %v", dig(a, "code"), f)
			}
		}
		if len(props) != len(dig(a, "fields").([]any)) {
			t.Errorf("%v: %d properties", dig(a, "code"), len(props))
		}
	}
	if usual > 1 {
		t.Error("several usual steps")
	}
	t.Run("forms are there in whichever way they are asked for", func(t *testing.T) {
		want := dig(c.ask("街道干部", `query($id: ID!) { matter(id: $id) { availableActions { form fields { name } } } }`, input{"id": id}).Data, "matter", "availableActions")
		for _, q := range []string{
			`query($id: ID!) { matter(id: $id) { availableActions { ... on AvailableAction { form fields { name } } } } }`,
			`query($id: ID!) { matter(id: $id) { ...M } } fragment M on Matter { availableActions { ...A } } fragment A on AvailableAction { form fields { name } }`,
			`query($id: ID!) { node(id: $id) { ... on Matter { availableActions { ... { form } ...A } } } } fragment A on AvailableAction { fields { name } }`,
		} {
			a := c.ask("街道干部", q, input{"id": id})
			got := dig(a.Data, "matter", "availableActions")
			if strings.Contains(q, "node(") {
				got = dig(a.Data, "node", "availableActions")
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %.300s", q, a.text)
			}
		}
	})
	t.Run("S17: all faults of a form are answered at once, each with its path", func(t *testing.T) {
		a := c.ask("街道干部", `mutation($in: PerformActionInput!) { performAction(input: $in) { userErrors { code message path } } }`,
			input{"in": input{"matterId": id, "action": "plan", "form": input{"title": 7, "on": "morgen", "nobody": 1}}})
		var paths []string
		for _, e := range dig(a.Data, "performAction", "userErrors").([]any) {
			if dig(e, "code") != "INVALID_INPUT" {
				t.Error(e)
			}
			paths = append(paths, dotted(dig(e, "path")))
		}
		for _, want := range []string{"form.title", "form.on", "form.nobody"} {
			if !slices.Contains(paths, want) {
				t.Errorf("no word of %s: %s", want, a.text)
			}
		}
	})
}

// entering asks at its opening what it asks later on: the same form, day and
// effect.
const entering = `kind: entering
version: 1
title: 进门
turns: {committee_staff: 干部}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 商量中, stage: 议, turn: committee_staff, visible: STAFF, waits: 等各方商量}
      - {code: DONE, label: 已办结, stage: 评, end: true}
    actions:
      - {code: enter, label: 立题, may: matter.open, effects: &does [{items: {kind: RESOLUTION}}], form: &asks {required: [items], properties: {
         items: {type: array, minItems: 1, maxItems: 5, items: {type: object, additionalProperties: false, required: [text], properties: {
           text: {type: string, minLength: 2, maxLength: 50}, dueOn: {type: string, format: date}, unitId: {type: string, maxLength: 36}}}}}}}
      - {code: again, label: 再议, from: [OPEN], may: matter.follow, effects: *does, form: *asks}
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

// Every mutation that takes a form in a field of its own says of each fault
// where it is in the same way, whoever finds it: the schema of the form, a guard,
// a day or an effect.
func TestFaultsOfAFormBeginWithItsField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.add("专委干部", "STAFF", nil, "committee_staff")
	c.published(entering)
	platform := c.platform("entering", input{"processKind": "entering", "sources": []string{"委员荐题"}})
	good := input{"items": []any{input{"text": "增设候车亭"}}}
	id := c.do("专委干部", "openMatter", input{"platformId": platform, "title": "公交站点", "source": "委员荐题", "data": good})["id"].(string)
	carriers := map[string]struct {
		field string
		in    input
	}{
		"performAction": {"form", input{"matterId": id, "action": "again"}},
		"performOnMany": {"form", input{"matterIds": []string{id}, "action": "again"}},
		"openMatter":    {"data", input{"platformId": platform, "title": "公交站点", "source": "委员荐题"}},
	}
	bad := map[string][]input{
		"items.unitId": {{"items": []any{input{"text": "增设候车亭", "unitId": c.person["专委干部"]}}}}, // the effect: no unit of ours
		"items.dueOn":  {{"items": []any{input{"text": "增设候车亭", "dueOn": "2001-01-01"}}}, {"items": []any{input{"text": "增设候车亭", "dueOn": "morgen"}}}},
		"items.text":   {{"items": []any{input{"text": 7}}}},
		"items":        {{"items": []any{}}, {}},
		"more":         {{"items": []any{input{"text": "增设候车亭"}}, "more": 1}},
	}
	for mutation, of := range carriers {
		for path, forms := range bad {
			for _, form := range forms {
				a := c.call("专委干部", mutation, merged(of.in, input{of.field: form}))
				list, _ := dig(a.Data, mutation, "userErrors").([]any)
				if results, many := dig(a.Data, mutation, "results").([]any); many { // of each matter its own
					list, _ = dig(results[0], "userErrors").([]any)
				}
				if len(list) != 1 || dotted(dig(list[0], "path")) != of.field+"."+path {
					t.Errorf("%s with %v: %s, want %s.%s", mutation, form, a.text, of.field, path)
				}
			}
		}
	}
	t.Run("and there are no other mutations of the kind", func(t *testing.T) {
		same := map[string]string{"startPlanItem": "opens as openMatter does", "createPlatform": "targets, numbers by name", "changePlatform": "targets, numbers by name",
			"setPolicy": "settings, each named in the sentence"}
		for _, f := range c.schema.Mutation.Fields {
			for _, a := range f.Arguments {
				for _, field := range c.schema.Types[a.Type.Name()].Fields {
					if _, tried := carriers[f.Name]; field.Type.Name() == "JSON" && !tried && same[f.Name] == "" {
						t.Errorf("%s.%s takes a form: try it here", f.Name, field.Name)
					}
				}
			}
		}
	})
}
