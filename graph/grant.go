package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
)

func (r *Resolver) grantOf(ctx context.Context, g oversight.Grant, seen map[uuid.UUID]*gen.Matter) *model.CaseGrant {
	out := &model.CaseGrant{ID: g.ID, Partner: g.Partner, PartnerName: g.PartnerName, Given: g.Given(), Matter: seen[value(g.Matter)], Title: g.Title, Number: g.Number, Purpose: g.Purpose,
		Until: g.Until, GivenBy: g.GivenBy, GivenAt: g.GivenAt, Open: !g.Over(clock.Today(ctx)), EndedAt: g.EndedAt, EndedBy: given(g.EndedBy), Reason: given(g.Reason), Looks: []*model.CaseLook{}}
	for _, l := range g.Looks {
		out.Looks = append(out.Looks, lookOf(l))
	}
	return out
}

func lookOf(l oversight.Look) *model.CaseLook {
	out := &model.CaseLook{ID: l.ID, Person: l.Person, AskedAt: l.AskedAt, AnsweredAt: l.Answered, Refused: given(l.Refused)}
	if v := l.View; v != nil {
		out.View = &model.CaseView{Number: v.Number, Title: v.Title, Situation: v.Situation, Analysis: v.Analysis, Suggestions: append([]string{}, v.Suggestions...),
			Steps: []*model.CaseViewStep{}, Shares: []*model.CaseViewShare{}}
		for _, s := range v.Steps {
			out.View.Steps = append(out.View.Steps, &model.CaseViewStep{On: value(dayOf(s.On)), Label: s.Label})
		}
		for _, s := range v.Shares {
			out.View.Shares = append(out.View.Shares, &model.CaseViewShare{Unit: s.Unit, Role: s.Role, DueOn: dayOf(s.DueOn), DocNo: given(s.DocNo), Class: given(s.Class), Reply: given(s.Reply)})
		}
	}
	return out
}

// dayOf is a day that a letter wrote out, nil where it is none.
func dayOf(written string) *time.Time {
	day, err := time.Parse(time.DateOnly, written)
	if err != nil {
		return nil
	}
	return &day
}

// grants are shown with their matters, as far as the viewer sees them.
func (r *Resolver) grants(ctx context.Context, list []oversight.Grant) ([]*model.CaseGrant, error) {
	var ids []uuid.UUID
	for _, g := range list {
		if g.Matter != nil {
			ids = append(ids, *g.Matter)
		}
	}
	seen := map[uuid.UUID]*gen.Matter{}
	if len(ids) > 0 {
		rows, err := r.ent().Matter.Query().Where(matter.IDIn(ids...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			seen[m.ID] = m
		}
	}
	out := make([]*model.CaseGrant, len(list))
	for i, g := range list {
		out[i] = r.grantOf(ctx, g, seen)
	}
	return out, nil
}

func (r *Resolver) caseGrants(ctx context.Context, c *cursor, first *int) (*model.CaseGrantConnection, error) {
	from, n, err := pageFrom(c, first)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Oversight.Grants(ctx, from, n)
	if err != nil {
		return nil, err
	}
	rows, err := r.grants(ctx, list)
	edges, info := edgesOf(rows, c, more, func(g *model.CaseGrant) cursor { return byID(g.ID) }, func(g *model.CaseGrant, at cursor) *model.CaseGrantEdge {
		return &model.CaseGrantEdge{Node: g, Cursor: at}
	})
	return &model.CaseGrantConnection{Edges: edges, PageInfo: info}, err
}

func (r *Resolver) caseLook(ctx context.Context, id uuid.UUID) (*model.CaseLook, error) {
	l, err := r.Oversight.ALook(ctx, id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return lookOf(l), nil
}

// granting is a mutation of a grant.
func (r *Resolver) granting(ctx context.Context, input any, do func(context.Context) (oversight.Grant, error)) (*model.CaseGrantPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		g, err := do(ctx)
		return "CaseGrant", g.ID, err
	})
	out := &model.CaseGrantPayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	g, err := r.Oversight.AGrant(ctx, id)
	if err != nil {
		return out, err
	}
	list, err := r.grants(ctx, []oversight.Grant{g})
	if err == nil {
		out.Grant = list[0]
	}
	return out, err
}

func (r *Resolver) grantCase(ctx context.Context, in model.GrantCaseInput) (*model.CaseGrantPayload, error) {
	return r.granting(ctx, in, func(ctx context.Context) (oversight.Grant, error) {
		return r.Oversight.Give(ctx, oversight.Opening{Partner: in.Partner, Matter: in.MatterID, Purpose: in.Purpose, Until: in.Until})
	})
}

func (r *Resolver) endCaseGrant(ctx context.Context, in model.EndCaseGrantInput) (*model.CaseGrantPayload, error) {
	return r.granting(ctx, in, func(ctx context.Context) (oversight.Grant, error) { return r.Oversight.End(ctx, in.ID, in.Reason) })
}

func (r *Resolver) lookAtCase(ctx context.Context, in model.LookAtCaseInput) (*model.CaseLookPayload, error) {
	id, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		l, err := r.Oversight.Look(ctx, in.GrantID)
		return "CaseLook", l.ID, err
	})
	out := &model.CaseLookPayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	out.Look, err = r.caseLook(ctx, id)
	return out, err
}
