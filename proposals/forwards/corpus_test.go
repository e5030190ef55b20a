package forwards

import (
	"encoding/json"
	"testing"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

// What another committee sends keeps to what people here keep to.
func TestACopyThatCrossesJudgesTheCorpus(t *testing.T) {
	t.Parallel()
	cross := func(change func(*copyOf), get func(copyOf) string) (string, error) {
		c := copyOf{Title: "关于停车的提案", ProposerKind: "INDIVIDUAL", Proposers: []string{"委员甲"}}
		change(&c)
		body, err := json.Marshal(c)
		if err != nil {
			return "", err
		}
		var in copyOf
		if err := (exchange.Incoming{Body: body}).Decode(&in); err != nil {
			return "", err
		}
		err = in.wrong()
		return get(in), err
	}
	corpus.Judge(t,
		corpus.Door{Name: "a copy's title", Must: true, Line: true, Take: func(s string) (string, error) {
			return cross(func(c *copyOf) { c.Title = s }, func(c copyOf) string { return c.Title })
		}},
		corpus.Door{Name: "a copy's situation", Take: func(s string) (string, error) {
			return cross(func(c *copyOf) { c.Situation = s }, func(c copyOf) string { return c.Situation })
		}},
		corpus.Door{Name: "a copy's proposer", Must: true, Line: true, Take: func(s string) (string, error) {
			return cross(func(c *copyOf) { c.Proposers = []string{s} }, func(c copyOf) string { return c.Proposers[0] })
		}})
}
