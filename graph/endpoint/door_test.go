package endpoint

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// TestTheSchemaCanBeDownloaded: by who may introspect it, and it is a schema.
func TestTheSchemaCanBeDownloaded(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	door := httpd.Door{As: e.resolver.Asked, Known: tenants.Translate, Log: slog.New(slog.DiscardHandler)}
	get := func(dev bool, header ...string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/schema.graphql", nil), httptest.NewRecorder()
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		SDL(e.schema(), door, dev).ServeHTTP(w, r)
		return w
	}
	if w := get(false); w.Code != 401 || strings.Contains(w.Body.String(), "type Query") {
		t.Error(w.Code)
	}
	for _, w := range []*httptest.ResponseRecorder{get(true), get(false, "Authorization", "Bearer "+e.token)} {
		s, err := gqlparser.LoadSchema(&ast.Source{Input: w.Body.String()})
		if w.Code != 200 || err != nil || s.Query.Fields.ForName("viewer") == nil {
			t.Error(w.Code, err)
		}
	}
}

func TestTheFrontDoorNamesTheOthers(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	FrontDoor("1.0<x>").ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	b, err := io.ReadAll(w.Body)
	fatal(t, err)
	for _, want := range []string{"/graphiql", "/schema.graphql", "/files", "1.0&lt;x&gt;"} {
		if !strings.Contains(string(b), want) {
			t.Error("missing:", want)
		}
	}
}

// TestTheCostOnRequest: an answer tells what its operation costs, a refusal too.
func TestTheCostOnRequest(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *Options, _ *env) { o.Limits.Cost = 300 })
	ask := func(document string, header ...string) (out struct {
		Extensions *struct {
			Cost   int
			Limits map[string]int
		}
	}, r *reply) {
		r = e.send(t, request{body: body(t, document, nil), header: append(header, "Authorization", "Bearer "+e.token, "Accept", string(modern))})
		fatal(t, json.Unmarshal([]byte(r.text), &out))
		return out, r
	}
	if out, _ := ask(`{ viewer { roles } }`); out.Extensions != nil {
		t.Error(out)
	}
	out, r := ask(`{ viewer { roles } }`, costHeader, "1")
	if r.is(200, ""); out.Extensions == nil || out.Extensions.Cost < 2 || out.Extensions.Limits["cost"] != 300 || out.Extensions.Limits["depth"] != 15 {
		t.Error(r.text)
	}
	out, r = ask(`{ matters(first: 100) { edges { node { title number kind state } } } }`, costHeader, "1")
	if r.is(400, "LIMIT_EXCEEDED"); out.Extensions == nil || out.Extensions.Cost <= out.Extensions.Limits["cost"] {
		t.Error(r.text)
	}
}
