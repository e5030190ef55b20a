package assembly_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// shipped are all definitions that come with the product.
func shipped(t *testing.T) (all []*process.Definition) {
	t.Helper()
	sources := templates.Processes()
	for _, x := range templates.Platforms() {
		sources = append(sources, x.Source)
	}
	for _, source := range sources {
		d, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func actions(d *process.Definition) (all []*process.Action) {
	for _, m := range d.Machines {
		all = append(all, m.Actions...)
	}
	return all
}

// Every field of every shipped form has a name, every choice a word, and every
// id says what it names.
func TestShippedFormsCanBeShown(t *testing.T) {
	p := process.DefaultPolicy()
	n := 0
	for _, d := range shipped(t) {
		for _, a := range actions(d) {
			var visit func(f *process.Field, where string)
			visit = func(f *process.Field, where string) {
				n++
				where += "." + f.Name
				if f.Title == "" || f.Title == f.Name {
					t.Errorf("%s: no title", where)
				}
				for _, c := range f.Choices {
					if !strings.ContainsFunc(c.Title, func(r rune) bool { return r > 0x2e80 }) {
						t.Errorf("%s: the choice %v has no word", where, c.Value)
					}
				}
				one := f
				if f.Item != nil {
					one = f.Item
				}
				if id := strings.HasSuffix(f.Name, "Id") || strings.HasSuffix(f.Name, "Ids"); id && one.Picks == "" && f.Name != "originId" {
					t.Errorf("%s: an id of nothing", where)
				}
				if one.Type == "" {
					t.Errorf("%s: no type", where)
				}
				if strings.Contains(f.Title, "代录时") || strings.Contains(f.Title, "代为") { // it is shown to who does, and to nobody else
					t.Errorf("%s: the title says for whom it is; neededFor says it to the program", where)
				}
				for _, x := range one.Fields {
					visit(x, where)
				}
			}
			for _, f := range a.Sheet(p, nil).Fields() {
				visit(f, d.Kind+"."+a.Code)
			}
		}
	}
	t.Log(n, "fields")
	if n < 300 {
		t.Error("hardly any")
	}
}

// spare are effects that can do without what they pick: a meeting that was not
// planned is noted as it is, minutes may belong to none, and a record keeps what it
// is given.
var spare = []string{"hold", "minutes", "record"}

// C3: what an effect reads from the form is asked for when the definition is
// published. Whoever takes a needed thing to pick out of a shipped form is told.
func TestAFieldThatAnEffectReadsIsAskedFor(t *testing.T) {
	words := assembly.Vocabulary()
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	check := func(d *process.Definition) []string {
		return process.FindingTexts(process.Errors(words.Check(d, process.DefaultPolicy(), process.RolesOf(policy))))
	}
	n := 0
	for _, d := range shipped(t) {
		before := check(d)
		for _, a := range actions(d) {
			for _, f := range a.Sheet(process.DefaultPolicy(), nil).Fields() {
				one := f
				if f.Item != nil {
					one = f.Item
				}
				if !f.Required || one.Picks == "" || slices.ContainsFunc(a.Effects, func(r *process.Rule) bool { return slices.Contains(spare, r.Name) }) {
					continue
				}
				n++
				props := a.Form["properties"].(map[string]any)
				kept := props[f.Name]
				delete(props, f.Name)
				if found := check(d); !slices.ContainsFunc(found, func(x string) bool { return !slices.Contains(before, x) && strings.Contains(x, f.Name) }) {
					t.Errorf("C3: %s.%s without %s is found good", d.Kind, a.Code, f.Name)
				}
				props[f.Name] = kept
			}
		}
	}
	t.Log(n, "fields taken out")
}
