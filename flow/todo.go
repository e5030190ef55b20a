package flow

import (
	"context"
	"fmt"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/tenants"
)

// waiting are the rows that mean a person, one condition an index.
func waiting(v *authz.Viewer, f Such, columns ...string) *sql.Selector {
	pick := func(where func(*sql.Builder)) *sql.Selector {
		return sql.Dialect(dialect.Postgres).Select(columns...).From(sql.Table("awaited")).Where(sql.P(func(b *sql.Builder) {
			where(b)
			f.rows(b)
		}))
	}
	rows := pick(func(b *sql.Builder) {
		b.WriteString("membership_id = ").Arg(v.Membership).WriteString(" AND (roles IS NULL OR roles && ").Arg(v.AllRoles()).WriteString("::text[])")
	})
	for _, x := range v.Parts() {
		if !x.Local() {
			rows.UnionAll(pick(func(b *sql.Builder) {
				b.WriteString("role = ANY (").Arg(x.Roles).WriteString("::text[]) AND unit_id IS NULL")
			}))
		}
		if len(x.Units) > 0 {
			rows.UnionAll(pick(func(b *sql.Builder) { ofUnits(b, x) }))
		}
	}
	return rows
}

// ofUnits: the row means people of a unit by a role, and a viewer's part is one.
func ofUnits(b *sql.Builder, x *authz.Viewer) {
	b.WriteString("role = ANY (").Arg(x.Roles).WriteString("::text[]) AND unit_id = ANY (").Arg(x.Units).
		WriteString("::uuid[]) AND (NOT seated OR unit_id = ANY (").Arg(x.Seats).WriteString("::uuid[]))")
}

// Todo: the matter, or a share of it, waits for the viewer: he is meant by a turn
// that has come, and has an action that nothing blocks.
func Todo(v *authz.Viewer, such ...Such) predicate.Matter {
	f := one(such)
	return func(s *sql.Selector) {
		s.Where(sql.In(s.C(matter.FieldID), waiting(v, f, "matter_id")))
		f.matters(s)
	}
}

// one is the only value of an optional argument.
func one(such []Such) (f Such) {
	for _, f = range such {
	}
	return f
}

// mine are the matters that wait for the viewer, each with the day of what he
// owes, or since when it waits.
func mine(v *authz.Viewer, f Such) *sql.Selector {
	column, _ := f.key()
	rows := waiting(v, f, "matter_id", column).As("waiting")
	d := sql.Dialect(dialect.Postgres)
	return d.Select("matter_id", sql.As(sql.Min(column), "day")).From(rows).GroupBy("matter_id").As("mine")
}

// Desk narrows matters to what waits for the viewer, puts them in the order of
// the days of what he owes, what has no day last, and reads that day with each
// (DayOf). A cursor's value is such a day.
func Desk(v *authz.Viewer, f Such, after, before *entgql.Cursor[uuid.UUID], backward bool) (predicate.Matter, matter.OrderOption) {
	order := []string{"%s NULLS LAST", "%s"}
	if backward {
		order = []string{"%s DESC NULLS FIRST", "%s DESC"}
	}
	days := mine(v, f)
	return func(s *sql.Selector) {
			s.Join(days).On(s.C(matter.FieldID), days.C("matter_id"))
			f.matters(s)
			for later, c := range map[bool]*entgql.Cursor[uuid.UUID]{true: after, false: before} {
				if c != nil {
					s.Where(beyond(days.C("day"), s.C(matter.FieldID), f, c, later))
				}
			}
		}, func(s *sql.Selector) {
			s.AppendSelect(days.C("day")).OrderExpr(sql.Expr(fmt.Sprintf(order[0], days.C("day"))), sql.Expr(fmt.Sprintf(order[1], s.C(matter.FieldID))))
		}
}

// DayOf is the day by which Desk has put a matter, nil for none.
func DayOf(m *gen.Matter) any {
	day, err := m.Value("day")
	if err != nil {
		return nil
	}
	return day
}

// beyond: the row comes later than the cursor, or earlier.
func beyond(day, id string, f Such, c *entgql.Cursor[uuid.UUID], later bool) *sql.Predicate {
	at, dated := c.Value.(time.Time)
	op := map[bool]string{true: " > ", false: " < "}[later]
	_, typ := f.key()
	return sql.P(func(b *sql.Builder) {
		switch {
		case dated:
			b.WriteString("((" + day + ", " + id + ")" + op + "(").Arg(at).WriteString("::" + typ + ", ").Arg(c.ID).WriteString("::uuid)")
			if later {
				b.WriteString(" OR " + day + " IS NULL")
			}
		case later:
			b.WriteString("(" + day + " IS NULL AND " + id + " > ").Arg(c.ID).WriteString("::uuid")
		default:
			b.WriteString("(" + day + " IS NOT NULL OR " + id + " < ").Arg(c.ID).WriteString("::uuid")
		}
		b.WriteString(")")
	})
}

// Mine is one thing that waits for the viewer in a matter.
type Mine struct {
	Matter  uuid.UUID
	Share   *uuid.UUID
	Turn    string // a code of the definition's turns
	DueOn   *time.Time
	Since   time.Time
	Instead bool   // in somebody's stead
	Reason  string // why it stands still, empty when it does not
}

// Owed is what waits for the viewer in each of several matters, the nearest day
// first, in one statement.
func Owed(ctx context.Context, v *authz.Viewer, ids ...uuid.UUID) (map[uuid.UUID][]Mine, error) {
	b := &sql.Builder{}
	b.SetDialect(dialect.Postgres)
	b.WriteString("SELECT matter_id, assignment_id, turn, due_on, since, instead, reason FROM awaited WHERE matter_id = ANY (").Arg(ids).
		WriteString("::uuid[]) AND ((membership_id = ").Arg(v.Membership).WriteString(" AND (roles IS NULL OR roles && ").Arg(v.AllRoles()).
		WriteString("::text[]))")
	for _, x := range v.Parts() {
		if !x.Local() {
			b.WriteString(" OR (role = ANY (").Arg(x.Roles).WriteString("::text[]) AND unit_id IS NULL)")
		}
		b.WriteString(" OR (")
		ofUnits(b, x)
		b.WriteString(")")
	}
	b.WriteString(")")
	b.WriteString(" ORDER BY matter_id, due_on NULLS LAST, key")
	text, args := b.Query()
	rows, err := tenants.Rows[Mine](ctx, text, args...)
	out := map[uuid.UUID][]Mine{}
	for _, m := range rows {
		out[m.Matter] = append(out[m.Matter], m)
	}
	return out, err
}
