package accounts

import (
	"context"
	"crypto/sha256"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// shorter is the shorter of two times, of which the second may not be set.
func shorter(own, rule time.Duration) time.Duration {
	if rule > 0 && rule < own {
		return rule
	}
	return own
}

// ruleBy is what the committee asks which a refresh token enters: the one that
// is chosen now, or the session's. A token or a membership that is not there has
// none, and is refused by who spends it.
func (s *Service) ruleBy(ctx context.Context, raw []byte, membership uuid.UUID) (r signin.Rule, err error) {
	if s.opts.Rule == nil {
		return r, nil
	}
	hash := sha256.Sum256(raw)
	var account, member, tenant uuid.UUID
	err = s.store.Global(ctx, func(ctx context.Context) error {
		return tenants.Row(ctx, `
			SELECT s.account_id, m.membership_id, m.tenant_id FROM refresh_tokens t JOIN account_sessions s ON s.id = t.session_id
			JOIN account_memberships m ON m.account_id = s.account_id AND m.membership_id = coalesce(nullif($2, '00000000-0000-0000-0000-000000000000'::uuid), s.membership_id)
			WHERE t.hash = $1`, []any{hash[:], membership}, &account, &member, &tenant)
	})
	if err != nil {
		if tenants.NoRows(err) {
			err = nil
		}
		return r, err
	}
	return s.opts.Rule(ctx, tenant, account, member)
}

// chosen writes which committee a session is in, and ends the account's other
// sessions there where only one is allowed.
func (s *Service) chosen(ctx context.Context, in Tokens, rule signin.Rule, from Client) error {
	now := clock.Now(ctx)
	if _, err := tenants.Exec(ctx, `UPDATE account_sessions SET membership_id = $2, chosen_tenant = $3, chosen_at = $4 WHERE id = $1`,
		in.Session, in.Membership, in.Tenant, now); err != nil {
		return err
	}
	if rule.Single {
		if _, err := tenants.Exec(ctx, `
			UPDATE account_sessions SET revoked_at = $4, revoked_why = 'single'
			WHERE account_id = $1 AND chosen_tenant = $2 AND id <> $3 AND revoked_at IS NULL AND coalesce(chosen_at, created_at) <= $4`,
			in.Account, in.Tenant, in.Session, now); err != nil {
			return err
		}
	}
	return s.audit(ctx, Event{Action: ActionChosen, Account: in.Account, Session: in.Session, Tenant: in.Tenant, From: from})
}

// stands is how the person stands in the committee that he enters; it keeps
// since when a factor is asked of him there, for as long as it is.
func (s *Service) stands(ctx context.Context, in Tokens, rule signin.Rule) (now signin.Standing, err error) {
	if rule.Factor {
		_, err = tenants.Exec(ctx, `INSERT INTO account_duties (membership_id, account_id, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
			in.Membership, in.Account, clock.Now(ctx))
	} else {
		_, err = tenants.Exec(ctx, `DELETE FROM account_duties WHERE membership_id = $1`, in.Membership)
	}
	if err != nil {
		return now, err
	}
	err = tenants.Row(ctx, `
		SELECT `+standing+` FROM account_sessions s JOIN accounts a ON a.id = s.account_id
		JOIN account_memberships m ON m.membership_id = $2 AND m.account_id = a.id WHERE s.id = $1`,
		[]any{in.Session, in.Membership}, into(&now)...)
	return now, err
}

// passwordRule is what all committees ask of a password in which the account's
// owner is active.
func (s *Service) passwordRule(ctx context.Context, account uuid.UUID) (r signin.Rule, err error) {
	if s.opts.Rule == nil {
		return r, nil
	}
	list, err := s.Choices(ctx, account)
	if err != nil {
		return r, err
	}
	for _, c := range list {
		one, err := s.opts.Rule(ctx, c.Tenant, account, c.Membership)
		if err != nil {
			return r, err
		}
		r = r.Strictest(one)
	}
	return r, nil
}

func longEnough(p string, rule signin.Rule) error {
	if utf8.RuneCountInString(p) < rule.MinLength {
		return errs.New(errs.Invalid, "您所在的政协要求密码至少 %d 个字符，请加长", rule.MinLength).At("password")
	}
	return nil
}

// mostRemembered bounds the former passwords that are kept of an account.
const mostRemembered = 12

// fresh refuses a password that the account has had lately. The caller holds a
// slot and no transaction.
func (s *Service) fresh(ctx context.Context, account uuid.UUID, p string, rule signin.Rule) error {
	if rule.History == 0 {
		return nil
	}
	var former []string
	err := s.store.Global(ctx, func(ctx context.Context) (err error) {
		former, err = tenants.Collect(ctx, pgx.RowTo[string], `SELECT hash FROM password_history WHERE account_id = $1 ORDER BY until DESC LIMIT $2`, account, rule.History)
		return err
	})
	if err != nil {
		return err
	}
	for _, hash := range former {
		same, err := s.hasher.verify(hash, p)
		if err != nil {
			return err
		}
		if same {
			return errs.New(errs.Invalid, "这个密码您用过；新密码不能是最近用过的 %d 个之一，请另换一个", rule.History).At("password")
		}
	}
	return nil
}

// remember keeps the password that is about to be replaced. A word is none.
func remember(ctx context.Context, account uuid.UUID) error {
	_, err := tenants.Exec(ctx, `
		INSERT INTO password_history (account_id, hash, until) SELECT id, password_hash, $2 FROM accounts WHERE id = $1 AND activated_at IS NOT NULL
		ON CONFLICT DO NOTHING`, account, clock.Now(ctx))
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		DELETE FROM password_history WHERE account_id = $1 AND hash NOT IN (
		  SELECT hash FROM password_history WHERE account_id = $1 ORDER BY until DESC LIMIT $2)`, account, mostRemembered)
	return err
}
