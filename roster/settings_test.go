package roster

import (
	"maps"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSettings(t *testing.T) {
	w := newWorld(t)
	audited := NewPolicy{Settings: map[string]any{"officeAudit": true}, Note: "答复先审", ApprovedBy: "主席会议"}
	first := must(w, w.SetPolicy, audited)
	t.Run("a version begins today when no day is given", func(t *testing.T) {
		if first.Version != 1 || !first.EffectiveFrom.Equal(today) || first.ApprovedBy != "主席会议" {
			t.Fatal(first)
		}
		if p := w.current(); p.Version != 1 || !p.OfficeAudit {
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
		in := NewPolicy{Settings: map[string]any{"maxRounds": 3}, EffectiveFrom: day(2026, 7, 1), Note: "三轮", ApprovedBy: "主席会议"}
		if got := must(w, w.SetPolicy, in); got.Version != 2 {
			t.Fatal(got)
		}
		if p := w.current(); p.Version != 1 || p.MaxRounds == 3 {
			t.Fatal(p)
		}
	})
}

func TestSettingsRefused(t *testing.T) {
	w := newWorld(t)
	audited := NewPolicy{Settings: map[string]any{"officeAudit": true}, Note: "答复先审", ApprovedBy: "主席会议"}
	must(w, w.SetPolicy, NewPolicy{Settings: map[string]any{"maxRounds": 3}, EffectiveFrom: day(2026, 7, 1), Note: "三轮", ApprovedBy: "主席会议"})
	change := func(f func(*NewPolicy)) NewPolicy {
		in := audited
		in.Settings = maps.Clone(in.Settings)
		in.EffectiveFrom = day(2026, 7, 1)
		f(&in)
		return in
	}
	for _, c := range []struct {
		sentence string
		in       NewPolicy
		code     errs.Code
		path     string
	}{
		{"a version does not begin before the one it follows", change(func(n *NewPolicy) { n.EffectiveFrom = day(2026, 6, 30) }), errs.Conflict, "effectiveFrom"},
		{"a version does not begin in the past", change(func(n *NewPolicy) { n.EffectiveFrom = day(2026, 3, 1) }), errs.Invalid, "effectiveFrom"},
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
		if got := must(w, w.SetPolicy, change(func(n *NewPolicy) { n.Settings = nil })); got.Version != 2 {
			t.Fatal(got)
		}
		w.clock.Set(clock.StartOf(clock.Date(2026, 7, 1)))
		if p := w.current(); p.Version != 2 || p.OfficeAudit || p.MaxRounds != flow.DefaultPolicy().MaxRounds {
			t.Fatal(p)
		}
	})
}

func (w *world) current() (p flow.Policy) {
	w.t.Helper()
	w.do(func(ctx ctxT) (err error) {
		p, err = w.op.Engine.CurrentPolicy(ctx)
		return err
	})
	return p
}
