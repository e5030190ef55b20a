package tasks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/dbtest"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/tenants"
)

// mortal is a worker that can be killed at any statement; another one, the
// house's own program, goes on after it.
type mortal struct {
	*program
	wire *dbtest.Wire
}

func (h *house) mortal() *mortal {
	h.Helper()
	w := dbtest.NewWire(h.T, h.db.AppURL)
	store, err := tenants.Open(context.Background(), w.URL, 2)
	h.must(err)
	h.T.Cleanup(store.Close)
	return &mortal{h.running(store), w}
}

// delivers lets the worker deliver for a committee and die at statement n, and
// another one do what was left. It returns the statements of the first, and
// whether it died.
func (h *house) delivers(m *mortal, tenant uuid.UUID, n int, answered bool) (said []string, dead bool) {
	h.Helper()
	m.store.Pool().Reset()
	m.wire.Count(n, answered)
	ctx, stop := context.WithTimeout(h.ctx(), 30*time.Second)
	_, err := m.post.Deliver(ctx, tenant)
	stop()
	said, dead = m.wire.Said()
	if err != nil && !dead {
		h.Fatal(err)
	}
	h.clock.Advance(time.Hour)
	h.deliver(h.city, h.first)
	return said, dead
}

// journey is one task that goes down, has a node added and a node reported;
// each of the three envelopes is delivered by deliver.
func (h *house) journey(of uuid.UUID, deliver func(kind string, tenant uuid.UUID)) {
	h.Helper()
	here := h.drafted(h.city, h.abroad(of, firstCode))
	h.must(h.try(h.city, director, here, "issue", nil, ""))
	deliver(tasks.KindTask, h.city)
	var there uuid.UUID
	var n int
	h.db.AsSuper(h.T, `SELECT count(*), min(id::text)::uuid FROM matters WHERE tenant_id = $1 AND origin->>'matter' = $2`, []any{h.first, here.String()}, &n, &there)
	if n != 1 {
		h.Fatalf("%d matters at the district", n)
	}
	h.must(h.try(h.first, staff, there, "accept", nil, ""))
	h.deliver(h.city, h.first)
	h.must(h.try(h.city, director, here, "addNode", map[string]any{"text": "加的节点", "dueOn": "2023-06-30"}, ""))
	deliver(tasks.KindDecision, h.city)
	h.must(h.try(h.first, staff, there, "reportNode", h.nodeFact(h.first, there, 2, "DONE"), ""))
	deliver(tasks.KindReport, h.first)
	h.both(here, there, "WORKING", "OPEN", "OPEN", "OPEN", "REPORTED")
	if c := h.look(h.city, here); len(c.RecordsOf(record.KindREPORT)) != 1 || len(items(c, item.KindTASK)) != 1 || c.Mirror["status"] != "办理中" {
		h.Error(c.Mirror)
	}
	for id, actions := range map[uuid.UUID]string{here: "accepted nodeReported", there: "receive nodeAdded"} {
		for _, action := range strings.Fields(actions) {
			h.db.AsSuper(h.T, `SELECT count(*) FROM steps WHERE matter_id = $1 AND action = $2`, []any{id, action}, &n)
			if n != 1 {
				h.Errorf("%s: %d steps", action, n)
			}
		}
	}
	h.db.AsSuper(h.T, `SELECT count(*) FROM (SELECT FROM notices WHERE matter_id = ANY($1) GROUP BY membership_id, text HAVING count(*) > 1) x`, []any{[]uuid.UUID{here, there}}, &n)
	if n != 0 {
		h.Errorf("%d are told twice", n)
	}
	h.db.AsSuper(h.T, `SELECT count(*) FROM exchange_outbox WHERE status <> $1`, []any{exchange.Delivered}, &n)
	if n != 0 {
		h.Errorf("%d envelopes are lost", n)
	}
}

// workers share the deaths, each with a house of its own.
const workers = 3

func TestTheDeliveryDiesAnywhere(t *testing.T) {
	t.Parallel()
	for worker := range workers {
		t.Run(fmt.Sprintf("statements %d, %d …", worker, worker+workers), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.dies(h.loop(h.city), h.mortal(), worker)
		})
	}
}

// dies lets the worker die at every workers-th statement from first on.
func (h *house) dies(of uuid.UUID, m *mortal, first int) {
	said := map[string][]string{} // by kind: the statements of an undisturbed delivery
	for range 2 {                 // the second finds everything that a program keeps in memory
		h.journey(of, func(kind string, tenant uuid.UUID) { said[kind], _ = h.delivers(m, tenant, -1, false) })
	}
	longest := 0
	for kind, list := range said {
		if len(list) < 30 {
			h.Fatalf("%s: only %d statements", kind, len(list))
		}
		longest = max(longest, len(list))
	}
	for n := first; n < longest; n += workers {
		h.at(2023, 4, 3) // each death costs an hour
		h.run(fmt.Sprintf("killed before statement %d: exactly once, nothing lost", n), func() {
			h.journey(of, func(kind string, tenant uuid.UUID) {
				if _, dead := h.delivers(m, tenant, n, false); dead != (n < len(said[kind])) {
					h.Errorf("%s: dead %t at %d of %d", kind, dead, n, len(said[kind]))
				}
			})
		})
		for kind, list := range said {
			if n >= len(list) || !strings.EqualFold(list[n], "commit") {
				continue
			}
			h.run(fmt.Sprintf("killed when commit %d of %s was done and before it was known: exactly once", n, kind), func() {
				h.journey(of, func(of string, tenant uuid.UUID) {
					at := -1
					if of == kind {
						at = n
					}
					if _, dead := h.delivers(m, tenant, at, true); dead != (at >= 0) {
						h.Errorf("%s: dead %t", of, dead)
					}
				})
			})
		}
	}
}
