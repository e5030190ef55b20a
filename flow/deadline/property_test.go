package deadline_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/workday"
)

var units = []deadline.Unit{deadline.Workday, deadline.CalendarDay, deadline.Month, deadline.Hour, deadline.FixedDate}

func amountOf(r *rand.Rand, unit deadline.Unit) int {
	return map[deadline.Unit]int{deadline.Workday: 1 + r.IntN(60), deadline.CalendarDay: 1 + r.IntN(120), deadline.Month: 1 + r.IntN(7), deadline.Hour: 1 + r.IntN(200)}[unit]
}

// anyBudget has any unit, up to two extensions and up to two pauses, the last
// of which may last.
func anyBudget(r *rand.Rand) deadline.Budget {
	start := day("2023-06-01").AddDate(0, 0, r.IntN(1000))
	unit := units[r.IntN(len(units))]
	b := deadline.Budget{Unit: unit, Base: start, Amount: amountOf(r, unit)}
	switch unit {
	case deadline.FixedDate:
		b.Fixed = start.AddDate(0, 0, r.IntN(200))
	case deadline.Hour:
		b.Base = start.Add(time.Duration(r.IntN(24*60)) * time.Minute)
	}
	for range r.IntN(3) {
		e := deadline.Extension{Unit: units[r.IntN(3)], On: start.AddDate(0, 0, r.IntN(200))}
		if unit == deadline.Hour {
			e.Unit = deadline.Hour
		}
		e.Amount = amountOf(r, e.Unit)
		b.Extensions = append(b.Extensions, e)
	}
	from := start.AddDate(0, 0, r.IntN(60)-5)
	for range r.IntN(3) {
		to := from.AddDate(0, 0, r.IntN(40))
		b.Suspensions = append(b.Suspensions, deadline.Suspension{From: from, To: &to})
		from = to.AddDate(0, 0, r.IntN(60))
	}
	if n := len(b.Suspensions); n > 0 && r.IntN(4) == 0 {
		b.Suspensions[n-1].To = nil
	}
	return b
}

func anyCalendar(r *rand.Rand) workday.Calendar {
	own := map[time.Time]bool{}
	for range r.IntN(40) {
		own[day("2023-06-01").AddDate(0, 0, r.IntN(1400))] = r.IntN(2) == 0
	}
	return workday.New(own)
}

func TestProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 30))
	running := 0
	for range 6000 {
		b, cal := anyBudget(r), anyCalendar(r)
		if err := b.Validate(); err != nil {
			t.Fatalf("%+v is refused: %v", b, err)
		}
		due, ok := b.Due(cal)
		if ok == due.IsZero() {
			t.Fatalf("%+v: due %v, %v", b, due, ok)
		}
		if ok {
			running++
		}
		stored(t, b, cal, due)
		moreIsNeverEarlier(t, b, cal, r)
		samedayPauseChangesNothing(t, b, cal, r)
		originalIsNotLater(t, b, cal)
		resumingLaterIsNeverEarlier(t, b, cal)
		if ok {
			if back := b.Explain(cal); !back.Due.Time.Equal(due) || back.State != deadline.Running {
				t.Fatalf("%+v is due %v and explained as %+v", b, due, back)
			}
		}
	}
	if running < 3000 {
		t.Errorf("only %d of 6000 had a due date", running)
	}
}

func stored(t *testing.T, b deadline.Budget, cal workday.Calendar, due time.Time) {
	t.Helper()
	var back deadline.Budget
	roundTrip(t, b, &back)
	if got, _ := back.Due(cal); !got.Equal(due) {
		t.Fatalf("%+v is due %v, and %v after being stored", b, due, got)
	}
	x := b.Explain(cal)
	var again deadline.Explanation
	roundTrip(t, x, &again)
	first, _ := json.Marshal(x)
	second, _ := json.Marshal(again)
	if string(first) != string(second) || x.Text() != again.Text() {
		t.Fatalf("%s became %s", first, second)
	}
}

// notEarlier also holds where one of the two has no due date: that is asked
// only where both can have one.
func notEarlier(t *testing.T, what string, small, large deadline.Budget, cal workday.Calendar) {
	t.Helper()
	a, okA := small.Due(cal)
	b, okB := large.Due(cal)
	if okA && okB && b.Before(a) {
		t.Fatalf("%s: %+v is due %v, but %+v on %v", what, small, a, large, b)
	}
}

func moreIsNeverEarlier(t *testing.T, b deadline.Budget, cal workday.Calendar, r *rand.Rand) {
	t.Helper()
	more := b
	if b.Unit == deadline.FixedDate {
		more.Fixed = b.Fixed.AddDate(0, 0, 1+r.IntN(5))
	} else {
		more.Amount += 1 + r.IntN(5)
	}
	notEarlier(t, "a larger amount", b, more, cal)
	if len(b.Extensions) > 0 {
		more = b
		more.Extensions = append([]deadline.Extension{}, b.Extensions...)
		more.Extensions[r.IntN(len(more.Extensions))].Amount += 1 + r.IntN(5)
		notEarlier(t, "a larger extension", b, more, cal)
		notEarlier(t, "one extension more", deadline.Budget{Unit: b.Unit, Base: b.Base, Amount: b.Amount, Fixed: b.Fixed, Suspensions: b.Suspensions, Extensions: b.Extensions[1:]}, b, cal)
	}
}

func samedayPauseChangesNothing(t *testing.T, b deadline.Budget, cal workday.Calendar, r *rand.Rand) {
	t.Helper()
	n := len(b.Suspensions)
	if n > 0 && b.Suspensions[n-1].To == nil {
		return
	}
	on := b.Base.AddDate(0, 0, r.IntN(150))
	if n > 0 && on.Before(*b.Suspensions[n-1].To) {
		on = *b.Suspensions[n-1].To
	}
	with, err := b.Suspend(on, "")
	if err == nil {
		with, err = with.Resume(on)
	}
	if err != nil {
		t.Fatal(err)
	}
	before, _ := b.Due(cal)
	if after, _ := with.Due(cal); !after.Equal(before) {
		t.Fatalf("%+v is due %v, but %v with a pause of no days on %v", b, before, after, on)
	}
}

func originalIsNotLater(t *testing.T, b deadline.Budget, cal workday.Calendar) {
	t.Helper()
	due, ok := b.Due(cal)
	original, okOriginal := b.Original(cal)
	if ok && okOriginal && original.After(due) {
		t.Fatalf("%+v is due %v, originally %v", b, due, original)
	}
	if len(b.Extensions) == 0 && (ok != okOriginal || !original.Equal(due)) {
		t.Fatalf("%+v was never extended, is due %v, originally %v", b, due, original)
	}
}

func resumingLaterIsNeverEarlier(t *testing.T, b deadline.Budget, cal workday.Calendar) {
	t.Helper()
	n := len(b.Suspensions)
	if n == 0 || b.Suspensions[n-1].To == nil {
		return
	}
	later := b
	later.Suspensions = append([]deadline.Suspension{}, b.Suspensions...)
	to := later.Suspensions[n-1].To.AddDate(0, 0, 3)
	later.Suspensions[n-1].To = &to
	notEarlier(t, "resuming later", b, later, cal)
	without := b
	without.Suspensions = b.Suspensions[:n-1]
	notEarlier(t, "a pause", without, b, cal)
}

// A pause in the middle leaves the number of working days that count as it was.
func TestAPauseKeepsTheNumberOfWorkingDays(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	for range 3000 {
		cal := anyCalendar(r)
		b := deadline.Budget{Unit: deadline.Workday, Base: day("2023-06-01").AddDate(0, 0, r.IntN(1000)), Amount: 2 + r.IntN(60)}
		unpaused, _ := b.Due(cal)
		span := int(unpaused.Sub(b.Base) / (24 * time.Hour))
		from := b.Base.AddDate(0, 0, r.IntN(span))
		to := from.AddDate(0, 0, r.IntN(50))
		b.Suspensions = []deadline.Suspension{{From: from, To: &to}}
		due, ok := b.Due(cal)
		if got := cal.Between(b.Base, from) + cal.Between(to, due); !ok || got != b.Amount {
			t.Fatalf("%+v counts %d working days until %v", b, got, due)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	x := extended(paused(budget("2024-02-01", 15, deadline.Workday), "2024-02-05", "2024-02-26"), "2024-03-01", 1, deadline.Month)
	for b.Loop() {
		if x.Explain(national).Due.IsZero() {
			b.Fatal("no due date")
		}
	}
}

func BenchmarkDue(b *testing.B) {
	x := budget("2024-02-01", 15, deadline.Workday)
	for b.Loop() {
		if _, ok := x.Due(national); !ok {
			b.Fatal("no due date")
		}
	}
}
