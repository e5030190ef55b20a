package audit

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/bihuan/bihuan/tenants"
)

// ErrUncollected is what a write outside Collect gets: its changes would be in
// no record. It is a programming error.
var ErrUncollected = errors.New("audit: a write outside audit.Collect would leave no record")

// Collector gathers the changes of one mutation. It may be used by several
// goroutines, as resolvers are.
type Collector struct {
	mu      sync.Mutex
	changes []Change
}

type collectorKey struct{}

// Collect begins to gather what is written with the returned context, for one
// record. A second Collect inside begins another record's.
func Collect(ctx context.Context) (context.Context, *Collector) {
	c := &Collector{}
	return context.WithValue(ctx, collectorKey{}, c), c
}

func collector(ctx context.Context) (*Collector, bool) {
	c, ok := ctx.Value(collectorKey{}).(*Collector)
	return c, ok
}

// Note adds a change that ent did not see, because plain SQL made it. Secrets
// are withheld as everywhere.
func Note(ctx context.Context, change Change) error {
	c, ok := collector(ctx)
	if !ok {
		return ErrUncollected
	}
	c.add(tidy(change))
	return nil
}

// Changes are those gathered and not yet written, in the order they were made;
// rows that one CreateBulk created come last first, as ent calls the hooks.
func (c *Collector) Changes() []Change {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.changes)
}

func (c *Collector) add(change Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, change)
}

// keep forgets all but the first n changes.
func (c *Collector) keep(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = c.changes[:min(n, len(c.changes))]
}

// Savepoint is tenants.Savepoint that also forgets the changes it undid. Where
// changes are collected, the plain one would leave in the record what never
// came about.
func Savepoint(ctx context.Context, fn func(context.Context) error) error {
	c, ok := collector(ctx)
	if !ok {
		return tenants.Savepoint(ctx, fn)
	}
	before := len(c.Changes())
	err := tenants.Savepoint(ctx, fn)
	if err != nil {
		c.keep(before)
	}
	return err
}
