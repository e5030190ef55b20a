package dbtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Template says what a fresh database holds.
type Template struct {
	Name  string // a–z, 0–9 and _, at most 30
	Hash  string // of everything that Build reads, such as the migrations
	Build func(ctx context.Context, url string) error
	From  *Template // what Build begins with; nil is an empty database
}

const (
	templatePrefix = "bihuan_t_"
	// buildLock is held by who builds or drops any template: templates may share
	// what belongs to the whole server, such as roles.
	buildLock = "bihuan_build"
)

var (
	nameRule = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)
	hashRule = regexp.MustCompile(`^[a-z0-9]{1,20}$`)
)

// database is the name of the template's database: bihuan_t_<name>_<hash>, where
// a hash that is long or has other signs is hashed once more.
func (t Template) database() string {
	hash := t.Hash
	if !hashRule.MatchString(hash) {
		hash = fmt.Sprintf("%x", sha256.Sum256([]byte(hash)))[:20]
	}
	return templatePrefix + t.Name + "_" + hash
}

// prepare answers with the database to copy from. It builds the template where
// it is missing, and sees to it that nobody drops it as long as this process
// lives.
func (s *server) prepare(ctx context.Context, t Template) (string, error) {
	if t.Name == "" && t.Build == nil {
		return "template1", nil
	}
	if !nameRule.MatchString(t.Name) || t.Build == nil {
		return "", fmt.Errorf("needs a name like %s and a Build", nameRule)
	}
	from := "template1"
	if t.From != nil {
		var err error
		if from, err = s.prepare(ctx, *t.From); err != nil {
			return "", err
		}
	}
	name := t.database()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.ready[name] {
		// waits only while another process drops it
		if err := lock(ctx, s.keeper, "pg_advisory_lock_shared", name); err != nil {
			return "", err
		}
		ready, err := complete(ctx, s.keeper, name)
		if err != nil {
			return "", err
		}
		if s.ready[name] = ready; ready {
			break
		}
		if err := lock(ctx, s.keeper, "pg_advisory_unlock_shared", name); err != nil {
			return "", err
		}
		if err := s.build(ctx, t, from, name); err != nil {
			return "", err
		}
	}
	return name, nil
}

// build builds the template, unless another process has done so meanwhile.
func (s *server) build(ctx context.Context, t Template, from, name string) (err error) {
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlockAll(c)) }()
	if err := lock(ctx, c.Conn(), "pg_advisory_lock", buildLock); err != nil { // waits while another process builds
		return err
	}
	if ready, err := complete(ctx, c.Conn(), name); err != nil || ready {
		return err
	}
	if err := s.exec(ctx, "drop database if exists %s with (force)", name); err != nil {
		return err
	}
	if err := s.exec(ctx, "create database %s template %s strategy file_copy", name, from); err != nil {
		return err
	}
	if err := t.Build(ctx, URL(s.base, "", name)); err != nil {
		return err
	}
	// What Build left connected would keep others from copying. The mark as a
	// template comes last: it says that the database is complete.
	_, err = c.Exec(ctx, `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1`, name)
	if err != nil {
		return err
	}
	if err := s.exec(ctx, "alter database %s with is_template true allow_connections false", name); err != nil {
		return err
	}
	return s.dropOthers(ctx, c.Conn(), t.Name, name)
}

// dropOthers drops the templates of the same name that no process uses.
func (s *server) dropOthers(ctx context.Context, c *pgx.Conn, name, keep string) error {
	rows, err := c.Query(ctx, `select datname::text from pg_database where datname ~ $1 and datname <> $2`,
		"^"+templatePrefix+name+"_[a-z0-9]+$", keep)
	if err != nil {
		return err
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, old := range others {
		var unused bool
		if err := c.QueryRow(ctx, `select pg_try_advisory_lock(hashtextextended($1, 0))`, old).Scan(&unused); err != nil {
			return err
		}
		if !unused {
			continue
		}
		if err := s.exec(ctx, "alter database %s with is_template false", old); err != nil {
			return err
		}
		if err := s.exec(ctx, "drop database %s with (force)", old); err != nil {
			return err
		}
	}
	return nil
}

func complete(ctx context.Context, c *pgx.Conn, name string) (ready bool, err error) {
	err = c.QueryRow(ctx, `select exists (select from pg_database where datname = $1 and datistemplate)`, name).Scan(&ready)
	return ready, err
}

// lock calls one of PostgreSQL's functions for advisory locks.
func lock(ctx context.Context, c *pgx.Conn, function, key string) error {
	_, err := c.Exec(ctx, fmt.Sprintf(`select %s(hashtextextended($1, 0))`, function), key)
	return err
}

// unlockAll gives the connection back without its locks, or not at all.
func unlockAll(c *pgxpool.Conn) error {
	defer c.Release()
	_, err := c.Exec(context.Background(), `select pg_advisory_unlock_all()`)
	if err != nil {
		return errors.Join(err, c.Conn().Close(context.Background()))
	}
	return nil
}
