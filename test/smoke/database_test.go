package smoke

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// postmaster is the process of the installation's PostgreSQL, 0 when there is
// none.
func (p *product) postmaster() (pid int) {
	b, err := os.ReadFile(filepath.Join(p.dir, "data", "postmaster.pid"))
	if err == nil {
		_, _ = fmt.Sscan(string(b), &pid)
	}
	return pid
}

// killDatabase ends PostgreSQL as the kernel does when memory is short.
func (p *product) killDatabase() {
	p.t.Helper()
	if pid := p.postmaster(); pid <= 0 || syscall.Kill(pid, syscall.SIGKILL) != nil {
		p.t.Fatalf("no server to kill: %d", pid)
	}
}

// eventually waits until something is so.
func (p *product) eventually(what string, so func() bool) {
	p.t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatal("never: ", what, complaints(p.logs("worker.log")))
		}
	}
}

func (p *product) status(path string) int {
	res, err := http.Get(p.url + path)
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// answers asks something for which the database is needed.
func (p *product) answers() bool {
	_, r := p.post("", m{"query": `mutation { signIn(input: {login: "nobody.here", password: "wrong password"}) { userErrors { code } } }`})
	return str(r.Data, "signIn", "userErrors", 0, "code") != ""
}

// logs reads what a process has said.
func (p *product) logs(name string) string {
	b, _ := os.ReadFile(filepath.Join(p.dir, name))
	return string(b)
}

// beside starts another process of the product on the same data.
func (p *product) beside(log string, args ...string) *exec.Cmd {
	p.t.Helper()
	f, err := os.Create(filepath.Join(p.dir, log))
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env(), f, f
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() })
	return cmd
}

// O1: the private PostgreSQL is killed under serve.
func TestTheDatabaseIsKilled(t *testing.T) {
	t.Parallel()
	p := start(t, time.Date(2024, 12, 27, 9, 0, 0, 0, time.UTC))
	const back = "the private database is back"
	backAgain := func(log string, n int) func() bool {
		return func() bool { return strings.Count(p.logs(log), back) >= n }
	}
	t.Run("O1: serve starts it again, says so, and answers", func(t *testing.T) {
		for n := 1; n <= 2; n++ {
			p.killDatabase()
			p.eventually("the log says that it is back", backAgain("server.log", n))
			p.eventually("ready", func() bool { return p.status("/readyz") == http.StatusOK })
			p.eventually("an answer", p.answers)
			if p.status("/healthz") != http.StatusOK {
				t.Error("not healthy")
			}
		}
	})
	worker := p.beside("worker.log", "worker")
	t.Run("O1: so does who only shares it, without a second server", func(t *testing.T) {
		p.eventually("the worker shares it", func() bool { return strings.Contains(p.logs("worker.log"), "client started") })
		first := p.postmaster()
		p.killDatabase()
		p.eventually("serve has it back", backAgain("server.log", 3))
		p.eventually("an answer", p.answers)
		if now := p.postmaster(); now == first || syscall.Kill(now, 0) != nil {
			t.Errorf("the server is process %d, it was %d", now, first)
		}
	})
	t.Run("O1: when its owner is killed, who shares it takes it over", func(t *testing.T) {
		p.kill()
		p.eventually("the worker has it back", func() bool { return strings.Contains(p.logs("worker.log"), back) })
		p.run() // a new serve
		p.eventually("an answer", p.answers)
	})
	t.Run("O1: a server that cannot be started again ends the process, with a word why", func(t *testing.T) {
		p.stop()
		_ = worker.Process.Signal(syscall.SIGTERM)
		_ = worker.Wait()
		p.run()
		lost := filepath.Join(p.dir, "data", "global")
		if err := os.Rename(lost, lost+".away"); err != nil {
			t.Fatal(err)
		}
		p.killDatabase()
		if err := p.cmd.Wait(); err == nil {
			t.Error("it ended as if all were well")
		}
		p.cmd = nil
		if log := p.logs("server.log"); !strings.Contains(log, "giving up") {
			t.Error(complaints(log))
		}
	})
}
