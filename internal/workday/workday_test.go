package workday_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func days(from, to string) []time.Time {
	var out []time.Time
	for d := day(from); !d.After(day(to)); d = d.AddDate(0, 0, 1) {
		out = append(out, d)
	}
	return out
}

func TestTheStateCouncilsNotices(t *testing.T) {
	cases := []struct {
		name     string
		from, to string // a closed range of days
		working  bool
		reason   string
	}{
		{"Spring Festival 2024 is off from 10 to 17 February", "2024-02-10", "2024-02-17", false, "春节"},
		{"Sunday 4 February 2024 is worked for it", "2024-02-04", "2024-02-04", true, workday.MakeUp},
		{"Sunday 18 February 2024 is worked for it", "2024-02-18", "2024-02-18", true, workday.MakeUp},
		{"New Year's Eve of 2024, a Friday, was not a holiday by the notice", "2024-02-09", "2024-02-09", true, ""},
		{"National Day 2024 is off from 1 to 7 October", "2024-10-01", "2024-10-07", false, "国庆节"},
		{"Sunday 29 September 2024 is worked for it", "2024-09-29", "2024-09-29", true, workday.MakeUp},
		{"Saturday 12 October 2024 is worked for it", "2024-10-12", "2024-10-12", true, workday.MakeUp},
		{"Spring Festival 2025 is off from 28 January to 4 February", "2025-01-28", "2025-02-04", false, "春节"},
		{"Sunday 26 January 2025 is worked for it", "2025-01-26", "2025-01-26", true, workday.MakeUp},
		{"Saturday 8 February 2025 is worked for it", "2025-02-08", "2025-02-08", true, workday.MakeUp},
		{"National Day and Mid-Autumn 2025 are off from 1 to 8 October", "2025-10-01", "2025-10-08", false, "国庆节、中秋节"},
		{"New Year 2026 is off from 1 to 3 January", "2026-01-01", "2026-01-03", false, "元旦"},
		{"Sunday 4 January 2026 is worked for it", "2026-01-04", "2026-01-04", true, workday.MakeUp},
		{"Spring Festival 2026 is off from 15 to 23 February", "2026-02-15", "2026-02-23", false, "春节"},
		{"Saturday 14 February 2026 is worked for it", "2026-02-14", "2026-02-14", true, workday.MakeUp},
		{"Saturday 28 February 2026 is worked for it", "2026-02-28", "2026-02-28", true, workday.MakeUp},
		{"Qingming 2026 is off from 4 to 6 April", "2026-04-04", "2026-04-06", false, "清明节"},
		{"Labour Day 2026 is off from 1 to 5 May", "2026-05-01", "2026-05-05", false, "劳动节"},
		{"Saturday 9 May 2026 is worked for it", "2026-05-09", "2026-05-09", true, workday.MakeUp},
		{"Dragon Boat 2026 is off from 19 to 21 June", "2026-06-19", "2026-06-21", false, "端午节"},
		{"Mid-Autumn 2026 is off from 25 to 27 September", "2026-09-25", "2026-09-27", false, "中秋节"},
		{"National Day 2026 is off from 1 to 7 October", "2026-10-01", "2026-10-07", false, "国庆节"},
		{"Sunday 20 September 2026 is worked for it", "2026-09-20", "2026-09-20", true, workday.MakeUp},
		{"Saturday 10 October 2026 is worked for it", "2026-10-10", "2026-10-10", true, workday.MakeUp},
		{"the longer Spring Festival of 2020 is off until 2 February", "2020-01-24", "2020-02-02", false, "春节"},
		{"Saturday 29 December 2018 is worked by the notice for 2019", "2018-12-29", "2018-12-29", true, workday.MakeUp},
		{"an ordinary Monday to Friday is worked without a reason", "2024-03-11", "2024-03-15", true, ""},
		{"an ordinary Saturday and Sunday are off as a weekend", "2024-03-16", "2024-03-17", false, workday.Weekend},
	}
	var national workday.Calendar
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, d := range days(c.from, c.to) {
				if got, why := national.Working(d), national.Reason(d); got != c.working || why != c.reason {
					t.Errorf("%s: working %v (%s), want %v (%s)", d.Format(time.DateOnly), got, why, c.working, c.reason)
				}
			}
		})
	}
}

func TestTheLibrarysTable(t *testing.T) {
	var national workday.Calendar
	all := HolidayUtil.GetHolidays("20")
	if all.Len() < 800 {
		t.Fatalf("only %d rows were read", all.Len())
	}
	for e := all.Front(); e != nil; e = e.Next() {
		h := e.Value.(*HolidayUtil.Holiday)
		d := day(h.GetDay())
		if national.Working(d) != h.IsWork() {
			t.Errorf("%v is not what the library says", h)
		}
		weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
		if national.Reason(d) == workday.MakeUp && !weekend {
			t.Errorf("%v is called 调休 on an ordinary working day", h)
		}
	}
	t.Run("every covered year has between 240 and 260 working days", func(t *testing.T) {
		for y := 2002; y <= workday.CoveredUntil(); y++ {
			n := national.Between(clock.Date(y-1, 12, 31), clock.Date(y, 12, 31))
			if n < 240 || n > 260 {
				t.Errorf("%d has %d working days", y, n)
			}
		}
	})
}

func TestBeyondTheTable(t *testing.T) {
	var national workday.Calendar
	t.Run("the table reaches at least 2026", func(t *testing.T) {
		if workday.CoveredUntil() < 2026 {
			t.Errorf("it ends with %d", workday.CoveredUntil())
		}
		if !workday.Covered(clock.Date(workday.CoveredUntil(), 12, 31)) {
			t.Error("the last day of the last year is not covered")
		}
	})
	t.Run("single days of 2001 in the notice for 2002 do not cover 2001", func(t *testing.T) {
		if workday.Covered(day("2001-12-29")) || !workday.Covered(day("2002-01-01")) {
			t.Error("the table begins with 2002")
		}
	})
	next := workday.CoveredUntil() + 1
	t.Run("R10: after it the statutory days are known, and what a notice moves around them is not guessed", func(t *testing.T) {
		for _, d := range days(clock.Date(next, 10, 1).Format(time.DateOnly), clock.Date(next, 10, 7).Format(time.DateOnly)) {
			off := d.Day() <= 3 || d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			if national.Working(d) == off {
				t.Errorf("%s: working is %v", d.Format(time.DateOnly), !off)
			}
		}
	})
	t.Run("a walk across its end names the year", func(t *testing.T) {
		_, w := national.Add(clock.Date(next-1, 12, 28), 10)
		if !reflect.DeepEqual(w.Uncovered, []int{next}) {
			t.Errorf("it names %v", w.Uncovered)
		}
	})
	t.Run("a walk that stays inside names none", func(t *testing.T) {
		if _, w := national.Add(day("2024-02-01"), 10); w.Uncovered != nil {
			t.Errorf("it names %v", w.Uncovered)
		}
	})
}

func TestDaysOfOnesOwn(t *testing.T) {
	own := map[time.Time]bool{
		day("2024-03-13"): false, // a Wednesday
		day("2024-03-16"): true,  // a Saturday
		day("2024-02-12"): true,  // in Spring Festival
		day("2024-03-17"): false, // a Sunday anyway
		day("2024-03-14"): true,  // a Thursday anyway
		// 1 May is off by the notice; the key is an instant in Shanghai.
		time.Date(2024, 5, 1, 9, 0, 0, 0, clock.Shanghai): true,
	}
	c := workday.New(own)
	own[day("2024-03-15")] = false
	cases := []struct {
		name, day string
		working   bool
		reason    string
	}{
		{"a working day can be taken off", "2024-03-13", false, workday.Own},
		{"a weekend can be worked", "2024-03-16", true, workday.Own},
		{"a national holiday can be worked", "2024-02-12", true, workday.Own},
		{"a day off that repeats the weekend stays a weekend", "2024-03-17", false, workday.Weekend},
		{"a worked day that repeats the week has no reason", "2024-03-14", true, ""},
		{"an instant names its Shanghai day", "2024-05-01", true, workday.Own},
		{"the map is copied", "2024-03-15", true, ""},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			if got, why := c.Working(day(x.day)), c.Reason(day(x.day)); got != x.working || why != x.reason {
				t.Errorf("working %v (%s), want %v (%s)", got, why, x.working, x.reason)
			}
		})
	}
}

func TestAdd(t *testing.T) {
	cases := []struct {
		name, base string
		n          int
		want       string
	}{
		{"the base day is not counted", "2024-03-11", 1, "2024-03-12"},
		{"a weekend is passed over", "2024-03-15", 1, "2024-03-18"},
		{"the base day may be a day off", "2024-03-16", 1, "2024-03-18"},
		{"a 调休 Sunday is counted", "2024-02-03", 1, "2024-02-04"},
		{"five days from the Friday before Spring Festival 2024 end on 22 February", "2024-02-09", 5, "2024-02-22"},
		{"three days from 30 September 2024 end on 10 October", "2024-09-30", 3, "2024-10-10"},
		{"four from there end on Friday 11, five on the 调休 Saturday", "2024-09-30", 5, "2024-10-12"},
		{"zero is the base day", "2024-03-13", 0, "2024-03-13"},
		{"zero is the base day even when it is off", "2024-03-16", 0, "2024-03-16"},
		{"backwards the base day is not counted either", "2024-03-18", -1, "2024-03-15"},
		{"fifteen working days before 20 March 2024", "2024-03-20", -15, "2024-02-28"},
	}
	var national workday.Calendar
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := national.Add(day(c.base), c.n); !got.Equal(day(c.want)) {
				t.Errorf("it is %s, want %s", got.Format(time.DateOnly), c.want)
			}
		})
	}
	t.Run("an instant late in the evening UTC counts from the Shanghai day", func(t *testing.T) {
		got, _ := national.Add(time.Date(2024, 3, 11, 17, 0, 0, 0, time.UTC), 1)
		if want := day("2024-03-13"); !got.Equal(want) {
			t.Errorf("it is %v, want %v", got, want)
		}
	})
}

func TestWalk(t *testing.T) {
	var national workday.Calendar
	_, w := national.Add(day("2024-02-02"), 7)
	want := workday.Walk{
		Skipped: []workday.Day{{On: day("2024-02-03"), Reason: workday.Weekend}},
		Added:   []workday.Day{{On: day("2024-02-04"), Reason: workday.MakeUp}},
	}
	for _, d := range days("2024-02-10", "2024-02-17") {
		want.Skipped = append(want.Skipped, workday.Day{On: d, Reason: "春节"})
	}
	want.Added = append(want.Added, workday.Day{On: day("2024-02-18"), Reason: workday.MakeUp})
	t.Run("it lists days off and 调休 days with their reasons", func(t *testing.T) {
		if !reflect.DeepEqual(w, want) {
			t.Errorf("it is %v, want %v", w, want)
		}
	})
	t.Run("backwards it is listed earliest first too", func(t *testing.T) {
		_, back := national.Add(day("2024-02-19"), -7)
		for i := 1; i < len(back.Skipped); i++ {
			if !back.Skipped[i-1].On.Before(back.Skipped[i].On) {
				t.Errorf("%v is out of order", back.Skipped)
			}
		}
	})
	t.Run("cut at a day it keeps what came until then", func(t *testing.T) {
		cut := w.Until(day("2024-02-10"))
		if len(cut.Skipped) != 2 || len(cut.Added) != 1 || len(w.Skipped) != 9 {
			t.Errorf("it keeps %v and leaves %v", cut, w)
		}
	})
	t.Run("joined with itself it is itself", func(t *testing.T) {
		if got := w.Then(w); !reflect.DeepEqual(got.Skipped, w.Skipped) || !reflect.DeepEqual(got.Added, w.Added) {
			t.Errorf("it becomes %v", got)
		}
	})
	t.Run("a day is written to JSON without a time and read back", func(t *testing.T) {
		b, err := json.Marshal(w.Added[0])
		if err != nil || string(b) != `{"on":"2024-02-04","reason":"调休上班"}` {
			t.Fatalf("it is %s, %v", b, err)
		}
		var back workday.Day
		if err := json.Unmarshal(b, &back); err != nil || back != w.Added[0] {
			t.Errorf("it comes back as %v, %v", back, err)
		}
	})
	t.Run("a JSON day that is no day is refused", func(t *testing.T) {
		for _, bad := range []string{`{"on":"2024-02-30"}`, `{"on":7}`} {
			if err := json.Unmarshal([]byte(bad), &workday.Day{}); err == nil {
				t.Errorf("%s was read", bad)
			}
		}
	})
}

func TestAddMonths(t *testing.T) {
	cases := []struct {
		name, base string
		n          int
		want       string
	}{
		{"31 January + 1 month is 28 February", "2025-01-31", 1, "2025-02-28"},
		{"31 January + 1 month is 29 February in a leap year", "2024-01-31", 1, "2024-02-29"},
		{"30 December + 3 months is 30 March", "2024-12-30", 3, "2025-03-30"},
		{"30 November + 3 months is the end of February", "2024-11-30", 3, "2025-02-28"},
		{"31 March + 1 month is 30 April", "2025-03-31", 1, "2025-04-30"},
		{"a short month does not pull the day forward", "2025-02-28", 1, "2025-03-28"},
		{"31 March − 1 month is 28 February", "2025-03-31", -1, "2025-02-28"},
		{"29 February − 12 months is 28 February", "2024-02-29", -12, "2023-02-28"},
		{"zero months is the same day", "2025-01-31", 0, "2025-01-31"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := workday.AddMonths(day(c.base), c.n); !got.Equal(day(c.want)) {
				t.Errorf("it is %s, want %s", got.Format(time.DateOnly), c.want)
			}
		})
	}
}

// anyCalendar has some days of its own, spread over 2024 to 2026.
func anyCalendar(r *rand.Rand) workday.Calendar {
	own := map[time.Time]bool{}
	for range r.IntN(40) {
		own[day("2024-01-01").AddDate(0, 0, r.IntN(1000))] = r.IntN(2) == 0
	}
	return workday.New(own)
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 27))
	for range 3000 {
		c := anyCalendar(r)
		base, n := day("2023-06-01").AddDate(0, 0, r.IntN(1500)), r.IntN(121)-60
		got, w := c.Add(base, n)

		// A second count, day by day and without the package's own loop.
		worked, off := 0, 0
		for d := base; !d.Equal(got); {
			if n > 0 {
				d = d.AddDate(0, 0, 1)
			} else {
				d = d.AddDate(0, 0, -1)
			}
			if c.Working(d) {
				worked++
			} else {
				off++
			}
		}
		if worked != max(n, -n) {
			t.Fatalf("Add(%v, %d) counts %d working days", base, n, worked)
		}
		if off != len(w.Skipped) {
			t.Fatalf("Add(%v, %d) lists %d days off of %d", base, n, len(w.Skipped), off)
		}
		if n != 0 && !c.Working(got) {
			t.Fatalf("Add(%v, %d) ends on a day off", base, n)
		}
		if back := c.Between(base, got); back != n {
			t.Fatalf("Between(%v, Add(%v, %d)) is %d", base, base, n, back)
		}
		if further, _ := c.Add(base, n+1); further.Before(got) {
			t.Fatalf("Add(%v, %d) is before Add(%v, %d)", base, n+1, base, n)
		}
		if later, _ := c.Add(base.AddDate(0, 0, 1), n); later.Before(got) {
			t.Fatalf("a later base than %v gives an earlier day for %d", base, n)
		}
		if m, k := workday.AddMonths(base, n), workday.AddMonths(base, n+1); !m.Before(k) {
			t.Fatalf("AddMonths(%v, %d) is not before one month more", base, n)
		}
	}
}
