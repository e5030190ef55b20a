package roster

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestTerms(t *testing.T) {
	w := newWorld(t)
	first := NewTerm{11, clock.Date(2021, 12, 28), clock.Date(2026, 12, 20)}
	term := must(w, w.OpenTerm, first)
	t.Run("the first may have any ordinal", func(t *testing.T) {
		if term.Ordinal != 11 || !term.StartsOn.Equal(first.StartsOn) || !term.EndsOn.Equal(first.EndsOn) {
			t.Fatal(term)
		}
	})
	t.Run("the same again is the same term", func(t *testing.T) {
		if again := must(w, w.OpenTerm, first); again.ID != term.ID {
			t.Fatal(again)
		}
	})
	for _, c := range []struct {
		sentence string
		in       NewTerm
		code     errs.Code
		path     string
	}{
		{"the same ordinal with other days is a conflict", NewTerm{11, first.StartsOn, clock.Date(2027, 1, 1)}, errs.Conflict, "ordinal"},
		{"later ones have the next ordinal", NewTerm{13, clock.Date(2026, 12, 21), clock.Date(2031, 12, 20)}, errs.Invalid, "ordinal"},
		{"earlier ones are not added", NewTerm{10, clock.Date(2016, 12, 21), clock.Date(2021, 12, 20)}, errs.Invalid, "ordinal"},
		{"later ones begin after the previous ended", NewTerm{12, clock.Date(2026, 12, 20), clock.Date(2031, 12, 20)}, errs.Invalid, "startsOn"},
		{"a term ends after it begins", NewTerm{12, clock.Date(2026, 12, 21), clock.Date(2026, 12, 21)}, errs.Invalid, "endsOn"},
		{"an ordinal is no year", NewTerm{2026, clock.Date(2026, 12, 21), clock.Date(2031, 12, 20)}, errs.Invalid, "ordinal"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.OpenTerm, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("the next follows", func(t *testing.T) {
		must(w, w.OpenTerm, NewTerm{12, clock.Date(2026, 12, 21), clock.Date(2031, 12, 20)})
	})
}

// sitting3 is a sitting in January 2026, and sitting4 the one a year later.
func sitting3(term uuid.UUID) NewSitting {
	return NewSitting{term, 3, SittingDates{clock.Date(2025, 11, 20), clock.Date(2026, 1, 6),
		clock.StartOf(clock.Date(2026, 1, 7)).Add(18 * time.Hour), clock.Date(2026, 1, 9)}}
}

func sitting4(term uuid.UUID) NewSitting {
	return NewSitting{term, 4, SittingDates{clock.Date(2026, 11, 20), clock.Date(2027, 1, 5),
		clock.StartOf(clock.Date(2027, 1, 6)).Add(18 * time.Hour), clock.Date(2027, 1, 8)}}
}

func TestSittings(t *testing.T) {
	w := newWorld(t)
	term := w.term(11, 2022, 2027)
	t.Run("collecting may begin before the term", func(t *testing.T) {
		d := SittingDates{clock.Date(2021, 12, 1), clock.Date(2022, 1, 5), clock.StartOf(clock.Date(2022, 1, 6)), clock.Date(2022, 1, 7)}
		if err := d.check(term, nil, nil); err != nil {
			t.Fatal(err)
		}
	})
	row := must(w, w.OpenSitting, sitting3(term.ID))
	t.Run("the first of a term may have any ordinal", func(t *testing.T) {
		if row.Ordinal != 3 || row.ListPublishedAt != nil {
			t.Fatal(row)
		}
	})
	t.Run("the same again is the same sitting", func(t *testing.T) {
		if again := must(w, w.OpenSitting, sitting3(term.ID)); again.ID != row.ID {
			t.Fatal(again)
		}
	})
	change := func(f func(*NewSitting)) NewSitting {
		in := sitting4(term.ID)
		f(&in)
		return in
	}
	for _, c := range []struct {
		sentence string
		in       NewSitting
		code     errs.Code
		path     string
	}{
		{"the same ordinal with other days is a conflict", change(func(n *NewSitting) { n.Ordinal = 3 }), errs.Conflict, "ordinal"},
		{"later ones have the next ordinal", change(func(n *NewSitting) { n.Ordinal = 5 }), errs.Invalid, "ordinal"},
		{"collecting begins after the previous closed", change(func(n *NewSitting) { n.PrepOpensOn = clock.Date(2026, 1, 9) }), errs.Invalid, "prepOpensOn"},
		{"collecting begins before the sitting", change(func(n *NewSitting) { n.PrepOpensOn = clock.Date(2027, 1, 6) }), errs.Invalid, "prepOpensOn"},
		{"the deadline is not before the opening", change(func(n *NewSitting) { n.CutoffAt = clock.StartOf(n.OpensOn).Add(-time.Minute) }), errs.Invalid, "cutoffAt"},
		{"the deadline is not after the closing", change(func(n *NewSitting) { n.CutoffAt = clock.StartOf(n.ClosesOn).Add(24 * time.Hour) }), errs.Invalid, "cutoffAt"},
		{"a sitting lies within its term", change(func(n *NewSitting) { n.ClosesOn = clock.Date(2028, 1, 1) }), errs.Invalid, "closesOn"},
		{"a sitting belongs to a term that exists", change(func(n *NewSitting) { n.Term = uuid.New() }), errs.NotFound, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.OpenSitting, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("the deadline may be the last minute of the closing day", func(t *testing.T) {
		must(w, w.OpenSitting, change(func(n *NewSitting) { n.CutoffAt = clock.StartOf(n.ClosesOn).Add(24*time.Hour - time.Minute) }))
	})
}

func TestChangeSitting(t *testing.T) {
	w := newWorld(t)
	term := w.term(11, 2022, 2027)
	third, fourth := must(w, w.OpenSitting, sitting3(term.ID)), must(w, w.OpenSitting, sitting4(term.ID))
	move := func(id uuid.UUID, f func(*SittingDates), of NewSitting) (*gen.Sitting, error) {
		f(&of.SittingDates)
		return try(w, func(ctx ctxT, d SittingDates) (*gen.Sitting, error) { return w.ChangeSitting(ctx, id, d) }, of.SittingDates)
	}
	t.Run("a sitting may be postponed", func(t *testing.T) {
		later := func(d *SittingDates) {
			d.OpensOn, d.CutoffAt, d.ClosesOn = d.OpensOn.AddDate(0, 1, 0), d.CutoffAt.AddDate(0, 1, 0), d.ClosesOn.AddDate(0, 1, 0)
		}
		for range 2 { // the second changes nothing
			got, err := move(fourth.ID, later, sitting4(term.ID))
			if err != nil || !got.OpensOn.Equal(clock.Date(2027, 2, 5)) {
				t.Fatal(got, err)
			}
		}
	})
	t.Run("its deadline only until it has passed", func(t *testing.T) {
		_, err := move(third.ID, func(d *SittingDates) { d.CutoffAt = d.CutoffAt.Add(time.Hour) }, sitting3(term.ID))
		refused(t, err, errs.DeadlinePassed, "cutoffAt")
	})
	t.Run("a deadline is not moved into the past", func(t *testing.T) {
		_, err := move(fourth.ID, func(d *SittingDates) { d.CutoffAt = clock.StartOf(today) }, sitting4(term.ID))
		refused(t, err, errs.Invalid, "cutoffAt")
	})
	t.Run("it stays before the next sitting's collecting", func(t *testing.T) {
		_, err := move(third.ID, func(d *SittingDates) { d.ClosesOn = clock.Date(2026, 11, 20) }, sitting3(term.ID))
		refused(t, err, errs.Invalid, "closesOn")
	})
	t.Run("after its list is published nothing moves", func(t *testing.T) {
		w.do(func(ctx context.Context) error { // as proposals.PublishList does
			return w.client.Sitting.UpdateOneID(third.ID).SetListPublishedAt(clock.Now(ctx)).Exec(ctx)
		})
		_, err := move(third.ID, func(d *SittingDates) { d.ClosesOn = clock.Date(2026, 1, 10) }, sitting3(term.ID))
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("a sitting that does not exist is not found", func(t *testing.T) {
		_, err := move(uuid.New(), func(*SittingDates) {}, sitting3(term.ID))
		refused(t, err, errs.NotFound, "")
	})
}

func TestWorkdays(t *testing.T) {
	w := newWorld(t)
	storm := clock.Date(2026, 3, 3)
	row := must(w, w.AddWorkday, NewWorkday{storm, false, "暴雪停工"})
	t.Run("the same answer again changes nothing, the note included", func(t *testing.T) {
		if again := must(w, w.AddWorkday, NewWorkday{storm, false, "另一说明"}); again.ID != row.ID || again.Note != "暴雪停工" {
			t.Fatal(again)
		}
	})
	t.Run("a day in the future may be changed", func(t *testing.T) {
		got := must(w, w.AddWorkday, NewWorkday{storm, true, "暴雪未至"})
		if got.ID != row.ID || !got.Working || got.Note != "暴雪未至" {
			t.Fatal(got)
		}
	})
	t.Run("today may be added and not changed", func(t *testing.T) {
		must(w, w.AddWorkday, NewWorkday{today, false, "停电"})
		_, err := try(w, w.AddWorkday, NewWorkday{today, true, "来电"})
		refused(t, err, errs.Conflict, "day")
	})
	t.Run("a past day is not added", func(t *testing.T) {
		_, err := try(w, w.AddWorkday, NewWorkday{today.AddDate(0, 0, -1), false, "补登"})
		refused(t, err, errs.Invalid, "day")
	})
	t.Run("a reason is needed", func(t *testing.T) {
		_, err := try(w, w.AddWorkday, NewWorkday{storm, false, " "})
		refused(t, err, errs.Invalid, "note")
	})
}
