package audit

import (
	"context"
	"errors"

	"github.com/google/uuid"

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
	seq, before, tenant, err := next(ctx, &e)
	if err != nil {
		return err
	}
	entry, said, err := encode(e)
	if err != nil {
		return err
	}
	var key *string
	var mac []byte
	if s := tenants.SealerOf(ctx); s != nil {
		id, m := s.Seal(sealText(tenant, seq, link(before, tenant, seq, entry)))
		key, mac = &id, m
	}
	var at int64
	return tenants.Row(ctx, `SELECT audit_put($1, $2, $3, $4, $5)`, []any{seq, entry, said, mac, key}, &at)
}

// next holds the head of the chain until the commit, answers the number that
// comes next and the hash before it, and fills in what the record's rows are
// called now.
func next(ctx context.Context, e *Entry) (seq int64, before []byte, tenant uuid.UUID, err error) {
	object, id := naming(e.Object, 1)
	var name, behalf *string
	err = tenants.Row(ctx, `SELECT current_setting('app.tenant')::uuid, n.seq, n.hash, `+object+`, (SELECT name FROM memberships WHERE id = $2::uuid) FROM audit_next() n`,
		[]any{id, e.OnBehalf}, &tenant, &seq, &before, &name, &behalf)
	if e.ObjectName == "" && name != nil {
		e.ObjectName = *name
	}
	if e.OnBehalfName == "" && behalf != nil {
		e.OnBehalfName = *behalf
	}
	return seq, before, tenant, err
}
