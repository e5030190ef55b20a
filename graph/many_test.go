package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// performedOn is the answer of performOnMany, a line each.
func (c *committee) performedOn(in input) (lines string, done any) {
	a := c.ask("街道干部", `mutation($input: PerformOnManyInput!) { performOnMany(input: $input) { done userErrors { code path }
		results { matterId matter { state } userErrors { code } } } }`, input{"input": in})
	var b strings.Builder
	list, _ := dig(a.Data, "performOnMany", "results").([]any)
	for _, r := range list {
		fmt.Fprintf(&b, "%v %v;", dig(r, "matter", "state"), dig(r, "userErrors", 0, "code"))
	}
	for _, e := range dig(a.Data, "performOnMany", "userErrors").([]any) {
		fmt.Fprintf(&b, "%v %v;", dig(e, "code"), dig(e, "path"))
	}
	return b.String(), dig(a.Data, "performOnMany", "done")
}

// S10: many topics are screened in one go, each by itself.
func TestActingOnMany(t *testing.T) {
	c := withPlatform(t)
	one, two := c.raise("街道干部", c.made["platform"], "楼道灯不亮"), c.raise("街道干部", c.made["platform"], "楼道灯不亮，又一件")
	talking := c.talking(c.made["platform"], "广场舞扰民")
	records := func() (n int) {
		c.db.AsSuper(t, `SELECT count(*) FROM audit_log WHERE action = 'performOnMany' AND NOT entry::jsonb ? 'outcome'`, nil, &n)
		return n
	}
	in := input{"matterIds": []any{one, talking, nobody, two}, "action": "describe", "form": input{"need": "请修"}, "idempotencyKey": "one go"}
	t.Run("one that cannot be done stops none of the others", func(t *testing.T) {
		before := records()
		if got, done := c.performedOn(in); done != 2.0 || got != "RAISED <nil>;TALKING NOT_ALLOWED_IN_STATE;<nil> NOT_FOUND;RAISED <nil>;" {
			t.Error(got, done)
		}
		if n := records() - before; n != 2 {
			t.Errorf("%d records, want one for each that was done", n)
		}
	})
	t.Run("the same key does nothing again", func(t *testing.T) {
		before := records()
		if got, done := c.performedOn(in); done != 2.0 || !strings.HasPrefix(got, "RAISED <nil>;") || records() != before {
			t.Error(got, done)
		}
	})
	t.Run("none, too many, and one twice are refused whole", func(t *testing.T) {
		many := make([]any, 51)
		for i := range many {
			many[i] = fmt.Sprintf("00000000-0000-7000-8000-%012d", i)
		}
		for want, ids := range map[string][]any{"INVALID_INPUT [matterIds];": {}, "LIMIT_EXCEEDED [matterIds];": many, "INVALID_INPUT [matterIds 1];": {one, one}} {
			if got, done := c.performedOn(input{"matterIds": ids, "action": "describe"}); got != want || done != 0.0 {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}
