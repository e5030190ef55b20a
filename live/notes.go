package live

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// Note is that a row has changed.
type Note struct {
	Tx     int64     // the transaction: what one action changed belongs together
	Part   string    // the table
	Row    uuid.UUID // of awaited the matter
	Matter *uuid.UUID
	Member *uuid.UUID // whom it concerns: of a notice or a to-do
	Role   *string
	Unit   *uuid.UUID
}

// most is how many notes are read at once; who missed more is told to read
// everything again.
const most = 2000

// kept is how long notes are, at least: a laptop that was closed overnight
// catches up.
const kept = 24 * time.Hour

// Since are the notes that a cursor has not seen, narrowed by a condition in
// which the arguments begin with $2, and the cursor that has. Known is false
// where they cannot be had any more: too old, too many, of another database. The
// transaction must be one state (tenants.Still), so that the notes are those
// that the cursor will have seen.
func Since(ctx context.Context, c Cursor, where string, args ...any) (notes []Note, now Cursor, known bool, err error) {
	var forgotten int64
	err = tenants.Row(ctx, `SELECT pg_current_snapshot()::text, coalesce((SELECT before::text::bigint FROM live_forgotten), 0)`, nil, &now.snapshot, &forgotten)
	if err != nil || c.snapshot == "" || c.low() < uint64(forgotten) || c.high() > now.high() {
		return nil, now, false, err
	}
	notes, err = tenants.Rows[Note](ctx, fmt.Sprintf(`
		SELECT tx::text::bigint, part, part_id, matter_id, membership_id, role, unit_id FROM live_changes
		WHERE tx >= pg_snapshot_xmin($1::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::pg_snapshot) AND (%s)
		ORDER BY seq LIMIT %d`, where, most+1), append([]any{c.snapshot}, args...)...)
	if err != nil || len(notes) > most {
		return nil, now, false, err
	}
	return notes, now, true, nil
}

// Forget removes the notes that were there a day ago, in a writing transaction of
// the committee. It is for a daily job: a note is kept for one day, or two. Again
// on the same day it does nothing.
func Forget(ctx context.Context) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	now := clock.Now(ctx)
	if _, err := tenants.Exec(ctx, `DELETE FROM live_changes WHERE tx < (SELECT next FROM live_forgotten WHERE since <= $1)`, now.Add(-kept)); err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO live_forgotten AS f (tenant_id, next, since) VALUES ($1, pg_snapshot_xmin(pg_current_snapshot()), $2)
		ON CONFLICT (tenant_id) DO UPDATE SET before = f.next, next = excluded.next, since = excluded.since WHERE f.since <= $3`, tenant, now, now.Add(-kept))
	return err
}
