// Package day says which day can be. Days are those of internal/clock:
// midnight UTC, Shanghai's calendar.
//
//   - What has happened lies between the beginning of what it belongs to and
//     today.
//   - What is promised lies not before today, and so near that somebody now in
//     office can keep it.
//   - What is planned lies not before the beginning of what it belongs to, and
//     not further ahead than a promise.
package day

import (
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// Farthest is how many years ahead a promise or a plan can lie: longer than a
// committee's term, and a slip of the keyboard is longer still.
const Farthest = 10

// Happened refuses a day of something recorded that lies after today, or before
// what it belongs to began. A zero beginning is not known.
func Happened(on, begun, today time.Time, path ...string) error {
	switch {
	case on.After(today):
		return errs.New(errs.Invalid, "日期在今天之后，还没有发生的事不能记录").With("latest", today.Format(time.DateOnly)).At(path...)
	case !begun.IsZero() && on.Before(begun):
		return errs.New(errs.Invalid, "日期早于 %s，那时这件事还没有开始，请检查年份", begun.Format(time.DateOnly)).With("earliest", begun.Format(time.DateOnly)).At(path...)
	}
	return nil
}

// Planned refuses a day of something arranged that lies before what it belongs
// to began, or further ahead than anybody plans; the day may be over, since a
// plan is entered late at times.
func Planned(on, begun, today time.Time, path ...string) error {
	if on.After(today) {
		return Ahead(on, today, path...)
	}
	return Happened(on, begun, today, path...)
}

// Ahead refuses a day of something promised or planned that is over, or lies
// further ahead than anybody can promise.
func Ahead(on, today time.Time, path ...string) error {
	last := today.AddDate(Farthest, 0, 0)
	switch {
	case on.Before(today):
		return errs.New(errs.Invalid, "日期在今天之前，请改为今天或以后的日期").With("earliest", today.Format(time.DateOnly)).At(path...)
	case on.After(last):
		return errs.New(errs.Invalid, "日期在 %s 之后，太远了，请检查年份", last.Format(time.DateOnly)).With("latest", last.Format(time.DateOnly)).At(path...)
	}
	return nil
}

// Read reads a day as it is written everywhere, 2024-12-27, in the years that a
// committee can mean.
func Read(s string, path ...string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1949 || t.Year() > 2200 {
		return time.Time{}, errs.New(errs.Invalid, "日期格式应为 2024-12-27").At(path...)
	}
	return t, nil
}
