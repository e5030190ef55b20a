package flow_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// series takes numbers in two committees.
type series struct {
	store *tenants.Store
	a, b  uuid.UUID
}

func newSeries(t *testing.T) *series {
	d := district.New(t, district.Plan{Posts: []string{}}, district.Plan{Code: "210203", Posts: []string{}})
	return &series{d.Store, d.Tenant, d.Beside("210203").Tenant}
}

var errUndo = errors.New("undo")

// take takes a number in a transaction that ends with an error, or not.
func (s *series) take(tenant uuid.UUID, scope string, first int, end error) (n int, err error) {
	err = s.store.InTx(context.Background(), tenant, func(ctx context.Context) error {
		n, err = flow.Next(ctx, scope, first)
		return errors.Join(err, end)
	})
	return n, err
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	s := newSeries(t)
	t.Run("fifty who take a number at once, every third of whom gives up, leave no gap", func(t *testing.T) {
		var mu sync.Mutex
		var got []int
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				var end error
				if i%3 == 0 {
					end = errUndo
				}
				n, err := s.take(s.a, "case", 2, end)
				if err != nil && !errors.Is(err, errUndo) {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if end == nil {
					got = append(got, n)
				}
			})
		}
		wg.Wait()
		slices.Sort(got)
		for i, n := range got {
			if n != i+2 {
				t.Fatalf("the numbers are %v", got)
			}
		}
		if len(got) != 33 {
			t.Errorf("%d numbers", len(got))
		}
	})
}

func TestASeries(t *testing.T) {
	t.Parallel()
	s := newSeries(t)
	t.Run("a rollback gives the number back", func(t *testing.T) {
		first, _ := s.take(s.a, "doc", 1, errUndo)
		again, _ := s.take(s.a, "doc", 1, nil)
		next, _ := s.take(s.a, "doc", 1, nil)
		if first != 1 || again != 1 || next != 2 {
			t.Error(first, again, next)
		}
	})
	t.Run("a series is one tenant's and one scope's", func(t *testing.T) {
		if n, err := s.take(s.b, "doc", 1, nil); n != 1 || err != nil {
			t.Error(n, err)
		}
		if n, err := s.take(s.a, "other", 7, nil); n != 7 || err != nil {
			t.Error(n, err)
		}
	})
	t.Run("after a renumbering it goes on where it is told", func(t *testing.T) {
		for _, scope := range []string{"doc", "new"} {
			err := s.store.InTx(context.Background(), s.a, func(ctx context.Context) error { return flow.SetNext(ctx, scope, 40) })
			if n, err2 := s.take(s.a, scope, 1, nil); n != 40 || err != nil || err2 != nil {
				t.Error(n, err, err2)
			}
		}
	})
	t.Run("without a tenant there is no number", func(t *testing.T) {
		_, err := flow.Next(context.Background(), "x", 1)
		if !errors.Is(err, tenants.ErrNoTenant) || !errors.Is(flow.SetNext(context.Background(), "x", 1), tenants.ErrNoTenant) {
			t.Error(err)
		}
	})
}
