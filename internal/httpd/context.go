package httpd

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// request is what the server knows of a request beside the request itself.
type request struct {
	id      string
	address netip.Addr

	mu    sync.Mutex
	attrs []slog.Attr
	route string // set by Routes

	leave func()          // gives back the place among the requests at once
	life  context.Context // of the server
}

type requestKey struct{}

func of(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// RequestID is the id of the context's request; empty outside a Server.
func RequestID(ctx context.Context) string {
	if r := of(ctx); r != nil {
		return r.id
	}
	return ""
}

// ClientAddress is where the context's request comes from; empty when that is
// not known.
func ClientAddress(ctx context.Context) string {
	if r := of(ctx); r != nil && r.address.IsValid() {
		return r.address.String()
	}
	return ""
}

// Annotate adds to the request's line in the log. Nothing personal belongs
// there. Called twice with one key, both values are logged.
func Annotate(ctx context.Context, attrs ...slog.Attr) {
	if r := of(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.attrs = append(r.attrs, attrs...)
	}
}

// Stand is for a request that lasts as long as its client wants, such as one
// that waits for events: it is no longer counted among the requests at once,
// has no deadline for reading, and its context ends when the server stops, too.
// What bounds such requests is their handler's. The function ends the context.
func Stand(ctx context.Context, w http.ResponseWriter) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // without one the connection sees to itself
	r := of(ctx)
	if r == nil || r.leave == nil {
		return ctx, cancel
	}
	r.leave()
	stop := context.AfterFunc(r.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// Routes is the mux, and tells the server which pattern matched. It is needed
// where something between the server and the mux gives the request another
// context: net/http writes the pattern into the copy.
func Routes(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if info := of(r.Context()); info != nil {
				info.mu.Lock()
				defer info.mu.Unlock()
				info.route = r.Pattern
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

// NewRequestID makes an id, for what runs outside a Server.
func NewRequestID() string { return rand.Text() }

// usable reports whether an id from outside may stand in logs and answers.
func usable(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

// Error answers instead of the application, in the shape of Door.Fail and in
// GraphQL's at once, since the server does not know which of them the caller
// reads: beside the one stands {"errors":[{"message":…,"extensions":{"code":…,"requestId":…}}]}.
func Error(w http.ResponseWriter, r *http.Request, status int, e *errs.Error) {
	extensions := map[string]any{"code": e.Code, "requestId": RequestID(r.Context())}
	fail(w, r, status, e, map[string]any{"errors": []any{map[string]any{"message": e.Message, "extensions": extensions}}})
}
