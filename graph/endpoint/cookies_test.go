package endpoint

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// browser is a client with a jar, as a page of one origin has.
type browser struct {
	t      *testing.T
	e      *env
	jar    *cookiejar.Jar
	header []string // that its page's requests carry
}

func newBrowser(t *testing.T, e *env) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	fatal(t, err)
	return &browser{t: t, e: e, jar: jar, header: []string{"Sec-Fetch-Site", "same-origin", "Accept", string(modern)}}
}

func (b *browser) site() *url.URL {
	u, err := url.Parse(b.e.url)
	fatal(b.t, err)
	return u
}

// cookies are what the browser would send.
func (b *browser) cookies() string {
	var out []string
	for _, c := range b.jar.Cookies(b.site()) {
		out = append(out, c.Name+"="+c.Value)
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func (b *browser) ask(document string, vars map[string]any, header ...string) *reply {
	b.t.Helper()
	r := b.e.send(b.t, request{body: body(b.t, document, vars), header: slices.Concat(b.header, []string{"Cookie", b.cookies()}, header)})
	resp := http.Response{Header: r.header}
	b.jar.SetCookies(b.site(), resp.Cookies())
	return r
}

const signInByCookie = `mutation { signIn(input: {login: "` + login + `", password: "` + password + `", cookie: true}) {
	tokens { accessToken } refreshToken cookie { membershipId accessExpiresAt } userErrors { code message } } }`

func inDevelopment(_ *Options, e *env) { e.resolver.PlainCookies = true }

func TestASessionInCookies(t *testing.T) {
	t.Parallel()
	e := newEnv(t, inDevelopment)
	b := newBrowser(t, e)
	const me = `{ viewer { membership { name } identities { tenantCode current } } }`

	t.Run("signing in answers no token and sets cookies that no script reads", func(t *testing.T) {
		r := b.ask(signInByCookie, nil).is(200, "")
		if !strings.Contains(r.text, `"tokens":null`) || !strings.Contains(r.text, `"refreshToken":null`) || !strings.Contains(r.text, `"membershipId":"`) {
			t.Fatal(r.text)
		}
		set := r.header.Values("Set-Cookie")
		if len(set) != 2 {
			t.Fatal(set)
		}
		for _, c := range set {
			if !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "; SameSite=Strict") || !strings.Contains(c, "; Path=/") || strings.Contains(c, "Domain") || strings.Contains(c, "Secure") {
				t.Error(c)
			}
		}
	})
	t.Run("the cookie is a sign-in, and viewer.identities are what one may switch to", func(t *testing.T) {
		if r := b.ask(me, nil).is(200, ""); !strings.Contains(r.text, `"identities":[{"tenantCode":"210202","current":true}]`) {
			t.Error(r.text)
		}
	})
	t.Run("refreshing renews both cookies", func(t *testing.T) {
		before := b.cookies()
		e.clock.Advance(11 * time.Minute)
		b.ask(me, nil).is(401, "UNAUTHENTICATED")
		r := b.ask(`mutation { refreshTokens(input: {}) { tokens { accessToken } cookie { accessExpiresAt } userErrors { code } } }`, nil).is(200, "")
		if !strings.Contains(r.text, `"userErrors":[]`) || !strings.Contains(r.text, `"tokens":null`) || b.cookies() == before {
			t.Error(r.text)
		}
		b.ask(me, nil).is(200, "")
	})
	t.Run("what another page sends does not count", func(t *testing.T) {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"},
			{"Sec-Fetch-Site", ""}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"},
		} {
			b.ask(me, nil, header...).is(403, "NOT_ALLOWED")
			for _, m := range []string{signInByCookie, `mutation { refreshTokens(input: {}) { cookie { membershipId } userErrors { code } } }`,
				`mutation { signOut { done userErrors { code } } }`, `mutation { signOutEverywhere { done userErrors { code } } }`} {
				r := b.ask(m, nil, header...)
				if r.header.Get("Set-Cookie") != "" || strings.Contains(r.text, `"userErrors":[]`) {
					t.Errorf("%v %s: %s", header, m, r.text)
				}
			}
		}
		b.ask(me, nil, "Sec-Fetch-Site", "", "Origin", "http://"+b.site().Host).is(200, "")
	})
	t.Run("a page of another origin cannot read by GET either", func(t *testing.T) {
		q := "?query=" + url.QueryEscape(me)
		for site, status := range map[string]int{"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403} {
			e.send(t, request{method: "GET", query: q, header: []string{"Cookie", b.cookies(), "Sec-Fetch-Site", site, "Accept", string(modern)}}).is(status, map[int]string{403: "NOT_ALLOWED"}[status])
		}
	})
	t.Run("a token that the page gives goes before the cookie", func(t *testing.T) {
		b.ask(me, nil, "Authorization", "Bearer rubbish").is(401, "UNAUTHENTICATED")
		b.ask(me, nil, "Authorization", "Bearer "+e.fresh(t), "Sec-Fetch-Site", "cross-site").is(200, "")
	})
	t.Run("signing out takes the cookies back, and the session is over for who kept them", func(t *testing.T) {
		kept := b.cookies()
		if r := b.ask(`mutation { signOut { done } }`, nil).is(200, ""); !strings.Contains(r.text, `"done":true`) || b.cookies() != "" {
			t.Error(r.text, b.cookies())
		}
		b.ask(me, nil, "Cookie", kept).is(401, "UNAUTHENTICATED")
		b.ask(me, nil).is(401, "UNAUTHENTICATED")
	})
	t.Run("signing out works with the refresh cookie alone", func(t *testing.T) {
		b.ask(signInByCookie, nil).is(200, "")
		e.clock.Advance(11 * time.Minute)
		if r := b.ask(`mutation { signOut { done } }`, nil).is(200, ""); !strings.Contains(r.text, `"done":true`) || b.cookies() != "" {
			t.Error(r.text, b.cookies())
		}
	})
	t.Run("a single session is ended, and nobody else's", func(t *testing.T) {
		other := newBrowser(t, e)
		other.ask(signInByCookie, nil).is(200, "")
		b.ask(signInByCookie, nil).is(200, "")
		var list struct {
			Sessions []struct {
				ID      string
				Current bool
			}
		}
		unmarshal(t, b.ask(`{ sessions { id current } }`, nil).is(200, ""), &list)
		end := func(id string) *reply {
			return b.ask(fmt.Sprintf(`mutation { endSession(input: {sessionId: %q}) { done userErrors { code } } }`, id), nil)
		}
		for _, s := range list.Sessions {
			if !s.Current {
				if r := end(s.ID); !strings.Contains(r.text, `"done":true`) {
					t.Error(r.text)
				}
			}
		}
		other.ask(me, nil).is(401, "UNAUTHENTICATED")
		b.ask(me, nil).is(200, "")
		if r := end("01890a5d-ac96-774b-bcce-b302099a8057"); !strings.Contains(r.text, "NOT_FOUND") {
			t.Error(r.text)
		}
	})
	t.Run("S8: a session that is over ends no other and changes no password", func(t *testing.T) {
		kept := b.cookies()
		b.ask(`mutation { signOut { done } }`, nil).is(200, "")
		for _, m := range []string{`signOutEverywhere`, `endSession(input: {sessionId: "01890a5d-ac96-774b-bcce-b302099a8057"})`,
			`changePassword(input: {oldPassword: "` + password + `", newPassword: "another horse battery"})`} {
			if r := b.ask(`mutation { m: `+m+` { done userErrors { code } } }`, nil, "Cookie", kept); !strings.Contains(r.text, "UNAUTHENTICATED") {
				t.Error(m, r.text)
			}
		}
	})
}

// TestCookiesOutsideDevelopment: over TLS they are bound to the host.
func TestCookiesOutsideDevelopment(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	r := newBrowser(t, e).ask(signInByCookie, nil).is(200, "")
	for _, c := range r.header.Values("Set-Cookie") {
		if !strings.HasPrefix(c, "__Host-bihuan") || !strings.Contains(c, "; Secure") || !strings.Contains(c, "; HttpOnly") {
			t.Error(c)
		}
	}
	if n := len(r.header.Values("Set-Cookie")); n != 2 {
		t.Error(n)
	}
}

// TestF4AVoteRefusesCookies: a vote says nothing of who sends it, and its line
// in the log is that of a vote without them.
func TestF4AVoteRefusesCookies(t *testing.T) {
	t.Parallel()
	for _, plain := range []bool{true, false} {
		e := newEnv(t, func(_ *Options, e *env) { e.resolver.PlainCookies = plain })
		const vote = `mutation Named { castBallot(input: {token: "x", choices: []}) { userErrors { code } } }`
		for _, cookie := range []string{"bihuan=x", "bihuan-refresh=x", "__Host-bihuan=x", "__Host-bihuan-refresh=x", "theme=dark; bihuan=x"} {
			e.send(t, request{body: body(t, vote, nil), header: []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}}).is(400, "INVALID_INPUT").says("不记名")
		}
		b := newBrowser(t, e)
		b.ask(signInByCookie, nil).is(200, "")
		b.ask(vote, nil, "Cookie", strings.ReplaceAll("bihuan=VALUE", "VALUE", e.token)).is(400, "INVALID_INPUT")
		for _, line := range e.log.lines(t, "request") {
			if line["operation"] == "castBallot" && line["tenant"] != nil {
				t.Error("the log joins a person and a vote:", line)
			}
		}
		e.send(t, request{body: body(t, vote, nil), header: []string{"Cookie", "theme=dark"}}).is(200, "")
	}
}
