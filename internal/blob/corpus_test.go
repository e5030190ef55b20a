package blob

import (
	"strings"
	"testing"

	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

// A file's name is mended, not refused: what is kept shows something, is one
// line, and has nothing that nobody types.
func TestFileNamesOfTheCorpus(t *testing.T) {
	t.Parallel()
	for _, c := range corpus.Texts {
		name := SafeName(c.Text + ".pdf")
		if text.Blank(name) || strings.ContainsAny(name, "\n\r\t\u2028\u2029/\\") || strings.ContainsFunc(name, text.Untyped) || name != text.Clean(name) || SafeName(name) != name {
			t.Errorf("%s: %+q", c.Name, name)
		}
	}
}
