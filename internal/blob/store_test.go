package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/bihuan/bihuan/internal/errs"
)

const (
	keyA = "018f6e2a-7b1c-7d3e-8f00-000000000001/018f6e2a-7b1c-7d3e-8f00-00000000000a"
	keyB = "018f6e2a-7b1c-7d3e-8f00-000000000001/018f6e2a-7b1c-7d3e-8f00-00000000000b"

	mib = 1 << 20
	// twoAndABit is two full parts and a short one.
	twoAndABit = 2*partSize + 12345
)

// bench is a store and a look behind it.
type bench struct {
	Store
	// left lists what lies in the storage, temporary things included.
	left func(t *testing.T) []string
	// fail takes the storage away.
	fail func(t *testing.T)
}

var benches = map[string]func(*testing.T) bench{"local": localBench, "s3": s3Bench}

// onBoth runs one sentence of the contract against both stores.
func onBoth(t *testing.T, sentence string, check func(*testing.T, bench)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		for name, open := range benches {
			t.Run(name, func(t *testing.T) { check(t, open(t)) })
		}
	})
}

// noise yields n bytes that depend on the seed, without keeping them.
func noise(seed uint64, n int64) io.Reader {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	return io.LimitReader(rand.NewChaCha8(key), n)
}

func bytesOf(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, s Store, key string, seed uint64, n int64) Info {
	t.Helper()
	info, err := s.Put(t.Context(), key, noise(seed, n), n)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// mustHold fails unless key holds exactly want.
func mustHold(t *testing.T, s Store, key string, want []byte) {
	t.Helper()
	r, size, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := bytesOf(t, r); !bytes.Equal(got, want) || size != int64(len(want)) {
		t.Fatalf("opened %d bytes, told %d, want the %d that were put", len(got), size, len(want))
	}
}

func mustLeave(t *testing.T, b bench, want ...string) {
	t.Helper()
	if got := b.left(t); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("in the storage: %q, want %q", got, want)
	}
}

func mustBe(t *testing.T, err error, code errs.Code) {
	t.Helper()
	if !errs.Is(err, code) {
		t.Fatalf("error %v, want %s", err, code)
	}
}

func TestKeeping(t *testing.T) {
	onBoth(t, "what was put is what is opened: same bytes, same size, and Info tells that size and the SHA-256", func(t *testing.T, b bench) {
		for _, n := range []int64{1, 4095, partSize - 1, partSize, partSize + 1, 2 * partSize, twoAndABit} {
			data := bytesOf(t, noise(uint64(n), n))
			// Half of what was asked for, and the end together with the last bytes.
			info, err := b.Put(t.Context(), keyA, iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(data))), n)
			if err != nil {
				t.Fatal(n, err)
			}
			if want := (Info{n, digest(data)}); info != want {
				t.Fatalf("Info %+v, want %+v", info, want)
			}
			mustHold(t, b, keyA, data)
			mustLeave(t, b, keyA)
		}
	})
	onBoth(t, "an empty file can be stored", func(t *testing.T, b bench) {
		info, err := b.Put(t.Context(), keyA, strings.NewReader(""), 0)
		if err != nil || info != (Info{0, digest(nil)}) {
			t.Fatal(info, err)
		}
		mustHold(t, b, keyA, nil)
	})
	onBoth(t, "a second Put replaces the file of the first as a whole", func(t *testing.T, b bench) {
		put(t, b, keyA, 1, twoAndABit)
		put(t, b, keyA, 2, 10)
		mustHold(t, b, keyA, bytesOf(t, noise(2, 10)))
		mustLeave(t, b, keyA)
	})
	onBoth(t, "all methods may be called concurrently", func(t *testing.T, b bench) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := b.Put(t.Context(), keyA, noise(uint64(i%2), partSize+7), partSize+7); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		mustLeave(t, b, keyA)
		r, _, err := b.Open(t.Context(), keyA)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got := bytesOf(t, r)
		if !bytes.Equal(got, bytesOf(t, noise(0, partSize+7))) && !bytes.Equal(got, bytesOf(t, noise(1, partSize+7))) {
			t.Fatal("the file is a mixture of two")
		}
	})
}

func TestOpeningAndDeleting(t *testing.T) {
	onBoth(t, "opening what does not exist is NOT_FOUND", func(t *testing.T, b bench) {
		put(t, b, keyA, 1, 10)
		folder, _, _ := strings.Cut(keyA, "/")
		for _, key := range []string{keyB, folder, keyA + "/deeper"} {
			_, _, err := b.Open(t.Context(), key)
			mustBe(t, err, errs.NotFound)
		}
	})
	onBoth(t, "deleting succeeds also when there is nothing to delete", func(t *testing.T, b bench) {
		put(t, b, keyA, 1, 10)
		put(t, b, keyB, 2, 10)
		folder, _, _ := strings.Cut(keyA, "/")
		for _, key := range []string{keyA, keyA, folder, keyB + "/deeper"} {
			if err := b.Delete(t.Context(), key); err != nil {
				t.Fatal(key, err)
			}
		}
		_, _, err := b.Open(t.Context(), keyA)
		mustBe(t, err, errs.NotFound)
		mustLeave(t, b, keyB)
	})
	onBoth(t, "storage that is down is UNAVAILABLE, and Check tells so", func(t *testing.T, b bench) {
		put(t, b, keyA, 1, 10)
		if err := b.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		mustLeave(t, b, keyA) // Check stores nothing
		b.fail(t)
		mustBe(t, b.Check(t.Context()), errs.Unavailable)
		_, err := b.Put(t.Context(), keyB, noise(1, 10), 10)
		mustBe(t, err, errs.Unavailable)
		_, _, err = b.Open(t.Context(), keyA)
		mustBe(t, err, errs.Unavailable)
		mustBe(t, b.Delete(t.Context(), keyA), errs.Unavailable)
	})
	onBoth(t, "a malformed key is ErrKey for every method", func(t *testing.T, b bench) {
		for _, key := range []string{
			"", "/", "/etc/passwd", "a/", "/a", "a//b", ".", "..", "../a", "a/../b", "a/..", "a/.put-x", "a.b", "A", "a_b", "-a",
			`a\b`, "a b", "a\x00", "a\n", "文件", "%2e%2e/a", strings.Repeat("a", 65), strings.Repeat("a/", 8) + "a",
		} {
			_, err := b.Put(t.Context(), key, noise(1, 1), 1)
			_, _, err2 := b.Open(t.Context(), key)
			for _, err := range []error{err, err2, b.Delete(t.Context(), key)} {
				if !errors.Is(err, ErrKey) {
					t.Errorf("key %q: error %v, want ErrKey", key, err)
				}
			}
		}
		mustLeave(t, b)
	})
}

// failing is a way to break a Put of n bytes, and the proof that it broke for that reason.
type failing struct {
	how   string
	put   func(ctx context.Context, s Store, key string, n int64) error
	wants func(error) bool
}

var errCable = errors.New("somebody pulled the cable")

func readerFails(with error) func(context.Context, Store, string, int64) error {
	return func(ctx context.Context, s Store, key string, n int64) error {
		_, err := s.Put(ctx, key, io.MultiReader(noise(9, n), iotest.ErrReader(with)), 100*mib)
		return err
	}
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }

var failures = []failing{
	{"the file is over the limit", func(ctx context.Context, s Store, key string, n int64) error {
		_, err := s.Put(ctx, key, noise(9, n), n-1)
		return err
	}, func(err error) bool { return errs.Is(err, errs.Limited) }},
	{"the file never ends", func(ctx context.Context, s Store, key string, n int64) error {
		_, err := s.Put(ctx, key, rand.NewChaCha8([32]byte{}), n)
		return err
	}, func(err error) bool { return errs.Is(err, errs.Limited) }},
	{"the reader fails, and its error comes back", readerFails(errCable), is(errCable)},
	{"the reader ends with io.ErrUnexpectedEOF", readerFails(io.ErrUnexpectedEOF), is(io.ErrUnexpectedEOF)},
	{"the context ends", func(ctx context.Context, s Store, key string, n int64) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		end := readerFunc(func([]byte) (int, error) { cancel(); return 0, nil })
		_, err := s.Put(ctx, key, io.MultiReader(noise(9, n), end), 100*mib)
		return err
	}, is(context.Canceled)},
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestFailing(t *testing.T) {
	sizes := []int64{1, partSize, twoAndABit} // before the first part, at its end, in the third
	for _, f := range failures {
		onBoth(t, "leaves nothing behind when "+f.how, func(t *testing.T, b bench) {
			for _, n := range sizes {
				if err := f.put(t.Context(), b, keyA, n); !f.wants(err) {
					t.Fatalf("%d bytes: error %v", n, err)
				}
				mustLeave(t, b)
			}
		})
		onBoth(t, "leaves the first file as it was when "+f.how, func(t *testing.T, b bench) {
			put(t, b, keyA, 1, 1000)
			for _, n := range sizes {
				if err := f.put(t.Context(), b, keyA, n); !f.wants(err) {
					t.Fatalf("%d bytes: error %v", n, err)
				}
			}
			mustHold(t, b, keyA, bytesOf(t, noise(1, 1000)))
			mustLeave(t, b, keyA)
		})
	}
	onBoth(t, "a file of exactly the limit is accepted, one byte more is LIMIT_EXCEEDED and says the limit", func(t *testing.T, b bench) {
		put(t, b, keyA, 1, 20*mib)
		_, err := b.Put(t.Context(), keyB, noise(1, 20*mib+1), 20*mib)
		shown, ok := errs.As(err)
		if !ok || shown.Code != errs.Limited || shown.Details["maxBytes"] != int64(20*mib) || !strings.Contains(shown.Message, "超过 20 MB 的上限") {
			t.Fatalf("error %v", err)
		}
		mustLeave(t, b, keyA)
	})
}

func TestSizeText(t *testing.T) {
	for n, want := range map[int64]string{0: "0 字节", 1023: "1023 字节", 1536: "1.5 KB", 20 * mib: "20 MB", 5 << 40: "5120 GB"} {
		if got := sizeText(n); got != want {
			t.Errorf("sizeText(%d) = %q, want %q", n, got, want)
		}
	}
}

// hashing counts and hashes what is written to it.
type hashing struct {
	hash.Hash
	n int64
}

func newHashing() *hashing { return &hashing{Hash: sha256.New()} }

func (h *hashing) Write(p []byte) (int, error) {
	h.n += int64(len(p))
	return h.Hash.Write(p)
}
