package dbtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/pgembed"
)

// childVariable makes TestChild act, in a process of its own.
const childVariable = "DBTEST_TEST_CHILD"

// TestChild is what the other process of a test does: one database, its name
// on a line, and then it waits for the end of its input.
func TestChild(t *testing.T) {
	built := os.Getenv(childVariable) // a file that grows by a line with each build
	if built == "" {
		return
	}
	url := New(t, Template{Name: "child", Hash: "1", Build: func(ctx context.Context, url string) error {
		f, err := os.OpenFile(built, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(f, "built"); err != nil {
			return err
		}
		return f.Close()
	}})
	fmt.Println("\ndatabase", query[string](t, url, `select current_database()`))
	_, _ = io.Copy(io.Discard, os.Stdin)
}

type child struct {
	*exec.Cmd
	database string
	in       io.Closer
}

// startChild runs a test process whose folder for temporary files is tmp, so
// that its shared server is not the one of this run.
func startChild(t *testing.T, tmp string, env ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	c := exec.Command(exe, "-test.run=^TestChild$")
	c.Env = append(os.Environ(), childVariable+"="+filepath.Join(tmp, "built"), "TMPDIR="+tmp, idleVariable+"=3s")
	c.Env = append(c.Env, env...)
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	said := ""
	for r := bufio.NewScanner(out); r.Scan(); said += r.Text() + "\n" {
		if name, ok := strings.CutPrefix(r.Text(), "database "); ok {
			return &child{c, name, in}
		}
	}
	t.Fatalf("the child ended: %s", said)
	return nil
}

func (c *child) end(t *testing.T) {
	t.Helper()
	must(t, c.in.Close())
	must(t, c.Wait())
}

// newTmp is a folder for temporary files that the server's account can reach.
func newTmp(t *testing.T) string {
	t.Helper()
	tmp, err := os.MkdirTemp("", "dbtest-")
	must(t, err)
	must(t, os.Chmod(tmp, 0o711))
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	return tmp
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 600 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("not within 30 s: %s", what)
}

func TestSharedServer(t *testing.T) {
	t.Parallel()
	tmp := newTmp(t)
	d := shared(filepath.Join(tmp, fmt.Sprintf("bihuan-test-%d", os.Geteuid())))
	running := func() bool {
		_, err := os.Stat(d.file("pg/data/postmaster.pid"))
		return err == nil
	}
	var first, second *child

	children := make(chan *child)
	for range 2 {
		go func() {
			var c *child
			defer func() { children <- c }() // also when it fails
			c = startChild(t, tmp)
		}()
	}
	if first, second = <-children, <-children; first == nil || second == nil {
		return
	}
	t.Run("processes that start together share one server and build a template once", func(t *testing.T) {
		built, err := os.ReadFile(filepath.Join(tmp, "built"))
		must(t, err)
		equal(t, "builds", string(built), "built\n")
		if first.database == second.database {
			t.Fatal("one database for both")
		}
	})
	url, err := d.answering(t.Context())
	must(t, err)
	t.Run("the server outlives the process that started it", func(t *testing.T) {
		first.end(t)
		equal(t, "the database of the first", exists(t, url, first.database), false)
		equal(t, "the database of the second", exists(t, url, second.database), true)
	})
	t.Run("what a killed process left is dropped when the last user has gone", func(t *testing.T) {
		must(t, second.Process.Kill())
		eventually(t, "dropped", func() bool { return !exists(t, url, second.database) })
	})
	t.Run("an unused server stops, and the next user finds its templates again", func(t *testing.T) {
		eventually(t, "stopped", func() bool { return !running() })
		third := startChild(t, tmp)
		built, err := os.ReadFile(filepath.Join(tmp, "built"))
		must(t, err)
		equal(t, "builds", string(built), "built\n")
		third.end(t)
	})
	t.Run("a cluster that does not start is made anew", func(t *testing.T) {
		eventually(t, "stopped", func() bool { return !running() })
		eventually(t, "the janitor has ended", d.vacant)
		must(t, os.RemoveAll(d.file("pg/data/global")))
		startChild(t, tmp).end(t)
		eventually(t, "stopped", func() bool { return !running() })
		eventually(t, "the janitor has ended", d.vacant)
	})
}

func TestJanitorFails(t *testing.T) {
	t.Parallel()
	t.Run("a server that cannot start is an error with its reason, not a wait", func(t *testing.T) {
		exe, err := os.Executable()
		must(t, err)
		tmp := newTmp(t)
		c := exec.Command(exe, "-test.run=^TestChild$")
		c.Env = append(os.Environ(), childVariable+"="+filepath.Join(tmp, "built"), "TMPDIR="+tmp, idleVariable+"=soon")
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "invalid duration") {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

func TestOutsideServer(t *testing.T) {
	t.Parallel()
	t.Run(serverURL+" is used instead, and nothing is started", func(t *testing.T) {
		tmp := newTmp(t)
		s, err := pgembed.Start(t.Context(), pgembed.Options{Dir: filepath.Join(tmp, "outside"), Fast: true})
		must(t, err)
		defer func() { must(t, s.Stop()) }()
		url := s.URL(pgembed.Superuser, "postgres")
		c := startChild(t, tmp, serverURL+"="+url)
		equal(t, "there", exists(t, url, c.database), true)
		c.end(t)
		equal(t, "there", exists(t, url, c.database), false)
		left, err := filepath.Glob(filepath.Join(tmp, "bihuan-test-*"))
		must(t, err)
		equal(t, "shared servers", len(left), 0)
	})
}
