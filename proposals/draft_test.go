package proposals_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/search"
)

// Transition 1.
func TestDrafting(t *testing.T) {
	t.Parallel()
	say(t, "a draft may be as empty as its author likes, and is seen by him alone", func(w *world) {
		var c *flow.Case
		w.must("委员甲", func(ctx context.Context, _ *gen.Client) (err error) {
			c, err = w.service.Create(ctx, proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL})
			return err
		})
		is(w, "state", c.State, "DRAFT")
		for _, other := range []string{"委员乙", "召集人", "干事", "主任", "主席"} {
			w.refused(other, "edit", process.OfMatter, c.Matter.ID, process.Form{"title": "改别人的草稿"}, errs.NotFound)
		}
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.text_complete")
	})
	say(t, "who may open which kind for whom", func(w *world) {
		party, sector := w.units["民建区委"], w.units["经济界"]
		yi := w.people["委员乙"].Membership
		for _, x := range []struct {
			what, who string
			draft     proposals.Draft
			code      errs.Code
		}{
			{"a member for himself", "委员甲", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL}, ""},
			{"a convener for himself", "召集人", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL}, ""},
			{"a liaison for his organisation", "联络员", proposals.Draft{Kind: proposal.ProposerKindPARTY, Organisation: &party}, ""},
			{"a liaison not for another", "联络员", proposals.Draft{Kind: proposal.ProposerKindGROUP, Organisation: &sector}, errs.NotAllowed},
			{"a member not for an organisation", "委员甲", proposals.Draft{Kind: proposal.ProposerKindPARTY, Organisation: &party}, errs.NotAllowed},
			{"a member not for another member", "委员甲", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, OnBehalf: &yi}, errs.NotAllowed},
			{"a unit's staff not at all", "商务局联络员", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL}, errs.NotAllowed},
			{"staff for a member", "干事", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, OnBehalf: &yi}, ""},
			{"staff not for themselves", "干事", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL}, errs.NotAllowed},
			{"staff for an organisation", "干事", proposals.Draft{Kind: proposal.ProposerKindPARTY, Organisation: &party}, ""},
			{"a collective one names the organisation", "干事", proposals.Draft{Kind: proposal.ProposerKindPARTY}, errs.Invalid},
			{"a title has at most eighty characters", "委员甲", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Title: strings.Repeat("长", 81)}, errs.Invalid},
			{"at most five units are suggested", "委员甲", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Units: make([]uuid.UUID, 6)}, errs.Invalid},
		} {
			_, err := w.open(x.who, x.draft)
			if e, _ := errs.As(err); (x.code == "") != (err == nil) || (err != nil && e.Code != x.code) {
				w.t.Errorf("%s: %v, want %q", x.what, err, x.code)
			}
		}
	})
	say(t, "staff enter for an active member only, who hands it in himself, or consents", func(w *world) {
		yi := w.people["委员乙"].Membership
		c, err := w.open("干事", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, OnBehalf: &yi})
		if err != nil {
			w.t.Fatal(err)
		}
		is(w, "entered by", *c.Edges.Proposal.EnteredByID, w.people["干事"].Membership)
		is(w, "on behalf", *w.stepsOf("委员乙", c.Matter.ID)[0].OnBehalfID, yi)
		w.refused("干事", "submit", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		is(w, "state", w.do("委员乙", "submit", c.Matter.ID, nil).State, "SUBMITTED")
		w.must("", func(ctx context.Context, c *gen.Client) error {
			return c.Membership.UpdateOneID(yi).SetStatus(membership.StatusRESIGNED).Exec(ctx)
		})
		if _, err := w.open("干事", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, OnBehalf: &yi}); !errs.Is(err, errs.Invalid) {
			w.t.Errorf("for one who resigned: %v", err)
		}
	})
	say(t, "who entered it is kept where staff enter, for an organisation too, and not where its liaison does", func(w *world) {
		c := w.draft("干事", proposal.ProposerKindPARTY)
		is(w, "entered by staff", c.Edges.Proposal.EnteredByID != nil && *c.Edges.Proposal.EnteredByID == w.people["干事"].Membership, true)
		is(w, "first proposer", c.Parties[0].Name, "民建区委")
		is(w, "entered by the liaison", w.draft("联络员", proposal.ProposerKindPARTY).Edges.Proposal.EnteredByID == nil, true)
	})
	say(t, "S12: like cases are shown before one is written, to whoever may write, as far as he sees them", func(w *world) {
		c := w.filed()
		w.draft("委员乙", proposal.ProposerKindINDIVIDUAL) // a draft is nobody's business
		for who, sees := range map[string]bool{"委员甲": true, "干事": true, "委员丙": false} {
			var found []search.Like
			w.must(who, func(ctx context.Context, _ *gen.Client) (err error) {
				found, err = w.service.FindSimilar(ctx, "关于升级改造特色街区、发展夜经济的建议", nil)
				return err
			})
			if sees && (len(found) != 1 || found[0].Matter != c.Matter.ID || found[0].Number != c.Number) || !sees && len(found) > 0 {
				w.t.Errorf("%s found %+v", who, found)
			}
		}
		waits := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL)
		waits = w.do("委员甲", "submit", waits.Matter.ID, nil)
		for who, n := range map[string]int{"委员甲": 1, "干事": 2, "委员丙": 0} { // S12: what waits for review is shown to staff
			for except, less := range map[*uuid.UUID]int{nil: 0, &c.Matter.ID: 1} {
				var found []search.Like
				w.must(who, func(ctx context.Context, _ *gen.Client) (err error) {
					found, err = w.service.FindSimilar(ctx, waits.Title, except)
					return err
				})
				if len(found) != max(n-less, 0) {
					w.t.Errorf("%s found %+v, want %d", who, found, n-less)
				}
			}
		}
		err := w.as("信息编辑", func(ctx context.Context) error { _, err := w.service.FindSimilar(ctx, "夜经济", nil); return err })
		if !errs.Is(err, errs.NotAllowed) {
			w.t.Error(err)
		}
	})
}

// Transition 4, and 5–6 where they concern the same rules.
func TestSubmitting(t *testing.T) {
	t.Parallel()
	say(t, "submission gives a registration number, the period and the telephone of the day", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL)
		w.refused("委员乙", "submit", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		c = w.do("委员甲", "submit", c.Matter.ID, nil)
		p := c.Edges.Proposal
		is(w, "number", *p.RegistrationNo, "210202-1104-R0001")
		is(w, "shown number", c.Number, "210202-1104-R0001")
		is(w, "period", *p.Period, proposal.PeriodPLENARY)
		is(w, "telephone", p.ContactPhone, "13000000000")
		is(w, "review ends 15 working days after closing", day(timerOf(w, c, "review", nil).DueOn), "2025-01-20")
		w.refused("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, errs.NotAllowedInState)
	})
	say(t, "the three parts together have at most as many characters as the policy says", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": strings.Repeat("长", 1500)})
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.within_limit")
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": strings.Repeat("短", 1400)})
		w.do("委员甲", "submit", c.Matter.ID, nil)
	})
	say(t, "a 界别 proposal needs the convener's signature and the plenary window", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindSECTOR)
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.collective_signed")
		w.refused("委员甲", "signAsConvener", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.refused("委员丙", "signAsConvener", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.do("召集人", "signAsConvener", c.Matter.ID, nil)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "召集人签署之后又改了分析。"})
		w.blocked("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.collective_signed")
		w.do("召集人", "signAsConvener", c.Matter.ID, nil)
		w.clock.Set(time.Date(2024, 12, 28, 12, 0, 1, 0, clock.Shanghai))
		w.refused("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, errs.GuardFailed)
		w.clock.Set(time.Date(2024, 12, 28, 12, 0, 0, 0, clock.Shanghai))
		is(w, "state", w.do("委员甲", "submit", c.Matter.ID, nil).State, "SUBMITTED")
	})
	say(t, "only a 界别, team or joint team proposal is signed by a convener", func(w *world) {
		c := w.draft("召集人", proposal.ProposerKindINDIVIDUAL)
		w.blocked("召集人", "signAsConvener", process.OfMatter, c.Matter.ID, nil, "proposal.sector_kind")
	})
	say(t, "a 界别 proposal that was returned and changed is signed by the convener anew", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindSECTOR)
		w.do("召集人", "signAsConvener", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "按意见补充了分析。"})
		w.blocked("委员甲", "resubmit", process.OfMatter, c.Matter.ID, nil, "proposal.collective_signed")
		w.do("召集人", "signAsConvener", c.Matter.ID, nil)
		w.do("委员甲", "resubmit", c.Matter.ID, nil)
	})
	say(t, "a party's proposal needs the organisation's seal", func(w *world) {
		c := w.draft("联络员", proposal.ProposerKindPARTY)
		w.blocked("联络员", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.collective_signed")
		w.attach(c.Matter.ID, nil, attachment.KindOTHER)
		w.blocked("联络员", "submit", process.OfMatter, c.Matter.ID, nil, "proposal.collective_signed")
		w.attach(c.Matter.ID, nil, attachment.KindSEAL)
		c = w.do("联络员", "submit", c.Matter.ID, nil)
		is(w, "first proposer", c.Parties[0].Name, "民建区委")
	})
	say(t, "what staff enter for an organisation is sealed and handed in by its liaison, and by nobody else", func(w *world) {
		c := w.draft("干事", proposal.ProposerKindPARTY)
		w.attach(c.Matter.ID, nil, attachment.KindSEAL)
		w.refused("干事", "submit", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.refused("委员甲", "submit", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.do("联络员", "edit", c.Matter.ID, process.Form{"analysis": "经常委会讨论，补充了分析。"})
		c = w.do("联络员", "submit", c.Matter.ID, nil)
		is(w, "state", c.State, "SUBMITTED")
		is(w, "entered by", *c.Edges.Proposal.EnteredByID, w.people["干事"].Membership)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("联络员", "edit", c.Matter.ID, process.Form{"analysis": "按意见补充了分析。"})
		is(w, "handed in again", w.do("联络员", "resubmit", c.Matter.ID, nil).State, "SUBMITTED")
		is(w, "withdrawn", w.do("联络员", "withdraw", c.Matter.ID, nil).State, "WITHDRAWN")
	})
	say(t, "what is handed in after the cut-off is a 平时提案, where the policy takes them", func(w *world) {
		w.clock.Set(time.Date(2024, 12, 28, 12, 0, 1, 0, clock.Shanghai))
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		is(w, "period", *c.Edges.Proposal.Period, proposal.PeriodINTERSESSION)
		is(w, "sitting", *c.Edges.Proposal.SittingID, w.sitting)
		w.policyIs(map[string]any{"intersession": false})
		w.refused("委员甲", "submit", process.OfMatter, w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil, errs.DeadlinePassed)
	})
	say(t, "what is handed in on the opening day belongs to that sitting, not to the one before", func(w *world) {
		var third uuid.UUID
		w.must("", func(ctx context.Context, c *gen.Client) error {
			term := c.Term.Query().OnlyX(ctx)
			s, err := c.Sitting.Create().SetTerm(term).SetOrdinal(3).SetPrepOpensOn(clock.Date(2023, 12, 1)).SetOpensOn(clock.Date(2024, 1, 9)).
				SetCutoffAt(time.Date(2024, 1, 10, 12, 0, 0, 0, clock.Shanghai)).SetClosesOn(clock.Date(2024, 1, 12)).Save(ctx)
			third = s.ID
			return err
		})
		for _, x := range []struct {
			what    string
			at      time.Time
			sitting uuid.UUID
			period  proposal.Period
			number  string
		}{
			{"between the sittings", time.Date(2024, 10, 31, 23, 59, 0, 0, clock.Shanghai), third, proposal.PeriodINTERSESSION, "210202-1103-R0001"},
			{"when collecting begins", time.Date(2024, 11, 1, 0, 0, 0, 0, clock.Shanghai), w.sitting, proposal.PeriodPLENARY, "210202-1104-R0001"},
			{"on the opening day", time.Date(2024, 12, 27, 0, 0, 0, 0, clock.Shanghai), w.sitting, proposal.PeriodPLENARY, "210202-1104-R0002"},
			{"in the new year", time.Date(2025, 6, 2, 9, 0, 0, 0, clock.Shanghai), w.sitting, proposal.PeriodINTERSESSION, "210202-1104-R0003"},
		} {
			w.clock.Set(x.at)
			p := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil).Edges.Proposal
			is(w, x.what, *p.SittingID, x.sitting)
			is(w, x.what, *p.Period, x.period)
			is(w, x.what, *p.RegistrationNo, x.number)
		}
	})
	say(t, "R20: a member of the term that ends hands in nothing for the next term's sitting", func(w *world) {
		var was, next uuid.UUID
		w.must("", func(ctx context.Context, c *gen.Client) error {
			was = c.Term.Query().OnlyX(ctx).ID
			term := c.Term.Create().SetOrdinal(12).SetStartsOn(clock.Date(2026, 12, 2)).SaveX(ctx)
			next = term.ID
			c.Sitting.Create().SetTerm(term).SetOrdinal(1).SetPrepOpensOn(clock.Date(2026, 11, 1)).SetOpensOn(clock.Date(2026, 12, 26)).
				SetClosesOn(clock.Date(2026, 12, 29)).SaveX(ctx)
			c.Membership.UpdateOneID(w.people["委员乙"].Membership).SetTermID(next).ExecX(ctx)
			c.Membership.UpdateOneID(w.people["委员丙"].Membership).SetTermID(was).ExecX(ctx)
			return c.Membership.UpdateOneID(w.people["委员甲"].Membership).SetTermID(was).Exec(ctx)
		})
		w.clock.Set(time.Date(2026, 11, 20, 9, 0, 0, 0, clock.Shanghai))
		w.refused("委员甲", "submit", process.OfMatter, w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil, errs.GuardFailed)
		c := w.draft("委员乙", proposal.ProposerKindJOINT)
		w.do("委员乙", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": []any{w.member("委员丙")}})
		w.do("委员丙", "sign", c.Matter.ID, nil)
		w.refused("委员乙", "submit", process.OfMatter, c.Matter.ID, nil, errs.GuardFailed)
		w.do("委员乙", "edit", c.Matter.ID, process.Form{"analysis": "去掉一位联名人。"})
		w.do("委员乙", "cancelInvite", c.Matter.ID, process.Form{"membershipId": w.member("委员丙")})
		c = w.do("委员乙", "submit", c.Matter.ID, process.Form{"acceptIndividual": true})
		is(w, "the first of the next term", *c.Edges.Proposal.RegistrationNo, "210202-1201-R0001")
	})
	say(t, "before the first sitting nothing can be handed in", func(w *world) {
		w.at(2024, 10, 1)
		w.refused("委员甲", "submit", process.OfMatter, w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil, errs.GuardFailed)
	})
}

// Transitions 5–7, and 修改重提.
func TestReturningAndWithdrawing(t *testing.T) {
	t.Parallel()
	say(t, "a returned proposal keeps its registration number and is reviewed from the first pass", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("干事", "startReview", c.Matter.ID, process.Form{"disposition": "FILED"})
		w.refused("委员甲", "returnForEdit", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		err := w.as("审查员", func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "returnForEdit"})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			w.t.Errorf("without a reason: %v", err)
		}
		c = w.do("审查员", "returnForEdit", c.Matter.ID, nil)
		is(w, "five working days", day(timerOf(w, c, "edit", nil).DueOn), "2025-01-06")
		c = w.do("委员甲", "edit", c.Matter.ID, process.Form{"title": "关于改造特色街区的提案", "suggestions": []any{"只留一条"}})
		c = w.do("委员甲", "resubmit", c.Matter.ID, nil)
		steps := w.stepsOf("委员甲", c.Matter.ID)
		last := steps[len(steps)-1]
		is(w, "handing in again says what was", last.Before["title"], any("关于特色街区升级改造，助力夜经济提质增效的提案"))
		is(w, "number", *c.Edges.Proposal.RegistrationNo, "210202-1104-R0001")
		is(w, "passes", c.Edges.Proposal.ReviewPass, 0)
	})
	say(t, "a changed joint proposal waits for its co-signers, and for none of them for ever", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员丙", "sign", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "换了分析。"})
		w.blocked("委员甲", "resubmit", process.OfMatter, c.Matter.ID, nil, "proposal.resigned")
		w.do("委员乙", "signAgain", c.Matter.ID, nil)
		w.blocked("委员甲", "resubmit", process.OfMatter, c.Matter.ID, nil, "proposal.resigned")
		w.clock.Advance(4 * time.Hour)
		w.refused("委员丙", "signAgain", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
		c = w.do("委员甲", "resubmit", c.Matter.ID, nil)
		is(w, "proposers left", len(c.Proposers()), 2)
		is(w, "who did not sign again", c.Parties[2].Cosign, party.CosignEXPIRED)
	})
	say(t, "where the policy does not ask for it, a changed joint proposal needs nobody anew", func(w *world) {
		w.policyIs(map[string]any{"resignOnResubmit": false})
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "换了分析。"})
		is(w, "state", w.do("委员甲", "resubmit", c.Matter.ID, nil).State, "SUBMITTED")
	})
	say(t, "withdrawal before filing needs every co-signer's consent", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.blocked("委员甲", "withdraw", process.OfMatter, c.Matter.ID, nil, "proposal.withdraw_consented")
		w.refused("委员甲", "consentWithdraw", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.do("委员乙", "consentWithdraw", c.Matter.ID, nil)
		w.refused("委员乙", "withdraw", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		c = w.do("委员甲", "withdraw", c.Matter.ID, nil)
		is(w, "state", c.State, "WITHDRAWN")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionWITHDRAWN)
	})
	say(t, "after filing the first proposer applies and the 提案委 approves, before assignment only", func(w *world) {
		c := w.filed()
		w.refused("委员甲", "withdraw", process.OfMatter, c.Matter.ID, nil, errs.NotAllowedInState)
		w.blocked("主任", "approveWithdraw", process.OfMatter, c.Matter.ID, nil, "proposal.withdraw_applied")
		w.do("委员甲", "applyWithdraw", c.Matter.ID, nil)
		w.refused("干事", "approveWithdraw", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		c = w.do("主任", "approveWithdraw", c.Matter.ID, nil)
		is(w, "number", c.Number, "210202-1104-R0001")
		is(w, "case number", c.Edges.Proposal.CaseNo == nil, true)
		w.refused("委员甲", "applyWithdraw", process.OfMatter, w.sole().Matter.ID, nil, errs.NotAllowedInState)
	})
	say(t, "a registration number is never given again", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("委员甲", "withdraw", c.Matter.ID, nil)
		c = w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		is(w, "number", *c.Edges.Proposal.RegistrationNo, "210202-1104-R0002")
	})
	say(t, "the text of a filed case is changed only with leave, for seven days", func(w *world) {
		c := w.filed()
		text := process.Form{"analysis": "立案之后补充了分析。"}
		w.refused("委员甲", "edit", process.OfMatter, c.Matter.ID, text, errs.NotAllowedInState)
		w.blocked("主任", "grantReedit", process.OfMatter, c.Matter.ID, process.Form{"grant": true}, "proposal.reedit_applied")
		w.do("委员甲", "applyReedit", c.Matter.ID, nil)
		w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": false, "note": "交办在即"})
		w.refused("委员甲", "edit", process.OfMatter, c.Matter.ID, text, errs.NotAllowedInState)
		w.blocked("主任", "grantReedit", process.OfMatter, c.Matter.ID, process.Form{"grant": true}, "proposal.reedit_applied")
		w.do("委员甲", "applyReedit", c.Matter.ID, nil)
		w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": true})
		is(w, "analysis", w.do("委员甲", "edit", c.Matter.ID, text).Edges.Proposal.Analysis, "立案之后补充了分析。")
		w.clock.Advance(8 * 24 * time.Hour)
		w.blocked("委员甲", "edit", process.OfMatter, c.Matter.ID, text, "proposal.editable")
	})
}
