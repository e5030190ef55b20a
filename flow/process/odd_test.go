package process_test

import (
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

// A11: what an input method writes instead of YAML's signs, and what nobody
// sees, is named with its line and its place in it.
func TestOddCharactersAreNamedWithTheirPlace(t *testing.T) {
	for _, c := range []struct {
		sentence, source string
		line, column     int
		says             string
	}{
		{"a full-width colon after an item", "kind: a\nversion: 1\ntitle：小事\nturns: {}\n", 3, 6, "“：”是全角字符，请改成半角的“:”"},
		{"a full-width colon in the first line", "kind：a\nversion: 1\n", 1, 5, "请改成半角的“:”"},
		{"nothing but full-width colons", "kind：a\nversion：1\n", 2, 8, "请改成半角的“:”"},
		{"a full-width colon inside braces", change(t, "{committee_staff: 主任", "{committee_staff：主任"), 5, 24, "“：”是全角字符"},
		{"a full-width comma in a list of codes", change(t, "from: [HELD, LATE], to: FIRST", "from: [HELD，LATE], to: FIRST"), 32, 46, "“，”是全角字符，请改成半角的“,”"},
		{"a Chinese enumeration comma in a list of codes", change(t, "from: [HELD, LATE], to: FIRST", "from: [HELD、LATE], to: FIRST"), 32, 46, "“、”是全角字符，请改成半角的“,”"},
		{"a full-width brace", "kind: a\nturns: ｛a: b}\n", 2, 8, "“｛”是全角字符，请改成半角的“{”"},
		{"a full-width space before an item", "kind: a\n　version: 1\n", 2, 1, "U+3000（全角空格），请改成半角空格"},
		{"a space that does not break, in a code", change(t, "turn: units, timers: [share]", "turn: units\u00a0, timers: [share]"), 0, 0, "U+00A0（不换行空格）"},
		{"full-width letters in a code", change(t, "initial: TAKEN", "initial: ＴAKEN"), 0, 0, "“Ｔ”是全角字符，请改成半角的“T”"},
		{"full-width quotes around a code", change(t, "initial: TAKEN", "initial: “TAKEN”"), 0, 0, "“““是全角字符"},
		{"a zero width space in a name", change(t, "label: 已过期", "label: 已\u200b过期"), 20, 30, "有看不见的字符 U+200B（零宽空格），请删除"},
		{"a zero width joiner in a code", change(t, "initial: TAKEN", "initial: TA\u200dKEN"), 0, 0, "U+200D（零宽连字）"},
		{"a filler in the name of a rule", change(t, "guards: [tiny.allowed]", "guards: [tiny.allowed\u3164]"), 0, 0, "U+3164（韩文填充符）"},
		{"what turns the direction, in a form", change(t, "title: 内容", "title: 内\u202e容"), 0, 0, "U+202E"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := process.Parse([]byte(c.source))
			e := refused(t, err, errs.Invalid)
			if !strings.Contains(e.Message, strings.ReplaceAll(c.says, "“““", "““”")) {
				t.Errorf("it says %s", e.Message)
			}
			if c.line > 0 && (e.Details["line"] != c.line || e.Details["column"] != c.column) {
				t.Errorf("it says %s at %v, %v", e.Message, e.Details["line"], e.Details["column"])
			}
			if e.Details["column"] == nil {
				t.Errorf("%s names no place", e.Message)
			}
		})
	}
	t.Run("in names, reasons and forms full-width signs are what was meant", func(t *testing.T) {
		fine := strings.NewReplacer("label: 已过期", "label: 已过期：等，待", "waits: 等人来处理", "waits: 等“人”来、处理（急）。", "title: 内容", "title: 内容：", "{committee_staff: 主任", "{committee_staff: 主任、副主任").Replace(tiny)
		if _, err := process.Parse([]byte(fine)); err != nil {
			t.Error(err)
		}
	})
	t.Run("an emoji is written with a joiner", func(t *testing.T) {
		if _, err := process.Parse([]byte(change(t, "label: 已过期", "label: 👩\u200d👧 已过期"))); err != nil {
			t.Error(err)
		}
	})
	t.Run("what is published is read as it stands", func(t *testing.T) {
		old := []byte(change(t, "label: 已过期", "label: 已\u200b过期"))
		if d, err := process.Published(old); err != nil || d.Machines[process.OfMatter].State("LATE") == nil {
			t.Error(err)
		}
	})
	t.Run("the shipped definitions have nothing of the kind", func(t *testing.T) {
		sources := templates.Processes()
		for _, p := range templates.Platforms() {
			sources = append(sources, p.Source)
		}
		for _, source := range sources {
			if _, err := process.Parse(source); err != nil {
				t.Error(err)
			}
		}
	})
}
