package tenants_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/dbtest"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// role makes a role that can sign in; roles are the server's, not the
// database's, so its name is its own and it is dropped in the end.
func role(t *testing.T, db *tenantstest.DB, with string) (name, url string) {
	t.Helper()
	name = "bihuan_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	super(t, db, "CREATE ROLE "+name+" LOGIN "+with)
	t.Cleanup(func() { super(t, db, "DROP OWNED BY "+name+"; DROP ROLE "+name) })
	return name, dbtest.URL(db.SuperURL, name, "")
}

func super(t *testing.T, db *tenantstest.DB, sql string) {
	t.Helper()
	c, err := pgx.Connect(context.Background(), db.SuperURL)
	if err == nil {
		_, err = c.Exec(context.Background(), sql)
		_ = c.Close(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefusesARoleThatCouldStepOver(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	_, bypass := role(t, db, "BYPASSRLS")
	_, heir := role(t, db, "NOINHERIT IN ROLE bihuan_owner")
	above, _ := role(t, db, "BYPASSRLS")
	_, climber := role(t, db, "NOINHERIT IN ROLE "+above)
	for sentence, url := range map[string]string{
		"a superuser":                            db.SuperURL,
		"the owner of the tables":                db.OwnerURL,
		"one with BYPASSRLS":                     bypass,
		"one who can become the owner":           heir,
		"one who can become one with BYPASSRLS":  climber,
		"a superuser who plays the serving role": db.SuperURL + "&options=-c%20role%3Dbihuan_app",
	} {
		t.Run(sentence, func(t *testing.T) {
			s, err := tenants.Open(context.Background(), url, 1)
			if err == nil {
				s.Close()
				t.Fatal("it was let in")
			}
			if !strings.Contains(err.Error(), "deploy/roles.sql") {
				t.Errorf("it says %v", err)
			}
		})
	}
	t.Run("any other is let in", func(t *testing.T) {
		_, url := role(t, db, "IN ROLE bihuan_app")
		s, err := tenants.Open(context.Background(), url, 1)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	t.Run("an address that cannot be read is not shown", func(t *testing.T) {
		_, err := tenants.Open(context.Background(), "postgres://u:secret@[", 1)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	})
}
