// Package keyset says which rows come after and before a cursor, for the
// generated pagination. PostgreSQL puts what has no value last in ascending
// order and first in descending; a comparison alone would lose those rows, or
// give rows twice (see docs/adr/0006-pagination-count.md).
package keyset

import (
	"reflect"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect/sql"
)

// Order is how a list is ordered, before a page is read from its end.
type Order struct {
	ID        string // column that decides between equals
	Field     string // column; the same as ID for a list in no other order
	Nullable  bool   // rows without a value are among the list
	Direction entgql.OrderDirection
}

// Between limits a query to what comes after the one cursor and before the
// other; either may be nil.
func Between[T any](after, before *entgql.Cursor[T], o Order) func(*sql.Selector) {
	return func(s *sql.Selector) {
		if after != nil {
			s.Where(beyond(s, after, o, o.Direction))
		}
		if before != nil {
			s.Where(beyond(s, before, o, o.Direction.Reverse()))
		}
	}
}

// beyond: the row comes later than the cursor in a direction.
func beyond[T any](s *sql.Selector, c *entgql.Cursor[T], o Order, d entgql.OrderDirection) *sql.Predicate {
	id, field := s.C(o.ID), s.C(o.Field)
	later, composite := sql.GT, sql.CompositeGT
	if d == entgql.OrderDirectionDesc {
		later, composite = sql.LT, sql.CompositeLT
	}
	ascending := d != entgql.OrderDirectionDesc
	valueless := c.Value == nil || reflect.ValueOf(c.Value).Kind() == reflect.Pointer && reflect.ValueOf(c.Value).IsNil() // as sent back, as generated
	switch {
	case o.Field == o.ID || (valueless && !o.Nullable):
		return later(id, c.ID)
	case valueless && ascending: // among the last
		return sql.And(sql.IsNull(field), later(id, c.ID))
	case valueless: // among the first: all that have a value are still to come
		return sql.Or(sql.And(sql.IsNull(field), later(id, c.ID)), sql.NotNull(field))
	}
	row := sql.P(func(b *sql.Builder) { b.Join(composite([]string{field, id}, c.Value, c.ID)) })
	if o.Nullable && ascending {
		return sql.Or(row, sql.IsNull(field))
	}
	return row
}
