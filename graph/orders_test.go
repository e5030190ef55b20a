package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// walked reads a list page by page, two rows a page, from its beginning or from its end.
func (c *committee) walked(t *testing.T, list, order, field string, forward bool) (out []string) {
	t.Helper()
	q := `query($c: Cursor) { ` + list + `(first: 2, after: $c, orderBy: ` + order + `) { edges { node { ` + field + ` } } pageInfo { more: hasNextPage next: endCursor } } }`
	if !forward {
		q = `query($c: Cursor) { ` + list + `(last: 2, before: $c, orderBy: ` + order + `) { edges { node { ` + field + ` } } pageInfo { more: hasPreviousPage next: startCursor } } }`
	}
	var cursor any
	for range 50 {
		a := c.ask("全看", q, input{"c": cursor})
		edges, _ := dig(a.Data, list, "edges").([]any)
		if len(a.Errors) > 0 || len(edges) == 0 {
			t.Fatal(a.text)
		}
		var page []string
		for _, e := range edges {
			page = append(page, fmt.Sprint(dig(e, "node", field)))
		}
		if forward {
			out = append(out, page...)
		} else {
			out = append(page, out...)
		}
		if cursor = dig(a.Data, list, "pageInfo", "next"); dig(a.Data, list, "pageInfo", "more") != true {
			return out
		}
	}
	t.Fatal("the list does not end")
	return nil
}

// ordered wants a list in an order, from both ends and in both directions.
func (c *committee) ordered(t *testing.T, list, by, field string, want []string) {
	t.Helper()
	for _, direction := range []string{"ASC", "DESC"} {
		for _, forward := range []bool{true, false} {
			if got := c.walked(t, list, fmt.Sprintf("{field: %s, direction: %s}", by, direction), field, forward); !slices.Equal(got, want) {
				t.Errorf("%s by %s %s (forward %v): %v, want %v", list, by, direction, forward, got, want)
			}
		}
		slices.Reverse(want)
	}
}

func TestListsAreOrderedAsPeopleOrderThem(t *testing.T) {
	c := withPlatform(t)
	c.add("全看", "STAFF", nil, "secretary_general")
	numbers := []string{"第九届二次会议第003号", "第十届一次会议第001号", "第十一届三次会议第002号", "第十一届三次会议第010号", "第十一届十次会议第001号", "第二十届一次会议第1号"}
	var ids []uuid.UUID
	for i := range numbers {
		ids = append(ids, uuid.MustParse(c.raise("街道干部", c.made["platform"], fmt.Sprintf("第%d个话题", i))))
	}
	mixed := []int{4, 0, 5, 2, 1, 3}
	for _, i := range mixed { // changed an hour apart, in this order
		c.clock.Advance(time.Hour)
		c.system(func(ctx context.Context) error {
			return c.r.Store.Ent().Matter.UpdateOneID(ids[i]).SetNumber(numbers[i]).Exec(ctx)
		})
	}
	clear(c.tokens)
	t.Run("matters by number: parts of it are numbers, whatever their writing", func(t *testing.T) {
		c.ordered(t, "matters", "NUMBER", "number", slices.Clone(numbers))
	})
	t.Run("matters by their latest change", func(t *testing.T) {
		var want []string
		for _, i := range mixed {
			want = append(want, numbers[i])
		}
		c.ordered(t, "matters", "UPDATED_AT", "number", want)
	})
	t.Run("a part of a number finds it, and what has changed since a moment is told", func(t *testing.T) {
		for filter, want := range map[string]int{`{number: "第10号"}`: 0, `{number: "010"}`: 1, `{number: "十一届"}`: 3, `{number: "００１"}`: 2} {
			if a := c.ask("全看", `{ matters(filter: `+filter+`) { totalCount } }`, nil); dig(a.Data, "matters", "totalCount") != float64(want) {
				t.Errorf("%s: %s", filter, a.text)
			}
		}
		since := c.clock.Now().Add(-90 * time.Minute).Format(time.RFC3339)
		if a := c.ask("全看", `query($s: Time) { matters(filter: {updatedSince: $s}) { totalCount } }`, input{"s": since}); dig(a.Data, "matters", "totalCount") != float64(2) {
			t.Error(a.text)
		}
	})
	t.Run("a cursor of another order is refused", func(t *testing.T) {
		a := c.ask("全看", `{ matters(first: 1, orderBy: {field: NUMBER, direction: ASC}) { pageInfo { endCursor } } }`, nil)
		a = c.ask("全看", `query($c: Cursor) { matters(after: $c, orderBy: {field: UPDATED_AT, direction: ASC}) { totalCount } }`, input{"c": dig(a.Data, "matters", "pageInfo", "endCursor")})
		if a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
	t.Run("people by the pinyin of their names; a family name is read as one", func(t *testing.T) {
		other := newWorld(t).found("210203", "DISTRICT", "")
		names := []string{"艾一", "李丁", "李二", "黎一", "区三", "单四", "解五", "曾六", "张三", "张四", "章三", "Zoe"}
		for _, n := range names {
			other.system(func(ctx context.Context) error {
				return other.r.Store.Ent().Membership.Create().SetName(n).SetKind("STAFF").Exec(ctx)
			})
		}
		want := []string{"艾一", "管理员甲", "管理员乙", "黎一", "李丁", "李二", "区三", "全看", "单四", "解五", "Zoe", "曾六", "张三", "张四", "章三"}
		other.add("全看", "STAFF", nil, "secretary_general")
		other.ordered(t, "memberships", "PINYIN", "name", want)
	})
}
