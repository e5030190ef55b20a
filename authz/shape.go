package authz

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Shape is how somebody sees, without who he is: all of one shape see by the same
// sentences, and only the ids in them are different. So what is put together for
// one of them can be kept for the others.
type Shape struct {
	rights       *Policy
	roles, row   string
	seats, units int
	system       bool
}

// symbolPrefix is what no id of the product begins with: those of version 7 begin
// with a time, others are random.
const symbolPrefix = "\xffsymbol\xff\xff\xff\xff\xff"

func symbol(place int) (id uuid.UUID) {
	copy(id[:], symbolPrefix)
	binary.BigEndian.PutUint32(id[12:], uint32(place))
	return id
}

// place is whose place an id holds in a sentence of symbols, an index of the
// viewer's own ids; !ok for an id that is none.
func place(id uuid.UUID) (at int, ok bool) {
	return int(binary.BigEndian.Uint32(id[12:])), string(id[:12]) == symbolPrefix
}

// shape is the viewer's, and his own ids in the order of their places. !ok: he has
// none, such as who holds a role in one place only.
func (v *Viewer) shape() (_ Shape, own []uuid.UUID, ok bool) {
	if len(v.parts) > 0 || v.local || v.behalf != nil || !v.limit.None() {
		return Shape{}, nil, false
	}
	row := make([]byte, len(v.row))
	for i, s := range v.row {
		row[i] = byte(s)
	}
	own = slices.Concat([]uuid.UUID{v.Membership, v.Account, v.Session, v.Tenant}, v.Seats, v.Units)
	return Shape{rights: v.rights, roles: strings.Join(v.Roles, " "), row: string(row), seats: len(v.Seats), units: len(v.Units)}, own, true
}

// symbolic is a viewer of the same shape, in whose ids' places symbols stand.
func (v *Viewer) symbolic() *Viewer {
	seats := 4 + len(v.Seats)
	places := make([]uuid.UUID, seats+len(v.Units))
	for i := range places {
		places[i] = symbol(i)
	}
	return &Viewer{Membership: places[0], Account: places[1], Session: places[2], Tenant: places[3], Roles: v.Roles,
		Seats: places[4:seats:seats], Units: places[seats:], row: v.row, rights: v.rights}
}

// Symbol is the shape of the context's viewer, his own ids, and the context as of
// a viewer of symbols, whose sentences are those of all of the shape. !ok: he has
// none.
func Symbol(ctx context.Context) (as func() context.Context, _ Shape, own []uuid.UUID, ok bool) {
	if isSystem(ctx) {
		return func() context.Context { return ctx }, Shape{system: true}, nil, true
	}
	v := From(ctx)
	if v == nil {
		return nil, Shape{}, nil, false
	}
	shape, own, ok := v.shape()
	return func() context.Context { return With(ctx, v.symbolic()) }, shape, own, ok
}
