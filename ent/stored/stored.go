// Package stored is where the generated queries hand a page over to who reads
// it another way than ent: graph/compiled, which writes what a selection asks for
// while the rows come in. It knows no entity, so that the generated code can
// use it.
package stored

import (
	"context"

	"entgo.io/ent/dialect/sql"
)

// Reader reads rows in the place of ent.
type Reader interface {
	// Nodes reads what a statement finds of an entity, with what the field of the
	// context selects of the first keep rows; the nodes that it gives have the
	// columns of the statement alone. !ok: ent has to read them.
	Nodes(ctx context.Context, entity string, s *sql.Selector, keep int) (nodes []any, ok bool, err error)
}

type key struct{}

// With gives the context a reader.
func With(ctx context.Context, r Reader) context.Context { return context.WithValue(ctx, key{}, r) }

// Read asks the context's reader, if it has one.
func Read[N any](ctx context.Context, entity string, keep int, statement func(context.Context) (*sql.Selector, error)) (nodes []N, ok bool, err error) {
	r, _ := ctx.Value(key{}).(Reader)
	if r == nil {
		return nil, false, nil
	}
	s, err := statement(ctx)
	if err != nil {
		return nil, false, err
	}
	all, ok, err := r.Nodes(ctx, entity, s, keep)
	if !ok || err != nil {
		return nil, ok, err
	}
	nodes = make([]N, len(all))
	for i, n := range all {
		nodes[i] = n.(N)
	}
	return nodes, true, nil
}

type above struct{}

// Within says for the queries below the context that they fetch what belongs to
// rows of an entity which the viewer sees.
func Within(ctx context.Context, entity string) context.Context {
	return context.WithValue(ctx, above{}, entity)
}

// Above is the entity whose rows the context's queries fetch something for, empty
// where they fetch for nobody.
func Above(ctx context.Context) string {
	entity, _ := ctx.Value(above{}).(string)
	return entity
}
