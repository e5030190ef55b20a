package proposals_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/proposals"
)

func (w *world) contactBy(c *flow.Case, mode string) process.Form {
	f := w.contact(c)
	f["mode"] = mode
	return f
}

// unitFigure is met/contacted/uncontacted of a unit, with what proposers said.
func unitFigure(f proposals.Figures, name string) string {
	for _, u := range f.Units {
		if u.Unit.Name == name {
			out := fmt.Sprintf("%d/%d/%d of %d", u.Met, u.Contacted, u.Uncontacted, u.Assigned)
			for _, m := range u.Marks {
				out += ", " + m.Text
			}
			return out
		}
	}
	return "no " + name
}

// M14: 面商 is 面谈, 座谈会 or 实地; the others are 沟通.
func TestWhatCountsAsMeeting(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"电话", "视频", "邮件", "书信"} {
		say(t, "M14: "+mode+" is no 面商", func(w *world) {
			c, a := w.received(w.sole(), "商务局")
			c = w.share("商务局承办人", "recordContact", a, w.contactBy(c, mode))
			is(w, "the clock of 办前面商", timerOf(w, c, "contact", &a).Status, timer.StatusRUNNING)
			w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.contacted")
		})
	}
	for _, mode := range []string{"面谈", "座谈会", "实地"} {
		say(t, "M14: "+mode+" is", func(w *world) {
			c, a := w.received(w.sole(), "商务局")
			c = w.share("商务局承办人", "recordContact", a, w.contactBy(c, mode))
			is(w, "the clock of 办前面商", timerOf(w, c, "contact", &a).Status, timer.StatusMET)
			w.share("商务局承办人", "draftReply", a, answerA)
		})
	}
	say(t, "M14: a committee may be content with 沟通", func(w *world) {
		w.policyIs(map[string]any{"contactBy": "ANY"})
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contactBy(c, "电话"))
		w.share("商务局承办人", "draftReply", a, answerA)
	})
	say(t, "M14: who says that nobody came marks the share, and the 提案委 sees it", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		f, err := w.figures("干事")
		is(w, "a record is no confirmation", [4]any{f.Met, f.Contacted, f.Uncontacted, err}, [4]any{0, 1, 0, nil})
		c = w.do("委员甲", "rate", c.Matter.ID, process.Form{"feedbackId": c.Feedback[0].ID.String(), "attitude": "BASIC", "result": "SATISFIED", "contacted": false})
		mark := c.RecordsOf(record.KindCHECK)[0]
		is(w, "mark", mark.Text, "提案人表示“商务局”没有与其沟通")
		is(w, "share", *mark.AssignmentID, w.of(c, "商务局").ID)
		is(w, "audience", mark.Audience, record.AudienceSTAFF)
		f, err = w.figures("干事")
		is(w, "not contacted", [4]any{f.Met, f.Contacted, f.Uncontacted, err}, [4]any{0, 0, 1, nil})
		is(w, "the unit", unitFigure(f, "商务局"), "0/0/1 of 1, 提案人表示“商务局”没有与其沟通")
		w.hears(c.Matter.ID, "没有与其沟通", "干事", "主任", "副主任")
	})
	say(t, "M14: 面商 counts where the proposer confirms it, by his word on the record or by his rating", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		w.rated(c, "委员甲", "SATISFIED")
		d, a := w.received(w.assigned(map[string]assignment.Role{"文旅局": assignment.RoleSOLE}), "文旅局")
		d = w.share("文旅局承办人", "recordContact", a, w.contact(d))
		said := func(happened bool) process.Form {
			return process.Form{"recordId": d.RecordsOf(record.KindCONTACT)[0].ID.String(), "happened": happened}
		}
		w.share("委员甲", "confirmContact", a, said(true))
		f, err := w.figures("干事")
		is(w, "met", [4]any{f.Met, f.Contacted, f.Uncontacted, err}, [4]any{2, 2, 0, nil})
		is(w, "by rating", unitFigure(f, "商务局"), "1/1/0 of 1")
		is(w, "by his word", unitFigure(f, "文旅局"), "1/1/0 of 1")
		w.share("委员甲", "confirmContact", a, said(false))
		f, err = w.figures("干事")
		is(w, "met no more", [4]any{f.Met, f.Contacted, f.Uncontacted, err}, [4]any{1, 1, 1, nil})
		is(w, "the unit whose contact is denied", unitFigure(f, "文旅局"), "0/0/1 of 1, 提案人表示“文旅局”没有与其沟通")
		is(w, "the other unit", unitFigure(f, "商务局"), "1/1/0 of 1")
	})
	say(t, "M14: a unit that was denied and then comes, as the proposer confirms, counts again", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		for i, happened := range []bool{false, true} {
			w.clock.Advance(time.Hour)
			c = w.share("商务局承办人", "recordContact", a, w.contact(c))
			c = w.share("委员甲", "confirmContact", a, process.Form{"recordId": c.RecordsOf(record.KindCONTACT)[i].ID.String(), "happened": happened})
		}
		f, err := w.figures("干事")
		is(w, "met", [4]any{f.Met, f.Contacted, f.Uncontacted, err}, [4]any{1, 1, 0, nil})
	})
	say(t, "M14: so does who denies a contact that was recorded", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		c = w.share("商务局承办人", "recordContact", a, w.contact(c))
		c = w.share("委员甲", "confirmContact", a, process.Form{"recordId": c.RecordsOf(record.KindCONTACT)[0].ID.String(), "happened": false})
		is(w, "marks", len(c.RecordsOf(record.KindCHECK)), 1)
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.contacted")
	})
}

func TestRatesKeepWhatIsRedone(t *testing.T) {
	t.Parallel()
	say(t, "M-rates: attitudes have a figure of their own, and a case that is being redone does not drop out", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		w.do("委员甲", "rate", c.Matter.ID, rating(c.Feedback[0].ID.String(), "BASIC", "DISSATISFIED"))
		f, err := w.figures("干事")
		is(w, "asked, answered", [3]any{f.Asked, f.Answered, err}, [3]any{1, 1, nil})
		is(w, "result", f.Ratings[0].Code, "DISSATISFIED")
		is(w, "attitude", f.Attitudes[0].Code, "BASIC")
	})
}

// M21, M22.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	say(t, "M21: an ordinary proposal is supervised as a key one is", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		c = w.do("干事", "recordSupervision", c.Matter.ID, process.Form{"kind": "VISIT", "on": day(&c.Now), "text": "实地察看"})
		is(w, "visits", len(c.RecordsOf(record.KindVISIT)), 1)
	})
	say(t, "M22: what came of a case is a record with its evidence, and a figure with its rows", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		outcome := process.Form{"category": "NUMBER", "text": "开通办事服务", "quantity": 40, "measure": "项", "evidence": "区政府公报", "unitId": w.units["商务局"].String()}
		w.do("商务局联络员", "recordOutcome", c.Matter.ID, outcome)
		outcome["quantity"] = 2
		w.do("干事", "recordOutcome", c.Matter.ID, outcome)
		w.do("干事", "recordOutcome", c.Matter.ID, process.Form{"category": "POLICY", "text": "印发夜间经济管理办法", "docNo": "中政发〔2025〕3号", "evidence": "文件"})
		f, err := w.figures("干事")
		if err != nil || len(f.Outcomes) != 2 {
			w.t.Fatal(f.Outcomes, err)
		}
		n := f.Outcomes[0]
		is(w, "services", [4]any{n.Category, n.Measure, n.Quantity, len(n.Rows)}, [4]any{"NUMBER", "项", 42.0, 2})
		is(w, "rules", len(f.Outcomes[1].Rows), 1)
		is(w, "document", f.Outcomes[1].Rows[0].Number, "中政发〔2025〕3号")
	})
}
