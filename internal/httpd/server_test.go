package httpd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	var fail error
	o := Options{Checks: []Check{
		{Name: "database", Run: func(context.Context) error { return fail }},
		{Name: "storage", Run: func(context.Context) error { return nil }},
	}}
	url, log := start(t, o, routes())
	t.Run("GET /healthz says that the process lives", func(t *testing.T) {
		if resp, body := ask(t, "GET", url+"/healthz"); resp.StatusCode != 200 || strings.TrimSpace(body) != `{"status":"ok"}` {
			t.Error(resp.StatusCode, body)
		}
	})
	t.Run("GET /readyz names the checks", func(t *testing.T) {
		if resp, body := ask(t, "GET", url+"/readyz"); resp.StatusCode != 200 || strings.TrimSpace(body) != `{"status":"ok","checks":{"database":"ok","storage":"ok"}}` {
			t.Error(resp.StatusCode, body)
		}
	})
	t.Run("a failed check is 503; its cause is in the log only", func(t *testing.T) {
		fail = errors.New("dial 10.0.0.5: refused")
		resp, body := ask(t, "GET", url+"/readyz")
		if resp.StatusCode != 503 || !strings.Contains(body, `"database":"failed"`) || strings.Contains(body, "10.0.0.5") {
			t.Error(resp.StatusCode, body)
		}
		if l := log.lines(t, "not ready"); len(l) != 1 || l[0]["error"] != fail.Error() {
			t.Error(l)
		}
	})
	t.Run("a check that hangs or panics fails", func(t *testing.T) {
		url, _ := start(t, Options{Checks: []Check{
			{Name: "hangs", Timeout: 20 * time.Millisecond, Run: func(context.Context) error { select {} }},
			{Name: "panics", Run: func(context.Context) error { panic("x") }},
		}}, routes())
		begin := time.Now()
		resp, body := ask(t, "GET", url+"/readyz")
		if resp.StatusCode != 503 || !strings.Contains(body, `"hangs":"failed"`) || !strings.Contains(body, `"panics":"failed"`) || time.Since(begin) > 2*time.Second {
			t.Error(resp.StatusCode, body, time.Since(begin))
		}
	})
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	url, _ := start(t, Options{Registry: reg}, routes())
	for _, path := range []string{"/things/1", "/things/2", "/invented/1", "/invented/2", "/panic"} {
		ask(t, "GET", url+path)
	}
	ask(t, "BREW", url+"/things/3")
	resp, body := ask(t, "GET", url+"/metrics")
	if resp.StatusCode != 200 {
		t.Fatal(resp.StatusCode)
	}
	for _, want := range []string{
		`http_requests_total{method="GET",route="/things/{id}",status="200"} 2`,
		`http_requests_total{method="GET",route="unmatched",status="404"} 2`,
		`http_requests_total{method="GET",route="/panic",status="500"} 1`,
		`http_requests_total{method="OTHER",route="unmatched",status="405"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/things/{id}"} 2`,
		"http_requests_in_flight 0", "http_requests_refused_total 0", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(body, want) {
			t.Error("missing:", want)
		}
	}
	if strings.Contains(body, "BREW") || strings.Contains(body, "invented") {
		t.Error("callers make labels")
	}
	t.Run("through a proxy it does not exist", func(t *testing.T) {
		for _, h := range []string{"X-Forwarded-For", "Forwarded"} {
			if resp, body := ask(t, "GET", url+"/metrics", h, "192.0.2.1"); resp.StatusCode != 404 || strings.Contains(body, "go_") {
				t.Error(h, resp.StatusCode)
			}
		}
	})
	t.Run("a public address gets nothing", func(t *testing.T) {
		s := New(Options{}, routes())
		r := httptest.NewRequest("GET", "/metrics", nil)
		r.RemoteAddr = "192.0.2.1:4711"
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != 404 {
			t.Error(w.Code)
		}
	})
	t.Run("a second server may share the registry", func(*testing.T) { New(Options{Registry: reg}, routes()) })
}

func TestStopping(t *testing.T) {
	t.Parallel()
	serve := func(t *testing.T, o Options) (url string, hold, held chan struct{}, stop func(), ended chan error) {
		hold, held = make(chan struct{}), make(chan struct{})
		mux := http.NewServeMux()
		mux.HandleFunc("/wait", func(w http.ResponseWriter, _ *http.Request) {
			held <- struct{}{}
			<-hold
			_, _ = io.WriteString(w, "done")
		})
		o.Log = slog.New(slog.DiscardHandler)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended = make(chan error, 1)
		go func() { ended <- New(o, mux).Serve(ctx, ln) }()
		return "http://" + ln.Addr().String(), hold, held, cancel, ended
	}
	t.Run("what runs is finished, what is new is refused", func(t *testing.T) {
		t.Parallel()
		url, hold, held, stop, ended := serve(t, Options{Drain: 200 * time.Millisecond})
		got := make(chan string, 1)
		go func() { _, body := ask(t, "GET", url+"/wait"); got <- body }()
		<-held
		stop()
		time.Sleep(50 * time.Millisecond)
		if resp, body := ask(t, "GET", url+"/readyz"); resp.StatusCode != 503 || !strings.Contains(body, "stopping") {
			t.Error("while it drains:", resp.StatusCode, body)
		}
		time.Sleep(300 * time.Millisecond)
		if c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")); err == nil {
			_ = c.Close()
			t.Error("a new connection was taken")
		}
		close(hold)
		if body := <-got; body != "done" {
			t.Error(body)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Run("what does not end within Grace is cut off", func(t *testing.T) {
		t.Parallel()
		url, hold, held, stop, ended := serve(t, Options{Grace: 50 * time.Millisecond})
		defer close(hold)
		cut := make(chan error, 1)
		go func() {
			req, _ := http.NewRequestWithContext(context.WithoutCancel(t.Context()), "GET", url+"/wait", nil)
			resp, err := http.DefaultClient.Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			cut <- err
		}()
		<-held
		stop()
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if err := <-cut; err == nil {
			t.Error("answered")
		}
	})
	t.Run("an address that is taken is an error", func(t *testing.T) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		if err := New(Options{}, routes()).ListenAndServe(t.Context(), ln.Addr().String()); err == nil {
			t.Error("no error")
		}
	})
}

// TestTracing is not parallel: the tracer is the process's.
func TestTracing(t *testing.T) {
	t.Run("without an endpoint nothing happens", func(t *testing.T) {
		stop, err := Tracing(t.Context(), "")
		if err != nil || stop(t.Context()) != nil {
			t.Fatal(err)
		}
		url, log := start(t, Options{}, routes())
		ask(t, "GET", url+"/who")
		if l := log.lines(t, "request"); l[0]["trace_id"] != nil {
			t.Error(l)
		}
	})
	t.Run("what is no URL is an error", func(t *testing.T) {
		for _, bad := range []string{"collector:4318", "ftp://collector", "http://", "::"} {
			if _, err := Tracing(t.Context(), bad); err == nil {
				t.Error(bad)
			}
		}
	})
	for _, path := range []string{"", "/v1/traces"} {
		t.Run("spans reach the collector at its address "+path, func(t *testing.T) {
			var mu sync.Mutex
			var got []string
			collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				mu.Lock()
				defer mu.Unlock()
				got = append(got, r.URL.Path+" "+string(body))
			}))
			defer collector.Close()
			before := otel.GetTracerProvider()
			defer otel.SetTracerProvider(before)
			stop, err := Tracing(t.Context(), collector.URL+path)
			if err != nil {
				t.Fatal(err)
			}
			url, log := start(t, Options{}, routes())
			ask(t, "GET", url+"/things/1?phone=13800000000", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
			if err := stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if len(got) != 1 || !strings.HasPrefix(got[0], "/v1/traces ") || !strings.Contains(got[0], "GET /things/{id}") || strings.Contains(got[0], "13800000000") {
				t.Errorf("%q", got)
			}
			id, _ := log.lines(t, "request")[0]["trace_id"].(string)
			if len(id) != 32 || id == "0af7651916cd43dd8448eb211c80319c" {
				t.Error("a stranger's trace was continued, or none begun:", id)
			}
		})
	}
}
