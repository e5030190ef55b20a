package exchange

import (
	"context"
	"maps"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// KindStatus is the kind of what comes back: acknowledgements and states.
const KindStatus = "status"

// Status is the body of a status: how far something has come that crossed.
type Status struct {
	Re     Object `json:"re,omitzero"` // the reader's object
	Number string `json:"number,omitempty"`
	Status string `json:"status,omitempty"`
	On     string `json:"on,omitempty"` // 2006-01-02
	Note   string `json:"note,omitempty"`
	Ack    *Ack   `json:"ack,omitempty"`
}

// Ack tells what became of one envelope that came in a file.
type Ack struct {
	Envelope uuid.UUID `json:"envelope"`
	Outcome  string    `json:"outcome"` // APPLIED or REFUSED
	Code     Code      `json:"code,omitempty"`
	Message  string    `json:"message,omitempty"`
	Object   Object    `json:"object,omitzero"` // what it became
}

func acknowledgement(e *Envelope, v verdict) Status {
	return Status{Number: v.result.Number, Status: v.result.Status, Note: v.result.Note,
		Ack: &Ack{e.ID, string(v.outcome), v.code, v.reason, v.result.Object}}
}

// Report tells every partner with whom the object is shared how far it has
// come, in the caller's transaction: the origin of a copy, or the holders of
// copies. It returns how many were told; an object that never crossed tells
// nobody. While an agreement is suspended the envelope waits, so that the
// committee's own work goes on. On is today when it is empty.
func (s *Service) Report(ctx context.Context, local Object, st Status) (told int, err error) {
	defer errs.Wrap(&err, "exchange.Report(%s %s)", local.Type, local.ID)
	type shared struct {
		Agreement uuid.UUID
		Type      string
		ID        uuid.UUID
	}
	// Of several that hold, or held, a copy of a matter of ours, only the one
	// who has it now: the mirror names it.
	rows, err := tenants.Rows[shared](ctx, `
		SELECT o.agreement_id, o.remote_type, o.remote_id
		FROM exchange_objects o JOIN agreements a ON a.tenant_id = o.tenant_id AND a.id = o.agreement_id
		  LEFT JOIN matters m ON m.tenant_id = o.tenant_id AND o.local_type = 'Matter' AND m.id = o.local_id
		WHERE o.local_type = $1 AND o.local_id = $2 AND (NOT o.ours OR coalesce(m.mirror->>'committee', a.partner) = a.partner)
		ORDER BY o.agreement_id, o.remote_id`,
		local.Type, local.ID)
	if err != nil {
		return 0, err
	}
	if st.On == "" {
		st.On = clock.Today(ctx).Format(time.DateOnly)
	}
	st.Ack = nil
	for _, r := range rows {
		a, err := s.client.Agreement.Query().Where(agreement.ID(r.Agreement)).Only(authz.System(ctx))
		if err != nil {
			return told, err
		}
		st.Re = Object{r.Type, r.ID}
		if _, err := s.put(ctx, a, KindStatus, st, local); err != nil {
			return told, err
		}
		told++
	}
	return told, nil
}

// applyStatus settles what the partner acknowledges and mirrors the state it
// tells.
func (s *Service) applyStatus(ctx context.Context, letter Incoming) (Result, error) {
	var st Status
	if err := letter.Decode(&st); err != nil {
		return Result{}, err
	}
	if _, err := time.Parse(time.DateOnly, st.On); st.On != "" && err != nil {
		return Result{}, Refuse(Malformed, "日期“%s”不对", st.On)
	}
	if tooLong(st.Number, 200) || tooLong(st.Status, 200) || tooLong(st.Note, 4000) {
		return Result{}, Refuse(Malformed, "编号、状态至多 200 字，说明至多 4000 字")
	}
	a, err := s.with(ctx, letter.Partner)
	if err != nil {
		return Result{}, err
	}
	if st.Ack != nil {
		if err := s.acknowledged(ctx, a, st); err != nil {
			return Result{}, err
		}
	}
	if st.Re.None() {
		return Result{}, s.heard(ctx, letter, st)
	}
	return Result{}, s.mirror(ctx, a, st.Re, st)
}

// heard tells who keeps the agreements of what the partner says about no object:
// that it has changed its half.
func (s *Service) heard(ctx context.Context, letter Incoming, st Status) error {
	if st.Ack != nil || st.Note == "" {
		return nil
	}
	return flow.TellRoles(ctx, notices.Letter(st.Note, letter.Envelope), authz.HoldersOf(ctx, manage)...)
}

func tooLong(text string, max int) bool { return len([]rune(text)) > max }

func (s *Service) acknowledged(ctx context.Context, a *gen.Agreement, st Status) error {
	v := verdict{outcome: outcome(st.Ack.Outcome), code: st.Ack.Code, reason: st.Ack.Message,
		result: Result{Object: st.Ack.Object, Number: st.Number, Status: st.Status, Note: st.Note}}
	if v.outcome != applied && v.outcome != refused || len(v.code) > 40 || tooLong(v.reason, 2000) {
		return Refuse(Malformed, "回执的结果“%s”不对", v.outcome)
	}
	var sent bool
	err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM exchange_outbox WHERE id = $1 AND agreement_id = $2)`, []any{st.Ack.Envelope, a.ID}, &sent)
	if err != nil {
		return err
	}
	if !sent {
		return Refuse(UnknownObject, "回执所说的信封不是本政协送出的")
	}
	_, err = s.settle(ctx, a, st.Ack.Envelope, v)
	return err
}

// notices are the kinds that only tell of an object: their receiver has none of
// his own, and nothing to say of ours.
func (s *Service) notices() []string {
	list := []string{}
	for kind, k := range s.kinds {
		if k.Readable {
			list = append(list, kind)
		}
	}
	return list
}

// mirror writes the partner's state onto our object: onto a copy of the
// partner's as its origin's status, onto what we sent as its mirror. Any other
// object is refused.
func (s *Service) mirror(ctx context.Context, a *gen.Agreement, o Object, st Status) error {
	var came, sent bool
	err := tenants.Row(ctx, `
		SELECT EXISTS (SELECT FROM exchange_objects WHERE agreement_id = $1 AND local_type = $2 AND local_id = $3 AND NOT ours),
		       EXISTS (SELECT FROM exchange_outbox WHERE agreement_id = $1 AND about_type = $2 AND about_id = $3 AND kind <> ALL ($4))`,
		[]any{a.ID, o.Type, o.ID, s.notices()}, &came, &sent)
	if err != nil {
		return err
	}
	if !came && !sent {
		return Refuse(UnknownObject, "所说的对象没有在两个政协之间送过")
	}
	if st.On == "" {
		st.On = clock.Today(ctx).Format(time.DateOnly)
	}
	now := map[string]any{"committee": a.Partner, "name": a.PartnerName, "number": st.Number, "status": st.Status, "on": st.On, "note": st.Note,
		"at": clock.Now(ctx).UTC().Format(time.RFC3339)}
	switch o.Type {
	case gen.TypeMatter:
		m, err := s.client.Matter.Query().Where(matter.ID(o.ID)).Only(ctx)
		if err != nil {
			return missing(err)
		}
		if came {
			return s.client.Matter.UpdateOne(m).SetOrigin(merged(m.Origin, now)).Exec(ctx)
		}
		if holder, _ := m.Mirror["committee"].(string); holder != "" && holder != a.Partner {
			return nil // it has been handed on: what the former holder does with his copy says nothing of it
		}
		return s.client.Matter.UpdateOne(m).SetMirror(merged(m.Mirror, now)).Exec(ctx)
	case gen.TypeItem:
		i, err := s.client.Item.Query().Where(item.ID(o.ID)).Only(ctx)
		if err != nil {
			return missing(err)
		}
		return s.client.Item.UpdateOne(i).SetMirror(merged(i.Mirror, now)).Exec(ctx)
	}
	return nil // other types show no state of the partner; the inbox has it
}

// merged keeps what the newer one leaves out.
func merged(old, now map[string]any) map[string]any {
	m := maps.Clone(old)
	if m == nil {
		m = map[string]any{}
	}
	for k, v := range now {
		if v != "" || k == "note" {
			m[k] = v
		}
	}
	return m
}

func missing(err error) error {
	if gen.IsNotFound(err) {
		return Refuse(UnknownObject, "所说的对象不存在")
	}
	return err
}
