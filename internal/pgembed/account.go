//go:build linux

package pgembed

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/bihuan/bihuan/internal/errs"
)

// account is who PostgreSQL runs as.
type account struct{ uid, gid int }

// anonymous is the id that Linux reserves for nobody.
const anonymous = 65534

// accountFor is the caller, unless the caller is root: then the owner of the
// cluster, for a new cluster postgres or nobody.
func accountFor(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{os.Geteuid(), os.Getegid()}, nil
	}
	st, err := os.Stat(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return unprivileged(), nil
	case err != nil:
		return account{}, err
	}
	a := owner(st)
	if a.uid == 0 {
		return account{}, errs.New(errs.Invalid, "数据文件夹 %s 属于 root，而 PostgreSQL 不能以 root 运行；请把它交给 postgres 用户（chown -R postgres），或换一个文件夹", data)
	}
	return a, nil
}

func unprivileged() account {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid, gid}
		}
	}
	return account{anonymous, anonymous}
}

func owner(st fs.FileInfo) account {
	s := st.Sys().(*syscall.Stat_t)
	return account{int(s.Uid), int(s.Gid)}
}

// credential is nil when the caller is that account already.
func (a account) credential() *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: []uint32{}}
}

// mayEnter checks that the account can walk from the root folder into dir. It
// reads the modes, and knows nothing of access control lists.
func (a account) mayEnter(dir string) error {
	if os.Geteuid() != 0 {
		return nil // the caller itself finds out
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	for d := real; ; d = filepath.Dir(d) {
		st, err := os.Stat(d)
		if err != nil {
			return err
		}
		if !a.mayPass(st) {
			return errs.New(errs.Invalid, "PostgreSQL 不能以 root 运行，而用户 %d 不能进入文件夹 %s（权限 %04o）；请换一个文件夹，例如 /var/lib/bihuan，或用普通用户启动", a.uid, d, st.Mode().Perm())
		}
		if d == filepath.Dir(d) {
			return nil
		}
	}
}

func (a account) mayPass(st fs.FileInfo) bool {
	o, mode := owner(st), st.Mode().Perm()
	switch {
	case o.uid == a.uid:
		return mode&0o100 != 0
	case o.gid == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// ownDir makes dir a folder that only the account may enter. It refuses a link
// and what belongs to somebody else, who may have laid it there on purpose.
func (a account) ownDir(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if o := owner(st); !st.IsDir() || (o.uid != a.uid && o.uid != os.Geteuid()) {
		return errs.New(errs.Invalid, "%s 不是文件夹，或者属于别的用户（%d）；请查明它的来历，移走它再试", dir, owner(st).uid)
	}
	if owner(st).uid != a.uid {
		if err := os.Lchown(dir, a.uid, a.gid); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700)
}
