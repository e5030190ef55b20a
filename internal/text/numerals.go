package text

import "fmt"

// Chinese writes 1–99 in Chinese numerals.
func Chinese(n int) string {
	digits := []string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	if n < 1 || n > 99 {
		return fmt.Sprint(n)
	}
	tens, ones := n/10, n%10
	switch {
	case tens == 0:
		return digits[ones]
	case tens == 1:
		return "十" + digits[ones]
	}
	return digits[tens] + "十" + digits[ones]
}
