package pgembed

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

const (
	// mostStarts is how often Keep starts a server again within startsWithin: one
	// that ends more often has a fault that starting does not mend.
	mostStarts   = 5
	startsWithin = 10 * time.Minute
	// startPause is the pause after a start that failed, times the number of
	// starts so far.
	startPause = time.Second
)

// Keep starts a server again whenever it ends before ctx does, for example
// killed for want of memory, and returns the one that runs last, which is the
// caller's to stop. A client of somebody else's server becomes its owner where
// that one does not come back. It gives up with an error after five starts in
// ten minutes, or when the server has another address than the program knows.
func Keep(ctx context.Context, s *Server, o Options, log *slog.Logger) (*Server, error) {
	var starts []time.Time
	for {
		select {
		case <-ctx.Done():
			return s, nil
		case <-s.Done():
		}
		if ctx.Err() != nil {
			return s, nil
		}
		log.Error("the private database has ended; it is started again", "dir", o.Dir, "shared", s.Adopted, "error", fmt.Sprint(s.Err()))
		next, err := again(ctx, o, log, &starts)
		if ctx.Err() != nil {
			if next != nil {
				s = next
			}
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if next.run != s.run {
			return next, fmt.Errorf("the private database is at another place now: %s, not %s", next.run, s.run)
		}
		log.Warn("the private database is back", "dir", o.Dir, "shared", next.Adopted, "starts", len(starts))
		s = next
	}
}

// again starts a server, more than once if need be.
func again(ctx context.Context, o Options, log *slog.Logger, starts *[]time.Time) (*Server, error) {
	for {
		*starts = slices.DeleteFunc(*starts, func(t time.Time) bool { return time.Since(t) > startsWithin })
		if len(*starts) >= mostStarts {
			return nil, fmt.Errorf("the private database in %s was started again %d times within %s; giving up, see postgres.log there", o.Dir, len(*starts), startsWithin)
		}
		*starts = append(*starts, time.Now())
		s, err := Start(ctx, o)
		if err == nil {
			return s, nil
		}
		log.Error("the private database does not start", "dir", o.Dir, "start", len(*starts), "of", mostStarts, "error", err.Error())
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(len(*starts)) * startPause):
		}
	}
}
