package assembly_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/flow/process"
)

// Every rule says in one Chinese sentence what it demands, does, picks or
// counts from, so that gates and the printed vocabulary speak for every process.
func TestNoRuleLacksItsSentence(t *testing.T) {
	t.Parallel()
	han := func(s string) bool {
		for _, r := range s {
			if unicode.Is(unicode.Han, r) {
				return true
			}
		}
		return false
	}
	of := map[process.Sort]map[string]string{}
	words := assembly.Vocabulary().Words(process.Guard, process.Relation, process.Effect, process.Chooser, process.Base)
	for _, w := range words {
		if !han(w.Says) || utf8.RuneCountInString(w.Says) > 100 {
			t.Errorf("%s %s says “%s”", w.Sort, w.Name, w.Says)
		}
		if of[w.Sort] == nil {
			of[w.Sort] = map[string]string{}
		}
		for _, a := range w.Args {
			if a.Name == "" || a.Type == "" || !han(a.Doc) {
				t.Errorf("%s %s: the argument %+v says nothing", w.Sort, w.Name, a)
			}
		}
	}
	if len(words) < 250 {
		t.Errorf("%d rules", len(words))
	}
}
