//go:build linux

package pgembed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// stumbling is a folder of programs whose postgres ends by itself the first
// times that it should serve.
func stumbling(t *testing.T, times int) string {
	t.Helper()
	dir := filepath.Join(newDir(t), "..", "bin")
	must(t, os.Mkdir(dir, 0o755))
	h, err := openHome(newDir(t))
	must(t, err)
	found, err := findPrograms(binDir, h.account, 0)
	must(t, err)
	real := found.dir
	all, err := os.ReadDir(real)
	must(t, err)
	for _, e := range all {
		if e.Name() != "postgres" {
			must(t, os.Symlink(filepath.Join(real, e.Name()), filepath.Join(dir, e.Name())))
		}
	}
	tried := filepath.Join(dir, "tried")
	must(t, os.Mkdir(tried, 0o777))
	must(t, os.Chmod(tried, 0o777)) // the server's account writes there
	script := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = -D ] && [ \"$(ls %[1]s | wc -l)\" -lt %[2]d ]; then : > %[1]s/$$; exit 1; fi\nexec %[3]s \"$@\"\n", tried, times, filepath.Join(real, "postgres"))
	must(t, os.WriteFile(filepath.Join(dir, "postgres"), []byte(script), 0o755))
	return dir
}

func TestAServerThatEndsWhileItStartsIsTriedAgain(t *testing.T) {
	t.Parallel()
	home := newDir(t)
	must(t, start(t, Options{Dir: home, Fast: true}).Stop()) // the cluster is made by a sound server
	t.Run("twice, and it serves", func(t *testing.T) {
		s, err := Start(t.Context(), Options{Dir: home, Fast: true, BinDir: stumbling(t, startTries-1)})
		must(t, err)
		must(t, s.Stop())
	})
	t.Run("not for ever", func(t *testing.T) {
		if s, err := Start(t.Context(), Options{Dir: home, Fast: true, BinDir: stumbling(t, startTries)}); !errors.Is(err, errEnded) {
			t.Error(s, err)
		}
	})
}
