package endpoint

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAudits asks graphql-http's audits, as a browser's library would.
func TestAudits(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "test", "audits")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "graphql-http")); err != nil {
		t.Fatal("the audit suite is not installed; run make audits-deps first")
	}
	for sentence, dev := range map[string]bool{
		"in development all 61 audits pass without a token": true, "in production all 61 audits pass with a token": false,
	} {
		t.Run(sentence, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t, func(o *Options, _ *env) { o.Dev = dev })
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, "node", "run.mjs", e.url)
			cmd.Dir, cmd.Env = folder, os.Environ()
			if !dev {
				cmd.Env = append(cmd.Env, "BIHUAN_TOKEN="+e.token)
			}
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasSuffix(string(out), "61 of 61 audits passed\n") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
