package smoke

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// theClient builds clients/ts from the schema as it is now and lets the product
// that will be started know its documents; the answer runs the client's tests.
func theClient(t *testing.T) func(*product) func(*testing.T) {
	t.Helper()
	folder := filepath.Join("..", "..", "clients", "ts")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err != nil {
		t.Fatal("the client's packages are not installed; run make clients-deps first")
	}
	npm := func(t *testing.T, script string, env ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "npm", "run", "--silent", script)
		cmd.Dir, cmd.Env = folder, append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("npm run %s: %v\n%s", script, err, out)
		}
	}
	npm(t, "build")
	generated, err := filepath.Abs(filepath.Join(folder, "src", "gql"))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BIHUAN_DOCUMENTS", generated)
	return func(p *product) func(*testing.T) {
		return func(t *testing.T) { npm(t, "test", "BIHUAN_URL="+p.url) }
	}
}
