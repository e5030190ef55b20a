package authz

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
)

// Home is a member's 界别 and street, by his seats of a day: where what he brings
// in belongs. nil where he sits in none.
func Home(ctx context.Context, c *gen.Client, member uuid.UUID, day time.Time) (sector, street *uuid.UUID, err error) {
	seats, err := c.Seat.Query().Where(seat.MembershipID(member), SeatOn(day)).WithUnit().All(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range seats {
		switch s.Edges.Unit.Kind {
		case unit.KindSECTOR:
			sector = &s.UnitID
		case unit.KindSTREET_LIAISON:
			street = &s.UnitID
		}
	}
	return sector, street, nil
}
