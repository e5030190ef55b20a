package tenants

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/bihuan/bihuan/ent/gen/migrate"
)

// joined is the small transaction that ent opens around the update of one row
// and the reading of what has become of it. It joins the context's. The update
// brings the row back itself, and is not asked for it a second time.
type joined struct {
	ctxDriver
	back *returned // the row, until ent asks for it
}

func (*joined) Commit() error   { return nil }
func (*joined) Rollback() error { return nil }

func (j *joined) Exec(ctx context.Context, query string, args, v any) error {
	columns := columnsOf(query)
	result, ok := v.(*stdsql.Result)
	list, given := args.([]any)
	if columns == "" || !ok || !given {
		return j.ctxDriver.Exec(ctx, query, args, v)
	}
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(1)
	rows, err := s.tx.Query(ctx, query+" RETURNING "+columns, list...)
	if err != nil {
		return s.told(ctx, err)
	}
	if rows.Next() {
		j.back = &returned{types: s.tx.Conn().TypeMap(), fields: slices.Clone(rows.FieldDescriptions()), next: true}
		for _, value := range rows.RawValues() {
			j.back.values = append(j.back.values, slices.Clone(value))
		}
	}
	rows.Close()
	*result = driver.RowsAffected(rows.CommandTag().RowsAffected())
	return s.told(ctx, rows.Err())
}

func (j *joined) Query(ctx context.Context, query string, args, v any) error {
	dest, ok := v.(*entsql.Rows)
	if j.back == nil || !ok {
		return j.ctxDriver.Query(ctx, query, args, v)
	}
	*dest = entsql.Rows{ColumnScanner: j.back}
	j.back = nil
	return nil
}

// columns are what ent reads of each table, for RETURNING.
var columns = func() map[string]string {
	out := map[string]string{}
	for _, t := range migrate.Tables {
		var names []string
		for _, c := range t.Columns {
			names = append(names, `"`+c.Name+`"`)
		}
		out[t.Name] = strings.Join(names, ", ")
	}
	return out
}()

// columnsOf are those of the table that an ent update changes, empty for every
// other statement.
func columnsOf(query string) string {
	rest, is := strings.CutPrefix(query, `UPDATE "`)
	table, _, _ := strings.Cut(rest, `"`)
	if !is {
		return ""
	}
	return columns[table]
}

// returned is one row as it came over the wire.
type returned struct {
	types  *pgtype.Map
	fields []pgconn.FieldDescription
	values [][]byte
	next   bool // it has not been read
}

func (r *returned) Close() error           { return nil }
func (r *returned) Err() error             { return nil }
func (r *returned) NextResultSet() bool    { return false }
func (r *returned) Scan(dest ...any) error { return pgx.ScanRow(r.types, r.fields, r.values, dest...) }

func (r *returned) Next() (was bool) {
	was, r.next = r.next, false
	return was
}

func (r *returned) Columns() ([]string, error) { return named(r.fields), nil }

func (r *returned) ColumnTypes() ([]*stdsql.ColumnType, error) {
	return nil, errors.New("tenants: column types are not known")
}

var _ dialect.Tx = (*joined)(nil)
