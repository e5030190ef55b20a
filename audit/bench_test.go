package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/bihuan/bihuan/audit"
)

func TestMeasure(t *testing.T) {
	h := open(t)
	ch := []audit.Change{
		{Entity: "Matter", ID: uuid.New(), Op: audit.Update, Before: map[string]any{"state": "DRAFT", "version": 1, "turn": ""}, After: map[string]any{"state": "FILED", "version": 2, "turn": "office"}},
		{Entity: "Proposal", ID: uuid.New(), Op: audit.Update, Before: map[string]any{"disposition": "NONE"}, After: map[string]any{"disposition": "FILED", "case_no": 12, "filed_at": noon}},
		{Entity: "Step", ID: uuid.New(), Op: audit.Create, After: map[string]any{"action": "file", "label": "立案", "actor_name": "提案委干部甲", "reason": "材料齐全", "from_state": "DRAFT", "to_state": "FILED"}},
	}
	e := func(i int) audit.Entry {
		return audit.Entry{At: noon.Add(time.Duration(i) * time.Minute), Action: "file", Actor: audit.Actor{Membership: uuid.New(), Name: "甲"}, Object: audit.Object("Matter", uuid.New()), Changes: ch, From: audit.From{Address: "192.0.2.1", Agent: "Mozilla/5.0 (X11; Linux x86_64)", RequestID: uuid.NewString()}}
	}
	start := time.Now()
	for i := range 500 {
		h.must(h.store.InTx(t.Context(), h.other, func(ctx context.Context) error { return audit.Write(ctx, e(i)) }))
	}
	fmt.Println("own tx write", time.Since(start)/500)
	const n = 100_000
	start = time.Now()
	h.must(h.store.InTx(t.Context(), h.tenant, func(ctx context.Context) error {
		for i := range n {
			if err := audit.Write(ctx, e(i)); err != nil {
				return err
			}
		}
		return nil
	}))
	fmt.Println("write", time.Since(start)/n)
	h.sql("VACUUM ANALYZE audit_log")
	start = time.Now()
	r := h.verify(h.tenant)
	fmt.Println("verify", r.Rows, time.Since(start), r.OK)
	for name, f := range map[string]audit.Filter{"all": {}, "object none": {Object: "x"}, "action none": {Action: "x"}, "old hour": {From: noon, To: noon.Add(time.Hour)}, "new hour": {From: noon.Add((n - 60) * time.Minute)}} {
		start = time.Now()
		p := h.search(h.tenant, f, 50, 0)
		fmt.Println("search", name, len(p.Rows), time.Since(start))
	}
	var size string
	h.db.AsSuper(t, "select pg_size_pretty(pg_total_relation_size('audit_log')) || ' ' || (select avg(length(entry))::int from audit_log)", nil, &size)
	fmt.Println(size)
}
