package roster

import (
	"maps"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSettings(t *testing.T) {
	w := newWorld(t)
	audited := NewPolicy{Settings: map[string]any{"bodyLimit": 1300}, Note: "字数", ApprovedBy: "主席会议"}
	first := must(w, w.SetPolicy, audited)
	t.Run("a version begins today when no day is given", func(t *testing.T) {
		if first.Version != 1 || !first.EffectiveFrom.Equal(today) || first.ApprovedBy != "主席会议" {
			t.Fatal(first)
		}
		if p := w.current(); p.Version != 1 || p.BodyLimit != 1300 {
			t.Fatal(p)
		}
	})
	t.Run("the same again is the same version", func(t *testing.T) {
		w.later(1)
		if again := must(w, w.SetPolicy, audited); again.ID != first.ID {
			t.Fatal(again)
		}
	})
	t.Run("a version of a later day waits", func(t *testing.T) {
		in := NewPolicy{Settings: map[string]any{"maxExtensions": 3}, EffectiveFrom: on(2026, 7, 1), Note: "三次", ApprovedBy: "主席会议"}
		if got := must(w, w.SetPolicy, in); got.Version != 2 {
			t.Fatal(got)
		}
		if p := w.current(); p.Version != 1 || p.MaxExtensions == 3 {
			t.Fatal(p)
		}
	})
}

func TestSettingsRefused(t *testing.T) {
	w := newWorld(t)
	audited := NewPolicy{Settings: map[string]any{"bodyLimit": 1300}, Note: "字数", ApprovedBy: "主席会议"}
	must(w, w.SetPolicy, NewPolicy{Settings: map[string]any{"maxExtensions": 3}, EffectiveFrom: on(2026, 7, 1), Note: "三次", ApprovedBy: "主席会议"})
	change := func(f func(*NewPolicy)) NewPolicy {
		in := audited
		in.Settings = maps.Clone(in.Settings)
		in.EffectiveFrom = on(2026, 7, 1)
		f(&in)
		return in
	}
	for _, c := range []struct {
		sentence string
		in       NewPolicy
		code     errs.Code
		path     string
	}{
		{"a version does not begin before the one it follows", change(func(n *NewPolicy) { n.EffectiveFrom = on(2026, 6, 30) }), errs.Conflict, "effectiveFrom"},
		{"a version does not begin in the past", change(func(n *NewPolicy) { n.EffectiveFrom = on(2026, 3, 1) }), errs.Invalid, "effectiveFrom"},
		{"a misspelt setting is refused", change(func(n *NewPolicy) { n.Settings["maxRound"] = 3 }), errs.Invalid, "settings"},
		{"a setting without a value is refused", change(func(n *NewPolicy) { n.Settings["deadlines"] = nil }), errs.Invalid, "settings"},
		{"too much is refused", change(func(n *NewPolicy) { n.Settings["labels"] = map[string]any{"x": strings.Repeat("长", maxSettings/3)} }), errs.Limited, "settings"},
		{"who approved it is needed", change(func(n *NewPolicy) { n.ApprovedBy = "" }), errs.Invalid, "approvedBy"},
		{"why is needed", change(func(n *NewPolicy) { n.Note = "" }), errs.Invalid, "note"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.SetPolicy, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("a plan is replaced by a version of its day", func(t *testing.T) {
		if got := must(w, w.SetPolicy, change(func(n *NewPolicy) { n.Settings, n.Reset = nil, []string{"maxExtensions"} })); got.Version != 2 {
			t.Fatal(got)
		}
		w.clock.Set(clock.StartOf(clock.Date(2026, 7, 1)))
		if p := w.current(); p.Version != 2 || p.BodyLimit == 1300 || p.MaxExtensions != process.DefaultPolicy().MaxExtensions {
			t.Fatal(p)
		}
	})
}

func TestAChangeOfSettings(t *testing.T) {
	w := newWorld(t)
	set := func(settings map[string]any, reset ...string) NewPolicy {
		return NewPolicy{Settings: settings, Reset: reset, Note: "调整", ApprovedBy: "主席会议"}
	}
	days := func(n int) map[string]any { return map[string]any{"amount": n, "unit": "WORKDAY"} }
	must(w, w.SetPolicy, set(map[string]any{"bodyLimit": 1200, "deadlines": map[string]any{"sign.receipt": days(5)}, "labels": map[string]any{"stage.提": "谋"}}))
	t.Run("M8: it changes what it names and keeps the rest", func(t *testing.T) {
		must(w, w.SetPolicy, set(map[string]any{"maxExtensions": 3, "deadlines": map[string]any{"archive": days(20)}}))
		p := w.current()
		if p.Version != 2 || p.BodyLimit != 1200 || p.MaxExtensions != 3 || p.Deadlines["sign.receipt"].Amount != 5 || p.Deadlines["archive"].Amount != 20 || p.Labels["stage.提"] != "谋" {
			t.Fatal(p)
		}
	})
	t.Run("M8: the difference is shown first, and nothing is changed by looking", func(t *testing.T) {
		got := must(w, w.PreviewPolicy, NewPolicy{Settings: map[string]any{"bodyLimit": 1400, "maxExtensions": 3}, Reset: []string{"deadlines.sign.receipt"}})
		if len(got) != 2 || got[0].Setting != "bodyLimit" || got[0].Before != 1200.0 || got[0].After != 1400.0 || got[1].Setting != "deadlines.sign.receipt" {
			t.Fatal(got)
		}
		if p := w.current(); p.Version != 2 || p.BodyLimit != 1200 {
			t.Fatal(p)
		}
	})
	t.Run("what is reset is as shipped again, one of a kind by itself", func(t *testing.T) {
		must(w, w.SetPolicy, set(nil, "deadlines.sign.receipt", "bodyLimit"))
		shipped, p := process.DefaultPolicy(), w.current()
		if p.Deadlines["sign.receipt"] != shipped.Deadlines["sign.receipt"] || p.BodyLimit != shipped.BodyLimit || p.Deadlines["archive"].Amount != 20 {
			t.Fatal(p)
		}
		_, err := try(w, w.SetPolicy, set(nil, "bodyLimits"))
		refused(t, err, errs.Invalid, "reset")
	})
	for _, c := range []struct {
		sentence string
		settings map[string]any
		says     string
	}{
		{"R22: a deadline of no days is refused", map[string]any{"deadlines": map[string]any{"reply.plenary": days(0)}}, "reply.plenary"},
		{"R22: one that has passed before it begins is refused", map[string]any{"deadlines": map[string]any{"reply.plenary": days(-3)}}, "reply.plenary"},
		{"M9: a deadline that no process names is refused", map[string]any{"deadlines": map[string]any{"reply.plenery": days(3)}}, "reply.plenery"},
		{"a checklist that no process names is refused", map[string]any{"checklists": map[string]any{"two_sx": map[string]any{"title": "清单", "items": []any{map[string]any{"text": "一", "want": ""}}}}}, "two_sx"},
		{"a number that no process names is refused", map[string]any{"numbers": map[string]any{"recept": "{year}-{seq}"}}, "recept"},
		{"a word for a state that no process has is refused", map[string]any{"labels": map[string]any{"proposal.FILD": "立"}}, "FILD"},
		{"a word for a kind of unit that there is not is refused", map[string]any{"labels": map[string]any{"unit.STREET": "街"}}, "unit.STREET"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.SetPolicy, set(c.settings))
			refused(t, err, errs.Invalid, "settings")
			if shown, _ := errs.As(err); shown == nil || !strings.Contains(shown.Message, c.says) {
				t.Errorf("the key is not named: %v", err)
			}
		})
	}
	t.Run("a deadline that a process of the committee names is its own", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			return w.client.Process.Create().SetKind("own").SetVersion(1).SetTitle("自有").SetHash("x").
				SetSource("timers:\n  - {key: answer, deadline: own.answer}\n").Exec(authz.System(ctx))
		})
		must(w, w.SetPolicy, set(map[string]any{"deadlines": map[string]any{"own.answer": days(7)}}))
	})
}

func (w *world) current() (p process.Policy) {
	w.t.Helper()
	w.do(func(ctx ctxT) (err error) {
		p, err = w.op.Engine.CurrentPolicy(ctx)
		return err
	})
	return p
}
