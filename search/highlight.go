package search

import (
	"strings"
	"unicode"

	"github.com/bihuan/bihuan/internal/text"
)

// Segment is a stretch of a text, marked where a word stands.
type Segment struct {
	Text   string
	Marked bool
}

const (
	around  = 30 // characters shown before the first mark and after the last
	snippet = 90 // characters of a text that are shown at most
)

// flat is a text as it is searched, without the spaces, character by character,
// and where each stands in the text as it is read.
type flat struct {
	runes []rune
	at    []int // index of the character in the shown text
}

func flatten(shown []rune) flat {
	var f flat
	for i, r := range shown {
		if in(r, 0x4E00, 0x9FFF) || isDigit(r) || 'a' <= r && r <= 'z' {
			f.runes, f.at = append(f.runes, r), append(f.at, i)
			continue
		}
		if unicode.IsSpace(r) {
			continue
		}
		key := []rune(text.Key(string(r)))
		if len(key) == 0 { // not visible
			continue
		}
		for _, k := range key {
			if separates(k) {
				k = ' '
			}
			f.runes, f.at = append(f.runes, k), append(f.at, i)
		}
	}
	return f
}

// marks says of each character whether one of the pieces or of the initials
// stands there.
func marks(shown []rune, words []word, pinyin map[rune]string) []bool {
	f, out := flatten(shown), make([]bool, len(shown))
	for _, w := range words {
		for _, piece := range w.pieces {
			f.find([]rune(piece), func(have, want rune) bool { return have == want }, out)
		}
		if len(w.pinyin) > 0 {
			f.find([]rune(w.pieces[0]), func(have, want rune) bool { return strings.ContainsRune(pinyin[have], want) }, out)
		}
	}
	return out
}

func (f flat) find(piece []rune, same func(have, want rune) bool, out []bool) {
	number := isDigit(piece[0])
	for i := 0; i+len(piece) <= len(f.runes); i++ {
		k := 0
		for k < len(piece) && same(f.runes[i+k], piece[k]) {
			k++
		}
		if k < len(piece) || number && !f.whole(i, i+k) {
			continue
		}
		for j := f.at[i]; j <= f.at[i+k-1]; j++ {
			out[j] = true
		}
	}
}

// whole: the number from i to end is not a piece of a longer one, zeros before it
// apart.
func (f flat) whole(i, end int) bool {
	if isDigit(f.runes[end-1]) && end < len(f.runes) && isDigit(f.runes[end]) {
		return false
	}
	for i--; i >= 0 && isDigit(f.runes[i]); i-- {
		if f.runes[i] != '0' {
			return false
		}
	}
	return true
}

// segments cuts what is shown of a text: from a little before the first mark on,
// so much that a line of a list holds it.
func segments(shown string, words []word, pinyin map[rune]string) (out []Segment, marked bool) {
	shown = strings.ReplaceAll(shown, "\n——\n", "；")
	runes := []rune(shown)
	on := marks(runes, words, pinyin)
	from := 0
	for i, m := range on {
		if m {
			from, marked = max(0, i-around), true
			break
		}
	}
	if len(runes) <= snippet {
		from = 0
	}
	to := min(len(runes), from+snippet)
	add := func(s string, m bool) {
		if n := len(out); n > 0 && out[n-1].Marked == m {
			out[n-1].Text += s
			return
		}
		out = append(out, Segment{s, m})
	}
	if from > 0 {
		add("…", false)
	}
	for i := from; i < to; i++ {
		r := string(runes[i])
		if runes[i] == '\n' {
			r = " "
		}
		add(r, on[i])
	}
	if to < len(runes) {
		add("…", false)
	}
	return out, marked
}
