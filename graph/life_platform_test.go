package graph_test

import (
	"strings"
)

// neighbours is a process of a committee's own, in no template: it uses most of
// the vocabulary.
const neighbours = `kind: neighbours
version: 1
title: 街坊议事
turns: {street_liaison: 街道联络员, HOST: 主持人, units: 承办单位}
timers:
  screen: {label: 筛选, within: {amount: 5, unit: WORKDAY}, rungs: [1, 0], notify: [street_liaison]}
machines:
  matter:
    initial: RAISED
    states:
      - {code: RAISED, label: 已提出, stage: 提, step: 1, turn: street_liaison, visible: STAFF, timers: [screen]}
      - {code: TALKING, label: 议事中, stage: 议, step: 2, turn: HOST, waits: 等议事会召开}
      - {code: OWED, label: 办理中, stage: 办, step: 3, turn: units, waits: 各条自有期限}
      - {code: DONE, label: 已办结, stage: 评, step: 4, visible: TENANT, end: true}
    actions:
      - {code: describe, label: 写明诉求, from: [RAISED], may: matter.screen, effects: [save],
         form: {required: [need], properties: {need: {type: string, title: 诉求, minLength: 2, maxLength: 500}}}}
      - {code: invite, label: 邀请参加, from: &before [RAISED, TALKING], may: matter.arrange, effects: [{party: {role: PARTICIPANT}}],
         form: {required: [parties], properties: {parties: {type: array, minItems: 1, maxItems: 50, items: {type: object, additionalProperties: false, required: [name, kind], properties: {
           name: {type: string, minLength: 1, maxLength: 60}, kind: {enum: [RESIDENT, DEPARTMENT, MEMBER]}, phone: {type: string, maxLength: 30}, membershipId: &id {type: string, maxLength: 36}, unitId: *id}}}}}}
      - {code: nameHost, label: 确定主持人, from: *before, may: matter.arrange, effects: [{party: {role: HOST, kind: MEMBER, field: host}}],
         form: {required: [host], properties: {host: {type: array, minItems: 1, maxItems: 1, items: {type: object, additionalProperties: false, required: [name], properties: {name: {type: string, minLength: 1, maxLength: 60}, membershipId: *id}}}}}}
      - {code: arrange, label: 开始议事, from: [RAISED], to: TALKING, may: matter.arrange, guards: [{data: {fields: [need]}}, {parties: {role: HOST, least: 1, most: 1}}],
         effects: [{notify: {roles: [street_liaison, committee_staff], parties: [HOST], text: "“{title}”开始议事"}}]}
      - {code: plan, label: 安排议事会, from: [TALKING], may: matter.arrange, effects: [{event: {kind: MEETING}}],
         form: &plan {required: [title, "on"], properties: {title: {type: string, minLength: 2, maxLength: 100}, "on": {type: string, format: date}, unitId: *id}}}
      - {code: planVisit, label: 安排走访, from: [TALKING], may: matter.research, effects: [{event: {kind: VISIT, concealed: true}}], audience: STAFF, form: *plan}
      - {code: noteVisit, label: 记下走访所见, from: [TALKING], may: matter.research, effects: [{record: {kind: RESEARCH}}, {items: {kind: PROBLEM}}], audience: STAFF,
         form: {required: [eventId, text, items], properties: {eventId: *id, text: {type: string, minLength: 2, maxLength: 500}, items: {type: array, minItems: 1, maxItems: 20,
           items: {type: object, additionalProperties: false, required: [text, eventId], properties: {text: {type: string, minLength: 2, maxLength: 500}, eventId: *id}}}}}}
      - {code: tell, label: 通知街道, from: [TALKING], may: matter.arrange, effects: [{notify: {roles: [committee_staff, unit_liaison], text: "“{title}”有新的安排"}}]}
      - {code: hold, label: 召开, from: [TALKING], may: matter.hold, effects: [hold],
         form: {required: [eventId, present], properties: {eventId: *id, summary: {type: string, maxLength: 500}, present: {type: array, minItems: 1, maxItems: 50, items: *id}, absent: {type: array, maxItems: 50, items: *id}}}}
      - {code: link, label: 接续, from: [RAISED, TALKING, OWED], may: matter.arrange, effects: [{link: {kind: DERIVED_FROM, field: matterId}}], form: {required: [matterId], properties: {matterId: *id}}}
      - {code: agree, label: 议定, from: [TALKING], to: OWED, may: matter.hold, guards: [{present: {event: MEETING, kind: RESIDENT, least: 1}}],
         effects: [{items: {kind: RESOLUTION, receipts: true}}, {document: {title: 微建议, number: suggestion, template: "关于“{title}”的微建议\n{items}\n{today}"}}],
         form: {required: [items], properties: {items: {type: array, minItems: 1, maxItems: 20, items: {type: object, additionalProperties: false, required: [text], properties: {
           text: {type: string, minLength: 2, maxLength: 500}, dueOn: {type: string, format: date}, unitId: *id, partyId: *id, eventId: *id, parentId: *id}}}}}}
      - {code: settle, label: 了结一条, from: [OWED], may: matter.respond, effects: [settle_item],
         form: {required: [itemId, done, evidence], properties: {itemId: *id, done: {type: boolean}, evidence: {type: string, minLength: 2, maxLength: 500}}}}
      - {code: pass, label: 转交, from: *before, may: matter.screen, reason: true, effects: [{hand_over: {as: unit, keeps: true, back: 3, restarts: [screen]}}], form: {required: [unitId], properties: {unitId: *id}}}
      - {code: passBack, label: 退回转交, from: *before, may: matter.screen, reason: true, guards: [handed], effects: [hand_back]}
      - {code: close, label: 办结, from: [OWED], to: DONE, may: matter.follow, guards: [{items_settled: {kind: RESOLUTION}}]}
`

// renamed is the next version: 议事 is called otherwise, and so is its state.
var renamed = strings.NewReplacer("TALKING", "CONSULTING", "议事中", "协商中").Replace(neighbours)

// people of the platforms.
func (c *committee) platformPeople() {
	c.t.Helper()
	c.add("街道干部", "STAFF", nil, "street_liaison")
	c.seat("街道干部", "桂林街道联络委", "STREET_LIAISON")
	c.add("专委干部", "STAFF", nil, "committee_staff")
}

// published makes a definition the version with which matters begin.
func (c *committee) published(source string) string {
	c.t.Helper()
	id := c.do("管理员甲", "createProcessDraft", input{"source": source})["id"].(string)
	c.do("管理员甲", "publishProcess", input{"id": id})
	return id
}

// platform is one on which neighbours meet.
func (c *committee) platform(code string, more input) string {
	c.t.Helper()
	in := input{"code": code, "brand": c.mark + "街坊议事" + code, "type": "区域型", "processKind": "neighbours", "sources": []string{"委员荐题", "群众征题"}}
	return c.do("管理员甲", "createPlatform", merged(in, more))["id"].(string)
}

// raise opens a matter on a platform.
func (c *committee) raise(who, platform, title string) string {
	c.t.Helper()
	in := input{"platformId": platform, "title": c.mark + title, "source": "群众征题", "streetId": c.unit["桂林街道联络委"]}
	return c.do(who, "openMatter", in)["id"].(string)
}

// act performs an action of a committee's own process.
func (c *committee) act(who, matter, action string, form input) {
	c.t.Helper()
	in := input{"action": action}
	if form != nil {
		in["form"] = form
	}
	c.on(who, "performAction", matter, in)
}

// part finds the id of a part of a matter by one of its fields, as somebody
// sees it; empty when he sees none.
func (c *committee) part(who, matter, parts, field, value string) string {
	c.t.Helper()
	a := c.ask(who, `query($id: ID!) { matter(id: $id) { `+parts+` { id `+field+` } } }`, input{"id": matter})
	list, _ := dig(a.Data, "matter", parts).([]any)
	for _, x := range list {
		if dig(x, field) == value {
			return dig(x, "id").(string)
		}
	}
	return ""
}

// talking is a matter with a host and a resident, ready to be talked about.
func (c *committee) talking(platform, title string) string {
	c.t.Helper()
	id := c.raise("街道干部", platform, title)
	c.act("街道干部", id, "describe", input{"need": "夜间太吵"})
	c.act("街道干部", id, "invite", input{"parties": []input{{"name": c.mark + "居民张三", "kind": "RESIDENT", "phone": "13800001234"},
		{"name": "商务局", "kind": "DEPARTMENT", "unitId": c.unit["商务局"]}}})
	c.act("街道干部", id, "nameHost", input{"host": []input{{"name": "-", "membershipId": c.person["委员丙"]}}})
	c.act("街道干部", id, "arrange", nil)
	return id
}

// met is one whose meeting has been held.
func (c *committee) met(platform, title string) (id, event string) {
	c.t.Helper()
	id = c.talking(platform, title)
	c.act("街道干部", id, "plan", input{"title": c.mark + "议事会", "on": "2024-12-27"})
	event = c.part("街道干部", id, "events", "title", c.mark+"议事会")
	c.act("街道干部", id, "hold", input{"eventId": event, "summary": "谈成了",
		"present": []string{c.part("街道干部", id, "parties", "kind", "RESIDENT")}, "absent": []string{c.part("街道干部", id, "parties", "role", "HOST")}})
	return id, event
}

// owed is one of which 商务局 owes something.
func (c *committee) owed(platform, title string) string {
	c.t.Helper()
	id, event := c.met(platform, title)
	c.act("街道干部", id, "agree", input{"items": []input{{"text": "更换隔音窗", "dueOn": "2025-03-31", "unitId": c.unit["商务局"], "eventId": event}}})
	return id
}

// platforms is the life of a committee on platforms of its own.
func (c *committee) platforms() {
	c.t.Helper()
	c.platformPeople()
	draft := c.do("管理员甲", "createProcessDraft", input{"source": strings.ReplaceAll(neighbours, "街坊议事", "街坊"), "origin": "自拟"})
	c.do("管理员甲", "updateProcessDraft", input{"id": draft["id"], "source": neighbours, "expectedHash": draft["hash"]})
	a := c.ask("管理员甲", `query($s: String!) { checkProcess(source: $s) { publishable } }`, input{"s": neighbours})
	if dig(a.Data, "checkProcess", "publishable") != true {
		c.t.Fatal(a.text)
	}
	c.made["process"] = c.do("管理员甲", "publishProcess", input{"id": draft["id"]})["id"].(string)
	c.do("管理员甲", "retireProcess", input{"id": c.do("管理员甲", "adoptProcessTemplate", input{"name": "yishihui"})["id"], "reason": "暂不采用"})
	c.do("管理员甲", "discardProcessDraft", input{"id": c.do("管理员甲", "adoptProcessTemplate", input{"name": "yiqihui"})["id"]})
	ours := c.do("管理员甲", "adoptProcessTemplate", input{"name": "opinion"})
	if p := c.do("管理员甲", "publishProcess", input{"id": ours["id"]}); p["status"] != "DRAFT" {
		c.t.Errorf("M6: one person published a regulated process: %v", p)
	}
	c.refused("管理员甲", "confirmProcess", input{"id": ours["id"], "hash": ours["hash"]}, "NOT_ALLOWED", "")
	if p := c.do("主席", "confirmProcess", input{"id": ours["id"], "hash": ours["hash"]}); p["status"] != "PUBLISHED" {
		c.t.Errorf("confirmed: %v", p)
	}

	c.do("主席", "publishFigure", input{"figure": c.ownFigure("own_life"), "reason": c.mark + "统计"})
	up := c.platform("street", input{"ownerUnitId": c.unit["桂林街道联络委"]})
	c.made["platform"] = up
	c.do("管理员甲", "changePlatform", input{"id": up, "level": "街道", "expectedVersion": 1})
	c.made["below"] = c.platform("block", input{"parentId": up})
	c.do("管理员甲", "retirePlatform", input{"id": c.made["below"], "reason": "并入街道"})
	c.do("管理员甲", "revivePlatform", input{"id": c.made["below"], "reason": "恢复使用"})

	c.made["raised"] = c.raise("街道干部", up, "楼道灯不亮")
	c.made["talking"] = c.talking(up, "广场舞扰民")
	c.act("街道干部", c.made["talking"], "planVisit", input{"title": c.mark + "看一看", "on": "2024-12-28", "unitId": c.unit["商务局"]})
	c.act("街道干部", c.made["talking"], "link", input{"matterId": c.made["raised"]})
	c.made["owed"] = c.owed(up, "早市占道")
	c.made["closed"] = c.owed(up, "垃圾分类")
	c.act("商务局联络员", c.made["closed"], "settle", input{"itemId": c.part("街道干部", c.made["closed"], "items", "text", "更换隔音窗"), "done": true, "evidence": "已更换"})
	c.act("街道干部", c.made["closed"], "close", nil)

	c.made["next process"] = c.published(renamed)
	c.do("管理员甲", "moveMatters", input{"fromProcessId": c.made["process"], "toProcessId": c.made["next process"],
		"mapping": []input{{"from": "TALKING", "to": "CONSULTING"}}, "reason": "换用新版"})
	n := c.ask("专委干部", `{ notices(first: 1) { edges { node { id } } } }`, nil)
	c.do("专委干部", "markNoticeRead", input{"id": dig(n.Data, "notices", "edges", 0, "node", "id")})

	c.loop()
	c.heard()
	c.made["ballot"] = c.vote("民主测评")
	c.claim("委员甲", c.made["ballot"])
}
