package graph_test

import (
	"strings"
	"testing"
)

// A committee's provider of identities is set by two; what a browser brings back
// is tested where it is verified (authz/providers).
func TestAProviderIsSetByTwo(t *testing.T) {
	c := onPlatforms(t)
	set := input{"issuer": "https://idp.example.cn", "clientId": "bihuan", "clientSecret": "a secret of theirs", "name": "统一身份认证", "reason": "市里统一"}
	c.refused("管理员甲", "setSignInProvider", input{"issuer": "http://10.0.0.7/", "clientId": "x", "clientSecret": "x", "name": "内网", "reason": "试试"}, "INVALID_INPUT", "issuer")
	c.refused("委员甲", "setSignInProvider", set, "NOT_ALLOWED", "")
	c.refused("管理员甲", "setSignInProvider", input{"reason": "不用了"}, "NOT_ALLOWED_IN_STATE", "issuer")
	c.refused("管理员甲", "setSignInProvider", input{"issuer": "https://idp.example.cn", "clientId": "bihuan", "clientSecret": "s", "name": "甲", "reason": " "}, "INVALID_INPUT", "reason")
	a := c.call("管理员甲", "setSignInProvider", set)
	id, _ := dig(a.Data, "setSignInProvider", "request", "id").(string)
	if id == "" || !strings.Contains(a.text, "idp.example.cn") {
		t.Fatal(a.text)
	}
	const look = `{ signInProvider { issuer clientId claim name } }`
	if a := c.ask("管理员甲", look, nil); dig(a.Data, "signInProvider") != nil {
		t.Error("set by one:", a.text)
	}
	if a := c.ask("委员甲", look, nil); a.code() != "NOT_ALLOWED" {
		t.Error(a.text)
	}
	c.refused("管理员甲", "confirmRequest", input{"requestId": id}, "NOT_ALLOWED", "")
	if a := c.call("管理员乙", "confirmRequest", input{"requestId": id}); dig(a.Data, "confirmRequest", "done") != true {
		t.Fatal(a.text)
	}
	same(t, dig(c.ask("管理员甲", look, nil).Data, "signInProvider"), `{"claim":"sub","clientId":"bihuan","issuer":"https://idp.example.cn","name":"统一身份认证"}`)
	t.Run("the secret stands nowhere in the clear", func(t *testing.T) {
		var n int
		c.db.AsSuper(t, `SELECT (SELECT count(*) FROM audit_log WHERE entry LIKE '%a secret of theirs%') + (SELECT count(*) FROM requests_by_two WHERE input::text LIKE '%a secret of theirs%')
			+ (SELECT count(*) FROM sign_in_providers WHERE position('a secret of theirs'::bytea in secret) > 0)`, nil, &n)
		if n != 0 {
			t.Error(n)
		}
	})
	t.Run("without a visit nobody signs in or links", func(t *testing.T) {
		if a := c.post(t.Context(), "", `mutation { signInWithProvider(input: {}) { tokens { membershipId } userErrors { code } } }`, nil); dig(a.Data, "signInWithProvider", "userErrors", 0, "code") != "UNAUTHENTICATED" {
			t.Error(a.text)
		}
		if a := c.ask("委员甲", `mutation { linkProvider { done userErrors { code } } }`, nil); dig(a.Data, "linkProvider", "userErrors", 0, "code") != "UNAUTHENTICATED" {
			t.Error(a.text)
		}
		if a := c.ask("委员甲", `mutation { unlinkProvider(input: {linkId: "`+nobody+`"}) { done userErrors { code } } }`, nil); dig(a.Data, "unlinkProvider", "userErrors", 0, "code") != "NOT_FOUND" {
			t.Error(a.text)
		}
	})
	t.Run("taken away by two as well", func(t *testing.T) {
		a := c.call("管理员乙", "setSignInProvider", input{"reason": "不用了"})
		c.call("管理员甲", "confirmRequest", input{"requestId": dig(a.Data, "setSignInProvider", "request", "id")})
		if a := c.ask("管理员甲", look, nil); dig(a.Data, "signInProvider") != nil {
			t.Error(a.text)
		}
	})
}
