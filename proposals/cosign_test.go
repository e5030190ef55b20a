package proposals_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// partyOf is a person's part in a case.
func (w *world) partyOf(c *flow.Case, name string) *gen.Party {
	w.t.Helper()
	for _, p := range c.Parties {
		if p.MembershipID != nil && *p.MembershipID == w.people[name].Membership {
			return p
		}
	}
	w.t.Fatalf("%s is no party", name)
	return nil
}

// Transition 2.
func TestInvitingCosigners(t *testing.T) {
	t.Parallel()
	say(t, "only a joint proposal with a complete text invites", func(w *world) {
		form := process.Form{"membershipIds": []any{w.member("委员乙")}}
		w.blocked("委员甲", "inviteCosign", process.OfMatter, w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, form, "proposal.joint")
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": ""})
		w.blocked("委员甲", "inviteCosign", process.OfMatter, c.Matter.ID, form, "proposal.text_complete")
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": "客流不足。"})
		w.refused("委员甲", "inviteCosign", process.OfMatter, c.Matter.ID, process.Form{"membershipIds": []any{}}, errs.Invalid)
		c = w.do("委员甲", "inviteCosign", c.Matter.ID, form)
		is(w, "state", c.State, "COSIGNING")
	})
	say(t, "only active members of this committee are invited, and not the first proposer", func(w *world) {
		other := w.Found(w.t, district.Plan{Code: "210203", Posts: []string{"委员甲"}}).Who("委员甲").Membership
		w.must("", func(ctx context.Context, c *gen.Client) error {
			return c.Membership.UpdateOneID(w.people["委员丙"].Membership).SetStatus(membership.StatusSUSPENDED).Exec(ctx)
		})
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		for _, id := range []string{other.String(), w.member("委员丙"), w.member("干事"), w.member("委员甲"), uuid.NewString(), "不是编号"} {
			w.refused("委员甲", "inviteCosign", process.OfMatter, c.Matter.ID, process.Form{"membershipIds": []any{id}}, errs.Invalid)
		}
	})
	say(t, "an invitation lasts three hours in the plenary", func(w *world) {
		c := w.joint("委员乙")
		want := time.Date(2024, 12, 27, 12, 0, 0, 0, clock.Shanghai)
		is(w, "invitation", w.partyOf(c, "委员乙").CosignDueAt.Equal(want), true)
		is(w, "clock", timerOf(w, c, "cosign", nil).DueAt.Equal(want), true)
	})
	say(t, "otherwise it lasts to the end of the next day", func(w *world) {
		w.at(2024, 12, 20)
		c := w.joint("委员乙")
		want := time.Date(2024, 12, 22, 0, 0, 0, 0, clock.Shanghai)
		is(w, "invitation", w.partyOf(c, "委员乙").CosignDueAt.Equal(want), true)
		is(w, "clock", day(timerOf(w, c, "cosign", nil).DueOn), "2024-12-21")
	})
	say(t, "who is invited sees the text, who is not does not", func(w *world) {
		c := w.joint("委员乙")
		w.refused("委员丙", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.refused("干事", "returnForEdit", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.refused("委员乙", "edit", process.OfMatter, c.Matter.ID, process.Form{"title": "联名人不能改文本"}, errs.NotAllowed)
		w.do("委员乙", "decline", c.Matter.ID, nil)
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
	})
}

// Transition 3.
func TestCosigning(t *testing.T) {
	t.Parallel()
	say(t, "who is invited signs or declines, once, and only for himself", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		c = w.do("委员乙", "sign", c.Matter.ID, nil)
		is(w, "signed", w.partyOf(c, "委员乙").Cosign, party.CosignSIGNED)
		is(w, "the other", w.partyOf(c, "委员丙").Cosign, party.CosignINVITED)
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.refused("委员甲", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.refused("委员乙", "decline", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.cosign_closed")
		c = w.do("委员丙", "decline", c.Matter.ID, nil)
		is(w, "declined", w.partyOf(c, "委员丙").Cosign, party.CosignDECLINED)
		c = w.do("委员甲", "submit", c.Matter.ID, nil)
		is(w, "proposers", len(c.Proposers()), 2)
		is(w, "kind", c.Edges.Proposal.ProposerKind, proposal.ProposerKindJOINT)
	})
	say(t, "after the deadline nobody signs or declines", func(w *world) {
		c := w.joint("委员乙")
		w.clock.Advance(3*time.Hour + time.Second)
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
		w.refused("委员乙", "decline", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
	})
	say(t, "the sweep expires what nobody answered, once", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员丙", "sign", c.Matter.ID, nil)
		w.clock.Advance(3 * time.Hour)
		w.sweep() // the reminder of the day
		is(w, "the last moment", w.partyOf(w.look(c.Matter.ID), "委员乙").Cosign, party.CosignINVITED)
		w.clock.Advance(time.Second)
		is(w, "changed", w.sweep(), 1)
		c = w.look(c.Matter.ID)
		is(w, "silent", w.partyOf(c, "委员乙").Cosign, party.CosignEXPIRED)
		is(w, "signed", w.partyOf(c, "委员丙").Cosign, party.CosignSIGNED)
		is(w, "clock", timerOf(w, c, "cosign", nil).Status, timer.StatusMET)
		is(w, "again", w.sweep(), 0)
		is(w, "state", w.do("委员甲", "submit", c.Matter.ID, nil).State, "SUBMITTED")
	})
	say(t, "an invitation that is over does not wait for the sweep", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员丙", "sign", c.Matter.ID, nil)
		w.clock.Advance(4 * time.Hour)
		c = w.do("委员甲", "submit", c.Matter.ID, nil)
		is(w, "silent", w.partyOf(c, "委员乙").Cosign, party.CosignEXPIRED)
	})
	say(t, "editing the text asks everybody who signed anew, with a new clock", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员丙", "decline", c.Matter.ID, nil)
		w.clock.Advance(2 * time.Hour)
		c = w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "会签期间改了分析。"})
		yi := w.partyOf(c, "委员乙")
		is(w, "signature", yi.Cosign, party.CosignINVITED)
		is(w, "signed at", yi.SignedAt == nil, true)
		is(w, "until", yi.CosignDueAt.Equal(time.Date(2024, 12, 27, 14, 0, 0, 0, clock.Shanghai)), true)
		is(w, "who declined stays out", w.partyOf(c, "委员丙").Cosign, party.CosignDECLINED)
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.cosign_closed")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
	})
	say(t, "an edit that changes nothing asks nobody", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		c = w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": c.Edges.Proposal.Analysis})
		is(w, "signature", w.partyOf(c, "委员乙").Cosign, party.CosignSIGNED)
	})
	say(t, "an invitation is taken back, and given again to who declined, lapsed or was taken out", func(w *world) {
		c := w.joint("委员乙", "委员丙", "委员丁")
		w.refused("委员甲", "cancelInvite", process.OfMatter, c.Matter.ID, process.Form{"membershipId": w.member("召集人")}, errs.Invalid)
		w.do("委员甲", "cancelInvite", c.Matter.ID, process.Form{"membershipId": w.member("委员乙")})
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.do("委员丙", "decline", c.Matter.ID, nil)
		w.clock.Advance(4 * time.Hour)
		w.sweep()
		all := []any{w.member("委员乙"), w.member("委员丙"), w.member("委员丁")}
		c = w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": all})
		is(w, "parties", len(c.Parties), 4)
		for _, name := range []string{"委员乙", "委员丙", "委员丁"} {
			is(w, name, w.partyOf(c, name).Cosign, party.CosignINVITED)
			w.do(name, "sign", c.Matter.ID, nil)
		}
	})
	say(t, "with no co-signer left it goes in as an individual proposal, when its author says so", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "decline", c.Matter.ID, nil)
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.cosign_closed")
		c = w.do("委员甲", "submit", c.Matter.ID, process.Form{"acceptIndividual": true})
		is(w, "kind", c.Edges.Proposal.ProposerKind, proposal.ProposerKindINDIVIDUAL)
		is(w, "proposers", len(c.Proposers()), 1)
	})
	say(t, "whoever has signed makes it joint, whatever the author ticks", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		c = w.do("委员甲", "submit", c.Matter.ID, process.Form{"acceptIndividual": true})
		is(w, "kind", c.Edges.Proposal.ProposerKind, proposal.ProposerKindJOINT)
	})
}
