package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// F7: a to-do is what the person can do now, in the order of the days of what he
// owes; read page by page, from both ends, it is the same list.
func TestToDos(t *testing.T) {
	c := withPlatform(t)
	for i := range 5 {
		c.clock.Advance(36 * time.Hour)
		clear(c.tokens)
		c.raise("街道干部", c.made["platform"], fmt.Sprintf("第%d件事", i))
	}
	titles := func(args string) (out []string, page any) {
		a := c.ask("街道干部", `{ todos(`+args+`) { totalCount edges { cursor node { title myTurns { turn dueOn since instead reason assignmentId } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`, nil)
		list, ok := dig(a.Data, "todos", "edges").([]any)
		if !ok {
			t.Fatal(a.text)
		}
		for _, e := range list {
			out = append(out, dig(e, "node", "title").(string))
			if turn := dig(e, "node", "myTurns", 0); dig(turn, "turn") == "" || dig(turn, "instead") != false {
				t.Errorf("%v", turn)
			}
		}
		return out, dig(a.Data, "todos")
	}
	whole, all := titles("first: 100")
	if len(whole) < 5 || fmt.Sprint(dig(all, "totalCount")) != fmt.Sprint(len(whole)) {
		t.Fatalf("%d of %v", len(whole), dig(all, "totalCount"))
	}
	t.Run("page by page it is the same list, forward and backward", func(t *testing.T) {
		var forward, backward []string
		for args := "first: 2"; ; {
			got, page := titles(args)
			forward = append(forward, got...)
			if dig(page, "pageInfo", "hasNextPage") != true {
				break
			}
			args = fmt.Sprintf("first: 2, after: %q", dig(page, "pageInfo", "endCursor"))
		}
		for args := "last: 2"; ; {
			got, page := titles(args)
			backward = append(slices.Clone(got), backward...)
			if dig(page, "pageInfo", "hasPreviousPage") != true {
				break
			}
			args = fmt.Sprintf("last: 2, before: %q", dig(page, "pageInfo", "startCursor"))
		}
		if !slices.Equal(forward, whole) || !slices.Equal(backward, whole) {
			t.Errorf("%v\n%v\n%v", whole, forward, backward)
		}
	})
	t.Run("what nobody is left for is seen by who reads all of it, and as a number by who gives roles", func(t *testing.T) {
		const q = `{ standing(first: 50) { totalCount next matters { kind reason since handedTo assignmentId matter { title } } } }`
		if a := c.ask("专委干部", q, nil); fmt.Sprint(dig(a.Data, "standing", "totalCount")) != "0" {
			t.Fatal(a.text)
		}
		c.system(func(ctx context.Context) error {
			return c.r.Store.Ent().Membership.UpdateOneID(uuid.MustParse(c.person["街道干部"])).SetStatus(membership.StatusENDED).Exec(ctx)
		})
		c.sweep()
		a := c.ask("专委干部", q, nil)
		if list, _ := dig(a.Data, "standing", "matters").([]any); len(list) != len(whole) || dig(list[0], "matter", "title") == nil || dig(list[0], "handedTo") == "" {
			t.Error(a.text)
		}
		if b := c.ask("管理员甲", q, nil); fmt.Sprint(dig(b.Data, "standing", "totalCount")) != fmt.Sprint(len(whole)) || dig(b.Data, "standing", "matters", 0, "matter") != nil {
			t.Error(b.text)
		}
		if b := c.ask("委员甲", q, nil); b.code() != "NOT_ALLOWED" {
			t.Error(b.text)
		}
		first := c.ask("专委干部", `{ standing(first: 2) { next matters { matter { id } } } }`, nil)
		rest := c.ask("专委干部", fmt.Sprintf(`{ standing(first: 50, after: %q) { next matters { matter { id } } } }`, dig(first.Data, "standing", "next")), nil)
		if n := len(dig(first.Data, "standing", "matters").([]any)) + len(dig(rest.Data, "standing", "matters").([]any)); n != len(whole) || dig(rest.Data, "standing", "next") != nil {
			t.Error(first.text, rest.text)
		}
	})
}

// sweep runs the job of deadlines.
func (c *committee) sweep() {
	c.t.Helper()
	if _, err := c.r.Engine.Sweep(clock.With(context.Background(), c.clock), audited{c.r.Store}, c.id); err != nil {
		c.t.Fatal(err)
	}
}

type audited struct{ *tenants.Store }

func (d audited) InTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) error) error {
	return d.Store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
}
