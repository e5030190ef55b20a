package accounts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

func TestActivation(t *testing.T) {
	e := newEnv(t, Options{})
	const own = "a password of my own"
	made := func(e *env, login string) (uuid.UUID, Word) {
		e.t.Helper()
		id, err := e.Create(e.ctx, login, "", e.account)
		e.ok(err)
		w, err := e.Issue(e.ctx, id, e.account)
		e.ok(err)
		return id, w
	}

	t.Run("S2: with his word its owner sets a password, and can do nothing else", func(t *testing.T) {
		e := e.in(t)
		_, w := made(e, "new.01")
		_, err := e.SignIn(e.ctx, "new.01", w.Text, e.office)
		e.is(err, errs.NotAllowedInState, "设定自己的密码")
		if !NeedsActivation(err) {
			t.Fatal("a frontend cannot tell")
		}
		e.ok(e.Activate(e.ctx, "new.01", strings.ToLower(strings.ReplaceAll(w.Text, "-", " ")), own, e.office))
		_, err = e.SignIn(e.ctx, "new.01", own, e.office)
		e.ok(err)
		_, err = e.SignIn(e.ctx, "new.01", w.Text, e.office)
		e.is(err, errs.Unauthenticated, "不正确")
		e.is(e.Activate(e.ctx, "new.01", w.Text, own+"!", e.office), errs.Unauthenticated, "激活码不正确")
		e.is(e.Activate(e.ctx, "new.01", own, own+"!", e.office), errs.NotAllowedInState, "已经激活")
	})
	t.Run("an account without a word lets nobody in", func(t *testing.T) {
		e := e.in(t)
		_, err := e.Create(e.ctx, "new.02", "", uuid.Nil)
		e.ok(err)
		for _, word := range []string{"", "-", "AAAAA-AAAAA-AAAAA"} {
			e.is(e.Activate(e.ctx, "new.02", word, own, e.home), errs.Unauthenticated, "激活码不正确")
		}
	})
	t.Run("a word is worth nothing after seven days, and when another is issued", func(t *testing.T) {
		e := e.in(t)
		id, old := made(e, "new.03")
		w, err := e.Issue(e.ctx, id, e.account)
		e.ok(err)
		e.is(e.Activate(e.ctx, "new.03", old.Text, own, e.office), errs.Unauthenticated, "激活码不正确")
		e.clock.Advance(7 * 24 * time.Hour)
		e.is(e.Activate(e.ctx, "new.03", w.Text, own, e.office), errs.Unauthenticated, "已失效")
	})
	t.Run("after ten wrong tries", func(t *testing.T) {
		e := e.in(t)
		_, w := made(e, "new.04")
		for range wordTries {
			e.fails(1, "new.04", e.stranger)
			e.clock.Advance(5 * time.Hour) // no lock is the reason
		}
		e.is(e.Activate(e.ctx, "new.04", w.Text, own, e.office), errs.Unauthenticated, "已失效")
	})
	t.Run("issuing a word ends all sessions and lifts the lock; the former password is worth nothing", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		e.fails(5, e.login, e.stranger)
		w, err := e.Issue(e.ctx, e.account, uuid.Nil)
		e.ok(err)
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err = e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Unauthenticated, "不正确")
		e.is(e.Activate(e.ctx, e.login, w.Text, w.Text, e.office), errs.Invalid, "不能就是激活码")
		e.is(e.Activate(e.ctx, e.login, w.Text, "short", e.office), errs.Invalid, "至少 10")
		e.ok(e.Activate(e.ctx, e.login, w.Text, own, e.office))
		_, err = e.SignIn(e.ctx, e.login, own, e.office)
		e.ok(err)
	})
	t.Run("a password of before there were words is one word, once", func(t *testing.T) {
		e := e.in(t)
		_, err := e.Create(e.ctx, "old.01", "", uuid.Nil)
		e.ok(err)
		e.ok(e.Ready(e.ctx, "old.01", "the initial one-2024"))
		e.db.AsSuper(t, `UPDATE accounts SET activated_at = NULL WHERE login = 'old.01' RETURNING login`, nil, new(string))
		_, err = e.SignIn(e.ctx, "old.01", "the initial one-2024", e.office)
		e.is(err, errs.NotAllowedInState, "一次性的激活码")
		e.ok(e.Activate(e.ctx, "old.01", "the initial one-2024", own, e.office))
		_, err = e.SignIn(e.ctx, "old.01", own, e.office)
		e.ok(err)
	})
	t.Run("an unknown login and a wrong word get the same answer after the same work", func(t *testing.T) {
		e := e.in(t)
		_, _ = made(e, "new.05")
		before := e.hasher.done.Load()
		err1 := e.Activate(e.ctx, "new.05", "wrong", own, e.home)
		one := e.hasher.done.Load() - before
		err2 := e.Activate(e.ctx, "nobody.05", "wrong", own, e.home)
		two := e.hasher.done.Load() - before - one
		a, _ := errs.As(err1)
		b, _ := errs.As(err2)
		if a == nil || b == nil || a.Code != b.Code || a.Message != b.Message || one != two {
			t.Fatal(err1, err2, one, two)
		}
	})
}
