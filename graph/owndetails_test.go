package graph_test

import (
	"strings"
	"testing"
	"time"
)

const (
	myDetails = `{ myDetails { field way value waiting } }`
	asksToMe  = `{ confirmationRequests { id kind says reason mayConfirm changes { label before after withheld } } }`
	myAsks    = `{ myRequests { state answer says changes { label } } notices(first: 5) { edges { node { text link { page } } } } }`
)

// own is how one of somebody's details stands: its way, value and what waits.
func (c *committee) own(who, field string) [3]any {
	c.t.Helper()
	for _, d := range dig(c.ask(who, myDetails, nil).Data, "myDetails").([]any) {
		if dig(d, "field") == field {
			return [3]any{dig(d, "way"), dig(d, "value"), dig(d, "waiting")}
		}
	}
	c.t.Fatalf("no detail %s", field)
	return [3]any{}
}

func TestAPersonsOwnDetails(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("委员甲", "STAFF", nil)
	c.add("委员乙", "STAFF", nil)

	t.Run("a number holds at once, and no book shows it", func(t *testing.T) {
		c.token("委员甲")
		before := len(c.records())
		c.do("委员甲", "changeMyDetails", input{"phone": "13800001111"})
		if got := c.own("委员甲", "phone"); got != [3]any{"AT_ONCE", "13800001111", nil} {
			t.Fatal(got)
		}
		if got := c.records()[before:]; len(got) != 1 || got[0] != "changeMyDetails" {
			t.Fatal(got)
		}
		if book := c.inTheBook(); strings.Contains(book, "13800001111") || !strings.Contains(book, "[withheld]") {
			t.Fatal("the number stands in the book")
		}
	})
	t.Run("a post waits: nothing changes, who keeps the roster sees before and after and is told", func(t *testing.T) {
		a := c.call("委员甲", "changeMyDetails", input{"post": "某院院长", "reason": "换了单位"})
		if dig(a.Data, "changeMyDetails", "request", "kind") != "membership.own" {
			t.Fatal(a.text)
		}
		if got := c.own("委员甲", "post"); got != [3]any{"WAITS", nil, "某院院长"} {
			t.Fatal(got)
		}
		seen := dig(c.ask("管理员甲", asksToMe, nil).Data, "confirmationRequests", 0)
		if dig(seen, "mayConfirm") != true || dig(seen, "reason") != "换了单位" || dig(seen, "changes", 0, "after") != "某院院长" || dig(seen, "changes", 0, "before") != nil {
			t.Fatal(seen)
		}
		if told := c.ask("管理员乙", myAsks, nil).text; !strings.Contains(told, "委员甲提出修改本人的职务") {
			t.Fatal(told)
		}
		same(t, dig(c.ask("委员乙", asksToMe, nil).Data, "confirmationRequests"), `[]`)
	})
	t.Run("asked again for the same it is one request; for something else the new one takes its place", func(t *testing.T) {
		c.do("委员甲", "changeMyDetails", input{"post": "某院院长"})
		c.do("委员甲", "changeMyDetails", input{"post": "某院副院长"})
		list := dig(c.ask("管理员甲", asksToMe, nil).Data, "confirmationRequests").([]any)
		if len(list) != 1 || dig(list[0], "changes", 0, "after") != "某院副院长" {
			t.Fatal(list)
		}
	})
	t.Run("what he asks for besides joins it, and what he would have as it is leaves it", func(t *testing.T) {
		c.do("委员甲", "changeMyDetails", input{"politicalParty": "民盟"})
		changes := dig(c.ask("管理员甲", asksToMe, nil).Data, "confirmationRequests", 0, "changes").([]any)
		if len(changes) != 2 {
			t.Fatal(changes)
		}
		c.do("委员甲", "changeMyDetails", input{"politicalParty": ""})
		changes = dig(c.ask("管理员甲", asksToMe, nil).Data, "confirmationRequests", 0, "changes").([]any)
		if len(changes) != 1 || dig(changes[0], "label") != "职务" {
			t.Fatal(changes)
		}
	})
	t.Run("who asked does not accept it himself, nor does another member; nor does he refuse it", func(t *testing.T) {
		id := c.waits("管理员甲")
		c.refused("委员甲", "confirmRequest", input{"requestId": id}, "NOT_ALLOWED", "")
		c.refused("委员乙", "confirmRequest", input{"requestId": id}, "NOT_FOUND", "")
		c.refused("委员乙", "refuseRequest", input{"requestId": id, "reason": "不对"}, "NOT_FOUND", "")
		c.refused("委员甲", "refuseRequest", input{"requestId": id, "reason": "不对"}, "NOT_ALLOWED", "")
		c.refused("管理员甲", "refuseRequest", input{"requestId": id, "reason": " "}, "INVALID_INPUT", "reason")
	})
	t.Run("refused with a reason, which he reads and is told; nothing has changed", func(t *testing.T) {
		c.do("管理员甲", "refuseRequest", input{"requestId": c.waits("管理员甲"), "reason": "请附任职文件"})
		got := c.ask("委员甲", myAsks, nil)
		if dig(got.Data, "myRequests", 0, "state") != "REFUSED" || dig(got.Data, "myRequests", 0, "answer") != "请附任职文件" {
			t.Fatal(got.text)
		}
		if dig(got.Data, "notices", "edges", 0, "node", "link", "page") != "MINE" || !strings.Contains(got.text, "理由：请附任职文件") {
			t.Fatal(got.text)
		}
		if got := c.own("委员甲", "post"); got != [3]any{"WAITS", nil, nil} {
			t.Fatal(got)
		}
	})
	t.Run("accepted it holds, in the book before and after, and twice it does nothing more", func(t *testing.T) {
		c.do("委员甲", "changeMyDetails", input{"post": "某院院长", "politicalParty": "民盟"})
		id := c.waits("管理员乙")
		c.do("管理员乙", "confirmRequest", input{"requestId": id})
		c.do("管理员乙", "confirmRequest", input{"requestId": id})
		if got := c.own("委员甲", "post"); got != [3]any{"WAITS", "某院院长", nil} {
			t.Fatal(got)
		}
		if book := c.inTheBook(); !strings.Contains(book, "某院院长") {
			t.Fatal("the book does not say what it is now")
		}
		var input string
		must(t, c.super.QueryRow(t.Context(), `SELECT input::text FROM requests_by_two WHERE id = $1`, id).Scan(&input))
		if input != "{}" {
			t.Fatal("what was settled is kept: ", input)
		}
		c.refused("管理员甲", "refuseRequest", map[string]any{"requestId": id, "reason": "晚了"}, "NOT_ALLOWED_IN_STATE", "")
	})
	t.Run("the committee decides: a number that waits is withheld from who does not read personal data", func(t *testing.T) {
		c.do("管理员甲", "setPolicy", input{"settings": map[string]any{"ownDetails": map[string]any{"phone": "WAITS", "name": "CLOSED"}}, "note": "核对电话", "approvedBy": "主席会议"})
		r := c.do("管理员甲", "setRole", input{"code": "own_roster", "name": "名册员", "rights": []input{{"permission": "roster.read", "scope": "TENANT"}, {"permission": "roster.manage", "scope": "TENANT"}}})
		c.do("管理员乙", "confirmRole", input{"roleId": r["id"]})
		c.add("名册员", "STAFF", nil)
		g := c.do("管理员甲", "grantRole", input{"membershipId": c.person["名册员"], "role": "own_roster", "reason": "任职"})
		c.do("管理员乙", "confirmGrant", input{"grantId": g["id"]})
		c.refused("委员乙", "changeMyDetails", input{"name": "别的名字"}, "NOT_ALLOWED", "name")
		c.do("委员乙", "changeMyDetails", input{"phone": "13900002222"})
		for who, shown := range map[string]any{"名册员": nil, "管理员甲": "13900002222"} {
			seen := dig(c.ask(who, asksToMe, nil).Data, "confirmationRequests", 0, "changes", 0)
			if dig(seen, "withheld") != (shown == nil) || dig(seen, "after") != shown {
				t.Fatal(who, seen)
			}
		}
		c.do("名册员", "confirmRequest", input{"requestId": c.waits("名册员")})
		if got := c.own("委员乙", "phone"); got[1] != "13900002222" {
			t.Fatal(got)
		}
		if strings.Contains(c.inTheBook(), "13900002222") {
			t.Fatal("the number stands in the book")
		}
	})
	t.Run("nobody answers in time: it is over, he sees that, and asks anew", func(t *testing.T) {
		c.do("委员甲", "changeMyDetails", input{"post": "另一职务"})
		id := c.waits("管理员甲")
		c.clock.Advance(15 * 24 * time.Hour)
		c.tokens = map[string]string{}
		c.refused("管理员甲", "confirmRequest", input{"requestId": id}, "DEADLINE_PASSED", "")
		if got := dig(c.ask("委员甲", myAsks, nil).Data, "myRequests", 0, "state"); got != "EXPIRED" {
			t.Fatal(got)
		}
		c.do("委员甲", "changeMyDetails", input{"post": "另一职务"})
		c.waits("管理员甲")
	})
	t.Run("who is gone in the meantime is not written to", func(t *testing.T) {
		id := c.waits("管理员甲")
		c.do("管理员甲", "endMembership", input{"membershipId": c.person["委员甲"], "status": "RESIGNED", "reason": "请辞"})
		c.refused("管理员甲", "confirmRequest", input{"requestId": id}, "NOT_ALLOWED_IN_STATE", "")
	})
}

// waits is the only request that waits for somebody's word.
func (c *committee) waits(who string) any {
	c.t.Helper()
	list := dig(c.ask(who, asksToMe, nil).Data, "confirmationRequests").([]any)
	if len(list) != 1 {
		c.t.Fatalf("%d requests wait: %v", len(list), list)
	}
	return dig(list[0], "id")
}

// inTheBook is everything that the committee's book says.
func (c *committee) inTheBook() (all string) {
	c.t.Helper()
	must(c.t, c.super.QueryRow(c.t.Context(), `SELECT string_agg(entry::text, ' ' ORDER BY seq) FROM audit_log WHERE tenant_id = $1`, c.id).Scan(&all))
	return all
}
