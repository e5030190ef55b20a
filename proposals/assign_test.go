package proposals_test

import (
	"context"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Transitions 17–19.
func TestAssigning(t *testing.T) {
	t.Parallel()
	say(t, "units are asked in advance, and answer for themselves", func(w *world) {
		c := w.filed()
		w.refused("商务局联络员", "preAssignOpinion", process.OfMatter, c.Matter.ID, process.Form{"accept": true}, errs.NotFound)
		w.refused("审查员", "preAssign", process.OfMatter, c.Matter.ID, w.unitsForm("商务局", "LEAD"), errs.NotAllowed)
		w.refused("政府办", "preAssign", process.OfMatter, c.Matter.ID, w.unitsForm("经济界", "LEAD"), errs.Invalid)
		c = w.do("政府办", "preAssign", c.Matter.ID, w.unitsForm("商务局", "LEAD", "文旅局", "ASSIST"))
		is(w, "state", c.State, "PRE_ASSIGNED")
		is(w, "five working days", day(timerOf(w, c, "preassign", nil).DueOn), "2025-01-06")
		w.do("商务局联络员", "preAssignOpinion", c.Matter.ID, process.Form{"accept": true})
		c = w.do("文旅局联络员", "preAssignOpinion", c.Matter.ID, process.Form{"accept": false, "note": "不属于本局职责"})
		w.refused("城建局联络员", "preAssignOpinion", process.OfMatter, c.Matter.ID, process.Form{"accept": true}, errs.NotFound)
		opinions := c.RecordsOf(record.KindPREASSIGN_OPINION)
		is(w, "opinions", len(opinions), 2)
		is(w, "whose", *opinions[1].UnitID, w.units["文旅局"])
		is(w, "the proposer is told of none", len(w.recordsSeenBy("委员甲", c)), 0)
		c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
		is(w, "state", c.State, "ASSIGNED")
	})
	say(t, "F19: LEAD together with SOLE is refused when units are asked in advance, as when they are assigned", func(w *world) {
		c := w.filed()
		for _, action := range []string{"preAssign", "assign"} {
			w.blocked("干事", action, process.OfMatter, c.Matter.ID, w.unitsForm("商务局", "LEAD", "文旅局", "SOLE"), "proposal.roles_fit")
			w.blocked("干事", action, process.OfMatter, c.Matter.ID, w.unitsForm("商务局", "LEAD", "商务局", "ASSIST"), "proposal.roles_fit")
		}
	})
	say(t, "the roles must fit, and the units must be handling units in use", func(w *world) {
		c := w.filed()
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Unit.UpdateOneID(w.units["城建局"]).SetActiveTo(clock.Date(2024, 12, 26)).Exec(ctx)
		})
		for what, form := range map[string]process.Form{
			"none":                 {"units": []any{}},
			"two leads":            w.unitsForm("商务局", "LEAD", "文旅局", "LEAD"),
			"one separate":         w.unitsForm("商务局", "SEPARATE"),
			"a unit out of use":    w.unitsForm("城建局", "SOLE"),
			"no handling unit":     w.unitsForm("经济界", "SOLE"),
			"a role nobody knows":  w.unitsForm("商务局", "HELP"),
			"a unit that is twice": w.unitsForm("商务局", "LEAD", "商务局", "ASSIST"),
		} {
			if _, err := w.try("干事", "assign", process.OfMatter, c.Matter.ID, form); !errs.Is(err, errs.Invalid) {
				w.t.Errorf("%s: %v", what, err)
			}
		}
		w.refused("委员甲", "assign", process.OfMatter, c.Matter.ID, w.unitsForm("商务局", "SOLE"), errs.NotAllowed)
	})
	say(t, "every unit gets its share, slip and clocks", func(w *world) {
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Unit.UpdateOneID(w.units["文旅局"]).SetChannel(unit.ChannelPARTY_OFFICE).SetShortName("文旅").Exec(ctx)
		})
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		lead, assist := w.of(c, "商务局"), w.of(c, "文旅局")
		is(w, "slip", lead.SlipNo, "1104-交-商务局-1")
		is(w, "slip by the short name", assist.SlipNo, "1104-交-文旅-1")
		is(w, "channel", lead.Channel, assignment.ChannelGOV_OFFICE)
		is(w, "channel", assist.Channel, assignment.ChannelPARTY_OFFICE)
		is(w, "receipt in 3 working days", day(lead.SignBy), "2025-01-02")
		is(w, "return in 7 days", day(lead.ReturnUntil), "2025-01-03")
		is(w, "reply in 3 months", day(lead.DueOn), "2025-03-27")
		is(w, "opinion in a month", day(assist.DueOn), "2025-01-27")
		is(w, "original", day(lead.OriginalDueOn), "2025-03-27")
		is(w, "assigned", c.Edges.Proposal.AssignedAt.Equal(w.clock.Now()), true)
		is(w, "next slip", w.of(w.sole(), "商务局").SlipNo, "1104-交-商务局-2")
	})
	say(t, "the case is handled from the first receipt of a unit that answers", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		w.refused("商务局承办人", "signReceipt", process.OfAssignment, w.of(c, "商务局").ID, nil, errs.NotAllowed)
		w.refused("文旅局联络员", "signReceipt", process.OfAssignment, w.of(c, "商务局").ID, nil, errs.NotFound)
		c = w.share("文旅局联络员", "signReceipt", w.of(c, "文旅局").ID, nil)
		is(w, "after an assisting unit's receipt", c.State, "ASSIGNED")
		c = w.share("商务局联络员", "signReceipt", w.of(c, "商务局").ID, nil)
		is(w, "after the lead's", c.State, "HANDLING")
		is(w, "signed", w.of(c, "商务局").SignedAt.Equal(w.clock.Now()), true)
		is(w, "contact within 15 working days of assignment", day(timerOf(w, c, "contact", &w.of(c, "商务局").ID).DueOn), "2025-01-20")
		for _, timer := range c.Timers { // an assisting unit contacts nobody
			if timer.Key == "contact" && *timer.AssignmentID == w.of(c, "文旅局").ID {
				w.t.Error("the assisting unit is reminded to contact the proposer")
			}
		}
	})
	say(t, "the clock runs from assignment, not from receipt", func(w *world) {
		c := w.sole()
		w.at(2025, 1, 2)
		c = w.share("商务局联络员", "signReceipt", w.of(c, "商务局").ID, nil)
		is(w, "contact", day(timerOf(w, c, "contact", &w.of(c, "商务局").ID).DueOn), "2025-01-20")
		is(w, "reply", day(w.of(c, "商务局").DueOn), "2025-03-27")
	})
	say(t, "an assisting unit sees its own share only, the lead all of the case", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST, "城建局": assignment.RoleASSIST})
		for who, want := range map[string]int{"商务局联络员": 3, "文旅局联络员": 1, "城建局联络员": 1, "委员甲": 3, "干事": 3, "委员乙": 0} {
			w.must(who, func(ctx context.Context, cl *gen.Client) error {
				n := cl.Assignment.Query().Where(assignment.MatterID(c.Matter.ID)).CountX(ctx)
				is(w, who, n, want)
				return nil
			})
		}
	})
}

// recordsSeenBy are a case's records as a person sees them.
func (w *world) recordsSeenBy(who string, c *flow.Case) (out []*gen.Record) {
	w.t.Helper()
	w.must(who, func(ctx context.Context, cl *gen.Client) (err error) {
		out, err = cl.Record.Query().Where(record.HasMatterWith(matter.ID(c.Matter.ID))).All(ctx)
		return err
	})
	return out
}

func grant(newUnit string) process.Form {
	f := process.Form{"grant": true}
	if newUnit != "" {
		f["newUnitId"] = newUnit
	}
	return f
}

var deny = process.Form{"grant": false, "note": "属于贵单位职责"}

// 申退.
func TestReturningAShare(t *testing.T) {
	t.Parallel()
	say(t, "a share is returned when the office and the 提案委 both agree, to the unit that the office names", func(w *world) {
		c := w.sole()
		old := w.of(c, "商务局")
		w.refused("商务局承办人", "applyReturn", process.OfAssignment, old.ID, nil, errs.NotAllowed)
		w.at(2024, 12, 31)
		c = w.share("商务局联络员", "applyReturn", old.ID, nil)
		is(w, "share", w.of(c, "商务局").State, "RETURN_APPLIED")
		is(w, "who asks to be rid of it has not begun", c.State, "ASSIGNED")
		is(w, "decided in 7 days", day(timerOf(w, c, "decide_return", &old.ID).DueOn), "2025-01-07")
		w.refused("商务局联络员", "officeDecideReturn", process.OfAssignment, old.ID, grant(w.units["文旅局"].String()), errs.NotAllowed)
		w.refused("干事", "officeDecideReturn", process.OfAssignment, old.ID, grant(w.units["文旅局"].String()), errs.NotAllowed)
		w.refused("政府办", "committeeDecideReturn", process.OfAssignment, old.ID, grant(""), errs.NotAllowed)
		w.refused("政府办", "officeDecideReturn", process.OfAssignment, old.ID, grant(""), errs.Invalid)
		w.refused("政府办", "officeDecideReturn", process.OfAssignment, old.ID, grant(w.units["商务局"].String()), errs.Invalid)
		w.refused("政府办", "officeDecideReturn", process.OfAssignment, old.ID, grant(w.units["经济界"].String()), errs.Invalid)
		c = w.share("政府办", "officeDecideReturn", old.ID, grant(w.units["文旅局"].String()))
		is(w, "one voice is not enough", w.of(c, "商务局").State, "RETURN_APPLIED")
		w.blocked("政府办", "officeDecideReturn", process.OfAssignment, old.ID, deny, "assignment.not_decided_office")
		c = w.share("干事", "committeeDecideReturn", old.ID, grant(""))
		is(w, "old share", w.of(c, "商务局").State, "RETURN_GRANTED")
		is(w, "case", c.State, "ASSIGNED")
		next := w.of(c, "文旅局")
		is(w, "new share", next.State, "PENDING_SIGN")
		is(w, "role", next.Role, assignment.RoleSOLE)
		is(w, "replaces", *next.ReplacesID, old.ID)
		is(w, "a clock of its own", day(next.DueOn), "2025-03-31")
		is(w, "the first day stays", clock.Day(next.OriginAssignedAt).Equal(clock.Date(2024, 12, 27)), true)
		is(w, "assigned", clock.Day(next.AssignedAt).Equal(clock.Date(2024, 12, 31)), true)
		is(w, "answering", len(c.Answering()), 1)
		w.refused("商务局联络员", "signReceipt", process.OfAssignment, old.ID, nil, errs.NotAllowedInState)
	})
	say(t, "when one of the two does not agree it stays, and counts as received", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		w.share("商务局联络员", "applyReturn", a.ID, nil)
		c = w.share("干事", "committeeDecideReturn", a.ID, deny)
		is(w, "share", w.of(c, "商务局").State, "SIGNED")
		is(w, "received", w.of(c, "商务局").SignedAt != nil, true)
		is(w, "application", w.of(c, "商务局").ApplyReason, "")
		is(w, "case", c.State, "HANDLING")
		w.refused("政府办", "officeDecideReturn", process.OfAssignment, a.ID, grant(w.units["文旅局"].String()), errs.NotAllowedInState)
	})
	say(t, "the window closes on the seventh day", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		w.clock.Set(time.Date(2025, 1, 3, 23, 59, 0, 0, clock.Shanghai))
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.clock.Set(time.Date(2025, 1, 4, 0, 0, 0, 0, clock.Shanghai))
		w.refused("商务局联络员", "applyReturn", process.OfAssignment, a.ID, nil, errs.DeadlinePassed)
		w.sweep()
		w.refused("商务局联络员", "applyReturn", process.OfAssignment, a.ID, nil, errs.DeadlinePassed)
	})
	say(t, "only the office reopens it, to a day that is not over", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		w.at(2025, 1, 10)
		w.refused("干事", "reopenReturn", process.OfAssignment, a.ID, process.Form{"until": "2025-01-15"}, errs.NotAllowed)
		w.refused("政府办", "reopenReturn", process.OfAssignment, a.ID, process.Form{"until": "2025-01-09"}, errs.Invalid)
		w.share("政府办", "reopenReturn", a.ID, process.Form{"until": "2025-01-15"})
		w.at(2025, 1, 15)
		w.share("商务局联络员", "applyReturn", a.ID, nil)
	})
	say(t, "the third application on a case needs the main leader's statement", func(w *world) {
		c := w.sole()
		for _, name := range []string{"商务局", "文旅局"} {
			next := map[string]string{"商务局": "文旅局", "文旅局": "城建局"}[name]
			a := w.of(c, name)
			w.share(name+"联络员", "applyReturn", a.ID, nil)
			w.share("政府办", "officeDecideReturn", a.ID, grant(w.units[next].String()))
			c = w.share("干事", "committeeDecideReturn", a.ID, grant(""))
		}
		a := w.of(c, "城建局")
		w.blocked("城建局联络员", "applyReturn", process.OfAssignment, a.ID, nil, "assignment.leader_statement")
		w.attach(c.Matter.ID, nil, attachment.KindRETURN_STATEMENT)
		w.blocked("城建局联络员", "applyReturn", process.OfAssignment, a.ID, nil, "assignment.leader_statement")
		w.attach(c.Matter.ID, &a.ID, attachment.KindRETURN_STATEMENT)
		w.share("城建局联络员", "applyReturn", a.ID, nil)
	})
	say(t, "the proposer does not see the quarrel", func(w *world) {
		c := w.sole()
		w.share("商务局联络员", "applyReturn", w.of(c, "商务局").ID, nil)
		is(w, "records", len(w.recordsSeenBy("委员甲", c)), 0)
		is(w, "records of the office", len(w.recordsSeenBy("政府办", c)), 4)
		for _, s := range w.stepsOf("委员甲", c.Matter.ID) {
			if s.Action == "applyReturn" {
				w.t.Error("the timeline shows it")
			}
		}
	})
	say(t, "a unit cannot pass the case on itself", func(w *world) {
		c := w.sole()
		w.refused("商务局联络员", "assign", process.OfMatter, c.Matter.ID, w.unitsForm("文旅局", "SOLE"), errs.NotAllowedInState)
		d := w.filed()
		w.do("政府办", "preAssign", d.Matter.ID, w.unitsForm("商务局", "SOLE"))
		w.refused("商务局联络员", "assign", process.OfMatter, d.Matter.ID, w.unitsForm("文旅局", "SOLE"), errs.NotAllowed)
	})
}

// 接收并建议增加单位.
func TestSuggestingUnits(t *testing.T) {
	t.Parallel()
	say(t, "a unit accepts and suggests others, which the office adds as assisting units", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		form := process.Form{"unitIds": []any{w.units["文旅局"].String(), w.units["商务局"].String()}}
		w.refused("商务局联络员", "suggestUnits", process.OfAssignment, a.ID, form, errs.NotAllowedInState) // not received yet
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.refused("商务局联络员", "suggestUnits", process.OfAssignment, a.ID, process.Form{"unitIds": []any{w.units["经济界"].String()}}, errs.Invalid)
		w.share("商务局联络员", "suggestUnits", a.ID, form)
		w.refused("商务局联络员", "decideUnits", process.OfAssignment, a.ID, grant(""), errs.NotAllowed)
		w.at(2025, 1, 2)
		c = w.share("政府办", "decideUnits", a.ID, process.Form{"grant": true})
		is(w, "back where it was", w.of(c, "商务局").State, "SIGNED")
		is(w, "shares", len(c.Assignments), 2)
		is(w, "role", w.of(c, "文旅局").Role, assignment.RoleASSIST)
		is(w, "its clock", day(w.of(c, "文旅局").DueOn), "2025-02-02")
		is(w, "the window to return is kept", running(timerOf(w, c, "return", &a.ID)), true)
		is(w, "and so is the contact's", running(timerOf(w, c, "contact", &a.ID)), true)
	})
	say(t, "or it does not", func(w *world) {
		c := w.sole()
		a := w.of(c, "商务局")
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.share("商务局联络员", "nameOfficer", a.ID, process.Form{"membershipId": w.member("商务局承办人")})
		w.share("商务局联络员", "suggestUnits", a.ID, process.Form{"unitIds": []any{w.units["文旅局"].String()}})
		c = w.share("政府办", "decideUnits", a.ID, process.Form{"grant": false, "note": "一家即可"})
		is(w, "back where it was", w.of(c, "商务局").State, "HANDLING")
		is(w, "shares", len(c.Assignments), 1)
	})
}
