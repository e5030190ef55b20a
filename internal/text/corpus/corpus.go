// Package corpus is one collection of odd texts and odd days. Every door by
// which text comes in is tested with all of it, so that no door is kinder than
// another.
package corpus

import (
	"strings"
	"time"
)

// Verdict is what every door says of a text.
type Verdict string

const (
	Fine    Verdict = "FINE"    // may be written anywhere
	Broken  Verdict = "BROKEN"  // has several lines, so it is no line
	Blank   Verdict = "BLANK"   // shows nothing, so it is not there
	Untyped Verdict = "UNTYPED" // has what nobody types: refused anywhere
)

// Text is one odd text.
type Text struct {
	Name string
	Text string
	Is   Verdict
}

// Texts are the odd texts. Each fine one has at least four visible characters
// and at most forty characters.
var Texts = []Text{
	{"nothing", "", Blank},
	{"a space", " ", Blank},
	{"ten spaces", strings.Repeat(" ", 10), Blank},
	{"ideographic spaces", "\u3000\u3000\u3000\u3000", Blank},
	{"tabs and breaks", "\t\r\n\n\t \n", Blank},
	{"no-break spaces", "\u00a0\u00a0\u00a0\u00a0", Blank},
	{"zero-width spaces", "\u200b\u200b\u200b\u200b\u200b", Blank},
	{"Hangul fillers", "\u3164\u3164\u3164\u3164\u3164", Blank},
	{"half-width Hangul fillers", "\uffa0\uffa0\uffa0\uffa0", Blank},
	{"conjoining Hangul fillers", "\u115f\u1160\u115f\u1160", Blank},
	{"blank Braille", "\u2800\u2800\u2800\u2800\u2800", Blank},
	{"byte order marks", "\ufeff\ufeff\ufeff\ufeff", Blank},
	{"joiners", "\u200d\u200d\u200c\u200c", Blank},
	{"variation selectors", "\ufe0f\ufe0f\ufe0f\ufe0f\U000e0100", Blank},
	{"soft hyphens", "\u00ad\u00ad\u00ad\u00ad", Blank},
	{"combining marks on nothing", "\u0301\u0302\u0303\u20dd", Blank},
	{"line separators", "\u2028\u2029\u2028\u2029", Blank},
	{"invisible operators", "\u2061\u2062\u2063\u2064", Blank},

	{"a zero byte", "关于停车\x00的事", Untyped},
	{"a bell", "关于停车\a的事", Untyped},
	{"an escape", "关于停车\x1b[31m的事", Untyped},
	{"a delete", "关于停车\x7f的事", Untyped},
	{"a control of Latin-1", "关于停车\u0085的事", Untyped},
	{"a form feed", "关于停车\f的事", Untyped},
	{"turned from right to left", "关于停车\u202e的事", Untyped},
	{"embedded from left to right", "关于停车\u202a的事\u202c", Untyped},
	{"isolated", "关于停车\u2066的事\u2069", Untyped},
	{"withdrawn format characters", "关于停车\u206a的事", Untyped},
	{"a replacement character", "关于停车\ufffd的事", Untyped},
	{"a noncharacter", "关于停车\ufdd0的事", Untyped},
	{"the last noncharacter", "关于停车\U0010ffff的事", Untyped},
	{"tags", "关于停车\U000e0041\U000e0042的事", Untyped},
	{"an annotation", "关于停车\ufff9的\ufffb事", Untyped},

	{"a line break", "关于停车的事\n和别的事", Broken},
	{"a break of Windows", "关于停车的事\r\n和别的事", Broken},
	{"a break of old", "关于停车的事\r和别的事", Broken},
	{"a line separator", "关于停车的事\u2028和别的事", Broken},
	{"a paragraph separator", "关于停车的事\u2029和别的事", Broken},
	{"a tab", "关于停车的事\t和别的事", Broken},

	{"a zero-width space inside", "关于停\u200b车的事", Fine},
	{"a soft hyphen inside", "关于停车\u00ad的事", Fine},
	{"a byte order mark first", "\ufeff关于停车的事", Fine},
	{"spaces around", "  \u3000关于停车的事\u3000 ", Fine},
	{"breaks around", "\n关于停车的事\r\n", Fine},
	{"an ideograph outside the first plane", "𠮷林路停车的事", Fine},
	{"an ideograph newer than many fonts", "\U0002ebf0林路停车的事", Fine},
	{"a private character", "\ue863林路停车的事", Fine},
	{"an ideograph with its variant", "葛\U000e0100城路停车的事", Fine},
	{"Kangxi radicals", "\u2f00\u2f06\u2f08\u2f1d的事", Fine},
	{"radicals of the supplement", "⻓⻋⻅⺠的事", Fine},
	{"a compatibility ideograph", "\uf900有停车的事", Fine},
	{"full-width letters", "ＡＢＣ１２３停车的事", Fine},
	{"half-width katakana", "ｶﾀｶﾅの停车", Fine},
	{"decomposed letters", "Cafe\u0301停车的事", Fine},
	{"a family", "👨\u200d👩\u200d👧\u200d👦停车的事", Fine},
	{"a heart with its selector", "❤\ufe0f停车的事", Fine},
	{"a flag and a keycap", "🇨🇳1\ufe0f\u20e3停车的事", Fine},
	{"Uyghur", "ئۇيغۇر\u200cچە تېكىست", Fine},
	{"Tibetan", "བོད་ཡིག་གི་ས་ཆ", Fine},
	{"Mongolian", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ", Fine},
	{"many marks", "停\u0301\u0302\u0303\u0304\u0305\u0306车的事", Fine},
	{"SQL", "'; DROP TABLE matters;--", Fine},
	{"HTML", "<script>alert(1)</script>", Fine},
	{"format verbs", "%s%n%x%[1]d停车", Fine},
	{"wildcards", "%_\\停车的事", Fine},
	{"braces", "${{.}}停车的事", Fine},
}

// Days are odd days for something that began on begun, seen on today.
func Days(begun, today time.Time) []Day {
	return []Day{
		{"the day before it began", begun.AddDate(0, 0, -1), false, begun.After(today)},
		{"long before it began", time.Date(2001, 5, 1, 0, 0, 0, 0, time.UTC), false, false},
		{"the day it began", begun, true, !begun.Before(today)},
		{"yesterday", today.AddDate(0, 0, -1), !today.AddDate(0, 0, -1).Before(begun), false},
		{"today", today, true, true},
		{"tomorrow", today.AddDate(0, 0, 1), false, true},
		{"in a hundred years", today.AddDate(100, 0, 0), false, false},
		{"in 2019", time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC), false, false},
		{"in 2099", time.Date(2099, 3, 1, 0, 0, 0, 0, time.UTC), false, false},
	}
}

// Day is one odd day: whether it can be that of what has happened, and of what
// is promised.
type Day struct {
	Name     string
	On       time.Time
	Happened bool
	Promised bool
}
