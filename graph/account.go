package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/roster"
)

// issueActivation keeps the word for the answer alone: neither the book nor what
// is remembered of a key has it.
func (r *Resolver) issueActivation(ctx context.Context, in model.IssueActivationInput) (*model.ActivationPayload, error) {
	out := &model.ActivationPayload{}
	id, bad, err := r.mutate(ctx, in, func(ctx context.Context, c common, _ process.Form) (string, uuid.UUID, error) {
		issued, err := r.Roster.IssueActivation(ctx, roster.Issuing{Membership: in.MembershipID, Reason: c.reason})
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		if issued.Word.Text != "" {
			out.Code, out.ExpiresAt = &issued.Word.Text, &issued.Word.Until
		}
		return gen.TypeMembership, issued.Membership.ID, nil
	})
	if out.UserErrors = bad; err != nil || id == uuid.Nil {
		return &model.ActivationPayload{UserErrors: bad}, err
	}
	if out.Membership, err = aMember.get(ctx, r.ent(), id); none(err) != nil {
		return nil, err
	}
	out.Request, err = r.asks(ctx, id)
	return out, err
}

// inviteMember keeps the word for the answer alone, as issueActivation does.
func (r *Resolver) inviteMember(ctx context.Context, in model.InviteMemberInput) (*model.InviteMemberPayload, error) {
	out := &model.InviteMemberPayload{}
	m, bad, err := change(ctx, r, in, aMember, func(ctx context.Context, in roster.Inviting) (*gen.Membership, error) {
		done, err := r.Roster.Invite(ctx, in)
		if err != nil {
			return nil, err
		}
		if done.Word.Text != "" {
			out.Code, out.ExpiresAt = &done.Word.Text, &done.Word.Until
		}
		return done.Membership, nil
	}, roster.Inviting{Membership: in.MembershipID, Login: value(in.Login)})
	if len(bad) > 0 || err != nil {
		return &model.InviteMemberPayload{UserErrors: bad}, err
	}
	out.Membership, out.UserErrors = m, bad
	return out, nil
}

func (r *Resolver) sentInvitations(ctx context.Context, membership *uuid.UUID) ([]*model.SentInvitation, error) {
	list, err := r.Roster.Invitations(ctx, membership)
	out := make([]*model.SentInvitation, len(list))
	for i, x := range list {
		out[i] = &model.SentInvitation{MembershipID: x.Membership, InvitedBy: blank(x.By), ByWord: x.ByWord, InvitedAt: x.InvitedAt, ExpiresAt: x.InvitedAt.Add(accounts.InvitationLife),
			State: model.InvitationState(x.State(clock.Now(ctx))), SettledAt: or(x.AnsweredAt, x.Withdrawn)}
	}
	return out, err
}
