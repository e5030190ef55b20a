package fair

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	a, b := uuid.New(), uuid.New()
	take := func(t *testing.T, turns *Turns, tenant, account uuid.UUID) func() {
		t.Helper()
		release, err := turns.Take(t.Context(), tenant, account)
		if err != nil {
			t.Fatal(err)
		}
		return release
	}
	t.Run("S13: who has his places waits, and another does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns, greedy := New(20), uuid.New()
			for range 40 {
				go func() {
					release := take(t, turns, a, greedy)
					time.Sleep(time.Second)
					release()
				}()
			}
			synctest.Wait()
			for _, other := range []uuid.UUID{a, b} {
				begin := time.Now()
				take(t, turns, other, uuid.New())()
				if waited := time.Since(begin); waited != 0 {
					t.Error(waited)
				}
			}
			time.Sleep(time.Minute)
		})
	})
	t.Run("S13: a committee that floods with all its people leaves three quarters", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := New(20)
			for range 300 {
				go func() {
					release := take(t, turns, a, uuid.New())
					time.Sleep(time.Second)
					release()
				}()
			}
			synctest.Wait()
			begin := time.Now()
			for range 4 {
				take(t, turns, b, uuid.New())
			}
			if waited := time.Since(begin); waited != 0 {
				t.Error(waited)
			}
			time.Sleep(time.Hour)
		})
	})
	t.Run("who waits is served in turn, committee after committee and person after person", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns := New(1)
			first := take(t, turns, a, uuid.New())
			var mu sync.Mutex
			var order string
			x, y, z := uuid.New(), uuid.New(), uuid.New()
			for _, w := range []struct {
				name            string
				tenant, account uuid.UUID
			}{{"x", a, x}, {"x", a, x}, {"x", a, x}, {"y", a, y}, {"z", b, z}, {"z", b, z}} {
				go func() {
					release := take(t, turns, w.tenant, w.account)
					mu.Lock()
					order += w.name
					mu.Unlock()
					release()
				}()
				synctest.Wait()
			}
			first()
			synctest.Wait()
			if order != "xzyzxx" {
				t.Error(order)
			}
		})
	})
	t.Run("one more than may wait is refused, and who gives up leaves the line", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			turns, who := New(2), uuid.New()
			hold := []func(){take(t, turns, a, who), take(t, turns, a, who)}
			ctx, cancel := context.WithCancel(t.Context())
			for range longest {
				go func() {
					if _, err := turns.Take(ctx, a, who); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				}()
			}
			synctest.Wait()
			if _, err := turns.Take(t.Context(), a, who); !errs.Is(err, errs.Limited) {
				t.Error(err)
			}
			cancel()
			synctest.Wait()
			hold[0]()
			take(t, turns, a, who)()
			hold[1]()
			hold[1]()
			if turns.free != 2 || len(turns.tenants) != 0 || !turns.round.empty() {
				t.Errorf("%+v", turns)
			}
		})
	})
}

// However they come, go and give up, no place is lost and none invented.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	const places = 7
	turns := New(places)
	var people, tenants [4]uuid.UUID
	for i := range people {
		people[i], tenants[i] = uuid.New(), uuid.New()
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		if taken += n; taken > places || taken < 0 {
			t.Error(taken)
		}
	}
	for range 2000 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(20))*time.Millisecond)
			defer cancel()
			release, err := turns.Take(ctx, tenants[rand.IntN(4)], people[rand.IntN(4)])
			if err != nil {
				return
			}
			count(1)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
			count(-1)
			release()
		})
	}
	wg.Wait()
	if turns.free != places || len(turns.tenants) != 0 || !turns.round.empty() {
		t.Errorf("%d free of %d, %d committees remembered", turns.free, places, len(turns.tenants))
	}
}
