package demo

import (
	"context"
	"testing"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/cohorts"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// today is the demo's present in these tests: a Wednesday.
var today = shanghai(2026, time.March, 18, 15, 0)

// installation is a database wired as cmd/bihuan wires it.
type installation struct {
	Product
	db  *tenantstest.DB
	ctx context.Context
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
	e := flow.New(db.Store.Ent())
	proposals.Register(e)
	cohorts.Register(e)
	dir := authz.NewDirectory(policy)
	keys, err := accounts.LoadKeys(t.TempDir() + "/keys.json")
	must(t, err)
	acc := accounts.New(db.Store, keys, accounts.Options{})
	return &installation{
		Product: Product{
			Store: db.Store, OwnerURL: db.OwnerURL, Roster: roster.New(db.Store.Ent(), dir, acc), Engine: e, Proposals: proposals.New(e),
			Cohorts: cohorts.New(e), Directory: dir, Blobs: blobs,
		},
		db: db, ctx: clock.With(context.Background(), instant(today)),
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	in := install(t)
	began := time.Now()
	_, err := Load(in.ctx, in.Product, func(done, total int, what string) {
		if done%200 == 0 || done == total {
			t.Log(time.Since(began).Round(time.Millisecond), done, total, what)
		}
	})
	must(t, err)
}
