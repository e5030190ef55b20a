package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/bench/bulk"
)

// benchSearch compares a page of what a clerk finds with the same words looked
// for by reading: ILIKE over the texts, and strpos over the folded ones. All
// three are one statement in a transaction of the committee, under row-level
// security, and take turns. The index is filled first.
func benchSearch(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string, s *summary) error {
	for i, size := range sizes {
		g, err := openRig(ctx, c, size, names[i])
		if err != nil {
			return err
		}
		clerks := slices.Clone(g.people.Clerks)
		g.close()
		store, err := tenants.Open(ctx, c.URL(app, names[i]), 4)
		if err != nil {
			return err
		}
		err = searches(ctx, c, o, store, clerks, size, names[i], s)
		store.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// asks are searches: of one word that many cases have, of several, of initials,
// of a number, and of what stands nowhere.
var asks = []string{"提案收悉", "停车 建设", "责任分工 年度计划", "jtwj", "017", "航空母舰"}

const reading = `
	SELECT m.id FROM matters m LEFT JOIN proposals p ON p.matter_id = m.id WHERE m.visibility <> 'PARTIES' AND NOT EXISTS (
	  SELECT FROM unnest($1::text[]) w WHERE NOT (m.title ILIKE w OR m.number ILIKE w OR p.situation ILIKE w OR p.analysis ILIKE w OR p.suggestions::text ILIKE w OR p.category ILIKE w
	    OR EXISTS (SELECT FROM replies r WHERE r.matter_id = m.id AND r.body ILIKE w) OR EXISTS (SELECT FROM items i WHERE i.matter_id = m.id AND i.text ILIKE w)
	    OR EXISTS (SELECT FROM parties x WHERE x.matter_id = m.id AND x.name ILIKE w)))
	ORDER BY m.opened_at DESC LIMIT 21`

const folded = `
	SELECT m.id FROM matters m WHERE m.visibility <> 'PARTIES' AND m.id IN (
	  SELECT matter_id FROM search_parts p, unnest($1::text[]) WITH ORDINALITY w (word, no) WHERE strpos(p.body, word) > 0
	  GROUP BY matter_id HAVING count(DISTINCT w.no) = cardinality($1::text[]))
	ORDER BY m.opened_at DESC LIMIT 21`

func searches(ctx context.Context, c *cluster, o options, store *tenants.Store, clerks []*person, size bulk.Size, name string, s *summary) error {
	fmt.Printf("## Search, %d committees × %d cases\n\n", size.Tenants, size.Matters)
	if size.Tenants > fillable {
		began := time.Now()
		n, err := bulk.Search(ctx, c.URL(super, name), func(line string) { fmt.Fprintln(os.Stderr, line) })
		if err != nil {
			return err
		}
		fmt.Printf("- put %d cases into the index by sets in %.0f s\n", n, time.Since(began).Seconds())
	} else if err := fillEach(ctx, store, clerks); err != nil {
		return err
	}
	if err := c.exec(ctx, name, "VACUUM ANALYZE search_parts, search_signs"); err != nil {
		return err
	}
	if err := c.volume(ctx, name, size); err != nil {
		return err
	}
	policy, err := authz.Load()
	if err != nil {
		return err
	}
	dir := authz.NewDirectory(policy)
	fmt.Printf("\n| searched | index, ms | ILIKE over the texts, ms | strpos over the folded texts, ms | ILIKE ÷ index | strpos ÷ index |\n|---|---|---|---|---|---|\n")
	for _, query := range asks {
		laps, err := taking(ctx, o, store, dir, clerks, query)
		if err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		m := [3]float64{}
		for i := range m {
			m[i] = median(laps[i])
		}
		fmt.Printf("| %s | %.2f | %.2f | %.2f | %.1f | %.1f |\n", query, m[0], m[1], m[2], m[1]/m[0], m[2]/m[0])
		s.lines = append(s.lines, fmt.Sprintf("| search %s, ILIKE ÷ index | %d | %.1f | ≥ 1 | %s |", query, size.Tenants, m[1]/m[0], verdict(m[1] >= m[0])))
	}
	fmt.Println()
	return nil
}

// fillable is for how many committees the product itself fills the index, case by
// case.
const fillable = 50

func fillEach(ctx context.Context, store *tenants.Store, clerks []*person) error {
	began, filled := time.Now(), 0
	done := map[uuid.UUID]bool{}
	for _, p := range clerks {
		if done[p.Tenant] {
			continue
		}
		done[p.Tenant] = true
		n, err := search.Fill(ctx, store, p.Tenant)
		if err != nil {
			return err
		}
		filled += n
	}
	if filled > 0 {
		fmt.Printf("- filled %d cases in %.0f s, %.1f ms each\n", filled, time.Since(began).Seconds(), ms(time.Since(began))/float64(filled))
	}
	return nil
}

// taking lets the three ways answer in turns, each clerk one after another.
func taking(ctx context.Context, o options, store *tenants.Store, dir *authz.Directory, clerks []*person, query string) (laps [3][]float64, err error) {
	q, err := search.Parse(query, nil)
	if err != nil {
		return laps, err
	}
	words, patterns := strings.Fields(query), []string{}
	for _, w := range words {
		patterns = append(patterns, "%"+w+"%")
	}
	ways := [3]func(context.Context) error{
		func(ctx context.Context) error { _, err := q.Find(ctx, nil, 21); return err },
		func(ctx context.Context) error {
			_, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], reading, patterns)
			return err
		},
		func(ctx context.Context) error {
			_, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], folded, words)
			return err
		},
	}
	for begin, k := time.Now(), 0; k < 60 || time.Since(begin) < o.total/2; k++ {
		p := clerks[k%len(clerks)]
		err = store.ReadTx(ctx, p.Tenant, func(ctx context.Context) error {
			v, err := dir.Viewer(ctx, p.Account, p.Membership)
			if err != nil {
				return err
			}
			ctx = authz.With(ctx, v)
			for i := range ways {
				way, start := (i+k)%len(ways), time.Now()
				if err := ways[way](ctx); err != nil {
					return err
				}
				laps[way] = append(laps[way], ms(time.Since(start)))
			}
			return nil
		})
		if err != nil {
			return laps, err
		}
	}
	return laps, nil
}

// volume prints how large the index is.
func (c *cluster) volume(ctx context.Context, name string, size bulk.Size) error {
	conn, err := pgx.Connect(ctx, c.URL(super, name))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var parts, chars, partBytes, signBytes, textBytes int64
	err = conn.QueryRow(ctx, `SELECT (SELECT count(*) FROM search_parts), (SELECT sum(length(shown)) FROM search_parts),
		pg_total_relation_size('search_parts'), pg_total_relation_size('search_signs'), (SELECT sum(octet_length(shown)) FROM search_parts)`).
		Scan(&parts, &chars, &partBytes, &signBytes, &textBytes)
	if err != nil || parts == 0 {
		return err
	}
	cases := float64(size.Tenants * size.Matters)
	fmt.Printf("- a case: %.0f characters in %.1f parts; %.1f KB of parts and %.1f KB of signs, %.1f times its text\n",
		float64(chars)/cases, float64(parts)/cases, float64(partBytes)/cases/1024, float64(signBytes)/cases/1024, float64(partBytes+signBytes)/float64(textBytes))
	return nil
}
