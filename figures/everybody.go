package figures

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/tenants"
)

// everybody is who there is on a day, by the word for which a definition counts
// each: those of whom there is nothing are named with 0.
var everybody = map[string]string{
	Person:   `SELECT m.id::text FROM memberships m WHERE m.kind = 'MEMBER' AND served(m, $1)`,
	"unit":   `SELECT u.id::text FROM units u WHERE u.line = 'HANDLING' AND in_force(u, $1)`,
	"sector": `SELECT u.id::text FROM units u WHERE u.kind = 'SECTOR' AND in_force(u, $1)`,
	"street": `SELECT u.id::text FROM units u WHERE u.kind = 'STREET_LIAISON' AND in_force(u, $1)`,
}

// those adds to figures that count each of some the ones that have none.
func those(ctx context.Context, values []Value, on time.Time, split string) error {
	for i := range values {
		v := &values[i]
		if split == "" || v.Per != split {
			continue
		}
		ids, err := tenants.Collect(ctx, pgx.RowTo[string], everybody[split], on)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !slices.ContainsFunc(v.Parts, func(p Part) bool { return p.Key == id }) {
				v.Parts = append(v.Parts, Part{Key: id, Number: Number{Rate: v.Rate}})
			}
		}
	}
	return nil
}
