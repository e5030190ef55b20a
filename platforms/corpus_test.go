package platforms

import (
	"testing"

	"github.com/bihuan/bihuan/internal/text/corpus"
)

// R4, R5: a stranger's form, a member's matter and an administrator's platform
// take the same texts.
func TestEveryDoorOfPlatformsJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	topic := func(in TopicInput, get func(TopicInput) string) (string, error) {
		in, err := in.Tidied()
		return get(in), err
	}
	opening := func(in Opening, get func(Opening) string) (string, error) {
		err := in.tidy()
		return get(in), err
	}
	spec := func(change func(*Spec), get func(Spec) string) (string, error) {
		in := Spec{Code: "abc", Brand: "品牌", Type: "类型", ProcessKind: "jinzhou"}
		change(&in)
		err := in.tidy()
		return get(in), err
	}
	corpus.Judge(t,
		corpus.Door{Name: "the citizens' text", Must: true, Take: func(s string) (string, error) {
			return topic(TopicInput{Text: s}, func(in TopicInput) string { return in.Text })
		}},
		corpus.Door{Name: "the citizens' name", Line: true, Take: func(s string) (string, error) {
			return topic(TopicInput{Text: "有事", Name: s}, func(in TopicInput) string { return in.Name })
		}},
		corpus.Door{Name: "the title of a matter", Must: true, Line: true, Take: func(s string) (string, error) {
			return opening(Opening{Title: s}, func(in Opening) string { return in.Title })
		}},
		corpus.Door{Name: "the reason of a matter", Line: true, Take: func(s string) (string, error) {
			return opening(Opening{Title: "标题", Reason: s}, func(in Opening) string { return in.Reason })
		}},
		corpus.Door{Name: "a brand", Must: true, Line: true, Take: func(s string) (string, error) {
			return spec(func(in *Spec) { in.Brand = s }, func(in Spec) string { return in.Brand })
		}},
		corpus.Door{Name: "a source", Must: true, Line: true, Take: func(s string) (string, error) {
			return spec(func(in *Spec) { in.Sources = []string{s} }, func(in Spec) string {
				if len(in.Sources) == 0 {
					return ""
				}
				return in.Sources[0]
			})
		}})
}
