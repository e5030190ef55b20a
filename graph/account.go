package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
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
