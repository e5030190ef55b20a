package tenantstest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/internal/dbtest"
	"github.com/bihuan/bihuan/tenants"
)

const (
	owner = "bihuan_owner"
	app   = "bihuan_app"
	// poolSize is small, so that a test which holds a connection and wants
	// another notices.
	poolSize = 8
)

// DB is one test's database.
type DB struct {
	Store    *tenants.Store // connected as bihuan_app
	AppURL   string
	OwnerURL string // migrates; for the directory of committees and for what only an operator does
	SuperURL string // to look past row-level security, for example at all tenants' rows
}

// New makes a database; it is gone when the test ends.
func New(t testing.TB) *DB {
	t.Helper()
	tpl, err := template()
	if err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
	return open(t, dbtest.New(t, tpl))
}

// Copy makes a database in which build has run. It runs once a test process for
// each key; what it made is copied for whoever asks for the key again.
func Copy(t testing.TB, key string, build func(*DB)) *DB {
	t.Helper()
	tpl, err := template()
	if err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
	return open(t, dbtest.New(t, dbtest.Template{
		Name: "copied", Hash: process + key, From: &tpl,
		Build: func(_ context.Context, super string) error {
			db, err := connect(super)
			if err != nil {
				return err
			}
			defer db.Store.Close()
			build(db)
			return nil
		},
	}))
}

// process tells this test process's templates from those of every other, which
// may be of another program.
var process = rand.Text()

func open(t testing.TB, super string) *DB {
	t.Helper()
	db, err := connect(super)
	if err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
	t.Cleanup(db.Store.Close)
	return db
}

func connect(super string) (db *DB, err error) {
	db = &DB{SuperURL: super, OwnerURL: dbtest.URL(super, owner, ""), AppURL: dbtest.URL(super, app, "")}
	db.Store, err = tenants.Open(context.Background(), db.AppURL, poolSize)
	return db, err
}

// template is read from the disk once a test process.
var template = sync.OnceValues(func() (dbtest.Template, error) {
	root, err := moduleRoot()
	if err != nil {
		return dbtest.Template{}, err
	}
	roles := filepath.Join(root, "deploy", "roles.sql")
	files, err := filepath.Glob(filepath.Join(root, "ent", "migrations", "*"))
	if err != nil {
		return dbtest.Template{}, err
	}
	// go.mod, because the tables of the job queue come from a module.
	h := sha256.New()
	for _, f := range append(files, roles, filepath.Join(root, "go.mod")) {
		b, err := os.ReadFile(f)
		if err != nil {
			return dbtest.Template{}, err
		}
		fmt.Fprintf(h, "%s %d\n%s", filepath.Base(f), len(b), b)
	}
	return dbtest.Template{
		Name: "bihuan",
		Hash: fmt.Sprintf("%x", h.Sum(nil)),
		Build: func(ctx context.Context, super string) error {
			return build(ctx, super, roles)
		},
	}, nil
})

// build does what deploy/roles.sql tells the operator to do, and migrates.
func build(ctx context.Context, super, roles string) error {
	sql, err := os.ReadFile(roles)
	if err != nil {
		return err
	}
	u, err := url.Parse(super)
	if err != nil {
		return err
	}
	give := "ALTER DATABASE " + pgx.Identifier{strings.TrimPrefix(u.Path, "/")}.Sanitize() + " OWNER TO " + owner
	if err := exec(ctx, super, string(sql)+";"+give); err != nil {
		return err
	}
	_, err = migrations.Up(ctx, dbtest.URL(super, owner, ""))
	return err
}

// moduleRoot is the folder of go.mod; go test runs in the package's folder.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}

// exec runs SQL on a connection of its own. Without arguments it may be several
// statements.
func exec(ctx context.Context, url, sql string, args ...any) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, sql, args...)
	return err
}

// AsOwner runs SQL as the owner of the tables, outside any tenant.
func (db *DB) AsOwner(t testing.TB, sql string, args ...any) {
	t.Helper()
	if err := exec(context.Background(), db.OwnerURL, sql, args...); err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
}

// AsSuper reads one row as superuser, past row-level security.
func (db *DB) AsSuper(t testing.TB, sql string, args []any, dest ...any) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, db.SuperURL)
	if err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, sql, args...).Scan(dest...); err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
}

// Tenant enters a committee into the directory and nothing else: no roles, no
// processes. level is PROVINCE, CITY, DISTRICT or ZONE. A district or zone is
// put below the city of its code's first four digits, if that is there.
func Tenant(t testing.TB, db *DB, code, name, level string) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	db.AsOwner(t, `
		INSERT INTO tenants (id, code, name, short_name, level, status, created_at, parent_id)
		SELECT $1, $2::text, $3, $3, $4::text, 'ACTIVE', $5,
		  (SELECT id FROM tenants WHERE level = 'CITY' AND code = left($2::text, 4) || '00' AND $4::text IN ('DISTRICT', 'ZONE'))`,
		id, code, name, level, time.Now())
	return id
}

// Member makes an active membership. kind is MEMBER, STAFF or UNIT_STAFF; the
// account is uuid.Nil for a person who does not sign in.
func Member(t testing.TB, db *DB, tenant, account uuid.UUID, kind, name string) uuid.UUID {
	t.Helper()
	id, now := uuid.Must(uuid.NewV7()), time.Now()
	err := db.Store.InTx(context.Background(), tenant, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `
			INSERT INTO memberships (id, tenant_id, created_at, updated_at, account_id, name, kind)
			VALUES ($1, $2, $3, $3, nullif($4::uuid, '00000000-0000-0000-0000-000000000000'::uuid), $5, $6)`,
			id, tenant, now, account, name, kind)
		return err
	})
	if err != nil {
		t.Fatalf("tenantstest: %v", err)
	}
	return id
}
