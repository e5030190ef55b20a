package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/fair"
)

// Handler is the application with everything around it.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(rw http.ResponseWriter, r *http.Request) {
	start := time.Now()
	w := &writer{ResponseWriter: rw}
	info := &request{id: r.Header.Get("X-Request-Id"), address: s.client(r)}
	if !usable(info.id) {
		info.id = NewRequestID()
	}
	ctx := context.WithValue(r.Context(), requestKey{}, info)
	w.Header().Set("X-Request-Id", info.id)
	s.secure(w.Header(), r)
	if own := s.own(r); own != nil {
		own(w, r.WithContext(ctx))
		return
	}
	ctx, span := s.startSpan(ctx, r)
	r = r.WithContext(ctx)
	s.metrics.inFlight.Inc()
	defer s.metrics.inFlight.Dec()
	ok := s.limited(w, r)
	route := routeOf(r, info)
	took := time.Since(start)
	s.metrics.observe(route, r.Method, w.status, took)
	endSpan(span, r.Method, route, w.status)
	s.log(r, info, route, w, took, span.SpanContext())
	if !ok {
		panic(http.ErrAbortHandler) // net/http's way to cut the connection
	}
}

// own are the paths that the server answers itself, without limit or log.
func (s *Server) own(r *http.Request) http.HandlerFunc {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	switch r.URL.Path {
	case "/healthz":
		return s.healthz
	case "/readyz":
		return s.readyz
	case "/metrics":
		if s.mayScrape(r) {
			return s.metrics.handler.ServeHTTP
		}
		return http.NotFound
	}
	return nil
}

// limited runs the application unless too much runs already.
func (s *Server) limited(w *writer, r *http.Request) bool {
	info := of(r.Context())
	p, status, no := s.enter(fair.Network(info.address))
	if no != nil {
		s.metrics.refused.Inc()
		Error(w, r, status, no)
		return true
	}
	defer p.leave()
	info.leave, info.life, w.place = p.leave, s.life, p
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &body{r.Body, p, w.ResponseWriter}
	}
	return s.recovered(w, r)
}

var errPanicked = errors.New("panicked")

// recovered runs the application; false means that the answer is broken off.
func (s *Server) recovered(w *writer, r *http.Request) (ok bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p != http.ErrAbortHandler {
			s.o.Log.ErrorContext(r.Context(), "panic", "request_id", RequestID(r.Context()), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
		if ok = w.status == 0 && p != http.ErrAbortHandler; ok {
			Error(w, r, http.StatusInternalServerError, errs.Shown(errPanicked))
		}
	}()
	s.app.ServeHTTP(w, r)
	if w.status == 0 {
		w.status = http.StatusOK // net/http sends it for a handler that wrote nothing
	}
	return true
}

// secure sets what holds unless a handler says otherwise.
func (s *Server) secure(h http.Header, r *http.Request) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.TLS != nil || s.fromProxy(r) && r.Header.Get("X-Forwarded-Proto") == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// unmatched is the route of what no pattern of the application matched.
const unmatched = "unmatched"

// routeOf is the pattern that matched, without its method. It grows with the
// program, not with what callers ask for.
func routeOf(r *http.Request, info *request) string {
	info.mu.Lock()
	defer info.mu.Unlock()
	pattern := or(info.route, r.Pattern)
	if _, path, found := strings.Cut(pattern, " "); found {
		return strings.TrimSpace(path)
	}
	return or(pattern, unmatched)
}

func (s *Server) log(r *http.Request, info *request, route string, w *writer, took time.Duration, span trace.SpanContext) {
	attrs := []slog.Attr{
		slog.String("request_id", info.id), slog.String("method", methodOf(r.Method)), slog.String("route", route),
		slog.String("path", clip(r.URL.Path, 200)), slog.Int("status", w.status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), slog.Int64("bytes", w.bytes),
	}
	if span.IsValid() {
		attrs = append(attrs, slog.String("trace_id", span.TraceID().String()))
	}
	info.mu.Lock()
	attrs = append(attrs, info.attrs...)
	info.mu.Unlock()
	level := slog.LevelInfo
	if w.status >= 500 {
		level = slog.LevelWarn
	}
	s.o.Log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// clip cuts a text at n bytes, at the end of a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// writer remembers the status and counts bytes.
type writer struct {
	http.ResponseWriter
	status int // 0: nothing sent yet
	bytes  int64
	place  *place // nil: without limit
}

func (w *writer) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	w.begin()
	defer w.outside()()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom keeps the kernel's copying of files to sockets.
func (w *writer) ReadFrom(src io.Reader) (int64, error) {
	w.begin()
	defer w.outside()()
	n, err := io.Copy(w.ResponseWriter, src)
	w.bytes += n
	return n, err
}

// outside is where the request waits for a client that reads.
func (w *writer) outside() (back func()) {
	if w.place == nil {
		return func() {}
	}
	w.place.step(1)
	return func() { w.place.step(-1) }
}

func (w *writer) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
