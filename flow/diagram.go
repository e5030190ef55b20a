package flow

import (
	"fmt"
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
