package proposals

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// About half of a committee's members have no account: staff enter for them
// (代录), and what they do is done with the member's consent, of which the case
// keeps how and when it was given. And members leave: what waits for one who is
// gone goes on with another proposer, or ends on record.

// author is the first proposer of the case itself, nil where it is an
// organisation: that one's people do not go all at once.
func author(c *flow.Case) *gen.Party {
	for _, p := range c.Active(party.RoleLEAD) {
		if p.FromMatterID == nil && p.MembershipID != nil {
			return p
		}
	}
	return nil
}

// gone: a member who is no member any more.
func gone(p *gen.Party, today time.Time) bool {
	m := p.Edges.Membership
	return m != nil && !authz.Serves(m, today)
}

// mute: a member who is there and cannot sign in.
func mute(p *gen.Party) bool {
	m := p.Edges.Membership
	return m != nil && m.AccountID == nil
}

// abandoned: nobody can go on with a draft. It is its author's alone, so that no
// office takes over what he may never have meant to hand in; that there was one
// stays on record, without its text.
func abandoned(c *flow.Case) bool {
	a := author(c)
	return a != nil && (gone(a, c.Today()) || (mute(a) && c.Edges.Proposal.EnteredByID == nil))
}

// enterers act for a first proposer who cannot sign in.
func enterers(c *flow.Case, _ *gen.Assignment) []string {
	if a := author(c); a == nil || !mute(a) || gone(a, c.Today()) {
		return nil
	}
	return clerks.Roles[:1]
}

func registerBehalf(s *flow.Rules) {
	s.Relation("on_behalf", "本人有代录的权限，本件由工作人员代录，或第一提案人没有账号", onBehalf)
	s.Relation("records_for", "不是提案人本人，代为记下他的意思", func(in *flow.Input) bool { return !ownWord(in) })
	s.Guard("proposal.consent_recorded", "代录的记下了委员本人同意的方式和日期", consentRecorded, flow.OnForm)
	s.Guard("proposal.lead_gone", "第一提案人已不在任", func(in *flow.Input) error {
		a := author(in.Case)
		return when(a == nil || !gone(a, in.Today()), "第一提案人还在任，由其本人决定")
	})
	s.Guard("proposal.abandoned", "起草的人已不在任，或已没有账号而草稿不是代录的，没有人能提交", func(in *flow.Input) error {
		return when(!abandoned(in.Case), "草稿何时提交由起草的人决定")
	})
	s.Effect("proposal.record_consent", "代录的，记下委员本人的同意", recordConsent)
	s.Effect("proposal.enter_consent_withdraw", "代录联名人同意撤案", enterConsentWithdraw, "partyId")
	s.Effect("proposal.enter_sign", "记下没有账号的联名人在纸上的签名", enterSign, "membershipId", "documentId")
	s.Effect("proposal.name_successor", "由联名人接任第一提案人，原第一提案人列为联名人", nameSuccessor, "membershipId")
	s.Effect("proposal.cite_document", "写明所依据的文件", citeDocument, "documentId")
}

// onBehalf: staff who may enter for members, for one for whom it was entered or
// who has no account. An organisation has its liaison.
func onBehalf(in *flow.Input) bool {
	a := author(in.Case)
	if a == nil || !in.Viewer.May(authz.Perm("proposal.enterFor")).Has(authz.Tenant) {
		return false
	}
	return in.Edges.Proposal.EnteredByID != nil || mute(a)
}

// behalfOf is the member for whom the viewer acts, nil where he acts for
// himself.
func behalfOf(in *flow.Input) *uuid.UUID {
	a := author(in.Case)
	if in.Viewer == nil || a == nil || is(a.MembershipID, in.Viewer) {
		return nil
	}
	return a.MembershipID
}

// consentRecorded: how and when the member consented, after the case began and
// not after today.
func consentRecorded(in *flow.Input) error {
	if behalfOf(in) == nil {
		return nil
	}
	if text.Blank(in.Form.Text("consentHow")) {
		return errs.New(errs.Invalid, "您是代录，请写明委员本人以什么方式同意，例如当面、电话、书面").At("consentHow")
	}
	if !in.Form.Has("consentOn") {
		return errs.New(errs.Invalid, "您是代录，请填写委员本人同意的日期").At("consentOn")
	}
	on, err := in.Form.Day("consentOn")
	if err != nil {
		return err
	}
	return day.Happened(on, clock.Day(in.OpenedAt), in.Today(), "consentOn")
}

// recordConsent keeps the member's consent to what staff do for him.
func recordConsent(ctx context.Context, r *run) error {
	member := behalfOf(&r.Input)
	if member == nil {
		return nil
	}
	on, err := r.Form.Day("consentOn")
	if err != nil {
		return err
	}
	r.OnBehalf = member
	r.After["consentHow"], r.After["consentOn"] = r.Form.Text("consentHow"), r.Form.Text("consentOn")
	return note(r, record.KindCONSENT, "entered", r.Form.Text("consentHow"), map[string]any{"action": r.Action.Code}).
		SetOn(on).SetPartyID(author(r.Case).ID).Exec(ctx)
}

// enterConsentWithdraw is staff's record of a co-signer's consent.
func enterConsentWithdraw(ctx context.Context, r *run) error {
	id, err := r.Form.ID("partyId")
	if err != nil {
		return err
	}
	on, err := r.Form.Day("consentOn")
	if err != nil {
		return err
	}
	if err := day.Happened(on, clock.Day(r.OpenedAt), r.Today(), "consentOn"); err != nil {
		return err
	}
	for _, p := range r.Active(party.RoleCO) {
		if p.ID != id {
			continue
		}
		r.OnBehalf = p.MembershipID
		r.After["consentHow"], r.After["consentOn"] = r.Form.Text("consentHow"), r.Form.Text("consentOn")
		err := note(r, record.KindCONSENT, "entered", r.Form.Text("consentHow"), map[string]any{"action": r.Action.Code}).
			SetOn(on).SetPartyID(p.ID).Exec(ctx)
		if err != nil {
			return err
		}
		return r.Client.Party.UpdateOne(p).SetWithdrawConsentAt(r.Now).Exec(ctx)
	}
	return errs.New(errs.Invalid, "此人不是本件的联名人").At("partyId")
}

// enterSign keeps the signature that an invited member without account gave on
// paper; the scan is on the case.
func enterSign(ctx context.Context, r *run) error {
	id, err := r.Form.ID("membershipId")
	if err != nil {
		return err
	}
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	if err := day.Happened(on, clock.Day(r.OpenedAt), r.Today(), "on"); err != nil {
		return err
	}
	for _, p := range r.Parties {
		if !asked(p, r.Now) || p.MembershipID == nil || *p.MembershipID != id {
			continue
		}
		if m := p.Edges.Membership; m == nil || m.AccountID != nil {
			return errs.New(errs.Invalid, "“%s”有账号，请由其本人登录后答复", p.Name).At("membershipId")
		}
		if err := citeDocument(ctx, r); err != nil {
			return err
		}
		r.OnBehalf = p.MembershipID
		return r.Client.Party.UpdateOne(p).SetCosign(party.CosignSIGNED).SetSignedAt(clock.StartOf(on)).Exec(ctx)
	}
	return errs.New(errs.Invalid, "此人没有待答复的邀请").At("membershipId")
}

// citeDocument names the file of the case on which the action rests.
func citeDocument(_ context.Context, r *run) error {
	id, err := r.Form.ID("documentId")
	if err != nil {
		return err
	}
	for _, a := range r.Attachments {
		if a.ID == id {
			r.After["documentId"], r.After["document"] = a.ID, a.Name
			return nil
		}
	}
	return errs.New(errs.Invalid, "请先把文件上传为本件的附件，再选择它").At("documentId")
}

// nameSuccessor makes a co-signer the first proposer. The former one stays a
// proposer in name.
func nameSuccessor(ctx context.Context, r *run) error {
	id, err := r.Form.ID("membershipId")
	if err != nil {
		return err
	}
	was := author(r.Case)
	for _, p := range r.Active(party.RoleCO) {
		if p.MembershipID == nil || *p.MembershipID != id || p.FromMatterID != nil || gone(p, r.Today()) {
			continue
		}
		r.Before["lead"], r.After["lead"] = was.Name, p.Name
		err := r.Client.Party.UpdateOne(was).SetRole(party.RoleCO).SetOrdinal(p.Ordinal).Exec(ctx)
		if err != nil {
			return err
		}
		if err := r.Client.Party.UpdateOne(p).SetRole(party.RoleLEAD).SetOrdinal(was.Ordinal).Exec(ctx); err != nil {
			return err
		}
		m, err := r.Client.Membership.Get(ctx, id)
		if err != nil {
			return err
		}
		return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetContactPhone(m.Phone).Exec(ctx)
	}
	return errs.New(errs.Invalid, "接任的须是本件在任的联名人").At("membershipId")
}
