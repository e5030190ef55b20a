package process_test

import (
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// A8: a pattern that would give one number twice, or has a place that nothing
// fills, is refused with the places that exist.
func TestNumberPatterns(t *testing.T) {
	set := func(key, pattern string) error {
		return process.CheckPolicy(settings{"numbers": settings{key: pattern}})
	}
	for _, c := range []struct{ sentence, key, pattern, says string }{
		{"without a number", "case", "{year}-微", "编号规则“case”没有 {seq}，编号会重复；可以有 {year}、{seq}、{edition}、{code}"},
		{"with a place that nobody knows", "case", "{yaer}-{seq}", "{yaer} 不认识；可以有 {year}、{seq}、{edition}、{code}"},
		{"with a width that is none", "case", "{year}-{seq:10}", "{seq:10} 不认识"},
		{"with a place that only looks like one", "case", "{ seq }", "{ seq } 不认识"},
		{"with a brace too few", "case", "{year-{seq}", "花括号不成对"},
		{"with full-width braces", "case", "｛year｝-{seq}", "不是半角的"},
		{"of receipts, with what receipts do not have", "receipt", "{code}-{seq}", "{code} 不认识；可以有 {year}、{seq}，"},
		{"that is empty", "case", "", "没有 {seq}"},
	} {
		t.Run("a pattern "+c.sentence+" is refused", func(t *testing.T) {
			if e := refused(t, set(c.key, c.pattern), errs.Invalid); !strings.Contains(e.Message, c.says) {
				t.Errorf("it says %s", e.Message)
			}
		})
	}
	for _, fine := range []string{"{seq}", "{year}-微-{seq:3}", "第{edition}届{code}〔{year}〕{seq:4}号"} {
		if err := set("case", fine); err != nil {
			t.Errorf("%s: %v", fine, err)
		}
	}
	t.Run("the shipped patterns pass, and what was set before is still read", func(t *testing.T) {
		p := process.DefaultPolicy()
		for key, pattern := range p.Numbers {
			if err := process.CheckPattern(key, pattern); err != nil {
				t.Error(err)
			}
		}
		if _, err := process.Overlay(settings{"numbers": settings{"case": "{yaer}"}}, 1); err != nil {
			t.Error(err)
		}
	})
}
