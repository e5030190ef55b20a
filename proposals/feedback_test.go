package proposals_test

import (
	"testing"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// rating is the form of one proposer's two ratings.
func rating(feedbackID, attitude, result string) process.Form {
	return process.Form{"feedbackId": feedbackID, "attitude": attitude, "result": result}
}

// jointReplied is a replied case of 委员甲 and 委员乙; it answers who of them
// each feedback is asked of.
func (w *world) jointReplied() (*flow.Case, map[string]string) {
	w.t.Helper()
	c := w.joint("委员乙")
	w.do("委员乙", "sign", c.Matter.ID, nil)
	c = w.do("主任", "file", w.passed("委员甲", c.Matter.ID).Matter.ID, nil)
	c = w.replied(w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")), "商务局", "A")
	return c, w.asked(c)
}

// asked finds, for the present round, each proposer's open feedback.
func (w *world) asked(c *flow.Case) map[string]string {
	out := map[string]string{}
	for _, f := range c.Feedback {
		for _, p := range c.Parties {
			if p.ID == f.PartyID && f.Round == c.Edges.Proposal.Round && f.ReceivedAt == nil {
				out[p.Name] = f.ID.String()
			}
		}
	}
	return out
}

// Transitions 20 and 21.
func TestRating(t *testing.T) {
	t.Parallel()
	say(t, "when every unit has replied every proposer is asked about every reply", func(w *world) {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		c = w.do("主任", "file", w.passed("委员甲", c.Matter.ID).Matter.ID, nil)
		c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SEPARATE", "文旅局", "SEPARATE"))
		c = w.replied(c, "商务局", "A")
		is(w, "after the first", c.State, "HANDLING")
		is(w, "asked", len(c.Feedback), 0)
		c = w.replied(c, "文旅局", "A")
		is(w, "after both", c.State, "REPLIED")
		is(w, "asked", len(c.Feedback), 4)
		is(w, "in 15 working days", day(c.Feedback[0].DueOn), day(timerOf(w, c, "feedback", nil).DueOn))
	})
	say(t, "two ratings a proposer, his own, once, in the policy's words", func(w *world) {
		c, asked := w.jointReplied()
		id := c.Matter.ID
		w.refused("委员甲", "rate", process.OfMatter, id, rating(asked["委员甲"], "SATISFIED", "GREAT"), errs.Invalid)
		w.refused("委员甲", "rate", process.OfMatter, id, process.Form{"feedbackId": asked["委员甲"], "result": "SATISFIED"}, errs.Invalid)
		w.refused("委员甲", "rate", process.OfMatter, id, rating(asked["委员乙"], "SATISFIED", "SATISFIED"), errs.NotFound)
		w.refused("委员丙", "rate", process.OfMatter, id, rating(asked["委员甲"], "SATISFIED", "SATISFIED"), errs.NotFound)
		w.refused("干事", "rate", process.OfMatter, id, rating(asked["委员甲"], "SATISFIED", "SATISFIED"), errs.NotAllowed)
		c = w.do("委员甲", "rate", id, rating(asked["委员甲"], "DISSATISFIED", "UNDERSTOOD"))
		is(w, "the attitude alone reopens nothing", c.State, "REPLIED")
		w.refused("委员甲", "rate", process.OfMatter, id, rating(asked["委员甲"], "SATISFIED", "SATISFIED"), errs.Conflict)
		c = w.do("委员乙", "rate", id, rating(asked["委员乙"], "SATISFIED", "BASIC"))
		is(w, "all have rated", c.State, "COMPLETION_REVIEW")
		is(w, "channel", *c.Feedback[0].Channel, feedback.ChannelSELF)
	})
	say(t, "staff enter what was said by telephone or on paper, and that they did", func(w *world) {
		c, asked := w.jointReplied()
		form := rating(asked["委员甲"], "SATISFIED", "SATISFIED")
		w.refused("干事", "enterRating", process.OfMatter, c.Matter.ID, form, errs.Invalid) // no channel
		form["channel"] = "SELF"
		w.refused("干事", "enterRating", process.OfMatter, c.Matter.ID, form, errs.Invalid)
		form["channel"] = "PHONE"
		w.refused("委员乙", "enterRating", process.OfMatter, c.Matter.ID, form, errs.NotAllowed)
		c = w.do("干事", "enterRating", c.Matter.ID, form)
		for _, f := range c.Feedback {
			if f.ID.String() == asked["委员甲"] {
				is(w, "channel", *f.Channel, feedback.ChannelPHONE)
				is(w, "entered by", *f.EnteredByID, w.people["干事"].Membership)
			}
		}
		w.refused("委员甲", "rate", process.OfMatter, c.Matter.ID, rating(asked["委员甲"], "SATISFIED", "SATISFIED"), errs.Conflict)
	})
	say(t, "silence stays silence, and asking ends only after the window", func(w *world) {
		c, asked := w.jointReplied()
		w.do("委员乙", "rate", c.Matter.ID, rating(asked["委员乙"], "SATISFIED", "SATISFIED"))
		w.blocked("干事", "closeFeedback", process.OfMatter, c.Matter.ID, nil, "proposal.window_over")
		due := *timerOf(w, c, "feedback", nil).DueOn
		is(w, "window", day(&due), "2025-01-20")
		w.at(2025, 1, 20)
		w.blocked("干事", "closeFeedback", process.OfMatter, c.Matter.ID, nil, "proposal.window_over")
		w.at(2025, 1, 21)
		w.sweep()
		is(w, "time alone closes nothing", w.look(c.Matter.ID).State, "REPLIED")
		c = w.do("干事", "closeFeedback", c.Matter.ID, nil)
		is(w, "state", c.State, "COMPLETION_REVIEW")
		for _, f := range c.Feedback {
			if f.ID.String() == asked["委员甲"] {
				is(w, "silence", f.Result+f.Attitude, "")
				is(w, "received", f.ReceivedAt == nil, true)
			}
		}
		c = w.do("委员甲", "rate", c.Matter.ID, rating(asked["委员甲"], "SATISFIED", "BASIC")) // late, and welcome
		is(w, "state", c.State, "COMPLETION_REVIEW")
	})
	say(t, "somebody seated in a collective proposer rates for it", func(w *world) {
		c := w.draft("联络员", proposal.ProposerKindPARTY)
		w.attach(c.Matter.ID, nil, attachment.KindSEAL)
		c = w.do("主任", "file", w.passed("联络员", c.Matter.ID).Matter.ID, nil)
		c = w.replied(w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")), "商务局", "A")
		w.share("联络员", "confirmContact", w.of(c, "商务局").ID, process.Form{"recordId": c.RecordsOf(record.KindCONTACT)[0].ID.String(), "happened": true})
		w.refused("委员甲", "rate", process.OfMatter, c.Matter.ID, rating(c.Feedback[0].ID.String(), "SATISFIED", "SATISFIED"), errs.NotFound)
		c = w.do("联络员", "rate", c.Matter.ID, rating(c.Feedback[0].ID.String(), "SATISFIED", "SATISFIED"))
		is(w, "state", c.State, "COMPLETION_REVIEW")
	})
}

// Transitions 22–24.
func TestDissatisfaction(t *testing.T) {
	t.Parallel()
	say(t, "dissatisfaction with the result opens a new round of new shares; the old ones stay", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		first := w.of(c, "商务局")
		w.at(2025, 2, 3)
		c = w.replied(c, "商务局", "B")
		c = w.rated(c, "委员甲", "DISSATISFIED")
		is(w, "state", c.State, "HANDLING")
		is(w, "round", c.Edges.Proposal.Round, 2)
		is(w, "rows", len(c.Assignments), 4)
		is(w, "the old answer stays", c.Share(first.ID).State, "SENT")
		for _, a := range c.Assignments {
			if a.Round == 1 && a.ID != first.ID {
				is(w, "who never answered is replaced", a.State, "SUPERSEDED")
			}
		}
		next := w.of(c, "商务局")
		is(w, "new round", next.Round, 2)
		is(w, "new day", day(next.DueOn), "2025-05-03")
		is(w, "first day", next.OriginAssignedAt.Equal(first.OriginAssignedAt), true)
		is(w, "the old promise lapses", c.Items[0].Status, item.StatusDROPPED)
		w.blocked("干事", "sendBack", process.OfAssignment, first.ID, nil, "assignment.case_open")
		path := ""
		for _, s := range w.stepsOf("干事", c.Matter.ID) {
			if s.FromState != s.ToState && s.AssignmentID == nil {
				path += s.ToState + " "
			}
		}
		is(w, "path", path, "SUBMITTED UNDER_REVIEW REVIEWED FILED ASSIGNED HANDLING REPLIED REHANDLING HANDLING ")
	})
	say(t, "a co-signer's dissatisfaction is kept, and reopens where the policy says so", func(w *world) {
		c, asked := w.jointReplied()
		c = w.do("委员乙", "rate", c.Matter.ID, rating(asked["委员乙"], "SATISFIED", "DISSATISFIED"))
		is(w, "by the lead only", c.State, "REPLIED")
		w.policyIs(map[string]any{"rejectBy": "ANY"})
		c, asked = w.jointReplied()
		c = w.do("委员乙", "rate", c.Matter.ID, rating(asked["委员乙"], "SATISFIED", "DISSATISFIED"))
		is(w, "by anybody", c.State, "HANDLING")
	})
	say(t, "the second time there is a face-to-face consultation, once, and no endless loop", func(w *world) {
		consult := process.Form{"on": "2024-12-27", "place": "区政协会议室", "present": []any{"提案委", "区政府办"}, "decision": "分两年实施"}
		c := w.sole()
		w.refused("干事", "jointConsult", process.OfMatter, c.Matter.ID, consult, errs.NotAllowedInState)
		c = w.replied(c, "商务局", "A")
		w.blocked("干事", "jointConsult", process.OfMatter, c.Matter.ID, consult, "proposal.twice_dissatisfied")
		c = w.rated(c, "委员甲", "DISSATISFIED")
		c = w.rated(w.replied(c, "商务局", "A"), "委员甲", "DISSATISFIED")
		is(w, "no third round by itself", c.State, "REPLIED")
		is(w, "round", c.Edges.Proposal.Round, 2)
		w.blocked("干事", "judgeQuality", process.OfMatter, c.Matter.ID, nil, "proposal.rounds_left")
		w.at(2025, 3, 3)
		w.blocked("干事", "closeFeedback", process.OfMatter, c.Matter.ID, nil, "proposal.settled_ratings")
		w.refused("委员甲", "jointConsult", process.OfMatter, c.Matter.ID, consult, errs.NotAllowed)
		w.refused("干事", "jointConsult", process.OfMatter, c.Matter.ID, process.Form{"on": "2025-03-03", "place": "会议室", "present": []any{"提案委"}, "decision": "再办"}, errs.Invalid)
		c = w.do("政府办", "jointConsult", c.Matter.ID, consult)
		is(w, "handled once more", c.State, "HANDLING")
		is(w, "round", c.Edges.Proposal.Round, 3)
		is(w, "decision", c.RecordsOf(record.KindJOINT_CONSULT)[0].Text, "分两年实施")
		c = w.rated(w.replied(c, "商务局", "A"), "委员甲", "DISSATISFIED")
		is(w, "and ends, dissatisfied as he is", c.State, "COMPLETION_REVIEW")
		is(w, "his word stays", c.Feedback[2].Result, "DISSATISFIED")
		w.blocked("干事", "jointConsult", process.OfMatter, c.Matter.ID, consult, "proposal.twice_dissatisfied")
		is(w, "state", w.completed(c, "商务局").State, "COMPLETED")
	})
	say(t, "the 提案委 may judge the quality itself, with a reason", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		w.refused("政府办", "judgeQuality", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		c = w.do("干事", "judgeQuality", c.Matter.ID, nil)
		is(w, "state", c.State, "HANDLING")
		is(w, "round", c.Edges.Proposal.Round, 2)
		is(w, "the first reply is rated no more", len(w.asked(c)), 0)
	})
	say(t, "dissatisfaction that comes late still reopens", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		w.at(2025, 1, 21)
		w.do("干事", "closeFeedback", c.Matter.ID, nil)
		c = w.rated(w.look(c.Matter.ID), "委员甲", "DISSATISFIED")
		is(w, "state", c.State, "HANDLING")
		is(w, "round", c.Edges.Proposal.Round, 2)
		c = w.replied(c, "商务局", "A")
		w.at(2025, 3, 3)
		w.do("干事", "closeFeedback", c.Matter.ID, nil)
		c = w.rated(w.look(c.Matter.ID), "委员甲", "DISSATISFIED")
		is(w, "after the second only the consultation helps", c.State, "COMPLETION_REVIEW")
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "CLOSED"})
		w.blocked("主任", "complete", process.OfMatter, c.Matter.ID, nil, "proposal.settled_ratings")
		c = w.do("干事", "jointConsult", c.Matter.ID, process.Form{"on": "2025-03-03", "place": "区政协", "present": []any{"提案委", "区政府办"}, "decision": "再办一次"})
		is(w, "state", c.State, "HANDLING")
	})
	say(t, "a committee may allow more rounds", func(w *world) {
		w.policyIs(map[string]any{"maxRounds": 3})
		c := w.sole()
		for range 2 {
			c = w.rated(w.replied(c, "商务局", "A"), "委员甲", "DISSATISFIED")
		}
		is(w, "round", c.Edges.Proposal.Round, 3)
		is(w, "state", c.State, "HANDLING")
	})
}
