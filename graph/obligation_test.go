package graph_test

import (
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

const debtsQuery = `query($code: String!, $state: ObligationState, $after: Cursor, $first: Int) {
	obligationDebts(code: $code, state: $state, after: $after, first: $first) { totalCount counts { state count } pageInfo { hasNextPage endCursor }
		edges { node { name state dueOn membership { id } excuse { id reason } progress { label have least rows(first: 20) { edges { node { id __typename } } } } } } } }`

// A committee asks something of its people, who see it, and whoever may sees who
// has done it, down to the rows.
func TestWhatACommitteeAsksOfItsPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.settle()
	w.clock.Set(time.Date(2025, 2, 3, 9, 0, 0, 0, clock.Shanghai))
	clear(c.tokens) // they have ended
	c.sheets()
	draft := input{"code": "one_opinion", "label": "一年一条", "kinds": []string{"MEMBER"}, "every": "YEAR", "remind": []int{30, 7}, "validFrom": "2025-01-01",
		"needs": []input{{"label": "社情民意", "least": 1, "of": "involved", "among": []input{{"word": "kind", "words": []string{"opinion"}}, {"word": "brought", "yes": true}}}}}
	t.Run("what is wrong is said with its place, all of it at once", func(t *testing.T) {
		bad := input{"code": "1", "label": "一年一条", "kinds": []string{"MEMBER"}, "every": "ONCE", "needs": []input{{"label": "社情民意", "least": 0, "of": "involved"}}}
		a := c.ask("管理员甲", `query($input: PublishObligationInput!) { previewObligation(input: $input) { count userErrors { path message } } }`, input{"input": bad})
		list, _ := dig(a.Data, "previewObligation", "userErrors").([]any)
		if len(list) != 3 || dig(list[2], "path", 2) != "least" {
			t.Error(a.text)
		}
	})
	t.Run("who it would ask is seen before", func(t *testing.T) {
		a := c.ask("管理员甲", `query($input: PublishObligationInput!) { previewObligation(input: $input) { says count done debts { name } userErrors { message } } }`, input{"input": draft})
		if dig(a.Data, "previewObligation", "says") != "每年：社情民意至少 1 次" || dig(a.Data, "previewObligation", "done") == float64(0) {
			t.Error(a.text)
		}
	})
	c.do("管理员甲", "publishObligation", draft)
	t.Run("everybody sees his own, and the clerk sees who has done it, page by page", func(t *testing.T) {
		a := c.ask("委员甲", `{ myObligations { state dueOn obligation { label says } progress { have least rows(first: 20) { edges { node { id } } } } } }`, nil)
		if dig(a.Data, "myObligations", 0, "dueOn") != "2025-12-31" {
			t.Error(a.text)
		}
		seen := map[any]bool{}
		for after := any(nil); ; {
			a := c.ask("干事", debtsQuery, input{"code": "one_opinion", "after": after, "first": 1})
			edges, _ := dig(a.Data, "obligationDebts", "edges").([]any)
			if len(a.Errors) > 0 || len(edges) == 0 {
				t.Fatal(a.text)
			}
			for _, e := range edges {
				seen[dig(e, "node", "name")] = true
			}
			if dig(a.Data, "obligationDebts", "pageInfo", "hasNextPage") != true {
				if total := dig(a.Data, "obligationDebts", "totalCount"); total != float64(len(seen)) {
					t.Error(total, seen)
				}
				break
			}
			after = dig(a.Data, "obligationDebts", "pageInfo", "endCursor")
		}
	})
	t.Run("a row behind a number is shown to whom the matter is", func(t *testing.T) {
		rows := func(who string) (have, shown int) {
			a := c.ask(who, debtsQuery, input{"code": "one_opinion", "state": "DONE"})
			edges, _ := dig(a.Data, "obligationDebts", "edges").([]any)
			for _, e := range edges {
				have += int(dig(e, "node", "progress", 0, "have").(float64))
				list, _ := dig(e, "node", "progress", 0, "rows", "edges").([]any)
				for _, x := range list {
					if dig(x, "node") != nil {
						shown++
					}
				}
			}
			return have, shown
		}
		if have, shown := rows("干事"); have == 0 || shown != 0 {
			t.Error("the clerk of proposals reads no opinions", have, shown)
		}
		if have, shown := rows("全权"); have == 0 || shown == 0 {
			t.Error(have, shown)
		}
	})
	t.Run("it is excused, taken back, urged and retired, and all stands in the book", func(t *testing.T) {
		x := c.do("全权", "excuseObligation", input{"code": "one_opinion", "membershipId": c.person["委员乙"], "reason": "病假"})
		c.do("全权", "endObligationExcuse", input{"excuseId": x["id"], "reason": "已返岗"})
		c.do("干事", "urgeObligation", input{"code": "one_opinion"})
		c.do("管理员甲", "retireObligation", input{"code": "one_opinion", "reason": "由新办法代替"})
		var n int
		must(t, c.super.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND entry::text LIKE '%bligation%'`, c.id).Scan(&n))
		if n < 5 {
			t.Error(n)
		}
	})
	t.Run("another committee finds none of it", func(t *testing.T) {
		o := w.found("210203", "DISTRICT", "乙区")
		if a := o.ask("管理员甲", debtsQuery, input{"code": "one_opinion"}); a.code() != "NOT_FOUND" {
			t.Error(a.text)
		}
		if a := o.ask("管理员甲", `{ obligations { id } }`, nil); len(a.Errors) > 0 || len(dig(a.Data, "obligations").([]any)) != 0 {
			t.Error(a.text)
		}
	})
}
