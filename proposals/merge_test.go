package proposals_test

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func into(c *flow.Case) process.Form { return process.Form{"intoId": c.Matter.ID.String()} }

// names are the proposers of a case, in order.
func names(c *flow.Case) (out string) {
	for _, p := range c.Proposers() {
		out += p.Name + " "
	}
	return out
}

// Transition 11.
func TestMerging(t *testing.T) {
	t.Parallel()
	say(t, "every proposer becomes a party of the surviving case; the absorbed one stays readable", func(w *world) {
		joint := w.joint("委员丙")
		w.do("委员丙", "sign", joint.Matter.ID, nil)
		absorbed := w.do("主任", "file", w.passed("委员甲", joint.Matter.ID).Matter.ID, nil)
		surviving := w.caseOf("委员乙")
		w.refused("干事", "merge", process.OfMatter, absorbed.Matter.ID, into(surviving), errs.NotAllowed)
		c := w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		is(w, "state", c.State, "MERGED")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionMERGED)
		is(w, "shown number", c.Number, *c.Edges.Proposal.RegistrationNo)
		is(w, "case number", c.Edges.Proposal.CaseNo == nil, true)
		surviving = w.look(surviving.Matter.ID)
		is(w, "proposers", names(surviving), "委员乙 委员甲 委员丙 ")
		is(w, "where they came from", *surviving.Proposers()[1].FromMatterID, absorbed.Matter.ID)
		is(w, "link", surviving.In[0].Kind, link.KindMERGED_INTO)
		w.must("委员丙", func(ctx context.Context, cl *gen.Client) error { // reads both
			is(w, "visible", cl.Matter.Query().Where(matter.IDIn(absorbed.Matter.ID, surviving.Matter.ID)).CountX(ctx), 2)
			return nil
		})
		w.refused("委员甲", "edit", process.OfMatter, absorbed.Matter.ID, process.Form{"title": "并案后不能再改"}, errs.NotAllowedInState)
		w.refused("委员甲", "edit", process.OfMatter, surviving.Matter.ID, process.Form{"title": "并入者不是第一提案人"}, errs.NotAllowedInState)
		w.refused("委员甲", "applyReedit", process.OfMatter, surviving.Matter.ID, nil, errs.NotAllowed)
	})
	say(t, "it is merged into another case of the same sitting that is not assigned", func(w *world) {
		c := w.reviewed()
		w.refused("主任", "merge", process.OfMatter, c.Matter.ID, into(c), errs.Invalid)
		assigned := w.sole()
		w.refused("主任", "merge", process.OfMatter, c.Matter.ID, into(assigned), errs.GuardFailed)
		draft := w.draft("委员乙", proposal.ProposerKindINDIVIDUAL)
		w.refused("主任", "merge", process.OfMatter, c.Matter.ID, into(draft), errs.GuardFailed)
		w.refused("主任", "merge", process.OfMatter, c.Matter.ID, process.Form{"intoId": w.units["商务局"].String()}, errs.Invalid)
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			other := cl.Sitting.Create().SetTerm(cl.Term.Query().OnlyX(ctx)).SetOrdinal(3).SaveX(ctx)
			return cl.Proposal.Update().Where(proposal.MatterID(assigned.Matter.ID)).SetSittingID(other.ID).Exec(ctx)
		})
		w.refused("主任", "merge", process.OfMatter, c.Matter.ID, into(assigned), errs.Invalid)
	})
	say(t, "a key case and a 一号提案 are merged only with the chair's consent, each time anew", func(w *world) {
		surviving := w.caseOf("委员乙")
		key := w.do("主任", "markKey", w.filed().Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
		w.blocked("主任", "merge", process.OfMatter, key.Matter.ID, into(surviving), "proposal.merge_approved")
		w.refused("主任", "approveMerge", process.OfMatter, key.Matter.ID, nil, errs.NotAllowed)
		w.do("主席", "approveMerge", key.Matter.ID, nil)
		w.do("主任", "merge", key.Matter.ID, into(surviving))
		w.do("主任", "undoMerge", key.Matter.ID, nil)
		w.blocked("主任", "merge", process.OfMatter, key.Matter.ID, into(surviving), "proposal.merge_approved")
		one := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		w.blocked("主任", "merge", process.OfMatter, one.Matter.ID, into(surviving), "proposal.merge_approved")
		w.do("主席", "approveMerge", one.Matter.ID, nil)
		w.do("主任", "merge", one.Matter.ID, into(surviving))
	})
	say(t, "everybody who came with a merged case is answered, contacted and rates", func(w *world) {
		absorbed, surviving := w.caseOf("委员甲"), w.caseOf("委员乙")
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		c := w.do("干事", "assign", surviving.Matter.ID, w.unitsForm("商务局", "SOLE"))
		a := w.of(c, "商务局")
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.share("商务局联络员", "nameOfficer", a.ID, process.Form{"membershipId": w.member("商务局承办人")})
		reply := process.Form{"class": "A", "body": "关于提案的答复：已研究采纳。"}
		for _, p := range c.Active(party.RoleLEAD) {
			w.blocked("商务局承办人", "draftReply", process.OfAssignment, a.ID, reply, "assignment.contacted")
			w.share("商务局承办人", "recordContact", a.ID, process.Form{"partyId": p.ID.String(), "mode": "座谈会", "stage": "办前", "on": w.today(), "text": "听取意见"})
		}
		w.share("商务局承办人", "draftReply", a.ID, reply)
		w.share("商务局承办人", "submitDraft", a.ID, nil)
		w.share("商务局局长", "signOff", a.ID, nil)
		c = w.share("商务局联络员", "send", a.ID, nil)
		is(w, "asked", len(c.Feedback), 2)
		for _, f := range c.Feedback {
			who := "委员乙"
			if f.PartyID == c.Proposers()[1].ID {
				who = "委员甲"
			}
			c = w.do(who, "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": "SATISFIED"})
		}
		is(w, "state", c.State, "COMPLETION_REVIEW")
	})
	say(t, "R15: who has a part in both gets one form for one reply, rates once and counts once", func(w *world) {
		surviving := w.joint("委员乙")
		w.do("委员乙", "sign", surviving.Matter.ID, nil)
		surviving = w.do("主任", "file", w.passed("委员甲", surviving.Matter.ID).Matter.ID, nil)
		absorbed := w.caseOf("委员乙") // a co-signer there, the first proposer here
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		is(w, "he stays both", names(w.look(surviving.Matter.ID)), "委员甲 委员乙 委员乙 ")
		c := w.do("干事", "assign", surviving.Matter.ID, w.unitsForm("商务局", "SOLE"))
		a := w.of(c, "商务局")
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.share("商务局联络员", "nameOfficer", a.ID, process.Form{"membershipId": w.member("商务局承办人")})
		reply := process.Form{"class": "A", "body": "关于提案的答复：已研究采纳。"}
		for _, p := range c.Proposers()[:2] { // 委员乙 as the co-signer that he also is
			w.blocked("商务局承办人", "draftReply", process.OfAssignment, a.ID, reply, "assignment.contacted")
			w.share("商务局承办人", "recordContact", a.ID, process.Form{"partyId": p.ID.String(), "mode": "座谈会", "stage": "办前", "on": w.today(), "text": "听取意见"})
		}
		w.share("商务局承办人", "draftReply", a.ID, reply)
		w.share("商务局承办人", "submitDraft", a.ID, nil)
		w.share("商务局局长", "signOff", a.ID, nil)
		c = w.share("商务局联络员", "send", a.ID, nil)
		is(w, "asked", len(c.Feedback), 2)
		for _, f := range c.Feedback {
			who := "委员乙"
			if f.PartyID == c.Proposers()[0].ID {
				who = "委员甲"
			}
			c = w.do(who, "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": "SATISFIED"})
		}
		is(w, "state", c.State, "COMPLETION_REVIEW")
		f, err := w.figures("干事")
		if err != nil || f.Asked != 2 || f.Answered != 2 {
			w.t.Errorf("%+v %v", f, err)
		}
	})
	say(t, "R15: where two forms were sent before, the one that was filled in is his", func(w *world) {
		surviving := w.joint("委员乙")
		w.do("委员乙", "sign", surviving.Matter.ID, nil)
		surviving = w.do("主任", "file", w.passed("委员甲", surviving.Matter.ID).Matter.ID, nil)
		w.do("主任", "merge", w.caseOf("委员乙").Matter.ID, into(surviving))
		c := w.do("干事", "assign", surviving.Matter.ID, w.unitsForm("商务局", "SOLE"))
		w.share("商务局联络员", "signReceipt", w.of(c, "商务局").ID, nil)
		w.share("商务局承办人", "recordContact", w.of(c, "商务局").ID, process.Form{"partyId": c.Proposers()[1].ID.String(), "mode": "面谈", "stage": "办前", "on": w.today(), "text": "听取意见"})
		c = w.replied(w.look(c.Matter.ID), "商务局", "A")
		w.must("", func(ctx context.Context, cl *gen.Client) error { // as the version before asked
			return cl.Feedback.Create().SetMatterID(c.Matter.ID).SetReplyID(c.Replies[0].ID).SetPartyID(c.Proposers()[1].ID).
				SetAskedAt(w.clock.Now()).Exec(ctx)
		})
		for _, f := range w.look(c.Matter.ID).Feedback {
			switch f.PartyID {
			case c.Proposers()[0].ID:
				w.do("委员甲", "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": "SATISFIED"})
			case c.Proposers()[2].ID:
				c2 := w.do("委员乙", "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": "SATISFIED"})
				is(w, "nothing is waited for", c2.State, "COMPLETION_REVIEW")
			}
		}
		f, err := w.figures("干事")
		if err != nil || f.Asked != 2 || f.Answered != 2 {
			w.t.Errorf("%+v %v", f, err)
		}
	})
	say(t, "a case into which another was merged is not withdrawn over its head", func(w *world) {
		absorbed, surviving := w.filed(), w.passed("委员乙", w.draft("委员乙", proposal.ProposerKindINDIVIDUAL).Matter.ID)
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		w.blocked("委员乙", "withdraw", process.OfMatter, surviving.Matter.ID, nil, "proposal.withdraw_consented")
		w.refused("委员甲", "withdraw", process.OfMatter, surviving.Matter.ID, nil, errs.NotAllowed)
		w.do("主任", "undoMerge", absorbed.Matter.ID, nil)
		w.do("委员乙", "withdraw", surviving.Matter.ID, nil)
	})
	say(t, "a withdrawal that was applied for before the merge is not approved after it", func(w *world) {
		absorbed, surviving := w.filed(), w.caseOf("委员乙")
		w.do("委员乙", "applyWithdraw", surviving.Matter.ID, nil)
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		w.blocked("主任", "approveWithdraw", process.OfMatter, surviving.Matter.ID, nil, "proposal.withdraw_consented")
	})
	say(t, "who proposed both stays one party of the surviving case", func(w *world) {
		c := w.filed()
		surviving := w.filed()
		w.do("主任", "merge", c.Matter.ID, into(surviving))
		is(w, "proposers", names(w.look(surviving.Matter.ID)), "委员甲 ")
	})
}

// Transition 12.
func TestUndoingAMerge(t *testing.T) {
	t.Parallel()
	say(t, "undoing restores both, and it can be merged again", func(w *world) {
		absorbed, surviving := w.caseOf("委员甲"), w.caseOf("委员乙")
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		w.refused("干事", "undoMerge", process.OfMatter, absorbed.Matter.ID, nil, errs.NotAllowed)
		c := w.do("主任", "undoMerge", absorbed.Matter.ID, nil)
		is(w, "state", c.State, "REVIEWED") // its passes had been made
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionNONE)
		is(w, "closed", c.ClosedAt == nil, true)
		is(w, "link is kept, as undone", c.Out[0].UndoneAt != nil, true)
		is(w, "proposers", names(w.look(surviving.Matter.ID)), "委员乙 ")
		w.must("委员甲", func(ctx context.Context, cl *gen.Client) error {
			is(w, "the other's case is his no more", cl.Matter.Query().Where(matter.ID(surviving.Matter.ID)).CountX(ctx), 0)
			return nil
		})
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		is(w, "proposers again", names(w.look(surviving.Matter.ID)), "委员乙 委员甲 ")
		w.do("主任", "undoMerge", absorbed.Matter.ID, nil)
		is(w, "filed again", w.do("主任", "file", absorbed.Matter.ID, nil).State, "FILED")
		is(w, "proposers at last", names(w.look(surviving.Matter.ID)), "委员乙 ")
	})
	say(t, "a merge is final when the surviving case is assigned", func(w *world) {
		absorbed, surviving := w.caseOf("委员甲"), w.caseOf("委员乙")
		w.do("主任", "merge", absorbed.Matter.ID, into(surviving))
		w.do("干事", "assign", surviving.Matter.ID, w.unitsForm("商务局", "SOLE"))
		w.blocked("主任", "undoMerge", process.OfMatter, absorbed.Matter.ID, nil, "proposal.merge_undoable")
	})
	say(t, "of merges one upon the other the last is undone first", func(w *world) {
		first, second, third := w.caseOf("委员甲"), w.caseOf("委员乙"), w.caseOf("委员丙")
		w.do("主任", "merge", first.Matter.ID, into(second))
		w.do("主任", "merge", second.Matter.ID, into(third))
		is(w, "proposers", names(w.look(third.Matter.ID)), "委员丙 委员乙 委员甲 ")
		w.blocked("主任", "undoMerge", process.OfMatter, first.Matter.ID, nil, "proposal.merge_undoable")
		w.do("主任", "undoMerge", second.Matter.ID, nil)
		w.do("主任", "undoMerge", first.Matter.ID, nil)
		is(w, "proposers of the third", names(w.look(third.Matter.ID)), "委员丙 ")
		is(w, "proposers of the second", names(w.look(second.Matter.ID)), "委员乙 ")
	})
}

// Transitions 13 and 14.
func TestConverting(t *testing.T) {
	t.Parallel()
	say(t, "it becomes 社情民意 only with the proposer's own consent, an object of its own", func(w *world) {
		c := w.reviewed()
		w.blocked("主任", "convertToOpinion", process.OfMatter, c.Matter.ID, nil, "proposal.opinion_consented")
		w.refused("委员乙", "consentOpinion", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
		w.do("委员甲", "consentOpinion", c.Matter.ID, nil)
		c = w.do("主任", "convertToOpinion", c.Matter.ID, nil)
		is(w, "state", c.State, "CONVERTED_OPINION")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionCONVERTED_OPINION)
		o := w.look(c.Out[0].ToID)
		is(w, "kind", o.Kind, "opinion")
		is(w, "state of the opinion", o.State, "SUBMITTED")
		is(w, "its author", names(o), "委员甲 ")
		is(w, "linked back", o.In[0].FromID, c.Matter.ID)
		w.must("信息编辑", func(ctx context.Context, cl *gen.Client) error { // M2: who decides reads the text, by whom and whence
			m := cl.Matter.Query().Where(matter.ID(o.Matter.ID)).WithParties().OnlyX(ctx)
			is(w, "text", m.Data["text"], any("情况：街区客流不足。\n分析：业态单一。\n建议1：延长营业时间\n建议2：完善夜间公交"))
			is(w, "whence", m.Source, "提案转来")
			is(w, "of which", m.Data["from"].(map[string]any)["number"], any(c.Number))
			is(w, "by whom", m.Edges.Parties[0].Name, "委员甲")
			return nil
		})
		w.refused("干事", "accept", process.OfMatter, o.Matter.ID, nil, errs.NotFound)
		is(w, "a life of its own", w.do("信息编辑", "accept", o.Matter.ID, nil).State, "ACCEPTED")
		is(w, "the proposal stays", w.look(c.Matter.ID).State, "CONVERTED_OPINION")
	})
	say(t, "or with a consent that staff record, saying how it was given", func(w *world) {
		c := w.reviewed()
		w.refused("干事", "consentOpinion", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		w.refused("干事", "consentOpinion", process.OfMatter, c.Matter.ID, process.Form{"how": ""}, errs.Invalid)
		c = w.do("干事", "consentOpinion", c.Matter.ID, process.Form{"how": "12月27日电话"})
		is(w, "how", c.Records[len(c.Records)-1].Text, "12月27日电话")
		w.do("主任", "convertToOpinion", c.Matter.ID, nil)
	})
	say(t, "it becomes a letter without being asked, with a reason and perhaps a unit", func(w *world) {
		c := w.reviewed()
		w.refused("主任", "convertToLetter", process.OfMatter, c.Matter.ID, process.Form{"unitId": "商务局"}, errs.Invalid)
		c = w.do("主任", "convertToLetter", c.Matter.ID, process.Form{"unitId": w.units["商务局"].String()})
		is(w, "state", c.State, "CONVERTED_LETTER")
		is(w, "reason", c.Edges.Proposal.DispositionNote, "测试理由")
		is(w, "unit", *c.Records[len(c.Records)-1].UnitID, w.units["商务局"])
		is(w, "nothing to handle", len(c.Assignments), 0)
	})
}

// Trap 7 of domain.md: five things, not one status.
func TestFiveThingsAreIndependent(t *testing.T) {
	t.Parallel()
	say(t, "state, disposition, each unit's share, each proposer's word and publication go their own ways", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		c = w.do("主任", "file", w.passed("委员甲", c.Matter.ID).Matter.ID, nil)
		c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SEPARATE", "文旅局", "SEPARATE"))
		c = w.replied(c, "商务局", "A")
		is(w, "state while one drafts", c.State, "HANDLING")
		is(w, "one unit", w.of(c, "商务局").State, "SENT")
		is(w, "the other", w.of(c, "文旅局").State, "PENDING_SIGN")
		c = w.replied(c, "文旅局", "C")
		f := c.Feedback[0]
		is(w, "asked", len(c.Feedback), 4)
		who := map[bool]string{true: "委员甲", false: "委员乙"}[f.PartyID.String() == lead(c)]
		c = w.do(who, "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": "BASIC"})
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		c = w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
		is(w, "state", c.State, "REPLIED")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionFILED)
		is(w, "publication", c.Edges.Proposal.Disclosure, proposal.DisclosureOPEN)
		is(w, "one reply accepted", w.of(c, "商务局").AcceptedAt != nil && w.of(c, "文旅局").AcceptedAt == nil, true)
		is(w, "class is of the reply", c.Reply(w.of(c, "文旅局")).Class, "C")
		is(w, "role", w.of(c, "文旅局").Role, assignment.RoleSEPARATE)
	})
}
