package endpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	var act func(context.Context) error
	set := func(o *Options, _ *env) {
		withViewer(o, func(ctx context.Context) (*model.Viewer, error) { return nil, act(ctx) })
		o.Timeout = 2 * time.Second
	}
	e := newEnv(t, set)
	edition := newEnv(t, func(o *Options, e *env) { set(o, e); o.September2026 = true })
	const one, beside = `query Who { viewer { roles } }`, `query Who { node(id: "01890a5d-ac96-774b-bcce-b302099a8057") { id } v: viewer { roles } }`

	t.Run("a panic is INTERNAL, logged once with its stack, and shows nothing", func(t *testing.T) {
		act = func(context.Context) error { panic("boom 13800000000") }
		r := e.ask(t, one, nil).is(200, "INTERNAL").says("系统内部错误")
		if strings.Contains(r.text, "boom") || strings.Contains(r.text, ".go") {
			t.Error(r.text)
		}
		l := e.log.lines(t, "graphql panic")
		if len(l) != 1 || l[0]["panic"] != "boom 13800000000" || !strings.Contains(l[0]["stack"].(string), "errors_test.go") ||
			l[0]["request_id"] != r.header.Get("X-Request-Id") || l[0]["operation"] != "Who" || l[0]["tenant"] == "" {
			t.Error(l)
		}
		if l := e.log.lines(t, "graphql"); len(l) != 0 {
			t.Error("logged again:", l)
		}
		e.send(t, request{body: typename}).is(200, "")
	})
	t.Run("an unknown error is INTERNAL, logged once with request, tenant, operation and path", func(t *testing.T) {
		act = func(context.Context) error { return fmt.Errorf("reading: %w", errors.New("relation does not exist")) }
		r := e.ask(t, `query Who($x: ID!) { viewer { roles } node(id: $x) { id } }`, map[string]any{"x": "01890a5d-ac96-774b-bcce-b302099a8057"}).is(200, "INTERNAL")
		if strings.Contains(r.text, "relation") {
			t.Error(r.text)
		}
		l := e.log.lines(t, "graphql")
		if len(l) != 1 || !strings.Contains(l[0]["error"].(string), "reading: relation does not exist") || l[0]["path"] != "viewer" || l[0]["operation"] != "Who" ||
			l[0]["tenant"] == "" || l[0]["request_id"] != r.header.Get("X-Request-Id") {
			t.Error(l)
		}
		if strings.Contains(e.log.String(), "01890a5d") {
			t.Error("a variable is in the log")
		}
	})
	t.Run("a value that PostgreSQL repeats is not logged", func(t *testing.T) {
		act = func(context.Context) error {
			return &pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: `invalid input syntax for type uuid: "13911112222"`}
		}
		e.ask(t, one, nil).is(200, "INTERNAL")
		if s := e.log.String(); strings.Contains(s, "13911112222") || !strings.Contains(s, "22P02") {
			t.Error(s)
		}
	})
	t.Run("a shown error keeps its code and is not logged", func(t *testing.T) {
		before := len(e.log.lines(t, "graphql"))
		act = func(context.Context) error { return errs.New(errs.NotAllowed, "您没有这个权限") }
		r := e.ask(t, one, nil).is(200, "NOT_ALLOWED").says("您没有这个权限")
		if fmt.Sprint(r.body.Errors[0].Path) != "[viewer]" || string(r.body.Data) != "null" {
			t.Error(r.text)
		}
		if len(e.log.lines(t, "graphql")) != before {
			t.Error(e.log.String())
		}
	})
	t.Run("what the database refuses is translated, and the commit that fails after it says nothing else", func(t *testing.T) {
		act = func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `SELECT $1::text`, "a\x00b")
			return err
		}
		r := e.ask(t, one, nil).is(400, "INVALID_INPUT").says("控制字符")
		if len(r.body.Errors) != 1 || fmt.Sprint(r.body.Errors[0].Path) != "[viewer]" || strings.Contains(r.text, `"data"`) {
			t.Error(r.text)
		}
	})
	t.Run("an operation that takes too long is given up, as UNAVAILABLE", func(t *testing.T) {
		act = func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `SELECT pg_sleep(30)`)
			return err
		}
		begin := time.Now()
		r := e.ask(t, one, nil).is(503, "UNAVAILABLE")
		if took := time.Since(begin); took > 4*time.Second || strings.Contains(r.text, "pg_sleep") {
			t.Error(took, r.text)
		}
	})
	t.Run("the connection is good afterwards", func(t *testing.T) {
		act = func(context.Context) error { return nil }
		for range 10 {
			e.ask(t, `{ matters { totalCount } }`, nil).is(200, "")
		}
	})
	t.Run("the edition of 2026 answers 294 when there are data and errors", func(t *testing.T) {
		act = func(context.Context) error { return errs.New(errs.NotAllowed, "您没有这个权限") }
		edition.ask(t, one, nil).is(294, "NOT_ALLOWED")
		header := []string{"Authorization", "Bearer " + edition.token, "Accept", "application/json"}
		edition.send(t, request{body: body(t, beside, nil), header: header}).is(200, "NOT_ALLOWED")
		act = func(context.Context) error { panic("x") }
		edition.ask(t, one, nil).is(294, "INTERNAL")
	})
}

func TestManyErrors(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *Options, _ *env) {
		o.Limits = Limits{Errors: 5}
		withViewer(o, func(context.Context) (*model.Viewer, error) { return nil, errors.New("broken") })
	})
	var b strings.Builder
	for i := range 15 {
		fmt.Fprintf(&b, "v%d: viewer { roles } ", i)
	}
	r := e.ask(t, "{ "+b.String()+"}", nil).is(200, "INTERNAL")
	t.Run("no more than the limit are listed", func(t *testing.T) {
		if n := len(r.body.Errors); n != 6 || !strings.Contains(r.text, "还有") {
			t.Error(n, r.text)
		}
	})
	t.Run("the first three are logged", func(t *testing.T) {
		if l := e.log.lines(t, "graphql"); len(l) != logged {
			t.Error(len(l))
		}
	})
}

func TestDatabaseDown(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	e.resolver.Store.Close()
	r := e.ask(t, `{ viewer { roles } }`, nil)
	if r.is(503, "UNAVAILABLE"); strings.Contains(r.text, "pool") || strings.Contains(r.text, `"data"`) {
		t.Error(r.text)
	}
	e.send(t, request{body: body(t, `{ viewer { roles } }`, nil), header: []string{"Authorization", "Bearer " + e.token}}).is(503, "UNAVAILABLE")
}

func TestAccess(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	dev := newEnv(t, func(o *Options, _ *env) { o.Dev = true })
	bearer := func(s string) []string { return []string{"Authorization", s} }
	for _, c := range []struct{ sentence, header string }{
		{"rubbish", "Bearer rubbish"}, {"another scheme", "Basic bWVtYmVyOnBhc3N3b3Jk"}, {"an empty token", "Bearer "},
		{"a token with one letter changed", "Bearer " + e.token[:len(e.token)-5] + "AAAAA"},
	} {
		t.Run(c.sentence+" is 401, even for __typename", func(t *testing.T) {
			r := e.send(t, request{body: typename, header: bearer(c.header)}).is(401, "UNAUTHENTICATED")
			if !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer") || strings.Contains(r.text, `"data"`) || strings.Contains(r.text, "rubbish") {
				t.Error(r.header, r.text)
			}
		})
	}
	t.Run("an expired token is 401", func(t *testing.T) {
		e.clock.Advance(time.Hour)
		defer e.clock.Advance(-time.Hour)
		e.ask(t, `{ __typename }`, nil).is(401, "UNAUTHENTICATED")
	})
	t.Run("a token of another committee than the header's is 401", func(t *testing.T) {
		e.send(t, request{body: typename, header: []string{"Authorization", "Bearer " + e.token, "X-Bihuan-Tenant", "01890a5d-ac96-774b-bcce-b302099a8057"}}).is(401, "UNAUTHENTICATED")
	})
	t.Run("a good token works, and the log says for which committee", func(t *testing.T) {
		e.ask(t, `query Me { viewer { membership { name } } }`, nil).is(200, "")
		l := e.log.lines(t, "request")
		last := l[len(l)-1]
		if last["tenant"] == nil || last["operation"] != "Me" || last["route"] != "/graphql" || last["status"] != 200.0 {
			t.Error(last)
		}
	})
	t.Run("a session that was ended is 401", func(t *testing.T) {
		gone := newEnv(t, nil)
		gone.ask(t, `mutation { signOut { done userErrors { code } } }`, nil).is(200, "")
		gone.ask(t, `{ viewer { roles } }`, nil).is(401, "UNAUTHENTICATED")
	})
	t.Run("signing in needs no token", func(t *testing.T) {
		r := e.send(t, request{body: body(t, `mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken } userErrors { code } } }`, map[string]any{"i": map[string]any{"login": login, "password": password}})})
		if r.is(200, ""); !strings.Contains(r.text, `"accessToken":"ey`) {
			t.Error(r.text)
		}
		if strings.Contains(e.log.String(), password) || strings.Contains(e.log.String(), login) {
			t.Error("the log knows too much")
		}
	})
	t.Run("F5: a stale token does not keep a client from renewing it, from signing in or out", func(t *testing.T) {
		stale := []string{"Authorization", "Bearer rubbish", "Accept", string(modern)}
		for mutation, says := range map[string]string{
			`signIn(input: {login: "` + login + `", password: "` + password + `"}) { tokens { accessToken } userErrors { code } }`: `"accessToken":"ey`,
			`refreshTokens(input: {refreshToken: "x"}) { userErrors { message } }`:                                                 "会话已失效",
			`signOut { done userErrors { message } }`:                                                                              "请先登录",
		} {
			if r := e.send(t, request{body: body(t, "mutation { "+mutation+" }", nil), header: stale}).is(200, ""); !strings.Contains(r.text, says) {
				t.Error(r.text)
			}
		}
	})
	t.Run("F5: signing out with the refresh token ends the session, whatever the access token, and again changes nothing", func(t *testing.T) {
		own := newEnv(t, nil)
		in := own.send(t, request{body: body(t, `mutation { signIn(input: {login: "`+login+`", password: "`+password+`"}) { tokens { accessToken refreshToken } } }`, nil)})
		var out struct {
			Data struct {
				SignIn struct {
					Tokens struct{ AccessToken, RefreshToken string }
				}
			}
		}
		fatal(t, json.Unmarshal([]byte(in.text), &out))
		tokens := out.Data.SignIn.Tokens
		own.clock.Advance(time.Hour) // the access token is over
		stale := []string{"Authorization", "Bearer " + tokens.AccessToken, "Accept", string(modern)}
		mutation := func(field string) string {
			return own.send(t, request{body: body(t, "mutation { "+field+" }", nil), header: stale}).is(200, "").text
		}
		for range 2 {
			if says := mutation(`signOut(refreshToken: "` + tokens.RefreshToken + `") { done userErrors { code } }`); !strings.Contains(says, `"done":true,"userErrors":[]`) {
				t.Error(says)
			}
		}
		for field, says := range map[string]string{
			`refreshTokens(input: {refreshToken: "` + tokens.RefreshToken + `"}) { userErrors { message } }`: "会话已失效",
			`signOut(refreshToken: "x") { done userErrors { code path } }`:                                   `"done":false,"userErrors":[{"code":"UNAUTHENTICATED"`,
		} {
			if got := mutation(field); !strings.Contains(got, says) {
				t.Error(got)
			}
		}
	})
	const schema = `{"query":"{ __schema { queryType { name } } }"}`
	t.Run("the schema is shown to who is signed in", func(t *testing.T) {
		e.send(t, request{body: schema}).is(401, "UNAUTHENTICATED")
		e.send(t, request{body: `{"query":"query { ...a } fragment a on Query { ... { x: __type(name: \"Matter\") { name } } }"}`}).is(401, "UNAUTHENTICATED")
		e.send(t, request{body: schema, header: bearer("Bearer " + e.token)}).is(200, "")
	})
	t.Run("in development to everyone", func(t *testing.T) { dev.send(t, request{body: schema}).is(200, "") })
	t.Run("suggestions follow the same rule", func(t *testing.T) {
		for _, doc := range []string{`{ matter(idd: 1) { id } }`, `{ viewers { roles } }`, `{ viewer { membership { namex } } }`, `query($x: MatterFiltr) { __typename }`, `{ viewer }`} {
			if r := e.send(t, request{body: body(t, doc, nil)}); strings.Contains(r.text, "Did you mean") {
				t.Error(r.text)
			}
		}
		e.ask(t, `{ viewers { roles } }`, nil).is(400, "GRAPHQL_VALIDATION_FAILED").says("Did you mean")
		dev.send(t, request{body: body(t, `{ viewers { roles } }`, nil)}).says("Did you mean")
	})
	t.Run("without httpd around it there is an id all the same", func(t *testing.T) {
		w := recorder(New(Options{Resolver: e.resolver}), typename[1:])
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"requestId":"`) {
			t.Error(w.Code, w.Body)
		}
	})
}

// F4: nothing joins a person and a vote.
func TestAVoteIsNobodys(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	vote := body(t, `mutation OfMemberA($i: CastBallotInput!) { castBallot(input: $i) { done userErrors { message } } }`, map[string]any{"i": map[string]any{"token": "x", "choices": []any{}}})
	last := func(t *testing.T) map[string]any {
		t.Helper()
		l := e.log.lines(t, "request")
		return l[len(l)-1]
	}
	for sentence, header := range map[string]string{"good": "Bearer " + e.token, "stale": "Bearer rubbish", "other": "Basic x"} {
		t.Run("F4: a vote with an Authorization is refused before anything is read: "+sentence, func(t *testing.T) {
			r := e.send(t, request{body: vote, header: []string{"Authorization", header}}).is(400, "INVALID_INPUT").says("不记名")
			if strings.Contains(r.text, "投票凭证") {
				t.Error("the paper was looked at")
			}
			if line := last(t); line["tenant"] != nil || line["operation"] != "castBallot" {
				t.Error(line)
			}
		})
	}
	t.Run("F4: without it its line in the log has no committee and no name that the client gave", func(t *testing.T) {
		if r := e.send(t, request{body: vote}).is(200, ""); !strings.Contains(r.text, "投票凭证无效") {
			t.Error(r.text)
		}
		if line := last(t); line["tenant"] != nil || line["operation"] != "castBallot" {
			t.Error(line)
		}
	})
	t.Run("F4: no vote stands beside what says who sends it", func(t *testing.T) {
		beside := `mutation { castBallot(input: {token: "x", choices: []}) { done } signIn(input: {login: "a", password: "b"}) { userErrors { code } } }`
		e.send(t, request{body: body(t, beside, nil), header: []string{"Accept", string(modern)}}).is(400, "INVALID_INPUT")
	})
	if strings.Contains(e.log.String(), "OfMemberA") {
		t.Error("the log knows the name of the operation")
	}
}
