package smoke

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// forger has the installation's own key, which no attacker has; what it signs
// is refused for what it says.
type forger struct {
	kid     string
	private ed25519.PrivateKey
	claims  jwt.MapClaims // of a token that is good
}

func (w *badWorld) forger() *forger {
	var keys []struct{ Kid, D string }
	b, err := os.ReadFile(filepath.Join(w.p.dir, "keys.json"))
	if err == nil {
		err = json.Unmarshal(b, &keys)
	}
	if err != nil || len(keys) == 0 {
		w.p.t.Fatal(err)
	}
	seed, _ := base64.RawURLEncoding.DecodeString(keys[0].D)
	f := &forger{kid: keys[0].Kid, private: ed25519.NewKeyFromSeed(seed), claims: jwt.MapClaims{}}
	if _, _, err := jwt.NewParser().ParseUnverified(w.token("主任"), f.claims); err != nil {
		w.p.t.Fatal(err)
	}
	return f
}

// sign makes a token that is good but for what change does.
func (f *forger) sign(method jwt.SigningMethod, key any, change func(h, c map[string]any)) string {
	claims := maps.Clone(f.claims)
	t := jwt.NewWithClaims(method, claims)
	t.Header["kid"] = f.kid
	change(t.Header, claims)
	out, err := t.SignedString(key)
	if err != nil {
		panic(err)
	}
	return out
}

// badTokens: forged, foreign and broken tokens, for a query, a mutation and a
// file each.
func badTokens(w *badWorld) []group {
	tokens := w.badTokens()
	var out []bad
	edit := change("", "", "editProposal", m{"matterId": w.matters["DRAFT"], "category": mark}).body
	for name, token := range tokens {
		out = append(out,
			bad{name: name, token: token, body: `{"query":"{ viewer { roles } matters { totalCount } }"}`, status: 401, codes: []string{nobody}},
			bad{name: name + ", a mutation", token: token, body: edit, status: 401, codes: []string{nobody}})
	}
	for _, header := range []string{"Bearer", "Bearer ", "bearer " + w.token("主任"), "Basic YWRtaW46YWRtaW4=", "Token " + w.token("主任"), w.token("主任"), "Bearer  " + w.token("主任"), "Bearer " + w.token("主任") + " ", "Bearer " + w.token("主任") + "," + w.token("主任"), mark, "Bearer " + strings.Repeat("a", 50_000), "Bearer " + injections[0]} {
		c := bad{name: fmt.Sprintf("the header %.30q", header), header: map[string]string{"Authorization": header}, body: `{"query":"{ viewer { roles } }"}`, status: 401, codes: []string{nobody}}
		if strings.HasSuffix(header, " ") && len(header) > 10 {
			continue // HTTP itself takes spaces away at the end
		}
		out = append(out, c)
	}
	out = append(out,
		bad{name: "another tenant in the header", as: "主任", header: map[string]string{"X-Bihuan-Tenant": someID}, body: `{"query":"{ viewer { roles } }"}`, status: 401, codes: []string{nobody}},
		bad{name: "SQL for a tenant", as: "主任", header: map[string]string{"X-Bihuan-Tenant": injections[0] + mark}, body: `{"query":"{ viewer { roles } }"}`, status: 401, codes: []string{nobody}},
		bad{name: "two tokens", wire: []string{"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x.y.z\r\nAuthorization: Bearer " + w.token("主任") + "\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n" + `{"query":"{ viewer { roles } }"}`}, status: 401, codes: []string{nobody}})
	return []group{{name: "tokens", cases: out}}
}

func (w *badWorld) badTokens() map[string]string {
	f := w.forger()
	other, stranger, _ := ed25519.GenerateKey(rand.Reader)
	good := w.token("主任")
	public := f.private.Public().(ed25519.PublicKey)
	now := w.p.now
	eddsa := func(change func(h, c map[string]any)) string {
		return f.sign(jwt.SigningMethodEdDSA, f.private, change)
	}
	claim := func(name string, v any) string {
		return eddsa(func(_, c map[string]any) {
			if c[name] = v; v == nil {
				delete(c, name)
			}
		})
	}
	header := func(name string, v any) string { return eddsa(func(h, _ map[string]any) { h[name] = v }) }
	none := func(alg string) string {
		parts := strings.Split(good, ".")
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`","typ":"JWT","kid":"`+f.kid+`"}`)) + "." + parts[1] + "."
	}
	theirs := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(w.other.people["主任"].token, theirs); err != nil {
		w.p.t.Fatal(err)
	}
	return map[string]string{
		"alg none": none("none"), "alg None": none("None"), "alg nOnE": none("nOnE"), "no alg": none(""), "alg none of the library": f.sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, func(_, _ map[string]any) {}),
		"HS256 with the public key": f.sign(jwt.SigningMethodHS256, []byte(public), func(_, _ map[string]any) {}), "HS256 with the public key as text": f.sign(jwt.SigningMethodHS256, []byte(base64.RawURLEncoding.EncodeToString(public)), func(_, _ map[string]any) {}),
		"HS512 with nothing": f.sign(jwt.SigningMethodHS512, []byte{}, func(_, _ map[string]any) {}), "another key under the kid": f.sign(jwt.SigningMethodEdDSA, stranger, func(_, _ map[string]any) {}),
		"another key and kid": f.sign(jwt.SigningMethodEdDSA, stranger, func(h, _ map[string]any) { h["kid"] = base64.RawURLEncoding.EncodeToString(other) }), "its own key in the header": f.sign(jwt.SigningMethodEdDSA, stranger, func(h, _ map[string]any) {
			h["jwk"] = m{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(other)}
		}),
		"no kid": header("kid", nil), "a kid that is a path": header("kid", "../../"+mark), "a kid that is SQL": header("kid", injections[0]), "a kid that is a number": header("kid", 1), "a kid of 10,000 characters": header("kid", strings.Repeat("k", 10_000)), "crit": header("crit", []string{"exp"}),
		"expired": claim("exp", now.Add(-time.Minute).Unix()), "no end": claim("exp", nil), "an end that is a text": claim("exp", "never"), "an end beyond all numbers": claim("exp", 1e300), "issued tomorrow": claim("iat", now.Add(24*time.Hour).Unix()), "never issued": claim("iat", nil),
		"not yet": claim("nbf", now.Add(time.Hour).Unix()), "another issuer": claim("iss", mark), "no issuer": claim("iss", nil), "another audience": claim("aud", "admin"), "no audience": claim("aud", nil), "no subject": claim("sub", nil), "SQL for a subject": claim("sub", injections[0]),
		"the nil account": claim("sub", uuid.Nil), "another account": claim("sub", uuid.NewString()), "no tenant": claim("tenant", nil), "the nil tenant": claim("tenant", uuid.Nil), "a tenant that does not exist": claim("tenant", uuid.NewString()), "the other district as tenant": claim("tenant", theirs["tenant"]),
		"the other district's member": claim("membership", theirs["membership"]), "the other district's tenant and member": eddsa(func(_, c map[string]any) { c["tenant"], c["membership"] = theirs["tenant"], theirs["membership"] }),
		"a colleague's membership": claim("membership", w.home.ids["委员01"]), "a colleague's account": claim("sub", theirs["sub"]), "no membership": claim("membership", nil), "no session": claim("sid", nil), "a session that does not exist": claim("sid", uuid.NewString()), "another person's session": claim("sid", theirs["sid"]), "a session that is a list": claim("sid", []string{mark}),
		"no id": claim("jti", nil), "cut off": good[:len(good)-10], "one letter changed": good[:len(good)-20] + flip(good[len(good)-20:]), "two parts": good[:strings.LastIndex(good, ".")], "four parts": good + "." + good, "empty parts": "..", "garbage": mark, "no base64": "%%%.%%%.%%%",
		"padding": strings.ReplaceAll(good, ".", "=."), "JSON": `{"alg":"none"}`, "full width": "ｅｙＪ.ｅｙＪ.ｘ", "a refresh token": w.refreshToken(),
	}
}

// flip changes the first letter.
func flip(s string) string {
	if s[0] == 'A' {
		return "B" + s[1:]
	}
	return "A" + s[1:]
}

// signInAgain is a session beside that of ask.
func (w *badWorld) signInAgain(login string) (access, refresh string) {
	_, r := w.p.post("", m{"query": `mutation($i: SignInInput!) { signIn(input: $i) { tokens { accessToken refreshToken } userErrors { code message } } }`, "variables": m{"i": m{"login": login, "password": demoPassword}}})
	if access = str(r.Data, "signIn", "tokens", "accessToken"); access == "" {
		w.p.t.Fatalf("%s cannot sign in: %v %v", login, r.Data, r.Errors)
	}
	return access, str(r.Data, "signIn", "tokens", "refreshToken")
}

func (w *badWorld) refreshToken() string {
	_, refresh := w.signInAgain(w.home.people["信息编辑"].login)
	return refresh
}

// signInRows may change when somebody fails to sign in: failures are counted,
// and a stolen session ends. The rows of the committees stay.
var signInRows = map[string]string{
	"sign_in_failures": "false", "account_sessions": "false", "refresh_tokens": "false",
}

// badSignIns come last: they lock this machine's address out.
func badSignIns(w *badWorld) []group {
	return []group{{name: "refresh tokens", cases: w.refreshes(), may: signInRows}, {name: "passwords", cases: w.passwords(), may: signInRows}, {name: "signing in", cases: w.signIns(), may: signInRows}}
}

func (w *badWorld) refreshes() (out []bad) {
	access, used := w.signInAgain(w.home.people["信息编辑"].login)
	_, r := w.p.post("", m{"query": `mutation($i: RefreshInput!) { refreshTokens(input: $i) { tokens { accessToken refreshToken } } }`, "variables": m{"i": m{"refreshToken": used}}})
	second, third := str(r.Data, "refreshTokens", "tokens", "accessToken"), str(r.Data, "refreshTokens", "tokens", "refreshToken")
	w.p.later(time.Minute) // F5: the grace in which the same token answers the same is over
	for _, v := range []string{"", mark, injections[0], access, strings.Repeat("a", 43), strings.Repeat("a", 500_000), "\x00", "ａａａ", used + "=", used[:42], " " + used} {
		out = append(out, change(fmt.Sprintf("a refresh token %.20q", v), "", "refreshTokens", m{"refreshToken": v}, nobody, wrongInput),
			change(fmt.Sprintf("a choice with %.20q", v), "", "chooseTenant", m{"refreshToken": v, "membershipId": w.own["membership"]}, nobody, wrongInput))
	}
	return append(out, // in this order: a token comes twice, and everything of its session is over
		change("another one's membership", "", "chooseTenant", m{"refreshToken": third, "membershipId": w.own["membership"]}, "NOT_ALLOWED"),
		change("the other district's membership", "", "chooseTenant", m{"refreshToken": third, "membershipId": w.foreign["membership"]}, "NOT_ALLOWED"),
		change("a token that has been used", "", "refreshTokens", m{"refreshToken": used}, nobody),
		change("the token that replaced it", "", "refreshTokens", m{"refreshToken": third}, nobody),
		bad{name: "the first access token of that session", token: access, body: `{"query":"{ viewer { roles } }"}`, status: 401, codes: []string{nobody}},
		bad{name: "the second access token of that session", token: second, body: `{"query":"{ viewer { roles } }"}`, status: 401, codes: []string{nobody}})
}

func (w *badWorld) passwords() (out []bad) {
	for _, c := range []struct{ old, new string }{
		{mark, "another-password-2024"}, {"", "another-password-2024"}, {demoPassword, "short"}, {demoPassword, ""}, {demoPassword, strings.Repeat("长", 129)},
		{demoPassword, "has\x00control-characters"}, {demoPassword, w.home.people["信息编辑"].login + "2024"}, {"\x00", "another-password-2024"}, {injections[0], mark + "-password"}, {demoPassword, strings.Repeat("x", 900_000)},
	} {
		out = append(out, change(fmt.Sprintf("from %.12q to %.20q", c.old, c.new), "信息编辑", "changePassword", m{"oldPassword": c.old, "newPassword": c.new}, wrongInput, nobody, tooMuch, "NOT_ALLOWED"))
	}
	return append(out, change("by nobody", "", "changePassword", m{"oldPassword": demoPassword, "newPassword": "another-password-2024"}, nobody))
}

func (w *badWorld) signIns() (out []bad) {
	long := strings.Repeat("x", 500_000)
	for _, c := range []struct{ login, password string }{
		{"", ""}, {"admin-210202", ""}, {"admin-210202", mark}, {mark, mark}, {"admin-210202' --", mark}, {"' OR '1'='1", "' OR '1'='1"}, {"admin-210202\x00", mark},
		{"ＡＤＭＩＮ-２１０２０２", mark}, {"ａdmin-２１０２０２", "ｐａｓｓｗｏｒｄ"}, {"admin-210202\u202e", mark}, {"аdmin-210202", mark}, {" admin-210202 ", mark}, {"*", mark}, {"%", mark},
		{long, mark}, {"admin-210202", long}, {"admin-210202", "\x00"}, {"admin-210202", strings.Repeat("长", 100)}, {"管理员", mark}, {"\ufeffadmin-210202", mark},
	} {
		out = append(out, change(fmt.Sprintf("%.20q with %.20q", c.login, c.password), "", "signIn", m{"login": c.login, "password": c.password}, nobody, wrongInput, tooMuch))
	}
	for _, v := range []any{nil, 1, true, []any{"admin-210202"}, m{"$gt": ""}} {
		out = append(out, change(fmt.Sprintf("the login %v", v), "", "signIn", m{"login": v, "password": mark}, notValid, nobody, wrongInput, tooMuch))
	}
	for i := range 40 { // the address is locked before these are over
		out = append(out, change(fmt.Sprintf("guess %d", i), "", "signIn", m{"login": fmt.Sprintf("p210202-%d", i%9), "password": fmt.Sprint(mark, i)}, nobody, tooMuch))
	}
	return append(out, change("the right password during the lock", "", "signIn", m{"login": w.home.people["委员01"].login, "password": demoPassword}, tooMuch))
}
