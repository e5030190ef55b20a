package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/tenants"
)

// station is a server with a hub of its own on the world's database, as one of
// several replicas is.
type station struct {
	w   *world
	r   *graph.Resolver
	url string
}

// station starts one; conns are its connections to the database, 0 for the
// world's own pool.
func (w *world) station(conns int32, max live.Limits) *station {
	w.t.Helper()
	r := *w.r
	if conns > 0 {
		store, err := tenants.Open(context.Background(), w.db.AppURL, conns)
		must(w.t, err)
		w.t.Cleanup(store.Close)
		authz.Narrow(store.Ent())
		r.Store = store
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	hub := live.NewHub(r.Store, log, max)
	r.Live = hub
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); hub.Run(ctx) }()
	<-hub.Ready()
	api := endpoint.New(endpoint.Options{Resolver: &r, Log: log, KeepAlive: 200 * time.Millisecond})
	timed := http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		api.ServeHTTP(rw, req.WithContext(clock.With(req.Context(), w.clock)))
	})
	srv := httptest.NewServer(httpd.New(httpd.Options{Log: log, MaxInFlight: 16}, timed).Handler())
	w.t.Cleanup(func() {
		cancel()
		srv.CloseClientConnections()
		srv.Close()
		<-done
	})
	return &station{w: w, r: &r, url: srv.URL}
}

// hearer is a client that listens.
type hearer struct {
	t      *testing.T
	resp   *http.Response
	hang   context.CancelFunc
	events chan streamed
	cursor string // of the latest event
}

// streamed is one event.
type streamed struct {
	name string
	answer
}

const listening = `subscription($m: [ID!], $t: Boolean! = false, $n: Boolean! = false, $a: String) {
	changes(matters: $m, todos: $t, notices: $n, after: $a) { cursor matters { id version } todos { count } notices missed } }`

// open sends the subscription of these tests.
func (s *station) open(token string, vars input) *hearer {
	s.w.t.Helper()
	return s.send(token, listening, vars)
}

// send sends any.
func (s *station) send(token, query string, vars input) *hearer {
	s.w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	must(s.w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	s.w.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	must(s.w.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	must(s.w.t, err)
	h := &hearer{t: s.w.t, resp: resp, hang: cancel, events: make(chan streamed, 1000)}
	go h.listen()
	return h
}

// listen reads events until the connection ends.
func (h *hearer) listen() {
	defer close(h.events)
	defer h.resp.Body.Close()
	lines := bufio.NewScanner(h.resp.Body)
	lines.Buffer(nil, 1<<20)
	var e streamed
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		case strings.HasPrefix(line, "data:"):
			e.text = strings.TrimSpace(line[len("data:"):])
		case line == "" && e.name != "":
			if e.text != "" && json.Unmarshal([]byte(e.text), &e.answer) != nil {
				e.name = "no JSON: " + e.text
			}
			h.events <- e
			e = streamed{}
		}
	}
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// event is the next one; ok is false when the connection has ended.
func (h *hearer) event() (e streamed, ok bool) {
	h.t.Helper()
	select {
	case e, ok = <-h.events:
	case <-time.After(patience):
		h.t.Fatal("nothing is heard")
	}
	if c, is := dig(e.Data, "changes", "cursor").(string); is {
		h.cursor = c
	}
	return e, ok
}

// change is the next change.
func (h *hearer) change() map[string]any {
	h.t.Helper()
	e, ok := h.event()
	c, is := dig(e.Data, "changes").(map[string]any)
	if !ok || e.name != "next" || len(e.Errors) > 0 || !is {
		h.t.Fatalf("no change but %v %s: %s", ok, e.name, e.text)
	}
	return c
}

// versions are the matters of a change with their versions.
func versions(c map[string]any) map[string]float64 {
	out := map[string]float64{}
	for _, m := range c["matters"].([]any) {
		out[dig(m, "id").(string)] = dig(m, "version").(float64)
	}
	return out
}

// ends waits for the end, which must be said with the code.
func (h *hearer) ends(code string) {
	h.t.Helper()
	for {
		e, ok := h.event()
		switch {
		case !ok:
			h.t.Fatalf("cut off, not ended with %s", code)
		case len(e.Errors) > 0:
			if e.code() != code || dig(e.Errors[0].Extensions, "requestId") == nil {
				h.t.Fatalf("ended with %s, want %s", e.text, code)
			}
			if last, ok := h.event(); !ok || last.name != "complete" {
				h.t.Fatalf("after the error comes %q", last.name)
			}
			if _, more := h.event(); more {
				h.t.Fatal("something comes after the end")
			}
			return
		}
	}
}

// listen opens one as somebody of the committee, and takes its first event.
func (s *station) listen(c *committee, who string, vars input) *hearer {
	s.w.t.Helper()
	h := s.open(c.token(who), vars)
	if h.resp.StatusCode != http.StatusOK || !strings.HasPrefix(h.resp.Header.Get("Content-Type"), "text/event-stream") {
		s.w.t.Fatal(h.resp.StatusCode, h.resp.Header)
	}
	if first := h.change(); vars["a"] == nil && (len(versions(first)) > 0 || first["todos"] != nil || first["missed"] != false || h.cursor == "") {
		s.w.t.Fatalf("the first event tells something: %v", first)
	}
	return h
}
