package proposals_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// world is the district in the words of these tests.
type world struct {
	*assembled.District
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

// newWorld opens the district on 27 December 2024, the day its fourth plenary
// begins: until 29 December proposals are 大会提案.
func newWorld(t *testing.T) *world {
	t.Helper()
	d := assembled.New(t, district.Plan{On: clock.Date(2024, 12, 27), Runs: []string{"proposal", "opinion"}, Sitting: &district.Sitting{
		Term: 11, Ordinal: 4, TermFrom: clock.Date(2021, 12, 1), Prepares: clock.Date(2024, 11, 1), Opens: clock.Date(2024, 12, 27), Closes: clock.Date(2024, 12, 29),
		CutoffAt: time.Date(2024, 12, 28, 12, 0, 0, 0, clock.Shanghai),
	}})
	return &world{
		District: d, t: t, db: d.DB, store: d.Store, tenant: d.Tenant, engine: d.Services.Engine, service: d.Proposals, post: d.Exchange, policy: d.Rights,
		clock: d.Clock, people: d.People, units: d.Units, sitting: d.Sitting,
	}
}

func (w *world) as(name string, fn func(context.Context) error) error {
	w.t.Helper()
	return w.As(name, fn)
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
		if f.Round == c.Edges.Proposal.Round && f.ReceivedAt == nil {
			c = w.do(who, "rate", c.Matter.ID, process.Form{"feedbackId": f.ID.String(), "attitude": "SATISFIED", "result": result, "contacted": true})
		}
	}
	return c
}
