package imports

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// forgotten is what a batch says of itself afterwards.
const forgotten = "保存期已过，逐行的内容已经删除，不能再导入或撤销；行数和结论还在"

// Forget empties the lines of batches with which nothing has been done for so
// long: what was brought, what changed from what to what, and the names of who did
// not come in. It may die anywhere and be run again. It answers how many batches.
func (s *Service) Forget(ctx context.Context, tenant uuid.UUID, keep time.Duration) (n int, err error) {
	defer errs.Wrap(&err, "imports.Forget(%s)", tenant)
	err = s.store.InTx(ctx, tenant, func(ctx context.Context) error {
		now := clock.Now(ctx)
		ids, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
			UPDATE import_batches SET forgotten_at = $2, message = $3
			WHERE forgotten_at IS NULL AND state NOT IN ('CHECKING', 'RUNNING', 'UNDOING') AND greatest(uploaded_at, carried_at, undone_at) < $1 RETURNING id`,
			now.Add(-keep), now, forgotten)
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		_, err = tenants.Exec(ctx, `
			UPDATE import_rows SET
			  cells = coalesce((SELECT jsonb_agg(''::text) FROM jsonb_array_elements(cells)), '[]'),
			  flaws = coalesce((SELECT jsonb_agg(f || '{"message": ""}') FROM jsonb_array_elements(flaws) f), '[]'),
			  problems = coalesce((SELECT jsonb_agg(p || '{"message": ""}') FROM jsonb_array_elements(problems) p), '[]'),
			  changes = coalesce((SELECT jsonb_agg(c || '{"before": "", "after": ""}') FROM jsonb_array_elements(changes) c), '[]'),
			  message = '', called = CASE WHEN state IN ('DONE', 'KEPT') THEN called ELSE '' END
			WHERE batch_id = ANY ($1)`, ids)
		return err
	})
	return n, err
}
