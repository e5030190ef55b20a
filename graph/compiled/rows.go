package compiled

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/tenants"
)

// errGeneral: the general way has to answer, for instance with the error that it
// has for an edge which must lead somewhere and does not.
var errGeneral = errors.New("compiled: not for this way")

// table are the rows of one statement, written as far as they are known: where a
// list that is asked for afterwards or a field of the general way belongs there is
// a hole.
type table struct {
	*program
	nested bool // lists are columns
	client *gen.Client
	types  *pgtype.Map
	text   []byte
	rows   []row
	holes  []hole
	below  map[*list]*table
	of     map[uuid.UUID]chain // by the row that they belong to
	spare  []cells             // by depth, so that memory is taken once
}

type row struct {
	to, holes int // the ends of its text and of its holes
	next      int // of the same parent, as in a chain; 0 for none
}

// chain are the rows of one parent: the places of the first and the last, counted
// from 1.
type chain struct{ first, last int }

type hole struct {
	at     int // in text
	op     *op
	id     uuid.UUID // whose rows, of a list, or of the entity
	node   gen.Noder // whose field, of a rest
	of     *program  // of an entity that is still to be read
	spot   *spot
	filled []byte
}

// spot is a row of a list that is a column; nil is a row of the statement.
type spot struct {
	up    *spot
	list  *list
	index int
}

// cells are the columns of a row as PostgreSQL sends them, nil for NULL.
type cells struct {
	raw   [][]byte
	types []uint32
}

// read takes a statement's rows in; before is how many columns stand in front of
// the program's: the parent's id, where the rows have one. All are shown to each,
// the first keep of them are written.
func (t *table) read(rows pgx.Rows, before, keep int, each func(cells) error) error {
	var of cells
	for n := 0; rows.Next(); n++ {
		if n == 0 {
			size := t.size.Load()
			t.text = make([]byte, 0, size+size/8)
			types, err := typesOf(rows)
			if err != nil {
				return err
			}
			of.types, t.types = types, rows.Conn().TypeMap()
		}
		of.raw = rows.RawValues()
		if each != nil {
			if err := each(of); err != nil {
				return err
			}
		}
		if n >= keep {
			continue
		}
		if err := t.write(t.program, cells{of.raw[before:], of.types[before:]}, nil, 0); err != nil {
			return err
		}
		t.rows = append(t.rows, row{to: len(t.text), holes: len(t.holes)})
		if t.of != nil {
			t.belongs(uuid.UUID(of.raw[0]))
		}
	}
	t.size.Store(int64(len(t.text)))
	return rows.Err()
}

// typesOf refuses columns that come in another form than the writers read.
func typesOf(rows pgx.Rows) (types []uint32, err error) {
	for _, f := range rows.FieldDescriptions() {
		if f.Format != pgx.BinaryFormatCode && format(f.DataTypeOID) == pgx.BinaryFormatCode {
			return nil, fmt.Errorf("compiled: %s comes as text", f.Name)
		}
		types = append(types, f.DataTypeOID)
	}
	return types, nil
}

// format is the form in which a type comes. The text of a text is what is
// written, whatever form it has come in.
func format(oid uint32) int16 {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.JSONBOID, pgtype.JSONOID:
		return pgx.TextFormatCode
	}
	return pgx.BinaryFormatCode
}

// scan fills values with columns of a row.
func (t *table) scan(of cells, at func(i int) int, values []any) error {
	for i, v := range values {
		k := at(i)
		if err := t.types.Scan(of.types[k], format(of.types[k]), of.raw[k], v); err != nil {
			return fmt.Errorf("compiled: a value of type %d: %w", of.types[k], err)
		}
	}
	return nil
}

// write writes a row as far as it is known.
func (t *table) write(p *program, of cells, at *spot, depth int) (err error) {
	nodes := [mostWhole]gen.Noder{}
	for i := 0; i < len(p.ops) && err == nil; i++ {
		switch o := &p.ops[i]; o.code {
		case literal:
			t.text = append(t.text, o.text...)
		case value:
			t.text, err = o.write(t.text, of.raw[o.column])
		case enter:
			if of.raw[o.column] != nil {
				continue
			}
			if o.required {
				return errGeneral
			}
			t.text = append(t.text, "null"...)
			i = o.jump
		case many:
			if t.nested {
				err = t.records(o.list, of.raw[len(p.columns)+o.list.at], at, depth)
				continue
			}
			t.holes = append(t.holes, hole{at: len(t.text), op: o, id: uuid.UUID(of.raw[o.column])})
		case plain:
			if stands(o, of.raw) {
				t.text = orNull(t.text, of.raw[o.of[0]])
				continue
			}
			err = t.rest(p, o, of, at, &nodes)
		case rest:
			err = t.rest(p, o, of, at, &nodes)
		}
	}
	return err
}

// rest leaves a hole for the general way, with the entity that it is shown, where
// the row has it whole.
func (t *table) rest(p *program, o *op, of cells, at *spot, nodes *[mostWhole]gen.Noder) (err error) {
	h := hole{at: len(t.text), op: o, spot: at}
	if k := p.wholly(o.entity); k < 0 {
		h.of, h.id = p, uuid.UUID(of.raw[o.column])
	} else {
		if nodes[k] == nil {
			e := p.entity(o.entity)
			nodes[k], err = e.Scan(t.client, e.Columns, func(values []any) error {
				return t.scan(of, func(i int) int { return p.whole[k].columns[i] }, values)
			})
		}
		h.node = nodes[k]
	}
	t.holes = append(t.holes, h)
	return err
}

// records writes a list that is an array of records: its head says how many
// dimensions it has, none when it is empty, and then the size of each.
func (t *table) records(l *list, array []byte, at *spot, depth int) error {
	t.text = append(t.text, l.open...)
	w := wire{array, nil}
	n := 0
	if w.uint32() > 0 {
		w.take(8) // whether there are nulls, and the type of the elements
		n = int(w.uint32())
		w.take(4) // from which index on
	}
	if len(t.spare) <= depth {
		t.spare = append(t.spare, cells{})
	}
	for i := range n {
		if i > 0 {
			t.text = append(t.text, ',')
		}
		t.text = append(t.text, l.before...)
		of, err := t.spare[depth].record(w.sized())
		if err := errors.Join(w.err, err); err != nil {
			return err
		}
		t.spare[depth] = of
		here := at
		if l.program.shown {
			here = &spot{at, l, i}
		}
		if err := t.write(l.program, of, here, depth+1); err != nil {
			return err
		}
		t.text = append(t.text, l.after...)
	}
	t.text = append(t.text, l.close...)
	return w.err
}

// record takes a row apart, into the cells' own memory.
func (c cells) record(b []byte) (cells, error) {
	w := wire{b, nil}
	n := int(w.uint32())
	c.raw, c.types = c.raw[:0], c.types[:0]
	for range n {
		oid := w.uint32()
		raw := w.sized()
		if oid == pgtype.JSONBOID && len(raw) > 0 {
			raw = raw[1:] // the version of the form, before the text
		}
		c.raw, c.types = append(c.raw, raw), append(c.types, oid)
	}
	return c, w.err
}

// wire is read from its beginning on.
type wire struct {
	b   []byte
	err error
}

func (w *wire) take(n int) []byte {
	if w.err != nil || n < 0 || n > len(w.b) {
		w.err = errWire
		return nil
	}
	x := w.b[:n:n]
	w.b = w.b[n:]
	return x
}

func (w *wire) uint32() uint32 {
	if b := w.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// sized is a value with its length before it, nil for NULL.
func (w *wire) sized() []byte {
	n := int32(w.uint32())
	if n == -1 {
		return nil
	}
	return w.take(int(n))
}

func stands(o *op, raw [][]byte) bool {
	var of [4][]byte
	for i, at := range o.of {
		of[i] = raw[at]
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
