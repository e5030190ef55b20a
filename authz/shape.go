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

// Place is whose place an id holds in a sentence of a symbol, an index of what
// Symbol gave as its own; !ok for an id that is none.
func Place(id uuid.UUID) (place int, ok bool) {
	return int(binary.BigEndian.Uint32(id[12:])), string(id[:12]) == symbolPrefix
}

// Symbol is the context as of a viewer of the same shape, in whose ids' places
// symbols stand, and the ids of its own viewer in the order of the places. !ok: it
// has none who could be put so, such as who holds a role in one place only.
func Symbol(ctx context.Context) (as context.Context, shape Shape, own []uuid.UUID, ok bool) {
	if isSystem(ctx) {
		return ctx, Shape{system: true}, nil, true
	}
	v := From(ctx)
	if v == nil || len(v.parts) > 0 || v.local || v.behalf != nil || !v.limit.None() {
		return nil, Shape{}, nil, false
	}
	own = slices.Concat([]uuid.UUID{v.Membership, v.Account, v.Session, v.Tenant}, v.Seats, v.Units)
	row := make([]byte, len(v.row))
	for i, s := range v.row {
		row[i] = byte(s)
	}
	places := make([]uuid.UUID, len(own))
	for i := range places {
		places[i] = symbol(i)
	}
	seats := 4 + len(v.Seats)
	x := &Viewer{Membership: places[0], Account: places[1], Session: places[2], Tenant: places[3], Roles: v.Roles,
		Seats: places[4:seats:seats], Units: places[seats:], row: v.row, rights: v.rights}
	return With(ctx, x), Shape{rights: v.rights, roles: strings.Join(v.Roles, " "), row: string(row), seats: len(v.Seats), units: len(v.Units)}, own, true
}
