package accounts

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// env is an installation with two committees and one person who is in both.
type env struct {
	*Service
	t      *testing.T
	db     *tenantstest.DB
	ctx    context.Context
	clock  *clock.Movable
	events *events

	city, district         uuid.UUID
	account                uuid.UUID
	inCity, inDistrict     uuid.UUID
	login, password        string
	office, home, stranger Client
}

// cheap keeps the tests quick; what they prove does not depend on it.
var cheap = Argon{Memory: 64, Passes: 1, Lanes: 1}

func newEnv(t *testing.T, opts Options) *env {
	t.Helper()
	t.Parallel()
	e := &env{
		t: t, db: tenantstest.New(t), clock: &clock.Movable{}, events: &events{},
		login: "member.01", password: "correct horse battery",
		office: Client{"192.0.2.10:4711", "Firefox"}, home: Client{"192.0.2.20", "手机"}, stranger: Client{"198.51.100.7", "curl"},
	}
	e.clock.Set(time.Date(2026, 3, 2, 9, 0, 0, 0, clock.Shanghai))
	e.ctx = clock.With(context.Background(), e.clock)
	if opts.Argon == (Argon{}) {
		opts.Argon = cheap
	}
	if opts.Audit == nil {
		opts.Audit = e.events.add
	}
	keys, err := LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	e.ok(err)
	e.Service = New(e.db.Store, keys, opts)
	e.city = tenantstest.Tenant(t, e.db, "210200", "大连市政协", "CITY")
	e.district = tenantstest.Tenant(t, e.db, "210202", "中山区政协", "DISTRICT")
	e.account = e.made(e.login)
	e.inCity = tenantstest.Member(t, e.db, e.city, e.account, "MEMBER", "委员甲")
	e.inDistrict = tenantstest.Member(t, e.db, e.district, e.account, "STAFF", "干部甲")
	return e
}

// made is an account with a password, as its owner would have set it.
func (e *env) made(login string) uuid.UUID {
	e.t.Helper()
	id, err := e.Create(e.ctx, login, "", uuid.Nil)
	e.ok(err)
	e.ok(e.Ready(e.ctx, login, e.password))
	return id
}

// events is what an audit would have heard.
type events struct {
	mu   sync.Mutex
	list []Event
}

func (l *events) add(_ context.Context, e Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, e)
	return nil
}

func (l *events) count(a Action) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.list {
		if e.Action == a {
			n++
		}
	}
	return n
}

func (e *env) ok(err error) {
	e.t.Helper()
	if err != nil {
		e.t.Fatal(err)
	}
}

// in returns e for a subtest.
func (e *env) in(t *testing.T) *env {
	c := *e
	c.t = t
	return &c
}

func (e *env) signIn() SignedIn {
	e.t.Helper()
	in, err := e.SignIn(e.ctx, e.login, e.password, e.office)
	e.ok(err)
	return in
}

// work signs in and enters the district.
func (e *env) work() Tokens {
	e.t.Helper()
	out, err := e.Choose(e.ctx, e.signIn().Refresh, e.inDistrict, e.office)
	e.ok(err)
	return out
}

func (e *env) claims(access string) Claims {
	e.t.Helper()
	c, err := e.keys.Parse(access, e.clock.Now())
	e.ok(err)
	return c
}

// alive checks an access token as the server does.
func (e *env) alive(tok Tokens) error {
	c, err := e.keys.Parse(tok.Access, e.clock.Now())
	if err != nil {
		return err
	}
	return e.Alive(e.ctx, c)
}

// fails tries wrong passwords.
func (e *env) fails(n int, login string, from Client) {
	e.t.Helper()
	for range n {
		_, err := e.SignIn(e.ctx, login, "a wrong password", from)
		if !errs.Is(err, errs.Unauthenticated) && !errs.Is(err, errs.Limited) {
			e.t.Fatal(err)
		}
	}
}

func (e *env) status(membership, tenant uuid.UUID, status string) {
	e.t.Helper()
	e.ok(e.db.Store.InTx(e.ctx, tenant, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `UPDATE memberships SET status = $2 WHERE id = $1`, membership, status)
		return err
	}))
}

func (e *env) is(err error, code errs.Code, text string) {
	e.t.Helper()
	shown, ok := errs.As(err)
	if !ok || shown.Code != code || !strings.Contains(shown.Message, text) {
		e.t.Fatalf("got %v, want %s …%s…", err, code, text)
	}
}

const gone = "会话已失效，请重新登录"
