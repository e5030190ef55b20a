package tenants_test

import (
	"context"
	stdsql "database/sql"
	"slices"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// What the store's codecs read and write is what pgx reads and writes without
// them.
func TestCodecs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := tenantstest.New(t)
	tenant := tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	plain, err := pgx.Connect(ctx, db.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close(ctx)
	row := func(t *testing.T, sql string, args []any, dest ...any) error {
		t.Helper()
		return db.Store.ReadTx(ctx, tenant, func(ctx context.Context) error { return tenants.Row(ctx, sql, args, dest...) })
	}
	id := uuid.Must(uuid.NewV7())
	t.Run("ids", func(t *testing.T) {
		const sql = `SELECT $1::uuid, $1::uuid, $2::uuid, $1::uuid, $2::uuid, $1::uuid::text, $3::uuid[], $1::uuid, $2::uuid`
		var a, none uuid.UUID
		var p, q *uuid.UUID
		n, m := entsql.NullScanner{S: new(uuid.UUID)}, entsql.NullScanner{S: new(uuid.UUID), Valid: true}
		var text string
		var list []uuid.UUID
		var s, z entsql.NullScanner
		s.S, z.S = new(stdsql.NullString), new(stdsql.NullString)
		args := []any{id, (*uuid.UUID)(nil), []uuid.UUID{id, uuid.Nil}}
		none = id
		if err := row(t, sql, args, &a, &p, &q, &n, &m, &text, &list, &s, &z); err != nil {
			t.Fatal(err)
		}
		if a != id || p == nil || *p != id || q != nil || !n.Valid || *n.S.(*uuid.UUID) != id || m.Valid || text != id.String() ||
			!slices.Equal(list, []uuid.UUID{id, uuid.Nil}) || !s.Valid || s.S.(*stdsql.NullString).String != id.String() || z.Valid {
			t.Error(a, p, q, n, m, text, list, s, z)
		}
		if err := row(t, `SELECT NULL::uuid`, nil, &none); err != nil || none != uuid.Nil {
			t.Error(none, err)
		}
	})
	t.Run("texts", func(t *testing.T) {
		for _, in := range []any{"", "政协\n\t委员", nil} {
			var a, b stdsql.NullString
			if err := row(t, `SELECT $1::text`, []any{in}, &a); err != nil {
				t.Fatal(err)
			}
			if err := plain.QueryRow(ctx, `SELECT $1::text`, in).Scan(&b); err != nil || a != b {
				t.Error(a, b, err)
			}
			if err := row(t, `SELECT $1::varchar`, []any{in}, &a); err != nil || a != b {
				t.Error(a, b, err)
			}
		}
	})
	t.Run("times", func(t *testing.T) {
		for _, in := range []any{
			time.Now(), time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
			time.Date(9999, 12, 31, 0, 0, 0, 1000, time.UTC), nil,
		} {
			var a, b stdsql.NullTime
			if err := row(t, `SELECT $1::timestamptz`, []any{in}, &a); err != nil {
				t.Fatal(err)
			}
			if err := plain.QueryRow(ctx, `SELECT $1::timestamptz`, in).Scan(&b); err != nil || a.Valid != b.Valid || a.Time != b.Time {
				t.Error(a, b, err)
			}
		}
		var a stdsql.NullTime
		if err := row(t, `SELECT 'infinity'::timestamptz`, nil, &a); err == nil {
			t.Error("infinity became", a)
		}
	})
}
