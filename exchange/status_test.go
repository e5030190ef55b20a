package exchange_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestWhatComesBack(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	_, item := h.task(city, "210202", kindTask, "镜像")
	h.deliver(city, 1)
	mirror := func(h *house) (m map[string]any) {
		h.system(city, func(ctx context.Context) { m = h.ent().Item.GetX(ctx, item).Mirror })
		return m
	}
	var copyOf uuid.UUID
	h.db.AsSuper(t, `SELECT id FROM matters WHERE tenant_id = $1 AND title = '镜像'`, []any{district}, &copyOf)
	h.run("the sender learns which object the receiver made of its own, its number and its state", func(h *house) {
		want := `{"at":"2026-03-05T01:00:00Z","committee":"210202","name":"乙区政协","note":"","number":"辖〔2026〕1号","on":"2026-03-05","status":"RECEIVED"}`
		if got := text(h.T, mirror(h)); got != want {
			h.Error(got)
		}
	})
	h.run("its state is mirrored as it changes", func(h *house) {
		h.clock.Advance(48 * time.Hour)
		h.in(district, func(ctx context.Context) error {
			n, err := h.svc.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: copyOf}, exchange.Status{Status: "DONE", Note: "已建成"})
			if n != 1 {
				h.Error(n)
			}
			return err
		})
		h.deliver(district, 1)
		m := mirror(h)
		if m["status"] != "DONE" || m["note"] != "已建成" || m["on"] != "2026-03-07" || m["number"] != "辖〔2026〕1号" {
			h.Error(m)
		}
	})
	h.run("a report up finds the item, and one for a closed matter is refused", func(h *house) {
		report := func() (e uuid.UUID) {
			h.in(district, func(ctx context.Context) (err error) {
				e, err = h.svc.Send(ctx, "210200", kindReport, reportBody{"附验收单"}, exchange.Object{Type: gen.TypeMatter, ID: copyOf})
				return err
			})
			h.deliver(district, 1)
			return e
		}
		h.expect(district, report(), exchange.Delivered, "")
		h.system(city, func(ctx context.Context) {
			i := h.ent().Item.GetX(ctx, item)
			if i.Evidence != "附验收单" {
				h.Error(i.Evidence)
			}
			h.must(h.ent().Matter.UpdateOneID(i.MatterID).SetClosedAt(h.clock.Now()).Exec(ctx))
		})
		h.expect(district, report(), exchange.Refused, exchange.Closed)
	})
	h.run("what happens at the origin reaches the copy as its origin's status", func(h *house) {
		h.in(city, func(ctx context.Context) error {
			_, err := h.svc.Report(ctx, exchange.Object{Type: gen.TypeItem, ID: item}, exchange.Status{Status: "DROPPED"})
			return err
		})
		h.deliver(city, 1)
		h.system(district, func(ctx context.Context) {
			m := h.ent().Matter.GetX(ctx, copyOf)
			if m.Origin["status"] != "DROPPED" || m.Origin["committee"] != "210200" || m.Mirror != nil {
				h.Error(m.Origin, m.Mirror)
			}
		})
	})
	h.run("a partner's answer reaches only what was sent to that partner, or came from it", func(h *house) {
		var private uuid.UUID
		h.system(city, func(ctx context.Context) {
			m, err := h.open(ctx, "私事", nil)
			h.must(err)
			private = m.ID
		})
		send := func(st exchange.Status) (e uuid.UUID) {
			h.in(district, func(ctx context.Context) (err error) {
				e, err = h.svc.Send(ctx, "210200", exchange.KindStatus, st, exchange.Object{})
				return err
			})
			h.deliver(district, 1)
			return e
		}
		h.expect(district, send(exchange.Status{Re: exchange.Object{Type: gen.TypeMatter, ID: private}, Status: "X"}), exchange.Refused, exchange.UnknownObject)
		h.expect(district, send(exchange.Status{Ack: &exchange.Ack{Envelope: uuid.New(), Outcome: "APPLIED"}}), exchange.Refused, exchange.UnknownObject)
		h.expect(district, send(exchange.Status{Ack: &exchange.Ack{Envelope: uuid.New(), Outcome: "DEAD"}}), exchange.Refused, exchange.Malformed)
		h.system(city, func(ctx context.Context) {
			if m := h.ent().Matter.GetX(ctx, private); m.Mirror != nil {
				h.Error(m.Mirror)
			}
		})
	})
	h.run("content that opened an object is read in the object: the inbox shows its head only", func(h *house) {
		h.in(district, func(ctx context.Context) error {
			p, err := h.svc.Inbox(ctx, []string{kindTask}, 10, uuid.Nil)
			if err == nil && (len(p.Rows) != 1 || p.Rows[0].Body != nil || p.Rows[0].Result.ID != copyOf || p.Rows[0].Outcome != "APPLIED") {
				h.Error(text(h.T, p))
			}
			return err
		})
	})
	h.run("an object that never crossed tells nobody", func(h *house) {
		h.in(district, func(ctx context.Context) error {
			n, err := h.svc.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: uuid.New()}, exchange.Status{Status: "DONE"})
			if n != 0 {
				h.Error(n)
			}
			return err
		})
	})
	h.run("a report while the agreement is suspended waits, and nobody's work stops", func(h *house) {
		id := h.agreementOf(district, "210200").ID
		h.in(district, func(ctx context.Context) error { _, err := h.svc.Suspend(ctx, id, "整改"); return err })
		h.in(district, func(ctx context.Context) error {
			_, err := h.svc.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: copyOf}, exchange.Status{Status: "WAITED"})
			return err
		})
		h.deliver(district, 0)
		h.in(district, func(ctx context.Context) error { _, err := h.svc.Resume(ctx, id); return err })
		h.deliver(district, 1)
		if m := mirror(h); m["status"] != "WAITED" {
			h.Error(m)
		}
	})
}

func TestNotices(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	boss := h.person(district, "secretary_general")
	bystander := h.person(district, "member")
	send := func(n exchange.Notice) (e uuid.UUID) {
		h.in(city, func(ctx context.Context) (err error) {
			e, err = h.svc.Send(ctx, "210202", exchange.KindPromotion, n, exchange.Object{})
			return err
		})
		h.deliver(city, 1)
		return e
	}
	h.run("a promotion opens nothing: it stands in the inbox, with the leader's instruction, and the secretaries-general are told", func(h *house) {
		e := send(exchange.Notice{Title: "推广某做法", Text: "正文", Instruction: &exchange.Instruction{By: "市政协主席", Text: "请各区学习借鉴"}})
		h.expect(city, e, exchange.Delivered, "")
		h.must(h.as(boss, func(ctx context.Context) error {
			list := h.ent().Notice.Query().AllX(ctx)
			if len(list) != 1 || list[0].Text != "甲市政协送来推广：《推广某做法》" {
				h.Error(list)
			}
			p, err := h.svc.Inbox(ctx, []string{exchange.KindPromotion}, 10, uuid.Nil)
			if err == nil && (len(p.Rows) != 1 || text(h.T, p.Rows[0].Body) != `{"instruction":{"by":"市政协主席","text":"请各区学习借鉴"},"text":"正文","title":"推广某做法"}`) {
				h.Error(text(h.T, p))
			}
			return err
		}))
		if n := h.count(`SELECT count(*) FROM matters`); n != 0 {
			h.Error(n)
		}
	})
	h.run("who may not read the exchange reads no inbox and is told nothing", func(h *house) {
		h.must(h.as(bystander, func(ctx context.Context) error {
			_, err := h.svc.Inbox(ctx, nil, 10, uuid.Nil)
			h.refused(err, errs.NotAllowed)
			if n := h.ent().Notice.Query().CountX(ctx); n != 0 {
				h.Error(n)
			}
			return nil
		}))
	})
	h.run("one without a title, or an instruction by nobody, is refused", func(h *house) {
		h.expect(city, send(exchange.Notice{Text: "正文"}), exchange.Refused, exchange.Malformed)
		h.expect(city, send(exchange.Notice{Title: "甲", Instruction: &exchange.Instruction{Text: "学习"}}), exchange.Refused, exchange.Malformed)
	})
	h.run("the sender sees in its outbox what became of each", func(h *house) {
		h.in(city, func(ctx context.Context) error {
			p, err := h.svc.Outbox(ctx, exchange.OutboxFilter{Partner: "210202", Statuses: []string{exchange.Refused}}, 1, uuid.Nil)
			if err == nil && (len(p.Rows) != 1 || !p.More || p.Rows[0].Seq != 3) {
				h.Error(text(h.T, p))
			}
			return err
		})
	})
}
