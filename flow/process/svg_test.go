package process_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

func TestSVG(t *testing.T) {
	texts := func(t *testing.T, svg string) (all string, elements map[string]int) {
		t.Helper()
		elements = map[string]int{}
		dec := xml.NewDecoder(strings.NewReader(svg))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				return all, elements
			}
			if err != nil {
				t.Fatal(err)
			}
			switch tok := tok.(type) {
			case xml.CharData:
				all += string(tok)
			case xml.StartElement:
				elements[tok.Name.Local]++
			}
		}
	}
	t.Run("every shipped definition is a valid drawing with a size and a title", func(t *testing.T) {
		for _, source := range templates.Processes() {
			d := parse(t, string(source))
			svg := d.SVG()
			all, elements := texts(t, svg)
			if !strings.Contains(svg, `viewBox="0 0 `) || !strings.Contains(svg, "<title>"+d.Title) || strings.Contains(svg, "NaN") || elements["path"] < 2 {
				t.Error(d.Kind)
			}
			for _, m := range d.Machines {
				for _, s := range m.States {
					if !strings.Contains(all, s.Label) {
						t.Error(s.Label)
					}
				}
			}
			if dir := os.Getenv("SVG_DIR"); dir != "" { // to look at them
				if err := os.WriteFile(filepath.Join(dir, d.Kind+".svg"), []byte(svg), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	t.Run("automatic ways are dashed, ends have a double border", func(t *testing.T) {
		svg := parse(t, tiny).SVG()
		_, elements := texts(t, svg)
		if strings.Count(svg, `class="w a"`) != 3 || elements["rect"] != 9+2+1 {
			t.Errorf("%d dashed, %d boxes", strings.Count(svg, `class="w a"`), elements["rect"])
		}
	})
	t.Run("no text is markup", func(t *testing.T) {
		for _, label := range []string{`"<script>alert(1)</script>"`, `'a & b "c"'`, `"\x01\u2028"`} {
			d, err := process.Published([]byte(change(t, "label: 已过期", "label: "+label)))
			if err != nil {
				t.Fatal(err)
			}
			svg := d.SVG()
			if _, elements := texts(t, svg); elements["script"] != 0 {
				t.Error(svg)
			}
		}
	})
	t.Run("what cannot be reached, or does not exist, is no reason to fail", func(t *testing.T) {
		for _, source := range []string{"kind: aa", "kind: aa\nmachines: {matter: {initial: X}}", change(t, "initial: OPEN", "initial: NEW"), change(t, "from: [HELD, LATE], to: FIRST", "from: [GONE], to: FIRST")} {
			texts(t, parse(t, source).SVG())
		}
	})
	t.Run("the same definition is drawn the same every time", func(t *testing.T) {
		first := parse(t, tiny).SVG()
		for range 5 {
			if parse(t, tiny).SVG() != first {
				t.Fatal("another drawing")
			}
		}
	})
}
