package smoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// dutyDesk is a process of the committee's own: 委员值班接待 at a station, whose
// turn is a role of the committee's own, which hangs on a post.
const dutyDesk = `kind: zhiban
version: 1
title: 委员值班接待
turns:
  own_station: 站长
  committee_staff: 专委会工作人员
timers:
  receive: {label: 接待, deadline: zhiban.receive, within: {amount: 10, unit: WORKDAY}, rungs: [2, 0, -1, -7], notify: [own_station], escalate: [committee_staff]}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 已安排, stage: 接待, step: 1, turn: own_station, visible: STAFF, timers: [receive]}
      - {code: RECEIVED, label: 已接待, stage: 接待, step: 2, visible: TENANT, end: true}
    actions:
      - {code: invite, label: 登记值班委员和来访者, from: [OPEN], may: matter.arrange, effects: [{party: {role: PARTICIPANT}}],
         form: {required: [parties], properties: {parties: {type: array, title: 人员, minItems: 1, maxItems: 20, items: {type: object, additionalProperties: false, required: [name, kind], properties: {
           name: {type: string, minLength: 1, maxLength: 60}, kind: {choices: {RESIDENT: 居民, MEMBER: 委员}}, membershipId: {type: string, maxLength: 36}}}}}}}
      - {code: receive, label: 接待, from: [OPEN], to: RECEIVED, may: matter.hold, guards: [{parties: {kind: MEMBER, least: 1}}], effects: [{hold: {kind: TALK}}],
         form: {required: ["on", present], properties: {"on": {type: string, format: date, title: 日期}, present: {type: array, title: 到场, minItems: 1, maxItems: 20, items: {type: string, maxLength: 36}}}}}
`

// TestACommitteeIsSetUpByTheAPIAlone: from the one administrator whom the operator
// names, everything is done over HTTP: units and venues, a role by post, people
// and their seats from a spreadsheet, who is on duty when, a process of one's own,
// and who has done what is asked of him.
func TestACommitteeIsSetUpByTheAPIAlone(t *testing.T) {
	p := start(t, day(2025, 3, 3, 9))
	d := found(t, p, "210202", "政协大连市中山区委员会", "DISTRICT", "")
	d.opens(11, "2025-01-01", "2029-12-31", 1, "2025-01-02", "2025-01-03", "2025-01-04T12:00:00+08:00", "2025-01-05")
	d.unit("桃源街道委员工作站", "VENUE", "VENUE_STATION", nil)
	d.unit("葵英街道委员工作站", "VENUE", "VENUE_STATION", nil)
	d.unit("经济界", "ORGANISATION", "SECTOR", nil)
	d.admin.do("setRole", m{"code": "own_station", "name": "站长", "duty": "主持工作站的值班接待", "posts": []string{"STATION_HEAD"}, "rights": []m{
		{"permission": "matter.read", "scope": "UNIT"}, {"permission": "matter.open", "scope": "UNIT"}, {"permission": "matter.arrange", "scope": "UNIT"}, {"permission": "matter.hold", "scope": "UNIT"},
	}}, "role { id }")

	t.Run("people come from a spreadsheet, with their seats and accounts, and set their passwords", func(t *testing.T) {
		people := "姓名,类别,委员证号,界别,其他席位,登录名\n" +
			"站长甲,机关干部,,,桃源街道委员工作站|站长,station-a\n站长乙,机关干部,,,葵英街道委员工作站|站长,station-b\n工作人员,机关干部,,,,staff\n"
		for i := range 12 {
			people += fmt.Sprintf("委员%02d,委员,%03d,经济界,,member-%02d\n", i+1, i+1, i+1)
		}
		batch := d.imported(t, "人员.csv", people, 15)
		for _, x := range dig(d.admin.ask(`{ memberships(first: 50) { edges { node { id name } } } }`, nil), "memberships", "edges").([]any) {
			d.ids[str(x, "node", "name")] = str(x, "node", "id")
		}
		words := dig(d.admin.do("issueImportWords", m{"batchId": batch, "rows": []int{1, 2, 3, 4}, "reason": "新任职"}, "words { name login code }"), "words").([]any)
		for _, w := range words {
			d.people[str(w, "name")] = p.activate(str(w, "login"), str(w, "code"))
		}
		if len(d.ids) != 16 || len(words) != 4 || d.people["委员01"] == nil {
			t.Fatal(d.ids, words)
		}
	})
	d.grants("工作人员", "committee_staff")
	d.grants("委员01", "member")

	t.Run("who is on duty when comes from a spreadsheet, and is read from the station", func(t *testing.T) {
		duty := "姓名,单位,席位职务,起始日期,终止日期\n"
		for i := range 10 { // two weeks of working days
			on := day(2025, 3, 3+i+i/5*2, 0).Format("2006-01-02")
			duty += fmt.Sprintf("委员%02d,桃源街道委员工作站,值班委员,%s,%s\n", i+1, on, on)
		}
		d.imported(t, "值班.csv", duty, 10)
		list := dig(d.admin.ask(`query($id: ID!) { node(id: $id) { ... on Unit { seats(first: 50) { edges { node { post seatFrom seatTo membership { name } } } } } } }`,
			m{"id": d.units["桃源街道委员工作站"]}), "node", "seats", "edges").([]any)
		on := map[string]string{}
		for _, s := range list {
			if str(s, "node", "post") == "ON_DUTY" {
				on[str(s, "node", "seatFrom")] = str(s, "node", "membership", "name")
			}
		}
		if len(on) != 10 || on["2025-03-03"] != "委员01" || on["2025-03-10"] != "委员06" || on["2025-03-14"] != "委员10" {
			t.Fatal(on)
		}
	})

	draft := str(d.admin.do("createProcessDraft", m{"source": dutyDesk, "origin": "本政协自己写的"}, "process { id }"), "process", "id")
	d.admin.do("publishProcess", m{"id": draft}, "process { status }")
	platform := str(d.admin.do("createPlatform", m{"code": "zhiban", "brand": "委员值班", "type": "区域型", "processKind": "zhiban", "targets": m{"2025": m{"talks": 12}}}, "platform { id }"), "platform", "id")
	d.admin.do("publishObligation", m{"code": "on_duty", "label": "值班接待", "kinds": []string{"MEMBER"}, "every": "YEAR", "validFrom": "2025-01-01",
		"needs": []m{{"label": "值班接待", "least": 1, "of": "attended", "among": []m{{"word": "kind", "words": []string{"zhiban"}}, {"word": "status", "words": []string{"ATTENDED"}}}}}}, "obligation { id }")

	t.Run("who is head of a station may there, by his post, and not in the other", func(t *testing.T) {
		id := str(d.people["站长甲"].do("openMatter", m{"platformId": platform, "title": "三月三日值班接待", "ownerUnitId": d.units["桃源街道委员工作站"], "idempotencyKey": "0303"}, "matter { id }"), "matter", "id")
		x := d.act("站长甲", id, "invite", m{"parties": []m{{"name": "委员01", "kind": "MEMBER", "membershipId": d.ids["委员01"]}, {"name": "居民", "kind": "RESIDENT"}}})
		form := m{"on": "2025-03-03", "present": ids(x, "parties", "name", "委员01", "居民")}
		if n := dig(d.people["站长甲"].ask(`{ todos { totalCount } }`, nil), "todos", "totalCount"); n != 1.0 {
			t.Errorf("the head of the station has %v to do", n)
		}
		if _, bad := d.people["站长乙"].try("performAction", m{"matterId": id, "action": "receive", "form": form}, ""); !strings.HasPrefix(bad, "NOT_FOUND") {
			t.Errorf("the head of another station: %q", bad)
		}
		if got := str(d.act("站长甲", id, "receive", form), "state"); got != "RECEIVED" {
			t.Fatal(got)
		}
	})
	t.Run("who has fulfilled what is asked is known, and who has not, and each sees his own", func(t *testing.T) {
		const debts = `query($s: ObligationState) { obligationDebts(code: "on_duty", state: $s, first: 50) { totalCount edges { node { name progress { have least } } } } }`
		done := dig(d.admin.ask(debts, m{"s": "DONE"}), "obligationDebts")
		owing := dig(d.admin.ask(debts, m{"s": "OWING"}), "obligationDebts", "totalCount")
		if dig(done, "totalCount") != 1.0 || str(done, "edges", 0, "node", "name") != "委员01" || owing != 11.0 {
			t.Error(done, owing)
		}
		if got := str(d.people["委员01"].ask(`{ myObligations { state } }`, nil), "myObligations", 0, "state"); got != "DONE" {
			t.Error(got)
		}
	})
	t.Run("whose seat ends loses what came with it", func(t *testing.T) {
		seat := dig(d.admin.ask(`query($id: ID!) { node(id: $id) { ... on Membership { seats { id post } } } }`, m{"id": d.ids["站长甲"]}), "node", "seats", 0, "id")
		p.at(day(2025, 3, 5, 9))
		d.admin.do("endSeat", m{"seatId": seat, "on": "2025-03-04", "reason": "轮换"}, "seat { id }")
		if _, bad := d.people["站长甲"].try("openMatter", m{"platformId": platform, "title": "再值班一次", "ownerUnitId": d.units["桃源街道委员工作站"]}, ""); bad == "" {
			t.Error("who is head no more opens one")
		}
	})
	if out, err := p.cli("audit", "verify"); err != nil {
		t.Errorf("audit verify: %v\n%s", err, out)
	}
	p.nothingStands(t)
}

// imported brings a spreadsheet, carries all of it out, and answers the batch.
func (d *district) imported(t *testing.T, name, text string, lines int) string {
	t.Helper()
	d.admin.ask("{ viewer { roles } }", nil) // so that the token is fresh
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(text))
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.p.url+"/imports", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+d.admin.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var up struct{ ID, Message string }
	if err := json.NewDecoder(res.Body).Decode(&up); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatal(res.StatusCode, up, err)
	}
	const look = `query($id: ID!) { importBatch(batchId: $id) { state message counts { new changed wrong doubtful done failed } }
		importRows(batchId: $id, verdict: WRONG, first: 3) { edges { node { line problems { column message } } } } }`
	reaches := func(state string) any {
		var got any
		d.p.eventually(name+" is "+state, func() bool {
			got = d.admin.ask(look, m{"id": up.ID})
			return str(got, "importBatch", "state") == state
		})
		return got
	}
	if got := reaches("CHECKED"); dig(got, "importBatch", "counts", "wrong") != 0.0 || dig(got, "importBatch", "counts", "doubtful") != 0.0 {
		t.Fatal(got)
	}
	d.admin.do("carryOutImport", m{"batchId": up.ID}, "batch { id }")
	if got := reaches("DONE"); dig(got, "importBatch", "counts", "done") != float64(lines) {
		t.Fatal(got)
	}
	return up.ID
}
