package accounts

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// ruled is an environment in which the district asks for something.
func ruled(t *testing.T) (*env, *signin.Rule) {
	rule := &signin.Rule{}
	var e *env
	e = newEnv(t, Options{FactorKey: make([]byte, 32), Rule: func(_ context.Context, tenant, _, _ uuid.UUID) (signin.Rule, error) {
		if tenant != e.district {
			return signin.Rule{}, nil
		}
		return *rule, nil
	}})
	return e, rule
}

func TestRulesOfSessions(t *testing.T) {
	e, rule := ruled(t)
	t.Run("a session that was not used for the idle time cannot be renewed", func(t *testing.T) {
		*rule = signin.Rule{Idle: 30 * time.Minute}
		tok := e.work()
		e.clock.Advance(29 * time.Minute)
		tok, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.ok(err)
		e.clock.Advance(30 * time.Minute)
		_, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.in(t).is(err, errs.Unauthenticated, gone)
	})
	t.Run("an access token does not outlive the idle time", func(t *testing.T) {
		*rule = signin.Rule{Idle: 5 * time.Minute}
		if tok := e.work(); tok.AccessExpires.Sub(e.clock.Now()) > 5*time.Minute {
			t.Error(tok.AccessExpires)
		}
	})
	t.Run("the absolute limit ends a session that is used all the time", func(t *testing.T) {
		*rule = signin.Rule{Absolute: time.Hour}
		tok := e.work()
		var err error
		for range 6 {
			e.clock.Advance(9 * time.Minute)
			tok, err = e.Refresh(e.ctx, tok.Refresh, e.office)
			e.ok(err)
		}
		if tok.AccessExpires.Sub(e.clock.Now()) > 6*time.Minute {
			t.Error("the token outlives its session:", tok.AccessExpires)
		}
		e.clock.Advance(6 * time.Minute)
		_, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.in(t).is(err, errs.Unauthenticated, gone)
	})
	t.Run("a rule counts for the sessions that are there", func(t *testing.T) {
		*rule = signin.Rule{}
		tok := e.work()
		e.clock.Advance(time.Hour)
		*rule = signin.Rule{Idle: 15 * time.Minute}
		_, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.in(t).is(err, errs.Unauthenticated, gone)
	})
	t.Run("another committee's rule is another", func(t *testing.T) {
		*rule = signin.Rule{Idle: 15 * time.Minute}
		in := e.signIn()
		tok, err := e.Choose(e.ctx, in.Refresh, e.inCity, e.office)
		e.ok(err)
		e.clock.Advance(time.Hour)
		tok, err = e.Refresh(e.ctx, tok.Refresh, e.office)
		e.ok(err)
		_, err = e.Choose(e.ctx, tok.Refresh, e.inDistrict, e.office)
		e.ok(err)
	})
}

func TestSingleSession(t *testing.T) {
	e, rule := ruled(t)
	before, other := e.work(), e.work()
	*rule = signin.Rule{Single: true}
	stands := func(tok Tokens) bool {
		t.Helper()
		_, now, err := e.Admit(e.ctx, e.claims(tok.Access))
		e.ok(err)
		return !rule.Over(now, e.clock.Now())
	}
	if stands(before) || !stands(other) {
		t.Error("of two sessions that were there the later one stays")
	}
	_, err := e.Refresh(e.ctx, before.Refresh, e.office)
	e.is(err, errs.Unauthenticated, gone)
	third := e.work()
	if err := e.alive(other); !errs.Is(err, errs.Unauthenticated) {
		t.Error("a new session left the former one:", err)
	}
	t.Run("of sign-ins at the same moment one is left", func(t *testing.T) {
		var all sync.WaitGroup
		toks := make([]Tokens, 4)
		for i := range toks {
			all.Go(func() { toks[i], _ = e.Choose(e.ctx, e.signIn().Refresh, e.inDistrict, e.office) })
		}
		all.Wait()
		left := 0
		for _, tok := range append(toks, third) {
			if tok.Access == "" || e.alive(tok) != nil {
				continue
			}
			if stands(tok) {
				left++
			}
		}
		if left != 1 {
			t.Error(left, "sessions are left")
		}
	})
}

func TestSinceWhenAFactorIsAsked(t *testing.T) {
	e, rule := ruled(t)
	stands := func(tok Tokens) signin.Standing {
		t.Helper()
		_, now, err := e.Admit(e.ctx, e.claims(tok.Access))
		e.ok(err)
		return now
	}
	if s := stands(e.work()); s.Asked != nil || s.Factor {
		t.Error(s)
	}
	*rule = signin.Rule{Factor: true, Grace: 24 * time.Hour}
	first := e.clock.Now()
	e.work()
	e.clock.Advance(48 * time.Hour)
	tok := e.work()
	if s := stands(tok); s.Asked == nil || !s.Asked.Equal(first) {
		t.Error("the grace begins anew with a sign-in:", s)
	}
	secret, _ := e.enrolled()
	in, err := e.SignInWith(e.ctx, e.login, e.password, e.code(secret), e.office)
	e.ok(err)
	tok, err = e.Choose(e.ctx, in.Refresh, e.inDistrict, e.office)
	e.ok(err)
	if s := stands(tok); !s.Factor {
		t.Error(s)
	}
	t.Run("who takes his factor away has no grace again", func(t *testing.T) {
		e.clock.Advance(time.Minute)
		e.ok(e.DropFactor(e.ctx, e.account, tok.Session, e.code(secret), e.office))
		if s := stands(tok); rule.Admits(s, e.clock.Now(), false) == nil {
			t.Error(s)
		}
	})
	t.Run("another's duty is not his", func(t *testing.T) {
		other := e.made("member.02")
		e.ok(e.db.Store.Global(e.ctx, func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `INSERT INTO account_duties VALUES ($1, $2, $3)`, e.inCity, other, clock.Now(ctx))
			return err
		}))
		got, err := e.Choose(e.ctx, e.renewed(tok), e.inCity, e.office)
		e.ok(err)
		if s := stands(got); s.Asked != nil {
			t.Error(s)
		}
	})
}

// renewed is the next refresh token of a session.
func (e *env) renewed(tok Tokens) string {
	e.t.Helper()
	next, err := e.Refresh(e.ctx, tok.Refresh, e.office)
	e.ok(err)
	return next.Refresh
}

func TestPasswordsByRule(t *testing.T) {
	e, rule := ruled(t)
	*rule = signin.Rule{MinLength: 14, History: 2}
	now := e.password
	change := func(to string) error {
		err := e.ChangePassword(e.ctx, e.account, uuid.Nil, now, to, e.office)
		if e.clock.Advance(time.Hour); err == nil {
			now = to
		}
		return err
	}
	e.is(change("short-enough7"), errs.Invalid, "至少 14 个字符")
	first := now
	e.ok(change("green lamp over the river"))
	e.ok(change("eleven wooden ships at dawn"))
	for _, used := range []string{first, "green lamp over the river"} {
		e.is(change(used), errs.Invalid, "用过")
	}
	t.Run("a password from before the account was opened again counts too", func(t *testing.T) {
		w, err := e.Issue(e.ctx, e.account, uuid.Nil)
		e.ok(err)
		e.in(t).is(e.Activate(e.ctx, e.login, w.Text, "eleven wooden ships at dawn", e.office), errs.Invalid, "用过")
		e.in(t).is(e.Activate(e.ctx, e.login, w.Text, "twelve chars", e.office), errs.Invalid, "至少 14 个字符")
		e.ok(e.Activate(e.ctx, e.login, w.Text, "seven quiet mountains in rain", e.office))
		now = "seven quiet mountains in rain"
	})
	t.Run("the last ones only", func(t *testing.T) {
		e.ok(change("nine paper birds on a wire"))
		e.ok(change(first))
	})
}
