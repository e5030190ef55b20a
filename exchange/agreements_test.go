package exchange_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func TestAgreements(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	city, district := h.committee("210200", "甲市政协", "CITY"), h.committee("210202", "乙区政协", "DISTRICT")
	set := func(ctx context.Context, terms exchange.Terms) error { _, err := h.svc.Set(ctx, terms); return err }
	local := exchange.Terms{Partner: "210202", Channel: agreement.ChannelLOCAL, Sends: []string{kindTask}}
	h.run("only who holds exchange.manage makes, suspends and resumes one", func(h *house) {
		for _, role := range []string{"member", "secretary_general"} {
			err := h.as(h.person(city, role), func(ctx context.Context) error { return set(ctx, local) })
			h.refused(err, errs.NotAllowed)
			h.refused(h.as(h.person(city, role), func(ctx context.Context) error { _, err := h.svc.Suspend(ctx, uuid.New(), "试"); return err }), errs.NotAllowed)
			h.refused(h.as(h.person(city, role), func(ctx context.Context) error { _, err := h.svc.Resume(ctx, uuid.New()); return err }), errs.NotAllowed)
		}
	})
	h.run("the key and name of a partner in the same installation are filled in, and status belongs to every agreement", func(h *house) {
		h.in(city, func(ctx context.Context) error { return set(ctx, local) })
		a := h.agreementOf(city, "210202")
		var theirs exchange.Identity
		h.in(district, func(ctx context.Context) (err error) { theirs, err = h.svc.Identity(ctx); return err })
		if a.PartnerKey != theirs.Key || a.PartnerName != "乙区政协" || text(h.T, a.Sends) != `["status","task"]` || text(h.T, a.Receives) != `["status"]` {
			h.Error(a)
		}
	})
	h.run("each committee has its own row", func(h *house) {
		if n := h.count(`SELECT count(*) FROM agreements WHERE tenant_id = $1`, district); n != 0 {
			h.Error(n)
		}
		foreign := h.agreementOf(city, "210202").ID
		h.refused(h.as(h.admins[district], func(ctx context.Context) error { _, err := h.svc.Suspend(ctx, foreign, "试"); return err }), errs.NotFound)
	})
	h.run("what cannot be is refused", func(h *house) {
		for path, bad := range map[string]exchange.Terms{
			"self": {Partner: "210200", Channel: agreement.ChannelLOCAL}, "unknown": {Partner: "999999", Channel: agreement.ChannelLOCAL},
			"channel": {Partner: "210202", Channel: "MAIL"}, "key": {Partner: "210300", Name: "丙市政协", Channel: agreement.ChannelFILE, Key: "AAAA"},
			"name": {Partner: "210300", Channel: agreement.ChannelFILE}, "kind": {Partner: "210202", Channel: agreement.ChannelLOCAL, Sends: []string{"Task 1"}},
		} {
			if err := h.as(h.admins[city], func(ctx context.Context) error { return set(ctx, bad) }); !errs.Is(err, errs.Invalid) {
				h.Errorf("%s: %v", path, err)
			}
		}
		old := 7
		stale := local
		stale.Expected = &old
		h.refused(h.as(h.admins[city], func(ctx context.Context) error { return set(ctx, stale) }), errs.VersionConflict)
	})
	h.run("M10: a kind that nobody knows is refused, and what is not named stays", func(h *house) {
		h.refused(h.as(h.admins[city], func(ctx context.Context) error {
			return set(ctx, exchange.Terms{Partner: "210202", Sends: []string{kindTask}, Receives: []string{"taks"}})
		}), errs.Invalid)
		h.in(city, func(ctx context.Context) error {
			return set(ctx, exchange.Terms{Partner: "210202", Receives: []string{kindReport}})
		})
		h.in(city, func(ctx context.Context) error { return set(ctx, exchange.Terms{Partner: "210202", Sends: []string{}}) })
		a := h.agreementOf(city, "210202")
		if text(h.T, a.Sends) != `["status"]` || text(h.T, a.Receives) != `["report","status"]` || a.Channel != agreement.ChannelLOCAL {
			h.Error(a)
		}
		h.in(city, func(ctx context.Context) error { return set(ctx, local) })
		if a := h.agreementOf(city, "210202"); text(h.T, a.Sends) != `["status","task"]` || text(h.T, a.Receives) != `["report","status"]` {
			h.Error(a)
		}
	})
	h.run("suspending asks for a reason, and twice does nothing more", func(h *house) {
		id := h.agreementOf(city, "210202").ID
		suspend := func(reason string) (a *gen.Agreement, err error) {
			err = h.as(h.admins[city], func(ctx context.Context) (err error) { a, err = h.svc.Suspend(ctx, id, reason); return err })
			return a, err
		}
		_, err := suspend(" ")
		h.refused(err, errs.Invalid)
		first, err := suspend("整改")
		h.must(err)
		again, err := suspend("另一个理由")
		h.must(err)
		if first.Reason != "整改" || again.Reason != "整改" || again.Version != first.Version || first.SuspendedAt == nil {
			h.Error(first, again)
		}
		for range 2 {
			h.in(city, func(ctx context.Context) error {
				a, err := h.svc.Resume(ctx, id)
				if err == nil && (a.Status != agreement.StatusACTIVE || a.Reason != "" || a.Version != first.Version+1) {
					h.Error(a)
				}
				return err
			})
		}
	})
}

func TestSending(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	send := func(kind string, body any) error {
		return h.as(h.admins[city], func(ctx context.Context) error {
			_, err := h.svc.Send(ctx, "210202", kind, body, exchange.Object{})
			return err
		})
	}
	h.run("it is written in the transaction of what it tells, and is gone if that is undone", func(h *house) {
		err := h.as(h.admins[city], func(ctx context.Context) error {
			if _, err := h.svc.Send(ctx, "210202", kindTask, taskBody{"撤销"}, exchange.Object{}); err != nil {
				return err
			}
			return errUndo
		})
		if err != errUndo || h.count(`SELECT count(*) FROM exchange_outbox`) != 0 {
			h.Error(err)
		}
	})
	h.run("numbers have no gap and no double, and the chain holds, however many send at once", func(h *house) {
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				_ = h.as(h.admins[city], func(ctx context.Context) error {
					_, err := h.svc.Send(ctx, "210202", kindTask, taskBody{"并发"}, exchange.Object{})
					if err == nil && i%4 == 0 {
						err = errUndo
					}
					return err
				})
			})
		}
		wg.Wait()
		n := h.count(`SELECT count(*) FROM (SELECT seq, lag(seq) OVER w AS s, prev, lag(hash) OVER w AS h FROM exchange_outbox WINDOW w AS (ORDER BY seq)) x
			WHERE seq = coalesce(s, 0) + 1 AND prev = coalesce(h, '')`)
		if n != 30 {
			h.Error(n)
		}
	})
	h.run("what no active agreement lets out is refused", func(h *house) {
		h.refused(h.as(h.admins[city], func(ctx context.Context) error {
			_, err := h.svc.Send(ctx, "210300", kindTask, taskBody{"无约定"}, exchange.Object{})
			return err
		}), errs.NotAllowed)
		h.refused(send(exchange.KindCommendation, exchange.Notice{Title: "不在约定之列"}), errs.NotAllowed)
		id := h.agreementOf(city, "210202").ID
		h.in(city, func(ctx context.Context) error { _, err := h.svc.Suspend(ctx, id, "整改"); return err })
		h.refused(send(kindTask, taskBody{"中止"}), errs.NotAllowed)
		h.in(city, func(ctx context.Context) error { _, err := h.svc.Resume(ctx, id); return err })
	})
	h.run("a kind that is not registered, or a body over 1 MiB, is refused", func(h *house) {
		if err := send("unheard", taskBody{"甲"}); err == nil {
			h.Error("it was sent")
		}
		h.refused(send(kindTask, taskBody{strings.Repeat("字", exchange.MaxBody/3)}), errs.Limited)
		h.refused(send(kindTask, taskBody{"零\x00"}), errs.Invalid)
	})
	h.run("an envelope that has its number is never altered, not by the program either", func(h *house) {
		err := h.as(h.admins[city], func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `UPDATE exchange_outbox SET body = '{}'`)
			return err
		})
		if err == nil {
			h.Error("it was")
		}
	})
	_ = district
}
