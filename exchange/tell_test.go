package exchange_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestTell(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	other := h.committee("210203", "丙区政协", "DISTRICT")
	h.agree(city, other)
	boss := h.person(city, "secretary_general")
	praise := exchange.Notice{Title: "推广某做法", Text: "正文", Instruction: &exchange.Instruction{By: "市政协主席", Text: "请各区学习借鉴", On: "2026-03-04"}}
	tell := func(h *house, kind string, to []string, n exchange.Notice, about exchange.Object) (sent []uuid.UUID, err error) {
		err = h.as(boss, func(ctx context.Context) (err error) {
			sent, err = h.svc.Tell(ctx, kind, to, n, about)
			return err
		})
		return sent, err
	}
	out := func(h *house) int { return h.count(`SELECT count(*) FROM exchange_outbox WHERE tenant_id = $1`, city) }
	var about exchange.Object
	h.system(city, func(ctx context.Context) {
		m, err := h.open(ctx, "某做法", nil)
		h.must(err)
		h.must(h.ent().Matter.UpdateOne(m).SetVisibility("STAFF").Exec(ctx))
		about = exchange.Object{Type: gen.TypeMatter, ID: m.ID}
	})
	h.run("a promotion is sent by who holds exchange.send", func(h *house) {
		h.in(city, func(ctx context.Context) error { // an administrator does not hold it
			_, err := h.svc.Tell(ctx, exchange.KindPromotion, []string{"210202"}, praise, exchange.Object{})
			h.refused(err, errs.NotAllowed)
			return nil
		})
	})
	h.run("to each of the named partners, once", func(h *house) {
		sent, err := tell(h, exchange.KindPromotion, []string{"210203", "210202", "210203"}, praise, exchange.Object{})
		h.must(err)
		h.deliver(city, 2)
		for _, e := range sent {
			h.expect(city, e, exchange.Delivered, "")
		}
		if n := h.count(`SELECT count(*) FROM exchange_inbox WHERE kind = 'promotion' AND tenant_id IN ($1, $2)`, district, other); len(sent) != 2 || n != 2 {
			h.Error(sent, n)
		}
	})
	h.run("or to none", func(h *house) {
		before := out(h)
		for _, x := range []struct {
			kind string
			to   []string
			code errs.Code
		}{
			{exchange.KindPromotion, []string{"210202", "210299"}, errs.NotAllowed},    // no agreement
			{exchange.KindCommendation, []string{"210202", "210203"}, errs.NotAllowed}, // not in the agreements
			{exchange.KindPromotion, nil, errs.Invalid},
			{exchange.KindPromotion, []string{""}, errs.NotAllowed},
			{exchange.KindStatus, []string{"210202"}, errs.Invalid},
			{kindTask, []string{"210202"}, errs.Invalid},
		} {
			_, err := tell(h, x.kind, x.to, praise, about)
			h.refused(err, x.code)
		}
		var many []string
		for i := range 201 {
			many = append(many, string(rune('甲'+i)))
		}
		_, err := tell(h, exchange.KindPromotion, many, praise, about)
		h.refused(err, errs.Invalid)
		if n := out(h); n != before {
			h.Errorf("%d were sent", n-before)
		}
		if n := h.count(`SELECT count(*) FROM records`); n != 0 {
			h.Errorf("%d instructions remain", n)
		}
	})
	h.run("what its receiver would refuse of it is refused before it is sent", func(h *house) {
		before := out(h)
		for _, n := range []exchange.Notice{
			{Title: " ", Text: "正文"},
			{Title: strings.Repeat("长", 201)},
			{Title: "甲", Text: strings.Repeat("长", 50_001)},
			{Title: "甲", Instruction: &exchange.Instruction{Text: "学习"}},
			{Title: "甲", Instruction: &exchange.Instruction{By: "主席"}},
			{Title: "甲", On: "明天"},
			{Title: "甲", Instruction: &exchange.Instruction{By: "主席", Text: "学习", On: "3月"}},
		} {
			_, err := tell(h, exchange.KindPromotion, []string{"210202"}, n, exchange.Object{})
			h.refused(err, errs.Invalid)
		}
		if n := out(h); n != before {
			h.Errorf("%d were sent", n-before)
		}
	})
	h.run("the leader's instruction is recorded on the matter that it is about, for the staff", func(h *house) {
		_, err := tell(h, exchange.KindPromotion, []string{"210202", "210203"}, praise, about)
		h.must(err)
		h.deliver(city, 2)
		h.system(city, func(ctx context.Context) {
			r := h.ent().Record.Query().OnlyX(ctx)
			if r.MatterID != about.ID || r.Kind != record.KindINSTRUCTION || r.Audience != record.AudienceSTAFF || r.Mode != "推广" || r.Text != "请各区学习借鉴" ||
				r.On.Format("2006-01-02") != "2026-03-04" || *r.AuthorID != boss.Membership || text(h.T, r.Data) != `{"by":"市政协主席","partners":["210202","210203"]}` {
				h.Error(r)
			}
			if m := h.ent().Matter.GetX(ctx, about.ID); m.Mirror != nil || m.Version != 2 {
				h.Error(m.Mirror, m.Version) // nothing of it was handed over
			}
		})
		_, err = tell(h, exchange.KindPromotion, []string{"210202"}, exchange.Notice{Title: "无批示"}, about)
		h.must(err)
		if n := h.count(`SELECT count(*) FROM records`); n != 1 {
			h.Error(n)
		}
	})
	h.run("who was told of a matter has nothing to say of its state, and is told no more of it", func(h *house) {
		told, err := tell(h, exchange.KindPromotion, []string{"210202"}, exchange.Notice{Title: "无批示"}, about)
		h.must(err)
		h.deliver(city, 2) // with the one before
		for name, st := range map[string]exchange.Status{
			"a state":                {Re: about, Status: "已完成", Note: "伪造"},
			"an object of their own": {Ack: &exchange.Ack{Envelope: told[0], Outcome: "APPLIED", Object: exchange.Object{Type: gen.TypeMatter, ID: uuid.New()}}, Status: "已完成"},
		} {
			h.in(district, func(ctx context.Context) error {
				_, err := h.svc.Send(ctx, "210200", exchange.KindStatus, st, exchange.Object{})
				return err
			})
			h.deliver(district, 1)
			h.system(city, func(ctx context.Context) {
				if m := h.ent().Matter.GetX(ctx, about.ID); m.Mirror != nil {
					h.Error(name, m.Mirror)
				}
			})
		}
		if n := h.count(`SELECT count(*) FROM exchange_objects WHERE local_id = $1`, about.ID); n != 0 {
			h.Error("it counts as shared")
		}
	})
	h.run("who sends it sees that matter", func(h *house) {
		before := out(h)
		var private uuid.UUID
		h.system(city, func(ctx context.Context) {
			m, err := h.open(ctx, "私事", nil) // seen by its parties only
			h.must(err)
			private = m.ID
		})
		for _, id := range []uuid.UUID{private, uuid.New()} {
			_, err := tell(h, exchange.KindPromotion, []string{"210202"}, praise, exchange.Object{Type: gen.TypeMatter, ID: id})
			h.refused(err, errs.NotFound)
		}
		_, err := tell(h, exchange.KindPromotion, []string{"210202"}, praise, exchange.Object{Type: gen.TypeItem, ID: private})
		h.refused(err, errs.Invalid)
		if n := out(h); n != before {
			h.Errorf("%d were sent", n-before)
		}
	})
}
