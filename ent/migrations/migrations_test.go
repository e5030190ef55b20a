package migrations_test

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/ent/migrations"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestTheMigrationsLeadToTheSchema(t *testing.T) {
	t.Parallel()
	db, err := migrations.OpenOwner(tenantstest.New(t).OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	plan, err := migrations.Plan(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan {
		t.Errorf("missing in the migrations: %s", s)
	}
}

func TestMigratingAgainDoesNothing(t *testing.T) {
	t.Parallel()
	n, err := migrations.Up(context.Background(), tenantstest.New(t).OwnerURL)
	if err != nil || n != 0 {
		t.Fatalf("applied %d files, %v", n, err)
	}
}
