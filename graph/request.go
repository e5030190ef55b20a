package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
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
		if err := answered(ctx, req); err != nil {
			return "", uuid.Nil, err
		}
		return d.Act(req.Kind).Object, req.About, nil
	})
	if out.Done, out.UserErrors = err == nil && len(bad) == 0, bad; !out.Done {
		out.Code, out.CodeExpiresAt = nil, nil
	}
	return out, err
}

// answered tells who asked what came of it, once.
func answered(ctx context.Context, req *requests.Request) error {
	if !req.Fresh {
		return nil
	}
	switch req.State(clock.Now(ctx)) {
	case requests.Done:
		return flow.Answered(ctx, req, "确认了")
	case requests.Refused:
		return flow.Answered(ctx, req, "退回了", "。理由："+req.Answer)
	}
	return flow.Answered(ctx, req, "撤回了")
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
	out := &model.ConfirmationRequest{ID: q.ID, Kind: q.Kind, Says: q.Says, Reason: q.Reason, AboutID: q.About, AskedAt: q.At, ExpiresAt: q.Until(),
		State: model.RequestState(q.State(clock.Now(ctx))), SettledAt: q.SettledAt, Answer: given(q.Answer)}
	if out.MayConfirm = authz.From(ctx).May(authz.Perm(r.desk().Act(q.Kind).Right)).Has(authz.Tenant); out.MayConfirm {
		err := authz.Second(ctx, q.By)
		if err != nil && !errs.Is(err, errs.NotAllowed) {
			return nil, err
		}
		out.MayConfirm = err == nil
	}
	by, err := r.ent().Membership.Query().Where(membership.ID(q.By)).Only(ctx)
	if out.AskedBy = by; none(err) != nil {
		return nil, err
	}
	out.Changes, err = r.requested(ctx, q)
	return out, err
}

// requested is what somebody would change of himself: what is personal shows who
// reads personal data, and the looking is noted.
func (r *Resolver) requested(ctx context.Context, q *requests.Request) ([]*model.RequestedChange, error) {
	list, err := r.Roster.AskedOwn(ctx, *q)
	out := make([]*model.RequestedChange, len(list))
	v := authz.From(ctx)
	mine := q.By == v.Membership
	reads := mine || v.May(authz.Perm("personal.read")).Has(authz.Tenant)
	for i, a := range list {
		out[i] = &model.RequestedChange{Label: a.Label, Withheld: a.Private && !reads}
		if out[i].Withheld {
			continue
		}
		out[i].Before, out[i].After = given(a.Before), given(a.After)
		if a.Private && !mine {
			saw(ctx, gen.TypeMembership, q.About)
		}
	}
	return out, err
}

// mostAsked is how many of his own requests somebody looks back on.
const mostAsked = 50

func (r *Resolver) myRequests(ctx context.Context) ([]*model.ConfirmationRequest, error) {
	list, err := requests.Asked(ctx, mostAsked)
	out := make([]*model.ConfirmationRequest, len(list))
	for i := range list {
		if out[i], err = r.request(ctx, &list[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (r *Resolver) myDetails(ctx context.Context) ([]*model.OwnDetail, error) {
	list, err := r.Roster.OwnDetails(ctx)
	out := make([]*model.OwnDetail, len(list))
	for i, d := range list {
		out[i] = &model.OwnDetail{Field: d.Field, Label: d.Label, Way: model.OwnDetailWay(d.Way), Value: given(d.Value), Waiting: d.Waiting}
	}
	return out, err
}

func (r *Resolver) changeMyDetails(ctx context.Context, in model.ChangeMyDetailsInput) (*model.MembershipPayload, error) {
	m, bad, err := change(ctx, r, in, aMember, r.Roster.ChangeOwn, roster.OwnChange{Expected: in.ExpectedVersion,
		Name: in.Name, Phone: in.Phone, WeCom: in.Wecom, PoliticalParty: in.PoliticalParty, Post: in.Post, Reason: value(in.Reason)})
	if err != nil {
		return nil, err
	}
	ask, err := r.asks(ctx, idOf(aMember, m))
	return &model.MembershipPayload{Membership: m, Request: ask, UserErrors: bad}, err
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
