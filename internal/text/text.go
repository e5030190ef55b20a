package text

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/errs"
)

// Flaw is a character that may not stand where it stands.
type Flaw struct {
	Rune rune
	At   int // its place in the text as it was given, in characters, from 1
}

// Find finds the first character that nobody types; ok: there is one. Bytes
// that are no UTF-8 are one.
func Find(s string) (f Flaw, ok bool) {
	n := 0
	for _, r := range s {
		n++
		if Untyped(r) {
			return Flaw{r, n}, true
		}
	}
	return f, false
}

// Says names the flaw for whoever typed it.
func (f Flaw) says(label string) *errs.Error {
	return errs.New(errs.Invalid, "%s的第 %d 个字符 %s 不能使用，请删除后再提交", label, f.At, Name(f.Rune)).
		With("character", Name(f.Rune)).With("position", f.At)
}

// Check refuses a text with a character that nobody types; label is what the
// text is called.
func Check(s, label string, path ...string) error {
	if f, ok := Find(s); ok {
		return f.says(label).At(path...)
	}
	return nil
}

// Clean is the form in which a text is kept. Done again it changes nothing.
func Clean(s string) string {
	if plain(s) {
		return strings.TrimFunc(s, unicode.IsSpace)
	}
	list := make([]rune, 0, len(s))
	last := rune(-1)
	for _, r := range s {
		switch {
		case r == '\n' && last == '\r': // of one break
		case breaks(r):
			list = append(list, '\n')
		case r == brailleBlank: // as wide as a character
			list = append(list, ' ')
		case unicode.Is(ignorable, r) && !joins(r) && !selects(r) && !Untyped(r):
		default:
			list = append(list, r)
		}
		last = r
	}
	return strings.TrimFunc(string(joined(list)), unicode.IsSpace)
}

// plain reports that nothing in a text needs a second look.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == '\r' || r == '\u2028' || r == '\u2029' || r == brailleBlank || unicode.Is(ignorable, r)
	}) && utf8.ValidString(s)
}

// joined drops joiners that join nothing and selectors that choose nothing.
func joined(list []rune) []rune {
	out := list[:0]
	based, selected := false, false // after something that is shown; after its selector
	for i, r := range list {
		switch {
		case selects(r):
			if !based || selected {
				continue
			}
			selected = true
		case joins(r):
			if !based || i+1 == len(list) || !Visible(list[i+1]) {
				continue
			}
			based, selected = false, false
		default:
			based, selected = Visible(r) || based && unicode.In(r, unicode.Mn, unicode.Me), false
		}
		out = append(out, r)
	}
	return out
}

// Field is what a text must keep to.
type Field struct {
	Label string   // what it is called
	Path  []string // of the input
	Least int      // visible characters; 0: it may be blank
	Most  int      // characters; 0: any number
	Lines bool     // it may have several
}

// Take brings a text to the form in which it is kept, or says what is wrong.
func (f Field) Take(s string) (string, error) {
	if err := Check(s, f.Label, f.Path...); err != nil {
		return "", err
	}
	s = Clean(s)
	broken := !f.Lines && strings.ContainsFunc(s, func(r rune) bool { return r == '\n' || r == '\t' })
	switch n := Count(s); {
	case broken || f.Most > 0 && utf8.RuneCountInString(s) > f.Most:
		return "", f.bad(f.long())
	case n == 0 && f.Least > 0:
		return "", f.bad("请填写" + f.Label)
	case n < f.Least:
		return "", errs.New(errs.Invalid, "%s过短：至少 %d 个字", f.Label, f.Least).At(f.Path...)
	}
	return s, nil
}

func (f Field) bad(message string) error { return errs.New(errs.Invalid, message).At(f.Path...) }

// long says how long the text may be, and that it is one line where it is.
func (f Field) long() string {
	most := ""
	if f.Most > 0 {
		most = "不能超过 " + strconv.Itoa(f.Most) + " 个字"
	}
	switch {
	case f.Lines:
		return f.Label + most
	case most == "":
		return f.Label + "不能换行"
	}
	return f.Label + most + "，也不能换行"
}

// Tidy brings several texts to the form in which they are kept, in place; the
// first that is wrong is the answer. nil is not given.
func Tidy(fields ...Of) error {
	for _, f := range fields {
		if f.Text == nil {
			continue
		}
		s, err := f.Take(*f.Text)
		if err != nil {
			return err
		}
		*f.Text = s
	}
	return nil
}

// Of is a text of an input with what it must keep to.
type Of struct {
	Text *string
	Field
}
