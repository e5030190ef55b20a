package text

import (
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

const numerals = "〇一二三四五六七八九"

// Ordinal reads 15, 第15届 and 第十五届, where 届 is what it counts; from 1 to 99.
func Ordinal(s, of string) (int, *errs.Error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(Key(s), "第"), of)
	if n, err := strconv.Atoi(bare); err == nil && n > 0 && n < 100 {
		return n, nil
	}
	digit := func(s string) int { // 1 where nothing stands: 十五
		if s == "" {
			return 1
		}
		if i := strings.Index(numerals, s); i > 0 && len([]rune(s)) == 1 {
			return len([]rune(numerals[:i]))
		}
		return -1
	}
	tens, ones, ten := strings.Cut(bare, "十")
	if !ten {
		tens, ones = "", bare
	}
	n := 0
	if ten {
		n = 10 * digit(tens)
	}
	if ones != "" || !ten {
		if ones == "" {
			ones = "?"
		}
		n += digit(ones)
	}
	if n <= 0 || n > 99 {
		return 0, errs.New(errs.Invalid, "“%s”不是第几%s，请写成数字，例如 15", s, of)
	}
	return n, nil
}
