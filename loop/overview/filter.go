package overview

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Filter narrows the ledger. Its zero value is the whole of it; what is given
// must be met all at once.
type Filter struct {
	Kinds      []item.Kind   // of TASK, COMMITMENT, PROBLEM, RESOLUTION, SUGGESTION; none: all
	Cohort     *uuid.UUID    // the loop's matter
	Year       *int          // handling year, see the package's contract
	Units      []uuid.UUID   // any of these owes it
	Partner    string        // code of the district that owes it
	Statuses   []item.Status // any of these; none: all
	Key        *bool         // 重点
	Difficult  *bool         // 难点
	Overdue    *bool
	DueFrom    *time.Time // day, included
	DueTo      *time.Time // day, included
	Search     string     // in the item's words, its matter's title and number; no pattern
	FromAbove  *bool      // asked by a higher committee
	OpenBefore *int       // owed still (owing), and of a year before this one
}

const (
	maxSearch = 100 // characters
	maxUnits  = 500
	firstYear = 2000 // anything earlier, or later than lastYear, is a slip of the keyboard
	lastYear  = 2200
)

// Order is the ledger's: by day, what has none last, then as taken down.
func Order() []item.OrderOption {
	return []item.OrderOption{item.ByDueOn(entsql.OrderNullsLast()), item.ByID()}
}

func (f Filter) check() error {
	for _, k := range f.Kinds {
		if !slices.Contains(kinds, k) {
			return errs.New(errs.Invalid, "台账只有 TASK（六定任务）、COMMITMENT（承诺）、PROBLEM（问题）、RESOLUTION（协商成果）和 SUGGESTION（有收条的建议）").At("kinds")
		}
	}
	for _, s := range f.Statuses {
		if s == item.StatusCHOSEN || item.StatusValidator(s) != nil {
			return errs.New(errs.Invalid, "状态只能是 OPEN、REPORTED、DONE 或 DROPPED").At("statuses")
		}
	}
	for name, year := range map[string]*int{"year": f.Year, "openBefore": f.OpenBefore} {
		if year != nil && (*year < firstYear || *year > lastYear) {
			return errs.New(errs.Invalid, "年度应在 %d 至 %d 之间", firstYear, lastYear).At(name)
		}
	}
	switch {
	case !utf8All([]string{f.Search, f.Partner}):
		return errs.New(errs.Invalid, "查找的文字中有不能识别的字符").At("search")
	case len(f.Units) > maxUnits:
		return errs.New(errs.Invalid, "一次至多选 %d 个单位", maxUnits).At("units")
	case utf8.RuneCountInString(f.Search) > maxSearch:
		return errs.New(errs.Invalid, "查找的文字至多 %d 字", maxSearch).At("search")
	case f.DueFrom != nil && f.DueTo != nil && f.DueTo.Before(*f.DueFrom):
		return errs.New(errs.Invalid, "期限的止日早于起日，请对调").At("dueTo")
	}
	return nil
}

// Predicate is the filter for a query of items. What the viewer may see is
// added by the client's interceptor, so it answers to whoever asks.
func (f Filter) Predicate(ctx context.Context) (predicate.Item, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	all := f.Kinds
	if len(all) == 0 {
		all = kinds
	}
	ps := []predicate.Item{
		item.KindIn(all...),
		item.Not(item.And(item.KindEQ(item.KindTASK), item.HasMatterWith(matter.VisibilityEQ(matter.VisibilityPARTIES)))), // issued, for a row
	}
	if f.Cohort != nil {
		ps = append(ps, ofLoop("matter_id = ", *f.Cohort))
	}
	if f.Year != nil {
		begin, end := yearOf(*f.Year)
		ps = append(ps, item.Or(ofLoop("handle_year = ", *f.Year), item.And(item.Not(ofAnyLoop()), item.CreatedAtGTE(begin), item.CreatedAtLT(end))))
	}
	if f.OpenBefore != nil {
		begin, _ := yearOf(*f.OpenBefore)
		ps = append(ps, owing,
			item.Or(ofLoop("handle_year < ", *f.OpenBefore), item.And(item.Not(ofAnyLoop()), item.CreatedAtLT(begin))))
	}
	return item.And(append(ps, f.plain(clock.Today(ctx))...)...), nil
}

// owing is what somebody owes still: neither settled nor explained, in a matter
// that goes on. A task and a commitment that were reported wait to be verified;
// another item that is REPORTED was explained.
var owing = item.And(item.HasMatterWith(matter.ClosedAtIsNil()), item.Or(item.StatusEQ(item.StatusOPEN),
	item.And(item.StatusEQ(item.StatusREPORTED), item.KindIn(item.KindTASK, item.KindCOMMITMENT))))

// plain is what the item's own columns answer.
func (f Filter) plain(today time.Time) (ps []predicate.Item) {
	if len(f.Units) > 0 {
		ps = append(ps, authz.OfUnits(item.FieldUnitID, f.Units...))
	}
	if f.Partner != "" {
		ps = append(ps, item.Partner(f.Partner))
	}
	if len(f.Statuses) > 0 {
		ps = append(ps, item.StatusIn(f.Statuses...))
	}
	if f.Key != nil {
		ps = append(ps, item.Key(*f.Key))
	}
	if f.Difficult != nil {
		ps = append(ps, item.Difficult(*f.Difficult))
	}
	if f.Overdue != nil {
		// A day that is not there is never passed: NOT of it would be unknown, not true.
		over := item.And(item.StatusEQ(item.StatusOPEN), item.DueOnNotNil(), item.DueOnLT(today), item.HasMatterWith(matter.ClosedAtIsNil()))
		ps = append(ps, either(*f.Overdue, over))
	}
	if f.DueFrom != nil {
		ps = append(ps, item.DueOnGTE(*f.DueFrom))
	}
	if f.DueTo != nil {
		ps = append(ps, item.DueOnLTE(*f.DueTo))
	}
	if f.FromAbove != nil {
		ps = append(ps, either(*f.FromAbove, item.HasMatterWith(matter.Kind(taskKind), matter.OriginNotNil())))
	}
	if s := strings.TrimSpace(f.Search); s != "" {
		ps = append(ps, item.Or(
			tenants.Shows(item.FieldText, s), tenants.Shows(item.FieldDuty, s), tenants.Shows(item.FieldEffect, s), tenants.Shows(item.FieldMeasure, s), tenants.Shows(item.FieldOwner, s),
			item.HasMatterWith(matter.Or(tenants.ShowsKey(matter.FieldTitleKey, s), tenants.ShowsKey(matter.FieldNumberKey, s)))))
	}
	return ps
}

// utf8All: PostgreSQL takes no other text, and no NUL.
func utf8All(texts []string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, 0) })
}

func either(is bool, p predicate.Item) predicate.Item {
	if is {
		return p
	}
	return item.Not(p)
}

// yearOf is a calendar year in Shanghai, from its first instant to the next one's.
func yearOf(year int) (begin, end time.Time) {
	return clock.StartOf(clock.Date(year, 1, 1)), clock.StartOf(clock.Date(year+1, 1, 1))
}

// The matters of loops with the handling year: the loop, its proposal, what
// belongs to it, and the tasks into which those were broken down. A loop that
// comes from another is not part of it.
const (
	loopsFrom = `WITH RECURSIVE of_loop (id, year) AS (
		SELECT unnest(ARRAY[matter_id, proposal_matter_id]), handle_year FROM cohorts WHERE `
	loopsTo = ` UNION
		SELECT l.from_id, o.year FROM of_loop o JOIN links l ON l.to_id = o.id AND l.undone_at IS NULL JOIN matters m ON m.id = l.from_id
		WHERE l.kind = 'BELONGS_TO' OR (l.kind = 'DERIVED_FROM' AND m.kind = '` + taskKind + `')) `
)

// ofLoop: the item's matter is of a loop for which the condition holds.
func ofLoop(condition string, value any) predicate.Item {
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString(s.C(item.FieldMatterID) + " IN (" + loopsFrom + condition).Arg(value)
			b.WriteString(loopsTo + "SELECT id FROM of_loop WHERE id IS NOT NULL)")
		}))
	}
}

func ofAnyLoop() predicate.Item { return ofLoop("handle_year > ", 0) }
