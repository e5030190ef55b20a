package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// radicals and what each is as an ideograph, in pairs: the CJK Radicals
// Supplement, of which NFKC knows two (EquivalentUnifiedIdeograph of Unicode).
// Programs that read PDF files write 长 and 车 with them.
const radicals = "⺁厂⺂乛⺃乚⺄乙⺅亻⺆冂⺇𠘨⺈刀⺉刂⺊卜⺋㔾⺌小⺍小⺎兀⺏尣⺐尢⺑𡯂⺒巳⺓幺⺔彑⺕彐⺖忄⺗心⺘扌" +
	"⺙攵⺛旡⺜日⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺧牛⺨犭⺩王⺪𤴔⺫目⺬示⺭礻⺮𥫗⺯糹⺰纟⺱罓" +
	"⺲罒⺳㓁⺴冗⺵𦉫⺶羊⺷𦍌⺸𦍋⺹耂⺺肀⺻聿⺼肉⺽𦥑⺾艹⺿艹⻀艹⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇𧢲⻈讠⻉贝" +
	"⻊𧾷⻋车⻌辶⻍辶⻎辶⻏邑⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠⻠饣⻡𩠐" +
	"⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"

var ideographs = func() map[rune]rune {
	out, list := map[rune]rune{}, []rune(radicals)
	for i := 0; i < len(list); i += 2 {
		out[list[i]] = list[i+1]
	}
	return out
}()

// Key is the form in which texts are compared. Done again it changes nothing.
// PostgreSQL's text_key is the same function (a test compares them).
func Key(s string) string {
	s = norm.NFKC.String(strings.Map(shown, strings.ToValidUTF8(s, "")))
	// the halves of Hangul fillers and some letters come apart only now
	s = norm.NFKC.String(strings.Map(func(r rune) rune { return small(shown(r)) }, s))
	return strings.Join(strings.Fields(s), " ")
}

// shown drops what is not visible, and gives a radical its ideograph.
func shown(r rune) rune {
	switch {
	case r == brailleBlank:
		return ' '
	case unicode.Is(ignorable, r) || unicode.IsControl(r) && !unicode.IsSpace(r):
		return -1
	}
	if i, ok := ideographs[r]; ok {
		return i
	}
	return r
}

// small is the small letter of a capital one, of those alphabets that have
// both; one for one, as PostgreSQL's translate does it.
func small(r rune) rune {
	if r < 0x80 {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	return unicode.ToLower(r)
}

// Contains reports whether a text has another in it, as people see them.
func Contains(s, part string) bool { return strings.Contains(Key(s), Key(part)) }
