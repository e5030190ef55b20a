package process

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// What the words of a definition can be, as the database stores them; a test of
// package flow compares.
var (
	Visibilities = []string{"PARTIES", "STAFF", "TENANT"}
	Audiences    = []string{"ALL", "HANDLING", "STAFF"}
	PartyRoles   = []string{"LEAD", "CO", "ENDORSER", "LEAD_LEADER", "SUPERVISE_LEADER", "HOST", "EXPERT", "LEAD_ORG", "THINK_TANK", "GUEST", "TEAM", "PARTICIPANT", "RAISER"}
	Columns      = []string{"sign_by", "return_until", "due_on"} // of a share, that can show a due day
)

// Machine names of a definition: the matter itself, and a unit's share of it.
const (
	OfMatter     = "matter"
	OfAssignment = "assignment"
)

// Definition is one version of a process, as its YAML says it.
type Definition struct {
	Kind     string               `yaml:"kind"`
	Version  int                  `yaml:"version"`
	Title    string               `yaml:"title"`
	Turns    map[string]string    `yaml:"turns"` // code → who that is, in Chinese
	Timers   map[string]*TimerDef `yaml:"timers"`
	Machines map[string]*Machine  `yaml:"machines"`

	Source string `yaml:"-"`
	Hash   string `yaml:"-"` // SHA-256 of Source

	places map[string]int // lines of the text by path
}

// Machine is the states and actions of one subject.
type Machine struct {
	Initial string    `yaml:"initial"`
	States  []*State  `yaml:"states"`
	Actions []*Action `yaml:"actions"`

	byState  map[string]*State
	byAction map[string]*Action
}

// State is where a subject waits.
type State struct {
	Code    string   `yaml:"code"`
	Label   string   `yaml:"label"`
	Stage   string   `yaml:"stage"`   // 提 立 办 督 评, or the tenant's words
	Turn    string   `yaml:"turn"`    // whose turn it is: a code of Turns
	Timers  []string `yaml:"timers"`  // run while the subject is here
	Waits   string   `yaml:"waits"`   // why there is no deadline, when Timers is empty
	End     bool     `yaml:"end"`     // nothing more is owed
	Step    int      `yaml:"step"`    // position in an order that may not be skipped; 0 = unordered
	Visible string   `yaml:"visible"` // PARTIES, STAFF or TENANT on entering; empty leaves it as it is

	Line int `yaml:"-"` // in the definition's text
}

// Action is one thing that somebody may do.
type Action struct {
	Code       string         `yaml:"code"`
	Label      string         `yaml:"label"`
	From       []string       `yaml:"from"` // empty: creates the subject
	To         string         `yaml:"to"`   // empty: stays; Back: returns
	Permission string         `yaml:"may"`  // object.action of authz; empty only when Automatic
	By         []string       `yaml:"by"`   // roles, one of which the actor must hold; empty: whoever has the permission
	As         []*Rule        `yaml:"as"`   // relations, one of which the actor must have
	Guards     []*Rule        `yaml:"guards"`
	Effects    []*Rule        `yaml:"effects"`
	Reason     bool           `yaml:"reason"` // a reason must be given
	Form       map[string]any `yaml:"form"`   // JSON Schema of the input; nil takes nothing
	Automatic  bool           `yaml:"automatic"`
	Awaits     string         `yaml:"awaits"`   // what somebody must have done since, in Chinese: breaks a circle of automatic actions
	Audience   string         `yaml:"audience"` // of the step: ALL (default), HANDLING, STAFF

	Line   int              `yaml:"-"` // in the definition's text
	Right  authz.Permission `yaml:"-"` // Permission, as authz knows it
	schema *jsonschema.Schema
}

// TimerDef is a deadline of the process. Deadline is a key of the policy;
// Choose names a Go function that picks the key by case; Within says it here,
// unless the policy has Deadline.
type TimerDef struct {
	Label    string   `yaml:"label"`
	Deadline string   `yaml:"deadline"`
	Within   *Amount  `yaml:"within"`
	Notify   []string `yaml:"notify"`   // roles and parties that are told at every rung
	Escalate []string `yaml:"escalate"` // roles that are told from a week after the day
	Choose   string   `yaml:"choose"`
	Base     string   `yaml:"base"`    // a named base event; empty: the day on which it starts
	Rungs    []int    `yaml:"rungs"`   // days before the due day on which somebody is reminded; negative: after
	Once     bool     `yaml:"once"`    // runs at most once for a subject, however often its state returns
	Quiet    bool     `yaml:"quiet"`   // passing it closes a window and makes nobody late
	Column   string   `yaml:"column"`  // column of the assignment that shows the due day
	Expires  string   `yaml:"expires"` // automatic action of the matter that runs when it has passed
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
func Parse(source []byte) (*Definition, error) {
	d := &Definition{Source: string(source), Hash: Hash(source)}
	root, err := read(source)
	if err != nil {
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
		if err := d.Machines[name].index(name); err != nil {
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

func (m *Machine) index(name string) error {
	m.byState, m.byAction = map[string]*State{}, map[string]*Action{}
	for _, s := range m.States {
		if s == nil || s.Code == "" {
			return at(lineOfState(s), errs.Invalid, "%s：有一个环节没有代码", name)
		}
		if m.byState[s.Code] != nil {
			return at(s.Line, errs.Invalid, "%s：环节代码“%s”重复", name, s.Code)
		}
		m.byState[s.Code] = s
	}
	for _, a := range m.Actions {
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
		s, err := compileForm(a.Form)
		if err != nil { // the compiler's words are for the log
			return at(a.Line, errs.Invalid, "%s.%s：表单不是有效的 JSON Schema，请检查 type、pattern 和 properties", name, a.Code).Because(err)
		}
		a.schema = s
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

func compileForm(form map[string]any) (*jsonschema.Schema, error) {
	full := map[string]any{"type": "object", "additionalProperties": false}
	for k, v := range form {
		full[k] = v
	}
	b, err := json.Marshal(full) // through JSON: numbers and maps take the types the compiler knows
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // a $ref to a file or an address is refused
	c.AssertFormat()                          // draft 2020-12 only notes formats by default
	if err := c.AddResource("form.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("form.json")
}

// Validate checks the input of an action; the error names the field.
func (a *Action) Validate(form map[string]any) error {
	if a.schema == nil {
		if len(form) > 0 {
			return errs.New(errs.Invalid, "“%s”不需要填写内容", a.Label)
		}
		return nil
	}
	if form == nil {
		form = map[string]any{}
	}
	b, err := json.Marshal(form)
	if err != nil {
		return errs.New(errs.Invalid, "填写的内容无法读取")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return errs.New(errs.Invalid, "填写的内容无法读取")
	}
	if err := a.schema.Validate(doc); err != nil {
		var v *jsonschema.ValidationError
		if ok := asValidation(err, &v); ok {
			return formError(a, v)
		}
		return errs.New(errs.Invalid, "填写的内容不合要求").Because(err)
	}
	return nil
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
