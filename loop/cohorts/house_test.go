package cohorts

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// house is the committee in the words of these tests.
type house struct {
	d      *district.District
	db     *tenantstest.DB
	engine *flow.Engine
	clock  *clock.Movable
	units  map[string]uuid.UUID
	counts counts
}

// counts are the ballots of the test: the real ones are another noun's, and
// the assembled product joins them.
type counts map[uuid.UUID]*Appraisal

func (c counts) Appraisal(_ context.Context, id uuid.UUID) (*Appraisal, error) {
	if a := c[id]; a != nil && a.Closed.IsZero() {
		return nil, errs.New(errs.NotAllowedInState, "民主测评还没有结束，结束以后才有结果")
	} else if a != nil {
		return a, nil
	}
	return nil, errs.New(errs.NotFound, "没有这次测评，或者您看不到它")
}

const (
	director = "proposal_director"
	chair    = "chair"
	member   = "member"
	clerk    = "proposal_clerk"
)

func newHouse(t *testing.T) *house {
	t.Helper()
	return newHouseOn(t, definition(t, Kind))
}

// committee is one of these tests that has a certain version of the process.
func committee(code string, d *process.Definition, c counts) district.Plan {
	return district.Plan{
		Code: code, On: clock.Date(2022, 3, 1), Posts: []string{"主任", "主席", "委员甲", "干事"},
		Units:   []district.Unit{{Name: "市水务局", Kind: unit.KindHANDLING_UNIT}, {Name: "市发展改革委", Kind: unit.KindHANDLING_UNIT}},
		Sources: []string{d.Source},
		// Of the others' only the rows are looked at; their rules are not these tests' business.
		Stored: []string{district.Shipped("proposal").Source, district.Shipped(kindTask).Source, district.Shipped(kindPlan).Source},
		Rules: func(e *flow.Engine) {
			Register(e.Rules)
			Connect(e, c)
			e.Kind(proposals.Declaration) // the one that a loop carries
		},
	}
}

// newHouseOn is one that has a certain version of the process.
func newHouseOn(t *testing.T, def *process.Definition) *house {
	t.Helper()
	c := counts{}
	d := district.New(t, committee("210200", def, c))
	return &house{d: d, db: d.DB, engine: d.Engine, clock: d.Clock, units: d.Units, counts: c}
}

// at moves the clock to nine in the morning of a day.
func (h *house) at(y int, m time.Month, day int) { h.d.At(y, m, day) }

func (h *house) ctx(t *testing.T) context.Context { return clock.With(t.Context(), h.clock) }

func (h *house) system(t *testing.T, fn func(context.Context, *gen.Client) error) error {
	return h.as(t, "", func(ctx context.Context) error { return fn(ctx, h.d.Ent()) })
}

func (h *house) as(t *testing.T, role string, fn func(context.Context) error) error {
	return h.d.With(t).As(role, fn)
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
		p, err := c.Process.Query().Where(entprocess.Kind("proposal")).Only(ctx)
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

// answer sends the replies to a proposal.
func (h *house) answer(t *testing.T, id uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		return c.Assignment.Update().Where(assignment.MatterID(id)).SetState("SENT").SetSentAt(h.clock.Now()).Exec(ctx)
	}))
}

// promise is a commitment behind an answer.
func (h *house) promise(t *testing.T, id uuid.UUID, text string) (made uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		i, err := c.Item.Create().SetMatterID(id).SetKind(item.KindCOMMITMENT).SetText(text).Save(ctx)
		if err == nil {
			made = i.ID
		}
		return err
	}))
	return made
}

// complete ends a proposal with what was promised in its answers.
func (h *house) complete(t *testing.T, id uuid.UUID, promised ...uuid.UUID) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		if err := c.Item.Update().Where(item.IDIn(promised...)).SetStatus(item.StatusDONE).Exec(ctx); err != nil {
			return err
		}
		return c.Proposal.Update().Where(proposal.MatterID(id)).SetCompletedAt(h.clock.Now()).Exec(ctx)
	}))
}

// uncompleted is what the gate to close says of a proposal that is not completed.
func uncompleted(title string) string { return "一号提案“" + title + "”还没有办结" }

// foreign puts a matter of another noun into the database.
func (h *house) foreign(ctx context.Context, c *gen.Client, kind, state, title string, data map[string]any) (*gen.Matter, error) {
	p, err := c.Process.Query().Where(entprocess.Kind(kind)).Only(ctx)
	if err != nil {
		return nil, err
	}
	return c.Matter.Create().SetKind(kind).SetProcess(p).SetState(state).SetTitle(title).SetData(data).
		SetOpenedAt(h.clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
}

// to puts a matter of another noun into a state.
func (h *house) to(t *testing.T, id uuid.UUID, state string) {
	t.Helper()
	must(t, h.system(t, func(ctx context.Context, c *gen.Client) error {
		return c.Matter.UpdateOneID(id).SetState(state).Exec(ctx)
	}))
}

// loop is one cohort in the house.
type loop struct {
	*house
	id   uuid.UUID
	made []uuid.UUID                      // tasks that a test goes on with
	each func(t *testing.T, state string) // after each action that led to a state
}

// look reads the cohort.
func (l *loop) look(t *testing.T) (c *flow.Case) {
	t.Helper()
	must(t, l.as(t, director, func(ctx context.Context) error {
		all, err := l.engine.Lock(authz.System(ctx), l.id)
		c = all[l.id]
		return err
	}))
	return c
}

func (l *loop) try(t *testing.T, role, action string, form process.Form, reason string) (c *flow.Case, err error) {
	err = l.as(t, role, func(ctx context.Context) error {
		c, err = l.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: l.id, Action: action, Form: form, Reason: reason})
		return err
	})
	return c, err
}

// task gives the cohort a 六定任务 of a unit, empty where a district has it, with
// nodes by their days.
func (l *loop) task(t *testing.T, state, title, unit string, nodes ...string) (id uuid.UUID) {
	t.Helper()
	must(t, l.system(t, func(ctx context.Context, c *gen.Client) error {
		m, err := l.foreign(ctx, c, kindTask, state, title, nil)
		if err != nil {
			return err
		}
		id = m.ID
		create := c.Item.Create().SetMatterID(id).SetKind(item.KindTASK).SetText(title)
		if unit == "" {
			create.SetPartner("210202")
		} else {
			create.SetUnitID(l.units[unit])
		}
		six, err := create.Save(ctx)
		if err != nil {
			return err
		}
		for _, day := range nodes {
			due, err := time.Parse(time.DateOnly, day)
			if err != nil {
				return err
			}
			if err := c.Item.Create().SetMatterID(id).SetKind(item.KindNODE).SetParentID(six.ID).SetText("节点" + day).SetDueOn(due).Exec(ctx); err != nil {
				return err
			}
		}
		return c.Link.Create().SetFromID(id).SetToID(l.id).SetKind(entlink.KindBELONGS_TO).Exec(ctx)
	}))
	return id
}

// report gives all nodes of a task a status.
func (l *loop) report(t *testing.T, task uuid.UUID, s item.Status) {
	t.Helper()
	must(t, l.system(t, func(ctx context.Context, c *gen.Client) error {
		return c.Item.Update().Where(item.MatterID(task), item.KindEQ(item.KindNODE)).SetStatus(s).Exec(ctx)
	}))
}

// entered puts the cohort into a plan of a year, by an item.
func (l *loop) entered(t *testing.T, kind string, year int, state string) (plan uuid.UUID) {
	t.Helper()
	must(t, l.system(t, func(ctx context.Context, c *gen.Client) error {
		m, err := l.foreign(ctx, c, kindPlan, state, "年度监督计划", map[string]any{"plan": kind, "year": year})
		if err != nil {
			return err
		}
		plan = m.ID
		i, err := c.Item.Create().SetMatterID(plan).SetKind(item.KindPLAN_ITEM).SetText("一号提案").Save(ctx)
		if err != nil {
			return err
		}
		return c.Link.Create().SetFromID(l.id).SetToID(plan).SetKind(entlink.KindDERIVED_FROM).SetItemID(i.ID).Exec(ctx)
	}))
	return plan
}

// ballot is one of this cohort that began today, on units.
func (l *loop) ballot(units ...string) (uuid.UUID, *Appraisal) {
	a := &Appraisal{Matter: l.id, Title: "民主测评", Opened: l.clock.Now(), Closed: l.clock.Now(), Dimensions: []string{"办理质量"}, Voters: 40, Cast: 38, Absent: 2}
	for _, u := range units {
		a.Units = append(a.Units, l.units[u])
		a.Tallies = append(a.Tallies, Tally{UnitID: l.units[u], Dimension: "办理质量", Valid: 37, Invalid: 1, Abstained: 1, Absent: 2,
			Votes: []Votes{{"满意", 30}, {"基本满意", 6}, {"不满意", 0}, {"弃权", 1}}})
	}
	id := uuid.Must(uuid.NewV7())
	l.counts[id] = a
	return id, a
}

// gates are the ways out of the present state, by action.
func (l *loop) gates(t *testing.T, role string) map[string]flow.Gate {
	t.Helper()
	out := map[string]flow.Gate{}
	must(t, l.as(t, role, func(ctx context.Context) error {
		all, err := l.engine.Gates(ctx, l.id)
		for _, g := range all[l.id] {
			out[g.Action.Code] = g
		}
		return err
	}))
	return out
}

// waits expects people of exactly these turns to be awaited, and nobody to stand
// in for them.
func (l *loop) waits(t *testing.T, sentence string, turns ...string) {
	t.Helper()
	if got := l.d.With(t).Awaited(l.id); !slices.Equal(got, turns) {
		t.Errorf("%s: it waits for %q", sentence, got)
	}
	tenantstest.NothingStands(t, l.db.SuperURL)
}

// missing is what the gate's checklist says is missing.
func (l *loop) missing(t *testing.T, action string) (all []string) {
	t.Helper()
	g, ok := l.gates(t, director)[action]
	if !ok {
		t.Fatalf("no gate %s", action)
	}
	for _, c := range g.Checks {
		if c.Says == "" {
			t.Errorf("%s says nothing", c.Rule)
		}
		all = append(all, c.Missing...)
	}
	return all
}

// lacks expects the gate to be closed for exactly these reasons, and Do to
// refuse for the same.
func (l *loop) lacks(t *testing.T, role, action string, form process.Form, want ...string) {
	t.Helper()
	if got := l.missing(t, action); !slices.Equal(got, want) {
		t.Errorf("%s lacks %q, want %q", action, got, want)
	}
	l.refused(t, errs.GuardFailed, role, action, form)
}

// does carries out an action and expects the state after it.
func (l *loop) does(t *testing.T, role, action string, form process.Form, state string) *flow.Case {
	t.Helper()
	return l.doesWith(t, role, action, form, "", state)
}

func (l *loop) doesWith(t *testing.T, role, action string, form process.Form, reason, state string) *flow.Case {
	t.Helper()
	c, err := l.try(t, role, action, form, reason)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	if c.State != state {
		t.Fatalf("%s leads to %s, want %s", action, c.State, state)
	}
	if l.each != nil && c.Def.Machines[process.OfMatter].Action(action).To != "" {
		l.each(t, state)
	}
	return c
}

// refused expects an action to be refused with a code.
func (l *loop) refused(t *testing.T, code errs.Code, role, action string, form process.Form) {
	t.Helper()
	if _, err := l.try(t, role, action, form, ""); !errs.Is(err, code) {
		t.Fatalf("%s: %v, want %s", action, err, code)
	}
}

// fact is a form with a day and a text, and what else is given.
func (h *house) fact(more process.Form) process.Form {
	f := process.Form{"on": clock.Day(h.clock.Now()).Format(time.DateOnly), "text": "会议内容"}
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
