package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/oversight"
)

func (r *Resolver) districtFigures(ctx context.Context, q oversight.Question, c *cursor, first *int) (*model.DistrictFiguresConnection, error) {
	if _, err := authz.Require(ctx, figures.Read); err != nil { // before anything is said of the arguments
		return nil, err
	}
	from, err := after(c, true)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	q.After, q.First = value(from.said), *first
	list, more, err := r.Oversight.Compare(ctx, q)
	edges, info := edgesOf(list, c, more, func(d oversight.District) cursor { return at(d.Partner) }, func(d oversight.District, here cursor) *model.DistrictFiguresEdge {
		return &model.DistrictFiguresEdge{Node: districtOf(d), Cursor: here}
	})
	return &model.DistrictFiguresConnection{Edges: edges, PageInfo: info}, err
}

func districtOf(d oversight.District) *model.DistrictFigures {
	out := &model.DistrictFigures{
		Code: d.Partner, Name: d.PartnerName, Agreed: d.Shares, Crosses: d.Crosses, Suspended: d.Terms.Status == oversight.Suspended, Narrowed: given(d.Terms.Summary()),
		SharedCodes: d.Terms.Codes, SharedSplits: d.Terms.Splits, ScopeName: given(d.ScopeName), OpensOn: d.Opens, ClosesOn: d.Closes, AsOf: d.AsOf, ToldAt: d.At,
		Freshness: model.DistrictFreshness(d.Freshness), Light: model.DistrictLight(d.Light), Figures: make([]*model.DistrictFigure, len(d.Values)),
		Cohorts: []*model.DistrictCohort{},
	}
	for i, v := range d.Values {
		f := &model.DistrictFigure{Code: v.Code, Label: v.Label, Unit: v.Unit, Hidden: v.Hidden, SameDefinition: v.Same, Parts: []*model.FigurePart{}}
		if v.Told {
			n := v.Number
			f.Numerator, f.Denominator, f.Text, f.DefinitionVersion, f.AsOf, f.MovedOn = &n.Numerator, base(n), given(n.Text()), &v.Version, &v.AsOf, &v.MovedOn
		}
		for _, p := range v.Parts {
			f.Parts = append(f.Parts, &model.FigurePart{Key: p.Key, Label: p.Label, Numerator: p.Numerator, Denominator: base(p.Number), Text: p.Text()})
		}
		out.Figures[i] = f
	}
	for _, c := range d.Cohorts {
		out.Cohorts = append(out.Cohorts, cohortOf(c))
	}
	return out
}

func cohortOf(c oversight.Cohort) *model.DistrictCohort {
	out := &model.DistrictCohort{Phase: c.Phase, Label: c.Label, Light: model.DistrictLight(c.Light), Figures: []*model.CohortFigure{}}
	for _, p := range c.Parts {
		f := &model.CohortFigure{Code: p.Code}
		if p.Told {
			f.Numerator, f.Denominator, f.Text = &p.Number.Numerator, base(p.Number), given(p.Number.Text())
		}
		out.Figures = append(out.Figures, f)
	}
	return out
}

func (r *Resolver) districtAlerts(ctx context.Context) ([]*model.DistrictAlert, error) {
	list, err := r.Oversight.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	for _, a := range list {
		if a.Matter != nil {
			ids = append(ids, *a.Matter)
		}
	}
	seen := map[uuid.UUID]*gen.Matter{}
	if len(ids) > 0 {
		rows, err := r.ent().Matter.Query().Where(matter.IDIn(ids...)).All(ctx) // as the viewer
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			seen[m.ID] = m
		}
	}
	out := make([]*model.DistrictAlert, len(list))
	for i, a := range list {
		out[i] = &model.DistrictAlert{ID: a.ID, Code: a.Partner, Name: a.PartnerName, About: model.DistrictAlertKind(a.About), Text: a.Text, Since: a.Since, Matter: seen[value(a.Matter)]}
	}
	return out, nil
}

func (r *Resolver) rankings(ctx context.Context, c *cursor, first *int) (*model.RankingConnection, error) {
	from, n, err := pageFrom(c, first)
	if err != nil {
		return nil, err
	}
	list, more, err := r.Oversight.Rankings(ctx, from, n)
	edges, info := edgesOf(list, c, more, func(x oversight.Ranking) cursor { return byID(x.ID) }, func(x oversight.Ranking, at cursor) *model.RankingEdge {
		return &model.RankingEdge{Node: rankingOf(x), Cursor: at}
	})
	return &model.RankingConnection{Edges: edges, PageInfo: info}, err
}

func rankingOf(x oversight.Ranking) *model.Ranking {
	asOf, _ := time.Parse(time.DateOnly, x.AsOf) // it was written so
	out := &model.Ranking{ID: x.ID, Code: x.Code, Label: x.Label, Kind: model.FigureScopeKind(x.Kind), Year: x.Year, AsOf: asOf, Ascending: x.Ascending,
		Places: []*model.RankingPlace{}, PublishedAt: x.PublishedAt, Publisher: given(x.Publisher), WithdrawnAt: x.WithdrawnAt, Reason: given(x.Reason)}
	for _, p := range x.Places {
		place := &model.RankingPlace{Code: p.Code, Name: p.Name, Text: p.Text}
		if p.Place > 0 {
			place.Place = &p.Place
		}
		out.Places = append(out.Places, place)
	}
	return out
}

func sharingOf(s oversight.Sharing) *model.FigureSharing {
	return &model.FigureSharing{Partner: s.Partner, PartnerName: s.PartnerName, Codes: s.Codes, Splits: s.Splits, Suspended: s.Status == oversight.Suspended, Reason: given(s.Reason),
		Version: s.Version, ChangedAt: s.ChangedAt, Told: s.Told, ToldAt: s.ToldAt, Problem: given(s.Problem), Crosses: s.Crosses}
}

// sharing is a mutation of what leaves for a partner.
func (r *Resolver) sharing(ctx context.Context, input any, do func(context.Context) (oversight.Sharing, error)) (*model.FigureSharingPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		s, err := do(ctx)
		return "FigureSharing", s.Agreement, err
	})
	out := &model.FigureSharingPayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	list, err := r.Oversight.Sharings(ctx)
	for _, s := range list {
		if s.Agreement == id {
			out.Sharing = sharingOf(s)
		}
	}
	return out, err
}

// ranking is a mutation of a ranking.
func (r *Resolver) ranking(ctx context.Context, input any, do func(context.Context) (oversight.Ranking, error)) (*model.RankingPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		x, err := do(ctx)
		return "Ranking", x.ID, err
	})
	out := &model.RankingPayload{UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	x, err := r.Oversight.Ranking(ctx, id)
	if err == nil {
		out.Ranking = rankingOf(x)
	}
	return out, err
}

func (r *Resolver) figureSharings(ctx context.Context) ([]*model.FigureSharing, error) {
	list, err := r.Oversight.Sharings(ctx)
	out := make([]*model.FigureSharing, len(list))
	for i, s := range list {
		out[i] = sharingOf(s)
	}
	return out, err
}
