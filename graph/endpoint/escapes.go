package endpoint

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// paired writes the characters outside the first plane that a document's
// strings hold as two escapes, "\ud842\udfb7" for 𠮷, as themselves: the
// parser reads escapes one by one (GraphQL, String Value; JSON.stringify writes
// them so). Comments and block strings have no escapes, and half a pair stays
// what it is, to be refused.
func paired(text string) string {
	if !strings.Contains(text, `\u`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		n := 1
		switch {
		case text[i] == '#':
			n = until(text[i:], "\n")
		case strings.HasPrefix(text[i:], `"""`):
			n = block(text[i:])
		case text[i] == '"':
			n = str(text[i:])
			b.WriteString(withPairs(text[i : i+n]))
			i += n
			continue
		}
		b.WriteString(text[i : i+n])
		i += n
	}
	return b.String()
}

// until is how far it is to the end of a mark, or to the end.
func until(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}

// block is the length of a block string.
func block(text string) int {
	for i := 3; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\"""`):
			i += 3
		case strings.HasPrefix(text[i:], `"""`):
			return i + 3
		}
	}
	return len(text)
}

// str is the length of a string; one that is not closed ends with its line.
func str(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n', '\r':
			return i
		}
	}
	return len(text)
}

// withPairs is a string with its pairs written out.
func withPairs(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		if r := utf16.DecodeRune(unit(text[i:]), unit(text[min(i+6, len(text)):])); r != '\uFFFD' {
			b.WriteRune(r)
			i += 12
			continue
		}
		n := 1
		if text[i] == '\\' && i+1 < len(text) {
			n = 2 // an escaped backslash escapes nothing after it
		}
		b.WriteString(text[i : i+n])
		i += n
	}
	return b.String()
}

// unit is the number of an escape \uXXXX at the beginning of a text, -1 where
// there is none.
func unit(text string) rune {
	if len(text) < 6 || text[:2] != `\u` {
		return -1
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
