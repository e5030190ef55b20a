package graph

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/migrate"
	"github.com/bihuan/bihuan/tenants"
)

// whichTable asks all tables for an id in one statement.
var whichTable = func() string {
	var parts []string
	for _, t := range migrate.Tables {
		parts = append(parts, fmt.Sprintf("SELECT '%s' FROM %q WHERE id = $1", t.Name, t.Name))
	}
	return strings.Join(parts, " UNION ALL ") + " LIMIT 1"
}()

// nodeType finds the table that an id belongs to. Row-level security keeps it
// to the tenant; Noder then reads the row as the viewer.
func nodeType(ctx context.Context, id uuid.UUID) (string, error) {
	var table string
	err := tenants.Row(ctx, whichTable, []any{id}, &table)
	if tenants.NoRows(err) {
		return "", &gen.NotFoundError{}
	}
	return table, err
}

func (r *Resolver) node(ctx context.Context, id uuid.UUID) (gen.Noder, error) {
	n, err := r.ent().Noder(ctx, id, gen.WithNodeType(nodeType))
	return n, none(err)
}
