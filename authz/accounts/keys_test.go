package accounts

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func someClaims() Claims {
	return Claims{Account: newID(), Tenant: newID(), Membership: newID(), Session: newID(), ID: newID(),
		Issued: noon, Expires: noon.Add(10 * time.Minute)}
}

func loadKeys(t *testing.T, path string) *Keys {
	t.Helper()
	k, err := LoadKeys(path)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func signed(t *testing.T, k *Keys, c Claims) string {
	t.Helper()
	token, err := k.Sign(c)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	k := loadKeys(t, filepath.Join(t.TempDir(), "keys.json"))

	t.Run("what is signed is read", func(t *testing.T) {
		want := someClaims()
		got, err := k.Parse(signed(t, k, want), noon)
		if err != nil || !got.Issued.Equal(want.Issued) || !got.Expires.Equal(want.Expires) {
			t.Fatal(got, err)
		}
		if got.Issued, got.Expires = want.Issued, want.Expires; got != want {
			t.Fatal(got)
		}
	})
	t.Run("clocks may differ by 30 seconds", func(t *testing.T) {
		token := signed(t, k, someClaims())
		for at, good := range map[time.Duration]bool{-31 * time.Second: false, -29 * time.Second: true, 10*time.Minute + 29*time.Second: true, 10*time.Minute + 31*time.Second: false} {
			if _, err := k.Parse(token, noon.Add(at)); (err == nil) != good {
				t.Error(at, err)
			}
		}
	})
}

// forge makes a token that is right but for what change does.
func forge(t *testing.T, k *Keys, method jwt.SigningMethod, by any, change func(header, claims map[string]any)) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": issuer, "aud": audience, "sub": newID(), "jti": newID(), "iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
		"tenant": newID(), "membership": newID(), "sid": newID()}
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = k.signing().kid
	change(token.Header, claims)
	out, err := token.SignedString(by)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestForgeries(t *testing.T) {
	t.Parallel()
	k := loadKeys(t, filepath.Join(t.TempDir(), "keys.json"))
	mine, other := k.signing().private, newKey()
	same := func(_, _ map[string]any) {}
	set := func(name string, v any) func(_, claims map[string]any) {
		return func(_, claims map[string]any) { claims[name] = v }
	}
	head := func(name string, v any) func(header, _ map[string]any) {
		return func(header, _ map[string]any) { header[name] = v }
	}
	eddsa := func(change func(_, _ map[string]any)) string {
		return forge(t, k, jwt.SigningMethodEdDSA, mine, change)
	}
	good := eddsa(same)
	if _, err := k.Parse(good, noon); err != nil {
		t.Fatal(err) // else the cases below prove nothing
	}
	part := strings.Split(good, ".")
	payload, _ := base64.RawURLEncoding.DecodeString(part[1])
	altered := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), `"tenant":"`, `"tenant":"`+newID().String()+`","was":"`, 1)))

	cases := map[string]string{
		"alg none":                      forge(t, k, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same),
		"alg none, signature kept":      forge(t, k, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, same) + part[2],
		"HS256 with the public key":     forge(t, k, jwt.SigningMethodHS256, []byte(public(mine)), same),
		"HS256 with its text":           forge(t, k, jwt.SigningMethodHS256, []byte(b64(public(mine))), same),
		"another key under our kid":     forge(t, k, jwt.SigningMethodEdDSA, other.private, same),
		"another key under its own kid": forge(t, k, jwt.SigningMethodEdDSA, other.private, head("kid", other.kid)),
		"no kid":                        eddsa(func(h, _ map[string]any) { delete(h, "kid") }),
		"a kid that is a path":          eddsa(head("kid", "../../dev/null")),
		"a kid that is a number":        eddsa(head("kid", 1)),
		"crit":                          eddsa(head("crit", []string{"b64"})),
		"another issuer":                eddsa(set("iss", "elsewhere")),
		"another audience":              eddsa(set("aud", "elsewhere")),
		"expired":                       eddsa(set("exp", noon.Add(-31*time.Second).Unix())),
		"not yet issued":                eddsa(set("iat", noon.Add(31*time.Second).Unix())),
		"not yet valid":                 eddsa(set("nbf", noon.Add(31*time.Second).Unix())),
		"exp as text":                   eddsa(set("exp", "tomorrow")),
		"the nil tenant":                eddsa(set("tenant", uuid.Nil)),
		"a tenant that is no id":        eddsa(set("tenant", "210200")),
		"two tenants":                   eddsa(set("tenant", []uuid.UUID{newID(), newID()})),
		"payload altered":               part[0] + "." + altered + "." + part[2],
		"signature of another token":    part[0] + "." + part[1] + "." + strings.Split(eddsa(same), ".")[2],
		"signature cut":                 good[:len(good)-4],
		"no signature":                  part[0] + "." + part[1] + ".",
		"padding":                       good + "==",
		"a fourth part":                 good + ".x",
		"empty":                         "",
		"dots":                          "..",
		"no token":                      strings.Repeat("A", 1<<16),
	}
	for _, claim := range []string{"exp", "iss", "aud", "iat", "sub", "jti", "tenant", "membership", "sid"} {
		cases["no "+claim] = eddsa(func(_, c map[string]any) { delete(c, claim) })
	}
	for name, token := range cases {
		t.Run(name, func(t *testing.T) {
			c, err := k.Parse(token, noon)
			shown, ok := errs.As(err)
			if !ok || shown.Code != errs.Unauthenticated || shown.Message != "登录凭证无效或已过期，请刷新后重试或重新登录" || c != (Claims{}) {
				t.Fatalf("%+v, %v", c, err)
			}
		})
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()

	t.Run("a missing file is made with mode 0600, once, however many processes do it", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "not", "there")
		path := filepath.Join(dir, "keys.json")
		kids := make([]string, 8)
		var wg sync.WaitGroup
		for i := range kids {
			wg.Go(func() {
				if k, err := LoadKeys(path); err != nil {
					t.Error(err)
				} else {
					kids[i] = k.signing().kid
				}
			})
		}
		wg.Wait()
		for _, kid := range kids {
			if kid == "" || kid != kids[0] {
				t.Fatal(kids)
			}
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatal(info, err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 1 {
			t.Fatal(left)
		}
	})
	t.Run("after a rotation the new key signs and the former one still verifies, in other processes too", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "keys.json")
		a, b := loadKeys(t, path), loadKeys(t, path)
		before := signed(t, a, someClaims())
		if err := a.Rotate(1); err != nil {
			t.Fatal(err)
		}
		after := signed(t, a, someClaims())
		for name, k := range map[string]*Keys{"a": a, "b": b, "c": loadKeys(t, path)} {
			for _, token := range []string{before, after} {
				if _, err := k.Parse(token, noon); err != nil {
					t.Error(name, err)
				}
			}
		}
		if b.signing().kid != a.signing().kid {
			t.Error("b did not learn the new key")
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info, err)
		}
		if err := b.Rotate(0); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Parse(after, noon); err == nil {
			t.Error("a key that was not kept verifies")
		}
	})
	t.Run("a file that everybody may read is refused", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "keys.json")
		loadKeys(t, path)
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKeys(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Fatal(err)
		}
	})
	t.Run("a damaged file is refused, not replaced, and no error shows a key", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "keys.json")
		loadKeys(t, path)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var list []jwk
		if err := json.Unmarshal(whole, &list); err != nil {
			t.Fatal(err)
		}
		secret, seed := list[0].D, b64(make([]byte, ed25519.SeedSize))
		for name, text := range map[string]string{
			"empty": "", "no key": "[]", "half": string(whole[:len(whole)/2]), "an object": `{"d":"` + secret + `"}`,
			"another d": strings.Replace(string(whole), secret, seed, 1),
			"short d":   strings.Replace(string(whole), secret, secret[:20], 1),
			"other kty": strings.Replace(string(whole), "OKP", "RSA", 1),
			"other kid": strings.Replace(string(whole), list[0].Kid, "main", 1),
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadKeys(path); err == nil || strings.Contains(err.Error(), secret[:20]) {
				t.Error(name, err)
			}
			if now, _ := os.ReadFile(path); string(now) != text {
				t.Error(name, "was replaced")
			}
		}
	})
}

func TestATokenIsVerifiedOnce(t *testing.T) {
	t.Parallel()
	k := loadKeys(t, filepath.Join(t.TempDir(), "keys.json"))
	token := signed(t, k, someClaims())
	first, err := k.Parse(token, noon)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := k.Parse(token, noon.Add(time.Minute)); again != first || err != nil || k.verified.Len() != 1 {
		t.Error(again, err, k.verified.Len())
	}
	t.Run("what was refused is not remembered, and a token that differs by a letter is another", func(t *testing.T) {
		for i := range len(token) {
			b := []byte(token)
			if b[i] == '.' {
				continue
			}
			b[i] ^= 1
			if _, err := k.Parse(string(b), noon); err == nil {
				t.Error("taken with another letter at", i)
			}
		}
		if k.verified.Len() != 1 {
			t.Error(k.verified.Len())
		}
	})
	t.Run("its times count each time", func(t *testing.T) {
		for _, at := range []time.Duration{-31 * time.Second, 10*time.Minute + 31*time.Second} {
			if _, err := k.Parse(token, noon.Add(at)); err == nil {
				t.Error("taken at", at)
			}
		}
	})
	t.Run("without its key it is nothing", func(t *testing.T) {
		if err := k.Rotate(0); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Parse(token, noon); err == nil {
			t.Error("taken after its key is gone")
		}
	})
}

func BenchmarkParse(b *testing.B) {
	k, err := LoadKeys(filepath.Join(b.TempDir(), "keys.json"))
	if err != nil {
		b.Fatal(err)
	}
	token, err := k.Sign(someClaims())
	if err != nil {
		b.Fatal(err)
	}
	for name, forget := range map[string]bool{"met before": false, "verified each time": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if forget {
					k.verified.Purge()
				}
				if _, err := k.Parse(token, noon); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
