package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"Member.01":                     "member.01",
		"　ｍｅｍｂｅｒ．０１　":                   "member.01",
		"member。01":                     "member.01",
		"a_b-c@d":                       "a_b-c@d",
		"ｍember@ＤＬ":                     "member@dl",
		"ab":                            "",
		"ab c":                          "",
		"委员甲":                           "",
		"a\x00bc":                       "",
		"a\xffbc":                       "",
		"İstanbul":                      "",
		strings.Repeat("a", maxLogin):   strings.Repeat("a", maxLogin),
		strings.Repeat("a", maxLogin+1): "",
		strings.Repeat("　", 10000):      "",
	} {
		got, err := Login(typed)
		if got != want || (want == "") != errs.Is(err, errs.Invalid) {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
}

// S17: what is tried first is no password.
func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	for typed, wrong := range map[string]string{
		"0123456789":                       "太容易被猜到", // S17
		"1111111111":                       "太容易被猜到",
		"qwertyuiop":                       "太容易被猜到",
		"Password2024":                     "太容易被猜到",
		"1qaz2wsx3edc":                     "太容易被猜到",
		"woaini5201314":                    "太容易被猜到",
		"木星 书架 潮水":                         "至少 10",
		"木星 书架 潮水 三轮":                      "",
		"一二三四五六七八九十":                       "",
		"012345678":                        "至少 10",
		"一二三四五六七八九":                        "至少 10",
		"xx-Member.01-xx":                  "不能包含登录名",
		"xxーＭｅｍｂｅｒ．０１ーxx":                  "不能包含登录名",
		"0123456789\n":                     "控制字符",
		"0123456789\xff":                   "控制字符",
		strings.Repeat("密", maxPassword):   "",
		strings.Repeat("密", maxPassword+1): "不能超过 128",
		strings.Repeat("x", 1<<20):         "不能超过 128",
	} {
		_, err := newPassword("member.01", typed)
		shown, _ := errs.As(err)
		if (wrong == "") != (err == nil) || err != nil && !strings.Contains(shown.Message, wrong) {
			t.Errorf("%.40q: %v", typed, err)
		}
	}
}

func TestAccounts(t *testing.T) {
	e := newEnv(t, Options{})

	t.Run("capitals, full-width letters and the Chinese full stop mean the same", func(t *testing.T) {
		e := e.in(t)
		for _, typed := range []string{"ＭＥＭＢＥＲ．０１", " member。01"} {
			_, err := e.SignIn(e.ctx, typed, e.password, e.office)
			e.ok(err)
		}
		_, err := e.SignIn(e.ctx, e.login, "ｃｏｒｒｅｃｔ　ｈｏｒｓｅ　ｂａｔｔｅｒｙ", e.office)
		e.ok(err)
	})
	t.Run("a login is taken once", func(t *testing.T) {
		e := e.in(t)
		_, err := e.Create(e.ctx, "Ｍember.01", "", uuid.Nil)
		e.is(err, errs.Conflict, "登录名已被使用")
		// Also inside a committee's transaction, which stays usable.
		e.ok(e.db.Store.InTx(e.ctx, e.city, func(ctx context.Context) error {
			_, err := e.Create(ctx, "member.01", "another password", uuid.Nil)
			e.is(err, errs.Conflict, "登录名已被使用")
			_, err = e.Create(ctx, "member.02", "another password", uuid.Nil)
			return err
		}))
		_, err = e.SignIn(e.ctx, "member.02", "another password", e.office)
		e.is(err, errs.NotAllowedInState, "一次性的激活码")
	})
	t.Run("an account whose transaction fails does not exist", func(t *testing.T) {
		e := e.in(t)
		_ = e.db.Store.InTx(e.ctx, e.city, func(ctx context.Context) error {
			_, err := e.Create(ctx, "member.03", "another password", uuid.Nil)
			e.ok(err)
			return errors.New("undone")
		})
		_, err := e.SignIn(e.ctx, "member.03", "another password", e.home)
		e.is(err, errs.Unauthenticated, "登录名或密码不正确")
	})
	t.Run("an account that does not exist is not found", func(t *testing.T) {
		e := e.in(t)
		nobody := newID()
		_, err := e.Issue(e.ctx, nobody, uuid.Nil)
		e.is(err, errs.NotFound, "没有这个账号")
		e.is(e.Disable(e.ctx, nobody), errs.NotFound, "没有这个账号")
		e.is(e.Enable(e.ctx, nobody), errs.NotFound, "没有这个账号")
		e.is(e.Unlock(e.ctx, nobody), errs.NotFound, "没有这个账号")
	})
}

func TestPasswordStorage(t *testing.T) {
	e := newEnv(t, Options{})
	stored := func() (h string) {
		e.db.AsSuper(t, `SELECT password_hash FROM accounts WHERE login = $1`, []any{e.login}, &h)
		return h
	}
	t.Run("a password is stored as an argon2id hash only", func(t *testing.T) {
		if h := stored(); !strings.HasPrefix(h, "$argon2id$v=19$m=64,t=1,p=1$") || strings.Contains(h, e.password) {
			t.Fatal(h)
		}
	})
	t.Run("and hashed anew at sign-in when the parameters have grown", func(t *testing.T) {
		e := e.in(t)
		grown := New(e.db.Store, e.keys, Options{})
		_, err := grown.SignIn(e.ctx, e.login, e.password, e.office)
		e.ok(err)
		h := stored()
		if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatal(h)
		}
		e.signIn() // smaller parameters change nothing
		if stored() != h {
			t.Fatal("hashed down")
		}
	})
	t.Run("a hash with absurd parameters is not computed", func(t *testing.T) {
		for _, h := range []string{"", "$argon2i$v=19$m=64,t=1,p=1$aa$aa", phc(Argon{1 << 30, 1, 1}, random(16), random(32)), phc(Argon{64, 0, 1}, random(16), random(32))} {
			if _, err := e.hasher.verify(h, "x"); err == nil {
				t.Error(h)
			}
		}
	})
}

func TestChangingPasswords(t *testing.T) {
	e := newEnv(t, Options{})
	const next = "a better password"

	t.Run("a wrong old password changes nothing and is counted", func(t *testing.T) {
		e := e.in(t)
		tok := e.work()
		before := e.events.count(ActionSignInFailed)
		err := e.ChangePassword(e.ctx, e.account, tok.Session, "not the old one", next, e.office)
		e.is(err, errs.Invalid, "原密码不正确")
		e.ok(e.alive(tok))
		if e.events.count(ActionSignInFailed) != before+1 {
			t.Fatal("not counted")
		}
	})
	t.Run("a new password obeys the policy and is a new one", func(t *testing.T) {
		e := e.in(t)
		s := e.work().Session
		e.is(e.ChangePassword(e.ctx, e.account, s, e.password, "short", e.office), errs.Invalid, "至少 10")
		e.is(e.ChangePassword(e.ctx, e.account, s, e.password, e.password, e.office), errs.Invalid, "不能与原密码相同")
	})
	t.Run("changing a password ends all other sessions", func(t *testing.T) {
		e := e.in(t)
		here, there := e.work(), e.work()
		e.ok(e.ChangePassword(e.ctx, e.account, here.Session, e.password, next, e.office))
		e.ok(e.alive(here))
		e.is(e.alive(there), errs.Unauthenticated, gone)
		_, err := e.Refresh(e.ctx, there.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
		_, err = e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.Unauthenticated, "不正确")
		_, err = e.SignIn(e.ctx, e.login, next, e.office)
		e.ok(err)
	})
	t.Run("a sign-in that overlaps with a change of the password fails", func(t *testing.T) {
		e := e.in(t)
		e.ok(e.db.Store.Global(e.ctx, func(ctx context.Context) error {
			_, err := e.begin(ctx, credential{e.account, "the hash that was proved", true}, "the hash that was proved", "", tries{e.login, "address:x"}, e.office)
			e.is(err, errs.Unauthenticated, "密码刚刚被修改")
			return nil
		}))
	})
	t.Run("what must last is refused inside a transaction", func(t *testing.T) {
		e := e.in(t)
		e.ok(e.db.Store.Global(e.ctx, func(ctx context.Context) error {
			_, err1 := e.SignIn(ctx, e.login, e.password, e.office)
			_, err2 := e.Choose(ctx, "x", e.inCity, e.office)
			_, err3 := e.Refresh(ctx, "x", e.office)
			err4 := e.ChangePassword(ctx, e.account, newID(), e.password, next, e.office)
			for i, err := range []error{err1, err2, err3, err4} {
				if !errors.Is(err, errInside) {
					t.Error(i, err)
				}
			}
			return nil
		}))
	})
}

func TestDisabling(t *testing.T) {
	e := newEnv(t, Options{})
	tok := e.work()
	e.ok(e.Disable(e.ctx, e.account))
	e.ok(e.Disable(e.ctx, e.account))

	t.Run("a disabled account cannot sign in", func(t *testing.T) {
		e := e.in(t)
		_, err := e.SignIn(e.ctx, e.login, e.password, e.office)
		e.is(err, errs.NotAllowed, "账号已停用")
		_, err = e.SignIn(e.ctx, e.login, "a wrong password", e.office)
		e.is(err, errs.Unauthenticated, "登录名或密码不正确")
	})
	t.Run("and its sessions end", func(t *testing.T) {
		e := e.in(t)
		e.is(e.alive(tok), errs.Unauthenticated, gone)
		_, err := e.Refresh(e.ctx, tok.Refresh, e.office)
		e.is(err, errs.Unauthenticated, gone)
	})
	t.Run("enabling lets it sign in again and leaves the sessions ended", func(t *testing.T) {
		e := e.in(t)
		e.ok(e.Enable(e.ctx, e.account))
		e.signIn()
		e.is(e.alive(tok), errs.Unauthenticated, gone)
	})
}

func TestSweep(t *testing.T) {
	e := newEnv(t, Options{})
	rows := func() (n int) {
		e.ok(e.db.Store.Global(e.ctx, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT (SELECT count(*) FROM refresh_tokens) + (SELECT count(*) FROM sign_in_failures)`, nil, &n)
		}))
		return n
	}
	ended, idle := e.work(), e.work() // two tokens each
	e.fails(1, "nobody", e.stranger)  // two keys
	e.ok(e.SignOut(e.ctx, e.account, ended.Session))
	sweep := func(want, left int) {
		t.Helper()
		n, err := e.Sweep(e.ctx)
		if err != nil || int(n) != want || rows() != left {
			t.Fatalf("swept %d, left %d, %v; want %d, %d", n, rows(), err, want, left)
		}
	}
	sweep(0, 6)
	e.clock.Advance(sweepAfter + 1e9)
	sweep(2+2, 2)
	e.clock.Advance(5 * sweepAfter)
	e.ok(func() error { _, err := e.Refresh(e.ctx, idle.Refresh, e.office); return err }())
	sweep(0, 3)
	e.clock.Advance(8*sweepAfter + 1e9)
	sweep(3, 0)
	sweep(0, 0)
}
