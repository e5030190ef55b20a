package graph_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
)

// R6: what is looked for and what is stored are compared as people see them.
func TestTitlesNumbersAndNamesAreFoundAsPeopleSeeThem(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	title := "关于2024年WiFi人口长车café豈\U00020bb7林路的提案"
	id := c.draft("委员甲", "INDIVIDUAL", title)
	count := func(who, query, text string) any {
		t.Helper()
		a := c.ask(who, query, input{"t": text})
		return dig(a.Data, "list", "totalCount")
	}
	const byTitle = `query($t: String) { list: matters(filter: {titleContains: $t}) { totalCount } }`
	for _, x := range []struct{ name, text string }{
		{"itself", title}, {"full-width digits", "２０２４年"}, {"letter case", "wifi"}, {"full-width letters", "ＷＩＦＩ"}, {"Kangxi radicals", "\u2f08\u2f1d"},
		{"radicals of the supplement", "\u2ed3\u2ecb"}, {"decomposed letters", "CAFE\u0301"}, {"a compatibility ideograph", "\uf900"}, {"U+200B inside", "人\u200b口"},
		{"R7: a character outside the first plane, in a variable", "\U00020bb7林"}, {"spaces around", " 林路 "},
	} {
		if n := count("委员甲", byTitle, x.text); n != float64(1) {
			t.Errorf("%s: %v found", x.name, n)
		}
	}
	for _, text := range []string{"林%路", "林_路", "吉林路", "2025"} {
		if n := count("委员甲", byTitle, text); n != float64(0) {
			t.Errorf("%s: %v found", text, n)
		}
	}
	c.system(func(ctx context.Context) error {
		return c.r.Store.Ent().Matter.UpdateOneID(uuid.MustParse(id)).SetNumber("第十一届四次会议第０１２号").Exec(ctx)
	})
	const byNumber = `query($t: String) { list: matters(filter: {number: $t}) { totalCount } }`
	for text, want := range map[string]float64{"第012号": 1, "第十一届四次会议第012号": 1, "第０１２号": 1, "第013号": 0} {
		if n := count("委员甲", byNumber, text); n != want {
			t.Errorf("number %s: %v found, want %v", text, n, want)
		}
	}
	for query, text := range map[string]string{
		`query($t: String) { list: memberships(filter: {nameContains: $t}) { totalCount } }`: "委\u200b员",
		`query($t: String) { list: units(filter: {nameContains: $t}) { totalCount } }`:       "商\u2060务",
	} {
		if n, _ := count("管理员甲", query, text).(float64); n < 1 {
			t.Errorf("%s: %v found", query, n)
		}
	}
}
