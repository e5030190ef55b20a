//go:build linux

package pgembed

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestFirstStart(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	s := start(t, Options{Dir: dir})

	t.Run("it creates the database, in C.UTF-8, with durable settings", func(t *testing.T) {
		equal(t, "database", query[string](t, s, `select current_database()`), "bihuan")
		equal(t, "ctype", query[string](t, s, `select datctype from pg_database where datname = current_database()`), "C.UTF-8")
		equal(t, "encoding", query[string](t, s, `show server_encoding`), "UTF8")
		equal(t, "fsync", query[string](t, s, `show fsync`), "on")
		equal(t, "checksums", query[string](t, s, `show data_checksums`), "on")
		equal(t, "version", query[string](t, s, `show server_version`), s.Version)
	})
	t.Run("pg_trgm sees Chinese", func(t *testing.T) {
		exec1(t, s, `create extension pg_trgm`)
		equal(t, "trigrams", query[bool](t, s, `select cardinality(show_trgm('一号提案')) > 0`), true)
	})
	t.Run("it opens no port", func(t *testing.T) {
		equal(t, "addresses", query[string](t, s, `show listen_addresses`), "")
	})
	t.Run("nobody else may enter the folders of the data and of the socket", func(t *testing.T) {
		for _, name := range []string{"data", "run"} {
			st, err := os.Stat(filepath.Join(dir, name))
			must(t, err)
			equal(t, name, st.Mode().Perm(), 0o700)
		}
	})
	t.Run("the server does not run as root", func(t *testing.T) {
		st, err := os.Stat(filepath.Join("/proc", itoa(postmaster(t, dir))))
		must(t, err)
		if owner(st).uid == 0 {
			t.Fatal("runs as root")
		}
	})
	t.Run("Stop ends it and can be called twice; the next start finds the data", func(t *testing.T) {
		exec1(t, s, `create table kept as select 42 as n`)
		must(t, s.Stop())
		wait(t, "Done after Stop", s.Done())
		must(t, s.Err())
		must(t, s.Stop())

		again := start(t, Options{Dir: dir})
		equal(t, "adopted", again.Adopted, false)
		equal(t, "row", query[int](t, again, `select n from kept`), 42)
	})
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	owner := startProcess(t, dir)
	equal(t, "the first process", owner.says, "adopted: false")
	client := start(t, Options{Dir: dir, Fast: true})

	t.Run("a second process becomes a client", func(t *testing.T) {
		equal(t, "adopted", client.Adopted, true)
		equal(t, "database", query[string](t, client, `select current_database()`), "bihuan")
	})
	t.Run("Stop of a client leaves the server running", func(t *testing.T) {
		other := start(t, Options{Dir: dir, Fast: true})
		must(t, other.Stop())
		wait(t, "Done of the client that left", other.Done())
		must(t, other.Err())
		equal(t, "answer", query[int](t, client, `select 1`), 1)
	})
	t.Run("Done of a client is closed when the owner stops, and the client can take over", func(t *testing.T) {
		must(t, owner.leave())
		wait(t, "Done", client.Done())
		if client.Err() == nil {
			t.Fatal("no reason given")
		}
		equal(t, "adopted", start(t, Options{Dir: dir, Fast: true}).Adopted, false)
	})
}

func TestCrash(t *testing.T) {
	t.Parallel()
	dir := newDir(t)

	t.Run("after kill -9 of the owner PostgreSQL shuts down cleanly and the next start works", func(t *testing.T) {
		for range 3 {
			owner := startProcess(t, dir)
			equal(t, "the owner", owner.says, "adopted: false")
			owner.kill(t)
		}
		s := start(t, Options{Dir: dir, Fast: true})
		equal(t, "adopted", s.Adopted, false)
		log, err := os.ReadFile(filepath.Join(dir, "postgres.log"))
		must(t, err)
		if strings.Contains(string(log), "not properly shut down") {
			t.Fatalf("recovery was needed:\n%s", log)
		}
		must(t, s.Stop())
	})
	t.Run("after kill -9 of the postmaster Done is closed and the next start recovers", func(t *testing.T) {
		s := start(t, Options{Dir: dir})
		exec1(t, s, `create table survived as select 7 as n`)
		must(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
		wait(t, "Done", s.Done())
		if s.Err() == nil {
			t.Fatal("no reason given")
		}
		again := start(t, Options{Dir: dir})
		equal(t, "row", query[int](t, again, `select n from survived`), 7)
		must(t, again.Stop())
	})
	t.Run("a backend that outlives its postmaster is ended before the next start", func(t *testing.T) {
		s := start(t, Options{Dir: dir})
		c := connect(t, s)
		busy := make(chan struct{})
		go func() { // never looks at its latch, so it does not notice that the postmaster is gone
			defer close(busy)
			_, _ = c.Exec(context.Background(), `select count(*) from generate_series(1, 100000000000)`)
		}()
		time.Sleep(200 * time.Millisecond)
		must(t, syscall.Kill(postmaster(t, dir), syscall.SIGKILL))
		wait(t, "Done", s.Done())
		if len((&home{data: filepath.Join(dir, "data")}).processes()) == 0 {
			t.Fatal("no backend was left, so nothing is tested")
		}
		again := start(t, Options{Dir: dir})
		wait(t, "the end of the backend", busy)
		must(t, again.Stop())
	})
	t.Run("a stale postmaster.pid whose number is another process's now does not keep it from starting", func(t *testing.T) {
		must(t, os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte("1\n"+dir+"\n0\n5432\n"), 0o600))
		must(t, start(t, Options{Dir: dir}).Stop())
	})
	t.Run("an initdb that was killed leaves nothing that disturbs", func(t *testing.T) {
		half := newDir(t)
		must(t, os.Mkdir(half, 0o711))
		must(t, os.Mkdir(filepath.Join(half, "data.new-1"), 0o700))
		must(t, start(t, Options{Dir: half, Fast: true}).Stop())
		left, err := filepath.Glob(filepath.Join(half, "data.new-*"))
		must(t, err)
		equal(t, "half clusters", len(left), 0)
	})
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	t.Run("a path too long for a socket gets a short folder that only the account may enter", func(t *testing.T) {
		dir := filepath.Join(newDir(t), strings.Repeat("long", 25))
		s := start(t, Options{Dir: dir, Fast: true})
		t.Cleanup(func() { _ = os.RemoveAll(s.run) })
		if len(s.run) > maxRun {
			t.Fatalf("%s has %d bytes", s.run, len(s.run))
		}
		st, err := os.Stat(s.run)
		must(t, err)
		equal(t, "mode", st.Mode().Perm(), 0o700)
		equal(t, "adopted", start(t, Options{Dir: dir, Fast: true}).Adopted, true)
	})
	t.Run("a home reached through a symbolic link is the same home", func(t *testing.T) {
		dir := newDir(t)
		must(t, os.MkdirAll(dir+"-real", 0o711))
		must(t, os.Chmod(dir+"-real", 0o711))
		must(t, os.Symlink(dir+"-real", dir))
		s := start(t, Options{Dir: dir, Fast: true})
		if !slices.Contains((&home{data: filepath.Join(dir, "data")}).processes(), postmaster(t, dir)) {
			t.Fatal("the server is not seen through the link")
		}
		must(t, s.Stop())
	})
	t.Run("a data folder that holds something else is refused and left as it is", func(t *testing.T) {
		dir := newDir(t)
		must(t, os.MkdirAll(filepath.Join(dir, "data"), 0o711))
		must(t, os.Chmod(dir, 0o711))
		a := unprivileged()
		if os.Geteuid() == 0 {
			must(t, os.Chown(filepath.Join(dir, "data"), a.uid, a.gid))
		}
		mine := filepath.Join(dir, "data", "mine")
		must(t, os.WriteFile(mine, nil, 0o600))
		_, err := Start(t.Context(), Options{Dir: dir, Fast: true})
		wantError(t, err, "不是空的")
		_, err = os.Stat(mine)
		must(t, err)
	})
	t.Run("without a folder the error says so", func(t *testing.T) {
		_, err := Start(t.Context(), Options{})
		wantError(t, err, "没有指定数据文件夹")
	})
	t.Run("the log begins anew when it has grown large", func(t *testing.T) {
		h := &home{dir: t.TempDir()}
		must(t, os.WriteFile(h.logPath(), make([]byte, maxLog+1), 0o600))
		f, err := h.openLog()
		must(t, err)
		defer f.Close()
		st, err := f.Stat()
		must(t, err)
		equal(t, "size", st.Size(), 0)
		_, err = os.Stat(h.logPath() + ".1")
		must(t, err)
	})
}
