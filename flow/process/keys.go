package process

import (
	"reflect"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/deadline"
)

// Key is one item that a definition can say, as its struct tags have it. The
// reference, the JSON Schema and the messages about items that do not exist are
// all made of these.
type Key struct {
	Name, Says string
	Needed     bool
	One        []string // what a value, or each of a list, can be; nil: anything of the type
	Rules      Sort     // a list of words of a sort
	typ        reflect.Type
}

// Part is one kind of map in a definition with its keys.
type Part struct {
	Name, Title, Says string
	Keys              []Key
	typ               reflect.Type
}

// Parts are all that a definition consists of, from the outside in.
func Parts() []Part {
	return []Part{
		partOf[Definition]("definition", "流程", "整份文件。"),
		partOf[TimerDef]("timer", "期限", "`timers` 里的每一个：代码是项目，内容如下。`choose`、`deadline`、`within` 说多久，`base` 说从哪天起。"),
		partOf[Amount]("within", "时长", "`within` 的内容。"),
		partOf[Machine]("machine", "状态机", "`machines` 里有 `matter`（事项本身），需要分给单位承办时还有 `assignment`（各单位的一份）。"),
		partOf[State]("state", "环节", "`states` 里的每一个。"),
		partOf[Action]("action", "动作", "`actions` 里的每一个。"),
	}
}

func partOf[T any](name, title, says string) Part {
	t := reflect.TypeFor[T]()
	return Part{name, title, says, keysOf(t), t}
}

// closed are the lists that the tag `one` names.
var closed = map[string]func() []string{
	"visibilities": func() []string { return Visibilities },
	"audiences":    func() []string { return Audiences },
	"columns":      func() []string { return Columns },
	"items":        func() []string { return sortedKeys(ItemKinds) },
	"roles":        RoleCodes,
	"actors":       func() []string { return slices.Concat(RoleCodes(), PostCodes()) },
	"people":       func() []string { return slices.Concat(RoleCodes(), PartyRoles) },
	"units":        func() []string { return units },
}

// units are those in which a definition can say how long.
var units = []string{string(deadline.Workday), string(deadline.CalendarDay), string(deadline.Month), string(deadline.Hour)}

// RoleCodes are the codes of all roles.
func RoleCodes() []string {
	out := make([]string, len(authz.Roles))
	for i, r := range authz.Roles {
		out[i] = r.Code
	}
	return out
}

func keysOf(t reflect.Type) (out []Key) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		k := Key{Name: name, Says: f.Tag.Get("doc"), Needed: f.Tag.Get("need") == "yes", Rules: Sort(f.Tag.Get("words")), typ: f.Type}
		if list := closed[f.Tag.Get("one")]; list != nil {
			k.One = list()
		}
		out = append(out, k)
	}
	return out
}

// keysIn names the items of a type by what the YAML reader calls it.
func keysIn(goType string) (names []string) {
	for _, p := range Parts() {
		if p.typ.String() == goType {
			for _, k := range p.Keys {
				names = append(names, k.Name)
			}
		}
	}
	return names
}

// Written is what a value of the key looks like, in Chinese.
func (k Key) Written() string {
	switch {
	case k.Rules == Chooser || k.Rules == Base:
		return "一个用语"
	case k.Rules != "":
		return "用语的列表"
	case k.Name == "form":
		return "JSON Schema"
	case k.typ.Kind() == reflect.Map && k.typ.Elem().Kind() == reflect.String:
		return "代码: 文字"
	case k.typ.Kind() == reflect.Map:
		return "代码: 内容"
	case k.typ.Kind() == reflect.Pointer:
		return "一组“项目: 值”"
	case k.typ.Kind() == reflect.Slice && k.typ.Elem().Kind() == reflect.Pointer:
		return "列表，每个是一组“项目: 值”"
	}
	return typeName(k.typ)
}
