package proposals

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// askAgain resets every signature, the convener's too: the text that was
// signed is no more. A filed text is changed with the 提案委's leave, not anew
// with everybody's.
func askAgain(ctx context.Context, r *run) error {
	if r.Edges.Proposal.FiledAt != nil {
		return nil
	}
	if signed := latest(r.Case, record.KindCONSENT, "convener"); signed != nil {
		if err := void(ctx, r, signed); err != nil {
			return err
		}
	}
	due, err := cosignDue(r.Case)
	if err != nil {
		return err
	}
	for _, p := range r.Parties {
		if p.Role == party.RoleCO && p.Cosign == party.CosignSIGNED && p.FromMatterID == nil {
			err := r.Client.Party.UpdateOne(p).SetCosign(party.CosignINVITED).SetCosignDueAt(due).ClearSignedAt().Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return r.Met(ctx, "cosign")
}

// cosignDue is the instant at which invitations end: some hours during the
// plenary, otherwise the end of a day.
func cosignDue(c *flow.Case) (time.Time, error) {
	key := "cosign.other"
	if s := c.Edges.Proposal.Edges.Sitting; s != nil && inSession(s, c.Today()) {
		key = "cosign.plenary"
	}
	due, err := c.DueDay(key)
	if err == nil && key == "cosign.other" {
		due = clock.StartOf(due.AddDate(0, 0, 1))
	}
	return due, err
}

// invite asks members of this committee to join. One who is invited already
// stays as he is; one who declined or was cancelled is asked again.
func invite(ctx context.Context, r *run) error {
	ids, err := r.Form.IDs("membershipIds")
	if err != nil {
		return err
	}
	found, err := r.Client.Membership.Query().Where(membership.IDIn(ids...), membership.KindEQ(membership.KindMEMBER), authz.MemberOn(r.Today())).All(ctx)
	if err != nil {
		return err
	}
	if len(found) != len(ids) {
		return errs.New(errs.Invalid, "联名人须是本政协的在任委员，请重新选择").At("membershipIds")
	}
	slices.SortFunc(found, func(a, b *gen.Membership) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) }) // they stand as they were named
	due, err := cosignDue(r.Case)
	if err != nil {
		return err
	}
	known := map[uuid.UUID]*gen.Party{}
	for _, p := range r.Parties {
		if p.MembershipID != nil {
			known[*p.MembershipID] = p
		}
	}
	for i, m := range found {
		p := known[m.ID]
		switch {
		case p == nil:
			err = r.Client.Party.Create().SetMatterID(r.Matter.ID).SetMembershipID(m.ID).SetName(m.Name).SetRole(party.RoleCO).
				SetOrdinal(len(r.Parties) + i).SetCosign(party.CosignINVITED).SetCosignDueAt(due).Exec(ctx)
		case p.Role == party.RoleLEAD:
			return errs.New(errs.Invalid, "第一提案人不用邀请").At("membershipIds")
		case p.Cosign == party.CosignDECLINED || p.Cosign == party.CosignEXPIRED || p.Cosign == party.CosignCANCELLED:
			err = r.Client.Party.UpdateOne(p).SetCosign(party.CosignINVITED).SetCosignDueAt(due).Exec(ctx)
		}
		if err != nil {
			return err
		}
	}
	return r.Met(ctx, "cosign") // the clock begins with the newest invitation
}

func answerInvite(answer party.Cosign) flow.Effect {
	return func(ctx context.Context, r *run) error {
		for _, p := range r.Parties {
			if p.Cosign != party.CosignINVITED || !is(p.MembershipID, r.Viewer) {
				continue
			}
			u := r.Client.Party.UpdateOne(p).SetCosign(answer)
			if answer == party.CosignSIGNED {
				u.SetSignedAt(r.Now)
			}
			return u.Exec(ctx)
		}
		return nil
	}
}

func cancelInvite(ctx context.Context, r *run) error {
	id, err := r.Form.ID("membershipId")
	if err != nil {
		return err
	}
	for _, p := range r.Parties {
		if p.Role == party.RoleCO && p.MembershipID != nil && *p.MembershipID == id && p.Cosign == party.CosignINVITED {
			return r.Client.Party.UpdateOne(p).SetCosign(party.CosignCANCELLED).Exec(ctx)
		}
	}
	return errs.New(errs.Invalid, "此人没有待答复的邀请").At("membershipId")
}

func expireInvites(ctx context.Context, r *run) error {
	return r.Client.Party.Update().Where(party.MatterID(r.Matter.ID), party.CosignEQ(party.CosignINVITED)).
		SetCosign(party.CosignEXPIRED).Exec(ctx)
}

// submit gives the registration number, the period and the contact of the
// day. Invitations that nobody answered have expired.
func submit(ctx context.Context, r *run) error {
	s, period, err := sittingFor(ctx, r)
	if err != nil {
		return err
	}
	p := r.Edges.Proposal
	if bySector(p) && period != proposal.PeriodPLENARY {
		return failed("界别、小组、联组提案只在全体会议期间提交")
	}
	if period == proposal.PeriodINTERSESSION && !r.Policy.Intersession {
		return errs.New(errs.DeadlinePassed, "大会提案征集已截止，本政协不受理平时提案")
	}
	phone, err := ofTerm(r, s)
	if err != nil {
		return err
	}
	no, err := registration(ctx, r, s)
	if err != nil {
		return err
	}
	u := r.Client.Proposal.UpdateOne(p).SetSitting(s).SetPeriod(period).SetRegistrationNo(no).SetSubmittedAt(r.Now).SetContactPhone(phone)
	if joint(p) {
		if err := expireInvites(ctx, r); err != nil {
			return err
		}
		if r.Form.Bool("acceptIndividual") && !anyParty(r.Parties, func(p *gen.Party) bool { return p.Cosign == party.CosignSIGNED }) {
			u.SetProposerKind(proposal.ProposerKindINDIVIDUAL)
		}
	}
	r.After["registrationNo"] = no
	if err := u.Exec(ctx); err != nil {
		return err
	}
	p.Edges.Sitting = s // the review clock counts from this sitting's closing
	r.Number = no
	return nil
}

// sittingFor finds the sitting that a submission of now belongs to: the one
// whose window is open (大会提案), otherwise the last that has opened (平时提案).
// A proposal handed in on the opening day of the next sitting is the next
// sitting's (domain.md trap 2).
func sittingFor(ctx context.Context, r *run) (*gen.Sitting, proposal.Period, error) {
	today := r.Today()
	prepared, err := r.Client.Sitting.Query().WithTerm().
		Where(sitting.Or(sitting.PrepOpensOnLTE(today), sitting.OpensOnLTE(today))).Order(gen.Asc(sitting.FieldPrepOpensOn)).All(ctx)
	if err != nil {
		return nil, "", err
	}
	var last *gen.Sitting
	for _, s := range prepared {
		begun := s.PrepOpensOn != nil && !s.PrepOpensOn.After(today)
		byHour := s.CutoffAt != nil && !s.CutoffAt.Before(r.Now)
		byDay := s.CutoffAt == nil && s.ClosesOn != nil && !s.ClosesOn.Before(today)
		if begun && (byHour || byDay) {
			return s, proposal.PeriodPLENARY, nil
		}
		if s.OpensOn != nil && !s.OpensOn.After(today) && (last == nil || s.OpensOn.After(*last.OpensOn)) {
			last = s
		}
	}
	if last == nil {
		return nil, "", failed("本政协还没有设置会议，不能提交；请联系租户管理员")
	}
	return last, proposal.PeriodINTERSESSION, nil
}

// ofTerm refuses what is handed in by who is not, or no longer, a member of the
// sitting's term, and answers the first proposer's telephone number.
func ofTerm(r *run, s *gen.Sitting) (phone string, err error) {
	for _, p := range r.Proposers() {
		m := p.Edges.Membership
		if m == nil {
			continue
		}
		switch {
		case authz.Serves(m, r.Today()) && authz.OfTerm(m, s):
		case p.Role == party.RoleLEAD:
			return "", failed("这件提案属于第%s届%s次会议，“%s”不是这一届的在任委员，不能提交", text.Chinese(s.Edges.Term.Ordinal), text.Chinese(s.Ordinal), m.Name)
		default:
			return "", failed("这件提案属于第%s届%s次会议，联名人“%s”不是这一届的在任委员；请修改提案后撤回对其的邀请，再提交", text.Chinese(s.Edges.Term.Ordinal), text.Chinese(s.Ordinal), m.Name)
		}
		if p.Role == party.RoleLEAD {
			phone = m.Phone
		}
	}
	return phone, nil
}

// registration is {committee}-{term}{sitting}-R{0001}.
func registration(ctx context.Context, r *run, s *gen.Sitting) (string, error) {
	n, err := flow.Next(ctx, "registration:"+s.ID.String(), 1)
	return fmt.Sprintf("%s-%02d%02d-R%04d", r.Committee, s.Edges.Term.Ordinal, s.Ordinal, n), err
}

// resubmit keeps the registration number. Who did not sign the changed text in
// time is no party any more.
func resubmit(ctx context.Context, r *run) error {
	if err := expireInvites(ctx, r); err != nil {
		return err
	}
	u := r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetReviewPass(0)
	handIn(r, u)
	return u.Exec(ctx)
}

// returnOver takes a proposal back that was not handed in again in time. What
// its author has changed since he has not handed in, and no step says it.
func returnOver(ctx context.Context, r *run) error {
	if err := expireInvites(ctx, r); err != nil {
		return err
	}
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetReviewPass(0).Exec(ctx)
}

// consent records what somebody agreed to or applied for.
func consent(purpose string) flow.Effect {
	return func(ctx context.Context, r *run) error {
		return r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(record.KindCONSENT).SetOn(r.Today()).
			SetNillableAuthorID(r.Actor()).SetText(r.Reason).SetData(map[string]any{"for": purpose}).Exec(ctx)
	}
}

func consentWithdraw(ctx context.Context, r *run) error {
	for _, p := range r.Active(party.RoleCO) {
		if speaksFor(p, r.Viewer) {
			return r.Client.Party.UpdateOne(p).SetWithdrawConsentAt(r.Now).Exec(ctx)
		}
	}
	return nil
}

// finishReedit closes the text again: assignment has waited for it.
func finishReedit(ctx context.Context, r *run) error {
	u := r.Client.Proposal.UpdateOne(r.Edges.Proposal).ClearReeditGrantedUntil()
	handIn(r, u)
	return u.Exec(ctx)
}

// grantReedit opens the text for the days of the policy, or refuses.
func grantReedit(ctx context.Context, r *run) error {
	r.After["grant"], r.After["note"] = r.Form.Bool("grant"), r.Form.Text("note")
	if err := void(ctx, r, latest(r.Case, record.KindCONSENT, "reedit")); err != nil { // answered
		return err
	}
	if !r.Form.Bool("grant") {
		return nil
	}
	until, err := r.DueDay("reedit.window")
	if err != nil {
		return err
	}
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetReeditGrantedUntil(clock.StartOf(until.AddDate(0, 0, 1))).Exec(ctx)
}
