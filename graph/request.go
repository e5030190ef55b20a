package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
)

// desk knows every kind of request.
func (r *Resolver) desk() *requests.Desk {
	d := requests.NewDesk()
	r.Roster.Requests(d)
	r.Exchange.Requests(d)
	r.Providers.Requests(d)
	return d
}

// settled confirms a request or takes it back, under the name of what it is
// about.
func (r *Resolver) settled(ctx context.Context, input any, settle func(context.Context, *requests.Desk) (*requests.Request, any, error)) (*model.RequestPayload, error) {
	out, d := &model.RequestPayload{}, r.desk()
	_, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		req, done, err := settle(ctx, d)
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		if issued, ok := done.(*roster.Issued); ok && issued.Word.Text != "" {
			out.Code, out.CodeExpiresAt = &issued.Word.Text, &issued.Word.Until
		}
		return d.Act(req.Kind).Object, req.About, nil
	})
	if out.Done, out.UserErrors = err == nil && len(bad) == 0, bad; !out.Done {
		out.Code, out.CodeExpiresAt = nil, nil
	}
	return out, err
}

func (r *Resolver) waitingRequests(ctx context.Context) ([]*model.ConfirmationRequest, error) {
	list, err := r.desk().Waiting(ctx)
	out := make([]*model.ConfirmationRequest, len(list))
	for i := range list {
		if out[i], err = r.request(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (r *Resolver) request(ctx context.Context, q *requests.Request) (*model.ConfirmationRequest, error) {
	out := &model.ConfirmationRequest{ID: q.ID, Kind: q.Kind, Says: q.Says, Reason: q.Reason, AboutID: q.About, AskedAt: q.At, ExpiresAt: q.Until()}
	if out.MayConfirm = authz.From(ctx).May(authz.Perm(r.desk().Act(q.Kind).Right)).Has(authz.Tenant); out.MayConfirm {
		err := authz.Second(ctx, q.By)
		if err != nil && !errs.Is(err, errs.NotAllowed) {
			return nil, err
		}
		out.MayConfirm = err == nil
	}
	by, err := r.ent().Membership.Query().Where(membership.ID(q.By)).Only(ctx)
	out.AskedBy = by
	return out, none(err)
}

// asks is what the person signed in has asked for about an object and waits;
// it stands beside the object in the answer that changed nothing yet.
func (r *Resolver) asks(ctx context.Context, about uuid.UUID) (*model.ConfirmationRequest, error) {
	if about == uuid.Nil || !asked(ctx, "request") {
		return nil, nil
	}
	q, err := requests.Mine(ctx, about)
	if err != nil || q == nil {
		return nil, err
	}
	return r.request(ctx, q)
}

func idOf[T any](e entity[T], row *T) uuid.UUID {
	if row == nil {
		return uuid.Nil
	}
	return e.id(row)
}
