package process

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
)

// Back as an action's target returns to the state from which the present one
// was entered: for applications that are decided and then forgotten.
const Back = "$back"

// Never is the guard of actions that only the engine itself carries out; they
// stand in a definition so that the check knows where they lead.
const Never = "never"

// HandOver gives a matter to another unit, HandBack back whence it came; the
// engine and the check know these words of the vocabulary.
const (
	HandOver = "hand_over"
	HandBack = "hand_back"
)

// What the words of a definition can be, as the database stores them; a test of
// package flow compares.
var (
	Visibilities = []string{"PARTIES", "STAFF", "TENANT"}
	Audiences    = []string{"ALL", "HANDLING", "STAFF"}
	PartyRoles   = []string{"LEAD", "CO", "ENDORSER", "LEAD_LEADER", "SUPERVISE_LEADER", "HOST", "EXPERT", "LEAD_ORG", "THINK_TANK", "GUEST", "TEAM", "PARTICIPANT", "RAISER", "FORMER"}
	// ItemKinds are the kinds of item and what they are called.
	ItemKinds = map[string]string{
		"COMMITMENT": "承诺", "TASK": "任务", "NODE": "节点", "DIRECTION": "备选方向", "CANDIDATE": "备选件", "PROBLEM": "问题",
		"RESOLUTION": "协商成果", "SUGGESTION": "建议", "LEAD": "线索", "PLAN_ITEM": "计划项目",
	}
	Columns = []string{"sign_by", "return_until", "due_on"} // of a share, that can show a due day
)

// Machine names of a definition: the matter itself, and a unit's share of it.
const (
	OfMatter     = "matter"
	OfAssignment = "assignment"
)

// Definition is one version of a process, as its YAML says it. The tags of the
// fields here and below are the reference: doc says what an item means, need
// that it must be there, one which list it is of, words which sort of word.
type Definition struct {
	Kind     string               `yaml:"kind" doc:"流程代码。随产品提供的流程用它自己的；自己的流程以小写字母开头，只用小写字母、数字和下划线" need:"yes"`
	Version  int                  `yaml:"version" doc:"版本号，从 1 起；发布过的不能改，改动用新的版本号" need:"yes"`
	Title    string               `yaml:"title" doc:"名称" need:"yes"`
	Turns    map[string]string    `yaml:"turns" doc:"轮到谁：代码和它的叫法。代码是角色、当事方、职务（事项所属街道、界别、归口单位里担任的人，几个人担任就几个人都轮到，谁先办算谁的），或 units（有没了结条目的单位）"`
	Vacant   map[string]Codes     `yaml:"vacant" doc:"轮到的职务没有人担任、或担任的人不能登录时由谁代办：职务和 turns 里的一个代码，或几个的列表，依次"`
	Timers   map[string]*TimerDef `yaml:"timers" doc:"期限，环节用代码引用"`
	Machines map[string]*Machine  `yaml:"machines" doc:"状态机：matter 是事项本身，assignment 是各单位承办的一份" need:"yes"`

	Source string `yaml:"-"`
	Hash   string `yaml:"-"` // SHA-256 of Source

	places map[string]int // lines of the text by path
}

// Machine is the states and actions of one subject.
type Machine struct {
	Initial string    `yaml:"initial" doc:"起始环节的代码" need:"yes"`
	States  []*State  `yaml:"states" doc:"环节，按办理的顺序写" need:"yes"`
	Actions []*Action `yaml:"actions" doc:"动作"`

	byState  map[string]*State
	byAction map[string]*Action
}

// State is where a subject waits.
type State struct {
	Code    string   `yaml:"code" doc:"代码，字母开头，只用字母、数字和下划线" need:"yes"`
	Label   string   `yaml:"label" doc:"名称"`
	Stage   string   `yaml:"stage" doc:"阶段，例如 提、立、办、督、评，或本政协的叫法；显示时归并"`
	Turns   Codes    `yaml:"turn" doc:"轮到谁，turns 里的一个代码，或几个的列表：各等各的；终点不写"`
	Timers  []string `yaml:"timers" doc:"在这个环节计时的期限，timers 里的代码；到了不再列它的环节就算做到"`
	Waits   string   `yaml:"waits" doc:"没有期限时的理由"`
	End     bool     `yaml:"end" doc:"终点：不再欠什么，事项就此结束"`
	Step    int      `yaml:"step" doc:"不能跳过的次序，从 1 起：往前一次一步，退回要写理由；不写不排次序"`
	Visible string   `yaml:"visible" doc:"进入时改为谁能看到：PARTIES 当事人，STAFF 能读这类事项的工作人员和承办单位，TENANT 本政协；不写不变" one:"visibilities"`

	Line int    `yaml:"-"` // in the definition's text
	Turn string `yaml:"-"` // the first of Turns, empty at an end
}

// Codes is one code, or a list of them; in YAML one may stand alone.
type Codes []string

// UnmarshalYAML reads both forms.
func (c *Codes) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]string)(c))
	}
	var one string
	if err := n.Decode(&one); err != nil {
		return err
	}
	if *c = nil; one != "" {
		*c = Codes{one}
	}
	return nil
}

// MarshalYAML writes the form that says no more than it must.
func (c Codes) MarshalYAML() (any, error) {
	if len(c) == 1 {
		return c[0], nil
	}
	return []string(c), nil
}

// Action is one thing that somebody may do.
type Action struct {
	Code       string         `yaml:"code" doc:"代码，字母开头，只用字母、数字和下划线" need:"yes"`
	Label      string         `yaml:"label" doc:"按钮上的名称" need:"yes"`
	From       []string       `yaml:"from" doc:"从哪些环节；不写是新建事项的动作"`
	To         string         `yaml:"to" doc:"到哪个环节；不写留在原地；$back 回到进入现在环节之前的那个环节"`
	Permission string         `yaml:"may" doc:"需要的权限，对象.动作，例如 matter.arrange；自动动作不写"`
	By         []string       `yaml:"by" doc:"限于哪些角色或职务，有其一即可；不写为有权限的都可以" one:"actors"`
	As         []*Rule        `yaml:"as" doc:"与事项的关系，有其一即可" words:"relation"`
	Guards     []*Rule        `yaml:"guards" doc:"条件，全部成立才能进行" words:"guard"`
	Effects    []*Rule        `yaml:"effects" doc:"效果，依次进行" words:"effect"`
	Reason     bool           `yaml:"reason" doc:"必须写理由"`
	Form       map[string]any `yaml:"form" doc:"要填的内容；不写不填"`
	Confirm    string         `yaml:"confirm" doc:"按下以前请人确认的一句话；到终点的动作不写也请确认"`
	Automatic  bool           `yaml:"automatic" doc:"条件成立就由系统自己进行"`
	Awaits     string         `yaml:"awaits" doc:"自动动作等谁做了什么；写明了就不算来回循环"`
	Audience   string         `yaml:"audience" doc:"这一步在时间线上谁看得到；不写为 ALL" one:"audiences"`
	Tells      *Codes         `yaml:"tells" doc:"除了新轮到的人，还告知谁：turns 里的代码或当事方；不写为事主（换了环节而且人人看得到时），[] 为谁也不告知"`

	Line   int              `yaml:"-"` // in the definition's text
	Right  authz.Permission `yaml:"-"` // Permission, as authz knows it
	fields []*Field         // of Form
	schema *jsonschema.Schema
}

// TimerDef is a deadline of the process. Deadline is a key of the policy;
// Choose names a Go function that picks the key by case; Within says it here,
// unless the policy has Deadline.
type TimerDef struct {
	Label    string   `yaml:"label" doc:"名称" need:"yes"`
	Deadline string   `yaml:"deadline" doc:"政策里期限的代码"`
	Within   *Amount  `yaml:"within" doc:"时长；政策里有 deadline 时以政策为准"`
	Notify   []string `yaml:"notify" doc:"每一级提醒通知谁：角色或当事方" one:"people"`
	Escalate []string `yaml:"escalate" doc:"逾期一周起另外通知的角色" one:"people"`
	Items    []string `yaml:"items" doc:"条目的类别：有期限的每一条各有这样一个钟，期限就是条目自己的，环节里不列" one:"items"`
	Choose   string   `yaml:"choose" doc:"按情况选政策期限的用语" words:"chooser"`
	Base     string   `yaml:"base" doc:"从哪件事起算的用语；不写从进入环节那天起" words:"base"`
	Rungs    []int    `yaml:"rungs" doc:"提醒的级：到期前几天，0 为当天，负数为逾期几天；每级只提醒一次"`
	Once     bool     `yaml:"once" doc:"只计一次，再回到这个环节也不再计"`
	Quiet    bool     `yaml:"quiet" doc:"到期只是关上窗口，不算逾期"`
	Owes     Codes    `yaml:"owes" doc:"是谁的期限，turns 里的代码；不写为轮到的每个人"`
	Column   string   `yaml:"column" doc:"到期日显示在承办的哪一栏，只用于 assignment" one:"columns"`
	Expires  string   `yaml:"expires" doc:"到期时进行的自动动作"`
}

// State finds a state by code, nil when there is none.
func (m *Machine) State(code string) *State { return m.byState[code] }

// Action finds an action by code, nil when there is none.
func (m *Machine) Action(code string) *Action { return m.byAction[code] }

// Allowed lists the codes of what people may do in a state, whoever they are.
func (m *Machine) Allowed(state string) []string {
	out := []string{}
	for _, a := range m.Actions {
		if !a.Automatic && a.Leaves(state) {
			out = append(out, a.Code)
		}
	}
	return out
}

// NamesOneOf reports whether the action names one of the roles, or none at all.
func (a *Action) NamesOneOf(roles []string) bool {
	return len(a.By) == 0 || slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(a.By, r) })
}

// Never reports whether only the engine itself carries the action out.
func (a *Action) Never() bool {
	return slices.ContainsFunc(a.Guards, func(r *Rule) bool { return r.Name == Never })
}

// Does reports whether the action has an effect.
func (a *Action) Does(effect string) bool {
	return slices.ContainsFunc(a.Effects, func(r *Rule) bool { return r.Name == effect })
}

// HandsBack reports whether the action gives a matter back whence it came.
func (a *Action) HandsBack() bool { return a.Does(HandBack) }

// Leaves reports whether the action can be done in a state; the empty state is
// that of a subject which is not there yet.
func (a *Action) Leaves(state string) bool {
	for _, f := range a.From {
		if f == state {
			return true
		}
	}
	return len(a.From) == 0 && state == ""
}

// Parse reads a definition. A text that is too large, unknown keys, duplicate
// codes and forms that are no JSON Schema are refused with their place; whether
// its loop closes is Check's question. Every refusal is an *errs.Error that a
// clerk understands.
func Parse(source []byte) (*Definition, error) { return parse(source, spelling) }

// Published reads a definition that was published before: what has since
// become a misspelling is read as it stands, since matters run on it.
func Published(source []byte) (*Definition, error) {
	return parse(source, func(*yaml.Node, []byte) error { return nil })
}

func parse(source []byte, spelt func(*yaml.Node, []byte) error) (*Definition, error) {
	d := &Definition{Source: string(source), Hash: Hash(source)}
	root, err := read(source)
	if err != nil {
		return nil, err
	}
	if err := spelt(root, source); err != nil {
		return nil, err
	}
	d.places = places(root)
	dec := yaml.NewDecoder(bytes.NewReader(source))
	dec.KnownFields(true)
	if err := dec.Decode(d); err != nil {
		return nil, unread(err, source)
	}
	for _, key := range sortedKeys(d.Timers) {
		if d.Timers[key] == nil {
			return nil, at(d.line("timers", key), errs.Invalid, "timers.%s：没有内容", Clip(key))
		}
	}
	for _, name := range sortedKeys(d.Machines) {
		if d.Machines[name] == nil {
			return nil, at(d.line("machines", name), errs.Invalid, "machines.%s：没有内容", Clip(name))
		}
	}
	d.lines()
	if err := d.within(); err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(d.Machines) {
		if err := d.Machines[name].index(name, child(child(root, "machines"), name)); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// places notes the lines of a text by what stands there, "machines matter
// states 3"; what an alias or a merge brings stands where it was written first.
func places(root *yaml.Node) map[string]int {
	out := map[string]int{}
	var visit func(n *yaml.Node, path string, depth int)
	visit = func(n *yaml.Node, path string, depth int) {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if depth == 0 {
			return
		}
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			here := strings.TrimSpace(path + " " + k.Value)
			if _, seen := out[here]; !seen {
				out[here] = k.Line
			}
			visit(v, here, depth-1)
		}
		for i := 0; n.Kind == yaml.SequenceNode && i < len(n.Content); i++ {
			out[path+" "+strconv.Itoa(i)] = n.Content[i].Line
		}
	}
	visit(root, "", 4) // machines, matter, states: their elements
	return out
}

// line is where in the text something stands, 0 when it is not there.
func (d *Definition) line(path ...string) int { return d.places[strings.Join(path, " ")] }

// lines notes where each state and action stands.
func (d *Definition) lines() {
	for name, m := range d.Machines {
		for i, s := range m.States {
			if s != nil {
				s.Line = d.line("machines", name, "states", strconv.Itoa(i))
			}
		}
		for i, a := range m.Actions {
			if a != nil {
				a.Line = d.line("machines", name, "actions", strconv.Itoa(i))
			}
		}
	}
}

func (m *Machine) index(name string, node *yaml.Node) error {
	m.byState, m.byAction = map[string]*State{}, map[string]*Action{}
	for _, s := range m.States {
		if s == nil || s.Code == "" {
			return at(lineOfState(s), errs.Invalid, "%s：有一个环节没有代码", name)
		}
		if m.byState[s.Code] != nil {
			return at(s.Line, errs.Invalid, "%s：环节代码“%s”重复", name, s.Code)
		}
		m.byState[s.Code] = s
		if len(s.Turns) > 0 {
			s.Turn = s.Turns[0]
		}
	}
	for i, a := range m.Actions {
		if a == nil || a.Code == "" {
			return at(lineOfAction(a), errs.Invalid, "%s：有一个动作没有代码", name)
		}
		if m.byAction[a.Code] != nil {
			return at(a.Line, errs.Invalid, "%s：动作代码“%s”重复", name, a.Code)
		}
		m.byAction[a.Code] = a
		a.Right = authz.Perm(a.Permission)
		if a.Form == nil {
			continue
		}
		if err := a.compile(child(elem(child(node, "actions"), i), "form")); err != nil { // the compiler's words are for the log
			return at(a.Line, errs.Invalid, "%s.%s：表单不是有效的 JSON Schema，请检查 type、pattern 和 properties", name, a.Code).Because(err)
		}
		if odd := a.oddDay(); odd != "" {
			return badDay(a, name, odd)
		}
	}
	return nil
}

func lineOfState(s *State) int {
	if s == nil {
		return 0
	}
	return s.Line
}

func lineOfAction(a *Action) int {
	if a == nil {
		return 0
	}
	return a.Line
}

// Hash is the hash of a definition's text.
func Hash(source []byte) string {
	sum := sha256.Sum256(source)
	return hex.EncodeToString(sum[:])
}

// RunsIn is the first state that runs a timer, nil when none does and only
// effects start and stop it.
func (d *Definition) RunsIn(key string) *State {
	for _, name := range sortedKeys(d.Machines) {
		for _, s := range d.Machines[name].States {
			if slices.Contains(s.Timers, key) {
				return s
			}
		}
	}
	return nil
}
