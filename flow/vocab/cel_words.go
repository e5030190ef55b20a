package vocab

import (
	"regexp"
	"strings"

	"github.com/bihuan/bihuan/flow/process"
)

// What the compiler of expressions says, and what a clerk reads.
var celSays = []struct {
	re   *regexp.Regexp
	says func(m []string) string
}{
	{regexp.MustCompile(`^undeclared reference to '([^']*)'`), func(m []string) string {
		return "没有“" + process.Clip(m[1]) + "”；可以用 form、data、today、number、title、source，文字要写在引号里"
	}},
	{regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '([^']*)'`), func(m []string) string {
		return "“" + strings.Trim(m[1], "_") + "”不能用于" + typeWords(m[2])
	}},
	{regexp.MustCompile(`^expected type '([^']*)' but found '([^']*)'`), func(m []string) string {
		return "这里应为" + typeWords(m[1]) + "，现在是" + typeWords(m[2])
	}},
	{regexp.MustCompile(`nesting limit|recursion (depth|limit)|recursion`), func([]string) string { return "套得太深，请拆开来写" }},
	{regexp.MustCompile(`size (exceeds )?limit|exceeds limit`), func([]string) string { return "过长，请写短一些" }},
	{regexp.MustCompile(`matches|regex`), func([]string) string { return "matches 里的模式写法不对" }},
	{regexp.MustCompile(`extraneous input|mismatched input|missing|token recognition|no viable`), func([]string) string {
		return "写法不对，请检查括号、引号和运算符，都要用半角"
	}},
}

// celWords says in Chinese what the compiler did not like.
func celWords(message string) string {
	for _, s := range celSays {
		if m := s.re.FindStringSubmatch(message); m != nil {
			return s.says(m)
		}
	}
	return "写法不对，请对照 CEL 的语法检查"
}

var (
	typeWord = map[string]string{
		"bool": "是非（true、false）", "int": "整数", "uint": "非负整数", "double": "小数", "string": "文字", "bytes": "字节", "list": "列表", "map": "一组内容",
		"dyn": "任意内容", "null_type": "空", "null": "空", "type": "类型", "timestamp": "时刻", "duration": "时长", "error": "没有结果",
	}
	typeName = regexp.MustCompile(`[A-Za-z_][A-Za-z_.]*`)
)

// typeWords says a list of CEL's types, such as (int, list(string)).
func typeWords(types string) string {
	types = strings.Trim(types, "()")
	return typeName.ReplaceAllStringFunc(strings.ReplaceAll(types, ", ", "、"), func(name string) string {
		if w := typeWord[name[strings.LastIndex(name, ".")+1:]]; w != "" {
			return w
		}
		return "别的类型"
	})
}
