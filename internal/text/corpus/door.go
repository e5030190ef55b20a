package corpus

import (
	"testing"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/text"
)

// Door is one place where a text comes in.
type Door struct {
	Name string
	Must bool // it takes no blank text
	Line bool // it takes no text of several lines
	// Take answers what would be kept.
	Take func(string) (string, error)
}

// Judge tests that doors say of every odd text what all the others say.
func Judge(t testing.TB, doors ...Door) {
	t.Helper()
	for _, d := range doors {
		for _, c := range Texts {
			kept, err := d.Take(c.Text)
			refused := c.Is == Untyped || c.Is == Blank && d.Must || c.Is == Broken && d.Line
			switch {
			case refused != (err != nil):
				t.Errorf("%s, %s: refused %v, want %v: %v", d.Name, c.Name, err != nil, refused, err)
			case err == nil && kept != text.Clean(c.Text):
				t.Errorf("%s, %s: kept as %+q, want %+q", d.Name, c.Name, kept, text.Clean(c.Text))
			case err == nil && !utf8.ValidString(kept):
				t.Errorf("%s, %s: kept as %+q", d.Name, c.Name, kept)
			}
		}
	}
}
