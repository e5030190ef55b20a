package exchange_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
)

// ownKey is one that somebody made himself.
func ownKey(t *testing.T) string {
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(public)
}

// confirmAll is the second administrator's word to whatever waits; it returns
// how many things did.
func (h *house) confirmAll(tenant uuid.UUID) (n int) {
	h.Helper()
	desk := requests.NewDesk()
	h.svc.Requests(desk)
	if h.second[tenant] == nil {
		h.second[tenant] = h.person(tenant, "tenant_admin")
	}
	h.must(h.as(h.second[tenant], func(ctx context.Context) error {
		list, err := desk.Waiting(ctx)
		for _, r := range list {
			if _, _, err := desk.Confirm(ctx, r.ID); err != nil {
				return err
			}
			n++
		}
		return err
	}))
	return n
}

// withdrawAll takes back what the administrator has asked for.
func (h *house) withdrawAll(tenant uuid.UUID) {
	h.Helper()
	desk := requests.NewDesk()
	h.svc.Requests(desk)
	h.in(tenant, func(ctx context.Context) error {
		list, err := desk.Waiting(ctx)
		for _, r := range list {
			if _, err := desk.Withdraw(ctx, r.ID); err != nil {
				return err
			}
		}
		return err
	})
}

// S6: whose letters are believed is not for one person to say.
func TestS6(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	city, district := h.committee("210200", "甲市政协", "CITY"), h.committee("210202", "乙区政协", "DISTRICT")
	set := func(tenant uuid.UUID, terms exchange.Terms) error {
		return h.as(h.admins[tenant], func(ctx context.Context) error { _, err := h.svc.Set(ctx, terms); return err })
	}
	var known exchange.Identity
	h.in(district, func(ctx context.Context) (err error) { known, err = h.svc.Identity(ctx); return err })

	h.run("S6: a committee of this installation has the directory's key and no other, by whichever channel", func(h *house) {
		for _, channel := range []agreement.Channel{agreement.ChannelFILE, agreement.ChannelLOCAL} {
			h.must(set(city, exchange.Terms{Partner: "210202", Name: "乙区政协", Channel: channel, Key: ownKey(h.T)}))
			if a := h.agreementOf(city, "210202"); a.PartnerKey != known.Key {
				h.Error(channel, a)
			}
			h.withdrawAll(city)
			h.must(set(city, exchange.Terms{Partner: "210202", Name: "别的名称", Channel: channel}))
			h.confirmAll(city)
			if a := h.agreementOf(city, "210202"); a.PartnerKey != known.Key || a.PartnerName != "乙区政协" {
				h.Error(channel, a)
			}
		}
	})

	outside := func(key string, channel agreement.Channel) exchange.Terms {
		return exchange.Terms{Partner: "990000", Name: "外地政协", Channel: channel, Key: key}
	}
	h.must(set(city, outside(ownKey(t), agreement.ChannelFILE)))
	h.run("S6: no change that one person makes to a living agreement touches its channel or key", func(h *house) {
		other := ownKey(h.T)
		for name, terms := range map[string]exchange.Terms{
			"another key":        outside(other, ""),
			"the key alone":      {Partner: "990000", Key: other},
			"key and kinds":      {Partner: "990000", Key: other, Sends: []string{kindTask}},
			"channel and key":    {Partner: "210202", Channel: agreement.ChannelFILE},
			"channel and nobody": {Partner: "210202", Channel: agreement.ChannelFILE, Name: "乙区政协", Key: known.Key},
		} {
			before := h.agreementOf(city, terms.Partner)
			h.must(set(city, terms))
			after := h.agreementOf(city, terms.Partner)
			if after.PartnerKey != before.PartnerKey || after.Channel != before.Channel {
				h.Errorf("%s: %v became %v", name, before, after)
			}
			if len(terms.Sends) > 0 && text(h.T, after.Sends) != `["status","task"]` {
				h.Errorf("%s: what one person may set was not set: %v", name, after.Sends)
			}
		}
		if n := h.confirmAll(city); n != 2 {
			h.Errorf("%d things waited, want the key and the channel once each", n)
		}
		if a := h.agreementOf(city, "990000"); a.PartnerKey != other {
			h.Error(a)
		}
		if a := h.agreementOf(city, "210202"); a.Channel != agreement.ChannelFILE {
			h.Error(a)
		}
	})
	h.run("S6: the partner is told", func(h *house) {
		h.half(district, "210200", nil, nil)
		h.must(set(city, exchange.Terms{Partner: "210202", Channel: agreement.ChannelLOCAL}))
		h.confirmAll(city)
		h.deliver(city, 3) // there, back and there again
		told := h.count(`SELECT count(*) FROM notices WHERE tenant_id = $1 AND membership_id = $2 AND text LIKE '甲市政协把与贵单位的%'`,
			district, h.admins[district].Membership)
		if told != 3 {
			h.Error(told)
		}
		if n := h.count(`SELECT count(*) FROM exchange_outbox o JOIN agreements a ON a.id = o.agreement_id WHERE a.partner = '990000' AND o.kind = 'status'`); n != 1 {
			h.Error(n)
		}
	})
}
