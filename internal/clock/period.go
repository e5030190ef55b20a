package clock

import "time"

// Period is days, both ends included; nil is without limit. One that ends
// before it begins never was.
type Period struct{ From, To *time.Time }

// Has reports whether a day lies in the period.
func (p Period) Has(day time.Time) bool { return !before(&day, p.From) && !before(p.To, &day) }

// Over reports whether the period ended before a day. One that begins later is
// not over.
func (p Period) Over(day time.Time) bool { return before(p.To, &day) }

// Empty reports whether the period has no day.
func (p Period) Empty() bool { return before(p.To, p.From) }

// Overlaps reports whether two periods share a day.
func (p Period) Overlaps(q Period) bool {
	return !p.Empty() && !q.Empty() && !before(p.To, q.From) && !before(q.To, p.From)
}

// Equal reports whether two periods begin and end on the same days.
func (p Period) Equal(q Period) bool { return same(p.From, q.From) && same(p.To, q.To) }

// before reports whether an end lies before a beginning; one without limit
// never does.
func before(end, start *time.Time) bool { return end != nil && start != nil && end.Before(*start) }

func same(a, b *time.Time) bool {
	return (a == nil && b == nil) || (a != nil && b != nil && a.Equal(*b))
}
