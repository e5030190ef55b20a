package graph_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/phone/channels/channelstest"
	"github.com/bihuan/bihuan/internal/clock"
)

const myPhone = `{ phonePreferences { version level muted channels quietFrom quietTo digestAt compulsory reach { channel on address usable } } }`

// What a person wants on his phone: what holds before he chooses, what he
// chooses, and what he cannot switch off.
func TestPhonePreferences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲")
	t.Run("who has chosen nothing is told as the committee's policy says", func(t *testing.T) {
		a := c.ask("管理员甲", myPhone, nil)
		same(t, a.Data, `{"phonePreferences":{"channels":[],"compulsory":["轮到您办理而期限就在眼前或已经过去的，总会发到手机上"],"digestAt":null,"level":"IMPORTANT","muted":[],"quietFrom":22,"quietTo":7,"reach":[{"address":null,"channel":"WECOM","on":false,"usable":false},{"address":null,"channel":"SMS","on":false,"usable":false}],"version":0}}`)
	})
	t.Run("the committee's policy says which channels are on, and is checked", func(t *testing.T) {
		c.refused("管理员甲", "setPolicy", input{"settings": input{"phone": input{"channels": []string{"PIGEON"}}}, "note": "信鸽", "approvedBy": "秘书长"}, "INVALID_INPUT", "settings")
		c.refused("管理员甲", "setPolicy", input{"settings": input{"phone": input{"digestAt": 23}}, "note": "半夜", "approvedBy": "秘书长"}, "INVALID_INPUT", "settings")
		c.do("管理员甲", "setPolicy", input{"settings": input{"phone": input{"channels": []string{"SMS"}, "digestAt": 8, "always": []string{"INVITATION"}}}, "note": "开通短信", "approvedBy": "秘书长"})
		c.do("管理员甲", "updateMember", input{"membershipId": c.person["管理员甲"], "phone": "130 0000 0001", "wecom": "zhang.san"})
		a := c.ask("管理员甲", myPhone, nil)
		same(t, a.Data, `{"phonePreferences":{"channels":["SMS"],"compulsory":["轮到您办理而期限就在眼前或已经过去的，总会发到手机上","本会的政策规定，以下通知总会发到手机上：邀请您参加投票"],"digestAt":8,"level":"IMPORTANT","muted":[],"quietFrom":22,"quietTo":7,"reach":[{"address":"zhang.san","channel":"WECOM","on":false,"usable":true},{"address":"130 0000 0001","channel":"SMS","on":true,"usable":true}],"version":0}}`)
	})
	t.Run("a person sets his own, and what was not named stays", func(t *testing.T) {
		c.do("管理员甲", "setPhonePreferences", input{"level": "URGENT", "muted": []string{"TOLD", "LETTER"}, "quietFrom": 21, "noDigest": true, "expectedVersion": 0})
		c.do("管理员甲", "setPhonePreferences", input{"nothingAtOnce": true, "channels": []string{"WECOM", "SMS"}, "expectedVersion": 1})
		p := dig(c.ask("管理员甲", myPhone, nil).Data, "phonePreferences").(map[string]any)
		delete(p, "reach")
		delete(p, "compulsory")
		same(t, p, `{"channels":["WECOM","SMS"],"digestAt":null,"level":null,"muted":["TOLD","LETTER"],"quietFrom":21,"quietTo":7,"version":2}`)
		if dig(c.ask("管理员乙", myPhone, nil).Data, "phonePreferences", "version") != 0.0 {
			t.Error("another's changed")
		}
	})
	t.Run("an old version is refused, and so is what contradicts itself", func(t *testing.T) {
		c.refused("管理员甲", "setPhonePreferences", input{"quietTo": 6, "expectedVersion": 1}, "VERSION_CONFLICT", "")
		c.refused("管理员甲", "setPhonePreferences", input{"quietTo": 24}, "INVALID_INPUT", "quietTo")
		c.refused("管理员甲", "setPhonePreferences", input{"digestAt": 22}, "INVALID_INPUT", "digestAt")
		c.refused("管理员甲", "setPhonePreferences", input{"digestAt": 8, "noDigest": true}, "INVALID_INPUT", "noDigest")
		c.refused("管理员甲", "setPhonePreferences", input{"muted": []string{"TOLD", "TOLD"}}, "INVALID_INPUT", "muted")
	})
	t.Run("how somebody is reached is for himself and for who keeps the personal data", func(t *testing.T) {
		c.add("干事", "STAFF", nil, "proposal_clerk")
		q := `query($id: ID!) { node(id: $id) { ... on Membership { wecom } } }`
		for who, want := range map[string]any{"管理员甲": "zhang.san", "管理员乙": "zhang.san", "干事": nil} {
			if got := dig(c.ask(who, q, input{"id": c.person["管理员甲"]}).Data, "node", "wecom"); got != want {
				t.Errorf("%s sees %v", who, got)
			}
		}
		c.refused("管理员甲", "updateMember", input{"membershipId": c.person["管理员甲"], "wecom": "@all"}, "INVALID_INPUT", "wecom")
	})
}

// rings lets the worker take to phones what waits.
func (c *committee) rings() {
	c.t.Helper()
	_, err := c.r.Phone.Deliver(clock.With(context.Background(), c.clock), c.id)
	must(c.t, err)
}

// A person registers his own number, and an administrator sees what did not
// arrive.
func TestMessagesToPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, fake := w.found("210202", "DISTRICT", "甲"), channelstest.New(t)
	w.r.Phone.Connect("https://zx.example.cn", fake.Channels())
	number := input{"channel": "SMS", "address": "138 0000 0001"}
	t.Run("where the committee has not switched it on, nobody registers", func(t *testing.T) {
		c.refused("管理员乙", "changePhoneAddress", number, "NOT_ALLOWED_IN_STATE", "channel")
	})
	c.do("管理员甲", "setPolicy", input{"settings": input{"phone": input{"channels": []string{"SMS"}}}, "note": "开通短信", "approvedBy": "秘书长"})
	confirm := func(code string) answer { return c.call("管理员乙", "confirmPhoneAddress", input{"code": code}) }
	t.Run("the code goes to the new number, a wrong one counts, the right one registers it", func(t *testing.T) {
		number["idempotencyKey"] = "once"
		for range 2 {
			if a := c.call("管理员乙", "changePhoneAddress", number); len(dig(a.Data, "changePhoneAddress", "userErrors").([]any)) > 0 {
				t.Fatalf("%s", a.text)
			}
		}
		c.rings()
		shown := fake.Shown()
		if len(shown) != 1 || shown[0].To != "+8613800000001" {
			t.Fatalf("%+v", shown)
		}
		for left := 4.0; left > 2; left-- {
			if a := confirm("0000"); dig(a.Data, "confirmPhoneAddress", "userErrors", 0, "details", "triesLeft") != left {
				t.Errorf("%s", a.text)
			}
		}
		a := confirm(shown[0].Text)
		if dig(a.Data, "confirmPhoneAddress", "preferences", "version") != 0.0 || len(dig(a.Data, "confirmPhoneAddress", "userErrors").([]any)) > 0 {
			t.Errorf("%s", a.text)
		}
		reach := dig(c.ask("管理员乙", myPhone, nil).Data, "phonePreferences", "reach", 1).(map[string]any)
		same(t, reach, `{"address":"13800000001","channel":"SMS","on":true,"usable":true}`)
	})
	t.Run("what did not arrive is listed page by page, with the reason and nothing of what it was about, and goes out again", func(t *testing.T) {
		fake.Gone("+8613800000001")
		for range 3 {
			c.operator(func(ctx context.Context) error {
				return notices.Write(ctx, nil, notices.Decision("请确认新的角色", "Role", uuid.Must(uuid.NewV7())), uuid.MustParse(c.person["管理员乙"]))
			})
			c.clock.Set(c.clock.Now().Add(time.Second))
		}
		c.rings()
		const list = `query($first: Int, $after: String) { phoneFailures(first: $first, after: $after) { totalCount next failures { id about channel code reason attempts membership { name } } } }`
		a := c.ask("管理员甲", list, input{"first": 2})
		one := dig(a.Data, "phoneFailures", "failures", 0).(map[string]any)
		id := one["id"]
		delete(one, "id")
		same(t, one, `{"about":"DECISION","attempts":1,"channel":"SMS","code":"InvalidParameterValue.IncorrectPhoneNumber","membership":{"name":"甲管理员乙"},"reason":"这个号码收不到短信：号码不对、已退订或不在境内"}`)
		rest := c.ask("管理员甲", list, input{"after": dig(a.Data, "phoneFailures", "next")})
		if n := len(dig(rest.Data, "phoneFailures", "failures").([]any)); n != 1 || dig(rest.Data, "phoneFailures", "totalCount") != 3.0 || dig(rest.Data, "phoneFailures", "next") != nil {
			t.Errorf("%s", rest.text)
		}
		c.add("干事", "STAFF", nil, "proposal_clerk")
		if a := c.ask("干事", list, nil); a.code() != "NOT_ALLOWED" {
			t.Errorf("%s", a.text)
		}
		c.refused("干事", "retryPhoneMessage", input{"id": id}, "NOT_ALLOWED", "")
		c.refused("管理员甲", "retryPhoneMessage", input{"id": nobody}, "NOT_FOUND", "id")
		if a := c.call("管理员甲", "retryPhoneMessage", input{"id": id, "reason": "号码已更正"}); dig(a.Data, "retryPhoneMessage", "left") != 2.0 {
			t.Errorf("%s", a.text)
		}
		if a := c.ask("管理员甲", list, input{"after": "x"}); a.code() != "INVALID_INPUT" {
			t.Errorf("%s", a.text)
		}
	})
}
