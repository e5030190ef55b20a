package graph

import (
	"context"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/overview"
)

func (r *Resolver) loops(ctx context.Context, years []int) ([]*model.LoopOverview, error) {
	list, err := r.Overview.Overview(ctx, years...)
	if err != nil {
		return nil, err
	}
	out := make([]*model.LoopOverview, len(list))
	for i, l := range list {
		y := cohorts.YearsOf(l.HandleYear)
		out[i] = &model.LoopOverview{
			Matter: l.Matter, PrestudyYear: y.Prestudy, HandleYear: y.Handling, SupervisionYear: y.Supervision,
			Phase: model.CohortPhase(cohorts.PhaseOf(l.Matter.State)), Turn: given(l.Turn),
			Tasks: ledgerCounts(l.Tasks), Nodes: ledgerCounts(l.Nodes), Problems: ledgerCounts(l.Problems), Districts: make([]*model.DistrictShare, len(l.Districts)),
		}
		for j, d := range l.Districts {
			out[i].Districts[j] = &model.DistrictShare{Partner: d.Partner, Name: d.Name, Tasks: ledgerCounts(d.Tasks), Nodes: ledgerCounts(d.Nodes), Last: told(d.Last)}
		}
	}
	return out, nil
}

func told(t *overview.Told) *model.ToldByDistrict {
	if t == nil {
		return nil
	}
	out := &model.ToldByDistrict{Task: t.Task, Status: given(t.Status), Number: given(t.Number), Note: given(t.Note)}
	if day, err := time.Parse(time.DateOnly, t.On); err == nil { // the district's words; without a day there is none
		out.On = &day
	}
	return out
}

func ledgerCounts(c overview.Counts) *model.LedgerCounts {
	of := func(rows []*gen.Item) *model.LedgerCount { return &model.LedgerCount{Value: len(rows), Rows: rows} }
	return &model.LedgerCounts{Total: of(c.Total), Open: of(c.Open), Reported: of(c.Reported), Done: of(c.Done), Dropped: of(c.Dropped), Overdue: of(c.Overdue)}
}

func (r *Resolver) asked(ctx context.Context) (*model.AskedOfUs, error) {
	a, err := r.Overview.Asked(ctx)
	if err != nil {
		return nil, err
	}
	out := &model.AskedOfUs{Tasks: ledgerCounts(a.Tasks), NextDueOn: a.NextDueOn(), Requests: make([]*model.RequestFromAbove, len(a.Requests))}
	for i, q := range a.Requests {
		out.Requests[i] = &model.RequestFromAbove{Matter: q.Matter, Task: q.Task, From: q.From(), Next: q.Next(), Owed: q.Owed, Overdue: q.Overdue}
	}
	return out, nil
}

func (r *Resolver) ledger(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, f *overview.Filter) (*gen.ItemConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(true, after, before)
	}
	if err != nil {
		return nil, err
	}
	where, err := value(f).Predicate(ctx)
	if err != nil {
		return nil, asInput(err)
	}
	return r.ent().Item.Query().Where(where).Paginate(ctx, after, first, before, last,
		gen.WithItemOrder(&gen.ItemOrder{Direction: entgql.OrderDirectionAsc, Field: gen.ItemOrderFieldDueOn}))
}
