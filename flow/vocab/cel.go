package vocab

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// Limits of an expression. A definition is written by a committee, so an
// expression is input like any other.
const (
	exprLength  = 1000                   // characters
	exprDepth   = 40                     // of parentheses and calls within one another
	exprNesting = 2                      // of all, exists, map … within one another
	exprCost    = 10_000                 // CEL's units, about one an operation
	exprTime    = 100 * time.Millisecond // for one evaluation
	exprChecks  = 100                    // rounds of a comprehension between looks at the clock
)

// Expr is a CEL expression, compiled once for each use in a definition and
// kept with it. One that does not compile is kept with the reason.
type Expr struct {
	text    string
	problem string // in Chinese; empty: it can be used
	form    bool   // it looks at the form
	fields  []string
	program cel.Program
}

// UnmarshalText compiles; it never fails, so that the check can say more than
// that an argument is wrong.
func (x *Expr) UnmarshalText(text []byte) error {
	*x = compile(string(text))
	return nil
}

// environment is what expressions know: six names, the standard library and
// its macros, no function of ours.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	values := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		cel.Variable("form", values), cel.Variable("data", values), cel.Variable("today", cel.StringType),
		cel.Variable("number", cel.StringType), cel.Variable("title", cel.StringType), cel.Variable("source", cel.StringType),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(exprLength), cel.ParserRecursionLimit(exprDepth),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(exprNesting), cel.ValidateRegexLiterals()),
	)
})

func compile(text string) (x Expr) {
	x.text = text
	if strings.TrimSpace(text) == "" {
		x.problem = "要写明 cel"
		return x
	}
	if utf8.RuneCountInString(text) > exprLength {
		x.problem = fmt.Sprintf("表达式过长：至多 %d 字", exprLength)
		return x
	}
	env, err := environment()
	if err != nil {
		x.problem = "表达式现在不能使用"
		return x
	}
	tree, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		x.problem = "表达式不对：" + firstLine(issues)
		return x
	}
	if tree.OutputType() != cel.BoolType {
		x.problem = "表达式的结果应为 true 或 false，现在是" + typeWords(tree.OutputType().String())
		return x
	}
	x.fields, x.form = readsForm(tree.NativeRep())
	x.program, err = env.Program(tree, cel.CostLimit(exprCost), cel.InterruptCheckFrequency(exprChecks))
	if err != nil {
		x.problem = "表达式不对：" + celWords(err.Error())
	}
	return x
}

// firstLine is the first thing that the compiler did not like, with its place.
func firstLine(issues *cel.Issues) string {
	list := issues.Errors()
	if len(list) == 0 {
		return celWords(issues.Err().Error())
	}
	if list[0].Location.Line() < 1 { // it is about the whole
		return celWords(list[0].Message)
	}
	return fmt.Sprintf("第 %d 行第 %d 个字：%s", list[0].Location.Line(), list[0].Location.Column()+1, celWords(list[0].Message))
}

// readsForm lists the fields of the form that an expression names, and tells
// whether it looks at the form at all.
func readsForm(tree *ast.AST) (fields []string, any bool) {
	isForm := func(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "form" }
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch {
		case isForm(e):
			any = true
		case e.Kind() == ast.SelectKind && isForm(e.AsSelect().Operand()): // form.x and has(form.x)
			fields = append(fields, e.AsSelect().FieldName())
		case e.Kind() == ast.CallKind: // form["x"]
			c := e.AsCall()
			if c.FunctionName() == "_[_]" && isForm(c.Args()[0]) && c.Args()[1].Kind() == ast.LiteralKind {
				if name, ok := c.Args()[1].AsLiteral().Value().(string); ok {
					fields = append(fields, name)
				}
			}
		}
	}))
	return fields, any
}

// holds evaluates. An error of the expression is an error here.
func (x Expr) holds(values map[string]any) (bool, error) {
	ctx, done := context.WithTimeout(context.Background(), exprTime)
	defer done()
	out, _, err := x.program.ContextEval(ctx, values)
	if err != nil {
		return false, err
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("vocab: %q is no bool", x.text)
	}
	return yes, nil
}

type whenArgs struct {
	CEL       Expr   `json:"cel" doc:"CEL 表达式，结果为 true 时成立；可用 form（表单）、data（保存的内容）、today（YYYY-MM-DD）、number、title、source；整数为 int，有小数的为 double；可能没填的栏先写 has(form.x)"`
	Otherwise string `json:"otherwise" doc:"不成立时给用户看的话，说明怎么办"`
}

func registerWhen(s *flow.Rules) {
	flow.GuardOf(s, "when", "一个表达式成立；算不出来、算得太久也按不成立处理。", func(p *process.Place, a whenArgs) {
		need(p, "otherwise", a.Otherwise)
		if a.CEL.problem != "" || a.CEL.program == nil {
			p.Find("%s", orElse(a.CEL.problem, "要写明 cel"))
			return
		}
		for _, f := range a.CEL.fields {
			p.NeedField(f)
		}
		if a.CEL.form && p.Action.Form == nil {
			p.Find("这个动作没有表单，表达式不能用 form")
		}
	}, when)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func when(in *flow.Input, a whenArgs) error {
	if a.CEL.program == nil {
		return fmt.Errorf("vocab: when %q: %s", a.CEL.text, a.CEL.problem)
	}
	if in.Asking && a.CEL.form {
		return nil
	}
	form, data := map[string]any{}, map[string]any{}
	if a.CEL.form {
		form, _ = celValue(map[string]any(in.Form)).(map[string]any)
	}
	if in.Data != nil {
		data, _ = celValue(in.Data).(map[string]any)
	}
	yes, err := a.CEL.holds(map[string]any{
		"form": form, "data": data, "today": in.Today().Format(time.DateOnly),
		"number": in.Matter.Number, "title": in.Title, "source": in.Source,
	})
	if err == nil && yes {
		return nil
	}
	refusal := errs.New(errs.GuardFailed, "%s", a.Otherwise)
	if err != nil {
		return refusal.Because(err)
	}
	return refusal
}

// celValue gives values the types that an expression expects: JSON has one kind
// of number, CEL two.
func celValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = celValue(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = celValue(x)
		}
		return out
	case string, bool, nil:
		return v
	}
	if n, ok := wholeOf(v); ok {
		return n
	}
	if f, ok := numberOf(v); ok {
		return f
	}
	return fmt.Sprint(v)
}

// numberOf is a JSON number, however it was decoded.
func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case interface{ Float64() (float64, error) }: // json.Number
		f, err := v.Float64()
		return f, err == nil
	}
	return 0, false
}

// wholeOf is a JSON number without a fraction that an int64 holds exactly.
func wholeOf(v any) (int64, bool) {
	if n, ok := v.(int64); ok {
		return n, true
	}
	f, ok := numberOf(v)
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
