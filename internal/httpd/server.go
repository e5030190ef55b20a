package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options configure a Server. The zero value of a field means its default.
type Options struct {
	Log      *slog.Logger         // default: slog.Default()
	Registry *prometheus.Registry // default: a new one; gets the server's, Go's and the process's figures

	TrustedProxies []netip.Prefix // whose X-Forwarded-For, X-Forwarded-Proto and traceparent count; default none
	AllowedOrigins []string       // whose pages may read the answers, see CheckOrigins; default none
	Checks         []Check        // of GET /readyz
	MaxInFlight    int            // requests at once, default 256

	ReadTimeout  time.Duration // for a whole request, default 1 minute; an upload may extend its own with http.ResponseController
	WriteTimeout time.Duration // from the end of the header to the end of the answer, default 2 minutes; likewise
	Drain        time.Duration // between the order to stop and stopping, while /readyz says no; default none
	Grace        time.Duration // for what runs when the server stops, default 20 seconds
}

const (
	// readHeader is short: a client that needs longer for a few hundred bytes holds a connection for nothing.
	readHeader = 10 * time.Second
	idle       = 2 * time.Minute
	// maxHeader has room for a query in the URL and a token.
	maxHeader = 64 << 10
)

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	o.MaxInFlight = or(o.MaxInFlight, 256)
	o.ReadTimeout = or(o.ReadTimeout, time.Minute)
	o.WriteTimeout = or(o.WriteTimeout, 2*time.Minute)
	o.Grace = or(o.Grace, 20*time.Second)
	return o
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Server serves one application.
type Server struct {
	o        Options
	app      http.Handler
	metrics  *metrics
	stopping atomic.Bool
	life     context.Context // of requests that stand
	end      context.CancelFunc
	lobby    *lobby

	mu      sync.Mutex
	running int            // requests at once
	from    map[string]int // and from where
}

// New makes a server around app. Where app is an http.ServeMux, or Routes of
// one is in it, its patterns are the routes in logs, metrics and traces.
func New(o Options, app http.Handler) *Server {
	o = o.withDefaults()
	s := &Server{o: o, app: shared(app, o.AllowedOrigins), metrics: newMetrics(o.Registry), from: map[string]int{}}
	s.lobby = newLobby(4*o.MaxInFlight, max(1, o.MaxInFlight/4))
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// ListenAndServe is Serve on a TCP address, such as "127.0.0.1:8080".
func (s *Server) ListenAndServe(ctx context.Context, addr string) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(ctx, ln)
}

// Serve answers until ctx is done, and returns nil when everything that ran
// was finished in time. It closes ln. A server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: readHeader, ReadTimeout: s.o.ReadTimeout, WriteTimeout: s.o.WriteTimeout, IdleTimeout: idle,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	time.Sleep(s.o.Drain)
	s.end()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Grace)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(err, srv.Close())
	}
	return nil
}
