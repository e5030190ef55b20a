package cohorts

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// house is a city committee on a database of its own, with a director of the
// proposals committee, a chair, a clerk without a word in cohorts, and a clock
// that is moved.
type house struct {
	db     *tenantstest.DB
	engine *flow.Engine
	clock  *clock.Movable
	dir    *authz.Directory
	city   uuid.UUID
	who    map[string]person
	units  map[string]uuid.UUID
}

type person struct{ account, membership uuid.UUID }

const (
	director = "proposal_director"
	chair    = "chair"
	member   = "member"
	clerk    = "proposal_clerk"
)

func newHouse(t *testing.T) *house {
	t.Helper()
	db := tenantstest.New(t)
	authz.Narrow(db.Store.Ent())
	p, err := authz.Load()
	must(t, err)
	h := &house{db: db, engine: flow.New(db.Store.Ent()), dir: authz.NewDirectory(p), clock: &clock.Movable{}, who: map[string]person{}, units: map[string]uuid.UUID{}}
	Register(h.engine)
	h.city = tenantstest.Tenant(t, db, "210200", "大连市政协", "CITY")
	h.at(2022, 3, 1)
	for _, role := range []string{director, chair, member, clerk} {
		account := uuid.Must(uuid.NewV7())
		h.who[role] = person{account, tenantstest.Member(t, db, h.city, account, "STAFF", role)}
	}
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		for role, who := range h.who {
			if err := c.Grant.Create().SetMembershipID(who.membership).SetRole(role).Exec(ctx); err != nil {
				return err
			}
		}
		for _, name := range []string{"市水务局", "市发展改革委"} {
			u, err := c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName(name).Save(ctx)
			if err != nil {
				return err
			}
			h.units[name] = u.ID
		}
		_, err := h.engine.Publish(ctx, []byte(definition(t, Kind).Source), flow.RolesOf(p))
		return err
	}))
	h.storeProposals(t)
	return h
}

// storeProposals stores the proposals' definition; their rules are not these
// tests' business.
func (h *house) storeProposals(t *testing.T) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		d := definition(t, "proposal")
		return c.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Exec(ctx)
	}))
}

// at moves the clock to nine in the morning of a day.
func (h *house) at(y int, m time.Month, d int) {
	h.clock.Set(time.Date(y, m, d, 9, 0, 0, 0, clock.Shanghai))
}

func (h *house) ctx(t *testing.T) context.Context { return clock.With(t.Context(), h.clock) }

func (h *house) system(t *testing.T, fn func(context.Context, *gen.Client) error) error {
	return h.db.Store.InTx(authz.System(h.ctx(t)), h.city, func(ctx context.Context) error { return fn(ctx, h.db.Store.Ent()) })
}

func (h *house) as(t *testing.T, role string, fn func(context.Context) error) error {
	return h.db.Store.InTx(h.ctx(t), h.city, func(ctx context.Context) error {
		v, err := h.dir.Viewer(ctx, h.who[role].account, h.who[role].membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

func (h *house) open(t *testing.T, year int, title string) (id uuid.UUID, err error) {
	err = h.as(t, director, func(ctx context.Context) error {
		c, err := New(h.engine).Open(ctx, year, title)
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	return id, err
}

// opened is open that succeeds.
func (h *house) opened(t *testing.T, year int, title string) *loop {
	t.Helper()
	id, err := h.open(t, year, title)
	must(t, err)
	return &loop{house: h, id: id}
}

// proposal puts a handed-in proposal into the database.
func (h *house) proposal(t *testing.T, title string, d proposal.Disposition) (id uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		p, err := c.Process.Query().Where(process.Kind("proposal")).Only(ctx)
		if err != nil {
			return err
		}
		m, err := c.Matter.Create().SetKind("proposal").SetProcess(p).SetState("UNDER_REVIEW").SetTitle(title).
			SetOpenedAt(h.clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
		if err != nil {
			return err
		}
		id = m.ID
		return c.Proposal.Create().SetMatterID(id).SetProposerKind(proposal.ProposerKindJOINT_ORG).SetSubmittedAt(h.clock.Now()).SetDisposition(d).Exec(ctx)
	}))
	return id
}

func (h *house) file(t *testing.T, id uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		return c.Proposal.Update().Where(proposal.MatterID(id)).SetDisposition(proposal.DispositionFILED).Exec(ctx)
	}))
}

func (h *house) assign(t *testing.T, id uuid.UUID, role assignment.Role, unit string) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		now := h.clock.Now()
		return c.Assignment.Create().SetMatterID(id).SetUnitID(h.units[unit]).SetRole(role).SetState("PENDING_SIGN").
			SetAssignedAt(now).SetOriginAssignedAt(now).Exec(ctx)
	}))
}

func (h *house) sign(t *testing.T, id uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		return c.Assignment.Update().Where(assignment.MatterID(id)).SetState("SIGNED").SetSignedAt(h.clock.Now()).Exec(ctx)
	}))
}

// loop is one cohort in the house.
type loop struct {
	*house
	id uuid.UUID
}

func (l *loop) try(t *testing.T, role, action string, form flow.Form, reason string) (c *flow.Case, err error) {
	err = l.as(t, role, func(ctx context.Context) error {
		c, err = l.engine.Do(ctx, flow.Command{Machine: flow.OfMatter, Subject: l.id, Action: action, Form: form, Reason: reason})
		return err
	})
	return c, err
}

// does carries out an action and expects the state after it.
func (l *loop) does(t *testing.T, role, action string, form flow.Form, state string) *flow.Case {
	t.Helper()
	return l.doesWith(t, role, action, form, "", state)
}

func (l *loop) doesWith(t *testing.T, role, action string, form flow.Form, reason, state string) *flow.Case {
	t.Helper()
	c, err := l.try(t, role, action, form, reason)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	if c.State != state {
		t.Fatalf("%s leads to %s, want %s", action, c.State, state)
	}
	return c
}

// refused expects an action to be refused with a code.
func (l *loop) refused(t *testing.T, code errs.Code, role, action string, form flow.Form) {
	t.Helper()
	if _, err := l.try(t, role, action, form, ""); !errs.Is(err, code) {
		t.Fatalf("%s: %v, want %s", action, err, code)
	}
}

// fact is a form with a day and a text, and what else is given.
func (h *house) fact(more flow.Form) flow.Form {
	f := flow.Form{"on": clock.Day(h.clock.Now()).Format(time.DateOnly), "text": "会议内容"}
	for k, v := range more {
		f[k] = v
	}
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
