package roster

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/errs"
)

// Accept puts the account of who was invited behind the membership that waits
// for him, in the transaction of that committee. He needs no right in it; that
// he is the account's owner his caller knows. Called twice the second finds no
// invitation.
func (s *Service) Accept(ctx context.Context, account uuid.UUID, in accounts.Invitation) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.Accept(%s)", in.ID)
	ctx = authz.System(ctx)
	if err := alone(ctx); err != nil {
		return nil, err
	}
	if err := s.accounts.Answer(ctx, account, in, true); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if ended(m.Status) || m.AccountID != nil {
		return nil, errs.New(errs.NotAllowedInState, "%s已不再等待您加入，请联系它的租户管理员", in.TenantName)
	}
	if err := s.joining(ctx, m, in); err != nil {
		return nil, err
	}
	taken, err := s.client.Membership.Query().Where(membership.AccountID(account)).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, errs.New(errs.Conflict, "您在%s已有身份，请拒绝这一邀请", in.TenantName)
	}
	return s.client.Membership.UpdateOne(m).SetAccountID(account).AddVersion(1).Save(ctx)
}

// Decline settles an invitation without joining; the committee's person stays
// without an account.
func (s *Service) Decline(ctx context.Context, account uuid.UUID, in accounts.Invitation) error {
	return s.accounts.Answer(ctx, account, in, false)
}
