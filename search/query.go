package search

import (
	"strings"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// What may be asked for at once.
const (
	longest   = 100 // characters of a query
	mostWords = 8
	mostTerms = 64 // of one word
	initials  = 6  // of a word are kept together in the index
)

// word is what must stand in one place: pieces, each exactly so.
type word struct {
	pieces []string
	looks  []look // numbers and words of letters, all of them
	pinyin []look // or these
	said   string // as it was written

	marks, initials []string // of which the sign of a matter has bits: of looks and pieces, of pinyin
}

// look is what stands among the words of a part: a number between its spaces, or
// the beginning of a word after one.
type look string

func number(s string) look    { return look(" " + s + " ") }
func beginning(s string) look { return look(" " + s) }

// parse reads a query: its words. None: the query shows nothing.
func parse(query, path string) ([]word, error) {
	if utf8.RuneCountInString(query) > longest {
		return nil, errs.New(errs.Invalid, "搜索的文字不能超过 %d 个字，请只写几个关键的词", longest).At(path)
	}
	var out []word
	seen := map[string]bool{}
	for _, s := range strings.Fields(text.Key(query)) {
		folded := Fold(s)
		if folded == "" || seen[folded] {
			continue
		}
		seen[folded] = true
		out = append(out, wordOf(s, folded))
	}
	if len(out) > mostWords {
		return nil, errs.New(errs.Invalid, "一次至多搜索 %d 个词，请减少几个", mostWords).At(path)
	}
	return out, nil
}

func wordOf(said, folded string) word {
	w := word{pieces: strings.Split(folded, " "), said: said}
	for _, p := range w.pieces {
		for _, t := range tokens(p) {
			r, _ := utf8.DecodeRuneInString(t)
			switch {
			case isDigit(r):
				t = head(t, longestTerm)
				w.looks, w.marks = append(w.looks, number(t)), append(w.marks, t)
			case !isHan(r):
				w.looks = append(w.looks, beginning(head(t, longestTerm)))
				if two := head(t, 2); two != head(t, 1) {
					w.marks = append(w.marks, two)
				}
			default:
				two := pairs(t)
				w.marks = append(w.marks, two[:min(len(two), mostTerms)]...)
			}
		}
	}
	if letters(folded) {
		w.pinyin = []look{beginning("~" + head(folded, initials))}
		w.initials = []string{"~" + head(folded, 2)}
		if n := len(folded); n > initials {
			w.pinyin = append(w.pinyin, beginning("~"+folded[n-initials:]))
		}
	}
	return w
}

// letters reports whether a word may be initials of pinyin: two letters or
// more.
func letters(s string) bool {
	return len(s) > 1 && !strings.ContainsFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
}
