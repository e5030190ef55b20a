package flow_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/errs"
)

type settings = map[string]any

func TestPolicy(t *testing.T) {
	p := flow.DefaultPolicy()
	t.Run("the shipped policy passes its own check", func(t *testing.T) {
		m, err := p.Map()
		if err != nil {
			t.Fatal(err)
		}
		if err := flow.CheckPolicy(m); err != nil || len(p.Deadlines) < 20 || p.Version != 0 {
			t.Error(err)
		}
	})
	t.Run("classes and words are found by code", func(t *testing.T) {
		if c, ok := p.Class("B"); !ok || !c.Track {
			t.Error(c)
		}
		if _, ok := p.Class("X"); ok {
			t.Error("X was found")
		}
		if r, ok := p.Rating("UNDERSTOOD"); !ok || r.Label != "理解" {
			t.Error(r)
		}
		if _, ok := p.Rating(""); ok {
			t.Error("silence was found")
		}
	})
	for _, c := range []struct {
		sentence string
		settings settings
		says     string
	}{
		{"a setting that nobody knows", settings{"maxRound": 3}, "maxRound"},
		{"a setting inside a deadline that nobody knows", settings{"deadlines": settings{"archive": settings{"amount": 1, "unit": "WORKDAY", "x": 1}}}, "不认识"},
		{"a value of another kind", settings{"maxRounds": "two"}, "格式不对"},
		{"a deadline without a unit", settings{"deadlines": settings{"archive": settings{"amount": 1}}}, "期限“archive”"},
		{"a unit that does not exist", settings{"deadlines": settings{"archive": settings{"amount": 1, "unit": "WEEK"}}}, "期限“archive”"},
		{"more than ten years", settings{"deadlines": settings{"archive": settings{"amount": 121, "unit": "MONTH"}}}, "期限“archive”"},
		{"a setting that is given as nothing", settings{"deadlines": nil}, "“deadlines”不能为空"},
		{"a rejecter that does not exist", settings{"rejectBy": "ALL"}, "rejectBy"},
		{"a way of merging that does not exist", settings{"mergeMode": "OTHER"}, "mergeMode"},
		{"a way of numbering that does not exist", settings{"intersessionNumbers": "NONE"}, "intersessionNumbers"},
		{"no round", settings{"maxRounds": 0}, "maxRounds"},
		{"four passes", settings{"reviewPasses": 4}, "reviewPasses"},
		{"a text of no length", settings{"bodyLimit": 0}, "bodyLimit"},
		{"less than no extension", settings{"maxExtensions": -1}, "maxExtensions"},
		{"no class", settings{"classes": []any{}}, "不能为空"},
		{"no word", settings{"ratings": []any{}}, "不能为空"},
		{"a word that counts as nothing", settings{"ratings": []any{settings{"code": "OK", "label": "还行"}}}, "“还行”的 counts"},
		{"two classes with one code", settings{"classes": []any{settings{"code": "A"}, settings{"code": "A"}}}, "classes 的代码“A”"},
		{"a reason without a code", settings{"notFiledReasons": []any{settings{"label": "其他"}}}, "notFiledReasons 的代码“”"},
	} {
		t.Run(c.sentence+" is refused", func(t *testing.T) {
			if e := refused(t, flow.CheckPolicy(c.settings), errs.Invalid); !strings.Contains(e.Message, c.says) {
				t.Errorf("it says %s", e.Message)
			}
		})
	}
}

func TestPolicyOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	publish := func(version, from int, s settings) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().TenantPolicy.Create().SetVersion(version).SetEffectiveFrom(day(from)).SetSettings(s).Exec(ctx)
		})
	}
	current := func() (p flow.Policy) {
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
		if p.Version != 1 || p.Deadlines["sign.receipt"] != (flow.Amount{Amount: 5, Unit: deadline.Workday}) || len(p.Deadlines) != len(flow.DefaultPolicy().Deadlines) || p.MaxRounds != 2 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a list replaces the default list whole", func(t *testing.T) {
		want := []flow.Class{{Code: "甲", Label: "已解决"}, {Code: "乙", Label: "参考"}}
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
			p, err = w.engine.Publish(ctx, []byte(source), flow.RolesOf(w.policy))
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

func TestLabels(t *testing.T) {
	for key, ok := range map[string]bool{
		"proposal.FILED": true, "lushun.TOPIC_COLLECTED": true, "stage.提": true, "unit.STREET_LIAISON": true,
		"FILED": false, "proposal.": false, ".FILED": false, "stage. ": false, "提案.立案": false,
	} {
		if err := flow.CheckPolicy(map[string]any{"labels": map[string]any{key: "谋"}}); (err == nil) != ok {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := flow.CheckPolicy(map[string]any{"labels": map[string]any{"proposal.FILED": ""}}); err == nil {
		t.Error("a word is not empty")
	}
}
