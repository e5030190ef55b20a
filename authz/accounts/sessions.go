package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Session is one signed-in client, as its owner sees it.
type Session struct {
	ID         uuid.UUID
	Membership *uuid.UUID // nil until a committee is chosen
	Tenant     *uuid.UUID
	TenantName string
	Client     string // address and agent at sign-in
	Created    time.Time
	LastUsed   time.Time // sign-in or last refresh
	Expires    time.Time
	Idle       time.Time // when it ends unless it is used before
}

// Address is the network address that the session began from, empty where it is
// not known.
func (s Session) Address() string {
	first, _, _ := strings.Cut(s.Client, " ")
	if host, _, err := net.SplitHostPort(first); err == nil {
		first = host
	}
	if net.ParseIP(first) == nil {
		return ""
	}
	return first
}

// Under is the session as a committee's rule limits it.
func (s Session) Under(r signin.Rule) Session {
	if end := s.Created.Add(r.Absolute); r.Absolute > 0 && end.Before(s.Expires) {
		s.Expires = end
	}
	if end := s.LastUsed.Add(r.Idle); r.Idle > 0 && end.Before(s.Idle) {
		s.Idle = end
	}
	return s
}

// Sessions lists the living sessions of an account, last used first.
func (s *Service) Sessions(ctx context.Context, account uuid.UUID) (list []Session, err error) {
	defer errs.Wrap(&err, "accounts.Sessions(%s)", account)
	now := clock.Now(ctx)
	err = s.join(ctx, func(ctx context.Context) error {
		list, err = tenants.Collect(ctx, pgx.RowToStructByPos[Session], `
			SELECT s.id, s.membership_id, s.chosen_tenant, coalesce(t.name, ''), s.client, s.created_at, r.last, s.expires_at, r.last + $4::interval
			FROM account_sessions s LEFT JOIN tenants t ON t.id = s.chosen_tenant
			CROSS JOIN LATERAL (SELECT max(issued_at) AS last FROM refresh_tokens WHERE session_id = s.id) r
			WHERE s.account_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND r.last > $3
			ORDER BY r.last DESC, s.id DESC`, account, now, now.Add(-s.opts.IdleLife), s.opts.IdleLife)
		return err
	})
	return list, err
}

// Alive is nil as long as the session of an access token lasts and its
// membership may work: what the token itself cannot know.
func (s *Service) Alive(ctx context.Context, c Claims) error {
	_, _, err := s.Admit(ctx, c)
	return err
}

// Admit is Alive that also answers the version of the rights in the committee
// of the transaction, 0 where none have changed, and how the person stands:
// every operation asks for all three, and one statement is cheaper than three.
// Where a reading transaction may take it for granted, it answers what it was the
// last time.
func (s *Service) Admit(ctx context.Context, c Claims) (rights int64, now signin.Standing, err error) {
	defer errs.Wrap(&err, "accounts.Admit")
	who := admission{c.Session, c.Account, c.Membership, c.Tenant}
	args := []any{c.Session, c.Account, c.Membership, c.Tenant, clock.Now(ctx)}
	if last, ok := s.admitted.Get(who); ok && inside(ctx) && tenants.Granted(ctx, admitting, args, func(row pgx.Row) (bool, error) {
		var got admitted
		err := row.Scan(got.into()...)
		same := err == nil && got.rights == last.rights && got.Standing.Equal(last.Standing)
		if !same {
			s.admitted.Remove(who)
		}
		if tenants.NoRows(err) {
			err = nil
		}
		return same, err
	}) {
		return last.rights, last.Standing, nil
	}
	var got admitted
	err = s.join(ctx, func(ctx context.Context) error { return tenants.Row(ctx, admitting, args, got.into()...) })
	switch {
	case tenants.NoRows(err):
		return 0, now, errGone()
	case err == nil:
		s.admitted.Add(who, got)
	}
	return got.rights, got.Standing, err
}

// admission is who asks to be admitted where.
type admission struct{ session, account, membership, tenant uuid.UUID }

// admitted is what he was answered.
type admitted struct {
	rights int64
	signin.Standing
}

// admittedLimit bounds the answers that are kept: some 200 bytes each.
const admittedLimit = 20_000

func (a *admitted) into() []any { return append([]any{&a.rights}, into(&a.Standing)...) }

const admitting = `
	SELECT coalesce((SELECT rights FROM tenant_versions), 0), ` + standing + `
	FROM account_sessions s
	JOIN accounts a ON a.id = s.account_id AND a.disabled_at IS NULL
	JOIN account_memberships m ON m.membership_id = $3 AND m.account_id = s.account_id AND m.tenant_id = $4 AND m.active
	JOIN tenants t ON t.id = m.tenant_id AND t.status = 'ACTIVE'
	WHERE s.id = $1 AND s.account_id = $2 AND s.revoked_at IS NULL AND s.expires_at > $5`

// standing is how the person of session s and account a stands as membership m.
const standing = `s.created_at, a.password_changed_at,
	EXISTS (SELECT FROM account_factors f WHERE f.account_id = a.id AND f.confirmed_at IS NOT NULL),
	(SELECT d.since FROM account_duties d WHERE d.membership_id = m.membership_id AND d.account_id = a.id),
	EXISTS (SELECT FROM account_sessions n WHERE n.account_id = a.id AND n.revoked_at IS NULL AND n.chosen_tenant = m.tenant_id
	  AND (n.chosen_at, n.id) > (coalesce(s.chosen_at, s.created_at), s.id))`

// into is where standing is read to.
func into(s *signin.Standing) []any {
	return []any{&s.Begun, &s.Password, &s.Factor, &s.Asked, &s.Superseded}
}

// SignOut ends one session of the account. Called twice it changes nothing
// more; somebody else's session does not exist.
func (s *Service) SignOut(ctx context.Context, account, session uuid.UUID) (err error) {
	defer errs.Wrap(&err, "accounts.SignOut(%s)", session)
	return s.join(ctx, func(ctx context.Context) error {
		tag, err := tenants.Exec(ctx, `
			UPDATE account_sessions SET revoked_at = coalesce(revoked_at, $3), revoked_why = coalesce(revoked_why, 'signed out')
			WHERE id = $1 AND account_id = $2`, session, account, clock.Now(ctx))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.NotFound, "没有这个会话，请刷新后再试")
		}
		return s.audit(ctx, Event{Action: ActionSignedOut, Account: account, Session: session})
	})
}

// SignOutBy ends the session that a refresh token is of: for who leaves when his
// access token is over. The token may have been used, and called again it
// changes nothing more; one that is of no session is refused.
func (s *Service) SignOutBy(ctx context.Context, refresh string) (err error) {
	defer errs.Wrap(&err, "accounts.SignOutBy")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(refresh)
	if err != nil || len(raw) != refreshBytes {
		return errGone()
	}
	hash := sha256.Sum256(raw)
	return s.join(ctx, func(ctx context.Context) error {
		var account, session uuid.UUID
		var over bool
		err := tenants.Row(ctx, `
			SELECT s.account_id, s.id, s.revoked_at IS NOT NULL FROM refresh_tokens r JOIN account_sessions s ON s.id = r.session_id WHERE r.hash = $1`,
			[]any{hash[:]}, &account, &session, &over)
		switch {
		case tenants.NoRows(err):
			return errGone()
		case err != nil || over:
			return err
		}
		return s.SignOut(ctx, account, session)
	})
}

// SignOutEverywhere ends all sessions of the account and returns how many it
// ended.
func (s *Service) SignOutEverywhere(ctx context.Context, account uuid.UUID) (ended int, err error) {
	defer errs.Wrap(&err, "accounts.SignOutEverywhere(%s)", account)
	err = s.join(ctx, func(ctx context.Context) error {
		if ended, err = endSessions(ctx, account, uuid.Nil, "signed out everywhere"); err != nil {
			return err
		}
		return s.audit(ctx, Event{Action: ActionSignedOut, Account: account})
	})
	return ended, err
}

// endSessions ends all sessions of an account but one. It locks the account
// first, so that a sign-in at the same moment is either ended or comes after.
func endSessions(ctx context.Context, account, but uuid.UUID, why string) (int, error) {
	if _, err := tenants.Exec(ctx, `SELECT FROM accounts WHERE id = $1 FOR UPDATE`, account); err != nil {
		return 0, err
	}
	tag, err := tenants.Exec(ctx, `
		UPDATE account_sessions SET revoked_at = $3, revoked_why = $4
		WHERE account_id = $1 AND id <> $2 AND revoked_at IS NULL`, account, but, clock.Now(ctx), why)
	return int(tag.RowsAffected()), err
}

// sweepAfter keeps the tokens of an ended session for a day, so that a token
// of it that comes late is still known as such.
const sweepAfter = 24 * time.Hour

// Sweep deletes the tokens of sessions that are over and the failures that are
// forgotten, and returns how many rows. It is for a daily job; it can be
// repeated.
func (s *Service) Sweep(ctx context.Context) (rows int64, err error) {
	defer errs.Wrap(&err, "accounts.Sweep")
	now := clock.Now(ctx)
	over := now.Add(-sweepAfter)
	err = s.join(ctx, func(ctx context.Context) error {
		tag, err := tenants.Exec(ctx, `
			DELETE FROM refresh_tokens t USING account_sessions s
			WHERE s.id = t.session_id AND (s.revoked_at < $1 OR s.expires_at < $1 OR
			  NOT EXISTS (SELECT FROM refresh_tokens n WHERE n.session_id = s.id AND n.issued_at >= $2))`,
			over, over.Add(-s.opts.IdleLife))
		if err != nil {
			return err
		}
		rows = tag.RowsAffected()
		forgotten := max(s.opts.PerLogin.Forget, s.opts.PerAddress.Forget)
		tag, err = tenants.Exec(ctx, `DELETE FROM sign_in_failures WHERE last_at < $1 AND (locked_until IS NULL OR locked_until < $2)`,
			now.Add(-forgotten), now)
		rows += tag.RowsAffected()
		return err
	})
	return rows, err
}
