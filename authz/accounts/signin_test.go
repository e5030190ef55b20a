package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestSignIn(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("an unknown login, a wrong password and an impossible login get the same answer after the same work", func(t *testing.T) {
		e := e.in(t)
		for _, login := range []string{e.login, "nobody", "没有", "x"} {
			before := e.hasher.done.Load()
			_, err := e.SignIn(e.ctx, login, "a wrong password", e.home)
			e.is(err, errs.Unauthenticated, "")
			if shown, _ := errs.As(err); shown.Message != "登录名或密码不正确" || shown.Path != nil || shown.Details != nil {
				t.Errorf("%s: %+v", login, shown)
			}
			if n := e.hasher.done.Load() - before; n != 1 {
				t.Errorf("%s: %d hashes", login, n)
			}
		}
	})
	t.Run("a person chooses among active memberships of active committees", func(t *testing.T) {
		e := e.in(t)
		want := []Choice{{e.city, e.inCity, "大连市政协", "210200"}, {e.district, e.inDistrict, "中山区政协", "210202"}}
		if in := e.signIn(); fmt.Sprint(in.Choices) != fmt.Sprint(want) || in.Account != e.account {
			t.Fatal(in)
		}
		e.status(e.inCity, e.city, "SUSPENDED")
		if in := e.signIn(); fmt.Sprint(in.Choices) != fmt.Sprint(want[1:]) {
			t.Fatal(in)
		}
		e.status(e.inCity, e.city, "ACTIVE")
		e.db.AsOwner(t, `UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, e.district)
		if list, err := e.Choices(e.ctx, e.account); err != nil || fmt.Sprint(list) != fmt.Sprint(want[:1]) {
			t.Fatal(list, err)
		}
		e.db.AsOwner(t, `UPDATE tenants SET status = 'ACTIVE' WHERE id = $1`, e.district)
	})
	t.Run("somebody without a membership signs in and has no choice", func(t *testing.T) {
		e := e.in(t)
		e.made("guest")
		in, err := e.SignIn(e.ctx, "guest", e.password, e.home)
		if err != nil || len(in.Choices) != 0 {
			t.Fatal(in, err)
		}
	})
}

func TestHashersAreBounded(t *testing.T) {
	e := newEnv(t, Options{})
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := e.SignIn(e.ctx, e.login, e.password, e.office); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if p := e.hasher.peak.Load(); p > 2 {
		t.Fatalf("%d passwords hashed at once", p)
	}
}

func TestLockByAccount(t *testing.T) {
	e := newEnv(t, Options{})
	other := func(i int) Client { return Client{Address: fmt.Sprintf("203.0.113.%d", i)} }

	t.Run("an account is locked after 5 failures, whoever made them", func(t *testing.T) {
		e := e.in(t)
		for i := range 4 {
			e.fails(1, e.login, other(i))
		}
		e.fails(1, "ＭＥＭＢＥＲ．０１", other(5))
		hashes := e.hasher.done.Load()
		_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Limited, "15 分钟")
		if shown, _ := errs.As(err); shown.Details["retryAfterSeconds"] != 900 {
			t.Fatal(shown.Details)
		}
		if e.hasher.done.Load() != hashes {
			t.Fatal("hashed during a lock")
		}
	})
	t.Run("a lock ends by itself", func(t *testing.T) {
		e := e.in(t)
		e.clock.Advance(15*time.Minute - time.Second)
		_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Limited, "1 分钟")
		e.clock.Advance(time.Second)
		e.signIn()
	})
	t.Run("each further 5 double the time, up to 4 hours", func(t *testing.T) {
		e := e.in(t)
		for _, minutes := range []int{15, 30, 60, 120, 240, 240} {
			e.fails(5, e.login, e.stranger)
			_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
			e.is(err, errs.Limited, fmt.Sprintf(" %d 分钟", minutes))
			e.clock.Advance(time.Duration(minutes) * time.Minute)
		}
		e.signIn()
	})
	t.Run("an unknown login locks like a known one", func(t *testing.T) {
		e := e.in(t)
		e.fails(5, "nobody", e.home)
		_, err := e.SignIn(e.ctx, "nobody", e.password, e.office)
		e.is(err, errs.Limited, "15 分钟")
	})
	t.Run("an administrator lifts a lock", func(t *testing.T) {
		e := e.in(t)
		e.clock.Advance(24 * time.Hour)
		e.fails(5, e.login, e.home)
		_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Limited, "")
		e.ok(e.Unlock(e.ctx, e.account))
		e.signIn()
	})
	t.Run("failures are forgotten after 24 hours", func(t *testing.T) {
		e := e.in(t)
		e.fails(4, e.login, e.home)
		e.clock.Advance(24*time.Hour + time.Second)
		e.fails(4, e.login, e.home)
		e.signIn()
	})
	t.Run("a wrong old password locks as well", func(t *testing.T) {
		e := e.in(t)
		s := e.signIn().Session
		for range 5 {
			_ = e.ChangePassword(e.ctx, e.account, s, "a wrong password", "a better password", e.office)
		}
		e.is(e.ChangePassword(e.ctx, e.account, s, e.password, "a better password", e.office), errs.Limited, "")
	})
}

func TestLockByAddress(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("an address is locked after 30 failures, whatever the logins", func(t *testing.T) {
		e := e.in(t)
		for i := range 29 {
			e.fails(1, fmt.Sprintf("guess%02d", i), e.stranger)
		}
		_, err := e.SignIn(e.ctx, e.login, e.password, e.stranger)
		e.ok(err) // a right password that was no mistyping takes nothing back
		e.fails(1, "不可能的登录名", e.stranger)
		_, err = e.SignIn(e.ctx, e.login, e.password, e.stranger)
		e.is(err, errs.Limited, "15 分钟")
		e.signIn() // from elsewhere
	})
	t.Run("the port does not matter, and of IPv6 the first 64 bits", func(t *testing.T) {
		for a, want := range map[string]string{
			"192.0.2.1": "address:192.0.2.1", "192.0.2.1:80": "address:192.0.2.1", "::ffff:192.0.2.1": "address:192.0.2.1",
			"2001:db8:1:2:3:4:5:6": "address:2001:db8:1:2::/64", "[2001:db8:1:2::9]:443": "address:2001:db8:1:2::/64",
			"fe80::1%eth0": "address:fe80::/64", "": "address:unknown", "@": "address:unknown", "a\x00": "address:unknown",
		} {
			if got := addressKey(a); got != want {
				t.Errorf("%q: %s", a, got)
			}
		}
	})
	t.Run("it ends by itself", func(t *testing.T) {
		e := e.in(t)
		e.clock.Advance(15 * time.Minute)
		_, err := e.SignIn(e.ctx, e.login, e.password, e.stranger)
		e.ok(err)
	})
	t.Run("a right password forgives the mistypings of its own login, and no others", func(t *testing.T) {
		e := e.in(t)
		e.clock.Advance(2 * time.Hour)
		failures := func() (n int) {
			e.db.AsSuper(t, `SELECT failures FROM sign_in_failures WHERE key = 'address:192.0.2.10'`, nil, &n)
			return n
		}
		e.fails(2, "nobody", e.office)
		e.fails(3, e.login, e.office)
		e.signIn()
		if n := failures(); n != 2 {
			t.Fatal(n)
		}
		e.signIn()
		if n := failures(); n != 2 {
			t.Fatal(n)
		}
	})
	t.Run("an office of 200 with one mistyping each is not locked", func(t *testing.T) {
		e := e.in(t)
		for i := range 200 {
			login := fmt.Sprintf("office%03d", i)
			e.made(login)
			e.fails(1, login, e.home)
			_, err := e.SignIn(e.ctx, login, e.password, e.home)
			e.ok(err)
		}
	})
}

func TestFailuresLast(t *testing.T) {
	t.Run("failures are counted although the caller hangs up", func(t *testing.T) {
		var hangUp context.CancelFunc
		e := newEnv(t, Options{Audit: func(_ context.Context, ev Event) error {
			if ev.Action == ActionSignInFailed {
				hangUp()
			}
			return nil
		}})
		for range 5 {
			ctx, cancel := context.WithCancel(e.ctx)
			hangUp = cancel
			defer cancel()
			if _, err := e.SignIn(ctx, e.login, "a wrong password", e.stranger); err == nil {
				t.Fatal("signed in")
			}
		}
		_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Limited, "15 分钟")
	})
	t.Run("guesses sent in parallel get ahead of a lock by the number of hashers at most", func(t *testing.T) {
		e := newEnv(t, Options{})
		before := e.hasher.done.Load()
		var wg sync.WaitGroup
		for i := range 60 {
			wg.Go(func() {
				_, _ = e.SignIn(e.ctx, e.login, fmt.Sprintf("guess number %d", i), Client{Address: fmt.Sprintf("203.0.113.%d", i)})
			})
		}
		wg.Wait()
		if n := e.hasher.done.Load() - before; n < 5 || n > 6 {
			t.Fatalf("%d guesses", n)
		}
	})
	t.Run("an audit that fails lets nobody in", func(t *testing.T) {
		e := newEnv(t, Options{Audit: func(_ context.Context, ev Event) error {
			if ev.Action == ActionSignedIn {
				return fmt.Errorf("the audit is down")
			}
			return nil
		}})
		if _, err := e.SignIn(e.ctx, e.login, e.password, e.office); err == nil {
			t.Fatal("signed in")
		}
		if list, err := e.Sessions(e.ctx, e.account); err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
	})
}

func TestEvents(t *testing.T) {
	e := newEnv(t, Options{})
	tok := e.work()
	e.fails(1, "nobody", e.stranger)
	_, _ = e.Refresh(e.ctx, tok.Refresh, e.office)
	e.clock.Advance(time.Minute)
	_, _ = e.Refresh(e.ctx, tok.Refresh, e.stranger)
	_, _ = e.Refresh(e.ctx, tok.Refresh, e.stranger) // already ended: no second entry
	e.ok(e.SignOut(e.ctx, e.account, tok.Session))
	var got []Action
	for _, ev := range e.events.list {
		got = append(got, ev.Action)
	}
	want := []Action{ActionCreated, ActionSignedIn, ActionChosen, ActionSignInFailed, ActionTokenReused, ActionSignedOut}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatal(got)
	}
	if reused := e.events.list[4]; reused.Account != e.account || reused.Session != tok.Session || reused.From != e.stranger {
		t.Fatal(reused)
	}
}

// BenchmarkSignIn measures with the parameters that serve.
func BenchmarkSignIn(b *testing.B) {
	db := tenantstest.New(b)
	s := New(db.Store, nil, Options{})
	ctx := context.Background()
	_, err := s.Create(ctx, "member.01", "", uuid.Nil)
	if err := errors.Join(err, s.Ready(ctx, "member.01", "correct horse battery")); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.SignIn(ctx, "member.01", "correct horse battery", Client{Address: "192.0.2.1"}); err != nil {
			b.Fatal(err)
		}
	}
}
