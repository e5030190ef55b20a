package tenants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
)

// ErrNoTenant is what work outside a door gets. It is a programming error:
// callers see an internal error, the log sees where.
var ErrNoTenant = errors.New("tenants: no tenant in the context")

// Installation is the pseudo tenant under which events are audited that
// belong to no committee, such as a failed sign-in. It has no other rows.
var Installation = uuid.Nil

// Store holds the pool. Its doors are InTx, ReadTx and Global.
type Store struct {
	pool *pgxpool.Pool
	ent  *gen.Client
	seal Sealer
}

// Sealer seals with a key that the database has not, and knows its seals again.
type Sealer interface {
	Seal(text []byte) (key string, mac []byte)
	Sealed(key string, text, mac []byte) (known, right bool)
}

// SealWith gives the store its sealer, before it is used.
func (s *Store) SealWith(by Sealer) { s.seal = by }

// Sealer is the store's, nil where nothing is sealed.
func (s *Store) Sealer() Sealer { return s.seal }

// SealerOf is the sealer of the context's transaction, nil where there is none.
func SealerOf(ctx context.Context) Sealer {
	if s, err := current(ctx); err == nil {
		return s.seal
	}
	return nil
}

// Open connects as the role that serves. It refuses a role that could step
// over row-level security: a superuser, one with BYPASSRLS, or the owner of
// the tables.
func Open(ctx context.Context, url string, maxConns int32) (_ *Store, err error) {
	defer errs.Wrap(&err, "tenants.Open")
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database URL cannot be parsed") // the cause would show a password
	}
	if maxConns > 0 {
		cfg.MaxConns = maxConns
	}
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		register(c.TypeMap())
		// What visibility asks is estimated dear and is not: compiling a search
		// took a second, running it five milliseconds. For the same reason a plan is
		// made once for a connection's statement and not for each person (ADR 57).
		_, err := c.Exec(ctx, `SET jit = off; SET plan_cache_mode = force_generic_plan`)
		return err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := checkRole(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool: pool, ent: newClient()}, nil
}

func checkRole(ctx context.Context, pool *pgxpool.Pool) error {
	var who string
	var above, owns bool
	// The role that signed in counts, not the one it plays: it can go back. So
	// does every role that it could take on.
	err := pool.QueryRow(ctx, `
		SELECT session_user,
		       EXISTS (SELECT FROM pg_roles r WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role(session_user, r.oid, 'MEMBER')),
		       EXISTS (SELECT FROM pg_class c WHERE c.relname = 'matters' AND pg_has_role(session_user, c.relowner, 'MEMBER'))`).Scan(&who, &above, &owns)
	if err != nil {
		return err
	}
	if above || owns {
		return fmt.Errorf("role %q may step over row-level security; serve with the role bihuan_app (deploy/roles.sql) and give the owner only to DATABASE_OWNER_URL", who)
	}
	return nil
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Pool is for what owns its own tables and needs connections of its own:
// the job queue and the health check. Domain code has no use for it.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ent is the client; it works only inside a door.
func (s *Store) Ent() *gen.Client { return s.ent }

// session is one transaction and its tenant. mu serialises statements, since
// resolvers run concurrently on one connection.
type session struct {
	mu         sync.Mutex
	tx         link
	tenant     uuid.UUID
	writable   bool
	opening    string // what names the tenant, once more after an undone beginning
	unwritten  atomic.Bool
	savepoints atomic.Int64
	statements atomic.Int64
	afterward  []func()
	fate       *Fate
	seal       Sealer
	stale      atomic.Bool // a statement's plan was older than its tables
	failed     atomic.Bool // a statement failed
	owner      bool        // AsOwner's
}

type sessionKey struct{}

func current(ctx context.Context) (*session, error) {
	if s, ok := ctx.Value(sessionKey{}).(*session); ok && s != nil {
		return s, nil
	}
	return nil, ErrNoTenant
}

// Apart is the context without its transaction: for what begins when that is
// over, such as what AfterCommit was given.
func Apart(ctx context.Context) context.Context {
	return context.WithValue(ctx, sessionKey{}, (*session)(nil))
}

// Current is the tenant of the context's transaction.
func Current(ctx context.Context) (uuid.UUID, error) {
	s, err := current(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	if s.tenant == uuid.Nil {
		return uuid.Nil, ErrNoTenant
	}
	return s.tenant, nil
}

// Statements counts the SQL statements of the context's transaction so far,
// for tests and metrics.
func Statements(ctx context.Context) int64 {
	if s, err := current(ctx); err == nil {
		return s.statements.Load()
	}
	return 0
}

// InTx runs fn in a transaction of the tenant and commits when fn returns nil.
// Inside a transaction of the same tenant it joins it; inside another
// tenant's, or a reading one, it is an error.
func (s *Store) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	if tenant == uuid.Nil {
		return ErrNoTenant
	}
	return s.run(ctx, tenant, true, fn)
}

// ReadTx is InTx for reading only: PostgreSQL refuses writes in it.
func (s *Store) ReadTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	if tenant == uuid.Nil {
		return ErrNoTenant
	}
	return s.run(ctx, tenant, false, fn)
}

type stillKey struct{}

// Still makes the reading transactions that are opened below the context read
// one state, however many statements ask. Others see what is committed between
// two statements, as some of them must: a ballot whose time is over is closed
// beside who asks for its result.
func Still(ctx context.Context) context.Context { return context.WithValue(ctx, stillKey{}, true) }

// Global runs fn without a tenant: it sees the global tables (accounts,
// sessions, the directory of committees) and no row of any tenant.
func (s *Store) Global(ctx context.Context, fn func(context.Context) error) error {
	return s.run(ctx, uuid.Nil, true, fn)
}

func (s *Store) run(ctx context.Context, tenant uuid.UUID, writable bool, fn func(context.Context) error) error {
	if outer, e := current(ctx); e == nil {
		if outer.tenant != tenant || (writable && !outer.writable) {
			return errors.New("tenants: a transaction of another tenant, or a reading one, is open")
		}
		return fn(ctx)
	}
	// One round trip opens the transaction and names the tenant. Only the
	// canonical text of a UUID is interpolated; the nil UUID outside any tenant
	// names no row but the installation's own audit. set_config with is_local
	// ends with the transaction.
	mode := "read only"
	switch {
	case writable:
		mode = "read write"
	case ctx.Value(stillKey{}) != nil:
		mode = "isolation level repeatable read read only"
	}
	opening := "; select set_config('app.tenant','" + tenant.String() + "',true)"
	if writable {
		// What a writing transaction asks for, it asks for by ids: its plans do not
		// depend on their values, and making them anew took longer than running them.
		opening += ", set_config('plan_cache_mode','force_generic_plan',true)"
	}
	tx, release, err := s.begin(ctx, tenant, "begin "+mode+opening, !writable)
	if err != nil {
		return unavailable(err)
	}
	defer release()
	ss := &session{tx: tx, tenant: tenant, opening: opening, writable: writable, fate: fateOf(ctx), seal: s.seal}
	committed := false
	defer func() { // fn failed, panicked or ended its goroutine, or COMMIT failed
		if !committed {
			_ = tx.Rollback(context.WithoutCancel(ctx))
		}
		if ss.stale.Load() {
			s.pool.Reset() // the other connections' plans are stale as well
		}
	}()
	if err := fn(context.WithValue(ctx, sessionKey{}, ss)); err != nil {
		return err
	}
	if err := ss.commit(ctx); err != nil {
		return err
	}
	committed = true
	for _, f := range ss.afterward {
		f()
	}
	return nil
}

// begin opens what a session asks through.
func (s *Store) begin(ctx context.Context, tenant uuid.UUID, begin string, reading bool) (link, func(), error) {
	if !reading || ctx.Value(looseKey{}) == nil || ctx.Value(stillKey{}) != nil {
		tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
		return tx, func() {}, err
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	l := &loose{conn: conn, raw: conn.Conn(), tenant: tenant.String()}
	return l, l.release, nil
}

// Savepoint runs fn so that its writes can be undone alone: when fn fails,
// the transaction goes on as if fn had never begun. The commit releases it, not
// a statement of its own; so it is for a few in a transaction, not for loops.
func Savepoint(ctx context.Context, fn func(context.Context) error) (err error) {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("sp_%d", s.savepoints.Add(1))
	undo := "ROLLBACK TO SAVEPOINT " + name
	if s.unwritten.Swap(false) {
		undo = "ROLLBACK AND CHAIN" + s.opening
	} else if _, err := Exec(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	after := s.queued()
	if err := fn(ctx); err != nil {
		s.forget(after)
		if _, e := Exec(context.WithoutCancel(ctx), undo); e != nil {
			return errors.Join(err, e)
		}
		return err
	}
	return nil
}

// Unwritten says that the context's transaction has written nothing and holds no
// lock, and that what it does begins with the next savepoint: that one needs no
// statement, and undoing it is to begin anew. Where a savepoint was taken before,
// the transaction is somebody else's, who has joined; then nothing changes.
func Unwritten(ctx context.Context) {
	if s, err := current(ctx); err == nil && s.savepoints.Load() == 0 {
		s.unwritten.Store(true)
	}
}

// AfterCommit runs f once the context's transaction has been committed; it is
// dropped on rollback, of the savepoint too.
func AfterCommit(ctx context.Context, f func()) error {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterward = append(s.afterward, f)
	return nil
}

func (s *session) queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.afterward)
}

func (s *session) forget(after int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afterward = s.afterward[:after]
}

// WithTx lends the context's pgx transaction to fn, for what needs it as a
// value, such as the job queue. fn must not commit or roll back.
func WithTx(ctx context.Context, fn func(pgx.Tx) error) error {
	s, err := current(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statements.Add(1)
	tx, ok := s.tx.(pgx.Tx)
	if !ok {
		return errors.New("tenants: what reads loosely has no transaction to lend")
	}
	return s.told(ctx, fn(tx))
}
