package tenants

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// link is what a session asks the database through.
type link interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
	Conn() *pgx.Conn
}

type looseKey struct{}

// Loose makes the reading transactions that are opened below the context one for
// each round trip instead of one for all: nothing is sent to begin and to commit.
// What one statement read may have changed for the next, as in any reading
// transaction that is not Still; nothing can be written in it either, and after a
// statement that failed nothing of it counts.
func Loose(ctx context.Context) context.Context { return context.WithValue(ctx, looseKey{}, true) }

// loose names the tenant in front of every round trip: up to its end PostgreSQL
// takes what is sent together for one transaction, and is_local ends with it.
type loose struct {
	conn   *pgxpool.Conn
	raw    *pgx.Conn
	tenant string
	over   atomic.Bool // the connection is somebody else's by now
	taken  *granted    // what is asked with the next round trip
	denied error       // why nothing more is answered
}

// granted is what a session took for granted.
type granted struct {
	Statement
	holds func(pgx.Row) (bool, error)
}

// ErrBelied says that something which a reading transaction took for granted was
// not so. Nothing was answered out of it, and the work is to be done again.
var ErrBelied = errors.New("tenants: what was taken for granted is not so")

// Granted lets a reading transaction take for granted what a statement is to say,
// so that it is asked in the first round trip and not in one of its own before it:
// nothing of that round trip is read unless it holds, and without any it is asked
// at the end. false: it has to be asked at once, since the transaction is another,
// has asked something already, or is one that nobody does again (Fate): also
// where something has been kept before it.
func Granted(ctx context.Context, sql string, args []any, holds func(pgx.Row) (bool, error)) bool {
	s, err := current(ctx)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.tx.(*loose)
	if !ok || s.statements.Load() > 0 || !s.fate.watched || s.fate.spent() {
		return false
	}
	s.statements.Add(1)
	l.taken = &granted{Statement{sql, args}, holds}
	return true
}

// ask reads what was taken for granted.
func (l *loose) ask(results pgx.BatchResults) {
	taken := l.taken
	l.taken = nil
	if holds, err := taken.holds(results.QueryRow()); err != nil {
		l.denied = err
	} else if !holds {
		l.denied = ErrBelied
	}
}

// release gives the connection back; a context that outlives its door leads
// nowhere.
func (l *loose) release() {
	l.over.Store(true)
	l.conn.Release()
}

const entering = `select set_config('app.tenant', $1, true), set_config('transaction_read_only', 'on', true)`

func (l *loose) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	switch {
	case l.over.Load():
		return nothing{nil, pgx.ErrTxClosed}
	case l.denied != nil:
		return nothing{nil, l.denied}
	}
	all := pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(b.QueuedQueries)+2)}
	all.Queue(entering, l.tenant)
	if l.taken != nil {
		all.Queue(l.taken.SQL, l.taken.Args...)
	}
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	results := l.conn.SendBatch(ctx, &all)
	_, _ = results.Exec() // where it failed, what comes next says so
	if l.taken == nil {
		return results
	}
	if l.ask(results); l.denied != nil {
		return nothing{nil, errors.Join(l.denied, results.Close())}
	}
	return results
}

func (l *loose) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	var b pgx.Batch
	b.Queue(sql, args...)
	results := l.SendBatch(ctx, &b)
	rows, err := results.Query()
	if err != nil {
		return rows, errors.Join(err, results.Close())
	}
	return &closing{Rows: rows, results: results}, nil
}

func (l *loose) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := l.Query(ctx, sql, args...)
	return first{rows, err}
}

func (l *loose) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := l.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Commit asks what was taken for granted, if nothing else was asked.
func (l *loose) Commit(ctx context.Context) error {
	if l.taken == nil {
		return l.denied
	}
	err := l.SendBatch(ctx, &pgx.Batch{}).Close()
	return errors.Join(l.denied, err)
}

// Rollback has nothing to undo.
func (l *loose) Rollback(context.Context) error { return nil }

func (l *loose) Conn() *pgx.Conn { return l.raw }

// nothing is what comes of statements that are not asked.
type nothing struct {
	pgx.BatchResults
	why error
}

// Exec fails.
func (n nothing) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, n.why }

// Query fails.
func (n nothing) Query() (pgx.Rows, error) { return nil, n.why }

// QueryRow fails when it is read.
func (n nothing) QueryRow() pgx.Row { return first{nil, n.why} }

// Close has nothing to close.
func (nothing) Close() error { return nil }

// closing ends the round trip with its rows.
type closing struct {
	pgx.Rows
	results pgx.BatchResults
	over    bool
	err     error
}

// Next is pgx's: it closes at the end.
func (c *closing) Next() bool {
	if c.Rows.Next() {
		return true
	}
	c.Close()
	return false
}

// Close reads what is left, the end of the round trip included.
func (c *closing) Close() {
	c.Rows.Close()
	if !c.over {
		c.over, c.err = true, c.results.Close()
	}
}

// Err is what failed, in the rows or at the end.
func (c *closing) Err() error {
	if err := c.Rows.Err(); err != nil {
		return err
	}
	return c.err
}

// first is the first of some rows.
type first struct {
	rows pgx.Rows
	err  error
}

// Scan is pgx's.
func (f first) Scan(dest ...any) error {
	if f.err != nil {
		return f.err
	}
	defer f.rows.Close()
	if !f.rows.Next() {
		if err := f.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := f.rows.Scan(dest...); err != nil {
		return err
	}
	f.rows.Close()
	return f.rows.Err()
}
