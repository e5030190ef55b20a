package flow

import (
	"context"
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
func waiting(b *sql.Builder, v *authz.Viewer, f Such, columns, of string) {
	pick := func(where func()) {
		b.WriteString("SELECT " + columns + " FROM awaited WHERE ")
		if of != "" {
			b.WriteString("matter_id = " + of + " AND ")
		}
		where()
		f.rows(b)
	}
	pick(func() {
		b.WriteString("membership_id = ").Arg(v.Membership).WriteString(" AND (roles IS NULL OR roles && ").Arg(v.AllRoles()).WriteString("::text[])")
	})
	for _, x := range v.Parts() {
		if !x.Local() {
			b.WriteString(" UNION ALL ")
			pick(func() {
				b.WriteString("role = ANY (").Arg(x.Roles).WriteString("::text[]) AND unit_id IS NULL")
			})
		}
		if len(x.Units) > 0 {
			b.WriteString(" UNION ALL ")
			pick(func() { ofUnits(b, x) })
		}
	}
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
		s.Where(sql.P(func(b *sql.Builder) {
			b.Ident(s.C(matter.FieldID)).WriteString(" IN (")
			waiting(b, v, f, "matter_id", "")
			b.WriteString(")")
		}))
		f.matters(s)
	}
}

// one is the only value of an optional argument.
func one(such []Such) (f Such) {
	for _, f = range such {
	}
	return f
}

// owedTo is the day of what the viewer owes in a matter, or since when it waits,
// as an expression.
func owedTo(s *sql.Selector, v *authz.Viewer, f Such) func(*sql.Builder) {
	return func(b *sql.Builder) {
		column, _ := f.key()
		b.WriteString("(SELECT min(" + column + ") FROM (")
		waiting(b, v, f, column, `"`+s.TableName()+`"."id"`)
		b.WriteString(") mine)")
	}
}

// Todos is a page of what waits for the viewer, in the order of the days of what
// he owes: what has no day comes last. One more than the page is answered where
// there is one.
func Todos(ctx context.Context, client *gen.Client, v *authz.Viewer, f Such, after, before *entgql.Cursor[uuid.UUID], n int, backward bool) ([]uuid.UUID, error) {
	ascending := !backward
	q := client.Matter.Query().Where(Todo(v, f), func(s *sql.Selector) {
		if after != nil {
			s.Where(beyondDay(s, v, f, after, true))
		}
		if before != nil {
			s.Where(beyondDay(s, v, f, before, false))
		}
	})
	order := func(s *sql.Selector) {
		s.OrderExprFunc(func(b *sql.Builder) {
			owedTo(s, v, f)(b)
			if ascending {
				b.WriteString(" ASC NULLS LAST")
			} else {
				b.WriteString(" DESC NULLS FIRST")
			}
		})
		if ascending {
			s.OrderBy(sql.Asc(s.C(matter.FieldID)))
		} else {
			s.OrderBy(sql.Desc(s.C(matter.FieldID)))
		}
	}
	return q.Order(order).Limit(n + 1).IDs(ctx)
}

// beyondDay: the row comes later than the cursor, or earlier.
func beyondDay(s *sql.Selector, v *authz.Viewer, f Such, c *entgql.Cursor[uuid.UUID], later bool) *sql.Predicate {
	day, dated := c.Value.(time.Time)
	op := map[bool]string{true: " > ", false: " < "}[later]
	return sql.P(func(b *sql.Builder) {
		id := func() { b.Ident(s.C(matter.FieldID)).WriteString(op).Arg(c.ID) }
		due := owedTo(s, v, f)
		_, typ := f.key()
		b.WriteString("(")
		switch {
		case dated:
			due(b)
			b.WriteString(op).Arg(day).WriteString("::" + typ + " OR (")
			due(b)
			b.WriteString(" = ").Arg(day).WriteString("::" + typ + " AND ")
			id()
			b.WriteString(")")
			if later {
				b.WriteString(" OR ")
				due(b)
				b.WriteString(" IS NULL")
			}
		case later:
			due(b)
			b.WriteString(" IS NULL AND ")
			id()
		default:
			due(b)
			b.WriteString(" IS NOT NULL OR ")
			id()
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
	return OwedSuch(ctx, v, Such{}, ids...)
}

// OwedSuch is Owed of what a list is narrowed to, in the list's order.
func OwedSuch(ctx context.Context, v *authz.Viewer, f Such, ids ...uuid.UUID) (map[uuid.UUID][]Mine, error) {
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
	f.rows(b)
	column, _ := f.key()
	b.WriteString(" ORDER BY matter_id, " + column + " NULLS LAST, key")
	text, args := b.Query()
	rows, err := tenants.Rows[Mine](ctx, text, args...)
	out := map[uuid.UUID][]Mine{}
	for _, m := range rows {
		out[m.Matter] = append(out[m.Matter], m)
	}
	return out, err
}
