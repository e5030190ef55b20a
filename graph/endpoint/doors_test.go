package endpoint

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/exchange/courier"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/tenants"
)

// fault is what a door says that lets nobody in.
type fault struct {
	status                   int
	code, message, requestID string
	header                   http.Header
}

// everyDoor serves all that is served to who has an account, as the program
// does.
func everyDoor(t *testing.T, e *env) string {
	t.Helper()
	log := slog.New(slog.NewJSONHandler(e.log, nil))
	door := httpd.Door{As: e.resolver.Asked, Known: tenants.Translate, Log: log}
	mux := http.NewServeMux()
	mux.Handle("/graphql", New(Options{Resolver: e.resolver, Log: log}))
	file := &files.Handler{Door: door, From: graph.Origin, Client: e.resolver.Store.Ent(), Engine: e.resolver.Engine}
	mux.Handle("POST /files", file)
	mux.Handle("GET /files/{id}", file)
	mux.Handle("GET /exchange/{partner}", &courier.Handler{Door: door, From: graph.Origin, Exchange: e.resolver.Exchange})
	mux.Handle("GET /ledger.csv", &overview.Handler{Door: door, From: graph.Origin, Service: overview.New(e.resolver.Engine)})
	timed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpd.Routes(mux).ServeHTTP(w, r.WithContext(clock.With(r.Context(), e.clock)))
	})
	srv := httptest.NewServer(httpd.New(httpd.Options{Log: log}, timed).Handler())
	t.Cleanup(srv.Close)
	return srv.URL
}

// heard reads a refusal in either shape: that of GraphQL, and that of the rest.
func heard(t *testing.T, url, method, path string, header http.Header) fault {
	t.Helper()
	body := ""
	if path == "/graphql" {
		body = `{"query":"{ viewer { roles } }"}`
	}
	r, err := http.NewRequest(method, url+path, strings.NewReader(body))
	fatal(t, err)
	r.Header = header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Request-Id", "request-17")
	resp, err := http.DefaultClient.Do(r)
	fatal(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	fatal(t, err)
	var out struct {
		Code, Message, RequestID string
		Errors                   []struct {
			Message    string
			Extensions struct{ Code, RequestID string }
		}
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	f := fault{resp.StatusCode, out.Code, out.Message, out.RequestID, resp.Header}
	if len(out.Errors) == 1 {
		f.code, f.message, f.requestID = out.Errors[0].Extensions.Code, out.Errors[0].Message, out.Errors[0].Extensions.RequestID
	}
	return f
}

func TestEveryDoorAnswersAFaultTheSame(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	url := everyDoor(t, e)
	late, gone := newEnv(t, nil), newEnv(t, nil)
	lateURL, goneURL := everyDoor(t, late), everyDoor(t, gone)
	late.clock.Advance(time.Hour)
	gone.ask(t, `mutation { signOut { done } }`, nil).is(200, "")
	lost := newEnv(t, nil)
	lostURL := everyDoor(t, lost)
	lost.db.Store.Close()
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	other := bearer(e.token)
	other.Set("X-Bihuan-Tenant", "01890a5d-ac96-774b-bcce-b302099a8057")
	for _, c := range []struct {
		name, url string
		header    http.Header
		status    int
		code      string
	}{
		{"nobody", url, http.Header{}, 401, "UNAUTHENTICATED"},
		{"a token that is none", url, bearer("rubbish"), 401, "UNAUTHENTICATED"},
		{"another scheme", url, http.Header{"Authorization": {"Basic x"}}, 401, "UNAUTHENTICATED"},
		{"a token of another committee than the header's", url, other, 401, "UNAUTHENTICATED"},
		{"a token that is over", lateURL, bearer(late.token), 401, "UNAUTHENTICATED"},
		{"a session that was ended", goneURL, bearer(gone.token), 401, "UNAUTHENTICATED"},
		{"a database that is not there", lostURL, bearer(lost.token), 503, "UNAVAILABLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := heard(t, c.url, http.MethodPost, "/graphql", c.header)
			for _, door := range []struct{ method, path string }{
				{http.MethodPost, "/graphql"}, {http.MethodGet, "/files/01890a5d-ac96-774b-bcce-b302099a8057"},
				{http.MethodPost, "/files?matter=01890a5d-ac96-774b-bcce-b302099a8057"}, {http.MethodGet, "/exchange/210200"}, {http.MethodGet, "/ledger.csv"},
			} {
				got := heard(t, c.url, door.method, door.path, c.header)
				if got.status != c.status || got.code != c.code || got.message != want.message || got.message == "" || got.requestID != "request-17" {
					t.Errorf("%s %s: %+v, want %d %s %q", door.method, door.path, got, c.status, c.code, want.message)
				}
				beside := map[int]string{401: "Www-Authenticate", 503: "Retry-After"}[c.status]
				if got.header.Get(beside) == "" || got.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s: %v", door.method, door.path, got.header)
				}
			}
		})
	}
}

// The same mistake has the same answer at every door, see docs/adr/0040.
func TestWhatCannotBeReadIsTheSameAtEveryDoor(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	url := everyDoor(t, e)
	header := http.Header{"Authorization": {"Bearer " + e.token}}
	for _, door := range []struct{ method, path, says string }{
		{http.MethodGet, "/files/no-id", "不是有效的编号，请用查询得到的编号"},
		{http.MethodPost, "/files?matter=no-id", "不是有效的编号，请用查询得到的编号"},
		{http.MethodPost, "/files?matter=01890a5d-ac96-774b-bcce-b302099a8057&assignment=no-id", "不是有效的编号，请用查询得到的编号"},
		{http.MethodGet, "/ledger.csv?unit=no-id", "不是有效的编号，请用查询得到的编号"},
		{http.MethodGet, "/ledger.csv?cohort=no-id", "不是有效的编号，请用查询得到的编号"},
		{http.MethodGet, "/ledger.csv?dueFrom=2025-02-30", "日期格式应为 2024-12-27"},
	} {
		if got := heard(t, url, door.method, door.path, header); got.status != http.StatusBadRequest || got.code != "INVALID_INPUT" || got.message != door.says {
			t.Errorf("%s %s: %+v", door.method, door.path, got)
		}
	}
}
