package httpd

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
)

// CheckOrigins reports an origin that is none: scheme, host and port only. A
// wildcard is none either, so that who may ask is always written down.
func CheckOrigins(origins []string) error {
	for _, o := range origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Contains(u.Host, "*") || o != u.Scheme+"://"+u.Host || o != strings.ToLower(o) {
			return fmt.Errorf("%q is not an origin such as https://console.example.cn", o)
		}
	}
	return nil
}

// shared lets pages of the given origins read the answers, errors included. It
// never allows credentials: cookies are for pages of this origin (ADR 34).
func shared(app http.Handler, origins []string) http.Handler {
	if len(origins) == 0 {
		return app
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"*"}, // without credentials a header gives no right that its sender has not
		ExposedHeaders: []string{"X-Request-Id", "Retry-After", "Content-Disposition", "Content-Range", "Accept-Ranges", "Www-Authenticate"},
		MaxAge:         600, // seconds
	}).Handler(app)
}

// smallest is the answer, in bytes, from which compressing is worth it: what
// fits into a packet or two.
const smallest = 1400

// compressible are the types that shrink. A stream of events is none of them:
// what is buffered comes late.
var compressible = []string{"application/json", "application/graphql-response+json", "text/csv", "text/plain", "text/html"}

var wrap = func() func(http.Handler) http.HandlerFunc {
	// The length of a compressed answer tells about its content. Who wants to
	// learn a secret by it must make somebody's browser ask again and again with
	// a text of his own beside the secret (BREACH); no other page can, since
	// cookies count for this origin only and tokens are sent by the page itself.
	// The jitter is for what nobody has thought of.
	w, err := gzhttp.NewWrapper(gzhttp.MinSize(smallest), gzhttp.ContentTypes(compressible), gzhttp.RandomJitter(32, 0, false), gzhttp.KeepAcceptRanges())
	if err != nil {
		panic(err) // a mistake in the line above
	}
	return w
}()

// Compressed is a handler whose larger answers are compressed for who asks for
// it. A request for events alone is passed through, so that each of them leaves
// at once.
func Compressed(h http.Handler) http.Handler {
	gz := wrap(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Equal(r.Header.Values("Accept"), []string{"text/event-stream"}) {
			h.ServeHTTP(w, r)
			return
		}
		gz.ServeHTTP(w, r)
	})
}
