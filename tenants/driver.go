package tenants

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/intercept"
	"github.com/bihuan/bihuan/internal/clock"
)

// newClient makes the client whose driver finds its transaction in the
// context, with the hook that names the tenant of a new row and refuses to
// delete, and the filter of every query and change.
func newClient() *gen.Client {
	c := gen.NewClient(gen.Driver(ctxDriver{}))
	c.Use(stamp)
	c.Intercept(intercept.TraverseFunc(filter))
	return c
}

func stamp(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		switch {
		case m.Type() == gen.TypeTenant:
			return nil, errors.New("tenants: the directory is written by Provision only")
		case m.Op().Is(ent.OpDelete | ent.OpDeleteOne):
			return nil, fmt.Errorf("tenants: %s is never deleted", m.Type())
		}
		t, err := Current(ctx)
		if err != nil {
			return nil, err
		}
		if m.Op().Is(ent.OpCreate) {
			err = errors.Join(m.SetField("tenant_id", t), created(ctx, m))
		} else {
			m.(interface {
				WhereP(...func(*entsql.Selector))
			}).WhereP(ofTenant(t))
		}
		changed(ctx, m)
		if err != nil {
			return nil, err
		}
		return next.Mutate(ctx, m)
	})
}

// created fills the time of creation by the product's clock: ent's own defaults
// know no context, and so no clock but the machine's. A caller may give one.
func created(ctx context.Context, m ent.Mutation) error {
	if _, given := m.Field("created_at"); given {
		return nil
	}
	return m.SetField("created_at", clock.Now(ctx))
}

// changed does the same for the time of the last change, where an entity has one.
func changed(ctx context.Context, m ent.Mutation) {
	row, ok := m.(interface {
		UpdatedAt() (time.Time, bool)
		SetUpdatedAt(time.Time)
	})
	if !ok {
		return
	}
	if _, given := row.UpdatedAt(); !given {
		row.SetUpdatedAt(clock.Now(ctx))
	}
}

func filter(ctx context.Context, q intercept.Query) error {
	if q.Type() == gen.TypeTenant {
		return nil
	}
	t, err := Current(ctx)
	if err != nil {
		return err
	}
	q.WhereP(ofTenant(t))
	return nil
}

func ofTenant(t uuid.UUID) func(*entsql.Selector) {
	return func(s *entsql.Selector) { s.Where(entsql.EQ(s.C("tenant_id"), t)) }
}

// ctxDriver is ent's driver without a connection of its own.
type ctxDriver struct{}

func (ctxDriver) Dialect() string { return dialect.Postgres }
func (ctxDriver) Close() error    { return nil }

// Tx joins: ent opens small transactions of its own around updates of one row.
func (d ctxDriver) Tx(context.Context) (dialect.Tx, error) { return &joined{ctxDriver: d}, nil }

func (ctxDriver) Exec(ctx context.Context, query string, args, v any) error {
	list, ok := args.([]any)
	if !ok {
		return fmt.Errorf("tenants: arguments are %T", args)
	}
	tag, err := Exec(ctx, query, list...)
	if err != nil {
		return err
	}
	if r, ok := v.(*stdsql.Result); ok {
		*r = driver.RowsAffected(tag.RowsAffected())
	}
	return nil
}

func (ctxDriver) Query(ctx context.Context, query string, args, v any) error {
	dest, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("tenants: result is %T", v)
	}
	list, ok := args.([]any)
	if !ok {
		return fmt.Errorf("tenants: arguments are %T", args)
	}
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock() // held until the rows are closed: the connection is busy till then
	s.statements.Add(1)
	rows, err := s.tx.Query(ctx, query, list...)
	if err != nil {
		s.mu.Unlock()
		return s.told(ctx, err)
	}
	told := func(err error) error { return s.told(ctx, err) }
	*dest = entsql.Rows{ColumnScanner: &scanner{rows: rows, told: told, release: sync.OnceFunc(s.mu.Unlock)}}
	return nil
}

// scanner lets ent read pgx's rows.
type scanner struct {
	rows    pgx.Rows
	told    func(error) error
	release func()
}

func (r *scanner) Close() error {
	r.rows.Close()
	defer r.release()
	return r.Err()
}

func (r *scanner) Columns() ([]string, error) {
	fields := r.rows.FieldDescriptions()
	if len(fields) == 0 { // the query failed: pgx says so only when the rows are closed
		r.rows.Close()
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return named(fields), nil
}

func named(fields []pgconn.FieldDescription) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

func (r *scanner) ColumnTypes() ([]*stdsql.ColumnType, error) {
	return nil, errors.New("tenants: column types are not known")
}
func (r *scanner) Err() error             { return r.told(r.rows.Err()) }
func (r *scanner) Next() bool             { return r.rows.Next() }
func (r *scanner) NextResultSet() bool    { return false }
func (r *scanner) Scan(dest ...any) error { return r.rows.Scan(dest...) }
