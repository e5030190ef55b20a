package processes

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/grant"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

func TestWho(t *testing.T) {
	w := newWorld(t, "210203")
	p := w.published(walk)
	t.Run("everything takes processes.manage", func(t *testing.T) {
		for name, call := range map[string]func(context.Context) error{
			"CreateDraft":  func(ctx context.Context) error { _, err := w.CreateDraft(ctx, NewDraft{Source: walk}); return err },
			"Import":       func(ctx context.Context) error { _, err := w.Import(ctx, walk); return err },
			"FromTemplate": func(ctx context.Context) error { _, err := w.FromTemplate(ctx, "lushun"); return err },
			"unknown":      func(ctx context.Context) error { _, err := w.FromTemplate(ctx, "nothing"); return err },
			"UpdateDraft": func(ctx context.Context) error {
				_, err := w.UpdateDraft(ctx, Edit{Process: p.ID, Source: walk})
				return err
			},
			"Report":      func(ctx context.Context) error { _, _, err := w.Report(ctx, walk); return err },
			"Publish":     func(ctx context.Context) error { _, _, err := w.Publish(ctx, p.ID); return err },
			"Retire":      func(ctx context.Context) error { _, err := w.Retire(ctx, Retirement{p.ID, "x"}); return err },
			"Export":      func(ctx context.Context) error { _, err := w.Export(ctx, p.ID); return err },
			"Diff":        func(ctx context.Context) error { _, err := w.Diff(ctx, p.ID, p.ID); return err },
			"Simulate":    func(ctx context.Context) error { _, err := w.Simulate(ctx, DryRun{Source: walk}); return err },
			"Impact":      func(ctx context.Context) error { _, err := w.Impact(ctx, p.ID); return err },
			"MoveMatters": func(ctx context.Context) error { _, err := w.MoveMatters(ctx, Move{From: p.ID, To: p.ID}); return err },
			"Versions":    func(ctx context.Context) error { _, err := w.Versions(ctx, ""); return err },
		} {
			t.Run(name, func(t *testing.T) { refused(t, w.as("专委干部", call), errs.NotAllowed) })
		}
	})
	t.Run("another committee's versions are not there", func(t *testing.T) {
		home := w.d
		w.d = w.d.Beside("210203")
		_, err := try(w, w.Export, p.ID)
		refused(t, err, errs.NotFound)
		_, err = try(w, w.Impact, p.ID)
		refused(t, err, errs.NotFound)
		_, err = try(w, w.MoveMatters, Move{From: p.ID, To: p.ID, Reason: "换"})
		refused(t, err, errs.NotFound)
		_, err = try(w, w.UpdateDraft, Edit{Process: p.ID, Source: walk})
		refused(t, err, errs.NotFound)
		w.d = home
	})
}

func TestDrafts(t *testing.T) {
	w := newWorld(t)
	p := w.draft(walk)
	t.Run("the number of a version is given by the product and stands in the text", func(t *testing.T) {
		q := w.draft(strings.Replace(walk, "version: 7\n", "", 1))
		if p.Version != 1 || q.Version != 2 || p.Status != entprocess.StatusDRAFT || !strings.Contains(p.Source, "\nversion: 1\n") || !strings.Contains(q.Source, "\nversion: 2\nkind: walk\n") && !strings.Contains(q.Source, "version: 2\nkind: walk") {
			t.Errorf("%d %d\n%s", p.Version, q.Version, q.Source)
		}
		if !strings.HasPrefix(p.Source, "# 走访\n") {
			t.Error("the rest of the text was changed")
		}
		_, err := try(w, w.CreateDraft, NewDraft{Source: "{kind: walk, title: 走访}"})
		if e := refused(t, err, errs.Invalid); e.Path[0] != "source" {
			t.Error(e.Path)
		}
	})
	t.Run("a draft may be written again, by who has seen it", func(t *testing.T) {
		next := strings.Replace(walk, "走访恳谈", "走访座谈", 1)
		q := must(w, w.UpdateDraft, Edit{p.ID, next, p.Hash})
		if q.Title != "走访座谈" || q.Version != 1 || q.Hash == p.Hash {
			t.Errorf("%v", q)
		}
		if again := must(w, w.UpdateDraft, Edit{p.ID, next, p.Hash}); again.Hash != q.Hash {
			t.Error("the same text again is another")
		}
		_, err := try(w, w.UpdateDraft, Edit{p.ID, walk, p.Hash})
		refused(t, err, errs.VersionConflict)
	})
	t.Run("a draft keeps its kind, and is readable", func(t *testing.T) {
		_, err := try(w, w.UpdateDraft, Edit{Process: p.ID, Source: strings.Replace(walk, "kind: walk", "kind: talk", 1)})
		refused(t, err, errs.Invalid)
		_, err = try(w, w.UpdateDraft, Edit{Process: p.ID, Source: "kind: ["})
		refused(t, err, errs.Invalid)
		_, err = try(w, w.CreateDraft, NewDraft{Source: "title: 无代码"})
		refused(t, err, errs.Invalid)
		_, err = try(w, w.CreateDraft, NewDraft{Source: walk, Origin: "一\n二"})
		refused(t, err, errs.Invalid)
	})
	t.Run("what is published is never changed", func(t *testing.T) {
		if _, _, err := w.publish(p.ID); err != nil {
			t.Fatal(err)
		}
		_, err := try(w, w.UpdateDraft, Edit{Process: p.ID, Source: walk})
		refused(t, err, errs.NotAllowedInState)
		err = w.as("管理员", func(ctx context.Context) error {
			return w.client.Process.UpdateOneID(p.ID).SetSource("x").Exec(authz.System(ctx))
		})
		if err == nil {
			t.Error("the database let it")
		}
	})
	t.Run("every shipped template becomes a draft that can be published, once its checklists have words", func(t *testing.T) {
		for _, name := range []string{"lushun", "shuangbai"} {
			_, _, err := w.publish(must(w, w.FromTemplate, name).ID)
			refused(t, err, errs.Invalid)
		}
		w.waive("two_six", "three_none", "three_have")
		for _, tpl := range templates.Platforms() {
			d := must(w, w.FromTemplate, tpl.Name)
			if d.Origin != "模板 "+tpl.Name || d.Kind != tpl.Name {
				t.Errorf("%v", d)
			}
			if _, _, err := w.publish(d.ID); err != nil {
				t.Errorf("%s: %v", tpl.Name, err)
			}
		}
		_, err := try(w, w.FromTemplate, "nothing")
		refused(t, err, errs.NotFound)
	})
	t.Run("there are at most fifty drafts", func(t *testing.T) {
		for range maxDrafts {
			if _, err := try(w, w.CreateDraft, NewDraft{Source: walk}); err != nil {
				refused(t, err, errs.Limited)
				return
			}
		}
		t.Error("there is no end")
	})
}

func TestPublish(t *testing.T) {
	w := newWorld(t)
	t.Run("what does not close is refused with every place", func(t *testing.T) {
		d := w.draft(strings.NewReplacer("waits: 等材料", "waits: ''", "may: matter.hold", "may: proposal.file, by: [committee_staff]").Replace(walk))
		_, _, err := w.publish(d.ID)
		fs := refused(t, err, errs.Invalid).Details["findings"].([]map[string]any)
		if len(fs) != 4 || fs[0]["place"] != "talk" || fs[0]["line"] != 16 || fs[0]["level"] != "ERROR" || fs[1]["machine"] != "matter" || fs[1]["problem"] == "" {
			t.Errorf("%v", fs)
		}
	})
	t.Run("what nobody in office can do is only pointed out", func(t *testing.T) {
		d := w.draft(strings.Replace(walk, "stage: 办, turn: committee_staff", "stage: 办, turn: chair", 1))
		must(w, w.UpdateDraft, Edit{Process: d.ID, Source: strings.NewReplacer("stage: 办, turn: committee_staff", "stage: 办, turn: chair", "HOST: 主持人", "chair: 主席", "may: matter.archive", "may: matter.approve").Replace(walk)})
		_, warned, err := w.publish(d.ID)
		if err != nil || len(warned) != 1 || warned[0].Level != process.Warn || !strings.Contains(warned[0].Problem, "现在没有人担任主席") {
			t.Errorf("%v %v", warned, err)
		}
	})
	t.Run("who is no longer in office does not count", func(t *testing.T) {
		d := w.draft(walk)
		w.in(func(ctx context.Context) error {
			return w.client.Grant.Update().Where(grant.Role("committee_staff")).SetRevokedAt(w.now()).Exec(authz.System(ctx))
		})
		_, warned, err := w.publish(d.ID)
		if err != nil || len(warned) == 0 {
			t.Errorf("%v %v", warned, err)
		}
		w.in(func(ctx context.Context) error {
			return w.client.Grant.Update().Where(grant.Role("committee_staff")).ClearRevokedAt().Exec(authz.System(ctx))
		})
	})
	t.Run("twice is once; a retired one is not published", func(t *testing.T) {
		p := w.published(walk)
		if again, _, err := w.publish(p.ID); err != nil || again.ID != p.ID {
			t.Error(err)
		}
		_, err := try(w, w.Retire, Retirement{p.ID, " "})
		refused(t, err, errs.Invalid)
		must(w, w.Retire, Retirement{p.ID, "改版"})
		must(w, w.Retire, Retirement{p.ID, "改版"})
		_, _, err = w.publish(p.ID)
		refused(t, err, errs.NotAllowedInState)
	})
	t.Run("a checklist without texts and without a waiver holds publication up", func(t *testing.T) {
		source := strings.Replace(walk, "may: matter.hold}", "may: matter.hold, guards: [{checklist: {key: two_six, field: answers}}], form: {properties: {answers: {type: array, title: 两议六不议, items: {type: boolean}}}}}", 1)
		d := w.draft(source)
		_, _, err := w.publish(d.ID)
		fs := refused(t, err, errs.Invalid).Details["findings"].([]map[string]any)
		if fs[0]["place"] != "talk" || fs[0]["line"] != 16 {
			t.Errorf("%v", fs)
		}
		w.waive("two_six")
		if _, _, err := w.publish(d.ID); err != nil {
			t.Error(err)
		}
	})
	t.Run("the rules of a shipped kind are not for others", func(t *testing.T) {
		d := w.draft(strings.Replace(walk, "may: matter.hold}", "may: matter.hold, guards: [proposal.roles_fit]}", 1))
		_, _, err := w.publish(d.ID)
		if e := refused(t, err, errs.Invalid); !strings.Contains(e.Message, "只属于随产品提供的流程") {
			t.Error(e.Message)
		}
	})
}

func TestShippedKinds(t *testing.T) {
	w := newWorld(t)
	first := must(w, w.FromTemplate, "opinion")
	if _, _, err := w.publish(first.ID); err != nil {
		t.Fatal(err)
	}
	w.open("opinion")
	t.Run("they may have versions of the committee's own", func(t *testing.T) {
		p := w.published(strings.Replace(first.Source, "title: 社情民意", "title: 社情民意信息", 1))
		if p.Version != 2 {
			t.Error(p.Version)
		}
	})
	t.Run("which keep every state that a running matter is in", func(t *testing.T) {
		d := w.draft(strings.ReplaceAll(first.Source, "SUBMITTED", "HANDED_IN"))
		_, _, err := w.publish(d.ID)
		fs := refused(t, err, errs.Invalid).Details["findings"].([]map[string]any)
		if fs[0]["place"] != "SUBMITTED" || fs[0]["level"] != "ERROR" {
			t.Errorf("%v", fs)
		}
	})
	t.Run("the last version is not retired", func(t *testing.T) {
		must(w, w.Retire, Retirement{first.ID, "已有新版"})
		list := must(w, w.Versions, "opinion")
		_, err := try(w, w.Retire, Retirement{list[1].ID, "不要了"})
		refused(t, err, errs.Conflict)
	})
}

func TestExchange(t *testing.T) {
	w := newWorld(t, "210203")
	text := must(w, w.Export, w.published(walk).ID)
	t.Run("a text that was exported says the same in another committee", func(t *testing.T) {
		w.d = w.d.Beside("210203")
		w.draft(walk)
		p := must(w, w.Import, text)
		if p.Version != 2 || p.Origin != "导入" || p.Status != entprocess.StatusDRAFT {
			t.Errorf("%v", p)
		}
		a, _ := process.Parse([]byte(text))
		b, err := process.Parse([]byte(p.Source))
		if err != nil || len(process.Diff(a, b)) != 0 {
			t.Error(err)
		}
	})
	t.Run("two versions are compared", func(t *testing.T) {
		a, b := w.draft(walk), w.draft(strings.Replace(walk, "amount: 5", "amount: 9", 1))
		var changes []process.Change
		err := w.as("管理员", func(ctx context.Context) (err error) { changes, err = w.Diff(ctx, a.ID, b.ID); return err })
		if err != nil || len(changes) != 1 || changes[0].String() != "期限“恳谈”的时长由“5 个工作日”改为“9 个工作日”" {
			t.Errorf("%v %v", changes, err)
		}
	})
	t.Run("a report is made of a text that is not stored", func(t *testing.T) {
		err := w.as("管理员", func(ctx context.Context) error {
			d, r, err := w.Report(ctx, walk)
			if err == nil && (d.Kind != "walk" || !r.OK() || len(r.States) != 3) {
				t.Errorf("%+v", r)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestSimulate(t *testing.T) {
	w := newWorld(t)
	plan := process.Plan{Matters: 10, Horizon: 60, Otherwise: process.Delay{Min: 10, Max: 10}, Seed: 1}
	t.Run("a dry run writes nothing", func(t *testing.T) {
		r := must(w, w.Simulate, DryRun{Source: walk, Plan: plan})
		if r.Finished != 10 || r.States[0].Overdue != 10 {
			t.Errorf("%+v", r)
		}
		w.in(func(ctx context.Context) error {
			if n := w.client.Matter.Query().CountX(authz.System(ctx)); n != 0 {
				t.Errorf("%d matters", n)
			}
			return nil
		})
		id := w.draft(walk).ID
		if r := must(w, w.Simulate, DryRun{Process: &id, Plan: plan}); r.Finished != 10 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("it is bounded", func(t *testing.T) {
		for _, change := range []func(*process.Plan){
			func(p *process.Plan) { p.Matters = 0 }, func(p *process.Plan) { p.Matters = 1001 }, func(p *process.Plan) { p.Horizon = 0 },
			func(p *process.Plan) { p.Within = -1 }, func(p *process.Plan) { p.Visits = 99 }, func(p *process.Plan) { p.Otherwise.Max = 1 << 40 },
			func(p *process.Plan) { p.Delays = map[string]process.Delay{"x": {Min: -1}} }, func(p *process.Plan) { p.Weights = map[string]int{"x": -1} },
		} {
			in := DryRun{Source: walk, Plan: plan}
			change(&in.Plan)
			_, err := try(w, w.Simulate, in)
			refused(t, err, errs.Invalid)
		}
	})
}

func TestVersions(t *testing.T) {
	w := newWorld(t)
	first := w.published(walk)
	a, b, done := w.open("walk"), w.open("walk"), w.open("walk")
	act := func(c *flow.Case, action string) {
		err := w.as("专委干部", func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: action})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	act(b, "talk")
	act(done, "talk")
	act(done, "finish")
	second := w.published(strings.NewReplacer("TALKED", "HEARD", "stage: 提, turn: committee_staff", "stage: 提, turn: street_liaison").Replace(walk))
	t.Run("a version's impact is known before anything is moved", func(t *testing.T) {
		i := must(w, w.Impact, second.ID)
		if len(i.Running) != 2 || i.Running[0].State != "RAISED" || i.Running[0].Count != 1 || i.Running[0].Version != 1 || i.Running[1].Label != "已恳谈" {
			t.Errorf("%+v", i.Running)
		}
		if len(i.Unmapped) != 1 || i.Unmapped[0].State != "TALKED" {
			t.Errorf("%+v", i.Unmapped)
		}
		if len(i.Turns) != 1 || i.Turns[0].From != "专委会" || i.Turns[0].To != "街道" || i.Turns[0].Loses[0] != w.d.Who("专委干部").Membership || i.Turns[0].Gains[0] != w.d.Who("街道联络员").Membership {
			t.Errorf("%+v", i.Turns)
		}
	})
	t.Run("a running matter stays on its version until it is moved", func(t *testing.T) {
		if c := w.open("walk"); c.Def.Version != 2 {
			t.Error(c.Def.Version)
		}
		w.onVersion(t, a.Matter.ID, first.ID)
	})
	t.Run("refused without a reason, to a draft, to another kind, to itself", func(t *testing.T) {
		draft, other := w.draft(walk), w.published(strings.Replace(walk, "kind: walk", "kind: other", 1))
		for _, in := range []Move{{From: first.ID, To: second.ID}, {From: first.ID, To: draft.ID, Reason: "换"}, {From: first.ID, To: other.ID, Reason: "换"}, {From: first.ID, To: first.ID, Reason: "换"}} {
			_, err := try(w, w.MoveMatters, in)
			refused(t, err, errs.Invalid)
		}
	})
	t.Run("one that cannot be moved is left as it is and listed with why", func(t *testing.T) {
		r := must(w, w.MoveMatters, Move{From: first.ID, To: second.ID, Reason: "统一版本"})
		if r.Moved != 1 || len(r.Skipped) != 1 || r.Skipped[0].Matter != b.Matter.ID || !strings.Contains(r.Skipped[0].Reason, "TALKED") || r.Next != nil {
			t.Errorf("%+v", r)
		}
		w.onVersion(t, a.Matter.ID, second.ID)
		w.onVersion(t, b.Matter.ID, first.ID)
	})
	t.Run("called again it goes on with those that are still there; closed ones stay", func(t *testing.T) {
		r := must(w, w.MoveMatters, Move{From: first.ID, To: second.ID, Reason: "统一版本", Mapping: map[string]string{"TALKED": "HEARD"}})
		if r.Moved != 1 || len(r.Skipped) != 0 {
			t.Errorf("%+v", r)
		}
		if again := must(w, w.MoveMatters, Move{From: first.ID, To: second.ID, Reason: "统一版本"}); again.Moved != 0 {
			t.Errorf("%+v", again)
		}
		w.onVersion(t, done.Matter.ID, first.ID)
		act(b, "finish")
	})
	t.Run("more than a page are moved page by page", func(t *testing.T) {
		third := w.published(walk)
		w.in(func(ctx context.Context) error {
			for range movePage + 1 {
				_, err := w.engine.Start(authz.System(ctx), flow.Opening{Kind: "walk", Title: "某事"})
				if err != nil {
					return err
				}
			}
			return nil
		})
		in, moved, pages := Move{From: third.ID, To: second.ID, Reason: "退回旧版"}, 0, 0
		for {
			r := must(w, w.MoveMatters, in)
			moved, pages = moved+r.Moved, pages+1
			if in.After = r.Next; r.Next == nil {
				break
			}
		}
		if moved != movePage+1 || pages != 2 {
			t.Errorf("%d in %d pages", moved, pages)
		}
	})
}

func (w *world) onVersion(t *testing.T, matter, version uuid.UUID) {
	t.Helper()
	w.in(func(ctx context.Context) error {
		if m := w.client.Matter.GetX(authz.System(ctx), matter); m.ProcessID != version {
			t.Errorf("%s is on %s", m.State, m.ProcessID)
		}
		return nil
	})
}
