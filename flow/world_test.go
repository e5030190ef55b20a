package flow_test

import (
	"context"
	_ "embed"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// tiny is a process with one of everything that the engine does. It closes.
//
//go:embed process/testdata/tiny.yaml
var tiny string

// world is a committee with the process tiny: a director who opens matters,
// his deputy, and the lead of a unit.
type world struct {
	t      *testing.T
	d      *district.District
	db     *tenantstest.DB
	store  *tenants.Store
	engine *flow.Engine
	policy *authz.Policy
	clock  *clock.Movable
	tenant uuid.UUID
	unit   uuid.UUID
	people map[string]*authz.Viewer
	allow  bool // what the guard tiny.allowed says
}

// monday is 3 March 2025, nine o'clock.
var monday = time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)

func day(d int) time.Time { return clock.Date(2025, 3, d) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, allow: true}
	d := district.New(t, district.Plan{
		Posts: []string{}, Units: []district.Unit{{Name: "商务局", Kind: "HANDLING_UNIT"}}, Sources: []string{tiny}, Rules: func(e *flow.Engine) { w.rules(e) },
		People: []district.Person{{Name: "主任", Role: "committee_staff"}, {Name: "副主任", Role: "committee_staff"}, {Name: "局长", Role: "unit_lead", Unit: "商务局"}, {Name: "外人", Role: "proposal_director"}},
	})
	w.d, w.db, w.store, w.engine, w.policy, w.clock, w.tenant = d, d.DB, d.Store, d.Engine, d.Rights, d.Clock, d.Tenant
	w.unit, w.people = d.Units["商务局"], d.People
	return w
}

// change is tiny with one text replaced; the test fails when it is not there.
func change(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(tiny, old) != 1 {
		t.Fatalf("%q stands %d times in the definition", old, strings.Count(tiny, old))
	}
	return strings.Replace(tiny, old, new, 1)
}

var errEffect = errors.New("the effect fails")

// rules registers what tiny refers to.
func (w *world) rules(e *flow.Engine) *flow.Engine {
	e.Guard("tiny.always", "一句话", func(*flow.Input) error { return nil })
	e.Guard("tiny.allowed", "一句话", func(*flow.Input) error {
		if w.allow {
			return nil
		}
		return errs.New(errs.GuardFailed, "还不能结束")
	})
	e.Relation("tiny.creator", "一句话", func(in *flow.Input) bool { return in.CreatorID != nil && *in.CreatorID == in.Viewer.Membership })
	e.Chooser("tiny.choose", "一句话", func(*flow.Case, *gen.Assignment) string { return "contact.before" })
	e.Base("tiny.meeting", "一句话", func(*flow.Case, *gen.Assignment) (time.Time, string) { return day(10), "会议" })
	e.Effect("tiny.note", "一句话", func(ctx context.Context, r *flow.Run) error {
		r.Before["title"], r.After["title"] = r.Title, r.Title+r.Form.Text("text")
		return r.Client.Matter.UpdateOneID(r.Matter.ID).SetTitle(r.Title + r.Form.Text("text")).Exec(ctx)
	})
	e.Effect("tiny.fail", "一句话", func(context.Context, *flow.Run) error { return errEffect })
	e.Effect("tiny.met", "一句话", func(ctx context.Context, r *flow.Run) error { return r.Met(ctx, "answer") })
	e.Effect("tiny.give", "一句话", func(ctx context.Context, r *flow.Run) error {
		_, err := e.OpenShare(ctx, r, flow.Share{Unit: w.unit, Role: "SOLE", Round: 1, Channel: "GOV_OFFICE", SlipNo: "1"})
		return err
	})
	return e
}

// ctx collects what is changed, as every door of the program does.
func (w *world) ctx() context.Context {
	ctx, _ := audit.Collect(w.d.Ctx())
	return ctx
}

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context) error) {
	w.t.Helper()
	if err := w.as("", fn); err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as a person, in one transaction.
func (w *world) as(name string, fn func(context.Context) error) error { return w.d.As(name, fn) }

// open starts a matter of the director to which the deputy and the unit are
// party.
func (w *world) open() *flow.Case {
	w.t.Helper()
	var c *flow.Case
	err := w.as("主任", func(ctx context.Context) (err error) {
		c, err = w.engine.Start(ctx, flow.Opening{Kind: "tiny", Title: "小事", OwnerUnit: &w.unit, Payload: func(ctx context.Context, m *gen.Matter) error {
			for _, name := range []string{"副主任", "局长"} {
				err := w.store.Ent().Party.Create().SetMatter(m).SetMembershipID(w.people[name].Membership).SetRole("CO").SetName(name).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		}})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) try(who, action string, id uuid.UUID, form process.Form) (*flow.Case, error) {
	return w.command(who, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: "理由"})
}

func (w *world) command(who string, cmd flow.Command) (c *flow.Case, err error) {
	err = w.as(who, func(ctx context.Context) error {
		c, err = w.engine.Do(ctx, cmd)
		return err
	})
	return c, err
}

// do carries out an action of the director.
func (w *world) do(action string, c *flow.Case, form process.Form) *flow.Case {
	w.t.Helper()
	c, err := w.try("主任", action, c.Matter.ID, form)
	if err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
	return c
}

// at moves the clock to an hour of a day in March 2025.
func (w *world) at(d, hour, minute int) {
	w.clock.Set(time.Date(2025, 3, d, hour, minute, 0, 0, clock.Shanghai))
}

func (w *world) sweep() int {
	w.t.Helper()
	n, err := w.engine.Sweep(w.ctx(), w.store, w.tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) matter(c *flow.Case) (m *gen.Matter) {
	w.t.Helper()
	w.system(func(ctx context.Context) (err error) { m, err = w.store.Ent().Matter.Get(ctx, c.Matter.ID); return err })
	return m
}

// timers lists a matter's timers with a key, oldest first.
func (w *world) timers(c *flow.Case, key string) (ts []*gen.Timer) {
	w.t.Helper()
	w.system(func(ctx context.Context) (err error) {
		ts, err = w.store.Ent().Timer.Query().Where(timer.MatterID(c.Matter.ID), timer.Key(key)).Order(gen.Asc("id")).All(ctx)
		return err
	})
	return ts
}

// last is the newest timer with a key.
func (w *world) last(c *flow.Case, key string) *gen.Timer {
	w.t.Helper()
	ts := w.timers(c, key)
	if len(ts) == 0 {
		w.t.Fatalf("no timer %s", key)
	}
	return ts[len(ts)-1]
}

func (w *world) steps(c *flow.Case) (list []*gen.Step) {
	w.t.Helper()
	w.system(func(ctx context.Context) (err error) {
		list, err = w.store.Ent().Step.Query().Where(step.MatterID(c.Matter.ID)).Order(gen.Asc("at", "id")).All(ctx)
		return err
	})
	return list
}

// reminders are the texts sent about a matter.
func (w *world) reminders(c *flow.Case) (texts []string) {
	w.t.Helper()
	w.system(func(ctx context.Context) error {
		list, err := w.store.Ent().Record.Query().Where(record.MatterID(c.Matter.ID), record.KindEQ(record.KindURGE)).Order(gen.Asc("id")).All(ctx)
		for _, r := range list {
			texts = append(texts, r.Data["level"].(string)+" "+r.Text)
		}
		return err
	})
	return texts
}

func refused(t *testing.T, err error, code errs.Code) *errs.Error {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code {
		t.Fatalf("want %s, got %v", code, err)
	}
	return e
}

func status(t *testing.T, tm *gen.Timer, want timer.Status, due time.Time) {
	t.Helper()
	if tm.Status != want || tm.DueOn == nil || !tm.DueOn.Equal(due) {
		t.Errorf("timer %s is %s until %v, want %s until %s", tm.Key, tm.Status, tm.DueOn, want, due.Format(time.DateOnly))
	}
}
