package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// variant is one way to answer a question.
type variant struct {
	name string
	rig  *rig
	next func() []byte      // a request, safe for concurrent use
	fit  func([]byte) error // whether an answer is one
	prep func(n int) error  // before a window: make what n requests use up; nil when they use up nothing
	of   func(*question) []byte

	wires []*wire
	last  int // requests of the last window
}

// window is what one variant did in one turn.
type window struct {
	requests int
	took     time.Duration
	laps     []time.Duration
	used     usage
}

func (w window) rps() float64 { return float64(w.requests) / w.took.Seconds() }

// turns lets the variants take turns of the given length until the time is up,
// and returns the rounds that others did not disturb. When nearly all are
// disturbed it keeps the quietest third and says so.
func turns(vs []*variant, clients int, turn, total time.Duration) (rounds [][]window, note string, err error) {
	for _, v := range vs {
		if err := v.open(clients); err != nil {
			return nil, "", err
		}
		defer v.close()
		if _, err := v.run(turn); err != nil { // warm: caches, plans, pools
			return nil, "", fmt.Errorf("%s: %w", v.name, err)
		}
	}
	type round struct {
		windows []window
		noise   float64
	}
	var all []round
	for begin := time.Now(); len(all) < 3 || time.Since(begin) < total; {
		r := round{windows: make([]window, len(vs))}
		var others ticks
		var took time.Duration
		for k := range vs {
			i := (k + len(all)) % len(vs) // nobody is always first
			if r.windows[i], err = vs[i].run(turn); err != nil {
				return nil, "", fmt.Errorf("%s: %w", vs[i].name, err)
			}
			others += r.windows[i].used.others()
			took += r.windows[i].took
		}
		r.noise = float64(others) / 100 / took.Seconds() / cores
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b round) int { return int(math.Copysign(1, a.noise-b.noise)) })
	for i, r := range all {
		if r.noise > foreign && i >= (len(all)+2)/3 {
			break
		}
		rounds = append(rounds, r.windows)
	}
	worst := all[len(rounds)-1].noise
	return rounds, fmt.Sprintf("%d of %d rounds kept, others used at most %.0f %% of the machine in them", len(rounds), len(all), 100*worst), nil
}

func (v *variant) open(clients int) error {
	for len(v.wires) < clients {
		w, err := dial(v.rig.addr)
		if err != nil {
			return err
		}
		v.wires = append(v.wires, w)
	}
	return nil
}

func (v *variant) close() {
	for _, w := range v.wires {
		w.close()
	}
	v.wires = nil
}

// run is one window.
func (v *variant) run(turn time.Duration) (window, error) {
	if v.prep != nil {
		if err := v.prep(max(3*v.last, int(turn.Seconds()*enough))); err != nil {
			return window{}, err
		}
	}
	laps := make([][]time.Duration, len(v.wires))
	failed := make([]error, len(v.wires))
	before, begin := v.rig.machine.usage(), time.Now()
	var wg sync.WaitGroup
	for i, w := range v.wires {
		wg.Go(func() {
			for time.Since(begin) < turn {
				req := v.next()
				if req == nil {
					failed[i] = errors.New("more requests than cases were made for")
					return
				}
				start := time.Now()
				body, err := w.do(req)
				laps[i] = append(laps[i], time.Since(start))
				if err == nil {
					err = v.fit(body)
				}
				if err != nil {
					failed[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	out := window{took: time.Since(begin), used: v.rig.machine.usage().minus(before)}
	for i := range laps {
		if failed[i] != nil {
			return out, failed[i]
		}
		out.laps = append(out.laps, laps[i]...)
	}
	out.requests, v.last = len(out.laps), len(out.laps)
	return out, nil
}

// total sums the windows of variant i over all rounds.
func total(rounds [][]window, i int) (sum window) {
	for _, r := range rounds {
		w := r[i]
		sum.requests += w.requests
		sum.took += w.took
		sum.laps = append(sum.laps, w.laps...)
		sum.used.database += w.used.database
		sum.used.server += w.used.server
		sum.used.client += w.used.client
	}
	slices.Sort(sum.laps)
	return sum
}

// of is what a request took of some CPU time, in µs; cpu is what it took of
// server and database together. Unlike the rate it hardly depends on what else
// the machine does.
func (w window) of(t ticks) float64 { return float64(t) * 1e4 / float64(max(w.requests, 1)) }
func (w window) cpu() float64       { return w.of(w.used.server + w.used.database) }

// quantile of sorted laps.
func (w window) quantile(q float64) time.Duration {
	if len(w.laps) == 0 {
		return 0
	}
	return w.laps[min(int(q*float64(len(w.laps))), len(w.laps)-1)]
}

// ratio is the median over the rounds of how much variant i did against base.
func ratio(rounds [][]window, i, base int) float64 {
	var all []float64
	for _, r := range rounds {
		if b := r[base].rps(); b > 0 {
			all = append(all, r[i].rps()/b)
		}
	}
	return median(all)
}

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}

// any picks one of a list.
func anyOf[T any](list []T) T { return list[rand.IntN(len(list))] }
