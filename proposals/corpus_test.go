package proposals

import (
	"testing"

	"github.com/bihuan/bihuan/internal/text/corpus"
)

// R1, R3, R4: a title is the same thing whether it is drafted or corrected.
func TestEveryDoorOfAProposalJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	draft := func(d Draft, get func(Draft) string) (string, error) {
		err := d.fits()
		return get(d), err
	}
	correct := func(field string) func(string) (string, error) {
		return func(s string) (string, error) { return corrected(field, s, "value") }
	}
	corpus.Judge(t,
		corpus.Door{Name: "a draft's title", Line: true, Take: func(s string) (string, error) {
			return draft(Draft{Title: s}, func(d Draft) string { return d.Title })
		}},
		corpus.Door{Name: "a draft's analysis", Take: func(s string) (string, error) {
			return draft(Draft{Analysis: s}, func(d Draft) string { return d.Analysis })
		}},
		corpus.Door{Name: "a suggestion", Must: true, Take: func(s string) (string, error) {
			return draft(Draft{Suggestions: []string{s}}, func(d Draft) string { return d.Suggestions[0] })
		}},
		corpus.Door{Name: "a corrected title", Must: true, Line: true, Take: correct("title")},
		corpus.Door{Name: "a corrected category", Must: true, Line: true, Take: correct("category")},
		corpus.Door{Name: "a corrected reason", Must: true, Line: true, Take: correct("consentReason")})
	for _, bad := range []string{"   ", "长长长", string(make([]rune, 0)), "停\u200b\u200b车 的"} {
		if got, err := corrected("title", bad, "value"); err == nil {
			t.Errorf("R1: a title is corrected to %q", got)
		}
	}
}
