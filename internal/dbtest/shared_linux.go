package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the folder of the server that all test processes of a user share:
//
//	pg/           the server (package pgembed)
//	url           its superuser's URL, written when it is ready
//	users.lock    shared: the server is in use; exclusive: it is being cleaned or stopped
//	janitor.lock  exclusive: there is a janitor
//	janitor.log   what the janitors said
type shared string

func (d shared) file(name string) string { return filepath.Join(string(d), name) }

// useShared finds or starts the server, and marks it as in use until the file
// is closed.
func useShared(ctx context.Context) (url string, mark *os.File, err error) {
	d := shared(filepath.Join(os.TempDir(), fmt.Sprintf("bihuan-test-%d", os.Geteuid())))
	if err := d.create(); err != nil {
		return "", nil, err
	}
	// waits only while a janitor cleans or stops
	if mark, err = d.lock("users.lock", syscall.LOCK_SH); err != nil {
		return "", nil, err
	}
	if url, err = d.find(ctx); err != nil {
		return "", nil, errors.Join(err, mark.Close())
	}
	return url, mark, nil
}

// create makes the folder; for root open to the account that PostgreSQL runs
// under. In a folder open to all, somebody else may have been first.
func (d shared) create() error {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.Mkdir(string(d), mode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(string(d))
	if err != nil {
		return err
	}
	if !st.IsDir() || int(st.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of this user; remove it", d)
	}
	return os.Chmod(string(d), mode)
}

// lock opens a file and locks it; with LOCK_NB a taken lock is EWOULDBLOCK.
// Child processes do not inherit it.
func (d shared) lock(name string, how int) (*os.File, error) {
	f, err := os.OpenFile(d.file(name), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
	}
}

// find waits for the server, and starts a janitor when there is none.
func (d shared) find(ctx context.Context) (string, error) {
	var mine <-chan error // the janitor that this process started
	for {
		url, err := d.answering(ctx)
		if err == nil {
			return url, nil
		}
		if mine == nil && d.vacant() {
			if mine, err = d.startJanitor(); err != nil {
				return "", err
			}
		}
		select {
		case end := <-mine:
			if end != nil {
				return "", fmt.Errorf("the janitor of the test server: %w\n%s", end, d.logTail())
			}
			mine = nil // another one was faster
		case <-ctx.Done():
			return "", fmt.Errorf("no test server: %w\n%s", err, d.logTail())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// answering is the URL of the server if it answers.
func (d shared) answering(ctx context.Context) (string, error) {
	b, err := os.ReadFile(d.file("url"))
	if err != nil {
		return "", err
	}
	url := string(b)
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	return url, c.Close(ctx)
}

// vacant reports that no janitor is there. A janitor that starts at this very
// moment may take the look for another janitor, and end; then find tries again.
func (d shared) vacant() bool {
	f, err := d.lock("janitor.lock", syscall.LOCK_SH|syscall.LOCK_NB)
	return err == nil && f.Close() == nil
}

// startJanitor runs this test binary once more, apart from the terminal and
// from the pipes on which go test waits.
func (d shared) startJanitor() (<-chan error, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(d.file("janitor.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	c := exec.Command(exe)
	c.Dir = string(d)
	c.Env = append(os.Environ(), janitorDir+"="+string(d))
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	return ended, nil
}

func (d shared) logTail() string {
	b, err := os.ReadFile(d.file("janitor.log"))
	if err != nil {
		return err.Error()
	}
	const size = 2000
	return strings.TrimSpace(string(b[max(0, len(b)-size):]))
}
