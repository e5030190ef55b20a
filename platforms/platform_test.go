package platforms

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestPlatforms(t *testing.T) {
	w := newWorld(t)
	full := spec("lushun")
	full.Sources = []string{"党政交题", SourceMember, SourcePublic, "政协选题"}
	full.Manners = []string{"依法依规", "文明表达"}
	full.Targets = map[string]any{"2026": map[string]any{"talks": 100, "matters": 100}}
	full.OwnerUnitID = ptr(w.units["提案委"])
	full.TakesTopics = true
	p := w.create(full)

	t.Run("Platforms are made and changed by who holds platforms.manage, in his own committee.", func(t *testing.T) {
		for _, who := range []string{"干部", "委员甲", "联络员甲"} {
			refused(t, w.as(who, func(ctx context.Context) error { _, err := w.Create(ctx, spec("other")); return err }), errs.NotAllowed, "")
			refused(t, w.as(who, func(ctx context.Context) error {
				_, err := w.Change(ctx, p.ID, Patch{Brand: ptr("别名")}, nil)
				return err
			}), errs.NotAllowed, "")
			refused(t, w.as(who, func(ctx context.Context) error { _, err := w.Retire(ctx, p.ID, "理由"); return err }), errs.NotAllowed, "")
		}
		refused(t, w.as("管理员", func(ctx context.Context) error {
			_, err := w.Change(ctx, uuid.New(), Patch{Brand: ptr("别名")}, nil)
			return err
		}), errs.NotFound, "")
	})
	t.Run("A platform runs a process of the committee's own that has a published version; proposals, loops and opinions have doors of their own.", func(t *testing.T) {
		for _, kind := range []string{"unknown", "opinion", "proposal", "cohort"} {
			in := spec("other")
			in.ProcessKind = kind
			_, err := w.tryCreate(in)
			refused(t, err, errs.Invalid, "processKind")
		}
		w.system(func(ctx context.Context) error {
			return w.client.Process.Create().SetKind("draft").SetVersion(1).SetTitle("草稿").SetSource("x").SetHash("x").SetStatus("DRAFT").Exec(ctx)
		})
		in := spec("other")
		in.ProcessKind = "draft"
		_, err := w.tryCreate(in)
		refused(t, err, errs.Invalid, "processKind")
	})
	t.Run("A platform's code is unique, two to thirty-one of a-z, 0-9 and -, and never changes.", func(t *testing.T) {
		for _, code := range []string{"", "a", "A1", "1a", "旅顺", "a_b", "receipt", "a23456789012345678901234567890123"} {
			_, err := w.tryCreate(spec(code))
			refused(t, err, errs.Invalid, "code")
		}
		_, err := w.tryCreate(spec("lushun"))
		refused(t, err, errs.Conflict, "code")
	})
	t.Run("Making the same platform twice makes one.", func(t *testing.T) {
		if again := w.create(full); again.ID != p.ID || again.Version != 1 {
			t.Fatal(again)
		}
	})
	t.Run("A platform is never below itself.", func(t *testing.T) {
		child := spec("child")
		child.ParentID = &p.ID
		c := w.create(child)
		grand := spec("grand")
		grand.ParentID = &c.ID
		g := w.create(grand)
		for _, below := range []uuid.UUID{p.ID, c.ID, g.ID} {
			refused(t, w.as("管理员", func(ctx context.Context) error {
				_, err := w.Change(ctx, p.ID, Patch{ParentID: &below}, nil)
				return err
			}), errs.Invalid, "parentId")
		}
		w.do("管理员", func(ctx context.Context) error {
			got, err := w.Change(ctx, c.ID, Patch{ParentID: &uuid.Nil}, nil)
			if err == nil && got.ParentID != nil {
				t.Error(got)
			}
			return err
		})
	})
	t.Run("Who acts on an old version of a platform is told so and changes nothing.", func(t *testing.T) {
		w.do("管理员", func(ctx context.Context) error {
			got, err := w.Change(ctx, p.ID, Patch{Brand: ptr("旅事商量")}, ptr(1))
			if err == nil && (got.Brand != "旅事商量" || got.Version != 2 || len(got.Sources) != 4) {
				t.Error(got)
			}
			return err
		})
		err := w.as("管理员", func(ctx context.Context) error {
			_, err := w.Change(ctx, p.ID, Patch{Brand: ptr("另一个名")}, ptr(1))
			return err
		})
		if e := refused(t, err, errs.VersionConflict, ""); e.Details["currentVersion"] != 2 {
			t.Fatal(e.Details)
		}
		w.do("管理员", func(ctx context.Context) error { // nothing to change
			got, err := w.Change(ctx, p.ID, Patch{Brand: ptr("旅事商量")}, ptr(2))
			if err == nil && got.Version != 2 {
				t.Error(got.Version)
			}
			return err
		})
	})
	t.Run("a target is a number of a counter in a year", func(t *testing.T) {
		for _, bad := range []map[string]any{{"2026": 5}, {"今年": map[string]any{"talks": 1}}, {"2026": map[string]any{"unknown": 1}},
			{"2026": map[string]any{"talks": -1}}, {"2026": map[string]any{"talks": 1.5}}} {
			refused(t, w.as("管理员", func(ctx context.Context) error {
				_, err := w.Change(ctx, p.ID, Patch{Targets: &bad}, nil)
				return err
			}), errs.Invalid, "targets")
		}
	})
	t.Run("A retired platform takes nothing new, what runs on it goes on, and it can be revived.", func(t *testing.T) {
		r := w.create(spec("old"))
		running := w.open("干部", Opening{PlatformID: r.ID, Title: "开始过的事项"})
		for range 2 { // the second time changes nothing
			w.do("管理员", func(ctx context.Context) (err error) { r, err = w.Retire(ctx, r.ID, "换了新平台"); return err })
		}
		if r.Status != "RETIRED" || r.RetiredAt == nil || r.Version != 2 {
			t.Fatal(r)
		}
		_, err := w.tryOpen("干部", Opening{PlatformID: r.ID, Title: "新的事项"})
		refused(t, err, errs.NotAllowedInState, "")
		w.do("干部", func(ctx context.Context) error {
			c, err := w.engine.Do(ctx, finish(running.Matter))
			if err == nil && c.State != "DONE" {
				t.Error(c.State)
			}
			return err
		})
		w.do("管理员", func(ctx context.Context) (err error) { r, err = w.Revive(ctx, r.ID); return err })
		if r.Status != "ACTIVE" || r.RetiredAt != nil {
			t.Fatal(r)
		}
		w.open("干部", Opening{PlatformID: r.ID, Title: "新的事项"})
		var parent *gen.Platform = w.create(spec("parent"))
		below := spec("below")
		below.ParentID = &parent.ID
		w.create(below)
		refused(t, w.as("管理员", func(ctx context.Context) error { _, err := w.Retire(ctx, parent.ID, "停"); return err }), errs.NotAllowedInState, "")
	})
}
