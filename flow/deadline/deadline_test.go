package deadline_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
)

var national workday.Calendar

func day(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func budget(base string, amount int, unit deadline.Unit) deadline.Budget {
	return deadline.Budget{Key: "reply.plenary", Event: "交办", Base: day(base), Amount: amount, Unit: unit, PolicyVersion: 3}
}

// paused adds a suspension; to may be empty.
func paused(b deadline.Budget, from, to string) deadline.Budget {
	s := deadline.Suspension{From: day(from), Reason: "等待上级批复"}
	if to != "" {
		until := day(to)
		s.To = &until
	}
	b.Suspensions = append(b.Suspensions[:len(b.Suspensions):len(b.Suspensions)], s)
	return b
}

func extended(b deadline.Budget, on string, amount int, unit deadline.Unit) deadline.Budget {
	b.Extensions = append(b.Extensions[:len(b.Extensions):len(b.Extensions)],
		deadline.Extension{Amount: amount, Unit: unit, On: day(on), Reason: "需现场核查"})
	return b
}

func fixed(on string) deadline.Budget {
	return deadline.Budget{Key: "reply.plenary", Unit: deadline.FixedDate, Fixed: day(on)}
}

func TestCounting(t *testing.T) {
	cases := []struct {
		name string
		b    deadline.Budget
		want string
	}{
		{"3 months from assignment on 30 December 2024 end on 30 March 2025", budget("2024-12-30", 3, deadline.Month), "2025-03-30"},
		{"31 January + 1 month is 28 February", budget("2025-01-31", 1, deadline.Month), "2025-02-28"},
		{"31 January + 1 month is 29 February in a leap year", budget("2024-01-31", 1, deadline.Month), "2024-02-29"},
		{"the day of the base event is not counted in working days", budget("2024-03-11", 1, deadline.Workday), "2024-03-12"},
		{"the day of the base event is not counted in calendar days", budget("2024-03-11", 7, deadline.CalendarDay), "2024-03-18"},
		{"working days pass over Spring Festival 2024 and count 18 February", budget("2024-02-08", 3, deadline.Workday), "2024-02-19"},
		{"calendar days count Spring Festival", budget("2024-02-08", 3, deadline.CalendarDay), "2024-02-11"},
		{"a due day that is a day off stays where it is", budget("2024-03-09", 7, deadline.CalendarDay), "2024-03-16"},
		{"a fixed date is what it says", fixed("2025-06-30"), "2025-06-30"},
		{"a negative amount counts back from the base event", budget("2024-03-20", -15, deadline.Workday), "2024-02-28"},
		{"1 month before the plenary opening", budget("2024-12-27", -1, deadline.Month), "2024-11-27"},
		{"zero is the day itself", budget("2024-03-11", 0, deadline.Workday), "2024-03-11"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { expectDue(t, c.b, c.want) })
	}
	t.Run("an instant as base counts from its Shanghai day", func(t *testing.T) {
		b := budget("", 1, deadline.Month)
		b.Base = time.Date(2025, 3, 30, 16, 30, 0, 0, time.UTC)
		expectDue(t, b, "2025-04-30")
	})
	t.Run("a committee's own day off is not counted", func(t *testing.T) {
		cal := workday.New(map[time.Time]bool{day("2024-03-12"): false})
		due, ok := budget("2024-03-11", 1, deadline.Workday).Due(cal)
		if !ok || !due.Equal(day("2024-03-13")) {
			t.Errorf("due %v, %v", due, ok)
		}
	})
	t.Run("hours end at an instant", func(t *testing.T) {
		b := budget("", 3, deadline.Hour)
		b.Base = time.Date(2024, 12, 27, 22, 30, 0, 0, clock.Shanghai)
		due, ok := b.Due(national)
		if want := time.Date(2024, 12, 28, 1, 30, 0, 0, clock.Shanghai); !ok || !due.Equal(want) {
			t.Errorf("due %v, %v", due, ok)
		}
	})
	t.Run("before the base event there is no due date", func(t *testing.T) { expectDue(t, budget("", 3, deadline.Month), "") })
}

func TestChanges(t *testing.T) {
	months, workdays := budget("2024-12-30", 3, deadline.Month), budget("2024-03-11", 10, deadline.Workday)
	cases := []struct {
		name          string
		b             deadline.Budget
		due, original string // empty: none
	}{
		{"an extension moves the due date and keeps the original", extended(months, "2025-03-20", 1, deadline.Month), "2025-04-30", "2025-03-30"},
		{"a second one counts from the first", extended(extended(months, "2025-03-20", 1, deadline.Month), "2025-04-20", 1, deadline.Month), "2025-05-30", "2025-03-30"},
		{"one granted late still counts from the due date", extended(months, "2025-04-10", 1, deadline.Month), "2025-04-30", "2025-03-30"},
		{"an extension may have another unit", extended(months, "2025-03-20", 5, deadline.Workday), "2025-04-07", "2025-03-30"},
		{"a pause of 10 days moves months by 10 calendar days", paused(months, "2025-01-10", "2025-01-20"), "2025-04-09", "2025-04-09"},
		{"a pause of 10 days moves calendar days by 10", paused(budget("2024-03-11", 30, deadline.CalendarDay), "2024-03-15", "2024-03-25"), "2024-04-20", "2024-04-20"},
		{"a pause of 10 days moves a fixed date by 10", paused(fixed("2025-06-30"), "2025-06-01", "2025-06-11"), "2025-07-10", "2025-07-10"},
		// 12 to 15 March are used. Six remain: 29 March, 1 to 3 April, the 调休 Sunday 7 April and the 8th.
		{"a pause keeps the remaining working days", paused(workdays, "2024-03-15", "2024-03-28"), "2024-04-08", "2024-04-08"},
		{"a pause over a weekend costs no working day", paused(workdays, "2024-03-15", "2024-03-17"), "2024-03-25", "2024-03-25"},
		{"suspended and resumed on the same day has not changed", paused(workdays, "2024-03-15", "2024-03-15"), "2024-03-25", "2024-03-25"},
		{"suspended on the last day it is due on the day of resumption", paused(workdays, "2024-03-25", "2024-04-10"), "2024-04-10", "2024-04-10"},
		{"the same for months", paused(months, "2025-03-30", "2025-04-10"), "2025-04-10", "2025-04-10"},
		{"while suspended there is no due date", paused(workdays, "2024-03-15", ""), "", ""},
		{"a pause that begins after the due date changes nothing", paused(workdays, "2024-03-26", "2024-04-10"), "2024-03-25", "2024-03-25"},
		{"what is late stays late while paused", paused(workdays, "2024-03-26", ""), "2024-03-25", "2024-03-25"},
		{"a pause does not move a date counted back from a meeting", paused(budget("2024-03-20", -15, deadline.Workday), "2024-02-20", ""), "2024-02-28", "2024-02-28"},
		{"before the base event nothing is used up", paused(workdays, "2024-03-01", "2024-03-13"), "2024-03-27", "2024-03-27"},
		{"a pause over before the base event changes nothing", paused(workdays, "2024-03-01", "2024-03-08"), "2024-03-25", "2024-03-25"},
		{"two pauses add up", paused(paused(months, "2025-01-10", "2025-01-20"), "2025-02-10", "2025-02-15"), "2025-04-14", "2025-04-14"},
		{"an extension before a pause is moved with the rest", paused(extended(months, "2025-03-20", 1, deadline.Month), "2025-04-10", "2025-04-20"), "2025-05-10", "2025-03-30"},
		{"an extension after a pause counts from the moved date", extended(paused(months, "2025-01-10", "2025-01-20"), "2025-03-20", 1, deadline.Month), "2025-05-09", "2025-04-09"},
		{"on the same day the extension comes first", paused(extended(months, "2025-04-10", 1, deadline.Month), "2025-04-10", "2025-04-20"), "2025-05-10", "2025-03-30"},
		{"an extended budget suspended after its original due date has only that", paused(extended(months, "2025-03-20", 1, deadline.Month), "2025-04-10", ""), "", "2025-03-30"},
		// Extended to Sunday 31 March; on Friday 29 no working day is left.
		{"a pause never makes a due date earlier", paused(extended(workdays, "2024-03-20", 6, deadline.CalendarDay), "2024-03-29", "2024-03-30"), "2024-03-31", "2024-03-25"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			expectDue(t, c.b, c.due)
			got, ok := c.b.Original(national)
			if ok != (c.original != "") || !got.Equal(day(c.original)) {
				t.Errorf("original %s %v, want %q", got.Format(time.DateOnly), ok, c.original)
			}
		})
	}
	t.Run("an extension to a date is due on it, but never shortens", func(t *testing.T) {
		b := months
		b.Extensions = []deadline.Extension{{Unit: deadline.FixedDate, Fixed: day("2025-05-15"), On: day("2025-03-20")}}
		expectDue(t, b, "2025-05-15")
		b.Extensions[0].Fixed = day("2025-03-01")
		expectDue(t, b, "2025-03-30")
	})
	t.Run("hours are extended by hours and moved by whole days", func(t *testing.T) {
		b := budget("", 3, deadline.Hour)
		b.Base = time.Date(2024, 12, 27, 9, 0, 0, 0, clock.Shanghai)
		b = paused(extended(b, "2024-12-27", 2, deadline.Hour), "2024-12-27", "2024-12-29")
		due, ok := b.Due(national)
		if want := time.Date(2024, 12, 29, 14, 0, 0, 0, clock.Shanghai); !ok || !due.Equal(want) {
			t.Errorf("due %v, %v", due, ok)
		}
	})
}

func expectDue(t *testing.T, b deadline.Budget, want string) {
	t.Helper()
	if err := b.Validate(); err != nil {
		t.Fatalf("the budget is refused: %v", err)
	}
	got, ok := b.Due(national)
	if ok != (want != "") || !got.Equal(day(want)) {
		t.Errorf("due %s %v, want %q", got.Format(time.DateOnly), ok, want)
	}
}

func TestPassed(t *testing.T) {
	b := budget("2024-12-30", 3, deadline.Month)
	hours := budget("", 3, deadline.Hour)
	hours.Base = time.Date(2024, 12, 27, 9, 0, 0, 0, clock.Shanghai)
	at := func(y int, m time.Month, d, h, min int) time.Time {
		return time.Date(y, m, d, h, min, 0, 0, clock.Shanghai)
	}
	cases := []struct {
		name string
		b    deadline.Budget
		now  time.Time
		want bool
	}{
		{"the whole of the due day is in time", b, at(2025, 3, 30, 23, 59), false},
		{"the day after begins at midnight in Shanghai", b, at(2025, 3, 31, 0, 0), true},
		{"the due instant is in time", hours, at(2024, 12, 27, 12, 0), false},
		{"a minute later is not", hours, at(2024, 12, 27, 12, 1), true},
		{"a suspended budget is not over", paused(b, "2025-01-10", ""), at(2026, 1, 1, 0, 0), false},
		{"nor is one that has not begun", budget("", 3, deadline.Month), at(2026, 1, 1, 0, 0), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.b.Passed(national, c.now); got != c.want {
				t.Errorf("it is %v", got)
			}
		})
	}
}

func TestExtendSuspendResume(t *testing.T) {
	b := budget("2024-12-30", 3, deadline.Month)
	p, err := b.Suspend(time.Date(2025, 1, 10, 9, 0, 0, 0, clock.Shanghai), "等待上级批复")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a suspended budget cannot be suspended again", func(t *testing.T) {
		if _, err := p.Suspend(day("2025-01-11"), ""); !errs.Is(err, errs.NotAllowedInState) {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a budget that is not suspended cannot be resumed", func(t *testing.T) {
		if _, err := b.Resume(day("2025-01-11")); !errs.Is(err, errs.NotAllowedInState) {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("it cannot be resumed before it was suspended", func(t *testing.T) {
		if _, err := p.Resume(day("2025-01-09")); !errs.Is(err, errs.Invalid) {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("each gives a new value and leaves the old one alone", func(t *testing.T) {
		r, err := p.Resume(day("2025-01-20"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := r.Extend(deadline.Extension{Amount: 1, Unit: deadline.Month, On: day("2025-03-20")})
		if err != nil {
			t.Fatal(err)
		}
		expectDue(t, b, "2025-03-30")
		expectDue(t, p, "")
		expectDue(t, r, "2025-04-09")
		expectDue(t, e, "2025-05-09")
	})
}

func TestValidate(t *testing.T) {
	good := budget("2024-12-30", 3, deadline.Month)
	with := func(e deadline.Extension) deadline.Budget {
		b := good
		b.Extensions = []deadline.Extension{{Amount: 1, Unit: deadline.Month, On: day("2025-01-01")}, e}
		return b
	}
	notFixed := good
	notFixed.Fixed = day("2025-01-01")
	both := paused(fixed("2025-01-01"), "", "")
	cases := []struct {
		name string
		b    deadline.Budget
		path []string
	}{
		{"an unknown unit is refused", budget("2024-12-30", 3, "WEEK"), []string{"unit"}},
		{"a fixed date needs its date", deadline.Budget{Unit: deadline.FixedDate}, []string{"fixed"}},
		{"only a fixed date has one", notFixed, []string{"fixed"}},
		{"more than ten years is refused", budget("2024-12-30", 121, deadline.Month), []string{"amount"}},
		{"backwards too", budget("2024-12-30", -3661, deadline.CalendarDay), []string{"amount"}},
		{"an extension's unit must be known", with(deadline.Extension{Amount: 1, Unit: "", On: day("2025-01-01")}), []string{"extensions", "1", "unit"}},
		{"days are not extended by hours", with(deadline.Extension{Amount: 1, Unit: deadline.Hour, On: day("2025-01-01")}), []string{"extensions", "1", "unit"}},
		{"an extension is granted on a day", with(deadline.Extension{Amount: 1, Unit: deadline.Month}), []string{"extensions", "1", "on"}},
		{"an extension to a date needs it", with(deadline.Extension{Unit: deadline.FixedDate, On: day("2025-01-01")}), []string{"extensions", "1", "fixed"}},
		{"not more than ten years ahead", with(deadline.Extension{Unit: deadline.FixedDate, On: day("2025-01-01"), Fixed: day("2035-01-02")}), []string{"extensions", "1", "fixed"}},
		{"only an extension to a date has one", with(deadline.Extension{Amount: 1, Unit: deadline.Month, On: day("2025-01-01"), Fixed: day("2025-06-01")}), []string{"extensions", "1", "fixed"}},
		{"an extension is more than nothing", with(deadline.Extension{Unit: deadline.Month, On: day("2025-01-01")}), []string{"extensions", "1", "amount"}},
		{"a suspension begins on a day", both, []string{"suspensions", "0", "from"}},
		{"only the last suspension may last", paused(paused(good, "2025-01-10", ""), "2025-01-20", ""), []string{"suspensions", "0", "to"}},
		{"a suspension does not end before it begins", paused(good, "2025-01-10", "2025-01-09"), []string{"suspensions", "0", "to"}},
		{"suspensions do not overlap", paused(paused(good, "2025-01-10", "2025-01-20"), "2025-01-19", ""), []string{"suspensions", "1", "from"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, ok := errs.As(c.b.Validate())
			if !ok || e.Code != errs.Invalid || !reflect.DeepEqual(e.Path, c.path) {
				t.Fatalf("it says %v", e)
			}
			if due, ok := c.b.Due(national); ok || !due.IsZero() {
				t.Errorf("yet it is due on %v", due)
			}
			if x := c.b.Explain(national); x.State != deadline.Invalid || x.Text() == "" {
				t.Errorf("yet it is explained as %+v", x)
			}
		})
	}
	t.Run("suspensions may touch", func(t *testing.T) {
		expectDue(t, paused(paused(good, "2025-01-10", "2025-01-20"), "2025-01-20", "2025-01-25"), "2025-04-14")
	})
}

func TestRungs(t *testing.T) {
	due := day("2025-03-30")
	ladder := []deadline.Rung{{Before: 1, Name: "前一天"}, {Before: 30, Name: "前三十天"}, {Before: 0, Name: "当天"}, {Before: -1, Name: "逾期催办"}, {Before: 7, Name: "前七天"}}
	cases := []struct {
		name, today string
		want        []string
	}{
		{"none is reached early", "2025-02-27", nil},
		{"a rung is reached on its day", "2025-02-28", []string{"前三十天"}},
		{"missed rungs are listed too, earliest first", "2025-03-29", []string{"前三十天", "前七天", "前一天"}},
		{"a negative rung comes after the due day", "2025-03-31", []string{"前三十天", "前七天", "前一天", "当天", "逾期催办"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range deadline.Reached(due, day(c.today), ladder) {
				got = append(got, r.Name)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("it lists %v, want %v", got, c.want)
			}
		})
	}
	t.Run("without a due date there are none", func(t *testing.T) {
		if got := deadline.Reached(time.Time{}, day("2025-03-29"), ladder); got != nil {
			t.Errorf("it lists %v", got)
		}
	})
	t.Run("an extension makes the ladder anew", func(t *testing.T) {
		if got := deadline.Reached(day("2025-04-30"), day("2025-03-30"), ladder); len(got) != 0 {
			t.Errorf("it lists %v", got)
		}
	})
	t.Run("an instant counts by its Shanghai day", func(t *testing.T) {
		late := time.Date(2025, 3, 29, 16, 0, 0, 0, time.UTC)
		if got := deadline.Reached(due, late, ladder); len(got) != 4 {
			t.Errorf("it lists %v", got)
		}
	})
}

func TestJSON(t *testing.T) {
	hours := budget("", 3, deadline.Hour)
	hours.Base = time.Date(2024, 12, 27, 9, 30, 15, 123456000, clock.Shanghai)
	cases := map[string]deadline.Budget{
		"a plain budget":                  budget("2024-12-30", 3, deadline.Month),
		"one that has not begun":          budget("", 15, deadline.Workday),
		"a fixed date":                    fixed("2025-06-30"),
		"hours":                           hours,
		"a suspended one":                 paused(budget("2024-02-08", 15, deadline.Workday), "2024-02-19", ""),
		"one with everything":             extended(paused(budget("2024-02-08", 15, deadline.Workday), "2024-02-19", "2024-02-26"), "2024-03-01", 1, deadline.Month),
		"one that walks beyond the table": budget(clock.Date(workday.CoveredUntil(), 12, 25).Format(time.DateOnly), 15, deadline.Workday),
	}
	for name, b := range cases {
		t.Run(name+" comes back as it was", func(t *testing.T) {
			var back deadline.Budget
			roundTrip(t, b, &back)
			want, _ := b.Due(national)
			if got, _ := back.Due(national); !got.Equal(want) {
				t.Errorf("due %v, want %v", got, want)
			}
			if !back.Base.Equal(b.Base) {
				t.Errorf("base %v, want %v", back.Base, b.Base)
			}
			back.Base = b.Base // equal, though the zone's name is lost
			if !reflect.DeepEqual(back, b) {
				t.Errorf("it is %+v, want %+v", back, b)
			}
			var x deadline.Explanation
			roundTrip(t, b.Explain(national), &x)
			if x.Text() != b.Explain(national).Text() {
				t.Errorf("it explains itself as %s", x.Text())
			}
		})
	}
	t.Run("the stored names do not change", func(t *testing.T) {
		got, err := json.Marshal(extended(paused(budget("2024-12-30", 3, deadline.Month), "2025-01-10", "2025-01-20"), "2025-03-20", 1, deadline.Month))
		want := `{"key":"reply.plenary","event":"交办","base":"2024-12-30T00:00:00Z","amount":3,"unit":"MONTH",` +
			`"extensions":[{"amount":1,"unit":"MONTH","on":"2025-03-20T00:00:00Z","reason":"需现场核查"}],` +
			`"suspensions":[{"from":"2025-01-10T00:00:00Z","to":"2025-01-20T00:00:00Z","reason":"等待上级批复"}],"policyVersion":3}`
		if err != nil || string(got) != want {
			t.Errorf("it is\n%s, want\n%s", got, want)
		}
	})
}

func roundTrip(t *testing.T, in, out any) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
}
