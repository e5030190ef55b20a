package authz_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// drawn is a day of two weeks, or none.
func drawn(r *rand.Rand) *time.Time {
	if r.IntN(4) == 0 {
		return nil
	}
	d := clock.Date(2025, 3, 1+r.IntN(14))
	return &d
}

// TestInForceOnADay: R13 and its kind. The sentence in Go, in ent and in SQL
// answers the same about random periods: with a beginning, an end, both, none,
// the end before the beginning, taken away, not in office.
func TestInForceOnADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rand.New(rand.NewPCG(20, 13))
	w.system(func(ctx context.Context) {
		u := w.c.Unit.Create().SetLine(unit.LineORGANISATION).SetKind(unit.KindSECTOR).SetName("界别").SaveX(ctx)
		for i := range 120 {
			m := w.c.Membership.Create().SetName(fmt.Sprint("委员", i)).SetKind(membership.KindMEMBER).
				SetStatus([]membership.Status{"ACTIVE", "ACTIVE", "SUSPENDED", "RESIGNED"}[r.IntN(4)]).
				SetNillableActiveFrom(drawn(r)).SetNillableActiveTo(drawn(r)).SaveX(ctx)
			g := w.c.Grant.Create().SetMembership(m).SetRole("member").SetNillableValidFrom(drawn(r)).SetNillableValidTo(drawn(r))
			if r.IntN(4) == 0 {
				g.SetRevokedAt(morning)
			}
			g.SaveX(ctx)
			w.c.Seat.Create().SetMembership(m).SetUnit(u).SetNillableSeatFrom(drawn(r)).SetNillableSeatTo(drawn(r)).SaveX(ctx)
			w.c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName(fmt.Sprint("局", i)).
				SetNillableActiveFrom(drawn(r)).SetNillableActiveTo(drawn(r)).SaveX(ctx)
			w.c.Term.Create().SetOrdinal(i + 1).SetNillableStartsOn(drawn(r)).SetNillableEndsOn(drawn(r)).SaveX(ctx)
		}
	})
	w.system(func(ctx context.Context) {
		grants, seats, members := w.c.Grant.Query().AllX(ctx), w.c.Seat.Query().AllX(ctx), w.c.Membership.Query().AllX(ctx)
		units, terms := w.c.Unit.Query().AllX(ctx), w.c.Term.Query().AllX(ctx)
		for n := range 16 {
			day := clock.Date(2025, 3, n)
			agree(t, ctx, "grants", day, where(grants, func(g *gen.Grant) (uuid.UUID, bool) { return g.ID, authz.GrantHolds(g, day) }),
				w.c.Grant.Query().Where(authz.GrantOn(day)).IDsX(ctx))
			agree(t, ctx, "seats", day, where(seats, func(s *gen.Seat) (uuid.UUID, bool) { return s.ID, authz.SeatPeriod(s).Has(day) }),
				w.c.Seat.Query().Where(authz.SeatOn(day)).IDsX(ctx))
			agree(t, ctx, "memberships", day, where(members, func(m *gen.Membership) (uuid.UUID, bool) { return m.ID, authz.Serves(m, day) }),
				w.c.Membership.Query().Where(authz.MemberOn(day)).IDsX(ctx))
			agree(t, ctx, "units", day, where(units, func(u *gen.Unit) (uuid.UUID, bool) { return u.ID, authz.UnitPeriod(u).Has(day) }),
				w.c.Unit.Query().Where(authz.UnitOn(day)).IDsX(ctx))
			agree(t, ctx, "terms", day, where(terms, func(x *gen.Term) (uuid.UUID, bool) { return x.ID, authz.TermPeriod(x).Has(day) }),
				w.c.Term.Query().Where(authz.TermOn(day)).IDsX(ctx))
		}
	})
}

func where[T any](rows []T, in func(T) (uuid.UUID, bool)) map[uuid.UUID]bool {
	out := map[uuid.UUID]bool{}
	for _, row := range rows {
		if id, ok := in(row); ok {
			out[id] = true
		}
	}
	return out
}

// agree compares what Go says with ent and with the function of SQL.
func agree(t *testing.T, ctx context.Context, table string, day time.Time, spoken map[uuid.UUID]bool, queried []uuid.UUID) {
	t.Helper()
	called, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT x.id FROM `+table+` x WHERE in_force(x, $1)`, day)
	if err != nil {
		t.Fatal(err)
	}
	for form, ids := range map[string][]uuid.UUID{"ent": queried, "SQL": called} {
		same := len(ids) == len(spoken)
		for _, id := range ids {
			same = same && spoken[id]
		}
		if !same {
			t.Errorf("%s on %s: %s finds %d, Go %d", table, day.Format(time.DateOnly), form, len(ids), len(spoken))
		}
	}
}

func TestTheTermOfAMember(t *testing.T) {
	old, next := uuid.New(), uuid.New()
	sitting := &gen.Sitting{TermID: next}
	for _, c := range []struct {
		sentence string
		m        gen.Membership
		may      bool
	}{
		{"R20: whose term has ended hands in nothing at the next term's sitting", gen.Membership{Kind: "MEMBER", TermID: &old}, false},
		{"who was elected again does", gen.Membership{Kind: "MEMBER", TermID: &next}, true},
		{"staff are members of no term", gen.Membership{Kind: "STAFF"}, false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if got := authz.OfTerm(&c.m, sitting); got != c.may {
				t.Error(got)
			}
		})
	}
}
