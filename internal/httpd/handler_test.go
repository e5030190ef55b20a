package httpd

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

func TestRequestID(t *testing.T) {
	t.Parallel()
	url, _ := start(t, Options{}, routes())
	made := regexp.MustCompile(`^[A-Z2-7]{26}$`)
	for _, c := range []struct {
		sentence, sent string
		kept           bool
	}{
		{"the caller's id is kept", "abc-DEF-0123", true},
		{"eight characters are enough", "12345678", true},
		{"sixty-four are allowed", strings.Repeat("a", 64), true},
		{"seven are too few", "1234567", false},
		{"sixty-five are too many", strings.Repeat("a", 65), false},
		{"other characters make it another id", "abcdefgh\"}{", false},
		{"none makes a new one", "", false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			resp, body := ask(t, "GET", url+"/who", "X-Request-Id", c.sent)
			id := resp.Header.Get("X-Request-Id")
			if c.kept && id != c.sent || !c.kept && !made.MatchString(id) {
				t.Error(id)
			}
			if !strings.HasSuffix(body, " "+id) {
				t.Error("the handler sees another id:", body)
			}
		})
	}
	t.Run("two requests have two ids", func(t *testing.T) {
		a, _ := ask(t, "GET", url+"/who")
		b, _ := ask(t, "GET", url+"/who")
		if a.Header.Get("X-Request-Id") == b.Header.Get("X-Request-Id") {
			t.Error("equal")
		}
	})
}

func TestLog(t *testing.T) {
	t.Parallel()
	url, log := start(t, Options{}, routes())
	ask(t, "GET", url+"/things/7?phone=13800000000", "X-Request-Id", "log-test-1", "Authorization", "Bearer secret", "User-Agent", "curious")
	ask(t, "GET", url+"/nothing", "X-Request-Id", "log-test-2")
	ask(t, "GET", url+"/healthz")

	lines := log.lines(t, "request")
	if len(lines) != 2 {
		t.Fatal(log.String())
	}
	t.Run("a request is one line with what an operator needs", func(t *testing.T) {
		want := map[string]any{"request_id": "log-test-1", "method": "GET", "route": "/things/{id}", "path": "/things/7", "status": 200.0, "bytes": 5.0, "tenant": "t1"}
		for k, v := range want {
			if lines[0][k] != v {
				t.Errorf("%s: %v, want %v", k, lines[0][k], v)
			}
		}
		if ms, ok := lines[0]["duration_ms"].(float64); !ok || ms <= 0 {
			t.Error(lines[0]["duration_ms"])
		}
	})
	t.Run("a handler that writes nothing answered 200", func(t *testing.T) {
		if lines[1]["status"] != 200.0 || lines[1]["bytes"] != 0.0 {
			t.Error(lines[1])
		}
	})
	t.Run("no query, header or address is logged", func(t *testing.T) {
		for _, secret := range []string{"13800000000", "phone", "secret", "curious", "127.0.0.1"} {
			if strings.Contains(log.String(), secret) {
				t.Error(secret)
			}
		}
	})
	t.Run("a long path is cut at a character", func(t *testing.T) {
		ask(t, "GET", url+"/"+strings.Repeat("环", 300))
		all := log.lines(t, "request")
		path := all[len(all)-1]["path"].(string)
		if len(path) > 210 || strings.ContainsRune(path, '\uFFFD') || !strings.HasSuffix(path, "环…") {
			t.Error(path)
		}
	})
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	type key struct{}
	for sentence, c := range map[string]struct {
		inner http.Handler
		want  string
	}{
		"a request that was copied on the way keeps its route": {Routes(routes()), "/things/{id}"},
		"without Routes it is lost":                            {routes(), unmatched},
	} {
		t.Run(sentence, func(t *testing.T) {
			url, log := start(t, Options{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c.inner.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
			}))
			ask(t, "GET", url+"/things/7")
			if l := log.lines(t, "request"); l[0]["route"] != c.want {
				t.Error(l)
			}
		})
	}
}

func TestPanic(t *testing.T) {
	t.Parallel()
	url, log := start(t, Options{}, routes())
	t.Run("a panic is logged with its stack and answered with INTERNAL and the id", func(t *testing.T) {
		resp, body := ask(t, "GET", url+"/panic", "X-Request-Id", "panic-test")
		var got struct {
			Errors []struct {
				Extensions struct {
					Code      errs.Code
					RequestID string
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil || resp.StatusCode != 500 || len(got.Errors) != 1 {
			t.Fatal(resp.StatusCode, body, err)
		}
		if x := got.Errors[0].Extensions; x.Code != errs.Internal || x.RequestID != "panic-test" {
			t.Error(x)
		}
		if strings.Contains(body, "boom") || strings.Contains(body, "goroutine") {
			t.Error(body)
		}
		line := log.lines(t, "panic")[0]
		if line["panic"] != "boom 12345" || line["request_id"] != "panic-test" || !strings.Contains(line["stack"].(string), "env_test.go") {
			t.Error(line)
		}
		if l := log.lines(t, "request"); l[0]["status"] != 500.0 {
			t.Error(l)
		}
	})
	t.Run("an answer that had begun is cut off", func(t *testing.T) {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", url+"/half", nil)
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil {
			t.Error("the half was taken for the whole")
		}
	})
	t.Run("the process goes on", func(t *testing.T) {
		if resp, _ := ask(t, "GET", url+"/who"); resp.StatusCode != 200 {
			t.Error(resp.StatusCode)
		}
	})
}

func TestLimit(t *testing.T) {
	t.Parallel()
	hold, held := make(chan struct{}), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(http.ResponseWriter, *http.Request) { held <- struct{}{}; <-hold })
	url, _ := start(t, Options{MaxInFlight: 1}, mux)
	done := make(chan struct{})
	go func() { defer close(done); ask(t, "GET", url+"/wait") }()
	<-held
	t.Run("one more than MaxInFlight gets 503 and Retry-After", func(t *testing.T) {
		resp, body := ask(t, "GET", url+"/wait")
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" || !strings.Contains(body, `"UNAVAILABLE"`) {
			t.Error(resp.StatusCode, body)
		}
	})
	t.Run("health and metrics are not limited", func(t *testing.T) {
		for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
			if resp, body := ask(t, "GET", url+path); resp.StatusCode != 200 {
				t.Error(path, resp.StatusCode, body)
			}
		}
	})
	close(hold)
	<-done
	t.Run("a place that is free is given again", func(t *testing.T) {
		go func() { <-held }()
		if resp, _ := ask(t, "GET", url+"/wait"); resp.StatusCode != 200 {
			t.Error(resp.StatusCode)
		}
	})
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	near := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	for _, c := range []struct {
		sentence string
		trust    []netip.Prefix
		header   []string
		want     string
	}{
		{"without a trusted proxy the header is nothing", nil, []string{"192.0.2.1"}, "127.0.0.1"},
		{"behind one proxy the last entry is the client", near, []string{"192.0.2.1"}, "192.0.2.1"},
		{"what the client wrote before it is hearsay", near, []string{"198.51.100.9, 192.0.2.1"}, "192.0.2.1"},
		{"inner proxies are skipped", near, []string{"198.51.100.9, 192.0.2.1, 10.1.1.1"}, "192.0.2.1"},
		{"several headers are one list", near, []string{"198.51.100.9", "192.0.2.1", "10.1.1.1"}, "192.0.2.1"},
		{"rubbish ends the walk", near, []string{"192.0.2.1, rubbish, 10.1.1.1"}, "10.1.1.1"},
		{"an IPv6 client", near, []string{"2001:db8::1"}, "2001:db8::1"},
		{"an IPv4 address in IPv6 dress is itself", near, []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		{"no header behind a proxy is the proxy", near, nil, "127.0.0.1"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			url, _ := start(t, Options{TrustedProxies: c.trust}, routes())
			var header []string
			for _, h := range c.header {
				header = append(header, "X-Forwarded-For", h)
			}
			if _, body := ask(t, "GET", url+"/who", header...); !strings.HasPrefix(body, c.want+" ") {
				t.Error(body)
			}
		})
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	mux := routes()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
	})
	url, _ := start(t, Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}, mux)
	t.Run("answers forbid framing, sniffing and foreign content", func(t *testing.T) {
		resp, _ := ask(t, "GET", url+"/who")
		for k, v := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if resp.Header.Get(k) != v {
				t.Errorf("%s: %q", k, resp.Header.Get(k))
			}
		}
		if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Error(csp)
		}
	})
	t.Run("a handler may say otherwise", func(t *testing.T) {
		resp, _ := ask(t, "GET", url+"/page")
		if csp := resp.Header.Values("Content-Security-Policy"); len(csp) != 1 || csp[0] != "default-src 'self'" {
			t.Error(csp)
		}
	})
	t.Run("HTTPS is demanded only from who came by HTTPS", func(t *testing.T) {
		plain, _ := ask(t, "GET", url+"/who")
		tls, _ := ask(t, "GET", url+"/who", "X-Forwarded-Proto", "https")
		if plain.Header.Get("Strict-Transport-Security") != "" || tls.Header.Get("Strict-Transport-Security") == "" {
			t.Error(plain.Header, tls.Header)
		}
	})
}

func TestLargeFilesAndDeadlines(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /copy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, strings.NewReader(strings.Repeat("x", 100_000)))
	})
	var extended error
	mux.HandleFunc("GET /extend", func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		extended = c.SetWriteDeadline(time.Now().Add(time.Hour))
		_ = c.Flush()
	})
	url, log := start(t, Options{}, mux)
	ask(t, "GET", url+"/copy")
	ask(t, "GET", url+"/extend")
	if lines := log.lines(t, "request"); lines[0]["bytes"] != 100_000.0 {
		t.Error(lines[0])
	}
	if extended != nil {
		t.Error("a handler cannot extend its deadline:", extended)
	}
}
