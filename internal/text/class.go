package text

import (
	"fmt"
	"unicode"
)

// ignorable are the characters that show nothing where they are not supported
// (Default_Ignorable_Code_Point of Unicode), the reserved ones included.
var ignorable = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x00AD, 0x00AD, 1}, {0x034F, 0x034F, 1}, {0x061C, 0x061C, 1}, {0x115F, 0x1160, 1}, {0x17B4, 0x17B5, 1}, {0x180B, 0x180F, 1},
		{0x200B, 0x200F, 1}, {0x202A, 0x202E, 1}, {0x2060, 0x206F, 1}, {0x3164, 0x3164, 1}, {0xFE00, 0xFE0F, 1}, {0xFEFF, 0xFEFF, 1},
		{0xFFA0, 0xFFA0, 1}, {0xFFF0, 0xFFF8, 1},
	},
	R32: []unicode.Range32{{0x1BCA0, 0x1BCA3, 1}, {0x1D173, 0x1D17A, 1}, {0xE0000, 0xE0FFF, 1}},
	// the soft hyphen is the only one of Latin-1
	LatinOffset: 1,
}

// brailleBlank is a character of its own kind that shows nothing.
const brailleBlank = '\u2800'

// Untyped reports whether a character is one that nobody types. Line breaks and
// tabs are typed.
func Untyped(r rune) bool {
	switch {
	case r == '\n', r == '\t', r == '\r':
		return false
	case unicode.IsControl(r), r == unicode.ReplacementChar, r < 0, r > unicode.MaxRune:
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x206F: // direction, and what was withdrawn
		return true
	case r >= 0xFFF9 && r <= 0xFFFB: // annotations
		return true
	case r >= 0xE0000 && r <= 0xE00FF, r >= 0xE01F0 && r <= 0xE0FFF: // tags
		return true
	case r >= 0xD800 && r <= 0xDFFF:
		return true
	}
	return r&0xFFFE == 0xFFFE || r >= 0xFDD0 && r <= 0xFDEF // noncharacters
}

// breaks reports whether a line ends here.
func breaks(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

// selects reports whether a character chooses a form of the one before it.
func selects(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// joins reports whether a character acts between its neighbours.
func joins(r rune) bool { return r == '\u200C' || r == '\u200D' || r == '\u180E' }

// Visible reports whether a character shows something by itself.
func Visible(r rune) bool {
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.Z, ignorable, unicode.Mn, unicode.Me) && r != brailleBlank && !Untyped(r)
}

// Count is how many visible characters a text has.
func Count(s string) (n int) {
	for _, r := range s {
		if Visible(r) {
			n++
		}
	}
	return n
}

// Blank reports whether a text shows nothing.
func Blank(s string) bool {
	for _, r := range s {
		if Visible(r) {
			return false
		}
	}
	return true
}

// Invisible reports whether a character shows nothing and is no space: in a
// text that must be exact to the character, such as a definition, it is named.
func Invisible(r rune) bool {
	return Untyped(r) || unicode.Is(ignorable, r) || r == brailleBlank
}

// known are the names of what is met at times.
var known = map[rune]string{
	0x0000: "空字符", 0x0008: "退格", 0x000B: "竖向制表符", 0x000C: "换页符", 0x001B: "ESC", 0x007F: "删除符", 0x0085: "下一行",
	0x00A0: "不换行空格", 0x00AD: "软连字符", 0x115F: "韩文填充符", 0x1160: "韩文填充符", 0x200B: "零宽空格", 0x200C: "零宽不连字", 0x200D: "零宽连字",
	0x200E: "从左到右标记", 0x200F: "从右到左标记", 0x2028: "行分隔符", 0x2029: "段分隔符", 0x202A: "从左到右嵌入", 0x202B: "从右到左嵌入",
	0x202C: "方向结束", 0x202D: "从左到右强制", 0x202E: "从右到左强制", 0x2060: "词连接符", 0x2066: "从左到右隔离", 0x2067: "从右到左隔离",
	0x2068: "首字符方向隔离", 0x2069: "隔离结束", 0x2800: "空白盲文", 0x3000: "全角空格", 0x3164: "韩文填充符", 0xFEFF: "字节顺序标记",
	0xFFA0: "半角韩文填充符", 0xFFFD: "损坏的字符", '\n': "换行", '\r': "换行", '\t': "制表符",
}

// Name names a character for people who cannot see it.
func Name(r rune) string {
	name := fmt.Sprintf("U+%04X", r)
	switch word := known[r]; {
	case word != "":
		return name + "（" + word + "）"
	case selects(r):
		return name + "（异体字选择符）"
	case r >= 0xE0000 && r <= 0xE0FFF:
		return name + "（标签字符）"
	case unicode.IsControl(r):
		return name + "（控制字符）"
	}
	return name
}
