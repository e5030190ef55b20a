package walks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/loop/plans"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// kinds are all that the product ships.
var kinds = func() []string {
	out := []string{"proposal", "cohort", "task", "plan", "opinion"}
	for _, t := range templates.Platforms() {
		out = append(out, t.Name)
	}
	return out
}()

// world is a committee with everything that the product ships and somebody in
// every office. It keeps the truth about who is there beside the database.
type world struct {
	assembly.Services
	d      *assembled.District
	t      *testing.T
	db     *tenantstest.DB
	store  *tenants.Store
	engine *flow.Engine
	rights *authz.Policy
	clock  *clock.Movable
	tenant uuid.UUID
	units  map[string]uuid.UUID
	people map[string]*authz.Viewer // who is there
	all    map[string]*authz.Viewer
	roles  map[string][]string
	seats  map[string]string    // unit by person
	named  map[uuid.UUID]string // by unit, also one that was renamed or merged: whose people act for it
	roster *roster.Service
	n      int
}

type obj = map[string]any

func yes(words ...string) []any {
	out := make([]any, len(words))
	for i, w := range words {
		out[i] = obj{"text": w, "want": "YES"}
	}
	return out
}

func newWorld(t *testing.T, more ...district.Person) *world {
	t.Helper()
	d := assembled.New(t, district.Plan{
		On: clock.Date(2025, 1, 6), Sitting: district.Plenary(2025, 6, 9), Runs: district.Kinds(),
		Posts: []string{"管理员", "委员甲", "委员乙", "委员丙", "召集人", "联络员", "街道联络员", "审定人", "主持人", "监督员", "干事", "审查员", "主任", "副主任", "信息编辑", "党委办",
			"政府办", "专委干部", "秘书长", "主席", "城建局联络员", "城建局承办人", "城建局局长", "商务局联络员", "商务局承办人", "商务局局长", "文旅局联络员", "文旅局承办人", "文旅局局长"},
		Units: []district.Unit{{Name: "工作室", Kind: unit.KindVENUE_STUDIO}}, People: more,
	})
	w := &world{
		Services: d.Services, d: d, t: t, db: d.DB, store: d.Store, engine: d.Services.Engine, rights: d.Rights, clock: d.Clock, tenant: d.Tenant, units: d.Units,
		people: map[string]*authz.Viewer{}, all: d.People, roles: map[string][]string{}, seats: map[string]string{},
	}
	w.named, w.roster = map[uuid.UUID]string{}, roster.New(w.store.Ent(), authz.NewDirectory(d.Rights), nil, w.engine)
	for name, id := range w.units {
		w.named[id] = name
	}
	for _, p := range d.There {
		w.people[p.Name], w.roles[p.Name] = d.People[p.Name], []string{p.Role}
		if p.Unit != "" {
			w.seats[p.Name] = p.Unit
		}
	}
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(clock.Date(2024, 1, 1)).SetSettings(obj{"checklists": obj{
			"two_six":    obj{"title": "两议六不议", "items": yes("一", "二", "三", "四", "五", "六", "七", "八")},
			"three_none": obj{"title": "三无", "items": yes("一", "二", "三")},
			"three_have": obj{"title": "三有", "items": yes("一", "二", "三")},
		}}).Exec(ctx)
	})
	return w
}

// here are the names of those who are there.
func (w *world) here() iter.Seq[string] { return maps.Keys(w.people) }

func (w *world) today() time.Time { return clock.Day(w.clock.Now()) }

// as runs fn as a person, "" as the product itself, in one audited transaction.
func (w *world) as(name string, fn func(context.Context) error) error { return w.d.As(name, fn) }

func (w *world) must(who string, fn func(context.Context, *gen.Client) error) {
	w.t.Helper()
	if err := w.as(who, func(ctx context.Context) error { return fn(ctx, w.store.Ent()) }); err != nil {
		w.t.Fatal(err)
	}
}

type doors struct{ *tenants.Store }

func (d doors) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
}

func (w *world) sweep() {
	w.t.Helper()
	if _, err := w.engine.Sweep(clock.With(context.Background(), w.clock), doors{w.store}, w.tenant); err != nil {
		w.t.Fatal(err)
	}
}

// opens begins a matter of the walk's kind, as somebody who may and is there.
func (w *walk) opens() error {
	w.n++
	title := fmt.Sprintf("关于第%d件事情的事项", w.n)
	by := func(names ...string) string {
		for range 10 {
			if n := names[w.rand.IntN(len(names))]; w.people[n] != nil {
				return n
			}
		}
		return "管理员"
	}
	member := by("委员甲", "委员乙", "委员丙")
	switch w.kind {
	case "proposal":
		d := proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Title: title, Situation: "情况。", Analysis: "分析。", Suggestions: []string{"建议一。"}, Category: "经济建设", Consent: true}
		if w.rand.IntN(2) == 0 {
			d.Kind = proposal.ProposerKindJOINT
		}
		return w.as(member, func(ctx context.Context) error { _, err := w.Proposals.Create(ctx, d); return err })
	case "cohort":
		return w.as(by("主任", "副主任"), func(ctx context.Context) error {
			_, err := w.Cohorts.Open(ctx, w.clock.Now().Year()+2-w.n, title)
			return err
		})
	case "plan":
		return w.as(by("秘书长", "主席"), func(ctx context.Context) error {
			_, err := w.Plans.Open(ctx, plans.Opening{Plan: plans.Kinds[w.n%4], Year: w.clock.Now().Year()})
			return err
		})
	case "opinion":
		in := opinions.Submission{Title: title, Text: "居民多次反映，没有解决。"}
		return w.as(member, func(ctx context.Context) error { _, err := w.Opinions.Submit(ctx, in); return err })
	case "task":
		return w.task(by("主任", "副主任"), title)
	}
	return w.onPlatform(by, title)
}

// task is one of a loop, which is opened for it.
func (w *walk) task(who, title string) error {
	return w.as(who, func(ctx context.Context) error {
		loops, err := w.store.Ent().Cohort.Query().All(authz.System(ctx))
		if err != nil {
			return err
		}
		if len(loops) == 0 {
			c, err := w.Cohorts.Open(ctx, w.clock.Now().Year(), "一号提案")
			if err != nil {
				return err
			}
			return w.draft(ctx, c.Matter.ID, title)
		}
		return w.draft(ctx, loops[0].MatterID, title)
	})
}

func (w *walk) draft(ctx context.Context, of uuid.UUID, title string) error {
	u := w.units["商务局"]
	_, err := w.Tasks.Draft(ctx, tasks.Draft{Of: of, UnitID: &u, Title: title, Duty: "责任", Effect: "效果", Measure: "衡量", DueOn: w.today().AddDate(0, 3, 0),
		LeaderPost: "局长", OfficerPost: "科长", Nodes: []tasks.Node{{Text: "节点", DueOn: w.today().AddDate(0, 1, 0)}}})
	return err
}

func (w *walk) onPlatform(by func(...string) string, title string) error {
	if w.kind == platforms.TopicKind {
		return w.as("", func(ctx context.Context) error {
			street := w.units["街道"]
			_, err := w.engine.Start(ctx, flow.Opening{Kind: w.kind, Title: title, Street: &street})
			return err
		})
	}
	code := "p-" + w.kind
	who := by("街道联络员", "专委干部", "秘书长", "委员甲", "监督员")
	return w.as(who, func(ctx context.Context) error {
		sys := authz.System(ctx)
		p, err := w.store.Ent().Platform.Query().First(sys)
		if gen.IsNotFound(err) {
			p, err = w.store.Ent().Platform.Create().SetCode(code).SetBrand(title).SetType("区域型").SetProcessKind(w.kind).Save(sys)
		}
		if err != nil {
			return err
		}
		in := platforms.Opening{PlatformID: p.ID, Title: title}
		if street := w.units["街道"]; w.rand.IntN(4) > 0 { // else A6: it may belong to no street
			in.StreetID = &street
		}
		_, err = w.Platforms.Open(ctx, in)
		return err
	})
}

// row is one of table awaited, as the test reads it.
type row struct {
	Share      *uuid.UUID
	Turn, Role string
	Unit       *uuid.UUID
	Membership *uuid.UUID
	Roles      []string
	Due        *time.Time
	Instead    bool
	Reason     string
}

func (w *walk) rows(id uuid.UUID) (out []row) {
	w.must("", func(ctx context.Context, _ *gen.Client) (err error) {
		out, err = tenants.Rows[row](ctx, `SELECT assignment_id, turn, coalesce(role, ''), unit_id, membership_id, coalesce(roles, '{}'), due_on, instead, reason
			FROM awaited WHERE matter_id = $1 ORDER BY key`, id)
		return err
	})
	return out
}

// meant reports whether a row means somebody who is there, by what the test
// knows of him.
func (w *walk) meant(name string, r row) bool {
	has := func(role string) bool { return slices.Contains(w.roles[name], role) }
	switch {
	case r.Membership != nil:
		return *r.Membership == w.all[name].Membership && (len(r.Roles) == 0 || slices.ContainsFunc(r.Roles, has))
	case r.Role == "" || !has(r.Role):
		return false
	}
	return r.Unit == nil || (w.seats[name] != "" && w.named[*r.Unit] == w.seats[name])
}

// subject is a matter itself, or one of its shares.
type subject struct {
	share *uuid.UUID
	name  string
}

func (s subject) is(r row) bool {
	return (s.share == nil) == (r.Share == nil) && (s.share == nil || *s.share == *r.Share)
}

// subjects are a matter and its open shares, by the definition.
func (w *walk) subjects(id uuid.UUID) (out []subject) {
	w.must("", func(ctx context.Context, c *gen.Client) error {
		m, err := c.Matter.Get(ctx, id)
		if err != nil {
			return err
		}
		defs, err := w.engine.Definitions(ctx, id)
		if err != nil {
			return err
		}
		if s := defs[id].Machines[process.OfMatter].State(m.State); s != nil && !s.End {
			out = append(out, subject{name: m.Kind + "." + m.State})
		}
		shares, err := m.QueryAssignments().All(ctx)
		for _, a := range shares {
			if s := defs[id].Machines[process.OfAssignment].State(a.State); s != nil && !s.End {
				out = append(out, subject{share: &a.ID, name: m.Kind + ".assignment." + a.State})
			}
		}
		return err
	})
	return out
}

func (w *walk) shares(id uuid.UUID) []subject {
	return slices.DeleteFunc(w.subjects(id), func(s subject) bool { return s.share == nil })
}

// fill makes a form from its schema: mostly right, as people's are.
func (w *walk) fill(id uuid.UUID, schema map[string]any) process.Form {
	if schema == nil {
		return nil
	}
	b, _ := json.Marshal(schema)
	var s map[string]any
	_ = json.Unmarshal(b, &s)
	out, _ := w.value(id, "", s).(map[string]any)
	return process.Form(out)
}
