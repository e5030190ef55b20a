package tenants_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func refused(t *testing.T, err error, code errs.Code, path string) {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code || (path != "" && (len(e.Path) == 0 || e.Path[0] != path)) {
		t.Fatalf("want %s at %q, got %v", code, path, err)
	}
}

func TestProvision(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := tenantstest.New(t)
	provision := func(in tenants.NewTenant) (uuid.UUID, error) { return tenants.Provision(ctx, db.OwnerURL, in) }
	city := tenants.NewTenant{Code: "210200", Name: "政协某市委员会", ShortName: "某市政协", Level: tenants.City}
	district := tenants.NewTenant{Code: "210202", Name: "政协某区委员会", ShortName: "某区政协", Level: tenants.District, ParentCode: "210200"}

	t.Run("a parent must exist", func(t *testing.T) {
		_, err := provision(district)
		refused(t, err, errs.Invalid, "parentCode")
	})
	var id uuid.UUID
	t.Run("a committee is entered, and its child below it", func(t *testing.T) {
		var err error
		if id, err = provision(city); err != nil {
			t.Fatal(err)
		}
		if _, err = provision(district); err != nil {
			t.Fatal(err)
		}
		var parent uuid.UUID
		db.AsSuper(t, `SELECT parent_id FROM tenants WHERE code = '210202' AND status = 'ACTIVE'`, nil, &parent)
		if parent != id {
			t.Fatal(parent)
		}
	})
	t.Run("called twice with the same values it returns the same id", func(t *testing.T) {
		again := city
		again.Name = " " + again.Name + " "
		if got, err := provision(again); err != nil || got != id {
			t.Fatal(got, err)
		}
	})
	t.Run("called with the same code and other values it is a conflict and changes nothing", func(t *testing.T) {
		for _, other := range []func(*tenants.NewTenant){
			func(n *tenants.NewTenant) { n.Name = "另一名称" },
			func(n *tenants.NewTenant) { n.ShortName = "另一简称" },
			func(n *tenants.NewTenant) { n.Level = tenants.Zone },
			func(n *tenants.NewTenant) { n.ParentCode = "" },
		} {
			in := district
			other(&in)
			_, err := provision(in)
			refused(t, err, errs.Conflict, "code")
		}
		var name string
		db.AsSuper(t, `SELECT name FROM tenants WHERE code = '210202'`, nil, &name)
		if name != district.Name {
			t.Fatal(name)
		}
	})
	t.Run("many at once enter it once", func(t *testing.T) {
		in := tenants.NewTenant{Code: "210203", Name: "政协又一区委员会", Level: tenants.District, ParentCode: "210200"}
		var wg sync.WaitGroup
		ids := make([]uuid.UUID, 4)
		for i := range ids {
			wg.Go(func() { ids[i], _ = provision(in) })
		}
		wg.Wait()
		for _, got := range ids {
			if got == uuid.Nil || got != ids[0] {
				t.Fatal(ids)
			}
		}
	})
	t.Run("the role that serves cannot", func(t *testing.T) {
		in := district
		in.Code = "210204"
		if _, err := tenants.Provision(ctx, db.AppURL, in); err == nil {
			t.Fatal("it could")
		}
	})
	t.Run("an address that cannot be read is not shown", func(t *testing.T) {
		_, err := tenants.Provision(ctx, "postgres://u:secret@[", city)
		if err == nil || err.Error() != "tenants.Provision(210200): the owner's database URL cannot be parsed" {
			t.Fatal(err)
		}
	})
}

func TestProvisionRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := tenantstest.New(t)
	tenantstest.Tenant(t, db, "210000", "某省政协", "PROVINCE")
	tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	tenantstest.Tenant(t, db, "210202", "某区政协", "DISTRICT")
	for _, c := range []struct {
		sentence, code string
		level          tenants.Level
		parent, path   string
	}{
		{"five digits", "21020", tenants.City, "", "code"},
		{"letters", "21o200", tenants.City, "", "code"},
		{"full-width digits", "２１０２００", tenants.City, "", "code"},
		{"a province that does not exist", "990000", tenants.Province, "", "code"},
		{"a city's code for a district", "210300", tenants.District, "", "code"},
		{"a district's code for a city", "210302", tenants.City, "", "code"},
		{"a city's code for a province", "210300", tenants.Province, "", "code"},
		{"a level that does not exist", "210300", "TOWN", "", "level"},
		{"a parent of the same level", "210203", tenants.District, "210202", "parentCode"},
		{"a parent of another city", "210302", tenants.District, "210200", "parentCode"},
		{"a parent of another province", "220200", tenants.City, "210000", "parentCode"},
		{"itself as parent", "210300", tenants.City, "210300", "parentCode"},
		{"a parent that is no code", "210300", tenants.City, "x", "parentCode"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := tenants.Provision(ctx, db.OwnerURL, tenants.NewTenant{Code: c.code, Name: "政协", Level: c.level, ParentCode: c.parent})
			refused(t, err, errs.Invalid, c.path)
		})
	}
	t.Run("a name that is empty or holds a line break", func(t *testing.T) {
		for _, name := range []string{" ", "政\n协"} {
			_, err := tenants.Provision(ctx, db.OwnerURL, tenants.NewTenant{Code: "210300", Name: name, Level: tenants.City})
			refused(t, err, errs.Invalid, "name")
		}
	})
	t.Run("nothing was entered by those who were refused", func(t *testing.T) {
		var n int
		db.AsSuper(t, `SELECT count(*) FROM tenants`, nil, &n)
		if n != 3 {
			t.Fatal(n)
		}
	})
	t.Run("a district may stand directly below its province", func(t *testing.T) {
		_, err := tenants.Provision(ctx, db.OwnerURL, tenants.NewTenant{Code: "219002", Name: "政协", Level: tenants.District, ParentCode: "210000"})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := tenantstest.New(t)
	district := tenantstest.Tenant(t, db, "210203", "乙区政协", "DISTRICT")
	city := tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	tenantstest.Tenant(t, db, "210202", "甲区政协", "DISTRICT")
	db.AsOwner(t, `UPDATE tenants SET status = 'SUSPENDED' WHERE id = $1`, district)

	t.Run("pages by code and ends with an empty page", func(t *testing.T) {
		var all []tenants.Tenant
		for after := ""; ; {
			page, err := db.Store.Directory(ctx, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			all = append(all, page...)
			after = page[len(page)-1].Code
		}
		if len(all) != 3 || all[0].Code != "210200" || all[1].Code != "210202" || all[2].Code != "210203" {
			t.Fatal(all)
		}
		if all[0].ID != city || all[0].Parent != nil || all[0].Level != tenants.City || !all[0].Active {
			t.Fatal(all[0])
		}
		if all[1].Parent == nil || *all[1].Parent != city {
			t.Fatal(all[1])
		}
	})
	t.Run("says who is suspended", func(t *testing.T) {
		page, err := db.Store.Directory(ctx, "210202", 0)
		if err != nil || len(page) != 1 || page[0].Active {
			t.Fatal(page, err)
		}
	})
	t.Run("is refused inside a committee's transaction", func(t *testing.T) {
		err := db.Store.ReadTx(ctx, city, func(ctx context.Context) error {
			_, err := db.Store.Directory(ctx, "", 0)
			return err
		})
		if err == nil {
			t.Fatal("it was not")
		}
	})
}
