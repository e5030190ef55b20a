package proposals

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// file gives the case number: the next of its sitting, 001 for the 一号提案
// alone where there is one.
func file(ctx context.Context, r *run) error {
	p := r.Edges.Proposal
	u := r.Client.Proposal.UpdateOne(p).SetDisposition(proposal.DispositionFILED).SetFiledAt(r.Now)
	if p.Period != nil && *p.Period == proposal.PeriodINTERSESSION && r.Policy.IntersessionNumbers == "OWN" && !r.Form.Bool("noOne") {
		year := r.Today().Year()
		n, err := flow.Next(ctx, fmt.Sprintf("intersession:%d", year), 1)
		if err != nil {
			return err
		}
		r.Number = fmt.Sprintf("平-%d-%03d", year, n)
		r.After["number"] = r.Number
		return u.Exec(ctx)
	}
	s := p.Edges.Sitting
	n, err := caseNo(ctx, r, s)
	if err != nil {
		return err
	}
	r.Number = caseNumber(s.Edges.Term.Ordinal, s.Ordinal, n)
	r.After["number"] = r.Number
	if r.Form.Bool("noOne") {
		u.SetIsNoOne(true)
	}
	return u.SetCaseNo(n).Exec(ctx)
}

// caseNo is the number of a case that is filed now.
func caseNo(ctx context.Context, r *run, s *gen.Sitting) (int, error) {
	if !r.Form.Bool("noOne") {
		return nextNo(ctx, r.Client, s)
	}
	taken, err := r.Client.Proposal.Query().Where(proposal.SittingID(s.ID), proposal.IsNoOne(true), proposal.MatterIDNEQ(r.Matter.ID)).Exist(ctx)
	if err != nil {
		return 0, err
	}
	if taken {
		return 0, errs.New(errs.Conflict, "本次会议已有一号提案").At("noOne")
	}
	first, err := r.Client.Proposal.Query().Where(proposal.SittingID(s.ID), proposal.CaseNo(1)).WithMatter().ForUpdate().Only(ctx)
	if gen.IsNotFound(err) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := nextNo(ctx, r.Client, s)
	if err != nil || s.ListPublishedAt != nil { // a published number stays; the 一号提案 is it by its mark
		return n, err
	}
	return 1, renumber(ctx, r.Client, r.Viewer, s, first, n)
}

func caseScope(sitting uuid.UUID) string { return "case:" + sitting.String() }

// nextNo is the next number of a sitting. The first is 001, unless that is
// kept for the 一号提案.
func nextNo(ctx context.Context, client *gen.Client, s *gen.Sitting) (int, error) {
	return flow.NextFrom(ctx, caseScope(s.ID), func() (int, error) {
		if last, err := client.Proposal.Query().Where(proposal.SittingID(s.ID), proposal.CaseNoNotNil()).Order(gen.Desc(proposal.FieldCaseNo)).First(ctx); err == nil {
			return *last.CaseNo + 1, nil // they were imported
		} else if !gen.IsNotFound(err) {
			return 0, err
		}
		there, toBe, err := noOne(ctx, client, s)
		if there || toBe {
			return 2, err
		}
		return 1, err
	})
}

// noOne reports whether a sitting has its 一号提案, or is to have one: a loop of
// the year in which its cases are handled goes on, and its proposal is of this
// sitting or not yet known (domain.md 4.4, H0).
func noOne(ctx context.Context, client *gen.Client, s *gen.Sitting) (there, toBe bool, err error) {
	there, err = client.Proposal.Query().Where(proposal.SittingID(s.ID), proposal.IsNoOne(true)).Exist(ctx)
	if err != nil || there || s.OpensOn == nil {
		return there, false, err
	}
	toBe, err = client.Cohort.Query().Where(cohort.HandleYear(handlingYear(*s.OpensOn)), cohort.HasMatterWith(matter.ClosedAtIsNil()),
		cohort.Or(cohort.ProposalMatterIDIsNil(), cohort.HasProposalMatterWith(matter.HasProposalWith(proposal.SittingID(s.ID))))).Exist(ctx)
	return false, toBe, err
}

// handlingYear is the year in which most of the handling lies of what was
// brought to a sitting: a plenary is held at the end of the year before or at
// the year's beginning.
func handlingYear(opens time.Time) int { return opens.AddDate(0, 6, 0).Year() }

// release takes the case number from a case that leaves the cases: it shows
// its registration number again, and the list is laid out without it. A
// published number stays.
func release(r *run, u *gen.ProposalUpdateOne) {
	p := r.Edges.Proposal
	if p.CaseNo != nil && p.Edges.Sitting.ListPublishedAt != nil {
		return
	}
	u.ClearCaseNo().SetIsNoOne(false)
	r.Number = *p.RegistrationNo
}

// PublishList renumbers a sitting's cases for the last time (001 the 一号提案,
// then key cases, then by category, then by time; 平时提案 after the plenary
// ones) and freezes them.
// A published list has no gap: where the sitting is to have a 一号提案 it waits
// for it, unless without says that there is to be none any more; then the list
// begins with 001 all the same.
// Old numbers stay in each case's timeline. Called again it does nothing.
func (s *Service) PublishList(ctx context.Context, sittingID uuid.UUID, without bool) (err error) {
	defer errs.Wrap(&err, "PublishList(%s)", sittingID)
	v := authz.From(ctx)
	if !v.May(authz.Perm("proposal.file")).Has(authz.Tenant) {
		return errs.New(errs.NotAllowed, "提案目录由提案委主任公布")
	}
	sys := authz.System(ctx)
	sit, err := s.client.Sitting.Query().Where(sitting.ID(sittingID)).WithTerm().ForUpdate().Only(sys)
	if gen.IsNotFound(err) {
		return errs.New(errs.NotFound, "没有这次会议")
	}
	if err != nil || sit.ListPublishedAt != nil {
		return err
	}
	if sit.CutoffAt == nil || sit.CutoffAt.After(clock.Now(ctx)) {
		return errs.New(errs.NotAllowedInState, "大会提案截止以后才能公布提案目录")
	}
	n, err := s.firstNo(sys, sit, without)
	if err != nil {
		return err
	}
	rows, err := s.client.Proposal.Query().Where(proposal.SittingID(sittingID), proposal.CaseNoNotNil()).
		Order(gen.Desc(proposal.FieldIsNoOne, proposal.FieldPeriod, proposal.FieldIsKey), gen.Asc(proposal.FieldCategory, proposal.FieldSubmittedAt, proposal.FieldID)).
		WithMatter().ForUpdate().All(sys)
	if err != nil {
		return err
	}
	// In two passes: numbers are unique at every moment.
	if _, err := tenants.Exec(ctx, `UPDATE proposals SET case_no = -case_no WHERE sitting_id = $1 AND case_no > 0`, sittingID); err != nil {
		return err
	}
	for _, p := range rows {
		no := n
		if p.IsNoOne {
			no = 1
		} else {
			n++
		}
		if err := renumber(sys, s.client, v, sit, p, no); err != nil {
			return err
		}
	}
	if err := flow.SetNext(ctx, caseScope(sittingID), n); err != nil {
		return err
	}
	return s.client.Sitting.UpdateOneID(sittingID).SetListPublishedAt(clock.Now(ctx)).Exec(sys)
}

// firstNo is the number that a published list's other cases begin with.
func (s *Service) firstNo(ctx context.Context, sit *gen.Sitting, without bool) (int, error) {
	there, toBe, err := noOne(ctx, s.client, sit)
	switch {
	case err != nil:
		return 0, err
	case there:
		return 2, nil
	case toBe && !without:
		return 0, errs.New(errs.GuardFailed, "本次会议的一号提案还没有立案，现在公布目录 001 号会空着；请先将它立案，确定没有一号提案的请选择“不留 001 号”").At("withoutNoOne")
	}
	return 1, nil
}

// renumber gives a case another number, with a step that keeps the old one.
func renumber(ctx context.Context, client *gen.Client, v *authz.Viewer, sit *gen.Sitting, p *gen.Proposal, no int) error {
	if err := client.Proposal.UpdateOneID(p.ID).SetCaseNo(no).Exec(ctx); err != nil {
		return err
	}
	number := caseNumber(sit.Edges.Term.Ordinal, sit.Ordinal, no)
	if number == p.Edges.Matter.Number {
		return nil
	}
	err := client.Matter.UpdateOneID(p.MatterID).SetNumber(number).AddVersion(1).Exec(ctx)
	if err != nil {
		return err
	}
	return client.Step.Create().SetMatterID(p.MatterID).SetAction("renumber").SetLabel("案号重排").
		SetFromState(p.Edges.Matter.State).SetToState(p.Edges.Matter.State).SetAt(clock.Now(ctx)).
		SetActorID(v.Membership).SetActorName(v.Name + " " + v.Post).
		SetBefore(map[string]any{"number": p.Edges.Matter.Number}).SetAfter(map[string]any{"number": number}).Exec(ctx)
}

// caseNumber prints a case number as the committees do: 第十一届三次会议第001号.
func caseNumber(term, sitting, n int) string {
	return fmt.Sprintf("第%s届%s次会议第%03d号", text.Chinese(term), text.Chinese(sitting), n)
}
