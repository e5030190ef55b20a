package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Invitation asks the owner of an account to join a committee, as the person
// that its administrator entered there. Until he accepts, nothing changes.
type Invitation struct {
	ID         uuid.UUID
	Tenant     uuid.UUID
	Membership uuid.UUID
	TenantName string
	TenantCode string
	InvitedAt  time.Time
}

// Invite invites whoever has the login to be the membership. It answers the
// same whether anybody has it: an administrator learns nothing of other
// committees' people. Called twice it invites twice, and one answer is enough.
func (s *Service) Invite(ctx context.Context, login string, membership uuid.UUID) (err error) {
	defer errs.Wrap(&err, "accounts.Invite")
	login, err = Login(login)
	if err != nil {
		return err
	}
	committee, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO account_invitations (id, account_id, committee, membership_id, invited_at)
		VALUES ($1, (SELECT id FROM accounts WHERE login = $2 AND disabled_at IS NULL), $3, $4, $5)`,
		newID(), login, committee, membership, clock.Now(ctx))
	return err
}

const openInvitations = `
	SELECT i.id, i.committee, i.membership_id, t.name, t.code, i.invited_at
	FROM account_invitations i JOIN tenants t ON t.id = i.committee AND t.status = 'ACTIVE'
	WHERE i.account_id = $1 AND i.answered_at IS NULL`

// Invitations are the open ones of an account, oldest first.
func (s *Service) Invitations(ctx context.Context, account uuid.UUID) (list []Invitation, err error) {
	defer errs.Wrap(&err, "accounts.Invitations(%s)", account)
	err = s.join(ctx, func(ctx context.Context) error {
		list, err = tenants.Collect(ctx, pgx.RowToStructByPos[Invitation], openInvitations+` ORDER BY i.id`, account)
		return err
	})
	return list, err
}

// Invitation is one of the account's open ones. Another's, an answered and an
// invented one look alike.
func (s *Service) Invitation(ctx context.Context, account, id uuid.UUID) (in Invitation, err error) {
	defer errs.Wrap(&err, "accounts.Invitation(%s)", id)
	err = s.join(ctx, func(ctx context.Context) error {
		err := tenants.Row(ctx, openInvitations+` AND i.id = $2`, []any{account, id},
			&in.ID, &in.Tenant, &in.Membership, &in.TenantName, &in.TenantCode, &in.InvitedAt)
		if tenants.NoRows(err) {
			return errNoInvitation()
		}
		return err
	})
	return in, err
}

func errNoInvitation() error {
	return errs.New(errs.NotFound, "没有这个邀请，或它已有答复，请刷新后再试")
}

// Answer settles an invitation, with all others to the same person, in the
// transaction of what follows from it. Called twice the second finds none.
func (s *Service) Answer(ctx context.Context, account uuid.UUID, in Invitation, accepted bool) (err error) {
	defer errs.Wrap(&err, "accounts.Answer(%s)", in.ID)
	tag, err := tenants.Exec(ctx, `
		UPDATE account_invitations SET answered_at = $3, accepted = $4 WHERE account_id = $1 AND membership_id = $2 AND answered_at IS NULL`,
		account, in.Membership, clock.Now(ctx), accepted)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errNoInvitation()
	}
	action := ActionDeclined
	if accepted {
		action = ActionJoined
	}
	return s.audit(ctx, Event{Action: action, Account: account})
}

// Holder is whose session a refresh token is of, which is not spent by asking.
// It is for who has no committee to work in yet, and so no access token.
func (s *Service) Holder(ctx context.Context, refresh string) (account uuid.UUID, err error) {
	defer errs.Wrap(&err, "accounts.Holder")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(refresh)
	if err != nil || len(raw) != refreshBytes {
		return account, errGone()
	}
	hash, now := sha256.Sum256(raw), clock.Now(ctx)
	err = s.join(ctx, func(ctx context.Context) error {
		err := tenants.Row(ctx, `
			SELECT s.account_id FROM refresh_tokens r JOIN account_sessions s ON s.id = r.session_id JOIN accounts a ON a.id = s.account_id
			WHERE r.hash = $1 AND r.used_at IS NULL AND r.issued_at > $3 AND s.revoked_at IS NULL AND s.expires_at > $2 AND a.disabled_at IS NULL`,
			[]any{hash[:], now, now.Add(-s.opts.IdleLife)}, &account)
		if tenants.NoRows(err) {
			return errGone()
		}
		return err
	})
	return account, err
}
