package walks_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/figurestest"
)

// kept are the figures that a walk cannot make untrue about the past. Who is a
// member is not among them: a walk lets people leave without a last day.
func kept() (codes []string) {
	for _, d := range figures.Shipped.All() {
		if d.Of != "member" {
			codes = append(codes, d.Code)
		}
	}
	return codes
}

// numbers are the figures as of a day.
func (w *walk) numbers(codes []string, day time.Time) (out []figures.Number) {
	w.t.Helper()
	w.must("", func(ctx context.Context, _ *gen.Client) error {
		values, err := figures.Count(authz.System(ctx), codes, figures.Scope{Kind: figures.All, AsOf: day}, "")
		for _, v := range values {
			out = append(out, v.Number)
		}
		return err
	})
	return out
}

// What a figure said when a day was over it says for ever: a walk of people who
// come and go, units that merge and clocks that run out is counted at the end of
// each of its days, and at its end once more as of all of them; and the second,
// plain implementation says the same of what the engine wrote.
func TestFiguresOfAPastDayStay(t *testing.T) {
	total := &tally{places: map[string]int{}}
	codes, days, told := kept(), 0, map[string]bool{}
	for n := range 3 * *walks {
		for _, kind := range []string{"proposal", "task"} {
			w := newWalk(t, total, kind, 20261201+uint64(n))
			then := map[time.Time][]figures.Number{}
			var order []time.Time
			for range 2 * *steps {
				today := w.today()
				if w.rand.IntN(6) == 0 {
					w.disturb()
					w.sweep()
				} else {
					w.act()
				}
				if w.today().After(today) {
					then[today], order = w.numbers(codes, today), append(order, today)
				}
			}
			for _, day := range order {
				now := w.numbers(codes, day)
				for i, code := range codes {
					if now[i].Numerator > 0 {
						told[code] = true
					}
					if now[i] != then[day][i] {
						w.fail("%s as of %s was %v, and is %v now", code, day.Format(time.DateOnly), then[day][i], now[i])
					}
				}
			}
			w.plain(order)
			days += len(order)
		}
	}
	t.Logf("%d figures as of %d days; %d of them counted something", len(codes), days, len(told))
	if days == 0 {
		t.Error("no day passed")
	}
}

// plain compares with the second implementation, as of the last of the days.
func (w *walk) plain(days []time.Time) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		ctx = authz.System(ctx)
		l, err := figurestest.Load(ctx, c)
		for _, day := range days[max(0, len(days)-3):] {
			if err == nil {
				_, err = figurestest.Compare(ctx, l, figures.Scope{Kind: figures.All, AsOf: day})
			}
		}
		if err != nil {
			err = fmt.Errorf("seed %d, kind %s: %w", w.seed, w.kind, err)
		}
		return err
	})
}
