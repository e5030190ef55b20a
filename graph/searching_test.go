package graph_test

import (
	"strings"
	"testing"
)

const searching = `query($q: String!, $after: Cursor, $first: Int, $kinds: [String!]) { search(query: $q, after: $after, first: $first, kinds: $kinds) {
	totalCount totalCountExceeded pageInfo { hasNextPage endCursor }
	edges { cursor score node { id title parties { name } } highlights { part partId label words segments { text marked } } } } }`

func TestSearch(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	c.hidden()
	count := func(who, q string) float64 {
		t.Helper()
		return dig(c.ask(who, searching, input{"q": q}).Data, "search", "totalCount").(float64)
	}
	t.Run("a clerk finds cases by words, by initials and by number, and sees where they stand", func(t *testing.T) {
		a := c.ask("干事", searching, input{"q": "公园 第3期", "first": 5})
		if dig(a.Data, "search", "totalCount") != 1.0 || dig(a.Data, "search", "edges", 0, "node", "title") != "关于口袋公园建设第 3 期的提案" {
			t.Fatal(a.text)
		}
		text := ""
		for _, s := range dig(a.Data, "search", "edges", 0, "highlights", 0, "segments").([]any) {
			if dig(s.(map[string]any), "marked") == true {
				text += "[" + dig(s.(map[string]any), "text").(string) + "]"
				continue
			}
			text += dig(s.(map[string]any), "text").(string)
		}
		if text != "关于口袋[公园]建设[第 3 期]的提案" || dig(a.Data, "search", "edges", 0, "highlights", 0, "label") != "标题" {
			t.Errorf("%q %s", text, a.text)
		}
		if count("干事", "kdgyjs") != 21 || count("干事", "密13") != 1 || count("干事", "商务局") != 1 {
			t.Error("initials, number or unit")
		}
	})
	t.Run("S12: whoever sees none finds, counts and completes none", func(t *testing.T) {
		for _, q := range []string{"口袋公园", "kdgy", "密13"} {
			if n := count("委员乙", q); n != 0 {
				t.Errorf("S12: %s: %v counted", q, n)
			}
			a := c.ask("委员乙", `query($q: String!) { searchSuggestions(prefix: $q) { text label } }`, input{"q": q})
			if n := len(dig(a.Data, "searchSuggestions").([]any)); n != 0 {
				t.Errorf("S12: %s: %s", q, a.text)
			}
		}
		if n := len(dig(c.ask("干事", `{ searchSuggestions(prefix: "kdgy") { text } }`, nil).Data, "searchSuggestions").([]any)); n != 10 {
			t.Errorf("the clerk is told %d", n)
		}
	})
	t.Run("pages follow one another", func(t *testing.T) {
		seen, after := map[string]bool{}, any(nil)
		for range 10 {
			a := c.ask("干事", searching, input{"q": "口袋公园", "first": 4, "after": after})
			for _, e := range dig(a.Data, "search", "edges").([]any) {
				seen[dig(e.(map[string]any), "node", "id").(string)] = true
			}
			if dig(a.Data, "search", "pageInfo", "hasNextPage") == false {
				break
			}
			after = dig(a.Data, "search", "pageInfo", "endCursor")
		}
		if len(seen) != 21 {
			t.Errorf("%d", len(seen))
		}
	})
	t.Run("a page takes a fixed number of statements", func(t *testing.T) {
		c.ask("干事", searching, input{"q": "口袋公园", "first": 3})
		few := c.spent
		c.ask("干事", searching, input{"q": "口袋公园", "first": 20})
		if c.spent != few || few > 12 {
			t.Errorf("%d for 3, %d for 20", few, c.spent)
		}
	})
	t.Run("kinds narrow it", func(t *testing.T) {
		if n := dig(c.ask("干事", searching, input{"q": "口袋公园", "kinds": []string{"opinion"}}).Data, "search", "totalCount"); n != 0.0 {
			t.Error(n)
		}
	})
	t.Run("what is asked badly is refused with a code, or finds nothing", func(t *testing.T) {
		for _, q := range []string{strings.Repeat("长", 10_000), "一 二 三 四 五 六 七 八 九", strings.Repeat("%", 101), "\x00", "a\x00b"} {
			if a := c.ask("干事", searching, input{"q": q}); a.code() != "INVALID_INPUT" {
				t.Errorf("%.20q: %s", q, a.text)
			}
		}
		for _, q := range []string{"", " ", "\u3000\u200b", "% _ \\ ' \" & | ! <-> :*", "'; DROP TABLE matters; --", "\uffff", "\ufffd", "\U0010ffff", "𠮷", strings.Repeat("a", 100), strings.Repeat("9", 100)} {
			a := c.ask("干事", searching, input{"q": q})
			if len(a.Errors) > 0 || dig(a.Data, "search", "totalCount") != 0.0 {
				t.Errorf("%q: %s", q, a.text)
			}
			if a := c.ask("干事", `query($q: String!) { searchSuggestions(prefix: $q) { text } }`, input{"q": q}); len(a.Errors) > 0 {
				t.Errorf("%q: %s", q, a.text)
			}
		}
	})
}
