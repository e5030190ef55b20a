//go:build linux

package pgembed

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// ownerDir makes the test binary another process that starts a server in the
// folder it names, prints a line and stays.
const ownerDir = "PGEMBED_TEST_OWNER_DIR"

// binDir names the programs to test with, to try another version of PostgreSQL
// than the search finds; usually empty.
var binDir = os.Getenv("PGEMBED_TEST_BIN")

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		os.Exit(beOwner(dir))
	}
	os.Exit(m.Run())
}

// beOwner ends in order when its standard input is closed.
func beOwner(dir string) int {
	s, err := Start(context.Background(), Options{Dir: dir, BinDir: binDir, Fast: true})
	if err != nil {
		fmt.Println("error:", strings.ReplaceAll(err.Error(), "\n", " "))
		return 1
	}
	fmt.Println("adopted:", s.Adopted)
	_, _ = os.Stdin.Read(make([]byte, 1)) // the end of the input is the message
	if err := s.Stop(); err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

// process is a second program that uses the same folder.
type process struct {
	*exec.Cmd
	says  string // its first line
	leave func() error
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	c := exec.Command(exe)
	c.Env = append(os.Environ(), ownerDir+"="+dir)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	return &process{Cmd: c, says: strings.TrimSpace(line), leave: func() error {
		must(t, in.Close())
		return c.Wait()
	}}
}

// kill ends it as a crash would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	must(t, p.Process.Kill())
	_, err := p.Process.Wait()
	must(t, err)
}

// newDir is a folder that the server's account can reach; t.TempDir is closed
// to it when root runs the tests.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgembed-test-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o711))
	return filepath.Join(dir, "home")
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	o.BinDir = binDir
	s, err := Start(ctx, o)
	must(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func connect(t *testing.T, s *Server) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), s.URL(Superuser, Database))
	must(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func exec1(t *testing.T, s *Server, sql string) {
	t.Helper()
	c := connect(t, s)
	_, err := c.Exec(t.Context(), sql)
	must(t, err)
}

func query[T any](t *testing.T, s *Server, sql string, args ...any) (v T) {
	t.Helper()
	c := connect(t, s)
	must(t, c.QueryRow(t.Context(), sql, args...).Scan(&v))
	must(t, c.Close(t.Context()))
	return v
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// postmaster is the pid of the server in a folder.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	pid := (&home{data: filepath.Join(dir, "data")}).pidFile().pid
	if pid <= 0 || syscall.Kill(pid, 0) != nil {
		t.Fatalf("no postmaster in %s", dir)
	}
	return pid
}

func wait(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("waited 30 s: %s", what)
	}
}
