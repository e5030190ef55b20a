package exchange

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// nobody reports whether all letters so far went to, and came from, a line of
// this installation's directory behind which there was nobody: the committee has
// another key, so it is run elsewhere, and no file has ever gone to it. A
// committee that moved away had its letters when it was here; its line has gone,
// and its letters go on.
func nobody(ctx context.Context, t *Terms, old *gen.Agreement) (yes bool, err error) {
	if t.directory == "" || old.PartnerKey != t.directory || t.Key == t.directory {
		return false, nil
	}
	err = tenants.Row(ctx, `
		SELECT (EXISTS (SELECT FROM exchange_outbox o WHERE o.agreement_id = $1 AND o.status IN ('DELIVERED', 'REFUSED'))
		    OR EXISTS (SELECT FROM exchange_heads h WHERE h.agreement_id = $1 AND h.direction = 'IN' AND h.seq > 0))
		  AND NOT EXISTS (SELECT FROM exchange_outbox o WHERE o.agreement_id = $1 AND o.exported_at IS NOT NULL)`, []any{old.ID}, &yes)
	return yes, err
}

// lost is a letter that nobody has had.
type lost struct {
	ID        uuid.UUID
	Kind      string
	AboutType string
	AboutID   uuid.UUID
	Body      string
	Waits     bool
}

// anew begins both chains with number 1 again and writes once more, in their
// order, the letters that nobody has had, as far as the agreement still lets
// them out. Answers (kind status) are not repeated: what they answered came from
// nobody. A kind that tells how something stands tells it afresh (Handler.Anew).
func (s *Service) anew(ctx context.Context, a *gen.Agreement, sends []string) error {
	for _, direction := range []string{incoming, outgoing} { // in the order in which a delivery takes them
		if _, err := lockHead(ctx, a.ID, direction); err != nil {
			return err
		}
	}
	list, err := tenants.Rows[lost](ctx, `
		SELECT o.id, o.kind, o.about_type, coalesce(o.about_id, '00000000-0000-0000-0000-000000000000'), o.body, o.status IN ('WAITING', 'DEAD')
		FROM exchange_outbox o JOIN exchange_heads h ON h.tenant_id = o.tenant_id AND h.agreement_id = o.agreement_id AND h.direction = 'OUT' AND h.chain = o.chain
		WHERE o.agreement_id = $1 AND o.kind <> $2 ORDER BY o.seq`, a.ID, KindStatus)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `UPDATE exchange_outbox SET status = 'REFUSED', code = $2, reason = '对方在另一套系统，已另行编号重送', settled_at = $3 WHERE agreement_id = $1 AND status IN ('WAITING', 'DEAD')`,
		a.ID, Elsewhere, clock.Now(ctx))
	if err != nil {
		return err
	}
	for _, l := range list {
		if l.Waits {
			change := audit.Change{Entity: "Envelope", ID: l.ID, Op: audit.Update, Before: map[string]any{"status": Waiting}, After: map[string]any{"status": Refused, "code": Elsewhere}}
			if err := audit.Note(ctx, change); err != nil {
				return err
			}
		}
	}
	if _, err := tenants.Exec(ctx, `UPDATE exchange_heads SET seq = 0, hash = '', chain = chain + 1 WHERE agreement_id = $1`, a.ID); err != nil {
		return err
	}
	return s.again(ctx, a, sends, list)
}

// again writes what was lost into the new chain.
func (s *Service) again(ctx context.Context, a *gen.Agreement, sends []string, list []lost) error {
	for kind, k := range s.kinds {
		if k.Anew != nil {
			if err := k.Anew(ctx, a.ID); err != nil {
				return err
			}
		}
		list = slices.DeleteFunc(list, func(l lost) bool { return l.Kind == kind && (k.Anew != nil || !slices.Contains(sends, kind)) })
	}
	for _, l := range list {
		if _, known := s.kinds[l.Kind]; !known {
			continue // of a version that is gone
		}
		if _, err := s.put(ctx, a, l.Kind, json.RawMessage(l.Body), Object{l.AboutType, l.AboutID}); err != nil {
			return err
		}
	}
	return nil
}
