package proposals_test

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
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// world is a small district with one person of every role, in the words of
// the field.
type world struct {
	t       *testing.T
	db      *tenantstest.DB
	store   *tenants.Store
	tenant  uuid.UUID
	engine  *flow.Engine
	service *proposals.Service
	post    *exchange.Service
	policy  *authz.Policy
	clock   *clock.Movable
	people  map[string]*authz.Viewer
	units   map[string]uuid.UUID
	sitting uuid.UUID
}

// newWorld opens a district on 27 December 2024, the day its fourth plenary
// begins: until 29 December proposals are 大会提案.
func newWorld(t *testing.T) *world {
	t.Helper()
	db := tenantstest.New(t)
	w := &world{
		t: t, db: db, store: db.Store, clock: &clock.Movable{}, people: map[string]*authz.Viewer{}, units: map[string]uuid.UUID{},
		tenant: tenantstest.Tenant(t, db, "210202", "政协大连市中山区委员会", "DISTRICT"),
	}
	w.clock.Set(time.Date(2024, 12, 27, 9, 0, 0, 0, clock.Shanghai))
	authz.Narrow(w.store.Ent())
	w.store.Ent().Use(audit.Hook)
	w.engine = flow.New(w.store.Ent())
	proposals.Register(w.engine.Rules)
	var err error
	if w.post, err = exchange.New(w.store, make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	forwards.Register(w.engine.Rules)
	forwards.Connect(w.engine, w.post)
	w.engine.Guard("opinion.any", "什么都行", func(*flow.Input) error { return nil })
	w.service = proposals.New(w.engine)
	if w.policy, err = rights(); err != nil {
		t.Fatal(err)
	}
	w.as("", func(ctx context.Context) error { return w.found(authz.System(ctx)) })
	return w
}

// rights are compiled once for all worlds: it takes half a second.
var rights = sync.OnceValues(authz.Load)

// opinion is the least process a converted proposal can go on in.
const opinion = `
kind: opinion
version: 1
title: 社情民意
turns: {editor: 信息编辑}
machines:
  matter:
    initial: SUBMITTED
    states:
      - {code: SUBMITTED, label: 已收到, turn: editor, waits: 由信息编辑处理, visible: STAFF}
      - {code: ACCEPTED, label: 已采用, end: true}
    actions:
      - {code: accept, label: 采用, from: [SUBMITTED], to: ACCEPTED, may: opinion.accept, guards: [opinion.any]}
`

func (w *world) found(ctx context.Context) error {
	c := w.store.Ent()
	for _, src := range append(templates.Processes(), []byte(opinion)) {
		if string(src) == opinion || bytes.Contains(src, []byte("\nkind: proposal\n")) {
			if _, err := w.engine.Publish(ctx, src, process.RolesOf(w.policy)); err != nil {
				return err
			}
		}
	}
	term := c.Term.Create().SetOrdinal(11).SetStartsOn(clock.Date(2021, 12, 1)).SetEndsOn(clock.Date(2026, 12, 1)).SaveX(ctx)
	s := c.Sitting.Create().SetTerm(term).SetOrdinal(4).SetPrepOpensOn(clock.Date(2024, 11, 1)).SetOpensOn(clock.Date(2024, 12, 27)).
		SetCutoffAt(time.Date(2024, 12, 28, 12, 0, 0, 0, clock.Shanghai)).SetClosesOn(clock.Date(2024, 12, 29)).SaveX(ctx)
	w.sitting = s.ID
	for name, line := range map[string]unit.Line{"商务局": unit.LineHANDLING, "提案委": unit.LineORGANISATION, "文旅局": unit.LineHANDLING, "城建局": unit.LineHANDLING, "经济界": unit.LineORGANISATION, "民建区委": unit.LineORGANISATION} {
		kind := unit.KindHANDLING_UNIT
		switch name {
		case "经济界":
			kind = unit.KindSECTOR
		case "民建区委":
			kind = unit.KindPOLITICAL_PARTY
		case "提案委":
			kind = unit.KindPROPOSAL_COMMITTEE
		}
		w.units[name] = c.Unit.Create().SetLine(line).SetKind(kind).SetName(name).SetDocWord("中" + name).SaveX(ctx).ID
	}
	type person struct{ name, unit, role string }
	for _, p := range []person{
		{"委员甲", "经济界", "member"}, {"委员乙", "经济界", "member"}, {"委员丙", "", "member"}, {"委员丁", "", "member"}, {"召集人", "经济界", "sector_convener"},
		{"联络员", "民建区委", "party_liaison"}, {"干事", "", "proposal_clerk"}, {"审查员", "", "proposal_reviewer"}, {"主任", "", "proposal_director"}, {"副主任", "", "proposal_director"},
		{"政府办", "", "assign_gov"}, {"主席", "", "chair"}, {"信息编辑", "", "info_editor"},
		{"商务局联络员", "商务局", "unit_liaison"}, {"商务局承办人", "商务局", "unit_officer"}, {"商务局局长", "商务局", "unit_lead"},
		{"文旅局联络员", "文旅局", "unit_liaison"}, {"文旅局承办人", "文旅局", "unit_officer"}, {"文旅局局长", "文旅局", "unit_lead"},
		{"城建局联络员", "城建局", "unit_liaison"}, {"城建局承办人", "城建局", "unit_officer"}, {"城建局局长", "城建局", "unit_lead"},
	} {
		kind := membership.KindMEMBER
		if p.role != "member" && p.role != "sector_convener" && p.role != "party_liaison" {
			kind = membership.KindSTAFF
		}
		m := c.Membership.Create().SetName(p.name).SetKind(kind).SetAccountID(uuid.New()).SetPhone("13000000000").SaveX(ctx)
		c.Grant.Create().SetMembership(m).SetRole(p.role).SaveX(ctx)
		if p.unit != "" {
			post := seat.PostMEMBER
			if p.role == "sector_convener" {
				post = seat.PostCONVENER
			}
			c.Seat.Create().SetMembership(m).SetUnitID(w.units[p.unit]).SetPost(post).SaveX(ctx)
		}
		w.people[p.name] = &authz.Viewer{Account: *m.AccountID, Membership: m.ID}
	}
	return nil
}

// as runs fn as a person, "" as the product itself, in one transaction that
// is audited.
func (w *world) as(name string, fn func(context.Context) error) error {
	w.t.Helper()
	ctx := clock.With(context.Background(), w.clock)
	return w.store.InTx(ctx, w.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if name == "" {
			return fn(authz.System(ctx))
		}
		p := w.people[name]
		v, err := authz.NewDirectory(w.policy).Viewer(ctx, p.Account, p.Membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

// do carries out an action of the matter and fails the test when it is refused.
func (w *world) do(who, action string, id uuid.UUID, form process.Form) *flow.Case {
	w.t.Helper()
	c, err := w.try(who, action, process.OfMatter, id, form)
	if err != nil {
		w.t.Fatalf("%s %s: %v", who, action, err)
	}
	return c
}

// share carries out an action of a unit's share.
func (w *world) share(who, action string, id uuid.UUID, form process.Form) *flow.Case {
	w.t.Helper()
	c, err := w.try(who, action, process.OfAssignment, id, form)
	if err != nil {
		w.t.Fatalf("%s %s: %v", who, action, err)
	}
	return c
}

func (w *world) try(who, action, machine string, id uuid.UUID, form process.Form) (c *flow.Case, err error) {
	w.t.Helper()
	err = w.as(who, func(ctx context.Context) error {
		c, err = w.engine.Do(ctx, flow.Command{Machine: machine, Subject: id, Action: action, Form: form, Reason: "测试理由"})
		return err
	})
	return c, err
}

// refused expects an action to be refused with a code.
func (w *world) refused(who, action, machine string, id uuid.UUID, form process.Form, code errs.Code) {
	w.t.Helper()
	_, err := w.try(who, action, machine, id, form)
	if !errs.Is(err, code) {
		w.t.Errorf("%s %s: %v, want %s", who, action, err, code)
	}
}

// draft opens a complete proposal of a person.
func (w *world) draft(who string, kind proposal.ProposerKind) *flow.Case {
	w.t.Helper()
	var c *flow.Case
	err := w.as(who, func(ctx context.Context) (err error) {
		d := proposals.Draft{
			Kind: kind, Title: "关于特色街区升级改造，助力夜经济提质增效的提案", Situation: "街区客流不足。", Analysis: "业态单一。",
			Suggestions: []string{"延长营业时间", "完善夜间公交"}, Category: "经济", Consent: true,
		}
		if kind == proposal.ProposerKindPARTY {
			u := w.units["民建区委"]
			d.Organisation = &u
		}
		c, err = w.service.Create(ctx, d)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// filed is an individual proposal of 委员甲 that has been filed.
func (w *world) filed() *flow.Case {
	w.t.Helper()
	c := w.reviewed()
	return w.do("主任", "file", c.Matter.ID, nil)
}

// reviewed is one that has passed the three passes.
func (w *world) reviewed() *flow.Case {
	w.t.Helper()
	c := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL)
	w.do("委员甲", "submit", c.Matter.ID, nil)
	w.do("干事", "startReview", c.Matter.ID, process.Form{"disposition": "FILED"})
	w.do("审查员", "recordPass", c.Matter.ID, process.Form{"disposition": "FILED"})
	return w.do("主任", "recordPass", c.Matter.ID, process.Form{"disposition": "FILED"})
}

// assigned is one given to units in roles.
func (w *world) assigned(roles map[string]assignment.Role) *flow.Case {
	w.t.Helper()
	c := w.filed()
	var list []any
	for name, role := range roles {
		list = append(list, map[string]any{"unitId": w.units[name].String(), "role": string(role)})
	}
	return w.do("干事", "assign", c.Matter.ID, process.Form{"units": list})
}

// of is the present share of a unit.
func (w *world) of(c *flow.Case, name string) *gen.Assignment {
	w.t.Helper()
	for i := len(c.Assignments) - 1; i >= 0; i-- {
		if c.Assignments[i].UnitID == w.units[name] {
			return c.Assignments[i]
		}
	}
	w.t.Fatalf("%s has no share", name)
	return nil
}

// lead is the first proposer's party.
func lead(c *flow.Case) string {
	for _, p := range c.Parties {
		if p.Role == "LEAD" {
			return p.ID.String()
		}
	}
	return ""
}

// replied carries a unit's share from receipt to the reply that is sent.
func (w *world) replied(c *flow.Case, name, class string) *flow.Case {
	w.t.Helper()
	a := w.of(c, name)
	if a.State == "PENDING_SIGN" {
		w.share(name+"联络员", "signReceipt", a.ID, nil)
	}
	w.share(name+"承办人", "recordContact", a.ID, process.Form{"partyId": lead(c), "mode": "面谈", "stage": "办前", "on": w.clock.Now().In(clock.Shanghai).Format(time.DateOnly), "text": "当面听取意见"})
	form := process.Form{"class": class, "body": "关于提案的答复：已研究采纳，具体措施如下。"}
	if class == "B" {
		form["commitments"] = []any{map[string]any{"text": "明年建成夜间公交专线", "dueOn": "2025-12-31"}}
	}
	w.share(name+"承办人", "draftReply", a.ID, form)
	w.share(name+"承办人", "submitDraft", a.ID, nil)
	w.share(name+"局长", "signOff", a.ID, nil)
	return w.share(name+"联络员", "send", a.ID, nil)
}

// rated gives a proposer's ratings of the present round.
func (w *world) rated(c *flow.Case, who, result string) *flow.Case {
	w.t.Helper()
	for _, f := range c.Feedback {
		if f.Round == c.Proposal().Round && f.ReceivedAt == nil {
			c = w.do(who, "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": result, "contacted": true})
		}
	}
	return c
}
