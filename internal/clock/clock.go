// Package clock is the only source of the present. Days are days in
// Asia/Shanghai, carried as midnight UTC so that they compare and store as
// PostgreSQL dates without shifting.
package clock

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"
)

// Shanghai is UTC+8; China has had no daylight saving time since 1991.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// Clock tells the present.
type Clock interface{ Now() time.Time }

// Real is the machine's clock.
type Real struct{}

func (Real) Now() time.Time { return time.Now() }

// Movable is a clock that tests and demos move. Its zero value is real time.
type Movable struct {
	mu     sync.Mutex
	offset time.Duration
	at     *time.Time
}

func (c *Movable) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at != nil {
		return c.at.Add(c.offset)
	}
	return time.Now().Add(c.offset)
}

// Set stops the clock at t.
func (c *Movable) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.offset = &t, 0
}

// Advance moves the clock by d.
func (c *Movable) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// File is a clock for tests of the built binary: the file holds an RFC 3339
// instant at which the clock started when the file was last written, and it
// runs on from there. A missing or unreadable file means real time.
type File string

func (f File) Now() time.Time {
	st, err := os.Stat(string(f))
	if err != nil {
		return time.Now()
	}
	b, err := os.ReadFile(string(f))
	if err != nil {
		return time.Now()
	}
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Now()
	}
	return t.Add(time.Since(st.ModTime()))
}

// Day is the Shanghai calendar day of an instant, as midnight UTC.
func Day(t time.Time) time.Time {
	y, m, d := t.In(Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Date makes a day from its parts.
func Date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// StartOf is the instant at which a day begins in Shanghai.
func StartOf(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Shanghai)
}

type key struct{}

// With puts a clock into the context.
func With(ctx context.Context, c Clock) context.Context { return context.WithValue(ctx, key{}, c) }

// Now is the present of the context's clock, real time when it has none.
func Now(ctx context.Context) time.Time {
	if c, ok := ctx.Value(key{}).(Clock); ok {
		return c.Now()
	}
	return time.Now()
}

// Today is the present day in Shanghai.
func Today(ctx context.Context) time.Time { return Day(Now(ctx)) }

// Jitter keeps those that failed together from coming back together: the pause
// and up to half of it more.
func Jitter(pause time.Duration) time.Duration {
	return pause + rand.N(pause/2)
}
