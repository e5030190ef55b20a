package accounts

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp/totp"

	"github.com/bihuan/bihuan/internal/errs"
)

// code is what the owner's authenticator shows.
func (e *env) code(secret string) string {
	e.t.Helper()
	c, err := totp.GenerateCode(secret, e.clock.Now())
	e.ok(err)
	return c
}

// enrolled gives the account a factor.
func (e *env) enrolled() (secret string, codes []string) {
	e.t.Helper()
	in, err := e.BeginFactor(e.ctx, e.account)
	e.ok(err)
	codes, err = e.ConfirmFactor(e.ctx, e.account, uuid.Nil, e.code(in.Secret), e.office)
	e.ok(err)
	e.clock.Advance(2 * period * time.Second)
	return in.Secret, codes
}

func TestFactor(t *testing.T) {
	e := newEnv(t, Options{FactorKey: bytes.Repeat([]byte{7}, 32)})
	signIn := func(code string) error {
		_, err := e.SignInWith(e.ctx, e.login, e.password, code, e.office)
		return err
	}
	wants := func(what string, err error) {
		t.Helper()
		if !NeedsCode(err) || !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("%s: %v", what, err)
		}
	}

	e.ok(signIn(""))
	begun, err := e.BeginFactor(e.ctx, e.account)
	e.ok(err)
	e.ok(signIn("")) // begun counts nothing
	_, err = e.ConfirmFactor(e.ctx, e.account, uuid.Nil, "000000", e.office)
	wants("a wrong code confirms nothing", err)
	_, err = e.ConfirmFactor(e.ctx, e.account, uuid.Nil, "ABCDE-ABCDE", e.office)
	wants("a recovery code confirms nothing", err)
	if f, err := e.Factor(e.ctx, e.account); err != nil || f.Since != nil || f.Left != 0 {
		t.Error(f, err)
	}

	secret, codes := e.enrolled()
	if secret == begun.Secret {
		t.Error("begun again it has the same secret")
	}
	if _, err := e.BeginFactor(e.ctx, e.account); !errs.Is(err, errs.NotAllowedInState) {
		t.Error("a factor that counts was replaced:", err)
	}
	wants("the password alone", signIn(""))
	wants("a wrong code", signIn("123456"))
	now := e.code(secret)
	e.ok(signIn(now[:3] + " " + now[3:]))
	wants("the same code again", signIn(now))
	e.clock.Advance(period * time.Second)
	late := e.code(secret)
	e.clock.Advance(period * time.Second)
	e.ok(signIn(late)) // one step off
	e.clock.Advance(10 * period * time.Second)
	wants("a code of ten minutes ago", signIn(late))

	t.Run("a recovery code is good once, however it is typed", func(t *testing.T) {
		e.ok(signIn(" " + codes[0][:5] + codes[0][6:]))
		wants("again", signIn(codes[0]))
		if f, err := e.Factor(e.ctx, e.account); err != nil || f.Since == nil || f.Left != recoveries-1 {
			t.Error(f, err)
		}
	})
	t.Run("whether there is a factor is told only to who knows the password", func(t *testing.T) {
		if _, err := e.SignInWith(e.ctx, e.login, "another password", "", e.home); NeedsCode(err) || !errs.Is(err, errs.Unauthenticated) {
			t.Error(err)
		}
	})
	t.Run("wrong codes lock as wrong passwords do", func(t *testing.T) {
		e.ok(e.Unlock(e.ctx, e.account))
		for range 4 {
			wants("a wrong code", signIn("123456"))
		}
		if err := signIn("123456"); !errs.Is(err, errs.Limited) {
			t.Error(err)
		}
		if err := signIn(e.code(secret)); !errs.Is(err, errs.Limited) {
			t.Error("the lock opened to a right one:", err)
		}
		e.ok(e.Unlock(e.ctx, e.account))
	})
	t.Run("it is dropped by a code only, and with the account opened anew", func(t *testing.T) {
		if err := e.DropFactor(e.ctx, e.account, uuid.Nil, "123456", e.office); !NeedsCode(err) {
			t.Error(err)
		}
		e.clock.Advance(period * time.Second)
		e.ok(e.DropFactor(e.ctx, e.account, uuid.Nil, e.code(secret), e.office))
		e.ok(signIn(""))
		e.enrolled()
		if _, err := e.Issue(e.ctx, e.account, uuid.Nil); err != nil {
			t.Fatal(err)
		}
		if f, err := e.Factor(e.ctx, e.account); err != nil || f.Since != nil || f.Left != 0 {
			t.Error(f, err)
		}
	})
	t.Run("a row copied to another account opens nothing", func(t *testing.T) {
		sealed, err := e.seal(e.account, "SECRET")
		e.ok(err)
		if _, err := e.open(uuid.New(), sealed); err == nil {
			t.Error("it was opened")
		}
	})
	if set, dropped := e.events.count(ActionFactorSet), e.events.count(ActionFactorDropped); set != 2 || dropped != 1 {
		t.Error(set, dropped)
	}
}

func TestWithoutAKeyThereIsNoFactor(t *testing.T) {
	e := newEnv(t, Options{})
	if _, err := e.BeginFactor(e.ctx, e.account); err == nil {
		t.Error("a secret was kept open")
	}
}
