package assembly_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// A12: an editor can check a definition by a schema that is made of the code.
func TestTheSchemaKnowsEveryDefinition(t *testing.T) {
	t.Parallel()
	asJSON := func(v any) any {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return doc
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("process.schema.json", asJSON(assembly.Vocabulary().Schema())); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("process.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(source string) error {
		var doc any
		if err := yaml.Unmarshal([]byte(source), &doc); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(asJSON(doc))
	}
	shipped := templates.Processes()
	for _, p := range templates.Platforms() {
		shipped = append(shipped, p.Source)
	}
	for _, source := range shipped {
		if err := valid(string(source)); err != nil {
			t.Errorf("%.40s: %v", source, err)
		}
	}
	const fine = "kind: x\nversion: 1\ntitle: 某\ntimers: {t: {label: 期限, within: {amount: 5, unit: WORKDAY}}}\nmachines: {matter: {initial: A, states: [{code: A, label: 甲, timers: [t]}], actions: [{code: a, label: 动, from: [A], may: matter.arrange, guards: [not_suspended, {records: {kind: VISIT, least: 1}}]}]}}\n"
	if err := valid(fine); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sentence, old, new string }{
		{"an item that does not exist", "title: 某", "titel: 某"},
		{"an item of a state that does not exist", "timers: [t]", "timer: [t]"},
		{"a unit that does not exist", "unit: WORKDAY", "unit: WEEK"},
		{"a deadline of nothing", "amount: 5", "amount: 0"},
		{"a word that does not exist", "not_suspended", "suspendet"},
		{"an argument that does not exist", "least: 1", "last: 1"},
		{"an argument of another type", "least: 1", "least: one"},
		{"a code that is missing", "code: A, ", ""},
	} {
		if err := valid(strings.Replace(fine, c.old, c.new, 1)); err == nil {
			t.Errorf("the schema lets %s through", c.sentence)
		}
	}
}

// A12: the reference says what every item of a definition means, and is the one
// that stands in the docs.
func TestTheReferenceIsComplete(t *testing.T) {
	t.Parallel()
	for _, p := range process.Parts() {
		for _, k := range p.Keys {
			if k.Says == "" || k.Written() == "" {
				t.Errorf("%s.%s says nothing", p.Name, k.Name)
			}
		}
	}
	var b bytes.Buffer
	if err := process.Reference(&b); err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile("../docs/process-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(printed) {
		t.Error("docs/process-reference.md is not what the program prints; run make gen")
	}
	for _, key := range []string{"rungs", "visible", "within", "base", "once", "quiet", "awaits", "as", "stage.提", "unit.STREET_LIAISON", "{edition}"} {
		if !strings.Contains(b.String(), "`"+key+"`") {
			t.Errorf("%s is not explained", key)
		}
	}
}
