package authz_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
)

// BenchmarkDecision compares what a decision costs as a lookup in the compiled
// table with what it costs to ask casbin, for a role in the middle of the
// rules. p50 is the median of batches.
func BenchmarkDecision(b *testing.B) {
	p, e := load(b), reference(b)
	perm := authz.Perm("proposal.archive")
	b.Run("table", func(b *testing.B) {
		t := p.Table("proposal_director")
		median(b, 1000, func() bool { return t[perm].Has(authz.Tenant) })
	})
	b.Run("casbin", func(b *testing.B) {
		median(b, 1, func() bool {
			ok, err := e.Enforce("proposal_director", perm.Object, perm.Action, "TENANT")
			return ok && err == nil
		})
	})
}

// median measures batches, since one lookup is shorter than a look at the clock.
func median(b *testing.B, batch int, decide func() bool) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		for range batch {
			if !decide() {
				b.Fatal("refused")
			}
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/float64(batch), "p50-ns/decision")
}
