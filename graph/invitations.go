package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/model"
)

func invitations(list []accounts.Invitation) []*model.Invitation {
	out := make([]*model.Invitation, len(list))
	for i, x := range list {
		out[i] = &model.Invitation{ID: x.ID, TenantCode: x.TenantCode, TenantName: x.TenantName, InvitedAt: x.InvitedAt}
	}
	return out
}

// answerer is who answers an invitation: by his access token, which is asked
// whether it still lives, or by a refresh token where he has none.
func (r *Resolver) answerer(ctx context.Context, refresh *string) (uuid.UUID, error) {
	if refresh != nil {
		return r.Accounts.Holder(ctx, *refresh)
	}
	acc, _, err := account(ctx)
	if err != nil {
		return acc, err
	}
	c, _ := Claims(ctx)
	return acc, r.Accounts.Alive(ctx, c)
}

// answer settles an invitation in the transaction and the audit chain of the
// committee that invited; the session's own is untouched. The installation's
// chain has it as an event of the account.
func (r *Resolver) answer(ctx context.Context, action string, in model.AcceptInvitationInput, accept bool) (*model.InvitationPayload, error) {
	out := &model.InvitationPayload{UserErrors: []*model.UserError{}}
	err := r.answered(ctx, action, in, accept, out)
	bad, err := shown(err)
	if len(bad) > 0 {
		out = &model.InvitationPayload{UserErrors: bad}
	}
	return out, err
}

func (r *Resolver) answered(ctx context.Context, action string, in model.AcceptInvitationInput, accept bool, out *model.InvitationPayload) error {
	acc, err := r.answerer(ctx, in.RefreshToken)
	if err != nil {
		return err
	}
	invitation, err := r.Accounts.Invitation(ctx, acc, in.InvitationID)
	if err != nil {
		return err
	}
	return r.Store.InTx(ctx, invitation.Tenant, func(ctx context.Context) error {
		ctx, changes := audit.Collect(ctx)
		entry := audit.Entry{Action: action, Actor: audit.Actor{Account: acc}, Object: audit.Object(gen.TypeMembership, invitation.Membership), From: Origin(ctx)}
		if accept {
			m, err := r.Roster.Accept(ctx, acc, invitation)
			if err != nil {
				return err
			}
			out.MembershipID = &m.ID
			entry.Actor.Membership, entry.Actor.Name = m.ID, m.Name
		} else if err := r.Roster.Decline(ctx, acc, invitation); err != nil {
			return err
		}
		entry.Changes = changes.Changes()
		return audit.Write(ctx, entry)
	})
}
