package search

import (
	"context"

	"github.com/bihuan/bihuan/authz"
)

// Statement is what Find asks, for a look at its plan.
func (q *Query) Statement(ctx context.Context) (string, []any) {
	return q.found(authz.From(ctx)).WriteString(" SELECT score, opened_at, id FROM found ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 20").Query()
}
