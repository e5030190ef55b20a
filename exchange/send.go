package exchange

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Send writes an envelope to a partner into the outbox, in the caller's
// transaction and its collected changes, and returns its id. The body is
// anything that encodes to JSON; about is the committee's own object that it
// concerns, or none. Called twice it sends two. It asks nobody's permission:
// whoever may do what is told has it already.
func (s *Service) Send(ctx context.Context, partner, kind string, body any, about Object) (_ uuid.UUID, err error) {
	defer errs.Wrap(&err, "exchange.Send(%s, %s)", partner, kind)
	a, err := s.with(ctx, partner)
	if err != nil {
		return uuid.Nil, err
	}
	switch {
	case a == nil:
		return uuid.Nil, errs.New(errs.NotAllowed, "与行政区划代码为 %s 的政协还没有往来约定，请租户管理员先约定", partner)
	case a.Status != agreement.StatusACTIVE:
		return uuid.Nil, errs.New(errs.NotAllowed, "与%s的往来约定已中止，恢复后再送", a.PartnerName)
	case !slices.Contains(a.Sends, kind):
		return uuid.Nil, errs.New(errs.NotAllowed, "与%s的往来约定不包括送出这一种类（%s），请租户管理员修改约定", a.PartnerName, kind)
	}
	return s.put(ctx, a, kind, body, about)
}

// put writes the envelope. The head's row lock makes those to one partner wait
// for each other, so that numbers have no gap.
func (s *Service) put(ctx context.Context, a *gen.Agreement, kind string, body any, about Object) (uuid.UUID, error) {
	k, ok := s.kinds[kind]
	if !ok {
		return uuid.Nil, fmt.Errorf("exchange: kind %q is not registered", kind)
	}
	raw, err := encode(body)
	if err != nil {
		return uuid.Nil, err
	}
	me, err := own(ctx)
	if err != nil {
		return uuid.Nil, err
	}
	key, err := s.key(me.ID, me.Code)
	if err != nil {
		return uuid.Nil, err
	}
	last, err := lockHead(ctx, a.ID, outgoing)
	if err != nil {
		return uuid.Nil, err
	}
	s.step("numbered")
	e := Envelope{
		ID: uuid.Must(uuid.NewV7()), Kind: kind, Version: k.version, Sender: me.Code, Receiver: a.Partner, Seq: last.seq + 1, Prev: last.hash,
		About: about, CreatedAt: clock.Now(ctx).UTC().Truncate(time.Microsecond), Body: raw,
	}
	e.seal(key)
	_, err = tenants.Exec(ctx, `
		INSERT INTO exchange_outbox (tenant_id, id, agreement_id, seq, kind, version, about_type, about_id, body, created_at, prev, hash, signature, next_at, chain)
		VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8, '00000000-0000-0000-0000-000000000000'::uuid), $9, $10, $11, $12, $13, $10, $14)`,
		me.ID, e.ID, a.ID, e.Seq, e.Kind, e.Version, about.Type, about.ID, string(e.Body), e.CreatedAt, e.Prev, e.Hash, e.Signature, last.chain)
	if err != nil {
		return uuid.Nil, err
	}
	s.step("written")
	if err := moveHead(ctx, a.ID, outgoing, e.Seq, e.Hash); err != nil {
		return uuid.Nil, err
	}
	s.step("head moved")
	return e.ID, audit.Note(ctx, audit.Change{Entity: "Envelope", ID: e.ID, Op: audit.Create, After: e.headline()})
}

// headline is what the audit keeps of an envelope; the hash stands for the
// body.
func (e *Envelope) headline() map[string]any {
	h := map[string]any{
		"kind": e.Kind, "sender": e.Sender, "receiver": e.Receiver, "seq": e.Seq, "hash": fmt.Sprintf("%x", e.Hash),
	}
	if !e.About.None() {
		h["about"] = audit.Object(e.About.Type, e.About.ID)
	}
	return h
}

const (
	outgoing = "OUT"
	incoming = "IN"
)

// head is the end of a chain.
type head struct {
	seq   int64
	hash  []byte
	chain int // 1; one more each time that the agreement was made anew
}

// ofChain asks of a letter of the outbox, called o, that it is of the chain that
// goes on.
const ofChain = `o.chain = (SELECT h.chain FROM exchange_heads h WHERE h.agreement_id = o.agreement_id AND h.direction = 'OUT')`

// lockHead reads the end of the chain and keeps it until the transaction ends.
func lockHead(ctx context.Context, agreement uuid.UUID, direction string) (h head, err error) {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return h, err
	}
	_, err = tenants.Exec(ctx, `INSERT INTO exchange_heads (tenant_id, agreement_id, direction) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, tenant, agreement, direction)
	if err != nil {
		return h, err
	}
	err = tenants.Row(ctx, `SELECT seq, hash, chain FROM exchange_heads WHERE agreement_id = $1 AND direction = $2 FOR UPDATE`, []any{agreement, direction}, &h.seq, &h.hash, &h.chain)
	return h, err
}

func moveHead(ctx context.Context, agreement uuid.UUID, direction string, seq int64, hash []byte) error {
	_, err := tenants.Exec(ctx, `UPDATE exchange_heads SET seq = $3, hash = $4 WHERE agreement_id = $1 AND direction = $2`, agreement, direction, seq, hash)
	return err
}

// each scans the rows of a query one by one.
func each(ctx context.Context, sql string, args []any, fn func(scan func(...any) error) error) error {
	_, err := tenants.Collect(ctx, func(r pgx.CollectableRow) (struct{}, error) { return struct{}{}, fn(r.Scan) }, sql, args...)
	return err
}
