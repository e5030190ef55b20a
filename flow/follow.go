package flow

import (
	"context"
	"fmt"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
)

// chainLimit bounds automatic actions after one action; the loop check refuses
// definitions whose automatic actions form a circle, so it is never reached.
const chainLimit = 10

// follow carries out the automatic actions whose guards hold, and returns the
// case as it is at rest.
func (e *Engine) follow(ctx context.Context, c *Case) (*Case, error) {
	for i := 0; ; i++ {
		in, err := e.nextAutomatic(c)
		if err != nil || in == nil {
			return c, err
		}
		if i == chainLimit {
			return nil, fmt.Errorf("flow: more than %d automatic actions in a row on %s", chainLimit, c.Matter.ID)
		}
		noting, t := touching(ctx)
		if err := e.perform(noting, &Run{Input: *in, Engine: e, Client: e.client}); err != nil {
			return nil, err
		}
		if c, err = e.again(ctx, c, t); err != nil {
			return nil, err
		}
	}
}

// nextAutomatic finds an automatic action whose guards hold, of the matter or
// of one of its shares.
func (e *Engine) nextAutomatic(c *Case) (*Input, error) {
	subjects := append([]*gen.Assignment{nil}, c.Assignments...)
	for _, share := range subjects {
		in := &Input{Case: c, Share: share}
		m := in.machine()
		if m == nil || (share != nil && c.Closed()) {
			continue
		}
		for _, a := range m.Actions {
			if !a.Automatic || !a.Leaves(in.state()) {
				continue
			}
			in.Action = a
			err := e.guard(in)
			if err == nil {
				return in, nil
			}
			if _, shown := errs.As(err); !shown {
				return nil, err
			}
		}
	}
	return nil, nil
}
