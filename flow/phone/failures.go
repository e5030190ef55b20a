package phone

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// manage is the right of who looks after what did not reach phones.
const manage = "settings.manage"

// Failure is a message that was given up. It says why it was to be sent and
// nothing of what it was about, which who manages a committee may not know.
type Failure struct {
	ID       uuid.UUID
	Member   uuid.UUID
	About    string // empty: a code
	Channel  string // by which it was tried last
	Code     string // what the carrier answered
	Reason   string // in Chinese
	Attempts int
	Created  time.Time
	Ended    time.Time
}

// Failures lists a page of what was given up, the latest first, and how many
// there are.
func (s *Service) Failures(ctx context.Context, before *uuid.UUID, n int) (list []Failure, total int, err error) {
	defer errs.Wrap(&err, "phone.Failures")
	if _, err := authz.Require(ctx, manage); err != nil {
		return nil, 0, err
	}
	if err := tenants.Row(ctx, `SELECT count(*) FROM phone_outbox WHERE status = 'DEAD'`, nil, &total); err != nil {
		return nil, 0, err
	}
	list, err = tenants.Rows[Failure](ctx, `
		SELECT o.id, o.membership_id, coalesce(n.about, ''), o.channel, o.code, o.reason, o.attempts, o.created_at, o.ended_at
		FROM phone_outbox o LEFT JOIN notices n ON n.id = o.notice_id
		WHERE o.status = 'DEAD' AND ($1::uuid IS NULL OR o.id < $1) ORDER BY o.id DESC LIMIT $2`, before, n)
	return list, total, err
}

// Retry lets what was given up wait again, from the first attempt; a code that is
// over stays so. Called twice
// the second finds it waiting and changes nothing.
func (s *Service) Retry(ctx context.Context, id uuid.UUID) (member uuid.UUID, err error) {
	defer errs.Wrap(&err, "phone.Retry(%s)", id)
	if _, err := authz.Require(ctx, manage); err != nil {
		return member, err
	}
	var status string
	err = tenants.Row(ctx, `SELECT membership_id, status FROM phone_outbox WHERE id = $1 AND status IN ('DEAD', 'WAITING') FOR UPDATE`, []any{id}, &member, &status)
	switch {
	case tenants.NoRows(err):
		return member, errs.New(errs.NotFound, "没有这条没有发出的消息，或它已发出").At("id")
	case err != nil || status == Waiting:
		return member, err
	}
	_, err = tenants.Exec(ctx, `UPDATE phone_outbox SET status = 'WAITING', attempts = 0, created_at = CASE WHEN code_id IS NULL THEN $2 ELSE created_at END, next_at = $2, code = '', reason = '', ended_at = NULL WHERE id = $1`, id, clock.Now(ctx))
	if err != nil {
		return member, err
	}
	return member, audit.Note(ctx, audit.Change{Entity: "PhoneFailure", ID: id, Op: audit.Update, Before: map[string]any{"status": Dead}, After: map[string]any{"status": Waiting}})
}
