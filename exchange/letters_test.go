package exchange_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestOneLetter(t *testing.T) {
	h, city, district := pair(t)
	clerk := h.person(district, "proposal_clerk")
	h.in(city, func(ctx context.Context) error {
		_, err := h.svc.Send(ctx, "210202", exchange.KindPromotion, exchange.Notice{Title: "先进做法", Text: "请各区学习"}, exchange.Object{})
		return err
	})
	_, item := h.task(city, "210202", kindTask, "海洋经济")
	h.deliver(city, 2)
	var task, promotion exchange.Received
	h.in(district, func(ctx context.Context) error {
		p, err := h.svc.Inbox(ctx, nil, 10, uuid.Nil)
		task, promotion = p.Rows[0], p.Rows[1]
		return err
	})
	read := func(id uuid.UUID) (r exchange.Received) {
		h.in(district, func(ctx context.Context) (err error) {
			r, err = h.svc.Read(ctx, id)
			return err
		})
		return r
	}
	h.run("the body of a kind that opens nothing is read in the inbox, by who holds exchange.read", func(h *house) {
		if r := read(promotion.ID); r.Kind != exchange.KindPromotion || len(r.Body) == 0 || text(h.T, r) != text(h.T, promotion) {
			h.Errorf("%+v", r)
		}
		h.refused(h.as(clerk, func(ctx context.Context) error { _, err := h.svc.Read(ctx, promotion.ID); return err }), errs.NotAllowed)
	})
	h.run("of others only the head", func(h *house) {
		if r := read(task.ID); r.Kind != kindTask || r.Body != nil || r.About.ID != item {
			h.Errorf("%+v", r)
		}
	})
	h.run("what was not received is not there, another committee's included", func(h *house) {
		for _, id := range []uuid.UUID{uuid.New(), promotion.Envelope} {
			h.refused(h.as(h.admins[district], func(ctx context.Context) error { _, err := h.svc.Read(ctx, id); return err }), errs.NotFound)
		}
		h.refused(h.as(h.admins[city], func(ctx context.Context) error { _, err := h.svc.Read(ctx, promotion.ID); return err }), errs.NotFound)
	})
	h.run("a package looks up what was sent about its object", func(h *house) {
		h.system(city, func(ctx context.Context) {
			all, err := h.svc.SentAbout(ctx, kindTask, exchange.Object{Type: gen.TypeItem, ID: item})
			if h.must(err); len(all) != 1 || all[0].Partner != "210202" || string(all[0].Body) != `{"title":"海洋经济"}` {
				h.Errorf("%+v", all)
			}
			if all, err = h.svc.SentAbout(ctx, kindReport, exchange.Object{Type: gen.TypeItem, ID: item}); err != nil || len(all) != 0 {
				h.Error(all, err)
			}
		})
	})
}
