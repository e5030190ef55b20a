package blob

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

func localBench(t *testing.T) bench {
	dir := filepath.Join(t.TempDir(), "files")
	store, err := OpenURL("file://" + dir)
	if err != nil {
		t.Fatal(err)
	}
	return bench{
		Store: store,
		left: func(t *testing.T) (files []string) {
			err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					files = append(files, name)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return files
		},
		fail: func(t *testing.T) {
			if err := os.Rename(dir, dir+"-gone"); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func TestLocal(t *testing.T) {
	t.Run("files have mode 0600 and folders 0700", func(t *testing.T) {
		b := localBench(t)
		put(t, b, keyA, 1, 10)
		dir := b.Store.(*local).dir
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			st, err := d.Info()
			if err != nil {
				return err
			}
			if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; st.Mode().Perm() != want {
				t.Errorf("%s has mode %o", name, st.Mode().Perm())
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a file appears under its key only when it is complete", func(t *testing.T) {
		b := localBench(t)
		seen := false
		_, err := b.Put(t.Context(), keyA, readerFunc(func([]byte) (int, error) {
			seen = true
			_, _, err := b.Open(t.Context(), keyA)
			mustBe(t, err, errs.NotFound)
			return 0, errCable
		}), 10)
		if !seen || err == nil {
			t.Fatal(seen, err)
		}
	})
	t.Run("a link that leads out of the folder is not followed", func(t *testing.T) {
		b := localBench(t)
		outside := t.TempDir()
		if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(b.Store.(*local).dir, "way-out")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Open(t.Context(), "way-out/secret"); err == nil {
			t.Fatal("opened")
		}
		if _, err := b.Put(t.Context(), "way-out/new", noise(1, 1), 1); err == nil {
			t.Fatal("put")
		}
		if err := b.Delete(t.Context(), "way-out/secret"); err == nil {
			t.Fatal("deleted")
		}
		if names, err := os.ReadDir(outside); err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
	})
	t.Run("what is in the folder is still there when the program starts again", func(t *testing.T) {
		b := localBench(t)
		put(t, b, keyA, 1, 10)
		again, err := OpenURL("file://" + b.Store.(*local).dir)
		if err != nil {
			t.Fatal(err)
		}
		mustHold(t, again, keyA, bytesOf(t, noise(1, 10)))
	})
}
