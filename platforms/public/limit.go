package public

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bihuan/bihuan/internal/fair"
	"github.com/bihuan/bihuan/internal/httpd"
)

// remembered bounds what a process remembers of addresses and of forms: two
// generations of as many, some 100 bytes each.
const remembered = 20_000

// memory keeps values by key in two generations: when the younger is full, the
// older is forgotten. What is used stays.
type memory[T any] struct {
	mu       sync.Mutex
	new, old map[string]T
}

// get finds a value, or keeps the one that is made.
func (m *memory[T]) get(key string, made func() T) T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.new[key]; ok {
		return v
	}
	v, ok := m.old[key]
	if !ok {
		v = made()
	}
	if m.new == nil || len(m.new) >= remembered {
		m.old, m.new = m.new, map[string]T{}
	}
	m.new[key] = v
	return v
}

// has reports whether a key is remembered, without using it.
func (m *memory[T]) has(key string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, young := m.new[key]
	_, old := m.old[key]
	return young || old
}

// Rate is how much may be sent: so many a minute, and so many at once.
type Rate struct{ PerMinute, Burst int }

// limiter holds each key to a rate.
type limiter struct {
	rate Rate
	kept memory[*rate.Limiter]
}

func (l *limiter) allow(key string, now time.Time) bool {
	return l.kept.get(key, func() *rate.Limiter {
		return rate.NewLimiter(rate.Limit(float64(l.rate.PerMinute)/60), l.rate.Burst)
	}).AllowN(now, 1)
}

// address is from where a request comes, as one customer's.
func address(r *http.Request) string {
	text := httpd.ClientAddress(r.Context())
	if text == "" {
		text = r.RemoteAddr
	}
	network, _ := fair.NetworkOf(text) // who has none shares with all others of whom that is so
	return network
}
