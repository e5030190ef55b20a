package providers

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

const (
	callback = "http://127.0.0.1/oidc/callback"
	password = "correct horse battery"
)

var here = accounts.Client{Address: "192.0.2.10", Agent: "test"}

// idp is a provider that is not ours, over real HTTP; it says what is not so when
// it is told to.
type idp struct {
	url    string
	lies   func(claims map[string]any) // changes what the token says
	alg    jose.SignatureAlgorithm     // with which it signs a lie; empty: none at all
	lost   bool                        // signs with a key that it does not publish
	down   bool
	abroad bool // its keys lie on another host
	key    *rsa.PrivateKey
	http.Handler
}

func newIDP(t *testing.T) *idp {
	t.Helper()
	p := &idp{alg: jose.RS256}
	srv := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(srv.Close)
	p.url = srv.URL
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	clients := map[string]*storage.Client{"bihuan": storage.WebClient("bihuan", "the secret", callback)}
	p.Handler = exampleop.SetupServer(p.url, storage.NewStorageWithClients(storage.NewUserStore(p.url), clients), nil, false, op.WithAllowInsecure())
	return p
}

func (p *idp) serve(w http.ResponseWriter, r *http.Request) {
	if p.down {
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	rec := httptest.NewRecorder()
	p.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	var doc map[string]any
	if json.Unmarshal(body, &doc) == nil {
		switch {
		case strings.HasSuffix(r.URL.Path, "/openid-configuration") && p.abroad:
			doc["jwks_uri"] = "http://localhost:1/keys"
		case doc["keys"] != nil && !p.lost:
			raw, _ := json.Marshal(jose.JSONWebKey{Key: p.key.Public(), KeyID: "liar", Use: "sig", Algorithm: "RS256"})
			doc["keys"] = append(doc["keys"].([]any), json.RawMessage(raw))
		case doc["id_token"] != nil && p.lies != nil:
			doc["id_token"] = p.retold(doc["id_token"].(string))
		}
		body, _ = json.Marshal(doc)
	}
	for k, v := range rec.Header() {
		if k != "Content-Length" {
			w.Header()[k] = v
		}
	}
	w.WriteHeader(rec.Code)
	_, _ = w.Write(body)
}

// retold is a token with other claims.
func (p *idp) retold(token string) string {
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	claims := map[string]any{}
	_ = json.Unmarshal(payload, &claims)
	p.lies(claims)
	payload, _ = json.Marshal(claims)
	var key any = jose.JSONWebKey{Key: p.key, KeyID: "liar"}
	switch p.alg {
	case "":
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
	case jose.HS256:
		key = bytes.Repeat([]byte("the secret"), 4)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: p.alg, Key: key}, nil)
	if err != nil {
		panic(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		panic(err)
	}
	out, _ := signed.CompactSerialize()
	return out
}

// world is two committees, of which the district has a provider, and one person
// in both.
type world struct {
	*Service
	t              *testing.T
	ctx            context.Context
	clock          *clock.Movable
	idp            *idp
	acc            *accounts.Service
	keys           *accounts.Keys
	db             *tenantstest.DB
	city, district uuid.UUID
	account        uuid.UUID
	inCity, inDist uuid.UUID
	heard          []accounts.Event
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t, db: tenantstest.New(t), clock: &clock.Movable{}, idp: newIDP(t)}
	w.clock.Set(time.Now())
	w.ctx = clock.With(context.Background(), w.clock)
	var err error
	w.keys, err = accounts.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	w.ok(err)
	key := bytes.Repeat([]byte{9}, 32)
	w.acc = accounts.New(w.db.Store, w.keys, accounts.Options{Argon: accounts.Argon{Memory: 64, Passes: 1, Lanes: 1}, FactorKey: key,
		Audit: func(_ context.Context, e accounts.Event) error { w.heard = append(w.heard, e); return nil }})
	w.Service = &Service{Store: w.db.Store, Accounts: w.acc, Key: key, Allowed: []string{w.idp.url}, Return: callback}
	w.city = tenantstest.Tenant(t, w.db, "210200", "大连市政协", "CITY")
	w.district = tenantstest.Tenant(t, w.db, "210202", "中山区政协", "DISTRICT")
	w.account = w.made("official.01")
	w.inCity = tenantstest.Member(t, w.db, w.city, w.account, "STAFF", "干部甲")
	w.inDist = tenantstest.Member(t, w.db, w.district, w.account, "STAFF", "干部甲")
	w.ok(w.set(w.idp.url))
	return w
}

func (w *world) set(issuer string) error {
	sealed, err := secret.Seal(w.Key, w.district[:], []byte("the secret"))
	w.ok(err)
	return w.db.Store.InTx(w.ctx, w.district, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `INSERT INTO sign_in_providers VALUES ($1, $2, 'bihuan', $3, 'sub', '统一身份认证', $4) ON CONFLICT (tenant_id) DO UPDATE SET issuer = EXCLUDED.issuer`,
			w.district, issuer, sealed, clock.Now(ctx))
		return err
	})
}

func (w *world) made(login string) uuid.UUID {
	w.t.Helper()
	id, err := w.acc.Create(w.ctx, login, "", uuid.Nil)
	w.ok(err)
	w.ok(w.acc.Ready(w.ctx, login, password))
	return id
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func is(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// there signs in at the provider, as a browser that was sent there, and answers
// what it is sent back with.
func (w *world) there(user, to string) (state, code string) {
	w.t.Helper()
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	next := func(res *http.Response, err error) *url.URL {
		w.t.Helper()
		w.ok(err)
		_ = res.Body.Close()
		at, err := res.Location()
		w.ok(err)
		return at
	}
	login := next(c.Get(to))
	id := login.Query().Get("authRequestID")
	at := next(c.PostForm(w.idp.url+"/login/username", url.Values{"id": {id}, "username": {user}, "password": {"verysecure"}}))
	back := next(c.Get(at.String()))
	if !strings.HasPrefix(back.String(), callback) {
		w.t.Fatal(back)
	}
	return back.Query().Get("state"), back.Query().Get("code")
}

// visit goes there and back.
func (w *world) visit(user string) (cookie string, err error) {
	w.t.Helper()
	to, cookie, err := w.Begin(w.ctx, "210202")
	w.ok(err)
	state, code := w.there(user, to)
	return cookie, w.Returned(w.ctx, cookie, state, code)
}

func (w *world) claims(login string, membership uuid.UUID) accounts.Claims {
	w.t.Helper()
	in, err := w.acc.SignIn(w.ctx, login, password, here)
	w.ok(err)
	return w.entered(in, membership)
}

func (w *world) entered(in accounts.SignedIn, membership uuid.UUID) accounts.Claims {
	w.t.Helper()
	tok, err := w.acc.Choose(w.ctx, in.Refresh, membership, here)
	w.ok(err)
	c, err := w.keys.Parse(tok.Access, w.clock.Now())
	w.ok(err)
	return c
}

const one, two = "test-user@127.0.0.1", "test-user2"

func TestSigningInAtAProvider(t *testing.T) {
	w := newWorld(t)
	cookie, err := w.visit(one)
	w.ok(err)
	in, found, err := w.SignIn(w.ctx, cookie, "", here)
	if err != nil || found.Account != uuid.Nil || in.Refresh != "" || found.Shown == "" {
		t.Fatal("who is not linked gets no session:", in, found, err)
	}
	mine := w.claims("official.01", w.inDist)
	w.ok(w.Link(w.ctx, cookie, mine, here))

	cookie, err = w.visit(one)
	w.ok(err)
	in, _, err = w.SignIn(w.ctx, cookie, "", here)
	w.ok(err)
	if in.Account != w.account || len(in.Choices) != 1 || in.Choices[0].Tenant != w.district {
		t.Fatal(in)
	}
	session := w.entered(in, w.inDist)
	t.Run("such a session enters no other committee", func(t *testing.T) {
		cookie, err := w.visit(one)
		w.ok(err)
		in, _, err := w.SignIn(w.ctx, cookie, "", here)
		w.ok(err)
		_, err = w.acc.Choose(w.ctx, in.Refresh, w.inCity, here)
		is(t, err, errs.NotAllowed)
	})
	t.Run("a visit signs in once", func(t *testing.T) {
		_, _, err := w.SignIn(w.ctx, cookie, "", here)
		is(t, err, errs.Unauthenticated)
	})
	t.Run("a session from a provider sets no factor and links nobody", func(t *testing.T) {
		begun, err := w.acc.BeginFactor(w.ctx, w.account)
		w.ok(err)
		_, err = w.acc.ConfirmFactor(w.ctx, w.account, session.Session, begun.Secret[:6], here)
		is(t, err, errs.NotAllowed)
		cookie, err := w.visit(two)
		w.ok(err)
		is(t, w.Link(w.ctx, cookie, session, here), errs.NotAllowed)
	})
	t.Run("somebody else's link cannot be taken over", func(t *testing.T) {
		other := w.made("official.02")
		member := tenantstest.Member(t, w.db, w.district, other, "STAFF", "干部乙")
		cookie, err := w.visit(one)
		w.ok(err)
		is(t, w.Link(w.ctx, cookie, w.claims("official.02", member), here), errs.Conflict)
	})
	t.Run("a link is of the committee in which one is", func(t *testing.T) {
		cookie, err := w.visit(two)
		w.ok(err)
		is(t, w.Link(w.ctx, cookie, w.claims("official.01", w.inCity), here), errs.NotAllowed)
	})
	t.Run("who has left the committee enters nothing", func(t *testing.T) {
		w.ok(w.db.Store.InTx(w.ctx, w.district, func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `UPDATE memberships SET status = 'SUSPENDED' WHERE id = $1`, w.inDist)
			return err
		}))
		cookie, err := w.visit(one)
		w.ok(err)
		in, _, err := w.SignIn(w.ctx, cookie, "", here)
		if err != nil || len(in.Choices) != 0 {
			t.Error(in, err)
		}
		_, err = w.acc.Choose(w.ctx, in.Refresh, w.inDist, here)
		is(t, err, errs.NotAllowed)
	})
	t.Run("unlinking ends the sessions that came by it", func(t *testing.T) {
		var list []Identity
		w.ok(w.db.Store.Global(w.ctx, func(ctx context.Context) (err error) {
			list, err = w.Links(ctx, w.account)
			return err
		}))
		if len(list) != 1 {
			t.Fatal(list)
		}
		is(t, w.Unlink(w.ctx, accounts.Claims{Account: uuid.New()}, list[0].ID, here), errs.NotFound)
		w.ok(w.Unlink(w.ctx, mine, list[0].ID, here))
		is(t, w.acc.Alive(w.ctx, session), errs.Unauthenticated)
	})
	linked, unlinked := 0, 0
	for _, e := range w.heard {
		switch e.Action {
		case accounts.ActionLinked:
			linked++
		case accounts.ActionUnlinked:
			unlinked++
		}
	}
	if linked != 1 || unlinked != 1 {
		t.Error("the book has", linked, unlinked)
	}
}

func TestAFactorIsAskedAtAProviderToo(t *testing.T) {
	w := newWorld(t)
	cookie, err := w.visit(one)
	w.ok(err)
	w.ok(w.Link(w.ctx, cookie, w.claims("official.01", w.inDist), here))
	w.ok(w.db.Store.Global(w.ctx, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `INSERT INTO account_factors (account_id, secret, created_at, confirmed_at) VALUES ($1, 'x', $2, $2)`, w.account, clock.Now(ctx))
		return err
	}))
	cookie, err = w.visit(one)
	w.ok(err)
	for range 2 { // the visit is not used up by asking
		if _, _, err = w.SignIn(w.ctx, cookie, "", here); !accounts.NeedsCode(err) {
			t.Error(err)
		}
	}
	for range 4 {
		if _, _, err = w.SignIn(w.ctx, cookie, "ABCDE-ABCDE", here); !accounts.NeedsCode(err) {
			t.Error(err)
		}
	}
	for range 2 { // wrong codes lock as everywhere, from any address
		_, _, err = w.SignIn(w.ctx, cookie, "ABCDE-ABCDE", accounts.Client{Address: "198.51.100.9"})
		is(t, err, errs.Limited)
	}
}

func TestWhatAProviderSaysIsVerified(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		lies func(map[string]any)
		alg  jose.SignatureAlgorithm
		lost bool
	}{
		"another's audience":          {func(c map[string]any) { c["aud"] = []string{"other"} }, jose.RS256, false},
		"another issuer":              {func(c map[string]any) { c["iss"] = "https://idp.example.cn" }, jose.RS256, false},
		"expired":                     {func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }, jose.RS256, false},
		"another's nonce":             {func(c map[string]any) { c["nonce"] = "another" }, jose.RS256, false},
		"no nonce":                    {func(c map[string]any) { delete(c, "nonce") }, jose.RS256, false},
		"no subject":                  {func(c map[string]any) { delete(c, "sub") }, jose.RS256, false},
		"a subject that is no text":   {func(c map[string]any) { c["sub"] = 7 }, jose.RS256, false},
		"signed by nobody":            {func(map[string]any) {}, "", false},
		"signed with what both know":  {func(map[string]any) {}, jose.HS256, false},
		"signed with a key of nobody": {func(map[string]any) {}, jose.RS256, true},
	} {
		w.idp.lies, w.idp.alg, w.idp.lost = c.lies, c.alg, c.lost
		_, err := w.visit(one)
		if !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.idp.lies, w.idp.alg, w.idp.lost = func(map[string]any) {}, jose.RS256, false
	if _, err := w.visit(one); err != nil {
		t.Error("what is right and retold is refused, so that the others prove nothing:", err)
	}
}

func TestAVisitBelongsToItsBrowser(t *testing.T) {
	w := newWorld(t)
	to, cookie, err := w.Begin(w.ctx, "210202")
	w.ok(err)
	if q := must(url.Parse(to)).Query(); q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		t.Error(to)
	}
	state, code := w.there(one, to)
	_, mine, err := w.Begin(w.ctx, "210202")
	w.ok(err)
	is(t, w.Returned(w.ctx, mine, state, code), errs.Unauthenticated) // what an attacker sends to a victim's browser
	is(t, w.Returned(w.ctx, "", state, code), errs.Unauthenticated)
	w.ok(w.Returned(w.ctx, cookie, state, code))
	is(t, w.Returned(w.ctx, cookie, state, code), errs.Unauthenticated)
	t.Run("a code is exchanged once, by who began", func(t *testing.T) {
		to, cookie, err := w.Begin(w.ctx, "210202")
		w.ok(err)
		is(t, w.Returned(w.ctx, cookie, must(url.Parse(to)).Query().Get("state"), code), errs.Unauthenticated)
	})
	t.Run("it has ten minutes", func(t *testing.T) {
		to, cookie, err := w.Begin(w.ctx, "210202")
		w.ok(err)
		state, code := w.there(one, to)
		w.clock.Advance(visitLife)
		is(t, w.Returned(w.ctx, cookie, state, code), errs.Unauthenticated)
	})
}

func TestOnlyWhatTheOperatorAllowsIsAsked(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.Begin(w.ctx, "999999")
	is(t, err, errs.NotFound)
	_, _, err = w.Begin(w.ctx, "210200") // has none
	is(t, err, errs.NotFound)
	w.idp.down = true
	_, _, err = w.Begin(w.ctx, "210202")
	is(t, err, errs.Unavailable)
	w.idp.down, w.idp.abroad = false, true
	_, err = w.visit(one)
	if err == nil {
		t.Error("keys of another host were asked for")
	}
	w.idp.abroad = false
	w.Allowed = nil
	_, _, err = w.Begin(w.ctx, "210202")
	is(t, err, errs.NotFound)
	for _, bad := range []string{"http://10.0.0.1/", "ftp://x", "https://u:p@idp.example.cn", "https://idp.example.cn?x=1", "nothing"} {
		if CheckIssuers([]string{bad}) == nil {
			t.Error(bad)
		}
	}
	if err := CheckIssuers([]string{"https://idp.example.cn/realms/city"}); err != nil {
		t.Error(err)
	}
}

func must[T any](x T, err error) T {
	if err != nil {
		panic(err)
	}
	return x
}
