package files

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
)

// TestRanges: the same from storage that can go to a place and from one that
// only streams.
func TestRanges(t *testing.T) {
	t.Parallel()
	const text = "0123456789abcdef"
	a := &gen.Attachment{Name: "现场.pdf", ContentType: "application/pdf", Sha256: "beef"}
	for name, open := range map[string]func() io.Reader{
		"a disk":   func() io.Reader { return bytes.NewReader([]byte(text)) },
		"a stream": func() io.Reader { return io.MultiReader(bytes.NewReader([]byte(text))) },
	} {
		for _, c := range []struct {
			sentence string
			header   []string
			status   int
			body     string
		}{
			{"all of it", nil, 200, text},
			{"a part", []string{"Range", "bytes=4-7"}, 206, "4567"},
			{"the rest", []string{"Range", "bytes=10-"}, 206, "abcdef"},
			{"the end", []string{"Range", "bytes=-2"}, 206, "ef"},
			{"several parts are all of it", []string{"Range", "bytes=8-9,0-1"}, 200, text},
			{"what is not there", []string{"Range", "bytes=99-"}, 416, "invalid range: failed to overlap\n"},
			{"the same file goes on", []string{"Range", "bytes=14-", "If-Range", `"beef"`}, 206, "ef"},
			{"another file begins anew", []string{"Range", "bytes=14-", "If-Range", `"dead"`}, 200, text},
		} {
			r, w := httptest.NewRequest(http.MethodGet, "/files/x", nil), httptest.NewRecorder()
			for i := 0; i < len(c.header); i += 2 {
				r.Header.Set(c.header[i], c.header[i+1])
			}
			serve(w, r, a, open(), int64(len(text)))
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("%s from %s: %d %q", c.sentence, name, w.Code, w.Body)
			}
		}
	}
	t.Run("a link shows what a browser shows safely, in other pages too", func(t *testing.T) {
		for _, c := range []struct{ typ, address, want string }{
			{"application/pdf", "/files/x?link=y", "inline"}, {"image/png", "/files/x?link=y", "inline"}, {"image/png", "/files/x", "attachment"},
			{"video/quicktime", "/files/x?link=y", "inline"}, {"image/heic", "/files/x?link=y", "attachment"},
			{"application/msword", "/files/x?link=y", "attachment"}, {"text/plain; charset=utf-8", "/files/x?link=y", "attachment"},
		} {
			w := httptest.NewRecorder()
			serve(w, httptest.NewRequest(http.MethodGet, c.address, nil), &gen.Attachment{Name: "a", ContentType: c.typ}, bytes.NewReader(nil), 0)
			if got := w.Header().Get("Content-Disposition"); got != c.want+"; filename=a" {
				t.Errorf("%s at %s: %s", c.typ, c.address, got)
			}
		}
	})
}
