package graph_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/clock"
)

func TestEnvelopesThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	city, district := w.found("210200", "CITY", "大连").live(), w.found("210202", "DISTRICT", "中山").live()
	pair := func(c *committee, partner string) string {
		return c.do("管理员甲", "setAgreement", input{"partner": partner, "sends": []string{"promotion"}, "receives": []string{"promotion"}})["id"].(string)
	}
	t.Run("only who manages the exchange makes an agreement", func(t *testing.T) {
		if e := city.refusal("主任", "setAgreement", input{"partner": "210202"}); e["code"] != "NOT_ALLOWED" {
			t.Error(e)
		}
	})
	up, down := pair(city, "210202"), pair(district, "210200")
	t.Run("the same again is the same agreement", func(t *testing.T) {
		if pair(city, "210202") != up || up == down {
			t.Error(up, down)
		}
	})
	send := func() {
		err := w.r.Store.InTx(clock.With(context.Background(), w.clock), city.id, func(ctx context.Context) error {
			ctx, changes := audit.Collect(authz.System(ctx))
			_, err := w.r.Exchange.Send(ctx, "210202", "promotion", map[string]any{"title": "无陪同调研经验", "text": "向各区推广"}, exchange.Object{})
			if err != nil {
				return err
			}
			return audit.Write(ctx, audit.Entry{At: w.clock.Now(), Action: "test", Actor: audit.Actor{Name: "测试"}, Object: audit.Object("Test", uuid.Nil), Changes: changes.Changes()})
		})
		must(t, err)
	}
	deliver := func() {
		_, err := w.r.Exchange.Deliver(clock.With(context.Background(), w.clock), city.id)
		must(t, err)
	}
	const sent, received = `{ sentEnvelopes { envelopes { id kind status partner seq reason } next } }`, `{ receivedEnvelopes { envelopes { id kind outcome partner body } next } }`
	t.Run("what was sent is seen by both, each on its side", func(t *testing.T) {
		send()
		deliver()
		a, b := city.ask("管理员甲", sent, nil), district.ask("管理员甲", received, nil)
		if dig(a.Data, "sentEnvelopes", "envelopes", 0, "status") != "DELIVERED" || dig(b.Data, "receivedEnvelopes", "envelopes", 0, "outcome") != "APPLIED" ||
			dig(b.Data, "receivedEnvelopes", "envelopes", 0, "body", "title") != "无陪同调研经验" {
			t.Error(a.text, b.text)
		}
	})
	t.Run("either side suspends, and what waits goes on when it resumes", func(t *testing.T) {
		district.do("管理员甲", "suspendAgreement", input{"id": down, "reason": "核对中"})
		send()
		deliver()
		if a := city.ask("管理员甲", sent, nil); dig(a.Data, "sentEnvelopes", "envelopes", 0, "status") != "WAITING" {
			t.Error(a.text)
		}
		district.do("管理员甲", "resumeAgreement", input{"id": down})
		w.at(2024, 12, 28, city, district)
		deliver()
		if a := city.ask("管理员甲", sent, nil); dig(a.Data, "sentEnvelopes", "envelopes", 0, "status") != "DELIVERED" {
			t.Error(a.text)
		}
	})
	t.Run("sent again by mistake, what has arrived does not arrive twice", func(t *testing.T) {
		a := city.ask("管理员甲", sent, nil)
		city.do("管理员甲", "resendEnvelope", input{"id": dig(a.Data, "sentEnvelopes", "envelopes", 0, "id")})
		deliver()
		b := district.ask("管理员甲", received, nil)
		if list := dig(b.Data, "receivedEnvelopes", "envelopes").([]any); len(list) != 2 {
			t.Error(b.text)
		}
	})
	t.Run("who may not read the exchange sees neither agreements nor envelopes", func(t *testing.T) {
		a := city.ask("委员甲", `{ agreements { edges { node { id } } } }`, nil)
		if list, _ := dig(a.Data, "agreements", "edges").([]any); len(list) != 0 {
			t.Error(a.text)
		}
		for _, q := range []string{sent, received, `{ exchangeIdentity { key } }`} {
			if a := city.ask("委员甲", q, nil); a.code() != "NOT_ALLOWED" {
				t.Error(a.text)
			}
		}
	})
}
