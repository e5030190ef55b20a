//go:build linux

package pgembed

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

func itoa(n int) string { return strconv.Itoa(n) }

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Fatalf("got %v, want an error that says %s", err, part)
	}
	if _, ok := errs.As(err); !ok {
		t.Fatalf("%v is not for users", err)
	}
}

// fakePrograms are scripts that only know their version: enough for the search,
// which must not depend on what this machine has.
func fakePrograms(t *testing.T, dir string, major int) string {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	for _, name := range []string{"postgres", "initdb"} {
		script := fmt.Sprintf("#!/bin/sh\necho '%s (PostgreSQL) %d.4'\n", name, major)
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755))
	}
	return dir
}

// only makes root the one place where known folders, PATH and cache are.
func only(t *testing.T, patterns ...string) string {
	t.Helper()
	root := filepath.Dir(newDir(t))
	before := known
	t.Cleanup(func() { known = before })
	known = nil
	for _, p := range patterns {
		known = append(known, []string{filepath.Join(root, p)})
	}
	t.Setenv("PATH", filepath.Join(root, "path"))
	t.Setenv("XDG_CACHE_HOME", filepath.Join(root, "cache"))
	return root
}

func TestFindPrograms(t *testing.T) {
	me := account{os.Geteuid(), os.Getegid()}
	find := func(t *testing.T, named string, major int, want string) {
		t.Helper()
		p, err := findPrograms(named, me, major)
		must(t, err)
		equal(t, "folder", p.dir, want)
	}
	t.Run("the folder that was named wins, and no other is looked at", func(t *testing.T) {
		root := only(t, "deb/*/bin")
		fakePrograms(t, root+"/deb/18/bin", 18)
		find(t, fakePrograms(t, root+"/mine", 16), 0, root+"/mine")
		_, err := findPrograms(root+"/nothing", me, 0)
		wantError(t, err, "指定的")
	})
	t.Run("of the known folders the highest version wins, 9 being less than 15", func(t *testing.T) {
		root := only(t, "deb/*/bin")
		for _, v := range []int{9, 15, 17} {
			fakePrograms(t, fmt.Sprintf("%s/deb/%d/bin", root, v), v)
		}
		find(t, "", 0, root+"/deb/17/bin")
	})
	t.Run("an existing cluster decides the major version", func(t *testing.T) {
		root := only(t, "deb/*/bin", "rpm-*/bin")
		fakePrograms(t, root+"/deb/17/bin", 17)
		fakePrograms(t, root+"/rpm-16/bin", 16)
		find(t, "", 16, root+"/rpm-16/bin")
		_, err := findPrograms("", me, 15)
		wantError(t, err, "postgresql-15")
	})
	t.Run("then pg_config, then PATH", func(t *testing.T) {
		root := only(t)
		fakePrograms(t, root+"/path", 15)
		find(t, "", 0, root+"/path")
		fakePrograms(t, root+"/config", 15)
		must(t, os.WriteFile(root+"/path/pg_config", []byte("#!/bin/sh\necho "+root+"/config\n"), 0o755))
		find(t, "", 0, root+"/config")
	})
	t.Run("then the cache folder, whose links are made", func(t *testing.T) {
		root := only(t)
		pkg := root + "/cache/bihuan/postgres/" + strings.TrimSuffix(npmBin, "/native/bin")
		fakePrograms(t, pkg+"/native/bin", 18)
		must(t, os.WriteFile(pkg+"/native/pg-symlinks.json", []byte(`[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]`), 0o644))
		must(t, os.MkdirAll(pkg+"/native/lib", 0o755))
		for range 2 {
			find(t, "", 0, pkg+"/native/bin")
			to, err := os.Readlink(pkg + "/native/lib/libpq.so.5")
			must(t, err)
			equal(t, "link", to, "libpq.so.5.18")
		}
	})
	t.Run("a link that leads outside the package is refused", func(t *testing.T) {
		pkg := t.TempDir()
		must(t, os.Mkdir(pkg+"/native", 0o755))
		must(t, os.WriteFile(pkg+"/native/pg-symlinks.json", []byte(`[{"source":"a","target":"../../b"}]`), 0o644))
		if err := linkLibraries(pkg); err == nil {
			t.Fatal("no error")
		}
	})
	t.Run("when nothing fits the error lists every place with its reason and how to install", func(t *testing.T) {
		root := only(t, "deb/*/bin", "none/*/bin")
		fakePrograms(t, root+"/deb/14/bin", 14)
		must(t, os.MkdirAll(root+"/deb/16/bin", 0o755))
		_, err := findPrograms("", me, 0)
		for _, part := range []string{"/deb/14/bin（版本 14 太旧", "/deb/16/bin（", "/none/*/bin（没有）", "pg_config", "PATH", root + "/cache", "get-postgres.sh", "DATABASE_URL"} {
			wantError(t, err, part)
		}
	})
	t.Run("scripts/get-postgres.sh looks in the same places", func(t *testing.T) {
		script, err := os.ReadFile("../../scripts/get-postgres.sh")
		must(t, err)
		places := []string{npmBin, systemCache, "pg_config --bindir", "command -v postgres"}
		for _, group := range known {
			places = append(places, group...)
		}
		for _, p := range places {
			if !strings.Contains(string(script), p) {
				t.Errorf("it does not know %s", p)
			}
		}
	})
}

func TestAccount(t *testing.T) {
	t.Run("a folder that the account may not pass is named", func(t *testing.T) {
		if os.Geteuid() != 0 {
			must(t, (account{os.Geteuid(), os.Getegid()}).mayEnter(t.TempDir()))
			return // only root runs PostgreSQL as another account
		}
		closed := t.TempDir()
		must(t, os.Chmod(closed, 0o700))
		_, err := Start(t.Context(), Options{Dir: filepath.Join(closed, "home")})
		wantError(t, err, "不能进入文件夹")
	})
	t.Run("what belongs to somebody else is not taken for the socket's folder", func(t *testing.T) {
		link := filepath.Join(t.TempDir(), "run")
		must(t, os.Symlink("/etc", link))
		wantError(t, unprivileged().ownDir(link), "不是文件夹，或者属于别的用户")
	})
	t.Run("DefaultDir is /var/lib/bihuan for root and the XDG data folder for others", func(t *testing.T) {
		t.Setenv("XDG_DATA_HOME", "/srv/data")
		want := "/srv/data/bihuan"
		if os.Geteuid() == 0 {
			want = "/var/lib/bihuan"
		}
		equal(t, "folder", DefaultDir(), want)
	})
}
