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
	By         string // who asks; empty: the operator
	Name       string // as whom he would join
	Kind       string
	Post       string
}

// InvitationLife is how long an invitation waits.
const InvitationLife = 30 * 24 * time.Hour

// Until is when it is over.
func (i Invitation) Until() time.Time { return i.InvitedAt.Add(InvitationLife) }

// Inviting is whom a committee invites to be one of its persons, and who asks.
type Inviting struct {
	Login      string // empty: by a word
	Membership uuid.UUID
	By         string
	Name       string
	Kind       string
	Post       string
}

// Invite invites whoever has the login to be the membership, or, without one,
// whoever brings the word that it answers. It answers the same whether anybody
// has the login: an administrator learns nothing of other committees' people. A
// new invitation takes the place of those before.
func (s *Service) Invite(ctx context.Context, in Inviting) (w Word, err error) {
	defer errs.Wrap(&err, "accounts.Invite")
	var hash []byte
	if in.Login == "" {
		w = Word{Text: newWord(), Until: clock.Now(ctx).Add(InvitationLife)}
		hash = hashOf(w.Text)
	} else if in.Login, err = Login(in.Login); err != nil {
		return Word{}, err
	}
	committee, err := tenants.Current(ctx)
	if err != nil {
		return Word{}, err
	}
	if _, err := s.Withdraw(ctx, in.Membership); err != nil {
		return Word{}, err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO account_invitations (id, account_id, committee, membership_id, invited_at, by_name, as_name, as_kind, as_post, by_word, word_hash)
		VALUES ($1, (SELECT id FROM accounts WHERE login = $2 AND disabled_at IS NULL), $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		newID(), in.Login, committee, in.Membership, clock.Now(ctx), in.By, in.Name, in.Kind, in.Post, hash != nil, hash)
	return w, err
}

// hashOf is how a word of an invitation is kept: 75 bits of chance need no slow
// hash.
func hashOf(word string) []byte {
	sum := sha256.Sum256([]byte(typedWord(word)))
	return sum[:]
}

// Withdraw takes back what invites to be the membership and has no answer yet.
// It answers whether there was such; called twice there is none.
func (s *Service) Withdraw(ctx context.Context, membership uuid.UUID) (was bool, err error) {
	defer errs.Wrap(&err, "accounts.Withdraw(%s)", membership)
	committee, err := tenants.Current(ctx)
	if err != nil {
		return false, err
	}
	tag, err := tenants.Exec(ctx, `
		UPDATE account_invitations SET withdrawn_at = $3, word_hash = NULL
		WHERE committee = $1 AND membership_id = $2 AND answered_at IS NULL AND withdrawn_at IS NULL`, committee, membership, clock.Now(ctx))
	return err == nil && tag.RowsAffected() > 0, err
}

// Claim makes an invitation by word one to the account whose owner brings it. It
// changes nothing else: he reads it and answers. Brought again by the same it is
// the same; a wrong word, one that was used, withdrawn or is over look alike.
func (s *Service) Claim(ctx context.Context, account uuid.UUID, word string) (in Invitation, err error) {
	defer errs.Wrap(&err, "accounts.Claim")
	var id uuid.UUID
	err = s.join(ctx, func(ctx context.Context) error {
		err := tenants.Row(ctx, `
			UPDATE account_invitations SET account_id = $1
			WHERE word_hash = $2 AND (account_id IS NULL OR account_id = $1) AND answered_at IS NULL AND withdrawn_at IS NULL AND invited_at > $3
			RETURNING id`, []any{account, hashOf(word), clock.Now(ctx).Add(-InvitationLife)}, &id)
		if tenants.NoRows(err) {
			return errs.New(errs.NotFound, "没有这个邀请码，或它已经用过、撤回、过期；请向发出的政协核对").At("code")
		}
		return err
	})
	if err != nil {
		return in, err
	}
	return s.Invitation(ctx, account, id)
}

// openInvitations are those of the account $1 that began after $2.
const openInvitations = `
	SELECT i.id, i.committee, i.membership_id, t.name, t.code, i.invited_at, i.by_name, i.as_name, i.as_kind, i.as_post
	FROM account_invitations i JOIN tenants t ON t.id = i.committee AND t.status = 'ACTIVE'
	WHERE i.account_id = $1 AND i.answered_at IS NULL AND i.withdrawn_at IS NULL AND i.invited_at > $2`

// Invitations are the open ones of an account, oldest first.
func (s *Service) Invitations(ctx context.Context, account uuid.UUID) (list []Invitation, err error) {
	defer errs.Wrap(&err, "accounts.Invitations(%s)", account)
	err = s.join(ctx, func(ctx context.Context) error {
		list, err = tenants.Collect(ctx, pgx.RowToStructByPos[Invitation], openInvitations+` ORDER BY i.id`, account, clock.Now(ctx).Add(-InvitationLife))
		return err
	})
	return list, err
}

// Invitation is one of the account's open ones. Another's, an answered and an
// invented one look alike.
func (s *Service) Invitation(ctx context.Context, account, id uuid.UUID) (in Invitation, err error) {
	defer errs.Wrap(&err, "accounts.Invitation(%s)", id)
	err = s.join(ctx, func(ctx context.Context) error {
		list, err := tenants.Collect(ctx, pgx.RowToStructByPos[Invitation], openInvitations+` AND i.id = $3`, account, clock.Now(ctx).Add(-InvitationLife), id)
		if err == nil && len(list) == 0 {
			return errNoInvitation()
		}
		if err == nil {
			in = list[0]
		}
		return err
	})
	return in, err
}

func errNoInvitation() error {
	return errs.New(errs.NotFound, "没有这个邀请，或它已有答复、撤回、过期，请刷新后再试")
}

// Sent is an invitation as the committee that made it knows it: of the login
// nothing.
type Sent struct {
	Membership uuid.UUID
	By         string
	ByWord     bool
	InvitedAt  time.Time
	AnsweredAt *time.Time
	Accepted   *bool
	Withdrawn  *time.Time
}

// State of an invitation: WAITING, ACCEPTED, DECLINED, WITHDRAWN or EXPIRED.
func (i Sent) State(now time.Time) string {
	switch {
	case i.Accepted != nil && *i.Accepted:
		return "ACCEPTED"
	case i.Accepted != nil:
		return "DECLINED"
	case i.Withdrawn != nil:
		return "WITHDRAWN"
	case !now.Before(i.InvitedAt.Add(InvitationLife)):
		return "EXPIRED"
	}
	return "WAITING"
}

// Sent are the committee's newest invitations, the latest of each of its persons.
func (s *Service) Sent(ctx context.Context, membership *uuid.UUID, most int) (_ []Sent, err error) {
	defer errs.Wrap(&err, "accounts.Sent")
	committee, err := tenants.Current(ctx)
	if err != nil {
		return nil, err
	}
	return tenants.Collect(ctx, pgx.RowToStructByPos[Sent], `
		SELECT membership_id, by_name, by_word, invited_at, answered_at, accepted, withdrawn_at FROM (
		  SELECT DISTINCT ON (membership_id) * FROM account_invitations WHERE committee = $1 AND ($2::uuid IS NULL OR membership_id = $2) ORDER BY membership_id, id DESC
		) i ORDER BY id DESC LIMIT $3`, committee, membership, most)
}

// Answer settles an invitation, with all others to the same person, in the
// transaction of what follows from it. Called twice the second finds none.
func (s *Service) Answer(ctx context.Context, account uuid.UUID, in Invitation, accepted bool) (err error) {
	defer errs.Wrap(&err, "accounts.Answer(%s)", in.ID)
	tag, err := tenants.Exec(ctx, `
		UPDATE account_invitations SET answered_at = $3, accepted = $4, word_hash = NULL
		WHERE account_id = $1 AND membership_id = $2 AND answered_at IS NULL AND withdrawn_at IS NULL`,
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
