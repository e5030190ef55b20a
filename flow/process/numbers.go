package process

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Placeholder is a part of a pattern of numbers that is filled in.
type Placeholder struct{ Name, Says string }

// Placeholders are all that exist.
var Placeholders = []Placeholder{
	{"year", "编号时的年份；有它的每年从 1 起"},
	{"seq", "顺序号，必须有；{seq:4} 补零到四位"},
	{"edition", "第几届；有它的每届从 1 起"},
	{"code", "平台的代码，只用于平台上的事项"},
}

// ReceiptKey is the pattern of receipt numbers. Receipts are one series of the
// whole committee, so they know neither edition nor platform.
const ReceiptKey = "receipt"

var (
	hole        = regexp.MustCompile(`\{[^{}]*\}`)
	placeholder = regexp.MustCompile(`^\{([a-z]+)(?::[1-9])?\}$`)
)

// CheckPattern says what is wrong with a pattern of numbers: a place that would
// never be filled, or no place for what tells one number from the next.
func CheckPattern(key, pattern string) error {
	known := []string{}
	for _, p := range Placeholders {
		if key != ReceiptKey || p.Name == "year" || p.Name == "seq" {
			known = append(known, p.Name)
		}
	}
	exist := "可以有 {" + strings.Join(known, "}、{") + "}"
	seq := false
	for _, h := range hole.FindAllString(pattern, -1) {
		m := placeholder.FindStringSubmatch(h)
		if m == nil || !slices.Contains(known, m[1]) {
			return errs.New(errs.Invalid, "编号规则“%s”里的 %s 不认识；%s，冒号后面是补零的位数，例如 {seq:4}", Clip(key), Clip(h), exist)
		}
		seq = seq || m[1] == "seq"
	}
	switch rest := hole.ReplaceAllString(pattern, ""); {
	case strings.ContainsAny(rest, "{}｛｝"):
		return errs.New(errs.Invalid, "编号规则“%s”的花括号不成对，或不是半角的；%s", Clip(key), exist)
	case !seq:
		return errs.New(errs.Invalid, "编号规则“%s”没有 {seq}，编号会重复；%s", Clip(key), exist)
	}
	return nil
}
