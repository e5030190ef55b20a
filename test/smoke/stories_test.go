package smoke

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// theStories answers what runs the console's stories in a browser against a
// product that stands. The console is in the binary: it must have been built
// before, which make does.
func theStories(t *testing.T) func(*product) func(*testing.T) {
	t.Helper()
	folder := filepath.Join("..", "..", "web")
	for file, how := range map[string]string{
		filepath.Join(folder, "node_modules", ".package-lock.json"): "make web-deps",
		filepath.Join(folder, "dist", "index.html"):                 "make web",
	} {
		if _, err := os.Stat(file); err != nil {
			t.Fatalf("%s is missing; run %s first", file, how)
		}
	}
	return func(p *product) func(*testing.T) {
		return func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", "stories")
			cmd.Dir, cmd.Env = folder, append(os.Environ(), "BIHUAN_URL="+p.url)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}
	}
}
