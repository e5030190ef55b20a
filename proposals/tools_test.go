package proposals_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// say is one sentence of the contract, in a world of its own.
func say(t *testing.T, sentence string, fn func(w *world)) {
	t.Run(sentence, func(t *testing.T) {
		t.Parallel()
		fn(newWorld(t))
	})
}

// is fails the test unless got is want.
func is[T comparable](w *world, what string, got, want T) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// blocked expects a guard to object.
func (w *world) blocked(who, action, machine string, id uuid.UUID, form process.Form, guard string) {
	w.t.Helper()
	_, err := w.try(who, action, machine, id, form)
	if e, ok := errs.As(err); !ok || e.Details["guard"] != guard {
		w.t.Errorf("%s %s: %v, want the guard %s to object", who, action, err, guard)
	}
}

// above enters the committee above.
func (w *world) above() {
	w.t.Helper()
	city := w.Found(w.t, district.Plan{Code: "210200", Posts: []string{}})
	w.db.AsOwner(w.t, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, city.Tenant, w.tenant)
}

// agreed enters this committee's half of an agreement with the one above.
func (w *world) agreed() {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Agreement.Create().SetPartner("210200").SetPartnerName("政协大连市委员会").SetSends([]string{forwards.KindEnvelope}).
			SetCreatedAt(w.clock.Now()).SetUpdatedAt(w.clock.Now()).Exec(authz.System(ctx))
	})
}

// at moves the clock to nine o'clock of a day.
func (w *world) at(year int, month time.Month, day int) {
	w.clock.Set(time.Date(year, month, day, 9, 0, 0, 0, clock.Shanghai))
}

// doors let a job in as the product does: what it writes is audited. broken,
// if any, may fail a transaction that has done its work.
type doors struct {
	*tenants.Store
	broken func() error
}

func (d doors) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if err := fn(ctx); err != nil || d.broken == nil {
			return err
		}
		return d.broken()
	})
}

func (w *world) today() string { return w.clock.Now().In(clock.Shanghai).Format(time.DateOnly) }

// sweep runs the job of deadlines.
func (w *world) sweep() int {
	w.t.Helper()
	n, err := w.engine.Sweep(clock.With(context.Background(), w.clock), doors{w.store, nil}, w.tenant)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// look is the case as it stands.
func (w *world) look(id uuid.UUID) (c *flow.Case) {
	w.t.Helper()
	err := w.as("", func(ctx context.Context) error {
		cases, err := w.engine.Lock(ctx, id)
		c = cases[id]
		return err
	})
	if err != nil || c == nil {
		w.t.Fatalf("no case %s: %v", id, err)
	}
	return c
}

// must runs fn as a person and fails the test on an error.
func (w *world) must(who string, fn func(ctx context.Context, c *gen.Client) error) {
	w.t.Helper()
	if err := w.as(who, func(ctx context.Context) error { return fn(ctx, w.store.Ent()) }); err != nil {
		w.t.Fatal(err)
	}
}

// open is a draft of a person as he wants it.
func (w *world) open(who string, d proposals.Draft) (c *flow.Case, err error) {
	if d.Title == "" {
		d.Title = "关于增加夜间公交班次的提案"
	}
	d.Situation, d.Analysis, d.Suggestions = "末班车过早。", "客流集中在夜间。", []string{"延长末班车时间"}
	d.Category, d.Consent = "交通", true
	err = w.as(who, func(ctx context.Context) error {
		c, err = w.service.Create(ctx, d)
		return err
	})
	return c, err
}

// policyIs decides settings that hold for matters opened from today.
func (w *world) policyIs(settings map[string]any) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		n, err := c.TenantPolicy.Query().Count(ctx)
		if err != nil {
			return err
		}
		return c.TenantPolicy.Create().SetVersion(n + 1).SetEffectiveFrom(clock.Today(ctx)).SetSettings(settings).Exec(ctx)
	})
}

// attach uploads a file to a matter, or to a share of it.
func (w *world) attach(id uuid.UUID, share *uuid.UUID, kind attachment.Kind) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Attachment.Create().SetMatterID(id).SetNillableAssignmentID(share).SetKind(kind).SetName("扫描件.pdf").SetSize(1).
			SetContentType("application/pdf").SetSha256(strings.Repeat("0", 64)).SetBlobKey(uuid.NewString()).Exec(ctx)
	})
}

// member is a person's membership as a form names it.
func (w *world) member(name string) string { return w.people[name].Membership.String() }

// joint is a draft of 委员甲 with co-signers invited.
func (w *world) joint(invited ...string) *flow.Case {
	w.t.Helper()
	c := w.draft("委员甲", proposal.ProposerKindJOINT)
	ids := make([]any, len(invited))
	for i, name := range invited {
		ids[i] = w.member(name)
	}
	return w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": ids})
}

// passed takes a draft through submission and the three passes.
func (w *world) passed(who string, id uuid.UUID) *flow.Case {
	w.t.Helper()
	w.do(who, "submit", id, nil)
	w.do("干事", "startReview", id, process.Form{"disposition": "FILED"})
	w.do("审查员", "recordPass", id, process.Form{"disposition": "FILED"})
	return w.do("主任", "recordPass", id, process.Form{"disposition": "FILED"})
}

// caseOf is a filed individual proposal of a member.
func (w *world) caseOf(who string) *flow.Case {
	w.t.Helper()
	c := w.passed(who, w.draft(who, proposal.ProposerKindINDIVIDUAL).Matter.ID)
	return w.do("主任", "file", c.Matter.ID, nil)
}

// units is the form of 预交办 and 交办: name and role in turn.
func (w *world) unitsForm(pairs ...string) process.Form {
	var list []any
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]any{"unitId": w.units[pairs[i]].String(), "role": pairs[i+1]})
	}
	return process.Form{"units": list}
}

// sole is a case that 商务局 handles alone.
func (w *world) sole() *flow.Case {
	w.t.Helper()
	return w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSOLE})
}

// closing takes a replied and rated case to completion.
func (w *world) completed(c *flow.Case, units ...string) *flow.Case {
	w.t.Helper()
	for _, u := range units {
		w.share("干事", "acceptReply", w.of(c, u).ID, nil)
	}
	w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "ABSTRACT_ONLY"})
	return w.do("主任", "complete", c.Matter.ID, nil)
}

// checklist is a complete table of contents of a file.
var checklist = process.Form{"checklist": map[string]any{"form": "有", "slip": "有", "reply": "有", "feedback": "有", "supervision": "非重点提案"}}

// timerOf is the newest timer of a key, of the matter or of a share.
func timerOf(w *world, c *flow.Case, key string, share *uuid.UUID) *gen.Timer {
	w.t.Helper()
	for i := len(c.Timers) - 1; i >= 0; i-- {
		t := c.Timers[i]
		if t.Key == key && (t.AssignmentID == nil) == (share == nil) && (share == nil || *t.AssignmentID == *share) {
			return t
		}
	}
	w.t.Fatalf("no timer %s", key)
	return nil
}

func day(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}

func running(t *gen.Timer) bool { return t.Status == timer.StatusRUNNING }

// stepsOf are the timeline's actions as a person sees them, oldest first.
func (w *world) stepsOf(who string, id uuid.UUID) (out []*gen.Step) {
	w.t.Helper()
	w.must(who, func(ctx context.Context, c *gen.Client) (err error) {
		out, err = c.Step.Query().Where(step.MatterID(id)).Order(gen.Asc(step.FieldAt, step.FieldID)).All(ctx)
		return err
	})
	return out
}

// undone is what a trial ends with.
var undone = errors.New("undone")

// tryOut does what an action would do and undoes it.
func tryOut(ctx context.Context, e *flow.Engine, cmd flow.Command) error {
	var result error
	err := tenants.Savepoint(ctx, func(ctx context.Context) error {
		_, result = e.Do(ctx, cmd)
		return undone
	})
	if !errors.Is(err, undone) {
		return err
	}
	return tenants.Translate(result)
}

// person is the viewer of today.
func (w *world) person(ctx context.Context, name string) (*authz.Viewer, error) {
	p := w.people[name]
	return authz.NewDirectory(w.policy).Viewer(ctx, p.Account, p.Membership)
}

// loop enters a 一号提案 loop of a year, whose proposal nobody knows yet.
func (w *world) loop(year int) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		p := c.Process.Query().FirstX(ctx)
		m := c.Matter.Create().SetKind("cohort").SetProcess(p).SetState("P1").SetTitle("一号提案闭环").SetOpenedAt(w.clock.Now()).SaveX(ctx)
		return c.Cohort.Create().SetMatterID(m.ID).SetHandleYear(year).Exec(ctx)
	})
}
