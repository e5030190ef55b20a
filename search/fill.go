package search

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// lacking are the matters that are not in the index yet: those from before it,
// and those that were copied in past the triggers.
const lacking = ` FROM matters m WHERE NOT EXISTS (
	SELECT FROM search_parts p WHERE p.tenant_id = m.tenant_id AND p.source = 'MATTER' AND p.part_id = m.id AND p.field = 'TITLE')`

const lackingUnits = ` FROM units u WHERE NOT EXISTS (
	SELECT FROM search_parts p WHERE p.tenant_id = u.tenant_id AND p.source = 'UNIT' AND p.part_id = u.id AND p.field = 'NAME')`

// HasDue reports whether the context's committee has something that is not in
// the index.
func HasDue(ctx context.Context) (due bool, err error) {
	defer errs.Wrap(&err, "search.HasDue")
	return due, tenants.Row(ctx, `SELECT EXISTS (SELECT`+lacking+`) OR EXISTS (SELECT`+lackingUnits+`)`, nil, &due)
}

// batch is how many matters are filled in one transaction.
const batch = 50

// Fill puts what is missing of one committee into the index and answers how many
// matters it were. It goes by small transactions: stopped anywhere it leaves what
// is done, and run again it goes on with the rest. It may run beside everything
// else; what somebody has locked just then it leaves to the next run.
func Fill(ctx context.Context, store *tenants.Store, tenant uuid.UUID) (n int, err error) {
	defer errs.Wrap(&err, "search.Fill(%s)", tenant)
	err = store.InTx(ctx, tenant, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `SELECT search_row(u)`+lackingUnits)
		return err
	})
	for err == nil {
		var done []uuid.UUID
		err = store.InTx(ctx, tenant, func(ctx context.Context) (err error) {
			done, err = tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT m.id`+lacking+` ORDER BY m.id LIMIT $1 FOR UPDATE SKIP LOCKED`, batch)
			if err != nil || len(done) == 0 {
				return err
			}
			_, err = tenants.Exec(ctx, `SELECT search_fill(m) FROM unnest($1::uuid[]) m`, done)
			return err
		})
		if n += len(done); len(done) == 0 {
			break
		}
	}
	return n, err
}

// Again empties the index of one committee and fills it anew. It is for a rule
// of the index that has changed; until it is done less is found.
func Again(ctx context.Context, store *tenants.Store, tenant uuid.UUID) (int, error) {
	err := store.InTx(ctx, tenant, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `DELETE FROM search_signs`)
		if err == nil {
			_, err = tenants.Exec(ctx, `DELETE FROM search_parts`)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return Fill(ctx, store, tenant)
}
