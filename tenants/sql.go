package tenants

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/internal/errs"
)

// The plain SQL of the tables that are no ent entities (sequences, audit,
// accounts) goes through these; like ent's it runs in the context's
// transaction only.

// Exec runs a statement.
func Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	s, err := current(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(1)
	tag, err := s.tx.Exec(ctx, sql, args...)
	return tag, s.told(ctx, err)
}

// Row scans the first row; pgx.ErrNoRows when there is none.
func Row(ctx context.Context, sql string, args []any, dest ...any) error {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(1)
	return s.told(ctx, s.tx.QueryRow(ctx, sql, args...).Scan(dest...))
}

// Rows collects all rows into structs by position.
func Rows[T any](ctx context.Context, sql string, args ...any) ([]T, error) {
	return Collect(ctx, pgx.RowToStructByPos[T], sql, args...)
}

// Collect collects all rows with a function of pgx, such as pgx.RowTo[string].
func Collect[T any](ctx context.Context, to pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	s, err := current(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(1)
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, s.told(ctx, err)
	}
	list, err := pgx.CollectRows(rows, to)
	return list, s.told(ctx, err)
}

// Statement is one of several that are sent together.
type Statement struct {
	SQL  string
	Args []any
}

// Together asks several statements in one round trip; read takes the rows of
// each, in their order.
func Together(ctx context.Context, list []Statement, read func(i int, rows pgx.Rows) error) (err error) {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(int64(len(list)))
	var b pgx.Batch
	for _, x := range list {
		b.Queue(x.SQL, x.Args...)
	}
	results := s.tx.SendBatch(ctx, &b)
	defer func() { err = s.told(ctx, errors.Join(err, results.Close())) }()
	for i := range list {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		err = read(i, rows)
		rows.Close()
		if err = errors.Join(err, rows.Err()); err != nil {
			return err
		}
	}
	return nil
}

// Alone lets one transaction at a time of the context's tenant do what is
// named, until it ends.
func Alone(ctx context.Context, what string) error {
	_, err := Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1 || current_setting('app.tenant'), 0))`, what+" ")
	return err
}

// NoRows reports whether a Row call found nothing.
func NoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }

// Translate turns a constraint that the database refused into the shown
// error it means; other errors, shown ones that have it as their cause
// included, pass unchanged.
func Translate(err error) error {
	var pg *pgconn.PgError
	if _, said := errs.As(err); said || !errors.As(err, &pg) { // who said more already is not talked over
		return err
	}
	switch pg.Code {
	case "23505":
		return errs.New(errs.Conflict, "已有相同的记录，请刷新后再试").Because(err)
	case "23503", "23502", "23514":
		return errs.New(errs.Invalid, "引用的对象不存在或内容不合要求，请检查后重填").Because(err)
	case "40001", "40P01", "55P03":
		return errs.New(errs.Unavailable, "同时有人在修改，请再试一次").Because(err)
	case "22021", "22P05":
		return errs.New(errs.Invalid, "文字中有不能保存的控制字符，请删除后再提交").Because(err)
	}
	if strings.HasPrefix(pg.Code, "22") {
		return discreet{err, pg.Message}
	}
	return err
}

// discreet is an error for the log in which PostgreSQL repeats the value that it
// could not read (class 22); that may be anybody's telephone number.
type discreet struct {
	error
	says string
}

func (d discreet) Unwrap() error { return d.error }

func (d discreet) Error() string {
	return strings.ReplaceAll(d.error.Error(), d.says, "a value that PostgreSQL cannot read")
}
