package deadline

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// State tells why there is or is not a due date. A budget that is overdue is
// still Running.
type State string

const (
	NotStarted State = "NOT_STARTED" // the base event has not happened
	Running    State = "RUNNING"
	Paused     State = "PAUSED"
	Invalid    State = "INVALID" // Validate says why
)

// count is one run through a budget: the first due date, then every extension
// and suspension in the order of their days.
type count struct {
	budget Budget
	cal    workday.Calendar

	state State
	first time.Time // before any extension or suspension
	due   time.Time // where it stands; zero in the end unless Running
	walk  workday.Walk

	extensions  []Prolongation
	suspensions []Pause
}

func (b Budget) count(cal workday.Calendar, extended bool) count {
	c := count{budget: b, cal: cal, state: Running}
	switch {
	case b.Validate() != nil:
		c.state = Invalid
		return c
	case b.Unit == FixedDate:
		c.due = clock.Day(b.Fixed)
	case b.Base.IsZero():
		c.state = NotStarted
		return c
	default:
		c.due, c.walk = step(cal, b.Base, b.Amount, b.Unit)
	}
	c.first = c.due
	for _, e := range b.changes(extended) {
		if e.extension != nil {
			c.extend(*e.extension)
		} else {
			c.suspend(*e.suspension)
		}
	}
	if c.state != Running {
		c.due = time.Time{}
	}
	return c
}

// change is one of the two.
type change struct {
	on         time.Time
	extension  *Extension
	suspension *Suspension
}

func (b Budget) changes(extended bool) []change {
	var all []change
	if extended {
		for _, e := range b.Extensions {
			all = append(all, change{on: clock.Day(e.On), extension: &e})
		}
	}
	for _, s := range b.Suspensions {
		all = append(all, change{on: clock.Day(s.From), suspension: &s})
	}
	slices.SortStableFunc(all, func(a, b change) int { return a.on.Compare(b.on) })
	return all
}

// step goes n units on. It gives a day, except for hours, which give an instant
// in Shanghai's zone.
func step(cal workday.Calendar, from time.Time, n int, unit Unit) (time.Time, workday.Walk) {
	switch unit {
	case Workday:
		return cal.Add(from, n)
	case Month:
		return workday.AddMonths(from, n), workday.Walk{}
	case Hour:
		return from.In(clock.Shanghai).Add(time.Duration(n) * time.Hour), workday.Walk{}
	default:
		return clock.Day(from).AddDate(0, 0, n), workday.Walk{}
	}
}

func (c *count) extend(e Extension) {
	p := Prolongation{Amount: e.Amount, Unit: e.Unit, On: dayOf(e.On), Reason: e.Reason}
	to, walk := clock.Day(e.Fixed), workday.Walk{}
	if e.Unit == FixedDate {
		p.Fixed = dayOf(e.Fixed)
	} else {
		to, walk = step(c.cal, c.due, e.Amount, e.Unit)
	}
	if to.After(c.due) {
		c.due, c.walk = to, c.walk.Then(walk)
	}
	if c.state == Running {
		p.Due = c.when(c.due)
	}
	c.extensions = append(c.extensions, p)
}

func (c *count) suspend(s Suspension) {
	from := clock.Day(s.From)
	if base := c.budget.Base; !base.IsZero() && from.Before(clock.Day(base)) {
		from = clock.Day(base) // nothing is used up before the base event
	}
	p := Pause{From: dayOf(s.From), Reason: s.Reason}
	if s.To != nil {
		p.To = dayOf(*s.To)
	}
	defer func() { c.suspensions = append(c.suspensions, p) }()

	if c.budget.Amount < 0 || from.After(clock.Day(c.due)) {
		p.Void = true
		p.Due = c.when(c.due)
		return
	}
	p.Remaining, p.RemainingUnit = c.remaining(from)
	if s.To == nil {
		c.state, c.walk = Paused, c.walk.Until(from)
		return
	}
	if to := clock.Day(*s.To); to.After(from) {
		p.Days = daysBetween(from, to)
		c.resume(from, to, p.Remaining)
	}
	p.Due = c.when(c.due)
}

func (c *count) remaining(from time.Time) (int, Unit) {
	if c.budget.Unit == Workday {
		return c.cal.Between(from, c.due), Workday
	}
	return daysBetween(from, clock.Day(c.due)), CalendarDay
}

func (c *count) resume(from, to time.Time, remaining int) {
	if c.budget.Unit != Workday {
		c.due = c.due.AddDate(0, 0, daysBetween(from, to))
		return
	}
	due, walk := c.cal.Add(to, remaining)
	// An extension in months may have put the due date on a day off, with no
	// working day left before it; a pause must not move it forward then.
	if due.After(c.due) {
		c.due, c.walk = due, c.walk.Until(from).Then(walk)
	}
}

func (c *count) when(t time.Time) When { return When{Time: t, Exact: c.budget.Unit == Hour} }

func dayOf(t time.Time) When { return When{Time: clock.Day(t)} }

func daysBetween(a, b time.Time) int { return int(b.Sub(a) / (24 * time.Hour)) }
