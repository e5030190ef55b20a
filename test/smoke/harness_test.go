// Package smoke runs the built binary on its own private database and speaks
// GraphQL over HTTP, in the words of the field, with a clock that can be moved.
package smoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bihuan/bihuan/tenants/tenantstest"
)

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "bihuan-smoke-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "bihuan")
	build := exec.Command("go", "build", "-o", binary, "github.com/bihuan/bihuan/cmd/bihuan")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// product is one running installation.
type product struct {
	t    *testing.T
	dir  string
	url  string
	cmd  *exec.Cmd
	log  *os.File
	now  time.Time
	set  time.Time // when now was set, by the machine's clock
	args []string
}

// start runs the product on a fresh private database, at a moment.
func start(t *testing.T, now time.Time, args ...string) *product {
	t.Helper()
	dir, err := os.MkdirTemp("", "bihuan-smoke-data-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL runs as another account when we are root
		t.Fatal(err)
	}
	p := &product{t: t, dir: dir, args: args}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			if b, err := os.ReadFile(filepath.Join(dir, "server.log")); err == nil {
				t.Logf("the server's last lines:\n%s", complaints(string(b)))
			}
		}
		_ = os.RemoveAll(dir)
	})
	p.at(now)
	p.run()
	return p
}

// complaints are the last lines of a log that say more than what was asked for.
func complaints(log string) string {
	var out []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"level":"INFO"`) {
			out = append(out, line[:min(len(line), 2500)])
		}
	}
	return strings.Join(out[max(0, len(out)-8):], "")
}

func (p *product) env() []string {
	return append(os.Environ(), "BIHUAN_DATA="+p.dir, "BIHUAN_CLOCK_FILE="+filepath.Join(p.dir, "clock"), "BIHUAN_SWEEP_EVERY=500ms", "BIHUAN_DELIVER_EVERY=300ms",
		"BIHUAN_LISTEN="+strings.TrimPrefix(p.url, "http://"), "DATABASE_URL=", "DATABASE_OWNER_URL=")
}

// later lets a time pass from the moment that it is for the product, whose
// clock runs on.
func (p *product) later(d time.Duration) { p.at(p.now.Add(time.Since(p.set) + d)) }

// at moves the clock.
func (p *product) at(now time.Time) {
	p.t.Helper()
	p.now, p.set = now, time.Now()
	if err := os.WriteFile(filepath.Join(p.dir, "clock"), []byte(now.Format(time.RFC3339)), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// run starts the server and waits until it is ready.
func (p *product) run() {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	p.url = "http://" + l.Addr().String()
	_ = l.Close()
	p.log, err = os.OpenFile(filepath.Join(p.dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(binary, append([]string{"serve", "--dev"}, p.args...)...)
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = p.env(), p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	for end := time.Now().Add(240 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		r, err := http.Get(p.url + "/readyz")
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			p.t.Fatal("the server does not become ready")
		}
	}
}

// nothingStands: at the end of a life nothing waits for somebody who is not there.
func (p *product) nothingStands(t *testing.T) {
	t.Helper()
	tenantstest.NothingStands(t, "postgres://postgres@/bihuan?host="+filepath.Join(p.dir, "run"))
}

// stop ends the server as an operator would.
func (p *product) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	_ = p.log.Close()
	p.cmd = nil
}

// kill ends it as a power cut would.
func (p *product) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.log.Close()
	p.cmd = nil
}

// cli runs another command of the binary on the same data.
func (p *product) cli(args ...string) (string, error) {
	cmd := exec.Command(binary, args...)
	cmd.Env = p.env()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// person signs in and speaks.
type person struct {
	p               *product
	login, password string
	token           string
	until           time.Time
}

func (p *product) person(login, password string) *person {
	return &person{p: p, login: login, password: password}
}

// reply is a GraphQL answer.
type reply struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
}

// post sends one request with a token, which may be empty.
func (p *product) post(token string, body any) (int, reply) {
	p.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, p.url+"/graphql", bytes.NewReader(b))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var r reply
	if err := json.Unmarshal(raw, &r); err != nil {
		p.t.Fatalf("%d: %s", res.StatusCode, raw)
	}
	return res.StatusCode, r
}

// ask sends a query as the person, who signs in again when the moved clock has
// made the token old.
func (w *person) ask(query string, vars map[string]any) map[string]any {
	w.p.t.Helper()
	if w.token == "" || !w.p.now.Before(w.until) {
		_, r := w.p.post("", map[string]any{"query": `mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken } userErrors { code message } } }`,
			"variables": map[string]any{"i": map[string]any{"login": w.login, "password": w.password}}})
		tokens, _ := dig(r.Data, "signIn", "tokens").(map[string]any)
		if tokens == nil {
			w.p.t.Fatalf("%s cannot sign in: %v %v", w.login, r.Data, r.Errors)
		}
		w.token, w.until = tokens["accessToken"].(string), w.p.now.Add(5*time.Minute)
	}
	_, r := w.p.post(w.token, map[string]any{"query": query, "variables": vars})
	if len(r.Errors) > 0 {
		w.p.t.Fatalf("%s: %v\n%s", w.login, r.Errors, query)
	}
	return r.Data
}

// do sends a mutation and fails the test when it is refused; fields selects
// from the payload.
func (w *person) do(mutation string, input map[string]any, fields string) map[string]any {
	w.p.t.Helper()
	out, bad := w.try(mutation, input, fields)
	if bad != "" {
		w.p.t.Fatalf("%s %s: %s (%v)", w.login, mutation, bad, input)
	}
	return out
}

// try sends a mutation and answers the payload, or the code of the refusal.
func (w *person) try(mutation string, input map[string]any, fields string) (map[string]any, string) {
	w.p.t.Helper()
	typ := strings.ToUpper(mutation[:1]) + mutation[1:] + "Input"
	data := w.ask(fmt.Sprintf(`mutation($i: %s!) { %s(input: $i) { %s userErrors { code message path } } }`, typ, mutation, fields), map[string]any{"i": input})
	payload := data[mutation].(map[string]any)
	if list := payload["userErrors"].([]any); len(list) > 0 {
		e := list[0].(map[string]any)
		return payload, fmt.Sprint(e["code"], " ", e["message"])
	}
	return payload, ""
}

// dig walks into an answer; a number is an index.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			v = m[k]
		case int:
			l, ok := v.([]any)
			if !ok || k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

func str(v any, path ...any) string { s, _ := dig(v, path...).(string); return s }

type m = map[string]any
