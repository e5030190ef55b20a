package accounts

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Choice is a membership that an account may sign in as.
type Choice struct {
	Tenant     uuid.UUID
	Membership uuid.UUID
	TenantName string
	TenantCode string
}

// SignedIn is a session without a committee yet. Refresh buys the choice of
// one with Choose; with no Choices there is nothing to enter.
type SignedIn struct {
	Account, Session uuid.UUID
	Refresh          string
	Choices          []Choice
	Invitations      []Invitation // to committees that he has not joined yet
}

// SignIn begins a session of an account without a second factor; see SignInWith.
func (s *Service) SignIn(ctx context.Context, login, password string, from Client) (SignedIn, error) {
	return s.SignInWith(ctx, login, password, "", from)
}

// SignInWith begins a session. The code is the second factor's, where the account
// has one; NeedsCode says that it is wanted. It must be called outside any
// transaction. Called twice it begins two sessions.
func (s *Service) SignInWith(ctx context.Context, login, password, code string, from Client) (_ SignedIn, err error) {
	defer errs.Wrap(&err, "accounts.SignIn")
	if inside(ctx) {
		return SignedIn{}, errInside
	}
	release, err := s.hasher.slot(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	defer release()

	t := triesOf(login, from)
	wrong := errs.New(errs.Unauthenticated, "登录名或密码不正确")
	c, err := s.prove(ctx, t, password, from, wrong)
	if err != nil {
		return SignedIn{}, err
	}
	if !c.activated {
		return SignedIn{}, errActivate()
	}
	renewed := c.hash
	if s.hasher.outdated(c.hash) {
		renewed = s.hasher.hash(typedPassword(password))
	}
	var in SignedIn
	err = s.store.Global(ctx, func(ctx context.Context) error {
		in, err = s.begin(ctx, c, renewed, code, t, from)
		return err
	})
	return in, s.miscoded(ctx, t, c.account, from, err)
}

// credential is what an account proves itself with.
type credential struct {
	account   uuid.UUID // nil when there is no such login
	hash      string    // of the password, or of the word where it is not activated
	activated bool
}

// prove compares a password under the locks and counts it when it is wrong;
// then the answer is the given one, or that of a lock. The caller holds a
// slot and no transaction.
func (s *Service) prove(ctx context.Context, t tries, password string, from Client, wrong error) (credential, error) {
	c, form := credential{hash: s.hasher.dummy}, typedPassword
	err := s.store.Global(ctx, func(ctx context.Context) error {
		if err := s.refuseLocked(ctx, t); err != nil {
			return err
		}
		err := s.known(ctx, &c, t.login, &form)
		if tenants.NoRows(err) {
			return nil
		}
		return err
	})
	if err != nil {
		return c, err
	}
	right, err := s.hasher.verify(c.hash, form(password))
	if err != nil || right && c.account != uuid.Nil {
		return c, err
	}
	var lock time.Duration
	err = s.record(ctx, func(ctx context.Context) error {
		if lock, err = s.count(ctx, t); err != nil {
			return err
		}
		if _, err := tenants.Exec(ctx, `UPDATE accounts SET word_tries = word_tries + 1 WHERE id = $1 AND activated_at IS NULL`, c.account); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionSignInFailed, Account: c.account, Login: t.login, From: from})
	})
	switch {
	case err != nil:
		return c, err
	case lock > 0:
		return c, locked(lock)
	}
	return c, wrong
}

// known finds what a login proves itself with, and the form of it that is hashed.
// A word that is over, or was tried too often, is one that nothing matches.
func (s *Service) known(ctx context.Context, c *credential, login string, form *func(string) string) error {
	var until *time.Time
	var tries int
	err := tenants.Row(ctx, `SELECT id, password_hash, activated_at IS NOT NULL, word_until, word_tries FROM accounts WHERE login = $1`, []any{login},
		&c.account, &c.hash, &c.activated, &until, &tries)
	if err != nil || c.activated {
		return err
	}
	if until != nil { // else it was a password, of before there were words
		*form = typedWord
	}
	if tries >= wordTries || until != nil && !clock.Now(ctx).Before(*until) {
		c.hash = s.hasher.dummy
	}
	return nil
}

// begin writes the session of a proved account, unless its password has been
// changed or it has been disabled in between, or its second factor is not shown.
func (s *Service) begin(ctx context.Context, c credential, renewed, code string, t tries, from Client) (in SignedIn, err error) {
	hash, err := lockAccount(ctx, c.account)
	if err != nil {
		return in, err
	}
	if hash != c.hash {
		return in, errs.New(errs.Unauthenticated, "密码刚刚被修改，请用新密码登录")
	}
	if err := s.second(ctx, c.account, code); err != nil {
		return in, err
	}
	if renewed != c.hash {
		if _, err := tenants.Exec(ctx, `UPDATE accounts SET password_hash = $2 WHERE id = $1`, c.account, renewed); err != nil {
			return in, err
		}
	}
	if err := forgive(ctx, t); err != nil {
		return in, err
	}
	return s.enter(ctx, c.account, Proof{By: ByPassword}, t, from)
}

// lockAccount holds an account until the transaction ends and returns its
// password hash. It comes before any session of the account is locked.
func lockAccount(ctx context.Context, account uuid.UUID) (hash string, err error) {
	var disabled bool
	err = tenants.Row(ctx, `SELECT password_hash, disabled_at IS NOT NULL FROM accounts WHERE id = $1 FOR UPDATE`, []any{account}, &hash, &disabled)
	switch {
	case tenants.NoRows(err):
		return "", errNoAccount()
	case err == nil && disabled:
		return "", errs.New(errs.NotAllowed, "账号已停用，请联系管理员")
	}
	return hash, err
}

func errNoAccount() error { return errs.New(errs.NotFound, "没有这个账号，请刷新后再试") }

// Choices lists what an account may choose, by the code of the committee.
func (s *Service) Choices(ctx context.Context, account uuid.UUID) (list []Choice, err error) {
	defer errs.Wrap(&err, "accounts.Choices(%s)", account)
	err = s.join(ctx, func(ctx context.Context) error {
		list, err = choices(ctx, account)
		return err
	})
	return list, err
}

func choices(ctx context.Context, account uuid.UUID) ([]Choice, error) {
	return tenants.Collect(ctx, pgx.RowToStructByPos[Choice], `
		SELECT m.tenant_id, m.membership_id, t.name, t.code
		FROM account_memberships m JOIN tenants t ON t.id = m.tenant_id
		WHERE m.account_id = $1 AND in_force(m, $2) AND t.status = 'ACTIVE' ORDER BY t.code`, account, clock.Today(ctx))
}
