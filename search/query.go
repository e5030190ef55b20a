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
	looks  []look // what the index is asked for; all of them
	pinyin []look // or these
	said   string // as it was written
}

// look is one question to the index: all of the terms, or one in the range
// from ≤ term < to.
type look struct {
	all      []string
	from, to string
}

// beyond is after every term that begins with what stands before it.
const beyond = "\U0010FFFF"

func beginning(s string) look { return look{from: s, to: s + beyond} }

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
	var single []look
	for _, p := range w.pieces {
		for _, t := range tokens(p) {
			r, n := utf8.DecodeRuneInString(t)
			switch {
			case isDigit(r):
				w.looks = append(w.looks, look{all: []string{head(t, longestTerm)}})
			case !isHan(r):
				w.looks = append(w.looks, beginning(head(t, longestTerm)))
			case n == len(t): // in the middle of a word it is the first of a pair
				single = append(single, beginning(t))
			default:
				two := pairs(t)
				w.looks = append(w.looks, look{all: two[:min(len(two), mostTerms)]})
			}
		}
	}
	if len(w.looks) == 0 {
		w.looks = single // many matters: only where nothing else narrows it
	}
	if letters(folded) {
		w.pinyin = []look{beginning("~" + head(folded, initials))}
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
