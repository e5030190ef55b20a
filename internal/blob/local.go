package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"github.com/bihuan/bihuan/internal/errs"
)

// local keeps a file per key below dir. The folder is opened anew for every
// call, so that a disk mounted over it while the program runs is seen.
type local struct{ dir string }

func openLocal(u *url.URL) (Store, error) {
	dir := filepath.Clean(u.Path)
	if u.Host != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !filepath.IsAbs(u.Path) || dir == "/" {
		return nil, errors.New("blob: a local storage address is file:/// and the absolute path of a folder")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &local{dir}, nil
}

func (l *local) Put(ctx context.Context, key string, r io.Reader, max int64) (info Info, err error) {
	defer errs.Wrap(&err, "blob.Put(%s)", key)
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return Info{}, unavailable(err)
	}
	defer root.Close()
	if err := root.MkdirAll(path.Dir(key), 0o700); err != nil {
		return Info{}, unavailable(err)
	}
	m := newMeter(ctx, r, max)
	temp := path.Join(path.Dir(key), ".put-"+rand.Text())
	if err := write(root, temp, m); err != nil {
		return Info{}, err
	}
	if err := root.Rename(temp, key); err != nil {
		root.Remove(temp) // the rename's error says more than a second one would
		return Info{}, unavailable(err)
	}
	if err := syncFolders(root, path.Dir(key)); err != nil {
		return Info{}, unavailable(err)
	}
	return m.info(), nil
}

// write makes a new file of what m yields, on the disk when it returns, or no file.
func write(root *os.Root, name string, m *meter) (err error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unavailable(err)
	}
	defer func() {
		if err != nil {
			f.Close()
			err = errors.Join(err, root.Remove(name))
		}
	}()
	if _, err := io.Copy(f, m); err != nil {
		if m.err != nil {
			return m.err
		}
		return unavailable(err)
	}
	if err := f.Sync(); err != nil {
		return unavailable(err)
	}
	if err := f.Close(); err != nil {
		return unavailable(err)
	}
	return nil
}

// syncFolders makes a renamed or removed entry survive a loss of power: the
// entry is in its folder, the folder is an entry in the one above.
func syncFolders(root *os.Root, dir string) error {
	for ; ; dir = path.Dir(dir) {
		d, err := root.Open(dir)
		if err != nil {
			return err
		}
		err = d.Sync()
		d.Close()
		if err != nil || dir == "." {
			return err
		}
	}
}

func (l *local) Open(_ context.Context, key string) (_ io.ReadCloser, size int64, err error) {
	defer errs.Wrap(&err, "blob.Open(%s)", key)
	if err := checkKey(key); err != nil {
		return nil, 0, err
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, 0, unavailable(err)
	}
	defer root.Close()
	f, err := root.Open(key)
	if isAbsent(err) {
		return nil, 0, missing(err)
	}
	if err != nil {
		return nil, 0, unavailable(err)
	}
	st, err := f.Stat()
	if err == nil && st.Mode().IsRegular() {
		return f, st.Size(), nil
	}
	f.Close()
	if err != nil {
		return nil, 0, unavailable(err)
	}
	return nil, 0, missing(errors.New("not a regular file")) // the folder of longer keys
}

func (l *local) Delete(_ context.Context, key string) (err error) {
	defer errs.Wrap(&err, "blob.Delete(%s)", key)
	if err := checkKey(key); err != nil {
		return err
	}
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return unavailable(err)
	}
	defer root.Close()
	if st, err := root.Lstat(key); isAbsent(err) || err == nil && st.IsDir() {
		return nil
	}
	err = root.Remove(key)
	if isAbsent(err) { // by another Delete
		return nil
	}
	if err == nil {
		err = syncFolders(root, path.Dir(key))
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// isAbsent: nothing has this name, or a part of the path is a file.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Check writes a byte, because a disk that is full or mounted read-only still
// shows its folders.
func (l *local) Check(context.Context) (err error) {
	defer errs.Wrap(&err, "blob.Check")
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return unavailable(err)
	}
	defer root.Close()
	probe := ".check-" + rand.Text()
	err = root.WriteFile(probe, []byte{0}, 0o600)
	if removed := root.Remove(probe); err == nil {
		err = removed
	}
	if err != nil {
		return unavailable(err)
	}
	return nil
}
