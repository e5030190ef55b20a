package process_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

func many(n int, line string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, line, i)
	}
	return b.String()
}

// bombs grow when they are read.
func aliases(levels int) string {
	var b strings.Builder
	b.WriteString("kind: bomb\nturns: &a0 {a: x}\n")
	for i := 1; i <= levels; i++ {
		fmt.Fprintf(&b, "x%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	const machine = "kind: big\nversion: 1\ntitle: 大\nmachines:\n  matter:\n    initial: A\n    states:\n"
	action := func(form string) string {
		return machine + "      - {code: A, label: 甲}\n    actions:\n      - {code: a, label: 甲, form: " + form + "}\n"
	}
	for _, c := range []struct {
		sentence, source string
		code             errs.Code
		says             string
	}{
		{"a text of more than 256 KB", "kind: a" + strings.Repeat("\n# 注", 50_000), errs.Limited, "流程定义过长"},
		{"ten thousand states", machine + many(10_000, "      - {code: S%d}\n"), errs.Limited, "第 5 行：环节过多：至多 200 个"},
		{"more than 500 actions", machine + "      - {code: A}\n    actions:\n" + many(501, "      - {code: a%d}\n"), errs.Limited, "动作过多"},
		{"more than 100 timers", "kind: big\ntimers:\n" + many(101, "  t%d: {label: 期限}\n"), errs.Limited, "第 2 行：期限过多"},
		{"more than 20 rules of an action", action("{}, guards: [" + strings.Repeat("never, ", 21) + "]"), errs.Limited, "规则过多"},
		{"a form of more than 64 KB", action("{title: " + strings.Repeat("长", 22_000) + "}"), errs.Limited, "表单过大"},
		{"a kind that is no code", "kind: 流程", errs.Invalid, "第 1 行：流程代码“流程”不对"},
		{"a state whose code is none", change(t, "code: LATE,", "code: 'LA TE',"), errs.Invalid, "第 20 行：环节代码“LA TE”不对"},
		{"a timer whose code is none", change(t, "  hours: {", "  9hours: {"), errs.Invalid, "第 9 行：期限代码“9hours”不对"},
		{"a label of more than 60 characters", change(t, "label: 已过期", "label: "+strings.Repeat("长", 61)), errs.Limited, "的名称过长：至多 60 字"},
		{"aliases of aliases", aliases(9), errs.Limited, "展开后过大"},
		{"an alias of itself", "kind: a\nturns: &a [*a]", errs.Invalid, "第 2 行：锚点“&a”引用了自己"},
		{"an alias of nothing", "kind: a\n\nturns: *none", errs.Invalid, "第 3 行：引用了没有定义的锚点“none”"},
		{"nesting without end", "kind: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), errs.Limited, "嵌套过深"},
		{"nesting that is never closed", "kind: " + strings.Repeat("[", 200_000), errs.Invalid, "YAML 的写法不对"},
		{"nesting by indents", strings.Repeat("- ", 100_000), errs.Invalid, "YAML 的写法不对"},
		{"nesting hidden behind aliases", deep(), errs.Limited, "嵌套过深"},
		{"tabs as indents", "kind: a\nmachines:\n\tmatter: x", errs.Invalid, "第 3 行：缩进里有制表符，请改用空格"},
		{"a NUL", "kind: a\ntitle: a\x00b", errs.Invalid, "第 2 行：第 9 个字是看不见的字符 U+0000（空字符），请删除"},
		{"what is no UTF-8", "kind: a\ntitle: \xff\xfe", errs.Invalid, "第 2 行：不是 UTF-8"},
		{"two definitions in one text", tiny + "\n---\nkind: other\n", errs.Invalid, "一个文件只能有一份流程定义"},
		{"a list instead of a definition", "- kind: a", errs.Invalid, "第 1 行：流程定义应为"},
		{"a key that is no word", "kind: a\n? [1, 2]\n: x", errs.Invalid, "冒号前面只能是一个词"},
		{"a merge of what is no map", "kind: a\n<<: 1", errs.Invalid, "第 2 行：“<<”后面只能引用"},
		{"a key twice", "kind: a\nkind: b", errs.Invalid, "第 2 行：“kind”写了两次，第 1 行已经有了"},
		{"a rule with two names", action("{}, guards: [{a: 1, b: 2}]"), errs.Invalid, "第 10 行：一条规则只能有一个名称"},
		{"a swollen pattern", action(`{properties: {a: {pattern: '([^a-z]|[a-c]+x){1000}'}, b: {patternProperties: {'(abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz){1000}': {}}}}}`), errs.Limited, "pattern 过于复杂"},
		{"a form that refers to itself", action(`{$defs: {a: {allOf: [{$ref: '#/$defs/a'}]}}}`), errs.Invalid, "表单不能引用别处"},
	} {
		t.Run(c.sentence+" is refused within a second", func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			from := time.Now() // the machine's clock: it is the machine that must not be occupied
			_, err := process.Parse([]byte(c.source))
			took := time.Since(from)
			runtime.ReadMemStats(&after)
			if e := refused(t, err, c.code); !strings.Contains(e.Message, c.says) {
				t.Errorf("it says %s", e.Message)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; took > time.Second || grown > 300<<20 {
				t.Errorf("%s, %d MB", took, grown>>20)
			}
		})
	}
	t.Run("the shipped definitions are within the limits", func(t *testing.T) {
		for _, source := range templates.Processes() {
			if _, err := process.Parse(source); err != nil {
				t.Error(err)
			}
		}
	})
}

// deep are anchors of which each nests the one before thirty levels deeper.
func deep() string {
	var b strings.Builder
	b.WriteString("kind: a\nturns: &a0 x\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "y%d: &a%d %s*a%d%s\n", i, i, strings.Repeat("[", 30), i-1, strings.Repeat("]", 30))
	}
	return b.String()
}

// goTalk is what only a programmer would say.
var goTalk = regexp.MustCompile(`flow\.[A-Z]|yaml: |unmarshal|json: |map\[|interface \{|%!|into int`)

// TestParseNeverPanics reads texts in which something was changed: every
// refusal is one that may be shown, and none speaks of Go.
func TestParseNeverPanics(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	e := checker()
	everyone := process.RolesOf(rightsOf(t))
	sources := append(templates.Processes(), []byte(tiny))
	pieces := []string{"*", "&a ", "{", "}", "[", "]", ":", "- ", "\n", "\t", "\"", "'", "!!binary x", "!!int ", "~", "null", "<<: ", "? ", "|\n", "0x", "1e999", "---", "...", "%YAML 9", "é", "\x00", "$back", "{}", "[]", "#"}
	refusals := 0
	for i := range 2000 {
		b := append([]byte{}, sources[i%len(sources)]...)
		for range 1 + r.IntN(3) {
			at := r.IntN(len(b))
			switch r.IntN(4) {
			case 0: // a piece more
				b = append(b[:at:at], append([]byte(pieces[r.IntN(len(pieces))]), b[at:]...)...)
			case 1: // some less
				b = append(b[:at:at], b[min(len(b), at+1+r.IntN(30)):]...)
			case 2:
				b[at] = byte(r.IntN(256))
			case 3: // a word elsewhere
				from := r.IntN(len(b))
				b = append(b[:at:at], append(append([]byte{}, b[from:min(len(b), from+r.IntN(60))]...), b[at:]...)...)
			}
			if len(b) == 0 {
				b = []byte("k")
			}
		}
		d, err := process.Parse(b)
		if err != nil {
			refusals++
			shown, ok := errs.As(err)
			if !ok || (shown.Code != errs.Invalid && shown.Code != errs.Limited) || goTalk.MatchString(shown.Message) {
				t.Fatalf("%v\nof\n%s", err, b)
			}
			continue
		}
		for _, f := range e.Check(d, process.DefaultPolicy(), everyone) {
			if f.Level == "" || f.Problem == "" {
				t.Fatalf("%+v", f)
			}
		}
		e.Report(d, process.DefaultPolicy(), rightsOf(t), func(string) bool { return false })
	}
	if refusals < 300 || refusals == 2000 {
		t.Errorf("%d refusals of 2000: the changes are too small or too large", refusals)
	}
}

func FuzzParse(f *testing.F) {
	for _, source := range templates.Processes() {
		f.Add(source)
	}
	f.Add([]byte(tiny))
	f.Add([]byte(aliases(9)))
	f.Fuzz(func(t *testing.T, source []byte) {
		if _, err := process.Parse(source); err != nil {
			if _, ok := errs.As(err); !ok {
				t.Fatal(err)
			}
		}
	})
}
