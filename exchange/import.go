package exchange

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Imported counts what a file brought.
type Imported struct {
	Partner  string
	Applied  int
	Refused  int // for good, each with its code in the inbox and in the acknowledgement
	Repeated int // had been received before
}

// parcel is a file that was read.
type parcel struct {
	head  fileHead
	list  []Envelope
	lines []int // in the file, counted from 1
}

// bad names a line of a file; line 0 is the file as a whole.
func bad(line int, r *Refusal) error {
	where := "文件"
	if line > 0 {
		where = fmt.Sprintf("文件第 %d 行", line)
	}
	return errs.New(errs.Invalid, "%s：%s。文件没有被导入", where, r.Message).At("file").With("line", line).With("reason", string(r.Code))
}

// Import takes in a file of envelopes for the signed-in person's committee. The
// whole file is checked first, and a file that is wrong anywhere changes
// nothing. Then each envelope is applied as a delivery does it, in a
// transaction of its own: when one fails, those before it stay, and the same
// file can be imported again. Importing twice is harmless.
func (s *Service) Import(ctx context.Context, tenant uuid.UUID, r io.Reader) (done Imported, err error) {
	defer errs.Wrap(&err, "exchange.Import(%s)", tenant)
	v, err := authz.Require(ctx, manage)
	if err != nil {
		return done, err
	}
	if v.Tenant != tenant {
		return done, errs.New(errs.NotAllowed, "只能为自己所在的政协导入")
	}
	p, err := readFile(r)
	if err != nil {
		return done, err
	}
	if err := s.check(ctx, tenant, p); err != nil {
		return done, err
	}
	done.Partner = p.head.Sender
	for i := range p.list {
		s.step("line")
		v, err := s.takeIn(ctx, tenant, &p.list[i])
		if err != nil && ctx.Err() == nil {
			err = errs.New(errs.Unavailable, "文件第 %d 行处理时出错，它之前的已经导入，请稍后再次导入同一个文件", p.lines[i]).With("line", p.lines[i]).Because(err)
		}
		if err != nil {
			return done, err
		}
		switch {
		case v.repeated:
			done.Repeated++
		case v.outcome == applied:
			done.Applied++
		case v.outcome == refused:
			done.Refused++
		default: // somebody suspended the agreement, or imported another file, in between
			return done, bad(p.lines[i], &Refusal{v.code, v.reason + "；它之前的已经导入"})
		}
	}
	s.step("lines done")
	return done, s.acknowledge(ctx, tenant, p.head)
}

// readFile reads the lines and no more than the limits allow.
func readFile(r io.Reader) (p parcel, err error) {
	limited := &io.LimitedReader{R: r, N: MaxFile + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		text := bytes.TrimSpace(lines.Bytes())
		switch {
		case limited.N <= 0:
			return p, bad(0, Refuse(Malformed, "超过 %d MB，请对方分次导出", MaxFile>>20))
		case n == 1:
			if err := strict(text, &p.head); err != nil || p.head.Format != fileFormat {
				return p, bad(n, Refuse(Malformed, "不是信封文件，或已损坏"))
			}
			if p.head.Version != 1 {
				return p, bad(n, Refuse(NewerSchema, "文件的格式较新，请先升级本系统"))
			}
		case len(text) == 0:
		default:
			var e Envelope
			if err := strict(text, &e); err != nil {
				return p, bad(n, Refuse(Tampered, "不是完整的信封"))
			}
			if len(p.list) == MaxEnvelopes {
				return p, bad(n, Refuse(Malformed, "超过 %d 封，请对方分次导出", MaxEnvelopes))
			}
			p.list, p.lines = append(p.list, e), append(p.lines, n)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return p, bad(n+1, Refuse(Malformed, "一封信封至多 %d KB", MaxBody>>10))
	case err != nil:
		return p, err
	case n == 0:
		return p, bad(0, Refuse(Malformed, "是空的"))
	}
	return p, nil
}

// strict refuses what an envelope does not have.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.InputOffset() != int64(len(text)) {
		return errors.New("more than one value")
	}
	return nil
}

// check believes a file or not. What is not believed of a known partner leaves
// a record in the committee's audit and nothing else.
func (s *Service) check(ctx context.Context, tenant uuid.UUID, p parcel) error {
	var wrong error
	err := s.inTx(ctx, tenant, func(ctx context.Context) (none audit.Entry, err error) {
		me, err := own(ctx)
		if err != nil {
			return none, err
		}
		if p.head.Receiver != me.Code {
			return none, bad(1, Refuse(WrongReceiver, "文件是写给行政区划代码为 %s 的政协的", p.head.Receiver))
		}
		a, err := s.byFile(ctx, p.head.Sender)
		if err != nil {
			return none, err
		}
		line, r, err := s.wrong(ctx, a, p)
		if err != nil || r == nil {
			return none, err
		}
		wrong = bad(line, r)
		return audit.Entry{Action: "importEnvelopes", Object: audit.Object(gen.TypeAgreement, a.ID), Outcome: string(r.Code),
			Reason: fmt.Sprintf("第 %d 行：%s", line, r.Message), Changes: []audit.Change{}}, nil
	})
	return errors.Join(err, wrong)
}

// wrong is the first line with which something is wrong.
func (s *Service) wrong(ctx context.Context, a *gen.Agreement, p parcel) (line int, _ *Refusal, err error) {
	key := publicKey(a.PartnerKey)
	for i := range p.list {
		e := &p.list[i]
		r := e.verify(key)
		switch {
		case r != nil:
		case e.Sender != p.head.Sender || e.Receiver != p.head.Receiver:
			r = Refuse(WrongReceiver, "信封的收发双方与文件不同")
		case len(e.Body) > MaxBody:
			r = Refuse(Malformed, "一封信封至多 %d KB", MaxBody>>10)
		}
		if r != nil {
			return p.lines[i], r, nil
		}
	}
	h := p.head
	if key == nil || !ed25519.Verify(key, h.sum(), h.Signature) {
		return 1, Refuse(BadSignature, "文件的签名与约定中的公钥不符，请与对方核对公钥"), nil
	}
	if h.Count != len(p.list) || (h.Count > 0 && h.From != p.list[0].Seq) {
		return 1, Refuse(Tampered, "文件应有 %d 封信封，现有 %d 封，或次序不对", h.Count, len(p.list)), nil
	}
	last, err := lockHead(ctx, a.ID, incoming) // before the other, as a delivery does
	if err != nil {
		return 0, nil, err
	}
	sent, err := lockHead(ctx, a.ID, outgoing)
	if err != nil {
		return 0, nil, err
	}
	if h.Received > sent.seq {
		return 1, Refuse(ChainBroken, "对方称收到了第 %d 号，而本政协只送出到第 %d 号", h.Received, sent.seq), nil
	}
	if h.Count == 0 {
		return 0, nil, nil
	}
	have, err := overlap(ctx, a.ID, h.From, min(last.seq, h.From+int64(h.Count)-1))
	if err != nil {
		return 0, nil, err
	}
	if i, r := chained(p.list, have, last); r != nil {
		return p.lines[i], r, nil
	}
	return 0, nil, nil
}

// acknowledge settles our answers up to the number that the partner received;
// what else we sent is settled by its own acknowledgement. Called again it
// finds nothing.
func (s *Service) acknowledge(ctx context.Context, tenant uuid.UUID, h fileHead) error {
	return s.inTx(ctx, tenant, func(ctx context.Context) (none audit.Entry, err error) {
		a, err := s.with(ctx, h.Sender)
		if err != nil || a == nil {
			return none, err
		}
		tag, err := tenants.Exec(ctx, `UPDATE exchange_outbox SET status = 'DELIVERED', settled_at = $3 WHERE agreement_id = $1 AND seq <= $2 AND status = 'WAITING' AND kind = $4`,
			a.ID, h.Received, clock.Now(ctx), KindStatus)
		if err != nil || tag.RowsAffected() == 0 {
			return none, err
		}
		change := audit.Change{Entity: "Envelope", Op: audit.Update, Many: true, Rows: int(tag.RowsAffected()), After: map[string]any{"status": Delivered, "up_to": h.Received}}
		return audit.Entry{Action: "importEnvelopes", Object: audit.Object(gen.TypeAgreement, a.ID), Changes: []audit.Change{change}}, nil
	})
}
