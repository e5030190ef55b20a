package graph_test

import (
	"context"
	"strings"
	"testing"
)

// activates sets somebody's password with his word, as he does it himself.
func (c *committee) activates(name, code string) {
	c.t.Helper()
	if a := c.activate(name, code, secret); dig(a.Data, "activateAccount", "done") != true {
		c.t.Fatal(a.text)
	}
}

func (c *committee) activate(name, code, password string) answer {
	return c.post(context.Background(), "", `mutation($i: ActivateAccountInput!) { activateAccount(input: $i) { done userErrors { code message } } }`,
		input{"i": input{"login": c.logins[name], "code": code, "password": password}})
}

func TestActivation(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	const signing = `mutation($i: SignInInput!) { signIn(input: $i) { activationRequired tokens { accessToken } userErrors { code } } }`
	signIn := func(login, password string) answer {
		return c.post(context.Background(), "", signing, input{"i": input{"login": login, "password": password}})
	}
	c.person["委员甲"] = c.do("管理员甲", "addMember", input{"name": "委员甲", "kind": "STAFF", "login": c.login("委员甲"), "openAccount": true})["id"].(string)
	issue := input{"membershipId": c.person["委员甲"], "reason": "新任职", "idempotencyKey": "k"}
	first := c.call("管理员甲", "issueActivation", issue)
	code, _ := dig(first.Data, "issueActivation", "code").(string)

	t.Run("S2: the word opens nothing but the setting of a password", func(t *testing.T) {
		a := signIn(c.logins["委员甲"], code)
		same(t, a.Data, `{"signIn":{"activationRequired":true,"tokens":null,"userErrors":[{"code":"NOT_ALLOWED_IN_STATE"}]}}`)
		c.activates("委员甲", code)
		if again := c.activate("委员甲", code, "another of my passwords"); dig(again.Data, "activateAccount", "userErrors", 0, "code") != "UNAUTHENTICATED" {
			t.Error(again.text)
		}
		c.token("委员甲")
	})
	t.Run("a word is in the first answer only, and in no record", func(t *testing.T) {
		again := c.call("管理员甲", "issueActivation", issue)
		same(t, dig(again.Data, "issueActivation", "code"), `null`)
		var n int
		c.db.AsSuper(t, `SELECT count(*) FROM audit_log WHERE entry LIKE '%' || $1 || '%'`, []any{strings.Split(code, "-")[0]}, &n)
		if n != 0 || code == "" {
			t.Fatal(n, code)
		}
		c.token("委员甲") // the second issued nothing
	})
	t.Run("S2: a reset ends the sessions, and no administrator knows a password that works", func(t *testing.T) {
		was := c.token("委员甲")
		c.do("管理员甲", "issueActivation", input{"membershipId": c.person["委员甲"], "reason": "忘记密码"})
		if a := c.post(context.Background(), was, `{ viewer { membership { name } } }`, nil); a.code() != "UNAUTHENTICATED" {
			t.Error(a.text)
		}
		if a := signIn(c.logins["委员甲"], secret); dig(a.Data, "signIn", "tokens") != nil {
			t.Error(a.text)
		}
	})
	t.Run("S7: of a login that is in use elsewhere nothing is learnt, and nothing of it changes", func(t *testing.T) {
		far := c.found("210203", "DISTRICT", "乙区")
		far.add("委员乙", "STAFF", nil)
		for i, login := range []string{far.logins["委员乙"], "nobody-has-this"} {
			m := c.do("管理员甲", "addMember", input{"name": "某" + string(rune('甲'+i)), "kind": "STAFF", "login": login, "openAccount": true})
			a := c.call("管理员甲", "issueActivation", input{"membershipId": m["id"], "reason": "新任职"})
			if code, _ := dig(a.Data, "issueActivation", "code").(string); len(code) != 17 {
				t.Error(a.text)
			}
		}
		far.token("委员乙")
	})
	t.Run("who belongs to another committee too is reset by the operator alone; nobody by himself", func(t *testing.T) {
		far := c.found("210204", "DISTRICT", "丙区")
		m := far.do("管理员甲", "addMember", input{"name": "两边", "kind": "STAFF", "login": c.logins["管理员乙"]})
		list := dig(c.ask("管理员乙", `{ myInvitations { id } }`, nil).Data, "myInvitations").([]any)
		c.post(context.Background(), c.token("管理员乙"), `mutation($i: AcceptInvitationInput!) { acceptInvitation(input: $i) { membershipId } }`,
			input{"i": input{"invitationId": dig(list[0], "id")}})
		far.refused("管理员甲", "issueActivation", input{"membershipId": m["id"], "reason": "忘记密码"}, "NOT_ALLOWED", "membershipId")
		c.refused("管理员甲", "issueActivation", input{"membershipId": c.person["管理员甲"], "reason": "忘记密码"}, "NOT_ALLOWED", "membershipId")
	})
}

func TestOneAdministratorAlone(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("承办人", "STAFF", nil, "unit_officer")
	const waiting = `{ confirmationRequests { id kind says mayConfirm askedBy { name } } }`
	t.Run("S2: opening the account of who holds a role waits for another, who sees the word", func(t *testing.T) {
		a := c.call("管理员甲", "issueActivation", input{"membershipId": c.person["承办人"], "reason": "忘记密码"})
		same(t, dig(a.Data, "issueActivation", "code"), `null`)
		if dig(a.Data, "issueActivation", "request", "kind") != "account.issue" {
			t.Fatal(a.text)
		}
		c.token("承办人") // nothing has changed
		first := dig(c.ask("管理员甲", waiting, nil).Data, "confirmationRequests").([]any)
		if len(first) != 1 || dig(first[0], "mayConfirm") != false {
			t.Fatal(first)
		}
		id := dig(first[0], "id")
		if got := dig(c.ask("管理员乙", waiting, nil).Data, "confirmationRequests", 0, "mayConfirm"); got != true {
			t.Fatal(got)
		}
		c.refused("管理员甲", "confirmRequest", input{"requestId": id}, "NOT_ALLOWED", "")
		c.refused("承办人", "confirmRequest", input{"requestId": id}, "NOT_FOUND", "")
		done := c.call("管理员乙", "confirmRequest", input{"requestId": id})
		code, _ := dig(done.Data, "confirmRequest", "code").(string)
		c.activates("承办人", code)
		delete(c.tokens, "承办人")
		c.token("承办人")
		c.do("管理员乙", "withdrawRequest", input{"requestId": c.asks("管理员乙", "承办人")})
	})
	t.Run("S2: another administrator is not removed by one, and hears of the attempt", func(t *testing.T) {
		g := dig(c.ask("管理员甲", `query($id: ID!) { node(id: $id) { ... on Membership { grants { id } } } }`, input{"id": c.person["管理员乙"]}).Data, "node", "grants", 0, "id")
		a := c.call("管理员甲", "revokeGrant", input{"grantId": g, "reason": "不听话"})
		if dig(a.Data, "revokeGrant", "request", "kind") != "grant.revoke" {
			t.Fatal(a.text)
		}
		if !strings.Contains(c.ask("管理员乙", `{ notifications(first: 5) { edges { node { text } } } }`, nil).text+c.ask("管理员乙", waiting, nil).text, "撤销甲区管理员乙的租户管理员授权") {
			t.Error("nobody is told")
		}
		if a := c.ask("管理员乙", `{ viewer { roles } }`, nil); !strings.Contains(a.text, "tenant_admin") {
			t.Error(a.text)
		}
	})
}

// asks lets somebody ask for what takes two, and answers the request.
func (c *committee) asks(who, about string) any {
	c.t.Helper()
	a := c.call(who, "issueActivation", input{"membershipId": c.person[about], "reason": "忘记密码"})
	return dig(a.Data, "issueActivation", "request", "id")
}
