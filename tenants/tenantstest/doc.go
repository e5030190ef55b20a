// Package tenantstest gives a test a migrated database of its own and a store
// on it, set up like an installation: the tables belong to bihuan_owner, the
// store serves as bihuan_app, so row-level security and grants are in force.
//
//	db := tenantstest.New(t)
//	city := tenantstest.Tenant(t, db, "210200", "大连市政协", "CITY")
//	who := tenantstest.Member(t, db, city, uuid.Nil, "STAFF", "市提案委干部甲")
//	err := db.Store.InTx(ctx, city, func(ctx context.Context) error { … })
//
// New costs some 50 ms; the template behind it is built again when a migration,
// deploy/roles.sql or go.mod changes. Tests may run in parallel. Only tests
// import this package.
package tenantstest
