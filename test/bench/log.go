package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// statements are what reaches PostgreSQL while fn runs, as its own log tells:
// the opening and the end of the transaction included, the preparation of
// statements, which happens once a connection, not.
func (c *cluster) statements(ctx context.Context, database string, fn func() error) ([]string, error) {
	path := filepath.Join(c.dir, "postgres.log")
	log := func(on string) error {
		conn, err := pgx.Connect(ctx, c.URL(super, "postgres"))
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, "ALTER SYSTEM SET log_line_prefix = '%d|'"); err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "ALTER SYSTEM SET log_statement = "+on); err != nil {
			return err
		}
		_, err = conn.Exec(ctx, "SELECT pg_reload_conf()")
		time.Sleep(200 * time.Millisecond) // until every backend has heard
		return err
	}
	if err := log("'all'"); err != nil {
		return nil, err
	}
	begin, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	failed := fn()
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Seek(begin.Size(), io.SeekStart); err != nil {
		return nil, err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	if err := log("'none'"); err != nil {
		return nil, err
	}
	return parseLog(string(b), database), failed
}

// parseLog reads "database|LOG:  statement: …" and "database|LOG:  execute name:
// …"; lines that begin with a tab go on.
func parseLog(text, database string) (out []string) {
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "\t") {
			if open {
				out[len(out)-1] += " " + strings.TrimSpace(line)
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, database+"|LOG:  ")
		sql, simple := strings.CutPrefix(rest, "statement: ")
		_, named, extended := strings.Cut(rest, ": ")
		open = ok && (simple || extended && strings.HasPrefix(rest, "execute "))
		if open {
			if !simple {
				sql = named
			}
			out = append(out, sql)
		}
	}
	return out
}
