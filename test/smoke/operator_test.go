package smoke

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// office is the operator's API of a product, and those who have a token.
type office struct {
	p   *product
	url string
	cmd *exec.Cmd
}

var operators = map[string]string{"运维甲": "token of the first operator", "运维乙": "token of the second operator"}

// desk starts the operator's API.
func (p *product) desk() *office {
	p.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	var list []string
	for name, token := range operators {
		sum := sha256.Sum256([]byte(token))
		list = append(list, name+":"+hex.EncodeToString(sum[:]))
	}
	o := &office{p: p, url: "http://" + addr, cmd: exec.Command(binary, "tenant", "desk")}
	o.cmd.Env = append(p.env(), "BIHUAN_OPERATOR_LISTEN="+addr, "BIHUAN_OPERATORS="+strings.Join(list, ","))
	log, err := os.OpenFile(filepath.Join(p.dir, "worker.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	o.cmd.Stdout, o.cmd.Stderr = log, log
	if err := o.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(o.stop)
	p.eventually("the operator's API answers", func() bool {
		res, err := http.Get(o.url + "/jobs")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusUnauthorized
	})
	return o
}

func (o *office) stop() {
	if o.cmd != nil {
		_ = o.cmd.Process.Signal(syscall.SIGTERM)
		_ = o.cmd.Wait()
		o.cmd = nil
	}
}

// raw sends a request as an operator, or as nobody.
func (o *office) raw(who, method, path string, body []byte) (int, http.Header, []byte) {
	o.p.t.Helper()
	req, err := http.NewRequest(method, o.url+path, bytes.NewReader(body))
	if err != nil {
		o.p.t.Fatal(err)
	}
	if token := operators[who]; token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		o.p.t.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// asks wants a status and answers the answer.
func (o *office) asks(who, method, path string, in any, status int) m {
	o.p.t.Helper()
	var body []byte
	switch x := in.(type) {
	case nil:
	case []byte:
		body = x
	default:
		body, _ = json.Marshal(x)
	}
	got, _, b := o.raw(who, method, path, body)
	out := m{}
	if err := json.Unmarshal(b, &out); got != status || err != nil {
		o.p.t.Fatalf("%s %s %s: %d, want %d: %s", who, method, path, got, status, b)
	}
	return out
}

// ends waits for a job.
func (o *office) ends(job m, state string) m {
	o.p.t.Helper()
	var now m
	o.p.eventually(str(job, "kind")+" is "+state, func() bool {
		now = o.asks("运维甲", "GET", "/jobs/"+str(job, "id"), nil, 200)
		if s := str(now, "state"); s == "FAILED" && state != s {
			o.p.t.Fatal(now)
		}
		return str(now, "state") == state
	})
	return now
}

// TestTheOperatorsAPI: a committee is suspended, exported, erased and taken in
// again over HTTP, by two operators where it takes two.
func TestTheOperatorsAPI(t *testing.T) {
	p := start(t, day(2025, 3, 3, 9))
	d := board(t, p)
	o := p.desk()
	const code = "210202"
	t.Run("without a token nothing is answered, and with a wrong one neither", func(t *testing.T) {
		for _, path := range []string{"/jobs", "/jobs/00000000-0000-0000-0000-000000000000/package?until=99999999999&sign=00"} {
			if got, _, b := o.raw("", "GET", path, nil); got != 401 {
				t.Error(path, got, string(b))
			}
		}
		o.asks("", "POST", "/tenants/"+code+"/suspend", m{"reason": "移交"}, 401)
	})
	t.Run("a committee that is not there, a reason that is missing and a kind that is none are refused", func(t *testing.T) {
		o.asks("运维甲", "POST", "/tenants/999999/suspend", m{"reason": "移交"}, 404)
		o.asks("运维甲", "POST", "/tenants/"+code+"/suspend", m{"reason": " "}, 400)
		o.asks("运维甲", "POST", "/jobs", m{"kind": "DROP", "tenant": code}, 400)
		o.asks("运维甲", "POST", "/jobs", m{"kind": "ERASE", "tenant": code, "reason": "移交", "package": "01a22e00-81e6-768d-877e-9059934e184b"}, 404)
	})
	o.asks("运维甲", "POST", "/tenants/"+code+"/suspend", m{"reason": "移交"}, 200)
	o.asks("运维甲", "POST", "/tenants/"+code+"/suspend", m{"reason": "移交"}, 200)
	t.Run("suspended it is closed to its people", func(t *testing.T) {
		_, r := p.post("", m{"query": `mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken } } }`, "variables": m{"i": m{"login": d.admin.login, "password": demoPassword}}})
		if dig(r.Data, "signIn", "tokens") != nil {
			t.Error(r.Data)
		}
	})
	export := o.ends(o.asks("运维甲", "POST", "/jobs", m{"kind": "EXPORT", "tenant": code}, 200), "DONE")
	var file []byte
	t.Run("the export says how far it came, and a signed link opens its package to who has no token", func(t *testing.T) {
		if dig(export, "parts").(float64) < 30 || str(export, "manifest") == "" {
			t.Error(export)
		}
		link := str(o.asks("运维乙", "GET", "/jobs/"+str(export, "id")+"/link", nil, 200), "url")
		got, h, b := o.raw("", "GET", link, nil)
		if got != 200 || !strings.Contains(h.Get("Content-Disposition"), code) || len(b) < 1000 {
			t.Fatal(got, h, len(b))
		}
		file = b
		if got, _, _ := o.raw("", "GET", strings.Replace(link, "until=", "until=9", 1), nil); got != 401 {
			t.Error("a changed link opens: ", got)
		}
		p.at(day(2025, 3, 3, 10))
		if got, _, _ := o.raw("", "GET", link, nil); got != 401 {
			t.Error("a link is good for ever: ", got)
		}
	})
	var pack string
	t.Run("a package that is brought is checked, and one that is cut is refused", func(t *testing.T) {
		x := o.asks("运维乙", "POST", "/packages", file, 200)
		if str(x, "manifest") != str(export, "manifest") || str(x, "tenant") != code {
			t.Fatal(x)
		}
		pack = str(x, "package")
		o.asks("运维乙", "POST", "/packages", file[:len(file)/2], 400)
	})
	t.Run("erasing is proposed by one and done when another confirms; it can be withdrawn", func(t *testing.T) {
		first := o.asks("运维甲", "POST", "/jobs", m{"kind": "ERASE", "tenant": code, "package": pack, "reason": "已移交"}, 200)
		if str(first, "state") != "PROPOSED" {
			t.Fatal(first)
		}
		o.asks("运维甲", "POST", "/jobs/"+str(first, "id")+"/confirm", nil, 403)
		o.asks("运维甲", "POST", "/jobs/"+str(first, "id")+"/withdraw", nil, 200)
		o.asks("运维乙", "POST", "/jobs/"+str(first, "id")+"/confirm", nil, 409)
		again := o.asks("运维甲", "POST", "/jobs", m{"kind": "ERASE", "tenant": code, "package": str(export, "id"), "reason": "已移交"}, 200)
		o.asks("运维乙", "POST", "/jobs/"+str(again, "id")+"/confirm", nil, 200)
		o.asks("运维乙", "POST", "/jobs/"+str(again, "id")+"/confirm", nil, 200)
		if done := o.ends(again, "DONE"); str(done, "proof", "manifest") != str(export, "manifest") {
			t.Fatal(done)
		}
		if out, _ := p.cli("tenant", "list"); strings.Contains(out, code) {
			t.Error(out)
		}
	})
	o.stop()
	o = p.desk()
	t.Run("what was done is known after a new start, and what fails says why", func(t *testing.T) {
		bad := o.asks("运维甲", "POST", "/jobs", m{"kind": "EXPORT", "tenant": code}, 200)
		if got := o.ends(bad, "FAILED"); str(got, "message") == "" {
			t.Error(got)
		}
		if got := o.asks("运维甲", "GET", "/jobs/"+str(export, "id"), nil, 200); str(got, "state") != "DONE" {
			t.Error(got)
		}
	})
	t.Run("taken in again by two it is suspended until it is resumed, and its people set a new password", func(t *testing.T) {
		in := o.asks("运维乙", "POST", "/jobs", m{"kind": "TAKE", "package": pack}, 200)
		o.asks("运维甲", "POST", "/jobs/"+str(in, "id")+"/confirm", nil, 200)
		o.ends(in, "DONE")
		o.asks("运维乙", "POST", "/tenants/"+code+"/resume", m{"reason": "接收完毕"}, 200)
		out, err := p.cli("account", "reset", d.admin.login)
		if err != nil {
			t.Fatal(out)
		}
		if got := str(p.activated(d.admin.login, out).ask(`{ viewer { tenant { code } } }`, nil), "viewer", "tenant", "code"); got != code {
			t.Error(got)
		}
	})
	t.Run("the books are whole and say who did it", func(t *testing.T) {
		if out, err := p.cli("audit", "verify"); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
