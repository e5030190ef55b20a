package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"
)

const (
	invited = `{ myInvitations { id tenantCode tenantName invitedBy asName asKind asPost expiresAt } }`
	sent    = `query($m: ID) { sentInvitations(membershipId: $m) { membershipId state byWord invitedBy } }`
)

// claim brings a word.
func (c *committee) brings(who string, code any) answer {
	return c.post(context.Background(), c.token(who), `mutation($i: ClaimInvitationInput!) { claimInvitation(input: $i) { invitation { id tenantName } userErrors { code path } } }`,
		input{"i": input{"code": code}})
}

// TestASecondCommitteeByConsent: a person of one committee joins another because
// he wants to, and each sees of the other what is his.
func TestASecondCommitteeByConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.found("210202", "DISTRICT", "甲区"), w.found("210203", "DISTRICT", "乙区")
	a.add("委员甲", "STAFF", nil)
	a.add("委员乙", "STAFF", nil)
	entered := func(name string) string {
		t.Helper()
		return b.do("管理员甲", "addMember", input{"name": name, "kind": "UNIT_STAFF", "post": "联络员"})["id"].(string)
	}
	state := func(id string) any {
		t.Helper()
		return dig(b.ask("管理员甲", sent, input{"m": id}).Data, "sentInvitations", 0, "state")
	}
	first := func(who string) any {
		t.Helper()
		return dig(a.ask(who, invited, nil).Data, "myInvitations", 0, "id")
	}
	id := entered("乙区某甲")
	t.Run("who is invited by his login reads on his desk who asks, and as whom he would join", func(t *testing.T) {
		b.do("管理员甲", "inviteMember", input{"membershipId": id, "login": a.logins["委员甲"]})
		got := a.ask("委员甲", invited, nil)
		in := dig(got.Data, "myInvitations", 0)
		if dig(in, "tenantCode") != "210203" || dig(in, "invitedBy") != "乙区管理员甲" || dig(in, "asName") != "乙区某甲" || dig(in, "asKind") != "UNIT_STAFF" || dig(in, "asPost") != "联络员" {
			t.Fatal(got.text)
		}
	})
	t.Run("asked twice it is one invitation", func(t *testing.T) {
		b.do("管理员甲", "inviteMember", input{"membershipId": id, "login": a.logins["委员甲"]})
		if list := dig(a.ask("委员甲", invited, nil).Data, "myInvitations").([]any); len(list) != 1 {
			t.Fatal(list)
		}
	})
	t.Run("whether anybody has the login the administrator does not learn", func(t *testing.T) {
		other := entered("乙区无此人")
		there, none := b.call("管理员甲", "inviteMember", input{"membershipId": id, "login": a.logins["委员甲"]}), b.call("管理员甲", "inviteMember", input{"membershipId": other, "login": "nobody-at-all"})
		if dig(there.Data, "inviteMember", "code") != nil || dig(none.Data, "inviteMember", "code") != nil || state(id) != state(other) {
			t.Fatal(there.text, none.text)
		}
	})
	t.Run("refused, nothing changes for him, and the committee learns that he said no", func(t *testing.T) {
		if got := w.answerInvitation(a.token("委员甲"), "declineInvitation", first("委员甲").(string), nil); dig(got.Data, "declineInvitation", "userErrors", 0) != nil {
			t.Fatal(got.text)
		}
		if first("委员甲") != nil || state(id) != "DECLINED" {
			t.Fatal(state(id))
		}
		same(t, dig(a.ask("委员甲", `{ viewer { identities { tenantCode } } }`, nil).Data, "viewer", "identities"), `[{"tenantCode":"210202"}]`)
	})
	t.Run("withdrawn it cannot be accepted, and withdrawn twice is once", func(t *testing.T) {
		b.do("管理员甲", "inviteMember", input{"membershipId": id, "login": a.logins["委员甲"]})
		old := first("委员甲").(string)
		b.do("管理员甲", "withdrawInvitation", input{"membershipId": id})
		b.do("管理员甲", "withdrawInvitation", input{"membershipId": id})
		if got := w.answerInvitation(a.token("委员甲"), "acceptInvitation", old, nil); dig(got.Data, "acceptInvitation", "userErrors", 0, "code") != "NOT_FOUND" || state(id) != "WITHDRAWN" {
			t.Fatal(got.text)
		}
	})
	t.Run("after thirty days it is over", func(t *testing.T) {
		b.do("管理员甲", "inviteMember", input{"membershipId": id, "login": a.logins["委员甲"]})
		old := first("委员甲").(string)
		w.clock.Advance(31 * 24 * time.Hour)
		clear(a.tokens)
		clear(b.tokens)
		if got := w.answerInvitation(a.token("委员甲"), "acceptInvitation", old, nil); dig(got.Data, "acceptInvitation", "userErrors", 0, "code") != "NOT_FOUND" || first("委员甲") != nil || state(id) != "EXPIRED" {
			t.Fatal(got.text, state(id))
		}
	})
	t.Run("by a word, for who does not tell his login: only who brings it reads it, wrong ones and others' look alike", func(t *testing.T) {
		code := dig(b.call("管理员甲", "inviteMember", input{"membershipId": id}).Data, "inviteMember", "code").(string)
		if strings.Contains(b.inTheBook(), code) || first("委员甲") != nil {
			t.Fatal("the word is known before it is brought")
		}
		for _, wrong := range []string{"AAAAA-BBBBB-CCCCC", "", strings.Repeat("A", 300)} {
			if got := a.brings("委员甲", wrong); dig(got.Data, "claimInvitation", "userErrors", 0, "code") != "NOT_FOUND" {
				t.Fatal(got.text)
			}
		}
		for range 2 {
			if got := a.brings("委员甲", strings.ToLower(strings.ReplaceAll(code, "-", " "))); dig(got.Data, "claimInvitation", "invitation", "tenantName") != "政协210203" {
				t.Fatal(got.text)
			}
		}
		if got := a.brings("委员乙", code); dig(got.Data, "claimInvitation", "userErrors", 0, "code") != "NOT_FOUND" {
			t.Fatal(got.text)
		}
		if state(id) != "WAITING" {
			t.Fatal("bringing the word is no consent: ", state(id))
		}
	})
	t.Run("accepted he has two memberships, switches, and each committee's data stays its own", func(t *testing.T) {
		got := w.answerInvitation(a.token("委员甲"), "acceptInvitation", first("委员甲").(string), nil)
		if dig(got.Data, "acceptInvitation", "membershipId") != id || state(id) != "ACCEPTED" {
			t.Fatal(got.text)
		}
		same(t, dig(a.ask("委员甲", `{ viewer { identities { tenantCode current } } }`, nil).Data, "viewer", "identities"), `[{"current":true,"tenantCode":"210202"},{"current":false,"tenantCode":"210203"}]`)
		in := a.signIn(a.logins["委员甲"])
		chosen := w.post(t.Context(), "", `mutation($i: ChooseTenantInput!) { chooseTenant(input: $i) { tokens { accessToken } } }`,
			input{"i": input{"refreshToken": dig(in.Data, "signIn", "refreshToken"), "membershipId": id}})
		token, _ := dig(chosen.Data, "chooseTenant", "tokens", "accessToken").(string)
		there := w.post(t.Context(), token, `query($m: ID!) { viewer { tenant { code } membership { name } } node(id: $m) { id } }`, input{"m": a.person["委员甲"]})
		if dig(there.Data, "viewer", "tenant", "code") != "210203" || dig(there.Data, "viewer", "membership", "name") != "乙区某甲" || dig(there.Data, "node") != nil {
			t.Fatal(there.text)
		}
		if strings.Contains(b.inTheBook(), "甲区委员甲") {
			t.Fatal("the second committee learns what he is called in the first")
		}
		b.refused("管理员甲", "inviteMember", input{"membershipId": id}, "CONFLICT", "membershipId")
	})
	t.Run("whose place is gone in the meantime joins nothing", func(t *testing.T) {
		other := entered("乙区某乙")
		code := dig(b.call("管理员甲", "inviteMember", input{"membershipId": other}).Data, "inviteMember", "code")
		a.brings("委员乙", code)
		b.do("管理员甲", "endMembership", input{"membershipId": other, "status": "RESIGNED", "reason": "不需要了"})
		if first("委员乙") != nil || state(other) != "WITHDRAWN" {
			t.Fatal(state(other))
		}
		b.refused("管理员甲", "inviteMember", input{"membershipId": other}, "NOT_ALLOWED_IN_STATE", "")
	})
	t.Run("who may not manage the roster neither invites nor learns who is invited", func(t *testing.T) {
		a.refused("委员乙", "inviteMember", input{"membershipId": a.person["委员甲"]}, "NOT_ALLOWED", "")
		if got := a.ask("委员乙", sent, nil); dig(got.Data, "sentInvitations") != nil {
			t.Fatal(got.text)
		}
	})
}
