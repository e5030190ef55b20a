package search

import "testing"

func TestSimilarTitlesAreFound(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		a, b     string
		min, max float64
	}{
		"the same title":                           {"关于发展夜经济的提案", "关于发展夜经济的提案", 1, 1},
		"radicals and width do not hide it":        {"关于２０２４年⽼⼩区的提案", "2024年老小区", 1, 1},
		"words that every title has do not count":  {"关于进一步加强发展夜经济的提案", "发展夜经济的建议", 1, 1},
		"the order of the words does not hide it":  {"特色街区夜经济", "夜经济与特色街区", 0.6, 0.9},
		"another subject":                          {"关于发展夜经济的提案", "关于改善养老服务的提案", 0, 0},
		"a title of nothing but such words is new": {"关于加强的提案", "关于推动的建议", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := dice(neighbours(x.a), neighbours(x.b)); got < x.min || got > x.max {
				t.Errorf("%.2f, want %.2f to %.2f", got, x.min, x.max)
			}
		})
	}
}
