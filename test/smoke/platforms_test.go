package smoke

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// receptionDay is a process that no template has: 委员接待日 in four steps, by
// the vocabulary alone.
const receptionDay = `kind: jiedairi
version: 1
title: 委员接待日
turns:
  street_liaison: 街道联络员
  committee_staff: 专委会工作人员
timers:
  receive: {label: 安排接待, deadline: jiedairi.receive, within: {amount: 10, unit: WORKDAY}, rungs: [2, 0, -1, -7], notify: [street_liaison], escalate: [committee_staff]}
  hand: {label: 交办, deadline: jiedairi.hand, within: {amount: 5, unit: WORKDAY}, rungs: [2, 0, -1], notify: [street_liaison]}
  handle: {label: 办理, deadline: jiedairi.handle, within: {amount: 1, unit: MONTH}, rungs: [7, 0, -1], notify: [committee_staff]}
machines:
  matter:
    initial: REGISTERED
    states:
      - {code: REGISTERED, label: 已登记, stage: 接待, step: 1, turn: street_liaison, visible: STAFF, timers: [receive]}
      - {code: RECEIVED, label: 已接待, stage: 接待, step: 2, turn: street_liaison, timers: [hand]}
      - {code: HANDLING, label: 正在办理, stage: 办理, step: 3, turn: committee_staff, timers: [handle]}
      - {code: ANSWERED, label: 已答复, stage: 答复, step: 4, visible: TENANT, end: true}
    actions:
      - {code: invite, label: 登记来访者和委员, from: [REGISTERED], may: matter.arrange, effects: [{party: {role: PARTICIPANT}}],
         form: {required: [parties], properties: {parties: {type: array, title: 人员, minItems: 1, maxItems: 20, items: {type: object, additionalProperties: false, required: [name, kind], properties: {
           name: {type: string, minLength: 1, maxLength: 60}, kind: {choices: {RESIDENT: 居民, MEMBER: 委员}}, membershipId: {type: string, maxLength: 36}}}}}}}
      - {code: receive, label: 接待, from: [REGISTERED], to: RECEIVED, may: matter.hold, guards: [{parties: {kind: RESIDENT, least: 1}}, {parties: {kind: MEMBER, least: 1}}], effects: [{hold: {kind: TALK}}],
         form: {required: ["on", present], properties: {"on": {type: string, format: date, title: 日期}, present: {type: array, title: 到场, minItems: 1, maxItems: 20, items: {type: string, maxLength: 36}}}}}
      - {code: addProblems, label: 登记问题, from: [RECEIVED], may: matter.screen, effects: [{items: {kind: PROBLEM, receipts: true}}],
         form: {required: [items], properties: {items: {type: array, title: 问题, minItems: 1, maxItems: 20, items: {type: object, additionalProperties: false, required: [text], properties: {text: {type: string, minLength: 2, maxLength: 500}}}}}}}
      - {code: handOver, label: 交办, from: [RECEIVED], to: HANDLING, may: matter.arrange, guards: [{items: {kind: PROBLEM, least: 1}}]}
      - {code: settle, label: 了结问题, from: [HANDLING], may: matter.follow, effects: [settle_item],
         form: {required: [itemId, done, evidence], properties: {itemId: {type: string, title: 问题, maxLength: 36}, done: {type: boolean, title: 是否已解决}, evidence: {type: string, title: 依据, minLength: 2, maxLength: 1000}}}}
      - {code: answer, label: 答复来访者, from: [HANDLING], to: ANSWERED, may: matter.follow, guards: [{items_settled: {kind: PROBLEM}}], effects: [{record: {kind: CONTACT, mode: 答复}}],
         form: {required: ["on", text], properties: {"on": {type: string, format: date, title: 日期}, text: {type: string, title: 答复, minLength: 2, maxLength: 1000}}}}
`

// board is a district with people for a platform.
func board(t *testing.T, p *product) *district {
	d := found(t, p, "210202", "政协大连市中山区委员会", "DISTRICT", "")
	d.opens(11, p.now.Format("2006")+"-01-01", fmt.Sprint(p.now.Year()+4, "-12-31"), 1, p.now.Format("2006")+"-01-02", p.now.Format("2006")+"-01-03", p.now.Format("2006")+"-01-04T12:00:00+08:00", p.now.Format("2006")+"-01-05")
	d.unit("桃源街道联络委", "ORGANISATION", "STREET_LIAISON", nil)
	d.person("联络员", "STAFF", "street_liaison", "桃源街道联络委", "STREET_LIAISON")
	d.person("干事", "STAFF", "committee_staff", "", "")
	d.person("委员01", "MEMBER", "member", "", "")
	d.person("委员02", "MEMBER", "member", "", "")
	return d
}

const matterFields = `matter { id state parties { id name role } items { id text } }`

// act performs an action and answers the matter.
func (d *district) act(who, id, action string, form m) map[string]any {
	d.p.t.Helper()
	in := m{"matterId": id, "action": action}
	if form != nil {
		in["form"] = form
	}
	return dig(d.people[who].do("performAction", in, matterFields), "matter").(map[string]any)
}

// ids finds parts of a matter by a field.
func ids(matter map[string]any, part, field string, values ...string) (out []string) {
	for _, v := range values {
		list, _ := matter[part].([]any)
		for _, x := range list {
			if str(x, field) == v && str(x, "role") != "LEAD" {
				out = append(out, str(x, "id"))
			}
		}
	}
	return out
}

// takes adopts and publishes a template.
func (d *district) takes(template string) {
	id := str(d.admin.do("adoptProcessTemplate", m{"name": template}, "process { id }"), "process", "id")
	d.admin.do("publishProcess", m{"id": id}, "process { status }")
}

// TestPlatformFromNothing: an administrator makes a platform that no template
// has, people work on it, a citizen hands a topic in.
func TestPlatformFromNothing(t *testing.T) {
	p := start(t, day(2025, 3, 3, 9))
	d := board(t, p)
	other := found(t, p, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "")
	d.takes("topic")
	publishes(t, d)
	platform := str(d.admin.do("createPlatform", m{"code": "jiedairi", "brand": "委员接待日", "type": "区域型", "processKind": "jiedairi", "takesTopics": true,
		"targets": m{"2025": m{"talks": 12}}}, "platform { id }"), "platform", "id")
	id := receives(t, d, platform)
	counts(t, d, platform, 2025, map[string]float64{"matters": 1, "talks": 1, "person_times": 2, "problems_found": 2, "problems_solved": 1})
	citizen(t, d)
	if _, bad := other.admin.try("performAction", m{"matterId": id, "action": "answer"}, ""); !strings.HasPrefix(bad, "NOT_FOUND") {
		t.Errorf("旅顺口 acts on it: %q", bad)
	}
	if out, err := p.cli("audit", "verify"); err != nil {
		t.Errorf("audit verify: %v\n%s", err, out)
	}
	p.nothingStands(t)
}

// publishes: what cannot be read is refused with its line, what does not close
// is found before and at publication; corrected it runs dry and is published.
func publishes(t *testing.T, d *district) {
	t.Helper()
	if _, bad := d.admin.try("createProcessDraft", m{"source": strings.Replace(receptionDay, "initial:", "inital:", 1)}, "process { id }"); !strings.HasPrefix(bad, "INVALID_INPUT") || !strings.Contains(bad, "行") {
		t.Errorf("a misspelt key: %q", bad)
	}
	wrong := strings.Replace(receptionDay, "items_settled", "items_setled", 1)
	draft := str(d.admin.do("createProcessDraft", m{"source": wrong, "origin": "本政协自己写的"}, "process { id }"), "process", "id")
	const check = `query($s: String!) { checkProcess(source: $s) { publishable steps { step } ends findings { line level problem } } }`
	report := d.admin.ask(check, m{"s": wrong})
	at := float64(strings.Count(wrong[:strings.Index(wrong, "items_setled")], "\n") + 1)
	if dig(report, "checkProcess", "publishable") != false || dig(report, "checkProcess", "findings", 0, "line") != at {
		t.Errorf("want a finding on line %v: %v", at, report)
	}
	if _, bad := d.admin.try("publishProcess", m{"id": draft}, "process { status }"); !strings.HasPrefix(bad, "INVALID_INPUT") {
		t.Errorf("published though a rule is not known: %q", bad)
	}
	if _, bad := d.admin.try("createPlatform", m{"code": "jiedairi", "brand": "委员接待日", "type": "区域型", "processKind": "jiedairi"}, ""); !strings.HasPrefix(bad, "INVALID_INPUT") {
		t.Errorf("a platform on a draft: %q", bad)
	}
	d.admin.do("updateProcessDraft", m{"id": draft, "source": receptionDay}, "process { id }")
	report = d.admin.ask(check, m{"s": receptionDay})
	if dig(report, "checkProcess", "publishable") != true || len(dig(report, "checkProcess", "steps").([]any)) != 4 {
		t.Errorf("corrected: %v", report)
	}
	dry := d.admin.ask(`query($i: SimulateProcessInput!) { simulateProcess(input: $i) { started finished states { code } } }`, m{"i": m{"processId": draft, "matters": 40, "seed": 7}})
	if dig(dry, "simulateProcess", "started") != 40.0 || dig(dry, "simulateProcess", "finished") == 0.0 {
		t.Errorf("dry run: %v", dry)
	}
	if got := str(d.admin.do("publishProcess", m{"id": draft}, "process { status }"), "process", "status"); got != "PUBLISHED" {
		t.Errorf("published it is %s", got)
	}
}

// receives carries a matter to its end; a step is not skipped.
func receives(t *testing.T, d *district, platform string) string {
	t.Helper()
	id := str(d.people["联络员"].do("openMatter", m{"platformId": platform, "title": "三月接待日", "idempotencyKey": "march"}, "matter { id state }"), "matter", "id")
	skipped := func(action string, form m) {
		t.Helper()
		if _, bad := d.people["联络员"].try("performAction", m{"matterId": id, "action": action, "form": form}, ""); !strings.HasPrefix(bad, "NOT_ALLOWED_IN_STATE") {
			t.Errorf("%s out of turn: %q", action, bad)
		}
	}
	skipped("handOver", nil)
	skipped("answer", m{"on": "2025-03-03", "text": "已答复"})
	x := d.act("联络员", id, "invite", m{"parties": []m{{"name": "居民", "kind": "RESIDENT"}}})
	if _, bad := d.people["联络员"].try("performAction", m{"matterId": id, "action": "receive", "form": m{"on": "2025-03-03", "present": ids(x, "parties", "name", "居民")}}, ""); !strings.HasPrefix(bad, "GUARD_FAILED") {
		t.Errorf("without a member: %q", bad)
	}
	x = d.act("干事", id, "invite", m{"parties": []m{{"name": "委员01", "kind": "MEMBER", "membershipId": d.ids["委员01"]}}})
	d.act("联络员", id, "receive", m{"on": "2025-03-03", "present": ids(x, "parties", "name", "居民", "委员01")})
	x = d.act("联络员", id, "addProblems", m{"items": []m{{"text": "路灯不亮"}, {"text": "井盖松动"}}})
	skipped("answer", m{"on": "2025-03-03", "text": "已答复"})
	d.act("干事", id, "handOver", nil)
	if n := dig(d.people["干事"].ask(`query { todos { edges { node { id } } } }`, nil), "todos", "edges"); len(n.([]any)) == 0 {
		t.Error("nobody has it to do")
	}
	p := d.p
	p.at(day(2025, 3, 10, 9))
	for i, item := range ids(x, "items", "text", "路灯不亮", "井盖松动") {
		d.act("干事", id, "settle", m{"itemId": item, "done": i == 0, "evidence": "现场查看"})
	}
	if got := str(d.act("干事", id, "answer", m{"on": "2025-03-10", "text": "路灯已修，井盖列入计划"}), "state"); got != "ANSWERED" {
		t.Errorf("it ends in %s", got)
	}
	return id
}

// counts compares counters, and each with its rows.
func counts(t *testing.T, d *district, platform string, year int, want map[string]float64) {
	t.Helper()
	staff := d.people["干事"]
	list := dig(staff.ask(`query($id: ID!, $y: Int!) { platform(id: $id) { counters(year: $y) { code unit value target } } }`, m{"id": platform, "y": year}), "platform", "counters").([]any)
	for _, c := range list {
		code, value := str(c, "code"), dig(c, "value").(float64)
		if w, ok := want[code]; ok && w != value {
			t.Errorf("%d: %s is %v, want %v", year, code, value, w)
		}
		rows, after := 0, any(nil)
		for more := true; more; {
			page := dig(staff.ask(`query($id: ID, $y: Int!, $c: String!, $a: ID) { counterRows(platformId: $id, code: $c, year: $y, after: $a, first: 100) { nodes { id } next } }`,
				m{"id": platform, "y": year, "c": code, "a": after}), "counterRows")
			rows += len(dig(page, "nodes").([]any))
			after = dig(page, "next")
			more = after != nil
		}
		if float64(rows) != value {
			t.Errorf("%d: %s is %v and has %d rows", year, code, value, rows)
		}
	}
}

var (
	hidden   = regexp.MustCompile(`name="token" value="([^"]+)"`)
	sum      = regexp.MustCompile(`请算一算：(.)(加|减)(.)等于几`)
	slip     = regexp.MustCompile(`<dt>收条编号</dt><dd>([^<]+)</dd>\s*<dt>校验码</dt><dd>([^<]+)</dd>`)
	numerals = []rune("零一二三四五六七八九十")
)

// page fetches a public page, or posts a form to it.
func (p *product) page(path string, form url.Values) (int, string) {
	p.t.Helper()
	res, err := http.Get(p.url + path)
	if form != nil {
		if err == nil {
			_ = res.Body.Close()
		}
		res, err = http.PostForm(p.url+path, form)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return res.StatusCode, html.UnescapeString(string(b))
}

// solved reads the sum of a page as a person does.
func solved(t *testing.T, body string) string {
	t.Helper()
	q := sum.FindStringSubmatch(body)
	if q == nil {
		t.Fatalf("no sum on the page\n%s", body)
	}
	value := func(s string) int {
		for n, r := range numerals {
			if string(r) == s {
				return n
			}
		}
		t.Fatalf("%q is no numeral", s)
		return 0
	}
	if q[2] == "加" {
		return fmt.Sprint(value(q[1]) + value(q[3]))
	}
	return fmt.Sprint(value(q[1]) - value(q[3]))
}

// citizen hands a topic in on the page, keeps the receipt, and reads what
// becomes of it.
func citizen(t *testing.T, d *district) {
	t.Helper()
	const path, text = "/t/210202/jiedairi", "小区北门的路灯坏了一个月，晚上看不清路。"
	status, body := d.p.page(path, nil)
	token := hidden.FindStringSubmatch(body)
	if status != http.StatusOK || token == nil || !strings.Contains(body, "委员接待日") {
		t.Fatalf("%d\n%s", status, body)
	}
	form := url.Values{"token": {token[1]}, "text": {text}, "name": {"居民"}, "phone": {"0411-00000000"}, "street": {d.units["桃源街道联络委"]}, "answer": {"99"}}
	if status, body = d.p.page(path, form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "答得不对") || !strings.Contains(body, text) {
		t.Errorf("a wrong sum: %d", status)
	}
	form.Set("token", hidden.FindStringSubmatch(body)[1])
	form.Set("answer", solved(t, body))
	status, body = d.p.page(path, form)
	got := slip.FindStringSubmatch(body)
	if status != http.StatusOK || got == nil {
		t.Fatalf("no receipt: %d\n%s", status, body)
	}
	ask := func(code string) (int, string) {
		return d.p.page("/t/210202/receipt", url.Values{"no": {got[1]}, "code": {code}})
	}
	if status, body := ask("AAAAAAAA"); status != http.StatusUnprocessableEntity || strings.Contains(body, text) {
		t.Errorf("a wrong code: %d\n%s", status, body)
	}
	if _, body := ask(got[2]); !strings.Contains(body, text) || !strings.Contains(body, "收到") {
		t.Errorf("handed in:\n%s", body)
	}
	topic := dig(d.people["联络员"].ask(`query { matters(first: 5, filter: {kind: "topic"}) { edges { node { id title items { id text } } } } }`, nil), "matters", "edges", 0, "node").(map[string]any)
	id, item := str(topic, "id"), str(topic, "items", 0, "id")
	d.act("联络员", id, "accept", m{"kind": "jiedairi", "title": "修复小区北门路灯", "itemId": item})
	if _, body := ask(got[2]); !strings.Contains(body, "采纳") || !strings.Contains(body, "委员接待日") {
		t.Errorf("accepted:\n%s", body)
	}
	d.act("联络员", id, "answer", m{"itemId": item, "done": true, "evidence": "现场查看", "answer": "路灯已经修好，感谢您的反映。"})
	if _, body := ask(got[2]); !strings.Contains(body, "路灯已经修好") || strings.Contains(body, "联络员") {
		t.Errorf("answered:\n%s", body)
	}
	if status, _ := d.p.page("/t/210202/nothing", nil); status != http.StatusNotFound {
		t.Errorf("a platform that is not there: %d", status)
	}
}

// TestPlatformFiveYears: 无陪同体验式调研, 126 topics and 126 reports in five
// years (ZS-01); the last two years are 34 and 24, the others demo values.
func TestPlatformFiveYears(t *testing.T) {
	p := start(t, day(2020, 1, 6, 9))
	d := board(t, p)
	other := found(t, p, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "")
	d.takes("wupeitong")
	platform := str(d.admin.do("createPlatform", m{"code": "wupeitong", "brand": "无陪同体验式调研", "type": "专业型", "processKind": "wupeitong"}, "platform { id }"), "platform", "id")
	years, topics, last := map[int]int{2020: 20, 2021: 22, 2022: 26, 2023: 34, 2024: 24}, 0, ""
	began := time.Now()
	for year := 2020; year <= 2024; year++ {
		var open []string
		p.at(day(year, 3, 2, 9))
		for n := range years[year] {
			open = append(open, researchTeam(d, platform, year, n))
		}
		p.at(day(year, 7, 1, 9))
		for _, id := range open {
			researchReport(d, id, year)
		}
		topics += len(open)
		last = open[0]
	}
	t.Logf("%d topics in %s", topics, time.Since(began).Round(time.Second))
	reports := 0
	for year, n := range years {
		counts(t, d, platform, year, map[string]float64{"matters": float64(n), "reports": float64(n), "visits": float64(n), "person_times": float64(2 * n)})
		reports += n
	}
	if topics != 126 || reports != 126 {
		t.Errorf("%d topics, %d reports", topics, reports)
	}
	data := other.admin.ask(`query($id: ID!, $p: ID!) { matter(id: $id) { title } platform(id: $p) { brand } platforms { edges { node { id } } } matters { totalCount } counters(year: 2024) { value } venueCounts { count } }`,
		m{"id": last, "p": platform})
	if data["matter"] != nil || data["platform"] != nil || len(dig(data, "platforms", "edges").([]any)) != 0 || dig(data, "matters", "totalCount") != 0.0 {
		t.Errorf("旅顺口 sees %v", data)
	}
	for _, c := range data["counters"].([]any) {
		if dig(c, "value") != 0.0 {
			t.Errorf("旅顺口 counts %v", c)
		}
	}
	p.nothingStands(t)
}

// researchTeam opens a topic and carries it to where its team goes out.
func researchTeam(d *district, platform string, year, n int) string {
	id := str(d.people["干事"].do("openMatter", m{"platformId": platform, "title": fmt.Sprintf("%d年第%d个课题", year, n+1)}, "matter { id }"), "matter", "id")
	d.act("干事", id, "approveTopic", m{"on": fmt.Sprint(year, "-03-02"), "text": "列入年度工作方案"})
	d.act("干事", id, "addTeam", m{"parties": []m{
		{"name": "委员01", "organisation": "经济委", "membershipId": d.ids["委员01"]}, {"name": "委员02", "organisation": "街道联络委", "membershipId": d.ids["委员02"]}}})
	d.act("干事", id, "setTeam", nil)
	d.act("委员01", id, "startVisits", nil)
	return id
}

// researchReport: a visit, then the report.
func researchReport(d *district, id string, year int) {
	on := fmt.Sprint(year, "-07-01")
	x := dig(d.people["委员01"].ask(`query($id: ID!) { matter(id: $id) { parties { id name role } } }`, m{"id": id}), "matter").(map[string]any)
	d.act("委员01", id, "recordVisit", m{"title": "现场体验", "on": on, "summary": "直奔现场，记录事实", "present": ids(x, "parties", "name", "委员01", "委员02")})
	d.act("委员01", id, "draftReport", nil)
	d.act("委员01", id, "addSuggestions", m{"items": []m{{"text": "制定改进方案"}}})
	d.act("委员01", id, "submitReport", m{"on": on, "text": "情况、问题和建议都在其中。", "topicSound": "急难愁盼", "researchDeep": "现场体验", "consultThorough": "当面交谈", "effectReal": "可以操作"})
}
