// Package migrations is how a database gets to the schema: versioned files in
// goose's format, applied in order by the owner of the tables. Plan compares
// the schema with a database and says what is missing; a new file is written
// from it, and an empty plan is what `make verify` wants to see.
package migrations

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"sort"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/bihuan/bihuan/ent/gen/migrate"
	"github.com/bihuan/bihuan/internal/errs"
)

//go:embed *.sql
var Files embed.FS

// Up brings the database of url (its user owns the tables) to the newest
// version and returns how many files it applied. Several processes may call
// it at once: a lock lets one work and the others wait. Called again it does
// nothing.
func Up(ctx context.Context, url string) (applied int, err error) {
	defer errs.Wrap(&err, "migrations.Up")
	db, err := sql.Open("pgx", url)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return 0, err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, Files, goose.WithSessionLocker(locker))
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := db.ExecContext(ctx, confine); err != nil {
		return 0, err
	}
	return len(done), queue(ctx, url)
}

// confine takes from everybody the right to make temporary tables here, on
// which a trigger can be hung. It belongs to the database and not to what is in
// it, so neither a copy nor a restored dump has it. Where the owner of the
// tables does not own the database, its owner has to (deploy/roles.sql).
const confine = `
	DO $$ BEGIN
	  IF EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'USAGE')) THEN
	    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, bihuan_app', current_database());
	  END IF;
	END $$`

// queue creates the job queue's own tables and lets the serving role use them.
func queue(ctx context.Context, url string) error {
	pool, err := pgxpool.New(ctx, url)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	if _, err := m.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	// The queue's tables are not the product's: they hold jobs, whose arguments
	// name the tenant, and no row of any tenant.
	_, err = pool.Exec(ctx, `
		DO $$ DECLARE t regclass; BEGIN
		  FOR t IN SELECT oid FROM pg_class WHERE relname LIKE 'river\_%' AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace LOOP
		    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO bihuan_app', t);
		  END LOOP;
		END $$;
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO bihuan_app;`)
	return err
}

// Plan returns the statements that would bring the database to the schema:
// tables and indexes as ent wants them, then composite references, row-level
// security and grants, which ent does not know.
func Plan(ctx context.Context, db *sql.DB) (_ []string, err error) {
	defer errs.Wrap(&err, "migrations.Plan")
	var buf bytes.Buffer
	err = migrate.NewSchema(entsql.OpenDB(dialect.Postgres, db)).
		WriteTo(ctx, &buf, schema.WithForeignKeys(false), schema.WithDropColumn(true), schema.WithDropIndex(true))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range strings.Split(buf.String(), "\n") {
		if s = strings.TrimSpace(s); s != "" && s != "BEGIN;" && s != "COMMIT;" && !strings.HasPrefix(s, "--") {
			out = append(out, s)
		}
	}
	have, err := existing(ctx, db)
	if err != nil {
		return nil, err
	}
	tables := append([]*schema.Table(nil), migrate.Tables...)
	sort.Slice(tables, func(i, j int) bool { return tables[i].Name < tables[j].Name })
	for _, t := range tables {
		out = append(out, missing(t, have)...)
	}
	return out, nil
}

// Tenanted tells whether a table's rows belong to one committee.
func Tenanted(t *schema.Table) bool { return t.HasColumn("tenant_id") }

// missing lists what t needs beyond its columns. The policy is one sentence
// and fails closed: with no tenant set it compares with NULL.
func missing(t *schema.Table, have map[string]bool) (out []string) {
	add := func(key, stmt string) {
		if !have[key] {
			out = append(out, stmt)
		}
	}
	for _, fk := range t.ForeignKeys {
		col, ref := fk.Columns[0].Name, fk.RefTable.Name
		name := t.Name + "_" + col + "_fk"
		if Tenanted(t) && Tenanted(fk.RefTable) {
			add(name, fmt.Sprintf(`ALTER TABLE %q ADD CONSTRAINT %q FOREIGN KEY (tenant_id, %s) REFERENCES %q (tenant_id, id);`, t.Name, name, col, ref))
		} else {
			add(name, fmt.Sprintf(`ALTER TABLE %q ADD CONSTRAINT %q FOREIGN KEY (%s) REFERENCES %q (id);`, t.Name, name, col, ref))
		}
	}
	if !Tenanted(t) {
		add("grant:"+t.Name, fmt.Sprintf(`GRANT SELECT ON %q TO bihuan_app;`, t.Name))
		return out
	}
	add(t.Name+"_tenant_fk", fmt.Sprintf(`ALTER TABLE %q ADD CONSTRAINT %q FOREIGN KEY (tenant_id) REFERENCES tenants (id);`, t.Name, t.Name+"_tenant_fk"))
	add("policy:"+t.Name, fmt.Sprintf(`ALTER TABLE %[1]q ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON %[1]q USING (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant', true), '')::uuid);`, t.Name))
	rights := "SELECT, INSERT, UPDATE"
	if appendOnly[t.Name] {
		rights = "SELECT, INSERT"
	}
	add("grant:"+t.Name, fmt.Sprintf(`GRANT %s ON %q TO bihuan_app;`, rights, t.Name))
	return out
}

// appendOnly tables are ledgers: the serving role cannot change a row.
var appendOnly = map[string]bool{"steps": true, "policies": true}

func existing(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	have := map[string]bool{}
	rows, err := db.QueryContext(ctx, `
		SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace
		UNION ALL SELECT 'policy:' || tablename FROM pg_policies WHERE schemaname = 'public' AND policyname = 'tenant'
		UNION ALL SELECT 'grant:' || table_name FROM information_schema.role_table_grants WHERE grantee = 'bihuan_app' AND privilege_type = 'SELECT'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		have[s] = true
	}
	return have, rows.Err()
}

// OpenOwner opens a database/sql handle, as Plan needs it.
func OpenOwner(url string) (*sql.DB, error) {
	pool, err := pgxpool.New(context.Background(), url)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDBFromPool(pool), nil
}
