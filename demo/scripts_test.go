package demo

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/clock"
)

func TestPeople(t *testing.T) {
	logins := map[string]string{}
	for _, c := range committees() {
		names := map[string]bool{}
		for _, p := range c.People {
			if names[p.name] {
				t.Errorf("%s has two people called %s", c.Short, p.name)
			}
			names[p.name] = true
			if l := c.login(p); l != "" {
				if was := logins[l]; was != "" && was != p.name {
					t.Errorf("%s is %s and %s", l, was, p.name)
				}
				logins[l] = p.name
			}
			for _, r := range p.Roles {
				if roleNames[r] == "" {
					t.Errorf("the role %s has no name", r)
				}
			}
		}
	}
}

// TestScripts: on whatever day the demo is loaded, every script goes forward,
// standing still only for what is done in one sitting, ends in the past, and what is of the present was handed in after the fourth
// sitting had closed.
func TestScripts(t *testing.T) {
	closed := clock.StartOf(clock.Date(2025, time.January, 9))
	for _, c := range committees() {
		for day := range 120 {
			now := clock.StartOf(earliest.AddDate(0, 0, 9*day)).Add(5 * time.Minute)
			titles := map[string]bool{}
			for _, sc := range newStage(Product{}, c, committees(), now, &bar{}).scripts {
				if titles[sc.kind+sc.title] {
					t.Fatalf("%s: two scripts of %s", c.Short, sc.title)
				}
				titles[sc.kind+sc.title] = true
				for i, m := range sc.moves[1:] {
					if m.along != (m.at.Equal(sc.moves[i].at)) || m.at.Before(sc.moves[i].at) {
						t.Fatalf("%s, %s: %s at %s comes before %s at %s", now, sc.title, m.action, m.at, sc.moves[i].action, sc.moves[i].at)
					}
				}
				first, last := sc.moves[0], sc.moves[len(sc.moves)-1]
				if last.at.After(now) {
					t.Fatalf("%s, %s: %s lies in the future, %s", now, sc.title, last.action, last.at)
				}
				if first.at.Year() > 2024 && first.at.Before(closed) {
					t.Fatalf("%s, %s: %s belongs to the fourth sitting, %s", now, sc.title, first.action, first.at)
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
