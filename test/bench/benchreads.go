package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/demo/bulk"
)

// fit refuses an answer with errors.
func fit(body []byte) error {
	if !bytes.HasPrefix(body, []byte(`{"data":{"`)) {
		return fmt.Errorf("answer %s", clip(body))
	}
	return nil
}

// question is a person and what he asks about.
type question struct {
	who     *person
	subject uuid.UUID
}

// questions is what read r may be asked in a rig.
func questions(ctx context.Context, g *rig, r *read) (func() question, error) {
	who := r.who(g.people)
	if r.subjects == "" {
		return func() question { return question{who: anyOf(who)} }, nil
	}
	list, err := query(ctx, g, pgx.RowToStructByPos[subject], r.subjects)
	if err == nil && len(list) == 0 {
		err = errors.New("nothing to ask about: more proposals are needed")
	}
	return func() question {
		s := anyOf(list)
		return question{g.byTenant[s.Tenant], s.ID}
	}, err
}

// readVariants are the floor, the floor behind row-level security and the
// product, in this order.
func readVariants(ctx context.Context, g *rig, i int) ([]*variant, error) {
	r := &reads[i]
	ask, err := questions(ctx, g, r)
	if err != nil {
		return nil, err
	}
	n := strconv.Itoa(i)
	plain := func(path string) func() []byte {
		return func() []byte { q := ask(); return request(path+n, q.who.token, r.plain(q.who, q.subject)) }
	}
	vs := []*variant{
		{name: "floor", rig: g, fit: fit, next: plain("/floor/read/")},
		{name: "floor, RLS", rig: g, fit: fit, next: plain("/guarded/read/")},
		{name: "product", rig: g, fit: fit, next: func() []byte {
			q := ask()
			return request("/graphql", q.who.token, r.graphQL(q.who, q.subject))
		}},
	}
	return vs, alike(g, r, ask, n)
}

// checks is how many answers are compared before anything is measured.
const checks = 40

func alike(g *rig, r *read, ask func() question, n string) error {
	w, err := dial(g.addr)
	if err != nil {
		return err
	}
	defer w.close()
	for range checks {
		q := ask()
		b, err := w.do(request("/floor/read/"+n, q.who.token, r.plain(q.who, q.subject)))
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		floor := bytes.Clone(b)
		if b, err = w.do(request("/guarded/read/"+n, q.who.token, r.plain(q.who, q.subject))); err != nil {
			return fmt.Errorf("floor behind RLS: %w", err)
		}
		if err := same(floor, b); err != nil {
			return fmt.Errorf("the two floors differ at %w", err)
		}
		if b, err = w.do(request("/graphql", q.who.token, r.graphQL(q.who, q.subject))); err != nil {
			return fmt.Errorf("product: %w", err)
		}
		if err := same(floor, b); err != nil {
			return fmt.Errorf("floor and product differ at %w", err)
		}
	}
	return nil
}

func benchReads(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string) error {
	rigs, closeAll, err := openRigs(ctx, c, sizes, names)
	if err != nil {
		return err
	}
	defer closeAll()
	for i := range reads {
		r := &reads[i]
		if !strings.Contains(r.name, o.match) {
			continue
		}
		fmt.Printf("## %s\n\n", r.name)
		if err := c.compare(ctx, o, rigs, r.name, func(g *rig) ([]*variant, error) { return readVariants(ctx, g, i) }); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// compare lets the variants of all rigs take turns and prints a table. The
// last variant of each rig is the product, the first the floor.
func (c *cluster) compare(ctx context.Context, o options, rigs []*rig, name string, of func(*rig) ([]*variant, error)) error {
	fmt.Println("| committees | way | requests/s | of the floor | by CPU | p50 ms | p99 ms | server µs | database µs | allocations | KB | statements |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	var all []*variant
	var at []int
	sets := make([][]*variant, len(rigs))
	for i, g := range rigs {
		vs, err := of(g)
		if err != nil {
			return err
		}
		sets[i] = vs
		at = append(at, len(all))
		all = append(all, vs...)
	}
	rounds, note, err := turns(all, o.clients, o.turn, o.total)
	if err != nil {
		return err
	}
	for i, g := range rigs {
		for k, v := range sets[i] {
			t := total(rounds, at[i]+k)
			a, err := g.allocations(v)
			if err != nil {
				return err
			}
			st, err := g.statements(ctx, c, v)
			if err != nil {
				return err
			}
			fmt.Printf("| %d | %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f | %d |\n", g.size.Tenants, v.name, t.rps(),
				ratio(rounds, at[i]+k, at[i]), total(rounds, at[i]).cpu()/t.cpu(), ms(t.quantile(0.5)), ms(t.quantile(0.99)),
				t.of(t.used.server), t.of(t.used.database), a.objects, a.kb, len(st))
		}
	}
	fmt.Println()
	if last := len(rigs) - 1; last > 0 {
		few, many := total(rounds, at[0]+len(sets[0])-1), total(rounds, at[last]+len(sets[last])-1)
		fmt.Printf("p99 at %d ÷ p99 at %d committees, product: %.2f; p50: %.2f\n", rigs[last].size.Tenants, rigs[0].size.Tenants,
			float64(many.quantile(0.99))/float64(few.quantile(0.99)), float64(many.quantile(0.5))/float64(few.quantile(0.5)))
	}
	fmt.Printf("%s\n\n", note)
	if o.profile != "" {
		g, vs := rigs[len(rigs)-1], sets[len(rigs)-1]
		return g.profile(vs[len(vs)-1], o, name)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// once asks one question on a connection of its own.
func (g *rig) once(v *variant) error {
	if v.prep != nil {
		if err := v.prep(1); err != nil {
			return err
		}
	}
	return g.ask(v, v.next())
}

func (g *rig) ask(v *variant, req []byte) error {
	w, err := dial(g.addr)
	if err != nil {
		return err
	}
	defer w.close()
	body, err := w.do(req)
	if err == nil {
		err = v.fit(body)
	}
	return err
}

// statements of one request: the median of some, since the first of a person
// or connection has more.
func (g *rig) statements(ctx context.Context, c *cluster, v *variant) ([]string, error) {
	var all [][]string
	for range 3 {
		if v.prep != nil {
			if err := v.prep(1); err != nil {
				return nil, err
			}
		}
		req := v.next()
		list, err := c.statements(ctx, g.database, func() error { return g.ask(v, req) })
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	slices.SortFunc(all, func(a, b []string) int { return len(a) - len(b) })
	return all[1], nil
}

type allocated struct{ objects, kb float64 }

// allocations of one request, from requests one after another.
func (g *rig) allocations(v *variant) (a allocated, err error) {
	const n = 200
	if v.prep != nil {
		if err := v.prep(2 * n); err != nil {
			return a, err
		}
	}
	w, err := dial(v.rig.addr)
	if err != nil {
		return a, err
	}
	defer w.close()
	before, err := g.state(false)
	if err != nil {
		return a, err
	}
	for range n {
		if _, err := w.do(v.next()); err != nil {
			return a, err
		}
	}
	after, err := g.state(false)
	return allocated{float64(after.Mallocs-before.Mallocs) / n, float64(after.Bytes-before.Bytes) / n / 1024}, err
}

// profile takes a CPU profile of the server while it answers the product's way
// alone.
func (g *rig) profile(v *variant, o options, name string) error {
	if err := os.MkdirAll(o.profile, 0o755); err != nil {
		return err
	}
	if err := v.open(o.clients); err != nil {
		return err
	}
	defer v.close()
	got := make(chan error, 1)
	go func() { got <- g.fetch("/profile?seconds=10", o.profileFile(name)) }()
	if _, err := v.run(10500 * time.Millisecond); err != nil {
		return err
	}
	return errors.Join(<-got, g.fetch("/allocations", o.profileFile(name+" allocations")))
}

func (g *rig) fetch(path, to string) error {
	resp, err := http.Get("http://" + g.addr + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, resp.Body)
	return errors.Join(err, f.Close())
}
