package assembly_test

import (
	"os"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/ent/schema"
)

// A12: the parameters of /files stand in the docs with all that they can be.
func TestTheParametersOfFilesAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	params := []string{"matter", "assignment", "kind", "audience"}
	for _, f := range (schema.Attachment{}).Fields() {
		for _, e := range f.Descriptor().Enums {
			params = append(params, e.V)
		}
	}
	if len(params) < 14 {
		t.Fatal(params)
	}
	for _, p := range params {
		if !strings.Contains(string(doc), "`"+p+"`") {
			t.Errorf("%s is not documented", p)
		}
	}
}
