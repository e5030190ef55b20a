package flow_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// gated is a process with a gate, and with what only the engine does.
const gated = `
kind: gated
version: 1
title: 过闸
turns: {committee_staff: 主任}
timers:
  answer: {label: 答复, deadline: sign.receipt, rungs: [1]}
machines:
  matter:
    initial: BEFORE
    states:
      - {code: BEFORE, label: 闸前, turn: committee_staff, timers: [answer], visible: STAFF}
      - {code: BEHIND, label: 闸后, turn: committee_staff, waits: 等来信}
      - {code: DONE, label: 已结束, end: true}
    actions:
      - {code: pass, label: 过闸, from: [BEFORE], to: BEHIND, may: matter.arrange, guards: [gated.list, gated.form]}
      - {code: skip, label: 退出, from: [BEFORE], to: DONE, may: matter.approve}
      - {code: verify, label: 核实, from: [BEFORE], to: DONE, may: matter.approve, as: [gated.ours]}
      - {code: write, label: 记事, from: [BEFORE], may: matter.arrange}
      - {code: arrived, label: 来信, from: [BEHIND], to: DONE, automatic: true, guards: [never, gated.list]}
`

func newGates(t *testing.T, lacking *[]string) *world {
	w := newWorld(t)
	w.engine.Guard("gated.list", "材料齐全", flow.Listing(func(*flow.Input) []string { return *lacking }))
	w.engine.Relation("gated.ours", "是本政协自己的", func(in *flow.Input) bool { return in.Origin == nil }, flow.OfCase)
	w.engine.Guard("gated.form", "日期不在今天之后", func(in *flow.Input) error {
		if in.Form.Text("text") == "" {
			return errs.New(errs.Invalid, "请填写")
		}
		return nil
	}, flow.OnForm)
	w.system(func(ctx context.Context) error {
		_, err := w.engine.Publish(ctx, []byte(gated), process.RolesOf(w.policy))
		return err
	})
	return w
}

func (w *world) gatedMatter() (c *flow.Case) {
	w.t.Helper()
	err := w.as("主任", func(ctx context.Context) (err error) {
		c, err = w.engine.Start(ctx, flow.Opening{Kind: "gated", Title: "过闸", OwnerUnit: &w.unit})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func TestGates(t *testing.T) {
	t.Parallel()
	lacking := []string{"缺少报告", "缺少意见"}
	w := newGates(t, &lacking)
	c := w.gatedMatter()
	gates := func(who string) (list []flow.Gate) {
		t.Helper()
		err := w.as(who, func(ctx context.Context) error {
			all, err := w.engine.Gates(ctx, c.Matter.ID)
			list = all[c.Matter.ID]
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	t.Run("each way out names everything that is missing, whose turn it is and until when", func(t *testing.T) {
		list := gates("主任")
		if len(list) != 3 {
			t.Fatalf("%d gates", len(list))
		}
		g := list[0]
		want := []flow.Check{
			{Rule: "gated.list", Says: "材料齐全", Missing: lacking},
			{Rule: "gated.form", Says: "日期不在今天之后", OnForm: true},
		}
		if g.Action.Code != "pass" || g.To.Code != "BEHIND" || g.Turn != "主任" || g.DueOn == nil || g.Open() || !reflect.DeepEqual(g.Checks, want) {
			t.Errorf("%+v", g)
		}
		if len(list[1].Checks) != 0 || !list[1].Open() {
			t.Errorf("%+v", list[1])
		}
	})
	t.Run("who reads only his units' matters sees no gate that is not his to pass", func(t *testing.T) {
		if list := gates("局长"); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	})
	t.Run("what is another committee's to decide is no gate here", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Matter.UpdateOneID(c.Matter.ID).SetOrigin(map[string]any{"committee": "210200"}).Exec(ctx)
		})
		for _, g := range gates("主任") {
			if g.Action.Code == "verify" {
				t.Error("verify is a gate")
			}
		}
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Matter.UpdateOneID(c.Matter.ID).ClearOrigin().Exec(ctx)
		})
	})
	t.Run("the refusal names the first thing, how many there are, and lists them all", func(t *testing.T) {
		_, err := w.try("主任", "pass", c.Matter.ID, nil)
		e := refused(t, err, errs.GuardFailed)
		if e.Message != "缺少报告（共 2 项）" || !reflect.DeepEqual(e.Details["missing"], lacking) {
			t.Errorf("%s %v", e.Message, e.Details)
		}
	})
	t.Run("a gate whose list is empty is open, and asks the form when it is passed", func(t *testing.T) {
		lacking = nil
		if g := gates("主任")[0]; !g.Open() {
			t.Errorf("%+v", g)
		}
		_, err := w.try("主任", "pass", c.Matter.ID, nil)
		refused(t, err, errs.Invalid)
	})
}

func TestCarry(t *testing.T) {
	t.Parallel()
	lacking := []string{"缺少报告"}
	w := newGates(t, &lacking)
	var told []string
	var fails error
	w.engine.Watch(func(_ context.Context, r *flow.Run, from string) error {
		told = append(told, from+"→"+r.State)
		return fails
	})
	c := w.gatedMatter()
	arrive := func(by string) (err error) {
		return w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
			_, err := w.engine.Carry(authz.System(ctx), flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "arrived", By: by})
			return err
		})
	}
	t.Run("what the engine carries out asks the state", func(t *testing.T) {
		refused(t, arrive("大连市政协"), errs.NotAllowedInState)
	})
	lacking = nil
	if _, err := w.try("主任", "pass", c.Matter.ID, process.Form{"text": "x"}); err == nil {
		t.Fatal("the form has no such field")
	}
	w.system(func(ctx context.Context) error {
		return w.store.Ent().Matter.UpdateOneID(c.Matter.ID).SetState("BEHIND").Exec(ctx)
	})
	t.Run("nobody who is signed in may ask for it", func(t *testing.T) {
		_, err := w.try("主任", "arrived", c.Matter.ID, nil)
		refused(t, err, errs.NotAllowedInState)
	})
	t.Run("it asks the guards but never", func(t *testing.T) {
		lacking = []string{"缺少报告"}
		refused(t, arrive("大连市政协"), errs.GuardFailed)
		lacking = nil
	})
	t.Run("a watcher's error undoes the action", func(t *testing.T) {
		fails = errors.New("no")
		if err := arrive("大连市政协"); !errors.Is(err, fails) {
			t.Fatal(err)
		}
		if m := w.matter(c); m.State != "BEHIND" {
			t.Errorf("state is %s", m.State)
		}
		fails, told = nil, nil
	})
	t.Run("it stands in the timeline under who is said to have acted, and the watchers are told once", func(t *testing.T) {
		if err := arrive("大连市政协"); err != nil {
			t.Fatal(err)
		}
		steps := w.steps(c)
		if last := steps[len(steps)-1]; last.ActorName != "大连市政协" || last.ToState != "DONE" {
			t.Errorf("%+v", last)
		}
		if !reflect.DeepEqual(told, []string{"BEHIND→DONE"}) {
			t.Errorf("told %v", told)
		}
	})
}
