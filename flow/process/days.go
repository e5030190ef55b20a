package process

import (
	"slices"
	"strconv"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// DayRule is which day a date field of a form can have.
type DayRule string

const (
	Happened DayRule = "happened" // between the beginning of the thing and today
	Promised DayRule = "promised" // not before today
	Planned  DayRule = "planned"  // not before the thing began
	AnyDay   DayRule = "any"
)

var dayRules = []DayRule{Happened, Promised, Planned, AnyDay}

// dayNames are the rules of fields that say nothing else, by the names that every
// shipped definition gives them.
var dayNames = map[string]DayRule{"on": Happened, "dueOn": Promised, "until": Promised}

// dayRule is the rule of a field, empty where it is no date. A field says
// itself (`day: planned`) or is named as one; what an action arranges (the
// effect event) is planned.
func (a *Action) dayRule(name string, schema map[string]any) DayRule {
	if schema["format"] != "date" {
		return ""
	}
	if own, ok := schema["day"].(string); ok {
		return DayRule(own)
	}
	rule, known := dayNames[name]
	switch {
	case !known:
		return AnyDay
	case rule == Happened && slices.ContainsFunc(a.Effects, func(r *Rule) bool { return r.Name == "event" }):
		return Planned
	}
	return rule
}

// oddDay is a date field with a rule that there is not; empty: none.
func (a *Action) oddDay() (odd string) {
	a.DayFields(func(path []string, rule DayRule) {
		if !slices.Contains(dayRules, rule) {
			odd = path[len(path)-1]
		}
	})
	return odd
}

// DayFields walks over the date fields of the action's form.
func (a *Action) DayFields(visit func(path []string, rule DayRule)) { a.dayFields(a.Form, visit) }

func (a *Action) dayFields(schema map[string]any, visit func([]string, DayRule), path ...string) {
	all, _ := schema["properties"].(map[string]any)
	for _, name := range sortedKeys(all) {
		field, _ := all[name].(map[string]any)
		here := appended(path, name)
		if rule := a.dayRule(name, field); rule != "" {
			visit(here, rule)
		}
		a.dayFields(field, visit, here...)
		if item, ok := field["items"].(map[string]any); ok {
			a.dayFields(item, visit, appended(here, "*")...)
		}
	}
}

// Days asks for each day that a form gives, with its rule; the first error is
// the answer. Texts that are no days are the schema's to refuse.
func (a *Action) Days(form Form, ask func(rule DayRule, on time.Time, path ...string) error) error {
	return a.days(a.Form, form, ask)
}

func (a *Action) days(schema, values map[string]any, ask func(DayRule, time.Time, ...string) error, path ...string) error {
	all, _ := schema["properties"].(map[string]any)
	for _, name := range sortedKeys(values) {
		field, _ := all[name].(map[string]any)
		if err := a.daysOf(field, name, values[name], ask, appended(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func (a *Action) daysOf(schema map[string]any, name string, v any, ask func(DayRule, time.Time, ...string) error, path []string) error {
	switch v := v.(type) {
	case string:
		on, err := time.Parse(time.DateOnly, v)
		if rule := a.dayRule(name, schema); rule != "" && err == nil {
			return ask(rule, on, path...)
		}
	case map[string]any:
		return a.days(schema, v, ask, path...)
	case []any:
		item, _ := schema["items"].(map[string]any)
		for i, x := range v {
			if err := a.daysOf(item, name, x, ask, appended(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	}
	return nil
}

func badDay(a *Action, machine, field string) error {
	return at(a.Line, errs.Invalid, "%s.%s：表单“%s”的 day 只能是 happened（已发生）、promised（承诺）、planned（计划）或 any（不限）", machine, a.Code, field)
}
