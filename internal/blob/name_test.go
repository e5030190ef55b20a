package blob

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestSafeName(t *testing.T) {
	han := func(n int) string { return strings.Repeat("案", n) }
	for in, want := range map[string]string{
		"关于一号提案的办理情况.docx":           "关于一号提案的办理情况.docx",
		`C:\Users\x\提案.pdf`:          "提案.pdf",
		"../../etc/passwd":           "passwd",
		"a/b\\..":                    "未命名",
		"":                           "未命名",
		"   ":                        "未命名",
		".pdf":                       "未命名.pdf",
		"..pdf":                      "未命名.pdf",
		".htaccess":                  "未命名.htaccess",
		"a\r\nSet-Cookie: b\x00.txt": "aSet-Cookie: b.txt",
		"a\u202Efdp.exe":             "afdp.exe",
		"\uFEFF提\u200B案\u2028.txt":   "提案.txt",
		"a\xFF\xFEb.txt":             "ab.txt",
		"提\u3000案\u00A0.txt":         "提 案.txt",
		"evil.exe. . ":               "evil.exe",
		"\uE863.txt":                 "\uE863.txt", // a rare name in the private use area
		han(100) + ".pdf":            han(65) + ".pdf",
		strings.Repeat("a", 300):     strings.Repeat("a", 200),
		"x" + han(100) + ".pdf":      "x" + han(65) + ".pdf",
		"第一。a.这不是扩展名而是一句很长的话":           "第一。a.这不是扩展名而是一句很长的话",
		"a." + strings.Repeat("b", 300): "a." + strings.Repeat("b", 198),
	} {
		if got := SafeName(in); got != want {
			t.Errorf("SafeName(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSafeName(f *testing.F) {
	for _, seed := range []string{"a..pdf", "a . b", ". .x", `a/\b.`, strings.Repeat("案.", 99) + ".docx", "a\u3000.\u00A0b", "foo..bar." + strings.Repeat("x", 210)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := SafeName(name)
		switch {
		case got == "" || len(got) > maxName || !utf8.ValidString(got):
			t.Fatalf("%q: empty, long or not UTF-8", got)
		case strings.ContainsAny(got, `/\`) || strings.HasPrefix(got, ".") || strings.ContainsFunc(got, unicode.IsControl):
			t.Fatalf("%q: not a plain name", got)
		case SafeName(got) != got:
			t.Fatalf("%q becomes %q the second time", got, SafeName(got))
		}
	})
}
