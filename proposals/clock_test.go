package proposals_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// rungs are the reminders of a clock, as “day level”.
func rungs(c *flow.Case, key string) (out []string) {
	for _, r := range c.RecordsOf(record.KindURGE) {
		if r.Data["timer"] == key {
			out = append(out, fmt.Sprint(day(r.On), " ", r.Data["level"]))
		}
	}
	return out
}

const ladder = "2025-02-25 提醒, 2025-03-13 提醒, 2025-03-20 提醒, 2025-03-26 提醒, 2025-03-27 提醒, 2025-03-28 催办, 2025-03-30 催办, 2025-04-03 通报"

// 催办 by the clocks.
func TestRemindersFire(t *testing.T) {
	t.Parallel()
	say(t, "each rung once, however often the job runs", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		w.at(2025, 2, 24)
		w.sweep() // the earlier clocks
		for range 45 {
			w.clock.Advance(24 * time.Hour)
			for range 3 {
				w.sweep()
			}
		}
		c = w.look(c.Matter.ID)
		is(w, "ladder", strings.Join(rungs(c, "reply"), ", "), ladder)
		is(w, "clock", timerOf(w, c, "reply", &w.of(c, "商务局").ID).Status, timer.StatusOVERDUE)
		is(w, "state", c.State, "HANDLING")
	})
	say(t, "a job that dies in the middle is run again and fires the rest, once", func(w *world) {
		var ids []uuid.UUID
		for range 3 {
			c, _ := w.received(w.sole(), "商务局")
			ids = append(ids, c.Matter.ID)
		}
		w.at(2025, 3, 26)
		w.sweep()
		w.at(2025, 3, 27)
		n := 0
		dying := doors{w.store, func() error {
			if n++; n == 2 {
				return errors.New("died before the commit")
			}
			return nil
		}}
		changed, err := w.engine.Sweep(clock.With(context.Background(), w.clock), dying, w.tenant)
		is(w, "changed", changed, 2)
		is(w, "reported", err != nil, true)
		is(w, "the rest", w.sweep(), 1)
		is(w, "nothing left", w.sweep(), 0)
		for _, id := range ids {
			is(w, "reminders", strings.Join(rungs(w.look(id), "reply"), ", "), "2025-03-26 提醒, 2025-03-27 提醒")
		}
	})
	say(t, "two jobs at once fire it once", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		w.at(2025, 2, 25)
		var wg sync.WaitGroup
		failed := make(chan error, 4)
		for range cap(failed) {
			wg.Go(func() {
				_, err := w.engine.Sweep(clock.With(context.Background(), w.clock), doors{w.store, nil}, w.tenant)
				failed <- err
			})
		}
		wg.Wait()
		for range cap(failed) {
			is(w, "failed", <-failed, nil)
		}
		is(w, "reminders", strings.Join(rungs(w.look(c.Matter.ID), "reply"), ", "), "2025-02-25 提醒")
	})
	say(t, "of rungs that were missed only the last is sent", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		w.at(2025, 4, 1)
		w.sweep()
		is(w, "reminders", strings.Join(rungs(w.look(c.Matter.ID), "reply"), ", "), "2025-04-01 催办")
	})
	say(t, "after an extension the ladder begins anew", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.at(2025, 3, 26)
		w.sweep()
		w.share("商务局局长", "applyExtension", a, process.Form{"until": "2025-04-02"})
		w.share("政府办", "decideExtension", a, process.Form{"grant": true})
		w.sweep()
		w.at(2025, 4, 2)
		w.sweep()
		is(w, "reminders", strings.Join(rungs(w.look(c.Matter.ID), "reply"), ", "), "2025-03-26 提醒, 2025-03-26 提醒, 2025-04-02 提醒")
	})
	say(t, "receipt is asked for every day, and the window to return only announced", func(w *world) {
		c := w.sole()
		for range 10 {
			w.clock.Advance(24 * time.Hour)
			w.sweep()
		}
		c = w.look(c.Matter.ID)
		is(w, "receipt", strings.Join(rungs(c, "sign"), ", "), "2025-01-01 提醒, 2025-01-02 提醒, 2025-01-03 催办, 2025-01-04 催办, 2025-01-05 催办")
		is(w, "return", strings.Join(rungs(c, "return"), ", "), "2025-01-01 提醒")
		is(w, "nobody is late with it", timerOf(w, c, "return", &w.of(c, "商务局").ID).Status, timer.StatusMET)
	})
	say(t, "a unit's reminders are not the proposer's to see", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		w.at(2025, 3, 30)
		w.sweep()
		is(w, "the proposer", len(w.recordsSeenBy("委员甲", c)), 0)
		is(w, "the unit", len(w.recordsSeenBy("商务局承办人", c)) > 0, true)
	})
}

// 催办 by hand.
func TestUrging(t *testing.T) {
	t.Parallel()
	urge := func(w *world, name, level string) process.Form {
		return process.Form{"unitId": w.units[name].String(), "level": level, "text": "请抓紧办理"}
	}
	say(t, "提醒, then 催办, then 通报, each unit on its own ladder", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSEPARATE, "文旅局": assignment.RoleSEPARATE})
		id := c.Matter.ID
		w.refused("委员甲", "urge", process.OfMatter, id, urge(w, "商务局", "提醒"), errs.NotAllowed)
		w.refused("干事", "urge", process.OfMatter, id, urge(w, "城建局", "提醒"), errs.Invalid)
		w.blocked("干事", "urge", process.OfMatter, id, urge(w, "商务局", "催办"), "proposal.urge_ladder")
		w.do("干事", "urge", id, urge(w, "商务局", "提醒"))
		w.blocked("政府办", "urge", process.OfMatter, id, urge(w, "商务局", "通报"), "proposal.urge_ladder")
		w.do("政府办", "urge", id, urge(w, "商务局", "催办"))
		w.blocked("干事", "urge", process.OfMatter, id, urge(w, "文旅局", "催办"), "proposal.urge_ladder")
		c = w.do("干事", "urge", id, urge(w, "商务局", "通报"))
		is(w, "about the share", *c.RecordsOf(record.KindURGE)[2].AssignmentID, w.of(c, "商务局").ID)
	})
	say(t, "the clock's reminders are rungs too", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		w.at(2025, 3, 28)
		w.sweep() // 催办 by the clock of the reply
		w.do("干事", "urge", c.Matter.ID, urge(w, "商务局", "通报"))
	})
	say(t, "the reminders of the review say nothing about a unit", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.at(2025, 2, 10)
		w.sweep() // 通报 of the overdue review
		w.do("干事", "startReview", c.Matter.ID, opinionToFile)
		w.do("审查员", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "file", c.Matter.ID, nil)
		w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
		w.blocked("干事", "urge", process.OfMatter, c.Matter.ID, urge(w, "商务局", "催办"), "proposal.urge_ladder")
	})
}

// 中止与恢复计时.
func TestSuspending(t *testing.T) {
	t.Parallel()
	say(t, "a pause keeps the days that are left, and nobody is reminded in it", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.at(2025, 1, 10)
		w.sweep()
		w.refused("干事", "suspend", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.blocked("主任", "resume", process.OfMatter, c.Matter.ID, nil, "suspended")
		c = w.do("主任", "suspend", c.Matter.ID, nil)
		is(w, "reply", timerOf(w, c, "reply", &a).Status, timer.StatusSUSPENDED)
		w.blocked("主任", "suspend", process.OfMatter, c.Matter.ID, nil, "not_suspended")
		before := len(w.look(c.Matter.ID).RecordsOf(record.KindURGE))
		w.at(2025, 5, 1)
		w.sweep()
		is(w, "reminders", len(w.look(c.Matter.ID).RecordsOf(record.KindURGE)), before)
		w.at(2025, 2, 10) // 31 days
		c = w.do("主任", "resume", c.Matter.ID, nil)
		x := timerOf(w, c, "reply", &a)
		is(w, "reply", x.Status, timer.StatusRUNNING)
		is(w, "31 days later", day(x.DueOn), "2025-04-27")
		is(w, "shown by the share", day(w.of(c, "商务局").DueOn), "2025-04-27")
		is(w, "original day", day(x.OriginalDueOn), "2025-03-27")
		is(w, "working days: six were left", day(timerOf(w, c, "contact", &a).DueOn), "2025-02-18")
	})
	say(t, "a pause does not make punctual who was late", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.at(2025, 4, 1)
		w.sweep()
		w.do("主任", "suspend", c.Matter.ID, nil)
		c = w.look(c.Matter.ID)
		is(w, "reply", timerOf(w, c, "reply", &a).Status, timer.StatusOVERDUE)
	})
	say(t, "it may be paused again", func(w *world) {
		c, _ := w.received(w.sole(), "商务局")
		for range 2 {
			w.do("主任", "suspend", c.Matter.ID, nil)
			w.clock.Advance(10 * 24 * time.Hour)
			w.do("主任", "resume", c.Matter.ID, nil)
		}
		is(w, "twenty days later", day(w.of(w.look(c.Matter.ID), "商务局").DueOn), "2025-04-16")
	})
}
