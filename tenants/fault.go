package tenants

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/internal/errs"
)

// What becomes of a transaction when the database fails in it (O2, R25):
//
//   - A connection lost before the commit: nothing was done, and it says so.
//   - A connection lost in the commit: nobody knows. ErrUnknown says that; what
//     carried an idempotency key may come again with the same one.
//   - A plan that is older than its tables, after a migration beside a running
//     server: nothing was done; Fate.Again says that the work may be repeated.

// ErrUnknown is in the chain of an error after which nobody knows whether the
// transaction was committed.
var ErrUnknown = errors.New("tenants: the answer to COMMIT was lost")

// commitTime is how long a commit may take. It does not listen to its caller,
// who may hang up: what is cut off in a commit is unknown.
const commitTime = 10 * time.Second

// Fate is what became of the transactions of one piece of work.
type Fate struct {
	stale, belied, kept atomic.Bool
	watched             bool
}

type fateKey struct{}

// WithFate watches the transactions that are opened below the context.
func WithFate(ctx context.Context) (context.Context, *Fate) {
	f := &Fate{watched: true}
	return context.WithValue(ctx, fateKey{}, f), f
}

func fateOf(ctx context.Context) *Fate {
	if f, ok := ctx.Value(fateKey{}).(*Fate); ok {
		return f
	}
	return &Fate{}
}

// Again reports whether the work failed by a stale plan and nothing of it has
// been kept: it may be done once more, from its beginning.
func (f *Fate) Again() bool { return (f.stale.Load() || f.belied.Load()) && !f.kept.Load() }

// spent: the work is being done again, or something of it has been kept, so that
// it will not be done once more.
func (f *Fate) spent() bool { return f.stale.Load() || f.belied.Load() || f.kept.Load() }

// Stale reports whether a migration has made a plan stale.
func (f *Fate) Stale() bool { return f.stale.Load() }

// Broken is an error when the context's transaction cannot be committed any
// more whatever its caller made of it: its connection is lost, or a plan was
// stale.
func Broken(ctx context.Context) error {
	s, err := current(ctx)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stale.Load():
		return staleError(nil)
	case s.tx.Conn().IsClosed():
		return lostError(nil)
	}
	if l, ok := s.tx.(*loose); ok {
		return s.told(context.Background(), l.denied)
	}
	return nil
}

func lostError(cause error) *errs.Error {
	return errs.New(errs.Unavailable, "数据库连接中断，这次什么也没有改动；请稍后再试（带有 idempotencyKey 的，仍用同一个）").Because(cause)
}

func staleError(cause error) *errs.Error {
	return errs.New(errs.Unavailable, "系统刚刚升级，这次什么也没有改动；请再试一次").Because(cause)
}

func unavailable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.New(errs.Unavailable, "数据库暂时不可用，请稍后再试").Because(err)
}

// told looks at what a statement said. pgx closes a connection that failed it;
// it does so too when the context ends, which is the caller's doing.
func (s *session) told(ctx context.Context, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		s.failed.Store(true)
	}
	switch {
	case err == nil || errors.Is(err, pgx.ErrNoRows):
		return err
	case errors.Is(err, ErrBelied):
		s.fate.belied.Store(true)
		return err
	case errors.As(err, &pg) && pg.Code == "0A000" && strings.Contains(pg.Message, "cached plan"):
		s.stale.Store(true)
		s.fate.stale.Store(true)
		return staleError(err)
	case ctx.Err() == nil && s.tx.Conn().IsClosed():
		return lostError(err)
	}
	return err
}

// commit ends the transaction.
func (s *session) commit(ctx context.Context) error {
	if err := ctx.Err(); err != nil { // nobody waits for it
		return err
	}
	if s.tx.Conn().IsClosed() {
		return lostError(nil)
	}
	if _, ok := s.tx.(*loose); ok && s.failed.Load() {
		return pgx.ErrTxCommitRollback
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	err := s.tx.Commit(ctx)
	var pg *pgconn.PgError
	switch {
	case err == nil:
		s.fate.kept.Store(s.writable || s.fate.kept.Load())
		return nil
	case errors.Is(err, ErrBelied):
		return s.told(ctx, err)
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.As(err, &pg) && pg.SeverityUnlocalized == "ERROR":
		return err // the server said no
	case !s.writable: // there was nothing to keep
		return lostError(err)
	}
	// pgconn.SafeToRetry is no help: it says yes when the line broke after COMMIT
	// was sent, because what is reported is the line that was closed for it.
	s.fate.kept.Store(true) // perhaps
	return errs.New(errs.Unavailable, "数据库连接在最后一步中断，不知道这次是否已经做成：请先刷新查看，再决定要不要重做").
		Because(errors.Join(ErrUnknown, err))
}
