package dbtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func execute(ctx context.Context, url, sql string) (err error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	_, err = c.Exec(ctx, sql)
	return err
}

func query[T any](t *testing.T, url, sql string, args ...any) (v T) {
	t.Helper()
	c := connect(t, url)
	must(t, c.QueryRow(t.Context(), sql, args...).Scan(&v))
	must(t, c.Close(t.Context()))
	return v
}

func exists(t *testing.T, url, database string) bool {
	t.Helper()
	return query[bool](t, url, `select exists (select from pg_database where datname = $1)`, database)
}

// counted is a template with one table, whose builds are counted.
func counted(name, hash string, builds *atomic.Int32) Template {
	return Template{Name: name, Hash: hash, Build: func(ctx context.Context, url string) error {
		builds.Add(1)
		return execute(ctx, url, `create table item (n int)`)
	}}
}

// never is a hash that no earlier run had, so that the template is built.
func never(t *testing.T) string {
	s, err := theServer()
	must(t, err)
	return query[string](t, s.base, `select 'h' || replace(gen_random_uuid()::text, '-', '') collate "C"`)[:20]
}

func TestNew(t *testing.T) {
	s, err := theServer()
	must(t, err)
	var builds atomic.Int32
	template := counted("dbtest_new", never(t), &builds)

	t.Run("every test has a database of its own, in parallel", func(t *testing.T) {
		for i := range 8 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				url := New(t, template)
				must(t, execute(t.Context(), url, fmt.Sprintf(`insert into item values (%d)`, i)))
				equal(t, "rows", query[string](t, url, `select string_agg(n::text, ',') from item`), fmt.Sprint(i))
			})
		}
	})
	t.Run("the template was built once", func(t *testing.T) {
		equal(t, "builds", builds.Load(), 1)
	})
	t.Run("the database is dropped at the end, whoever is connected", func(t *testing.T) {
		var name string
		t.Run("a test", func(t *testing.T) {
			url := New(t, template)
			name = query[string](t, url, `select current_database()`)
			c, err := pgx.Connect(t.Context(), url) // left open
			must(t, err)
			must(t, c.Ping(t.Context()))
			equal(t, "there", exists(t, s.base, name), true)
		})
		equal(t, "there", exists(t, s.base, name), false)
	})
	t.Run("the zero Template is an empty database", func(t *testing.T) {
		url := New(t, Template{})
		equal(t, "tables", query[int](t, url, `select count(*) from pg_class where relnamespace = 'public'::regnamespace`), 0)
	})
	t.Run("the user is a superuser", func(t *testing.T) {
		equal(t, "superuser", query[string](t, New(t, Template{}), `show is_superuser`), "on")
	})
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	s, err := theServer()
	must(t, err)

	t.Run("a Build that fails or leaves connections open does no harm", func(t *testing.T) {
		broken := errors.New("broken")
		template := Template{Name: "dbtest_broken", Hash: never(t)}
		template.Build = func(ctx context.Context, url string) error {
			return errors.Join(execute(ctx, url, `create table half (n int)`), broken)
		}
		if _, err := s.prepare(t.Context(), template); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
		template.Build = func(ctx context.Context, url string) error {
			c, err := pgx.Connect(ctx, url) // left open
			if err != nil {
				return err
			}
			_, err = c.Exec(ctx, `create table whole (n int)`)
			return err
		}
		url := New(t, template)
		equal(t, "tables", query[string](t, url, `select string_agg(relname::text, ',') from pg_class where relnamespace = 'public'::regnamespace`), "whole")
	})
	t.Run("processes that miss it at the same time build it once", func(t *testing.T) {
		var builds atomic.Int32
		template := counted("dbtest_race", never(t), &builds)
		quick := template.Build
		template.Build = func(ctx context.Context, url string) error {
			time.Sleep(200 * time.Millisecond) // so that all have seen that it is missing
			return quick(ctx, url)
		}
		ended := make(chan error)
		for range 4 {
			other, err := open(t.Context()) // to the server it is another process
			must(t, err)
			t.Cleanup(other.pool.Close)
			t.Cleanup(func() { _ = other.keeper.Close(context.Background()) })
			go func() {
				_, err := other.prepare(t.Context(), template)
				ended <- err
			}()
		}
		for range 4 {
			must(t, <-ended)
		}
		equal(t, "builds", builds.Load(), 1)
	})
	t.Run("a template of the same name with another hash is dropped when nobody uses it", func(t *testing.T) {
		var builds atomic.Int32
		old, fresh, kin := counted("dbtest_old", never(t), &builds), counted("dbtest_old", never(t), &builds), counted("dbtest_old_kin", never(t), &builds)
		for _, template := range []Template{kin, old, fresh} {
			_, err := s.prepare(t.Context(), template)
			must(t, err)
		}
		equal(t, "the old one, while it is used", exists(t, s.base, old.database()), true)
		must(t, s.release(t.Context(), old.database()))
		_, err := s.prepare(t.Context(), counted("dbtest_old", never(t), &builds))
		must(t, err)
		equal(t, "the old one, unused", exists(t, s.base, old.database()), false)
		equal(t, "the fresh one, still used", exists(t, s.base, fresh.database()), true)
		equal(t, "one of another name", exists(t, s.base, kin.database()), true)
	})
	t.Run("the name of its database says name and hash; a long hash is hashed", func(t *testing.T) {
		equal(t, "name", Template{Name: "app", Hash: "1a2b"}.database(), "bihuan_t_app_1a2b")
		long := Template{Name: strings.Repeat("n", 30), Hash: strings.Repeat("x", 64)}.database()
		if len(long) > 63 {
			t.Fatalf("%s is longer than PostgreSQL allows", long)
		}
	})
	t.Run("a name that cannot be part of a database's name is refused", func(t *testing.T) {
		_, err := s.prepare(t.Context(), Template{Name: `a"b`, Build: counted("x", "x", nil).Build})
		if err == nil {
			t.Fatal("no error")
		}
	})
}

func TestURL(t *testing.T) {
	const base = "postgres://postgres:secret@/postgres?host=%2Ftmp%2Frun&port=5432"
	equal(t, "other database", URL(base, "", "d1"), "postgres://postgres:secret@/d1?host=%2Ftmp%2Frun&port=5432")
	equal(t, "other user", URL(base, "app", ""), "postgres://app@/postgres?host=%2Ftmp%2Frun&port=5432")
	equal(t, "outside server", URL("postgres://su@db.example:5433/postgres", "app", "d1"), "postgres://app@db.example:5433/d1")
}

// release gives up a template as the end of the process does.
func (s *server) release(ctx context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ready, name)
	return lock(ctx, s.keeper, "pg_advisory_unlock_shared", name)
}

// BenchmarkNew is one test's share: a copy of 60 tables; it is dropped after the measurement.
func BenchmarkNew(b *testing.B) {
	template := Template{Name: "dbtest_bench", Hash: "1", Build: func(ctx context.Context, url string) error {
		return execute(ctx, url, `do $$ begin for i in 1..60 loop
			execute format('create table t%s (id uuid primary key, tenant uuid not null, name text, at timestamptz)', i);
			execute format('create index on t%s (tenant, at)', i);
		end loop; end $$`)
	}}
	for b.Loop() {
		New(b, template)
	}
}
