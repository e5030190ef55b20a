package demo

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/clock"
)

func TestScripts(t *testing.T) {
	for _, c := range committees() {
		seen := map[string]bool{}
		for _, p := range c.People {
			if seen[p.name] {
				t.Errorf("%s has two people called %s", c.Short, p.name)
			}
			seen[p.name] = true
		}
		for _, now := range []time.Time{clock.StartOf(earliest), today, today.AddDate(5, 3, 0)} {
			s := newStage(Product{}, c, now, &bar{})
			titles := map[string]bool{}
			for _, sc := range s.scripts {
				if titles[sc.kind+sc.title] {
					t.Errorf("%s: two scripts of %s", c.Short, sc.title)
				}
				titles[sc.kind+sc.title] = true
				for i, m := range sc.moves[1:] {
					if !m.at.After(sc.moves[i].at) {
						t.Errorf("%s: %s at %s comes before %s at %s", sc.title, m.action, m.at, sc.moves[i].action, sc.moves[i].at)
					}
				}
				if last := sc.moves[len(sc.moves)-1]; last.at.After(now) {
					t.Errorf("%s: %s lies in the future, %s", sc.title, last.action, last.at)
				}
			}
		}
	}
}

func TestTexts(t *testing.T) {
	for _, b := range read[[]*subject]("subjects") {
		for n, title := range slices.Concat(b.Filed, b.Merged, b.Opinion, b.Next) {
			for k := range 12 {
				x := b.write(title, n, k)
				length := utf8.RuneCountInString(x.situation + x.analysis + strings.Join(x.suggestions, ""))
				if length < 200 || length > 400 || len(x.suggestions) < 2 || len(x.suggestions) > 4 {
					t.Fatalf("%s: %d characters, %d suggestions", x.title, length, len(x.suggestions))
				}
			}
		}
	}
}
