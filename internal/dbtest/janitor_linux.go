package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/pgembed"
)

const (
	// janitorDir makes a test binary the janitor of the folder it names.
	janitorDir = "BIHUAN_DBTEST_JANITOR"
	// idleVariable names how long an unused server is kept, as a Go duration.
	idleVariable = "BIHUAN_TEST_IDLE"
	defaultIdle  = 10 * time.Minute
	// looks is how often within the idle time the janitor looks for users.
	looks = 100
	// startTimeout is how long a start may take, initdb on a busy machine included.
	startTimeout = 2 * time.Minute
	// maxAge is how long a cluster may go without a start before it is suspected
	// of having lost files to a cleaner of temporary files.
	maxAge = 72 * time.Hour
)

// init turns the process into a janitor when it was started as one.
func init() {
	dir := os.Getenv(janitorDir)
	if dir == "" {
		return
	}
	if err := shared(dir).janitor(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// janitor owns the server until nobody has used it for the idle time. Where
// there is a janitor already it does nothing.
func (d shared) janitor() error {
	idle, err := idleTime()
	if err != nil {
		return err
	}
	only, err := d.lock("janitor.lock", syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	defer only.Close()
	s, err := d.startServer()
	if err != nil {
		return err
	}
	url := s.URL(pgembed.Superuser, "postgres")
	if err := d.announce(url); err != nil {
		return errors.Join(err, s.Stop())
	}
	return d.lookAfter(s, url, idle)
}

func idleTime() (time.Duration, error) {
	if v := os.Getenv(idleVariable); v != "" {
		return time.ParseDuration(v)
	}
	return defaultIdle, nil
}

// startServer starts the server, with a new cluster if need be: nothing in it
// is worth keeping.
func (d shared) startServer() (*pgembed.Server, error) {
	home := d.file("pg")
	if st, err := os.Stat(filepath.Join(home, "data", "postmaster.opts")); err == nil && time.Since(st.ModTime()) > maxAge {
		if err := os.RemoveAll(home); err != nil {
			return nil, err
		}
	}
	s, err := start(home)
	if err == nil {
		return s, nil
	}
	if e := os.RemoveAll(home); e != nil {
		return nil, errors.Join(err, e)
	}
	s, again := start(home)
	if again != nil {
		return nil, errors.Join(err, again)
	}
	return s, nil
}

func start(home string) (*pgembed.Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	return pgembed.Start(ctx, pgembed.Options{Dir: home, Fast: true})
}

// announce writes the URL so that nobody reads half of it.
func (d shared) announce(url string) error {
	if err := os.WriteFile(d.file("url.new"), []byte(url), 0o600); err != nil {
		return err
	}
	return os.Rename(d.file("url.new"), d.file("url"))
}

// lookAfter cleans up whenever the last user has gone, and stops the server
// after the idle time. It stops with users.lock held, so that nobody finds a
// server that is about to end.
func (d shared) lookAfter(s *pgembed.Server, url string, idle time.Duration) error {
	tick := time.NewTicker(idle / looks)
	defer tick.Stop()
	for unused, clean := 0, false; ; {
		select {
		case <-s.Done():
			return s.Err()
		case <-tick.C:
		}
		users, err := d.lock("users.lock", syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			unused, clean = 0, false
			continue
		}
		if err != nil {
			return errors.Join(err, s.Stop())
		}
		if unused++; unused > looks {
			return errors.Join(s.Stop(), users.Close())
		}
		if !clean {
			if err := dropLeftDatabases(url); err != nil {
				return errors.Join(err, s.Stop())
			}
			clean = true
		}
		if err := users.Close(); err != nil {
			return errors.Join(err, s.Stop())
		}
	}
}

// dropLeftDatabases drops what tests left that were killed.
func dropLeftDatabases(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	rows, err := c.Query(ctx, `select datname::text from pg_database where starts_with(datname, $1)`, databasePrefix)
	if err != nil {
		return err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range left {
		if _, err := c.Exec(ctx, "drop database "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
			return err
		}
	}
	return nil
}
