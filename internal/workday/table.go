package workday

import (
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"

	"github.com/bihuan/bihuan/internal/clock"
)

// ordinal numbers days from 1970-01-01; it is a cheaper map key than time.Time
// and cannot differ by location.
type ordinal int64

const secondsPerDay = 24 * 60 * 60

func ordinalOf(day time.Time) ordinal { return ordinal(clock.Day(day).Unix() / secondsPerDay) }

// notice is what the State Council said of one day.
type notice struct {
	working bool
	reason  string
}

// table is every notice the library carries.
type table struct {
	days        map[ordinal]notice
	first, last int // years whose notice is complete
}

// national is read once: the library searches a string at each call, and its
// Fix function could change the table under a running program.
var national = sync.OnceValue(func() table {
	t := table{days: map[ordinal]notice{}}
	// The library looks days up by prefix, and every day it knows begins so.
	const all = "20"
	for e := HolidayUtil.GetHolidays(all).Front(); e != nil; e = e.Next() {
		h := e.Value.(*HolidayUtil.Holiday)
		day, err := time.Parse(time.DateOnly, h.GetDay())
		if err != nil {
			continue // not a day: the library's list tests cover it, and a wrong row must not stop a server
		}
		t.add(day, h.GetName(), h.IsWork())
	}
	for _, c := range corrections {
		if day, err := time.Parse(time.DateOnly, c.day); err == nil {
			t.days[ordinalOf(day)] = c.notice
		}
	}
	return t
})

func (t *table) add(day time.Time, holiday string, working bool) {
	reason := common(holiday)
	if working {
		reason = MakeUp
		if !weekend(day) {
			return // the library has 2012-05-02 and 2012-10-08 so; both were ordinary working days
		}
	}
	t.days[ordinalOf(day)] = notice{working: working, reason: reason}
	// A year is covered once its National Day is there: single days of a year
	// may stand in the notice of the year before or after.
	if day.Month() == time.October && day.Day() == 1 {
		if t.first == 0 || day.Year() < t.first {
			t.first = day.Year()
		}
		t.last = max(t.last, day.Year())
	}
}

func weekend(day time.Time) bool {
	return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
}

// common is the name the notices use where the library has its own.
func common(holiday string) string {
	switch holiday {
	case "元旦节":
		return "元旦"
	case "国庆中秋":
		return "国庆节、中秋节"
	}
	return holiday
}

// CoveredUntil is the last year whose notice is known.
func CoveredUntil() int { return national().last }

// Covered reports whether the notice for the day's year is known.
func Covered(day time.Time) bool {
	t, year := national(), clock.Day(day).Year()
	return t.first <= year && year <= t.last
}
