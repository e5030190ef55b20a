package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is one target of COPY: rows calls emit once for each row that it has
// written into the line.
type table struct {
	name, columns string
	rows          func(l *line, emit func() error) error
}

// loader loads a world over one connection.
type loader struct {
	*world
	conn     *pgx.Conn
	progress func(format string, args ...any)
	rows     int64
}

// load is the one transaction.
func (l *loader) load(ctx context.Context) error {
	return pgx.BeginFunc(ctx, l.conn, func(tx pgx.Tx) error {
		// Triggers copy what is copied here too, and count versions for a tenant
		// that is not set; references are dropped below and checked as a whole.
		_, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica; SET LOCAL maintenance_work_mem = '512MB'; SET LOCAL synchronous_commit = off`)
		if err != nil {
			return err
		}
		tables := l.tables()
		names := make([]string, len(tables))
		for i, t := range tables {
			names[i] = t.name
		}
		again, err := takeDown(ctx, tx, names)
		if err != nil {
			return err
		}
		freeze, err := empty(ctx, tx, names)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if err := l.copy(ctx, tx, t, freeze); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		l.progress("%d rows; indexes", l.rows)
		for _, s := range again.indexes {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		l.progress("%d indexes; references", len(again.indexes))
		for _, s := range again.references {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		l.progress("%d references checked", len(again.references))
		return nil
	})
}

// rebuild is what takeDown took down, as the statements that make it anew.
type rebuild struct{ indexes, references []string }

// takeDown drops the references from and to the tables, then their indexes,
// but those of primary keys and other constraints.
func takeDown(ctx context.Context, tx pgx.Tx, tables []string) (again rebuild, err error) {
	collect := func(sql string) (make []string, err error) {
		rows, err := tx.Query(ctx, sql, tables)
		if err != nil {
			return nil, err
		}
		var drop []string
		var d, m string
		if _, err := pgx.ForEachRow(rows, []any{&d, &m}, func() error {
			drop, make = append(drop, d), append(make, m)
			return nil
		}); err != nil {
			return nil, err
		}
		for _, s := range drop {
			if _, err := tx.Exec(ctx, s); err != nil {
				return nil, err
			}
		}
		return make, nil
	}
	again.references, err = collect(`
		SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
		       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint
		WHERE contype = 'f' AND (conrelid = ANY ($1::text[]::regclass[]) OR confrelid = ANY ($1::text[]::regclass[]))
		ORDER BY conrelid::regclass::text, conname`)
	if err != nil {
		return again, err
	}
	again.indexes, err = collect(`
		SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		FROM pg_index i WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
		ORDER BY indrelid::regclass::text, indexrelid::regclass::text`)
	return again, err
}

// empty truncates the tables when none has a row: what is copied into a table
// that its own transaction has truncated need not go through the log, and can
// be frozen at once. Otherwise it leaves them alone and answers false.
func empty(ctx context.Context, tx pgx.Tx, tables []string) (bool, error) {
	for _, t := range tables {
		var any bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+pgx.Identifier{t}.Sanitize()+")").Scan(&any); err != nil || any {
			return false, err
		}
	}
	// Tables that refer to these but are not loaded are empty as well, or the
	// references could not have held.
	_, err := tx.Exec(ctx, "TRUNCATE "+strings.Join(tables, ", "))
	return true, err
}

// copy streams a table's rows. They are made on one core while PostgreSQL
// stores them on another.
func (l *loader) copy(ctx context.Context, tx pgx.Tx, t table, freeze bool) error {
	r, w := io.Pipe()
	go func() {
		out := newLine(w)
		err := t.rows(out, out.end)
		_ = w.CloseWithError(errors.Join(err, out.flush())) // it has no error of its own
	}()
	sql := "COPY " + pgx.Identifier{t.name}.Sanitize() + " (" + t.columns + ") FROM STDIN"
	if freeze {
		sql += " (FREEZE)"
	}
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, r, sql)
	_ = r.Close() // ends the writer when PostgreSQL refused
	if err != nil {
		return err
	}
	l.rows += tag.RowsAffected()
	l.progress("%-19s %10d rows", t.name, tag.RowsAffected())
	return nil
}
