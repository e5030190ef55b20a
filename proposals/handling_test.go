package proposals_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// contact is the form of a talk with the first proposer today.
func (w *world) contact(c *flow.Case) process.Form {
	return process.Form{"partyId": lead(c), "mode": "面谈", "stage": "办前", "on": w.today(), "text": "当面听取意见"}
}

var answerA = process.Form{"class": "A", "body": "关于提案的答复：已研究采纳，具体措施如下。"}

// received is a share that has been received and has an officer.
func (w *world) received(c *flow.Case, name string) (*flow.Case, uuid.UUID) {
	w.t.Helper()
	a := w.of(c, name)
	w.share(name+"联络员", "signReceipt", a.ID, nil)
	return w.share(name+"联络员", "nameOfficer", a.ID, process.Form{"membershipId": w.member(name + "承办人")}), a.ID
}

func TestContactingTheProposer(t *testing.T) {
	t.Parallel()
	say(t, "no reply without contact with the first proposer", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.contacted")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		c = w.share("商务局承办人", "draftReply", a, answerA)
		is(w, "share", w.of(c, "商务局").State, "DRAFTED")
	})
	say(t, "unless the policy does not want it", func(w *world) {
		w.policyIs(map[string]any{"contactRequired": false})
		_, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "draftReply", a, answerA)
	})
	say(t, "a contact that the proposer denies does not count, one that he confirms does", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		c = w.share("商务局承办人", "recordContact", a, w.contact(c))
		rec := c.RecordsOf(record.KindCONTACT)[0]
		says := func(happened bool) process.Form {
			return process.Form{"recordId": rec.ID.String(), "happened": happened}
		}
		w.refused("委员乙", "confirmContact", process.OfAssignment, a, says(true), errs.NotFound)
		w.refused("委员甲", "confirmContact", process.OfAssignment, a, process.Form{"recordId": uuid.NewString(), "happened": true}, errs.NotFound)
		w.share("委员甲", "confirmContact", a, says(false))
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.contacted")
		w.share("委员甲", "confirmContact", a, says(true))
		w.share("商务局承办人", "draftReply", a, answerA)
	})
	say(t, "each first proposer is contacted by each unit that answers", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSEPARATE, "文旅局": assignment.RoleSEPARATE})
		c, one := w.received(c, "商务局")
		_, two := w.received(c, "文旅局")
		w.share("商务局承办人", "recordContact", one, w.contact(c))
		w.share("商务局承办人", "draftReply", one, answerA)
		w.blocked("文旅局承办人", "draftReply", process.OfAssignment, two, answerA, "assignment.contacted")
	})
	say(t, "a contact is with a proposer, by the unit's officer, and not in the future", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		form := w.contact(c)
		form["on"] = "2024-12-28"
		w.refused("商务局承办人", "recordContact", process.OfAssignment, a, form, errs.Invalid)
		form = w.contact(c)
		form["partyId"] = uuid.NewString()
		w.refused("商务局承办人", "recordContact", process.OfAssignment, a, form, errs.Invalid)
		form = w.contact(c)
		form["mode"] = "托梦"
		w.refused("商务局承办人", "recordContact", process.OfAssignment, a, form, errs.Invalid)
		w.refused("商务局局长", "recordContact", process.OfAssignment, a, w.contact(c), errs.NotAllowed)
		w.refused("文旅局承办人", "recordContact", process.OfAssignment, a, w.contact(c), errs.NotFound)
	})
	say(t, "the officer is of the unit, today", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.refused("商务局联络员", "nameOfficer", process.OfAssignment, a.ID, process.Form{"membershipId": w.member("文旅局承办人")}, errs.Invalid)
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Seat.Update().SetSeatTo(clock.Date(2024, 12, 26)).Exec(ctx)
		})
		w.must("", func(ctx context.Context, cl *gen.Client) error { // only the liaison is left
			return cl.Seat.Create().SetMembershipID(w.people["商务局联络员"].Membership).SetUnitID(w.units["商务局"]).Exec(ctx)
		})
		w.refused("商务局联络员", "nameOfficer", process.OfAssignment, a.ID, process.Form{"membershipId": w.member("商务局承办人")}, errs.Invalid)
	})
}

func TestReplying(t *testing.T) {
	t.Parallel()
	say(t, "officer drafts, leader signs, liaison sends; the number is taken at signature", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		w.refused("商务局联络员", "draftReply", process.OfAssignment, a, answerA, errs.NotAllowed)
		w.refused("商务局承办人", "draftReply", process.OfAssignment, a, process.Form{"class": "Z", "body": answerA["body"]}, errs.Invalid)
		w.share("商务局承办人", "draftReply", a, answerA)
		w.share("商务局承办人", "draftReply", a, process.Form{"class": "C", "body": "改写后的答复，说明受条件限制的情况。"})
		w.refused("商务局局长", "signOff", process.OfAssignment, a, nil, errs.NotAllowedInState)
		w.share("商务局承办人", "submitDraft", a, nil)
		w.refused("商务局承办人", "signOff", process.OfAssignment, a, nil, errs.NotAllowed)
		w.share("商务局局长", "rejectDraft", a, nil)
		w.share("商务局承办人", "submitDraft", a, nil)
		c = w.share("商务局局长", "signOff", a, nil)
		is(w, "one reply", len(c.Replies), 1)
		is(w, "number", c.Replies[0].DocNo, "中商务局〔2024〕1号")
		is(w, "signer", *c.Replies[0].SignerID, w.people["商务局局长"].Membership)
		is(w, "seen by the proposer", w.repliesSeenBy("委员甲", c), 0)
		w.refused("商务局局长", "send", process.OfAssignment, a, nil, errs.NotAllowed)
		w.blocked("商务局联络员", "submitAudit", process.OfAssignment, a, nil, "assignment.audit_required")
		c = w.share("商务局联络员", "send", a, nil)
		is(w, "copies", len(c.Replies[0].Cc), 2)
		is(w, "seen by the proposer", w.repliesSeenBy("委员甲", c), 1)
		is(w, "case", c.State, "REPLIED")
	})
	say(t, "a B-class reply lists what is promised and until when", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		promise := func(due string) process.Form {
			return process.Form{"class": "B", "body": "列入明年计划，分两步实施。", "commitments": []any{map[string]any{"text": "开通专线", "dueOn": due}}}
		}
		w.refused("商务局承办人", "draftReply", process.OfAssignment, a, process.Form{"class": "B", "body": "列入明年计划，分两步实施。"}, errs.Invalid)
		w.refused("商务局承办人", "draftReply", process.OfAssignment, a, promise("2025-02-30"), errs.Invalid)
		w.share("商务局承办人", "draftReply", a, promise("2025-06-30"))
		c = w.share("商务局承办人", "draftReply", a, promise("2025-12-31"))
		open := 0
		for _, it := range c.Items {
			if it.Status == item.StatusOPEN {
				open++
				is(w, "due", day(it.DueOn), "2025-12-31")
			}
		}
		is(w, "what was rewritten is not owed twice", open, 1)
	})
	say(t, "where the policy wants it the office reads every reply before it goes out", func(w *world) {
		w.policyIs(map[string]any{"officeAudit": true})
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		signed := func() {
			w.t.Helper()
			w.share("商务局承办人", "draftReply", a, answerA)
			w.share("商务局承办人", "submitDraft", a, nil)
			w.share("商务局局长", "signOff", a, nil)
			w.blocked("商务局联络员", "send", process.OfAssignment, a, nil, "assignment.audited")
			w.share("商务局联络员", "submitAudit", a, nil)
		}
		signed()
		w.refused("干事", "approveAudit", process.OfAssignment, a, nil, errs.NotAllowed)
		w.share("政府办", "rejectAudit", a, nil)
		signed() // rejected, rewritten, signed again
		w.share("政府办", "approveAudit", a, nil)
		c = w.share("商务局联络员", "send", a, nil)
		is(w, "the same number", c.Replies[0].DocNo, "中商务局〔2024〕1号")
		is(w, "one reply", len(c.Replies), 1)
		w.share("干事", "sendBack", a, nil)
		signed() // sent back: what was read before does not count
		w.share("政府办", "approveAudit", a, nil)
		c = w.share("商务局联络员", "send", a, nil)
		is(w, "a new letter has a new number", c.Replies[1].DocNo, "中商务局〔2024〕2号")
	})
	say(t, "a reply that does not fit is sent back, with a new clock", func(w *world) {
		c := w.replied(w.sole(), "商务局", "B")
		a := w.of(c, "商务局").ID
		w.refused("商务局联络员", "sendBack", process.OfAssignment, a, nil, errs.NotAllowed)
		w.refused("委员甲", "sendBack", process.OfAssignment, a, nil, errs.NotAllowed)
		w.at(2025, 1, 20)
		c = w.share("政府办", "sendBack", a, nil)
		is(w, "case", c.State, "HANDLING")
		is(w, "share", w.of(c, "商务局").State, "SENT_BACK")
		is(w, "new day", day(w.of(c, "商务局").DueOn), "2025-04-20")
		is(w, "original day", day(w.of(c, "商务局").OriginalDueOn), "2025-03-27")
		is(w, "reply", c.Replies[0].Status, reply.StatusSENT_BACK)
		is(w, "reason", c.Replies[0].SentBackReason, "测试理由")
		is(w, "its promises lapse", c.Items[0].Status, item.StatusDROPPED)
		is(w, "seen by the proposer", w.repliesSeenBy("委员甲", c), 0)
		c = w.replied(c, "商务局", "A")
		is(w, "case", c.State, "REPLIED")
		c = w.do("委员甲", "rate", c.Matter.ID, process.Form{"feedbackId": c.Feedback[1].ID.String(), "attitude": "SATISFIED", "result": "SATISFIED"})
		is(w, "nobody rates the letter that was sent back", c.State, "COMPLETION_REVIEW")
	})
	say(t, "a completed case's reply is neither sent back nor accepted", func(w *world) {
		c := w.rated(w.replied(w.sole(), "商务局", "A"), "委员甲", "SATISFIED")
		c = w.completed(c, "商务局")
		w.blocked("干事", "sendBack", process.OfAssignment, w.of(c, "商务局").ID, nil, "assignment.case_open")
		w.blocked("干事", "acceptReply", process.OfAssignment, w.of(c, "商务局").ID, nil, "assignment.case_open")
	})
}

// repliesSeenBy is how many replies and opinions of a case a person sees.
func (w *world) repliesSeenBy(who string, c *flow.Case) (n int) {
	w.t.Helper()
	w.must(who, func(ctx context.Context, cl *gen.Client) (err error) {
		n, err = cl.Reply.Query().Where(reply.MatterID(c.Matter.ID)).Count(ctx)
		return err
	})
	return n
}

// 会办.
func TestAssisting(t *testing.T) {
	t.Parallel()
	led := map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST, "城建局": assignment.RoleASSIST}
	opinion := process.Form{"body": "建议增设夜间照明。"}
	say(t, "an assisting unit answers the lead, never the proposer", func(w *world) {
		c := w.assigned(led)
		c, a := w.received(c, "文旅局")
		w.blocked("文旅局承办人", "recordContact", process.OfAssignment, a, w.contact(c), "assignment.answers")
		w.blocked("文旅局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.answers")
		w.refused("文旅局联络员", "submitCoOpinion", process.OfAssignment, a, opinion, errs.NotAllowed)
		c = w.share("文旅局承办人", "submitCoOpinion", a, opinion)
		is(w, "share", w.of(c, "文旅局").State, "SENT")
		is(w, "number of its own series", c.Replies[0].DocNo, "中文旅局会办〔2024〕1号")
		is(w, "kind", c.Replies[0].Kind, reply.KindCO_OPINION)
		for who, want := range map[string]int{"商务局承办人": 1, "文旅局承办人": 1, "城建局承办人": 0, "干事": 1, "政府办": 1, "委员甲": 0} {
			is(w, who, w.repliesSeenBy(who, c), want)
		}
		for _, s := range w.stepsOf("委员甲", c.Matter.ID) {
			is(w, "the proposer's timeline", s.Action == "submitCoOpinion", false)
		}
		w.blocked("干事", "sendBack", process.OfAssignment, a, nil, "assignment.answers")
	})
	say(t, "the lead waits for the opinions until they are late, and no longer", func(w *world) {
		c := w.assigned(led)
		c, a := w.received(c, "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		w.blocked("商务局承办人", "submitCoOpinion", process.OfAssignment, a, opinion, "assignment.assists")
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.assist_settled")
		_, assist := w.received(c, "文旅局")
		w.share("文旅局承办人", "submitCoOpinion", assist, opinion)
		w.at(2025, 1, 27)
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.assist_settled")
		w.at(2025, 1, 28)
		w.share("商务局承办人", "draftReply", a, answerA)
	})
	say(t, "an assisting unit never holds up completion, and then owes nothing more", func(w *world) {
		c := w.assigned(led)
		_, assist := w.received(c, "文旅局")
		w.share("文旅局承办人", "submitCoOpinion", assist, opinion)
		w.at(2025, 2, 3)
		c = w.replied(w.look(c.Matter.ID), "商务局", "A")
		is(w, "replied without 城建局", c.State, "REPLIED")
		is(w, "nobody rates an opinion", len(c.Feedback), 1)
		c = w.completed(w.rated(c, "委员甲", "SATISFIED"), "商务局")
		late := w.of(c, "城建局")
		is(w, "case", c.State, "COMPLETED")
		is(w, "late share", late.State, "SUPERSEDED")
		is(w, "its clocks", len(c.OpenTimers(&late.ID)), 0)
		is(w, "the other's", w.of(c, "文旅局").State, "SENT")
	})
}

// 延期.
func TestExtending(t *testing.T) {
	t.Parallel()
	until := func(s string) process.Form { return process.Form{"until": s} }
	say(t, "the unit's leader applies before the day, once, for a month at most", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.refused("商务局联络员", "applyExtension", process.OfAssignment, a, until("2025-04-20"), errs.NotAllowed)
		w.at(2025, 3, 27) // the last day
		w.sweep()
		w.refused("商务局局长", "applyExtension", process.OfAssignment, a, until("2025-04-28"), errs.Invalid)
		w.refused("商务局局长", "applyExtension", process.OfAssignment, a, until("2025-03-27"), errs.Invalid)
		w.share("商务局局长", "applyExtension", a, until("2025-04-27"))
		w.refused("商务局局长", "decideExtension", process.OfAssignment, a, grant(""), errs.NotAllowed)
		c = w.share("政府办", "decideExtension", a, process.Form{"grant": true})
		share := w.of(c, "商务局")
		is(w, "back where it was", share.State, "HANDLING")
		is(w, "new day", day(share.DueOn), "2025-04-27")
		is(w, "original day", day(share.OriginalDueOn), "2025-03-27")
		is(w, "original day of the clock", day(timerOf(w, c, "reply", &a).OriginalDueOn), "2025-03-27")
		is(w, "nearest day of the case", day(c.NextDueOn), "2025-01-20") // the overdue contact
		is(w, "extended", share.Extended, true)
		w.blocked("商务局局长", "applyExtension", process.OfAssignment, a, until("2025-05-20"), "assignment.extensions_left")
	})
	say(t, "a refused application leaves the day as it was, and may be made again", func(w *world) {
		_, a := w.received(w.sole(), "商务局")
		w.share("商务局局长", "applyExtension", a, until("2025-04-27"))
		c := w.share("政府办", "decideExtension", a, deny)
		is(w, "day", day(w.of(c, "商务局").DueOn), "2025-03-27")
		is(w, "application", w.of(c, "商务局").ApplyUntil == nil, true)
		w.share("商务局局长", "applyExtension", a, until("2025-04-20"))
	})
	say(t, "after the day it is too late", func(w *world) {
		_, a := w.received(w.sole(), "商务局")
		w.at(2025, 3, 28)
		w.refused("商务局局长", "applyExtension", process.OfAssignment, a, until("2025-04-20"), errs.DeadlinePassed)
	})
	say(t, "as often as the policy says, and never beyond six months from assignment", func(w *world) {
		w.policyIs(map[string]any{"maxExtensions": 3, "deadlines": map[string]any{"extension.max": map[string]any{"amount": 2, "unit": "MONTH"}}})
		_, a := w.received(w.sole(), "商务局")
		for _, x := range []struct{ ok, beyond string }{{"2025-05-27", "2025-05-28"}, {"2025-06-20", "2025-06-28"}, {"2025-06-27", "2025-06-28"}} {
			w.refused("商务局局长", "applyExtension", process.OfAssignment, a, until(x.beyond), errs.Invalid)
			w.share("商务局局长", "applyExtension", a, until(x.ok))
			w.share("政府办", "decideExtension", a, process.Form{"grant": true})
		}
		w.blocked("商务局局长", "applyExtension", process.OfAssignment, a, until("2025-06-27"), "assignment.extensions_left")
	})
	say(t, "a 平时提案 has its own time", func(w *world) {
		w.policyIs(map[string]any{"deadlines": map[string]any{"reply.intersession": map[string]any{"amount": 20, "unit": "WORKDAY"}}})
		w.at(2025, 3, 3)
		c := w.sole()
		is(w, "period", *c.Edges.Proposal.Period, proposal.PeriodINTERSESSION)
		is(w, "day", day(w.of(c, "商务局").DueOn), "2025-03-31")
	})
}
