package platforms

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

const askingProcess = `
kind: asking
version: 1
title: 问需
turns: {committee_staff: 干部}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 商量中, turn: committee_staff, visible: STAFF, waits: 等各方商量}
      - {code: DONE, label: 已办结, end: true}
    actions:
      - {code: enter, label: 立题, may: matter.open, by: [committee_staff], reason: true,
         form: {required: [need], properties: {need: {type: string, title: 需求, minLength: 4}}}}
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

const answeringProcess = `
kind: answering
version: 1
title: 答需
turns: {committee_staff: 干部}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 商量中, turn: committee_staff, visible: STAFF, waits: 等各方商量}
      - {code: DONE, label: 已办结, end: true}
    actions:
      - {code: enter, label: 立题, may: matter.open, effects: [tiny.answer], form: {required: [answer], properties: {answer: {type: string, title: 答复}, other: {type: string}}}}
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow}
`

// A7: an opening action's `by` and `form` hold, and are shown beforehand.
func TestEntrance(t *testing.T) {
	w := newWorld(t)
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	w.system(func(ctx context.Context) error {
		for _, src := range []string{askingProcess, answeringProcess} {
			if _, err := w.engine.Publish(ctx, []byte(src), process.RolesOf(policy)); err != nil {
				return err
			}
		}
		return nil
	})
	in := spec("asking")
	in.ProcessKind = "asking"
	asking := w.create(in)
	in = spec("answering")
	in.ProcessKind = "answering"
	answering, plain := w.create(in), w.create(spec("plain"))
	need := map[string]any{"need": "增设候车亭"}
	t.Run("A7: who is not named in `by` is refused and knows beforehand", func(t *testing.T) {
		for who, may := range map[string]bool{"干部": true, "委员甲": false, "联络员甲": false} {
			w.do(who, func(ctx context.Context) error {
				a, allowed, err := w.Entrance(ctx, asking)
				if err == nil && (a.Label != "立题" || a.Form == nil || !a.Reason || allowed != may) {
					t.Errorf("%s is shown %v, %v", who, a, allowed)
				}
				return err
			})
			_, err := w.tryOpen(who, Opening{PlatformID: asking.ID, Title: "公交站点", Data: need, Reason: "群众反映"})
			if may && err != nil {
				t.Error(err)
			} else if !may {
				refused(t, err, errs.NotAllowed, "")
			}
		}
	})
	t.Run("A7: the form is asked for, and what it does not have is refused", func(t *testing.T) {
		for _, data := range []map[string]any{nil, {}, {"need": "短"}, {"need": 7}, {"need": "增设候车亭", "more": 1}} {
			_, err := w.tryOpen("干部", Opening{PlatformID: asking.ID, Title: "公交站点", Data: data, Reason: "群众反映"})
			refused(t, err, errs.Invalid, "data")
		}
		_, err := w.tryOpen("干部", Opening{PlatformID: asking.ID, Title: "公交站点", Data: need})
		refused(t, err, errs.Invalid, "reason")
		c := w.open("干部", Opening{PlatformID: asking.ID, Title: "公交站点", Data: need, Reason: "群众反映", PlanNote: "第三项"})
		if c.Data["need"] != "增设候车亭" || c.Data["planNote"] != "第三项" {
			t.Error(c.Data)
		}
	})
	t.Run("A7: its effects are carried out, and say what is kept", func(t *testing.T) {
		c := w.open("委员甲", Opening{PlatformID: answering.ID, Title: "公交站点", Data: map[string]any{"answer": "可以", "other": "不留"}})
		if c.Data["answer"] != "可以" || c.Data["other"] != nil {
			t.Error(c.Data)
		}
	})
	t.Run("a process that says nothing of opening asks nothing", func(t *testing.T) {
		w.do("委员甲", func(ctx context.Context) error {
			a, may, err := w.Entrance(ctx, plain)
			if a != nil || !may {
				t.Error(a, may)
			}
			return err
		})
	})
}
