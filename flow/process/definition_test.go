package process_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestParse(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(secret, []byte(`{"type": "object"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	const form = "form: {required: [text], properties: {text: {type: string, title: 内容, maxLength: 5}}}"
	for _, c := range []struct{ sentence, source, place string }{
		{"an unknown key names its line", change(t, "title: 小事", "titel: 小事"), "第 4 行：不认识的项目“titel”；可以有 kind、version、title、turns、vacant、timers、machines"},
		{"an unknown key of a state too", change(t, "step: 1,", "stepp: 1,"), "不认识的项目“stepp”"},
		{"a value of the wrong kind names its line", change(t, "version: 1", "version: one"), "第 3 行：这里应为整数"},
		{"what is no YAML names its line", "kind: [", "第 1 行"},
		{"nothing is no definition", "", "流程定义是空的"},
		{"two states with one code", change(t, "code: LATE", "code: ASKED"), "matter：环节代码“ASKED”重复"},
		{"a state without a code", change(t, "code: LATE,", ""), "matter：有一个环节没有代码"},
		{"a state that is nothing", change(t, "states:\n      - {code: TAKEN", "states:\n      -\n      - {code: TAKEN"), "assignment：有一个环节没有代码"},
		{"two actions with one code", change(t, "code: hold", "code: note"), "matter：动作代码“note”重复"},
		{"an action without a code", change(t, "code: hold,", ""), "matter：有一个动作没有代码"},
		{"an action that is nothing", change(t, "actions:\n      - {code: answer", "actions:\n      - ~\n      - {code: answer"), "assignment：有一个动作没有代码"},
		{"a machine that is nothing", "machines: {matter: }", "machines.matter：没有内容"},
		{"a timer that is nothing", "timers: {t: }", "timers.t：没有内容"},
		{"a form that is no JSON Schema", change(t, form, "form: {properties: {text: {type: text}}}"), "matter.note：表单不是有效的 JSON Schema"},
		{"a form with a pattern that cannot be read", change(t, form, "form: {properties: {text: {pattern: '['}}}"), "matter.note：表单"},
		{"a form that refers to a file", change(t, form, "form: {properties: {text: {$ref: 'file://"+secret+"'}}}"), "“note”的表单不能引用别处"},
		{"a form that refers to an address", change(t, form, "form: {properties: {text: {$ref: 'http://localhost/x.json'}}}"), "“note”的表单不能引用别处"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := process.Parse([]byte(c.source))
			if e := refused(t, err, errs.Invalid); !strings.Contains(e.Message, c.place) {
				t.Errorf("it says %s", e.Message)
			}
		})
	}
	t.Run("a definition keeps its text and hash", func(t *testing.T) {
		d, err := process.Parse([]byte(tiny))
		if err != nil || d.Source != tiny || len(d.Hash) != 64 {
			t.Fatal(err)
		}
		if s := d.Machines[process.OfMatter].State("HELD"); s == nil || s.Label != "已开会" || d.Machines[process.OfMatter].Action("nothing") != nil {
			t.Error("its states and actions are not found")
		}
		if got := strings.Join(d.Machines[process.OfMatter].Allowed("HELD"), " "); got != "note return ask finish suspend resume" {
			t.Errorf("in HELD people may %s", got)
		}
	})
}

// rest is where another action can be put.
const rest = "- {code: reopen"

// gaps are changes to tiny and what Check finds then.
var gaps = []struct{ sentence, old, new, finding string }{
	{"an action that stays where it is is fine", "to: HELD, may: matter.manage", "may: matter.manage", ""},
	{"no kind, title or version", "version: 1", "version: 0", "definition.kind：代码、名称和版本（从 1 起）都要有"},
	{"a state that nothing leads to", "to: LATE, automatic", "to: OPEN, automatic", "matter.LATE：从起始环节到不了这里"},
	{"a state from which no end is reached", "from: [SECOND], to: DONE", "from: [SECOND], to: SECOND", "matter.FIRST：从这里到不了任何终点"},
	{"a state that nobody can leave", "from: [SECOND], to: DONE", "from: [FIRST], to: DONE", "matter.SECOND：没有动作能离开这里"},
	{"a waiting state without a deadline or a reason", "waits: 等人来处理", "waits: ''", "matter.LATE：等待却没有期限，也没有说明为什么没有"},
	{"a waiting state without a turn", "label: 已过期, turn: committee_staff", "label: 已过期", "matter.LATE：不知道轮到谁（turn 为“”）"},
	{"a turn that nobody knows", "label: 已过期, turn: committee_staff", "label: 已过期, turn: nobody", "matter.LATE：不知道轮到谁（turn 为“nobody”）"},
	{"a state's timer that is not defined", "timers: [hours, late]", "timers: [hour, late]", "matter.ASKED：期限“hour”没有定义"},
	{"a visibility that does not exist", "visible: TENANT", "visible: WORLD", "matter.DONE：可见范围“WORLD”不存在"},
	{"an action that no role holds", "may: matter.manage", "may: matter.nothing", "matter.chair：没有任何角色有权限“matter.nothing”"},
	{"an action without a permission", "may: matter.manage", "may: ''", "matter.chair：没有任何角色有权限“”"},
	{"an action without a name", "label: 主席决定, ", "", "matter.chair：没有名称"},
	{"a guard that does not exist", "guards: [tiny.allowed]", "guards: [tiny.alowed]", "matter.finish：条件“tiny.alowed”不存在"},
	{"an effect that does not exist", "effects: [tiny.met]", "effects: [tiny.meet]", "matter.refill：效果“tiny.meet”不存在"},
	{"a relation that does not exist", "as: [tiny.creator]", "as: [creator]", "matter.finish：关系“creator”不存在"},
	{"a chooser that does not exist", "choose: tiny.choose", "choose: tiny.chose", "timers.meeting：没有选取期限的规则“tiny.chose”"},
	{"a base event that does not exist", "base: tiny.meeting", "base: meeting", "timers.meeting：没有起算事件“meeting”"},
	{"A3: a chooser of another kind", "choose: tiny.choose", "choose: big.day", "timers.meeting：选取期限的规则“big.day”只用于 big 流程，“tiny”没有它要看的内容；可以有 tiny.choose、tiny.share"},
	{"A3: a base event of another kind", "base: tiny.meeting", "base: big.day", "timers.meeting：起算事件“big.day”只用于 big 流程"},
	{"A3: a chooser that looks at a share, for a deadline of the matter", "choose: tiny.choose", "choose: tiny.share", "timers.meeting：选取期限的规则“tiny.share”看的是各单位承办的一份"},
	{"A3: a base event that looks at a share, for a deadline of the matter", "base: tiny.meeting", "base: tiny.share", "timers.meeting：起算事件“tiny.share”看的是各单位承办的一份"},
	{"what looks at a share is fine for a deadline of the share", "share: {label: 办理, deadline: sign.receipt,", "share: {label: 办理, choose: tiny.share, base: tiny.share,", ""},
	{"A3: a deadline of less than nothing", "choose: tiny.choose, base: tiny.meeting", "within: {amount: -5, unit: WORKDAY}", "timers.meeting：within 的 amount 应大于 0，现在是 -5"},
	{"A3: a deadline of nothing", "choose: tiny.choose, base: tiny.meeting", "within: {amount: 0, unit: WORKDAY}", "timers.meeting：within 的 amount 应大于 0，现在是 0"},
	{"A3: a deadline of more than ten years", "choose: tiny.choose, base: tiny.meeting", "within: {amount: 121, unit: MONTH}", "timers.meeting：within 的 amount 过大：至多十年"},
	{"A11: a unit that does not exist is told with those that do", "choose: tiny.choose, base: tiny.meeting", "within: {amount: 5, unit: WEEK}", "timers.meeting：within 没有单位“WEEK”；可以有 WORKDAY、CALENDAR_DAY、MONTH、HOUR"},
	{"A11: a visibility too", "visible: TENANT", "visible: WORLD", "matter.DONE：可见范围“WORLD”不存在；可以有 PARTIES、STAFF、TENANT"},
	{"A11: an audience too", "audience: STAFF", "audience: ME", "matter.note：步骤的可见对象“ME”不存在；可以有 ALL、HANDLING、STAFF"},
	{"A11: a state too", "to: HELD, may: matter.manage", "to: HOLD, may: matter.manage", "matter.chair：到达环节“HOLD”不存在；可以有 OPEN、HELD、ASKED、LATE、FIRST、SECOND、DONE、$back"},
	{"A11: a right too", "may: matter.manage", "may: matter.nothing", "matter.chair：没有任何角色有权限“matter.nothing”；可以有 matter."},
	{"A11: a role too", "by: [unit_lead]", "by: [unit_head]", "assignment.answer：没有角色“unit_head”；可以有 member、"},
	{"A11: a word too", "guards: [tiny.allowed]", "guards: [tiny.alowed]", "matter.finish：条件“tiny.alowed”不存在；可以有 counted、"},
	{"A11: an argument that does not exist is told with those that do", "guards: [tiny.allowed]", "guards: [{counted: {last: 1}}]", "matter.finish：规则“counted”没有参数“last”；可以有 least、kinds"},
	{"A11: one of the wrong type is told what it should be", "guards: [tiny.allowed]", "guards: [{counted: {least: viele}}]", "matter.finish：规则“counted”的参数“least”应为整数"},
	{"A11: so is one that should be a list", "guards: [tiny.allowed]", "guards: [{counted: {kinds: 5}}]", "matter.finish：规则“counted”的参数“kinds”应为文字的列表"},
	{"A11: so are arguments that are no map", "guards: [tiny.allowed]", "guards: [{counted: 5}]", "matter.finish：规则“counted”的参数应写成 {参数: 值}；可以有 least、kinds"},
	{"a deadline that the policy does not have", "deadline: cosign.plenary", "deadline: cosign.never", "timers.hours：政策里没有期限“cosign.never”"},
	{"a timer without a name", "{label: 会前, ", "{", "timers.meeting：没有名称"},
	{"a column that an assignment does not have", "column: due_on", "column: due", "timers.share：交办没有“due”这一栏"},
	{"an audience that does not exist", "audience: STAFF", "audience: ME", "matter.note：步骤的可见对象“ME”不存在"},
	{"an ordered step that is skipped", "turn: committee_staff, timers: [meeting], step: 2", "turn: committee_staff, timers: [meeting], step: 3", "matter.hold：从第 1 步跳到第 3 步，中间的步骤被跳过"},
	{"a step backward without a reason", "may: matter.arrange, reason: true}\n      - {code: ask", "may: matter.arrange}\n      - {code: ask", "matter.return：退回前面的步骤必须写明理由"},
	{"a circle of automatic actions", rest, "- {code: again, label: 又来, from: [SECOND], to: FIRST, automatic: true, guards: [tiny.always]}\n      " + rest, "matter.FIRST：自动动作会来回循环"},
	{"an automatic action that asks for a right", "to: LATE, automatic: true", "to: LATE, automatic: true, may: matter.arrange", "matter.expire：自动动作不能要求权限"},
	{"an automatic action without a condition", "to: LATE, automatic: true, guards: [deadline_passed]", "to: LATE, automatic: true", "matter.expire：自动动作没有条件"},
	{"an expiry that is a person's action", "expires: expire", "expires: hold", "timers.hours：到期动作“hold”不是自动动作"},
	{"an expiry that does not exist", "expires: expire", "expires: gone", "timers.hours：到期动作“gone”不是自动动作"},
	{"an initial state that does not exist", "initial: OPEN", "initial: NEW", "matter.initial：起始环节“NEW”不存在"},
	{"an action from a state that does not exist", "from: [HELD, LATE], to: FIRST", "from: [HELD, LATER], to: FIRST", "matter.finish：出发环节“LATER”不存在"},
	{"an action to a state that does not exist", "to: HELD, may: matter.manage", "to: HOLD, may: matter.manage", "matter.chair：到达环节“HOLD”不存在"},
	{"a way back from where it begins", "from: [ASKED], to: $back", "from: [ASKED, OPEN], to: $back", "matter.decide：起始环节没有可以返回的环节"},
	{"an end that still has a deadline", "label: 已结束, end: true", "label: 已结束, end: true, timers: [late]", "matter.DONE：已经是终点，不能再有期限“答复申请”"},
	{"an own kind with a right of a shipped one", "may: matter.manage", "may: proposal.file", "matter.chair：自己的流程只能用 matter. 开头的权限，例如 matter.arrange，不能用“proposal.file”"},
	{"a machine of nobody", "  assignment:\n", "  person:\n", "person.-：流程只能属于 matter 或 assignment"},
	{"no machine of the matter", "  matter:\n", "  other:\n", "definition.machines：缺少事项的流程（matter）"},
}

func TestCheck(t *testing.T) {
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := checker()
	check := func(t *testing.T, source string) (out []string) {
		t.Helper()
		d, err := process.Parse([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(source, "\n")
		for _, f := range e.Check(d, process.DefaultPolicy(), process.RolesOf(policy)) {
			if f.Level != process.Error {
				t.Errorf("%v is no error", f)
			}
			if word := f.Place; f.Line > 0 && word != "-" && word != "initial" && (f.Line > len(lines) || !strings.Contains(lines[f.Line-1], word)) {
				t.Errorf("%s does not stand in line %d", f.Place, f.Line)
			}
			f.Line = 0
			out = append(out, f.String())
		}
		return out
	}
	t.Run("a definition whose loop closes is clean", func(t *testing.T) {
		if got := check(t, tiny); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
	for _, c := range gaps {
		t.Run(c.sentence, func(t *testing.T) {
			got := check(t, change(t, c.old, c.new))
			if joined := "\n" + strings.Join(got, "\n") + "\n"; c.finding != "" && !strings.Contains(joined, "\n"+c.finding) {
				t.Errorf("it finds %v", got)
			}
			if c.finding == "" && len(got) != 0 {
				t.Errorf("it finds %v", got)
			}
		})
	}
	t.Run("an automatic circle is none when it awaits what somebody does", func(t *testing.T) {
		got := check(t, change(t, rest, "- {code: again, label: 又来, from: [SECOND], to: FIRST, automatic: true, awaits: 新的答复, guards: [tiny.always]}\n      "+rest))
		if len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
	t.Run("an own kind's turn is a role, a party or the units", func(t *testing.T) {
		for _, turn := range []string{"street_liaison", "HOST"} {
			if got := check(t, strings.NewReplacer("{committee_staff: 主任", "{"+turn+": 主任", "turn: committee_staff", "turn: "+turn).Replace(tiny)); len(got) != 0 {
				t.Errorf("%s: %v", turn, got)
			}
		}
		got := check(t, strings.NewReplacer("{committee_staff: 主任", "{boss: 主任", "turn: committee_staff", "turn: boss").Replace(tiny))
		if len(got) != 6 || !strings.Contains(got[0], "轮到的“boss”既不是角色，也不是当事方") {
			t.Errorf("%v", got)
		}
		shipped := strings.NewReplacer("kind: tiny", "kind: cohort", "{committee_staff: 主任", "{boss: 主任", "turn: committee_staff", "turn: boss").Replace(tiny)
		if got := check(t, shipped); len(got) != 0 {
			t.Errorf("the shipped kinds have turns of their own: %v", got)
		}
	})
	t.Run("the findings are listed in the same order every time", func(t *testing.T) {
		broken := strings.NewReplacer("deadline: ", "deadline: no.").Replace(tiny)
		first := strings.Join(check(t, broken), "\n")
		for range 10 {
			if got := strings.Join(check(t, broken), "\n"); got != first {
				t.Fatalf("%s\nthen\n%s", first, got)
			}
		}
	})
}

func TestWordsAreRegisteredOnce(t *testing.T) {
	words := checker()
	defer func() {
		if recover() == nil {
			t.Error("a name was taken twice")
		}
	}()
	words.Add(process.Word{Sort: process.Guard, Name: "tiny.always"})
}

func TestTurnsOfAState(t *testing.T) {
	t.Parallel()
	d, err := process.Parse([]byte(strings.Replace(two, "turn: a", "turn: [a, b]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	m := d.Machines[process.OfMatter]
	if first, last := m.States[0], m.States[1]; !slices.Equal(first.Turns, []string{"a", "b"}) || first.Turn != "a" || !slices.Equal(last.Turns, []string{"b"}) || last.Turn != "b" {
		t.Errorf("%+v %+v", first, last)
	}
	if o := d.Timers["t"].Owes; !slices.Equal(o, []string{"b"}) {
		t.Error(o)
	}
	if to := d.Machines[process.OfMatter].Action("go").Tells; to == nil || len(*to) != 0 {
		t.Error("an empty list tells nobody, and is another thing than none")
	}
}

const two = `
kind: two
version: 1
title: 二人
turns: {a: 甲, b: 乙}
timers: {t: {label: 期限, within: {amount: 1, unit: MONTH}, owes: b}}
machines:
  matter:
    initial: A
    states:
      - {code: A, label: 甲, turn: a, timers: [t]}
      - {code: B, label: 乙, turn: b, waits: 不急}
    actions:
      - {code: go, label: 去, from: [A], to: B, may: matter.follow, tells: []}
`
