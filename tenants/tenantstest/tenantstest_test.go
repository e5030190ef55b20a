package tenantstest_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := tenantstest.New(t)
	city := tenantstest.Tenant(t, db, "210200", "大连市政协", "CITY")
	district := tenantstest.Tenant(t, db, "210202", "中山区政协", "DISTRICT")
	tenantstest.Member(t, db, district, uuid.Nil, "STAFF", "干部甲")

	members := func(ctx context.Context, tenant uuid.UUID) (n int) {
		t.Helper()
		err := db.Store.ReadTx(ctx, tenant, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT count(*) FROM memberships`, nil, &n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("the store serves as bihuan_app", func(t *testing.T) {
		var who string
		err := db.Store.Global(ctx, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT current_user::text`, nil, &who)
		})
		if err != nil || who != "bihuan_app" {
			t.Fatal(who, err)
		}
	})
	t.Run("the tables belong to bihuan_owner", func(t *testing.T) {
		var others int
		db.AsSuper(t, `SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'bihuan_owner'`, nil, &others)
		if others != 0 {
			t.Fatal(others)
		}
	})
	t.Run("row-level security is in force", func(t *testing.T) {
		if a, b := members(ctx, city), members(ctx, district); a != 0 || b != 1 {
			t.Fatal(a, b)
		}
	})
	t.Run("a district is put below its city", func(t *testing.T) {
		var parent uuid.UUID
		db.AsSuper(t, `SELECT parent_id FROM tenants WHERE id = $1`, []any{district}, &parent)
		if parent != city {
			t.Fatal(parent)
		}
	})
	t.Run("a second database is another one", func(t *testing.T) {
		other := tenantstest.New(t)
		var n int
		other.AsSuper(t, `SELECT count(*) FROM tenants`, nil, &n)
		if n != 0 {
			t.Fatal(n)
		}
	})
}
