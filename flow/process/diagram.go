package process

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Mermaid draws the definition's machines as state diagrams. Automatic moves
// are marked with ⚙.
func (d *Definition) Mermaid() string {
	var b strings.Builder
	for _, name := range []string{OfMatter, OfAssignment} {
		m := d.Machines[name]
		if m == nil {
			continue
		}
		fmt.Fprintf(&b, "%%%% %s：%s\nstateDiagram-v2\n", d.Title, name)
		for _, s := range m.States {
			fmt.Fprintf(&b, "  %s: %s\n", s.Code, s.Label)
		}
		fmt.Fprintf(&b, "  [*] --> %s\n", m.Initial)
		for _, a := range m.Actions {
			label := a.Label
			if a.Automatic {
				label = "⚙ " + label
			}
			for _, f := range a.From {
				if a.To != "" && a.To != f && a.To != Back {
					fmt.Fprintf(&b, "  %s --> %s: %s\n", f, a.To, label)
				}
			}
		}
		for _, s := range m.States {
			if s.End {
				fmt.Fprintf(&b, "  %s --> [*]\n", s.Code)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// way is everything that leads from one state to another.
type way struct {
	from, to string
	labels   []string
	person   bool // at least one of them is somebody's
}

type spot struct {
	row  int
	x, y float64 // the middle of the box
}

type drawing struct {
	at                      map[string]spot
	ways                    []*way
	left, wide, right, high float64 // left and right are for the arcs beside the boxes
}

func layout(m *Machine) *drawing {
	g := &drawing{at: map[string]spot{}, ways: waysOf(m)}
	rows := rowsOf(m)
	most := 0
	for _, row := range rows {
		most = max(most, len(row))
	}
	g.wide = float64(most)*(boxWide+gapWide) - gapWide
	for i, row := range rows {
		// below who leads there, as far as the row lets
		slices.SortStableFunc(row, func(a, b string) int { return cmp.Compare(g.above(a), g.above(b)) })
		start := (g.wide - float64(len(row))*(boxWide+gapWide) + gapWide) / 2
		for j, code := range row {
			g.at[code] = spot{i, start + float64(j)*(boxWide+gapWide) + boxWide/2, float64(i)*(boxHigh+gapHigh) + boxHigh/2}
		}
	}
	g.high = float64(len(rows))*(boxHigh+gapHigh) - gapHigh + boxHigh // an arc may hang below the last row
	for i, w := range g.ways {
		a, b := g.at[w.from], g.at[w.to]
		if c := bend(i, a, b); b.row > a.row+1 {
			g.left = max(g.left, 0.75*(c-min(a.x, b.x)+boxWide/2)+90)
		} else if b.row < a.row {
			g.right = max(g.right, 0.75*c+90)
		}
	}
	return g
}

// above is the mean place of the states, already placed, that lead to one.
func (g *drawing) above(code string) float64 {
	sum, n := 0.0, 0.0
	for _, w := range g.ways {
		if p, ok := g.at[w.from]; ok && w.to == code {
			sum, n = sum+p.x, n+1
		}
	}
	if n == 0 {
		return math.MaxFloat64
	}
	return sum / n
}

// bend is how far an arc reaches beside the boxes; neighbours keep apart.
func bend(i int, a, b spot) float64 {
	return 50 + 22*math.Abs(float64(a.row-b.row)) + 14*float64(i%5)
}

// rowsOf sorts states by the shortest distance from the start; what cannot be
// reached comes last.
func rowsOf(m *Machine) (rows [][]string) {
	next, row := edges(m), map[string]int{m.Initial: 0}
	last := 0
	for queue := []string{m.Initial}; len(queue) > 0; queue = queue[1:] {
		for _, to := range next[queue[0]] {
			if _, seen := row[to]; !seen {
				row[to] = row[queue[0]] + 1
				last = max(last, row[to])
				queue = append(queue, to)
			}
		}
	}
	rows = make([][]string, last+2)
	for _, s := range m.States {
		r, ok := row[s.Code]
		if !ok {
			r = last + 1
		}
		rows[r] = append(rows[r], s.Code)
	}
	return slices.DeleteFunc(rows, func(r []string) bool { return len(r) == 0 })
}

func waysOf(m *Machine) (out []*way) {
	for _, a := range m.Actions {
		for _, f := range a.From {
			if a.To == "" || a.To == Back || a.To == f || m.State(f) == nil || m.State(a.To) == nil {
				continue
			}
			i := slices.IndexFunc(out, func(w *way) bool { return w.from == f && w.to == a.To })
			if i < 0 {
				i, out = len(out), append(out, &way{from: f, to: a.To})
			}
			out[i].labels = append(out[i].labels, a.Label)
			out[i].person = out[i].person || !a.Automatic
		}
	}
	return out
}
