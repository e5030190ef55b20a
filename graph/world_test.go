package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/compiled"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	installation "github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// secret is everybody's password.
const secret = "correct horse battery"

// world is the API over HTTP on a database of its own, wired as the program
// is. Nothing in it is replaced but the clock and the cost of hashing.
type world struct {
	t      *testing.T
	db     *tenantstest.DB
	super  *pgx.Conn // past row-level security
	clock  *clock.Movable
	r      *graph.Resolver
	schema *ast.Schema
	reads  *compiled.Reads
	http   http.Handler
	spent  int64 // SQL statements of the latest operation
	quiet  bool  // a panic is expected, and its stack not to be seen
}

// newWorld begins on 27 December 2024, the day the fourth plenary opens: until
// noon of the 28th proposals are 大会提案.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: tenantstest.New(t), clock: &clock.Movable{}}
	w.clock.Set(time.Date(2024, 12, 27, 9, 0, 0, 0, clock.Shanghai))
	var err error
	w.super, err = pgx.Connect(context.Background(), w.db.SuperURL)
	must(t, err)
	t.Cleanup(func() { _ = w.super.Close(context.Background()) })
	store := w.db.Store
	store.SealWith(audit.NewRing([]byte("the key of the tests")))
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	policy, err := authz.Load()
	must(t, err)
	keys, err := accounts.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	must(t, err)
	dir := authz.NewDirectory(policy)
	dir.Undecided = signin.Relaxed() // what is asked of who signs in has tests of its own
	acc := accounts.New(store, keys, accounts.Options{
		Argon: accounts.Argon{Memory: 64, Passes: 1, Lanes: 1}, Audit: assembly.AccountBook{Store: store}.Record, FactorKey: bytes.Repeat([]byte{7}, 32),
		Rule: func(ctx context.Context, tenant, account, membership uuid.UUID) (signin.Rule, error) {
			return dir.RuleOf(ctx, store, tenant, account, membership)
		}})
	services, err := assembly.New(store, dir, installation.Secret{1})
	must(t, err)
	w.r = &graph.Resolver{Providers: &providers.Service{Store: store, Accounts: acc, Key: bytes.Repeat([]byte{8}, 32), Allowed: []string{"https://idp.example.cn"}}, Refused: &audit.Refusals{Store: store}, Store: store, Directory: dir, Accounts: acc, Keys: keys, Roster: roster.New(store.Ent(), dir, acc, services.Engine), Services: services}
	w.r.Imports = imports.New(store, dir, append(w.r.Roster.Imports(), services.Proposals.Earlier())...)
	w.serve()
	return w
}

func (w *world) serve() {
	es := generated.NewExecutableSchema(generated.Config{Resolvers: w.r})
	w.schema = es.Schema()
	w.http = w.server(es, os.Getenv("BIHUAN_GENERAL_READS") != "")
}

// server answers by compiled reads where they can, or by resolvers alone.
func (w *world) server(es graphql.ExecutableSchema, general bool) http.Handler {
	srv := handler.New(es)
	srv.AddTransport(transport.POST{})
	srv.SetErrorPresenter(graph.Present)
	srv.SetRecoverFunc(func(ctx context.Context, panicked any) error {
		if w.quiet {
			return fmt.Errorf("%v", panicked)
		}
		return graphql.DefaultRecover(ctx, panicked)
	})
	srv.Use(graph.Operation{Resolver: w.r})
	if !general {
		w.reads = &compiled.Reads{Client: w.r.Store.Ent, Plain: graph.Plain}
		srv.Use(w.reads)
	}
	srv.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		out := next(ctx)
		w.spent = tenants.Statements(ctx)
		return out
	})
	return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		ctx, err := w.r.Authenticate(req)
		if err != nil {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		srv.ServeHTTP(rw, req.WithContext(ctx))
	})
}

// answer is a GraphQL response.
type answer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	text string
}

// code is the code of the only error, empty without one.
func (a answer) code() string {
	if len(a.Errors) != 1 {
		return ""
	}
	return fmt.Sprint(a.Errors[0].Extensions["code"])
}

// post sends one operation; the token is empty for who is not signed in.
func (w *world) post(ctx context.Context, token, query string, vars map[string]any) answer {
	w.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	must(w.t, err)
	ctx = graph.WithOrigin(clock.With(ctx, w.clock), audit.From{Address: "192.0.2.7", Agent: "test", RequestID: "req-1"})
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.http.ServeHTTP(rec, req)
	a := answer{text: rec.Body.String()}
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil {
		w.t.Fatalf("%d %s: %v", rec.Code, rec.Body, err)
	}
	return a
}

// committee is one tenant and its people.
type committee struct {
	*world
	id     uuid.UUID
	mark   string            // what all names and titles of this committee begin with
	logins map[string]string // by person
	tokens map[string]string
	person map[string]string // memberships by name, as texts
	unit   map[string]string
	made   map[string]string // other things by what the test calls them
	done   map[string]int    // mutations that succeeded
	before func(who, mutation string, in input)
}

// found opens a committee with two administrators.
func (w *world) found(code, level, mark string) *committee {
	w.t.Helper()
	c := &committee{world: w, mark: mark, logins: map[string]string{}, tokens: map[string]string{}, person: map[string]string{},
		unit: map[string]string{}, made: map[string]string{}, done: map[string]int{}}
	c.id = tenantstest.Tenant(w.t, w.db, code, "政协"+code, level)
	op := roster.Operator{Roster: w.r.Roster, Engine: w.r.Engine}
	c.operator(func(ctx context.Context) error {
		login := c.login("管理员甲")
		m, err := op.Bootstrap(ctx, roster.FirstAdmin{
			Name: mark + "管理员甲", SignIn: roster.SignIn{Login: login, Open: true}, Processes: templates.Processes(),
		})
		if err != nil {
			return err
		}
		c.person["管理员甲"] = m.ID.String()
		return w.r.Accounts.Ready(ctx, login, secret)
	})
	c.add("管理员乙", "STAFF", nil)
	c.operator(func(ctx context.Context) error {
		_, err := op.Appoint(ctx, roster.Appointment{Membership: uuid.MustParse(c.person["管理员乙"]), Role: "tenant_admin", Reason: "增设管理员"})
		return err
	})
	return c
}

// operator runs fn at the command line.
func (c *committee) operator(fn func(context.Context) error) {
	c.t.Helper()
	ctx := clock.With(context.Background(), c.clock)
	must(c.t, c.db.Store.InTx(ctx, c.id, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	}))
}

// system runs fn as the product itself, for rows that no mutation makes.
func (c *committee) system(fn func(context.Context) error) {
	c.t.Helper()
	c.operator(func(ctx context.Context) error { return fn(authz.System(ctx)) })
}

// login invents the login of a person.
func (c *committee) login(name string) string {
	if c.logins[name] == "" {
		c.logins[name] = fmt.Sprintf("u%s-%d", strings.ReplaceAll(c.id.String(), "-", "")[20:], len(c.logins))
	}
	return c.logins[name]
}

// token signs a person in, once.
func (c *committee) token(name string) string {
	c.t.Helper()
	if c.tokens[name] == "" {
		a := c.post(context.Background(), "", `mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken } userErrors { message } } }`,
			map[string]any{"i": map[string]any{"login": c.logins[name], "password": secret}})
		tokens, ok := dig(a.Data, "signIn", "tokens").(map[string]any)
		if !ok {
			c.t.Fatalf("%s cannot sign in: %s", name, a.text)
		}
		c.tokens[name] = tokens["accessToken"].(string)
	}
	return c.tokens[name]
}

// at moves the clock to nine in the morning of a day; access tokens end with
// that.
func (w *world) at(y int, m time.Month, d int, of ...*committee) {
	w.clock.Set(time.Date(y, m, d, 9, 0, 0, 0, clock.Shanghai))
	for _, c := range of {
		clear(c.tokens)
	}
}

// input is the fields of a mutation or the arguments of a query.
type input = map[string]any

// call sends one mutation with everything that its payload offers.
func (c *committee) call(who, mutation string, in input) answer {
	c.t.Helper()
	def := c.schema.Mutation.Fields.ForName(mutation)
	if def == nil {
		c.t.Fatalf("no mutation %s", mutation)
	}
	query := fmt.Sprintf("mutation($in: %s) { %s(input: $in) %s }", def.Arguments.ForName("input").Type, mutation, c.selection(def.Type.Name(), 1))
	return c.post(context.Background(), c.token(who), query, map[string]any{"in": in})
}

// do is a mutation that must succeed and leave exactly one audit record of its
// name. It answers the changed object.
func (c *committee) do(who, mutation string, in input) map[string]any {
	c.t.Helper()
	if c.before != nil {
		c.before(who, mutation, plainInput(in))
	}
	c.token(who) // a sign-in stands in the book, too
	before := c.records()
	a := c.call(who, mutation, in)
	p, _ := a.Data[mutation].(map[string]any)
	if len(a.Errors) > 0 || p == nil || len(p["userErrors"].([]any)) > 0 {
		c.t.Fatalf("%s %s: %s", who, mutation, a.text)
	}
	after := c.records()
	if len(after) != len(before)+1 || after[len(after)-1] != mutation {
		c.t.Fatalf("%s left the records %v", mutation, after[len(before):])
	}
	c.done[mutation]++
	for name, v := range p {
		if object, ok := v.(map[string]any); ok && name != "matter" || name == "matter" && p["assignment"] == nil {
			return object
		}
	}
	return nil
}

// records are the actions in the committee's book, in their order.
func (c *committee) records() []string {
	c.t.Helper()
	rows, err := c.super.Query(context.Background(), `SELECT action FROM audit_log WHERE tenant_id = $1 ORDER BY seq`, c.id)
	must(c.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(c.t, err)
	return list
}

// refusal is the only user error of a mutation that must be refused.
func (c *committee) refusal(who, mutation string, in input) map[string]any {
	c.t.Helper()
	a := c.call(who, mutation, in)
	list, _ := dig(a.Data, mutation, "userErrors").([]any)
	if len(a.Errors) > 0 || len(list) != 1 {
		c.t.Fatalf("%s %s is not refused: %s", who, mutation, a.text)
	}
	return list[0].(map[string]any)
}

// refused wants a code and, unless empty, the first name of the path.
func (c *committee) refused(who, mutation string, in input, code, path string) {
	c.t.Helper()
	e := c.refusal(who, mutation, in)
	if got := fmt.Sprint(append(e["path"].([]any), "")[0]); e["code"] != code || e["message"] == "" || (path != "" && got != path) {
		c.t.Errorf("%s %s: %v, want %s at %q", who, mutation, e, code, path)
	}
}

// ask sends a query, the operation's name and variables written out.
func (c *committee) ask(who, query string, vars input) answer {
	c.t.Helper()
	return c.post(context.Background(), c.token(who), query, vars)
}

// add enters a person who can sign in, in roles.
func (c *committee) add(name, kind string, more input, roles ...string) {
	c.t.Helper()
	in := input{"name": c.mark + name, "kind": kind, "login": c.login(name), "openAccount": true}
	for k, v := range more {
		in[k] = v
	}
	c.person[name] = c.do("管理员甲", "addMember", in)["id"].(string)
	must(c.t, c.r.Accounts.Ready(context.Background(), c.login(name), secret))
	for _, role := range roles {
		g := c.do("管理员甲", "grantRole", input{"membershipId": c.person[name], "role": role, "reason": "任职"})
		if roster.NeedsTwo(role) {
			c.do("管理员乙", "confirmGrant", input{"grantId": g["id"]})
		}
	}
}

// selection writes out what a type offers: all plain fields, and objects down
// to a depth. Fields that need arguments are left out.
func (w *world) selection(typ string, depth int) string {
	def := w.schema.Types[typ]
	var b strings.Builder
	b.WriteString("{ __typename ")
	if def.Kind == ast.Interface {
		for _, p := range w.schema.GetPossibleTypes(def) {
			fmt.Fprintf(&b, "... on %s { %s } ", p.Name, strings.Join(w.fields(p, depth, p.Name+"_"), " "))
		}
	}
	b.WriteString(strings.Join(w.fields(def, depth, ""), " ") + " }")
	return b.String()
}

// fields are a type's, each under an alias when there is a prefix: the same
// field may have another type in another type.
func (w *world) fields(def *ast.Definition, depth int, prefix string) (out []string) {
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || needsArguments(f) {
			continue
		}
		name := f.Name
		if prefix != "" {
			name = prefix + f.Name + ": " + f.Name
		}
		below := depth - 1
		if f.Name == "edges" || f.Name == "node" || f.Name == "entries" || f.Name == "userErrors" {
			below = depth // a connection is no step of its own
		}
		switch t := w.schema.Types[f.Type.Name()]; {
		case t.IsLeafType():
			out = append(out, name)
		case below >= 0:
			if f.Arguments.ForName("first") != nil { // a list inside an object is asked for by pages
				name += "(first: 20)"
			}
			out = append(out, name+" "+w.selection(t.Name, below))
		}
	}
	return out
}

func needsArguments(f *ast.FieldDefinition) bool {
	for _, a := range f.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			return true
		}
	}
	return false
}

// dig follows names and indexes into a decoded answer, nil when there is
// nothing.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
