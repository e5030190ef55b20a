package flow

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
)

// Again reads a case, writes, and reads it twice: what was written only, and
// anew as a whole.
func (e *Engine) Again(ctx context.Context, id uuid.UUID, write func(context.Context) error) (again, anew *Case, err error) {
	ctx = authz.System(ctx)
	c, err := e.lock(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	noting, t := touching(ctx)
	if err := write(noting); err != nil {
		return nil, nil, err
	}
	if again, err = e.again(ctx, c, t); err != nil {
		return nil, nil, err
	}
	all, err := e.load(ctx, id)
	return again, all[id], err
}
