package notices_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestNotices(t *testing.T) {
	t.Parallel()
	t.Run("One telling leaves one person one notice, however often he is named.", func(t *testing.T) {
		db := tenantstest.New(t)
		here := tenantstest.Tenant(t, db, "210202", "甲区", "DISTRICT")
		err := db.Store.InTx(context.Background(), here, func(ctx context.Context) error {
			ctx = authz.System(ctx)
			someone := func(name string) uuid.UUID {
				return db.Store.Ent().Membership.Create().SetName(name).SetKind("MEMBER").SaveX(ctx).ID
			}
			a, b := someone("委员甲"), someone("委员乙")
			if err := notices.Write(ctx, nil, "请参加座谈", a, b, a); err != nil {
				return err
			}
			if err := notices.Write(ctx, nil, "没有人"); err != nil {
				return err
			}
			to, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT membership_id FROM notices WHERE text = '请参加座谈' AND matter_id IS NULL`)
			if err != nil || len(to) != 2 || to[0] == to[1] {
				t.Errorf("told: %v, %v", to, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
