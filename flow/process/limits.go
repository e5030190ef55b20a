package process

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// What one definition may be at most. The shipped ones stay below a third of
// each; the rest keeps a text from occupying the machine that reads it.
const (
	MaxSource  = 256 << 10 // bytes
	MaxStates  = 200       // of a machine
	MaxActions = 500       // of a machine
	MaxTimers  = 100
	MaxRules   = 20       // conditions, effects and relations of an action together
	MaxForm    = 64 << 10 // bytes of JSON
	MaxLabel   = 60       // characters

	maxReason   = 200     // characters of waits and awaits
	maxDepth    = 40      // of lists and maps within one another
	maxWritten  = 4 << 20 // bytes of the text with its aliases (*name) written out, and nodeWeight for each value
	nodeWeight  = 16
	maxPattern  = 200    // characters of a form's pattern
	maxPatterns = 50_000 // steps of all patterns of a definition together
)

var (
	kindCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)
	anyCode  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,40}$`)
)

// at is a refusal at a line of the text; 0 is no line.
func at(line int, code errs.Code, problem string, args ...any) *errs.Error {
	e := errs.New(code, problem, args...)
	if line > 0 {
		e.Message = "第 " + strconv.Itoa(line) + " 行：" + e.Message
		e.With("line", line)
	}
	return e
}

// read turns a text into its tree of nodes, if it is one that can be read
// without harm: aliases are not written out yet.
func read(source []byte) (*yaml.Node, error) {
	if len(source) > MaxSource {
		return nil, errs.New(errs.Limited, "流程定义过长：至多 %d KB", MaxSource>>10)
	}
	if err := plainText(source); err != nil {
		return nil, err
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(source))
	if err := dec.Decode(&doc); err != nil {
		return nil, unread(err, source)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, unread(err, source)
		}
		return nil, errs.New(errs.Invalid, "一个文件只能有一份流程定义，请删除“---”后面的内容")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		if e := slip(source, root.Line+2); e != nil && root.Kind == yaml.ScalarNode {
			return nil, e
		}
		return nil, at(root.Line, errs.Invalid, "流程定义应为“项目: 值”，从 kind、version、title 开始")
	}
	_, err := walk{}.measure(root, 0)
	return root, err
}

// plainText refuses what no editor writes into such a text.
func plainText(source []byte) error {
	line, from := 1, 0 // where the line begins
	for i := 0; i < len(source); {
		r, n := utf8.DecodeRune(source[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return at(line, errs.Invalid, "不是 UTF-8 编码的文字，请另存为 UTF-8")
		case r == '\n':
			line, from = line+1, i+1
		case r == '\r':
		case r == '\t' && strings.TrimSpace(string(source[from:i])) == "":
			return at(line, errs.Invalid, "缩进里有制表符，请改用空格")
		case unicode.IsControl(r) && r != '\t':
			return placed(line, utf8.RuneCount(source[from:i])+1, "是看不见的字符 "+text.Name(r)+"，请删除")
		}
		i += n
	}
	return nil
}

// walk measures a tree as it would be with its aliases written out; each node
// is visited once.
type walk map[*yaml.Node]size

type size struct {
	weight, height int
	open           bool // being measured: who meets it again is inside it
}

func (w walk) measure(n *yaml.Node, depth int) (size, error) {
	s, known := w[n]
	switch {
	case s.open:
		return s, at(n.Line, errs.Invalid, "锚点“&%s”引用了自己", Clip(n.Anchor))
	case depth+s.height > maxDepth:
		return s, at(n.Line, errs.Limited, "嵌套过深：至多 %d 层", maxDepth)
	case known:
		return s, nil
	}
	w[n] = size{open: true}
	s = size{weight: nodeWeight + len(n.Value)}
	parts := n.Content
	if n.Kind == yaml.AliasNode {
		parts = []*yaml.Node{n.Alias}
	}
	for i, part := range parts {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if err := key(part, parts[i+1]); err != nil {
				return s, err
			}
		}
		inner, err := w.measure(part, depth+1)
		if err != nil {
			return s, err
		}
		s.height = max(s.height, inner.height+1)
		if s.weight += inner.weight; s.weight > maxWritten {
			return s, at(part.Line, errs.Limited, "引用（*）展开后过大，请减少层层引用")
		}
	}
	w[n] = s
	return s, nil
}

// key: what stands before a colon is a word; what is merged is a map.
func key(k, value *yaml.Node) error {
	if k.Kind != yaml.ScalarNode {
		return at(k.Line, errs.Invalid, "冒号前面只能是一个词")
	}
	if k.Tag != "!!merge" {
		return nil
	}
	merged := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		merged = value.Content
	}
	for _, m := range merged {
		if m.Kind == yaml.AliasNode {
			m = m.Alias
		}
		if m.Kind != yaml.MappingNode {
			return at(k.Line, errs.Invalid, "“<<”后面只能引用一组“项目: 值”")
		}
	}
	return nil
}

// What yaml.v3 says, and what a clerk reads. Its texts name Go types, which
// are no business of the reader.
var (
	lineOf    = regexp.MustCompile(`line (\d+): (.*)`)
	unknown   = regexp.MustCompile(`^field (.*) not found in type (\S+)`)
	twice     = regexp.MustCompile(`^mapping key "(.*)" already defined at line (\d+)`)
	wrongType = regexp.MustCompile(`^cannot unmarshal .* into (\S+)$`)
	noAnchor  = regexp.MustCompile(`unknown anchor '(.*)' referenced`)
	han       = regexp.MustCompile(`\p{Han}`)
)

// unread is the first thing that the YAML reader did not like.
func unread(err error, source []byte) error {
	if errors.Is(err, io.EOF) {
		return errs.New(errs.Invalid, "流程定义是空的")
	}
	if m := noAnchor.FindStringSubmatch(err.Error()); m != nil {
		before, _, _ := bytes.Cut(source, []byte("*"+m[1]))
		return at(1+bytes.Count(before, []byte("\n")), errs.Invalid, "引用了没有定义的锚点“%s”", Clip(m[1])).Because(err)
	}
	line, what := 0, ""
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		what = m[2]
	}
	said := inWords(what)
	if said == notYAML {
		if e := slip(source, line); e != nil {
			return e
		}
	}
	return at(line, errs.Invalid, "%s", said).Because(err)
}

func inWords(what string) string {
	if m := unknown.FindStringSubmatch(what); m != nil {
		return "不认识的项目“" + Clip(m[1]) + "”" + Choices(m[1], keysIn(m[2]))
	}
	if m := twice.FindStringSubmatch(what); m != nil {
		return "“" + Clip(m[1]) + "”写了两次，第 " + m[2] + " 行已经有了"
	}
	if m := wrongType.FindStringSubmatch(what); m != nil {
		switch into := m[1]; {
		case into == "int":
			return "这里应为整数"
		case into == "bool":
			return "这里应为 true 或 false"
		case into == "string" || strings.HasSuffix(into, ".Unit"):
			return "这里应为一个词或一段文字"
		case strings.HasPrefix(into, "[]"):
			return "这里应为列表，例如 [甲, 乙]"
		}
		return "这里应为“项目: 值”"
	}
	if han.MatchString(what) { // our own words
		return what
	}
	return notYAML
}

// notYAML is said where nothing better is known.
const notYAML = "YAML 的写法不对，请检查这一行及上一行的缩进、括号和引号"

// within refuses what is too much, too long or not a code, with its line.
func (d *Definition) within() error {
	if d.Kind != "" && !kindCode.MatchString(d.Kind) {
		return at(d.line("kind"), errs.Invalid, "流程代码“%s”不对：以小写字母开头，只用小写字母、数字和下划线，2 至 31 个字", Clip(d.Kind))
	}
	if err := short(d.line("title"), "名称", d.Title, MaxLabel); err != nil {
		return err
	}
	if len(d.Timers) > MaxTimers {
		return at(d.line("timers"), errs.Limited, "期限过多：至多 %d 个", MaxTimers)
	}
	for _, code := range sortedKeys(d.Timers) {
		line := d.line("timers", code)
		if err := named(line, "期限", code, d.Timers[code].Label); err != nil {
			return err
		}
	}
	for _, code := range sortedKeys(d.Turns) {
		if err := named(d.line("turns", code), "轮到谁的", code, d.Turns[code]); err != nil {
			return err
		}
	}
	steps := 0
	for _, name := range sortedKeys(d.Machines) {
		if err := d.Machines[name].within(d.line("machines", name), &steps); err != nil {
			return err
		}
	}
	return nil
}

func (m *Machine) within(line int, patterns *int) error {
	if len(m.States) > MaxStates {
		return at(line, errs.Limited, "环节过多：至多 %d 个", MaxStates)
	}
	if len(m.Actions) > MaxActions {
		return at(line, errs.Limited, "动作过多：至多 %d 个", MaxActions)
	}
	for _, s := range m.States {
		if s == nil {
			continue // index says so
		}
		if err := errors.Join(named(s.Line, "环节", s.Code, s.Label), short(s.Line, "stage", s.Stage, MaxLabel), short(s.Line, "waits", s.Waits, maxReason)); err != nil {
			return err
		}
	}
	for _, a := range m.Actions {
		if a == nil {
			continue
		}
		if err := errors.Join(named(a.Line, "动作", a.Code, a.Label), short(a.Line, "awaits", a.Awaits, maxReason), short(a.Line, "confirm", a.Confirm, maxReason)); err != nil {
			return err
		}
		if len(a.As)+len(a.Guards)+len(a.Effects) > MaxRules {
			return at(a.Line, errs.Limited, "动作“%s”的规则过多：至多 %d 条", Clip(a.Code), MaxRules)
		}
		if err := formWithin(a, patterns); err != nil {
			return err
		}
	}
	return nil
}

// named: a code is one, and its words are short enough for a button.
func named(line int, what, code, label string) error {
	if code != "" && !anyCode.MatchString(code) { // index and Check find what is missing
		return at(line, errs.Invalid, "%s代码“%s”不对：以字母开头，只用字母、数字和下划线，至多 41 个字", what, Clip(code))
	}
	return short(line, what+"“"+Clip(code)+"”的名称", label, MaxLabel)
}

func short(line int, what, text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return at(line, errs.Limited, "%s过长：至多 %d 字", what, most)
	}
	return nil
}

// formWithin: a form is no larger than a form, and compiling and applying it takes
// no more than its size lets expect: no references, no swollen patterns.
func formWithin(a *Action, patterns *int) error {
	if a.Form == nil {
		return nil
	}
	b, err := json.Marshal(a.Form)
	if err != nil {
		return at(a.Line, errs.Invalid, "动作“%s”的表单无法读取", Clip(a.Code)).Because(err)
	}
	if len(b) > MaxForm {
		return at(a.Line, errs.Limited, "动作“%s”的表单过大：至多 %d KB", Clip(a.Code), MaxForm>>10)
	}
	return inForm(a, any(a.Form), patterns)
}

func inForm(a *Action, v any, patterns *int) error {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			if err := inForm(a, x, patterns); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			text, isText := v[k].(string)
			if isText && strings.Contains(k, "$") && strings.HasSuffix(k, "ef") { // $ref, $dynamicRef, $recursiveRef
				return at(a.Line, errs.Invalid, "动作“%s”的表单不能引用别处（%s），请直接写出内容", Clip(a.Code), Clip(k))
			}
			if isText && k == "pattern" {
				if err := pattern(a, text, patterns); err != nil {
					return err
				}
			}
			if of, ok := v[k].(map[string]any); ok && k == "patternProperties" {
				for _, text := range sortedKeys(of) {
					if err := pattern(a, text, patterns); err != nil {
						return err
					}
				}
			}
			if err := inForm(a, v[k], patterns); err != nil {
				return err
			}
		}
	}
	return nil
}

// pattern counts what a form's pattern would be compiled to.
func pattern(a *Action, text string, sum *int) error {
	if utf8.RuneCountInString(text) > maxPattern {
		return at(a.Line, errs.Limited, "动作“%s”的表单里有过长的 pattern：至多 %d 字", Clip(a.Code), maxPattern)
	}
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil // the compiler of the form says so
	}
	if *sum += steps(re); *sum > maxPatterns {
		return at(a.Line, errs.Limited, "动作“%s”的表单里的 pattern 过于复杂", Clip(a.Code))
	}
	return nil
}

func steps(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += steps(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(1, re.Min, re.Max)
	}
	return n
}
