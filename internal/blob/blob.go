package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/url"
	"regexp"
	"strconv"

	"github.com/bihuan/bihuan/internal/errs"
)

// Store keeps files under keys. All methods may be called concurrently.
type Store interface {
	// Put stores what r yields until io.EOF, at most max bytes; max 0 admits
	// only an empty file. Called twice, it replaces the first file.
	Put(ctx context.Context, key string, r io.Reader, max int64) (Info, error)
	// Open gives the bytes and their number. The caller closes the reader, and
	// keeps ctx alive until then.
	Open(ctx context.Context, key string) (io.ReadCloser, int64, error)
	// Delete removes a file. Called twice, it does nothing.
	Delete(ctx context.Context, key string) error
	// Check reports whether files could be stored now; it is cheap enough for
	// a readiness probe.
	Check(ctx context.Context) error
}

// Info is what Put learned about the file.
type Info struct {
	Size   int64  // bytes
	SHA256 string // lower-case hex
}

// ErrKey is the error of a key that is not well formed.
var ErrKey = errors.New("blob: malformed key")

// keyForm has no dot on purpose: neither ".." nor a temporary file can be named.
var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}(/[a-z0-9][a-z0-9-]{0,63}){0,7}$`)

func checkKey(key string) error {
	if !keyForm.MatchString(key) {
		return ErrKey
	}
	return nil
}

// OpenURL makes a store from its address:
//
//	file:///var/lib/bihuan/files
//	s3://key:secret@host:port/bucket?insecure=1&region=cn-north-1
//
// In key and secret the characters / @ : ? # % are percent-encoded. insecure=1
// speaks HTTP instead of HTTPS; region is us-east-1 unless given. The folder of
// a file store is made if it is missing; a bucket is not, and S3 is not
// contacted before the first call. Errors never repeat the address, because it
// holds the secret.
func OpenURL(address string) (Store, error) {
	u, err := url.Parse(address)
	if err != nil { // its text quotes the address
		return nil, errors.New("blob: storage address is not a URL; are / @ : ? # % in the secret percent-encoded?")
	}
	switch u.Scheme {
	case "file":
		return openLocal(u)
	case "s3":
		return openS3(u)
	}
	return nil, errors.New("blob: storage address must begin with file:/// or s3://")
}

// meter passes a reader through, counts and hashes its bytes, ends it at the
// limit, and remembers what went wrong on this side, so that a store can tell
// a failing reader from its own failing storage.
type meter struct {
	ctx  context.Context
	r    io.Reader
	max  int64
	n    int64
	hash hash.Hash
	err  error // of the reader, the limit or the context; never io.EOF
}

func newMeter(ctx context.Context, r io.Reader, max int64) *meter {
	return &meter{ctx: ctx, r: r, max: max, hash: sha256.New()}
}

func (m *meter) Read(p []byte) (int, error) {
	if m.err == nil {
		m.err = m.ctx.Err()
	}
	if m.err != nil {
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	m.hash.Write(p[:n])
	switch {
	case m.n > m.max:
		m.err = TooLarge(m.max)
		return 0, m.err
	case err != nil && err != io.EOF:
		m.err = err
	}
	return n, err
}

func (m *meter) info() Info {
	return Info{Size: m.n, SHA256: hex.EncodeToString(m.hash.Sum(nil))}
}

// TooLarge is the refusal of what is larger than max bytes.
func TooLarge(max int64) error {
	return errs.New(errs.Limited, "文件超过 %s 的上限，请压缩或拆分后重新上传", sizeText(max)).With("maxBytes", max)
}

// sizeText writes a number of bytes the way Windows shows it: 1 MB = 1024 KB.
func sizeText(n int64) string {
	units := []string{"字节", "KB", "MB", "GB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + " " + units[i]
}

// Read is a small file as a whole, of at most max bytes.
func Read(ctx context.Context, s Store, key string, max int64) ([]byte, error) {
	r, size, err := s.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if size > max {
		return nil, TooLarge(max)
	}
	b, err := io.ReadAll(io.LimitReader(r, max))
	if err != nil {
		return nil, unavailable(err)
	}
	return b, nil
}

func missing(cause error) error {
	return errs.New(errs.NotFound, "文件不存在或已被删除").Because(cause)
}

func unavailable(cause error) error {
	return errs.New(errs.Unavailable, "文件存储暂时不可用，请稍后重试；仍不行请联系管理员").Because(cause)
}
