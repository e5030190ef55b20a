package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Tokens are what a client holds while it works in one committee.
type Tokens struct {
	Access        string
	AccessExpires time.Time
	Refresh       string // for the next Refresh or Choose; the one just used is dead, but for Options.Grace

	Account, Session, Membership, Tenant uuid.UUID
}

const refreshBytes = 32

// errGone is the one answer to a refresh token that is unknown, used, expired
// or of an ended session.
func errGone() error { return errs.New(errs.Unauthenticated, "会话已失效，请重新登录") }

// Choose enters a committee, or changes to another one within the session. It
// must be called outside any transaction.
func (s *Service) Choose(ctx context.Context, refresh string, membership uuid.UUID, from Client) (_ Tokens, err error) {
	defer errs.Wrap(&err, "accounts.Choose(%s)", membership)
	return s.use(ctx, refresh, membership, from)
}

// Refresh renews both tokens for the committee that was chosen. It must be
// called outside any transaction.
func (s *Service) Refresh(ctx context.Context, refresh string, from Client) (_ Tokens, err error) {
	defer errs.Wrap(&err, "accounts.Refresh")
	return s.use(ctx, refresh, uuid.Nil, from)
}

// use spends a refresh token. The membership is nil for the one that the
// session has.
func (s *Service) use(ctx context.Context, refresh string, membership uuid.UUID, from Client) (out Tokens, err error) {
	if inside(ctx) {
		return out, errInside
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(refresh)
	if err != nil || len(raw) != refreshBytes {
		return out, errGone()
	}
	rule, err := s.ruleBy(ctx, raw, membership)
	if err != nil {
		return out, err
	}
	stolen := false
	err = s.record(ctx, func(ctx context.Context) error {
		var token spent
		token, stolen, err = s.spend(ctx, raw, membership, from)
		if err != nil || stolen {
			return err // nil when stolen: the end of the session is committed
		}
		out, err = s.renew(ctx, token, membership, rule, from)
		return err
	})
	switch {
	case err != nil:
		return Tokens{}, err
	case stolen:
		return Tokens{}, errGone()
	}
	return out, nil
}

// spent is a token that has just been used, or was a moment ago.
type spent struct {
	session uuid.UUID
	issued  time.Time
	next    []byte // its successor
	again   bool   // the successor has been issued already
}

// successor is what follows a token. Who reads the database has not the token,
// and who has the token has not the seed.
func successor(raw, seed []byte) []byte {
	sum := sha256.Sum256(slices.Concat(raw, seed))
	return sum[:]
}

// spend marks a token as used. One that already was ends its session, unless it
// is the same request a moment later: the row lock makes a second use at the
// same moment wait and then find it used.
func (s *Service) spend(ctx context.Context, raw []byte, membership uuid.UUID, from Client) (t spent, stolen bool, err error) {
	now, hash, seed := clock.Now(ctx), sha256.Sum256(raw), random(refreshBytes)
	err = tenants.Row(ctx, `UPDATE refresh_tokens SET used_at = $2, seed = $3 WHERE hash = $1 AND used_at IS NULL RETURNING session_id, issued_at`,
		[]any{hash[:], now, seed}, &t.session, &t.issued)
	if err == nil {
		t.next = successor(raw, seed)
	}
	if !tenants.NoRows(err) {
		return t, false, err
	}
	if t, err = s.repeated(ctx, raw, membership); err != nil || t.again {
		return t, false, err
	}
	var account uuid.UUID
	err = tenants.Row(ctx, `
		UPDATE account_sessions s SET revoked_at = $2, revoked_why = 'token used twice' FROM refresh_tokens t
		WHERE t.hash = $1 AND s.id = t.session_id AND s.revoked_at IS NULL RETURNING s.id, s.account_id`,
		[]any{hash[:], now}, &t.session, &account)
	switch {
	case tenants.NoRows(err):
		return t, false, errGone()
	case err != nil:
		return t, false, err
	}
	return t, true, s.audit(ctx, Event{Action: ActionTokenReused, Account: account, Session: t.session, From: from})
}

// repeated is a token that was used within the grace, for the committee in
// which the session is, and whose successor nobody has used. Not so: the zero
// value.
func (s *Service) repeated(ctx context.Context, raw []byte, membership uuid.UUID) (t spent, err error) {
	hash := sha256.Sum256(raw)
	var seed []byte
	err = tenants.Row(ctx, `
		SELECT t.session_id, t.issued_at, t.seed FROM refresh_tokens t JOIN account_sessions s ON s.id = t.session_id
		WHERE t.hash = $1 AND t.seed IS NOT NULL AND t.used_at > $2 AND ($3 = '00000000-0000-0000-0000-000000000000'::uuid OR s.membership_id = $3)`,
		[]any{hash[:], clock.Now(ctx).Add(-s.opts.Grace), membership}, &t.session, &t.issued, &seed)
	if err != nil {
		if tenants.NoRows(err) {
			err = nil
		}
		return spent{}, err
	}
	t.next = successor(raw, seed)
	next := sha256.Sum256(t.next)
	err = tenants.Row(ctx, `SELECT used_at IS NULL FROM refresh_tokens WHERE hash = $1`, []any{next[:]}, &t.again)
	if tenants.NoRows(err) { // the first use issued none: it was refused
		err = nil
	}
	return t, err
}

// renew gives the session its next token. Any error undoes the spending.
func (s *Service) renew(ctx context.Context, t spent, membership uuid.UUID, rule signin.Rule, from Client) (out Tokens, err error) {
	now := clock.Now(ctx)
	var chosen *uuid.UUID
	var expires time.Time
	var live bool
	var only *uuid.UUID
	err = tenants.Row(ctx, `
		SELECT s.account_id, s.membership_id, s.expires_at, s.only_tenant, s.revoked_at IS NULL AND a.disabled_at IS NULL
		FROM account_sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1 FOR UPDATE OF s`,
		[]any{t.session}, &out.Account, &chosen, &expires, &only, &live)
	if err != nil {
		return out, err
	}
	if !live || !now.Before(expires) || !now.Before(t.issued.Add(shorter(s.opts.IdleLife, rule.Idle))) {
		return out, errGone()
	}
	out.Session, out.Membership = t.session, membership
	if membership == uuid.Nil {
		if chosen == nil {
			return out, errs.New(errs.NotAllowed, "还没有选择政协委员会，请先选择")
		}
		out.Membership = *chosen
	}
	if out.Tenant, err = mayEnter(ctx, out.Account, out.Membership); err != nil {
		return out, err
	}
	if only != nil && *only != out.Tenant {
		return out, errs.New(errs.NotAllowed, "您是用一个政协的统一身份登录的，只能进入那个政协；要进入别的政协，请用登录名和密码登录")
	}
	if chosen == nil || *chosen != out.Membership {
		if err := s.chosen(ctx, out, rule, from); err != nil {
			return out, err
		}
	}
	stands, err := s.stands(ctx, out, rule)
	switch {
	case err != nil:
		return out, err
	case rule.Over(stands, now):
		return out, errGone()
	}
	out.Refresh = base64.RawURLEncoding.EncodeToString(t.next)
	if !t.again {
		if err := store(ctx, out.Session, t.next); err != nil {
			return out, err
		}
	}
	end := now.Add(shorter(s.opts.AccessLife, rule.Idle))
	if rule.Absolute > 0 && stands.Begun.Add(rule.Absolute).Before(expires) {
		expires = stands.Begun.Add(rule.Absolute)
	}
	if expires.Before(end) {
		end = expires
	}
	out.AccessExpires = end.Truncate(time.Second)
	out.Access, err = s.keys.Sign(Claims{Account: out.Account, Tenant: out.Tenant, Membership: out.Membership,
		Session: out.Session, ID: newID(), Issued: now, Expires: out.AccessExpires})
	return out, err
}

// mayEnter is the committee of an active membership of the account. Somebody
// else's membership answers like one that has been suspended.
func mayEnter(ctx context.Context, account, membership uuid.UUID) (tenant uuid.UUID, err error) {
	err = tenants.Row(ctx, `
		SELECT m.tenant_id FROM account_memberships m JOIN tenants t ON t.id = m.tenant_id
		WHERE m.membership_id = $1 AND m.account_id = $2 AND in_force(m, $3) AND t.status = 'ACTIVE'`,
		[]any{membership, account, clock.Today(ctx)}, &tenant)
	if tenants.NoRows(err) {
		return uuid.Nil, errs.New(errs.NotAllowed, "您在这个政协委员会的身份不可用，请选择其他委员会或联系管理员")
	}
	return tenant, err
}

// issue makes a session's first refresh token and stores its hash.
func issue(ctx context.Context, session uuid.UUID) (string, error) {
	raw := random(refreshBytes)
	return base64.RawURLEncoding.EncodeToString(raw), store(ctx, session, raw)
}

func store(ctx context.Context, session uuid.UUID, raw []byte) error {
	hash := sha256.Sum256(raw)
	_, err := tenants.Exec(ctx, `INSERT INTO refresh_tokens (hash, session_id, issued_at) VALUES ($1, $2, $3)`, hash[:], session, clock.Now(ctx))
	return err
}
