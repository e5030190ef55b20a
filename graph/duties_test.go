package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/bihuan/bihuan/authz/signin"
)

// What a committee asks of who signs in, by the API.
func TestSignInPolicy(t *testing.T) {
	c := onPlatforms(t)
	c.r.Directory.Undecided = signin.Shipped()
	const duties = `{ signInDuties { code overdue until says } signInRule { secondFactor idleMinutes absoluteHours maxAgeDays history minLength single } }`
	first := func(who string) (code string, overdue bool) {
		t.Helper()
		a := c.ask(who, duties, nil)
		if len(a.Errors) > 0 {
			t.Fatal(a.text)
		}
		code, _ = dig(a.Data, "signInDuties", 0, "code").(string)
		overdue, _ = dig(a.Data, "signInDuties", 0, "overdue").(bool)
		return code, overdue
	}
	changed := func(what input) input {
		return input{"settings": input{"signIn": what}, "note": "登录", "approvedBy": "主席会议"}
	}
	c.do("管理员甲", "setPolicy", changed(input{"minLength": 12})) // whatever: the rights' version begins anew
	clear(c.tokens)

	t.Run("who manages, audits or reads all needs a second factor, who brings in proposals does not", func(t *testing.T) {
		for who, want := range map[string]string{"管理员甲": "SET_SECOND_FACTOR", "主席": "SET_SECOND_FACTOR", "委员甲": ""} {
			if code, overdue := first(who); code != want || overdue {
				t.Error(who, code, overdue)
			}
		}
		a := c.ask("管理员甲", duties, nil)
		if !strings.Contains(dig(a.Data, "signInDuties", 0, "says").(string), "我的设置") || dig(a.Data, "signInRule", "idleMinutes") != 30.0 || dig(a.Data, "signInRule", "minLength") != 12.0 {
			t.Error(a.text)
		}
	})
	c.clock.Advance(8 * 24 * time.Hour)
	clear(c.tokens)
	const look = `{ viewer { membership { name } } }`
	t.Run("after the days of grace he can do nothing but set it", func(t *testing.T) {
		if code, overdue := first("管理员甲"); code != "SET_SECOND_FACTOR" || !overdue {
			t.Fatal(code, overdue)
		}
		a := c.ask("管理员甲", look, nil)
		if a.code() != "NOT_ALLOWED" || dig(a.Errors[0].Extensions, "details", "duty") != "SET_SECOND_FACTOR" {
			t.Error(a.text)
		}
		for _, q := range []string{`{ signInDuties { code } viewer { membership { name } } }`, `{ ...f } fragment f on Query { signInDuties { code } memberships { edges { node { name } } } }`} {
			if a := c.ask("管理员甲", q, nil); a.code() != "NOT_ALLOWED" {
				t.Error("beside a query about it:", a.text)
			}
		}
		if a := c.call("管理员甲", "setPolicy", changed(input{"factor": "NONE"})); a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
		if a := c.ask("委员甲", look, nil); len(a.Errors) > 0 {
			t.Error(a.text)
		}
	})
	t.Run("setting it opens everything at once", func(t *testing.T) {
		begun := c.ask("管理员甲", `mutation { beginSecondFactor { secret } }`, nil)
		seed := dig(begun.Data, "beginSecondFactor", "secret").(string)
		code := func() string {
			out, err := totp.GenerateCode(seed, c.clock.Now())
			must(t, err)
			return out
		}
		set := c.ask("管理员甲", `mutation($c: String!) { confirmSecondFactor(input: {code: $c}) { userErrors { message } } }`, input{"c": code()})
		if len(set.Errors) > 0 {
			t.Fatal(set.text)
		}
		if a := c.ask("管理员甲", look, nil); len(a.Errors) > 0 {
			t.Error(a.text)
		}
		c.clock.Advance(time.Minute)
		c.ask("管理员甲", `mutation($c: String!) { removeSecondFactor(input: {code: $c}) { done } }`, input{"c": code()})
		if a := c.ask("管理员甲", look, nil); a.code() != "NOT_ALLOWED" {
			t.Error("who takes it away works on:", a.text)
		}
	})
	t.Run("a stricter policy counts at once for who is signed in, by one person; a weaker one takes two", func(t *testing.T) {
		c.r.Directory.Undecided.Factor = signin.None
		c.db.AsSuper(t, `UPDATE tenant_versions SET rights = rights + 1 RETURNING 1`, nil, new(int))
		if a := c.ask("委员甲", look, nil); len(a.Errors) > 0 {
			t.Fatal(a.text)
		}
		c.do("管理员甲", "setPolicy", changed(input{"factorRoles": []string{"member"}, "graceDays": 0}))
		if a := c.ask("委员甲", look, nil); a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
		p := c.do("管理员甲", "setPolicy", changed(input{"factorRoles": []string{}}))
		if p["effectiveFrom"] != "9999-12-31" {
			t.Error(p)
		}
		c.do("主席", "confirmPolicy", input{"version": p["version"]})
		if a := c.ask("委员甲", look, nil); len(a.Errors) > 0 {
			t.Error(a.text)
		}
	})
	t.Run("a session says from where, since when and until when", func(t *testing.T) {
		a := c.ask("委员甲", `{ sessions { address lastUsedAt idleUntil expiresAt tenantName current } }`, nil)
		if dig(a.Data, "sessions", 0, "address") != "192.0.2.7" || dig(a.Data, "sessions", 0, "lastUsedAt") == nil || dig(a.Data, "sessions", 0, "tenantName") == nil {
			t.Error(a.text)
		}
	})
}
