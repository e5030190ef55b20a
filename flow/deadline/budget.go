package deadline

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
)

// Unit is what an amount counts.
type Unit string

const (
	Workday     Unit = "WORKDAY"
	CalendarDay Unit = "CALENDAR_DAY"
	Month       Unit = "MONTH"
	Hour        Unit = "HOUR"
	FixedDate   Unit = "DATE" // no amount: the date is Fixed
)

// longest is ten years in each unit. Counting takes time with the amount, and
// amounts are typed in by people.
var longest = map[Unit]int{Workday: 2610, CalendarDay: 3660, Month: 120, Hour: 87840, FixedDate: 0}

// Budget is a deadline before it is a date.
type Budget struct {
	Key           string       `json:"key"`                    // the policy's name for it, e.g. reply.plenary
	Event         string       `json:"event,omitempty"`        // the base event in Chinese, e.g. 交办
	Base          time.Time    `json:"base,omitzero"`          // its day, or its instant for HOUR; zero until it has happened
	Amount        int          `json:"amount"`                 // negative counts back from the base
	Unit          Unit         `json:"unit"`                   //
	Fixed         time.Time    `json:"fixed,omitzero"`         // the day, for DATE only
	Extensions    []Extension  `json:"extensions,omitempty"`   // in any order
	Suspensions   []Suspension `json:"suspensions,omitempty"`  // earliest first, not overlapping
	PolicyVersion int          `json:"policyVersion,omitzero"` // the settings the amount came from
}

// Extension is more time, granted on a day.
type Extension struct {
	Amount int       `json:"amount,omitzero"` // positive, unless the unit is DATE
	Unit   Unit      `json:"unit"`            // HOUR if and only if the budget is in hours
	Fixed  time.Time `json:"fixed,omitzero"`  // the new due day, for DATE only
	On     time.Time `json:"on"`
	Reason string    `json:"reason,omitempty"`
}

// Suspension is a pause by decision.
type Suspension struct {
	From   time.Time  `json:"from"`         // the last day that counts
	To     *time.Time `json:"to,omitempty"` // the day of resumption, not counted; nil while it lasts
	Reason string     `json:"reason,omitempty"`
}

// Due is the last day in time, or for HOUR the last instant. ok is false while
// there is none: the base event has not happened, the budget is suspended, or
// Validate refuses it.
func (b Budget) Due(cal workday.Calendar) (due time.Time, ok bool) {
	c := b.count(cal, true)
	return c.due, c.state == Running
}

// Original is Due as if no extension had been granted. Statistics keep it
// beside the extended one (domain.md 5 b).
func (b Budget) Original(cal workday.Calendar) (due time.Time, ok bool) {
	c := b.count(cal, false)
	return c.due, c.state == Running
}

// Passed reports whether the due date is over at an instant. Without a due date
// it is not.
func (b Budget) Passed(cal workday.Calendar, now time.Time) bool {
	due, ok := b.Due(cal)
	if !ok {
		return false
	}
	if b.Unit == Hour {
		return now.After(due)
	}
	return clock.Day(now).After(due)
}

// Extend grants more time. Each call grants it again; how often and how long is
// allowed is the policy's business.
func (b Budget) Extend(e Extension) (Budget, error) {
	b.Extensions = append(slices.Clone(b.Extensions), e)
	return b, b.Validate()
}

// Suspend pauses the budget. A suspended budget cannot be suspended again.
func (b Budget) Suspend(from time.Time, reason string) (Budget, error) {
	if b.suspended() {
		return b, errs.New(errs.NotAllowedInState, "时限已经暂停，恢复之后才能再次暂停")
	}
	b.Suspensions = append(slices.Clone(b.Suspensions), Suspension{From: clock.Day(from), Reason: reason})
	return b, b.Validate()
}

// Resume ends the pause. A budget that is not suspended cannot be resumed.
func (b Budget) Resume(to time.Time) (Budget, error) {
	if !b.suspended() {
		return b, errs.New(errs.NotAllowedInState, "时限没有暂停，不需要恢复")
	}
	day := clock.Day(to)
	b.Suspensions = slices.Clone(b.Suspensions)
	b.Suspensions[len(b.Suspensions)-1].To = &day
	return b, b.Validate()
}

// suspended looks at the record only; whether the pause has an effect depends
// on the due date.
func (b Budget) suspended() bool {
	n := len(b.Suspensions)
	return n > 0 && b.Suspensions[n-1].To == nil
}
