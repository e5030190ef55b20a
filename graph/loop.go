package graph

import (
	"context"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/loop/plans"
	"github.com/bihuan/bihuan/platforms"
)

// startPlanItem opens a matter on a platform and attaches it to the plan's
// item: both or neither.
func (r *Resolver) startPlanItem(ctx context.Context, in model.StartPlanItemInput) (*flow.Case, error) {
	planned, err := r.ent().Item.Query().Where(item.ID(in.ItemID), item.MatterID(in.MatterID), item.KindEQ(item.KindPLAN_ITEM)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "计划里没有这一项，或您无权查看").At("itemId")
	}
	if err != nil {
		return nil, err
	}
	c, err := r.Platforms.Open(ctx, platforms.Opening{
		PlatformID: in.PlatformID, Title: *or(in.Title, &planned.Text), Source: value(in.Source), Data: in.Data, StreetID: in.StreetID,
		OwnerUnitID: in.OwnerUnitID, SectorID: in.SectorID, Reason: value(in.Reason),
	})
	if err != nil {
		return nil, err
	}
	_, err = r.Engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: in.MatterID, Action: "attach",
		Form: process.Form{"itemId": in.ItemID.String(), "matterId": c.Matter.ID.String()}})
	return c, err
}

func (r *Resolver) offerTemplate(ctx context.Context, in model.OfferTemplateInput) (*model.OfferTemplatePayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		return gen.TypeProcess, in.ProcessID, r.Processes.Offer(ctx, in.ProcessID, in.Partners, value(in.Note))
	})
	return &model.OfferTemplatePayload{Done: err == nil && len(bad) == 0, UserErrors: bad}, err
}

func (r *Resolver) adoptTemplate(ctx context.Context, in model.AdoptTemplateInput) (*gen.Process, error) {
	return r.Processes.Adopt(ctx, in.EnvelopeID, value(in.As))
}

func (r *Resolver) sendNotice(ctx context.Context, in model.SendNoticeInput) (*model.SendNoticePayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		n := exchange.Notice{Title: in.Title, Text: in.Text, On: dayText(in.On), Place: value(in.Place)}
		if i := in.Instruction; i != nil {
			n.Instruction = &exchange.Instruction{By: i.By, Text: i.Text, On: dayText(i.On)}
		}
		var about exchange.Object
		if in.MatterID != nil {
			about = exchange.Object{Type: gen.TypeMatter, ID: *in.MatterID}
		}
		sent, err := r.Exchange.Tell(ctx, string(in.Kind), in.Partners, n, about)
		if err != nil {
			return "", uuid.Nil, err
		}
		return "Envelope", sent[0], nil
	})
	return &model.SendNoticePayload{Done: err == nil && len(bad) == 0, UserErrors: bad}, err
}

func dayText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

// planState is how far an item of a plan has come, nil for other items.
func planState(ctx context.Context, i *gen.Item) (*model.PlanItemState, error) {
	if i.Kind != item.KindPLAN_ITEM {
		return nil, nil
	}
	s, err := load(ctx).planned.Load(ctx, i)
	if err != nil {
		return nil, err
	}
	return new(model.PlanItemState(s)), nil
}

func planOpening(in model.OpenPlanInput) plans.Opening {
	return plans.Opening{Plan: plans.Kind(in.Plan), Year: in.Year, Title: value(in.Title)}
}

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
