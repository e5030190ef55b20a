package audit_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/tenants"
)

// changes runs fn as a mutation and answers with what its record says.
func (h *house) changes(fn func(context.Context, *gen.Client) error) []audit.Change {
	h.Helper()
	h.do(audit.Entry{Action: "test"}, fn)
	return h.last().Changes
}

func (h *house) member() (m *gen.Membership) {
	h.changes(func(ctx context.Context, c *gen.Client) (err error) {
		m, err = c.Membership.Create().SetName("委员甲").SetKind(membership.KindMEMBER).SetPhone("13800000000").Save(ctx)
		return err
	})
	return m
}

func (h *house) timer() (tm *gen.Timer) {
	h.changes(func(ctx context.Context, c *gen.Client) error {
		p, err := c.Process.Create().SetKind(uuid.NewString()).SetVersion(1).SetTitle("提案").SetSource("{}").SetHash("0").SetStatus(entprocess.StatusPUBLISHED).Save(ctx)
		if err != nil {
			return err
		}
		m, err := c.Matter.Create().SetKind("proposal").SetProcess(p).SetState("DRAFT").SetTitle("案由").SetOpenedAt(noon).Save(ctx)
		if err != nil {
			return err
		}
		tm, err = c.Timer.Create().SetMatter(m).SetKey("reply").SetLabel("答复").SetBudget(map[string]any{"days": 90}).SetFired([]string{"30"}).Save(ctx)
		return err
	})
	return tm
}

func TestHookCreate(t *testing.T) {
	h := open(t)

	h.run("a creation shows what was given", func(h *house) {
		var m *gen.Membership
		got := h.changes(func(ctx context.Context, c *gen.Client) (err error) {
			m, err = c.Membership.Create().SetName("委员甲").SetKind(membership.KindMEMBER).SetPost("").SetActiveFrom(noon).Save(ctx)
			return err
		})
		h.equal(got, []audit.Change{{Entity: "Membership", ID: m.ID, Op: audit.Create, After: map[string]any{
			"name": "委员甲", "kind": "MEMBER", "status": "ACTIVE", "ranked": true, "version": 1, "active_from": "2026-03-05T04:00:00Z"}}})
	})

	h.run("creating several shows each with its id", func(h *house) {
		var units []*gen.Unit
		got := h.changes(func(ctx context.Context, c *gen.Client) (err error) {
			var list []*gen.UnitCreate
			for i := range 3 {
				list = append(list, c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName(fmt.Sprint(i)))
			}
			units, err = c.Unit.CreateBulk(list...).Save(ctx)
			return err
		})
		h.equal(len(got), 3)
		for _, u := range units {
			found := false
			for _, c := range got {
				found = found || c.ID == u.ID && c.After["name"] == u.Name
			}
			h.equal(found, true)
		}
	})
}

func TestHookUpdate(t *testing.T) {
	h := open(t)
	h.run("an update shows changed fields only, with their value before and after", func(h *house) {
		m := h.member()
		want := []audit.Change{{Entity: "Membership", ID: m.ID, Op: audit.Update,
			Before: map[string]any{"post": "", "active_from": nil, "version": 1},
			After:  map[string]any{"post": "主任", "active_from": "2026-03-05T00:00:00Z", "version": 2}}}
		day := time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
		h.equal(h.changes(func(ctx context.Context, c *gen.Client) error { // by id: one query more
			return c.Membership.UpdateOneID(m.ID).SetName("委员甲").SetPost("主任").SetActiveFrom(day).AddVersion(1).Exec(ctx)
		}), want)
		want[0].Before, want[0].After = map[string]any{"post": "主任", "active_from": "2026-03-05T00:00:00Z"}, map[string]any{"post": nil, "active_from": nil}
		h.equal(h.changes(func(ctx context.Context, c *gen.Client) error { // loaded: none
			m, err := c.Membership.Get(ctx, m.ID)
			if err != nil {
				return err
			}
			n := tenants.Statements(ctx)
			if err := c.Membership.UpdateOne(m).ClearPost().ClearActiveFrom().ClearPoliticalParty().Exec(ctx); err != nil {
				return err
			}
			h.equal(tenants.Statements(ctx)-n, 1) // ent's UPDATE, which brings its row back
			return nil
		}), want)
	})

	h.run("an update that changes nothing shows nothing", func(h *house) {
		m := h.member()
		h.equal(h.changes(func(ctx context.Context, c *gen.Client) error {
			return c.Membership.UpdateOneID(m.ID).SetName(m.Name).ClearPost().Exec(ctx)
		}), nil)
	})
	h.equal(h.verify(h.tenant).OK, true)
}

func TestHookValues(t *testing.T) {
	h := open(t)
	h.run("a secret is said to have changed and its value is never kept", func(h *house) {
		m := h.member()
		h.equal(h.last().Changes[0].After["phone"], audit.Withheld)
		got := h.changes(func(ctx context.Context, c *gen.Client) error {
			if err := c.Membership.UpdateOneID(m.ID).SetPhone("13900000000").Exec(ctx); err != nil {
				return err
			}
			return audit.Note(ctx, audit.Change{Entity: "Account", Op: audit.Update, After: map[string]any{
				"password_hash": "13900000000", "data": []any{map[string]any{"contact_phone": "13900000000"}}}})
		})
		h.equal(got[0].Before, map[string]any{"phone": audit.Withheld})
		h.equal(got[0].After, map[string]any{"phone": audit.Withheld})
		if s := text(h.T, got); strings.Contains(s, "1390000") { // not "13": ids have that now and then
			h.Fatal(s)
		}
	})

	h.run("a long text is kept up to 4,000 characters, with the length and SHA-256 of the whole", func(h *house) {
		m := h.member()
		long := strings.Repeat("文", 4001)
		got := h.changes(func(ctx context.Context, c *gen.Client) error {
			return c.Membership.UpdateOneID(m.ID).SetPost(long).Exec(ctx)
		})
		h.equal(got[0].After["post"], map[string]any{"text": long[:3*4000], "length": 4001,
			"sha256": "89664ba17decc010a952171ecfd726ebdbcdedb73619ea74699ae8d8934186f8"})
	})

	h.run("a list that grows and a number that is raised show the whole value", func(h *house) {
		tm := h.timer()
		for _, loaded := range []bool{true, false} {
			got := h.changes(func(ctx context.Context, c *gen.Client) error {
				u := c.Timer.UpdateOneID(tm.ID)
				if loaded {
					u = c.Timer.UpdateOne(tm)
				}
				return u.AppendFired([]string{"7", "1"}).Exec(ctx)
			})
			h.equal(len(got), 1)
			if loaded {
				h.equal(got[0].Before, map[string]any{"fired": []string{"30"}})
				h.equal(got[0].After, map[string]any{"fired": []string{"30", "7", "1"}})
			} else {
				h.equal(got[0].After, map[string]any{"fired": []string{"30", "7", "1", "7", "1"}})
			}
		}
		h.equal(h.changes(func(ctx context.Context, c *gen.Client) error {
			return c.Timer.UpdateOneID(tm.ID).SetBudget(map[string]any{"days": 90}).Exec(ctx)
		}), nil)
	})
	h.equal(h.verify(h.tenant).OK, true)
}

func TestHookManyRows(t *testing.T) {
	h := open(t)
	h.run("a change of many rows at once is one line: which fields, and how many rows", func(h *house) {
		tm := h.timer()
		got := h.changes(func(ctx context.Context, c *gen.Client) error {
			if _, err := c.Timer.Update().Where(timer.MatterID(tm.MatterID)).SetStatus(timer.StatusMET).ClearDueOn().AppendFired([]string{"7"}).Save(ctx); err != nil {
				return err
			}
			_, err := c.Matter.Update().Where(matter.ID(tm.MatterID)).AddVersion(2).Save(ctx)
			return err
		})
		h.equal(got, []audit.Change{
			{Entity: "Timer", Op: audit.Update, Many: true, Rows: 1, After: map[string]any{"status": "MET", "due_on": nil, "fired": map[string]any{"appended": []string{"7"}}}},
			{Entity: "Matter", Op: audit.Update, Many: true, Rows: 1, After: map[string]any{"version": map[string]any{"added": 2}}},
		})
		h.equal(h.changes(func(ctx context.Context, c *gen.Client) error {
			_, err := c.Timer.Update().Where(timer.Key("none")).SetStatus(timer.StatusMET).Save(ctx)
			return err
		}), nil)
	})

	h.run("what is linked and unlinked over another row is shown", func(h *house) {
		var above, below *gen.Unit
		for _, u := range []**gen.Unit{&above, &below} {
			h.changes(func(ctx context.Context, c *gen.Client) (err error) {
				*u, err = c.Unit.Create().SetLine(unit.LineVENUE).SetKind(unit.KindVENUE_HOME).SetName("委员之家").Save(ctx)
				return err
			})
		}
		got := h.changes(func(ctx context.Context, c *gen.Client) error {
			if err := c.Unit.UpdateOne(above).AddChildren(below).Exec(ctx); err != nil {
				return err
			}
			if err := c.Unit.UpdateOne(above).RemoveChildren(below).Exec(ctx); err != nil {
				return err
			}
			if err := c.Unit.UpdateOne(above).ClearChildren().Exec(ctx); err != nil {
				return err
			}
			return c.Unit.UpdateOne(below).SetParent(above).Exec(ctx)
		})
		var after []any
		for _, c := range got {
			after = append(after, c.After)
		}
		h.equal(after, []any{
			map[string]any{"children": map[string]any{"linked": []any{below.ID}}},
			map[string]any{"children": map[string]any{"unlinked": []any{below.ID}}},
			map[string]any{"children": map[string]any{"cleared": true}},
			map[string]any{"parent_id": above.ID},
		})
	})
	h.equal(h.verify(h.tenant).OK, true)
}

func TestHookLimits(t *testing.T) {
	h := open(t)
	h.run("what failed, or was undone by a savepoint, is not recorded", func(h *house) {
		m := h.member()
		got := h.changes(func(ctx context.Context, c *gen.Client) error {
			if err := c.Membership.UpdateOneID(m.ID).SetPost("一").Exec(ctx); err != nil {
				return err
			}
			undone := errors.New("undone")
			if err := audit.Savepoint(ctx, func(ctx context.Context) error {
				return errors.Join(c.Membership.UpdateOneID(m.ID).SetPost("二").Exec(ctx), undone)
			}); !errors.Is(err, undone) {
				return err
			}
			err := c.Membership.UpdateOneID(m.ID).Where(membership.Name("别人")).SetPost("三").Exec(ctx)
			h.equal(gen.IsNotFound(err), true)
			err = c.Membership.UpdateOneID(h.tenant).SetPost("四").Exec(ctx)
			h.equal(gen.IsNotFound(err), true)
			return audit.Savepoint(ctx, func(ctx context.Context) error {
				return c.Membership.UpdateOneID(m.ID).SetMemberNo("1").Exec(ctx)
			})
		})
		h.equal(len(got), 2)
		h.equal(got[0].After, map[string]any{"post": "一"})
		h.equal(got[1].After, map[string]any{"member_no": "1"})
	})

	h.run("a write that nobody collects is refused", func(h *house) {
		err := h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
			if err := audit.Note(ctx, audit.Change{}); !errors.Is(err, audit.ErrUncollected) {
				h.Fatal(err)
			}
			return h.store.Ent().Membership.Create().SetName("甲").SetKind(membership.KindSTAFF).Exec(ctx)
		})
		if !errors.Is(err, audit.ErrUncollected) {
			h.Fatal(err)
		}
	})

	h.run("each record has its own changes, and a second record in the same work none of the first's", func(h *house) {
		m := h.member()
		h.must(h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
			ctx, c := audit.Collect(ctx)
			if err := h.store.Ent().Membership.UpdateOneID(m.ID).SetPost("一").Exec(ctx); err != nil {
				return err
			}
			h.equal(len(c.Changes()), 1)
			if err := audit.Write(ctx, audit.Entry{Action: "first"}); err != nil {
				return err
			}
			return audit.Write(ctx, audit.Entry{Action: "second"})
		}))
		h.equal(h.last().Action, "second")
		h.equal(len(h.last().Changes), 0)
	})
	h.equal(h.verify(h.tenant).OK, true)
}

// TestSecrets compares with the schema: what it calls sensitive has no JSON
// name in the generated rows.
func TestSecrets(t *testing.T) {
	found := 0
	client := reflect.TypeFor[gen.Client]()
	for i := range client.NumField() {
		get, ok := client.Field(i).Type.MethodByName("Get")
		if !ok {
			continue
		}
		row := get.Type.Out(0).Elem()
		for j := range row.NumField() {
			f := row.Field(j)
			if !f.IsExported() || f.Tag.Get("json") != "-" {
				continue
			}
			found++
			name := snake(f.Name)
			ctx, c := audit.Collect(t.Context())
			if err := audit.Note(ctx, audit.Change{Entity: row.Name(), After: map[string]any{name: "x"}}); err != nil {
				t.Fatal(err)
			}
			if got := c.Changes()[0].After[name]; got != audit.Withheld {
				t.Errorf("%s.%s is sensitive and would be recorded", row.Name(), name)
			}
		}
	}
	if found < 3 {
		t.Fatalf("found %d sensitive fields, the schema has at least 3", found)
	}
}

func snake(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(string(r)))
	}
	return b.String()
}
