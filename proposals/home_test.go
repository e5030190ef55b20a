package proposals_test

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
)

func TestTheSectorOfAProposal(t *testing.T) {
	t.Parallel()
	say(t, "R13: a seat that begins next year decides no 界别 today, and one that ended none any more", func(w *world) {
		w.as("", func(ctx context.Context) error {
			c := w.store.Ent()
			ctx = authz.System(ctx)
			other := c.Unit.Create().SetLine(unit.LineORGANISATION).SetKind(unit.KindSECTOR).SetName("教育界").SaveX(ctx)
			c.Seat.Create().SetMembershipID(w.people["委员甲"].Membership).SetUnit(other).SetSeatFrom(clock.Date(2026, 1, 1)).SaveX(ctx)
			c.Seat.Create().SetMembershipID(w.people["委员丙"].Membership).SetUnit(other).SetSeatFrom(clock.Date(2026, 1, 1)).SaveX(ctx)
			c.Seat.Create().SetMembershipID(w.people["委员丁"].Membership).SetUnit(other).SetSeatTo(clock.Date(2024, 12, 1)).SaveX(ctx)
			return nil
		})
		if c := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL); c.SectorID == nil || *c.SectorID != w.units["经济界"] {
			w.t.Errorf("委员甲: %v", c.SectorID)
		}
		for _, who := range []string{"委员丙", "委员丁"} {
			if c := w.draft(who, proposal.ProposerKindINDIVIDUAL); c.SectorID != nil {
				w.t.Errorf("%s: %v", who, *c.SectorID)
			}
		}
	})
}
