package process

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/deadline"
)

// RoleSet answers whether some role that this tenant can fill holds a
// permission.
type RoleSet func(authz.Permission) bool

// RolesOf is the set of a policy's shipped roles.
func RolesOf(p *authz.Policy) RoleSet {
	held := map[authz.Permission]bool{}
	for _, perm := range p.Permissions() {
		held[perm] = true
	}
	return func(perm authz.Permission) bool { return held[perm] }
}

// Level is how much a finding weighs.
type Level string

const (
	Error Level = "ERROR" // the definition cannot be published
	Warn  Level = "WARN"  // shown to who publishes, who decides
)

// Finding is a place where a definition does not close its loop.
type Finding struct {
	Machine, Place string
	Line           int    // in the definition's text, 0 when it is not at one place
	Level          Level  // Check answers no empty one
	Problem        string // in Chinese, for the person who wrote the definition
}

// Errors are the findings for which a definition cannot be published.
func Errors(fs []Finding) (out []Finding) {
	for _, f := range fs {
		if f.Level == Error {
			out = append(out, f)
		}
	}
	return out
}

// Regulated reports whether a kind is one of the shipped ones, with rights and
// rules of their own; all others are a committee's own.
func Regulated(kind string) bool { return authz.Regulated(kind) }

func (f Finding) String() string {
	at := ""
	if f.Line > 0 {
		at = fmt.Sprintf("（第 %d 行）", f.Line)
	}
	return fmt.Sprintf("%s.%s%s：%s", f.Machine, f.Place, at, f.Problem)
}

// FindingTexts are findings in words, each with its place.
func FindingTexts(fs []Finding) []string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.String()
	}
	return out
}

// Check proves that a definition closes its loop, or lists every place where
// it does not: states that cannot be reached, states from which no end can be
// reached, waiting states without a deadline or a reason, without anybody
// whose turn it is, or that nobody can leave; actions that no role holds;
// guards, effects, relations and deadlines that do not exist; ordered steps
// that can be skipped; circles of automatic actions; an end that still has a
// deadline; and, of a committee's own kinds, rights and turns of the shipped
// ones. All are errors; what depends on who is in office is Report's question.
func (v *Vocabulary) Check(d *Definition, p Policy, roles RoleSet) []Finding {
	return (&checker{words: v, d: d, p: p, roles: roles}).check()
}

func (k *checker) check() []Finding {
	d := k.d
	if d.Kind == "" || d.Version < 1 || d.Title == "" {
		k.fault("definition", "kind", "代码、名称和版本（从 1 起）都要有")
	}
	if d.Machines[OfMatter] == nil {
		k.fault("definition", "machines", "缺少事项的流程（matter）")
	}
	for _, key := range slices.Sorted(maps.Keys(d.Timers)) {
		k.timer(key, d.Timers[key])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Machines)) {
		if name != OfMatter && name != OfAssignment {
			k.fault(name, "-", "流程只能属于 matter 或 assignment")
			continue
		}
		k.machine(name, d.Machines[name])
	}
	k.named()
	k.posts()
	k.office()
	for i := range k.found {
		if k.found[i].Level == "" { // a rule's own check says only what is wrong
			k.found[i].Level = Error
		}
	}
	return k.found
}

type checker struct {
	words  *Vocabulary
	d      *Definition
	p      Policy
	roles  RoleSet
	rights *authz.Policy // nil: which role may what is not known
	held   Held          // nil: who is in office is not asked
	found  []Finding
}

func (k *checker) fault(machine, place, problem string, args ...any) {
	k.found = append(k.found, Finding{machine, place, k.line(machine, place), Error, fmt.Sprintf(problem, args...)})
}

func (k *checker) warn(machine, place, problem string, args ...any) {
	k.found = append(k.found, Finding{machine, place, k.line(machine, place), Warn, fmt.Sprintf(problem, args...)})
}

func (k *checker) line(machine, place string) int {
	switch m := k.d.Machines[machine]; {
	case machine == "definition":
		return k.d.line(place)
	case machine == "timers":
		return k.d.line("timers", place)
	case m == nil:
		return 0
	case m.State(place) != nil:
		return m.State(place).Line
	case m.Action(place) != nil:
		return m.Action(place).Line
	}
	return k.d.line("machines", machine)
}

// itemClock checks a clock of items: its day is the item's own.
func (k *checker) itemClock(key string, t *TimerDef) {
	for _, kind := range t.Items {
		if ItemKinds[kind] == "" {
			k.fault("timers", key, "没有条目的类别“%s”", Clip(kind))
		}
	}
	if t.Deadline+t.Choose+t.Base+t.Column+t.Expires != "" || t.Within != nil || t.Quiet || t.Once {
		k.fault("timers", key, "条目的期限就是条目自己的日期，只写 label、items、rungs、notify 和 escalate")
	}
	if s := k.d.RunsIn(key); s != nil {
		k.fault("timers", key, "条目的期限随条目开始和结束，环节“%s”里不要列出", s.Label)
	}
}

func (k *checker) timer(key string, t *TimerDef) {
	if t.Label == "" {
		k.fault("timers", key, "没有名称")
	}
	if len(t.Items) > 0 {
		k.itemClock(key, t)
	} else if t.Choose == "" {
		if _, ok := k.p.Deadlines[t.Deadline]; !ok && t.Within == nil {
			k.fault("timers", key, "政策里没有期限“%s”%s", t.Deadline, Choices(t.Deadline, sortedKeys(k.p.Deadlines)))
		}
	} else {
		k.timerWord(key, "选取期限的规则", Chooser, t.Choose)
	}
	if t.Within != nil {
		k.within(key, t.Within)
	}
	for _, who := range append(slices.Clone(t.Notify), t.Escalate...) {
		if !k.role(who) && !slices.Contains(PartyRoles, who) {
			k.fault("timers", key, "没有角色或当事方“%s”可以通知%s", who, Choices(who, slices.Concat(k.roleCodes(), PartyRoles)))
		}
	}
	if len(t.Escalate) > 0 && !slices.ContainsFunc(t.Rungs, func(r int) bool { return r <= -7 }) {
		k.fault("timers", key, "升级通知从到期后第 7 天起，rungs 里要有 -7 或更晚的一级")
	}
	for _, who := range t.Owes {
		if k.d.Turns[who] == "" {
			k.fault("timers", key, "不知道是谁的期限（owes 为“%s”）", who)
		}
	}
	if t.Base != "" {
		k.timerWord(key, "起算事件", Base, t.Base)
	}
	if t.Column != "" && !slices.Contains(Columns, t.Column) {
		k.fault("timers", key, "交办没有“%s”这一栏%s", t.Column, Choices(t.Column, Columns))
	}
	if t.Expires != "" {
		if m := k.d.Machines[OfMatter]; m != nil {
			if a := m.Action(t.Expires); a == nil || !a.Automatic {
				k.fault("timers", key, "到期动作“%s”不是自动动作", t.Expires)
			}
		}
	}
}

// timerWord: the chooser or base is known, and looks at what is there.
func (k *checker) timerWord(key, what string, s Sort, name string) {
	w := k.words.Word(s, name)
	switch {
	case w == nil:
		k.fault("timers", key, "没有%s“%s”%s", what, name, Choices(name, k.words.names(s, k.d.Kind)))
	case !w.Holds(k.d.Kind):
		k.fault("timers", key, "%s“%s”只用于 %s 流程，“%s”没有它要看的内容%s", what, name, strings.Join(w.Kinds, "、"), k.d.Kind, Choices(name, k.words.names(s, k.d.Kind)))
	case w.Shared && k.ofMatter(key):
		k.fault("timers", key, "%s“%s”看的是各单位承办的一份，不能用于事项本身的环节", what, name)
	}
}

// ofMatter reports whether a state of the matter runs the timer.
func (k *checker) ofMatter(key string) bool {
	m := k.d.Machines[OfMatter]
	return m != nil && slices.ContainsFunc(m.States, func(s *State) bool { return slices.Contains(s.Timers, key) })
}

// within: how long is a whole number of something, more than nothing.
func (k *checker) within(key string, a *Amount) {
	b := deadline.Budget{Key: key, Base: epoch, Amount: a.Amount, Unit: a.Unit}
	switch {
	case !slices.Contains(units, string(a.Unit)):
		k.fault("timers", key, "within 没有单位“%s”%s", string(a.Unit), Choices(string(a.Unit), units))
	case a.Amount < 1:
		k.fault("timers", key, "within 的 amount 应大于 0，现在是 %d", a.Amount)
	case b.Validate() != nil:
		k.fault("timers", key, "within 的 amount 过大：至多十年")
	}
}

// permissions are those that the definition's actions can ask for.
func (k *checker) permissions() (out []string) {
	rights, err := authz.Load()
	if err != nil {
		return nil // the embedded policy is read by a test
	}
	for _, p := range rights.Permissions() {
		if p.Object == "matter" || (Regulated(k.d.Kind) && p.Object == k.d.Kind) {
			out = append(out, p.Object+"."+p.Action)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (k *checker) machine(name string, m *Machine) {
	if m.State(m.Initial) == nil {
		k.fault(name, "initial", "起始环节“%s”不存在%s", m.Initial, Choices(m.Initial, codes(m.States)))
		return
	}
	for _, a := range m.Actions {
		k.action(name, m, a)
	}
	moves := edges(m)
	next := withBack(m, moves)
	reached := closure(moves, m.Initial) // going back leads nowhere new
	back := closure(reverse(next), ends(m)...)
	for _, s := range m.States {
		k.state(name, m, s, next)
		if !reached[s.Code] {
			k.fault(name, s.Code, "从起始环节到不了这里")
		}
		if !back[s.Code] {
			k.fault(name, s.Code, "从这里到不了任何终点")
		}
	}
	k.order(name, m, next)
	k.circle(name, m)
}

func (k *checker) state(name string, m *Machine, s *State, next map[string][]string) {
	if s.Visible != "" && !slices.Contains(Visibilities, s.Visible) {
		k.fault(name, s.Code, "可见范围“%s”不存在%s", s.Visible, Choices(s.Visible, Visibilities))
	}
	for _, t := range s.Timers {
		if k.d.Timers[t] == nil {
			k.fault(name, s.Code, "期限“%s”没有定义%s", t, Choices(t, sortedKeys(k.d.Timers)))
		}
	}
	if s.End {
		if len(s.Timers) > 0 {
			k.fault(name, s.Code, "已经是终点，不能再有期限“%s”", k.d.timerLabel(s.Timers[0]))
		}
		return
	}
	if len(s.Timers) == 0 && s.Waits == "" {
		k.fault(name, s.Code, "等待却没有期限，也没有说明为什么没有")
	}
	if len(s.Turns) == 0 {
		k.fault(name, s.Code, "不知道轮到谁（turn 为“”）")
	}
	for _, turn := range s.Turns {
		if k.d.Turns[turn] == "" {
			k.fault(name, s.Code, "不知道轮到谁（turn 为“%s”）", turn)
		} else if !Regulated(k.d.Kind) && !k.addressee(turn) {
			k.fault(name, s.Code, "轮到的“%s”既不是角色，也不是当事方（例如 HOST、LEAD），也不是职务（例如 STATION_HEAD），也不是 units，待办不会出现在任何人那里", turn)
		}
	}
	if len(next[s.Code]) == 0 {
		k.fault(name, s.Code, "没有动作能离开这里")
	}
}

func (k *checker) action(name string, m *Machine, a *Action) {
	k.form(name, a)
	if a.Label == "" {
		k.fault(name, a.Code, "没有名称")
	}
	for _, f := range a.From {
		if m.State(f) == nil {
			k.fault(name, a.Code, "出发环节“%s”不存在%s", f, Choices(f, codes(m.States)))
		}
	}
	if a.To != "" && a.To != Back && m.State(a.To) == nil {
		k.fault(name, a.Code, "到达环节“%s”不存在%s", a.To, Choices(a.To, append(codes(m.States), Back)))
	}
	if a.To == Back && slices.Contains(a.From, m.Initial) {
		k.fault(name, a.Code, "起始环节没有可以返回的环节")
	}
	if a.Audience != "" && !slices.Contains(Audiences, a.Audience) {
		k.fault(name, a.Code, "步骤的可见对象“%s”不存在%s", a.Audience, Choices(a.Audience, Audiences))
	}
	if a.Tells != nil {
		for _, who := range *a.Tells {
			if k.d.Turns[who] == "" && !slices.Contains(PartyRoles, who) {
				k.fault(name, a.Code, "不知道告知谁（tells 为“%s”），应是 turns 里的代码或当事方的角色", who)
			}
		}
	}
	switch {
	case a.Automatic && a.Permission != "":
		k.fault(name, a.Code, "自动动作不能要求权限")
	case a.Automatic && len(a.Guards) == 0:
		k.fault(name, a.Code, "自动动作没有条件")
	case !a.Automatic && !Regulated(k.d.Kind) && a.Right.Object != "matter" && a.Permission != "":
		k.fault(name, a.Code, "自己的流程只能用 matter. 开头的权限，例如 matter.arrange，不能用“%s”%s", a.Permission, Choices(a.Permission, k.permissions()))
	case !a.Automatic && !k.roles(a.Right):
		k.fault(name, a.Code, "没有任何角色有权限“%s”%s", a.Permission, Choices(a.Permission, k.permissions()))
	}
	for _, r := range a.By {
		if !k.role(r) && !IsPost(r) {
			k.fault(name, a.Code, "没有角色“%s”%s", r, Choices(r, k.roleCodes()))
		}
	}
	k.rules(name, m, a, "条件", Guard, a.Guards)
	k.rules(name, m, a, "效果", Effect, a.Effects)
	k.rules(name, m, a, "关系", Relation, a.As)
}

// addressee reports whether somebody's to-do list shows what waits for the
// turn: a role's, a party's, or that of the units with open items.
func (k *checker) addressee(turn string) bool {
	return turn == "units" || k.role(turn) || slices.Contains(PartyRoles, turn) || IsPost(turn)
}

// role reports whether there is such a role at all: of the committee that
// publishes, else a shipped one.
func (k *checker) role(code string) bool { return slices.Contains(k.roleCodes(), code) }

func (k *checker) roleCodes() []string {
	if k.rights == nil {
		return RoleCodes()
	}
	return k.rights.Codes()
}

// rules: each is known, and has nothing to say against its use here.
func (k *checker) rules(name string, m *Machine, a *Action, what string, sort Sort, used []*Rule) {
	for _, r := range used {
		if r == nil {
			k.fault(name, a.Code, "有一条空的%s", what)
			continue
		}
		p := &Place{Def: k.d, Policy: k.p, Machine: m, Action: a, k: k, name: name, line: r.Line}
		if w := k.words.Word(sort, r.Name); w != nil {
			w.Check(p, r)
			if !w.Holds(k.d.Kind) {
				p.Find("%s“%s”只属于随产品提供的流程（%s），“%s”不能使用", what, r.Name, strings.Join(w.Kinds, "、"), k.d.Kind)
			}
		} else {
			p.Find("%s“%s”不存在%s", what, r.Name, Choices(r.Name, k.words.names(sort, k.d.Kind)))
		}
	}
}

// order: an action forward in the order goes at most one step; backward is a
// reopening and asks for a reason.
func (k *checker) order(name string, m *Machine, next map[string][]string) {
	for _, a := range m.Actions {
		to := m.State(a.To)
		if to == nil || to.Step == 0 {
			continue
		}
		for _, f := range a.From {
			from := m.State(f)
			if from == nil || from.Step == 0 {
				continue
			}
			if to.Step > from.Step+1 {
				k.fault(name, a.Code, "从第 %d 步跳到第 %d 步，中间的步骤被跳过", from.Step, to.Step)
			}
			if to.Step < from.Step && !a.Reason {
				k.fault(name, a.Code, "退回前面的步骤必须写明理由")
			}
		}
	}
}

// circle: automatic actions must not lead back to where they began, unless
// one of them awaits what a person does.
func (k *checker) circle(name string, m *Machine) {
	next := map[string][]string{}
	for _, a := range m.Actions {
		if a.Automatic && a.Awaits == "" && a.To != "" && a.To != Back {
			for _, f := range a.From {
				next[f] = append(next[f], a.To)
			}
		}
	}
	for _, s := range m.States {
		if closure(next, next[s.Code]...)[s.Code] {
			k.fault(name, s.Code, "自动动作会来回循环")
		}
	}
}

// edges are the moves of a machine but those back.
func edges(m *Machine) map[string][]string {
	next := map[string][]string{}
	for _, a := range m.Actions {
		if a.To == "" || a.To == Back {
			continue
		}
		for _, f := range a.From {
			if f != a.To {
				next[f] = append(next[f], a.To)
			}
		}
	}
	return next
}

// withBack adds the moves back: to wherever the state is entered from.
func withBack(m *Machine, moves map[string][]string) map[string][]string {
	next, entered := maps.Clone(moves), reverse(moves)
	for _, a := range m.Actions {
		if a.To == Back {
			for _, f := range a.From {
				next[f] = append(slices.Clone(next[f]), entered[f]...)
			}
		}
	}
	return next
}

func reverse(next map[string][]string) map[string][]string {
	out := map[string][]string{}
	for from, tos := range next {
		for _, to := range tos {
			out[to] = append(out[to], from)
		}
	}
	return out
}

func closure(next map[string][]string, from ...string) map[string]bool {
	seen := map[string]bool{}
	for len(from) > 0 {
		s := from[0]
		from = from[1:]
		if !seen[s] {
			seen[s] = true
			from = append(from, next[s]...)
		}
	}
	return seen
}

func ends(m *Machine) (out []string) {
	for _, s := range m.States {
		if s.End {
			out = append(out, s.Code)
		}
	}
	return out
}
