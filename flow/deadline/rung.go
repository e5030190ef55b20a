package deadline

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// Rung is one step of a reminder ladder.
type Rung struct {
	Before int    `json:"before"` // calendar days before the due day; negative is after it
	Name   string `json:"name"`
}

// On is the rung's day. For a deadline in hours the due day is the day of its
// instant.
func (r Rung) On(due time.Time) time.Time { return clock.Day(due).AddDate(0, 0, -r.Before) }

// Reached lists the rungs whose day has come, earliest first; rungs of the same
// day keep their order. Without a due date there are none. It lists them again
// each time: who sends a reminder remembers that it was sent, by the rung's
// name and day, so that an extension makes the ladder anew (domain.md 5 d).
func Reached(due, today time.Time, rungs []Rung) []Rung {
	if due.IsZero() {
		return nil
	}
	var reached []Rung
	for _, r := range rungs {
		if !r.On(due).After(clock.Day(today)) {
			reached = append(reached, r)
		}
	}
	slices.SortStableFunc(reached, func(a, b Rung) int { return a.On(due).Compare(b.On(due)) })
	return reached
}
