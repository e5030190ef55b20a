package compiled

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/stored"
	"github.com/bihuan/bihuan/tenants"
)

// errGeneral: the general way has to answer, for instance with the error that it
// has for an edge which must lead somewhere and does not.
var errGeneral = errors.New("compiled: not for this way")

// table are the rows of one statement, written as far as they are known: where a
// list or a field of the general way belongs there is a hole.
type table struct {
	*program
	client *gen.Client
	text   []byte
	rows   []row
	holes  []hole
	below  map[*list]*table
	of     map[uuid.UUID]chain // by the row that they belong to
}

type row struct {
	from, to    int // in text
	hole, holes int
	next        int // of the same parent, as in a chain; 0 for none
}

// chain are the rows of one parent: the places of the first and the last, counted
// from 1.
type chain struct{ first, last int }

type hole struct {
	at     int // in text
	op     *op
	id     uuid.UUID // whose rows, of a list
	node   gen.Noder // whose field, of a rest
	filled []byte
}

// onto lets a statement of the program's entity select what the program writes.
func (p *program) onto(ctx context.Context, c *gen.Client, s *sql.Selector) error {
	for _, j := range p.joins {
		view, err := j.to.Select(stored.Within(ctx, p.entity(j.from).Name), c)
		if err != nil {
			return err
		}
		s.LeftJoin(view.Select(j.needs...).As(j.alias)).On(j.mine, j.other)
	}
	s.AppendSelect(p.selected...)
	return nil
}

// limit is how many rows of each parent are asked for, 0 for all.
func (l *list) limit(vars map[string]any) (int, error) {
	if l.first == nil {
		return 0, nil
	}
	first, err := l.first.Value(vars)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(fmt.Sprint(first))
	if err != nil || n < 1 {
		return 0, errGeneral
	}
	return n, nil
}

// build puts together the statement for the rows of a list that belong to some
// parents: the parent's id comes first.
func (l *list) build(ctx context.Context, c *gen.Client, ids []uuid.UUID, first int) (tenants.Statement, error) {
	s, err := l.program.of.Select(stored.Within(ctx, l.parent), c)
	if err != nil {
		return tenants.Statement{}, err
	}
	column, id := quotedColumn(l.program.of.Table, l.edge.Column), quotedColumn(l.program.of.Table, "id")
	s.Select(column)
	if err := l.program.onto(ctx, c, s); err != nil {
		return tenants.Statement{}, err
	}
	s.Where(sql.P(func(b *sql.Builder) { b.WriteString(column).WriteString(" = ANY(").Arg(ids).WriteString(")") }))
	switch {
	case first == 0:
		s.OrderBy(id)
	case len(ids) == 1:
		s.OrderBy(id).Limit(first)
	default:
		s.AppendSelectExprAs(sql.RowNumber().PartitionBy(column).OrderBy(id), "place")
		ranked := s.As("ranked")
		s = sql.Dialect(dialect.Postgres).Select("*").From(ranked).Where(sql.LTE(ranked.C("place"), first)).OrderBy(ranked.C("place"))
	}
	query, args := s.Query()
	return tenants.Statement{SQL: query, Args: args}, nil
}

// read takes a statement's rows in; before is how many columns stand in front of
// the program's: the parent's id, where the rows have one. All are shown to each,
// the first keep of them are written.
func (t *table) read(rows pgx.Rows, before, keep int, each func(raw [][]byte) error) error {
	for n := 0; rows.Next(); n++ {
		raw := rows.RawValues()
		if n == 0 {
			if err := inBinary(rows); err != nil {
				return err
			}
		}
		if each != nil {
			if err := each(raw); err != nil {
				return err
			}
		}
		if n >= keep {
			continue
		}
		if err := t.write(rows, raw, before); err != nil {
			return err
		}
		if t.of != nil {
			t.belongs(uuid.UUID(raw[0]))
		}
	}
	return rows.Err()
}

// inBinary refuses columns that come in another form than the writers read.
func inBinary(rows pgx.Rows) error {
	for _, f := range rows.FieldDescriptions() {
		if f.Format != pgx.BinaryFormatCode && !asText(f.DataTypeOID) {
			return fmt.Errorf("compiled: %s comes as text", f.Name)
		}
	}
	return nil
}

// asText are the types whose text is what is written.
func asText(oid uint32) bool {
	return oid == pgtype.TextOID || oid == pgtype.VarcharOID || oid == pgtype.JSONBOID || oid == pgtype.JSONOID
}

// node reads a row's entity for the general way.
func (t *table) node(rows pgx.Rows, raw [][]byte, before int, w whole) (gen.Noder, error) {
	e := t.entity(w.of)
	return e.Scan(t.client, e.Columns, func(values []any) error {
		dest := make([]any, len(raw))
		for k, at := range w.columns {
			dest[before+at] = values[k]
		}
		return rows.Scan(dest...)
	})
}

// write writes a row as far as it is known.
func (t *table) write(rows pgx.Rows, raw [][]byte, before int) (err error) {
	r := row{from: len(t.text), hole: len(t.holes)}
	b := t.text
	nodes := [mostWhole]gen.Noder{}
	for i := 0; i < len(t.ops); i++ {
		switch o := &t.ops[i]; o.code {
		case literal:
			b = append(b, o.text...)
		case value:
			if b, err = o.write(b, raw[before+o.column]); err != nil {
				return err
			}
		case enter:
			if raw[before+o.column] != nil {
				continue
			}
			if o.required {
				return errGeneral
			}
			b = append(b, "null"...)
			i = o.jump
		case many:
			t.holes = append(t.holes, hole{at: len(b), op: o, id: uuid.UUID(raw[before+o.column])})
		case plain, rest:
			if o.code == plain && t.stands(o, raw, before) {
				b = orNull(b, raw[before+o.of[0]])
				continue
			}
			if nodes[o.whole] == nil {
				if nodes[o.whole], err = t.node(rows, raw, before, t.whole[o.whole]); err != nil {
					return err
				}
			}
			t.holes = append(t.holes, hole{at: len(b), op: o, node: nodes[o.whole]})
		}
	}
	t.text = b
	r.to, r.holes = len(b), len(t.holes)
	t.rows = append(t.rows, r)
	return nil
}

func (t *table) stands(o *op, raw [][]byte, before int) bool {
	var of [4][]byte
	for i, at := range o.of {
		of[i] = raw[before+at]
	}
	return o.stands(of[:len(o.of)])
}

func orNull(b, text []byte) []byte {
	if len(text) == 0 {
		return append(b, "null"...)
	}
	return quoted(b, text)
}

// belongs says whose the row is that was read last; its others come before it.
func (t *table) belongs(to uuid.UUID) {
	at := len(t.rows)
	c, more := t.of[to]
	if more {
		t.rows[c.last-1].next = at
	} else {
		c.first = at
	}
	c.last = at
	t.of[to] = c
}

// parents are the rows whose rows of a list are asked for.
func (t *table) parents(l *list) []uuid.UUID {
	var ids []uuid.UUID
	for i := range t.holes {
		if h := &t.holes[i]; h.op.list == l {
			ids = append(ids, h.id)
		}
	}
	return ids
}

// descend reads the lists of a depth in one round trip, and then those below them.
func (a *answer) descend(ctx context.Context, level ...*table) error {
	var asked []*table
	var statements []tenants.Statement
	for _, t := range level {
		for _, l := range t.lists {
			ids := t.parents(l)
			if len(ids) == 0 {
				continue
			}
			s, err := a.statement(ctx, l, ids)
			if err != nil {
				return err
			}
			below := &table{program: l.program, client: t.client, of: make(map[uuid.UUID]chain, len(ids))}
			if t.below == nil {
				t.below = map[*list]*table{}
			}
			t.below[l] = below
			asked, statements = append(asked, below), append(statements, s)
		}
	}
	if len(statements) == 0 {
		return nil
	}
	err := tenants.Together(ctx, statements, func(i int, rows pgx.Rows) error {
		return asked[i].read(rows, 1, math.MaxInt, nil)
	})
	if err != nil {
		return err
	}
	return a.descend(ctx, asked...)
}
