package demo

import (
	"context"

	"github.com/bihuan/bihuan/demo/bulk"
)

// Size says how much data Bulk makes: 租户、每个租户的委员、每个租户的提案.
type Size = bulk.Size

// Bulk fills a database with committees for measuring speed, see bulk.Load. It
// needs the address of a superuser: COPY FROM is refused to all others by
// row-level security. Called again with the same size it does nothing and
// answers false.
func Bulk(ctx context.Context, superURL string, size Size, progress func(line string)) (loaded bool, err error) {
	return bulk.Load(ctx, superURL, size, progress)
}
