package audit_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// house is a database with two committees.
type house struct {
	*testing.T
	db     *tenantstest.DB
	store  *tenants.Store
	tenant uuid.UUID
	other  uuid.UUID
}

func open(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	db := tenantstest.New(t)
	db.Store.Ent().Use(audit.Hook)
	return &house{
		T: t, db: db, store: db.Store,
		tenant: tenantstest.Tenant(t, db, "210211", "甘井子区政协", "DISTRICT"),
		other:  tenantstest.Tenant(t, db, "210212", "旅顺口区政协", "DISTRICT"),
	}
}

// run is a subtest of the house.
func (h *house) run(name string, fn func(h *house)) {
	h.T.Run(name, func(t *testing.T) {
		in := *h
		in.T = t
		fn(&in)
	})
}

// sql runs a statement as the superuser, past all policies.
func (h *house) sql(sql string, args ...any) {
	h.Helper()
	c, err := pgx.Connect(h.Context(), h.db.SuperURL)
	h.must(err)
	defer func() { _ = c.Close(context.Background()) }()
	_, err = c.Exec(h.Context(), sql, args...)
	h.must(err)
}

// do runs fn as one mutation of the tenant and writes its record.
func (h *house) do(e audit.Entry, fn func(context.Context, *gen.Client) error) {
	h.Helper()
	h.must(h.try(e, fn))
}

func (h *house) try(e audit.Entry, fn func(context.Context, *gen.Client) error) error {
	return h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if err := fn(ctx, h.store.Ent()); err != nil {
			return err
		}
		return audit.Write(ctx, e)
	})
}

// fill writes n records without changes.
func (h *house) fill(tenant uuid.UUID, n int) {
	h.Helper()
	h.must(h.store.InTx(h.Context(), tenant, func(ctx context.Context) error {
		for range n {
			if err := audit.Write(ctx, audit.Entry{Action: "fill", Object: "Matter:1", Actor: audit.Actor{System: "test"}}); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (h *house) search(tenant uuid.UUID, f audit.Filter, first int, after int64) (p audit.Page) {
	h.Helper()
	h.must(h.store.ReadTx(h.Context(), tenant, func(ctx context.Context) (err error) {
		p, err = audit.Search(ctx, f, first, after)
		return err
	}))
	return p
}

// last is the newest record of the tenant.
func (h *house) last() audit.Entry {
	h.Helper()
	p := h.search(h.tenant, audit.Filter{}, 1, 0)
	if len(p.Rows) != 1 {
		h.Fatal("no record")
	}
	return p.Rows[0].Entry
}

func (h *house) verify(tenant uuid.UUID, anchors ...audit.Anchor) audit.Report {
	h.Helper()
	r, err := audit.Verify(h.Context(), h.store, tenant, anchors...)
	h.must(err)
	return r
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) equal(got, want any) {
	h.Helper()
	if g, w := text(h.T, got), text(h.T, want); g != w {
		h.Fatalf("\n got %s\nwant %s", g, w)
	}
}

// noon is any time at which nothing special happens.
var noon = time.Date(2026, 3, 5, 4, 0, 0, 0, time.UTC)

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
