package flow_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func TestStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	t.Run("a matter begins in the initial state, with its turn, visibility and first step", func(t *testing.T) {
		m, steps := w.matter(c), w.steps(c)
		if m.State != "OPEN" || m.Turn != "committee_staff" || m.Visibility != matter.VisibilitySTAFF || m.Version != 1 || *m.CreatorID != w.people["主任"].Membership {
			t.Errorf("%v", m)
		}
		if len(steps) != 1 || steps[0].Action != "create" || steps[0].ToState != "OPEN" || steps[0].ActorName != "主任" {
			t.Errorf("%v", steps)
		}
	})
	t.Run("a kind without a process is refused", func(t *testing.T) {
		err := w.as("主任", func(ctx context.Context) error {
			_, err := w.engine.Start(ctx, flow.Opening{Kind: "none"})
			return err
		})
		refused(t, err, errs.Invalid)
	})
}

func TestDoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	id := c.Matter.ID
	cmd := func(change func(*flow.Command)) flow.Command {
		cmd := flow.Command{Machine: process.OfMatter, Subject: id, Action: "hold", Reason: "理由"}
		change(&cmd)
		return cmd
	}
	old := 7
	for _, x := range []struct {
		sentence, who string
		cmd           flow.Command
		code          errs.Code
	}{
		{"what does not exist is not found", "主任", cmd(func(c *flow.Command) { c.Subject = uuid.New() }), errs.NotFound},
		{"what the actor may not see is not found", "外人", cmd(func(*flow.Command) {}), errs.NotFound},
		{"a share that does not exist is not found", "主任", cmd(func(c *flow.Command) { c.Machine = process.OfAssignment }), errs.NotFound},
		{"an action of another state is refused", "主任", cmd(func(c *flow.Command) { c.Action = "return" }), errs.NotAllowedInState},
		{"an action that does not exist is refused", "主任", cmd(func(c *flow.Command) { c.Action = "nothing" }), errs.NotAllowedInState},
		{"an automatic action is nobody's", "主任", cmd(func(c *flow.Command) { c.Action = "expire" }), errs.NotAllowedInState},
		{"an action without the right is refused", "主任", cmd(func(c *flow.Command) { c.Action = "chair" }), errs.NotAllowed},
		{"so is one of who holds no role for it", "局长", cmd(func(*flow.Command) {}), errs.NotAllowed},
		{"an old version is refused", "主任", cmd(func(c *flow.Command) { c.Expected = &old }), errs.VersionConflict},
		{"a form that is not filled in is refused", "主任", cmd(func(c *flow.Command) { c.Action = "note" }), errs.Invalid},
		{"a form where none is asked for is refused", "主任", cmd(func(c *flow.Command) { c.Form = process.Form{"x": 1} }), errs.Invalid},
	} {
		t.Run(x.sentence, func(t *testing.T) {
			_, err := w.command(x.who, x.cmd)
			refused(t, err, x.code)
		})
	}
	t.Run("nobody is told to sign in", func(t *testing.T) {
		err := w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, cmd(func(*flow.Command) {}))
			return err
		})
		refused(t, err, errs.Unauthenticated)
	})
	t.Run("the refusal lists what may be done in the state, and the present version", func(t *testing.T) {
		_, err := w.try("主任", "return", id, nil)
		e := refused(t, err, errs.NotAllowedInState)
		if got := e.Details["allowedActions"].([]string); !slices.Contains(got, "hold") || slices.Contains(got, "return") || e.Details["state"] != "OPEN" || !strings.Contains(e.Message, "已打开") {
			t.Errorf("%v %v", e, e.Details)
		}
		_, err = w.command("主任", cmd(func(c *flow.Command) { c.Expected = &old }))
		if e := refused(t, err, errs.VersionConflict); e.Details["currentVersion"] != 1 {
			t.Errorf("%v", e.Details)
		}
	})
	t.Run("nothing of all this changed anything", func(t *testing.T) {
		if m := w.matter(c); m.State != "OPEN" || m.Version != 1 || len(w.steps(c)) != 1 {
			t.Errorf("%v", m)
		}
	})
}

func TestDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	id := c.Matter.ID
	t.Run("an action moves the state, the turn and the version, and writes its step", func(t *testing.T) {
		one := 1
		c, err := w.command("副主任", flow.Command{Machine: process.OfMatter, Subject: id, Action: "hold", Reason: "理由", Expected: &one})
		if err != nil || c.State != "HELD" || c.Version != 2 {
			t.Fatal(c, err)
		}
		s := w.steps(c)[1]
		if s.Action != "hold" || s.Label != "开会" || s.FromState != "OPEN" || s.ToState != "HELD" || s.ActorName != "副主任" || *s.ActorID != w.people["副主任"].Membership || s.Reason != "理由" {
			t.Errorf("%v", s)
		}
	})
	t.Run("a reason must be more than blanks", func(t *testing.T) {
		_, err := w.command("主任", flow.Command{Machine: process.OfMatter, Subject: id, Action: "return", Reason: "  "})
		if e := refused(t, err, errs.Invalid); len(e.Path) != 1 || e.Path[0] != "reason" {
			t.Errorf("%v", e.Path)
		}
	})
	t.Run("a guard that objects is named", func(t *testing.T) {
		w.allow = false
		defer func() { w.allow = true }()
		_, err := w.try("主任", "finish", id, nil)
		if e := refused(t, err, errs.GuardFailed); e.Details["guard"] != "tiny.allowed" || e.Message != "还不能结束" {
			t.Errorf("%v", e)
		}
	})
	t.Run("the right alone is not enough where a relation is asked for", func(t *testing.T) {
		_, err := w.try("副主任", "finish", id, nil)
		refused(t, err, errs.NotAllowed)
	})
}

func TestAnActionHappensWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	_, err := w.try("主任", "fail", c.Matter.ID, nil)
	if !errors.Is(err, errEffect) {
		t.Fatal(err)
	}
	if m := w.matter(c); m.State != "OPEN" || m.Title != "小事" || m.Version != 1 || len(w.steps(c)) != 1 {
		t.Errorf("%v", m)
	}
	t.Run("the step shows what an effect changed, to its audience", func(t *testing.T) {
		c := w.do("note", c, process.Form{"text": "一"})
		s := w.steps(c)[1]
		if s.Before["title"] != "小事" || s.After["title"] != "小事一" || s.Audience != step.AudienceSTAFF || s.FromState != "OPEN" || s.ToState != "OPEN" || c.Version != 2 {
			t.Errorf("%v", s)
		}
	})
	t.Run("an end closes the matter, a reopening opens it again", func(t *testing.T) {
		c := w.do("finish", w.do("hold", c, nil), nil)
		m := w.matter(c)
		if m.ClosedAt == nil || m.Visibility != matter.VisibilityTENANT || m.Turn != "" {
			t.Errorf("%v", m)
		}
		if c = w.do("reopen", c, nil); w.matter(c).ClosedAt != nil {
			t.Error("still closed")
		}
	})
}

func TestTwoPeopleAct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const people = 8
	race := func(cmd flow.Command) (won int, lost []error) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range people {
			wg.Go(func() {
				_, err := w.command([]string{"主任", "副主任"}[i%2], cmd)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					lost = append(lost, err)
				}
			})
		}
		wg.Wait()
		return won, lost
	}
	t.Run("the same action once: exactly one wins", func(t *testing.T) {
		c := w.open()
		won, lost := race(flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "hold"})
		if won != 1 {
			t.Errorf("%d won", won)
		}
		for _, err := range lost {
			refused(t, err, errs.NotAllowedInState)
		}
		if n := len(w.steps(c)); n != 2 || w.matter(c).Version != 2 {
			t.Errorf("%d steps", n)
		}
	})
	t.Run("on the version they saw: exactly one wins, the others are told", func(t *testing.T) {
		c, seen := w.open(), 1
		won, lost := race(flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "note", Form: process.Form{"text": "一"}, Expected: &seen})
		if won != 1 || w.matter(c).Title != "小事一" {
			t.Errorf("%d won, %s", won, w.matter(c).Title)
		}
		for _, err := range lost {
			refused(t, err, errs.VersionConflict)
		}
	})
	t.Run("one after the other: no change is lost", func(t *testing.T) {
		c := w.open()
		won, lost := race(flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "note", Form: process.Form{"text": "一"}})
		if m := w.matter(c); won != people || m.Title != "小事"+strings.Repeat("一", people) || m.Version != 1+people {
			t.Errorf("%d won, %v, %v", won, m, lost)
		}
	})
}

func TestBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("where a matter began there is no way back, were it published by an older check", func(t *testing.T) {
		d, err := process.Parse([]byte(strings.NewReplacer("kind: tiny", "kind: older", "from: [ASKED], to: $back", "from: [ASKED, OPEN], to: $back").Replace(tiny)))
		if err != nil {
			t.Fatal(err)
		}
		err = w.as("主任", func(ctx context.Context) error {
			w.store.Ent().Process.Create().SetKind(d.Kind).SetVersion(1).SetTitle("-").SetSource(d.Source).SetHash(d.Hash).SaveX(ctx)
			c, err := w.engine.Start(ctx, flow.Opening{Kind: d.Kind, Title: "旧事"})
			if err == nil {
				_, err = w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "decide"})
			}
			return err
		})
		refused(t, err, errs.NotAllowedInState)
	})
	c := w.open()
	t.Run("it returns to the state it came from", func(t *testing.T) {
		c = w.do("decide", w.do("ask", c, nil), nil)
		if c.State != "OPEN" {
			t.Fatal(c.State)
		}
		c = w.do("decide", w.do("ask", w.do("hold", c, nil), nil), nil)
		if c.State != "HELD" {
			t.Fatal(c.State)
		}
	})
	t.Run("what was noted meanwhile does not matter", func(t *testing.T) {
		c = w.do("ask", w.do("note", c, process.Form{"text": "一"}), nil)
		if c = w.do("decide", c, nil); c.State != "HELD" {
			t.Fatal(c.State)
		}
	})
}

func TestAutomaticActions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("what follows by itself follows in the same action, in order, as 系统", func(t *testing.T) {
		c := w.do("finish", w.do("hold", w.open(), nil), nil)
		var actions []string
		for _, s := range w.steps(c) {
			actions = append(actions, s.Action)
			if automatic := s.Action == "first" || s.Action == "second"; automatic != (s.ActorName == "系统") || automatic != (s.ActorID == nil) {
				t.Errorf("%v", s)
			}
		}
		if c.State != "DONE" || !slices.Equal(actions, []string{"create", "hold", "finish", "first", "second"}) {
			t.Errorf("%s %v", c.State, actions)
		}
	})
	t.Run("more than ten in a row are a mistake of the definition, and undone", func(t *testing.T) {
		loop := strings.NewReplacer("kind: tiny", "kind: loop",
			"{code: second, label: 自动二, from: [SECOND], to: DONE, automatic: true", "{code: second, label: 自动二, from: [SECOND], to: FIRST, automatic: true, awaits: 从来没有",
			"- {code: reopen", "- {code: end, label: 结束, from: [SECOND], to: DONE, may: matter.arrange}\n      - {code: reopen").Replace(tiny)
		var id uuid.UUID
		err := w.as("主任", func(ctx context.Context) error {
			if _, err := w.engine.Publish(ctx, []byte(loop), process.RolesOf(w.policy)); err != nil {
				return err
			}
			c, err := w.engine.Start(ctx, flow.Opening{Kind: "loop", Title: "循环"})
			if err == nil {
				id = c.Matter.ID
				_, err = w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: "hold"})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.try("主任", "finish", id, nil)
		if _, shown := errs.As(err); err == nil || shown || !strings.Contains(err.Error(), "more than 10 automatic actions") {
			t.Fatal(err)
		}
		w.system(func(ctx context.Context) error {
			if m := w.store.Ent().Matter.GetX(ctx, id); m.State != "HELD" {
				t.Error(m.State)
			}
			return nil
		})
	})
}

func TestAvailableIsWhatDoAllows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.allow = false
	open, held := w.open(), w.open()
	asked := w.do("ask", w.open(), nil)
	held = w.do("hold", held, nil)
	given := w.do("give", w.open(), nil)
	forms := map[string]process.Form{"note": {"text": "一"}}
	for _, who := range []string{"主任", "副主任", "局长"} {
		for _, c := range []*flow.Case{open, held, asked, given} {
			subjects := map[uuid.UUID]string{c.Matter.ID: process.OfMatter}
			for _, a := range c.Assignments {
				subjects[a.ID] = process.OfAssignment
			}
			err := w.as(who, func(ctx context.Context) error {
				available, err := w.engine.Available(ctx, c.Matter.ID)
				for id, machine := range subjects {
					w.agrees(t, ctx, c, machine, id, available[id], forms)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Run("what is blocked says why", func(t *testing.T) {
		_ = w.as("主任", func(ctx context.Context) error {
			available, err := w.engine.Available(ctx, held.Matter.ID)
			blocked := map[string]string{"finish": "还不能结束", "resume": "期限没有中止，不需要恢复"}
			for _, a := range available[held.Matter.ID] {
				if want := blocked[a.Action.Code]; a.Blocked != want {
					t.Errorf("%s: %q", a.Action.Code, a.Blocked)
				}
			}
			return err
		})
	})
	t.Run("nobody may do anything", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			if got, err := w.engine.Available(ctx, open.Matter.ID); err != nil || len(got) != 0 {
				t.Error(got, err)
			}
			return nil
		})
	})
}

// agrees tries every action of the machine and undoes it.
func (w *world) agrees(t *testing.T, ctx context.Context, c *flow.Case, machine string, id uuid.UUID, available []flow.Available, forms map[string]process.Form) {
	said := map[string]bool{}
	for _, a := range available {
		said[a.Action.Code] = a.Blocked == ""
	}
	undo := errors.New("undo")
	for _, a := range c.Def.Machines[machine].Actions {
		if a.Code == "fail" { // by an effect, not by a rule
			continue
		}
		err := tenants.Savepoint(ctx, func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: machine, Subject: id, Action: a.Code, Form: forms[a.Code], Reason: "理由"})
			return errors.Join(err, undo)
		})
		_, no := errs.As(err)
		if said[a.Code] == no {
			t.Errorf("%s in %s for %s: available says %v, Do says %v", a.Code, c.State, authz.From(ctx).Name, said[a.Code], err)
		}
	}
}
