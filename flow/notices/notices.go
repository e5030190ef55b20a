// Package notices writes what people are told.
//
// The contract:
//
//   - Whoever tells somebody something writes it here: the engine, an envelope that came, a ballot that invites. There is no other writer.
//   - One telling leaves one person one notice, however often he is named.
//   - Whether he may know of it is the caller's question, since he knows what it is about.
//   - A notice is no fact of a matter: the step beside it is, so it stands in no record of the audit.
package notices

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Rows are notices by column, as Insert takes them.
type Rows struct {
	ID, To    []uuid.UUID
	Key, Text []string
}

// Add adds a notice to a person. A key is something by which the caller's
// statement tells whether the person is told at all; empty: he is.
func (r *Rows) Add(to uuid.UUID, key, text string) {
	r.ID, r.To = append(r.ID, uuid.Must(uuid.NewV7())), append(r.To, to)
	r.Key, r.Text = append(r.Key, key), append(r.Text, text)
}

// Insert is the statement, as the last part of one that writes more: where its
// parameters stand, and which rows of n(id, membership_id, key, text, place) are
// written. Of several to one person the first is.
func Insert(tenant, at, matter, rows int, such string) string {
	return fmt.Sprintf(`INSERT INTO notices (id, tenant_id, created_at, text, membership_id, matter_id)
SELECT DISTINCT ON (n.membership_id) n.id, $%d::uuid, $%d::timestamptz, n.text, n.membership_id, $%d::uuid
FROM unnest($%d::uuid[], $%d::uuid[], $%d::text[], $%d::text[]) WITH ORDINALITY AS n(id, membership_id, key, text, place)
WHERE %s
ORDER BY n.membership_id, n.place`, tenant, at, matter, rows, rows+1, rows+2, rows+3, such)
}

var insert = Insert(1, 2, 3, 4, "true")

// Write leaves each of the people the same notice now; matter is what it is
// about, nil for nothing that one could open.
func Write(ctx context.Context, matter *uuid.UUID, text string, people ...uuid.UUID) error {
	return WriteAt(ctx, clock.Now(ctx), matter, text, people...)
}

// WriteAt is Write at a given time.
func WriteAt(ctx context.Context, at time.Time, matter *uuid.UUID, text string, people ...uuid.UUID) (err error) {
	defer errs.Wrap(&err, "notices.Write")
	if len(people) == 0 {
		return nil
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	var r Rows
	for _, id := range people {
		r.Add(id, "", text)
	}
	_, err = tenants.Exec(ctx, insert, tenant, at, matter, r.ID, r.To, r.Key, r.Text)
	return err
}
