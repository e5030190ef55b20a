package exchange

import (
	"testing"

	"github.com/bihuan/bihuan/internal/text/corpus"
)

func TestANoticeThatCrossesJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	take := func(n Notice, get func(Notice) string) (string, error) {
		if wrong := n.wrong(); wrong != nil {
			return "", wrong
		}
		return get(n), nil
	}
	corpus.Judge(t,
		corpus.Door{Name: "a notice's title", Must: true, Line: true, Take: func(s string) (string, error) {
			return take(Notice{Title: s}, func(n Notice) string { return n.Title })
		}},
		corpus.Door{Name: "a notice's text", Take: func(s string) (string, error) {
			return take(Notice{Title: "标题", Text: s}, func(n Notice) string { return n.Text })
		}},
		corpus.Door{Name: "an instruction", Must: true, Take: func(s string) (string, error) {
			return take(Notice{Title: "标题", Instruction: &Instruction{By: "主席", Text: s}}, func(n Notice) string { return n.Instruction.Text })
		}})
}
