package proposals_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// returned gives a share back and names who takes it.
func (w *world) givenBack(c *flow.Case, from, to string) *flow.Case {
	w.t.Helper()
	a := w.of(c, from).ID
	w.share(from+"联络员", "applyReturn", a, nil)
	w.share("政府办", "officeDecideReturn", a, grant(w.units[to].String()))
	return w.share("干事", "committeeDecideReturn", a, grant(""))
}

// rolesOf are the open shares of the round, by unit.
func (w *world) rolesOf(c *flow.Case) string {
	names := map[string]string{}
	for name, id := range w.units {
		names[id.String()] = name
	}
	var out []string
	for _, a := range c.Shares() {
		out = append(out, names[a.UnitID.String()]+" "+string(a.Role))
	}
	return strings.Join(out, ", ")
}

// R14: a unit never has two shares in a round, by whatever way it gets them.
func TestOneUnitHasOneShare(t *testing.T) {
	t.Parallel()
	const (
		lead, co, assist, apart = assignment.RoleLEAD, assignment.RoleCO_LEAD, assignment.RoleASSIST, assignment.RoleSEPARATE
	)
	for _, x := range []struct {
		name       string
		given      map[string]assignment.Role
		from, to   string
		afterwards string
	}{
		{"R14: an assisting unit that becomes the lead assists no more", map[string]assignment.Role{"商务局": lead, "文旅局": assist}, "商务局", "文旅局", "文旅局 LEAD"},
		{"so does a joint lead", map[string]assignment.Role{"商务局": lead, "文旅局": co}, "商务局", "文旅局", "文旅局 LEAD"},
		{"who leads takes over an assisting share by leading", map[string]assignment.Role{"商务局": lead, "文旅局": assist}, "文旅局", "商务局", "商务局 LEAD"},
		{"who answers for himself answers once", map[string]assignment.Role{"商务局": apart, "文旅局": apart}, "商务局", "文旅局", "文旅局 SEPARATE"},
		{"who assists separate answers answers himself", map[string]assignment.Role{"商务局": apart, "城建局": apart, "文旅局": assist}, "商务局", "文旅局", "城建局 SEPARATE, 文旅局 SEPARATE"},
	} {
		say(t, x.name, func(w *world) {
			c := w.assigned(x.given)
			w.at(2024, 12, 31)
			c = w.givenBack(c, x.from, x.to)
			is(w, "shares", w.rolesOf(c), x.afterwards)
			for _, a := range c.Assignments {
				for _, tm := range c.OpenTimers(&a.ID) {
					is(w, fmt.Sprint("the clock ", tm.Key, " of an ended share"), flow.Open(a), true)
				}
			}
		})
	}
	say(t, "R14: the new lead does not wait for its own opinion", func(w *world) {
		c := w.givenBack(w.assigned(map[string]assignment.Role{"商务局": lead, "文旅局": assist}), "商务局", "文旅局")
		c = w.replied(c, "文旅局", "A")
		is(w, "case", c.State, "REPLIED")
	})
	say(t, "a unit that is suggested and takes part already gets no second share", func(w *world) {
		c, a := w.received(w.assigned(map[string]assignment.Role{"商务局": lead, "文旅局": assist}), "商务局")
		w.share("商务局联络员", "suggestUnits", a, process.Form{"unitIds": []any{w.units["文旅局"].String(), w.units["城建局"].String()}})
		c = w.share("政府办", "decideUnits", a, process.Form{"grant": true})
		is(w, "shares", len(c.Shares()), 3)
	})
}

// M11: 交办 of a plenary case counts thirty days from the closing of the
// sitting, 29 December, on whatever day it is filed.
func TestAssigningCountsFromTheClosing(t *testing.T) {
	t.Parallel()
	say(t, "M11: filed while the sitting lasts", func(w *world) {
		is(w, "assigned until", day(timerOf(w, w.filed(), "assign", nil).DueOn), "2025-01-28")
	})
	say(t, "M11: filed after the closing", func(w *world) {
		c := w.reviewed()
		w.at(2025, 1, 10)
		c = w.do("主任", "file", c.Matter.ID, nil)
		is(w, "assigned until", day(timerOf(w, c, "assign", nil).DueOn), "2025-01-28")
	})
	say(t, "a 平时提案 counts from the day on which it is filed", func(w *world) {
		w.at(2025, 2, 10)
		c := w.filed()
		is(w, "assigned until", day(timerOf(w, c, "assign", nil).DueOn), "2025-03-12")
	})
}

// M17: a commitment has a day and a clock.
func TestCommitmentsRemind(t *testing.T) {
	t.Parallel()
	say(t, "M17: a commitment of a draft is nobody's debt; sent, it reminds the unit that made it", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		c = w.share("商务局承办人", "draftReply", a, process.Form{"class": "B", "body": "关于提案的答复：列入明年计划。",
			"commitments": []any{map[string]any{"text": "明年建成夜间公交专线", "dueOn": "2025-06-30"}}})
		is(w, "clocks of a draft", w.clocksOf(c), "")
		w.share("商务局承办人", "submitDraft", a, nil)
		w.share("商务局局长", "signOff", a, nil)
		c = w.share("商务局联络员", "send", a, nil)
		is(w, "clocks", w.clocksOf(c), "承诺 RUNNING 2025-06-30")
		c = w.share("干事", "sendBack", a, nil)
		is(w, "clocks of a reply that was sent back", w.clocksOf(c), "承诺 CANCELLED 2025-06-30")
	})
	say(t, "M17: reported it owes nothing, and not accepted it owes it again", func(w *world) {
		c := w.completed(w.reviewing("B"), "商务局")
		is(w, "state", c.State, "TRACKING")
		is(w, "next due", day(c.NextDueOn), day(timerOf(w, c, "track", nil).DueOn))
		is(w, "clocks", w.clocksOf(c), "承诺 RUNNING 2025-12-31")
		id := c.Items[0].ID.String()
		c = w.do("商务局联络员", "reportCommitment", c.Matter.ID, process.Form{"itemId": id, "evidence": "专线已开通"})
		is(w, "reported", w.clocksOf(c), "承诺 MET 2025-12-31")
		c = w.do("干事", "verifyCommitment", c.Matter.ID, process.Form{"itemId": id, "done": false})
		is(w, "not accepted", w.clocksOf(c), "承诺 RUNNING 2025-12-31")
	})
}

func (w *world) clocksOf(c *flow.Case) string {
	var out []string
	for _, t := range c.Timers {
		if t.ItemID != nil {
			out = append(out, fmt.Sprint(t.Label, " ", t.Status, " ", day(t.DueOn)))
		}
	}
	return strings.Join(out, ", ")
}
