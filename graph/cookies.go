package graph

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// A browser of the same origin may hold its tokens in cookies that no script
// reads (ADR 34). A cookie is sent by the browser and not by the page, so it
// counts only where the page that sends the request is of this origin; another
// origin works by Authorization, which a browser never adds by itself.

// The cookies' names. Browsers keep one named __Host- only when it came over
// TLS, for this host alone; in development there is no TLS.
const (
	accessCookie  = "bihuan"
	refreshCookie = "bihuan-refresh"
	hostPrefix    = "__Host-"
)

// csrfHeader is for uploads by cookie: a form of another page can send
// multipart/form-data, and no header of its own.
const csrfHeader = "X-Bihuan-Csrf"

// jar is what a request brought in cookies, and what its answer sets.
type jar struct {
	plain   bool // development: without TLS
	own     bool // sent by a page of this origin
	access  string
	refresh string
	visit   string // to a provider of identities
	set     []*http.Cookie
}

type jarKey struct{}

func jarOf(ctx context.Context) *jar {
	if j, ok := ctx.Value(jarKey{}).(*jar); ok {
		return j
	}
	return &jar{}
}

// HasCookie reports whether a request brings a sign-in in a cookie, of
// development or not.
func HasCookie(req *http.Request) bool {
	return slices.ContainsFunc(req.Cookies(), func(c *http.Cookie) bool {
		return slices.Contains([]string{accessCookie, refreshCookie, hostPrefix + accessCookie, hostPrefix + refreshCookie}, c.Name)
	})
}

// SetCookies writes what the operation has set into its answer's header.
func SetCookies(ctx context.Context, w http.ResponseWriter) {
	for _, c := range jarOf(ctx).set {
		http.SetCookie(w, c)
	}
}

func (r *Resolver) jar(req *http.Request) *jar {
	j := &jar{plain: r.PlainCookies, own: ownPage(req)}
	if c, err := req.Cookie(providers.Cookie(j.plain)); err == nil {
		j.visit = c.Value
	}
	if req.Header.Get("Authorization") != "" { // a token that the page gives goes before
		return j
	}
	for name, into := range map[string]*string{accessCookie: &j.access, refreshCookie: &j.refresh} {
		if c, err := req.Cookie(j.name(name)); err == nil {
			*into = c.Value
		}
	}
	return j
}

func (j *jar) name(of string) string {
	if j.plain {
		return of
	}
	return hostPrefix + of
}

// ownPage reports whether a page of this origin sends the request. Browsers say
// so in Sec-Fetch-Site, without TLS only in Origin; reading needs neither, where
// a person typed the address or no browser asks. What changes something must
// not be what a form of another page can send.
func ownPage(req *http.Request) bool {
	reading := req.Method == http.MethodGet || req.Method == http.MethodHead
	if !reading && simple(req) && req.Header.Get(csrfHeader) == "" {
		return false
	}
	switch site, origin := req.Header.Get("Sec-Fetch-Site"), req.Header.Get("Origin"); {
	case site != "":
		return site == "same-origin" || reading && site == "none"
	case origin != "":
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && u.Host == req.Host
	}
	return reading
}

// simple reports whether a form of any page could send the body.
func simple(req *http.Request) bool {
	typ, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	return err != nil || slices.Contains([]string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}, typ)
}

// errForeign answers a cookie that counts for nothing.
func errForeign() error {
	return errs.New(errs.NotAllowed, "Cookie 登录只限同一网址下的网页使用（上传文件要带请求头 %s）；其他网址的程序请用 Authorization", csrfHeader)
}

// keep sets both tokens, the first one empty where no committee is chosen yet.
// They end with the browser: offices share machines.
func (j *jar) keep(access, refresh string) {
	j.put(accessCookie, access)
	j.put(refreshCookie, refresh)
}

func (j *jar) put(name, value string) {
	c := &http.Cookie{Name: j.name(name), Value: value, Path: "/", HttpOnly: true, Secure: !j.plain, SameSite: http.SameSiteStrictMode}
	if value == "" {
		c.MaxAge = -1
	}
	j.set = append(slices.DeleteFunc(j.set, func(old *http.Cookie) bool { return old.Name == c.Name }), c)
}

// visited takes the cookie of a visit back.
func (j *jar) visited() {
	j.set = append(j.set, &http.Cookie{Name: providers.Cookie(j.plain), Path: "/", HttpOnly: true, Secure: !j.plain, SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

// forget takes the cookies back, where there were any.
func (j *jar) forget() {
	if j.access != "" || j.refresh != "" {
		j.keep("", "")
	}
}

// spend is the refresh token to use: the one that was given, or the cookie's;
// then the answer goes into cookies too.
func (j *jar) spend(given *string) (token string, cookie bool, err error) {
	switch {
	case given != nil:
		return *given, false, nil
	case j.refresh == "":
		return "", false, errs.New(errs.Invalid, "请给出 refreshToken；用 Cookie 登录的网页不必给出，但会话要还在").At("refreshToken")
	case !j.own:
		return "", false, errForeign()
	}
	return j.refresh, true, nil
}

// kept answers with tokens, or puts them into cookies and says until when.
func (j *jar) kept(t accounts.Tokens, cookie bool) (*model.Tokens, *model.CookieSession) {
	if !cookie {
		return tokens(t), nil
	}
	j.keep(t.Access, t.Refresh)
	return nil, &model.CookieSession{MembershipID: t.Membership, AccessExpiresAt: t.AccessExpires}
}

// renewed is the payload of who has spent a refresh token.
func (r *Resolver) renewed(ctx context.Context, given *string, use func(token string) (accounts.Tokens, error)) (*model.TokensPayload, error) {
	j := jarOf(ctx)
	token, cookie, err := j.spend(given)
	if err != nil {
		bad, err := shown(err)
		return &model.TokensPayload{UserErrors: bad}, err
	}
	t, err := use(token)
	if err != nil {
		if e, ok := errs.As(err); ok && e.Code == errs.Unauthenticated && cookie {
			j.forget()
		}
		bad, err := shown(err)
		return &model.TokensPayload{UserErrors: bad}, err
	}
	out := &model.TokensPayload{UserErrors: []*model.UserError{}}
	out.Tokens, out.Cookie = j.kept(t, cookie)
	return out, nil
}
