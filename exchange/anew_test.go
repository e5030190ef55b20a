package exchange_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

// A district whose city is run elsewhere has a line for it in its own directory,
// and a standing agreement with that. What was said to the line has reached
// nobody; the city's own words begin with number 1, and so do the district's.
func TestTheCityIsElsewhere(t *testing.T) {
	t.Parallel()
	w := &two{city: newHouse(t, 1), district: newHouse(t, 2)}
	w.ofCity = w.city.committee("210200", "甲市政协", "CITY")
	w.ofDistrict = w.district.committee("210212", "丁区政协", "DISTRICT")
	line := w.district.committee("210200", "甲市政协", "CITY") // in the directory only
	w.district.agree(line, w.ofDistrict)
	var real, own exchange.Identity
	w.city.in(w.ofCity, func(ctx context.Context) (err error) { real, err = w.city.svc.Identity(ctx); return err })
	w.district.in(w.ofDistrict, func(ctx context.Context) (err error) { own, err = w.district.svc.Identity(ctx); return err })
	run := func(name string, fn func(t *testing.T)) { t.Run(name, func(t *testing.T) { w.use(t); fn(t) }) }

	said, _ := w.district.task(w.ofDistrict, "210200", kindTask, "先说的")
	w.district.deliver(w.ofDistrict, 1)
	w.district.task(line, "210212", kindTask, "目录里来的")
	w.district.deliver(line, 1)
	withheld, _ := w.district.task(w.ofDistrict, "210200", kindReport, "不再送的")
	waits, _ := w.district.task(w.ofDistrict, "210200", kindTask, "还没有送的")
	w.district.half(w.ofDistrict, "210200", []string{kindTask}, everything)

	elsewhere := exchange.Terms{Partner: real.Code, Channel: agreement.ChannelFILE, Key: real.Key}
	set := func(t *testing.T, terms exchange.Terms) {
		w.district.in(w.ofDistrict, func(ctx context.Context) error { _, err := w.district.svc.Set(ctx, terms); return err })
		w.district.confirmAll(w.ofDistrict)
	}
	w.use(t)
	set(t, elsewhere)
	w.city.in(w.ofCity, func(ctx context.Context) error {
		_, err := w.city.svc.Set(ctx, exchange.Terms{Partner: own.Code, Name: own.Name, Key: own.Key, Channel: agreement.ChannelFILE, Sends: everything, Receives: everything})
		return err
	})
	run("what was said to the directory's line goes to the city, from number 1 on", func(t *testing.T) {
		done := w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
		if done.Applied != 3 || done.Refused != 0 || w.city.matters(w.ofCity, "先说的") != 1 || w.city.matters(w.ofCity, "还没有送的") != 1 { // and that the key has changed
			t.Error(done)
		}
		if n := w.city.count(`SELECT count(*) FROM exchange_inbox WHERE seq = 1`); n != 1 {
			t.Error("the city has no number 1")
		}
	})
	run("what the agreement no longer lets out holds nothing up, and is not sent", func(t *testing.T) {
		w.district.expect(w.ofDistrict, withheld, exchange.Refused, exchange.Elsewhere)
		w.district.expect(w.ofDistrict, waits, exchange.Refused, exchange.Elsewhere)
		w.district.expect(w.ofDistrict, said, exchange.Delivered, "") // to the line, as the book has it
	})
	run("the city's number 1 is taken in, though the directory's line had sent one", func(t *testing.T) {
		w.city.task(w.ofCity, "210212", kindTask, "市里来的")
		if done := w.take(w.district, w.ofDistrict, w.export(w.city, w.ofCity, "210212", 0)); done.Applied < 1 || done.Refused != 0 {
			t.Error(done)
		}
		if n := w.district.matters(w.ofDistrict, "市里来的"); n != 1 {
			t.Error(n)
		}
		if n := w.district.count(`SELECT count(*) FROM exchange_outbox WHERE status = 'WAITING' AND tenant_id = $1 AND kind <> 'status'`, w.ofDistrict); n != 0 {
			t.Errorf("%d letters are not acknowledged", n)
		}
	})
	run("a letter of before is not sent again, and the directory's line is believed no more", func(t *testing.T) {
		for _, id := range []uuid.UUID{withheld, waits} {
			w.district.refused(w.district.as(w.district.admins[w.ofDistrict], func(ctx context.Context) error { return w.district.svc.Resend(ctx, id) }), errs.GuardFailed)
		}
		forged, _ := w.district.task(line, "210212", kindTask, "又从目录里来的")
		w.district.deliver(line, 1)
		w.district.expect(line, forged, exchange.Dead, exchange.BadSignature)
	})
	run("with a third key the numbers go on", func(t *testing.T) {
		third := elsewhere
		third.Key = ownKey(t)
		set(t, third)
		set(t, elsewhere)
		w.district.task(w.ofDistrict, "210200", kindTask, "后来的")
		if done := w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0)); done.Applied < 1 || done.Refused != 0 {
			t.Error(done)
		}
		if n := w.city.matters(w.ofCity, "后来的"); n != 1 {
			t.Error(n)
		}
		if n := w.district.count(`SELECT max(chain) FROM exchange_heads`); n != 2 {
			t.Errorf("%d chains", n)
		}
	})
}
