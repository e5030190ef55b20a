package district

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// District is one committee.
type District struct {
	*House
	T       testing.TB
	Tenant  uuid.UUID
	Code    string
	Units   map[string]uuid.UUID
	People  map[string]*authz.Viewer
	Runs    map[string]uuid.UUID // the processes' rows, by kind
	Sitting uuid.UUID
	There   []Person // who was there at first

	rows rows
}

// With is the same district for a subtest: what fails there fails it.
func (d *District) With(t testing.TB) *District {
	own := *d
	own.T = t
	return &own
}

// Beside is another committee of the house.
func (d *District) Beside(code string) *District {
	d.T.Helper()
	other := d.committees[code]
	if other == nil {
		d.T.Fatalf("district: %s is not there", code)
	}
	return other
}

// Ent is the client of the house's database.
func (h *House) Ent() *gen.Client { return h.Store.Ent() }

// Ctx is a context in which the clock of the house runs.
func (h *House) Ctx() context.Context { return clock.With(context.Background(), h.Clock) }

// At moves the clock to nine o'clock of a day.
func (h *House) At(y int, m time.Month, day int) {
	h.Clock.Set(time.Date(y, m, day, 9, 0, 0, 0, clock.Shanghai))
}

// Later moves the clock on by days.
func (h *House) Later(days int) { h.Clock.Advance(time.Duration(days) * 24 * time.Hour) }

// Today is the clock's day, Written as a form has it.
func (h *House) Today() time.Time { return clock.Day(h.Clock.Now()) }

// Written is today as a form has it.
func (h *House) Written() string { return h.Today().Format(time.DateOnly) }

// Who is a person by name or by role.
func (d *District) Who(who string) *authz.Viewer {
	d.T.Helper()
	if v := d.People[who]; v != nil {
		return v
	}
	v := d.People[d.rows.roles[who]]
	if v == nil {
		d.T.Fatalf("district: %s is not there", who)
	}
	return v
}

// Holder is the name of who is asked for by a role.
func (d *District) Holder(role string) string { return d.rows.roles[role] }

// Viewer is a person with the rights of today; it needs the transaction.
func (d *District) Viewer(ctx context.Context, who string) (*authz.Viewer, error) {
	d.T.Helper()
	p := d.Who(who)
	return d.Directory.Viewer(ctx, p.Account, p.Membership)
}

func (d *District) enters(ctx context.Context, who string) (context.Context, error) {
	d.T.Helper()
	if who == "" {
		return authz.System(ctx), nil
	}
	v, err := d.Viewer(ctx, who)
	return authz.With(ctx, v), err
}

// As runs fn as a person, "" as the product itself, in one transaction whose
// changes are collected for the audit.
func (d *District) As(who string, fn func(context.Context) error) error {
	d.T.Helper()
	return d.Store.InTx(d.Ctx(), d.Tenant, func(ctx context.Context) error {
		d.T.Helper()
		ctx, _ = audit.Collect(ctx)
		ctx, err := d.enters(ctx, who)
		if err != nil {
			return err
		}
		return fn(ctx)
	})
}

// Recorded is As with a record in the book where anything changed, as a mutation
// of the API leaves one.
func (d *District) Recorded(who, action string, fn func(context.Context) error) error {
	d.T.Helper()
	return d.As(who, func(ctx context.Context) error {
		ctx, c := audit.Collect(ctx)
		if err := fn(ctx); err != nil || len(c.Changes()) == 0 {
			return err
		}
		actor := audit.Actor{System: "test"}
		if who != "" {
			p := d.Who(who)
			actor = audit.Actor{Account: p.Account, Membership: p.Membership, Name: p.Name}
		}
		first := c.Changes()[0]
		return audit.Write(ctx, audit.Entry{Action: action, Actor: actor, Object: audit.Object(first.Entity, first.ID), From: audit.From{Address: "192.0.2.1", RequestID: "r1"}})
	})
}

// Reads runs fn as a person in a transaction that cannot write, as a query of
// the API is.
func (d *District) Reads(who string, fn func(context.Context) error) error {
	d.T.Helper()
	return d.Store.ReadTx(d.Ctx(), d.Tenant, func(ctx context.Context) error {
		d.T.Helper()
		ctx, err := d.enters(ctx, who)
		if err != nil {
			return err
		}
		return fn(ctx)
	})
}

// Must is As that has to succeed.
func (d *District) Must(who string, fn func(context.Context, *gen.Client) error) {
	d.T.Helper()
	d.OK(d.As(who, func(ctx context.Context) error { return fn(ctx, d.Ent()) }))
}

// OK ends the test at an error.
func (d *District) OK(err error) {
	d.T.Helper()
	if err != nil {
		d.T.Fatal(err)
	}
}

// Start opens a matter.
func (d *District) Start(who string, o flow.Opening) (c *flow.Case, err error) {
	d.T.Helper()
	err = d.As(who, func(ctx context.Context) error {
		c, err = d.Engine.Start(ctx, o)
		return err
	})
	return c, err
}

// Act carries out a command, or says why not.
func (d *District) Act(who string, cmd flow.Command) (c *flow.Case, err error) {
	d.T.Helper()
	err = d.As(who, func(ctx context.Context) error {
		c, err = d.Engine.Do(ctx, cmd)
		return err
	})
	return c, err
}

// Try is Act on a matter, with a reason.
func (d *District) Try(who, action string, id uuid.UUID, form process.Form) (*flow.Case, error) {
	d.T.Helper()
	return d.Act(who, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: form, Reason: "测试理由"})
}

// TryShare is Act on a unit's share, with a reason.
func (d *District) TryShare(who, action string, id uuid.UUID, form process.Form) (*flow.Case, error) {
	d.T.Helper()
	return d.Act(who, flow.Command{Machine: process.OfAssignment, Subject: id, Action: action, Form: form, Reason: "测试理由"})
}

// Do is Try that has to succeed.
func (d *District) Do(who, action string, id uuid.UUID, form process.Form) *flow.Case {
	d.T.Helper()
	c, err := d.Try(who, action, id, form)
	if err != nil {
		d.T.Fatalf("%s %s: %v", who, action, err)
	}
	return c
}

// Share is TryShare that has to succeed.
func (d *District) Share(who, action string, id uuid.UUID, form process.Form) *flow.Case {
	d.T.Helper()
	c, err := d.TryShare(who, action, id, form)
	if err != nil {
		d.T.Fatalf("%s %s: %v", who, action, err)
	}
	return c
}

// Refused wants an action on a matter to be refused with a code.
func (d *District) Refused(code errs.Code, who, action string, id uuid.UUID, form process.Form) {
	d.T.Helper()
	if _, err := d.Try(who, action, id, form); !errs.Is(err, code) {
		d.T.Errorf("%s %s: %v, want %s", who, action, err, code)
	}
}

// Look is the matter as the product sees it.
func (d *District) Look(id uuid.UUID) (c *flow.Case) {
	d.T.Helper()
	d.Must("", func(ctx context.Context, _ *gen.Client) error {
		all, err := d.Engine.Lock(ctx, id)
		c = all[id]
		return err
	})
	if c == nil {
		d.T.Fatal("no such matter")
	}
	return c
}

// Sweep lets the time that has passed do what it does.
func (d *District) Sweep() (changed int) {
	d.T.Helper()
	changed, err := d.Engine.Sweep(d.Ctx(), audit.Doors{Store: d.Store, System: "sweep"}, d.Tenant)
	d.OK(err)
	return changed
}

// Told is who has notices of a matter, with the newest text of each.
func (d *District) Told(id uuid.UUID) map[string]string {
	d.T.Helper()
	out := map[string]string{}
	d.Must("", func(ctx context.Context, c *gen.Client) error {
		list, err := c.Notice.Query().Where(notice.MatterID(id)).WithMembership().Order(notice.ByID()).All(ctx)
		for _, n := range list {
			out[n.Edges.Membership.Name] = n.Text
		}
		return err
	})
	return out
}

// Awaited are the turns for which a matter and its shares wait, in the order of
// the codes.
func (d *District) Awaited(id uuid.UUID) (turns []string) {
	d.T.Helper()
	d.Must("", func(ctx context.Context, _ *gen.Client) error {
		return tenants.Row(ctx, `SELECT coalesce(array_agg(DISTINCT turn), '{}') FROM awaited WHERE matter_id = $1`, []any{id}, &turns)
	})
	slices.Sort(turns)
	return turns
}
