//go:build linux

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endLeftovers ends the processes of a server that outlived its owner, and
// waits for them. A postmaster is asked to shut down in order; processes whose
// postmaster is gone have nothing left to save.
func (h *home) endLeftovers(ctx context.Context) error {
	for i, step := range ladder {
		for last := time.After(step.wait); last != nil; {
			left := h.processes()
			if len(left) == 0 {
				return h.removeStale()
			}
			postmaster := h.pidFile().pid
			switch alive := slices.Contains(left, postmaster); {
			case i == 0 && alive:
				signal([]int{postmaster}, step.signal)
			case i == 0: // after kill -9 of the postmaster
				signal(left, syscall.SIGQUIT)
			default:
				signal(left, step.signal)
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-last:
				last = nil
			case <-time.After(retry):
			}
		}
	}
	return fmt.Errorf("processes %v still use %s", h.processes(), h.data)
}

func signal(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s) // it may have ended since
	}
}

// removeStale removes what would keep PostgreSQL from starting though nobody
// uses the cluster. A stale postmaster.pid is left to PostgreSQL, which frees
// the shared memory it names; only when its number is now another process's
// does PostgreSQL take it for a running server.
func (h *home) removeStale() error {
	stale := []string{filepath.Join(h.run, ".s.PGSQL."+port), filepath.Join(h.run, ".s.PGSQL."+port+".lock")}
	if pid := h.pidFile().pid; pid > 0 && syscall.Kill(pid, 0) != syscall.ESRCH {
		stale = append(stale, filepath.Join(h.data, "postmaster.pid"))
	}
	for _, f := range stale {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// processes lists the processes of the home's server.
func (h *home) processes() (pids []int) {
	entries, _ := os.ReadDir("/proc") // without /proc nothing can be told apart, and PostgreSQL itself checks
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && h.runs(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// runs reports whether a process belongs to the home's server: all of them,
// and only they, run postgres with the data folder as working directory.
func (h *home) runs(pid int) bool {
	data, err := os.Stat(h.data)
	if err != nil || pid <= 0 {
		return false
	}
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil || !os.SameFile(data, cwd) {
		return false
	}
	exe, err := os.Readlink(filepath.Join(proc, "exe"))
	return err == nil && strings.TrimSuffix(filepath.Base(exe), " (deleted)") == "postgres"
}
