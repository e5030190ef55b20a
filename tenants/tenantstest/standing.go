package tenantstest

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// NothingStands fails the test where anything stands still in any committee of a
// database: a matter, or a share, that was handed to a guardian since nobody is
// left whose turn it is. It is asked at the end of a world in which nobody was
// taken away on purpose. url is the superuser's, who looks past row-level
// security.
func NothingStands(t testing.TB, url string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	rows, err := c.Query(ctx, `SELECT t.short_name || ' ' || m.kind || '《' || m.title || '》' || a.reason
		FROM awaited a JOIN matters m ON m.id = a.matter_id JOIN tenants t ON t.id = a.tenant_id WHERE a.reason <> '' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	standing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range standing {
		t.Error("it stands still:", s)
	}
}
