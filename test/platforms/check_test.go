package platforms_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/tenants/templates"
)

func TestTemplates(t *testing.T) {
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, policy := flow.NewRules(), process.DefaultPolicy()
	vocab.Register(s)
	opinions.Register(s)
	e := s.Vocabulary()
	for key, list := range policy.Checklists { // as a committee that goes without them
		list.Waived = "由街道党工委逐件把关"
		policy.Checklists[key] = list
	}
	for _, x := range templates.Platforms() {
		t.Run(x.Name+" closes its loop", func(t *testing.T) {
			d, err := process.Parse(x.Source)
			if err != nil {
				t.Fatal(err)
			}
			if d.Kind != x.Name || d.Title != x.Title || x.Summary == "" || x.Area == "" {
				t.Errorf("kind %q, title %q, summary %q, area %q", d.Kind, x.Title, x.Summary, x.Area)
			}
			for _, f := range e.Report(d, policy, rights, nil).Findings {
				t.Error(f)
			}
			for key, timer := range d.Timers {
				if timer.Within == nil || !strings.HasPrefix(timer.Deadline, d.Kind+".") {
					t.Errorf("the deadline %s cannot be changed by a committee's policy", key)
				}
				if len(timer.Notify) == 0 || len(timer.Rungs) == 0 {
					t.Errorf("nobody is told of the deadline %s", key)
				}
			}
		})
	}
}

// A checklist without words holds everything up until the committee has
// entered them or said why it goes without (domain.md trap 20).
func TestUnknownTexts(t *testing.T) {
	screened := obj{"valueNote": "居民反映多年，影响出行安全", "twoSix": list(true, true, false, false, false, false, false, false)}
	t.Run("while 两议六不议 has no words, 旅事商量 is not published", func(t *testing.T) {
		w := newWorld(t, nil)
		if err := w.publish("lushun"); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "两议六不议") {
			t.Errorf("published: %v", err)
		}
	})
	t.Run("while 三无 and 三有 have no words, 双百恳谈 is not published", func(t *testing.T) {
		w := newWorld(t, nil)
		if err := w.publish("shuangbai"); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "三无") {
			t.Errorf("published: %v", err)
		}
	})
	t.Run("when its words are taken away again, no topic is screened", func(t *testing.T) {
		w := newWorld(t, answered, "lushun")
		w.must("", func(ctx context.Context, c *gen.Client) error {
			decide(ctx, c, 2, clock.Date(2025, 3, 1), obj{"checklists": obj{"two_six": obj{"title": "两议六不议", "items": list(obj{"text": "", "want": "YES"})}}})
			return nil
		})
		w.open("联络员", "lushun", "路段交通安全").blocked("联络员", "screen", screened, "checklist")
	})
	t.Run("with the reason why the committee goes without, it is", func(t *testing.T) {
		w := newWorld(t, obj{"checklists": obj{"two_six": obj{"title": "两议六不议", "waived": "由街道党工委逐件把关", "items": list(obj{"text": "", "want": "YES"})}}}, "lushun")
		r := w.open("联络员", "lushun", "路段交通安全")
		r.do("联络员", "screen", obj{"valueNote": "居民反映多年，影响出行安全"})
		r.in("SCREENED")
	})
	t.Run("an answer that the committee does not want keeps the topic out", func(t *testing.T) {
		w := newWorld(t, answered, "lushun")
		r := w.open("联络员", "lushun", "路段交通安全")
		r.blocked("联络员", "screen", obj{"valueNote": "居民反映多年，影响出行安全", "twoSix": list(true, true, false, false, false, false, false, true)}, "checklist")
		r.refused("联络员", "screen", obj{"valueNote": "居民反映多年，影响出行安全", "twoSix": list(true)}, errs.Invalid)
		r.do("联络员", "screen", screened)
	})
}

// A committee's own deadline holds instead of the template's.
func TestOwnDeadline(t *testing.T) {
	w := newWorld(t, obj{"deadlines": obj{"dandong.hold": obj{"amount": 2, "unit": "CALENDAR_DAY"}}}, "dandong")
	r := w.open("干事", "dandong", "校企对接")
	if due := r.c.NextDueOn; due == nil || due.Format("2006-01-02") != "2025-03-05" {
		t.Errorf("due on %v, want 5 March", due)
	}
	w.sweep(2025, 3, 13) // a week late: those who look after the platform are told
	if w.notices("联络员") == 0 || w.notices("干事") == 0 {
		t.Errorf("联络员 has %d notices, 干事 %d", w.notices("联络员"), w.notices("干事"))
	}
}
