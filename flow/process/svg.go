package process

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Sizes of the diagram, in pixels.
const (
	boxWide, boxHigh = 184.0, 46.0
	gapWide, gapHigh = 96.0, 84.0
	margin, heading  = 24.0, 44.0
	boxText, wayText = 12, 16 // characters that are shown of a name; the rest is in the tooltip
)

// SVG draws the definition's machines one below the other: states in rows by
// their distance from the start, ends with a double border, the stage as a
// caption; an arrow for each way with its actions, dashed where it is
// automatic. Ways down lie left or straight, ways back lie right. Actions that
// stay where they are, and ways back to wherever one came from, are in the
// tooltip of their state.
func (d *Definition) SVG() string {
	var body strings.Builder
	wide, y := 0.0, margin
	for _, name := range []string{OfMatter, OfAssignment} {
		m := d.Machines[name]
		if m == nil || len(m.States) == 0 {
			continue
		}
		g := layout(m)
		caption := d.Title
		if name == OfAssignment {
			caption += "：承办单位的份额"
		}
		fmt.Fprintf(&body, "<text class=\"h\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", margin, y+16, esc(caption))
		fmt.Fprintf(&body, "<g transform=\"translate(%.0f %.0f)\">\n", margin+g.left, y+heading)
		g.draw(&body, m)
		body.WriteString("</g>\n")
		wide = max(wide, g.left+g.wide+g.right+2*margin)
		y += heading + g.high + margin
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" role="img" font-family="'Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif" font-size="14">
<title>%s（第 %d 版）流程图</title>
<style>.b{fill:#fff;stroke:#335;stroke-width:1.5}.w{fill:none;stroke:#667;stroke-width:1.3}.a{stroke-dasharray:5 4}.t{font-size:11px;fill:#246;paint-order:stroke;stroke:#fff;stroke-width:4px}.s{font-size:10px;fill:#888}.h{font-size:16px;font-weight:bold}text{text-anchor:middle}.h,.s{text-anchor:start}</style>
<defs><marker id="p" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>
<rect width="100%%" height="100%%" fill="#fff"/>
%s</svg>
`, wide, y, esc(d.Title), d.Version, body.String())
}

func (g *drawing) draw(b *strings.Builder, m *Machine) {
	var labels strings.Builder // over all lines
	var taken []area
	for _, p := range g.at {
		taken = append(taken, area{p.x - boxWide/2, p.y - boxHigh/2, p.x + boxWide/2, p.y + boxHigh/2})
	}
	for i, w := range g.ways {
		c := g.curve(i, w)
		class := "w"
		if !w.person {
			class = "w a"
		}
		all := list(w.labels)
		fmt.Fprintf(b, "<path class=\"%s\" d=\"M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f\" marker-end=\"url(#p)\"><title>%s</title></path>\n",
			class, c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], esc(all))
		shown := cut(all, wayText)
		x, y := c.free(float64(len([]rune(shown)))*11, &taken)
		fmt.Fprintf(&labels, "<text class=\"t\" x=\"%.0f\" y=\"%.0f\">%s<title>%s</title></text>\n", x, y+4, esc(shown), esc(all))
	}
	for _, s := range m.States {
		p := g.at[s.Code]
		x, y := p.x-boxWide/2, p.y-boxHigh/2
		fmt.Fprintf(b, "<g><title>%s</title><rect class=\"b\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"7\"/>", esc(tooltip(m, s)), x, y, boxWide, boxHigh)
		if s.End {
			fmt.Fprintf(b, "<rect class=\"b\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"4\"/>", x+4, y+4, boxWide-8, boxHigh-8)
		}
		fmt.Fprintf(b, "<text class=\"s\" x=\"%.0f\" y=\"%.0f\">%s</text><text x=\"%.0f\" y=\"%.0f\">%s</text></g>\n",
			x+8, y+15, esc(cut(s.Stage, 6)), p.x, p.y+9, esc(cut(s.Label, boxText)))
	}
	b.WriteString(labels.String())
}

// line is a cubic curve: four points, x and y in turn.
type line [8]float64

// on is the point a part t of the way along.
func (c line) on(t float64) (x, y float64) {
	u := 1 - t
	for i, w := range []float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t} {
		x, y = x+w*c[2*i], y+w*c[2*i+1]
	}
	return x, y
}

type area struct{ left, top, right, low float64 }

// free finds a place on the line for a label of a width that covers neither a
// box nor another label, the middle where there is none, and takes it.
func (c line) free(wide float64, taken *[]area) (x, y float64) {
	for _, t := range []float64{0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.15, 0.85, 0.5} {
		x, y = c.on(t)
		a := area{x - wide/2, y - 7, x + wide/2, y + 7}
		if !slices.ContainsFunc(*taken, func(b area) bool { return a.left < b.right && b.left < a.right && a.top < b.low && b.top < a.low }) {
			*taken = append(*taken, a)
			return x, y
		}
	}
	return x, y
}

// curve is a way's line.
func (g *drawing) curve(i int, w *way) line {
	a, b := g.at[w.from], g.at[w.to]
	shift := float64(i%3-1) * 9
	side := 1.0 // ways back lie right
	switch beside := b.x - a.x; {
	case b.row == a.row+1: // straight down
		y1, y2 := a.y+boxHigh/2, b.y-boxHigh/2
		return line{a.x + shift, y1, a.x + shift, y1 + gapHigh/2, b.x + shift, y2 - gapHigh/2, b.x + shift, y2}
	case b.row == a.row && math.Abs(beside) < boxWide+gapWide+1: // to the neighbour
		x1, x2 := a.x+math.Copysign(boxWide/2, beside), b.x-math.Copysign(boxWide/2, beside)
		y := a.y + math.Copysign(10, beside)
		return line{x1, y, (x1 + x2) / 2, y, (x1 + x2) / 2, y, x2, y}
	case b.row == a.row: // below the row, and up again
		low := a.y + boxHigh/2
		return line{a.x + 20, low, a.x + 20, low + 44, b.x - 20, low + 44, b.x - 20, low}
	case b.row > a.row:
		side = -1
	}
	x1, x2 := a.x+side*boxWide/2, b.x+side*boxWide/2
	c := side*bend(i, a, b) + max(x1, x2)
	if side < 0 {
		c = min(x1, x2) - bend(i, a, b)
	}
	return line{x1, a.y + shift, c, a.y + shift, c, b.y + shift, x2, b.y + shift}
}

func tooltip(m *Machine, s *State) string {
	text := s.Label
	for _, a := range m.Actions {
		if a.Leaves(s.Code) && (a.To == "" || a.To == s.Code) {
			text += "\n" + a.Label
		} else if a.Leaves(s.Code) && a.To == Back {
			text += "\n↩ " + a.Label
		}
	}
	return text
}

func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

func esc(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}
