package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// line is where a text stands in a definition, from 1.
func line(source, text string) float64 {
	return float64(1 + strings.Count(source[:strings.Index(source, text)], "\n"))
}

// without is neighbours without the lines that contain a text.
func without(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(neighbours, "\n"), func(l string) bool { return strings.Contains(l, text) }), "\n")
}

// findings are what keeps a draft from being published.
func (c *committee) findings(t *testing.T, id any) []any {
	t.Helper()
	e := c.refusal("管理员甲", "publishProcess", input{"id": id})
	list, _ := dig(e, "details", "findings").([]any)
	if e["code"] != "INVALID_INPUT" || len(list) == 0 {
		t.Fatal(e)
	}
	return list
}

func (c *committee) process(t *testing.T, who, id, fields string) any {
	t.Helper()
	a := c.ask(who, `query($id: ID!) { process(id: $id) { `+fields+` } }`, input{"id": id})
	if len(a.Errors) > 0 || dig(a.Data, "process") == nil {
		t.Fatal(a.text)
	}
	return dig(a.Data, "process")
}

func TestPublishing(t *testing.T) {
	c := onPlatforms(t)
	t.Run("what does not close is refused with every place and its line", func(t *testing.T) {
		source := strings.Replace(without("code: close,"), "matter.screen, effects: [save]", "matter.nothing, effects: [keep]", 1)
		draft := c.do("管理员甲", "createProcessDraft", input{"source": source})
		list := c.findings(t, draft["id"])
		for place, at := range map[string]string{"OWED": "code: OWED", "describe": "code: describe"} {
			if !slices.ContainsFunc(list, func(f any) bool {
				return dig(f, "place") == place && dig(f, "machine") == "matter" && dig(f, "line") == line(source, at) && dig(f, "level") == "ERROR" && dig(f, "problem") != ""
			}) {
				t.Errorf("nothing about %s in %v", place, list)
			}
		}
		a := c.ask("管理员甲", `query($s: String!) { checkProcess(source: $s) { publishable findings { machine place line level problem } } }`, input{"s": source})
		if dig(a.Data, "checkProcess", "publishable") != false || fmt.Sprint(dig(a.Data, "checkProcess", "findings")) != fmt.Sprint(list) {
			t.Error(a.text)
		}
		if p := c.process(t, "管理员甲", draft["id"].(string), "status report { publishable }"); dig(p, "status") != "DRAFT" || dig(p, "report", "publishable") != false {
			t.Error(p)
		}
	})
	t.Run("a text that cannot be read is refused with its place", func(t *testing.T) {
		c.refused("管理员甲", "createProcessDraft", input{"source": "kind: ["}, "INVALID_INPUT", "source")
		if a := c.ask("管理员甲", `{ checkProcess(source: "kind: [") { publishable } }`, nil); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
	t.Run("a checklist without words keeps it back, until setPolicy waives it or says it", func(t *testing.T) { checklists(t, c) })
	t.Run("the report says what the process is", func(t *testing.T) {
		r := dig(c.process(t, "管理员甲", c.published(neighbours), `report { publishable ends mermaid svg steps { step labels } states { code turn deadlines waits actions end reachable } }`), "report")
		if dig(r, "publishable") != true || fmt.Sprint(dig(r, "ends")) != "[已办结]" || len(dig(r, "steps").([]any)) != 4 || len(dig(r, "states").([]any)) != 4 ||
			fmt.Sprint(dig(r, "states", 0, "deadlines")) != "[筛选]" || dig(r, "states", 1, "turn") != "主持人" || dig(r, "states", 3, "end") != true ||
			!strings.Contains(dig(r, "mermaid").(string), "RAISED") || !strings.HasPrefix(dig(r, "svg").(string), "<svg") {
			t.Error(r)
		}
	})
}

func checklists(t *testing.T, c *committee) {
	asks := strings.Replace(neighbours, `effects: [save],
         form: {required: [need], properties: {`, `guards: [{checklist: {key: two_six, field: answers}}], effects: [save],
         form: {required: [need], properties: {answers: {type: array, items: {type: boolean}}, `, 1)
	policy := func(settings input, reset ...string) {
		c.do("管理员甲", "setPolicy", input{"settings": settings, "reset": reset, "note": "两议六不议", "approvedBy": "主席会议"})
	}
	two := input{"text": "一", "want": "YES"}
	six := input{"text": "二", "want": "NO"}
	for name, settings := range map[string]input{
		"waived": {"checklists": input{"two_six": input{"title": "两议六不议", "waived": "本区另有规定", "items": []input{{"text": "", "want": ""}}}}},
		"said":   {"checklists": input{"two_six": input{"title": "两议六不议", "waived": "", "items": []input{two, six}}}},
	} {
		policy(input{"bodyLimit": 1400}, "checklists") // the default has no words
		draft := c.do("管理员甲", "createProcessDraft", input{"source": asks})
		list := c.findings(t, draft["id"])
		if !slices.ContainsFunc(list, func(f any) bool {
			return dig(f, "place") == "describe" && strings.Contains(dig(f, "problem").(string), "两议六不议")
		}) {
			t.Errorf("%s: %v", name, list)
		}
		policy(settings)
		if p := c.do("管理员甲", "publishProcess", input{"id": draft["id"]}); p["status"] != "PUBLISHED" {
			t.Error(name, p)
		}
	}
	t.Run("and then it is asked item by item", func(t *testing.T) {
		policy(input{"checklists": input{"two_six": input{"title": "两议六不议", "items": []input{two, six}}}})
		id := c.raise("街道干部", c.platform("asked", nil), "议题")
		say := func(answers ...bool) input {
			return input{"matterId": id, "action": "describe", "form": input{"need": "夜间太吵", "answers": answers}}
		}
		c.refused("街道干部", "performAction", say(true, true), "GUARD_FAILED", "")
		c.do("街道干部", "performAction", say(true, false))
	})
}

func TestWhatTheAdministratorAsks(t *testing.T) {
	c := withPlatform(t)
	c.talking(c.made["platform"], "广场舞扰民")
	c.raise("街道干部", c.made["platform"], "楼道灯不亮")
	next := c.do("管理员甲", "createProcessDraft", input{"source": renamed})["id"].(string)
	t.Run("a dry run says how long each state waits, and writes nothing", func(t *testing.T) {
		before := len(c.records())
		q := `query($in: SimulateProcessInput!) { simulateProcess(input: $in) { started finished states { code passed left meanDays maxDays overdue } turns { code label } } }`
		in := input{"matters": 20, "source": neighbours, "delays": input{"street_liaison": input{"min": 8, "max": 20}}, "seed": 7}
		a := c.ask("管理员甲", q, input{"in": in})
		s := dig(a.Data, "simulateProcess")
		if dig(s, "started") != 20.0 || dig(s, "finished") != 20.0 || dig(s, "states", 0, "code") != "RAISED" || dig(s, "states", 0, "overdue") == 0.0 || len(dig(s, "turns").([]any)) != 3 {
			t.Error(a.text)
		}
		if again := c.ask("管理员甲", q, input{"in": in}); again.text != a.text {
			t.Error("the same seed gives another result")
		}
		if of := c.ask("管理员甲", q, input{"in": input{"matters": 5, "processId": next}}); dig(of.Data, "simulateProcess", "started") != 5.0 {
			t.Error(of.text)
		}
		for _, in := range []input{{"matters": 5}, {"matters": 0, "source": neighbours}, {"matters": 5, "source": neighbours, "processId": next}, {"matters": 5, "source": neighbours, "delays": input{"x": 1}}} {
			if a := c.ask("管理员甲", q, input{"in": in}); a.code() != "INVALID_INPUT" {
				t.Error(in, a.text)
			}
		}
		if len(c.records()) != before {
			t.Error(c.records()[before:])
		}
	})
	t.Run("what a version has otherwise than another, in sentences", func(t *testing.T) {
		list := dig(c.process(t, "管理员甲", next, `changesFrom(id: "`+c.made["process"]+`") { text kind machine place field before after }`), "changesFrom").([]any)
		if !slices.ContainsFunc(list, func(x any) bool {
			return dig(x, "place") == "CONSULTING" && dig(x, "kind") == "ADDED" && dig(x, "text") != ""
		}) ||
			!slices.ContainsFunc(list, func(x any) bool { return dig(x, "place") == "TALKING" && dig(x, "kind") == "REMOVED" }) {
			t.Error(list)
		}
	})
	impact := func() any {
		return dig(c.process(t, "管理员甲", next, `impact { running { version state label count } unmapped { state count } turns { state } }`), "impact")
	}
	t.Run("whom a version would touch, and which states it does not have", func(t *testing.T) {
		same(t, impact(), `{"running":[{"count":1,"label":"已提出","state":"RAISED","version":1},{"count":1,"label":"议事中","state":"TALKING","version":1}],"turns":[],"unmapped":[{"count":1,"state":"TALKING"}]}`)
	})
	t.Run("moving lists what could not be moved and why, and moves the others", func(t *testing.T) {
		c.do("管理员甲", "publishProcess", input{"id": next})
		move := input{"fromProcessId": c.made["process"], "toProcessId": next, "reason": "换用新版"}
		a := c.call("管理员甲", "moveMatters", move)
		if p := dig(a.Data, "moveMatters"); dig(p, "moved") != 1.0 || len(dig(p, "skipped").([]any)) != 1 || dig(p, "process", "id") != next {
			t.Error(a.text)
		}
		move["mapping"] = []input{{"from": "TALKING", "to": "CONSULTING"}}
		if a := c.call("管理员甲", "moveMatters", move); dig(a.Data, "moveMatters", "moved") != 1.0 || dig(a.Data, "moveMatters", "next") != nil {
			t.Error(a.text)
		}
		if un := dig(impact(), "unmapped").([]any); len(un) != 0 {
			t.Error(un)
		}
	})
	t.Run("the words that a definition may use, with their arguments", func(t *testing.T) {
		a := c.ask("管理员甲", `{ vocabulary { what name doc arguments { name type doc } } }`, nil)
		list, _ := dig(a.Data, "vocabulary").([]any)
		for _, name := range []string{"checklist", "party", "hold", "notify", "when"} {
			if !slices.ContainsFunc(list, func(x any) bool { return dig(x, "name") == name && dig(x, "doc") != "" }) {
				t.Errorf("%s is not among %d words", name, len(list))
			}
		}
	})
	t.Run("the templates, each of which becomes a draft", func(t *testing.T) {
		list, _ := dig(c.ask("管理员甲", `{ processTemplates { name title summary area source } }`, nil).Data, "processTemplates").([]any)
		if len(list) < 10 {
			t.Fatal(list)
		}
		for _, x := range list {
			p := c.do("管理员甲", "adoptProcessTemplate", input{"name": dig(x, "name")})
			if p["status"] != "DRAFT" || p["title"] != dig(x, "title") {
				t.Error(p)
			}
		}
		c.refused("管理员甲", "adoptProcessTemplate", input{"name": "nothing"}, "NOT_FOUND", "name")
	})
}

func TestWhoManagesProcessesAndPlatforms(t *testing.T) {
	c := withPlatform(t)
	id, platform := c.made["process"], c.made["platform"]
	for _, who := range []string{"委员甲", "街道干部", "专委干部", "主任", "主席", "审计员"} {
		for _, q := range []string{
			`checkProcess(source: "kind: x") { publishable }`, `simulateProcess(input: {matters: 1, source: "kind: x"}) { started }`, `vocabulary { name }`, `processTemplates { name }`,
			`process(id: "` + id + `") { report { publishable } }`, `process(id: "` + id + `") { impact { running { count } } }`, `process(id: "` + id + `") { changesFrom(id: "` + id + `") { text } }`,
		} {
			if who == "主席" { // the second person of a publication sees what he confirms
				break
			}
			if a := c.ask(who, `{ `+q+` }`, nil); a.code() != "NOT_ALLOWED" {
				t.Errorf("%s asks %s: %s", who, q, a.text)
			}
		}
		for mutation, in := range map[string]input{
			"createProcessDraft": {"source": neighbours}, "adoptProcessTemplate": {"name": "lushun"}, "updateProcessDraft": {"id": id, "source": neighbours},
			"publishProcess": {"id": id}, "discardProcessDraft": {"id": id}, "retireProcess": {"id": id, "reason": "停用"}, "moveMatters": {"fromProcessId": id, "toProcessId": id, "reason": "换"},
			"createPlatform": {"code": "other", "brand": "另一个", "type": "区域型", "processKind": "neighbours"}, "changePlatform": {"id": platform, "brand": "改名"},
			"retirePlatform": {"id": platform, "reason": "停用"}, "revivePlatform": {"id": platform, "reason": "恢复"},
		} {
			c.refused(who, mutation, in, "NOT_ALLOWED", "")
		}
	}
	t.Run("and nobody opens a matter without a right to", func(t *testing.T) {
		for _, who := range []string{"主席", "管理员甲", "商务局联络员"} {
			c.refused(who, "openMatter", input{"platformId": platform, "title": "某事", "source": "群众征题"}, "NOT_ALLOWED", "")
		}
	})
	t.Run("a notice is its reader's alone", func(t *testing.T) {
		c.talking(platform, "广场舞扰民")
		notice := dig(c.ask("专委干部", `{ notices { edges { node { id } } } }`, nil).Data, "notices", "edges", 0, "node", "id")
		c.refused("管理员甲", "markNoticeRead", input{"id": notice}, "NOT_FOUND", "")
		if n := c.do("专委干部", "markNoticeRead", input{"id": notice}); n["readAt"] == nil {
			t.Error(n)
		}
		if a := c.ask("专委干部", `{ notices(unread: true) { totalCount } }`, nil); dig(a.Data, "notices", "totalCount") != 0.0 {
			t.Error(a.text)
		}
	})
}

func TestOnceAndNotOnAnOldVersion(t *testing.T) {
	c := withPlatform(t)
	open := c.talking(c.made["platform"], "广场舞扰民")
	draft := c.do("管理员甲", "createProcessDraft", input{"source": renamed})
	spare, ours := c.do("管理员甲", "createProcessDraft", input{"source": renamed}), c.do("管理员甲", "adoptProcessTemplate", input{"name": "opinion"})
	notice := dig(c.ask("专委干部", `{ notices { edges { node { id } } } }`, nil).Data, "notices", "edges", 0, "node", "id")
	rows := func() (n string) {
		c.db.AsSuper(t, `SELECT (SELECT count(*) FROM processes) || ' ' || (SELECT count(*) FROM platforms) || ' ' || (SELECT count(*) FROM matters) || ' '
			|| (SELECT sum(version) FROM platforms) || ' ' || (SELECT count(*) FROM steps) || ' ' || (SELECT count(*) FROM audit_log)`, nil, &n)
		return n
	}
	edited := renamed + "# 改\n"
	protects := func(setting string, value any) input {
		return input{"settings": input{setting: value}, "note": "两人", "approvedBy": "主席会议"}
	}
	waiting := c.do("管理员甲", "setPolicy", protects("maxRounds", 3))
	for i, x := range []struct {
		who, mutation string
		in            input
	}{
		{"管理员甲", "createProcessDraft", input{"source": neighbours}}, {"管理员甲", "adoptProcessTemplate", input{"name": "yishihui"}},
		{"管理员甲", "updateProcessDraft", input{"id": draft["id"], "source": edited, "expectedHash": draft["hash"]}}, {"管理员甲", "publishProcess", input{"id": draft["id"]}},
		{"管理员甲", "discardProcessDraft", input{"id": spare["id"]}}, {"管理员甲", "publishProcess", input{"id": ours["id"]}},
		{"主席", "confirmProcess", input{"id": ours["id"], "hash": ours["hash"]}},
		{"管理员甲", "setPolicy", protects("reviewPeople", 3)}, {"主席", "confirmPolicy", input{"version": waiting["version"]}},
		{"管理员甲", "moveMatters", input{"fromProcessId": c.made["process"], "toProcessId": draft["id"], "mapping": []input{{"from": "TALKING", "to": "CONSULTING"}}, "reason": "换版"}},
		{"管理员甲", "retireProcess", input{"id": c.made["process"], "reason": "有了新版"}},
		{"管理员甲", "createPlatform", input{"code": "once", "brand": "一次", "type": "区域型", "processKind": "neighbours"}},
		{"管理员甲", "changePlatform", input{"id": c.made["platform"], "brand": "改名", "expectedVersion": 1}},
		{"街道干部", "openMatter", input{"platformId": c.made["platform"], "title": "某事", "source": "群众征题"}},
		{"管理员甲", "retirePlatform", input{"id": c.made["platform"], "reason": "停用"}}, {"管理员甲", "revivePlatform", input{"id": c.made["platform"], "reason": "恢复"}},
		{"专委干部", "markNoticeRead", input{"id": notice}},
	} {
		t.Run("with an idempotency key it happens once: "+x.mutation, func(t *testing.T) {
			x.in["idempotencyKey"] = fmt.Sprint("key-", i)
			first := c.do(x.who, x.mutation, x.in)
			was := rows()
			again := c.call(x.who, x.mutation, x.in)
			if bad, ok := dig(again.Data, x.mutation, "userErrors").([]any); !ok || len(bad) > 0 || !strings.Contains(again.text, first["id"].(string)) {
				t.Error(again.text)
			}
			if now := rows(); now != was {
				t.Errorf("%s, then %s", was, now)
			}
			other := input{"id": nobody, "idempotencyKey": x.in["idempotencyKey"]}
			c.refused(x.who, "markNoticeRead", other, "CONFLICT", "idempotencyKey")
		})
	}
	t.Run("an old version of a platform is refused", func(t *testing.T) {
		e := c.refusal("管理员甲", "changePlatform", input{"id": c.made["platform"], "brand": "又改名", "expectedVersion": 1})
		if e["code"] != "VERSION_CONFLICT" || dig(e, "details", "currentVersion") == nil {
			t.Error(e)
		}
	})
	t.Run("an old text of a draft is refused", func(t *testing.T) {
		d := c.do("管理员甲", "createProcessDraft", input{"source": renamed})
		c.do("管理员甲", "updateProcessDraft", input{"id": d["id"], "source": renamed + "# 一\n", "expectedHash": d["hash"]})
		e := c.refusal("管理员甲", "updateProcessDraft", input{"id": d["id"], "source": renamed + "# 二\n", "expectedHash": d["hash"]})
		if e["code"] != "VERSION_CONFLICT" || dig(e, "details", "currentVersion") == nil {
			t.Error(e)
		}
	})
	t.Run("an old version of a matter is refused", func(t *testing.T) {
		c.refused("街道干部", "performAction", input{"matterId": open, "action": "tell", "expectedVersion": 1}, "VERSION_CONFLICT", "")
	})
	t.Run("the refusal brings what is there now", func(t *testing.T) {
		a := c.ask("街道干部", `mutation($input: PerformActionInput!) { performAction(input: $input) { matter { id version } userErrors { code details } } }`,
			input{"input": input{"matterId": open, "action": "tell", "expectedVersion": 1}})
		if now := dig(a.Data, "performAction", "matter"); dig(now, "id") != open || dig(now, "version") != dig(a.Data, "performAction", "userErrors", 0, "details", "currentVersion") {
			t.Error(a.Data, a.Errors)
		}
		a = c.ask("管理员甲", `mutation($input: ChangePlatformInput!) { changePlatform(input: $input) { platform { id version } userErrors { code details } } }`,
			input{"input": input{"id": c.made["platform"], "brand": "又改名", "expectedVersion": 1}})
		if now := dig(a.Data, "changePlatform", "platform"); dig(now, "id") != c.made["platform"] || dig(now, "version") != dig(a.Data, "changePlatform", "userErrors", 0, "details", "currentVersion") {
			t.Error(a.Data, a.Errors)
		}
	})
}
