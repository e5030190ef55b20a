package process_test

import (
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type settings = map[string]any

func TestPolicy(t *testing.T) {
	p := process.DefaultPolicy()
	t.Run("the shipped policy passes its own check", func(t *testing.T) {
		m, err := p.Map()
		if err != nil {
			t.Fatal(err)
		}
		if err := process.CheckPolicy(m); err != nil || len(p.Deadlines) < 20 || p.Version != 0 {
			t.Error(err)
		}
	})
	t.Run("classes and words are found by code", func(t *testing.T) {
		if c, ok := p.Class("B"); !ok || !c.Track {
			t.Error(c)
		}
		if _, ok := p.Class("X"); ok {
			t.Error("X was found")
		}
		if r, ok := p.Rating("UNDERSTOOD"); !ok || r.Label != "理解" {
			t.Error(r)
		}
		if _, ok := p.Rating(""); ok {
			t.Error("silence was found")
		}
	})
	for _, c := range []struct {
		sentence string
		settings settings
		says     string
	}{
		{"a setting that nobody knows", settings{"maxRound": 3}, "maxRound"},
		{"a setting inside a deadline that nobody knows", settings{"deadlines": settings{"archive": settings{"amount": 1, "unit": "WORKDAY", "x": 1}}}, "不认识"},
		{"a value of another kind", settings{"maxRounds": "two"}, "格式不对"},
		{"a deadline without a unit", settings{"deadlines": settings{"archive": settings{"amount": 1}}}, "期限“archive”"},
		{"a unit that does not exist", settings{"deadlines": settings{"archive": settings{"amount": 1, "unit": "WEEK"}}}, "期限“archive”"},
		{"more than ten years", settings{"deadlines": settings{"archive": settings{"amount": 121, "unit": "MONTH"}}}, "期限“archive”"},
		{"a setting that is given as nothing", settings{"deadlines": nil}, "“deadlines”不能为空"},
		{"a rejecter that does not exist", settings{"rejectBy": "ALL"}, "rejectBy"},
		{"a way of merging that does not exist", settings{"mergeMode": "OTHER"}, "mergeMode"},
		{"a way of numbering that does not exist", settings{"intersessionNumbers": "NONE"}, "intersessionNumbers"},
		{"no round", settings{"maxRounds": 0}, "maxRounds"},
		{"four passes", settings{"reviewPasses": 4}, "reviewPasses"},
		{"no reviewer", settings{"reviewPeople": 0}, "reviewPeople"},
		{"more reviewers than passes can have", settings{"reviewPeople": 4}, "reviewPeople"},
		{"a text of no length", settings{"bodyLimit": 0}, "bodyLimit"},
		{"less than no extension", settings{"maxExtensions": -1}, "maxExtensions"},
		{"no class", settings{"classes": []any{}}, "不能为空"},
		{"no word", settings{"ratings": []any{}}, "不能为空"},
		{"a word that counts as nothing", settings{"ratings": []any{settings{"code": "OK", "label": "还行"}}}, "“还行”的 counts"},
		{"two classes with one code", settings{"classes": []any{settings{"code": "A"}, settings{"code": "A"}}}, "classes 的代码“A”"},
		{"a reason without a code", settings{"notFiledReasons": []any{settings{"label": "其他"}}}, "notFiledReasons 的代码“”"},
	} {
		t.Run(c.sentence+" is refused", func(t *testing.T) {
			if e := refused(t, process.CheckPolicy(c.settings), errs.Invalid); !strings.Contains(e.Message, c.says) {
				t.Errorf("it says %s", e.Message)
			}
		})
	}
}

func TestLabels(t *testing.T) {
	for key, ok := range map[string]bool{
		"proposal.FILED": true, "lushun.TOPIC_COLLECTED": true, "stage.提": true, "unit.STREET_LIAISON": true,
		"FILED": false, "proposal.": false, ".FILED": false, "stage. ": false, "提案.立案": false,
	} {
		if err := process.CheckPolicy(map[string]any{"labels": map[string]any{key: "谋"}}); (err == nil) != ok {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := process.CheckPolicy(map[string]any{"labels": map[string]any{"proposal.FILED": ""}}); err == nil {
		t.Error("a word is not empty")
	}
}
