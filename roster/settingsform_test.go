package roster

import (
	"context"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSettingsForm(t *testing.T) {
	w := newWorld(t)
	all := func(ctx context.Context, _ struct{}) ([]Setting, error) { return w.Settings(ctx) }
	find := func(name string) Setting {
		list := must(w, all, struct{}{})
		i := slices.IndexFunc(list, func(s Setting) bool { return s.Name == name })
		if i < 0 {
			t.Fatalf("no setting %s among %d", name, len(list))
		}
		return list[i]
	}
	t.Run("each setting says what it is now, and what is shipped", func(t *testing.T) {
		must(w, w.SetPolicy, NewPolicy{Settings: map[string]any{"bodyLimit": 1300}, Note: "字数", ApprovedBy: "主席会议"})
		if s := find("bodyLimit"); s.Value != 1300.0 || s.Shipped != 1500.0 || s.NeedsTwo || s.Group == "" || s.Field.Title == "" {
			t.Fatalf("%+v", s)
		}
	})
	t.Run("one that protects says whom, and that it takes two", func(t *testing.T) {
		if s := find("maxRounds"); !s.NeedsTwo || s.Says == "" {
			t.Fatalf("%+v", s)
		}
	})
	t.Run("each stands once", func(t *testing.T) {
		seen := map[string]bool{}
		for _, s := range must(w, all, struct{}{}) {
			if seen[s.Name] {
				t.Error(s.Name)
			}
			seen[s.Name] = true
		}
		if !seen["checklists.two_six"] || !seen["deadlines.sign.receipt"] {
			t.Error(seen)
		}
	})
	bystander := w.staff("科员甲", "clerk-a").ID
	t.Run("who may not set them does not see them", func(t *testing.T) {
		_, err := tryAs(w, bystander, all, struct{}{})
		refused(t, err, errs.NotAllowed, "")
	})
}

func TestKinds(t *testing.T) {
	kinds := Kinds()
	for _, k := range []unit.Kind{unit.KindSECTOR, unit.KindHANDLING_UNIT, unit.KindVENUE_HOME} {
		if !slices.ContainsFunc(kinds, func(x Kind) bool {
			return x.Kind == k && x.Line == lineOf[k] && slices.Contains(x.Posts, seat.PostLIAISON)
		}) {
			t.Errorf("%s: %+v", k, kinds)
		}
	}
}
