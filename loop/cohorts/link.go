package cohorts

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// link joins the cohort to its real proposal. The proposal's row is locked
// first, so that two cohorts cannot take one proposal at the same time. A
// proposal linked before goes free; the old link stays, as undone.
func link(ctx context.Context, r *flow.Run) error {
	id, err := r.Form.ID("proposalId")
	if err != nil {
		return err
	}
	ids, old := []uuid.UUID{id}, r.Edges.Cohort.ProposalMatterID
	if old != nil {
		ids = append(ids, *old)
	}
	locked, err := r.Engine.Lock(ctx, ids...)
	if err != nil {
		return err
	}
	p := locked[id]
	if err := linkable(ctx, r, id, p); err != nil {
		return err
	}
	if old != nil {
		if err := unlink(ctx, r, locked[*old]); err != nil {
			return err
		}
	}
	r.After["proposal"] = p.Title
	if err := r.Client.Cohort.UpdateOneID(r.Edges.Cohort.ID).SetProposalMatterID(id).Exec(ctx); err != nil {
		return err
	}
	err = r.Client.Link.Create().SetFromID(id).SetToID(r.Matter.ID).SetKind(entlink.KindBELONGS_TO).
		SetReason(r.Reason).SetNillableDecidedByID(r.Actor()).Exec(ctx)
	if err != nil {
		return err
	}
	// A designation made before there was a proposal holds for this one.
	if d := last(r.Case, stageDesignation); d != nil && d.Data["proposalId"] == nil {
		return mark(ctx, r.Client, p, true)
	}
	return nil
}

// linkable: handed in, not disposed of otherwise, and of no other cohort. What
// has not been handed in looks like what does not exist.
func linkable(ctx context.Context, r *flow.Run, id uuid.UUID, p *flow.Case) error {
	if p == nil || p.Edges.Proposal == nil || p.Edges.Proposal.SubmittedAt == nil {
		return errs.New(errs.NotFound, "没有这件提案，或提案还没有提交").At("proposalId")
	}
	if d := p.Edges.Proposal.Disposition; d != proposal.DispositionNONE && d != proposal.DispositionFILED {
		return errs.New(errs.Invalid, "该提案已作其他处理，没有立案；被并案的请关联并入的那一件").At("proposalId")
	}
	of, err := r.Client.Cohort.Query().Where(cohort.ProposalMatterID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.New(errs.Conflict, "该提案已是%d年度一号提案闭环的提案", of.HandleYear).At("proposalId")
}

func unlink(ctx context.Context, r *flow.Run, p *flow.Case) error {
	r.Before["proposal"] = p.Title
	err := r.Client.Link.Update().
		Where(entlink.FromID(p.Matter.ID), entlink.ToID(r.Matter.ID), entlink.KindEQ(entlink.KindBELONGS_TO), entlink.UndoneAtIsNil()).
		SetUndoneAt(r.Now).Exec(ctx)
	if err != nil {
		return err
	}
	return mark(ctx, r.Client, p, false)
}

// mark makes a filed proposal the 一号提案 of its sitting, or takes that back.
// Before it is filed the flag waits: filing gives it with number 001, or else
// the deployment does. Its number is the proposals' business.
func mark(ctx context.Context, client *gen.Client, p *flow.Case, on bool) error {
	own := p.Edges.Proposal
	if own.IsNoOne == on || (on && own.Disposition != proposal.DispositionFILED) {
		return nil
	}
	if on && own.SittingID != nil {
		taken, err := client.Proposal.Query().Where(proposal.SittingID(*own.SittingID), proposal.IsNoOne(true)).Exist(ctx)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.Conflict, "该提案所在的会议已有一号提案，请先更正")
		}
	}
	if err := client.Proposal.UpdateOneID(own.ID).SetIsNoOne(on).Exec(ctx); err != nil {
		return err
	}
	return client.Matter.UpdateOneID(p.Matter.ID).AddVersion(1).Exec(ctx)
}

// markLinked marks the cohort's own proposal, if it has one.
func markLinked(ctx context.Context, r *flow.Run) error {
	id := r.Edges.Cohort.ProposalMatterID
	if id == nil {
		return nil
	}
	locked, err := r.Engine.Lock(ctx, *id)
	if err != nil {
		return err
	}
	return mark(ctx, r.Client, locked[*id], true)
}

func designate(ctx context.Context, r *flow.Run) error {
	derived := map[string]any{}
	if id := r.Edges.Cohort.ProposalMatterID; id != nil {
		derived["proposalId"] = id.String()
	}
	if err := markLinked(ctx, r); err != nil {
		return err
	}
	return write(ctx, r, aDesignation, derived)
}

// nameLeaders keeps 领办 and 督办 apart: two posts, two fields.
func nameLeaders(ctx context.Context, r *flow.Run) error {
	lead, supervise := r.Form.Text("leadLeaderPost"), r.Form.Text("superviseLeaderPost")
	r.After["leadLeaderPost"], r.After["superviseLeaderPost"] = lead, supervise
	err := r.Client.Cohort.UpdateOneID(r.Edges.Cohort.ID).SetLeadLeaderPost(lead).SetSuperviseLeaderPost(supervise).Exec(ctx)
	if err != nil {
		return err
	}
	return markLinked(ctx, r)
}
