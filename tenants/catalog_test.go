package tenants_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

var anyDay = clock.Date(2025, 2, 3)

// collect reads rows as superuser.
func collect[T any](t *testing.T, url string, to pgx.RowToFunc[T], sql string, args ...any) []T {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// unprotected is a table with a tenant_id and no policy, on purpose: which
// committees a person may choose is asked at sign-in, before any tenant is
// set. The serving role may only read it, and it holds no business data.
const unprotected = "account_memberships"

// tenantTables are the tables whose rows belong to a committee.
func tenantTables(t *testing.T, url string) []string {
	return collect(t, url, pgx.RowTo[string], `
		SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
		WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> $1 ORDER BY 1`, unprotected)
}

var verbs = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}

// rightsOf are the verbs that the serving role may use on a table, on any
// column.
func rightsOf(t *testing.T, url, table string) map[string]bool {
	t.Helper()
	held := collect(t, url, pgx.RowTo[string], `
		SELECT v FROM unnest($2::text[]) v WHERE has_table_privilege('bihuan_app', $1::regclass, v)
		   OR (v IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege('bihuan_app', $1::regclass, v))`, table, verbs)
	out := map[string]bool{}
	for _, v := range held {
		out[v] = true
	}
	return out
}

// mayUpdate reports whether the serving role may change a column of a table.
func mayUpdate(t *testing.T, url, table, column string) bool {
	return collect(t, url, pgx.RowTo[bool], `SELECT has_column_privilege('bihuan_app', $1::regclass, $2, 'UPDATE')`, table, column)[0]
}

// foreignKey is a reference between two tables of tenants.
type foreignKey struct{ table, column, refers string }

func foreignKeys(t *testing.T, url string) []foreignKey {
	return collect(t, url, func(r pgx.CollectableRow) (k foreignKey, err error) {
		return k, r.Scan(&k.table, &k.column, &k.refers)
	}, `
		SELECT k.conrelid::regclass::text, a.attname::text, k.confrelid::regclass::text
		FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname <> 'tenant_id'
		WHERE k.contype = 'f' AND k.confrelid <> 'tenants'::regclass
		  AND EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = k.conrelid AND t.attname = 'tenant_id') ORDER BY 1, 2`)
}

// none expects a query for offenders to find nobody.
func none(t *testing.T, url, sql string, args ...any) {
	t.Helper()
	if bad := collect(t, url, pgx.RowTo[string], sql, args...); len(bad) > 0 {
		t.Errorf("not so: %s", strings.Join(bad, ", "))
	}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	url := tenantstest.New(t).SuperURL
	tables := tenantTables(t, url)
	if len(tables) < 40 {
		t.Fatalf("only %d tables found: %v", len(tables), tables)
	}
	t.Run("every tenant table has row-level security enabled and forced", func(t *testing.T) {
		none(t, url, `SELECT relname::text FROM pg_class WHERE oid = ANY ($1::text[]::regclass[]) AND NOT (relrowsecurity AND relforcerowsecurity)`, tables)
	})
	t.Run("its only policy is the one sentence, for reading and writing", func(t *testing.T) {
		const sentence = `(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::uuid)`
		none(t, url, `
			SELECT t FROM unnest($1::text[]) t WHERE (SELECT count(*) FROM pg_policies WHERE tablename = t) <> 1 OR NOT EXISTS (
			  SELECT FROM pg_policies WHERE schemaname = 'public' AND tablename = t AND permissive = 'PERMISSIVE' AND roles = '{public}'
			    AND cmd = 'ALL' AND qual = $2 AND with_check = $2)`, tables, sentence)
	})
	t.Run("a row always has a tenant", func(t *testing.T) {
		none(t, url, `SELECT attrelid::regclass::text FROM pg_attribute WHERE attrelid = ANY ($1::text[]::regclass[]) AND attname = 'tenant_id' AND NOT attnotnull`, tables)
	})
	t.Run("it has a unique key that begins with tenant_id; with an id, (tenant_id, id)", func(t *testing.T) {
		none(t, url, `
			SELECT t FROM unnest($1::text[]) t
			WHERE NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			  WHERE i.indrelid = t::regclass AND i.indisunique AND i.indpred IS NULL AND a.attname = 'tenant_id')
			OR (EXISTS (SELECT FROM pg_attribute WHERE attrelid = t::regclass AND attname = 'id') AND NOT EXISTS (
			  SELECT FROM pg_index i WHERE i.indrelid = t::regclass AND i.indisunique AND i.indpred IS NULL
			    AND pg_get_indexdef(i.indexrelid) LIKE '%(tenant_id, id)'))`, tables)
	})
	t.Run("every reference between tenant tables contains tenant_id on both sides", func(t *testing.T) {
		none(t, url, `
			SELECT conname::text FROM pg_constraint
			WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[]) AND pg_get_constraintdef(oid) !~
			  '^FOREIGN KEY \((tenant_id\) REFERENCES tenants\(id\)|tenant_id, \w+\) REFERENCES \w+\(tenant_id, id\))$'`, tables)
	})
	t.Run("a global table refers to no row of a tenant", func(t *testing.T) {
		none(t, url, `SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND confrelid = ANY ($1::text[]::regclass[]) AND NOT conrelid = ANY ($1::text[]::regclass[])`, tables)
	})
}

func TestIndexesViewsAndFunctions(t *testing.T) {
	t.Parallel()
	url := tenantstest.New(t).SuperURL
	tables := tenantTables(t, url)
	t.Run("every index begins with tenant_id, but for those named here", func(t *testing.T) {
		exceptions := map[string]string{
			"cohorts_matter_id_key":   "ent's index of a one-to-one edge; a matter's id is a UUIDv7, unique everywhere",
			"proposals_matter_id_key": "the same",
		}
		got := collect(t, url, pgx.RowTo[string], `
			SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
			WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND a.attname <> 'tenant_id'
			  AND NOT (i.indisprimary AND i.indnatts = 1 AND a.attname = 'id')`, tables)
		for _, name := range got {
			if exceptions[name] == "" {
				t.Errorf("%s does not", name)
			}
			delete(exceptions, name)
		}
		if len(exceptions) > 0 {
			t.Errorf("no longer exceptions: %v", exceptions)
		}
	})
	t.Run("no view shows rows with its owner's rights", func(t *testing.T) {
		none(t, url, `SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm', 'f') AND relnamespace = 'public'::regnamespace`)
	})
	t.Run("S16: what runs with its owner's rights fixes its search path, and only those named here may execute it", func(t *testing.T) {
		executes := map[string]string{ // the serving role, or nobody: a trigger's function is called by its trigger
			"account_memberships_copy": "", "rights_changed": "",
			"account_event": "bihuan_app", "audit_next": "bihuan_app", "audit_put": "bihuan_app",
			"audit_append": "bihuan_app", "import_unmake": "bihuan_app", "ballot_cast": "bihuan_app", "ballot_claim": "bihuan_app",
			"ballot_close": "bihuan_app", "ballot_open": "bihuan_app", "ballot_result": "bihuan_app",
		}
		got := collect(t, url, pgx.RowToStructByPos[definer], `
			SELECT p.proname::text, coalesce(array_to_string(p.proconfig, ' '), ''), coalesce((
			  SELECT string_agg(CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, ' ' ORDER BY 1)
			  FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee <> p.proowner), '')
			FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace ORDER BY 1`)
		for _, f := range got {
			want, known := executes[f.Name]
			if !known || f.By != want || f.Set != "search_path=public, pg_temp" {
				t.Errorf("%s with %q may be executed by %q, want %q (known here: %v)", f.Name, f.Set, f.By, want, known)
			}
			delete(executes, f.Name)
		}
		if len(executes) > 0 {
			t.Errorf("no longer there: %v", executes)
		}
	})
	t.Run("S16: nothing runs with its owner's rights outside the schema of the product", func(t *testing.T) {
		none(t, url, `SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace NOT IN ('public'::regnamespace, 'pg_catalog'::regnamespace)`)
	})
}

// definer is a function that runs with its owner's rights: its settings, and
// who may execute it beside the owner.
type definer struct{ Name, Set, By string }

// S16: a trigger function that anybody may execute can be hung on a table of
// one's own.
func TestNobodyHangsAnOwnersTriggerOnATableOfHisOwn(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	var name string
	db.AsSuper(t, `SELECT current_database()`, nil, &name)
	c, err := pgx.Connect(context.Background(), db.AppURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	refused := func(t *testing.T, sql string) {
		t.Helper()
		var pg *pgconn.PgError
		if _, err := c.Exec(context.Background(), sql); !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	t.Run("the serving role makes a trigger of no function that runs with its owner's rights", func(t *testing.T) {
		super(t, db, `GRANT TEMPORARY ON DATABASE `+name+` TO bihuan_app`)
		if _, err := c.Exec(context.Background(), `CREATE TEMP TABLE mine (id uuid, account_id uuid, tenant_id uuid, status text)`); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"account_memberships_copy", "rights_changed"} {
			refused(t, `CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION `+f+`()`)
		}
	})
	t.Run("and after a migration, also of a restored database, it makes no temporary table", func(t *testing.T) {
		super(t, db, `ALTER DATABASE `+name+` OWNER TO bihuan_owner`)
		if _, err := migrations.Up(context.Background(), db.OwnerURL); err != nil {
			t.Fatal(err)
		}
		refused(t, `CREATE TEMP TABLE another (n int)`)
	})
	t.Run("the triggers themselves go on working", func(t *testing.T) {
		tenant := tenantstest.Tenant(t, db, "210200", "甲市政协", "CITY")
		account := uuid.New()
		tenantstest.Member(t, db, tenant, account, "MEMBER", "委员甲")
		var n int
		db.AsSuper(t, `SELECT count(*) FROM account_memberships WHERE account_id = $1`, []any{account}, &n)
		if n != 1 {
			t.Errorf("%d copies", n)
		}
	})
}

func TestTheServingRole(t *testing.T) {
	t.Parallel()
	url := tenantstest.New(t).SuperURL
	t.Run("owns nothing", func(t *testing.T) {
		none(t, url, `
			SELECT relname::text FROM pg_class WHERE relowner = 'bihuan_app'::regrole
			UNION ALL SELECT proname::text FROM pg_proc WHERE proowner = 'bihuan_app'::regrole
			UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspowner = 'bihuan_app'::regrole
			UNION ALL SELECT datname::text FROM pg_database WHERE datdba = 'bihuan_app'::regrole`)
	})
	t.Run("has no power over other roles, databases or policies", func(t *testing.T) {
		none(t, url, `SELECT rolname::text FROM pg_roles WHERE rolname = 'bihuan_app' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`)
		none(t, url, `SELECT rolname::text FROM pg_roles WHERE rolname <> 'bihuan_app' AND pg_has_role('bihuan_app', oid, 'MEMBER')`)
	})
	t.Run("makes no tables", func(t *testing.T) {
		none(t, url, `SELECT 'schema' WHERE has_schema_privilege('bihuan_app', 'public', 'CREATE') UNION ALL
			SELECT 'database' WHERE has_database_privilege('bihuan_app', current_database(), 'CREATE')`)
	})
	t.Run("may read, add and change, and no more, but for what is named here", func(t *testing.T) {
		rights := map[string]string{
			"steps": "SELECT INSERT", "policies": "SELECT INSERT", "report_rows": "SELECT INSERT", "obligation_told": "SELECT INSERT", // ledgers
			"tenants": "SELECT", "tenant_versions": "SELECT", "account_memberships": "SELECT", // written by the owner and by triggers
			"audit_log": "SELECT", "audit_heads": "SELECT", // written by audit_next and audit_put
			"account_events":    "SELECT DELETE",                                                                                                                      // laid there by account_event, taken out into the chain
			"awaited":           "SELECT INSERT UPDATE DELETE",                                                                                                        // derived from the matters
			"live_changes":      "SELECT INSERT DELETE",                                                                                                               // kept for a day or two
			"idempotency_keys":  "SELECT INSERT DELETE",                                                                                                               // repeated requests are forgotten after a while
			"sign_in_providers": "SELECT INSERT UPDATE DELETE", "account_identities": "SELECT INSERT UPDATE DELETE", "provider_visits": "SELECT INSERT UPDATE DELETE", // taken away again; a visit lasts minutes
			"account_duties": "SELECT INSERT DELETE", "password_history": "SELECT INSERT DELETE", // kept for as long as they say something
			"account_factors": "SELECT INSERT UPDATE DELETE", "recovery_codes": "SELECT INSERT UPDATE DELETE", // the owner's, until he drops them
			"refresh_tokens": "SELECT INSERT UPDATE DELETE", "sign_in_failures": "SELECT INSERT UPDATE DELETE", // no one's history
			"ballots": "SELECT", "ballot_voters": "SELECT", "ballot_tokens": "", "ballot_tallies": "", // written and counted by the ballot functions
			"pinyin": "SELECT", "search_parts": "SELECT INSERT UPDATE DELETE", "search_signs": "SELECT INSERT UPDATE DELETE", // derived by triggers
			"phone_outbox": "SELECT INSERT UPDATE DELETE", "phone_codes": "SELECT INSERT UPDATE DELETE", // what has ended is forgotten
			"goose_db_version": "", // migrations are the owner's
		}
		tables := collect(t, url, pgx.RowTo[string], `SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`)
		for _, table := range tables {
			want, named := rights[table]
			switch {
			case strings.HasPrefix(table, "river_"): // the job queue's, without rows of tenants
				want = "SELECT INSERT UPDATE DELETE"
			case !named:
				want = "SELECT INSERT UPDATE"
			}
			held, got := rightsOf(t, url, table), []string{}
			for _, v := range verbs {
				if held[v] {
					got = append(got, v)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %v, want %s", table, got, want)
			}
		}
	})
}
