package roster

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// S1: by one person, with a body's name as free text, what protects others was
// switched off.
func TestSettingsThatProtectTakeTwo(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	set := func(key string, value any) NewPolicy {
		if of, part, deeper := strings.Cut(key, "."); deeper {
			key, value = of, map[string]any{part: value}
		}
		return NewPolicy{Settings: map[string]any{key: value}, Note: "调整", ApprovedBy: "主席会议"}
	}
	tight := map[string]any{"factorRoles": []string{"member"}, "minLength": 14, "idleMinutes": 60, "absoluteHours": 24, "single": true}
	if p := must(w, w.SetPolicy, set("signIn", tight)); PolicyProposed(p) {
		t.Fatal("what protects more waits for another person")
	}
	other := map[string]any{"reviewPasses": 1, "reviewPeople": 1, "contactRequired": false, "contactBy": "ANY",
		"officeAudit": true, "resignOnResubmit": false, "rejectBy": "ANY", "maxRounds": 9,
		"signIn.factor": "NONE", "signIn.factorRoles": []string{}, "signIn.graceDays": 30, "signIn.minLength": 12, "signIn.history": 0, "signIn.maxAgeDays": 0,
		"signIn.idleMinutes": 600, "signIn.privilegedIdleMinutes": 60, "signIn.absoluteHours": 48, "signIn.privilegedAbsoluteHours": 13, "signIn.single": false}
	for _, s := range protection().Settings {
		t.Run("S1: one person only proposes "+s.Setting, func(t *testing.T) {
			before := w.current()
			preview := must(w, w.PreviewPolicy, set(s.Setting, other[s.Setting]))
			if len(preview) != 1 || !preview[0].NeedsTwo {
				t.Fatal(preview)
			}
			p := must(w, w.SetPolicy, set(s.Setting, other[s.Setting]))
			if !PolicyProposed(p) || *p.ProposedByID != w.admin {
				t.Fatal(p)
			}
			if again := must(w, w.SetPolicy, set(s.Setting, other[s.Setting])); again.ID != p.ID {
				t.Error("proposed twice")
			}
			if now := w.current(); now.Version != before.Version {
				t.Errorf("in force: version %d", now.Version)
			}
		})
		if s.Least != nil {
			t.Run("S1: nobody goes below "+s.Setting, func(t *testing.T) {
				_, err := try(w, w.SetPolicy, set(s.Setting, *s.Least-1))
				refused(t, err, errs.Invalid, "settings")
				if shown, _ := errs.As(err); shown == nil || !strings.Contains(shown.Message, s.Says) {
					t.Error(err)
				}
			})
		}
	}
	if len(other) != len(protection().Settings) {
		t.Error("a setting is not tried")
	}
	if got := must(w, w.SetPolicy, set("bodyLimit", 1300)); PolicyProposed(got) || w.current().BodyLimit != 1300 || w.current().ReviewPasses != 3 {
		t.Error("a proposal stands in the way of what one person may change, or comes into force with it")
	}
	if p := must(w, w.SetPolicy, set("signIn", map[string]any{"factor": "ALL", "privilegedIdleMinutes": 15, "maxAgeDays": 90})); PolicyProposed(p) {
		t.Error("what protects more waits for another person")
	}
	_, err := try(w, w.SetPolicy, set("signIn.factorRoles", []string{"member", "nobody_known"}))
	refused(t, err, errs.Invalid, "settings")
	first := must(w, w.SetPolicy, set("reviewPasses", 2))
	t.Run("S1: who may confirm is told what changes, and not who proposed", func(t *testing.T) {
		w.do(func(ctx context.Context) error {
			rows, err := w.client.Notice.Query().Where(notice.TextContains("reviewPasses 由 3 改为 2")).All(authz.System(ctx))
			if err == nil && (len(rows) != 1 || rows[0].MembershipID != second) {
				t.Errorf("%v", rows)
			}
			return err
		})
	})
	t.Run("S1: who proposed does not confirm", func(t *testing.T) {
		_, err := try(w, w.ConfirmPolicy, first.Version)
		refused(t, err, errs.NotAllowed, "")
	})
	t.Run("S1: another confirms, and both names stand on the next version", func(t *testing.T) {
		got := mustAs(w, second, w.ConfirmPolicy, first.Version)
		if got.Version != first.Version+1 || !got.EffectiveFrom.Equal(today) || *got.Confirms != first.Version || *got.ProposedByID != w.admin || *got.ConfirmedByID != second {
			t.Fatal(got)
		}
		if p := w.current(); p.Version != got.Version || p.ReviewPasses != 2 || p.BodyLimit != 1300 {
			t.Fatal(p)
		}
		if again := mustAs(w, second, w.ConfirmPolicy, first.Version); again.ID != got.ID {
			t.Error("confirmed twice")
		}
		_, err := tryAs(w, second, w.ConfirmPolicy, got.Version)
		refused(t, err, errs.NotAllowedInState, "version")
		_, err = tryAs(w, second, w.ConfirmPolicy, 999)
		refused(t, err, errs.NotFound, "version")
	})
	t.Run("S1: what was proposed before another version is proposed again", func(t *testing.T) {
		_, err := tryAs(w, second, w.ConfirmPolicy, 2)
		refused(t, err, errs.Conflict, "version")
	})
	t.Run("S1: back to what is shipped takes two as well", func(t *testing.T) {
		if p := must(w, w.SetPolicy, NewPolicy{Reset: []string{"reviewPasses"}, Note: "恢复", ApprovedBy: "主席会议"}); !PolicyProposed(p) {
			t.Error(p)
		}
	})
	t.Run("a proposal of a later day takes effect on it", func(t *testing.T) {
		in := set("officeAudit", true)
		in.EffectiveFrom = on(2026, 7, 1)
		got := mustAs(w, second, w.ConfirmPolicy, must(w, w.SetPolicy, in).Version)
		if !got.EffectiveFrom.Equal(*on(2026, 7, 1)) || w.current().OfficeAudit {
			t.Fatal(got)
		}
		w.clock.Set(clock.StartOf(clock.Date(2026, 7, 1)))
		if !w.current().OfficeAudit {
			t.Error("not in force on its day")
		}
	})
}
