//go:build linux

package pgembed

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// ladder is how a server is made to end, the gentle way first: fast shutdown,
// immediate shutdown (the next start recovers), and no choice.
var ladder = []struct {
	signal syscall.Signal
	wait   time.Duration
}{
	{syscall.SIGINT, 30 * time.Second},
	{syscall.SIGQUIT, 5 * time.Second},
	{syscall.SIGKILL, 5 * time.Second},
}

// stopOwned ends the server that this process started.
func stopOwned(postmaster *os.Process, s *Server) error {
	for _, step := range ladder {
		if err := postmaster.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		select {
		case <-s.done:
			if s.err != nil {
				return fmt.Errorf("pgembed.Stop: %w", s.err)
			}
			return nil
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("pgembed.Stop: process %d does not end", postmaster.Pid)
}
