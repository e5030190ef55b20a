package graph_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// forms walks the shipped processes and the committee's own: the ids that performAction takes stand in
// forms, where the schema of the API does not see them.
func (s *strangers) forms(t *testing.T) {
	reached := map[string]bool{}
	for _, source := range append(templates.Processes(), []byte(renamed)) {
		d, err := process.Parse(source)
		must(t, err)
		for _, a := range d.Machines[process.OfMatter].Actions {
			for _, name := range formIDs(a.Form) {
				for _, subject := range s.matters(d.Kind) {
					for _, id := range s.likely(s.victim, "", name) {
						none := uuid.NewString()
						foreign, unknown := s.perform(t, subject, a, name, id), s.perform(t, subject, a, name, none)
						if with(foreign, id) != with(unknown, none) && !bothSucceed(foreign, unknown) {
							t.Errorf("%s.%s(%s: %s): %s, but for none %s", d.Kind, a.Code, name, id, foreign, unknown)
						}
						if l := s.leak(foreign, id); l != "" {
							t.Errorf("%s.%s(%s): %s in %s", d.Kind, a.Code, name, l, foreign)
						}
						if !strings.Contains(foreign, "NOT_ALLOWED") && !strings.Contains(foreign, "GUARD_FAILED") {
							reached[d.Kind+"."+a.Code] = true
						}
					}
				}
			}
		}
	}
	for _, action := range []string{"cohort.linkProposal", "cohort.addDirection", "proposal.assign", "proposal.inviteCosign",
		"neighbours.invite", "neighbours.nameHost", "neighbours.plan", "neighbours.noteVisit", "neighbours.hold", "neighbours.link", "neighbours.settle"} {
		if !reached[action] {
			t.Error(action, "never came to its ids:", slices.Sorted(maps.Keys(reached)))
		}
	}
}

// matters are the other's of a kind.
func (s *strangers) matters(kind string) (out []string) {
	for _, id := range s.rows(s.other, "matters", 100) {
		var k string
		must(s.t, s.super.QueryRow(context.Background(), `SELECT kind FROM matters WHERE id = $1`, id).Scan(&k))
		if k == kind {
			out = append(out, id)
		}
	}
	return out
}

// perform carries out an action with an id in one place of its form, and
// undoes it.
func (s *strangers) perform(t *testing.T, subject string, a *process.Action, name, id string) (text string) {
	t.Helper()
	form := s.fill("", a.Form, name, id)
	q, vars := s.operation("mutation", s.schema.Mutation.Fields.ForName("performAction"), 0,
		input{"input": input{"matterId": subject, "action": a.Code, "form": form, "reason": "理由"}})
	token := s.other.token("全权")
	s.undone(t, func(ctx context.Context) { text = s.post(ctx, token, q, vars).text })
	return text
}

func isID(name string) bool {
	return strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "present" || name == "absent"
}

// formIDs are the names under which a form takes ids.
func formIDs(schema map[string]any) (out []string) {
	properties, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[name].(map[string]any)
		items, _ := p["items"].(map[string]any)
		if isID(name) {
			out = append(out, name)
		}
		out = append(out, formIDs(p)...)
		out = append(out, formIDs(items)...)
	}
	return out
}

// fill makes a value that a form's JSON Schema accepts.
func (s *strangers) fill(name string, schema map[string]any, target, id string) any {
	switch enum, _ := schema["enum"].([]any); {
	case len(enum) > 0:
		return enum[0]
	case name != "" && name == target && schema["type"] != "array":
		return id
	}
	switch schema["type"] {
	case "array":
		items, _ := schema["items"].(map[string]any)
		if isID(name) {
			return []any{s.fill(strings.TrimSuffix(name, "s"), items, strings.TrimSuffix(target, "s"), id)}
		}
		if least, ok := schema["minItems"].(int); ok && least > 1 {
			return []any{"市政府", "市政协"}
		}
		return []any{s.fill("", items, target, id)}
	case "integer":
		return 1
	case "boolean":
		return true
	case "string":
		switch {
		case schema["format"] == "date":
			return "2024-12-27"
		case isID(name):
			return s.likely(s.other, "", name)[0]
		case words[name] != nil:
			return words[name]
		}
		return "写得足够长的一段文字"
	}
	out := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	for _, n := range slices.Sorted(maps.Keys(properties)) {
		p, _ := properties[n].(map[string]any)
		out[n] = s.fill(n, p, target, id)
	}
	return out
}
