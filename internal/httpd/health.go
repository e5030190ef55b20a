package httpd

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Check is one thing the service cannot work without.
type Check struct {
	Name    string        // shown to everyone
	Timeout time.Duration // default 2 seconds
	Run     func(context.Context) error
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, health{Status: "ok"})
}

type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

func answer(w http.ResponseWriter, status int, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(h)
}

// readyz runs all checks at once. Causes go to the log.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		answer(w, http.StatusServiceUnavailable, health{Status: "stopping"})
		return
	}
	out := health{Status: "ok", Checks: map[string]string{}}
	failed := make([]error, len(s.o.Checks))
	var all sync.WaitGroup
	for i, c := range s.o.Checks {
		all.Go(func() { failed[i] = run(r.Context(), c) })
	}
	all.Wait()
	status := http.StatusOK
	for i, c := range s.o.Checks {
		out.Checks[c.Name] = "ok"
		if failed[i] != nil {
			out.Checks[c.Name], out.Status, status = "failed", "failed", http.StatusServiceUnavailable
			s.o.Log.WarnContext(r.Context(), "not ready", "check", c.Name, "error", failed[i].Error())
		}
	}
	answer(w, status, out)
}

// run waits for a check no longer than its timeout, even when the check does
// not listen to its context.
func run(ctx context.Context, c Check) error {
	ctx, cancel := context.WithTimeout(ctx, or(c.Timeout, 2*time.Second))
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v", p)
			}
		}()
		done <- c.Run(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
