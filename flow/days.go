package flow

import (
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
)

// FromOpening is the beginning of kinds of which nothing is entered that was
// before them.
func FromOpening(c *Case) time.Time { return clock.Day(c.OpenedAt) }

// begun is the day from which on something can have happened: for a unit's
// share the day it got it.
func (in *Input) begun(s *Rules) time.Time {
	switch k := s.kinds[in.Kind]; {
	case in.Share != nil:
		return clock.Day(in.Share.CreatedAt)
	case k != nil && k.Begins != nil:
		return k.Begins(in.Case)
	}
	return clock.Day(in.OpenedAt).AddDate(-1, 0, 0)
}

// Bounds says of a rule between which days a date can lie, nil where there is no
// limit.
type Bounds func(process.DayRule) (earliest, latest *time.Time)

// bounds are the days between which a date of the form can lie, nil where there
// is no limit: what has happened lies between the beginning and today, what is
// promised not before today, what is planned not before the beginning.
func (e *Engine) bounds(in *Input) Bounds {
	today := in.Today()
	last := today.AddDate(day.Farthest, 0, 0)
	var first *time.Time
	if begun := in.begun(e.Rules); !begun.IsZero() {
		first = &begun
	}
	return func(rule process.DayRule) (*time.Time, *time.Time) {
		switch rule {
		case process.Happened:
			return first, &today
		case process.Promised:
			return &today, &last
		case process.Planned:
			return first, &last
		}
		return nil, nil
	}
}

// days refuses days of the form that cannot be: what has happened lies between
// the beginning and today, what is promised not before today. What an envelope
// brings began elsewhere and is not asked; guards say what it must keep to.
func (e *Engine) days(in *Input) error {
	today, begun := in.Today(), in.begun(e.Rules)
	return in.Action.Days(in.Form, func(rule process.DayRule, on time.Time, path ...string) error {
		switch rule {
		case process.Happened:
			return day.Happened(on, begun, today, path...)
		case process.Promised:
			return day.Ahead(on, today, path...)
		case process.Planned:
			return day.Planned(on, begun, today, path...)
		}
		return nil
	})
}
