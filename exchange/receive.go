package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// outcome is how an envelope fared at the receiver.
type outcome string

const (
	applied     outcome = "APPLIED"
	refused     outcome = "REFUSED"     // taken in, without effect
	waits       outcome = "WAITS"       // nothing happened; to be tried again
	disbelieved outcome = "DISBELIEVED" // nothing happened but a record
)

type verdict struct {
	outcome  outcome
	code     Code
	reason   string
	result   Result
	repeated bool // it had been so before: nothing changed
}

func because(o outcome, r *Refusal) verdict {
	return verdict{outcome: o, code: r.Code, reason: r.Message}
}

// entry is the receiver's record; none when nothing changed.
func (v verdict) entry(e *Envelope) audit.Entry {
	if v.repeated || v.outcome == waits {
		return audit.Entry{}
	}
	entry := audit.Entry{Action: "receiveEnvelope", Object: audit.Object("Envelope", e.ID), Reason: v.reason, Outcome: string(v.code)}
	if v.outcome == disbelieved {
		entry.Changes = []audit.Change{{Entity: "Envelope", ID: e.ID, Op: audit.Create, After: e.headline()}}
	}
	return entry
}

// takeIn is one transaction of the receiver: the handler's effect, the inbox,
// the chain's end and the record, all or none. An error means that nothing
// happened and that it may be tried again. Called again it finds the envelope
// in the inbox and answers the same.
func (s *Service) takeIn(ctx context.Context, tenant uuid.UUID, e *Envelope) (v verdict, err error) {
	err = s.inTx(ctx, tenant, func(ctx context.Context) (_ audit.Entry, err error) {
		v, err = s.receive(ctx, e)
		return v.entry(e), err
	})
	return v, err
}

func (s *Service) receive(ctx context.Context, e *Envelope) (verdict, error) {
	a, v, err := s.believe(ctx, e)
	if err != nil || v.outcome != "" {
		return v, err
	}
	s.step("believed")
	last, err := lockHead(ctx, a.ID, incoming)
	if err != nil {
		return verdict{}, err
	}
	s.step("head locked")
	before, err := seen(ctx, a.ID, e)
	if err != nil {
		return verdict{}, err
	}
	switch {
	case before.found && !bytes.Equal(before.hash, e.Hash):
		return because(disbelieved, Refuse(ChainBroken, "同一编号的信封曾以别的内容送来")), nil
	case before.found && before.outcome == applied:
		return verdict{outcome: applied, result: before.result, repeated: true}, nil
	case before.found: // refused then; the reason may be gone
	case e.Seq > last.seq+1:
		return because(waits, Refuse(OutOfOrder, "第 %d 号信封尚未收到，收到后再处理第 %d 号", last.seq+1, e.Seq)), nil
	case e.Seq <= last.seq || !bytes.Equal(e.Prev, last.hash):
		return because(disbelieved, Refuse(ChainBroken, "第 %d 号信封与此前收到的接不上，请与对方核对", e.Seq)), nil
	}
	v, err = s.judge(ctx, a, e)
	if err != nil {
		return verdict{}, err
	}
	// Over a file the sender hears of it again: it may have sent it again.
	if before.found && v.outcome == refused && v.code == before.code && a.Channel == agreement.ChannelLOCAL {
		v.repeated = true
		return v, nil
	}
	return v, s.keep(ctx, a, e, v, before.found)
}

// believe finds the agreement and checks that the envelope is what its sender
// wrote, for this committee. A verdict ends it.
func (s *Service) believe(ctx context.Context, e *Envelope) (*gen.Agreement, verdict, error) {
	a, err := s.with(ctx, e.Sender)
	if err != nil {
		return nil, verdict{}, err
	}
	if a == nil {
		return nil, because(waits, Refuse(NoAgreement, "对方尚未与本政协约定往来")), nil
	}
	if a.Status != agreement.StatusACTIVE {
		return nil, because(waits, Refuse(Suspended, "对方已中止往来约定，恢复后自动送达")), nil
	}
	me, err := own(ctx)
	if err != nil {
		return nil, verdict{}, err
	}
	if e.Receiver != me.Code {
		return nil, because(disbelieved, Refuse(WrongReceiver, "信封不是写给本政协的")), nil
	}
	key, err := s.keyOf(ctx, a)
	if err != nil {
		return nil, verdict{}, err
	}
	if wrong := e.verify(key); wrong != nil {
		return nil, because(disbelieved, wrong), nil
	}
	return a, verdict{}, nil
}

// earlier is what the inbox knows of an envelope.
type earlier struct {
	found   bool
	hash    []byte
	outcome outcome
	code    Code
	result  Result
}

func seen(ctx context.Context, agreement uuid.UUID, e *Envelope) (b earlier, err error) {
	var result []byte
	err = tenants.Row(ctx, `SELECT true, hash, outcome, code, coalesce(result, '{}') FROM exchange_inbox WHERE agreement_id = $1 AND envelope_id = $2`,
		[]any{agreement, e.ID}, &b.found, &b.hash, &b.outcome, &b.code, &result)
	if tenants.NoRows(err) {
		return earlier{}, nil
	}
	if err == nil {
		err = json.Unmarshal(result, &b.result)
	}
	return b, err
}

// judge lets the kind's handler act, and undoes what it did when it refuses.
func (s *Service) judge(ctx context.Context, a *gen.Agreement, e *Envelope) (verdict, error) {
	k, known := s.kinds[e.Kind]
	switch {
	case !slices.Contains(a.Receives, e.Kind):
		return because(refused, Refuse(NotReceived, "对方的往来约定不包括收进这一种类（%s）", e.Kind)), nil
	case !known:
		return because(refused, Refuse(UnknownKind, "对方的系统还不认识这一种类（%s），请对方升级后重送", e.Kind)), nil
	case e.Version > k.version:
		return because(refused, Refuse(NewerSchema, "对方的系统只认识“%s”第 %d 版及以前的格式，送来的是第 %d 版，请对方升级后重送", e.Kind, k.version, e.Version)), nil
	case e.Version < 1 || unstorable(e.Body):
		return because(refused, Refuse(Malformed, "格式的版本号不对，或文字中有不能保存的字符")), nil
	}
	letter := Incoming{
		Envelope: e.ID, Kind: e.Kind, Version: e.Version, Partner: a.Partner, Name: a.PartnerName, About: e.About, SentAt: e.CreatedAt, Body: e.Body,
	}
	var err error
	if letter.Known, err = localOf(ctx, a.ID, e.About); err != nil {
		return verdict{}, err
	}
	s.step("handler")
	result, err := apply(ctx, k.Handler, letter)
	if r := refusal(err); r != nil {
		return because(refused, r), nil
	}
	return verdict{outcome: applied, result: result}, err
}

func apply(ctx context.Context, h Handler, letter Incoming) (r Result, err error) {
	err = audit.Savepoint(ctx, func(ctx context.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the handler of %s panicked: %v\n%s", letter.Kind, p, debug.Stack())
			}
		}()
		r, err = h.Apply(ctx, letter)
		return err
	})
	return r, err
}

// keep writes the inbox, the objects and the chain's end; over a file it also
// writes the acknowledgement.
func (s *Service) keep(ctx context.Context, a *gen.Agreement, e *Envelope, v verdict, again bool) error {
	s.step("applied")
	if err := s.file(ctx, a, e, v, again); err != nil {
		return err
	}
	s.step("in the inbox")
	if v.outcome == applied && !v.result.None() {
		remote := e.About
		if remote.None() {
			remote = Object{"Envelope", e.ID}
		}
		if err := join(ctx, a.ID, remote, v.result.Object, false); err != nil {
			return err
		}
		s.step("object joined")
	}
	if !again {
		if err := moveHead(ctx, a.ID, incoming, e.Seq, e.Hash); err != nil {
			return err
		}
		s.step("chain moved")
	}
	if a.Channel == agreement.ChannelFILE && e.Kind != KindStatus {
		if _, err := s.put(ctx, a, KindStatus, acknowledgement(e, v), v.result.Object); err != nil {
			return err
		}
	}
	after := e.headline()
	after["outcome"], after["code"] = v.outcome, v.code
	op := audit.Create
	if again {
		op = audit.Update
	}
	return audit.Note(ctx, audit.Change{Entity: "Envelope", ID: e.ID, Op: op, After: after})
}

// file writes the inbox's row. again: a refused one is there already.
func (s *Service) file(ctx context.Context, a *gen.Agreement, e *Envelope, v verdict, again bool) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	var body, result *string
	if v.outcome == applied {
		r, err := json.Marshal(v.result)
		if err != nil {
			return err
		}
		b, rs := string(e.Body), string(r)
		body, result = &b, &rs
	}
	if again {
		_, err = tenants.Exec(ctx, `UPDATE exchange_inbox SET outcome = $3, code = $4, reason = $5, body = $6, result = $7, received_at = $8 WHERE agreement_id = $1 AND envelope_id = $2`,
			a.ID, e.ID, v.outcome, v.code, v.reason, body, result, clock.Now(ctx))
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO exchange_inbox (tenant_id, id, agreement_id, envelope_id, seq, kind, version, about_type, about_id, body, created_at, received_at, hash, signature, outcome, code, reason, result, chain)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, '00000000-0000-0000-0000-000000000000'::uuid), $10, $11, $12, $13, $14, $15, $16, $17, $18,
		  (SELECT h.chain FROM exchange_heads h WHERE h.agreement_id = $3 AND h.direction = 'IN'))`,
		tenant, uuid.Must(uuid.NewV7()), a.ID, e.ID, e.Seq, e.Kind, e.Version, e.About.Type, e.About.ID, body, e.CreatedAt, clock.Now(ctx),
		e.Hash, e.Signature, v.outcome, v.code, v.reason, result)
	return err
}

// join notes which of the partner's objects is which of ours. Called again it
// does nothing.
func join(ctx context.Context, agreement uuid.UUID, remote, local Object, ours bool) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO exchange_objects (tenant_id, agreement_id, remote_type, remote_id, local_type, local_id, ours, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		tenant, agreement, remote.Type, remote.ID, local.Type, local.ID, ours, clock.Now(ctx))
	return err
}

// localOf is our object that a partner's object is, None when it is none yet;
// the first, where there are several.
func localOf(ctx context.Context, agreement uuid.UUID, remote Object) (o Object, err error) {
	if remote.None() {
		return o, nil
	}
	err = tenants.Row(ctx, `
		SELECT local_type, local_id FROM exchange_objects WHERE agreement_id = $1 AND remote_type = $2 AND remote_id = $3
		ORDER BY created_at, local_id LIMIT 1`, []any{agreement, remote.Type, remote.ID}, &o.Type, &o.ID)
	if tenants.NoRows(err) {
		return Object{}, nil
	}
	return o, err
}
