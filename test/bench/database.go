package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/deploy"
	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/internal/pgembed"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/test/bench/bulk"
)

// The roles of a database: bihuan_app serves, postgres has no row-level
// security and is the floor's.
const (
	app   = "bihuan_app"
	owner = "bihuan_owner"
	super = pgembed.Superuser
)

// cluster is the private PostgreSQL.
type cluster struct {
	*pgembed.Server
	dir string
}

// benchDir is where the cluster lives between runs.
func benchDir() string {
	if d := os.Getenv("BIHUAN_BENCH_DIR"); d != "" {
		return d
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("bihuan-bench-%d", os.Getuid()))
}

// openCluster starts it as tests do: what is written may be lost in a crash.
// That is the harder case for the product, since no commit waits for a disk.
func openCluster(ctx context.Context) (*cluster, error) {
	dir := benchDir()
	s, err := pgembed.Start(ctx, pgembed.Options{Dir: dir, Fast: true})
	if err != nil {
		return nil, err
	}
	c := &cluster{Server: s, dir: dir}
	return c, c.exec(ctx, "postgres", deploy.Roles)
}

func (c *cluster) exec(ctx context.Context, database, sql string, args ...any) error {
	conn, err := pgx.Connect(ctx, c.URL(super, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql, args...)
	return err
}

// version tells apart databases of another schema or other data.
func version() (string, error) {
	h := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(migrations.Files, name)
		h.Write(b)
		return err
	})
	for _, p := range templates.Processes() {
		h.Write(p)
	}
	fmt.Fprint(h, bulk.Edition)
	return fmt.Sprintf("%x", h.Sum(nil))[:8], err
}

// fill gives the database of a size, loading it when it is not there.
func (c *cluster) fill(ctx context.Context, size bulk.Size) (name string, err error) {
	v, err := version()
	if err != nil {
		return "", err
	}
	prefix := fmt.Sprintf("bench_%d_%d_%d_", size.Tenants, size.Members, size.Matters)
	name = prefix + v
	conn, err := pgx.Connect(ctx, c.URL(super, "postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, `SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND datname <> $2`, prefix, name)
	if err != nil {
		return "", err
	}
	old, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	for _, d := range old { // of a schema that is no more
		if _, err := conn.Exec(ctx, "DROP DATABASE "+d); err != nil {
			return "", err
		}
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		return "", err
	}
	if !there {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" OWNER "+owner); err != nil {
			return "", err
		}
	}
	if _, err := migrations.Up(ctx, c.URL(owner, name)); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "data: %d tenants × %d proposals\n", size.Tenants, size.Matters)
	_, err = bulk.Load(ctx, c.URL(super, name), size, func(line string) { fmt.Fprintln(os.Stderr, line) })
	return name, err
}

// copyOf makes a database that may be spoilt, and the function that drops it.
func (c *cluster) copyOf(ctx context.Context, name string) (string, func(), error) {
	twin := strings.Replace(name, "bench_", "spoilt_", 1)
	if err := c.exec(ctx, "postgres", "DROP DATABASE IF EXISTS "+twin+" WITH (FORCE)"); err != nil {
		return "", nil, err
	}
	err := c.exec(ctx, "postgres", "CREATE DATABASE "+twin+" TEMPLATE "+name+" STRATEGY file_copy OWNER "+owner)
	return twin, func() {
		if err := c.exec(context.WithoutCancel(ctx), "postgres", "DROP DATABASE "+twin+" WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}, err
}

// asRole is the same database as another role.
func asRole(address, role string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	u.User = url.User(role)
	return u.String(), nil
}
