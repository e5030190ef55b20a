package audit

import (
	"context"
	"errors"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Write adds one record to the chain of the transaction's tenant, inside
// Store.Global to the installation's. It takes the collected changes when the
// entry brings none of its own. It is the last statement of the transaction,
// see the package's contract.
func Write(ctx context.Context, e Entry) (err error) {
	defer errs.Wrap(&err, "audit.Write(%s)", e.Action)
	if e.Action == "" {
		return errors.New("a record needs the name of its action")
	}
	if e.At.IsZero() {
		e.At = clock.Now(ctx)
	}
	if c, ok := collector(ctx); ok && e.Changes == nil {
		e.Changes = c.Changes()
		defer func() {
			if err == nil {
				c.keep(0)
			}
		}()
	}
	text, err := encode(e)
	if err != nil {
		return err
	}
	var seq int64
	return tenants.Row(ctx, `SELECT audit_append($1)`, []any{text}, &seq)
}
