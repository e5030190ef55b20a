package assembly_test

import (
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// Every definition that the product ships closes its loop under the rules that
// the product knows.
func TestWhatIsShippedClosesItsLoop(t *testing.T) {
	t.Parallel()
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := assembly.Vocabulary()
	sources := templates.Processes()
	for _, p := range templates.Platforms() {
		sources = append(sources, p.Source)
	}
	for _, source := range sources {
		d, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(d.Kind, func(t *testing.T) {
			for _, f := range process.Errors(e.Check(d, process.DefaultPolicy(), process.RolesOf(rights))) {
				t.Error(f)
			}
		})
	}
	if len(sources) < 16 {
		t.Error(len(sources), "definitions")
	}
}
