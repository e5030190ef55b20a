package tenants_test

import (
	"context"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// C7: when a row was made and last changed is told by the product's clock.
func TestARowIsDatedByTheProductsClock(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	tenant := tenantstest.Tenant(t, db, "210200", "甲市政协", "CITY")
	var row *gen.Unit
	on := func(t *testing.T, day time.Time, fn func(ctx context.Context) error) {
		t.Helper()
		at := &clock.Movable{}
		at.Set(day)
		if err := db.Store.InTx(clock.With(context.Background(), at), tenant, fn); err != nil {
			t.Fatal(err)
		}
	}
	read := func(t *testing.T, created, updated time.Time) {
		t.Helper()
		on(t, anyDay, func(ctx context.Context) (err error) {
			row, err = db.Store.Ent().Unit.Query().Only(ctx)
			return err
		})
		if !row.CreatedAt.Equal(created) || !row.UpdatedAt.Equal(updated) {
			t.Errorf("created %v, updated %v; want %v, %v", row.CreatedAt, row.UpdatedAt, created, updated)
		}
	}
	first, second, third := clock.Date(2020, 1, 2), clock.Date(2021, 3, 4), clock.Date(2031, 5, 6)
	on(t, first, func(ctx context.Context) error {
		return db.Store.Ent().Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName("甲局").Exec(ctx)
	})
	t.Run("C7: a new one at both times", func(t *testing.T) { read(t, first, first) })
	on(t, second, func(ctx context.Context) error { return row.Update().SetName("乙局").Exec(ctx) })
	t.Run("C7: a change of one row", func(t *testing.T) { read(t, first, second) })
	on(t, third, func(ctx context.Context) error { return db.Store.Ent().Unit.Update().SetName("丙局").Exec(ctx) })
	t.Run("C7: a change of many rows", func(t *testing.T) { read(t, first, third) })
}
