package vocab

import (
	"slices"
	"strings"

	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// Register gives the engine all words. Called once, at start.
func Register(s *flow.Rules) {
	registerGuards(s)
	registerItemGuards(s)
	registerWhen(s)
	registerRelations(s)
	registerSaving(s)
	registerRecords(s)
	registerPeople(s)
	registerEvents(s)
	registerItems(s)
	registerMatters(s)
	registerHanding(s)
}

// need notes an argument that must be given.
func need(p *process.Place, name, value string) {
	if strings.TrimSpace(value) == "" {
		p.Find("要写明 %s", name)
	}
}

// bounds notes a number of things that nothing can meet, or anything does.
func bounds(p *process.Place, least int, most *int) {
	switch {
	case least < 0 || (most != nil && *most < least):
		p.Find("least 和 most 不对：应有 0 ≤ least ≤ most")
	case least == 0 && most == nil:
		p.Find("要写明 least 或 most，否则什么都没有要求")
	}
}

func partyRole(p *process.Place, role string) {
	enum(p, "当事方的角色", role, schema.Party{}, "role")
}

// property is what a form says of a field, nil when it has none.
func property(a *process.Action, field string) map[string]any {
	props, _ := a.Form["properties"].(map[string]any)
	prop, _ := props[field].(map[string]any)
	return prop
}

// rowsOf notes a field that is not a list of the rows that an effect takes:
// what it does not take would be lost.
func rowsOf(p *process.Place, field string, takes ...string) {
	p.NeedField(field)
	prop := property(p.Action, field)
	if prop == nil {
		return
	}
	if t, ok := prop["type"]; ok && t != "array" {
		p.Find("表单的“%s”应是列表（type: array）", field)
		return
	}
	row, _ := prop["items"].(map[string]any)
	cells, _ := row["properties"].(map[string]any)
	for name := range cells {
		if !slices.Contains(takes, name) {
			p.Find("表单的“%s”中的“%s”不会被保存；可以有 %s", field, name, strings.Join(takes, "、"))
		}
	}
}

// partyKind notes a kind of party that no action of the definition can bring.
func partyKind(p *process.Place, kind string) {
	if kind == "" {
		return
	}
	for _, name := range []string{process.OfMatter, process.OfAssignment} {
		m := p.Def.Machines[name]
		if m == nil {
			continue
		}
		for _, a := range m.Actions {
			if a != nil && brings(a, kind) {
				return
			}
		}
	}
	p.Find("没有哪个动作会增加类别为“%s”的当事方，这个条件不会成立", kind)
}

// brings reports whether the action can make a party of that kind.
func brings(a *process.Action, kind string) bool {
	for _, e := range a.Effects {
		if e == nil || e.Name != "party" {
			continue
		}
		args := argsOf(e)
		if fixed, _ := args["kind"].(string); fixed != "" {
			if fixed == kind {
				return true
			}
			continue
		}
		field, _ := args["field"].(string)
		if field == "" {
			field = "parties"
		}
		rows, _ := property(a, field)["items"].(map[string]any)
		cells, _ := rows["properties"].(map[string]any)
		cell, has := cells["kind"].(map[string]any)
		if has && allows(cell, kind) {
			return true
		}
	}
	return false
}

// allows reports whether a text field of a form can have a value.
func allows(prop map[string]any, value string) bool {
	if c, ok := prop["const"]; ok {
		return c == value
	}
	list, ok := prop["enum"].([]any)
	return !ok || slices.Contains(list, any(value))
}

// argsOf are the arguments of a rule as its YAML says them.
func argsOf(r *process.Rule) map[string]any {
	v, err := r.MarshalYAML()
	if err != nil {
		return nil
	}
	m, _ := v.(map[string]any)
	args, _ := m[r.Name].(map[string]any)
	return args
}

// within reports whether n things are as many as demanded.
func within(n, least int, most *int) bool { return n >= least && (most == nil || n <= *most) }
