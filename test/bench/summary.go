package main

import (
	"fmt"
	"time"
)

// The targets "at first": of the floor's rate, and how much p99 may grow from
// the smallest size to the largest.
const (
	readTarget  = 0.20
	writeTarget = 0.30
	tailTarget  = 1.5
)

// line is the product's result at one size.
type line struct {
	tenants  int
	ratio    float64 // of the floor's rate
	cpu      float64 // of the floor's rate if CPU time were all: the floor's µs by the product's
	p50, p99 time.Duration
}

// result is the product's in one comparison, the smallest size first.
type result struct {
	name     string
	products []line
}

// summary collects what the targets speak of.
type summary struct{ lines []string }

func verdict(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

// add keeps a comparison. The rate decides; where the machine was disturbed,
// what the requests cost says more, so it stands beside.
func (s *summary) add(r result, target float64) {
	for _, l := range r.products {
		s.lines = append(s.lines, fmt.Sprintf("| %s | %d | %.2f of the floor (%.2f by CPU) | ≥ %.2f | %s |", r.name, l.tenants, l.ratio, l.cpu, target, verdict(l.ratio >= target)))
	}
	if n := len(r.products); n > 1 {
		few, many := r.products[0], r.products[n-1]
		tail := float64(many.p99) / float64(few.p99)
		s.lines = append(s.lines, fmt.Sprintf("| %s, p99 ÷ p99 at %d | %d | %.2f (p50 %.2f) | ≤ %.1f | %s |", r.name, few.tenants, many.tenants, tail,
			float64(many.p50)/float64(few.p50), tailTarget, verdict(tail <= tailTarget)))
	}
}

func (s *summary) value(g *rig, name string, got, most float64, unit string) {
	s.lines = append(s.lines, fmt.Sprintf("| %s | %d | %.0f%s | ≤ %.0f%s | %s |", name, g.size.Tenants, got, unit, most, unit, verdict(got <= most)))
}

func (s *summary) print() {
	if len(s.lines) == 0 {
		return
	}
	fmt.Print("## Against the targets\n\n| what | committees | measured | target at first | met |\n|---|---|---|---|---|\n")
	for _, l := range s.lines {
		fmt.Println(l)
	}
}
