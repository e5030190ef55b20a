package tenants

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

// OpenUnchecked is Open for any role, so that a test can take row-level
// security away and see what the client's own filter does.
func OpenUnchecked(ctx context.Context, url string) (*Store, error) {
	pool, err := pgxpool.New(ctx, url)
	return &Store{pool: pool, ent: newClient()}, err
}
