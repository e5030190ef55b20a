package graph

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/errs"
)

func guidanceKind(code string) model.GuidanceKind { return model.GuidanceKind(strings.ToUpper(code)) }

func (r *Resolver) publishablePapers(ctx context.Context) ([]*model.PublishablePaper, error) {
	by, err := r.Guidance.Publishable(ctx)
	if err != nil {
		return nil, err
	}
	out := []*model.PublishablePaper{}
	for _, k := range r.Guidance.Kinds() {
		for _, p := range by[k.Code] {
			out = append(out, &model.PublishablePaper{Kind: guidanceKind(k.Code), Code: p.Code, Title: p.Title})
		}
	}
	return out, nil
}

func guidanceOf(g guidance.Issued) *model.Guidance {
	out := &model.Guidance{ID: g.ID, Kind: guidanceKind(g.Kind), Code: g.Code, Title: g.Title, Version: g.Version, Required: g.Required, Note: given(g.Note),
		IssuedAt: g.IssuedAt, IssuedBy: g.IssuedBy, WithdrawnAt: g.WithdrawnAt, Reason: given(g.Reason), Partners: []*model.GuidancePartner{}}
	for _, t := range g.To {
		out.Partners = append(out.Partners, &model.GuidancePartner{Code: t.Partner, Name: t.PartnerName, SentAt: t.SentAt, Delivered: t.Delivery == exchange.Delivered, Problem: given(t.Problem),
			State: model.GuidanceState(t.State), Became: given(t.Became), AnsweredAt: t.AnsweredAt, Recalled: t.Recalled})
	}
	return out
}

func receivedGuidanceOf(ctx context.Context, g guidance.Received) *model.ReceivedGuidance {
	state := model.GuidanceState(g.State)
	if g.InForceAt != nil {
		state = model.GuidanceStateInForce
	}
	v := authz.From(ctx)
	return &model.ReceivedGuidance{ID: g.ID, Partner: g.Partner, PartnerName: g.PartnerName, Kind: guidanceKind(g.Kind), Code: g.Code, Title: g.Title, Version: g.Version,
		Required: g.Required, Note: given(g.Note), ReceivedAt: g.ReceivedAt, WithdrawnAt: g.WithdrawnAt, WithdrawnFor: given(g.WithdrawnFor), Past: g.Past, State: state,
		Became: given(g.Became), SettledBy: given(g.SettledBy), SettledAt: g.SettledAt, After: given(g.After), MayTake: v != nil && v.May(authz.Perm(g.Right)).Has(authz.Tenant)}
}

func (r *Resolver) guidance(ctx context.Context, c *cursor, first *int) (*model.GuidanceConnection, error) {
	from, n, err := pageFrom(c, first)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Guidance.List(ctx, from, n)
	edges, info := edgesOf(list, c, more, func(g guidance.Issued) cursor { return byID(g.ID) }, func(g guidance.Issued, at cursor) *model.GuidanceEdge {
		return &model.GuidanceEdge{Node: guidanceOf(g), Cursor: at}
	})
	return &model.GuidanceConnection{Edges: edges, PageInfo: info}, err
}

func (r *Resolver) guidanceReceived(ctx context.Context, c *cursor, first *int) (*model.ReceivedGuidanceConnection, error) {
	from, n, err := pageFrom(c, first)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Guidance.Inbox(ctx, from, n)
	edges, info := edgesOf(list, c, more, func(g guidance.Received) cursor { return byID(g.ID) }, func(g guidance.Received, at cursor) *model.ReceivedGuidanceEdge {
		return &model.ReceivedGuidanceEdge{Node: receivedGuidanceOf(ctx, g), Cursor: at}
	})
	return &model.ReceivedGuidanceConnection{Edges: edges, PageInfo: info}, err
}

func (r *Resolver) guidanceWeighed(ctx context.Context, id uuid.UUID) (*model.GuidanceWeighed, error) {
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return nil, err
	}
	w, err := r.Guidance.Weigh(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil || w == nil {
		return nil, err
	}
	out := &model.GuidanceWeighed{Changes: []*model.GuidanceChange{}, Findings: []*model.GuidanceFinding{}}
	for _, c := range w.Changes {
		out.Changes = append(out.Changes, &model.GuidanceChange{What: c.What, Before: given(c.Before), After: given(c.After)})
	}
	for _, f := range w.Findings {
		out.Findings = append(out.Findings, &model.GuidanceFinding{Blocks: f.Blocks, Problem: f.Problem})
	}
	return out, nil
}

// issuing is a mutation of what was published.
func (r *Resolver) issuing(ctx context.Context, input any, do func(context.Context) (uuid.UUID, error)) (*model.GuidancePayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		id, err := do(ctx)
		return guidance.Entity, id, err
	})
	out := &model.GuidancePayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	g, err := r.Guidance.One(ctx, id)
	if err == nil {
		out.Guidance = guidanceOf(g)
	}
	return out, err
}

func (r *Resolver) issueGuidance(ctx context.Context, in model.IssueGuidanceInput) (*model.GuidancePayload, error) {
	return r.issuing(ctx, in, func(ctx context.Context) (uuid.UUID, error) {
		return r.Guidance.Issue(ctx, guidance.Issuing{Kind: strings.ToLower(string(in.Kind)), Code: in.Code, Partners: in.Partners, Required: value(in.Required), Note: value(in.Note)})
	})
}

// settling is a mutation of what came.
func (r *Resolver) settlingGuidance(ctx context.Context, input any, id uuid.UUID, do func(context.Context) error) (*model.ReceivedGuidancePayload, error) {
	_, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		return guidance.EntityReceived, id, do(ctx)
	})
	out := &model.ReceivedGuidancePayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	g, err := r.Guidance.Look(ctx, id)
	if err == nil {
		out.Guidance = receivedGuidanceOf(ctx, g)
	}
	return out, err
}
