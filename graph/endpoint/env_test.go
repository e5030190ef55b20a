package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// env is an installation with one committee and one member who is signed in.
type env struct {
	url, token string
	tenant     uuid.UUID
	resolver   *graph.Resolver
	log        *book
	db         *tenantstest.DB
	clock      *clock.Movable
}

const (
	login    = "member.01"
	password = "correct horse battery"
)

// newEnv serves /graphql over real HTTP on a real database.
func newEnv(t *testing.T, with func(*Options, *env)) *env {
	t.Helper()
	e := &env{db: tenantstest.New(t), log: &book{}, clock: &clock.Movable{}}
	store := e.db.Store
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	policy, err := authz.Load()
	fatal(t, err)
	keys, err := accounts.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	fatal(t, err)
	acc := accounts.New(store, keys, accounts.Options{Argon: accounts.Argon{Memory: 64, Passes: 1, Lanes: 1}})
	dir := authz.NewDirectory(policy)
	dir.Undecided = signin.Relaxed() // what is asked of who signs in has tests of its own
	services, err := assembly.New(store, dir, secret.Secret{1})
	fatal(t, err)
	e.resolver = &graph.Resolver{Store: store, Directory: dir, Accounts: acc, Keys: keys, Services: services}
	e.signIn(t)

	o := Options{Resolver: e.resolver, Log: slog.New(slog.NewJSONHandler(e.log, nil))}
	if with != nil {
		with(&o, e)
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", New(o))
	mux.Handle("GET /graphiql", GraphiQL())
	mux.Handle("GET /graphiql/", GraphiQL())
	timed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httpd.Routes(mux).ServeHTTP(w, r.WithContext(clock.With(r.Context(), e.clock)))
	})
	srv := httptest.NewServer(httpd.New(httpd.Options{Log: o.Log}, timed).Handler())
	t.Cleanup(srv.Close)
	e.url = srv.URL + "/graphql"
	return e
}

func (e *env) signIn(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	e.tenant = tenantstest.Tenant(t, e.db, "210202", "中山区政协", "DISTRICT")
	account, err := e.resolver.Accounts.Create(ctx, login, "", uuid.Nil)
	fatal(t, err)
	fatal(t, e.resolver.Accounts.Ready(ctx, login, password))
	who := tenantstest.Member(t, e.db, e.tenant, account, string(membership.KindMEMBER), "委员甲")
	in, err := e.resolver.Accounts.SignIn(ctx, login, password, accounts.Client{})
	fatal(t, err)
	tokens, err := e.resolver.Accounts.Choose(ctx, in.Refresh, who, accounts.Client{})
	fatal(t, err)
	e.token = tokens.Access
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// book is a log that tests read.
type book struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// lines are the entries of a message.
func (b *book) lines(t *testing.T, message string) (out []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		var m map[string]any
		fatal(t, json.Unmarshal([]byte(line), &m))
		if m["msg"] == message {
			out = append(out, m)
		}
	}
	return out
}

// reply is an answer.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	text   string
	body   struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Path       []any
			Extensions map[string]any
		}
	}
}

// request is what tests vary; the zero value is a POST of JSON.
type request struct {
	method, query string // query is a URL's
	body          string
	header        []string // pairs
}

func (e *env) send(t *testing.T, q request) *reply {
	t.Helper()
	if q.method == "" {
		q.method = "POST"
	}
	req, err := http.NewRequestWithContext(t.Context(), q.method, e.url+q.query, strings.NewReader(q.body))
	fatal(t, err)
	if q.method == "POST" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(q.header); i += 2 {
		if req.Header.Set(q.header[i], q.header[i+1]); q.header[i+1] == "" {
			req.Header.Del(q.header[i])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	fatal(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	fatal(t, err)
	r := &reply{t: t, status: resp.StatusCode, header: resp.Header, text: string(b)}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &r.body); err != nil {
			t.Fatalf("%v: %d %s", err, resp.StatusCode, b)
		}
	}
	for _, x := range r.body.Errors {
		if x.Extensions["code"] == nil || x.Extensions["code"] == "" || x.Extensions["requestId"] != resp.Header.Get("X-Request-Id") {
			t.Errorf("an error without code or the request's id: %s", b)
		}
	}
	return r
}

// ask posts a document as the member, for application/graphql-response+json.
func (e *env) ask(t *testing.T, document string, vars map[string]any) *reply {
	t.Helper()
	return e.send(t, request{body: body(t, document, vars), header: []string{"Authorization", "Bearer " + e.token, "Accept", string(modern)}})
}

func body(t *testing.T, document string, vars map[string]any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"query": document, "variables": vars})
	fatal(t, err)
	return string(b)
}

// is checks the status and the first error's code, "" for none.
func (r *reply) is(status int, code string) *reply {
	r.t.Helper()
	got := ""
	if len(r.body.Errors) > 0 {
		got, _ = r.body.Errors[0].Extensions["code"].(string)
	}
	if r.status != status || got != code {
		r.t.Errorf("got %d %q, want %d %q: %.500s", r.status, got, status, code, r.text)
	}
	return r
}

// says checks a part of the first error's message.
func (r *reply) says(part string) *reply {
	r.t.Helper()
	if len(r.body.Errors) == 0 || !strings.Contains(r.body.Errors[0].Message, part) {
		r.t.Errorf("want %q: %.500s", part, r.text)
	}
	return r
}

// acting replaces the resolver of viewer.
type acting struct {
	*graph.Resolver
	viewer func(context.Context) (*model.Viewer, error)
}

type actingQuery struct {
	generated.QueryResolver
	viewer func(context.Context) (*model.Viewer, error)
}

func (q actingQuery) Viewer(ctx context.Context) (*model.Viewer, error) { return q.viewer(ctx) }

func (a acting) Query() generated.QueryResolver { return actingQuery{a.Resolver.Query(), a.viewer} }

func withViewer(o *Options, fn func(context.Context) (*model.Viewer, error)) {
	o.Schema = generated.NewExecutableSchema(generated.Config{Resolvers: acting{o.Resolver, fn}})
}

// stream posts a body whose length is not said.
func (e *env) stream(t *testing.T, body io.Reader) *reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "POST", e.url, io.MultiReader(body))
	fatal(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	fatal(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	fatal(t, err)
	r := &reply{t: t, status: resp.StatusCode, header: resp.Header, text: string(b)}
	fatal(t, json.Unmarshal(b, &r.body))
	return r
}

func (e *env) schema() graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: e.resolver})
}

func variables(t *testing.T, e *env, doc *ast.QueryDocument, vars map[string]any) map[string]any {
	t.Helper()
	out, err := validator.VariableValues(e.schema().Schema(), doc.Operations[0], vars)
	fatal(t, err)
	return out
}

// recorder serves a request without a server around the handler.
func recorder(h http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// fresh is an access token of a new session.
func (e *env) fresh(t *testing.T) string {
	t.Helper()
	var out struct {
		SignIn struct{ Tokens struct{ AccessToken string } }
	}
	unmarshal(t, e.send(t, request{body: body(t, `mutation { signIn(input: {login: "`+login+`", password: "`+password+`"}) { tokens { accessToken } } }`, nil)}), &out)
	return out.SignIn.Tokens.AccessToken
}

func unmarshal(t *testing.T, r *reply, into any) {
	t.Helper()
	fatal(t, json.Unmarshal(r.body.Data, into))
}
