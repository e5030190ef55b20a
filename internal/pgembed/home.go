//go:build linux

package pgembed

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// home is the folder of one private server.
type home struct {
	dir, data, run string
	account        account
}

const (
	// maxRun is the longest path, in bytes, of a socket's folder: the kernel takes
	// 107 for the socket, whose own name has 14.
	maxRun = 90
	// maxLog is the size in bytes from which the log begins anew at a start.
	maxLog = 10 << 20
	// tailSize is how much of the log, in bytes, an error shows.
	tailSize = 2000
)

// openHome makes the folder and checks that the server's account can use it.
func openHome(dir string) (*home, error) {
	if dir == "" {
		return nil, errs.New(errs.Invalid, "没有指定数据文件夹，也找不到主目录；请指定数据文件夹，或设置 DATABASE_URL")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	h := &home{dir: dir, data: filepath.Join(dir, "data")}
	if h.account, err = accountFor(h.data); err != nil {
		return nil, err
	}
	if err = h.makeDir(); err != nil {
		return nil, err
	}
	if err = h.account.mayEnter(dir); err != nil {
		return nil, err
	}
	h.run = runDir(dir)
	return h, h.account.ownDir(h.run)
}

// makeDir creates the home. It stays the caller's: the server's account only
// passes through, and owns what is inside.
func (h *home) makeDir() error {
	if err := os.MkdirAll(filepath.Dir(h.dir), 0o755); err != nil {
		return err
	}
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	switch err := os.Mkdir(h.dir, mode); {
	case err == nil:
		if err = os.Chmod(h.dir, mode); err != nil { // whatever the umask is
			return err
		}
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	st, err := os.Stat(h.dir)
	if err != nil {
		return err
	}
	if o := owner(st).uid; !st.IsDir() || (o != os.Geteuid() && o != 0 && o != h.account.uid) {
		return errs.New(errs.Invalid, "%s 不是文件夹，或者属于别的用户（%d）；请换一个文件夹", h.dir, o)
	}
	return nil
}

// runDir is run/ in the home, or, where that is too long for a socket, a short
// folder whose name is derived from the home's.
func runDir(dir string) string {
	run := filepath.Join(dir, "run")
	if len(run) <= maxRun {
		return run
	}
	name := fmt.Sprintf("bihuan-pg-%x", sha256.Sum256([]byte(dir)))[:22]
	if run = filepath.Join(os.TempDir(), name); len(run) <= maxRun {
		return run
	}
	return filepath.Join("/tmp", name)
}

// major is the version of the cluster's files, 0 when there is no cluster yet.
func (h *home) major() (int, error) {
	b, err := os.ReadFile(filepath.Join(h.data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(b)))
}

// pidFile is what postmaster.pid says; the zero value when there is none.
type pidFile struct {
	pid int
	run string // the folder of the socket
}

func (h *home) pidFile() pidFile {
	b, err := os.ReadFile(filepath.Join(h.data, "postmaster.pid"))
	if err != nil {
		return pidFile{}
	}
	// pid, data folder, start time, port, socket folder, …
	lines := strings.Split(string(b), "\n")
	var p pidFile
	p.pid, _ = strconv.Atoi(lines[0])
	if len(lines) > 4 {
		p.run = lines[4]
	}
	return p
}

func (h *home) logPath() string { return filepath.Join(h.dir, "postgres.log") }

// openLog appends; a log that has grown large is kept once, as postgres.log.1.
func (h *home) openLog() (*os.File, error) {
	if st, err := os.Stat(h.logPath()); err == nil && st.Size() > maxLog {
		if err := os.Rename(h.logPath(), h.logPath()+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(h.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

func (h *home) logTail() string {
	b, err := os.ReadFile(h.logPath())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-tailSize):])
}
