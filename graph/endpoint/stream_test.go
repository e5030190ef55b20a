package endpoint

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/live"
)

const subscription = "subscription S { changes(notices: true) { cursor missed } }"

// hearing is an installation that tells what changes.
func hearing(t *testing.T, with func(*Options)) *env {
	return newEnv(t, func(o *Options, e *env) {
		hub := live.NewHub(e.resolver.Store, slog.New(slog.NewTextHandler(io.Discard, nil)), live.Limits{})
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); hub.Run(ctx) }()
		t.Cleanup(func() { stop(); <-done })
		<-hub.Ready()
		e.resolver.Live = hub
		o.KeepAlive = 20 * time.Millisecond
		if with != nil {
			with(o)
		}
	})
}

// stream sends a request and reads the lines of its answer as they come.
func (e *env) lines(t *testing.T, method, query, body, accept, token string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.url+query, strings.NewReader(body))
	fatal(t, err)
	req.Header.Set("Accept", accept)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	fatal(t, err)
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp, bufio.NewScanner(resp.Body)
}

func TestAStreamOfEvents(t *testing.T) {
	t.Parallel()
	docs := Documents{nameOf(subscription): subscription}
	e := hearing(t, func(o *Options) { o.Documents = docs })
	begins := func(t *testing.T, resp *http.Response, lines *bufio.Scanner) {
		t.Helper()
		if typ := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || typ != "text/event-stream; charset=utf-8" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Fatal(resp.StatusCode, resp.Header)
		}
		for _, want := range []string{"event: next", `data: {"data":{"changes":{"cursor":"`, ""} {
			if lines.Scan(); !strings.HasPrefix(lines.Text(), want) || want == "" && lines.Text() != "" {
				t.Fatalf("%q, want %q", lines.Text(), want)
			}
		}
	}
	for sentence, c := range map[string]struct{ method, query, body, accept string }{
		"a subscription comes by POST":                                     {"POST", "", post(t, map[string]any{"query": subscription}), "text/event-stream"},
		"and by GET, as EventSource asks":                                  {"GET", "?query=" + url.QueryEscape(subscription), "", "text/event-stream"},
		"and by the name of its document":                                  {"POST", "", post(t, map[string]any{"documentId": nameOf(subscription)}), "text/event-stream"},
		"urql's Accept names a stream among others, and a subscription is": {"POST", "", post(t, map[string]any{"query": subscription}), "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"},
	} {
		t.Run(sentence, func(t *testing.T) {
			resp, lines := e.lines(t, c.method, c.query, c.body, c.accept, e.token)
			begins(t, resp, lines)
		})
	}
	t.Run("between events a comment shows that the connection lives", func(t *testing.T) {
		resp, lines := e.lines(t, "POST", "", post(t, map[string]any{"query": subscription}), "text/event-stream", e.token)
		begins(t, resp, lines)
		for range 3 {
			if lines.Scan(); lines.Text() != ":" {
				t.Errorf("%q", lines.Text())
			}
			lines.Scan() // the empty line after it
		}
	})
	whole := func(t *testing.T, query, token string) string {
		t.Helper()
		_, lines := e.lines(t, "POST", "", post(t, map[string]any{"query": query}), "text/event-stream", token)
		var b strings.Builder
		for lines.Scan() {
			b.WriteString(lines.Text() + "\n")
		}
		return b.String()
	}
	t.Run("a query for which only a stream is welcome is a stream of one", func(t *testing.T) {
		if got := whole(t, "{ __typename }", ""); got != "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n" {
			t.Errorf("%q", got)
		}
	})
	t.Run("what is refused while it begins is said in the stream, which is complete then", func(t *testing.T) {
		for query, code := range map[string]string{
			"subscription { changes { cursor } }":                            "INVALID_INPUT",
			`subscription { changes(notices: true, after: "x") { cursor } }`: "INVALID_INPUT",
		} {
			got := whole(t, query, e.token)
			if !strings.HasPrefix(got, `event: next`+"\n"+`data: {"errors":[`) || !strings.Contains(got, `"code":"`+code+`"`) || !strings.HasSuffix(got, "event: complete\ndata:\n\n") {
				t.Errorf("%s: %q", query, got)
			}
		}
		if got := whole(t, subscription, ""); !strings.Contains(got, `"code":"UNAUTHENTICATED"`) {
			t.Errorf("%q", got)
		}
	})
	for _, c := range []struct {
		sentence, method, query, body, accept, token string
		status                                       int
	}{
		{"a subscription without a stream in Accept is refused", "POST", "", post(t, map[string]any{"query": subscription}), "application/json", e.token, 406},
		{"so it is without Accept", "POST", "", post(t, map[string]any{"query": subscription}), "", e.token, 406},
		{"a mutation by GET stays refused, stream or not", "GET", "?query=" + url.QueryEscape(change), "", "text/event-stream", e.token, 405},
		{"what is no GraphQL is refused before a stream begins", "POST", "", post(t, map[string]any{"query": "subscription {"}), "text/event-stream", e.token, 400},
		{"so is what is not valid", "POST", "", post(t, map[string]any{"query": "subscription { nothing }"}), "text/event-stream", e.token, 400},
		{"so are two root fields at once", "POST", "", post(t, map[string]any{"query": "subscription { a: changes(notices: true) { cursor } b: changes(todos: true) { cursor } }"}), "text/event-stream", e.token, 400},
		{"so is a wrong token", "POST", "", post(t, map[string]any{"query": subscription}), "text/event-stream", "wrong", 401},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			resp, lines := e.lines(t, c.method, c.query, c.body, c.accept, c.token)
			lines.Scan()
			if resp.StatusCode != c.status || !strings.HasPrefix(lines.Text(), `{"errors":[{"message":`) {
				t.Error(resp.StatusCode, lines.Text())
			}
		})
	}
}
