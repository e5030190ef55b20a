package demo

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// today is the demo's present in these tests: a Wednesday.
var today = shanghai(2026, time.March, 18, 15, 0)

// installation is a database wired as the program wires it.
type installation struct {
	Product
	t        *testing.T
	db       *tenantstest.DB
	ctx      context.Context
	accounts *accounts.Service
	list     []Account
}

func install(t *testing.T) *installation {
	t.Helper()
	db := tenantstest.New(t)
	authz.Narrow(db.Store.Ent())
	db.Store.Ent().Use(audit.Hook)
	policy, err := authz.Load()
	must(t, err)
	blobs, err := blob.OpenURL("file://" + t.TempDir())
	must(t, err)
	dir := authz.NewDirectory(policy)
	services, err := assembly.New(db.Store, dir, secret.Secret{1})
	must(t, err)
	keys, err := accounts.LoadKeys(t.TempDir() + "/keys.json")
	must(t, err)
	// Cheap hashes keep the test quick; what it proves does not depend on them.
	acc := accounts.New(db.Store, keys, accounts.Options{Argon: accounts.Argon{Memory: 64, Passes: 1, Lanes: 1}})
	return &installation{
		Product: Product{
			Store: db.Store, OwnerURL: db.OwnerURL, Roster: roster.New(db.Store.Ent(), dir, acc, services.Engine), Accounts: acc, Directory: dir, Blobs: blobs, Services: services,
		},
		t: t, db: db, ctx: clock.With(context.Background(), instant(today)), accounts: acc,
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// query reads rows as superuser, past row-level security.
func query[T any](in *installation, to pgx.RowToFunc[T], sql string, args ...any) []T {
	in.t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, in.db.SuperURL)
	must(in.t, err)
	defer c.Close(ctx)
	rows, err := c.Query(ctx, sql, args...)
	must(in.t, err)
	out, err := pgx.CollectRows(rows, to)
	must(in.t, err)
	return out
}

func (in *installation) number(sql string, args ...any) int {
	in.t.Helper()
	return query(in, pgx.RowTo[int], sql, args...)[0]
}

// counts are the rows of every table.
func (in *installation) counts() map[string]int {
	in.t.Helper()
	out := map[string]int{}
	for _, table := range query(in, pgx.RowTo[string], `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'river%'`) {
		out[table] = in.number(`SELECT count(*)::int FROM ` + pgx.Identifier{table}.Sanitize())
	}
	return out
}

// as runs fn as somebody who signs in with a login and chooses a committee.
func (in *installation) as(t *testing.T, login, tenant string, fn func(context.Context)) {
	t.Helper()
	in.within(t, in.Store.ReadTx, login, tenant, fn)
}

// within is as in a transaction of the given sort.
func (in *installation) within(t *testing.T, open func(context.Context, uuid.UUID, func(context.Context) error) error, login, tenant string, fn func(context.Context)) {
	t.Helper()
	type choice struct{ Tenant, Account, Membership uuid.UUID }
	who := query(in, pgx.RowToStructByPos[choice], `
		SELECT m.tenant_id, m.account_id, m.id FROM memberships m JOIN accounts a ON a.id = m.account_id JOIN tenants t ON t.id = m.tenant_id
		WHERE a.login = $1 AND t.short_name = $2`, login, tenant)
	if len(who) != 1 {
		t.Fatalf("%s of %s: %d memberships", login, tenant, len(who))
	}
	must(t, open(in.ctx, who[0].Tenant, func(ctx context.Context) error {
		v, err := in.Directory.Viewer(ctx, who[0].Account, who[0].Membership)
		if err == nil {
			fn(authz.With(ctx, v))
		}
		return err
	}))
}

func (in *installation) committee(t *testing.T, short string) (id uuid.UUID) {
	t.Helper()
	in.db.AsSuper(t, `SELECT id FROM tenants WHERE short_name = $1`, []any{short}, &id)
	return id
}
