package exchange

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Letter is an envelope of the outbox as people see it, without its body.
type Letter struct {
	ID          uuid.UUID
	Agreement   uuid.UUID
	Partner     string
	PartnerName string
	Seq         int64
	Kind        string
	Version     int
	About       Object
	CreatedAt   time.Time
	Status      string // Waiting, Delivered, Refused or Dead
	Attempts    int
	NextAt      time.Time
	Code        Code
	Reason      string // Chinese
	SettledAt   *time.Time
}

// Page is a part of a list.
type Page[T any] struct {
	Rows []T
	More bool // ask again after the last row's ID
}

const maxPage = 100 // as everywhere in the API

// OutboxFilter narrows the outbox; empty fields do not.
type OutboxFilter struct {
	Partner  string
	Statuses []string
	About    Object
}

// Outbox lists what the committee sent, newest first, older than the envelope
// after (uuid.Nil: from the newest).
func (s *Service) Outbox(ctx context.Context, f OutboxFilter, first int, after uuid.UUID) (_ Page[Letter], err error) {
	defer errs.Wrap(&err, "exchange.Outbox")
	if err := readable(ctx, "exchange_outbox", first, after); err != nil {
		return Page[Letter]{}, err
	}
	return letters(ctx, first, `($2 = '' OR a.partner = $2) AND (cardinality($3::text[]) = 0 OR o.status = ANY ($3)) AND ($4 = '' OR (o.about_type = $4 AND o.about_id = $5))
		AND ($6 = '00000000-0000-0000-0000-000000000000'::uuid OR o.id < $6) ORDER BY o.id DESC`,
		f.Partner, append([]string{}, f.Statuses...), f.About.Type, f.About.ID, after)
}

// Dead lists what was not delivered and will not be by itself: dead and
// refused envelopes, oldest first, after the given one.
func (s *Service) Dead(ctx context.Context, first int, after uuid.UUID) (_ Page[Letter], err error) {
	defer errs.Wrap(&err, "exchange.Dead")
	if err := readable(ctx, "exchange_outbox", first, after); err != nil {
		return Page[Letter]{}, err
	}
	return letters(ctx, first, `o.status IN ('REFUSED', 'DEAD') AND o.id > $2 ORDER BY o.id`, after)
}

// readable asks for the right and for a page of a list of the committee's own:
// what is not in the list is no place in it.
func readable(ctx context.Context, table string, first int, after uuid.UUID) error {
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return err
	}
	if first < 1 || first > maxPage {
		return errs.New(errs.Invalid, "每页条数应在 1 到 %d 之间，请修改后再查", maxPage).At("first")
	}
	if after == uuid.Nil {
		return nil
	}
	var there bool
	err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM `+table+` WHERE id = $1)`, []any{after}, &there)
	if err == nil && !there {
		err = errs.New(errs.Invalid, "after 不是这个列表给出的，请从第一页重新开始").At("after")
	}
	return err
}

func letters(ctx context.Context, first int, where string, args ...any) (p Page[Letter], err error) {
	type row struct {
		Letter
		AboutType string
		AboutID   uuid.UUID
	}
	var rows []row
	err = each(ctx, `
		SELECT o.id, o.agreement_id, a.partner, a.partner_name, o.seq, o.kind, o.version, o.created_at, o.status, o.attempts, o.next_at, o.code, o.reason, o.settled_at,
		       o.about_type, coalesce(o.about_id, '00000000-0000-0000-0000-000000000000')
		FROM exchange_outbox o JOIN agreements a ON a.tenant_id = o.tenant_id AND a.id = o.agreement_id WHERE `+where+` LIMIT $1`,
		append([]any{first + 1}, args...), func(scan func(...any) error) error {
			var r row
			err := scan(&r.ID, &r.Agreement, &r.Partner, &r.PartnerName, &r.Seq, &r.Kind, &r.Version, &r.CreatedAt, &r.Status, &r.Attempts, &r.NextAt,
				&r.Code, &r.Reason, &r.SettledAt, &r.AboutType, &r.AboutID)
			r.About = Object{r.AboutType, r.AboutID}
			rows = append(rows, r)
			return err
		})
	if p.More = len(rows) > first; p.More {
		rows = rows[:first]
	}
	for _, r := range rows {
		p.Rows = append(p.Rows, r.Letter)
	}
	return p, err
}

// Received is an envelope of the inbox.
type Received struct {
	ID          uuid.UUID // of the inbox's row
	Envelope    uuid.UUID
	Partner     string
	PartnerName string
	Seq         int64
	Kind        string
	Version     int
	About       Object // the partner's object
	SentAt      time.Time
	ReceivedAt  time.Time
	Outcome     string          // APPLIED or REFUSED
	Code        Code            // why refused
	Reason      string          // Chinese
	Body        json.RawMessage // nil when refused, and of kinds that are not Readable
	Result      Result
}

// Inbox lists what the committee received, newest first, older than the row
// after (uuid.Nil: from the newest). kinds, when there are any, narrow it. What
// a kind brings that opens an object is read there, by who may see the object;
// only bodies of Readable kinds are shown here.
func (s *Service) Inbox(ctx context.Context, kinds []string, first int, after uuid.UUID) (p Page[Received], err error) {
	defer errs.Wrap(&err, "exchange.Inbox")
	if err := readable(ctx, "exchange_inbox", first, after); err != nil {
		return p, err
	}
	p.Rows, err = s.letterbox(ctx, `
		WHERE (cardinality($2::text[]) = 0 OR i.kind = ANY ($2)) AND ($3 = '00000000-0000-0000-0000-000000000000'::uuid OR i.id < $3) ORDER BY i.id DESC LIMIT $1`,
		first+1, append([]string{}, kinds...), after)
	if p.More = len(p.Rows) > first; p.More {
		p.Rows = p.Rows[:first]
	}
	return p, err
}

// Read is one envelope of the inbox, by the id of its row. As in the inbox, only
// bodies of Readable kinds are shown.
func (s *Service) Read(ctx context.Context, id uuid.UUID) (_ Received, err error) {
	defer errs.Wrap(&err, "exchange.Read(%s)", id)
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return Received{}, err
	}
	rows, err := s.letterbox(ctx, ` WHERE i.id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有收到这封信封，请刷新后再试")
	}
	if err != nil {
		return Received{}, err
	}
	return rows[0], nil
}

// letterbox reads rows of the inbox.
func (s *Service) letterbox(ctx context.Context, where string, args ...any) (rows []Received, err error) {
	err = each(ctx, `
		SELECT i.id, i.envelope_id, a.partner, a.partner_name, i.seq, i.kind, i.version, i.about_type, coalesce(i.about_id, '00000000-0000-0000-0000-000000000000'),
		       i.created_at, i.received_at, i.outcome, i.code, i.reason, i.body, coalesce(i.result, '{}')
		FROM exchange_inbox i JOIN agreements a ON a.tenant_id = i.tenant_id AND a.id = i.agreement_id`+where,
		args, func(scan func(...any) error) error {
			var r Received
			var body *string
			var result []byte
			err := scan(&r.ID, &r.Envelope, &r.Partner, &r.PartnerName, &r.Seq, &r.Kind, &r.Version, &r.About.Type, &r.About.ID,
				&r.SentAt, &r.ReceivedAt, &r.Outcome, &r.Code, &r.Reason, &body, &result)
			if err == nil {
				err = json.Unmarshal(result, &r.Result)
			}
			if body != nil && s.kinds[r.Kind].Readable {
				r.Body = json.RawMessage(*body)
			}
			rows = append(rows, r)
			return err
		})
	return rows, err
}

// Sent is what was sent about an object, with its body.
type Sent struct {
	Partner string
	Body    json.RawMessage
}

// SentAbout lists what the committee has sent of a kind about an object of its
// own, oldest first. It asks nobody's permission: it is for the packages that
// own the objects, which look up what they have told.
func (s *Service) SentAbout(ctx context.Context, kind string, about Object) (out []Sent, err error) {
	defer errs.Wrap(&err, "exchange.SentAbout(%s, %s %s)", kind, about.Type, about.ID)
	err = each(ctx, `
		SELECT a.partner, o.body FROM exchange_outbox o JOIN agreements a ON a.tenant_id = o.tenant_id AND a.id = o.agreement_id
		WHERE o.kind = $1 AND o.about_type = $2 AND o.about_id = $3 ORDER BY o.id`,
		[]any{kind, about.Type, about.ID}, func(scan func(...any) error) error {
			var x Sent
			var body string
			err := scan(&x.Partner, &body)
			x.Body = json.RawMessage(body)
			out = append(out, x)
			return err
		})
	return out, err
}

// HasSent reports whether the committee has sent a partner something of a kind
// about an object of its own.
func (s *Service) HasSent(ctx context.Context, partner, kind string, about Object) (yes bool, err error) {
	defer errs.Wrap(&err, "exchange.HasSent(%s, %s)", partner, kind)
	err = tenants.Row(ctx, `
		SELECT EXISTS (SELECT FROM exchange_outbox o JOIN agreements a ON a.tenant_id = o.tenant_id AND a.id = o.agreement_id
		WHERE a.partner = $1 AND o.kind = $2 AND o.about_type = $3 AND o.about_id = $4)`, []any{partner, kind, about.Type, about.ID}, &yes)
	return yes, err
}

// Resend lets a refused or dead envelope be tried again under its old number;
// over files it goes into the next export. One that was delivered, or waits,
// stays as it is, so that calling it twice is harmless. A signature of a key
// that is no longer the committee's is made anew, also of one that waits.
func (s *Service) Resend(ctx context.Context, id uuid.UUID) (err error) {
	defer errs.Wrap(&err, "exchange.Resend(%s)", id)
	if _, err := authz.Require(ctx, manage); err != nil {
		return err
	}
	var partner, status string
	var was Code
	var goesOn bool  // it is of the chain that goes on
	var chained bool // its hash is the one on which the next, or the head, builds
	err = tenants.Row(ctx, `
		SELECT a.partner, o.status, o.code, o.hash = coalesce(
		  (SELECT n.prev FROM exchange_outbox n WHERE n.agreement_id = o.agreement_id AND n.chain = o.chain AND n.seq = o.seq + 1),
		  (SELECT h.hash FROM exchange_heads h WHERE h.agreement_id = o.agreement_id AND h.direction = 'OUT')), `+ofChain+`
		FROM exchange_outbox o JOIN agreements a ON a.tenant_id = o.tenant_id AND a.id = o.agreement_id WHERE o.id = $1 FOR UPDATE OF o`,
		[]any{id}, &partner, &status, &was, &chained, &goesOn)
	switch {
	case tenants.NoRows(err):
		return errs.New(errs.NotFound, "没有这封信封，请刷新后再试")
	case err != nil || status == Delivered:
		return err
	}
	if !goesOn {
		return errs.New(errs.GuardFailed, "对方在另一套系统，这一封已另行编号重送，不再重送原来的")
	}
	me, err := own(ctx)
	if err != nil {
		return err
	}
	rows, err := tenants.Rows[outRow](ctx, outColumns+` WHERE o.id = $1`, id)
	if err != nil {
		return err
	}
	key, err := s.key(me.ID, me.Code)
	if err != nil {
		return err
	}
	e := rows[0].envelope(me.Code, partner)
	if status == Waiting && e.verify(key.Public().(ed25519.PublicKey)) == nil {
		return nil
	}
	if !chained || !bytes.Equal(e.sum(), e.Hash) {
		return errs.New(errs.GuardFailed, "库中的信封与其摘要不符，可能被改动过，不能重送；请系统管理员从备份核对")
	}
	e.sign(key)
	_, err = tenants.Exec(ctx, `UPDATE exchange_outbox SET status = 'WAITING', attempts = 0, next_at = $2, code = '', reason = '', settled_at = NULL, signature = $3 WHERE id = $1`,
		id, clock.Now(ctx), e.Signature)
	if err != nil {
		return err
	}
	return audit.Note(ctx, audit.Change{Entity: "Envelope", ID: id, Op: audit.Update,
		Before: map[string]any{"status": status, "code": was}, After: map[string]any{"status": Waiting, "signature": fmt.Sprintf("%x", e.Signature)}})
}
