package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// The pattern finds dist.missing.html, which is committed, and dist, which is
// built: a pattern that finds nothing does not compile.
//
//go:embed all:dist*
var built embed.FS

// policy lets the page run what came with it. Images from data: are those in
// the style sheets of the component libraries; blob: is a picture that was just
// chosen and is shown before it is sent.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; " +
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Console is the console as it was built into the binary.
func Console() http.Handler { return console(built) }

// Documents are the console's GraphQL documents as its build has listed them,
// none without a build.
func Documents() fs.FS {
	if sub, err := fs.Sub(built, "dist/documents"); err == nil {
		if _, err := fs.Stat(sub, "."); err == nil {
			return sub
		}
	}
	return embed.FS{}
}

// file is one file of the build, ready to be sent.
type file struct {
	typ, tag      string
	plain, zipped []byte // zipped: nil where compressing was not worth it
}

func console(from fs.FS) http.Handler {
	files := load(from)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			httpd.MethodNotAllowed(w, r, "GET, HEAD") // who has this path for another method has said so before
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		f, found := files[name]
		if !found || name == "" {
			if !navigation(r) {
				none(w, r)
				return
			}
			f, found = files["index.html"], false
		}
		f.send(w, r, found && strings.HasPrefix(name, "assets/"))
	})
}

func none(w http.ResponseWriter, r *http.Request) {
	httpd.Error(w, r, http.StatusNotFound, errs.New(errs.NotFound, "没有这个网址"))
}

// navigation reports whether a person wants a page: a browser that follows a
// link asks for HTML, a program or a script does not.
func navigation(r *http.Request) bool {
	return r.URL.Path == "/" || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// load reads the build once. Without one, the page says what to do.
func load(from fs.FS) map[string]file {
	files := map[string]file{}
	_ = fs.WalkDir(from, "dist", func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(at, ".gz") {
			return nil
		}
		files[strings.TrimPrefix(at, "dist/")] = read(from, at)
		return nil
	})
	if _, there := files["index.html"]; !there {
		files["index.html"] = read(from, "dist.missing.html")
	}
	return files
}

func read(from fs.FS, at string) file {
	plain, err := fs.ReadFile(from, at)
	if err != nil {
		panic(err) // compiled in, so it can be read
	}
	zipped, _ := fs.ReadFile(from, at+".gz") // small files have none
	sum := sha256.Sum256(plain)
	typ := mime.TypeByExtension(path.Ext(at))
	if path.Ext(at) == ".js" {
		typ = "text/javascript; charset=utf-8" // some systems' tables say otherwise
	}
	return file{typ: typ, tag: `"` + hex.EncodeToString(sum[:12]) + `"`, plain: plain, zipped: zipped}
}

func (f file) send(w http.ResponseWriter, r *http.Request, hashed bool) {
	h := w.Header()
	h.Set("Content-Type", f.typ)
	h.Set("Content-Security-Policy", policy)
	h.Set("Vary", "Accept-Encoding, Accept")
	h.Set("Cache-Control", "no-cache")
	if hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", f.tag)
	if r.Header.Get("If-None-Match") == f.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // a client that hung up needs no answer
}
