package accounts

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// How a session was begun.
const (
	ByPassword = "PASSWORD"
	ByProvider = "PROVIDER" // a committee's provider of identities said who it is
)

// Proof is what somebody who signs in without a password has shown to another
// package.
type Proof struct {
	By   string
	Only uuid.UUID                   // the one committee that the session may enter; nil: any
	Use  func(context.Context) error // spends the proof, in the transaction of the session
}

// SignInProved begins a session for who has proved to be the account's owner
// without its password. The second factor's code is asked for as at any sign-in.
// It must be called outside any transaction. A proof is spent by Use: called
// twice the second fails.
func (s *Service) SignInProved(ctx context.Context, account uuid.UUID, p Proof, code string, from Client) (in SignedIn, err error) {
	defer errs.Wrap(&err, "accounts.SignInProved")
	if inside(ctx) {
		return in, errInside
	}
	login, err := s.LoginOf(ctx, account)
	if err != nil {
		return in, err
	}
	t := triesOf(login, from)
	err = s.store.Global(ctx, func(ctx context.Context) error {
		if err := s.refuseLocked(ctx, t); err != nil { // its codes could be tried here otherwise
			return err
		}
		if _, err := lockAccount(ctx, account); err != nil {
			return err
		}
		activated := false
		if err := tenants.Row(ctx, `SELECT activated_at IS NOT NULL FROM accounts WHERE id = $1`, []any{account}, &activated); err != nil {
			return err
		}
		if !activated {
			return errActivate()
		}
		if err := s.second(ctx, account, code); err != nil {
			return err
		}
		if err := p.Use(ctx); err != nil {
			return err
		}
		in, err = s.enter(ctx, account, p, t, from)
		return err
	})
	return in, s.miscoded(ctx, t, account, from, err)
}

// enter writes the session of who has proved everything. The account is locked.
func (s *Service) enter(ctx context.Context, account uuid.UUID, p Proof, t tries, from Client) (in SignedIn, err error) {
	now := clock.Now(ctx)
	in = SignedIn{Account: account, Session: newID()}
	if _, err := tenants.Exec(ctx, `INSERT INTO account_sessions (id, account_id, created_at, expires_at, client, proved, only_tenant) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		in.Session, account, now, now.Add(s.opts.SessionLife), from.label(), p.By, nobody(p.Only)); err != nil {
		return in, err
	}
	if in.Refresh, err = issue(ctx, in.Session); err != nil {
		return in, err
	}
	if in.Choices, err = choices(ctx, account); err != nil {
		return in, err
	}
	if p.Only != uuid.Nil {
		in.Choices = slices.DeleteFunc(in.Choices, func(c Choice) bool { return c.Tenant != p.Only })
	} else if in.Invitations, err = s.Invitations(ctx, account); err != nil {
		return in, err
	}
	return in, s.audit(ctx, Event{Action: ActionSignedIn, Account: account, Session: in.Session, Tenant: p.Only, Login: t.login, From: from})
}

// ownHand is OwnHand for who may have no session: the tests and the demo.
func (s *Service) ownHand(ctx context.Context, session uuid.UUID) error {
	if session == uuid.Nil {
		return nil
	}
	return s.OwnHand(ctx, session)
}

// OwnHand refuses a session that a provider has vouched for: what opens the
// account elsewhere too, its owner sets by what is his alone.
func (s *Service) OwnHand(ctx context.Context, session uuid.UUID) error {
	return s.join(ctx, func(ctx context.Context) error {
		var by string
		err := tenants.Row(ctx, `SELECT proved FROM account_sessions WHERE id = $1`, []any{session}, &by)
		switch {
		case tenants.NoRows(err):
			return errGone()
		case err == nil && by == ByProvider:
			return errs.New(errs.NotAllowed, "您是用统一身份登录的；这一步请先退出，用登录名和密码登录以后再做")
		}
		return err
	})
}

// EndProvided ends the sessions that a committee's provider vouched for, but the
// one in which it is asked.
func (s *Service) EndProvided(ctx context.Context, account, committee, but uuid.UUID) error {
	_, err := tenants.Exec(ctx, `
		UPDATE account_sessions SET revoked_at = $4, revoked_why = 'unlinked'
		WHERE account_id = $1 AND only_tenant = $2 AND id <> $3 AND proved = 'PROVIDER' AND revoked_at IS NULL`, account, committee, but, clock.Now(ctx))
	return err
}

// Happened tells the book of what another package has done to an account.
func (s *Service) Happened(ctx context.Context, e Event) error { return s.audit(ctx, e) }
