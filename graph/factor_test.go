package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// A second factor by the API, as its owner sets it.
func TestSecondFactor(t *testing.T) {
	c := withPlatform(t)
	who := "街道干部"
	begun := c.ask(who, `mutation { beginSecondFactor { secret uri qr userErrors { message } } }`, nil)
	seed, _ := dig(begun.Data, "beginSecondFactor", "secret").(string)
	if uri, _ := dig(begun.Data, "beginSecondFactor", "uri").(string); seed == "" || !strings.HasPrefix(uri, "otpauth://totp/") || !strings.Contains(uri, seed) {
		t.Fatal(begun.text)
	}
	if picture, _ := dig(begun.Data, "beginSecondFactor", "qr").(string); !strings.HasPrefix(picture, "data:image/png;base64,iVBOR") {
		t.Error(begun.text)
	}
	code := func() string {
		out, err := totp.GenerateCode(seed, c.clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	wrong := c.ask(who, `mutation { confirmSecondFactor(input: {code: "000000"}) { recoveryCodes userErrors { code } } }`, nil)
	if dig(wrong.Data, "confirmSecondFactor", "userErrors", 0, "code") != "UNAUTHENTICATED" {
		t.Error(wrong.text)
	}
	set := c.ask(who, `mutation($c: String!) { confirmSecondFactor(input: {code: $c}) { recoveryCodes userErrors { message } } }`, input{"c": code()})
	if list, _ := dig(set.Data, "confirmSecondFactor", "recoveryCodes").([]any); len(list) != 10 {
		t.Fatal(set.text)
	}
	if a := c.ask(who, `{ secondFactor { since recoveryLeft } }`, nil); dig(a.Data, "secondFactor", "since") == nil || dig(a.Data, "secondFactor", "recoveryLeft") != 10.0 {
		t.Error(a.text)
	}
	signIn := func(code string) answer {
		return c.post(t.Context(), "", `mutation($in: SignInInput!) { signIn(input: $in) { codeRequired tokens { membershipId } userErrors { code message } } }`,
			input{"in": input{"login": c.logins[who], "password": secret, "code": code}})
	}
	if a := signIn(""); dig(a.Data, "signIn", "codeRequired") != true || dig(a.Data, "signIn", "tokens") != nil {
		t.Error(a.text)
	}
	c.clock.Advance(time.Minute)
	if a := signIn(code()); dig(a.Data, "signIn", "codeRequired") != false || dig(a.Data, "signIn", "tokens", "membershipId") == nil {
		t.Error(a.text)
	}
	c.clock.Advance(time.Minute)
	if a := c.ask(who, `mutation($c: String!) { removeSecondFactor(input: {code: $c}) { done userErrors { message } } }`, input{"c": code()}); dig(a.Data, "removeSecondFactor", "done") != true {
		t.Error(a.text)
	}
}
