package exchange_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/tenants"
)

// batch is how many envelopes go from one committee to another at a time.
const batch = 200

// kindSilent has no effect at the receiver: what is measured is the crossing.
const kindSilent = "silent"

// BenchmarkDelivery sends envelopes one by one, each in a mutation of its own
// with its record, and delivers them: checked, in the order of their numbers,
// with records on both sides. By hand the same rows go into another pair's
// outbox and inbox, hashed and signed, without numbers, chain, check, mark or
// record. Both take turns in one loop, and of_hand is the throughput of the
// product divided by that by hand, where each envelope is one transaction on
// each side; of_bulk is the same where the whole batch is. It prints ratios,
// never a time to be met.
func BenchmarkDelivery(b *testing.B) {
	var once sync.Once // -count is for the benchmark
	every := func(string, string) (bool, error) { return true, nil }
	// The world is that of the tests, whose end takes the database away.
	if !testing.RunTests(every, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		once.Do(func() { delivery(b, newHouse(t, 1)) })
	}}}) {
		b.Fatal("see above")
	}
}

func delivery(b *testing.B, h *house) {
	h.svc.Register(kindSilent, 1, exchange.Handler{Apply: func(context.Context, exchange.Incoming) (exchange.Result, error) { return exchange.Result{}, nil }})
	one := h.couple("210200", "210202")
	two := h.couple("220100", "220102")
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	var took [6]time.Duration
	timed := func(i int, fn func()) {
		start := time.Now()
		fn()
		took[i] += time.Since(start)
	}
	rounds := 0
	for seq := int64(1); b.Loop(); seq += 2 * batch {
		rounds++
		timed(0, func() { h.send(one, batch) })
		timed(1, func() { h.byHand(two, true, 1, seq, key) })
		timed(2, func() { h.deliver(one[0].tenant, batch) })
		timed(3, func() { h.byHand(two, false, 1, seq, key) })
		timed(4, func() { h.byHand(two, true, batch, seq+batch, key) })
		timed(5, func() { h.byHand(two, false, batch, seq+batch, key) })
	}
	for i, want := range []int{rounds * batch, rounds * batch * 2} {
		district := []half{one[1], two[1]}[i].tenant
		if n := h.count(`SELECT count(*) FROM exchange_inbox WHERE tenant_id = $1 AND outcome = 'APPLIED'`, district); n != want {
			h.Fatalf("%d envelopes arrived, want %d", n, want)
		}
	}
	ratio := func(hand, ours time.Duration) float64 { return hand.Seconds() / ours.Seconds() }
	ours := took[0] + took[2]
	b.ReportMetric(0, "ns/op") // that of all the ways together says nothing
	b.ReportMetric(float64(ours.Microseconds())/1e3/float64(rounds*batch), "ms/envelope")
	b.ReportMetric(ratio(took[1]+took[3], ours), "of_hand")
	b.ReportMetric(ratio(took[1], took[0]), "send_of_hand")
	b.ReportMetric(ratio(took[3], took[2]), "deliver_of_hand")
	b.ReportMetric(ratio(took[4]+took[5], ours), "of_bulk")
}

// half is one committee's side of an agreement.
type half struct {
	tenant, agreement uuid.UUID
	partner           string
}

// couple is a city and a district that agreed to exchange the silent kind.
func (h *house) couple(city, district string) (pair [2]half) {
	h.Helper()
	a, b := h.committee(city, "市政协"+city, "CITY"), h.committee(district, "区政协"+district, "DISTRICT")
	for i, side := range []struct {
		tenant  uuid.UUID
		partner string
	}{{a, district}, {b, city}} {
		pair[i] = half{side.tenant, h.half(side.tenant, side.partner, []string{kindSilent}, []string{kindSilent}), side.partner}
	}
	return pair
}

func (h *house) send(pair [2]half, n int) {
	h.Helper()
	for range n {
		h.in(pair[0].tenant, func(ctx context.Context) error {
			_, err := h.svc.Send(ctx, pair[0].partner, kindSilent, taskBody{"关于供水的任务"}, exchange.Object{})
			return err
		})
	}
}

// byHand writes a batch, so many rows in each transaction, into the sender's
// outbox, hashed and signed, or into the receiver's inbox.
func (h *house) byHand(pair [2]half, out bool, rows int, seq int64, key ed25519.PrivateKey) {
	h.Helper()
	side := pair[1]
	if out {
		side = pair[0]
	}
	for done := 0; done < batch; done += rows {
		h.must(h.db.Store.InTx(h.ctx(), side.tenant, func(ctx context.Context) error {
			for i := range rows {
				body, number := `{"title":"关于供水的任务"}`, seq+int64(done+i)
				sum := sha256.Sum256([]byte(body))
				sql, args := inboxByHand, []any{side.tenant, uuid.Must(uuid.NewV7()), side.agreement, number, kindSilent, body, h.clock.Now(), sum[:], key[:ed25519.SignatureSize]}
				if out {
					sql, args[8] = outboxByHand, ed25519.Sign(key, sum[:])
				}
				if _, err := tenants.Exec(ctx, sql, args...); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

const (
	outboxByHand = `INSERT INTO exchange_outbox (tenant_id, id, agreement_id, seq, kind, version, body, created_at, prev, hash, signature, next_at, status)
		VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $8, $9, $7, 'DELIVERED')`
	inboxByHand = `INSERT INTO exchange_inbox (tenant_id, id, envelope_id, agreement_id, seq, kind, version, body, created_at, received_at, hash, signature, outcome, result)
		VALUES ($1, $2, $2, $3, $4, $5, 1, $6, $7, $7, $8, $9, 'APPLIED', '{}')`
)
