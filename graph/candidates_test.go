package graph

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/tenants/templates"
)

// What a form can pick is listed by a field that the API has, and what is
// filled in is one of the candidate's fields.
func TestWhatCanBePickedIsListed(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, what := range process.Picks {
		pick, ok := candidates[what]
		if !ok {
			t.Errorf("%s: not listed anywhere", what)
			continue
		}
		from, value := pick.From, pick.Value
		of, name := schema.Query, from
		if rest, ok := strings.CutPrefix(from, "Matter."); ok {
			of, name = schema.Types["Matter"], rest
		}
		field := of.Fields.ForName(name)
		if field == nil {
			t.Errorf("%s: there is no field %s", what, from)
			continue
		}
		listed := schema.Types[field.Type.Name()]
		if edges := listed.Fields.ForName("edges"); edges != nil {
			listed = schema.Types[schema.Types[edges.Type.Name()].Fields.ForName("node").Type.Name()]
		}
		if listed.Kind != ast.Object || listed.Fields.ForName(value) == nil {
			t.Errorf("%s: %s has no %s", what, listed.Name, value)
		}
	}
}

// Whoever is offered a form can ask what it lets him pick: for every form that
// ships, and every role that may act. A list that wants a permission says so in
// its description (TestARefusedRootFieldLeavesItsSiblings).
func TestWhoIsOfferedAFormCanAskWhatItPicks(t *testing.T) {
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	query := generated.NewExecutableSchema(generated.Config{}).Schema().Query
	wants := func(pick process.Pick) []string {
		field := query.Fields.ForName(candidates[pick].From)
		if field == nil { // a list of the matter, which who acts sees
			return nil
		}
		_, said, _ := strings.Cut(field.Description, "须有权限 ")
		if said == "" {
			return nil
		}
		return strings.Split(strings.TrimSuffix(said, " 之一"), "、")
	}
	holds := func(role string, perms ...string) bool {
		return slices.ContainsFunc(perms, func(p string) bool {
			s, err := policy.Ask(role, authz.Perm(p))
			return err == nil && s != authz.None
		})
	}
	sources := templates.Processes()
	for _, x := range templates.Platforms() {
		sources = append(sources, x.Source)
	}
	asked := 0
	for _, source := range sources {
		d, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range d.Machines {
			for _, a := range m.Actions {
				for _, pick := range picks(a.Sheet(process.DefaultPolicy(), nil).Fields()) {
					for _, role := range policy.Roles() {
						if a.Permission == "" || !holds(role, a.Permission) {
							continue
						}
						asked++
						if need := wants(pick); need != nil && !holds(role, need...) {
							t.Errorf("%s.%s: a %s is offered it and cannot list %s, which wants %v", d.Kind, a.Code, role, pick, need)
						}
					}
				}
			}
		}
	}
	if asked < 300 {
		t.Error("hardly any", asked)
	}
}

// picks are what the fields let one pick, in groups and lists too.
func picks(of []*process.Field) (out []process.Pick) {
	for _, f := range of {
		if f.Picks != "" {
			out = append(out, f.Picks)
		}
		if f.Item != nil {
			out = append(out, picks([]*process.Field{f.Item})...)
		}
		out = append(out, picks(f.Fields)...)
	}
	return out
}
