package httpd

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
)

// call sends a request without the transport's own wish for compression.
func call(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Transport{DisableCompression: true}).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func TestSharedOrigins(t *testing.T) {
	t.Parallel()
	const console = "https://console.example.cn"
	with, _ := start(t, Options{AllowedOrigins: []string{console}, MaxInFlight: 1}, routes())
	without, _ := start(t, Options{}, routes())
	t.Run("by default no other origin reads an answer", func(t *testing.T) {
		if h := call(t, "GET", without+"/things/1", "Origin", console).Header; h.Get("Access-Control-Allow-Origin") != "" {
			t.Error(h)
		}
	})
	t.Run("an allowed origin asks before and reads, without credentials", func(t *testing.T) {
		resp := call(t, "OPTIONS", with+"/things/1", "Origin", console, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type")
		if h := resp.Header; resp.StatusCode != 204 || h.Get("Access-Control-Allow-Origin") != console || h.Get("Access-Control-Allow-Credentials") != "" ||
			h.Get("Access-Control-Allow-Headers") != "authorization,content-type" || h.Get("Access-Control-Allow-Methods") != "POST" {
			t.Error(resp.StatusCode, h)
		}
		h := call(t, "GET", with+"/things/1", "Origin", console).Header
		if h.Get("Access-Control-Allow-Origin") != console || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "X-Request-Id") || !strings.Contains(h.Get("Vary"), "Origin") {
			t.Error(h)
		}
	})
	t.Run("it reads errors too", func(t *testing.T) {
		for _, path := range []string{"/panic", "/nowhere"} {
			if h := call(t, "GET", with+path, "Origin", console).Header; h.Get("Access-Control-Allow-Origin") != console {
				t.Error(path, h)
			}
		}
	})
	t.Run("another origin gets nothing", func(t *testing.T) {
		for _, other := range []string{"https://evil.example", "http://console.example.cn", "https://console.example.cn.evil.example", "null"} {
			for _, method := range []string{"GET", "OPTIONS"} {
				if h := call(t, method, with+"/things/1", "Origin", other, "Access-Control-Request-Method", "POST").Header; h.Get("Access-Control-Allow-Origin") != "" {
					t.Error(method, other, h)
				}
			}
		}
	})
	t.Run("what is no origin is an error at the start", func(t *testing.T) {
		for _, bad := range []string{"*", "https://*.example.cn", "console.example.cn", "https://console.example.cn/", "https://Console.example.cn", "ftp://x", "https://", "null", ""} {
			if CheckOrigins([]string{console, bad}) == nil {
				t.Error(bad)
			}
		}
		if err := CheckOrigins([]string{console, "http://localhost:5173"}); err != nil {
			t.Error(err)
		}
	})
}

func TestCompression(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`{"title":"关于加装电梯的提案"}`, 500)
	mux := http.NewServeMux()
	answer := func(typ, body string) http.Handler {
		return Compressed(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", typ)
			_, _ = io.WriteString(w, body)
		}))
	}
	mux.Handle("/long", answer("application/graphql-response+json; charset=utf-8", long))
	mux.Handle("/short", answer("application/json", `{}`))
	mux.Handle("/picture", answer("image/png", long))
	mux.Handle("/panics", Compressed(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") })))
	mux.Handle("/events", Compressed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-r.Context().Done()
	})))
	url, _ := start(t, Options{}, mux)
	t.Run("a long answer is compressed for who asks, and says what it depends on", func(t *testing.T) {
		resp := call(t, "GET", url+"/long", "Accept-Encoding", "gzip")
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			t.Fatal(err, resp.Header)
		}
		if b, err := io.ReadAll(z); err != nil || string(b) != long || !strings.Contains(resp.Header.Get("Vary"), "Accept-Encoding") {
			t.Error(err, resp.Header)
		}
	})
	t.Run("nothing else is", func(t *testing.T) {
		for path, wish := range map[string]string{"/long": "identity", "/short": "gzip", "/picture": "gzip"} {
			resp := call(t, "GET", url+path, "Accept-Encoding", wish)
			if b, err := io.ReadAll(resp.Body); err != nil || resp.Header.Get("Content-Encoding") != "" || len(b) == 0 {
				t.Error(path, err, resp.Header)
			}
		}
	})
	t.Run("events leave at once", func(t *testing.T) {
		if h := call(t, "GET", url+"/events", "Accept-Encoding", "gzip", "Accept", "text/event-stream").Header; h.Get("Content-Type") != "text/event-stream" || h.Get("Content-Encoding") != "" {
			t.Error(h)
		}
	})
	t.Run("a panic is still answered", func(t *testing.T) {
		resp := call(t, "GET", url+"/panics", "Accept-Encoding", "gzip")
		if b, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 500 || !strings.Contains(string(b), "INTERNAL") {
			t.Error(resp.StatusCode, err, string(b))
		}
	})
}
