package day_test

import (
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

func TestOddDays(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	for _, begun := range []time.Time{today.AddDate(0, -6, 0), today.AddDate(0, 0, -1), today, time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)} {
		for _, d := range corpus.Days(begun, today) {
			if got := day.Happened(d.On, begun, today) == nil; got != d.Happened {
				t.Errorf("%s, begun %s: can have happened %v, want %v", d.Name, begun.Format(time.DateOnly), got, d.Happened)
			}
			if got := day.Ahead(d.On, today) == nil; got != d.Promised {
				t.Errorf("%s, begun %s: can be promised %v, want %v", d.Name, begun.Format(time.DateOnly), got, d.Promised)
			}
		}
	}
	if err := day.Happened(today.AddDate(-30, 0, 0), time.Time{}, today); err != nil {
		t.Errorf("a beginning that nobody knows bounds nothing: %v", err)
	}
}
