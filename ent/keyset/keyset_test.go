package keyset_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// A list with days and without is read page by page, from both ends and in both
// directions, and gives every row once, in the order of the whole list.
func TestPagesOfRowsWithAndWithoutAValue(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	authz.Narrow(db.Store.Ent())
	tenant := tenantstest.Tenant(t, db, "210202", "政协某区委员会", "DISTRICT")
	err := db.Store.InTx(authz.System(context.Background()), tenant, func(ctx context.Context) error {
		c := db.Store.Ent()
		p := c.Process.Create().SetKind("x").SetVersion(1).SetTitle("x").SetSource("-").SetHash("-").SaveX(ctx)
		m := c.Matter.Create().SetKind("x").SetProcess(p).SetState("OPEN").SetTitle("x").SetOpenedAt(time.Now()).SaveX(ctx)
		for range 40 {
			create := c.Item.Create().SetMatter(m).SetKind(item.KindTASK).SetText("x")
			if rand.IntN(3) > 0 { // days are few, so that many rows share one
				create.SetDueOn(time.Date(2025, 3, 1+rand.IntN(4), 0, 0, 0, 0, time.UTC))
			}
			create.SaveX(ctx)
		}
		for _, d := range []entgql.OrderDirection{entgql.OrderDirectionAsc, entgql.OrderDirectionDesc} {
			order := gen.WithItemOrder(&gen.ItemOrder{Direction: d, Field: gen.ItemOrderFieldDueOn})
			whole := ids(c.Item.Query().Paginate(ctx, nil, new(100), nil, nil, order))
			for _, size := range []int{1, 3, 7} {
				var forward, backward []uuid.UUID
				for next := (*gen.Cursor)(nil); ; {
					page, err := c.Item.Query().Paginate(ctx, next, &size, nil, nil, order)
					forward = append(forward, ids(page, err)...)
					if next = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
						break
					}
				}
				for next := (*gen.Cursor)(nil); ; {
					page, err := c.Item.Query().Paginate(ctx, nil, nil, next, &size, order)
					backward = append(ids(page, err), backward...)
					if next = page.PageInfo.StartCursor; !page.PageInfo.HasPreviousPage {
						break
					}
				}
				if len(whole) != 40 || !slices.Equal(forward, whole) || !slices.Equal(backward, whole) {
					t.Errorf("%s by %d:\n%v forward\n%v backward\n%v whole", d, size, forward, backward, whole)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func ids(page *gen.ItemConnection, err error) (out []uuid.UUID) {
	if err != nil {
		panic(err)
	}
	for _, e := range page.Edges {
		out = append(out, e.Node.ID)
	}
	return out
}
