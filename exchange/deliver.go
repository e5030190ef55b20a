package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

const (
	deliverPage = 50
	maxAttempts = 10               // failures until an envelope is dead: about two days
	firstPause  = time.Minute      // after the first failure; then doubled
	longPause   = 12 * time.Hour   // and no longer than this
	waitPause   = 10 * time.Minute // between looks at a suspended partner
)

// Statuses of an envelope in the outbox.
const (
	Waiting   = "WAITING"
	Delivered = "DELIVERED" // the receiver has it and it had its effect
	Refused   = "REFUSED"   // the receiver has taken note of it and refused it
	Dead      = "DEAD"      // given up; what is behind it waits
)

// Deliver takes what waits in one committee's outbox to the receivers of this
// installation, partner by partner and by number, each envelope on its own. It
// may die anywhere and be run again, and two may run at once. A partner that
// fails does not hold up the others. It returns how many envelopes were
// settled: delivered, refused or dead.
func (s *Service) Deliver(ctx context.Context, tenant uuid.UUID) (settled int, err error) {
	defer errs.Wrap(&err, "exchange.Deliver(%s)", tenant)
	ctx = authz.System(ctx)
	var partners []string
	err = s.store.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
		partners, err = s.client.Agreement.Query().Where(delivered()...).Order(agreement.ByPartner()).Select(agreement.FieldPartner).Strings(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, partner := range partners {
		n, err := s.deliverTo(ctx, tenant, partner)
		settled += n
		if err != nil {
			failed = append(failed, fmt.Errorf("to %s: %w", partner, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return settled, errors.Join(failed...)
}

// HasDue reports whether a delivery of the context's tenant would do anything.
func (s *Service) HasDue(ctx context.Context) (due bool, err error) {
	err = tenants.Row(ctx, `
		SELECT EXISTS (SELECT FROM agreements a CROSS JOIN LATERAL (
		    SELECT status, next_at FROM exchange_outbox WHERE agreement_id = a.id AND status IN ('WAITING', 'DEAD') ORDER BY seq LIMIT 1) o
		  WHERE a.channel = 'LOCAL' AND a.status = 'ACTIVE' AND o.status = 'WAITING' AND o.next_at <= $1)`, []any{clock.Now(ctx)}, &due)
	return due, err
}

// delivered are the agreements over which the worker delivers.
func delivered() []predicate.Agreement {
	return []predicate.Agreement{agreement.ChannelEQ(agreement.ChannelLOCAL), agreement.StatusEQ(agreement.StatusACTIVE)}
}

// deliverTo goes on until nothing is left for the partner, or the next
// envelope has to wait. It looks at the agreement again for every page.
func (s *Service) deliverTo(ctx context.Context, tenant uuid.UUID, partner string) (settled int, err error) {
	for after := int64(0); ; {
		var a *gen.Agreement
		var to committee
		var page []waiting
		err := s.store.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
			if a, err = s.client.Agreement.Query().Where(append(delivered(), agreement.Partner(partner))...).Only(ctx); gen.IsNotFound(err) {
				return nil // suspended in between
			}
			if err == nil {
				to, err = byCode(ctx, partner)
			}
			if err == nil {
				page, err = nextOut(ctx, a, after)
			}
			return err
		})
		if err != nil || len(page) == 0 {
			return settled, err
		}
		for _, w := range page {
			if w.nextAt.After(clock.Now(ctx)) {
				return settled, nil
			}
			s.step("read")
			status, err := s.deliverOne(ctx, tenant, a, to, &w)
			if status != Waiting {
				settled++
			}
			if err != nil || status == Waiting || status == Dead {
				return settled, err
			}
			after = w.Seq
		}
	}
}

// waiting is an envelope in the outbox.
type waiting struct {
	Envelope
	attempts int
	nextAt   time.Time
}

// nextOut is a page of what waits for a partner, by number, up to a dead one.
func nextOut(ctx context.Context, a *gen.Agreement, after int64) ([]waiting, error) {
	me, err := own(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := tenants.Rows[outRow](ctx, outColumns+`
		WHERE o.agreement_id = $1 AND o.status = 'WAITING' AND o.seq > $2 AND NOT EXISTS (
		  SELECT FROM exchange_outbox d WHERE d.agreement_id = o.agreement_id AND d.status = 'DEAD' AND d.seq < o.seq)
		ORDER BY o.seq LIMIT $3`, a.ID, after, deliverPage)
	list := make([]waiting, len(rows))
	for i, r := range rows {
		list[i] = waiting{r.envelope(me.Code, a.Partner), r.Attempts, r.NextAt}
	}
	return list, err
}

const outColumns = `SELECT o.id, o.seq, o.kind, o.version, o.about_type, coalesce(o.about_id, '00000000-0000-0000-0000-000000000000'), o.body, o.created_at, o.prev, o.hash, o.signature, o.attempts, o.next_at
	FROM exchange_outbox o`

type outRow struct {
	ID        uuid.UUID
	Seq       int64
	Kind      string
	Version   int
	AboutType string
	AboutID   uuid.UUID
	Body      string
	CreatedAt time.Time
	Prev      []byte
	Hash      []byte
	Signature []byte
	Attempts  int
	NextAt    time.Time
}

func (r outRow) envelope(sender, receiver string) Envelope {
	return Envelope{
		ID: r.ID, Kind: r.Kind, Version: r.Version, Sender: sender, Receiver: receiver, Seq: r.Seq, Prev: r.Prev, About: Object{r.AboutType, r.AboutID},
		CreatedAt: r.CreatedAt.UTC(), Body: json.RawMessage(r.Body), Hash: r.Hash, Signature: r.Signature,
	}
}

// deliverOne is two transactions, one committee each: the receiver's and the
// mark in the sender's outbox. Between them the worker may die: the receiver
// then finds the envelope in its inbox. It returns the envelope's status.
func (s *Service) deliverOne(ctx context.Context, tenant uuid.UUID, a *gen.Agreement, to committee, w *waiting) (status string, err error) {
	var v verdict
	var failure error
	switch {
	case !to.Found || !to.Active:
		v = because(waits, Refuse(NoAgreement, "本系统中没有这个政协，或它已停用"))
	case !slices.Contains(a.Sends, w.Kind):
		v = because(waits, Refuse(Withheld, "往来约定已不包括送出这一种类，修改约定后自动送达"))
	default:
		e := w.Envelope
		v, failure = s.takeIn(ctx, to.ID, &e)
	}
	if ctx.Err() != nil { // cut off: whatever happened is found out the next time
		return Waiting, ctx.Err()
	}
	s.step("between the committees")
	err = s.inTx(ctx, tenant, func(ctx context.Context) (audit.Entry, error) {
		switch {
		case failure != nil:
			v = verdict{outcome: waits, code: Failed, reason: "对方处理时出错，稍后自动重送"}
			if w.attempts+1 < maxAttempts {
				return s.putOff(ctx, w, v, w.attempts+1, backoff(w.attempts+1))
			}
			v = verdict{outcome: disbelieved, code: Failed, reason: fmt.Sprintf("对方处理时出错，重试 %d 次未成，请与对方联系后重送", maxAttempts)}
		case v.outcome == waits:
			return s.putOff(ctx, w, v, w.attempts, waitPause)
		}
		return s.settle(ctx, a, w.ID, v)
	})
	return statusOf[v.outcome], errors.Join(failure, err)
}

// statusOf an envelope whose delivery came out so.
var statusOf = map[outcome]string{applied: Delivered, refused: Refused, disbelieved: Dead, waits: Waiting}

// putOff notes why an envelope was not delivered and when it is tried again.
// It leaves no record: nothing has crossed, and nothing is settled.
func (s *Service) putOff(ctx context.Context, w *waiting, v verdict, attempts int, pause time.Duration) (none audit.Entry, err error) {
	_, err = tenants.Exec(ctx, `UPDATE exchange_outbox SET attempts = $2, next_at = $3, code = $4, reason = $5 WHERE id = $1 AND status = 'WAITING'`,
		w.ID, attempts, clock.Now(ctx).Add(clock.Jitter(pause)), v.code, v.reason)
	return none, err
}

// backoff doubles with every failure, up to half a day.
func backoff(attempts int) time.Duration {
	return min(firstPause<<(attempts-1), longPause)
}

// settle marks an envelope with what the receiver said. Called again, or after
// another worker did it, it does nothing.
func (s *Service) settle(ctx context.Context, a *gen.Agreement, id uuid.UUID, v verdict) (audit.Entry, error) {
	entry, err := s.settled(ctx, id, v)
	if err != nil || entry.Action == "" || v.outcome != applied {
		return entry, err
	}
	s.step("marked")
	var kind string
	var about Object
	err = tenants.Row(ctx, `SELECT kind, about_type, coalesce(about_id, '00000000-0000-0000-0000-000000000000') FROM exchange_outbox WHERE id = $1`, []any{id}, &kind, &about.Type, &about.ID)
	if err != nil || about.None() || s.kinds[kind].Readable { // what only tells opens nothing, whatever the receiver says
		return entry, err
	}
	if !v.result.None() {
		if err := join(ctx, a.ID, v.result.Object, about, true); err != nil {
			return entry, err
		}
		s.step("object known")
	}
	if v.result.Status != "" {
		st := Status{Number: v.result.Number, Status: v.result.Status, Note: v.result.Note}
		if err := s.mirror(ctx, a, about, st); err != nil && refusal(err) == nil {
			return entry, err // a refusal: the object is of a type that shows no mirror
		}
	}
	return entry, nil
}

// settled moves an envelope out of those that wait; the entry is empty when it
// was not among them.
func (s *Service) settled(ctx context.Context, id uuid.UUID, v verdict) (audit.Entry, error) {
	status := statusOf[v.outcome]
	tag, err := tenants.Exec(ctx, `UPDATE exchange_outbox SET status = $2, code = $3, reason = $4, settled_at = $5, attempts = attempts + CASE WHEN $3 = 'FAILED' THEN 1 ELSE 0 END
		WHERE id = $1 AND status = 'WAITING'`, id, status, v.code, v.reason, clock.Now(ctx))
	if err != nil || tag.RowsAffected() == 0 {
		return audit.Entry{}, err
	}
	change := audit.Change{Entity: "Envelope", ID: id, Op: audit.Update, Before: map[string]any{"status": Waiting}, After: map[string]any{"status": status}}
	if err := audit.Note(ctx, change); err != nil {
		return audit.Entry{}, err
	}
	return audit.Entry{Action: "deliverEnvelope", Object: audit.Object("Envelope", id), Reason: v.reason, Outcome: string(v.code)}, nil
}
