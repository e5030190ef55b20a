package flow

import (
	"context"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/tenants"
)

// waiting are the rows that mean a person, one condition an index.
func waiting(b *sql.Builder, v *authz.Viewer, f Such, columns string) {
	pick := func(where func()) {
		b.WriteString("SELECT " + columns + " FROM awaited WHERE ")
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
			waiting(b, v, f, "matter_id")
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

// desk are the matters that wait for the viewer and that he sees, w, each with its
// kind and the day of what he owes, or since when it waits.
func desk(b *sql.Builder, v *authz.Viewer, f Such) {
	m := sql.Table(matter.Table)
	seen := sql.Dialect(dialect.Postgres).Select(m.C(matter.FieldID), m.C(matter.FieldKind)).From(m)
	authz.MatterVisible(v)(seen)
	f.matters(seen)
	column, _ := f.key()
	b.WriteString("(SELECT m.id, m.kind, mine.day FROM (SELECT matter_id, min(" + column + ") AS day FROM (")
	waiting(b, v, f, "matter_id, "+column)
	b.WriteString(") rows GROUP BY matter_id) mine JOIN (").Join(seen).WriteString(") m ON m.id = mine.matter_id) w")
}

// Todos is a page of what waits for the viewer, in the order of the days of what
// he owes: what has no day comes last. One more than the page is answered where
// there is one.
func Todos(ctx context.Context, v *authz.Viewer, f Such, after, before *entgql.Cursor[uuid.UUID], n int, backward bool) ([]uuid.UUID, error) {
	b := &sql.Builder{}
	b.SetDialect(dialect.Postgres)
	b.WriteString("SELECT id FROM ")
	desk(b, v, f)
	b.WriteString(" WHERE true")
	if after != nil {
		beyond(b, f, after, true)
	}
	if before != nil {
		beyond(b, f, before, false)
	}
	order := " ORDER BY day NULLS LAST, id LIMIT "
	if backward {
		order = " ORDER BY day DESC NULLS FIRST, id DESC LIMIT "
	}
	b.WriteString(order).Arg(n + 1)
	text, args := b.Query()
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], text, args...)
}

// beyond: the row comes later than the cursor, or earlier.
func beyond(b *sql.Builder, f Such, c *entgql.Cursor[uuid.UUID], later bool) {
	day, dated := c.Value.(time.Time)
	op := map[bool]string{true: " > ", false: " < "}[later]
	_, typ := f.key()
	switch {
	case dated:
		b.WriteString(" AND ((day, id)" + op + "(").Arg(day).WriteString("::" + typ + ", ").Arg(c.ID).WriteString("::uuid)")
		if later {
			b.WriteString(" OR day IS NULL")
		}
	case later:
		b.WriteString(" AND (day IS NULL AND id > ").Arg(c.ID).WriteString("::uuid")
	default:
		b.WriteString(" AND (day IS NOT NULL OR id < ").Arg(c.ID).WriteString("::uuid")
	}
	b.WriteString(")")
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
