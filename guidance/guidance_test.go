package guidance_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/processes"
)

var exchangeNone exchange.Object

// walkabout is a process of the city's own.
const walkabout = `kind: walkabout
version: 1
title: 走访
turns: {committee_staff: 专委会}
machines:
  matter:
    initial: RAISED
    states:
      - {code: RAISED, label: 走访中, stage: 提, turn: committee_staff, waits: 等材料, visible: STAFF}
      - {code: DONE, label: 已办结, stage: 评, end: true}
    actions:
      - {code: finish, label: 办结, from: [RAISED], to: DONE, may: matter.archive}
`

func refused(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// holds reports whether one of some texts says something.
func holds(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, part) })
}

func TestPublishedDownward(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publishes(w.District.District, walkabout)
	var first uuid.UUID
	w.run("it takes exchange.guide, and what is in force; partners are named, all of them or none", func(t *testing.T) {
		refused(t, w.Recorded("主任", "issueGuidance", func(ctx context.Context) error {
			_, err := w.Guidance.Issue(ctx, guidance.Issuing{Kind: "process", Code: "walkabout", Partners: []string{"210202"}})
			return err
		}), errs.NotAllowed)
		_, err := w.issue("process", "nothing", false, "210202")
		refused(t, err, errs.NotFound)
		_, err = w.issue("law", "walkabout", false, "210202")
		refused(t, err, errs.Invalid)
		_, err = w.issue("process", "walkabout", false)
		refused(t, err, errs.Invalid)
		_, err = w.issue("process", "walkabout", false, "210202", "990000")
		refused(t, err, errs.NotAllowed)
	})
	w.run("whoever may take it is told, and sees what it would change and what is lacking", func(t *testing.T) {
		var err error
		first, err = w.issue("process", "walkabout", true, "210202", "210203")
		w.OK(err)
		w.deliver()
		if !holds(notices(w.zhongshan, "管理员"), "大连市政协要求采用流程《走访》第 1 版") {
			t.Error(notices(w.zhongshan, "管理员"))
		}
		r, weighed := w.got(w.zhongshan, first), w.weighs(w.zhongshan, "管理员", first)
		if !r.Required || r.State != guidance.Open || weighed == nil || len(weighed.Changes) != 1 || weighed.Changes[0].After != "走访（本会还没有）" {
			t.Errorf("%+v %+v", r, weighed)
		}
		lacks := w.weighs(w.xigang, "管理员", first) // nobody there holds the role that acts
		if !slices.ContainsFunc(lacks.Findings, func(f guidance.Finding) bool { return strings.Contains(f.Problem, "办结") }) {
			t.Errorf("%+v", lacks.Findings)
		}
		if w.weighs(w.zhongshan, "秘书长", first) != nil {
			t.Error("weighed for who may not take it")
		}
	})
	w.run("the same once more goes to nobody, and is the same version", func(t *testing.T) {
		again, err := w.issue("process", "walkabout", true, "210202")
		w.OK(err)
		w.deliver()
		if again != first || len(notices(w.zhongshan, "管理员")) != 1 {
			t.Error(again, first, notices(w.zhongshan, "管理员"))
		}
	})
	w.run("required or not, it may be declined with a reason that the publisher reads", func(t *testing.T) {
		refused(t, w.decline(w.xigang, first, " "), errs.Invalid)
		w.OK(w.decline(w.xigang, first, "没有专委会干部"))
		w.deliver()
		if to := w.to(first, "210203"); to.State != guidance.Declined || to.Became != "没有专委会干部" {
			t.Errorf("%+v", to)
		}
	})
	w.run("taken, a process is a draft of the taker's own, once; the publisher hears when it is in force", func(t *testing.T) {
		refused(t, w.take(w.zhongshan, "干事", first), errs.NotAllowed)
		w.OK(w.take(w.zhongshan, "管理员", first))
		w.OK(w.take(w.zhongshan, "管理员", first))
		w.deliver()
		drafts := w.drafts(w.zhongshan, "walkabout")
		if len(drafts) != 1 || drafts[0].Origin != "大连市政协发布" {
			t.Fatalf("%+v", drafts)
		}
		if to := w.to(first, "210202"); to.State != guidance.Taken || to.Became != "流程“走访”第 1 版的草稿" {
			t.Errorf("%+v", to)
		}
		refused(t, w.decline(w.zhongshan, first, "不要了"), errs.NotAllowedInState)
		if n := w.settle(w.zhongshan); n != 0 {
			t.Error("a draft is in force")
		}
		w.OK(w.zhongshan.Recorded("管理员", "publishProcess", func(ctx context.Context) error {
			_, _, err := w.Processes.Publish(ctx, drafts[0].ID)
			return err
		}))
		if n, again := w.settle(w.zhongshan), w.settle(w.zhongshan); n != 1 || again != 0 {
			t.Error(n, again)
		}
		if to := w.to(first, "210202"); to.State != guidance.InForce || !holds(notices(w.District.District, "管理员"), "已施行《走访》第 1 版") {
			t.Errorf("%+v %v", to, notices(w.District.District, "管理员"))
		}
	})
	var second uuid.UUID
	w.run("changed, it is the next version and the one before is past", func(t *testing.T) {
		w.publishes(w.District.District, strings.Replace(walkabout, "label: 走访中", "label: 正在走访", 1))
		second = w.issued("process", "walkabout", "210202", "210203")
		w.deliver()
		weighed := w.weighs(w.zhongshan, "管理员", second)
		if !slices.Contains(weighed.Changes, guidance.Change{What: "环节“正在走访”的名称", Before: "走访中", After: "正在走访"}) {
			t.Errorf("%+v", weighed.Changes)
		}
		if r := w.got(w.xigang, second); r.Version != 2 || r.Past || !w.got(w.xigang, first).Past {
			t.Errorf("%+v", r)
		}
		refused(t, w.take(w.xigang, "管理员", first), errs.GuardFailed)
	})
	w.run("withdrawn it is not taken any more, and what was taken stays the taker's, who is told", func(t *testing.T) {
		w.OK(w.take(w.zhongshan, "管理员", second))
		w.withdraw(second)
		w.withdraw(second)
		w.deliver()
		refused(t, w.take(w.xigang, "管理员", second), errs.GuardFailed)
		if told := notices(w.zhongshan, "管理员"); !holds(told, "撤回了《走访》第 2 版：文件已修订。本会已采用的不受影响") || len(w.drafts(w.zhongshan, "walkabout")) != 1 {
			t.Error(told)
		}
		if to := w.to(second, "210203"); !to.Recalled {
			t.Errorf("%+v", to)
		}
	})
}

func TestRulesAndChecklistsDownward(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("a rule is a change of the taker's own settings, in force when its own rules let it", func(t *testing.T) {
		w.sets(w.District.District, map[string]any{"deadlines": map[string]any{"sign.receipt": map[string]any{"amount": 2, "unit": "WORKDAY"}}})
		id := w.issued("setting", "deadlines.sign.receipt", "210202")
		w.deliver()
		weighed := w.weighs(w.zhongshan, "管理员", id)
		if len(weighed.Changes) != 1 || !strings.Contains(weighed.Changes[0].Before, "3") || !strings.Contains(weighed.Changes[0].After, "2") || strings.Contains(weighed.Changes[0].After, "WORKDAY") {
			t.Fatalf("%+v", weighed)
		}
		w.OK(w.take(w.zhongshan, "管理员", id))
		w.deliver()
		if n := w.settle(w.zhongshan); n != 1 || w.to(id, "210202").State != guidance.InForce {
			t.Error(n, w.to(id, "210202"))
		}
	})
	w.run("what protects somebody is only proposed, and in force when a second person has confirmed it", func(t *testing.T) {
		w.sets(w.District.District, map[string]any{"reviewPasses": 2})
		w.OK(w.Recorded("秘书长", "confirmPolicy", func(ctx context.Context) error { _, err := w.settings.ConfirmPolicy(ctx, 2); return err }))
		id := w.issued("setting", "reviewPasses", "210202")
		w.deliver()
		if f := w.weighs(w.zhongshan, "管理员", id).Findings; len(f) != 1 || f[0].Blocks || !strings.Contains(f[0].Problem, "另一人确认") {
			t.Errorf("%+v", f)
		}
		w.OK(w.take(w.zhongshan, "管理员", id))
		if r := w.got(w.zhongshan, id); r.Became != "政策第 2 版的提议，另一人确认后生效" || w.settle(w.zhongshan) != 0 {
			t.Errorf("%+v", r)
		}
		w.OK(w.zhongshan.Recorded("秘书长", "confirmPolicy", func(ctx context.Context) error { _, err := w.settings.ConfirmPolicy(ctx, 2); return err }))
		if w.settle(w.zhongshan) != 1 {
			t.Error("not seen in force")
		}
	})
	w.run("a checklist goes with its words", func(t *testing.T) {
		list := map[string]any{"title": "三有", "waived": "", "items": []any{map[string]any{"text": "有依据", "want": "YES"}, map[string]any{"text": "有数据", "want": "YES"}, map[string]any{"text": "有办法", "want": "YES"}}}
		w.sets(w.District.District, map[string]any{"checklists": map[string]any{"three_have": list}})
		id := w.issued("checklist", "checklists.three_have", "210202")
		w.deliver()
		if c := w.weighs(w.zhongshan, "管理员", id).Changes; len(c) != 1 || !strings.Contains(c[0].After, "有依据") {
			t.Errorf("%+v", c)
		}
		w.OK(w.take(w.zhongshan, "管理员", id))
		if w.settle(w.zhongshan) != 1 {
			t.Error("not in force")
		}
	})
	w.run("what is nobody else's affair is not published", func(t *testing.T) {
		_, err := w.issue("setting", "signIn.minLength", false, "210202")
		refused(t, err, errs.NotFound)
	})
	w.run("a rule for what the taker has not is refused with the reason, and nothing is taken", func(t *testing.T) {
		w.drafted(w.District.District, strings.Replace(strings.Replace(walkabout, "version: 1", "version: 1\ntimers: {done: {label: 走访, deadline: walk.done}}", 1), "waits: 等材料", "timers: [done]", 1))
		w.sets(w.District.District, map[string]any{"deadlines": map[string]any{"walk.done": map[string]any{"amount": 9, "unit": "WORKDAY"}}})
		id := w.issued("setting", "deadlines.walk.done", "210202")
		w.deliver()
		if f := w.weighs(w.zhongshan, "管理员", id).Findings; len(f) != 1 || !f[0].Blocks {
			t.Errorf("%+v", f)
		}
		refused(t, w.take(w.zhongshan, "管理员", id), errs.Invalid)
		if r := w.got(w.zhongshan, id); r.State != guidance.Open {
			t.Errorf("%+v", r)
		}
	})
}

func TestTheFloorDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("a regulated process that is required is a draft, which two publish and the floor judges", func(t *testing.T) {
		id, err := w.issue("process", "proposal", true, "210202")
		w.OK(err)
		w.deliver()
		if c := w.weighs(w.zhongshan, "管理员", id).Changes; len(c) != 0 {
			t.Errorf("the same is a change: %+v", c)
		}
		below := `{"source":` + quoted(belowTheFloor(w)) + `}`
		bad := uuid.Must(uuid.NewV7())
		w.raw("210202", letter(bad, "process", "proposal", 9, 1, "提案", below))
		w.deliver()
		if f := w.weighs(w.zhongshan, "管理员", bad).Findings; !slices.ContainsFunc(f, func(f guidance.Finding) bool { return f.Blocks }) {
			t.Errorf("%+v", f)
		}
		w.OK(w.take(w.zhongshan, "管理员", bad))
		draft := w.drafts(w.zhongshan, "proposal")[0]
		refused(t, w.zhongshan.Recorded("管理员", "publishProcess", func(ctx context.Context) error {
			_, _, err := w.Processes.Publish(ctx, draft.ID)
			return err
		}), errs.Invalid)
	})
}

func TestFiguresDownward(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	filed := figures.Definition{Code: "own_filed", Label: "立案的提案", Unit: "件", Of: "matter", Among: figures.Condition{"kind": {Words: []string{"proposal"}}}, Readers: "proposal.read"}
	w.run("a definition is taken by who may define, and counts there", func(t *testing.T) {
		w.defines(w.District.District, filed)
		id := w.issued("figure", "own_filed", "210202", "210203")
		w.deliver()
		if w.weighs(w.zhongshan, "管理员", id) != nil {
			t.Error("weighed for who may not define")
		}
		if weighed := w.weighs(w.zhongshan, "秘书长", id); len(weighed.Findings) != 0 || len(weighed.Changes) == 0 {
			t.Errorf("%+v", weighed)
		}
		w.OK(w.take(w.zhongshan, "秘书长", id))
		if w.settle(w.zhongshan) != 1 {
			t.Error("not in force")
		}
	})
	w.run("one that names a unit or a platform of the publisher's own is not published, and refused where it comes", func(t *testing.T) {
		raw := `{"Code":"own_here","Label":"某平台","Of":"matter","Unit":"件","Among":{"platform":{"Words":["` + uuid.NewString() + `"]}}}`
		w.raw("210202", letter(uuid.Must(uuid.NewV7()), "figure", "own_here", 1, 1, "某平台", raw))
		w.deliver()
		if code := w.lastRefusal(); code != exchange.Malformed {
			t.Error(code)
		}
	})
}

func TestLettersThatAreNotAsTheyShouldBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := `{"source":` + quoted(walkabout) + `}`
	for name, c := range map[string]struct {
		body any
		want exchange.Code
	}{
		"a kind that this program does not know": {letter(uuid.New(), "decree", "x", 1, 1, "某", content), exchange.UnknownKind},
		"a newer form":                           {letter(uuid.New(), "process", "walkabout", 1, 2, "走访", content), exchange.NewerSchema},
		"content with more than is known":        {letter(uuid.New(), "process", "walkabout", 1, 1, "走访", `{"source":"x","more":1}`), exchange.Malformed},
		"a code that is not its definition's":    {letter(uuid.New(), "process", "other", 1, 1, "走访", content), exchange.Malformed},
		"no version":                             {letter(uuid.New(), "process", "walkabout", 0, 1, "走访", content), exchange.Malformed},
		"no title":                               {letter(uuid.New(), "process", "walkabout", 1, 1, " ", content), exchange.Malformed},
		"a setting that is not published":        {letter(uuid.New(), "setting", "signIn.minLength", 1, 1, "密码", `{"value":4}`), exchange.Malformed},
	} {
		w.run(name+" is refused with its code, and the next goes on", func(t *testing.T) {
			w.raw("210202", c.body)
			w.deliver()
			if got := w.lastRefusal(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	w.run("twice it changes nothing, another under the same id is refused", func(t *testing.T) {
		id := uuid.Must(uuid.NewV7())
		w.raw("210202", letter(id, "process", "walkabout", 1, 1, "走访", content))
		w.raw("210202", letter(id, "process", "walkabout", 1, 1, "走访", content))
		w.deliver()
		if n := len(notices(w.zhongshan, "管理员")); n != 1 {
			t.Error(n, "notices")
		}
		w.raw("210202", letter(id, "process", "walkabout", 2, 1, "走访", content))
		w.deliver()
		if got := w.lastRefusal(); got != exchange.Malformed {
			t.Error(got)
		}
	})
	w.run("an older version after a newer one is past and tells nobody; a withdrawal before its paper holds", func(t *testing.T) {
		newer, older, gone := uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())
		w.raw("210202", letter(newer, "process", "walkabout", 7, 1, "走访", content))
		w.deliver()
		before := len(notices(w.zhongshan, "管理员"))
		w.raw("210202", letter(older, "process", "walkabout", 6, 1, "走访", content))
		back := letter(gone, "process", "walkabout", 8, 1, "走访", content)
		back["withdrawn"], back["reason"], back["content"] = true, "作废", nil
		w.raw("210202", back)
		w.raw("210202", letter(gone, "process", "walkabout", 8, 1, "走访", content))
		w.deliver()
		if !w.got(w.zhongshan, older).Past || len(notices(w.zhongshan, "管理员")) != before {
			t.Errorf("%+v", w.got(w.zhongshan, older))
		}
		refused(t, w.take(w.zhongshan, "管理员", gone), errs.GuardFailed)
	})
	w.run("a word about what was not published to that partner is not believed", func(t *testing.T) {
		w.OK(w.zhongshan.Recorded("", "test", func(ctx context.Context) error {
			_, err := w.Exchange.Send(ctx, "210200", guidance.KindAnswer, map[string]any{"id": uuid.New(), "state": "TAKEN"}, exchangeNone)
			return err
		}))
		w.deliver()
		if got := refusalOf(w.zhongshan); got != exchange.UnknownObject {
			t.Error(got)
		}
	})
	w.run("while an agreement is suspended the withdrawal waits, and is told when it is called again", func(t *testing.T) {
		w.publishes(w.District.District, walkabout)
		id := w.issued("process", "walkabout", "210203")
		w.deliver()
		w.agreement("210203", true)
		w.withdraw(id)
		w.deliver()
		if r := w.got(w.xigang, id); r.WithdrawnAt != nil || w.to(id, "210203").Recalled {
			t.Errorf("%+v", r)
		}
		w.agreement("210203", false)
		w.withdraw(id)
		w.deliver()
		if r := w.got(w.xigang, id); r.WithdrawnAt == nil {
			t.Errorf("%+v", r)
		}
	})
}

func TestFirstVersionsSayTheSame(t *testing.T) {
	a, err := processes.AsFirst(walkabout)
	if err != nil {
		t.Fatal(err)
	}
	b, err := processes.AsFirst(strings.Replace(walkabout, "version: 1", "version: 12", 1))
	if err != nil || a != b {
		t.Error(err, a, b)
	}
}
