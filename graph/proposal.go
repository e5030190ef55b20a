package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
)

// contactPhones answers, of a batch of proposals, the numbers that the viewer
// may see: the proposer, the 提案委 and the units that handle the case need them
// for the contact.
func (r *Resolver) contactPhones(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := r.ent().Proposal.Query().Where(proposal.IDIn(ids...)).Select(proposal.FieldMatterID, proposal.FieldContactPhone).All(ctx)
	if err != nil {
		return nil, err
	}
	of := make([]uuid.UUID, len(rows))
	for i, p := range rows {
		of[i] = p.MatterID
	}
	may, err := r.Engine.Covering(ctx, of, "proposal.contactDetails", "proposal.edit")
	out := make(map[uuid.UUID]string, len(rows))
	for _, p := range rows {
		if may[p.MatterID] {
			out[p.ID] = p.ContactPhone
		}
	}
	return out, err
}

func (r *Resolver) contactPhone(ctx context.Context, p *gen.Proposal) (*string, error) {
	phone, err := load(ctx).reached.Load(ctx, p.ID)
	if phone != "" {
		saw(ctx, gen.TypeMatter, p.MatterID)
	}
	return given(phone), err
}

func draft(in model.CreateProposalInput) proposals.Draft {
	return proposals.Draft{
		Kind: in.ProposerKind, Title: in.Title, Situation: value(in.Situation), Analysis: value(in.Analysis), Suggestions: in.Suggestions,
		Category: value(in.Category), Units: in.SuggestedUnitIds, Consent: in.ConsentPublish == nil || *in.ConsentPublish,
		Reason: value(in.ConsentReason), Organisation: in.OrganisationUnitID, OnBehalf: in.OnBehalfOfID,
	}
}

// merge absorbs several cases into one, all or none.
func (r *Resolver) merge(ctx context.Context, c common, in model.MergeProposalsInput) error {
	if len(in.AbsorbedIds) == 0 || len(in.AbsorbedIds) > 50 {
		return errs.New(errs.Invalid, "一次并入 1 至 50 件").At("absorbedIds")
	}
	for _, id := range in.AbsorbedIds {
		_, err := r.Engine.Do(ctx, flow.Command{
			Machine: process.OfMatter, Subject: id, Action: "merge", Reason: c.reason, Form: process.Form{"intoId": in.IntoID.String()},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sittingFigures are the figures of a sitting for the first screen that had them.
func sittingFigures(f proposals.Figures) *model.ProposalFigures {
	out := &model.ProposalFigures{
		Received: f.Received, Filed: f.Filed, Merged: f.Merged, ConvertedToOpinion: f.Opinions, ConvertedToLetter: f.Letters,
		NotFiled: f.NotFiled, Withdrawn: f.Withdrawn, ForwardedUp: f.Forwarded, Pending: f.Pending, Plenary: f.Plenary,
		Intersession: f.Intersession, Assigned: f.Assigned, Completed: f.Completed, Rehandled: f.Rehandled,
		RatingsAsked: f.Asked, RatingsReceived: f.Answered, FilingRate: rate(f.Filed, f.Received), CompletionRate: rate(f.Completed, f.Filed),
		FeedbackRate: rate(f.Answered, f.Asked), Ratings: []*model.RatingCount{},
	}
	out.AttitudeRatings, out.Outcomes = []*model.RatingCount{}, []*model.OutcomeFigure{}
	for _, c := range f.Attitudes {
		out.AttitudeRatings = append(out.AttitudeRatings, &model.RatingCount{Code: c.Code, Count: c.Count})
	}
	out.FaceRate, out.ContactRate, out.Uncontacted = rate(f.Met, f.Assigned), rate(f.Contacted, f.Assigned), f.Uncontacted
	out.UnitContacts = make([]*model.UnitContactFigure, len(f.Units))
	for i, u := range f.Units {
		out.UnitContacts[i] = &model.UnitContactFigure{
			Unit: u.Unit, Assigned: u.Assigned, FaceRate: rate(u.Met, u.Assigned), ContactRate: rate(u.Contacted, u.Assigned), Uncontacted: u.Uncontacted, Marks: u.Marks,
		}
	}
	for _, o := range f.Outcomes {
		out.Outcomes = append(out.Outcomes, &model.OutcomeFigure{
			Category: model.OutcomeCategory(o.Category), Measure: o.Measure, Count: len(o.Rows), Quantity: o.Quantity, Rows: o.Rows,
		})
	}
	counts := map[string]int{}
	for _, c := range f.Ratings {
		counts[c.Code] = c.Count
		out.Ratings = append(out.Ratings, &model.RatingCount{Code: c.Code, Count: c.Count})
	}
	out.SatisfactionRate = rate(counts["SATISFIED"], f.Answered)
	out.SatisfactionRateWithBasic = rate(counts["SATISFIED"]+counts["BASIC"], f.Answered)
	return out
}

// rate is a ratio as the first screens have it: of nothing it prints a dash.
func rate(n, d int) *model.Rate {
	text := "—"
	if d > 0 {
		text = figures.Number{Numerator: n, Denominator: d, Rate: true}.Text()
	}
	return &model.Rate{Numerator: n, Denominator: d, Text: text}
}
