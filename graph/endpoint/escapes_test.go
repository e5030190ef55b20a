package endpoint

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// R7: what JSON.stringify makes of 𠮷 is 𠮷.
func TestPairsOfEscapesAreOneCharacter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"a pair", `{ a(x: "\ud842\udfb7林路") }`, `{ a(x: "𠮷林路") }`},
		{"a pair in capitals", `{ a(x: "\uD83D\uDE00") }`, `{ a(x: "😀") }`},
		{"two pairs", `{ a(x: "\ud842\udfb7\ud842\udfb7") }`, `{ a(x: "𠮷𠮷") }`},
		{"an escape of the first plane stays", `{ a(x: "\u4e00") }`, `{ a(x: "\u4e00") }`},
		{"the first half alone stays", `{ a(x: "\ud842 \udfb7") }`, `{ a(x: "\ud842 \udfb7") }`},
		{"the second half first stays", `{ a(x: "\udfb7\ud842") }`, `{ a(x: "\udfb7\ud842") }`},
		{"after an escaped backslash there is no escape", `{ a(x: "\\ud842\\udfb7") }`, `{ a(x: "\\ud842\\udfb7") }`},
		{"an escaped quote ends nothing", `{ a(x: "\"\ud842\udfb7") }`, `{ a(x: "\"𠮷") }`},
		{"a block string has no escapes", `{ a(x: """\ud842\udfb7 "q" \""" \ud842\udfb7""", y: "\ud842\udfb7") }`, `{ a(x: """\ud842\udfb7 "q" \""" \ud842\udfb7""", y: "𠮷") }`},
		{"a comment has none", "{ a # \"\\ud842\\udfb7\n (x: \"\\ud842\\udfb7\") }", "{ a # \"\\ud842\\udfb7\n (x: \"𠮷\") }"},
		{"an empty string is no block", `{ a(x: "", y: "\ud842\udfb7") }`, `{ a(x: "", y: "𠮷") }`},
		{"a string that is not closed", `{ a(x: "\ud842\udfb7`, `{ a(x: "𠮷`},
		{"a backslash at the end", `{ a(x: "\u\`, `{ a(x: "\u\`},
	} {
		if got := paired(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// FuzzPaired: what can be read says the same afterwards, but for pairs.
func FuzzPaired(f *testing.F) {
	for _, s := range []string{`{ a(x: "\ud842\udfb7") }`, `{ a(x: """\ud842\udfb7""") }`, "# \\ud842\\udfb7\n{ a }", `{ a(x: "\\ud842\udfb7") }`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		before, err := parser.ParseQuery(&ast.Source{Input: s})
		after, again := parser.ParseQuery(&ast.Source{Input: paired(s)})
		if err == nil && (again != nil || len(before.Operations) != len(after.Operations)) {
			t.Fatalf("%q becomes %q: %v", s, paired(s), again)
		}
		if twice := paired(paired(s)); twice != paired(s) && !strings.Contains(s, `\`) {
			t.Fatalf("%q becomes %q", paired(s), twice)
		}
	})
}
