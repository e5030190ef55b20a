package flow_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
)

func TestReminders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	t.Run("each rung fires once on its day, however often the job runs", func(t *testing.T) {
		var sent []string
		for d := 3; d <= 20; d++ {
			w.at(d, 8, 0)
			before := len(w.reminders(c))
			for range 3 {
				w.sweep()
			}
			for _, text := range w.reminders(c)[before:] {
				sent = append(sent, fmt.Sprintf("%d %s", d, text))
			}
		}
		want := []string{
			"5 提醒 答复将于2025年3月6日到期", "6 提醒 答复将于2025年3月6日到期", "7 催办 答复已于2025年3月6日到期，尚未完成",
			"8 提醒 窗口将于2025年3月10日到期", "13 通报 答复已于2025年3月6日到期，尚未完成",
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent were\n%s", strings.Join(sent, "\n"))
		}
	})
	t.Run("the day after, what is owed is overdue; a window has closed and makes nobody late", func(t *testing.T) {
		status(t, w.last(c, "answer"), timer.StatusOVERDUE, day(6))
		window := w.last(c, "window")
		status(t, window, timer.StatusMET, day(10))
		if window.EndedAt == nil || clock.Day(*window.EndedAt) != day(11) {
			t.Errorf("%v", window)
		}
		w.nextDue(t, c, ptr(day(6)))
	})
	t.Run("of several that were missed the latest is sent, and all are done with", func(t *testing.T) {
		w.clock.Set(monday)
		c := w.open()
		w.at(20, 9, 0)
		if n := w.sweep() + w.sweep(); n != 1 {
			t.Errorf("%d matters were changed", n)
		}
		if got := w.reminders(c); len(got) != 1 || got[0] != "通报 答复已于2025年3月6日到期，尚未完成" {
			t.Errorf("%v", got)
		}
	})
	t.Run("a reminder for a share is for those who handle it", func(t *testing.T) {
		w.clock.Set(monday)
		c := w.do("give", w.open(), nil)
		w.at(5, 9, 0)
		w.sweep()
		w.system(func(ctx context.Context) error {
			rs, err := w.store.Ent().Record.Query().Where(record.MatterID(c.Matter.ID), record.AssignmentIDNotNil()).All(ctx)
			if len(rs) != 1 || rs[0].Audience != record.AudienceHANDLING || rs[0].Data["timer"] != "share" {
				t.Errorf("%v", rs)
			}
			return err
		})
	})
}

// remindedOnce expects every matter to have exactly one reminder.
func (w *world) remindedOnce(t *testing.T, cases []*flow.Case) {
	t.Helper()
	for i, c := range cases {
		if got := w.reminders(c); len(got) != 1 {
			t.Errorf("matter %d was reminded of %d times", i, len(got))
		}
	}
}

func (w *world) openMany(n int) (out []*flow.Case) {
	w.t.Helper()
	for range n {
		out = append(out, w.open())
	}
	return out
}

func TestSweepsAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := w.openMany(12)
	w.at(5, 8, 0)
	var wg sync.WaitGroup
	var mu sync.Mutex
	changed := 0
	for range 4 {
		wg.Go(func() {
			n, err := w.engine.Sweep(w.ctx(), w.store, w.tenant)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			changed += n
		})
	}
	wg.Wait()
	if changed != len(cases) {
		t.Errorf("%d matters were changed", changed)
	}
	w.remindedOnce(t, cases)
}

// dying lets k transactions through and cancels the context in the next one,
// after its work and before its commit.
type dying struct {
	flow.Doors
	k      int
	cancel context.CancelFunc
}

func (d *dying) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Doors.InTx(ctx, tenant, func(ctx context.Context) error {
		err := fn(ctx)
		if d.k--; d.k < 0 {
			d.cancel()
		}
		return err
	})
}

func TestASweepThatDiesIsRunAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := w.openMany(7)
	w.at(5, 8, 0)
	left := len(cases)
	for k := range 4 { // dies after none, one, two and three
		ctx, cancel := context.WithCancel(w.ctx())
		n, err := w.engine.Sweep(ctx, &dying{w.store, k, cancel}, w.tenant)
		cancel()
		if want := min(k, left); n != want || (left > k) != errors.Is(err, context.Canceled) {
			t.Errorf("after %d: %d changed, %v", k, n, err)
		}
		left -= n
	}
	if n := w.sweep(); n != left {
		t.Errorf("%d were left, %d were changed", left, n)
	}
	w.remindedOnce(t, cases)
}

func TestAMatterThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := w.openMany(3)
	policy := func(version int) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Matter.UpdateOneID(cases[1].Matter.ID).SetPolicyVersion(version).Exec(ctx)
		})
	}
	policy(99) // there is none
	w.at(5, 8, 0)
	n, err := w.engine.Sweep(w.ctx(), w.store, w.tenant)
	if n != 2 || err == nil || !strings.Contains(err.Error(), cases[1].Matter.ID.String()) {
		t.Errorf("%d were changed, %v", n, err)
	}
	policy(0)
	if n := w.sweep(); n != 1 {
		t.Errorf("%d were changed", n)
	}
	w.remindedOnce(t, cases)
}

func TestASweepGoesThroughAllPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const n = 103 // a page is a hundred
	err := w.as("主任", func(ctx context.Context) error {
		for range n {
			if _, err := w.engine.Start(ctx, flow.Opening{Kind: "tiny", Title: "小事"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	due := func() (yes bool) {
		w.system(func(ctx context.Context) (err error) { yes, err = w.engine.HasDue(ctx); return err })
		return yes
	}
	if due() {
		t.Error("something is due on the first day")
	}
	w.at(5, 8, 0)
	if !due() {
		t.Error("nothing is due")
	}
	if got := w.sweep(); got != n {
		t.Errorf("%d were changed", got)
	}
	if due() {
		t.Error("something is still due")
	}
}
