package overview

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// These benchmarks print ratios, never a time to be met: ways to the same
// answer take turns in one loop, so that whatever else the machine does hits
// all of them, and each way's median counts. of_hand is the throughput of the
// product divided by that of SQL written by hand, which runs in one
// transaction under the same role and row-level security. Before anything is
// measured the answers are compared.

// inHouse runs fn once with the house of the tests. It is built in a test of
// its own, whose end takes the database away.
func inHouse(b *testing.B, fn func(*house)) {
	var once sync.Once // -count is for the benchmark
	every := func(string, string) (bool, error) { return true, nil }
	if !testing.RunTests(every, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		once.Do(func() { fn(newHouse(t)) })
	}}}) {
		b.Fatal("see above")
	}
}

// takeTurns runs the ways one after the other, another one first each time, and
// answers each one's median in seconds.
func takeTurns(b *testing.B, h *house, ways ...func() error) []float64 {
	took := make([][]float64, len(ways))
	for _, way := range ways { // caches, plans and definitions
		must(h, way())
	}
	for n := 0; b.Loop(); n++ {
		for i := range ways {
			i = (i + n) % len(ways)
			start := time.Now()
			must(h, ways[i]())
			took[i] = append(took[i], time.Since(start).Seconds())
		}
	}
	medians := make([]float64, len(ways))
	for i, list := range took {
		slices.Sort(list)
		medians[i] = list[len(list)/2]
	}
	b.ReportMetric(0, "ns/op") // that of all the ways together says nothing
	b.ReportMetric(medians[0]*1e3, "ms")
	return medians
}

// reading opens transactions for reading as somebody who has signed in.
func (h *house) reading(role string) func(func(context.Context) error) func() error {
	var v *authz.Viewer
	must(h, h.as(role, func(ctx context.Context) error { v = authz.From(ctx); return nil }))
	return func(fn func(context.Context) error) func() error {
		return func() error { return h.db.Store.ReadTx(authz.With(h.ctx(), v), h.city, fn) }
	}
}

// insert makes n matters of a kind, each with one item of its own and as many
// nodes, and links them to loop unless that is the nil UUID.
func (h *house) insert(n, nodes int, kind string, of item.Kind, loop uuid.UUID) {
	h.Helper()
	h.system(func(ctx context.Context, _ *gen.Client) error {
		_, err := tenants.Exec(ctx, `
			WITH made AS (
			  INSERT INTO matters (id, tenant_id, created_at, updated_at, kind, state, title, opened_at, visibility, process_id, owner_unit_id)
			  SELECT gen_random_uuid(), $1, now(), now(), $2, 'WORKING', '关于事项' || g, now(), 'STAFF', $3, CASE WHEN g % 10 = 0 THEN $4::uuid END
			  FROM generate_series(1, $5::int) g RETURNING id),
			numbered AS (SELECT id, row_number() OVER () AS g, gen_random_uuid() AS item FROM made),
			linked AS (
			  INSERT INTO links (id, tenant_id, created_at, kind, from_id, to_id)
			  SELECT gen_random_uuid(), $1, now(), 'BELONGS_TO', id, $6 FROM numbered WHERE $6 <> '00000000-0000-0000-0000-000000000000'::uuid),
			own AS (
			  INSERT INTO items (id, tenant_id, created_at, updated_at, matter_id, kind, text, duty, due_on, status, unit_id, partner)
			  SELECT item, $1, now(), now(), id, $7, '事项' || g, '职责', '2023-01-01'::date + (g * 37 % 300)::int,
			    (ARRAY['OPEN', 'OPEN', 'REPORTED', 'DONE'])[g % 4 + 1], CASE WHEN g % 10 = 0 THEN $4::uuid END, CASE WHEN g % 4 = 1 THEN '210202' END
			  FROM numbered)
			INSERT INTO items (id, tenant_id, created_at, updated_at, matter_id, parent_id, kind, text, due_on, status)
			SELECT gen_random_uuid(), $1, now(), now(), id, item, 'NODE', '节点' || k, '2023-03-01'::date + (k * 40), (ARRAY['OPEN', 'DONE'])[k % 2 + 1]
			FROM numbered, generate_series(1, $8::int) k`,
			h.city, kind, h.kinds[kind], h.units["市水务局"], n, loop, of, nodes)
		return err
	})
	h.db.AsOwner(h, `ANALYZE`)
}

// figure is what the overview counts of one thing.
type figure struct {
	Year                                          int
	Of, Partner                                   string // partner is empty for all of the loop
	Total, Open, Reported, Done, Dropped, Overdue int
}

func figuresOf(loops []*Loop) (out []figure) {
	add := func(year int, of, partner string, c Counts) {
		if len(c.Total) > 0 {
			out = append(out, figure{year, of, partner, len(c.Total), len(c.Open), len(c.Reported), len(c.Done), len(c.Dropped), len(c.Overdue)})
		}
	}
	for _, l := range loops {
		add(l.HandleYear, "node", "", l.Nodes)
		add(l.HandleYear, "problem", "", l.Problems)
		add(l.HandleYear, "task", "", l.Tasks)
		for _, d := range l.Districts {
			add(l.HandleYear, "node", d.Partner, d.Nodes)
			add(l.HandleYear, "task", d.Partner, d.Tasks)
		}
	}
	return out
}

// debts are the tasks, nodes and problems of the loops that the overview shows.
const debts = `
	WITH loops AS (
	  SELECT c.handle_year AS year, m.id, m.closed_at FROM cohorts c JOIN matters m ON m.id = c.matter_id WHERE c.handle_year >= $1 OR m.closed_at IS NULL),
	tasks AS (
	  SELECT DISTINCT ON (o.id, m.id) o.year, m.id, m.closed_at IS NOT NULL AS ended, i.status, i.due_on, coalesce(i.partner, '') AS partner, i.text
	  FROM loops o JOIN links l ON l.to_id = o.id AND l.kind = 'BELONGS_TO' AND l.undone_at IS NULL
	  JOIN matters m ON m.id = l.from_id AND m.kind = 'task' AND m.visibility <> 'PARTIES'
	  JOIN items i ON i.matter_id = m.id AND i.kind = 'TASK'),
	debts AS (
	  SELECT year, 'task' AS what, partner, status, due_on, false AS ended, text FROM tasks UNION ALL
	  SELECT t.year, 'node', t.partner, n.status, n.due_on, t.ended, n.text FROM tasks t JOIN items n ON n.matter_id = t.id AND n.kind = 'NODE' UNION ALL
	  SELECT o.year, 'problem', '', p.status, p.due_on, o.closed_at IS NOT NULL, p.text FROM loops o JOIN items p ON p.matter_id = o.id AND p.kind = 'PROBLEM')`

// countedByHand lets the database count.
func countedByHand(ctx context.Context) ([]figure, error) {
	today := clock.Today(ctx)
	return tenants.Rows[figure](ctx, debts+`
		SELECT year, what, coalesce(partner, ''), count(*), count(*) FILTER (WHERE status = 'OPEN'), count(*) FILTER (WHERE status = 'REPORTED'),
		  count(*) FILTER (WHERE status IN ('DONE', 'CHOSEN')), count(*) FILTER (WHERE status = 'DROPPED'), count(*) FILTER (WHERE status = 'OPEN' AND due_on < $2 AND NOT ended)
		FROM debts GROUP BY GROUPING SETS ((year, what), (year, what, partner)) HAVING GROUPING(partner) = 1 OR partner <> ''
		ORDER BY 1, coalesce(partner, ''), what`, today.Year()-1, today)
}

// debt is a row that the overview shows behind its figures.
type debt struct {
	Year          int
	Of, Partner   string
	Status, Words string
	DueOn         *time.Time
	Ended         bool
}

// BenchmarkOverview is three loops of 40 tasks, each task with five nodes, as
// the director sees them. The product answers the rows behind every figure and
// the gates of each loop; by hand the database counts, and nothing else.
// of_rows compares with reading those rows by hand; gates is the part of the
// product's time that the same loops' gates take alone.
func BenchmarkOverview(b *testing.B) {
	inHouse(b, func(h *house) {
		var loops []uuid.UUID
		for year, state := range map[int]string{2022: "S4_PROBLEMS", 2023: "H4_ACCOUNT", 2024: "P1_COLLECT"} {
			loop := h.loop(year, state)
			h.insert(40, 5, taskKind, item.KindTASK, loop)
			h.item(loop, item.KindPROBLEM, "资金不足", nil)
			loops = append(loops, loop)
		}
		h.insert(1000, 5, taskKind, item.KindTASK, uuid.Nil) // of no loop
		as := h.reading(director)

		var product, byHand []figure
		var rows []debt
		var statements int64
		ways := []func() error{
			as(func(ctx context.Context) error {
				list, err := h.service.Overview(ctx)
				product, statements = figuresOf(list), tenants.Statements(ctx)
				return err
			}),
			as(func(ctx context.Context) (err error) { byHand, err = countedByHand(ctx); return err }),
			as(func(ctx context.Context) (err error) {
				rows, err = tenants.Rows[debt](ctx, debts+`SELECT year, what, partner, status, text, due_on, ended FROM debts ORDER BY due_on NULLS LAST`, clock.Today(ctx).Year()-1)
				return err
			}),
			as(func(ctx context.Context) error { _, err := h.engine.Gates(ctx, loops...); return err }),
		}
		for _, way := range ways {
			must(h, way())
		}
		slices.SortFunc(product, func(a, b figure) int { return slices.Compare(a.key(), b.key()) })
		slices.SortFunc(byHand, func(a, b figure) int { return slices.Compare(a.key(), b.key()) })
		equal(h, "figures", product, byHand)
		equal(h, "rows", len(rows), 3*(40+40*5+1))
		t := takeTurns(b, h, ways...)
		b.ReportMetric(t[1]/t[0], "of_hand")
		b.ReportMetric(t[2]/t[0], "of_rows")
		b.ReportMetric(t[3]/t[0], "gates")
		b.ReportMetric(float64(statements), "statements")
	})
}

func (f figure) key() []string { return []string{fmt.Sprint(f.Year), f.Partner, f.Of} }

// line is what a page of the ledger shows of an item.
type line struct {
	ID, Matter, Unit                      *uuid.UUID
	Kind, Text, Status                    string
	Duty, Effect, Measure, Owner, Partner *string
	DueOn                                 *time.Time
	Key, Difficult                        bool
}

// ledgerByHand: what is issued, then who may see the matter, then what hangs on an event.
const ledgerByHand = `
	SELECT i.id, i.matter_id, i.unit_id, i.kind, i.text, i.status, i.duty, i.effect, i.measure, i.owner, i.partner, i.due_on, i.key, i.difficult
	FROM items i JOIN matters m ON m.id = i.matter_id
	WHERE i.kind IN ('TASK', 'COMMITMENT', 'PROBLEM') AND NOT (i.kind = 'TASK' AND m.visibility = 'PARTIES') AND (%s
	    OR m.creator_id = $1 OR EXISTS (SELECT FROM parties p WHERE p.matter_id = m.id AND p.membership_id = $1 AND p.cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED')))
	  AND (i.event_id IS NULL OR EXISTS (SELECT FROM events e WHERE e.id = i.event_id AND (NOT e.concealed OR e.state = 'HELD' OR e.author_id = $1)))
	ORDER BY i.due_on NULLS LAST, i.id LIMIT 20`

const (
	seenByStaff = `m.visibility IN ('TENANT', 'STAFF')`
	seenByUnit  = `m.visibility = 'TENANT' OR (m.visibility = 'STAFF' AND (m.owner_unit_id = $2
	    OR EXISTS (SELECT FROM assignments a WHERE a.matter_id = m.id AND a.unit_id = $2) OR EXISTS (SELECT FROM items o WHERE o.matter_id = m.id AND o.unit_id = $2)
	    OR EXISTS (SELECT FROM parties u WHERE u.matter_id = m.id AND u.unit_id = $2 AND u.cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED'))))`
)

// BenchmarkLedgerPage is the first page of 20 among 5,000 items, by day: all of
// them are the director's to see, a tenth of them the unit's.
func BenchmarkLedgerPage(b *testing.B) {
	inHouse(b, func(h *house) {
		h.insert(3000, 0, taskKind, item.KindTASK, h.loop(2023, "H4_ACCOUNT"))
		h.insert(1500, 0, "proposal", item.KindCOMMITMENT, uuid.Nil)
		h.insert(500, 0, "proposal", item.KindPROBLEM, uuid.Nil)
		b.Run(director, func(b *testing.B) { h.ledgerPage(b, director, seenByStaff, h.d.Who(director).Membership) })
		b.Run(liaison, func(b *testing.B) {
			h.ledgerPage(b, liaison, seenByUnit, h.d.Who(liaison).Membership, h.units["市水务局"])
		})
	})
}

func (h *house) ledgerPage(b *testing.B, role, seen string, args ...any) {
	as, sql := h.reading(role), fmt.Sprintf(ledgerByHand, seen)
	var product []*gen.Item
	var byHand []line
	ways := []func() error{
		as(func(ctx context.Context) error {
			p, err := Filter{}.Predicate(ctx)
			if err == nil {
				product, err = h.db.Store.Ent().Item.Query().Where(p).Order(Order()...).Limit(20).All(ctx)
			}
			return err
		}),
		as(func(ctx context.Context) (err error) { byHand, err = tenants.Rows[line](ctx, sql, args...); return err }),
	}
	for _, way := range ways {
		must(b, way())
	}
	var ids []uuid.UUID
	for _, l := range byHand {
		ids = append(ids, *l.ID)
	}
	equal(b, "lines", len(ids), 20)
	equal(b, "page", idsOf(product), ids)
	t := takeTurns(b, h, ways...)
	b.ReportMetric(t[1]/t[0], "of_hand")
}

// gatedSource is a process of tasks with as many ways out as the shipped one
// has while a task is under way.
const gatedSource = `
kind: task
version: 2
title: 六定任务
turns: {unit: 承办单位}
machines:
  matter:
    initial: WORKING
    states:
      - {code: WORKING, label: 办理中, turn: unit}
      - {code: REPORTED, label: 已交账}
      - {code: DONE, label: 已核实, end: true}
      - {code: WITHDRAWN, label: 已撤回, end: true}
    actions:
      - {code: report, label: 交账, from: [WORKING], to: REPORTED, may: task.report, guards: [test.directions]}
      - {code: verify, label: 核实, from: [WORKING], to: DONE, may: task.verify, guards: [test.directions]}
      - {code: withdraw, label: 撤回, from: [WORKING], to: WITHDRAWN, may: task.issue}
`

// BenchmarkGates is a page of 20 tasks with their items, and the same page with
// the gates of each. Rules are no SQL, so of_plain is the throughput of the
// page with gates divided by that of the page without.
func BenchmarkGates(b *testing.B) {
	inHouse(b, func(h *house) {
		loop := h.loop(2023, "H4_ACCOUNT")
		h.system(func(ctx context.Context, c *gen.Client) error {
			d, err := process.Parse([]byte(gatedSource))
			if err != nil {
				return err
			}
			p, err := c.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Save(ctx)
			if err == nil {
				h.kinds[taskKind] = p.ID
			}
			return err
		})
		h.insert(20, 5, taskKind, item.KindTASK, loop)
		h.insert(1000, 5, taskKind, item.KindTASK, uuid.Nil)
		var ids []uuid.UUID
		h.db.AsSuper(h, `SELECT array_agg(from_id) FROM links WHERE to_id = $1`, []any{loop}, &ids)
		as := h.reading(director)
		page := func(ctx context.Context) error {
			rows, err := h.db.Store.Ent().Matter.Query().Where(matter.IDIn(ids...)).WithItems().All(ctx)
			if err == nil && len(rows) != 20 {
				err = fmt.Errorf("%d tasks", len(rows))
			}
			return err
		}
		var statements int64
		t := takeTurns(b, h, as(func(ctx context.Context) error {
			if err := page(ctx); err != nil {
				return err
			}
			gates, err := h.engine.Gates(ctx, ids...)
			if statements = tenants.Statements(ctx); err == nil && len(gates[ids[0]]) != 3 {
				err = fmt.Errorf("%d gates", len(gates[ids[0]]))
			}
			return err
		}), as(page))
		b.ReportMetric(t[1]/t[0], "of_plain")
		b.ReportMetric(float64(statements), "statements")
	})
}
