package accounts

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Create makes an account, which its owner has to activate with the word; where
// that is empty with one that is still to be issued. by is the account of who
// knows the word, nobody for the operator. Called twice with the same login, in
// whatever spelling, it is errs.Conflict, and the transaction around it stays
// usable. It hashes inside the caller's transaction, some 25 ms: for an
// administrator that is bearable.
func (s *Service) Create(ctx context.Context, login, word string, by uuid.UUID) (id uuid.UUID, err error) {
	defer errs.Wrap(&err, "accounts.Create")
	login, err = Login(login)
	if err != nil {
		return uuid.Nil, err
	}
	hash := s.Unopened()
	if word != "" {
		if _, err := newPassword(login, word); err != nil {
			return uuid.Nil, err
		}
		release, err := s.hasher.within(ctx)
		if err != nil {
			return uuid.Nil, err
		}
		hash = s.hasher.hash(typedWord(word))
		release()
	}
	id = newID()
	err = s.join(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		tag, err := tenants.Exec(ctx, `
			INSERT INTO accounts (id, login, password_hash, created_at, password_changed_at, word_until, vouched_by) VALUES ($1, $2, $3, $4, $4, $5, $6)
			ON CONFLICT (login) DO NOTHING`, id, login, hash, now, now.Add(s.opts.WordLife), nobody(by))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "登录名已被使用，请另换一个").At("login")
		}
		return s.audit(ctx, Event{Action: ActionCreated, Account: id, Login: login})
	})
	if err != nil {
		return uuid.Nil, err
	}
	return id, nil
}

// hashNew checks a wanted password and hashes it.
func (s *Service) hashNew(ctx context.Context, login, password string) (string, error) {
	p, err := newPassword(login, password)
	if err != nil {
		return "", err
	}
	release, err := s.hasher.within(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return s.hasher.hash(p), nil
}

// ChangePassword lets the owner of an account change its password and ends all
// sessions but the one he does it in. A wrong old password counts as a failed
// try. It must be called outside any transaction.
func (s *Service) ChangePassword(ctx context.Context, account, session uuid.UUID, old, password string, from Client) (err error) {
	defer errs.Wrap(&err, "accounts.ChangePassword(%s)", account)
	if inside(ctx) {
		return errInside
	}
	login, err := s.LoginOf(ctx, account)
	if err != nil {
		return err
	}
	rule, err := s.passwordRule(ctx, account)
	if err != nil {
		return err
	}
	p, err := newPassword(login, password)
	if err == nil {
		err = longEnough(p, rule)
	}
	if err != nil {
		return err
	}
	if p == typedPassword(old) {
		return errs.New(errs.Invalid, "新密码不能与原密码相同，请另换一个").At("password")
	}
	release, err := s.hasher.slot(ctx)
	if err != nil {
		return err
	}
	defer release()
	wrong := errs.New(errs.Invalid, "原密码不正确，请重新输入").At("oldPassword")
	t := triesOf(login, from)
	c, err := s.prove(ctx, t, old, from, wrong)
	if err != nil {
		return err
	}
	if err := s.fresh(ctx, account, p, rule); err != nil {
		return err
	}
	hash := s.hasher.hash(p)
	return s.store.Global(ctx, func(ctx context.Context) error {
		now, err := lockAccount(ctx, account)
		if err != nil {
			return err
		}
		if now != c.hash {
			return errs.New(errs.Conflict, "密码刚刚在别处被修改，请用新密码重新登录")
		}
		if err := remember(ctx, account); err != nil {
			return err
		}
		if err := replace(ctx, account, hash); err != nil {
			return err
		}
		if err := forgive(ctx, t); err != nil {
			return err
		}
		if _, err := endSessions(ctx, account, session, "password"); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionPasswordChanged, Account: account, Session: session, Login: login, From: from})
	})
}

func replace(ctx context.Context, account uuid.UUID, hash string) error {
	return one(ctx, `UPDATE accounts SET password_hash = $2, password_changed_at = $3 WHERE id = $1`, account, hash, clock.Now(ctx))
}

// one runs a statement that must touch the account.
func one(ctx context.Context, sql string, args ...any) error {
	tag, err := tenants.Exec(ctx, sql, args...)
	if err == nil && tag.RowsAffected() == 0 {
		return errNoAccount()
	}
	return err
}

// Disable keeps an account from signing in and ends its sessions. Called twice
// it changes nothing more.
func (s *Service) Disable(ctx context.Context, account uuid.UUID) (err error) {
	defer errs.Wrap(&err, "accounts.Disable(%s)", account)
	return s.join(ctx, func(ctx context.Context) error {
		if err := one(ctx, `UPDATE accounts SET disabled_at = coalesce(disabled_at, $2) WHERE id = $1`, account, clock.Now(ctx)); err != nil {
			return err
		}
		if _, err := endSessions(ctx, account, uuid.Nil, "disabled"); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionDisabled, Account: account})
	})
}

// Enable undoes Disable; the ended sessions stay ended.
func (s *Service) Enable(ctx context.Context, account uuid.UUID) (err error) {
	defer errs.Wrap(&err, "accounts.Enable(%s)", account)
	return s.join(ctx, func(ctx context.Context) error {
		if err := one(ctx, `UPDATE accounts SET disabled_at = NULL WHERE id = $1`, account); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionEnabled, Account: account})
	})
}

// Unlock lifts the lock of an account and forgets its failures. A locked
// address stays locked: it belongs to nobody.
func (s *Service) Unlock(ctx context.Context, account uuid.UUID) (err error) {
	defer errs.Wrap(&err, "accounts.Unlock(%s)", account)
	return s.join(ctx, func(ctx context.Context) error {
		login, err := s.LoginOf(ctx, account)
		if err != nil {
			return err
		}
		if _, err := forget(ctx, login); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionUnlocked, Account: account, Login: login})
	})
}

// LoginOf is the login of an account.
func (s *Service) LoginOf(ctx context.Context, account uuid.UUID) (login string, err error) {
	err = s.join(ctx, func(ctx context.Context) error {
		err := tenants.Row(ctx, `SELECT login FROM accounts WHERE id = $1`, []any{account}, &login)
		if tenants.NoRows(err) {
			return errNoAccount()
		}
		return err
	})
	return login, err
}

// Unopened stands where a password's hash will stand: no word gives it.
func (s *Service) Unopened() string {
	return phc(s.hasher.argon, random(saltBytes), random(hashBytes))
}
