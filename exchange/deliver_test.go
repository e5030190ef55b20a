package exchange_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestDelivery(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	h.run("the receiver gets its own copy, and each step stands in the audit where it happened", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "甲任务")
		h.deliver(city, 1)
		h.expect(city, e, exchange.Delivered, "")
		if h.matters(district, "甲任务") != 1 || h.matters(city, "甲任务") != 1 {
			h.Error("no copy")
		}
		there, here := h.records(district, e), h.records(city, e)
		if len(there) != 1 || there[0].Action != "receiveEnvelope" || there[0].Actor.System != "exchange" || len(there[0].Changes) < 2 {
			h.Errorf("receiver: %s", text(h.T, there))
		}
		if len(here) != 1 || here[0].Action != "deliverEnvelope" {
			h.Errorf("sender: %s", text(h.T, here))
		}
	})
	h.run("delivering again does nothing", func(h *house) { h.deliver(city, 0) })
	h.run("many go in the order of their numbers, over pages and by several workers, each once", func(h *house) {
		for range 120 {
			h.task(city, "210202", kindTask, "批量")
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _, _ = h.svc.Deliver(h.ctx(), city) })
		}
		wg.Wait()
		h.clock.Advance(time.Hour)
		_, err := h.svc.Deliver(h.ctx(), city)
		h.must(err)
		if n := h.matters(district, "批量"); n != 120 {
			h.Error(n)
		}
		if n := h.count(`SELECT count(*) FROM (SELECT seq, lag(seq) OVER (ORDER BY received_at, id) AS s FROM exchange_inbox WHERE tenant_id = $1) x WHERE seq <> coalesce(s, 0) + 1`, district); n != 0 {
			h.Errorf("%d out of order", n)
		}
	})
	h.run("one that comes again is harmless", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "重复")
		h.deliver(city, 1)
		h.tamper(`UPDATE exchange_outbox SET status = 'WAITING' WHERE id = $1`, e)
		h.deliver(city, 1)
		h.expect(city, e, exchange.Delivered, "")
		if h.matters(district, "重复") != 1 || len(h.records(district, e)) != 1 {
			h.Error("it had its effect again")
		}
	})
	h.run("one that came early waits", func(h *house) {
		first, _ := h.task(city, "210202", kindTask, "先")
		second, _ := h.task(city, "210202", kindTask, "后")
		h.tamper(`UPDATE exchange_outbox SET status = 'DELIVERED' WHERE id = $1`, first)
		h.deliver(city, 0)
		h.expect(city, second, exchange.Waiting, exchange.OutOfOrder)
		h.tamper(`UPDATE exchange_outbox SET status = 'WAITING' WHERE id = $1`, first)
		h.clock.Advance(time.Hour)
		h.deliver(city, 2)
		h.expect(city, second, exchange.Delivered, "")
	})
	h.run("a suspended agreement, on either side, leaves envelopes waiting", func(h *house) {
		for _, side := range []struct {
			tenant  uuid.UUID
			partner string
		}{{district, "210200"}, {city, "210202"}} {
			e, _ := h.task(city, "210202", kindTask, "等待")
			id := h.agreementOf(side.tenant, side.partner).ID
			h.in(side.tenant, func(ctx context.Context) error { _, err := h.svc.Suspend(ctx, id, "整改"); return err })
			for range exchange.MaxAttempts + 2 {
				h.deliver(city, 0)
				h.clock.Advance(24 * time.Hour)
			}
			if s, _ := h.status(city, e); s != exchange.Waiting {
				h.Error(s)
			}
			h.in(side.tenant, func(ctx context.Context) error { _, err := h.svc.Resume(ctx, id); return err })
			h.deliver(city, 1)
		}
		if n := h.matters(district, "等待"); n != 2 {
			h.Error(n)
		}
	})
	h.run("nothing crosses before the other side has agreed", func(h *house) {
		other := h.committee("210203", "丙区政协", "DISTRICT")
		h.half(city, "210203", everything, everything)
		e, _ := h.task(city, "210203", kindTask, "未约定")
		h.deliver(city, 0)
		h.expect(city, e, exchange.Waiting, exchange.NoAgreement)
		if n := h.count(`SELECT count(*) FROM exchange_inbox WHERE tenant_id = $1`, other); n != 0 {
			h.Error(n)
		}
		h.half(other, "210200", nil, []string{kindTask})
		h.clock.Advance(time.Hour)
		h.deliver(city, 1)
	})
	h.run("what is no longer agreed waits", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "撤回")
		h.half(city, "210202", nil, everything)
		h.deliver(city, 0)
		h.expect(city, e, exchange.Waiting, exchange.Withheld)
		h.half(city, "210202", everything, everything)
		h.clock.Advance(time.Hour)
		h.deliver(city, 1)
	})
	h.run("whether there is anything to do is asked cheaply", func(h *house) {
		due := func() (due bool) {
			h.system(city, func(ctx context.Context) { due, _ = h.svc.HasDue(ctx) })
			return due
		}
		if due() {
			h.Error("before")
		}
		h.task(city, "210202", kindTask, "有事")
		if !due() {
			h.Error("after")
		}
		h.deliver(city, 1)
		h.tamper(`UPDATE exchange_outbox SET status = 'DEAD' WHERE seq = 1`)
		h.task(city, "210202", kindTask, "受阻")
		if due() {
			h.Error("behind a dead one")
		}
	})
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	old := h.svc
	newer := h.service(1, 2)
	// next shows that what is behind goes on.
	next := func(h *house) {
		h.Helper()
		e, _ := h.task(city, "210202", kindReport, "其后")
		h.deliver(city, 1)
		h.expect(city, e, exchange.Refused, exchange.UnknownObject)
	}
	dead := func(h *house) (list []exchange.Letter) {
		h.in(city, func(ctx context.Context) error {
			p, err := h.svc.Dead(ctx, 100, uuid.Nil)
			list = p.Rows
			return err
		})
		return list
	}
	resend := func(h *house, id uuid.UUID) {
		h.Helper()
		h.in(city, func(ctx context.Context) error { return h.svc.Resend(ctx, id) })
	}
	h.run("a newer schema is refused for good with a code, and accepted when sent again after an update", func(h *house) {
		h.svc = newer
		e, _ := h.task(city, "210202", kindTask, "新格式")
		h.svc = old
		h.deliver(city, 1)
		h.expect(city, e, exchange.Refused, exchange.NewerSchema)
		if n := h.count(`SELECT count(*) FROM exchange_inbox WHERE envelope_id = $1 AND body IS NULL AND outcome = 'REFUSED'`, e); n != 1 {
			h.Error("it left its body")
		}
		if r := h.records(district, e); len(r) != 1 || r[0].Outcome != "NEWER_SCHEMA" {
			h.Error(text(h.T, r))
		}
		next(h)
		h.svc = newer
		resend(h, e)
		resend(h, e)
		h.deliver(city, 1)
		h.expect(city, e, exchange.Delivered, "")
		h.svc = old
		if h.matters(district, "新格式") != 1 {
			h.Error("not applied")
		}
	})
	h.run("a kind that is not received is refused for good with a code", func(h *house) {
		h.half(district, "210200", everything, []string{kindReport})
		e, _ := h.task(city, "210202", kindTask, "不收")
		h.deliver(city, 1)
		h.expect(city, e, exchange.Refused, exchange.NotReceived)
		next(h)
		h.half(district, "210200", everything, everything)
	})
	h.run("an unknown kind is refused for good with a code", func(h *house) {
		h.svc.Register("novelty", 1, exchange.Handler{Apply: h.applyTask})
		h.half(city, "210202", append([]string{"novelty"}, everything...), everything)
		h.half(district, "210200", everything, append([]string{"novelty"}, everything...))
		e, _ := h.task(city, "210202", "novelty", "新种类")
		h.svc = newer // knows no novelty
		h.deliver(city, 1)
		h.svc = old
		h.expect(city, e, exchange.Refused, exchange.UnknownKind)
		next(h)
	})
	h.run("what the handler refuses is refused for good, and what it did is undone", func(h *house) {
		for want, broken := range map[exchange.Code]error{
			exchange.Closed: exchange.Refuse(exchange.Closed, "已办结"), exchange.Malformed: errs.New(errs.Invalid, "缺标题"),
			exchange.NotAccepted: errs.New(errs.GuardFailed, "条件不满足"), exchange.UnknownObject: errs.New(errs.NotFound, "没有"),
		} {
			h.broken = func() error { return broken }
			e, _ := h.task(city, "210202", kindBroken, "拒绝")
			h.deliver(city, 1)
			h.expect(city, e, exchange.Refused, want)
		}
		if n := h.matters(district, "拒绝"); n != 0 {
			h.Error(n)
		}
		next(h)
	})
	h.run("a handler that fails is tried again later and later, ten times, then it is dead until sent again", func(h *house) {
		h.broken = func() error { return errors.New("disk full") }
		e, _ := h.task(city, "210202", kindBroken, "失败")
		behind, _ := h.task(city, "210202", kindTask, "在后")
		var pauses []time.Duration
		for range exchange.MaxAttempts {
			if _, err := h.svc.Deliver(h.ctx(), city); err == nil {
				h.Fatal("no error")
			}
			h.deliver(city, 0) // not before its time
			var next time.Time
			h.db.AsSuper(h.T, `SELECT next_at FROM exchange_outbox WHERE id = $1`, []any{e}, &next)
			pauses = append(pauses, next.Sub(h.clock.Now()))
			h.clock.Advance(max(0, next.Sub(h.clock.Now())))
		}
		for i := 1; i < 8; i++ {
			low := time.Minute << i
			if pauses[i] < low || pauses[i] > low*3/2 {
				h.Errorf("after failure %d it pauses %v", i+1, pauses[i])
			}
		}
		h.expect(city, e, exchange.Dead, exchange.Failed)
		if s, _ := h.status(city, behind); s != exchange.Waiting || h.matters(district, "失败") != 0 {
			h.Error(s)
		}
		h.broken = func() error { return nil }
		resend(h, e)
		h.deliver(city, 2)
		h.expect(city, e, exchange.Delivered, "")
		h.expect(city, behind, exchange.Delivered, "")
		if h.matters(district, "失败") != 1 {
			h.Error("not exactly once")
		}
	})
	h.run("a handler that panics has failed, and the others go on", func(h *house) {
		other := h.committee("210203", "丙区政协", "DISTRICT")
		h.agree(city, other)
		h.broken = func() error { panic("no") }
		e, _ := h.task(city, "210202", kindBroken, "恐慌")
		f, _ := h.task(city, "210203", kindTask, "旁人")
		if n, err := h.svc.Deliver(h.ctx(), city); err == nil || n != 1 {
			h.Error(n, err)
		}
		h.expect(city, e, exchange.Waiting, exchange.Failed)
		h.expect(city, f, exchange.Delivered, "")
		h.broken = func() error { return nil }
		h.clock.Advance(time.Hour)
		h.deliver(city, 1)
	})
	for want, sql := range map[exchange.Code]string{
		exchange.Tampered:     `UPDATE exchange_outbox SET body = replace(body, '改', '伪') WHERE id = $1`,
		exchange.BadSignature: `UPDATE exchange_outbox SET signature = decode(repeat('00', 64), 'hex') WHERE id = $1`,
	} {
		h.run("it is refused, stands in the receiver's audit and is dead at the sender: "+string(want), func(h *house) {
			e, _ := h.task(city, "210202", kindTask, "改动")
			before := h.count(`SELECT count(*) FROM exchange_inbox`)
			var body string
			h.db.AsSuper(h.T, `SELECT body FROM exchange_outbox WHERE id = $1`, []any{e}, &body)
			h.tamper(sql, e)
			h.deliver(city, 1)
			h.expect(city, e, exchange.Dead, want)
			if r := h.records(district, e); len(r) != 1 || r[0].Outcome != string(want) {
				h.Error(text(h.T, r))
			}
			if n := h.count(`SELECT count(*) FROM exchange_inbox`); n != before {
				h.Error("it left something")
			}
			if want == exchange.Tampered {
				h.refused(h.as(h.admins[city], func(ctx context.Context) error { return h.svc.Resend(ctx, e) }), errs.GuardFailed)
				h.tamper(`UPDATE exchange_outbox SET body = $2 WHERE id = $1`, e, body)
			}
			resend(h, e)
			h.deliver(city, 1)
			h.expect(city, e, exchange.Delivered, "")
		})
	}
	h.run("an envelope on which the next does not build is not signed again", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "改链")
		behind, _ := h.task(city, "210202", kindTask, "链后")
		var hash []byte
		h.db.AsSuper(h.T, `SELECT hash FROM exchange_outbox WHERE id = $1`, []any{e}, &hash)
		h.tamper(`UPDATE exchange_outbox SET signature = '' WHERE id = $1`, e)
		h.deliver(city, 1)
		h.tamper(`UPDATE exchange_outbox SET prev = '\x00' WHERE id = $1`, behind)
		h.refused(h.as(h.admins[city], func(ctx context.Context) error { return h.svc.Resend(ctx, e) }), errs.GuardFailed)
		h.tamper(`UPDATE exchange_outbox SET prev = $2 WHERE id = $1`, behind, hash)
		resend(h, e)
		h.deliver(city, 2)
	})
	h.run("after the installation's secret has changed, sending again signs with the new key", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "换钥")
		h.svc = h.service(9, 1)
		defer func() { h.svc = old }()
		resend(h, e)
		h.deliver(city, 1)
		h.expect(city, e, exchange.Delivered, "")
	})
	h.run("a broken chain is refused", func(h *house) {
		e, _ := h.task(city, "210202", kindTask, "断链")
		h.tamper(`UPDATE exchange_heads SET hash = '\x00' WHERE tenant_id = $1 AND direction = 'IN'`, district)
		h.deliver(city, 1)
		h.expect(city, e, exchange.Dead, exchange.ChainBroken)
	})
	h.run("the dead and the refused are listed by pages for who may read them, and nothing that was delivered", func(h *house) {
		all := dead(h)
		if len(all) < 8 {
			h.Fatal(len(all))
		}
		var paged []exchange.Letter
		for after := uuid.Nil; ; {
			var p exchange.Page[exchange.Letter]
			h.in(city, func(ctx context.Context) (err error) { p, err = h.svc.Dead(ctx, 3, after); return err })
			paged = append(paged, p.Rows...)
			if !p.More {
				break
			}
			after = p.Rows[2].ID
		}
		if text(h.T, paged) != text(h.T, all) {
			h.Error("the pages are not the list")
		}
		for _, l := range all {
			if l.Status != exchange.Refused && l.Status != exchange.Dead || l.Reason == "" || l.Code == "" || l.PartnerName == "" {
				h.Error(text(h.T, l))
			}
		}
		member := h.person(city, "member")
		h.refused(h.as(member, func(ctx context.Context) error { _, err := h.svc.Dead(ctx, 10, uuid.Nil); return err }), errs.NotAllowed)
		h.refused(h.as(member, func(ctx context.Context) error { return h.svc.Resend(ctx, all[0].ID) }), errs.NotAllowed)
		h.refused(h.as(h.admins[district], func(ctx context.Context) error { return h.svc.Resend(ctx, all[0].ID) }), errs.NotFound)
	})
	h.run("both audits hold together", func(h *house) { h.chains(city, district) })
}

func (h *house) chains(list ...uuid.UUID) {
	h.Helper()
	for _, tenant := range list {
		r, err := audit.Verify(h.ctx(), h.db.Store, tenant)
		h.must(err)
		if !r.OK {
			h.Error(r.Why)
		}
	}
}
