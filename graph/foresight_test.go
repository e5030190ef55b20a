package graph_test

import "testing"

func TestHandedToAnotherUnit(t *testing.T) {
	c := withPlatform(t)
	other := c.do("管理员甲", "createUnit", input{"line": "ORGANISATION", "kind": "STREET_LIAISON", "name": c.mark + "青泥洼桥街道联络委"})["id"].(string)
	c.add("外街道干部", "STAFF", nil, "street_liaison")
	c.do("管理员甲", "seatMember", input{"membershipId": c.person["外街道干部"], "unitId": other, "post": "STREET_LIAISON"})
	id := c.raise("街道干部", c.made["platform"], "广场舞扰民")
	const look = `query($in: PerformActionInput!) { foresee(input: $in) { visible takeBackUntil days { label was dueOn } turns { turn instead people { id } } userErrors { code path } } }`
	in := input{"matterId": id, "action": "pass", "form": input{"unitId": other}}
	t.Run("whose turn it will be, which days, and until when it can be taken back are shown before", func(t *testing.T) {
		a := c.ask("街道干部", look, input{"in": in})
		f := dig(a.Data, "foresee")
		turns, _ := dig(f, "turns").([]any)
		if len(a.Errors) > 0 || dig(f, "visible") != true || dig(f, "takeBackUntil") == nil || len(turns) != 1 || len(dig(f, "days").([]any)) != 1 {
			t.Fatal(a.text)
		}
		if people := dig(turns[0], "people").([]any); len(people) != 1 || dig(people[0], "id") != c.person["外街道干部"] {
			t.Error(a.text)
		}
		if a := c.ask("街道干部", look, input{"in": input{"matterId": id, "action": "pass", "form": input{"unitId": "x"}}}); dig(a.Data, "foresee", "userErrors").([]any)[0].(map[string]any)["code"] != "INVALID_INPUT" {
			t.Error(a.text)
		}
		if a := c.ask("外街道干部", look, input{"in": in}); dig(a.Data, "foresee", "userErrors").([]any)[0].(map[string]any)["code"] != "NOT_FOUND" {
			t.Error(a.text)
		}
	})
	t.Run("it is done with a reason, the other street has it, and it comes back", func(t *testing.T) {
		c.refused("街道干部", "performAction", merged(input{}, in), "INVALID_INPUT", "reason")
		c.on("街道干部", "performAction", id, input{"action": "pass", "form": input{"unitId": other}, "reason": "是外街道的地界"})
		c.refused("街道干部", "performAction", input{"matterId": id, "action": "pass", "form": input{"unitId": c.unit["桂林街道联络委"]}, "reason": "再转"}, "NOT_ALLOWED", "")
		c.on("街道干部", "performAction", id, input{"action": "passBack", "reason": "转错了"})
		c.on("街道干部", "performAction", id, input{"action": "pass", "form": input{"unitId": other}, "reason": "还是外街道的"})
		c.on("外街道干部", "performAction", id, input{"action": "passBack", "reason": "不在本街道"})
		c.on("街道干部", "performAction", id, input{"action": "describe", "form": input{"need": "夜间太吵"}})
	})
}
