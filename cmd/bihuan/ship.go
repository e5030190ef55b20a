package main

import (
	"context"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
)

// ship gives every committee the shipped definitions that are new since it was
// provisioned, one transaction a committee. Killed at any line it goes on where
// it is run again.
func ship(ctx context.Context, appURL string) error {
	store, err := tenants.Open(ctx, appURL, 2)
	if err != nil {
		return err
	}
	defer store.Close()
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	p, err := authz.Load()
	if err != nil {
		return err
	}
	engine, roles := assembly.Engine(store.Ent()), process.RolesOf(p)
	doors := audit.Doors{Store: store, System: "ship"}
	for t, err := range store.Committees(ctx) {
		if err != nil {
			return err
		}
		err = doors.InTx(authz.System(ctx), t.ID, func(ctx context.Context) error {
			return engine.Ship(ctx, templates.Processes(), roles)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
