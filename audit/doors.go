package audit

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/tenants"
)

// Doors are a store's doors for a part of the program that acts by itself,
// such as a job: each transaction that changes something leaves one record.
type Doors struct {
	Store  *tenants.Store
	System string // who acts, such as sweep
}

// ReadTx is the store's.
func (d Doors) ReadTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.ReadTx(ctx, tenant, fn)
}

// InTx is the store's, with a record at its end when fn changed anything.
func (d Doors) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, c := Collect(ctx)
		if err := fn(ctx); err != nil {
			return err
		}
		changes := c.Changes()
		if len(changes) == 0 {
			return nil
		}
		object := Object(changes[0].Entity, changes[0].ID)
		return Write(ctx, Entry{Action: d.System, Actor: Actor{System: d.System, Name: AtServer(ctx)}, Object: object, Changes: changes})
	})
}

type serverKey struct{}

// WithServer says who stands at the server and gives the command: the name by
// which its operating system knows him. Nobody signs in to this product there.
func WithServer(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, serverKey{}, name)
}

// AtServer is who gives the command at the server; empty for a job and for who
// comes over the network.
func AtServer(ctx context.Context) string {
	name, _ := ctx.Value(serverKey{}).(string)
	return name
}
