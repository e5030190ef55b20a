package process

import (
	"fmt"
	"io"
	"strings"
)

// Mine are those whose case it is: who proposed or raised it, by himself or as an
// organisation.
var Mine = Codes{"LEAD", "CO", "RAISER"}

// Told are the codes of those who are told of an action besides those whose turn
// it becomes: as the definition says, else those whose case it is, where the
// matter goes from one state to another before everybody's eyes.
func (a *Action) Told(machine string) Codes {
	switch {
	case a.Tells != nil:
		return *a.Tells
	case machine == OfMatter && len(a.From) > 0 && a.To != "" && (a.Audience == "" || a.Audience == "ALL"):
		return Mine
	}
	return nil
}

// parties in words, where a definition has none of its own.
var partyWords = map[string]string{"LEAD": "提出的人", "CO": "联名的人", "RAISER": "反映的人"}

// PrintTold writes, for people to read, who hears of each step: whose turn it
// becomes, and who is told besides.
func (d *Definition) PrintTold(w io.Writer) {
	fmt.Fprintf(w, "## %s（%s，第 %d 版）\n\n", d.Title, d.Kind, d.Version)
	for _, name := range []string{OfMatter, OfAssignment} {
		m := d.Machines[name]
		if m == nil {
			continue
		}
		if name == OfAssignment {
			fmt.Fprint(w, "各承办单位的一份：\n\n")
		}
		fmt.Fprint(w, "| 动作 | 到 | 轮到的人 | 另外告知 |\n|---|---|---|---|\n")
		for _, a := range m.Actions {
			to, turn := "不变", "现在有事可做的人"
			if s := m.State(a.To); s != nil {
				to, turn = s.Label, "没有，已经结束"
				if !s.End {
					turn = d.turnLabels(s.Turns)
				}
			} else if a.To == Back {
				to, turn = "原来的环节", "原来轮到的人"
			}
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", a.Label, to, turn, d.hearers(a.Told(name)))
		}
		fmt.Fprintln(w)
	}
}

// hearers names those who are told.
func (d *Definition) hearers(codes Codes) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = orElse(d.Turns[c], orElse(partyWords[c], c))
	}
	return orElse(strings.Join(names, "、"), "—")
}
