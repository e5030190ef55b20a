// Package fair shares a number of places among committees and their people, so
// that who asks much waits for himself, and says whom a network address counts as.
//
//   - A person has at most a tenth of the places at once, a committee a quarter, each at least two.
//   - Whoever waits is served in turn: committee after committee, and in each person after person; each person's own in the order in which they came.
//   - Of one person at most 64 wait; one more is refused.
//   - Who gives up while he waits leaves the line; a place is given back once, whatever happens.
//
// It is one process's: replicas share by their number.
package fair

import (
	"context"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

// longest is how many of one person's may wait.
const longest = 64

// Turns shares places. The zero value is not usable; nil gives everybody a place
// at once.
type Turns struct {
	mu        sync.Mutex
	free      int
	ofTenant  int
	ofAccount int
	tenants   map[uuid.UUID]*line
	round     ring[*line] // tenants of whom somebody waits
}

// line is a committee: how many places it has, and who of it waits.
type line struct {
	taken  int
	people map[uuid.UUID]*person
	round  ring[*person]
}

type person struct {
	taken   int
	waiting []chan struct{} // closed when it is his turn
}

// New shares so many places, the connections of the database for instance.
func New(places int) *Turns {
	return &Turns{free: places, ofTenant: max(2, places/4), ofAccount: max(2, places/10), tenants: map[uuid.UUID]*line{}}
}

// Take waits for a place; release gives it back and may be called again. Errors:
// Limited when too many of the person's wait already; the context's.
func (t *Turns) Take(ctx context.Context, tenant, account uuid.UUID) (release func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	turn, l, p, err := t.stand(tenant, account)
	if err != nil {
		return nil, err
	}
	release = sync.OnceFunc(func() { t.leave(tenant, account, l, p) })
	select {
	case <-turn:
		return release, nil
	case <-ctx.Done():
	}
	if !t.gaveUp(tenant, account, l, p, turn) {
		release() // it was given in this moment
	}
	return nil, ctx.Err()
}

// stand enters the line and serves whoever can be.
func (t *Turns) stand(tenant, account uuid.UUID) (chan struct{}, *line, *person, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.tenants[tenant]
	if l == nil {
		l = &line{people: map[uuid.UUID]*person{}}
		t.tenants[tenant] = l
	}
	p := l.people[account]
	if p == nil {
		p = &person{}
		l.people[account] = p
	}
	if len(p.waiting) >= longest {
		return nil, nil, nil, errs.New(errs.Limited, "您同时发出的请求太多，请等前面的完成后再试")
	}
	turn := make(chan struct{})
	p.waiting = append(p.waiting, turn)
	l.round.add(p)
	t.round.add(l)
	t.serve()
	return turn, l, p, nil
}

// serve gives out what is free; the mutex is held.
func (t *Turns) serve() {
	for t.free > 0 {
		l, ok := t.round.next(func(l *line) bool { return l.taken < t.ofTenant && l.round.any(t.below) })
		if !ok {
			return
		}
		p, _ := l.round.next(t.below)
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
		t.free, l.taken, p.taken = t.free-1, l.taken+1, p.taken+1
		t.served(l, p)
	}
}

// served takes out of the rounds who waits for nothing more.
func (t *Turns) served(l *line, p *person) {
	if len(p.waiting) == 0 {
		l.round.drop(p)
	}
	if l.round.empty() {
		t.round.drop(l)
	}
}

func (t *Turns) below(p *person) bool { return p.taken < t.ofAccount }

func (t *Turns) leave(tenant, account uuid.UUID, l *line, p *person) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free, l.taken, p.taken = t.free+1, l.taken-1, p.taken-1
	t.serve()
	t.forget(tenant, account, l, p)
}

// gaveUp takes a turn out of the line, false when it has come already.
func (t *Turns) gaveUp(tenant, account uuid.UUID, l *line, p *person, turn chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.Index(p.waiting, turn)
	if i < 0 {
		return false
	}
	p.waiting = slices.Delete(p.waiting, i, i+1)
	t.served(l, p)
	t.forget(tenant, account, l, p)
	return true
}

// forget lets go of who has nothing and waits for nothing; the mutex is held.
func (t *Turns) forget(tenant, account uuid.UUID, l *line, p *person) {
	if p.taken == 0 && len(p.waiting) == 0 && l.people[account] == p {
		delete(l.people, account)
	}
	if len(l.people) == 0 && t.tenants[tenant] == l {
		delete(t.tenants, tenant)
	}
}

// ring goes round: who was served stands at its end.
type ring[T comparable] struct{ list []T }

func (r *ring[T]) empty() bool { return len(r.list) == 0 }

func (r *ring[T]) add(x T) {
	if !slices.Contains(r.list, x) {
		r.list = append(r.list, x)
	}
}

func (r *ring[T]) drop(x T) {
	if i := slices.Index(r.list, x); i >= 0 {
		r.list = slices.Delete(r.list, i, i+1)
	}
}

func (r *ring[T]) any(fits func(T) bool) bool { return slices.ContainsFunc(r.list, fits) }

// next is the first that fits, which goes to the end.
func (r *ring[T]) next(fits func(T) bool) (x T, ok bool) {
	i := slices.IndexFunc(r.list, fits)
	if i < 0 {
		return x, false
	}
	x = r.list[i]
	r.list = append(slices.Delete(r.list, i, i+1), x)
	return x, true
}
