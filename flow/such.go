package flow

import (
	"context"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// Such narrows a to-do list; the zero value takes all that waits for the viewer.
type Such struct {
	Today     time.Time  // for Overdue
	Overdue   *bool      // the day of what he owes has passed, or has not
	DueBefore *time.Time // of what he owes
	Unit      *uuid.UUID // by which it is his, or whose share it is
	Why       []string   // MYSELF, ROLE, UNIT, INSTEAD
	Kinds     []string   // of the matter
	Platform  *uuid.UUID // of the matter
	Longest   bool       // in the order of waiting, not of days
}

// why is for what reason a row of awaited means somebody.
const why = `CASE WHEN instead THEN 'INSTEAD' WHEN membership_id IS NOT NULL THEN 'MYSELF' WHEN unit_id IS NULL THEN 'ROLE' ELSE 'UNIT' END`

// rows adds to a condition over awaited what its rows must be.
func (f Such) rows(b *sql.Builder) {
	if f.Overdue != nil {
		b.WriteString(" AND coalesce(due_on < ").Arg(f.Today).WriteString("::date, false) = ").Arg(*f.Overdue)
	}
	if f.DueBefore != nil {
		b.WriteString(" AND due_on < ").Arg(*f.DueBefore).WriteString("::date")
	}
	if f.Unit != nil {
		of := func() {
			b.WriteString("(SELECT id FROM inherited(").Arg([]uuid.UUID{*f.Unit}).WriteString("::uuid[]))")
		}
		b.WriteString(" AND (unit_id IN ")
		of()
		b.WriteString(" OR assignment_id IN (SELECT id FROM assignments WHERE unit_id IN ")
		of()
		b.WriteString("))")
	}
	if len(f.Why) > 0 {
		b.WriteString(" AND " + why + " = ANY (").Arg(f.Why).WriteString("::text[])")
	}
}

// matters adds what the matters must be.
func (f Such) matters(s *sql.Selector) {
	if len(f.Kinds) > 0 {
		matter.KindIn(f.Kinds...)(s)
	}
	if f.Platform != nil {
		s.Where(sql.EQ(s.C(matter.FieldPlatformID), *f.Platform))
	}
}

// key is by which column of awaited the list is in order, the least of a matter.
func (f Such) key() (column, typ string) {
	if f.Longest {
		return "since", "timestamptz"
	}
	return "due_on", "date"
}

// Counted is how many to-dos of a kind are due in a stretch of days.
type Counted struct {
	Bucket string // OVERDUE, TODAY, WEEK, LATER or NONE
	Kind   string
	Count  int
}

// TodoCounts counts the to-dos of the viewer by stretches of days and by kinds in
// one statement; a matter is counted once, by the nearest day.
func TodoCounts(ctx context.Context, v *authz.Viewer, f Such) ([]Counted, error) {
	today := clock.Today(ctx)
	f.Longest = false
	b := &sql.Builder{}
	b.SetDialect(dialect.Postgres)
	b.WriteString("SELECT CASE WHEN day IS NULL THEN 'NONE' WHEN day < ").Arg(today).WriteString("::date THEN 'OVERDUE' WHEN day = ").Arg(today).
		WriteString("::date THEN 'TODAY' WHEN day <= ").Arg(today.AddDate(0, 0, 7)).WriteString("::date THEN 'WEEK' ELSE 'LATER' END AS bucket, kind, count(*) FROM ")
	m := sql.Table(matter.Table)
	seen := sql.Dialect(dialect.Postgres).Select(m.C(matter.FieldID), m.C(matter.FieldKind)).From(m)
	authz.MatterVisible(v)(seen)
	f.matters(seen)
	b.WriteString("(").Join(mine(v, f)).WriteString(") mine JOIN (").Join(seen).WriteString(") seen ON seen.id = mine.matter_id GROUP BY 1, 2 ORDER BY 1, 2")
	text, args := b.Query()
	return tenants.Rows[Counted](ctx, text, args...)
}
