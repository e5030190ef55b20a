package graph_test

import (
	"context"
	"strings"
	"testing"
)

const signingIn = `mutation($i: SignInInput!) { signIn(input: $i) {
  choices { membershipId tenantName } invitations { id tenantName } refreshToken tokens { accessToken } userErrors { code message } } }`

func (c *committee) signIn(login string) answer {
	return c.post(context.Background(), "", signingIn, map[string]any{"i": input{"login": login, "password": secret}})
}

// answerInvitation accepts or declines, by an access token or a refresh token.
func (w *world) answerInvitation(token, field, id string, refresh any) answer {
	return w.post(context.Background(), token, `mutation($i: `+strings.ToUpper(field[:1])+field[1:]+`Input!) { `+field+`(input: $i) { membershipId userErrors { code message } } }`,
		map[string]any{"i": input{"invitationId": id, "refreshToken": refresh}})
}

func TestSigningInWithNothingToEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	other := w.found("210203", "DISTRICT", "乙区")
	c.add("某甲", "STAFF", nil)
	c.do("管理员甲", "endMembership", input{"membershipId": c.person["某甲"], "status": "RESIGNED", "reason": "请辞"})
	t.Run("M20: who has resigned is told so, and what to do", func(t *testing.T) {
		a := c.signIn(c.logins["某甲"])
		if dig(a.Data, "signIn", "tokens") != nil || dig(a.Data, "signIn", "userErrors", 0, "code") != "NOT_ALLOWED" || dig(a.Data, "signIn", "userErrors", 0, "message") == "" {
			t.Fatal(a.text)
		}
	})
	other.do("管理员甲", "addMember", input{"name": "乙区某甲", "kind": "STAFF", "login": c.logins["某甲"]})
	t.Run("A4: who belongs nowhere yet accepts with what signing in gave him", func(t *testing.T) {
		a := c.signIn(c.logins["某甲"])
		id, _ := dig(a.Data, "signIn", "invitations", 0, "id").(string)
		refresh, _ := dig(a.Data, "signIn", "refreshToken").(string)
		if id == "" || refresh == "" || dig(a.Data, "signIn", "invitations", 0, "tenantName") != "政协210203" {
			t.Fatal(a.text)
		}
		stranger := c.token("管理员乙")
		if b := w.answerInvitation(stranger, "acceptInvitation", id, nil); dig(b.Data, "acceptInvitation", "userErrors", 0, "code") != "NOT_FOUND" {
			t.Fatal("somebody else accepted: ", b.text)
		}
		before := len(other.records())
		b := w.answerInvitation("", "acceptInvitation", id, refresh)
		if m, _ := dig(b.Data, "acceptInvitation", "membershipId").(string); m == "" {
			t.Fatal(b.text)
		}
		if got := other.records(); len(got) != before+1 || got[before] != "acceptInvitation" {
			t.Fatal("the committee that invited has no record of it: ", got[before:])
		}
		if a := c.signIn(c.logins["某甲"]); dig(a.Data, "signIn", "tokens", "accessToken") == nil {
			t.Fatal(a.text)
		}
	})
	t.Run("A4: who works in one committee finds invitations and declines, signed in", func(t *testing.T) {
		other.do("管理员甲", "addMember", input{"name": "乙区某乙", "kind": "STAFF", "login": c.logins["管理员乙"]})
		a := c.ask("管理员乙", `{ myInvitations { id tenantCode } }`, nil)
		id, _ := dig(a.Data, "myInvitations", 0, "id").(string)
		if id == "" || dig(a.Data, "myInvitations", 0, "tenantCode") != "210203" {
			t.Fatal(a.text)
		}
		if b := w.answerInvitation(c.token("管理员乙"), "declineInvitation", id, nil); len(b.Errors) > 0 || dig(b.Data, "declineInvitation", "userErrors", 0) != nil {
			t.Fatal(b.text)
		}
		if a := c.ask("管理员乙", `{ myInvitations { id } }`, nil); dig(a.Data, "myInvitations", 0) != nil {
			t.Fatal(a.text)
		}
	})
}
