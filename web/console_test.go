package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func build() fstest.MapFS {
	return fstest.MapFS{
		"dist.missing.html":      {Data: []byte("make web")},
		"dist/index.html":        {Data: []byte("<!doctype html>page")},
		"dist/assets/a-1f.js":    {Data: []byte("plain")},
		"dist/assets/a-1f.js.gz": {Data: []byte("zipped")},
		"dist/assets/b-2f.css":   {Data: []byte("body{}")},
	}
}

func ask(t *testing.T, h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestConsole(t *testing.T) {
	h := console(build())
	const page = "text/html,application/xhtml+xml"
	t.Run("a navigation to any path is answered with the one page", func(t *testing.T) {
		for _, p := range []string{"/", "/find?q=停车", "/matters/0192", "/admin/units", "/assets/gone.js"} {
			w := ask(t, h, "GET", p, "Accept", page)
			if w.Code != 200 || !strings.Contains(w.Body.String(), "page") {
				t.Errorf("%s: %d %s", p, w.Code, w.Body)
			}
			if got := w.Header().Get("Cache-Control"); got != "no-cache" {
				t.Errorf("%s: kept %q; a new build would not be seen", p, got)
			}
		}
	})
	t.Run("a path that is neither a file nor a navigation does not exist", func(t *testing.T) {
		for _, w := range []*httptest.ResponseRecorder{
			ask(t, h, "GET", "/anything"), ask(t, h, "GET", "/assets/gone.js"),
			ask(t, h, "GET", "/assets/a-1f.js.gz"), ask(t, h, "GET", "/dist.missing.html"),
		} {
			if w.Code != 404 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		}
	})
	t.Run("nothing is sent here by another method than GET", func(t *testing.T) {
		if w := ask(t, h, "POST", "/", "Accept", page); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	})
	t.Run("a file below /assets/ may be kept for a year, and is sent as it was compressed", func(t *testing.T) {
		w := ask(t, h, "GET", "/assets/a-1f.js", "Accept-Encoding", "gzip, br")
		if w.Body.String() != "zipped" || w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		if w := ask(t, h, "GET", "/assets/a-1f.js"); w.Body.String() != "plain" || w.Header().Get("Content-Encoding") != "" {
			t.Errorf("who takes no gzip got %v %s", w.Header(), w.Body)
		}
		if w := ask(t, h, "GET", "/assets/b-2f.css", "Accept-Encoding", "gzip"); w.Body.String() != "body{}" || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
			t.Errorf("%v %s", w.Header(), w.Body)
		}
		tag := ask(t, h, "GET", "/").Header().Get("ETag")
		if w := ask(t, h, "GET", "/", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
			t.Errorf("the page that the browser has was sent again: %d", w.Code)
		}
	})
	t.Run("the page runs its own scripts and styles only", func(t *testing.T) {
		got := ask(t, h, "GET", "/").Header().Get("Content-Security-Policy")
		if strings.Contains(got, "unsafe") || strings.Contains(got, "http") || strings.Contains(got, "*") || !strings.Contains(got, "script-src 'self';") {
			t.Error(got)
		}
	})
	t.Run("a binary without the pages says how to build them", func(t *testing.T) {
		w := ask(t, console(fstest.MapFS{"dist.missing.html": {Data: []byte("make web")}}), "GET", "/", "Accept", page)
		if w.Code != 200 || !strings.Contains(w.Body.String(), "make web") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
