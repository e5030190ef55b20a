package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// house is a committee on a store with one connection, so that what one door
// leaves behind, the next finds.
type house struct {
	t      *testing.T
	db     *tenantstest.DB
	store  *tenants.Store
	tenant uuid.UUID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, db: tenantstest.New(t)}
	h.tenant = tenantstest.Tenant(t, h.db, "210200", "甲市政协", "CITY")
	var err error
	if h.store, err = tenants.Open(context.Background(), h.db.AppURL, 1); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.store.Close)
	return h
}

// write makes a row that days() counts.
func (h *house) write(ctx context.Context, day int) error {
	return h.store.Ent().Workday.Create().SetDay(anyDay.AddDate(0, 0, day)).SetWorking(true).Exec(ctx)
}

// days lists the days of the committed rows.
func (h *house) days() (n int) {
	h.t.Helper()
	h.db.AsSuper(h.t, `SELECT count(*) FROM workdays`, nil, &n)
	return n
}

// clean expects the pooled connection to have no tenant and no transaction.
func (h *house) clean(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	c, err := h.store.Pool().Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if status := c.Conn().PgConn().TxStatus(); status != 'I' {
		t.Errorf("the next user of the connection finds a transaction: %c", status)
	}
	var tenant, readOnly string
	var rows int
	err = c.QueryRow(ctx, `SELECT coalesce(current_setting('app.tenant', true), ''), current_setting('transaction_read_only'), (SELECT count(*) FROM workdays)`).
		Scan(&tenant, &readOnly, &rows)
	if err != nil || tenant != "" || readOnly != "off" || rows != 0 {
		t.Errorf("the next user of the connection finds tenant %q, read only %s, %d rows, %v", tenant, readOnly, rows, err)
	}
}

func TestDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	mistake := errors.New("mistake")

	t.Run("InTx commits what fn did, and the next user of the connection has no tenant", func(t *testing.T) {
		if err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error { return h.write(ctx, 0) }); err != nil || h.days() != 1 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("an error rolls back, and is the caller's", func(t *testing.T) {
		err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error { return errors.Join(h.write(ctx, 1), mistake) })
		if !errors.Is(err, mistake) || h.days() != 1 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("a panic rolls back and goes on", func(t *testing.T) {
		func() {
			defer func() {
				if p := recover(); p != mistake {
					t.Errorf("it became %v", p)
				}
			}()
			_ = h.store.InTx(ctx, h.tenant, func(ctx context.Context) error { _ = h.write(ctx, 1); panic(mistake) })
		}()
		if h.days() != 1 {
			t.Error(h.days())
		}
		h.clean(t)
	})
	t.Run("a goroutine that ends itself rolls back", func(t *testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = h.store.InTx(ctx, h.tenant, func(ctx context.Context) error { _ = h.write(ctx, 1); runtime.Goexit(); return nil })
		}()
		<-done
		if h.days() != 1 {
			t.Error(h.days())
		}
		h.clean(t)
	})
}

func TestTransactionsThatBreak(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := context.Background()
	t.Run("a transaction that PostgreSQL has aborted cannot be committed by ignoring it", func(t *testing.T) {
		err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error {
			_ = h.write(ctx, 1)
			_, _ = tenants.Exec(ctx, `SELECT 1/0`)
			return nil
		})
		if err == nil || h.days() != 0 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("a context canceled before the commit rolls back", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error {
			defer cancel()
			return h.write(ctx, 1)
		})
		if !errors.Is(err, context.Canceled) || h.days() != 0 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("a context that ends during a statement rolls back", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error {
			_ = h.write(ctx, 1)
			_, err := tenants.Exec(ctx, `SELECT pg_sleep(60)`)
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) || h.days() != 0 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("a connection that is cut off rolls back", func(t *testing.T) {
		err := h.store.InTx(ctx, h.tenant, func(ctx context.Context) error {
			_ = h.write(ctx, 1)
			_, err := tenants.Exec(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		})
		if err == nil || h.days() != 0 {
			t.Error(h.days(), err)
		}
		h.clean(t)
	})
	t.Run("a context that outlives its door leads nowhere", func(t *testing.T) {
		for _, ctx := range []context.Context{ctx, tenants.Loose(ctx)} {
			var kept context.Context
			_ = h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error { kept = ctx; return nil })
			if _, err := h.store.Ent().Workday.Query().Count(kept); !errors.Is(err, pgx.ErrTxClosed) {
				t.Error(err)
			}
		}
	})
}

// What reads loosely has a transaction for each round trip, and is kept as one
// that reads in one transaction: to its tenant, and to what is not spoilt.
func TestLooseReads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := tenants.Loose(context.Background())
	other := tenantstest.Tenant(t, h.db, "210202", "乙区政协", "DISTRICT")
	here := func(ctx context.Context) (id uuid.UUID) {
		if err := tenants.Row(ctx, `SELECT nullif(current_setting('app.tenant', true), '')::uuid`, nil, &id); err != nil {
			t.Error(err)
		}
		return id
	}
	for _, tenant := range []uuid.UUID{h.tenant, other, h.tenant} {
		err := h.store.ReadTx(ctx, tenant, func(ctx context.Context) error {
			for range 3 {
				if got := here(ctx); got != tenant {
					t.Errorf("%s, not %s", got, tenant)
				}
			}
			return tenants.Together(ctx, []tenants.Statement{{SQL: `SELECT current_setting('app.tenant')`}, {SQL: `SELECT current_setting('transaction_read_only')`}}, func(i int, rows pgx.Rows) error {
				got, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
				if want := []string{tenant.String(), "on"}[i]; got != want || err != nil {
					t.Error(got, want, err)
				}
				return nil
			})
		})
		if err != nil {
			t.Error(err)
		}
	}
	t.Run("nothing of it counts after a statement that failed", func(t *testing.T) {
		err := h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error {
			_, _ = tenants.Exec(ctx, `SELECT 1 / 0`)
			return nil
		})
		if !errors.Is(err, pgx.ErrTxCommitRollback) {
			t.Error(err)
		}
		h.clean(t)
	})
	t.Run("a connection that is cut off says so", func(t *testing.T) {
		err := h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`)
			return err
		})
		if err == nil {
			t.Error("it does not")
		}
		h.clean(t)
	})
	t.Run("it has no transaction to lend", func(t *testing.T) {
		err := h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error { return tenants.WithTx(ctx, func(pgx.Tx) error { return nil }) })
		if err == nil {
			t.Error("it lent one")
		}
	})
	t.Run("who wants one state gets a transaction", func(t *testing.T) {
		err := h.store.ReadTx(tenants.Still(ctx), h.tenant, func(ctx context.Context) error { return tenants.WithTx(ctx, func(pgx.Tx) error { return nil }) })
		if err != nil {
			t.Error(err)
		}
	})
}

// What is taken for granted is asked in the first round trip, and nothing is
// answered where it does not hold.
func TestWhatIsTakenForGranted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asked := 0
	run := func(ctx context.Context, says string, fn func(context.Context) error) (granted bool, err error) {
		asked = 0
		err = h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error {
			granted = tenants.Granted(ctx, `SELECT $1`, []any{says}, func(row pgx.Row) (bool, error) {
				asked++
				var got string
				err := row.Scan(&got)
				return got == "so", err
			})
			return fn(ctx)
		})
		return granted, err
	}
	one := func(ctx context.Context) (n int, err error) { return n, tenants.Row(ctx, `SELECT 1`, nil, &n) }
	both := func(ctx context.Context) error {
		for range 2 {
			if n, err := one(ctx); n != 1 || err != nil {
				return fmt.Errorf("%d, %w", n, err)
			}
		}
		return nil
	}
	loose := func() (context.Context, *tenants.Fate) { return tenants.WithFate(tenants.Loose(context.Background())) }
	t.Run("it is asked once, and what it lets through is answered", func(t *testing.T) {
		ctx, fate := loose()
		if granted, err := run(ctx, "so", both); !granted || err != nil || asked != 1 || fate.Again() {
			t.Error(granted, err, asked, fate.Again())
		}
	})
	t.Run("where it is not so nothing is answered, and the work is to be done again", func(t *testing.T) {
		ctx, fate := loose()
		granted, err := run(ctx, "not so", func(ctx context.Context) error {
			for range 2 {
				if n, err := one(ctx); n != 0 || !errors.Is(err, tenants.ErrBelied) {
					t.Error(n, err)
				}
			}
			return nil // whatever its caller makes of it
		})
		if !granted || !errors.Is(err, tenants.ErrBelied) || asked != 1 || !fate.Again() {
			t.Error(granted, err, asked, fate.Again())
		}
		if granted, err := run(ctx, "not so", both); granted || err != nil {
			t.Error("the second time it is taken for granted again", granted, err)
		}
	})
	t.Run("who asks nothing else is told at the end", func(t *testing.T) {
		nothing := func(context.Context) error { return nil }
		ctx, _ := loose()
		if _, err := run(ctx, "so", nothing); err != nil || asked != 1 {
			t.Error(err, asked)
		}
		if _, err := run(ctx, "not so", nothing); !errors.Is(err, tenants.ErrBelied) || asked != 1 {
			t.Error(err, asked)
		}
	})
	t.Run("a statement that fails says so", func(t *testing.T) {
		ctx, _ := loose()
		err := h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error {
			tenants.Granted(ctx, `SELECT 1 / $1::int`, []any{0}, func(row pgx.Row) (bool, error) {
				var n int
				err := row.Scan(&n)
				return err == nil, err
			})
			return both(ctx)
		})
		if err == nil || errors.Is(err, tenants.ErrBelied) {
			t.Error(err)
		}
		h.clean(t)
	})
	t.Run("it is nothing for a transaction, for who has asked already, or for what nobody does again", func(t *testing.T) {
		ctx, _ := loose()
		for name, ctx := range map[string]context.Context{"still": tenants.Still(ctx), "unwatched": tenants.Loose(context.Background())} {
			if granted, err := run(ctx, "so", both); granted || err != nil {
				t.Error(name, granted, err)
			}
		}
		err := h.store.ReadTx(ctx, h.tenant, func(ctx context.Context) error {
			if _, err := one(ctx); err != nil {
				return err
			}
			if tenants.Granted(ctx, `SELECT 1`, nil, func(pgx.Row) (bool, error) { return true, nil }) {
				t.Error("it came too late")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestReadTx(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	before := p.fingerprint(t, p.a)
	write := func(what string, fn func(context.Context) error) {
		for _, ctx := range []context.Context{context.Background(), tenants.Loose(context.Background())} {
			err := p.Store.ReadTx(ctx, p.a, func(ctx context.Context) error { return fn(ctx) })
			if sqlState(err) != isReadOnly && !gen.IsValidationError(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	for _, e := range entities(p.Store.Ent()) {
		write(e.name+" update", func(ctx context.Context) error { return e.update(ctx, p.ofA[e.name]) })
		write(e.name+" create", e.create)
	}
	write("raw", func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `UPDATE terms SET ordinal = 9`)
		return err
	})
	write("a number", func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `SELECT audit_append('{"at":"","action":"","actor":"","object":""}')`)
		return err
	})
	if p.fingerprint(t, p.a) != before {
		t.Error("it wrote")
	}
	t.Run("and the next user of the connection may write", func(t *testing.T) {
		h := newHouse(t)
		_ = h.store.ReadTx(context.Background(), h.tenant, func(context.Context) error { return nil })
		h.clean(t)
	})
}

func TestNestedDoors(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, other := context.Background(), tenantstest.Tenant(t, h.db, "210202", "乙区政协", "DISTRICT")
	type door func(context.Context, uuid.UUID, func(context.Context) error) error
	global := func(ctx context.Context, _ uuid.UUID, fn func(context.Context) error) error {
		return h.store.Global(ctx, fn)
	}
	for _, c := range []struct {
		sentence     string
		outer, inner door
		tenant       uuid.UUID // of the inner one
		joins        bool
	}{
		{"writing in writing joins", h.store.InTx, h.store.InTx, h.tenant, true},
		{"reading in writing joins", h.store.InTx, h.store.ReadTx, h.tenant, true},
		{"reading in reading joins", h.store.ReadTx, h.store.ReadTx, h.tenant, true},
		{"writing in reading is refused", h.store.ReadTx, h.store.InTx, h.tenant, false},
		{"another tenant's is refused", h.store.InTx, h.store.InTx, other, false},
		{"another tenant's reading is refused", h.store.ReadTx, h.store.ReadTx, other, false},
		{"Global in a tenant's is refused", h.store.InTx, global, uuid.Nil, false},
		{"a tenant's in Global is refused", global, h.store.InTx, h.tenant, false},
		{"Global in Global joins", global, global, uuid.Nil, true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			entered := false
			err := c.outer(ctx, h.tenant, func(outer context.Context) error {
				return c.inner(outer, c.tenant, func(inner context.Context) error {
					entered = inner == outer
					return nil
				})
			})
			if entered != c.joins || (err == nil) != c.joins {
				t.Errorf("entered %v, %v", entered, err)
			}
		})
	}
	t.Run("the inner one commits nothing", func(t *testing.T) {
		_ = h.store.InTx(ctx, h.tenant, func(ctx context.Context) error {
			_ = h.store.InTx(ctx, h.tenant, func(ctx context.Context) error { return h.write(ctx, 1) })
			return errors.New("the outer one fails")
		})
		if h.days() != 0 {
			t.Error(h.days())
		}
	})
}

func TestTheFirstSavepointOfWhatHasWrittenNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	must := func(err error) {
		if err != nil {
			t.Error(err)
		}
	}
	settings := func(ctx context.Context) (out string) {
		must(tenants.Row(ctx, `SELECT concat_ws(' ', current_setting('app.tenant'), current_setting('plan_cache_mode'), current_setting('transaction_read_only'))`, nil, &out))
		return out
	}
	must(h.store.InTx(context.Background(), h.tenant, func(ctx context.Context) error {
		tenants.Unwritten(ctx)
		was, before := settings(ctx), tenants.Statements(ctx)
		err := tenants.Savepoint(ctx, func(ctx context.Context) error {
			must(h.write(ctx, 1))
			_, err := tenants.Exec(ctx, `SELECT 1/0`)
			return err
		})
		if n := tenants.Statements(ctx) - before; err == nil || n != 3 || settings(ctx) != was {
			t.Errorf("%v, %d statements, %s, was %s", err, n, settings(ctx), was)
		}
		if err := tenants.Savepoint(ctx, func(ctx context.Context) error { return h.write(ctx, 2) }); err != nil {
			return err
		}
		err = tenants.Savepoint(ctx, func(ctx context.Context) error { return errors.Join(h.write(ctx, 3), errors.New("mistake")) })
		if err == nil {
			t.Error("the second is undone alone")
		}
		return nil
	}))
	if n := h.days(); n != 1 {
		t.Errorf("%d days", n)
	}
}

func TestSavepoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mistake := errors.New("mistake")
	var ran []string
	later := func(ctx context.Context, what string) {
		if err := tenants.AfterCommit(ctx, func() { ran = append(ran, what) }); err != nil {
			t.Error(err)
		}
	}
	err := h.store.InTx(context.Background(), h.tenant, func(ctx context.Context) error {
		later(ctx, "before")
		err := tenants.Savepoint(ctx, func(ctx context.Context) error {
			later(ctx, "undone")
			if err := tenants.Savepoint(ctx, func(ctx context.Context) error { return h.write(ctx, 1) }); err != nil {
				t.Error(err)
			}
			return errors.Join(h.write(ctx, 2), mistake)
		})
		if !errors.Is(err, mistake) {
			t.Error(err)
		}
		err = tenants.Savepoint(ctx, func(ctx context.Context) error { _, err := tenants.Exec(ctx, `SELECT 1/0`); return err })
		if err == nil {
			t.Error("no error")
		}
		if got, _ := tenants.Current(ctx); got != h.tenant {
			t.Error("the tenant was lost with the savepoint")
		}
		return tenants.Savepoint(ctx, func(ctx context.Context) error { later(ctx, "after"); return h.write(ctx, 3) })
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("what failed is undone, with what had succeeded inside it; the rest stays", func(t *testing.T) {
		if h.days() != 1 {
			t.Error(h.days())
		}
	})
	t.Run("what was to follow the commit follows it, but for what was undone", func(t *testing.T) {
		if len(ran) != 2 || ran[0] != "before" || ran[1] != "after" {
			t.Error(ran)
		}
	})
	t.Run("nothing follows a rollback", func(t *testing.T) {
		ran = nil
		_ = h.store.InTx(context.Background(), h.tenant, func(ctx context.Context) error { later(ctx, "never"); return mistake })
		if len(ran) != 0 {
			t.Error(ran)
		}
	})
}

func TestPlainSQL(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	err := h.store.InTx(context.Background(), h.tenant, func(ctx context.Context) error {
		first := tenants.Statements(ctx)
		type row struct {
			N int
			S string
		}
		rows, err := tenants.Rows[row](ctx, `SELECT n, n::text FROM generate_series(1, $1) n`, 3)
		if err != nil || len(rows) != 3 || rows[2] != (row{3, "3"}) {
			t.Error(rows, err)
		}
		if names, err := tenants.Collect(ctx, pgx.RowTo[string], `SELECT 'a' UNION SELECT 'b' ORDER BY 1`); err != nil || len(names) != 2 {
			t.Error(names, err)
		}
		if err := tenants.Row(ctx, `SELECT 1 WHERE false`, nil, new(int)); !tenants.NoRows(err) {
			t.Error(err)
		}
		if err := tenants.WithTx(ctx, func(tx pgx.Tx) error { _, err := tx.Exec(ctx, `SELECT 1`); return err }); err != nil {
			t.Error(err)
		}
		if n := tenants.Statements(ctx) - first; n != 4 {
			t.Errorf("%d statements were counted", n)
		}
		return h.write(ctx, 0)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a refused constraint becomes an error that can be shown", func(t *testing.T) {
		for sql, code := range map[string]errs.Code{
			`INSERT INTO workdays (id, tenant_id, created_at, day, working) SELECT gen_random_uuid(), tenant_id, now(), day, true FROM workdays`: errs.Conflict,
			`INSERT INTO seats (id, tenant_id, created_at, membership_id, unit_id) SELECT gen_random_uuid(), $1, now(), $1, $1`:                  errs.Invalid,
			`SELECT chr(0)`: "", `SELECT E'\xff'`: errs.Invalid,
		} {
			args := []any{}
			if code == errs.Invalid && sql[0] == 'I' {
				args = append(args, h.tenant)
			}
			err := h.store.InTx(context.Background(), h.tenant, func(ctx context.Context) error {
				_, err := tenants.Exec(ctx, sql, args...)
				return tenants.Translate(err)
			})
			if e, ok := errs.As(err); err == nil || ok != (code != "") || (ok && e.Code != code) {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

func TestTheFilterAloneIsEnough(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	store, err := tenants.OpenUnchecked(context.Background(), p.SuperURL) // a role that no policy binds
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, e := range entities(store.Ent()) {
		err := store.InTx(context.Background(), p.b, func(ctx context.Context) error {
			ids, _, err := e.list(ctx)
			n, err2 := e.updateAll(ctx)
			if !gen.IsNotFound(e.get(ctx, p.ofA[e.name])) || !gen.IsNotFound(e.update(ctx, p.ofA[e.name])) || n != len(ids) {
				t.Errorf("%s crosses: %d rows seen, %d changed", e.name, len(ids), n)
			}
			return errors.Join(err, err2, errUndo)
		})
		if !errors.Is(err, errUndo) || len(err.Error()) != len(errUndo.Error()) {
			t.Errorf("%s: %v", e.name, err)
		}
	}
}
