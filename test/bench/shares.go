package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bihuan/bihuan/test/bench/bulk"
)

// flooding is how many connections ask without a pause.
const flooding = 40

// heavy is what they ask for: a page with everything that may be done.
const heavy = `query Heavy { matters(first: 50, filter: {kind: "proposal"}) { edges { node { id title availableActions { code label } } } } }`

// light is what somebody else asks for meanwhile.
const light = `query Light { matters(first: 5, filter: {kind: "proposal"}) { edges { node { id title } } } }`

// benchShares compares what a person waits for while others flood: with turns
// and without, the same flood on the same rows, one after the other.
func benchShares(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string, s *summary) error {
	size, name := sizes[0], names[0]
	fmt.Printf("## Fair shares, %d committees\n\n%d connections ask for a page of 50 with actions, one for a page of 5.\n\n| who floods | turns | p50 alone | p50 | p99 alone | p99 | p50 ÷ alone |\n|---|---|---|---|---|---|---|\n",
		size.Tenants, flooding)
	fairly, err := openRig(ctx, c, size, name)
	if err != nil {
		return err
	}
	defer fairly.close()
	unfair, err := openRig(ctx, c, size, name, "-unfair")
	if err != nil {
		return err
	}
	defer unfair.close()
	for _, who := range []string{"a person", "a committee", "everybody else"} {
		for _, g := range []*rig{fairly, unfair} {
			got, err := g.share(who, o.total/12)
			if err != nil {
				return err
			}
			turns := "yes"
			if g == unfair {
				turns = "no"
			}
			ratio := float64(got.busy.quantile(.5)) / float64(got.calm.quantile(.5))
			fmt.Printf("| %s | %s | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f |\n", who, turns, ms(got.calm.quantile(.5)), ms(got.busy.quantile(.5)),
				ms(got.calm.quantile(.99)), ms(got.busy.quantile(.99)), ratio)
		}
	}
	fmt.Println()
	return nil
}

type share struct{ calm, busy window }

// share measures the light one alone and during the flood.
func (g *rig) share(who string, turn time.Duration) (out share, err error) {
	me, others := g.flooders(who)
	v := &variant{name: who, rig: g, fit: fit, next: func() []byte {
		return request("/graphql", me.token, encode(map[string]any{"query": light}))
	}}
	if err := v.open(1); err != nil {
		return out, err
	}
	defer v.close()
	if _, err := v.run(turn / 4); err != nil { // warm
		return out, err
	}
	if out.calm, err = v.run(turn); err != nil {
		return out, err
	}
	stop, failed := g.flood(others)
	time.Sleep(turn / 4) // until it stands
	out.busy, err = v.run(turn)
	stop()
	slices.Sort(out.calm.laps)
	slices.Sort(out.busy.laps)
	return out, errors.Join(err, failed())
}

// flooders are who is measured and who floods.
func (g *rig) flooders(who string) (me *person, others []*person) {
	all := slices.Concat(g.people.Clerks, g.people.Directors)
	me = g.people.Clerks[0]
	for _, p := range all {
		switch {
		case p.Account == me.Account:
		case who == "a person":
			if len(others) == 0 {
				others = append(others, p)
			}
		case who == "a committee":
			if p.Tenant != me.Tenant && (len(others) == 0 || others[0].Tenant == p.Tenant) {
				others = append(others, p)
			}
		default:
			others = append(others, p)
		}
	}
	return me, others
}

// flood asks for the heavy page over many connections until it is told to stop.
func (g *rig) flood(who []*person) (stop func(), failed func() error) {
	var wg sync.WaitGroup
	over := make(chan struct{})
	errs := make([]error, flooding)
	for i := range flooding {
		wg.Go(func() {
			w, err := dial(g.addr)
			if err != nil {
				errs[i] = err
				return
			}
			defer w.close()
			req := request("/graphql", who[i%len(who)].token, encode(map[string]any{"query": heavy}))
			for {
				select {
				case <-over:
					return
				default:
				}
				if body, err := w.do(req); err != nil || fit(body) != nil {
					errs[i] = errors.Join(err, fit(body))
					return
				}
			}
		})
	}
	return func() { close(over); wg.Wait() }, func() error { return errors.Join(errs...) }
}
