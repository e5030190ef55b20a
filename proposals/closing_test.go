package proposals_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
)

// reviewing is a case in 办结审核.
func (w *world) reviewing(class string) *flow.Case {
	w.t.Helper()
	return w.rated(w.replied(w.sole(), "商务局", class), "委员甲", "SATISFIED")
}

// Transition 25.
func TestCompleting(t *testing.T) {
	t.Parallel()
	say(t, "every reply is accepted and publication decided before the director completes", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSEPARATE, "文旅局": assignment.RoleSEPARATE})
		c = w.replied(w.replied(c, "商务局", "A"), "文旅局", "C")
		id := c.Matter.ID
		c = w.rated(c, "委员甲", "SATISFIED")
		w.blocked("主任", "complete", process.OfMatter, id, nil, "proposal.replies_accepted")
		w.refused("商务局联络员", "acceptReply", process.OfAssignment, w.of(c, "商务局").ID, nil, errs.NotAllowed)
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		w.blocked("主任", "complete", process.OfMatter, id, nil, "proposal.replies_accepted")
		w.share("干事", "acceptReply", w.of(c, "文旅局").ID, nil)
		w.blocked("主任", "complete", process.OfMatter, id, nil, "proposal.disclosure_decided")
		w.do("干事", "decideDisclosure", id, process.Form{"decision": "CLOSED", "note": "涉及企业数据"})
		w.refused("干事", "complete", process.OfMatter, id, nil, errs.NotAllowed)
		c = w.do("主任", "complete", id, nil)
		is(w, "state", c.State, "COMPLETED")
		is(w, "the least favourable class", c.Edges.Proposal.ClassFinal, "C")
		is(w, "completed", c.Edges.Proposal.CompletedAt.Equal(w.clock.Now()), true)
	})
	say(t, "a reply that is sent back in the last review takes the case back", func(w *world) {
		c := w.reviewing("A")
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		c = w.share("干事", "sendBack", w.of(c, "商务局").ID, nil)
		is(w, "state", c.State, "HANDLING")
		is(w, "acceptance", w.of(c, "商务局").AcceptedAt == nil, true)
	})
	say(t, "a key proposal is not completed without a visit, a meeting and a report", func(w *world) {
		c := w.filed()
		key := process.Form{"leadLeaderPost": "副区长", "superviseLeaderPost": "政协主席"}
		w.refused("干事", "markKey", process.OfMatter, c.Matter.ID, key, errs.NotAllowed)
		w.do("主席", "markKey", c.Matter.ID, key)
		c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
		c = w.rated(w.replied(c, "商务局", "A"), "委员甲", "SATISFIED")
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
		for _, kind := range []string{"VISIT", "MEETING", "REPORT"} {
			w.blocked("主任", "complete", process.OfMatter, c.Matter.ID, nil, "proposal.key_supervised")
			w.do("干事", "recordSupervision", c.Matter.ID, process.Form{"kind": kind, "on": w.today(), "text": "督办记录"})
		}
		is(w, "completed", w.do("主任", "complete", c.Matter.ID, nil).Edges.Proposal.CompletedAt != nil, true)
	})
	say(t, "a leader's instruction is seen by staff only", func(w *world) {
		c := w.do("主席", "markKey", w.sole().Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
		w.do("干事", "recordSupervision", c.Matter.ID, process.Form{"kind": "INSTRUCTION", "on": w.today(), "text": "请抓紧办理"})
		w.do("干事", "recordSupervision", c.Matter.ID, process.Form{"kind": "VISIT", "on": w.today(), "text": "实地调研"})
		for _, who := range []string{"委员甲", "商务局联络员"} {
			for _, r := range w.recordsSeenBy(who, c) {
				is(w, who+" sees", r.Kind == record.KindINSTRUCTION, false)
			}
		}
		is(w, "the proposer sees the visit", len(w.recordsSeenBy("委员甲", c)), 1)
	})
}

func TestPublication(t *testing.T) {
	t.Parallel()
	say(t, "without the proposer's consent nothing is published whole", func(w *world) {
		c, err := w.open("委员甲", proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL})
		if err != nil {
			w.t.Fatal(err)
		}
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"consentPublish": false, "consentReason": "涉及企业数据"})
		c = w.do("主任", "file", w.passed("委员甲", c.Matter.ID).Matter.ID, nil)
		c = w.replied(w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")), "商务局", "A")
		w.blocked("干事", "decideDisclosure", process.OfMatter, c.Matter.ID, process.Form{"decision": "OPEN"}, "proposal.may_publish")
		c = w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "ABSTRACT_ONLY"})
		is(w, "visible to", c.Visibility, matter.VisibilitySTAFF)
	})
	say(t, "a case may be completed while publication is pending for a reason", func(w *world) {
		c := w.reviewing("A")
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		for _, note := range []string{"", " 　"} {
			w.refused("干事", "decideDisclosure", process.OfMatter, c.Matter.ID, process.Form{"decision": "PENDING", "note": note}, errs.Invalid)
		}
		w.blocked("主任", "complete", process.OfMatter, c.Matter.ID, nil, "proposal.disclosure_decided")
		w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "PENDING", "note": "等待承办单位保密审查意见"})
		c = w.do("主任", "complete", c.Matter.ID, nil)
		is(w, "state", c.State, "COMPLETED")
		is(w, "publication", c.Edges.Proposal.Disclosure, proposal.DisclosureUNDECIDED)
		is(w, "reason", c.Edges.Proposal.DisclosureNote, "等待承办单位保密审查意见")
		c = w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
		is(w, "decided afterwards", c.Edges.Proposal.Disclosure, proposal.DisclosureOPEN)
		is(w, "the reason is gone", c.Edges.Proposal.DisclosureNote, "")
		c = w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "PENDING", "note": "单位提出异议"})
		is(w, "pending again, visible to", c.Visibility, matter.VisibilitySTAFF)
	})
	say(t, "what is open is open to the whole committee, until the decision is taken back", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		sees := func() int {
			n := 0
			w.must("委员丙", func(ctx context.Context, cl *gen.Client) error {
				n = cl.Matter.Query().Where(matter.ID(c.Matter.ID)).CountX(ctx)
				return nil
			})
			return n
		}
		is(w, "before", sees(), 0)
		w.refused("委员甲", "decideDisclosure", process.OfMatter, c.Matter.ID, process.Form{"decision": "OPEN"}, errs.NotAllowed)
		w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
		is(w, "open", sees(), 1)
		w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "CLOSED", "note": "单位提出异议"})
		is(w, "closed", sees(), 0)
	})
}

// Transitions 26 and 27.
func TestTracking(t *testing.T) {
	t.Parallel()
	done := func(id uuid.UUID, done bool) process.Form { return process.Form{"itemId": id.String(), "done": done} }
	report := func(id uuid.UUID) process.Form {
		return process.Form{"itemId": id.String(), "evidence": "专线已开通，见附件"}
	}
	say(t, "a commitment is followed until it is done, and the original class is kept", func(w *world) {
		c := w.completed(w.reviewing("B"), "商务局")
		is(w, "state", c.State, "TRACKING")
		is(w, "reported each half year", day(timerOf(w, c, "track", nil).DueOn), "2025-06-27")
		it := c.Items[0]
		w.blocked("主任", "settle", process.OfMatter, c.Matter.ID, process.Form{"class": "A"}, "proposal.commitments_settled")
		w.blocked("干事", "verifyCommitment", process.OfMatter, c.Matter.ID, done(it.ID, true), "proposal.commitment_reported")
		w.refused("文旅局联络员", "reportCommitment", process.OfMatter, c.Matter.ID, report(it.ID), errs.NotFound)
		w.refused("干事", "reportCommitment", process.OfMatter, c.Matter.ID, report(it.ID), errs.NotAllowed)
		w.refused("商务局联络员", "reportCommitment", process.OfMatter, c.Matter.ID, report(uuid.New()), errs.NotFound)
		w.at(2025, 6, 20)
		c = w.do("商务局联络员", "reportCommitment", c.Matter.ID, report(it.ID))
		is(w, "next report", day(timerOf(w, c, "track", nil).DueOn), "2025-12-20")
		is(w, "the report that was due", c.Timers[len(c.Timers)-2].Status, timer.StatusMET)
		w.blocked("干事", "settle", process.OfMatter, c.Matter.ID, process.Form{"class": "A"}, "proposal.commitments_settled")
		c = w.do("干事", "verifyCommitment", c.Matter.ID, done(it.ID, true))
		is(w, "done", c.Items[0].Status, item.StatusDONE)
		w.refused("干事", "settle", process.OfMatter, c.Matter.ID, process.Form{"class": "Z"}, errs.Invalid)
		c = w.do("干事", "settle", c.Matter.ID, process.Form{"class": "A"})
		is(w, "state", c.State, "COMPLETED")
		is(w, "class", c.Edges.Proposal.ClassFinal, "A")
		is(w, "original class", c.Edges.Proposal.ClassOriginal, "B")
	})
	say(t, "what was reported and not found done is owed again, or given up for a reason", func(w *world) {
		c := w.completed(w.reviewing("B"), "商务局")
		it := c.Items[0].ID
		w.do("商务局承办人", "reportCommitment", c.Matter.ID, report(it))
		c = w.do("干事", "verifyCommitment", c.Matter.ID, done(it, false))
		is(w, "owed again", c.Items[0].Status, item.StatusOPEN)
		err := w.as("干事", func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "settle", Form: process.Form{"class": "C"}})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			w.t.Errorf("without a reason: %v", err)
		}
		c = w.do("干事", "settle", c.Matter.ID, process.Form{"class": "C"})
		is(w, "given up", c.Items[0].Status, item.StatusDROPPED)
		is(w, "class", c.Edges.Proposal.ClassFinal, "C")
		is(w, "state", c.State, "COMPLETED")
	})
	say(t, "a unit reports its own commitments only", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSEPARATE, "文旅局": assignment.RoleSEPARATE})
		c = w.replied(w.replied(c, "商务局", "B"), "文旅局", "A")
		c = w.completed(w.rated(c, "委员甲", "SATISFIED"), "商务局", "文旅局")
		w.refused("文旅局联络员", "reportCommitment", process.OfMatter, c.Matter.ID, report(c.Items[0].ID), errs.NotFound)
		w.do("商务局联络员", "reportCommitment", c.Matter.ID, report(c.Items[0].ID))
	})
	say(t, "a reply without commitments is not followed", func(w *world) {
		is(w, "state", w.completed(w.reviewing("A"), "商务局").State, "COMPLETED")
	})
}

// supervise records one thing that was done under supervision.
func (w *world) supervise(id uuid.UUID, kind string) *flow.Case {
	w.t.Helper()
	return w.do("干事", "recordSupervision", id, process.Form{"kind": kind, "on": w.today(), "text": "督办记录"})
}

// key is a completed key proposal with one reply of a class.
func (w *world) key(class string) *flow.Case {
	w.t.Helper()
	c := w.do("主席", "markKey", w.filed().Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
	c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
	for _, kind := range []string{"VISIT", "MEETING", "REPORT"} {
		w.supervise(c.Matter.ID, kind)
	}
	return w.completed(w.rated(w.replied(c, "商务局", class), "委员甲", "SATISFIED"), "商务局")
}

// noOne is a completed 一号提案 with one reply of class A.
func (w *world) noOne() *flow.Case {
	w.t.Helper()
	c := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
	c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
	return w.completed(w.rated(w.replied(c, "商务局", "A"), "委员甲", "SATISFIED"), "商务局")
}

// Transition 26, its second half.
func TestFollowingWithoutCommitments(t *testing.T) {
	t.Parallel()
	settled := process.Form{"class": "A"}
	say(t, "a key proposal is followed without any commitment", func(w *world) {
		c := w.key("A")
		is(w, "state", c.State, "TRACKING")
		is(w, "commitments", len(c.Items), 0)
		is(w, "reported each half year", day(timerOf(w, c, "track", nil).DueOn), "2025-06-27")
	})
	say(t, "so is the 一号提案, key or not", func(w *world) {
		c := w.noOne()
		is(w, "key", c.Edges.Proposal.IsKey, false)
		is(w, "state", c.State, "TRACKING")
		is(w, "reported each half year", day(timerOf(w, c, "track", nil).DueOn), "2025-06-27")
		w.blocked("干事", "settle", process.OfMatter, c.Matter.ID, settled, "proposal.reported_back")
		w.supervise(c.Matter.ID, "REPORT")
		is(w, "settled", w.do("干事", "settle", c.Matter.ID, settled).State, "COMPLETED")
	})
	say(t, "any other proposal without commitments is completed and followed no further", func(w *world) {
		c := w.completed(w.reviewing("A"), "商务局")
		is(w, "state", c.State, "COMPLETED")
		for _, x := range c.Timers {
			is(w, "a clock of following", x.Key == "track", false)
		}
		c = w.completed(w.reviewing("B"), "商务局")
		is(w, "with commitments", c.State, "TRACKING")
		w.do("干事", "recordSupervision", c.Matter.ID, process.Form{"kind": "REPORT", "on": w.today(), "text": "报告"}) // M21: of any proposal
	})
	say(t, "a report meets the period and the next one begins; other records do not", func(w *world) {
		c := w.key("A")
		first := timerOf(w, c, "track", nil)
		w.at(2025, 6, 20)
		c = w.supervise(c.Matter.ID, "VISIT")
		is(w, "after a visit", timerOf(w, c, "track", nil).ID, first.ID)
		c = w.supervise(c.Matter.ID, "REPORT")
		is(w, "state", c.State, "TRACKING")
		is(w, "the report that was due", c.Timers[len(c.Timers)-2].ID, first.ID)
		is(w, "is met", c.Timers[len(c.Timers)-2].Status, timer.StatusMET)
		is(w, "next report", day(timerOf(w, c, "track", nil).DueOn), "2025-12-20")
		is(w, "it runs", running(timerOf(w, c, "track", nil)), true)
	})
	say(t, "it is not settled before somebody has reported back since it was completed", func(w *world) {
		c := w.key("A") // whose report of the supervision came before
		w.blocked("干事", "settle", process.OfMatter, c.Matter.ID, settled, "proposal.reported_back")
		w.refused("干事", "settle", process.OfMatter, c.Matter.ID, settled, errs.GuardFailed)
		w.supervise(c.Matter.ID, "MEETING")
		w.blocked("干事", "settle", process.OfMatter, c.Matter.ID, settled, "proposal.reported_back")
		w.supervise(c.Matter.ID, "REPORT")
		c = w.do("干事", "settle", c.Matter.ID, process.Form{"class": "C"})
		is(w, "class", c.Edges.Proposal.ClassFinal, "C")
		is(w, "original class", c.Edges.Proposal.ClassOriginal, "A")
	})
	say(t, "a handling unit reports by itself, as it is its turn", func(w *world) {
		c := w.key("A")
		first := timerOf(w, c, "track", nil)
		c = w.do("商务局联络员", "reportProgress", c.Matter.ID, process.Form{"text": "夜市已按方案改造"})
		is(w, "the next period", timerOf(w, c, "track", nil).ID == first.ID, false)
		w.refused("委员乙", "reportProgress", process.OfMatter, c.Matter.ID, process.Form{"text": "别人写的"}, errs.NotFound)
		is(w, "settled", w.do("干事", "settle", c.Matter.ID, settled).State, "COMPLETED")
	})
	say(t, "settled once it stays completed and is archived", func(w *world) {
		c := w.key("A")
		w.supervise(c.Matter.ID, "REPORT")
		c = w.do("干事", "settle", c.Matter.ID, settled)
		is(w, "state", c.State, "COMPLETED")
		is(w, "no report is due", running(timerOf(w, c, "track", nil)), false)
		c = w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"}) // after which the engine looks again
		is(w, "after another action", c.State, "COMPLETED")
		is(w, "archived", w.do("干事", "archive", c.Matter.ID, checklist).State, "ARCHIVED")
	})
	say(t, "with commitments a unit's report is one, and once settled it is not followed again", func(w *world) {
		c := w.key("B")
		it := c.Items[0].ID.String()
		w.blocked("干事", "settle", process.OfMatter, c.Matter.ID, settled, "proposal.commitments_settled")
		w.do("商务局联络员", "reportCommitment", c.Matter.ID, process.Form{"itemId": it, "evidence": "专线已开通"})
		w.do("干事", "verifyCommitment", c.Matter.ID, process.Form{"itemId": it, "done": true})
		is(w, "state", w.do("干事", "settle", c.Matter.ID, settled).State, "COMPLETED")
	})
}

// Transitions 28 and 29.
func TestArchivingAndCorrecting(t *testing.T) {
	t.Parallel()
	say(t, "the file is archived with a complete table of contents", func(w *world) {
		c := w.completed(w.reviewing("A"), "商务局")
		w.refused("干事", "archive", process.OfMatter, c.Matter.ID, process.Form{"checklist": map[string]any{"form": "有"}}, errs.Invalid)
		w.refused("政府办", "archive", process.OfMatter, c.Matter.ID, checklist, errs.NotAllowed)
		c = w.do("干事", "archive", c.Matter.ID, checklist)
		is(w, "state", c.State, "ARCHIVED")
		is(w, "closed", c.ClosedAt != nil, true)
	})
	say(t, "an archived case is read-only, shares and all, and no clock runs", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		w.at(2025, 2, 3)
		c = w.completed(w.rated(w.replied(c, "商务局", "A"), "委员甲", "SATISFIED"), "商务局")
		w.do("主任", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
		c = w.do("干事", "archive", c.Matter.ID, checklist)
		for _, x := range c.Timers {
			is(w, "clock "+x.Key, x.Status == timer.StatusMET || x.Status == timer.StatusCANCELLED, true)
		}
		version := c.Version
		rec := c.RecordsOf(record.KindCONTACT)[0].ID.String()
		w.refused("委员甲", "confirmContact", process.OfAssignment, w.of(c, "商务局").ID, process.Form{"recordId": rec, "happened": false}, errs.NotAllowedInState)
		for _, m := range []struct {
			machine string
			id      uuid.UUID
		}{{process.OfMatter, c.Matter.ID}, {process.OfAssignment, w.of(c, "商务局").ID}, {process.OfAssignment, w.of(c, "文旅局").ID}} {
			for _, a := range c.Def.Machines[m.machine].Actions {
				for _, who := range []string{"主任", "干事", "政府办"} {
					if _, err := w.try(who, a.Code, m.machine, m.id, nil); !errs.Is(err, errs.NotAllowedInState) {
						w.t.Errorf("%s %s: %v", who, a.Code, err)
					}
				}
			}
		}
		is(w, "changed", w.look(c.Matter.ID).Version, version)
		w.at(2026, 2, 3)
		is(w, "reminded", w.sweep(), 0)
	})
	say(t, "a correction takes two persons and a reason, and keeps what stood before", func(w *world) {
		c := w.filed()
		form := process.Form{"field": "title", "value": "关于特色街区改造的提案"}
		w.refused("委员甲", "requestCorrection", process.OfMatter, c.Matter.ID, form, errs.NotAllowed)
		w.refused("干事", "requestCorrection", process.OfMatter, c.Matter.ID, process.Form{"field": "state", "value": "ARCHIVED"}, errs.Invalid)
		w.blocked("主任", "approveCorrection", process.OfMatter, c.Matter.ID, nil, "proposal.correction_by_other")
		w.do("主任", "requestCorrection", c.Matter.ID, form)
		is(w, "nothing yet", w.look(c.Matter.ID).Title, c.Title)
		w.blocked("主任", "approveCorrection", process.OfMatter, c.Matter.ID, nil, "proposal.correction_by_other")
		w.refused("干事", "approveCorrection", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		corrected := w.do("副主任", "approveCorrection", c.Matter.ID, nil)
		is(w, "title", corrected.Title, "关于特色街区改造的提案")
		steps := w.stepsOf("委员甲", c.Matter.ID)
		is(w, "before", steps[len(steps)-1].Before["title"], any(c.Title))
		is(w, "state", corrected.State, "FILED")
		w.blocked("副主任", "approveCorrection", process.OfMatter, c.Matter.ID, nil, "proposal.correction_by_other")
	})
	say(t, "category and the reason against publication may be corrected too, before filing nothing", func(w *world) {
		c := w.reviewed()
		w.refused("干事", "requestCorrection", process.OfMatter, c.Matter.ID, process.Form{"field": "category", "value": "文化"}, errs.NotAllowedInState)
		w.do("主任", "file", c.Matter.ID, nil)
		for _, field := range []string{"category", "consentReason"} {
			w.do("干事", "requestCorrection", c.Matter.ID, process.Form{"field": field, "value": "更正后的内容"})
			c = w.do("主任", "approveCorrection", c.Matter.ID, nil)
		}
		is(w, "category", c.Edges.Proposal.Category, "更正后的内容")
		is(w, "reason", c.Edges.Proposal.ConsentReason, "更正后的内容")
	})
}
