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
