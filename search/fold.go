package search

import (
	"strings"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/text"
)

// ideographic is the first character of those of which two neighbours are a
// term; below are letters and digits.
const ideographic = 0x2E80

func isHan(r rune) bool   { return r >= ideographic }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// separates reports whether a character stands between words.
func separates(r rune) bool {
	switch {
	case r < 0x80:
		return !isDigit(r) && (r < 'a' || r > 'z')
	case r < 0xC0:
		return r != 0xAA && r != 0xB5 && r != 0xBA && (r <= 0xA9 || r >= 0xAB) && r >= 0x80
	case r == 0xD7, r == 0xF7, r == 0x3030, r == 0x303D, r == 0x30FB, r == 0xFFFC, r == 0xFFFD:
		return true
	}
	return in(r, 0x2000, 0x206F) || in(r, 0x2190, 0x2BFF) || in(r, 0x2E00, 0x2E7F) || in(r, 0x3000, 0x3004) ||
		in(r, 0x3008, 0x3020) || in(r, 0xFE10, 0xFE1F) || in(r, 0xFE30, 0xFE6F)
}

func in(r, from, to rune) bool { return from <= r && r <= to }

// Fold is the form in which texts are searched: text.Key, without spaces
// beside ideographs, and one space for whatever stands between words.
// PostgreSQL's search_fold is the same function (a test compares them).
func Fold(s string) string {
	key := []rune(text.Key(s))
	var b strings.Builder
	gap := false
	for i, r := range key {
		if r == ' ' && (isHan(key[i-1]) || isHan(key[i+1])) { // Key has none at its ends
			continue
		}
		if separates(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// tokens cuts a folded text where digits, ideographs and letters meet.
func tokens(folded string) (out []string) {
	class := func(r rune) int {
		switch {
		case r == ' ':
			return 0
		case isDigit(r):
			return 1
		case isHan(r):
			return 2
		}
		return 3
	}
	from, of := 0, 0
	for i, r := range folded {
		if c := class(r); c != of {
			if of != 0 {
				out = append(out, folded[from:i])
			}
			from, of = i, c
		}
	}
	if of != 0 {
		out = append(out, folded[from:])
	}
	return out
}

// longestTerm is how many characters of a number or a word of letters are kept.
const longestTerm = 32

func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// pairs are the terms of a word of ideographs: each two neighbours.
func pairs(word string) []string {
	var out []string
	seen := map[string]bool{}
	for i, r := range word {
		_, next := utf8.DecodeRuneInString(word[i+utf8.RuneLen(r):])
		if next == 0 {
			break
		}
		if p := word[i : i+utf8.RuneLen(r)+next]; !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}
