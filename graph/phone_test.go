package graph_test

import "testing"

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
