package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// logged is how many errors of one operation are logged: after the first, the
// others of a broken transaction say nothing new.
const logged = 3

// ledger counts the errors of an operation that had to be logged. Resolvers
// run at the same time.
type ledger struct {
	mu sync.Mutex
	n  int
}

func (l *ledger) next() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	return l.n <= logged
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.n
}

// errPanicked is what a panic becomes; it has been logged with its stack.
var errPanicked = errors.New("panicked")

// present maps an error for the outside and logs what is not for it.
func (e *endpoint) present(ctx context.Context, err error) *gqlerror.Error {
	err = tenants.Translate(err)
	out := graph.Present(ctx, err)
	switch out.Extensions["code"] {
	case string(errs.Internal), string(errs.Unavailable):
		e.report(ctx, err)
	}
	return out
}

func (e *endpoint) report(ctx context.Context, err error) {
	c := callOf(ctx)
	switch {
	case errors.Is(err, tenants.ErrBelied): // the operation runs again
		return
	case errors.Is(err, errPanicked), errors.Is(err, context.Canceled), !c.log.next():
		return // logged already; or the client hung up, which is his right
	}
	attrs := append(c.attrs(), slog.String("error", err.Error()))
	var g *gqlerror.Error
	if errors.As(err, &g) && len(g.Path) > 0 {
		attrs = append(attrs, slog.String("path", g.Path.String()))
	}
	e.o.Log.LogAttrs(ctx, slog.LevelError, "graphql", attrs...)
}

func (c *call) attrs() []slog.Attr {
	tenant := ""
	if c.signedIn {
		tenant = c.tenant.String()
	}
	return []slog.Attr{slog.String("request_id", c.id), slog.String("tenant", tenant), slog.String("operation", c.operation)}
}

// recovered is gqlgen's door for panics in resolvers.
func (e *endpoint) recovered(ctx context.Context, p any) error {
	c := callOf(ctx)
	if c.log.next() {
		e.o.Log.LogAttrs(ctx, slog.LevelError, "graphql panic",
			append(c.attrs(), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))...)
	}
	return errPanicked
}

// rescue answers after a panic anywhere else.
func (c *call) rescue(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	err := c.recovered(ctx, p)
	if c.sent {
		panic(p) // too late for an answer; httpd cuts it off
	}
	c.refuse(ctx, always(500), err)
}

// clip cuts a text at n bytes, at the end of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
