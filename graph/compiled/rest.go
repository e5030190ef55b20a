package compiled

import (
	"bytes"
	"context"
	"sync"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/tenants"
)

// way is how an entity is reached: from which other one, if from any.
type way struct {
	to     *gen.Stored
	within string
}

func (p *program) way(of int) way {
	if of == 0 {
		return way{p.of, p.within}
	}
	return way{p.joins[of-1].to, p.entity(p.joins[of-1].from).Name}
}

// missing are the holes whose entity was not read with the row, since the field is
// nearly always a column as it stands.
func (t *table) missing(holes map[way][]*hole) {
	for i := range t.holes {
		if h := &t.holes[i]; h.of != nil {
			w := h.of.way(h.op.entity)
			holes[w] = append(holes[w], h)
		}
	}
	for _, below := range t.below {
		below.missing(holes)
	}
}

// complete reads what is missing.
func (a *answer) complete(ctx context.Context, root *table) error {
	if !root.shown {
		return nil
	}
	missing := map[way][]*hole{}
	root.missing(missing)
	b := builder{client: a.client, viewer: ctx}
	var statements []tenants.Statement
	var of [][]*hole
	var ways []way
	for w, holes := range missing {
		ids := make([]uuid.UUID, len(holes))
		for i, h := range holes {
			ids[i] = h.id
		}
		id := quotedColumn(w.to.Table, "id")
		columns := []string{id}
		for _, c := range w.to.Columns {
			columns = append(columns, quotedColumn(w.to.Table, c))
		}
		s := b.view(w.to, w.within, columns)
		s.Where(sql.P(func(b *sql.Builder) { b.WriteString(id + " = ANY(").Arg(ids).WriteString(")") }))
		query, args := s.Query()
		statements, of, ways = append(statements, tenants.Statement{SQL: query, Args: args}), append(of, holes), append(ways, w)
	}
	if b.err != nil || len(statements) == 0 {
		return b.err
	}
	err := tenants.Together(ctx, statements, func(i int, rows pgx.Rows) error {
		e, nodes := ways[i].to, map[uuid.UUID]gen.Noder{}
		for rows.Next() {
			n, err := e.Scan(a.client, e.Columns, func(values []any) error { return rows.Scan(append([]any{nil}, values...)...) })
			if err != nil {
				return err
			}
			nodes[uuid.UUID(rows.RawValues()[0])] = n
		}
		for _, h := range of[i] {
			if h.node = nodes[h.id]; h.node == nil && rows.Err() == nil {
				return errGeneral // it is gone since
			}
		}
		return rows.Err()
	})
	return err
}

// fill asks the general way for what is left to it, all at once, so that its
// loaders see them together.
func (a *answer) fill(ctx context.Context, places []int) error {
	fresh := graphql.WithFreshResponseContext(ctx)
	one := generated.Rest(a.oc, a.executable)
	var wg sync.WaitGroup
	failed := make(chan struct{})
	fail := sync.OnceFunc(func() { close(failed) })
	ask := func(ctx context.Context, h *hole) {
		wg.Go(func() {
			if h.filled = field(one(ctx, h.op.set, h.node), h.op.field); h.filled == nil {
				fail()
			}
		})
	}
	for i, p := range places {
		a.root.fill(on(fresh, a.path, 0, i), p, ask)
	}
	wg.Wait()
	select {
	case <-failed:
		return errGeneral
	default:
	}
	for _, err := range graphql.GetErrors(fresh) {
		graphql.AddError(ctx, err)
	}
	return nil
}

// field is the value of one field in an object that has no other, nil where there
// is no object.
func field(m graphql.Marshaler, alias string) []byte {
	if m == graphql.Null || m == nil {
		return nil
	}
	var w bytes.Buffer
	m.MarshalGQL(&w)
	b := w.Bytes()
	from := len(alias) + len(`{"":`)
	if len(b) <= from {
		return nil
	}
	return b[from : len(b)-1]
}

// fill shows the holes of the general way in a row and below it, with the context
// that its fields have there.
func (t *table) fill(ctx context.Context, place int, ask func(context.Context, *hole)) {
	for i := t.start(place).holes; i < t.rows[place].holes; i++ {
		switch h := &t.holes[i]; {
		case h.op.code != many:
			ask(on(h.spot.on(ctx), h.op.steps, never, 0), h)
		case h.op.list.program.shown:
			t.fillList(ctx, h, ask)
		}
	}
}

func (t *table) fillList(ctx context.Context, h *hole, ask func(context.Context, *hole)) {
	l, below := h.op.list, t.below[h.op.list]
	n := 0
	for at := below.of[h.id].first; at > 0; at = below.rows[at-1].next {
		below.fill(on(ctx, l.steps, l.index, n), at-1, ask)
		n++
	}
}

// on is the context of a row of a list that is a column; the statement's own is
// given.
func (s *spot) on(ctx context.Context) context.Context {
	if s == nil {
		return ctx
	}
	return on(s.up.on(ctx), s.list.steps, s.list.index, s.index)
}

const never = -1

// on is the context of what is reached by some fields, of which one, never none,
// is a list.
func on(ctx context.Context, steps []graphql.CollectedField, list, index int) context.Context {
	for k, f := range steps {
		ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: f.ObjectDefinition.Name, Field: f})
		if k == list {
			ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &index})
		}
	}
	return ctx
}
