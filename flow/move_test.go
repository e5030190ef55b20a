package flow_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// next is version 2 of tiny: HELD is called MET, FIRST has a deadline, ASKED
// another one instead of its hours.
func next(t *testing.T) string {
	t.Helper()
	return strings.NewReplacer("version: 1", "version: 2", "HELD", "MEETING", "timers: [hours, late]", "timers: [late, more]",
		"  late: {label: 答复申请, deadline: sign.receipt, rungs: [3]}", "  late: {label: 答复申请, deadline: sign.receipt, rungs: [2]}\n  more: {label: 补充, within: {amount: 4, unit: CALENDAR_DAY}}").Replace(tiny)
}

func TestMoveTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.store.Ent()
	asked := w.do("ask", w.open(), nil)
	held := w.do("hold", w.open(), nil)
	shared := w.do("give", w.open(), nil)
	done := w.do("finish", w.do("hold", w.open(), nil), nil)
	var first, second, draft, other *gen.Process
	w.system(func(ctx context.Context) (err error) {
		first = c.Process.Query().OnlyX(ctx)
		if second, err = w.engine.Publish(ctx, []byte(next(t)), process.RolesOf(w.policy)); err != nil {
			return err
		}
		draft = c.Process.Create().SetKind("tiny").SetVersion(3).SetTitle("草稿").SetSource("x").SetHash("x").SetStatus("DRAFT").SaveX(ctx)
		other, err = w.engine.Publish(ctx, []byte(strings.Replace(tiny, "kind: tiny", "kind: other", 1)), process.RolesOf(w.policy))
		return err
	})
	move := func(m *flow.Case, to uuid.UUID, states map[string]string, reason string) error {
		return w.as("主任", func(ctx context.Context) error { return w.engine.MoveTo(ctx, m.Matter.ID, to, states, reason) })
	}
	t.Run("refused for a draft, another kind, what does not exist, a closed matter, without a reason", func(t *testing.T) {
		for _, x := range []struct {
			m      *flow.Case
			to     uuid.UUID
			reason string
			code   errs.Code
		}{
			{asked, draft.ID, "换版", errs.Invalid}, {asked, other.ID, "换版", errs.Invalid}, {asked, uuid.New(), "换版", errs.NotFound},
			{done, second.ID, "换版", errs.NotAllowedInState}, {asked, second.ID, " ", errs.Invalid},
		} {
			refused(t, move(x.m, x.to, nil, x.reason), x.code)
		}
		refused(t, w.as("主任", func(ctx context.Context) error { return w.engine.MoveTo(ctx, uuid.New(), second.ID, nil, "换版") }), errs.NotFound)
	})
	t.Run("a state that the new version does not have needs a place there", func(t *testing.T) {
		if e := refused(t, move(held, second.ID, nil, "换版"), errs.Invalid); e.Path[1] != "HELD" {
			t.Error(e.Path)
		}
		refused(t, move(held, second.ID, map[string]string{"HELD": "GONE"}, "换版"), errs.Invalid)
		refused(t, move(held, second.ID, map[string]string{"HELD": "DONE"}, "换版"), errs.Invalid)
	})
	t.Run("refused while deadlines are suspended", func(t *testing.T) {
		p := w.do("suspend", w.openOn(first), nil)
		refused(t, move(p, second.ID, nil, "换版"), errs.GuardFailed)
	})
	t.Run("on that version already nothing happens", func(t *testing.T) {
		if err := move(asked, first.ID, nil, ""); err != nil || len(w.steps(asked)) != 2 {
			t.Error(err)
		}
	})
	t.Run("deadlines of the same key go on, others are cancelled, new ones start", func(t *testing.T) {
		before := w.last(asked, "late")
		w.at(4, 9, 0)
		if err := move(asked, second.ID, nil, "统一版本"); err != nil {
			t.Fatal(err)
		}
		after := w.last(asked, "late")
		if after.ID != before.ID || !after.DueOn.Equal(*before.DueOn) || after.NextRungOn.Equal(*before.NextRungOn) {
			t.Errorf("%v then %v", before, after)
		}
		if h := w.last(asked, "hours"); h.Status != timer.StatusCANCELLED {
			t.Error(h.Status)
		}
		status(t, w.last(asked, "more"), timer.StatusRUNNING, day(8))
		if m := w.matter(asked); m.ProcessID != second.ID || m.State != "ASKED" || m.Version != asked.Version+1 || m.NextDueOn == nil {
			t.Errorf("%v", m)
		}
	})
	t.Run("the step names both versions and who did it; what was recorded stays", func(t *testing.T) {
		steps := w.steps(asked)
		s := steps[len(steps)-1]
		if len(steps) != 3 || s.Label != "换用新版流程" || s.Before["version"] != 1.0 || s.After["version"] != 2.0 || s.Reason != "统一版本" || s.ActorName != "主任" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a matter goes on in the new version, and back where that is still there", func(t *testing.T) {
		back := w.do("decide", asked, nil)
		if back.State != "OPEN" || back.Def.Version != 2 {
			t.Error(back.State)
		}
	})
	t.Run("a mapped state is taken with its turn and deadlines", func(t *testing.T) {
		if err := move(held, second.ID, map[string]string{"HELD": "MEETING"}, "换版"); err != nil {
			t.Fatal(err)
		}
		if m := w.matter(held); m.State != "MEETING" || m.Turn != "committee_staff" || len(w.timers(held, "meeting")) != 1 {
			t.Errorf("%v", m)
		}
		if s := w.steps(held); s[len(s)-1].Before["state"] != "HELD" || s[len(s)-1].After["state"] != "MEETING" {
			t.Errorf("%v", s[len(s)-1])
		}
	})
	t.Run("back to a state that only the old version had is refused", func(t *testing.T) {
		m := w.do("ask", w.do("hold", w.openOn(first), nil), nil)
		if err := move(m, second.ID, nil, "换版"); err != nil {
			t.Fatal(err)
		}
		_, err := w.try("主任", "decide", m.Matter.ID, nil)
		refused(t, err, errs.NotAllowedInState)
	})
	t.Run("shares go along with their own clocks", func(t *testing.T) {
		before := w.last(shared, "share")
		if err := move(shared, second.ID, nil, "换版"); err != nil {
			t.Fatal(err)
		}
		if after := w.last(shared, "share"); after.ID != before.ID || after.Status != timer.StatusRUNNING {
			t.Errorf("%v", after)
		}
	})
	t.Run("a share's state that the new version does not have needs a place too", func(t *testing.T) {
		m := w.do("give", w.open(), nil) // on version 2
		var third *gen.Process
		w.system(func(ctx context.Context) (err error) {
			third, err = w.engine.Publish(ctx, []byte(strings.NewReplacer("version: 2", "version: 4", "TAKEN", "GOT").Replace(next(t))), process.RolesOf(w.policy))
			return err
		})
		refused(t, move(m, third.ID, nil, "换版"), errs.Invalid)
		if err := move(m, third.ID, map[string]string{flow.ShareState("TAKEN"): "GOT"}, "换版"); err != nil {
			t.Fatal(err)
		}
		w.system(func(ctx context.Context) error {
			if a := c.Assignment.Query().Where().Order(gen.Desc("id")).FirstX(ctx); a.State != "GOT" {
				t.Error(a.State)
			}
			return nil
		})
	})
}

// openOn opens a matter on a version that is not the newest.
func (w *world) openOn(p *gen.Process) *flow.Case {
	w.t.Helper()
	all := w.store.Ent().Process
	w.system(func(ctx context.Context) error {
		return all.Update().Where(entprocess.StatusEQ(entprocess.StatusPUBLISHED), entprocess.IDNEQ(p.ID)).SetStatus("RETIRED").Exec(ctx)
	})
	c := w.open()
	w.system(func(ctx context.Context) error {
		return all.Update().Where(entprocess.StatusEQ(entprocess.StatusRETIRED)).SetStatus("PUBLISHED").Exec(ctx)
	})
	return c
}
