package tenants

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listener is who hears what transactions call out with NOTIFY.
type Listener struct {
	Channel string
	Heard   func(payload string)
	Back    func() // the connection is there, for the first time or again: what was called out meanwhile was not heard
	Log     *slog.Logger
}

const (
	// listenAlive is how long a silent connection is trusted before it is asked.
	listenAlive = 30 * time.Second
	listenAgain = time.Second // between two attempts to connect
)

// Listen hears until ctx is done, on one connection beside the pool, and
// connects again when it is lost. Who calls out is not known to be of any
// tenant: what is called out holds ids and nothing that a tenant could mind.
func (s *Store) Listen(ctx context.Context, l Listener) {
	for ctx.Err() == nil {
		err := s.listen(ctx, l)
		if ctx.Err() != nil {
			return
		}
		l.Log.Warn("the connection that listens is lost", "channel", l.Channel, "error", err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

func (s *Store) listen(ctx context.Context, l Listener) error {
	c, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{l.Channel}.Sanitize()); err != nil {
		return err
	}
	l.Back()
	for {
		n, err := waited(ctx, c)
		switch {
		case err != nil:
			return err
		case n != "":
			l.Heard(n)
		}
	}
}

// waited is what is heard next; empty when nothing was for a while and the
// connection is still there.
func waited(ctx context.Context, c *pgx.Conn) (string, error) {
	quiet, cancel := context.WithTimeout(ctx, listenAlive)
	defer cancel()
	n, err := c.WaitForNotification(quiet)
	if err == nil {
		return n.Payload, nil
	}
	if quiet.Err() == nil || ctx.Err() != nil || c.IsClosed() {
		return "", err
	}
	return "", c.Ping(ctx)
}
