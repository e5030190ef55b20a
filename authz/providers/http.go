package providers

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/bihuan/bihuan/internal/errs"
)

// The cookie that binds a visit to its browser. It is sent along when the
// provider sends the browser back, so it is Lax where the session's are Strict.
const cookieName = "bihuan-visit"

// Cookie is its name; plain: development, without TLS.
func Cookie(plain bool) string {
	if plain {
		return cookieName
	}
	return "__Host-" + cookieName
}

// Handler sends browsers to a provider (GET /oidc/start?committee=) and takes them
// back (GET /oidc/callback). Whatever happens, they end at the sign-in page.
type Handler struct {
	Service *Service
	Plain   bool
	Log     *slog.Logger
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	q := r.URL.Query()
	if r.URL.Path == "/oidc/start" {
		to, cookie, err := h.Service.Begin(r.Context(), q.Get("committee"))
		if err != nil {
			h.back(w, r, q.Get("committee"), err)
			return
		}
		h.keep(w, cookie)
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	err := errStale
	c, none := r.Cookie(Cookie(h.Plain))
	switch {
	case none != nil:
	case q.Get("code") == "": // refused there, or never there
		err = errs.New(errs.Unauthenticated, "%s", errWrong.Message)
	default:
		if bad := h.Service.Returned(r.Context(), c.Value, q.Get("state"), q.Get("code")); bad != nil {
			h.back(w, r, "", bad)
			return
		}
		http.Redirect(w, r, "/sign-in?visit=returned", http.StatusSeeOther)
		return
	}
	h.back(w, r, "", err)
}

func (h *Handler) keep(w http.ResponseWriter, value string) {
	http.SetCookie(w, &http.Cookie{Name: Cookie(h.Plain), Value: value, Path: "/", HttpOnly: true, Secure: !h.Plain, SameSite: http.SameSiteLaxMode, MaxAge: int(visitLife.Seconds())})
}

// back ends a visit that has failed. The page is told the kind of failure and
// has the sentence itself: an address can be made by anybody.
func (h *Handler) back(w http.ResponseWriter, r *http.Request, committee string, err error) {
	kind := "failed"
	if e, ok := errs.As(err); ok {
		kind = map[errs.Code]string{errs.NotFound: "none", errs.Unavailable: "away", errs.Unauthenticated: "refused"}[e.Code]
	}
	if kind == "" {
		kind = "failed"
	}
	if h.Log != nil {
		h.Log.Warn("a visit to a provider of identities failed", "kind", kind, "error", err)
	}
	to := url.Values{"visit": {kind}}
	if committee != "" {
		to.Set("committee", committee)
	}
	http.Redirect(w, r, "/sign-in?"+to.Encode(), http.StatusSeeOther)
}
