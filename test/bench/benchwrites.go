package main

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/test/bench/bulk"
)

// supply hands out prepared cases, each once.
type supply struct {
	list []question
	at   atomic.Int64
}

// take is the next case; nil when there is none left.
func (s *supply) take() *question {
	i := s.at.Add(1) - 1
	if i >= int64(len(s.list)) {
		return nil
	}
	return &s.list[i]
}

// writeVariants are floor and product, each with cases of its own.
func writeVariants(ctx context.Context, g *rig, i int) []*variant {
	d := &writes[i]
	make := func(name, path string, body func(q *question) []byte) *variant {
		s := &supply{}
		v := &variant{name: name, rig: g, fit: d.fit}
		v.prep = func(n int) (err error) {
			s.at.Store(0)
			s.list, err = d.grow(ctx, g, n)
			return err
		}
		v.of = func(q *question) []byte { return request(path, q.who.token, body(q)) }
		v.next = func() []byte {
			q := s.take()
			if q == nil {
				return nil
			}
			return v.of(q)
		}
		return v
	}
	return []*variant{
		make("floor", "/floor/write/"+strconv.Itoa(i), func(q *question) []byte { return encode(map[string]any{"input": d.input(q.subject)}) }),
		make("product", "/graphql", func(q *question) []byte {
			return encode(map[string]any{"query": d.doc, "variables": map[string]any{"input": d.input(q.subject)}})
		}),
	}
}

// fit refuses an answer that is not a change.
func (d *write) fit(body []byte) error {
	if err := fit(body); err != nil {
		return err
	}
	if !bytes.Contains(body, []byte(`"userErrors":[]`)) {
		return fmt.Errorf("answer %s", clip(body))
	}
	return nil
}

func benchWrites(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string, s *summary) error {
	var spoilt []string
	for _, name := range names {
		twin, drop, err := c.copyOf(ctx, name)
		if err != nil {
			return err
		}
		defer drop()
		spoilt = append(spoilt, twin)
	}
	rigs, closeAll, err := openRigs(ctx, c, sizes, spoilt)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, g := range rigs {
		if err := g.accustom(ctx); err != nil {
			return err
		}
	}
	for i := range writes {
		if !strings.Contains(writes[i].name, o.match) {
			continue
		}
		out, err := c.compare(ctx, o, rigs, writes[i].name, func(g *rig) ([]*variant, error) {
			vs := writeVariants(ctx, g, i)
			return vs, writes[i].alike(ctx, g, vs)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", writes[i].name, err)
		}
		s.add(out, writeTarget)
	}
	return nil
}

// accustom gives the planner figures of tables that the bulk leaves empty, as
// autovacuum does in life: without them it reads all of a committee's timers
// and records to find those of a case.
func (g *rig) accustom(ctx context.Context) error {
	for i := range writes {
		if _, err := writes[i].grow(ctx, g, 20*ofEach*min(g.size.Tenants, 50)); err != nil {
			return err
		}
	}
	_, err := query(ctx, g, pgx.RowTo[string], "ANALYZE records, timers")
	return err
}

// left is what a change left behind of its case: every row of every table, the
// ids, times and numbers replaced, since they differ.
const left = `
	WITH m AS (SELECT $1::uuid AS tenant, coalesce((SELECT matter_id FROM assignments WHERE id = $2), $2) AS id), rows (t, j) AS (
	  SELECT 'matter', to_jsonb(x) FROM matters x, m WHERE x.id = m.id
	  UNION ALL SELECT 'proposal', to_jsonb(x) FROM proposals x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'party', to_jsonb(x) FROM parties x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'share', to_jsonb(x) FROM assignments x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'reply', to_jsonb(x) FROM replies x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'record', to_jsonb(x) FROM records x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'timer', to_jsonb(x) - 'budget' FROM timers x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'step', to_jsonb(x) FROM steps x, m WHERE x.tenant_id = m.tenant AND x.matter_id = m.id
	  UNION ALL SELECT 'audit', jsonb_build_object('action', action) FROM audit_log x, m WHERE x.tenant_id = m.tenant AND x.object IN ('Matter:' || m.id, 'Assignment:' || $2))
	SELECT string_agg(t || ' ' || regexp_replace(regexp_replace(jsonb_strip_nulls(j - 'title' - 'number_key' - 'number_order' - 'name_pinyin' - 'name' - 'actor_name' - 'contact_phone')::text,
	    '[0-9a-f]{8}-[0-9a-f-]{27}', 'id', 'g'), '(第.*?号|[0-9]{6}-[0-9]{4}-R[0-9]+|"(case_no|ordinal)": [0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+-]+)', 'x', 'g'), E'\n' ORDER BY t, j->>'key', j->>'stage')
	FROM rows`

// alike lets floor and product change a case each and compares what they left.
func (d *write) alike(ctx context.Context, g *rig, vs []*variant) error {
	var was []string
	for k, v := range vs {
		list, err := d.grow(ctx, g, 1)
		if err != nil {
			return err
		}
		q := &list[0]
		if err := g.ask(v, v.of(q)); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		rows, err := query(ctx, g, pgx.RowTo[string], left, q.who.Tenant, q.subject)
		if err != nil {
			return err
		}
		was = append(was, rows[0])
		if k > 0 && was[k] != was[0] {
			return fmt.Errorf("what was left differs:\n%s\n\n%s", was[0], was[k])
		}
	}
	return nil
}
