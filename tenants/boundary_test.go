package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// sqlState is PostgreSQL's code of an error, empty when it is none of its.
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

const (
	forbidden  = "42501" // no right to the table, or row-level security
	noSuchRow  = "23503" // foreign key
	isReadOnly = "25006"
)

// fingerprint of all rows of a tenant, seen as superuser.
func (p *pair) fingerprint(t *testing.T, tenant uuid.UUID) (sum string) {
	t.Helper()
	var parts []string
	for _, table := range tenantTables(t, p.SuperURL) {
		parts = append(parts, fmt.Sprintf(`(SELECT count(*) || md5(coalesce(string_agg(x::text, ',' ORDER BY x::text), '')) FROM %s x WHERE tenant_id = $1)`, table))
	}
	p.AsSuper(t, `SELECT `+strings.Join(parts, " || "), []any{tenant}, &sum)
	return sum
}

func TestNothingOfAnotherTenantIsFoundOrChangedThroughEnt(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	before := p.fingerprint(t, p.a)
	all := entities(p.Store.Ent())
	if len(all) != len(p.ofA) || len(all) != len(changes) {
		t.Fatalf("%d types, %d planted, %d changes: a new type needs a row and a field", len(all), len(p.ofA), len(changes))
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) { nothingCrosses(t, p, e) })
	}
	t.Run("the other tenant's rows are what they were", func(t *testing.T) {
		if p.fingerprint(t, p.a) != before {
			t.Error("they have changed")
		}
	})
}

// nothingCrosses looks as tenant B for what is tenant A's.
func nothingCrosses(t *testing.T, p *pair, e entity) {
	theirs, mine := p.ofA[e.name], p.ofB[e.name]
	missing := uuid.Must(uuid.NewV7())
	alone := func(what string, fn func(context.Context) error) {
		t.Helper()
		p.in(t, p.b, func(ctx context.Context) {
			if err := tenants.Savepoint(ctx, fn); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	alone("by id it looks as if it did not exist", func(ctx context.Context) error {
		got, none := e.get(ctx, theirs), e.get(ctx, missing)
		if !gen.IsNotFound(got) || got.Error() != none.Error() {
			return fmt.Errorf("theirs: %v, missing: %v", got, none)
		}
		return e.get(ctx, mine)
	})
	alone("lists hold the tenant's own rows only", func(ctx context.Context) error {
		ids, of, err := e.list(ctx)
		n, err2 := e.count(ctx)
		if slices.Contains(ids, theirs) || !slices.Contains(ids, mine) || n != len(ids) {
			return fmt.Errorf("ids %v, count %d", ids, n)
		}
		if slices.ContainsFunc(of, func(id uuid.UUID) bool { return id != p.b }) {
			return fmt.Errorf("tenants %v", of)
		}
		return errors.Join(err, err2)
	})
	alone("a change of theirs is refused as if it did not exist", func(ctx context.Context) error {
		got := tenants.Savepoint(ctx, func(ctx context.Context) error { return e.update(ctx, theirs) })
		none := tenants.Savepoint(ctx, func(ctx context.Context) error { return e.update(ctx, missing) })
		if got == nil || got.Error() != none.Error() || (!gen.IsNotFound(got) && !ledgers[e.name]) {
			return fmt.Errorf("theirs: %v, missing: %v", got, none)
		}
		return nil
	})
	alone("a change of one row is one statement, and brings the row back as it is then", func(ctx context.Context) error {
		if ledgers[e.name] {
			return nil
		}
		before := tenants.Statements(ctx)
		row, err := e.updated(ctx, mine)
		if n := tenants.Statements(ctx) - before; err != nil || n != 1 {
			return fmt.Errorf("%d statements, %v", n, err)
		}
		stored, err := e.row(ctx, mine)
		if row != stored {
			err = fmt.Errorf("%s, stored %s", row, stored)
		}
		return err
	})
	alone("a change of all changes the tenant's own rows", func(ctx context.Context) error {
		own, _ := e.count(ctx)
		n := 0
		err := tenants.Savepoint(ctx, func(ctx context.Context) (err error) {
			n, err = e.updateAll(ctx)
			return err
		})
		if ledgers[e.name] {
			if sqlState(err) != forbidden {
				return fmt.Errorf("a ledger was changed: %v", err)
			}
			return nil
		}
		if n != own {
			return fmt.Errorf("%d of %d rows", n, own)
		}
		return err
	})
}

func TestRawSQLStaysInside(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	before := p.fingerprint(t, p.a)
	for _, table := range tenantTables(t, p.SuperURL) {
		t.Run(table, func(t *testing.T) { rawStaysInside(t, p, table) })
	}
	if p.fingerprint(t, p.a) != before {
		t.Error("the other tenant's rows have changed")
	}
}

func rawStaysInside(t *testing.T, p *pair, table string) {
	right := rightsOf(t, p.SuperURL, table)
	right["UPDATE"] = mayUpdate(t, p.SuperURL, table, "tenant_id") // of a few columns, perhaps
	try := func(sql string, args ...any) (n int64, err error) {
		err = p.Store.InTx(context.Background(), p.b, func(ctx context.Context) error {
			tag, err := tenants.Exec(ctx, sql, args...)
			n = tag.RowsAffected()
			if err == nil {
				err = errUndo
			}
			return err
		})
		return n, err
	}
	if right["SELECT"] {
		rawSees(t, p, table)
	} else if _, err := try(`SELECT FROM ` + table); sqlState(err) != forbidden {
		t.Errorf("it was read: %v", err)
	}
	for _, c := range []struct{ verb, sql string }{
		{"UPDATE", `UPDATE ` + table + ` SET tenant_id = tenant_id WHERE tenant_id = $1`},
		{"DELETE", `DELETE FROM ` + table + ` WHERE tenant_id = $1`},
	} {
		n, err := try(c.sql, p.a)
		if right[c.verb] && (n != 0 || err != errUndo) || !right[c.verb] && sqlState(err) != forbidden {
			t.Errorf("%s of their rows: %d rows, %v", c.verb, n, err)
		}
	}
	if _, err := try(`UPDATE `+table+` SET tenant_id = $1`, p.a); sqlState(err) != forbidden {
		t.Errorf("a row was given away: %v", err)
	}
	if _, err := try(`TRUNCATE ` + table); sqlState(err) != forbidden {
		t.Errorf("it was truncated: %v", err)
	}
	insert := `INSERT INTO ` + table + ` DEFAULT VALUES`
	if right["INSERT"] {
		insert = copyWith(table, "tenant_id", p.a)
	}
	if _, err := try(insert); sqlState(err) != forbidden {
		t.Errorf("a row was put into another tenant: %v", err)
	}
}

// rawSees: its own rows and no others, and nothing without a tenant.
func rawSees(t *testing.T, p *pair, table string) {
	p.in(t, p.b, func(ctx context.Context) {
		var own, foreign int
		if err := tenants.Row(ctx, `SELECT count(*), count(*) FILTER (WHERE tenant_id <> $1) FROM `+table, []any{p.b}, &own, &foreign); err != nil {
			t.Fatal(err)
		}
		if own == 0 || foreign != 0 {
			t.Errorf("sees %d rows, %d of them foreign", own, foreign)
		}
	})
	if err := p.Store.Global(context.Background(), func(ctx context.Context) error {
		var n int
		err := tenants.Row(ctx, `SELECT count(*) FROM `+table, nil, &n)
		if n != 0 {
			t.Errorf("without a tenant it sees %d rows", n)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

var errUndo = errors.New("undo")

// copyWith inserts a copy of the tenant's row under a new id with one column
// changed; a version is another too, where the table counts them.
func copyWith(table, column string, id uuid.UUID) string {
	return fmt.Sprintf(`INSERT INTO %[1]s SELECT (jsonb_populate_record(NULL::%[1]s, to_jsonb(r) || '{"id": %[4]q, "version": 1000000, %[2]q: %[3]q}')).* FROM %[1]s r LIMIT 1`,
		table, column, id, uuid.New())
}

func TestAReferenceToAnotherTenantsRowIsRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	keys := foreignKeys(t, p.SuperURL)
	if len(keys) < 50 {
		t.Fatalf("only %d references found", len(keys))
	}
	for _, k := range keys {
		t.Run(k.table+"."+k.column, func(t *testing.T) {
			// The newest row: a matter without a payload, since a payload's matter
			// is unique (TestCatalog lists the two indexes).
			var theirs uuid.UUID
			p.AsSuper(t, `SELECT id FROM `+k.refers+` WHERE tenant_id = $1 ORDER BY id DESC LIMIT 1`, []any{p.a}, &theirs)
			sql, args, right := copyWith(k.table, k.column, theirs), []any(nil), rightsOf(t, p.SuperURL, k.table)
			if mayUpdate(t, p.SuperURL, k.table, k.column) {
				sql, args = `UPDATE `+k.table+` SET `+k.column+` = $1`, []any{theirs}
			} else if !right["INSERT"] { // only functions write here, with their owner's rights
				if err := p.asOwner(t, k, theirs); sqlState(err) != noSuchRow {
					t.Errorf("it says %v", err)
				}
				return
			}
			err := p.Store.InTx(context.Background(), p.b, func(ctx context.Context) error {
				_, err := tenants.Exec(ctx, sql, args...)
				return err
			})
			if sqlState(err) != noSuchRow {
				t.Errorf("it says %v", err)
			}
		})
	}
	t.Run("through ent too", func(t *testing.T) {
		err := p.Store.InTx(context.Background(), p.b, func(ctx context.Context) error {
			return p.Store.Ent().Party.Create().SetMatterID(p.bareA).SetRole("CO").SetName("外人").Exec(ctx)
		})
		if sqlState(err) != noSuchRow {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a caller cannot name the tenant of a new row", func(t *testing.T) {
		p.in(t, p.b, func(ctx context.Context) {
			if u := p.Store.Ent().Workday.Create().SetTenantID(p.a).SetDay(anyDay).SetWorking(true).SaveX(ctx); u.TenantID != p.b {
				t.Error("it was put into another tenant")
			}
		})
	})
}

// asOwner lets tenant B's rows refer to another's as no function would: with
// the rights of who owns the table, its own triggers set aside.
func (p *pair) asOwner(t *testing.T, k foreignKey, theirs uuid.UUID) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, p.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `ALTER TABLE `+k.table+` DISABLE TRIGGER USER`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE `+k.table+` SET `+k.column+` = $1 WHERE ctid = (SELECT ctid FROM `+k.table+` WHERE tenant_id = $2 LIMIT 1)`, theirs, p.b)
		return errors.Join(err, errUndo)
	})
}

func TestANewRowHasItsTimeFromTheClock(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	now := time.Date(2031, 5, 4, 9, 0, 0, 0, clock.Shanghai)
	at := &clock.Movable{}
	at.Set(now)
	p.in(t, p.a, func(ctx context.Context) {
		w := p.Store.Ent().Workday.Create().SetDay(anyDay).SetWorking(true).SaveX(clock.With(ctx, at))
		if !w.CreatedAt.Equal(now) {
			t.Error(w.CreatedAt)
		}
	})
}

func TestWithoutATenantThereIsNoWork(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	nothing := func(t *testing.T, ctx context.Context) {
		for _, e := range entities(p.Store.Ent()) {
			_, _, list := e.list(ctx)
			_, count := e.count(ctx)
			_, all := e.updateAll(ctx)
			for what, err := range map[string]error{
				"get": e.get(ctx, p.ofA[e.name]), "list": list, "count": count, "create": e.create(ctx),
				"update": e.update(ctx, p.ofA[e.name]), "update all": all,
			} {
				if !errors.Is(err, tenants.ErrNoTenant) {
					t.Errorf("%s %s: %v", e.name, what, err)
				}
			}
		}
	}
	t.Run("outside every door", func(t *testing.T) { nothing(t, context.Background()) })
	t.Run("inside Global", func(t *testing.T) {
		_ = p.Store.Global(context.Background(), func(ctx context.Context) error { nothing(t, ctx); return nil })
	})
	t.Run("in a goroutine that lost the context", func(t *testing.T) {
		p.in(t, p.a, func(context.Context) {
			done := make(chan struct{})
			go func() { defer close(done); nothing(t, context.Background()) }()
			<-done
		})
	})
	t.Run("plain SQL neither", func(t *testing.T) {
		ctx := context.Background()
		_, exec := tenants.Exec(ctx, `SELECT 1`)
		_, rows := tenants.Rows[struct{ N int }](ctx, `SELECT 1`)
		for what, err := range map[string]error{
			"Exec": exec, "Rows": rows, "Row": tenants.Row(ctx, `SELECT 1`, nil), "Savepoint": tenants.Savepoint(ctx, nil),
			"AfterCommit": tenants.AfterCommit(ctx, nil), "Alone": tenants.Alone(ctx, "x"), "WithTx": tenants.WithTx(ctx, nil),
			"InTx": p.Store.InTx(ctx, uuid.Nil, nil), "ReadTx": p.Store.ReadTx(ctx, uuid.Nil, nil),
		} {
			if !errors.Is(err, tenants.ErrNoTenant) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if tenants.Statements(ctx) != 0 {
			t.Error("statements were counted")
		}
	})
}

func TestTheDirectoryIsReadWithoutATenantAndWrittenByProvisionOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	err := h.store.Global(context.Background(), func(ctx context.Context) error {
		c := h.store.Ent().Tenant
		if n := c.Query().CountX(ctx); n != 1 {
			t.Errorf("%d committees", n)
		}
		for what, err := range map[string]error{
			"create": c.Create().SetCode("1").SetName("-").SetShortName("-").SetLevel("CITY").Exec(ctx),
			"update": c.UpdateOneID(h.tenant).SetName("-").Exec(ctx), "delete": c.DeleteOneID(h.tenant).Exec(ctx),
		} {
			if err == nil || sqlState(err) != "" { // refused before the database is asked
				t.Errorf("%s: %v", what, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNothingIsDeletedThroughEnt(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.in(t, p.a, func(ctx context.Context) {
		for _, e := range entities(p.Store.Ent()) {
			for _, err := range []error{e.delete(ctx, p.ofA[e.name]), e.deleteAll(ctx)} {
				if err == nil || sqlState(err) != "" { // refused before the database is asked
					t.Errorf("%s: %v", e.name, err)
				}
			}
		}
	})
}
