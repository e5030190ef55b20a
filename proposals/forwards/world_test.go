package forwards_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// house is an installation.
type house struct {
	*testing.T
	d      *assembled.District
	db     *tenantstest.DB
	engine *flow.Engine
	drafts *proposals.Service
	post   *exchange.Service
	clock  *clock.Movable
	of     map[string]*district.District // by code
}

// plan is a committee of these tests.
func plan(code string, secret byte) district.Plan {
	return district.Plan{Code: code, Secret: secret, On: clock.Date(2025, 1, 6), Runs: []string{"proposal", forwards.Kind}, Sitting: district.Plenary(2025, 6, 9),
		Posts: []string{"委员甲", "委员乙", "审查员", "干事", "主任", "管理员", "政府办"}}
}

// newHouse is an installation with committees, each by itself.
func newHouse(t *testing.T, secret byte, codes ...string) *house {
	t.Helper()
	var plans []district.Plan
	for _, code := range codes {
		plans = append(plans, plan(code, secret))
	}
	d := assembled.New(t, plans...)
	h := &house{T: t, d: d, db: d.DB, engine: d.Services.Engine, drafts: d.Proposals, post: d.Exchange, clock: d.Clock, of: map[string]*district.District{}}
	for _, code := range codes {
		h.of[code] = d.Beside(code)
	}
	return h
}

func (h *house) ent() *gen.Client { return h.d.Ent() }

// committee enters one more.
func (h *house) committee(code string) {
	h.Helper()
	h.of[code] = h.d.Found(h.T, plan(code, 0))
}

// below makes one committee stand below another.
func (h *house) below(code, above string) {
	h.Helper()
	h.db.AsOwner(h.T, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, h.of[above].Tenant, h.of[code].Tenant)
}

// agree enters one committee's half of an agreement.
func (h *house) agree(code string, t exchange.Terms) (id uuid.UUID) {
	h.Helper()
	if t.Channel == "" {
		t.Channel = agreement.ChannelLOCAL
	}
	h.must(h.as(code, "管理员", func(ctx context.Context) error {
		a, err := h.post.Set(ctx, t)
		if err == nil {
			id = a.ID
		}
		return err
	}))
	if t.Channel == agreement.ChannelFILE {
		h.d.Confirm(h.of[code])
	}
	return id
}

// as runs fn as a person of a committee, "" as the product itself, in one
// audited transaction.
func (h *house) as(code, who string, fn func(context.Context) error) error {
	h.Helper()
	return h.of[code].As(who, fn)
}

func (h *house) try(code, who, action string, id uuid.UUID, reason string, form process.Form) (c *flow.Case, err error) {
	h.Helper()
	err = h.as(code, who, func(ctx context.Context) error {
		c, err = h.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: reason})
		return err
	})
	return c, err
}

func (h *house) do(code, who, action string, id uuid.UUID, form process.Form) *flow.Case {
	h.Helper()
	c, err := h.try(code, who, action, id, "在市的职权之内", form)
	if err != nil {
		h.Fatalf("%s %s: %v", who, action, err)
	}
	return c
}

func (h *house) refused(err error, code errs.Code, says string) {
	h.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code || e.Message != says {
		h.Errorf("got %v, want %s %s", err, code, says)
	}
}

const title = "关于打通跨区断头路的提案"

// submitted is a proposal of two members that has been handed in.
func (h *house) submitted(code string) uuid.UUID {
	h.Helper()
	var c *flow.Case
	h.must(h.as(code, "委员甲", func(ctx context.Context) (err error) {
		c, err = h.drafts.Create(ctx, proposals.Draft{
			Kind: proposal.ProposerKindJOINT, Title: title, Situation: "断头路有三处。", Analysis: "跨区无人牵头。",
			Suggestions: []string{"由市里统筹", "列入明年计划"}, Category: "城建", Consent: true,
		})
		return err
	}))
	id := c.Matter.ID
	h.do(code, "委员甲", "inviteCosign", id, process.Form{"membershipIds": []any{h.of[code].Who("委员乙").Membership.String()}})
	h.do(code, "委员乙", "sign", id, nil)
	h.do(code, "委员甲", "submit", id, nil)
	return id
}

// reviewed is one that has passed the three passes.
func (h *house) reviewed(code string) uuid.UUID {
	h.Helper()
	id := h.submitted(code)
	opinion := process.Form{"disposition": "FORWARDED_UP", "note": "属于市的职权"}
	h.do(code, "干事", "startReview", id, opinion)
	h.do(code, "审查员", "recordPass", id, opinion)
	h.do(code, "主任", "recordPass", id, opinion)
	return id
}

// deliver carries what waits in a committee's outbox.
func (h *house) deliver(code string) {
	h.Helper()
	h.d.Deliver(h.of[code])
}

// copies are the matters that came to a committee.
func (h *house) copies(code string) (list []*gen.Matter) {
	h.Helper()
	h.must(h.as(code, "", func(ctx context.Context) error {
		for _, m := range h.ent().Matter.Query().WithParties().WithTimers().WithRecords().WithLinksOut().Order(gen.Asc("id")).AllX(ctx) {
			if m.Kind == forwards.Kind {
				list = append(list, m)
			}
		}
		return nil
	}))
	return list
}

// only is the one copy that came.
func (h *house) only(code string) *gen.Matter {
	h.Helper()
	list := h.copies(code)
	if len(list) != 1 {
		h.Fatalf("%d copies", len(list))
	}
	return list[0]
}

func (h *house) matter(code string, id uuid.UUID) (m *gen.Matter) {
	h.Helper()
	h.must(h.as(code, "", func(ctx context.Context) (err error) { m, err = h.ent().Matter.Get(ctx, id); return err }))
	return m
}

// sees counts what of a matter a person sees.
func (h *house) sees(code, who string, id uuid.UUID) (yes bool) {
	h.Helper()
	h.must(h.as(code, who, func(ctx context.Context) error {
		_, err := h.ent().Matter.Get(ctx, id)
		yes = err == nil
		if gen.IsNotFound(err) {
			return nil
		}
		return err
	}))
	return yes
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// run is a subtest of the house.
func (h *house) run(name string, fn func()) {
	before := h.T
	before.Run(name, func(t *testing.T) {
		h.T = t
		defer func() { h.T = before }()
		fn()
	})
}

const (
	city      = "210200"
	zhongshan = "210202"
)

// pair is a city and a district of one installation that agreed.
func pair(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, 1, city, zhongshan)
	h.agree(city, exchange.Terms{Partner: zhongshan, Receives: []string{forwards.KindEnvelope}})
	h.agree(zhongshan, exchange.Terms{Partner: city, Sends: []string{forwards.KindEnvelope}})
	return h
}

// came is a pair in which one proposal has been forwarded and delivered.
func came(t *testing.T) (h *house, sent uuid.UUID, copied uuid.UUID) {
	t.Helper()
	h = pair(t)
	sent = h.reviewed(zhongshan)
	h.do(zhongshan, "主任", "forwardUp", sent, nil)
	h.deliver(zhongshan)
	return h, sent, h.only(city).ID
}
