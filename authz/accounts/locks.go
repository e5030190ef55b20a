package accounts

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Limit is how many failures lock, and for how long.
type Limit struct {
	Failures int           // each multiple of it locks
	Lock     time.Duration // the first lock; every further one is twice as long
	MaxLock  time.Duration
	Forget   time.Duration // counting begins anew this long after the last failure
}

func (l Limit) or(d Limit) Limit {
	return Limit{or(l.Failures, d.Failures), or(l.Lock, d.Lock), or(l.MaxLock, d.MaxLock), or(l.Forget, d.Forget)}
}

// after is the lock that the n-th failure in a row brings; 0 is none.
func (l Limit) after(n int) time.Duration {
	if n == 0 || n%l.Failures != 0 {
		return 0
	}
	d := l.Lock
	for i := 1; i < n/l.Failures && d < l.MaxLock; i++ {
		d *= 2
	}
	return min(d, l.MaxLock)
}

// tries are the two keys that a try counts under.
type tries struct {
	login   string // normalised; empty when it cannot be one, and then only the address counts
	address string
}

func triesOf(typed string, from Client) tries {
	login, err := Login(typed)
	if err != nil {
		login = ""
	}
	return tries{login: login, address: addressKey(from.Address)}
}

func loginKey(login string) string { return "login:" + login }

// refuseLocked is an error while the login or the address is locked. A try
// during a lock is not counted.
func (s *Service) refuseLocked(ctx context.Context, t tries) error {
	now := clock.Now(ctx)
	var until *time.Time
	err := tenants.Row(ctx, `SELECT max(locked_until) FROM sign_in_failures WHERE key = ANY ($1) AND locked_until > $2`,
		[]any{[]string{loginKey(t.login), t.address}, now}, &until)
	if err != nil || until == nil {
		return err
	}
	return locked(until.Sub(now))
}

func locked(d time.Duration) error {
	minutes := int((d + time.Minute - 1) / time.Minute)
	return errs.New(errs.Limited, "登录失败次数过多，请在 %d 分钟后再试，或请管理员解锁", minutes).
		With("retryAfterSeconds", int((d+time.Second-1)/time.Second))
}

// count adds a failure to both keys, always login first, and returns the
// longer lock that it brings. An unknown login is counted like a known one.
func (s *Service) count(ctx context.Context, t tries) (lock time.Duration, err error) {
	if t.login != "" {
		if lock, err = countOne(ctx, loginKey(t.login), s.opts.PerLogin); err != nil {
			return 0, err
		}
	}
	other, err := countOne(ctx, t.address, s.opts.PerAddress)
	return max(lock, other), err
}

func countOne(ctx context.Context, key string, l Limit) (time.Duration, error) {
	now := clock.Now(ctx)
	var n int
	err := tenants.Row(ctx, `
		INSERT INTO sign_in_failures AS f (key, failures, last_at) VALUES ($1, 1, $2)
		ON CONFLICT (key) DO UPDATE SET last_at = $2,
		  failures = CASE WHEN f.last_at < $3 THEN 1 ELSE f.failures + 1 END
		RETURNING failures`, []any{key, now, now.Add(-l.Forget)}, &n)
	if err != nil {
		return 0, err
	}
	d := l.after(n)
	if d > 0 {
		_, err = tenants.Exec(ctx, `UPDATE sign_in_failures SET locked_until = $2 WHERE key = $1`, key, now.Add(d))
	}
	return d, err
}

// forgive takes back the failures of a login whose owner has now proved to be
// it, and takes as many from the address. It takes no more: else somebody with
// one account could guess at the others between two sign-ins of his own.
func forgive(ctx context.Context, t tries) error {
	n, err := forget(ctx, t.login)
	if err != nil || n == 0 {
		return err
	}
	_, err = tenants.Exec(ctx, `UPDATE sign_in_failures SET failures = greatest(failures - $2, 0) WHERE key = $1`, t.address, n)
	return err
}

// forget deletes the count and the lock of a login and returns the count.
func forget(ctx context.Context, login string) (int, error) {
	n, err := tenants.Collect(ctx, pgx.RowTo[int], `DELETE FROM sign_in_failures WHERE key = $1 RETURNING failures`, loginKey(login))
	if err != nil || len(n) == 0 {
		return 0, err
	}
	return n[0], nil
}
