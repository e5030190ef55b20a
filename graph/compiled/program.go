package compiled

import (
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/gen"
)

// program writes one entity's rows as JSON objects.
type program struct {
	of      *gen.Stored
	within  string // the entity that leads to it, empty for the first rows
	alias   string // of its rows in a statement
	columns []column
	joins   []join
	ops     []op
	lists   []*list
	whole   []whole // whom the general way is shown
	shown   bool    // the general way is shown something of a row or below it

	selected []string     // the columns as the statement names them
	size     atomic.Int64 // of the text of its rows the last time, in bytes
}

// column of a statement: of the entity itself, 0, or of a join, counted from 1.
type column struct {
	of   int
	name string
}

// join is an edge to one row at most.
type join struct {
	to   *gen.Stored
	from int // as a column's of
	edge gen.StoredEdge

	alias       string
	needs       []string // columns
	mine, other string   // that are the same
}

// list is an edge to many rows.
type list struct {
	edge    gen.StoredEdge
	of      int // as a column's of, of the rows to which it belongs
	at      int // among the program's
	program *program
	before  string // around each row, where the edge is a connection
	after   string
	open    string
	close   string
	first   *ast.Value               // of a connection, nil for all
	steps   []graphql.CollectedField // from a row to one of the list's
	index   int                      // which of them is the list
}

// whole is an entity of which a row is read as ent reads it.
type whole struct {
	of      int
	columns []int // of the statement, in the entity's order
}

// mostWhole is how many entities of one row the general way is shown at most.
const mostWhole = 8

type opcode byte

const (
	literal opcode = iota
	value          // a column
	enter          // an object that may be absent: then null, and on behind it
	leave
	many  // the rows of a list
	rest  // a field that goes the general way
	plain // a rest, except in rows where it is a column as it stands
)

type op struct {
	code     opcode
	text     string
	column   int
	write    writer
	jump     int
	required bool // absent would be an error
	list     *list
	field    string                   // its alias
	set      ast.SelectionSet         // the field alone
	steps    []graphql.CollectedField // from the row to the object of a rest
	entity   int                      // as a column's of, of that object
	stands   func([][]byte) bool
	of       []int // the columns that it looks at
}

func (p *program) entity(of int) *gen.Stored {
	if of == 0 {
		return p.of
	}
	return p.joins[of-1].to
}

// col is the place of a column in the statement.
func (p *program) col(of int, name string) int {
	c := column{of, name}
	if i := slices.Index(p.columns, c); i >= 0 {
		return i
	}
	p.columns = append(p.columns, c)
	return len(p.columns) - 1
}

func (p *program) lit(s string) {
	if n := len(p.ops); n > 0 && p.ops[n-1].code == literal {
		p.ops[n-1].text += s
		return
	}
	p.ops = append(p.ops, op{code: literal, text: s})
}

// compiler makes programs of one operation.
type compiler struct {
	*Reads
	oc      *graphql.OperationContext
	aliases int
}

// alias is one that no other rows of the statement have.
func (c *compiler) alias() string {
	c.aliases++
	return "r" + strconv.Itoa(c.aliases)
}

// object writes one object's selection, false where it does not fit.
func (c *compiler) object(p *program, of int, set ast.SelectionSet, steps []graphql.CollectedField) bool {
	e := p.entity(of)
	p.lit("{")
	for i, f := range graphql.CollectFields(c.oc, set, []string{e.Name, "Node"}) {
		if f.IsDeferred() {
			return false
		}
		if i > 0 {
			p.lit(",")
		}
		p.lit(`"` + f.Alias + `":`)
		if !c.field(p, of, f, steps) {
			return false
		}
	}
	p.lit("}")
	return true
}

func (c *compiler) field(p *program, of int, f graphql.CollectedField, steps []graphql.CollectedField) bool {
	e := p.entity(of)
	if f.Name == "__typename" {
		p.lit(`"` + e.Name + `"`)
		return true
	}
	edge, isEdge := e.Edges[f.Name]
	stored, isField := e.Fields[f.Name]
	write := c.writer(f.Definition.Type, stored.Nillable)
	switch {
	case c.resolved[e.Name+"."+fold(f.Name)]:
	case isField && write != nil:
		p.ops = append(p.ops, op{code: value, column: p.col(of, stored.Column), write: write})
		return true
	case isEdge && edge.Unique && len(f.Arguments) == 0:
		return c.one(p, of, f, edge, steps)
	case isEdge:
		return c.many(p, of, f, edge, steps)
	}
	o := op{code: rest, field: f.Alias, set: alone(f), steps: steps, entity: of}
	if x, ok := c.Plain[e.Name+"."+f.Name]; ok {
		o.code, o.stands, o.column = plain, x.Stands, p.col(of, "id")
		for _, name := range x.Columns {
			o.of = append(o.of, p.col(of, name))
		}
	} else if !p.show(of) {
		return false
	}
	p.shown = true
	p.ops = append(p.ops, o)
	return true
}

// one joins an edge to one row.
func (c *compiler) one(p *program, of int, f graphql.CollectedField, edge gen.StoredEdge, steps []graphql.CollectedField) bool {
	to := gen.Entities[edge.To]
	if to == nil {
		return false
	}
	p.joins = append(p.joins, join{to: to, from: of, edge: edge, alias: c.alias()})
	here := len(p.joins)
	at := len(p.ops)
	p.ops = append(p.ops, op{code: enter, column: p.col(here, "id"), required: f.Definition.Type.NonNull})
	if !c.object(p, here, f.Selections, append(slices.Clip(steps), f)) {
		return false
	}
	p.ops[at].jump = len(p.ops)
	p.ops = append(p.ops, op{code: leave}) // so that what follows is not taken for the object's
	return true
}

// many asks for an edge to many rows by a statement of its own.
func (c *compiler) many(p *program, of int, f graphql.CollectedField, edge gen.StoredEdge, steps []graphql.CollectedField) bool {
	to := gen.Entities[edge.To]
	if to == nil {
		return false
	}
	l := &list{edge: edge, of: of, at: len(p.lists), program: &program{of: to, within: p.entity(of).Name, alias: c.alias()}, open: "[", close: "]",
		steps: append(slices.Clip(steps), f), index: len(steps)}
	set := f.Selections
	if edge.Paged {
		ok := false
		if set, ok = c.connection(l, f, to); !ok {
			return false
		}
	} else if len(f.Arguments) > 0 {
		return false
	}
	p.lists = append(p.lists, l)
	if !c.object(l.program, 0, set, nil) {
		return false
	}
	p.shown = p.shown || l.program.shown
	p.ops = append(p.ops, op{code: many, list: l, column: p.col(of, "id")})
	return true
}

// connection reads a page inside an object: its first rows, and nothing of it but
// they.
func (c *compiler) connection(l *list, f graphql.CollectedField, to *gen.Stored) (ast.SelectionSet, bool) {
	if len(f.Arguments) != 1 || f.Arguments[0].Name != "first" {
		return nil, false
	}
	l.first = f.Arguments[0].Value
	edges := graphql.CollectFields(c.oc, f.Selections, []string{to.Name + "Connection"})
	if len(edges) != 1 || edges[0].Name != "edges" {
		return nil, false
	}
	nodes := graphql.CollectFields(c.oc, edges[0].Selections, []string{to.Name + "Edge"})
	if len(nodes) != 1 || nodes[0].Name != "node" {
		return nil, false
	}
	l.open, l.close = `{"`+edges[0].Alias+`":[`, `]}`
	l.before, l.after = `{"`+nodes[0].Alias+`":`, `}`
	l.steps, l.index = append(l.steps, edges[0], nodes[0]), l.index+1
	return nodes[0].Selections, true
}

// show reads a whole entity for the general way.
func (p *program) show(of int) bool {
	if p.wholly(of) >= 0 {
		return true
	}
	if len(p.whole) == mostWhole {
		return false
	}
	w := whole{of: of}
	for _, name := range p.entity(of).Columns {
		w.columns = append(w.columns, p.col(of, name))
	}
	p.whole = append(p.whole, w)
	return true
}

// wholly is how an entity is read whole, an index of whole; -1 where it is not.
func (p *program) wholly(of int) int {
	return slices.IndexFunc(p.whole, func(w whole) bool { return w.of == of })
}

// alone is a selection of one field.
func alone(f graphql.CollectedField) ast.SelectionSet {
	x := *f.Field
	x.SelectionSet, x.Directives = f.Selections, nil
	return ast.SelectionSet{&x}
}

// table is how the statement calls an entity's rows.
func (p *program) table(of int) string {
	if of == 0 {
		return p.alias
	}
	return p.joins[of-1].alias
}

func quotedColumn(table, name string) string { return `"` + table + `"."` + name + `"` }

// named writes the names of the statement's columns once for all.
func (p *program) named() {
	for _, c := range p.columns {
		p.selected = append(p.selected, quotedColumn(p.table(c.of), c.name))
	}
	for i := range p.joins {
		j := &p.joins[i]
		mine, other := j.edge.Column, "id"
		if !j.edge.Here {
			mine, other = other, mine
		}
		j.mine, j.other = quotedColumn(p.table(j.from), mine), quotedColumn(j.alias, other)
		j.needs = p.needs(i+1, other)
	}
	for _, l := range p.lists {
		l.program.named()
	}
}

// needs are the columns that a statement reads of an entity's rows, as its table
// names them: those of the program and those by which rows hang together.
func (p *program) needs(of int, more ...string) []string {
	names := append(more, "id")
	for _, c := range p.columns {
		if c.of == of {
			names = append(names, c.name)
		}
	}
	for _, j := range p.joins {
		if j.from == of && j.edge.Here {
			names = append(names, j.edge.Column)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for i, name := range names {
		names[i] = quotedColumn(p.entity(of).Table, name)
	}
	return names
}
