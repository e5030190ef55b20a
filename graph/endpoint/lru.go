package endpoint

import (
	"container/list"
	"sync"
)

// lru keeps the most recently used values.
type lru[V any] struct {
	mu    sync.Mutex
	max   int
	by    map[string]*list.Element
	order list.List // of entry[V], the most recent first
}

type entry[V any] struct {
	key   string
	value V
}

func newLRU[V any](max int) *lru[V] { return &lru[V]{max: max, by: map[string]*list.Element{}} }

func (l *lru[V]) get(key string) (v V, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.by[key]
	if ok {
		l.order.MoveToFront(e)
		v = e.Value.(entry[V]).value
	}
	return v, ok
}

// add keeps the first value of a key.
func (l *lru[V]) add(key string, v V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.by[key]; ok {
		return
	}
	l.by[key] = l.order.PushFront(entry[V]{key, v})
	if l.order.Len() > l.max {
		last := l.order.Back()
		l.order.Remove(last)
		delete(l.by, last.Value.(entry[V]).key)
	}
}
