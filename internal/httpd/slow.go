package httpd

import (
	"container/list"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// place is a request's place among those at once. It is given up while the
// server waits for the client, so that who sends or reads slowly holds nothing
// but his own connection (S11).
type place struct {
	s       *Server
	address string
	mu      sync.Mutex
	outside int  // reads and writes that wait for the client
	left    bool // for good
}

// enter takes a place; what it answers otherwise is the refusal. One address
// has at most half of the places, so that the others' requests find one.
func (s *Server) enter(address string) (*place, int, *errs.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.running >= s.o.MaxInFlight:
		return nil, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "系统繁忙，请稍后再试")
	case address != "" && s.from[address] >= max(1, s.o.MaxInFlight/2):
		return nil, http.StatusTooManyRequests, errs.New(errs.Limited, "从您的网络同时发来的请求太多，请稍后再试")
	}
	s.count(address, 1)
	return &place{s: s, address: address}, 0, nil
}

// count changes how many places are taken; the server's mutex is held.
func (s *Server) count(address string, n int) {
	s.running += n
	if s.from[address] += n; s.from[address] == 0 {
		delete(s.from, address)
	}
}

func (p *place) counted(n int) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.count(p.address, n)
}

// leave gives the place up for good.
func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.left && p.outside == 0 {
		p.counted(-1)
	}
	p.left = true
}

// step goes outside (+1) or comes back (-1). Who comes back finds his place,
// also where others have taken it meanwhile: his work has begun.
func (p *place) step(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.outside
	p.outside += n
	if !p.left && (before == 0) != (p.outside == 0) {
		p.counted(-n)
	}
}

// lobby is where those wait whose body has not come. It is full of whoever
// waits longest, and so it is he who goes when it is full: requests that come
// as they should are here for a moment.
type lobby struct {
	mu        sync.Mutex
	max, each int // altogether, and of one address
	waiting   *list.List
	of        map[string]int
}

type waiter struct {
	address string
	cut     func()
	gone    bool
}

func newLobby(max, each int) *lobby {
	return &lobby{max: max, each: each, waiting: list.New(), of: map[string]int{}}
}

// wait enters the lobby; the function leaves it and says whether the waiter was
// cut off meanwhile.
func (l *lobby) wait(address string, cut func()) (leave func() (gone bool)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case address != "" && l.of[address] >= l.each:
		l.cutFirst(func(w *waiter) bool { return w.address == address })
	case l.waiting.Len() >= l.max:
		l.cutFirst(func(*waiter) bool { return true })
	}
	w := &waiter{address: address, cut: cut}
	at := l.waiting.PushBack(w)
	l.of[address]++
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		if !w.gone {
			l.remove(at)
		}
		return w.gone
	}
}

func (l *lobby) cutFirst(fits func(*waiter) bool) {
	for at := l.waiting.Front(); at != nil; at = at.Next() {
		if w := at.Value.(*waiter); fits(w) {
			l.remove(at)
			w.gone = true
			w.cut()
			return
		}
	}
}

func (l *lobby) remove(at *list.Element) {
	w := l.waiting.Remove(at).(*waiter)
	if l.of[w.address]--; l.of[w.address] == 0 {
		delete(l.of, w.address)
	}
}

// body is a request's body while it comes.
type body struct {
	io.ReadCloser
	place *place
	w     http.ResponseWriter
}

func (b *body) Read(p []byte) (int, error) {
	b.place.step(1)
	defer b.place.step(-1)
	leave := b.place.s.lobby.wait(b.place.address, func() {
		_ = http.NewResponseController(b.w).SetReadDeadline(time.Unix(1, 0)) // wakes the read
	})
	n, err := b.ReadCloser.Read(p)
	if leave() {
		return 0, os.ErrDeadlineExceeded
	}
	return n, err
}
