package figures

import (
	"strings"
	"testing"
	"testing/fstest"
)

// A definition that means nothing, or two things, is refused when it is read.
func TestWhatADefinitionMayNotSay(t *testing.T) {
	const good = `{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {}}`
	for name, c := range map[string]struct{ yaml, want string }{
		"a thing that is not counted":         {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: cat, among: {}}]`, `no thing "cat"`},
		"a word that the thing has not":       {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {owner: true}}]`, `a case has no "owner"`},
		"a value that never comes":            {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {period: MONDAY}}]`, `"period" is never "MONDAY"`},
		"yes or no of words":                  {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {period: true}}]`, `asked in the wrong way`},
		"words of yes or no":                  {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {filed: [A]}}]`, `asked in the wrong way`},
		"the same asked twice":                {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {filed: true}, counts: {filed: true}}]`, `asked both`},
		"nothing of among what":               {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case}]`, `does not say among what`},
		"no source":                           {`figures: [{code: a, version: 1, label: 甲, unit: 件, of: case, among: {}}]`, `no version, label, unit or source`},
		"two in force":                        {`figures: [` + good + `, ` + strings.Replace(good, "version: 1", "version: 2", 1) + `]`, `two versions are in force`},
		"the same version twice":              {`figures: [` + good + `, ` + good + `]`, `is there twice`},
		"a sum of different things":           {`{figures: [` + good + `, {code: b, version: 1, label: 乙, unit: 份, source: s, of: rating, among: {}}], sums: [{whole: a, parts: [b]}]}`, `no count of the same things`},
		"a sum of a figure that is not there": {`{figures: [` + good + `], sums: [{whole: a, parts: [b]}]}`, `no count of the same things`},
		"a line that is none of a definition": {`figures: [{code: a, version: 1, label: 甲, unit: 件, source: s, of: case, among: {}, sql: "1"}]`, `field sql not found`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(fstest.MapFS{"definitions/x.yaml": {Data: []byte(c.yaml)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	retired := strings.Replace(good, "among", "retired: true, among", 1)
	b, err := load(fstest.MapFS{"definitions/x.yaml": {Data: []byte(`figures: [` + retired + `, ` + strings.Replace(good, "version: 1", "version: 2", 1) + `]`)}})
	if err != nil || b.Of("a").Version != 2 || b.At("a", 1) == nil || len(b.All()) != 1 {
		t.Errorf("a retired version is still read, and not offered: %v", err)
	}
}

// domain.md 7: half up, one decimal; 100 % only if the numerator equals the
// denominator; of nothing there is no rate.
func TestHowANumberIsPrinted(t *testing.T) {
	for want, n := range map[string]Number{
		"69": {69, 0, false}, "0": {0, 0, false}, "无基数": {0, 0, true}, "0.0%": {0, 7, true}, "100.0%": {7, 7, true},
		"99.9%": {9996, 10000, true}, "86.7%": {416, 480, true}, "92.0%": {588, 639, true}, "32.1%": {35, 109, true}, "0.1%": {1, 2000, true}, "12.5%": {1, 8, true},
	} {
		if got := n.Text(); got != want {
			t.Errorf("%+v prints %s, want %s", n, got, want)
		}
	}
}

// What a condition asks can be read.
func TestADefinitionIsSaidInWords(t *testing.T) {
	d := Shipped.Of("on_time_rate")
	if got := d.Words(d.Among) + "；" + d.Words(d.Counts); got != "须答复提案人，期限已到，不是已退回改派或被替代；按期答复" {
		t.Error(got)
	}
	d = Shipped.Of("answers_own")
	if got := d.Words(d.Among); got != "须答复提案人，答复分类不是A、B、C、D，本轮，已答复" {
		t.Error(got)
	}
}
