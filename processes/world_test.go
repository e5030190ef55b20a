package processes

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

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
	"github.com/bihuan/bihuan/test/district"
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

// world is the desk of a committee in the district. The nouns whose kinds are
// tried here are registered beside it.
type world struct {
	*Service
	t      *testing.T
	d      *district.District // in which committee the tests act
	db     *tenantstest.DB
	ctx    context.Context
	dir    *authz.Directory
	client *gen.Client
}

func plan(code string) district.Plan {
	return district.Plan{Code: code, On: clock.Date(2026, 3, 2), Posts: []string{"管理员", "秘书长", "专委干部", "街道联络员"}, Rules: func(e *flow.Engine) {
		proposals.Register(e.Rules)
		cohorts.Register(e.Rules)
		opinions.Register(e.Rules)
		vocab.Register(e.Rules)
	}}
}

// newWorld is one in 中山区, with other committees beside it.
func newWorld(t *testing.T, beside ...string) *world {
	t.Helper()
	t.Parallel()
	plans := []district.Plan{plan("210202")}
	for _, code := range beside {
		plans = append(plans, plan(code))
	}
	d := district.New(t, plans...)
	return &world{Service: New(d.Engine, d.Directory), t: t, d: d, db: d.DB, ctx: d.Ctx(), dir: d.Directory, client: d.Ent()}
}

func (w *world) in(fn func(context.Context) error) {
	w.t.Helper()
	if err := w.as("", fn); err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as somebody in a transaction of his committee.
func (w *world) as(who string, fn func(context.Context) error) error { return w.d.As(who, fn) }

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
	err := w.as("专委干部", func(ctx context.Context) (err error) {
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
	w.in(func(ctx context.Context) error {
		return w.client.TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(w.now()).SetSettings(map[string]any{"checklists": lists}).Exec(authz.System(ctx))
	})
}
