package files

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/httpd"
)

// serve answers with the bytes, or the range of them that is asked for: a
// player begins in the middle, and a download that broke off goes on.
func serve(w http.ResponseWriter, r *http.Request, a *gen.Attachment, body io.Reader, size int64) {
	h := w.Header()
	h.Set("Content-Type", a.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	h.Set("ETag", `"`+a.Sha256+`"`)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition(r, a.ContentType), map[string]string{"filename": a.Name}))
	if r.URL.Query().Has(httpd.LinkParam) { // who has the link may show it in his page
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	if strings.Contains(r.Header.Get("Range"), ",") { // several at once: as if none were asked for (RFC 9110, 14.2)
		r.Header.Del("Range")
	}
	content, ok := body.(io.ReadSeeker)
	if !ok {
		content = &forward{r: body, size: size}
	}
	http.ServeContent(w, r, "", time.Time{}, content)
}

// disposition lets a browser show what it shows safely when it follows a link.
// Anything else, and anything fetched by a program, is a file to keep.
func disposition(r *http.Request, contentType string) string {
	shown := contentType == "application/pdf" || strings.HasPrefix(contentType, "image/") && contentType != "image/heic" || strings.HasPrefix(contentType, "video/")
	if shown && r.URL.Query().Has(httpd.LinkParam) {
		return "inline"
	}
	return "attachment"
}

// forward reads a stream from a later place by reading what is before it: a
// range of a file in remote storage costs its beginning once more, of 50 MB at
// most.
type forward struct {
	r        io.Reader
	size     int64
	at, want int64
}

func (f *forward) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.want
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return 0, errors.New("files: before the beginning")
	}
	f.want = offset
	return offset, nil
}

func (f *forward) Read(p []byte) (int, error) {
	if f.want < f.at {
		return 0, errors.New("files: a stream does not go back")
	}
	if n := f.want - f.at; n > 0 {
		skipped, err := io.CopyN(io.Discard, f.r, n)
		if f.at += skipped; err != nil {
			return 0, err
		}
	}
	n, err := f.r.Read(p)
	f.at += int64(n)
	f.want = f.at
	return n, err
}
