package compiled

import (
	"context"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/stored"
	"github.com/bihuan/bihuan/tenants"
)

// builder writes the parts of statements for one viewer.
type builder struct {
	*sql.Builder
	client *gen.Client
	viewer context.Context
	err    error
}

// view are the rows of an entity that the viewer sees on the way from another.
func (b *builder) view(e *gen.Stored, within string, columns []string) *sql.Selector {
	view, err := e.Select(stored.Within(b.viewer, within), b.client)
	if err != nil {
		b.err = err
		return sql.Select()
	}
	return view.Select(columns...)
}

// from names the rows of a list with those that are joined to them.
func (b *builder) from(l *list) {
	p := l.program
	b.WriteString(" FROM (").Join(b.view(p.of, p.within, p.needs(0, l.edge.Column))).WriteString(`) AS "` + p.alias + `"`)
	for _, j := range p.joins {
		b.WriteString(" LEFT JOIN (").Join(b.view(j.to, p.entity(j.from).Name, j.needs)).WriteString(`) AS "` + j.alias + `" ON ` + j.mine + " = " + j.other)
	}
}

func (b *builder) names(names []string) {
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
}

// asked is the statement for the rows of a list that belong to some parents, of
// which each row's comes first.
func (b *builder) asked(l *list, one bool) {
	p := l.program
	column, id := quotedColumn(p.alias, l.edge.Column), quotedColumn(p.alias, "id")
	ranked := l.first != nil && !one
	if ranked {
		b.WriteString("SELECT * FROM (")
	}
	b.WriteString("SELECT ")
	b.names(append([]string{column}, p.selected...))
	if ranked {
		b.WriteString(", row_number() OVER (PARTITION BY " + column + " ORDER BY " + id + ") AS place")
	}
	b.from(l)
	b.WriteString(" WHERE " + column + " = ANY(").Arg(parents{}).WriteString(")")
	switch {
	case ranked:
		b.WriteString(") AS ranked WHERE place <= ").Arg(atMost{l.first}).WriteString(" ORDER BY place")
	case l.first != nil:
		b.WriteString(" ORDER BY " + id + " LIMIT ").Arg(atMost{l.first})
	default:
		b.WriteString(" ORDER BY " + id)
	}
}

// nested are the lists of a program's rows as columns: arrays of records, with the
// lists below them among their columns.
func (b *builder) nested(p *program) {
	for i, l := range p.lists {
		if i > 0 {
			b.WriteString(", ")
		}
		x := l.program
		b.WriteString("ARRAY(SELECT ROW(")
		b.names(x.selected)
		if len(x.selected) > 0 && len(x.lists) > 0 {
			b.WriteString(", ")
		}
		b.nested(x)
		b.WriteString(")")
		b.from(l)
		b.WriteString(" WHERE " + quotedColumn(x.alias, l.edge.Column) + " = " + quotedColumn(p.table(l.of), "id") + " ORDER BY " + quotedColumn(x.alias, "id"))
		if l.first != nil {
			b.WriteString(" LIMIT ").Arg(atMost{l.first})
		}
		b.WriteString(")")
	}
}

// Arguments that a request gives.
type (
	committee struct{} // the id of the one that asks
	parents   struct{} // the ids of the rows to which those of a list belong
	atMost    struct{ *ast.Value }
)

// ours reports whether an argument is one that a request gives.
func ours(arg any) bool {
	switch arg.(type) {
	case atMost, committee, parents:
		return true
	}
	return false
}

// of is how many rows a client asks for.
func (a atMost) of(vars map[string]any) (int, error) {
	v, err := a.Value.Value(vars)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil || n < 1 {
		return 0, errGeneral
	}
	return n, nil
}

// keptLimit bounds the sentences that are kept: about 3 KB each.
const keptLimit = 5_000

// ask is what a sentence is about: nothing else is in it.
type ask struct {
	list   *list    // asked for by a statement of its own
	alone  bool     // for one parent
	nested *program // whose lists are columns
	shape  authz.Shape
}

// seer is for whom sentences are said, found once for an answer.
type seer struct {
	tenant uuid.UUID
	shape  authz.Shape
	own    []uuid.UUID
	as     func() context.Context // of all of the shape; nil where there is none
}

func seerOf(ctx context.Context) (s seer, err error) {
	if s.tenant, err = tenants.Current(ctx); err != nil {
		return s, err
	}
	if as, shape, own, ok := authz.Symbol(ctx); ok {
		s.as, s.shape, s.own = as, shape, own
	}
	return s, nil
}

// said is a sentence that is put together once for all viewers of a shape.
func (a *answer) said(ctx context.Context, of ask, ids []uuid.UUID) (_ func(*sql.Builder), err error) {
	of.shape = a.seer.shape
	s, kept := a.kept.Get(of)
	if a.seer.as != nil && !kept {
		if s, err = a.sentence(a.seer.as(), of); err != nil {
			return nil, err
		}
		if !s.ForAll(ours) {
			s = nil
		}
		a.kept.Add(of, s)
	}
	if a.seer.as == nil || s == nil {
		if s, err = a.sentence(ctx, of); err != nil {
			return nil, err
		}
	}
	return s.Said(a.seer.own, func(arg any) (any, error) {
		switch x := arg.(type) {
		case atMost:
			return x.of(a.oc.Variables)
		case committee:
			return a.seer.tenant, nil
		case parents:
			return ids, nil
		}
		return arg, nil
	})
}

// sentence puts one together.
func (a *answer) sentence(ctx context.Context, of ask) (*authz.Sentence, error) {
	b := builder{Builder: &sql.Builder{}, client: a.client, viewer: ctx}
	b.SetDialect(dialect.Postgres)
	if of.list != nil {
		b.asked(of.list, of.alone)
	} else {
		b.nested(of.nested)
	}
	text, args := b.Query()
	for i, arg := range args {
		if arg == any(a.seer.tenant) {
			args[i] = committee{}
		}
	}
	s := authz.Sentenced(text, args)
	if b.err == nil && s == nil {
		b.err = errGeneral
	}
	return s, b.err
}

// statement asks for the rows of a list that belong to some parents.
func (a *answer) statement(ctx context.Context, l *list, ids []uuid.UUID) (tenants.Statement, error) {
	write, err := a.said(ctx, ask{list: l, alone: len(ids) == 1}, ids)
	if err != nil {
		return tenants.Statement{}, err
	}
	var b sql.Builder
	b.SetDialect(dialect.Postgres)
	write(&b)
	query, args := b.Query()
	return tenants.Statement{SQL: query, Args: args}, nil
}

// onto lets a statement of the first rows select what the program writes.
func (a *answer) onto(ctx context.Context, s *sql.Selector) error {
	p := a.program
	b := builder{client: a.client, viewer: ctx}
	for _, j := range p.joins {
		s.LeftJoin(b.view(j.to, p.entity(j.from).Name, j.needs).As(j.alias)).On(j.mine, j.other)
	}
	s.AppendSelect(p.selected...)
	if b.err != nil || !a.one || len(p.lists) == 0 {
		return b.err
	}
	write, err := a.said(ctx, ask{nested: p}, nil)
	if err == nil {
		s.AppendSelectExpr(sql.ExprFunc(write))
	}
	return err
}
