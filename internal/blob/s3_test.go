package blob

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"github.com/bihuan/bihuan/internal/errs"
)

const bucket = "bihuan-files"

// s3Handler is a server that speaks the S3 protocol and keeps the bucket in memory.
func s3Handler() http.Handler {
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		panic(err)
	}
	return gofakes3.New(backend).Server()
}

// openAt opens the bucket of a server in this machine.
func openAt(t *testing.T, server string) *s3 {
	t.Helper()
	store, err := OpenURL("s3://the-key:the%2Fsecret@" + strings.TrimPrefix(server, "http://") + "/" + bucket + "?insecure=1&region=cn-north-1")
	if err != nil {
		t.Fatal(err)
	}
	return store.(*s3)
}

// benchAt is a bench on a server whose requests pass through front.
func benchAt(t *testing.T, front func(http.Handler) http.Handler) bench {
	server := httptest.NewServer(front(s3Handler()))
	t.Cleanup(server.Close)
	store := openAt(t, server.URL)
	return bench{
		Store: store,
		left:  func(t *testing.T) []string { return s3Left(t, store) },
		fail:  func(*testing.T) { server.Close() },
	}
}

func s3Bench(t *testing.T) bench {
	return benchAt(t, func(next http.Handler) http.Handler { return digests(t, next) })
}

// s3Left lists objects and unfinished multipart uploads.
func s3Left(t *testing.T, s *s3) (names []string) {
	t.Helper()
	for object := range s.core.Client.ListObjects(t.Context(), s.bucket, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			t.Fatal(object.Err)
		}
		names = append(names, object.Key)
	}
	uploads, err := s.core.ListMultipartUploads(t.Context(), s.bucket, "", "", "", "", 100)
	if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload { // gofakes3, if there never was one
		t.Fatal(err)
	}
	for _, upload := range uploads.Uploads {
		names = append(names, "unfinished "+upload.Key)
	}
	return names
}

// digests does what gofakes3 does not: it compares the digest a request
// carries with its body, and looks for the signature and the region.
func digests(t *testing.T, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "Credential=the-key/") || !strings.Contains(auth, "/cn-north-1/s3/") {
			t.Errorf("signed as %q", auth)
		}
		if r.Method == http.MethodPut {
			body, err := io.ReadAll(r.Body)
			if err == nil && r.Header.Get("X-Amz-Content-Sha256") != digest(body) {
				t.Errorf("%s %s: digest does not fit the body", r.Method, r.URL)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		next.ServeHTTP(w, r)
	})
}

// refusing answers requests for which it is told to with an S3 error.
func refusing(code string, status int, which func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !which(r) {
				next.ServeHTTP(w, r)
				return
			}
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>refused by the test</Message></Error>", code)
		})
	}
}

func part(n string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == n }
}

func complete(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

func TestS3(t *testing.T) {
	for step, which := range map[string]func(*http.Request) bool{"the second part": part("2"), "the completion": complete} {
		t.Run("leaves nothing behind when the storage refuses "+step, func(t *testing.T) {
			b := benchAt(t, refusing("AccessDenied", http.StatusForbidden, which))
			_, err := b.Put(t.Context(), keyA, noise(1, twoAndABit), twoAndABit)
			mustBe(t, err, errs.Unavailable)
			mustLeave(t, b)
		})
	}
	t.Run("a completion that fails after answering 200 has failed", func(t *testing.T) {
		b := benchAt(t, refusing("InvalidPart", http.StatusOK, complete))
		_, err := b.Put(t.Context(), keyA, noise(1, twoAndABit), twoAndABit)
		mustBe(t, err, errs.Unavailable)
		mustLeave(t, b)
	})
	t.Run("a part that the storage is too busy for is sent again", func(t *testing.T) {
		var tried atomic.Int32
		b := benchAt(t, refusing("SlowDown", http.StatusServiceUnavailable, func(r *http.Request) bool {
			return part("2")(r) && tried.Add(1) < 3
		}))
		put(t, b, keyA, 1, twoAndABit)
		mustHold(t, b, keyA, bytesOf(t, noise(1, twoAndABit)))
	})
	t.Run("an upload that cannot be aborted says so in the error", func(t *testing.T) {
		b := benchAt(t, refusing("AccessDenied", http.StatusForbidden, func(r *http.Request) bool { return r.Method == http.MethodDelete }))
		err := readerFails(errCable)(t.Context(), b, keyA, twoAndABit)
		if !is(errCable)(err) || !strings.Contains(err.Error(), "not aborted") {
			t.Fatal(err)
		}
		mustLeave(t, b, "unfinished "+keyA)
	})
	t.Run("a server without the bucket is UNAVAILABLE", func(t *testing.T) {
		server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
		defer server.Close()
		store := openAt(t, server.URL)
		mustBe(t, store.Check(t.Context()), errs.Unavailable)
		_, err := store.Put(t.Context(), keyA, noise(1, 1), 1)
		mustBe(t, err, errs.Unavailable)
		_, _, err = store.Open(t.Context(), keyA)
		mustBe(t, err, errs.Unavailable)
	})
	t.Run("a download that breaks off is an error, not a shorter file", func(t *testing.T) {
		b := benchAt(t, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, keyA) {
					w.Header().Set("Content-Length", "1000")
					w.Header().Set("Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT")
					w.Write(make([]byte, 10))
					return
				}
				next.ServeHTTP(w, r)
			})
		})
		r, size, err := b.Open(t.Context(), keyA)
		if err != nil || size != 1000 {
			t.Fatal(size, err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err == nil {
			t.Fatalf("%d bytes and no error", len(got))
		}
	})
}
