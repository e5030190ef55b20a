package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestRefreshTokens(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("a refresh token is 32 random bytes; only its SHA-256 is stored", func(t *testing.T) {
		in := e.in(t).signIn()
		raw, err := base64.RawURLEncoding.DecodeString(in.Refresh)
		if err != nil || len(raw) != 32 {
			t.Fatal(in.Refresh)
		}
		hash := sha256.Sum256(raw)
		var n, plain int
		e.db.AsSuper(t, `SELECT count(*) FILTER (WHERE hash = $1), count(*) FILTER (WHERE hash = $2) FROM refresh_tokens`, []any{hash[:], raw}, &n, &plain)
		if n != 1 || plain != 0 {
			t.Fatal(n, plain)
		}
	})
	t.Run("a refresh token is used once and replaced by a new one", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		for range 5 {
			next, err := e.Refresh(e.ctx, tok.Refresh, e.office)
			e.ok(err)
			if next.Refresh == tok.Refresh || next.Access == tok.Access || next.Session != tok.Session || next.Membership != e.inDistrict {
				t.Fatal(next)
			}
			e.ok(e.alive(next))
			tok = next
		}
	})
	t.Run("a refresh token that comes a second time ends its session, although the caller gets an error", func(t *testing.T) {
		e := newEnv(t, Options{})
		other := e.work()
		old := e.work()
		next, err := e.Refresh(e.ctx, old.Refresh, e.office)
		e.ok(err)
		e.clock.Advance(20 * time.Second)
		_, err = e.Refresh(e.ctx, old.Refresh, e.stranger)
		e.is(err, errs.Unauthenticated, gone)
		e.is(e.alive(next), errs.Unauthenticated, gone)
		_, err = e.Refresh(e.ctx, next.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		e.ok(e.alive(other)) // of the same person, another session
		var why string
		e.db.AsSuper(t, `SELECT revoked_why FROM account_sessions WHERE id = $1`, []any{old.Session}, &why)
		if why != "token used twice" {
			t.Fatal(why)
		}
	})
	t.Run("so does the token of the sign-in, used for choosing twice", func(t *testing.T) {
		e := e.in(t)
		in := e.signIn()
		tok, err := e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
		e.ok(err)
		_, err = e.Choose(e.ctx, in.Refresh, e.inDistrict, e.stranger)
		e.is(err, errs.Unauthenticated, gone)
		e.is(e.alive(tok), errs.Unauthenticated, gone)
	})
	t.Run("what is no token ends nothing", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		for _, s := range []string{"", "x", tok.Refresh + "A", tok.Refresh[:42], strings.Repeat("A", 43), strings.Repeat("A", 1<<20), tok.Access} {
			_, err := e.Refresh(e.ctx, s, e.stranger)
			e.is(err, errs.Unauthenticated, gone)
		}
		e.ok(e.alive(tok))
	})
	t.Run("F5: for 20 seconds the same token answers the same successor, to who uses it at the same moment too", func(t *testing.T) {
		e := e.in(t)
		for range 20 {
			tok := e.work()
			var wg sync.WaitGroup
			results := make([]Tokens, 8)
			errors := make([]error, len(results))
			for i := range results {
				wg.Go(func() { results[i], errors[i] = e.Refresh(e.ctx, tok.Refresh, e.office) })
			}
			wg.Wait()
			for i, got := range results {
				e.ok(errors[i])
				e.ok(e.alive(got))
				if got.Refresh != results[0].Refresh || got.Session != tok.Session || got.Membership != tok.Membership {
					t.Fatal(got, results[0])
				}
			}
			next, err := e.Refresh(e.ctx, results[0].Refresh, e.office)
			e.ok(err)
			e.ok(e.alive(next))
		}
	})
	t.Run("F5: not once the successor has been used", func(t *testing.T) {
		e := e.in(t)
		old := e.work()
		next, err := e.Refresh(e.ctx, old.Refresh, e.office)
		e.ok(err)
		last, err := e.Refresh(e.ctx, next.Refresh, e.office)
		e.ok(err)
		_, err = e.Refresh(e.ctx, old.Refresh, e.stranger)
		e.is(err, errs.Unauthenticated, gone)
		e.is(e.alive(last), errs.Unauthenticated, gone)
	})
	t.Run("F5: nor does it open an ended session, or another committee than the first time", func(t *testing.T) {
		e := e.in(t)
		old := e.work()
		next, err := e.Refresh(e.ctx, old.Refresh, e.office)
		e.ok(err)
		e.ok(e.SignOut(e.ctx, next.Account, next.Session))
		_, err = e.Refresh(e.ctx, old.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		in := e.signIn()
		_, err = e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
		e.ok(err)
		again, err := e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
		e.ok(err)
		_, err = e.Choose(e.ctx, in.Refresh, e.inDistrict, e.office)
		e.is(err, errs.Unauthenticated, gone)
		e.is(e.alive(again), errs.Unauthenticated, gone)
	})
	t.Run("F5: neither the row nor the token alone gives the successor", func(t *testing.T) {
		e := e.in(t)
		old := e.work()
		next, err := e.Refresh(e.ctx, old.Refresh, e.office)
		e.ok(err)
		raw, err := base64.RawURLEncoding.DecodeString(old.Refresh)
		e.ok(err)
		hash := sha256.Sum256(raw)
		var seed []byte
		e.db.AsSuper(t, `SELECT seed FROM refresh_tokens WHERE hash = $1`, []any{hash[:]}, &seed)
		for _, half := range [][]byte{raw, seed, hash[:]} {
			if sum := sha256.Sum256(half); len(half) != 32 || base64.RawURLEncoding.EncodeToString(sum[:]) == next.Refresh {
				t.Fatal(half)
			}
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	day := 24 * time.Hour
	t.Run("a session ends 7 days after its last use", func(t *testing.T) {
		e := newEnv(t, Options{})
		tok := e.work()
		e.clock.Advance(7*day - time.Second)
		tok, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.ok(err)
		e.clock.Advance(7 * day)
		_, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		if list, err := e.Sessions(e.ctx, e.account); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
	})
	t.Run("a session ends 30 days after sign-in, and no access token outlives it", func(t *testing.T) {
		e := newEnv(t, Options{})
		start := e.clock.Now()
		tok := e.work()
		var err error
		for range 5 {
			e.clock.Advance(6*day - time.Minute)
			tok, err = e.Refresh(e.ctx, tok.Refresh, e.office)
			e.ok(err)
		}
		if !tok.AccessExpires.Equal(start.Add(30 * day)) {
			t.Fatal(tok.AccessExpires)
		}
		e.clock.Advance(5 * time.Minute)
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
	})
}

func TestChoosing(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("an access token names one account, one committee, one membership and one session, and lives 10 minutes", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		c := e.claims(tok.Access)
		if c.Account != e.account || c.Tenant != e.district || c.Membership != e.inDistrict || c.Session != tok.Session || c.ID == uuid.Nil {
			t.Fatal(c)
		}
		if tok.Tenant != c.Tenant || tok.Membership != c.Membership || tok.Account != c.Account || !tok.AccessExpires.Equal(c.Expires) {
			t.Fatal(tok)
		}
		if !c.Expires.Equal(e.clock.Now().Add(10*time.Minute)) || !c.Issued.Equal(e.clock.Now()) {
			t.Fatal(c)
		}
	})
	t.Run("another committee can be entered within the session", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		tok, err := e.Choose(e.ctx, tok.Refresh, e.inCity, e.office)
		e.ok(err)
		if tok.Tenant != e.city {
			t.Fatal(tok)
		}
		tok, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		if err != nil || tok.Tenant != e.city {
			t.Fatal(tok, err)
		}
	})
	t.Run("a choice that is refused uses nothing up", func(t *testing.T) {
		e := e.in(t)
		in := e.signIn()
		_, err := e.Refresh(e.ctx, in.Refresh, e.office)
		e.is(err, errs.NotAllowed, "请先选择")
		foreign := tenantstest.Member(t, e.db, e.city, uuid.Nil, "MEMBER", "委员乙")
		for _, m := range []uuid.UUID{newID(), foreign} {
			_, err := e.Choose(e.ctx, in.Refresh, m, e.office)
			e.is(err, errs.NotAllowed, "身份不可用")
		}
		_, err = e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
		e.ok(err)
	})
	t.Run("a membership that is no longer active cannot be chosen or refreshed", func(t *testing.T) {
		e := e.in(t)
		in, tok := e.signIn(), e.work()
		e.status(e.inDistrict, e.district, "SUSPENDED")
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.NotAllowed, "身份不可用")
		_, err = e.Choose(e.ctx, in.Refresh, e.inDistrict, e.office)
		e.is(err, errs.NotAllowed, "身份不可用")
		// The session itself goes on, in another committee.
		_, err = e.Choose(e.ctx, tok.Refresh, e.inCity, e.office)
		e.ok(err)
		e.status(e.inDistrict, e.district, "ACTIVE")
	})
	t.Run("nor can one of a suspended committee, or one that was given to somebody else", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		e.db.AsOwner(t, `UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, e.district)
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.NotAllowed, "身份不可用")
		e.db.AsOwner(t, `UPDATE tenants SET status = 'ACTIVE' WHERE id = $1`, e.district)
		e.ok(e.alive(tok))
		other := e.made("successor")
		e.ok(e.db.Store.InTx(e.ctx, e.district, func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `UPDATE memberships SET account_id = $2 WHERE id = $1`, e.inDistrict, other)
			return err
		}))
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.NotAllowed, "身份不可用")
	})
}

func TestSigningOut(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("signing out ends one session", func(t *testing.T) {
		e := e.in(t)
		a, b := e.work(), e.work()
		e.ok(e.SignOut(e.ctx, e.account, a.Session))
		e.ok(e.SignOut(e.ctx, e.account, a.Session))
		e.is(e.alive(a), errs.Unauthenticated, gone)
		_, err := e.Refresh(e.ctx, a.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		e.ok(e.alive(b))
	})
	t.Run("somebody else's session does not exist", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		e.is(e.SignOut(e.ctx, newID(), tok.Session), errs.NotFound, "没有这个会话")
		e.ok(e.alive(tok))
	})
	t.Run("signing out everywhere ends all of them, and Alive knows it at once, inside a committee's transaction too", func(t *testing.T) {
		e := e.in(t)
		a, b := e.work(), e.work()
		list, err := e.Sessions(e.ctx, e.account)
		e.ok(err)
		e.ok(e.db.Store.InTx(e.ctx, e.district, func(ctx context.Context) error {
			n, err := e.SignOutEverywhere(ctx, e.account)
			if n != len(list) {
				t.Errorf("ended %d of %d", n, len(list))
			}
			return err
		}))
		e.ok(e.db.Store.ReadTx(e.ctx, e.district, func(ctx context.Context) error {
			e.is(e.Alive(ctx, e.claims(a.Access)), errs.Unauthenticated, gone)
			e.is(e.Alive(ctx, e.claims(b.Access)), errs.Unauthenticated, gone)
			return nil
		}))
		_, err = e.Refresh(e.ctx, a.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		if n, err := e.SignOutEverywhere(e.ctx, e.account); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	})
	t.Run("sessions are listed, last used first", func(t *testing.T) {
		e := e.in(t)
		first := e.work()
		e.clock.Advance(time.Minute)
		_, err := e.SignIn(e.ctx, e.login, e.password, Client{"192.0.2.20", "手机\x00\xff\n" + strings.Repeat("长", 300)})
		e.ok(err)
		e.clock.Advance(time.Minute)
		_, err = e.Refresh(e.ctx, first.Refresh, e.office)
		e.ok(err)
		list, err := e.Sessions(e.ctx, e.account)
		if err != nil || len(list) != 2 {
			t.Fatal(list, err)
		}
		a, b := list[0], list[1]
		if a.ID != first.Session || a.TenantName != "中山区政协" || *a.Membership != e.inDistrict || a.Client != "192.0.2.10:4711 Firefox" || !a.LastUsed.Equal(e.clock.Now()) {
			t.Error(a)
		}
		if b.Membership != nil || b.TenantName != "" || !strings.HasPrefix(b.Client, "192.0.2.20 手机长") || len([]rune(b.Client)) != maxClient {
			t.Error(b)
		}
	})
}

// Signing in, choosing, signing out everywhere and setting the password lock
// the same rows in one order, so they may fail one another but not deadlock.
func TestSignInRacesSignOut(t *testing.T) {
	e := newEnv(t, Options{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			in, err := e.SignIn(e.ctx, e.login, e.password, e.office)
			if err == nil {
				_, err = e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
			}
			if err != nil && !errs.Is(err, errs.Unauthenticated) {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if _, err := e.SignOutEverywhere(e.ctx, e.account); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			err := e.db.Store.Global(e.ctx, func(ctx context.Context) error {
				_, err := e.Issue(ctx, e.account, uuid.Nil)
				return errors.Join(err, e.Ready(ctx, e.login, e.password))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func BenchmarkAlive(b *testing.B) {
	db := tenantstest.New(b)
	keys, err := LoadKeys(filepath.Join(b.TempDir(), "keys.json"))
	if err != nil {
		b.Fatal(err)
	}
	s := New(db.Store, keys, Options{Argon: cheap})
	ctx := context.Background()
	tenant := tenantstest.Tenant(b, db, "210200", "大连市政协", "CITY")
	account, err1 := s.Create(ctx, "member.01", "", uuid.Nil)
	err0 := s.Ready(ctx, "member.01", "correct horse battery")
	membership := tenantstest.Member(b, db, tenant, account, "MEMBER", "委员甲")
	in, err2 := s.SignIn(ctx, "member.01", "correct horse battery", Client{})
	if err := errors.Join(err0, err1, err2); err != nil {
		b.Fatal(err)
	}
	c := Claims{Account: account, Tenant: tenant, Membership: membership, Session: in.Session}
	err = db.Store.ReadTx(ctx, tenant, func(ctx context.Context) error {
		for b.Loop() {
			if err := s.Alive(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
