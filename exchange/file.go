package exchange

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Limits of a file; an export that would be larger ends before.
const (
	MaxFile      = 32 << 20 // bytes
	MaxEnvelopes = 5000
	maxLine      = MaxBody + 16<<10 // an envelope without its body is below 2 kB
)

const fileFormat = "bihuan-envelopes"

// fileHead is the first line of a file; the envelopes follow, a line each, by
// number and without a gap.
type fileHead struct {
	Format    string    `json:"format"`
	Version   int       `json:"version"`
	Sender    string    `json:"sender"`
	Receiver  string    `json:"receiver"`
	From      int64     `json:"from"`     // number of the first envelope
	Count     int       `json:"count"`    // may be 0: then the file only acknowledges
	Received  int64     `json:"received"` // up to which number the sender has received the receiver's
	CreatedAt time.Time `json:"created_at"`
	Signature []byte    `json:"signature"`
}

// sum is what the signature covers. The envelopes have signatures and a chain
// of their own; with the first number and their count none can be missing.
func (h *fileHead) sum() []byte {
	return digest([]byte(fileLabel), number(int64(h.Version)), []byte(h.Sender), []byte(h.Receiver), number(h.From), number(int64(h.Count)),
		number(h.Received), number(h.CreatedAt.UnixMicro()))
}

// Exported says what went into a file.
type Exported struct {
	From, To int64 // numbers; To is From-1 when there was nothing to send
	More     bool  // the limits of a file left some for the next
}

// Export writes the envelopes for a partner in another installation, from the
// given number on (0: from the first that is not acknowledged). Exporting
// again writes them again, and importing them again is harmless.
func (s *Service) Export(ctx context.Context, w io.Writer, partner string, from int64) (out Exported, err error) {
	defer errs.Wrap(&err, "exchange.Export(%s, %d)", partner, from)
	if _, err := authz.Require(ctx, manage); err != nil {
		return out, err
	}
	a, err := s.byFile(ctx, partner)
	if err != nil {
		return out, err
	}
	me, err := own(ctx)
	if err != nil {
		return out, err
	}
	list, more, err := s.outgoing(ctx, me, a, &from)
	if err != nil {
		return out, err
	}
	got, err := lockHead(ctx, a.ID, incoming)
	if err != nil {
		return out, err
	}
	key, err := s.key(me.ID, me.Code)
	if err != nil {
		return out, err
	}
	h := fileHead{Format: fileFormat, Version: 1, Sender: me.Code, Receiver: a.Partner, From: from, Count: len(list), Received: got.seq,
		CreatedAt: clock.Now(ctx).UTC().Truncate(time.Microsecond)}
	h.Signature = ed25519.Sign(key, h.sum())
	out = Exported{From: from, To: from + int64(len(list)) - 1, More: more}
	_, err = tenants.Exec(ctx, `UPDATE exchange_outbox o SET exported_at = coalesce(exported_at, $4) WHERE agreement_id = $1 AND seq BETWEEN $2 AND $3 AND `+ofChain,
		a.ID, out.From, out.To, clock.Now(ctx))
	if err != nil {
		return out, err
	}
	err = audit.Note(ctx, audit.Change{Entity: gen.TypeAgreement, ID: a.ID, Op: audit.Update, After: map[string]any{"exported_from": out.From, "exported_to": out.To}})
	if err != nil {
		return out, err
	}
	return out, writeFile(w, h, list)
}

func writeFile(w io.Writer, h fileHead, list []Envelope) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(h); err != nil {
		return err
	}
	for i := range list {
		if err := e.Encode(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// byFile is the active agreement with a partner in another installation.
func (s *Service) byFile(ctx context.Context, partner string) (*gen.Agreement, error) {
	a, err := s.with(ctx, partner)
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, errs.New(errs.GuardFailed, "与行政区划代码为 %s 的政协还没有往来约定，请租户管理员先约定", partner)
	case a.Channel != agreement.ChannelFILE:
		return nil, errs.New(errs.GuardFailed, "与%s的往来在本系统内直接送达，不用信封文件", a.PartnerName)
	case a.Status != agreement.StatusACTIVE:
		return nil, errs.New(errs.GuardFailed, "与%s的往来约定已中止，恢复后再导出或导入", a.PartnerName)
	}
	return a, nil
}

// outgoing reads what goes into a file, up to its limits and up to a kind that
// the agreement no longer lets out.
func (s *Service) outgoing(ctx context.Context, me committee, a *gen.Agreement, from *int64) (list []Envelope, more bool, err error) {
	if *from <= 0 {
		err := tenants.Row(ctx, `
			SELECT coalesce((SELECT min(seq) FROM exchange_outbox WHERE agreement_id = $1 AND status IN ('WAITING', 'DEAD')),
			                (SELECT seq + 1 FROM exchange_heads WHERE agreement_id = $1 AND direction = 'OUT'), 1)`, []any{a.ID}, from)
		if err != nil {
			return nil, false, err
		}
	}
	size := 0
	for after := *from - 1; ; {
		rows, err := tenants.Rows[outRow](ctx, outColumns+` WHERE o.agreement_id = $1 AND o.seq > $2 AND `+ofChain+` ORDER BY o.seq LIMIT $3`, a.ID, after, deliverPage)
		if err != nil || len(rows) == 0 {
			return list, false, err
		}
		for _, r := range rows {
			size += len(r.Body) + 2048
			if len(list) == MaxEnvelopes || size > MaxFile-maxLine || !slices.Contains(a.Sends, r.Kind) {
				return list, true, nil
			}
			list = append(list, r.envelope(me.Code, a.Partner))
			after = r.Seq
		}
	}
}

// overlap are the hashes of what the inbox has already of a file's numbers.
func overlap(ctx context.Context, agreement uuid.UUID, from, to int64) (map[int64][]byte, error) {
	type row struct {
		Seq  int64
		Hash []byte
	}
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[row], `
		SELECT i.seq, i.hash FROM exchange_inbox i JOIN exchange_heads h ON h.tenant_id = i.tenant_id AND h.agreement_id = i.agreement_id AND h.direction = 'IN' AND h.chain = i.chain
		WHERE i.agreement_id = $1 AND i.seq BETWEEN $2 AND $3`, agreement, from, to)
	have := map[int64][]byte{}
	for _, r := range rows {
		have[r.Seq] = r.Hash
	}
	return have, err
}

// chained checks that the file's envelopes follow each other and what was
// received before. The answer is the index of the first that does not, or -1.
func chained(list []Envelope, have map[int64][]byte, last head) (int, *Refusal) {
	for i := range list {
		e := &list[i]
		if i > 0 && (e.Seq != list[i-1].Seq+1 || !bytes.Equal(e.Prev, list[i-1].Hash)) {
			return i, Refuse(ChainBroken, "第 %d 号信封与前一封接不上", e.Seq)
		}
		switch {
		case e.Seq <= last.seq && !bytes.Equal(have[e.Seq], e.Hash):
			return i, Refuse(ChainBroken, "第 %d 号信封与此前收到的同号信封不同", e.Seq)
		case e.Seq == last.seq+1 && !bytes.Equal(e.Prev, last.hash):
			return i, Refuse(ChainBroken, "第 %d 号信封与此前收到的接不上", e.Seq)
		case i == 0 && e.Seq > last.seq+1:
			return i, Refuse(OutOfOrder, "缺少第 %d 到第 %d 号信封，请先导入前一个文件，或请对方从第 %d 号起导出", last.seq+1, e.Seq-1, last.seq+1)
		}
	}
	return -1, nil
}
