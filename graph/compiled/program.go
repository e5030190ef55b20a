package compiled

import (
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/gen"
)

// program writes one entity's rows as JSON objects.
type program struct {
	of      *gen.Stored
	columns []column
	joins   []join
	ops     []op
	lists   []*list
	whole   []whole // whom the general way is shown

	selected []string // the columns as the statement names them
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
	parent  string // the entity that has the edge
	edge    gen.StoredEdge
	program *program
	before  string // around each row, where the edge is a connection
	after   string
	open    string
	close   string
	first   *ast.Value // of a connection
	steps   []graphql.CollectedField
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
	field    string           // its alias
	set      ast.SelectionSet // the field alone
	whole    int
	steps    []graphql.CollectedField // from the row to the object of a rest
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
	oc *graphql.OperationContext
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
	if !p.rest(of, f, steps) {
		return false
	}
	if x, ok := c.Plain[e.Name+"."+f.Name]; ok {
		o := &p.ops[len(p.ops)-1]
		o.code, o.stands = plain, x.Stands
		for _, name := range x.Columns {
			o.of = append(o.of, p.col(of, name))
		}
	}
	return true
}

// one joins an edge to one row.
func (c *compiler) one(p *program, of int, f graphql.CollectedField, edge gen.StoredEdge, steps []graphql.CollectedField) bool {
	to := gen.Entities[edge.To]
	if to == nil {
		return false
	}
	p.joins = append(p.joins, join{to: to, from: of, edge: edge, alias: "j" + strconv.Itoa(len(p.joins)+1)})
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
	l := &list{parent: p.entity(of).Name, edge: edge, program: &program{of: to}, open: "[", close: "]", steps: append(slices.Clip(steps), f)}
	set := f.Selections
	if edge.Paged {
		ok := false
		if set, ok = c.connection(l, f, to); !ok {
			return false
		}
	} else if len(f.Arguments) > 0 {
		return false
	}
	if !c.object(l.program, 0, set, nil) {
		return false
	}
	p.lists = append(p.lists, l)
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
	l.steps = append(l.steps, edges[0], nodes[0])
	return nodes[0].Selections, true
}

// rest leaves a field to the general way, which sees the whole entity.
func (p *program) rest(of int, f graphql.CollectedField, steps []graphql.CollectedField) bool {
	at := slices.IndexFunc(p.whole, func(w whole) bool { return w.of == of })
	if at < 0 {
		if len(p.whole) == mostWhole {
			return false
		}
		w := whole{of: of}
		for _, name := range p.entity(of).Columns {
			w.columns = append(w.columns, p.col(of, name))
		}
		at = len(p.whole)
		p.whole = append(p.whole, w)
	}
	alone := *f.Field
	alone.SelectionSet, alone.Directives = f.Selections, nil
	p.ops = append(p.ops, op{code: rest, field: f.Alias, set: ast.SelectionSet{&alone}, whole: at, steps: steps})
	return true
}

// table is how the statement calls an entity's rows.
func (p *program) table(of int) string {
	if of == 0 {
		return p.of.Table
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
		j, here := &p.joins[i], i+1
		mine, other := j.edge.Column, "id"
		if !j.edge.Here {
			mine, other = other, mine
		}
		j.mine, j.other = quotedColumn(p.table(j.from), mine), quotedColumn(j.alias, other)
		needs := []string{other}
		for _, c := range p.columns {
			if c.of == here {
				needs = append(needs, c.name)
			}
		}
		for _, k := range p.joins { // what others refer to
			if k.from == here && k.edge.Here {
				needs = append(needs, k.edge.Column)
			}
		}
		slices.Sort(needs)
		for _, name := range slices.Compact(needs) {
			j.needs = append(j.needs, quotedColumn(j.to.Table, name))
		}
	}
	for _, l := range p.lists {
		l.program.named()
	}
}

// rests reports whether anything of the program goes the general way.
func (p *program) rests() bool {
	return len(p.whole) > 0 || slices.ContainsFunc(p.lists, func(l *list) bool { return l.program.rests() })
}
