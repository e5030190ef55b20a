package workday_test

import (
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// R8: two days that the library lacks, by the notice for 2013 (国办发明电〔2012〕33号).
func TestTheNoticeFor2013(t *testing.T) {
	var national workday.Calendar
	for _, d := range []string{"2013-04-07", "2013-10-12"} {
		if !national.Working(day(d)) || national.Reason(day(d)) != workday.MakeUp {
			t.Errorf("R8: %s is %q", d, national.Reason(day(d)))
		}
	}
}

// R8: a notice moves days and gives none: the weekdays off less the weekends
// worked are what the law gives in that year. So a day that is missing or too
// much shows itself.
func TestTheWholeTableIsConsistent(t *testing.T) {
	var national workday.Calendar
	beside := map[int]int{
		2011: -1, 2012: 1, // Saturday 31 December 2011 was worked for New Year 2012
		2015: 1, // 3 September 2015
		2020: 2, // the longer Spring Festival
	}
	for year := 2008; year <= workday.CoveredUntil(); year++ {
		taken, made := 0, 0
		for d := clock.Date(year, 1, 1); d.Year() == year; d = d.AddDate(0, 0, 1) {
			weekend := d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
			switch working := national.Working(d); {
			case working && weekend:
				made++
			case !working && !weekend:
				taken++
			}
		}
		lawful := 11 + beside[year] // 全国年节及纪念日放假办法 of 2007; two more since the revision in force from 2025
		if year >= 2025 {
			lawful += 2
		}
		if taken-made != lawful {
			t.Errorf("R8: %d has %d weekdays off and %d weekend days worked: %d days, and the law gives %d", year, taken, made, taken-made, lawful)
		}
	}
}

// R10: the law names these days of 2027 before the notice does.
func TestStatutoryDays(t *testing.T) {
	var national workday.Calendar
	if workday.CoveredUntil() >= 2027 {
		t.Fatal("the notice for 2027 is known now: take the next year")
	}
	for _, c := range []struct{ from, to, name string }{
		{"2027-01-01", "2027-01-01", "元旦"}, {"2027-02-05", "2027-02-08", "春节"}, {"2027-04-05", "2027-04-05", "清明节"},
		{"2027-05-01", "2027-05-02", "劳动节"}, {"2027-06-09", "2027-06-09", "端午节"}, {"2027-09-15", "2027-09-15", "中秋节"}, {"2027-10-01", "2027-10-03", "国庆节"},
	} {
		for _, d := range days(c.from, c.to) {
			if national.Working(d) || national.Reason(d) != c.name {
				t.Errorf("R10: %s: %v %q", d.Format(time.DateOnly), national.Working(d), national.Reason(d))
			}
		}
	}
	for _, d := range []string{"2027-02-09", "2027-05-03", "2027-10-04"} { // what only a notice gives
		if !national.Working(day(d)) {
			t.Errorf("%s is guessed", d)
		}
	}
	if _, w := national.Add(day("2026-12-30"), 5); len(w.Uncovered) != 1 || w.Uncovered[0] != 2027 {
		t.Errorf("the walk says nothing of 2027: %v", w.Uncovered)
	}
}
