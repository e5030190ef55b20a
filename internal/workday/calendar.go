package workday

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// Reasons besides the names of holidays.
const (
	Weekend = "周末"
	MakeUp  = "调休上班"
	Own     = "租户规定"
)

// Calendar is the national calendar with days of one's own. Its zero value has
// none of those. It is safe for concurrent use.
type Calendar struct {
	own map[ordinal]bool
}

// New makes a calendar with days of one's own; true is a working day. The map
// is copied.
func New(own map[time.Time]bool) Calendar {
	c := Calendar{own: make(map[ordinal]bool, len(own))}
	for day, working := range own {
		c.own[ordinalOf(day)] = working
	}
	return c
}

// Working reports whether the day is a working day.
func (c Calendar) Working(day time.Time) bool {
	working, _ := c.about(day)
	return working
}

// Reason says in Chinese why a day is off, or why a day is worked that would
// not be by the week alone. It is empty for an ordinary working day.
func (c Calendar) Reason(day time.Time) string {
	_, reason := c.about(day)
	return reason
}

func (c Calendar) about(day time.Time) (working bool, reason string) {
	o := ordinalOf(day)
	working, reason = byLaw(day, o)
	// A day of one's own that only repeats the notice leaves its reason alone.
	if own, ok := c.own[o]; ok && own != working {
		return own, Own
	}
	return working, reason
}

func byLaw(day time.Time, o ordinal) (working bool, reason string) {
	if n, ok := national().days[o]; ok {
		return n.working, n.reason
	}
	if clock.Day(day).Year() > CoveredUntil() {
		if name := statutory(day); name != "" {
			return false, name
		}
	}
	if weekend(clock.Day(day)) {
		return false, Weekend
	}
	return true, ""
}

// Add is the n-th working day after the base day, or before it when n is
// negative, and how it was reached. The base day is not counted; n = 0 is the
// base day itself, even if that is a day off. The time it takes grows with n,
// so the caller bounds n.
func (c Calendar) Add(base time.Time, n int) (time.Time, Walk) {
	day, step := clock.Day(base), 1
	if n < 0 {
		n, step = -n, -1
	}
	var w Walk
	for n > 0 {
		day = day.AddDate(0, 0, step)
		working, reason := c.about(day)
		w.visit(day, working, reason)
		if working {
			n--
		}
	}
	w.sort()
	return day, w
}

// Between is how many working days b lies after a, counted as Add counts: a is
// left out and b is counted if it is worked. It is negative when b is before a.
// So Between(a, d) = n for every d that Add(a, n) gives.
func (c Calendar) Between(a, b time.Time) int {
	a, b = clock.Day(a), clock.Day(b)
	step := 1
	if b.Before(a) {
		step = -1
	}
	n := 0
	for day := a; !day.Equal(b); {
		day = day.AddDate(0, 0, step)
		if c.Working(day) {
			n += step
		}
	}
	return n
}

// AddMonths is the same day n months on, or the last day of that month where
// it has no such day (31 January + 1 month = 28 or 29 February).
func AddMonths(base time.Time, n int) time.Time {
	y, m, d := clock.Day(base).Date()
	last := clock.Date(y, m+time.Month(n)+1, 0)
	return clock.Date(last.Year(), last.Month(), min(d, last.Day()))
}

// Walk is how a count of working days went.
type Walk struct {
	Skipped   []Day // days off passed over, earliest first
	Added     []Day // counted days that the week alone would not make working days, earliest first
	Uncovered []int // years walked through for which no notice is known, so only weekends and statutory days were left out
}

func (w *Walk) visit(day time.Time, working bool, reason string) {
	switch {
	case !working:
		w.Skipped = append(w.Skipped, Day{On: day, Reason: reason})
	case reason != "":
		w.Added = append(w.Added, Day{On: day, Reason: reason})
	}
	if year := day.Year(); !Covered(day) && !slices.Contains(w.Uncovered, year) {
		w.Uncovered = append(w.Uncovered, year)
	}
}

func (w *Walk) sort() {
	byDate := func(a, b Day) int { return a.On.Compare(b.On) }
	slices.SortFunc(w.Skipped, byDate)
	slices.SortFunc(w.Added, byDate)
	slices.Sort(w.Uncovered)
}

// Until is the part of the walk up to and including a day. Uncovered years
// stay, because what follows starts there.
func (w Walk) Until(day time.Time) Walk {
	later := func(d Day) bool { return d.On.After(clock.Day(day)) }
	w.Skipped = slices.DeleteFunc(slices.Clone(w.Skipped), later)
	w.Added = slices.DeleteFunc(slices.Clone(w.Added), later)
	return w
}

// Then is the walk followed by another one. A day in both is listed once.
func (w Walk) Then(next Walk) Walk {
	uncovered := slices.Concat(w.Uncovered, next.Uncovered)
	slices.Sort(uncovered)
	return Walk{
		Skipped:   join(w.Skipped, next.Skipped),
		Added:     join(w.Added, next.Added),
		Uncovered: slices.Compact(uncovered),
	}
}

func join(a, b []Day) []Day {
	all := slices.Concat(a, b)
	slices.SortStableFunc(all, func(x, y Day) int { return x.On.Compare(y.On) })
	return slices.CompactFunc(all, func(x, y Day) bool { return x.On.Equal(y.On) })
}
