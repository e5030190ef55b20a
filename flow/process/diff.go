package process

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/authz"
)

// Change is one difference between two versions of a process, in words. Field,
// Old and New are empty where the whole thing was added or removed.
type Change struct {
	Machine string // matter, assignment, timers, turns or definition
	Place   string // code of the state, action, timer or turn
	What    string // 环节, 动作, 期限, 轮到, 定义
	Label   string // its name; the new one where it changed
	Kind    ChangeKind
	Field   string // in Chinese
	Old     string
	New     string
}

// ChangeKind is what happened to a place.
type ChangeKind string

const (
	Added   ChangeKind = "ADDED"
	Removed ChangeKind = "REMOVED"
	Changed ChangeKind = "CHANGED"
)

func (c Change) String() string {
	what := c.What + "“" + c.Label + "”"
	switch c.Kind {
	case Added:
		return "新增" + what
	case Removed:
		return "删除" + what
	}
	return fmt.Sprintf("%s的%s由“%s”改为“%s”", what, c.Field, c.Old, c.New)
}

// Diff lists what b has otherwise than a: the definition's own name, turns,
// timers, then the states and actions of each machine, each in the order of b
// with what is gone at its end. The same two give the same list every time.
// The version and the text's comments and layout are no difference.
func Diff(a, b *Definition) []Change {
	var d differ
	d.fields("definition", "", "定义", b.Title, [][3]string{{"名称", a.Title, b.Title}, {"代码", a.Kind, b.Kind}})
	both(sortedKeys(a.Turns), sortedKeys(b.Turns), func(code string, was, is bool) {
		if d.whole("turns", code, "轮到", orElse(b.Turns[code], a.Turns[code]), was, is) {
			d.fields("turns", code, "轮到", b.Turns[code], [][3]string{{"名称", a.Turns[code], b.Turns[code]}})
		}
	})
	both(sortedKeys(a.Vacant), sortedKeys(b.Vacant), func(code string, was, is bool) {
		if d.whole("vacant", code, "没有人担任时", orElse(b.Turns[code], a.Turns[code]), was, is) {
			d.fields("vacant", code, "没有人担任时", b.Turns[code], [][3]string{{"由谁代办", a.turnLabels(a.Vacant[code]), b.turnLabels(b.Vacant[code])}})
		}
	})
	both(sortedKeys(a.Timers), sortedKeys(b.Timers), func(code string, was, is bool) {
		label := b.timerLabel(code)
		if !is {
			label = a.timerLabel(code)
		}
		if d.whole("timers", code, "期限", label, was, is) {
			d.fields("timers", code, "期限", label, pairs(a.Timers[code].words(), b.Timers[code].words()))
		}
	})
	for _, name := range []string{OfMatter, OfAssignment} {
		d.machine(name, a, b)
	}
	return d.found
}

type differ struct{ found []Change }

// whole notes what was added or removed, and answers whether it is in both.
func (d *differ) whole(machine, place, what, label string, was, is bool) bool {
	if was && is {
		return true
	}
	kind := Added
	if was {
		kind = Removed
	}
	d.found = append(d.found, Change{Machine: machine, Place: place, What: what, Label: orElse(label, place), Kind: kind})
	return false
}

func (d *differ) fields(machine, place, what, label string, values [][3]string) {
	for _, v := range values {
		if v[1] != v[2] {
			d.found = append(d.found, Change{machine, place, what, orElse(label, place), Changed, v[0], orElse(v[1], "无"), orElse(v[2], "无")})
		}
	}
}

func (d *differ) machine(name string, a, b *Definition) {
	was, is := a.Machines[name], b.Machines[name]
	if was == nil {
		was = &Machine{}
	}
	if is == nil {
		is = &Machine{}
	}
	d.fields(name, "initial", "流程", name, [][3]string{{"起始环节", stateLabel(was, was.Initial), stateLabel(is, is.Initial)}})
	both(codes(was.States), codes(is.States), func(code string, before, after bool) {
		x, y := was.State(code), is.State(code)
		if !after {
			d.whole(name, code, "环节", x.Label, before, after)
		} else if d.whole(name, code, "环节", y.Label, before, after) {
			d.fields(name, code, "环节", y.Label, pairs(x.words(a), y.words(b)))
		}
	})
	both(codes(was.Actions), codes(is.Actions), func(code string, before, after bool) {
		x, y := was.Action(code), is.Action(code)
		if !after {
			d.whole(name, code, "动作", x.Label, before, after)
		} else if d.whole(name, code, "动作", y.Label, before, after) {
			d.fields(name, code, "动作", y.Label, pairs(x.words(was), y.words(is)))
			d.fields(name, code, "动作", y.Label, formWords(x.Form, y.Form))
		}
	})
}

// both visits the codes of the new, then those that only the old has.
func both(was, is []string, visit func(code string, was, is bool)) {
	for _, c := range is {
		visit(c, slices.Contains(was, c), true)
	}
	for _, c := range was {
		if !slices.Contains(is, c) {
			visit(c, true, false)
		}
	}
}

type coded interface{ code() string }

func (s *State) code() string  { return s.Code }
func (a *Action) code() string { return a.Code }

func codes[T coded](list []T) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.code()
	}
	return out
}

type said [][2]string // field and value, in Chinese

func pairs(a, b said) [][3]string {
	out := make([][3]string, len(a))
	for i := range a {
		out[i] = [3]string{a[i][0], a[i][1], b[i][1]}
	}
	return out
}

func (s *State) words(d *Definition) said {
	timers := make([]string, len(s.Timers))
	for i, t := range s.Timers {
		timers[i] = d.timerLabel(t)
	}
	return said{
		{"名称", s.Label}, {"阶段", s.Stage}, {"轮到", d.turnLabels(s.Turns)}, {"期限", list(timers)}, {"无期限的理由", s.Waits},
		{"是否终点", yes(s.End)}, {"步骤", number(s.Step)}, {"可见范围", s.Visible},
	}
}

func (a *Action) words(m *Machine) said {
	from := make([]string, len(a.From))
	for i, f := range a.From {
		from[i] = stateLabel(m, f)
	}
	to := stateLabel(m, a.To)
	if a.To == Back {
		to = "返回原来的环节"
	}
	told := ""
	if a.Tells != nil {
		told = orElse(list(*a.Tells), "不告知")
	}
	return said{
		{"名称", a.Label}, {"从", list(from)}, {"到", to}, {"权限", a.Permission}, {"限于", roleNames(a.By)}, {"关系", ruleWords(a.As)},
		{"条件", ruleWords(a.Guards)}, {"效果", ruleWords(a.Effects)}, {"是否须写理由", yes(a.Reason)}, {"是否自动", yes(a.Automatic)},
		{"等待", a.Awaits}, {"步骤的可见对象", a.Audience}, {"告知", told},
	}
}

// units of a deadline in words.
var unitWords = map[string]string{"WORKDAY": "个工作日", "CALENDAR_DAY": "日", "MONTH": "个月", "HOUR": "小时"}

func itemLabels(kinds []string) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = orElse(ItemKinds[k], k)
	}
	return out
}

func (t *TimerDef) words() said {
	within := ""
	if t.Within != nil {
		within = strconv.Itoa(t.Within.Amount) + " " + orElse(unitWords[string(t.Within.Unit)], string(t.Within.Unit))
	}
	rungs := make([]string, len(t.Rungs))
	for i, r := range t.Rungs {
		switch {
		case r > 0:
			rungs[i] = "前 " + strconv.Itoa(r) + " 天"
		case r == 0:
			rungs[i] = "当天"
		default:
			rungs[i] = "逾期 " + strconv.Itoa(-r) + " 天"
		}
	}
	return said{
		{"名称", t.Label}, {"政策期限", t.Deadline}, {"时长", within}, {"选取规则", t.Choose}, {"起算", t.Base}, {"提醒", list(rungs)},
		{"谁的期限", list(t.Owes)}, {"提醒给", roleNames(t.Notify)}, {"升级给", roleNames(t.Escalate)}, {"是否只计一次", yes(t.Once)}, {"到期是否只关窗口", yes(t.Quiet)},
		{"显示栏", t.Column}, {"到期动作", t.Expires}, {"条目", list(itemLabels(t.Items))},
	}
}

// formWords names the fields that were added, removed or asked differently.
func formWords(a, b map[string]any) [][3]string {
	was, _ := a["properties"].(map[string]any)
	is, _ := b["properties"].(map[string]any)
	var out [][3]string
	both(sortedKeys(was), sortedKeys(is), func(field string, before, after bool) {
		switch {
		case !before:
			out = append(out, [3]string{"表单", "", "新增“" + fieldTitle(is[field], field) + "”一栏"})
		case !after:
			out = append(out, [3]string{"表单", "“" + fieldTitle(was[field], field) + "”一栏", ""})
		default:
			out = append(out, [3]string{"表单的“" + fieldTitle(is[field], field) + "”一栏", asJSON(was[field]), asJSON(is[field])})
		}
	})
	rest := func(form map[string]any) string {
		kept := map[string]any{}
		for k, v := range form {
			if k != "properties" {
				kept[k] = v
			}
		}
		if len(kept) == 0 {
			return ""
		}
		return asJSON(kept)
	}
	return append(out, [3]string{"表单的其他要求", rest(a), rest(b)})
}

func fieldTitle(schema any, field string) string {
	m, _ := schema.(map[string]any)
	title, _ := m["title"].(string)
	return orElse(title, field)
}

func ruleWords(rules []*Rule) string {
	out := make([]string, len(rules))
	for i, r := range rules {
		if r == nil {
			continue
		}
		if out[i] = r.Name; r.args != nil {
			out[i] += string(r.args) // JSON with sorted keys
		}
	}
	return list(out)
}

func stateLabel(m *Machine, code string) string {
	if s := m.State(code); s != nil {
		return orElse(s.Label, code)
	}
	return code
}

func asJSON(v any) string {
	b, _ := json.Marshal(v) // Parse has made JSON of it before
	return string(b)
}

func list(texts []string) string { return strings.Join(texts, "、") }

func yes(b bool) string {
	if b {
		return "是"
	}
	return "否"
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// roleNames are the shipped names of roles: a difference is the same in every
// committee. A committee's own role is called by its code.
func roleNames(codes []string) string {
	return authz.Names(codes, func(code string) string { return orElse(PostWord(code), authz.RoleName(code)) })
}
