package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/errs"
)

// Rule is one use of a guard, a relation or an effect in a definition: its
// name, and its arguments. In YAML it is the name alone, or a map from the
// name to the arguments:
//
//	guards: [not_suspended, {records: {kind: VISIT, least: 1}}]
type Rule struct {
	Name string
	Line int // in the definition's text

	args []byte       // JSON; nil when there are none
	memo atomic.Value // the arguments as the rule's own type, once asked for
}

// UnmarshalYAML reads both forms.
func (r *Rule) UnmarshalYAML(n *yaml.Node) error {
	r.Line = n.Line
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.Name)
	}
	var m map[string]any
	if err := n.Decode(&m); err != nil {
		return err
	}
	if len(m) != 1 {
		return fmt.Errorf("line %d: 一条规则只能有一个名称", n.Line)
	}
	for name, args := range m {
		r.Name = name
		b, err := json.Marshal(args)
		if err != nil {
			return fmt.Errorf("line %d: 规则“%s”的参数无法读取", n.Line, name)
		}
		if args != nil {
			r.args = b
		}
	}
	return nil
}

// MarshalYAML writes the form that says no more than it must.
func (r *Rule) MarshalYAML() (any, error) {
	if r.args == nil {
		return r.Name, nil
	}
	var args any
	err := json.Unmarshal(r.args, &args)
	return map[string]any{r.Name: args}, err
}

// Args reads a rule's arguments as the type that the rule wants; an unknown
// argument is refused. It is read once for each use in a definition.
func Args[A any](r *Rule) (A, error) {
	var a A
	if kept, ok := r.memo.Load().(A); ok {
		return kept, nil
	}
	if r.args != nil {
		dec := json.NewDecoder(bytes.NewReader(r.args))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&a); err != nil {
			return a, errs.New(errs.Invalid, "规则“%s”%s", r.Name, misused[A](err)).Because(err)
		}
	}
	r.memo.Store(a)
	return a, nil
}

// misused says in words what the decoder did not like about a rule's arguments.
func misused[A any](err error) string {
	all := ArgsOf[A]()
	names := make([]string, len(all))
	for i, a := range all {
		names[i] = a.Name
	}
	var typ *json.UnmarshalTypeError
	if errors.As(err, &typ) {
		i := slices.IndexFunc(all, func(a Arg) bool { return a.Name == typ.Field })
		if i < 0 {
			return "的参数应写成 {参数: 值}" + Choices("", names)
		}
		return "的参数“" + typ.Field + "”应为" + all[i].Type
	}
	name := strings.Trim(strings.TrimPrefix(err.Error(), "json: unknown field "), `"`)
	return "没有参数“" + Clip(name) + "”" + Choices(name, names)
}
