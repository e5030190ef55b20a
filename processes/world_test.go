package processes

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// walk is a committee's own process.
const walk = `# 走访
kind: walk
version: 7
title: 走访恳谈
turns: {committee_staff: 专委会, street_liaison: 街道, HOST: 主持人}
timers:
  talk: {label: 恳谈, within: {amount: 5, unit: WORKDAY}, rungs: [1, 0]}
machines:
  matter:
    initial: RAISED
    states:
      - {code: RAISED, label: 已提出, stage: 提, turn: committee_staff, timers: [talk], visible: STAFF}
      - {code: TALKED, label: 已恳谈, stage: 办, turn: committee_staff, waits: 等材料}
      - {code: DONE, label: 已办结, stage: 评, end: true}
    actions:
      - {code: talk, label: 恳谈, from: [RAISED], to: TALKED, may: matter.hold}
      - {code: finish, label: 办结, from: [TALKED], to: DONE, may: matter.archive}
`

// world is a committee with an administrator, somebody of a committee's staff
// and a liaison, wired as the program is.
type world struct {
	*Service
	t      *testing.T
	db     *tenantstest.DB
	ctx    context.Context
	dir    *authz.Directory
	client *gen.Client
	tenant uuid.UUID
	people map[string]uuid.UUID
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	db := tenantstest.New(t)
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := &clock.Movable{}
	now.Set(clock.StartOf(clock.Date(2026, 3, 2)).Add(9 * time.Hour))
	w := &world{t: t, db: db, dir: authz.NewDirectory(policy), client: db.Store.Ent(), people: map[string]uuid.UUID{}}
	w.ctx = clock.With(context.Background(), now)
	authz.Narrow(w.client)
	w.client.Use(audit.Hook)
	e := flow.New(w.client)
	proposals.Register(e.Rules)
	cohorts.Register(e.Rules)
	opinions.Register(e.Rules)
	vocab.Register(e.Rules)
	w.Service = New(e, w.dir)
	w.tenant = w.committee("210202", "某区政协")
	return w
}

// committee makes a committee with its people; their names are those of the
// newest.
func (w *world) committee(code, name string) uuid.UUID {
	w.t.Helper()
	id := tenantstest.Tenant(w.t, w.db, code, name, "DISTRICT")
	for name, role := range map[string]string{"管理员": "tenant_admin", "秘书长": "secretary_general", "干部": "committee_staff", "联络员": "street_liaison"} {
		w.people[name] = tenantstest.Member(w.t, w.db, id, uuid.New(), "STAFF", name)
		w.in(id, func(ctx context.Context) error {
			return w.client.Grant.Create().SetMembershipID(w.people[name]).SetRole(role).Exec(authz.System(ctx))
		})
	}
	return id
}

func (w *world) in(tenant uuid.UUID, fn func(context.Context) error) {
	w.t.Helper()
	err := w.db.Store.InTx(w.ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as somebody in a transaction of his committee.
func (w *world) as(who string, fn func(context.Context) error) error {
	return w.db.Store.InTx(w.ctx, w.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		m, err := w.client.Membership.Get(authz.System(ctx), w.people[who])
		if err != nil {
			return err
		}
		v, err := w.dir.Viewer(ctx, *m.AccountID, m.ID)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

// try calls a method as the administrator.
func try[In, Out any](w *world, method func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = w.as("管理员", func(ctx context.Context) error {
		out, err = method(ctx, in)
		return err
	})
	return out, err
}

func must[In, Out any](w *world, method func(context.Context, In) (Out, error), in In) Out {
	w.t.Helper()
	out, err := try(w, method, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) draft(source string) *gen.Process {
	w.t.Helper()
	return must(w, w.CreateDraft, NewDraft{Source: source})
}

// publish publishes; where that takes two, the second confirms.
func (w *world) publish(id uuid.UUID) (p *gen.Process, warned []process.Finding, err error) {
	if p, warned, err = w.propose(id); err == nil && p.Status == entprocess.StatusDRAFT {
		p, err = w.confirm("秘书长", id, p.Hash)
	}
	return p, warned, err
}

// propose is what the administrator does alone.
func (w *world) propose(id uuid.UUID) (p *gen.Process, warned []process.Finding, err error) {
	err = w.as("管理员", func(ctx context.Context) error {
		p, warned, err = w.Publish(ctx, id)
		return err
	})
	return p, warned, err
}

func (w *world) published(source string) *gen.Process {
	w.t.Helper()
	p, _, err := w.publish(w.draft(source).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// open starts a matter of a kind.
func (w *world) open(kind string) (c *flow.Case) {
	w.t.Helper()
	err := w.as("干部", func(ctx context.Context) (err error) {
		c, err = w.engine.Start(ctx, flow.Opening{Kind: kind, Title: "某事"})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func refused(t *testing.T, err error, code errs.Code) *errs.Error {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code {
		t.Fatalf("want %s, got %v", code, err)
	}
	return e
}

func (w *world) now() time.Time { return clock.Now(w.ctx) }

// waive lets the committee go without some checklists.
func (w *world) waive(keys ...string) {
	w.t.Helper()
	lists := map[string]any{}
	for _, key := range keys {
		lists[key] = map[string]any{"title": "清单", "items": []any{map[string]any{"text": ""}}, "waived": "本区另有规定"}
	}
	w.in(w.tenant, func(ctx context.Context) error {
		return w.client.TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(w.now()).SetSettings(map[string]any{"checklists": lists}).Exec(authz.System(ctx))
	})
}
