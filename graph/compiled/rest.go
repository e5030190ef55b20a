package compiled

import (
	"bytes"
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"github.com/bihuan/bihuan/graph/generated"
)

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
	r := t.rows[place]
	for i := r.hole; i < r.holes; i++ {
		h := &t.holes[i]
		switch h.op.code {
		case rest, plain:
			ask(on(ctx, h.op.steps, never, 0), h)
		case many:
			if !h.op.list.program.rests() {
				continue
			}
			t.fillList(ctx, h, ask)
		}
	}
}

func (t *table) fillList(ctx context.Context, h *hole, ask func(context.Context, *hole)) {
	l, below := h.op.list, t.below[h.op.list]
	indexed := len(l.steps) - 1
	if l.edge.Paged { // the edges are the list, each has a node
		indexed--
	}
	n := 0
	for at := below.of[h.id].first; at > 0; at = below.rows[at-1].next {
		below.fill(on(ctx, l.steps, indexed, n), at-1, ask)
		n++
	}
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
