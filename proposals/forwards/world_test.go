package forwards_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// rights are compiled once for all worlds: it takes half a second.
var rights = sync.OnceValues(authz.Load)

// house is an installation.
type house struct {
	*testing.T
	db     *tenantstest.DB
	engine *flow.Engine
	drafts *proposals.Service
	post   *exchange.Service
	dir    *authz.Directory
	clock  *clock.Movable
	people map[string]*authz.Viewer // by committee's code and name
	ids    map[string]uuid.UUID     // of committees, by code
}

func newHouse(t *testing.T, secret byte) *house {
	t.Helper()
	db := tenantstest.New(t)
	h := &house{T: t, db: db, clock: &clock.Movable{}, people: map[string]*authz.Viewer{}, ids: map[string]uuid.UUID{}}
	h.clock.Set(time.Date(2025, 1, 6, 9, 0, 0, 0, clock.Shanghai))
	authz.Narrow(h.ent())
	h.ent().Use(audit.Hook)
	policy, err := rights()
	h.must(err)
	h.dir, h.engine = authz.NewDirectory(policy), flow.New(h.ent())
	h.post, err = exchange.New(db.Store, bytes.Repeat([]byte{secret}, 32))
	h.must(err)
	proposals.Register(h.engine.Rules)
	forwards.Register(h.engine.Rules)
	forwards.Connect(h.engine, h.post)
	h.drafts = proposals.New(h.engine)
	h.engine.Watch(func(ctx context.Context, r *flow.Run, _ string) error { // as package assembly does
		if r.Origin == nil && r.Mirror == nil {
			return nil
		}
		_, err := h.post.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID},
			exchange.Status{Number: r.Matter.Number, Status: r.Def.Machines[process.OfMatter].State(r.State).Label, Note: r.Told})
		return err
	})
	return h
}

func (h *house) ent() *gen.Client { return h.db.Store.Ent() }

// committee enters one with its processes, a sitting and people.
func (h *house) committee(code, name, level string) {
	h.Helper()
	h.ids[code] = tenantstest.Tenant(h.T, h.db, code, name, level)
	h.must(h.as(code, "", func(ctx context.Context) error {
		ctx = authz.System(ctx)
		c := h.ent()
		for _, src := range templates.Processes() {
			if !bytes.Contains(src, []byte("\nkind: proposal\n")) && !bytes.Contains(src, []byte("\nkind: forward\n")) {
				continue
			}
			if _, err := h.engine.Publish(ctx, src, process.RolesOf(h.dir.Policy())); err != nil {
				return err
			}
		}
		term := c.Term.Create().SetOrdinal(14).SetStartsOn(clock.Date(2022, 1, 1)).SetEndsOn(clock.Date(2026, 12, 31)).SaveX(ctx)
		c.Sitting.Create().SetTerm(term).SetOrdinal(4).SetPrepOpensOn(clock.Date(2024, 11, 1)).SetOpensOn(clock.Date(2025, 1, 6)).
			SetCutoffAt(time.Date(2025, 1, 8, 12, 0, 0, 0, clock.Shanghai)).SetClosesOn(clock.Date(2025, 1, 9)).SaveX(ctx)
		for who, role := range map[string]string{"委员甲": "member", "委员乙": "member", "审查员": "proposal_reviewer", "干事": "proposal_clerk", "主任": "proposal_director", "管理员": "tenant_admin", "政府办": "assign_gov"} {
			kind := membership.KindSTAFF
			if role == "member" {
				kind = membership.KindMEMBER
			}
			m := c.Membership.Create().SetName(who).SetKind(kind).SetAccountID(uuid.New()).SetPhone("13000000000").SaveX(ctx)
			c.Grant.Create().SetMembership(m).SetRole(role).SaveX(ctx)
			h.people[code+who] = &authz.Viewer{Account: *m.AccountID, Membership: m.ID}
		}
		return nil
	}))
}

// below makes one committee stand below another.
func (h *house) below(code, above string) {
	h.Helper()
	h.db.AsOwner(h.T, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, h.ids[above], h.ids[code])
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
	return id
}

// as runs fn as a person of a committee, "" as the product itself, in one
// audited transaction.
func (h *house) as(code, who string, fn func(context.Context) error) error {
	h.Helper()
	ctx := clock.With(context.Background(), h.clock)
	return h.db.Store.InTx(ctx, h.ids[code], func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if who == "" {
			return fn(authz.System(ctx))
		}
		p := h.people[code+who]
		v, err := h.dir.Viewer(ctx, p.Account, p.Membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
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
	h.do(code, "委员甲", "inviteCosign", id, process.Form{"membershipIds": []any{h.people[code+"委员乙"].Membership.String()}})
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
	_, err := h.post.Deliver(clock.With(context.Background(), h.clock), h.ids[code])
	h.must(err)
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
	city     = "210200"
	district = "210202"
)

// pair is a city and a district of one installation that agreed.
func pair(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, 1)
	h.committee(city, "政协甲市委员会", "CITY")
	h.committee(district, "政协甲市乙区委员会", "DISTRICT")
	h.below(district, city)
	h.agree(city, exchange.Terms{Partner: district, Receives: []string{forwards.KindEnvelope}})
	h.agree(district, exchange.Terms{Partner: city, Sends: []string{forwards.KindEnvelope}})
	return h
}

// came is a pair in which one proposal has been forwarded and delivered.
func came(t *testing.T) (h *house, sent uuid.UUID, copied uuid.UUID) {
	t.Helper()
	h = pair(t)
	sent = h.reviewed(district)
	h.do(district, "主任", "forwardUp", sent, nil)
	h.deliver(district)
	return h, sent, h.only(city).ID
}
