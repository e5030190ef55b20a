package text_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

// verdict is what this package says of a text.
func verdict(s string) corpus.Verdict {
	_, flawed := text.Find(s)
	_, err := text.Field{Label: "标题"}.Take(s)
	switch {
	case flawed:
		return corpus.Untyped
	case text.Blank(s):
		return corpus.Blank
	case err != nil:
		return corpus.Broken
	}
	return corpus.Fine
}

func TestTheCorpusIsJudgedAsItSays(t *testing.T) {
	t.Parallel()
	for _, c := range corpus.Texts {
		if got := verdict(c.Text); got != c.Is {
			t.Errorf("%s: %s, want %s", c.Name, got, c.Is)
		}
		if c.Is == corpus.Fine && (text.Count(c.Text) < 4 || utf8.RuneCountInString(c.Text) > 40) {
			t.Errorf("%s: a fine text has 4 visible characters and at most 40", c.Name)
		}
	}
}

func TestWhatMayBeWritten(t *testing.T) {
	t.Parallel()
	title := text.Field{Label: "标题", Path: []string{"title"}, Least: 4, Most: 20}
	body := text.Field{Label: "情况", Least: 1, Lines: true}
	for _, c := range []struct {
		name, in string
		field    text.Field
		want     string // what is kept
		err      string // or what is said
	}{
		{"a line is trimmed", " \u3000关于停车的事\n", title, "关于停车的事", ""},
		{"R1: a title of spaces is none", "   ", title, "", "请填写标题"},
		{"R1: a title of too many characters is refused", strings.Repeat("长", 21), title, "", "标题不能超过 20 个字，也不能换行"},
		{"R4: a title has no line break", "关于停车\n的事", title, "", "也不能换行"},
		{"R4: U+2028 breaks a line", "关于停车\u2028的事", title, "", "也不能换行"},
		{"R3: a title that shows nothing is none", "\u200b\u3164\u2800\u200b\u200b", title, "", "请填写标题"},
		{"R3: a minimum counts what is visible", "停\u200b\u200b\u200b车 的", title, "", "标题过短：至少 4 个字"},
		{"R2: a body of one space is none", " ", body, "", "请填写情况"},
		{"R5: what turns the direction is named with its place", "关于\u202e停车的事", title, "", "标题的第 3 个字符 U+202E（从右到左强制） 不能使用"},
		{"A11: a tag is named with its place", "关于停车的事\U000e0041", title, "", "标题的第 7 个字符 U+E0041（标签字符）"},
		{"what is broken is named", "关于停车\xff的事", title, "", "U+FFFD（损坏的字符）"},
		{"what comes with copied text is dropped", "\ufeff关于\u200b停\u00ad车的事", title, "关于停车的事", ""},
		{"line breaks of every kind are one", "一\r\n二\r三\u2028四\n\n五", body, "一\n二\n三\n四\n\n五", ""},
		{"a family stays together", "👨\u200d👩\u200d👧停车的事", title, "👨\u200d👩\u200d👧停车的事", ""},
		{"a heart keeps its selector", "❤\ufe0f\u200d🔥停车的", title, "❤\ufe0f\u200d🔥停车的", ""},
		{"an ideograph keeps its variant", "葛\U000e0100城停车", title, "葛\U000e0100城停车", ""},
		{"one selector is enough", "葛\U000e0100\U000e0101\ufe0f城停车", title, "葛\U000e0100城停车", ""},
		{"a joiner at the end joins nothing", "关于停车\u200d", title, "关于停车", ""},
		{"𠮷 can be written", "𠮷林路停车", title, "𠮷林路停车", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.field.Take(c.in)
			if c.err == "" {
				if err != nil || got != c.want {
					t.Fatalf("%q, %v", got, err)
				}
				return
			}
			shown, ok := errs.As(err)
			if !ok || shown.Code != errs.Invalid || !strings.Contains(shown.Message, c.err) || !slices.Equal(shown.Path, c.field.Path) {
				t.Fatalf("%q, %v", got, err)
			}
		})
	}
}

func TestTextsAreComparedAsPeopleSeeThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, a, b string }{
		{"R6: Kangxi radicals", "⼀⼆⼈⼝", "一二人口"},
		{"R6: radicals of the supplement", "⻓⻋⻅⺠", "长车见民"},
		{"R6: full-width digits and letters", "２０２４年ＡＢＣ", "2024年abc"},
		{"R6: half-width katakana", "ｶﾞｷﾞ", "ガギ"},
		{"R6: decomposed letters", "Cafe\u0301", "café"},
		{"R6: compatibility ideographs", "\uf900\uf90a\U0002f800", "\u8c48\u91d1\u4e3d"},
		{"R6: letter case", "WiFi", "WIFI"},
		{"R6: capital letters of other alphabets", "ЖИЛЬЁ ΑΒΓ ÄÖÜ", "жильё αβγ äöü"},
		{"R6: a zero-width space inside", "停\u200b车", "停车"},
		{"R6: variation selectors", "葛\U000e0100城❤\ufe0f", "葛城❤"},
		{"any space", "停车\u3000 \n的事 ", "停车 的事"},
		{"ligatures and numbers in circles", "ﬁ①㈠", "fi1(一)"},
	} {
		if text.Key(c.a) != text.Key(c.b) {
			t.Errorf("%s: %q is %q, %q is %q", c.name, c.a, text.Key(c.a), c.b, text.Key(c.b))
		}
	}
	for _, c := range [][2]string{{"人", "入"}, {"已", "己"}, {"葛", "蔼"}, {"𠮷", "吉"}, {"a", "а"}} {
		if text.Key(c[0]) == text.Key(c[1]) {
			t.Errorf("%q and %q are two characters", c[0], c[1])
		}
	}
	if !text.Contains("关于２０２４年ＷｉＦｉ的事", " wifi ") || text.Contains("关于停车", "停放") {
		t.Error("Contains")
	}
}

// properties hold for any text.
func properties(t *testing.T, s string) {
	t.Helper()
	clean, key := text.Clean(s), text.Key(s)
	if again := text.Clean(clean); again != clean {
		t.Errorf("Clean(%q) is %q, again %q", s, clean, again)
	}
	if again := text.Key(key); again != key {
		t.Errorf("Key(%q) is %q, again %q", s, key, again)
	}
	if text.Key(clean) != key && !strings.ContainsFunc(s, text.Untyped) && utf8.ValidString(s) {
		t.Errorf("%q is compared as %q, kept as %q and then compared as %q", s, key, clean, text.Key(clean))
	}
	if text.Blank(s) != (text.Count(s) == 0) || text.Blank(s) != text.Blank(clean) {
		t.Errorf("%q: blank %v, %d visible, kept blank %v", s, text.Blank(s), text.Count(s), text.Blank(clean))
	}
	if !utf8.ValidString(clean) || !utf8.ValidString(key) {
		t.Errorf("%q: not valid", s)
	}
	for _, f := range []text.Field{{Label: "x", Least: 1, Most: 80}, {Label: "x", Least: 2, Lines: true}, {Label: "x"}} {
		got, err := f.Take(s)
		if err != nil {
			continue
		}
		again, err := f.Take(got)
		if err != nil || again != got || text.Count(got) < f.Least || !f.Lines && strings.ContainsAny(got, "\n\r\t\u2028\u2029") || strings.ContainsFunc(got, text.Untyped) {
			t.Errorf("%+v takes %q as %q, and that as %q, %v", f, s, got, again, err)
		}
	}
}

func TestEveryCharacterKeepsTheProperties(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch {
		case r >= 0xD800 && r <= 0xDFFF:
			continue
		case r%97 == 0, r&0xFF >= 0xFE:
		case unicode.In(r, unicode.Ideographic, unicode.Hangul, unicode.Co) && norm.NFKC.QuickSpan([]byte(string(r))) > 0, r > 0x323AF && r < 0xE0000:
			continue // one of thousands alike
		}
		properties(t, string(r))
		if r < 0x3000 || r > 0xF8FF && r < 0x1FFFF || r >= 0xE0000 && r < 0xE0200 {
			properties(t, "停"+string(r)+"a\u0301")
			properties(t, string(r)+"\u200d"+string(r)+"\ufe0f\ufe0f")
		}
		if t.Failed() {
			t.Fatalf("at %U", r)
		}
	}
}

func TestWhatIsIgnorableIsWhatUnicodeSays(t *testing.T) {
	t.Parallel()
	shown := []*unicode.RangeTable{unicode.White_Space, unicode.Prepended_Concatenation_Mark,
		{R16: []unicode.Range16{{0xFFF9, 0xFFFB, 1}}, R32: []unicode.Range32{{0x13430, 0x13455, 1}}}}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Cf, unicode.Variation_Selector) && !unicode.In(r, shown...)
		if got := text.Invisible(r) && !text.Untyped(r) && r != '\u2800'; want != got && !text.Untyped(r) {
			t.Errorf("%U: ignorable %v, want %v", r, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, c := range corpus.Texts {
		f.Add(c.Text)
	}
	f.Fuzz(properties)
}
