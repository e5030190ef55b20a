package audit

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// maxRefusals is how many kinds of refusal are told apart between two flushes.
// What is beyond is counted under its committee, so that nobody empties the
// memory, or the book, by trying.
const maxRefusals = 10_000

// Refusals count what was refused and write one record for each person,
// operation and code when they are flushed, which Run does once a minute: a
// program that tries a thousand times is one line with a number. What was
// counted and not flushed when the process is killed is lost; ending in order
// flushes.
type Refusals struct {
	Store *tenants.Store
	Log   *slog.Logger

	mu   sync.Mutex
	seen map[refusal]*Entry
}

// Attempt is one that was refused.
type Attempt struct {
	Tenant    uuid.UUID
	Actor     Actor
	Operation string
	Object    string // what it was aimed at, as far as it was named; may be empty
	Code      errs.Code
	From      From
}

type refusal struct {
	tenant    uuid.UUID
	who       string
	operation string
	code      errs.Code
}

// Refused reports whether a code says that somebody tried what he may not, or
// what is not there for him; anything else is a mistake in an input.
func Refused(code errs.Code) bool {
	return code == errs.NotAllowed || code == errs.NotFound || code == errs.Limited
}

// Add counts one.
func (r *Refusals) Add(ctx context.Context, a Attempt) {
	if r == nil || a.Tenant == uuid.Nil || !Refused(a.Code) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[refusal]*Entry{}
	}
	key := refusal{a.Tenant, a.Actor.Key(), a.Operation, a.Code}
	if r.seen[key] == nil && len(r.seen) >= maxRefusals {
		key, a.Actor, a.Operation, a.Object = refusal{tenant: a.Tenant}, Actor{}, "refused", ""
	}
	e := r.seen[key]
	if e == nil {
		e = &Entry{At: clock.Now(ctx), Action: a.Operation, Actor: a.Actor, Object: a.Object, Outcome: string(a.Code), From: a.From, Changes: []Change{}}
		r.seen[key] = e
	}
	e.Count++
}

// Flush writes what has been counted. What could not be written is counted
// again.
func (r *Refusals) Flush(ctx context.Context) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	seen := r.seen
	r.seen = nil
	r.mu.Unlock()
	by := map[uuid.UUID][]refusal{}
	for key := range seen {
		by[key.tenant] = append(by[key.tenant], key)
	}
	var failed error
	for tenant, keys := range by {
		slices.SortFunc(keys, func(a, b refusal) int { return strings.Compare(a.who+a.operation, b.who+b.operation) })
		err := r.Store.InTx(ctx, tenant, func(ctx context.Context) error {
			for _, key := range keys {
				if err := Write(ctx, *seen[key]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			failed = err
			r.back(keys, seen)
		}
	}
	return failed
}

func (r *Refusals) back(keys []refusal, seen map[refusal]*Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[refusal]*Entry{}
	}
	for _, key := range keys {
		if e := r.seen[key]; e != nil {
			e.Count += seen[key].Count
		} else {
			r.seen[key] = seen[key]
		}
	}
}

// Run flushes once a minute until ctx is done, and then once more.
func (r *Refusals) Run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for done := false; !done; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		if err := r.Flush(end); err != nil && r.Log != nil {
			r.Log.Warn("refused attempts are not yet in the book", "error", err)
		}
		cancel()
	}
}
