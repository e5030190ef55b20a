package compiled

import (
	"bytes"
	"context"
	"io"
	"reflect"

	"github.com/99designs/gqlgen/graphql"

	"github.com/bihuan/bihuan/ent/gen"
)

// page is what every generated connection is.
type page interface {
	Page(row func(gen.Noder, gen.Cursor)) (gen.PageInfo, int)
}

// write puts the answer together around what the resolver gave.
func (a *answer) write(ctx context.Context, res any) (graphql.Marshaler, error) {
	var places []int
	var cursors []gen.Cursor
	var info gen.PageInfo
	total := 0
	if conn, ok := res.(page); ok && !a.one {
		info, total = conn.Page(func(n gen.Noder, c gen.Cursor) {
			places, cursors = append(places, a.placeOf(n)), append(cursors, c)
		})
	} else if a.one && res != nil && !reflect.ValueOf(res).IsNil() {
		places = []int{a.placeOf(res)}
	} else {
		return nil, nil
	}
	for _, p := range places {
		if p < 0 {
			return nil, errGeneral
		}
	}
	if a.program.shown {
		if err := a.fill(ctx, places); err != nil {
			return nil, err
		}
	}
	b := make([]byte, 0, a.root.length()+256*len(places)+1024)
	if a.one {
		b = a.root.append(b, places[0])
	} else {
		b = a.connection(b, places, cursors, info, total)
	}
	return raw(b), nil
}

func (a *answer) placeOf(node any) int {
	if i, ok := a.place[node]; ok {
		return i
	}
	return -1
}

type raw []byte

// MarshalGQL writes what is written.
func (r raw) MarshalGQL(w io.Writer) { _, _ = w.Write(r) }

// object writes fields, each by value.
func object(b []byte, fields []graphql.CollectedField, value func(b []byte, f graphql.CollectedField) []byte) []byte {
	b = append(b, '{')
	for i, f := range fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), f.Alias...), '"', ':')
		if f.Name == "__typename" {
			b = quoted(b, f.ObjectDefinition.Name)
		} else {
			b = value(b, f)
		}
	}
	return append(b, '}')
}

func (a *answer) connection(b []byte, places []int, cursors []gen.Cursor, info gen.PageInfo, total int) []byte {
	return object(b, a.shape, func(b []byte, f graphql.CollectedField) []byte {
		switch f.Name {
		case "totalCount":
			b = marshal(b, graphql.MarshalInt(total))
		case "edges":
			b = append(b, '[')
			for k, p := range places {
				if k > 0 {
					b = append(b, ',')
				}
				b = a.edge(b, p, cursors[k])
			}
			b = append(b, ']')
		case "pageInfo":
			b = a.pageInfo(b, info)
		}
		return b
	})
}

func (a *answer) edge(b []byte, place int, cursor gen.Cursor) []byte {
	return object(b, a.edges, func(b []byte, f graphql.CollectedField) []byte {
		if f.Name == "cursor" {
			return marshal(b, cursor)
		}
		return a.root.append(b, place)
	})
}

func (a *answer) pageInfo(b []byte, info gen.PageInfo) []byte {
	return object(b, a.info, func(b []byte, f graphql.CollectedField) []byte {
		switch f.Name {
		case "hasNextPage":
			b = marshal(b, graphql.MarshalBoolean(info.HasNextPage))
		case "hasPreviousPage":
			b = marshal(b, graphql.MarshalBoolean(info.HasPreviousPage))
		case "startCursor":
			b = cursorOf(b, info.StartCursor)
		case "endCursor":
			b = cursorOf(b, info.EndCursor)
		}
		return b
	})
}

func cursorOf(b []byte, c *gen.Cursor) []byte {
	if c == nil {
		return append(b, "null"...)
	}
	return marshal(b, c)
}

func marshal(b []byte, m graphql.Marshaler) []byte {
	w := bytes.NewBuffer(b)
	m.MarshalGQL(w)
	return w.Bytes()
}

// length is that of all rows and of what hangs on them, in bytes.
func (t *table) length() int {
	n := len(t.text) + 8*len(t.holes)
	for i := range t.holes {
		n += len(t.holes[i].filled)
	}
	for _, below := range t.below {
		n += below.length()
	}
	return n
}

// start is where a row's text and its holes begin.
func (t *table) start(place int) (from row) {
	if place > 0 {
		from = t.rows[place-1]
	}
	return from
}

// append writes a row with what belongs into its holes.
func (t *table) append(b []byte, place int) []byte {
	from, r := t.start(place), t.rows[place]
	at := from.to
	for _, h := range t.holes[from.holes:r.holes] {
		b = append(b, t.text[at:h.at]...)
		at = h.at
		if h.op.code == many {
			b = t.list(b, h)
			continue
		}
		b = append(b, h.filled...)
	}
	return append(b, t.text[at:r.to]...)
}

func (t *table) list(b []byte, h hole) []byte {
	l, below := h.op.list, t.below[h.op.list]
	b = append(b, l.open...)
	for at := below.of[h.id].first; at > 0; at = below.rows[at-1].next {
		if at != below.of[h.id].first {
			b = append(b, ',')
		}
		b = append(b, l.before...)
		b = below.append(b, at-1)
		b = append(b, l.after...)
	}
	return append(b, l.close...)
}
