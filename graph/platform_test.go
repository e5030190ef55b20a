package graph_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
)

// onPlatforms is a committee with the people of settle, and two streets.
func onPlatforms(t *testing.T) *committee {
	t.Helper()
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	c.platformPeople()
	c.unit["人民路街道联络委"] = c.do("管理员甲", "createUnit", input{"line": "ORGANISATION", "kind": "STREET_LIAISON", "name": c.mark + "人民路街道联络委"})["id"].(string)
	c.add("邻街干部", "STAFF", nil, "street_liaison")
	c.seat("邻街干部", "人民路街道联络委", "STREET_LIAISON")
	return c
}

// withPlatform has neighbours on a platform of the street.
func withPlatform(t *testing.T) *committee {
	t.Helper()
	c := onPlatforms(t)
	c.made["process"] = c.published(neighbours)
	c.made["platform"] = c.platform("street", input{"targets": input{"2024": input{"meetings": 4}}})
	return c
}

func TestAPlatformOfItsOwn(t *testing.T) {
	c := onPlatforms(t)
	t.Run("the administrator builds a platform in no template by GraphQL alone, and a matter runs on it to its end", func(t *testing.T) {
		templates := c.ask("管理员甲", `{ processTemplates { name } }`, nil)
		if strings.Contains(templates.text, `"neighbours"`) {
			t.Fatal(templates.text)
		}
		draft := c.do("管理员甲", "createProcessDraft", input{"source": neighbours})
		c.do("管理员甲", "publishProcess", input{"id": draft["id"]})
		id := c.owed(c.platform("street", nil), "早市占道")
		item := c.part("商务局联络员", id, "items", "text", "更换隔音窗")
		c.refused("街道干部", "performAction", input{"matterId": id, "action": "close"}, "GUARD_FAILED", "")
		c.act("商务局联络员", id, "settle", input{"itemId": item, "done": true, "evidence": "已更换"})
		c.act("街道干部", id, "close", nil)
		a := c.ask("委员甲", `query($id: ID!) { matter(id: $id) { state closedAt source visibility records { kind number } platform { code } process { kind version } items { status } } }`, input{"id": id})
		m := dig(a.Data, "matter")
		if dig(m, "state") != "DONE" || dig(m, "closedAt") == nil || dig(m, "visibility") != "TENANT" || dig(m, "platform", "code") != "street" ||
			dig(m, "process", "kind") != "neighbours" || dig(m, "items", 0, "status") != "DONE" || dig(m, "source") != "群众征题" {
			t.Error(a.text)
		}
	})
	t.Run("the check code of a receipt is for who can reach who raised it", func(t *testing.T) {
		var id, code string
		c.db.AsSuper(t, `SELECT id::text, check_code FROM items WHERE receipt_no IS NOT NULL LIMIT 1`, nil, &id, &code)
		if len(code) != 8 {
			t.Fatal(code)
		}
		for who, may := range map[string]bool{"街道干部": true, "专委干部": true, "委员甲": false, "商务局联络员": false, "邻街干部": false} {
			list := c.ask(who, `{ matters(first: 100) { edges { node { items { checkCode } } } } }`, nil)
			alone := c.ask(who, `query($id: ID!) { node(id: $id) { ... on Item { checkCode } } }`, input{"id": id})
			if len(list.Errors)+len(alone.Errors) > 0 || strings.Contains(list.text, code) != may || strings.Contains(alone.text, code) != may {
				t.Error(who, list.text, alone.text)
			}
		}
	})
	t.Run("a retired platform takes nothing new until it is revived", func(t *testing.T) {
		p := c.platform("old", nil)
		c.do("管理员甲", "retirePlatform", input{"id": p, "reason": "停用"})
		c.refused("街道干部", "openMatter", input{"platformId": p, "title": "新议题", "source": "群众征题"}, "NOT_ALLOWED_IN_STATE", "")
		q := `query($r: Boolean) { platforms(retired: $r) { edges { node { code } } } }`
		if with, without := c.ask("委员甲", q, input{"r": true}).text, c.ask("委员甲", q, nil).text; !strings.Contains(with, `"old"`) || strings.Contains(without, `"old"`) {
			t.Error(with, without)
		}
		c.do("管理员甲", "revivePlatform", input{"id": p, "reason": "恢复"})
		c.raise("街道干部", p, "新议题")
	})
	t.Run("an earlier matter like it is found", func(t *testing.T) {
		p := dig(c.ask("委员甲", `{ platforms { edges { node { id code } } } }`, nil).Data, "platforms", "edges", 0, "node", "id")
		a := c.ask("街道干部", `query($p: ID!, $t: String!) { similarMatters(platformId: $p, title: $t) { title } }`, input{"p": p, "t": c.mark + "早市又占道"})
		if dig(a.Data, "similarMatters", 0, "title") != c.mark+"早市占道" {
			t.Error(a.text)
		}
	})
}

func TestCountersAgreeWithTheirRows(t *testing.T) {
	c := withPlatform(t)
	c.owed(c.made["platform"], "早市占道")
	c.talking(c.made["platform"], "广场舞扰民")
	q := `query($p: ID, $c: String!, $a: ID) { counterRows(platformId: $p, code: $c, year: 2024, after: $a, first: 1) { type next nodes { id } } }`
	for name, vars := range map[string]input{"of a platform": {"p": c.made["platform"]}, "of all platforms": {}} {
		t.Run(name, func(t *testing.T) {
			a := c.ask("专委干部", `query($p: ID!) { counters(year: 2024) { code value target pace { word } } platform(id: $p) { counters(year: 2024) { code value target pace { word } } } }`, input{"p": c.made["platform"]})
			list, _ := dig(a.Data, "counters").([]any)
			if vars["p"] != nil {
				list, _ = dig(a.Data, "platform", "counters").([]any)
			}
			got := map[any]any{}
			for _, x := range list {
				code, rows := dig(x, "code"), 0
				got[code] = dig(x, "value")
				for after := any(nil); ; {
					page := c.ask("专委干部", q, merged(input{"c": code, "a": after}, vars))
					nodes, ok := dig(page.Data, "counterRows", "nodes").([]any)
					if !ok || slices.Contains(nodes, nil) {
						t.Fatal(page.text)
					}
					rows += len(nodes)
					if after = dig(page.Data, "counterRows", "next"); after == nil {
						break
					}
				}
				if float64(rows) != dig(x, "value") {
					t.Errorf("%s is %v, and has %d rows", code, dig(x, "value"), rows)
				}
				if code == "meetings" && (dig(x, "target") != 4.0 || dig(x, "pace", "word") != "落后") {
					t.Error(x)
				}
			}
			for code, want := range map[string]float64{"meetings": 1, "person_times": 1, "matters": 2, "resolutions": 1, "documents": 1, "source:群众征题": 2, "talks": 0} {
				if got[code] != want {
					t.Errorf("%s is %v, want %v", code, got[code], want)
				}
			}
		})
	}
	t.Run("a counter that there is not is refused", func(t *testing.T) {
		if a := c.ask("专委干部", q, input{"c": "nothing"}); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
}

func TestContactDetails(t *testing.T) {
	c := withPlatform(t)
	id := c.talking(c.made["platform"], "广场舞扰民")
	full, name := "13800001234", c.mark+"居民张三"
	q := `query($id: ID!) { matter(id: $id) { parties { kind name phone membership { name } } } }`
	resident := func(who string) any {
		for _, p := range dig(c.ask(who, q, input{"id": id}).Data, "matter", "parties").([]any) {
			if dig(p, "kind") == "RESIDENT" {
				return p
			}
		}
		return nil
	}
	for _, who := range []string{"街道干部", "专委干部"} {
		t.Run("who may see how people are reached sees a citizen's name and telephone: "+who, func(t *testing.T) {
			if p := resident(who); dig(p, "name") != name || dig(p, "phone") != full {
				t.Error(p)
			}
		})
	}
	for _, who := range []string{"委员丙", "商务局联络员"} {
		t.Run("all others see them masked: "+who, func(t *testing.T) {
			if p := resident(who); dig(p, "name") != "甲"+strings.Repeat("*", 5) || dig(p, "phone") != "138******34" {
				t.Error(p)
			}
		})
	}
	t.Run("by its id it is masked alike", func(t *testing.T) {
		a := c.ask("委员丙", `query($id: ID!) { node(id: $id) { ... on Party { name phone } } }`, input{"id": c.part("街道干部", id, "parties", "kind", "RESIDENT")})
		if dig(a.Data, "node", "phone") != "138******34" || strings.Contains(a.text, "张三") {
			t.Error(a.text)
		}
	})
	t.Run("by its id it is in full for who may see it", func(t *testing.T) {
		party := c.part("街道干部", id, "parties", "kind", "RESIDENT")
		for _, field := range []string{"phone", "name"} {
			a := c.ask("街道干部", `query($id: ID!) { node(id: $id) { ... on Party { `+field+` } } }`, input{"id": party})
			if got := dig(a.Data, "node", field); got != full && got != name {
				t.Error(a.text)
			}
		}
	})
	t.Run("a member's name is not masked", func(t *testing.T) {
		if a := c.ask("商务局联络员", q, input{"id": id}); !strings.Contains(a.text, c.mark+"委员丙") {
			t.Error(a.text)
		}
	})
	t.Run("in a list of a hundred matters it takes no more statements for more parties", func(t *testing.T) {
		c.citizens(3)
		for _, who := range []string{"街道干部", "专委干部", "商务局联络员"} { // by unit, for all, not at all
			a := c.ask(who, `{ matters(first: 100) { edges { node { parties { name phone } } } } }`, nil)
			if n := strings.Count(a.text, `"phone":"138`); n < 300 || len(a.Errors) > 0 {
				t.Fatal(who, n, a.text)
			}
			if c.spent > 150 { // ten to seventy: a slow machine takes more rounds
				t.Errorf("%s: %d statements", who, c.spent)
			}
			if c.ask(who, `{ matters(first: 100) { edges { node { items { checkCode } } } } }`, nil); c.spent > 150 {
				t.Errorf("%s: %d statements for the check codes", who, c.spent)
			}
		}
	})
}

// citizens stores a hundred matters with so many citizens and receipts each.
func (c *committee) citizens(each int) {
	c.t.Helper()
	street, unit := uuid.MustParse(c.unit["桂林街道联络委"]), uuid.MustParse(c.unit["商务局"])
	c.system(func(ctx context.Context) error {
		db := c.r.Store.Ent()
		p, err := db.Process.Query().Where(entprocess.Kind("neighbours")).First(ctx)
		if err != nil {
			return err
		}
		for i := range 100 {
			m, err := db.Matter.Create().SetKind("neighbours").SetProcess(p).SetState("RAISED").SetTitle(fmt.Sprintf("第 %d 件事", i)).
				SetOpenedAt(c.clock.Now()).SetVisibility(matter.VisibilitySTAFF).SetStreetID(street).Save(ctx)
			if err != nil {
				return err
			}
			if err := db.Party.Create().SetMatter(m).SetUnitID(unit).SetName("商务局").SetRole(party.RolePARTICIPANT).Exec(ctx); err != nil {
				return err
			}
			for n := range each {
				if err := db.Item.Create().SetMatter(m).SetKind("PROBLEM").SetText("-").SetReceiptNo(fmt.Sprint("试-", i, "-", n)).SetCheckCode("ABCDEFGH").Exec(ctx); err != nil {
					return err
				}
				if err := db.Party.Create().SetMatter(m).SetName(fmt.Sprint("居民", n)).SetKind("RESIDENT").SetPhone("13800001234").SetRole(party.RoleRAISER).Exec(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// waiting are the titles of somebody's to-do list that begin with a text.
func (c *committee) waiting(who, title string) (out []string) {
	c.t.Helper()
	a := c.ask(who, `{ todos(first: 100) { edges { node { title } } } }`, nil)
	list, ok := dig(a.Data, "todos", "edges").([]any)
	if !ok {
		c.t.Fatal(a.text)
	}
	for _, e := range list {
		if t := dig(e, "node", "title").(string); strings.HasPrefix(t, c.mark+title) {
			out = append(out, t)
		}
	}
	return out
}

func TestWhoseTurnItIs(t *testing.T) {
	c := withPlatform(t)
	everybody := []string{"街道干部", "邻街干部", "专委干部", "委员甲", "委员丙", "召集人", "商务局联络员", "商务局局长", "文旅局联络员", "主任", "主席", "管理员甲"}
	waits := func(t *testing.T, title string, whom ...string) {
		t.Helper()
		for _, who := range everybody {
			if got := c.waiting(who, title); (len(got) == 1) != slices.Contains(whom, who) {
				t.Errorf("%s: %v", who, got)
			}
		}
	}
	t.Run("a role's by unit: who holds it in the matter's unit", func(t *testing.T) {
		c.raise("街道干部", c.made["platform"], "楼道灯不亮")
		waits(t, "楼道灯不亮", "街道干部")
	})
	t.Run("a party's: who is that party", func(t *testing.T) {
		c.talking(c.made["platform"], "广场舞扰民")
		waits(t, "广场舞扰民", "委员丙")
	})
	t.Run("the units': whose unit owes an item, until it is settled", func(t *testing.T) {
		id, event := c.met(c.made["platform"], "早市占道")
		c.act("街道干部", id, "invite", input{"parties": []input{{"name": "文旅局", "kind": "DEPARTMENT", "unitId": c.unit["文旅局"]}}})
		c.act("街道干部", id, "agree", input{"items": []input{{"text": "更换隔音窗", "unitId": c.unit["商务局"], "eventId": event}, {"text": "无单位的一条"}}})
		waits(t, "早市占道", "商务局联络员", "商务局局长")
		c.act("商务局联络员", id, "settle", input{"itemId": c.part("商务局联络员", id, "items", "text", "更换隔音窗"), "done": true, "evidence": "已更换"})
		waits(t, "早市占道", "街道干部") // no unit owes anything: it is followed by whoever has it in hand
	})
}

func TestTheWayOfOneRemark(t *testing.T) {
	c := withPlatform(t)
	p := c.made["platform"]
	first, second := c.talking(p, "甲事"), c.raise("街道干部", p, "乙事")
	third := c.do("邻街干部", "openMatter", input{"platformId": p, "title": c.mark + "丙事", "source": "群众征题"})["id"].(string)
	c.act("街道干部", first, "link", input{"matterId": second})
	c.act("专委干部", second, "link", input{"matterId": third})
	q := `query($id: ID!, $d: Int) { matter(id: $id) { graph(depth: $d) { truncated nodes { depth matter { title } } links { kind from { id } to { id } } } } }`
	for who, want := range map[string]int{"专委干部": 3, "街道干部": 2} {
		t.Run("shows only what the viewer sees: "+who, func(t *testing.T) {
			g := dig(c.ask(who, q, input{"id": first}).Data, "matter", "graph")
			if nodes, links := dig(g, "nodes").([]any), dig(g, "links").([]any); len(nodes) != want || len(links) != want-1 || dig(nodes[0], "matter", "title") != c.mark+"甲事" {
				t.Error(g)
			}
		})
	}
	t.Run("goes so deep as asked, and says that there is more", func(t *testing.T) {
		g := dig(c.ask("专委干部", q, input{"id": first, "d": 1}).Data, "matter", "graph")
		if len(dig(g, "nodes").([]any)) != 2 {
			t.Error(g)
		}
		if a := c.ask("专委干部", q, input{"id": first, "d": 11}); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
	t.Run("a link to what one does not see is refused", func(t *testing.T) {
		c.refused("街道干部", "performAction", input{"matterId": first, "action": "link", "form": input{"matterId": third}}, "INVALID_INPUT", "matterId")
	})
}
