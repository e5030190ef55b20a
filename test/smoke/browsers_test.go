//go:build browser

package smoke

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Two people in two browsers see each other act. It needs a Chromium, which is
// more than make test asks of a machine; TAGS=browser brings it in.
func init() {
	onTheDemo["two people in two browsers see each other act"] = func(t *testing.T, p *product) {
		cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", "test")
		cmd.Dir, cmd.Env = filepath.Join("..", "browsers"), append(os.Environ(), "BIHUAN_URL="+p.url)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
}
