package flow_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type settings = map[string]any

func TestPolicyOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	publish := func(version, from int, s settings) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().TenantPolicy.Create().SetVersion(version).SetEffectiveFrom(day(from)).SetSettings(s).Exec(ctx)
		})
	}
	current := func() (p process.Policy) {
		w.system(func(ctx context.Context) (err error) { p, err = w.engine.CurrentPolicy(ctx); return err })
		return p
	}
	before := w.open()
	publish(1, 3, settings{
		"deadlines": settings{"sign.receipt": settings{"amount": 5, "unit": "WORKDAY"}},
		"classes":   []any{settings{"code": "甲", "label": "已解决"}, settings{"code": "乙", "label": "参考"}},
		"labels":    settings{"proposal.FILED": "立案"},
	})
	publish(2, 4, settings{"maxRounds": 3})
	t.Run("a setting replaces its default, the others stay", func(t *testing.T) {
		p := current()
		if p.Version != 1 || p.Deadlines["sign.receipt"] != (process.Amount{Amount: 5, Unit: deadline.Workday}) || len(p.Deadlines) != len(process.DefaultPolicy().Deadlines) || p.MaxRounds != 2 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a list replaces the default list whole", func(t *testing.T) {
		want := []process.Class{{Code: "甲", Label: "已解决"}, {Code: "乙", Label: "参考"}}
		if got := current().Classes; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%+v", got) // the default's second class is tracked
		}
	})
	t.Run("a version is in force from its day", func(t *testing.T) {
		w.at(4, 0, 0)
		if p := current(); p.Version != 2 || p.MaxRounds != 3 || p.Deadlines["sign.receipt"].Amount != 3 {
			t.Errorf("%+v", p)
		}
		w.clock.Set(monday)
	})
	t.Run("a matter keeps the version it began with", func(t *testing.T) {
		after := w.open()
		w.at(4, 9, 0)
		before, after = w.do("refill", before, nil), w.do("refill", after, nil)
		if before.PolicyVersion != 0 || after.PolicyVersion != 1 {
			t.Error(before.PolicyVersion, after.PolicyVersion)
		}
		status(t, w.last(before, "answer"), "RUNNING", day(7)) // three working days from the 4th
		status(t, w.last(after, "answer"), "RUNNING", day(11)) // five
	})
}

func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	publish := func(source string) (p *gen.Process, err error) {
		err = w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
			p, err = w.engine.Publish(ctx, []byte(source), process.RolesOf(w.policy))
			return err
		})
		return p, err
	}
	running := w.open()
	t.Run("the same text again does nothing", func(t *testing.T) {
		a, err := publish(tiny)
		b, err2 := publish(tiny)
		if err != nil || err2 != nil || a.ID != b.ID {
			t.Error(err, err2)
		}
	})
	t.Run("another text under a taken version is a conflict", func(t *testing.T) {
		_, err := publish(change(t, "title: 小事", "title: 大事"))
		refused(t, err, errs.Conflict)
	})
	t.Run("one whose loop does not close is refused, with every place", func(t *testing.T) {
		_, err := publish(strings.NewReplacer("version: 1", "version: 2", "waits: 自动", "waits: ''").Replace(tiny))
		if e := refused(t, err, errs.Invalid); len(e.Details["findings"].([]string)) != 2 {
			t.Errorf("%v", e.Details)
		}
	})
	t.Run("a running matter stays on the version it started with", func(t *testing.T) {
		second := strings.NewReplacer("version: 1", "version: 2", "label: 开会, from: [OPEN], to: HELD", "label: 开大会, from: [OPEN], to: HELD",
			"effects: [tiny.note], audience: STAFF", "effects: [tiny.note]").Replace(tiny)
		if _, err := publish(second); err != nil {
			t.Fatal(err)
		}
		fresh := w.open()
		old, fresh := w.do("hold", running, nil), w.do("hold", fresh, nil)
		if old.Def.Version != 1 || fresh.Def.Version != 2 || w.steps(old)[1].Label != "开会" || w.steps(fresh)[1].Label != "开大会" {
			t.Errorf("version %d and %d", old.Def.Version, fresh.Def.Version)
		}
	})
	t.Run("a retired version starts nothing", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Process.Update().SetStatus("RETIRED").Exec(ctx)
		})
		err := w.as("主任", func(ctx context.Context) error {
			_, err := w.engine.Start(ctx, flow.Opening{Kind: "tiny"})
			return err
		})
		refused(t, err, errs.Invalid)
		w.do("return", running, nil)
	})
}
