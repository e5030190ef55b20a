package figures

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Kind is which work a figure is about. 会议期间 and 会议以来 are two scopes, and
// neither is a calendar year (domain.md trap 2).
type Kind string

// The scopes.
const (
	Session Kind = "SESSION"       // what belongs to a sitting and came while it was held: 大会提案
	Since   Kind = "SINCE_SESSION" // all that belongs to a sitting, until the next one
	Year    Kind = "CALENDAR_YEAR" // what came in a year in Shanghai
	All     Kind = "ALL"           // everything
	Days    Kind = "DAYS"          // what came from one day to another; asked by the product, not by the API
)

// Scope is what a figure is about, and as of which day.
type Scope struct {
	Kind     Kind
	Sitting  uuid.UUID // of Session and Since
	Year     int       // of Year
	From, To time.Time // of Days
	AsOf     time.Time // a day, its end; zero for today
}

// Bounds of days that stand for "ever".
var (
	first = clock.Date(1949, 1, 1)
	last  = clock.Date(9999, 12, 31)
)

// args are the arguments of span. The sitting must be the committee's.
func (s Scope) args(ctx context.Context) ([]any, error) {
	today := clock.Today(ctx)
	asOf := today
	if !s.AsOf.IsZero() {
		asOf = s.AsOf
	}
	if asOf.After(today) {
		return nil, errs.New(errs.Invalid, "截至日期不能晚于今天").At("asOf")
	}
	if asOf.Before(first) {
		return nil, errs.New(errs.Invalid, "截至日期不早于 1949 年").At("asOf")
	}
	var sitting *uuid.UUID
	var period *string
	from, to := first, last
	switch s.Kind {
	case Session, Since:
		var opens, closes, next *time.Time
		err := tenants.Row(ctx, `SELECT s.opens_on, s.closes_on, (SELECT min(n.opens_on) FROM sittings n WHERE n.opens_on > s.opens_on) FROM sittings s WHERE s.id = $1`,
			[]any{s.Sitting}, &opens, &closes, &next)
		if tenants.NoRows(err) {
			return nil, errs.New(errs.NotFound, "没有这次会议")
		}
		if err != nil {
			return nil, err
		}
		sitting = &s.Sitting
		if opens != nil {
			from = *opens
		}
		if next != nil {
			to = next.AddDate(0, 0, -1)
		}
		if s.Kind == Session {
			plenary := "PLENARY"
			period = &plenary
			if closes != nil {
				to = *closes
			}
		}
	case Year:
		if s.Year < 2000 || s.Year > 2099 {
			return nil, errs.New(errs.Invalid, "请填写四位年份").At("scope", "year")
		}
		from, to = clock.Date(s.Year, 1, 1), clock.Date(s.Year, 12, 31)
	case Days:
		from, to = s.From, s.To
	case All:
	default:
		return nil, errs.New(errs.Invalid, "统计范围只能是会议期间、会议以来、自然年或全部").At("scope", "kind")
	}
	return []any{sitting, period, from, to, asOf, clock.StartOf(asOf.AddDate(0, 0, 1))}, nil
}
