// Package memory is the one way in which a process remembers what it could read
// or work out again: the most recently used values, up to a number. What callers
// can make up without end, such as texts, keys and other people's ids, never
// fills it.
package memory

import lru "github.com/hashicorp/golang-lru/v2"

// Of keeps values by key. It is safe for concurrent use.
type Of[K comparable, V any] = lru.Cache[K, V]

// New remembers at most that many, which is one or more.
func New[K comparable, V any](most int) *Of[K, V] {
	c, err := lru.New[K, V](most)
	if err != nil {
		panic(err) // most is a number in the program
	}
	return c
}
