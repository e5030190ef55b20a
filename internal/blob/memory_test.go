package blob

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

const asServer = "BLOB_TEST_AS_S3_SERVER"

// TestMain lets this program be the S3 server of another run of itself: the
// server keeps files in memory, which must not count as the store's.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	fmt.Println(httptest.NewServer(s3Handler()).URL)
	io.Copy(io.Discard, os.Stdin) // ends when the other run does
}

// s3Elsewhere is a store on a server in a process of its own.
func s3Elsewhere(t *testing.T) Store {
	t.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), asServer+"=1")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); server.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return openAt(t, strings.TrimSpace(url))
}

// TestMemory counts everything allocated during an upload and a download of
// 100 MB, so it bounds the peak whatever the collector does.
func TestMemory(t *testing.T) {
	const size, allowed = 100 * mib, 8 * mib
	stores := map[string]func(*testing.T) Store{
		"local": func(t *testing.T) Store { return localBench(t) },
		"s3":    s3Elsewhere,
	}
	for name, open := range stores {
		t.Run("100 MB are streamed with little memory, "+name, func(t *testing.T) {
			store := open(t)
			put(t, store, keyB, 1, 1) // connections
			want := newHashing()
			io.Copy(want, noise(7, size))

			var info Info
			up := allocated(func() { info = put(t, store, keyA, 7, size) })
			if info != (Info{size, hex.EncodeToString(want.Sum(nil))}) {
				t.Fatalf("%+v", info)
			}
			got := newHashing()
			down := allocated(func() {
				r, _, err := store.Open(t.Context(), keyA)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				if _, err := io.Copy(got, r); err != nil {
					t.Fatal(err)
				}
			})
			if got.n != size || hex.EncodeToString(got.Sum(nil)) != info.SHA256 {
				t.Fatal("other bytes came back")
			}
			t.Logf("allocated: up %.2f MB, down %.2f MB", float64(up)/mib, float64(down)/mib)
			if up > allowed || down > allowed {
				t.Fatalf("more than %d MB", allowed/mib)
			}
		})
	}
}

// allocated is how many bytes do allocates, freed ones included.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
