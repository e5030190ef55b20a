//go:build linux

package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
)

const (
	// retry is the pause between two looks at something that is about to change.
	retry = 15 * time.Millisecond
	// dialTimeout ends one try to connect.
	dialTimeout = 5 * time.Second
)

// Start starts the private server of a folder, creating it the first time, or
// adopts it when another Start owns it. It waits until the server answers, as
// long as recovery takes or ctx allows. The server outlives ctx: it ends with
// Stop or with the process.
func Start(ctx context.Context, o Options) (s *Server, err error) {
	defer errs.Wrap(&err, "pgembed.Start(%s)", o.Dir)
	for try := 1; ; try++ {
		s, err = startOnce(ctx, o)
		if !errors.Is(err, errEnded) || try == startTries {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), err)
		case <-time.After(tryPause):
		}
	}
}

// startTries is how often a server that ends while it starts is tried: after a
// crash the shared memory of the one before can outlive its processes by a
// moment.
const startTries, tryPause = 3, 300 * time.Millisecond

var errEnded = errors.New("the server ended while it started")

func startOnce(ctx context.Context, o Options) (*Server, error) {
	h, err := openHome(o.Dir)
	if err != nil {
		return nil, err
	}
	lock, adopted, err := h.claim(ctx)
	if err != nil || adopted != nil {
		return adopted, err
	}
	s, err := h.start(ctx, o, lock)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if s.Version, err = h.ready(ctx, s); err != nil {
		tail := h.logTail()
		return nil, errors.Join(fmt.Errorf("%w\nlast lines of postgres.log:\n%s", err, tail), s.Stop())
	}
	return s, nil
}

// start runs the server of a home whose lock the caller holds; the lock goes
// over to the server when there is no error.
func (h *home) start(ctx context.Context, o Options, lock *os.File) (*Server, error) {
	major, err := h.major()
	if err != nil {
		return nil, err
	}
	bin, err := findPrograms(o.BinDir, h.account, major)
	if err != nil {
		return nil, err
	}
	if err := h.endLeftovers(ctx); err != nil {
		return nil, err
	}
	if major == 0 {
		if err := h.initdb(ctx, bin, o.Fast); err != nil {
			return nil, err
		}
	}
	return h.spawn(bin, o.Fast, lock)
}

// command is a program of PostgreSQL, run as the server's account in a process
// group of its own, so that Ctrl-C at a terminal reaches only the owner, who
// stops it in order. When the thread that starts it ends, it gets the signal.
func (h *home) command(c *exec.Cmd, onDeath syscall.Signal) *exec.Cmd {
	c.Dir = h.dir
	c.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: h.account.credential(), Setpgid: true, Pdeathsig: onDeath}
	return c
}

// initdb creates the cluster beside its place and renames it when it is whole.
func (h *home) initdb(ctx context.Context, bin programs, fast bool) error {
	old, _ := filepath.Glob(h.data + ".new-*") // the only error is a bad pattern
	for _, d := range old {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
	}
	fresh := fmt.Sprintf("%s.new-%d", h.data, os.Getpid())
	if err := h.account.ownDir(fresh); err != nil {
		return err
	}
	args := []string{
		"-D", fresh, "-U", Superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
		"--no-instructions", "--data-checksums",
	}
	if fast {
		args = append(args, "--no-sync")
	}
	c := h.command(exec.CommandContext(ctx, filepath.Join(bin.dir, "initdb"), args...), syscall.SIGKILL)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := os.Rename(fresh, h.data); err != nil {
		taken := errs.New(errs.Invalid, "数据文件夹 %s 不是空的，也不是 PostgreSQL 的数据；请移走它，或换一个文件夹", h.data)
		return errors.Join(taken.Because(err), os.RemoveAll(fresh))
	}
	return nil
}

func (h *home) arguments(fast bool) []string {
	set := []string{
		"listen_addresses=", "port=" + port, "unix_socket_directories=" + h.run, "unix_socket_permissions=0700",
		"shared_buffers=128MB",
	}
	if fast {
		set = append(set, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off",
			"wal_level=minimal", "max_wal_senders=0", "max_connections=300")
	} else {
		// The log keeps neither statements nor rows: both hold personal data.
		set = append(set, "log_error_verbosity=terse", "log_min_error_statement=panic", "log_checkpoints=off",
			"max_connections=100")
	}
	args := []string{"-D", h.data}
	for _, s := range set {
		args = append(args, "-c", s)
	}
	return args
}

// spawn starts postgres and watches it. The lock is given back when it ends.
func (h *home) spawn(bin programs, fast bool, lock *os.File) (*Server, error) {
	log, err := h.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := h.command(exec.Command(filepath.Join(bin.dir, "postgres"), h.arguments(fast)...), syscall.SIGINT)
	c.Stdout, c.Stderr = log, log
	s := &Server{run: h.run, done: make(chan struct{})}
	s.stop = sync.OnceValue(func() error { return stopOwned(c.Process, s) })
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the death signal follows the thread: keep it as long as the server
		err := c.Start()
		started <- err
		if err != nil {
			return
		}
		s.err = c.Wait()
		_ = lock.Close() // nothing was written to it
		close(s.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return s, nil
}

// ready waits until the server answers and has the database.
func (h *home) ready(ctx context.Context, s *Server) (version string, err error) {
	for {
		conn, err := dial(ctx, s.URL(Superuser, "postgres"))
		if err == nil {
			defer conn.Close(ctx)
			return prepare(ctx, conn)
		}
		select {
		case <-s.done:
			return "", errEnded
		case <-ctx.Done():
			return "", fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-time.After(retry):
		}
	}
}

// prepare creates the database where it is missing.
func prepare(ctx context.Context, conn *pgx.Conn) (version string, err error) {
	var there bool
	err = conn.QueryRow(ctx, `select current_setting('server_version'), exists (select from pg_database where datname = $1)`, Database).
		Scan(&version, &there)
	if err != nil || there {
		return version, err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{Database}.Sanitize())
	return version, err
}

func dial(ctx context.Context, url string) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return pgx.Connect(ctx, url)
}
