package blob

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/text"
)

const (
	// maxName in bytes leaves room below the 255 of common file systems for
	// what a download adds, such as " (1)".
	maxName = 200
	// maxExt in bytes, with the dot: what follows a last dot and is longer is
	// part of a sentence, not an extension.
	maxExt = 20
	// noName stands in for a name of which nothing is left.
	noName = "未命名"
)

// SafeName makes the name an uploader gave to a file fit to be kept and shown.
// It is for people; a file is stored under its key, never under its name.
func SafeName(name string) string {
	name = text.Clean(strings.Map(typed, strings.ToValidUTF8(name, "")))
	name = name[strings.LastIndexAny(name, `/\`)+1:] // Windows browsers once sent C:\…
	name = strings.TrimRight(name, ". ")             // Windows ignores both, so "a.exe." is a program
	ext := path.Ext(name)
	if len(ext) > maxExt {
		if len(name) > maxName {
			return SafeName(cut(name, maxName)) // what is left may end in an extension
		}
		ext = ""
	}
	stem := strings.TrimLeft(strings.TrimSuffix(name, ext), ". ") // no hidden files
	stem = strings.TrimRight(text.Clean(cut(stem, maxName-len(ext))), ". ")
	if stem == "" {
		stem = noName
	}
	return stem + ext
}

// typed drops what nobody types (U+202E makes "exe.pdf" of "fdp.exe"), and
// what breaks a line: a name that a browser made is mended, not refused. All
// spaces become one kind.
func typed(r rune) rune {
	switch {
	case unicode.Is(unicode.Zs, r):
		return ' '
	case text.Untyped(r) || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
		return -1
	}
	return r
}

// cut shortens s to at most n bytes without cutting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
