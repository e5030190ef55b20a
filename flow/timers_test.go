package flow_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
)

func (w *world) nextDue(t *testing.T, c *flow.Case, want *time.Time) {
	t.Helper()
	if got := w.matter(c).NextDueOn; (got == nil) != (want == nil) || (got != nil && !got.Equal(*want)) {
		t.Errorf("the nearest deadline is %v, want %v", got, want)
	}
}

func ptr[T any](v T) *T { return &v }

func (w *world) explain(tm *gen.Timer) (text string) {
	w.t.Helper()
	w.system(func(ctx context.Context) error {
		cal, err := w.engine.Calendar(ctx)
		if err == nil {
			text, err = flow.Explain(tm, cal)
		}
		return err
	})
	return text
}

func TestTimersFollowTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	t.Run("a state's timers start with it", func(t *testing.T) {
		answer := w.last(c, "answer")
		status(t, answer, timer.StatusRUNNING, day(6))
		status(t, w.last(c, "window"), timer.StatusRUNNING, day(10))
		if !answer.NextRungOn.Equal(day(5)) || !answer.OriginalDueOn.Equal(day(6)) || answer.DueAt != nil {
			t.Errorf("%v", answer)
		}
		w.nextDue(t, c, ptr(day(6)))
	})
	t.Run("it explains itself", func(t *testing.T) {
		if got := w.explain(w.last(c, "answer")); got != "自2025年3月3日进入本环节起3个工作日，至2025年3月6日。" {
			t.Error(got)
		}
	})
	t.Run("what the next state does not list has been met", func(t *testing.T) {
		c = w.do("hold", c, nil)
		answer := w.last(c, "answer")
		status(t, answer, timer.StatusMET, day(6))
		if answer.EndedAt == nil || answer.NextRungOn != nil {
			t.Errorf("%v", answer)
		}
	})
	t.Run("a base event counts instead of the day of entering", func(t *testing.T) {
		status(t, w.last(c, "meeting"), timer.StatusRUNNING, day(31)) // 15 working days after the 10th
		if got := w.explain(w.last(c, "meeting")); !strings.HasPrefix(got, "自2025年3月10日会议起15个工作日，至2025年3月31日") {
			t.Error(got)
		}
		w.nextDue(t, c, ptr(day(31)))
	})
	t.Run("who comes back begins a new budget, except for what runs once", func(t *testing.T) {
		w.at(5, 9, 0)
		c = w.do("return", c, nil)
		status(t, w.last(c, "answer"), timer.StatusRUNNING, day(10))
		if len(w.timers(c, "answer")) != 2 || len(w.timers(c, "window")) != 1 {
			t.Error("the timers are wrong")
		}
	})
	t.Run("an action that stays leaves the timers alone", func(t *testing.T) {
		w.do("note", c, process.Form{"text": "一"})
		if len(w.timers(c, "answer")) != 2 {
			t.Error("they began anew")
		}
	})
	t.Run("what an effect has met begins anew", func(t *testing.T) {
		w.at(6, 9, 0)
		w.do("refill", c, nil)
		ts := w.timers(c, "answer")
		status(t, ts[1], timer.StatusMET, day(10))
		status(t, ts[2], timer.StatusRUNNING, day(11))
	})
	t.Run("an end leaves nothing running", func(t *testing.T) {
		w.do("finish", w.do("hold", c, nil), nil)
		w.nextDue(t, c, nil)
	})
}

func TestHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	inTime, over := w.do("ask", w.open(), nil), w.do("ask", w.open(), nil)
	t.Run("hours are due at an instant", func(t *testing.T) {
		tm := w.last(over, "hours")
		status(t, tm, timer.StatusRUNNING, day(3))
		if !tm.DueAt.Equal(monday.Add(3 * time.Hour)) {
			t.Error(tm.DueAt)
		}
		if got := w.explain(tm); got != "自2025年3月3日09时00分进入本环节起3小时，至2025年3月3日12时00分。" {
			t.Error(got)
		}
	})
	t.Run("that instant is in time", func(t *testing.T) {
		w.at(3, 12, 0)
		w.do("decide", inTime, nil)
		w.sweep()
		if m := w.matter(over); m.State != "ASKED" {
			t.Error(m.State)
		}
	})
	t.Run("after it the automatic action runs, once", func(t *testing.T) {
		w.clock.Advance(time.Second)
		if n := w.sweep() + w.sweep(); n != 1 {
			t.Errorf("%d matters were changed", n)
		}
		steps := w.steps(over)
		if s := steps[len(steps)-1]; w.matter(over).State != "LATE" || s.Action != "expire" || s.ActorName != "系统" || len(steps) != 3 {
			t.Errorf("%v", steps)
		}
		status(t, w.last(over, "hours"), timer.StatusMET, day(3)) // nothing is owed any more
		w.nextDue(t, over, nil)
	})
	t.Run("what was decided in time stays decided", func(t *testing.T) {
		if m := w.matter(inTime); m.State != "OPEN" {
			t.Error(m.State)
		}
		status(t, w.last(inTime, "hours"), timer.StatusMET, day(3))
	})
	t.Run("of the state that was left nobody is reminded", func(t *testing.T) {
		fresh := w.do("ask", w.open(), nil)
		w.at(3, 20, 0)
		w.sweep()
		if got := w.reminders(fresh); len(got) != 1 || got[0] != "提醒 当场答复已于2025年3月3日到期，尚未完成" {
			t.Errorf("%v", got)
		}
		status(t, w.last(fresh, "late"), timer.StatusMET, day(6))
	})
	t.Run("until a sweep has come by, what people do still counts, unless a guard objects", func(t *testing.T) {
		c := w.do("ask", w.open(), nil)
		w.at(4, 9, 0)
		if c = w.do("decide", c, nil); c.State != "OPEN" || w.sweep() != 0 {
			t.Error(c.State)
		}
	})
}

func TestSuspension(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	w.at(4, 9, 0)
	w.do("suspend", c, nil)
	t.Run("while suspended there is no deadline, and nobody is reminded", func(t *testing.T) {
		for _, key := range []string{"answer", "window"} {
			if tm := w.last(c, key); tm.Status != timer.StatusSUSPENDED || tm.NextRungOn != nil {
				t.Errorf("%v", tm)
			}
		}
		w.nextDue(t, c, nil)
		w.at(9, 9, 0)
		if n := w.sweep(); n != 0 || len(w.reminders(c)) != 0 {
			t.Error("somebody was reminded")
		}
		if got := w.explain(w.last(c, "answer")); !strings.Contains(got, "2025年3月4日起暂停（理由），尚余2个工作日") {
			t.Error(got)
		}
	})
	t.Run("it is not suspended twice", func(t *testing.T) {
		_, err := w.try("主任", "suspend", c.Matter.ID, nil)
		refused(t, err, errs.GuardFailed)
	})
	t.Run("resumed, working days go on where they stopped, other days are moved", func(t *testing.T) {
		w.at(10, 9, 0)
		w.do("resume", c, nil)
		status(t, w.last(c, "answer"), timer.StatusRUNNING, day(12))
		status(t, w.last(c, "window"), timer.StatusRUNNING, day(16))
		if tm := w.last(c, "answer"); !tm.OriginalDueOn.Equal(day(6)) || !tm.NextRungOn.Equal(day(11)) {
			t.Errorf("%v", tm)
		}
		w.nextDue(t, c, ptr(day(12)))
		_, err := w.try("主任", "resume", c.Matter.ID, nil)
		refused(t, err, errs.GuardFailed)
	})
	t.Run("what is late stays late, and can be lived with twice", func(t *testing.T) {
		w.at(13, 9, 0)
		w.sweep()
		for d := 13; d < 15; d++ {
			w.at(d, 10, 0)
			w.do("suspend", c, nil)
			status(t, w.last(c, "answer"), timer.StatusOVERDUE, day(12))
			if tm := w.last(c, "window"); tm.Status != timer.StatusSUSPENDED {
				t.Errorf("%v", tm)
			}
			w.do("resume", c, nil)
			status(t, w.last(c, "answer"), timer.StatusOVERDUE, day(12))
			status(t, w.last(c, "window"), timer.StatusRUNNING, day(16))
		}
	})
}

func TestWhatCountsBackFromAMeetingMovesWithItOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) error {
		return w.store.Ent().TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(day(1)).
			SetSettings(settings{"deadlines": settings{"contact.before": settings{"amount": -3, "unit": "WORKDAY"}}}).Exec(ctx)
	})
	c := w.do("hold", w.open(), nil)
	status(t, w.last(c, "meeting"), timer.StatusRUNNING, day(5))
	for range 2 {
		w.do("suspend", c, nil)
		status(t, w.last(c, "meeting"), timer.StatusRUNNING, day(5))
	}
}

// share is the newest share of the world.
func (w *world) share() (a *gen.Assignment) {
	w.t.Helper()
	w.system(func(ctx context.Context) (err error) {
		a, err = w.store.Ent().Assignment.Query().Order(gen.Desc("id")).First(ctx)
		return err
	})
	return a
}

// extend gives the newest share more time, as an effect does.
func (w *world) extend(c *flow.Case, key string, until int) error {
	share := w.share().ID
	return w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		ctx = authz.System(ctx)
		cases, err := w.engine.Lock(ctx, c.Matter.ID)
		if err != nil {
			return err
		}
		return w.engine.Extend(ctx, cases[c.Matter.ID], share, key, day(until), "需现场核查")
	})
}

func TestMoreTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.do("give", w.open(), nil)
	id := w.share().ID
	t.Run("a share has its own clock, shown in its column", func(t *testing.T) {
		a, tm := w.share(), w.last(c, "share")
		status(t, tm, timer.StatusRUNNING, day(6))
		if *tm.AssignmentID != id || a.State != "TAKEN" || a.Turn != "units" || !a.DueOn.Equal(day(6)) || !a.OriginalDueOn.Equal(day(6)) {
			t.Errorf("%v", a)
		}
	})
	t.Run("more time moves the day and keeps the original", func(t *testing.T) {
		w.at(7, 9, 0)
		w.sweep()
		status(t, w.last(c, "share"), timer.StatusOVERDUE, day(6))
		if err := w.extend(c, "share", 20); err != nil {
			t.Fatal(err)
		}
		tm, a := w.last(c, "share"), w.share()
		status(t, tm, timer.StatusRUNNING, day(20))
		if !tm.OriginalDueOn.Equal(day(6)) || !a.DueOn.Equal(day(20)) || !a.OriginalDueOn.Equal(day(6)) || !tm.NextRungOn.Equal(day(19)) {
			t.Errorf("%v", tm)
		}
		if got := w.explain(tm); !strings.Contains(got, "2025年3月7日批准延期到2025年3月20日（需现场核查）") || !strings.Contains(got, "原截止日2025年3月6日保留备查") {
			t.Error(got)
		}
	})
	t.Run("an extension makes the ladder anew", func(t *testing.T) {
		before := len(w.reminders(c))
		w.at(19, 9, 0)
		w.sweep()
		if got := w.reminders(c); got[len(got)-1] != "提醒 办理将于2025年3月20日到期" || len(got) != before+2 { // and the matter's own, a week late
			t.Errorf("%v", got)
		}
	})
	t.Run("it never shortens", func(t *testing.T) {
		if err := w.extend(c, "share", 10); err != nil {
			t.Fatal(err)
		}
		status(t, w.last(c, "share"), timer.StatusRUNNING, day(20))
	})
	t.Run("what does not run cannot be extended", func(t *testing.T) { refused(t, w.extend(c, "answer", 20), errs.GuardFailed) })
}

func TestShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.do("give", w.open(), nil)
	id := w.share().ID
	t.Run("its unit answers, and the matter's version moves with it", func(t *testing.T) {
		before := w.matter(c).Version
		answer := flow.Command{Machine: process.OfAssignment, Subject: id, Action: "answer"}
		_, err := w.command("主任", answer)
		refused(t, err, errs.NotAllowed)
		if _, err = w.command("局长", answer); err != nil {
			t.Fatal(err)
		}
		if a := w.share(); a.State != "ANSWERED" || a.Version != 2 || w.matter(c).Version != before+1 {
			t.Errorf("%v", a)
		}
		status(t, w.last(c, "share"), timer.StatusMET, day(6))
		steps := w.steps(c)
		if s := steps[len(steps)-1]; s.AssignmentID == nil || *s.AssignmentID != id || s.FromState != "TAKEN" {
			t.Errorf("%v", s)
		}
	})
	t.Run("a share that the case goes on without is closed with its clock", func(t *testing.T) {
		c := w.do("give", w.open(), nil)
		last := c.Assignments[len(c.Assignments)-1]
		w.system(func(ctx context.Context) error {
			cases, err := w.engine.Lock(ctx, c.Matter.ID)
			if err != nil {
				return err
			}
			r := &flow.Run{Input: flow.Input{Case: cases[c.Matter.ID]}, Engine: w.engine, Client: w.store.Ent()}
			return w.engine.CloseShare(ctx, r, last, "ANSWERED")
		})
		if tm := w.last(c, "share"); tm.Status != timer.StatusCANCELLED {
			t.Errorf("%v", tm)
		}
	})
	t.Run("DueDay says a day without starting anything", func(t *testing.T) {
		c := w.open()
		c.Now = monday
		if got, err := c.DueDay("sign.receipt"); err != nil || !got.Equal(day(6)) {
			t.Error(got, err)
		}
		if _, err := c.DueDay("nothing"); err == nil {
			t.Error("no error")
		}
	})
}

func TestAPublishedDayDoesNotChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.open()
	w.system(func(ctx context.Context) error {
		return w.store.Ent().Workday.Create().SetDay(day(5)).SetWorking(false).SetNote("本区放假").Exec(ctx)
	})
	after := w.open()
	status(t, w.last(before, "answer"), timer.StatusRUNNING, day(6))
	status(t, w.last(after, "answer"), timer.StatusRUNNING, day(7))
	w.nextDue(t, before, ptr(day(6)))
	t.Run("and the explanation says why it differs from the calendar", func(t *testing.T) {
		if got := w.explain(w.last(before, "answer")); !strings.HasSuffix(got, "日历后来有更正，已公布的截止日2025年3月6日不变。") {
			t.Error(got)
		}
		if got := w.explain(w.last(after, "answer")); strings.Contains(got, "更正") || !strings.Contains(got, "至2025年3月7日") {
			t.Error(got)
		}
	})
	t.Run("reminders go by the published day", func(t *testing.T) {
		w.at(6, 9, 0)
		w.sweep()
		w.at(7, 9, 0)
		w.sweep()
		status(t, w.last(before, "answer"), timer.StatusOVERDUE, day(6))
		status(t, w.last(after, "answer"), timer.StatusRUNNING, day(7))
	})
	t.Run("a budget that cannot be read is an error", func(t *testing.T) {
		if _, err := flow.Explain(&gen.Timer{Budget: map[string]any{"base": 7}}, workday.Calendar{}); err == nil {
			t.Error("it was read")
		}
	})
}

// C4: a version that runs names a word that the program no longer has, or that
// was let through before words said for which kinds they hold: an error that
// names it, and nothing is begun.
func TestUnknownChoosersAndBasesAreErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.For("proposal").Base("other.day", "另一类的日子", func(c *flow.Case, share *gen.Assignment) (time.Time, string) { return share.AssignedAt, "交办" })
	w.engine.For("proposal").Chooser("other.key", "另一类的期限", func(_ *flow.Case, share *gen.Assignment) string { return share.State })
	w.engine.Base("any.share", "一份的日子", func(_ *flow.Case, share *gen.Assignment) (time.Time, string) { return share.AssignedAt, "交办" }, flow.OfShare)
	w.engine.Base("no.day", "还没有的日子", func(*flow.Case, *gen.Assignment) (time.Time, string) { return time.Time{}, "没有" })
	start := func(kind, timer string) (c *flow.Case, err error) {
		source := "kind: " + kind + "\nversion: 1\ntitle: 旧的\nturns: {committee_staff: 主任}\ntimers: {t: {label: 期限, " + timer + "}}\nmachines: {matter: {initial: A, " +
			"states: [{code: A, label: 甲, turn: committee_staff, timers: [t]}, {code: B, label: 乙, end: true}], actions: [{code: a, label: 动, from: [A], to: B, may: matter.arrange}]}}\n"
		d, err := process.Published([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		w.system(func(ctx context.Context) error { // as it was published once
			return w.store.Ent().Process.Create().SetKind(d.Kind).SetVersion(1).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Exec(ctx)
		})
		err = w.as("主任", func(ctx context.Context) error {
			c, err = w.engine.Start(ctx, flow.Opening{Kind: kind, Title: "旧事"})
			return err
		})
		return c, err
	}
	for _, x := range []struct{ kind, timer, says string }{
		{"gone_base", "within: {amount: 5, unit: WORKDAY}, base: gone.day", `no base "gone.day"`},
		{"gone_chooser", "choose: gone.key", `no chooser "gone.key"`},
		{"alien_base", "within: {amount: 5, unit: WORKDAY}, base: other.day", `the base "other.day" does not hold for a alien_base`},
		{"alien_chooser", "choose: other.key", `the chooser "other.key" does not hold for a alien_chooser`},
		{"share_base", "within: {amount: 5, unit: WORKDAY}, base: any.share", `the base "any.share" looks at a share`},
	} {
		if _, err := start(x.kind, x.timer); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.timer, err)
		}
	}
	t.Run("so is a deadline that an effect starts and the version does not have", func(t *testing.T) {
		c, err := start("timerless", "within: {amount: 5, unit: WORKDAY}")
		if err != nil {
			t.Fatal(err)
		}
		w.system(func(ctx context.Context) error {
			err := (&flow.Run{Input: flow.Input{Case: c}, Engine: w.engine}).StartTimer(ctx, "gone")
			if err == nil || !strings.Contains(err.Error(), `version 1 of timerless has no deadline "gone"`) {
				t.Error(err)
			}
			return nil
		})
	})
	t.Run("A3: a base event that has no day yet starts no deadline", func(t *testing.T) {
		c, err := start("dayless", "within: {amount: 5, unit: WORKDAY}, base: no.day")
		if err != nil || len(c.Timers) != 0 {
			t.Error(err, c)
		}
	})
}
