package graph_test

import (
	"context"
	"testing"
)

// tells leaves somebody notices.
func (c *committee) tells(who string, texts ...string) {
	c.operator(func(ctx context.Context) error {
		for _, text := range texts {
			c.notice(ctx, who, text)
		}
		return nil
	})
}

// A person's notices: why, how much, what opens, and all read at once.
func TestNoticesOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲")
	c.tells("管理员甲", "甲一", "甲二")
	const list = `query ($f: NoticeFilter) { noticeCounts { about level count } notices(first: 50, filter: $f) { totalCount edges { node { id about level readAt link { page type id action } matter { id } } } } }`
	t.Run("unread are counted by kind and level, and narrowed", func(t *testing.T) {
		a := c.ask("管理员甲", list, map[string]any{"f": map[string]any{"about": []string{"TOLD"}, "levels": []string{"ORDINARY"}, "unread": true}})
		if dig(a.Data, "notices", "totalCount") != 2.0 || dig(a.Data, "noticeCounts", 0, "count") != 2.0 {
			t.Errorf("%s", a.text)
		}
		if a := c.ask("管理员甲", list, map[string]any{"f": map[string]any{"about": []string{"TURN"}}}); dig(a.Data, "notices", "totalCount") != 0.0 {
			t.Errorf("%s", a.text)
		}
	})
	t.Run("what is about nothing opens nothing", func(t *testing.T) {
		a := c.ask("管理员甲", list, nil)
		if dig(a.Data, "notices", "edges", 0, "node", "link", "page") != "NOTHING" {
			t.Errorf("%s", a.text)
		}
	})
	t.Run("all are read at once, as the filter says; again it changes nothing; another's stay", func(t *testing.T) {
		c.tells("管理员乙", "别人的")
		const all = `mutation ($in: MarkAllNoticesReadInput!) { markAllNoticesRead(input: $in) { counts { about count } userErrors { message } } }`
		a := c.ask("管理员甲", all, map[string]any{"in": map[string]any{"filter": map[string]any{"about": []string{"TURN"}}}})
		if dig(a.Data, "markAllNoticesRead", "counts", 0, "count") != 2.0 {
			t.Errorf("%s", a.text)
		}
		for range 2 {
			a = c.ask("管理员甲", all, map[string]any{"in": map[string]any{"idempotencyKey": "alle"}})
			if counts, _ := dig(a.Data, "markAllNoticesRead", "counts").([]any); len(counts) != 0 || a.Data == nil {
				t.Errorf("%s", a.text)
			}
		}
		if a := c.ask("管理员乙", list, map[string]any{"f": map[string]any{"unread": true}}); dig(a.Data, "notices", "totalCount") == 0.0 {
			t.Errorf("another's were marked: %s", a.text)
		}
	})
}
