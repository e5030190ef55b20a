package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/tenants"
)

const (
	// period is how long a code is good for, in seconds; one before and one after
	// count too, for clocks that are off.
	period = 30
	// recoveries are given out once, when a factor is confirmed.
	recoveries = 10
)

// Enrolment is what the owner puts into his authenticator.
type Enrolment struct {
	Secret string // base32, to be typed
	URI    string // otpauth://, to be shown as a QR code
}

// Factor is how an account stands: since when it has a second factor, nil
// without one, and how many recovery codes are left.
type Factor struct {
	Since *time.Time
	Left  int
}

// errCode asks for the code, or says that it was wrong.
func errCode(message string) error {
	return errs.New(errs.Unauthenticated, "%s", message).With("secondFactor", true)
}

var errNoCode, errWrongCode = errCode("请填写验证器上的六位数字；手机不在身边的，填一个恢复码"), errCode("验证器的数字不对或已经用过，请等下一个再填；恢复码每个只能用一次")

// NeedsCode reports whether a sign-in failed for want of the second factor's
// code, or of a right one.
func NeedsCode(err error) bool { return errors.Is(err, errNoCode) || errors.Is(err, errWrongCode) }

// Factor tells how an account stands.
func (s *Service) Factor(ctx context.Context, account uuid.UUID) (f Factor, err error) {
	defer errs.Wrap(&err, "accounts.Factor(%s)", account)
	err = s.join(ctx, func(ctx context.Context) error {
		return tenants.Row(ctx, `
			SELECT (SELECT confirmed_at FROM account_factors WHERE account_id = $1), (SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL)`,
			[]any{account}, &f.Since, &f.Left)
	})
	return f, err
}

// BeginFactor makes the secret of a factor that counts nothing yet. Called again
// before it is confirmed, the former secret is worth nothing. Errors:
// NotAllowedInState where the account has a factor.
func (s *Service) BeginFactor(ctx context.Context, account uuid.UUID) (out Enrolment, err error) {
	defer errs.Wrap(&err, "accounts.BeginFactor(%s)", account)
	login, err := s.LoginOf(ctx, account)
	if err != nil {
		return out, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "闭环", AccountName: login, Period: period, SecretSize: 20})
	if err != nil {
		return out, err
	}
	sealed, err := s.seal(account, key.Secret())
	if err != nil {
		return out, err
	}
	return Enrolment{key.Secret(), key.URL()}, s.join(ctx, func(ctx context.Context) error {
		tag, err := tenants.Exec(ctx, `
			INSERT INTO account_factors AS f (account_id, secret, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (account_id) DO UPDATE SET secret = EXCLUDED.secret, created_at = EXCLUDED.created_at WHERE f.confirmed_at IS NULL`,
			account, sealed, clock.Now(ctx))
		if err == nil && tag.RowsAffected() == 0 {
			err = errs.New(errs.NotAllowedInState, "已经设好验证器；要换一个，先用现在的数字取消它")
		}
		return err
	})
}

// ConfirmFactor makes the factor count once its owner shows a code of it, ends
// all sessions but the one he does it in, and answers the recovery codes, which
// nobody sees again. It must be called outside any transaction.
func (s *Service) ConfirmFactor(ctx context.Context, account, session uuid.UUID, code string, from Client) (codes []string, err error) {
	defer errs.Wrap(&err, "accounts.ConfirmFactor(%s)", account)
	for range recoveries {
		codes = append(codes, newRecovery())
	}
	err = s.factored(ctx, account, from, func(ctx context.Context, login string) error {
		if err := s.ownHand(ctx, session); err != nil {
			return err
		}
		if err := s.spendCode(ctx, account, code, false); err != nil {
			return err
		}
		for _, c := range codes {
			if _, err := tenants.Exec(ctx, `INSERT INTO recovery_codes (account_id, hash) VALUES ($1, $2)`, account, s.recovery(account, c)); err != nil {
				return err
			}
		}
		if _, err := tenants.Exec(ctx, `UPDATE account_factors SET confirmed_at = $2 WHERE account_id = $1`, account, clock.Now(ctx)); err != nil {
			return err
		}
		if _, err := endSessions(ctx, account, session, "factor"); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionFactorSet, Account: account, Session: session, Login: login, From: from})
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// DropFactor takes the factor away from who shows a code of it. It must be called
// outside any transaction.
func (s *Service) DropFactor(ctx context.Context, account, session uuid.UUID, code string, from Client) (err error) {
	defer errs.Wrap(&err, "accounts.DropFactor(%s)", account)
	return s.factored(ctx, account, from, func(ctx context.Context, login string) error {
		if err := s.spendCode(ctx, account, code, true); err != nil {
			return err
		}
		if err := forgetFactor(ctx, account); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionFactorDropped, Account: account, Session: session, Login: login, From: from})
	})
}

// forgetFactor is also for an account that is opened anew: who has lost his
// phone gets a word in person.
func forgetFactor(ctx context.Context, account uuid.UUID) error {
	for _, sql := range []string{`DELETE FROM recovery_codes WHERE account_id = $1`, `DELETE FROM account_factors WHERE account_id = $1`} {
		if _, err := tenants.Exec(ctx, sql, account); err != nil {
			return err
		}
	}
	return nil
}

// factored runs what spends a code under the locks of sign-in: a wrong code is a
// failed try, which is counted although nothing else is kept.
func (s *Service) factored(ctx context.Context, account uuid.UUID, from Client, do func(context.Context, string) error) error {
	if inside(ctx) {
		return errInside
	}
	login, err := s.LoginOf(ctx, account)
	if err != nil {
		return err
	}
	t := triesOf(login, from)
	err = s.store.Global(ctx, func(ctx context.Context) error {
		if err := s.refuseLocked(ctx, t); err != nil {
			return err
		}
		if _, err := lockAccount(ctx, account); err != nil {
			return err
		}
		return do(ctx, login)
	})
	return s.miscoded(ctx, t, account, from, err)
}

// miscoded counts a wrong code.
func (s *Service) miscoded(ctx context.Context, t tries, account uuid.UUID, from Client, err error) error {
	if !errors.Is(err, errWrongCode) {
		return err
	}
	var lock time.Duration
	failed := s.record(ctx, func(ctx context.Context) (err error) {
		if lock, err = s.count(ctx, t); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionSignInFailed, Account: account, Login: t.login, From: from})
	})
	switch {
	case failed != nil:
		return failed
	case lock > 0:
		return locked(lock)
	}
	return err
}

// asked reports whether an account has a factor that counts.
func (s *Service) asked(ctx context.Context, account uuid.UUID) (has bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM account_factors WHERE account_id = $1 AND confirmed_at IS NOT NULL)`, []any{account}, &has)
	return has, err
}

// second asks for the code of an account that has a factor.
func (s *Service) second(ctx context.Context, account uuid.UUID, code string) error {
	has, err := s.asked(ctx, account)
	switch {
	case err != nil || !has:
		return err
	case strings.TrimSpace(code) == "":
		return errNoCode
	}
	return s.spendCode(ctx, account, code, true)
}

// spendCode uses a code up: a number of the authenticator, or a recovery code where
// the factor counts already.
func (s *Service) spendCode(ctx context.Context, account uuid.UUID, typed string, confirmed bool) error {
	var sealed []byte
	var last int64
	err := tenants.Row(ctx, `SELECT secret, last_step FROM account_factors WHERE account_id = $1 AND (confirmed_at IS NOT NULL) = $2 FOR UPDATE`,
		[]any{account, confirmed}, &sealed, &last)
	if tenants.NoRows(err) {
		return errs.New(errs.NotAllowedInState, "没有要核对的验证器，请刷新后再试")
	}
	if err != nil {
		return err
	}
	code := typedWord(typed)
	if len(code) != 6 {
		if !confirmed {
			return errWrongCode
		}
		return s.recover(ctx, account, code)
	}
	seed, err := s.open(account, sealed)
	if err != nil {
		return err
	}
	now := clock.Now(ctx)
	for _, step := range []int64{0, -1, 1} {
		at := now.Add(time.Duration(step) * period * time.Second)
		want, err := totp.GenerateCodeCustom(seed, at, totp.ValidateOpts{Period: period, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return err
		}
		if n := at.Unix() / period; hmac.Equal([]byte(want), []byte(code)) && n > last {
			_, err := tenants.Exec(ctx, `UPDATE account_factors SET last_step = $2 WHERE account_id = $1`, account, n)
			return err
		}
	}
	return errWrongCode
}

func (s *Service) recover(ctx context.Context, account uuid.UUID, code string) error {
	tag, err := tenants.Exec(ctx, `UPDATE recovery_codes SET used_at = $3 WHERE account_id = $1 AND hash = $2 AND used_at IS NULL`,
		account, s.recovery(account, code), clock.Now(ctx))
	if err == nil && tag.RowsAffected() == 0 {
		err = errWrongCode
	}
	return err
}

// newRecovery is 50 bits in two groups.
func newRecovery() string {
	text := base32.StdEncoding.EncodeToString(random(10))[:10]
	return text[:5] + "-" + text[5:]
}

// recovery is what is kept of a recovery code.
func (s *Service) recovery(account uuid.UUID, code string) []byte {
	m := hmac.New(sha256.New, s.opts.FactorKey)
	m.Write(account[:])
	m.Write([]byte(typedWord(code)))
	return m.Sum(nil)
}

// seal binds the secret to its account: a row copied to another opens nothing.
func (s *Service) seal(account uuid.UUID, plain string) ([]byte, error) {
	return secret.Seal(s.opts.FactorKey, account[:], []byte(plain))
}

func (s *Service) open(account uuid.UUID, sealed []byte) (string, error) {
	plain, err := secret.Open(s.opts.FactorKey, account[:], sealed)
	return string(plain), err
}
