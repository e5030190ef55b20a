package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// serverURL names the environment variable with an outside server.
	serverURL = "BIHUAN_TEST_DATABASE_URL"
	// patience is how long New waits: for the first start, and for a template that
	// another process is building.
	patience = 5 * time.Minute
	// makers is how many databases a process creates or drops at the same time.
	makers = 4
	// databasePrefix begins the names of the tests' databases.
	databasePrefix = "bihuan_d_"
)

// server is where this process creates its databases.
type server struct {
	base string        // the superuser's URL of a database that is always there
	pool *pgxpool.Pool // creates and drops
	mark *os.File      // the lock that says: in use; nil for an outside server

	mu     sync.Mutex
	keeper *pgx.Conn       // holds a shared lock on each template in use, as long as the process lives
	ready  map[string]bool // templates on which keeper holds one
}

// theServer is found or started at the first use, once a process.
var theServer = sync.OnceValues(func() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return open(ctx)
})

// New creates a database from the template, building that first where it is
// missing, and answers with the superuser's URL of the database. The database
// is dropped when the test ends. The zero Template is an empty database.
func New(t testing.TB, template Template) string {
	t.Helper()
	s, err := theServer()
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	from, err := s.prepare(ctx, template)
	if err != nil {
		t.Fatalf("dbtest: template %s: %v", template.Name, err)
	}
	name := databasePrefix + strings.ToLower(rand.Text())
	// Copying files takes a fifth of the time that copying through the log takes
	// (20 ms against 115 ms for 60 tables), because here nothing waits for the disk.
	if err := s.exec(ctx, "create database %s template %s strategy file_copy", name, from); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.exec(ctx, "drop database %s with (force)", name); err != nil {
			t.Errorf("dbtest: %v", err)
		}
	})
	return URL(s.base, "", name)
}

// URL is base with another user and another database; what is empty stays. A
// password stays only with its user.
func URL(base, user, database string) string {
	u, err := url.Parse(base)
	if err != nil {
		panic(fmt.Sprintf("dbtest.URL: %v", err)) // a programming error: base comes from New
	}
	if user != "" && user != u.User.Username() {
		u.User = url.User(user)
	}
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

func open(ctx context.Context) (s *server, err error) {
	s = &server{base: os.Getenv(serverURL), ready: map[string]bool{}}
	if s.base == "" {
		if s.base, s.mark, err = useShared(ctx); err != nil {
			return nil, err
		}
	} else if !strings.HasPrefix(s.base, "postgres://") && !strings.HasPrefix(s.base, "postgresql://") {
		return nil, fmt.Errorf("%s is not a URL postgres://…", serverURL)
	}
	config, err := pgxpool.ParseConfig(s.base)
	if err != nil {
		return nil, err
	}
	config.MaxConns = makers
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	s.keeper, err = pgx.Connect(ctx, s.base)
	return s, err
}

// exec runs a statement whose verbs are names of databases.
func (s *server) exec(ctx context.Context, statement string, names ...string) error {
	quoted := make([]any, len(names))
	for i, n := range names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	sql := fmt.Sprintf(statement, quoted...)
	if _, err := s.pool.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
