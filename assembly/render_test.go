//go:build browser

package assembly_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
)

// Every form of every shipped process is shown by a form library that knows
// nothing of us, in a browser: all fields, in their order, with their titles, all
// choices in words; and it takes what the server takes. It is run by make forms:
// a Chromium is more than make test asks of a machine.
func TestAFormLibraryRendersEveryForm(t *testing.T) {
	type form struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
		Form   map[string]any  `json:"form"`
	}
	var all []form
	for _, d := range shipped(t) {
		for _, a := range actions(d) {
			if sheet := a.Sheet(process.DefaultPolicy(), nil); !sheet.Empty() {
				all = append(all, form{fmt.Sprintf("%s.%s", d.Kind, a.Code), sheet.Schema(), filled(sheet.Fields(), a.Form)})
			}
		}
	}
	in, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "render.mjs")
	cmd.Dir, cmd.Stdin = filepath.Join("..", "test", "forms"), bytes.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.6000s", err, out)
	}
	t.Log(strings.TrimSpace(string(out)))
}
