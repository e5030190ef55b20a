package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"
)

// compare lets the variants of all rigs take turns and prints a table. The
// last variant of each rig is the product, the first the floor.
func (c *cluster) compare(ctx context.Context, o options, rigs []*rig, name string, of func(*rig) ([]*variant, error)) (result, error) {
	out := result{name: name}
	var all []*variant
	first := make([]int, len(rigs)) // of each rig, in all
	for i, g := range rigs {
		vs, err := of(g)
		if err != nil {
			return out, err
		}
		first[i] = len(all)
		all = append(all, vs...)
	}
	rounds, note, err := turns(all, o.clients, o.turn, o.total)
	if err != nil {
		return out, err
	}
	fmt.Printf("## %s\n\n", name)
	fmt.Println("| committees | way | requests/s | of the floor | by CPU | p50 ms | p99 ms | server µs | database µs | allocations | KB | statements |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|")
	floor := 0
	for k, v := range all {
		if slices.Contains(first, k) {
			floor = k
		}
		t := total(rounds, k)
		a, err := v.rig.allocations(v)
		if err != nil {
			return out, err
		}
		st, err := v.rig.statements(ctx, c, v)
		if err != nil {
			return out, err
		}
		l := line{v.rig.size.Tenants, ratio(rounds, k, floor), total(rounds, floor).cpu() / t.cpu(), t.quantile(0.5), t.quantile(0.99)}
		fmt.Printf("| %d | %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f | %d |\n", l.tenants, v.name, t.rps(), l.ratio, l.cpu,
			ms(l.p50), ms(l.p99), t.of(t.used.server), t.of(t.used.database), a.objects, a.kb, len(st))
		if k+1 == len(all) || slices.Contains(first, k+1) {
			out.products = append(out.products, l)
		}
	}
	fmt.Printf("\n%s\n\n", note)
	if o.profile != "" {
		last := all[len(all)-1]
		return out, last.rig.profile(last, o, name)
	}
	return out, nil
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
