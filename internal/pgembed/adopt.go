//go:build linux

package pgembed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

const (
	// adoptTimeout is how long a held lock may go without a server that answers:
	// its owner may be creating the cluster, or be dying.
	adoptTimeout = 60 * time.Second
	// watchEvery is how often a client looks whether the server still runs.
	watchEvery = 500 * time.Millisecond
)

// claim takes the lock of the home, or adopts the server of who holds it.
func (h *home) claim(ctx context.Context) (lock *os.File, adopted *Server, err error) {
	lock, err = os.OpenFile(filepath.Join(h.dir, "owner.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, adoptTimeout)
	defer cancel()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return lock, nil, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, nil, errors.Join(err, lock.Close())
		}
		if adopted, err = h.adopt(ctx); err == nil {
			return nil, adopted, lock.Close()
		}
		select {
		case <-ctx.Done():
			busy := errs.New(errs.Unavailable, "另一个进程占用着 %s，但是它的 PostgreSQL 没有回答；请查看 %s，或结束那个进程再试", h.dir, h.logPath())
			return nil, nil, errors.Join(busy.Because(err), lock.Close())
		case <-time.After(retry):
		}
	}
}

// adopt connects to a server that another Start owns.
func (h *home) adopt(ctx context.Context) (*Server, error) {
	s := &Server{Adopted: true, run: h.run, done: make(chan struct{})}
	if p := h.pidFile(); p.run != "" {
		s.run = p.run // the owner may have another folder for temporary files
	}
	conn, err := dial(ctx, s.URL(Superuser, Database))
	if err != nil {
		return nil, err
	}
	err = conn.QueryRow(ctx, "show server_version").Scan(&s.Version)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return nil, err
	}
	leave := make(chan struct{})
	s.stop = sync.OnceValue(func() error {
		close(leave)
		<-s.done
		return nil
	})
	go h.watch(s, leave)
	return s, nil
}

// watch closes Done when the adopted server has ended or is left.
func (h *home) watch(s *Server, leave <-chan struct{}) {
	defer close(s.done)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-leave:
			return
		case <-tick.C:
			if !h.runs(h.pidFile().pid) {
				s.err = errors.New("the owner of the server ended it")
				return
			}
		}
	}
}
