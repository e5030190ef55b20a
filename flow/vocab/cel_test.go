package vocab_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// checker says what a definition with one rule in the action x is told.
func checker(t *testing.T) func(where, rule, fields string) string {
	e := flow.NewRules()
	vocab.Register(e)
	return func(where, rule, fields string) string {
		t.Helper()
		d, err := process.Parse([]byte(`
kind: one
version: 1
title: 一
turns: {committee_staff: 干部}
timers: {own: {label: 报送, within: {amount: 5, unit: WORKDAY}}, free: {label: 回访, within: {amount: 5, unit: WORKDAY}}}
machines:
  matter:
    initial: A
    states: [{code: A, label: 甲, turn: committee_staff, timers: [own]}, {code: Z, label: 完, end: true}]
    actions:
      - {code: x, label: 动作, from: [A], may: matter.follow, ` + where + `: [` + rule + `], form: {properties: {` + fields + `}}}
      - {code: z, label: 结束, from: [A], to: Z, may: matter.follow}
`))
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		var all []string
		for _, f := range e.Check(d, process.DefaultPolicy(), everybody) {
			if f.Line == 0 || f.Place != "x" {
				t.Errorf("%v", f)
			}
			all = append(all, f.Problem)
		}
		return strings.Join(all, "\n")
	}
}

// english is what the compiler of expressions would say.
var english = regexp.MustCompile(`[a-z]+ [a-z]+|overload|reference|expected|Syntax|ERROR`)

func TestWhenIsChecked(t *testing.T) {
	check := checker(t)
	const fields = "n: {type: integer, title: 数}, s: {type: string, title: 字}, list: {type: array, title: 列}"
	for sentence, c := range map[string]struct{ cel, says string }{
		"an expression that is true or false is taken":     {`form.n > 3 && has(form.s) && today < "2030-01-01"`, ""},
		"macros over lists are there":                      {`form.list.all(x, x > 0) && form.list.exists(x, x == 3)`, ""},
		"whole and broken numbers are compared":            {`form.n < 2.5 || data.sum == 3`, ""},
		"a field that the form does not have":              {`form.m > 3`, "“m”"},
		"a field that the form does not have, asked for":   {`has(form.m)`, "“m”"},
		"a field that the form does not have, in brackets": {`form["m"] == 1`, "“m”"},
		"what is no bool":                                  {`form.n + 1`, "true 或 false"},
		"a text as a number":                               {`title + 1 == "x"`, "“+”不能用于文字、整数"},
		"a name that is not there":                         {`parties.size() > 0`, "没有“parties”；可以用 form、data、today、number、title、source"},
		"no way to the environment":                        {`os.getenv("HOME") == ""`, "没有“os”"},
		"no present but today":                             {`now() > timestamp("2025-01-01T00:00:00Z")`, "没有“now”"},
		"what does not end":                                {`form.n >`, "写法不对，请检查括号、引号和运算符"},
		"nothing":                                          {` `, "要写明 cel"},
		"a text of a thousand characters and one":          {`title != "` + strings.Repeat("长", 990) + `"`, "过长"},
		"too many loops within one another":                {`[1].all(a, [1].all(b, [1].all(c, a == b)))`, "套得太深"},
		"a pattern that is none":                           {`form.s.matches("(")`, "matches 里的模式写法不对"},
		"parentheses a hundred deep":                       {strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), "套得太深"},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := check("guards", fmt.Sprintf("{when: {cel: %s, otherwise: 不行}}", quote(c.cel)), fields)
			if (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
				t.Errorf("%q: %q", c.cel, got)
			}
			if english.MatchString(strings.ReplaceAll(got, c.cel, "")) {
				t.Errorf("A11: English remains in %q", got)
			}
		})
	}
	t.Run("what the user is told is needed", func(t *testing.T) {
		if got := check("guards", `{when: {cel: "true"}}`, ""); !strings.Contains(got, "otherwise") {
			t.Error(got)
		}
	})
}

func everybody(authz.Permission) bool { return true }

// quote writes a text as YAML.
func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

// asked evaluates an expression as the guard does.
func asked(t *testing.T, cel string, f process.Form, data map[string]any) error {
	t.Helper()
	c := &flow.Case{Matter: &gen.Matter{Title: "停车", Number: "1", Source: "群众征题", Data: data}, Now: time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)}
	return vocab.When(&flow.Input{Case: c, Form: f}, cel, "不行")
}

func TestWhenIsAsked(t *testing.T) {
	long := make([]any, 5000)
	for i := range long {
		long[i] = float64(i)
	}
	text := strings.Repeat("a", 200_000)
	for sentence, c := range map[string]struct {
		cel   string
		form  process.Form
		data  map[string]any
		holds bool
	}{
		"whole numbers are int":                       {`form.x + 1 == 4`, process.Form{"x": 3.0}, nil, true},
		"broken ones are double":                      {`form.x * 2.0 == 5.0`, process.Form{"x": 2.5}, nil, true},
		"a number as GraphQL brings it":               {`form.x > 3`, process.Form{"x": json.Number("4")}, nil, true},
		"the matter's own words":                      {`title == "停车" && number == "1" && source == "群众征题" && today == "2025-03-03"`, nil, nil, true},
		"the saved data":                              {`data.people.exists(p, p.age > 60)`, nil, map[string]any{"people": []any{map[string]any{"age": 61.0}}}, true},
		"what is not there does not hold":             {`form.x > 3`, nil, nil, false},
		"unless it asks first":                        {`!has(form.x) || form.x > 3`, nil, nil, true},
		"no data at all":                              {`data.x == 1`, nil, nil, false},
		"a text where a number should be":             {`form.x > 3`, process.Form{"x": "vier"}, nil, false},
		"a list where a map should be":                {`form.x.y == 1`, process.Form{"x": []any{1.0}}, nil, false},
		"division by nothing":                         {`1 / form.x == 1`, process.Form{"x": 0.0}, nil, false},
		"a loop over all pairs of a long list":        {`form.x.all(a, form.x.all(b, a + b >= 0))`, process.Form{"x": long}, nil, false},
		"one long list is too long as well":           {`form.x.map(a, a * 2).map(a, a * 2).size() > 0`, process.Form{"x": long}, nil, false},
		"a pattern over a long text":                  {`form.x.matches("(a+)+(a+)+(a+)+$")`, process.Form{"x": text}, nil, false},
		"a text put together again and again":         {`(form.x + form.x + form.x + form.x).contains("b")`, process.Form{"x": text}, nil, false},
		"the largest number and one more":             {`form.x + 9223372036854775807 > 0`, process.Form{"x": 1.0}, nil, false},
		"a map of what is in the form, key by key":    {`form.all(k, k == "x")`, process.Form{"x": 1.0}, nil, true},
		"nothing is null and not an error":            {`form.x == null`, process.Form{"x": nil}, nil, true},
		"the form cannot be changed into other names": {`form.x == title`, process.Form{"x": "停车"}, nil, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			began := time.Now()
			err := asked(t, c.cel, c.form, c.data)
			if took := time.Since(began); took > 500*time.Millisecond {
				t.Errorf("%q took %s", c.cel, took)
			}
			if c.holds && err != nil {
				t.Error(err)
			}
			if e, ok := errs.As(err); !c.holds && (!ok || e.Code != errs.GuardFailed || e.Message != "不行") {
				t.Errorf("%q: %v", c.cel, err)
			}
		})
	}
}
