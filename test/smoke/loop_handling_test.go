package smoke

import (
	"fmt"
	"testing"
	"time"
)

// firstHalf reports the nodes of the summer: one is accepted, one sent back and
// reported again, both across the boundary of an installation and within it.
func (x *lap) firstHalf() {
	x.t.Helper()
	c := x.city
	x.reports(c, cityUnits[0]+"承办人", x.mine[cityUnits[0]], "完成前期工作")
	x.settles(cityUnits[0], "完成前期工作")
	for _, d := range []*district{x.zs, x.lsk} {
		x.reports(d, "主任", x.received(d), map[*district]string{x.zs: "摸清底数", x.lsk: "定期调度"}[d])
	}
	x.post()
	x.settles("中山", "摸清底数")
	back := part(x.t, c.look("主任", x.mine["旅顺口"]), "NODE", "定期调度")
	c.does("主任", x.mine["旅顺口"], "returnNode", m{"itemId": back}, "缺少现场照片")
	x.post()
	own := x.received(x.lsk)
	if got := nodeStatus(x.t, x.lsk.look("主任", own), "定期调度"); got != "OPEN" {
		x.t.Fatalf("sent back, 旅顺口's node is %s", got)
	}
	x.reports(x.lsk, "主任", own, "定期调度")
	x.post()
	x.settles("旅顺口", "定期调度")
	x.post()
	if got := nodeStatus(x.t, x.lsk.look("主任", own), "定期调度"); got != "DONE" {
		x.t.Errorf("accepted, 旅顺口's node is %s", got)
	}
}

// solved is the second consultation, with a problem that gets its owner.
func (x *lap) solved() {
	x.t.Helper()
	c := x.city
	c.does("主任", x.id, "consultHandling", x.held("办理中·解决问题协商", m{"present": []string{"市政府", "市政协", "承办单位"}}))
	c.does("主任", x.id, "addProblem", m{"text": "管网老化"})
	c.refused("主任", x.id, "openAccounts", nil, "GUARD_FAILED", "管网老化")
	x.agree("管网老化", cityUnits[0])
	c.does("主任", x.id, "openAccounts", nil)
}

// agree gives a problem its cause, solution, owner and day.
func (x *lap) agree(problem, unit string) {
	x.t.Helper()
	id := part(x.t, x.city.look("主任", x.id), "PROBLEM", problem)
	x.city.does("主任", x.id, "settleProblem", m{"itemId": id, "unitId": x.city.units[unit], "cause": "年久失修", "solution": "分年改造", "dueOn": x.home.now.AddDate(0, 11, 0).Format(time.DateOnly)})
}

// secondHalf reports the autumn's nodes of all who were given a task.
func (x *lap) secondHalf() {
	x.t.Helper()
	hearing := x.held("常委会听取办理情况", m{"reporterPost": "副市长", "spoken": 12, "written": 23})
	x.city.refused("主任", x.id, "recordHearing", hearing, "GUARD_FAILED", "改造到位")
	x.reports(x.city, cityUnits[0]+"承办人", x.mine[cityUnits[0]], "主体完工")
	x.reports(x.zs, "主任", x.received(x.zs), "改造到位")
	x.reports(x.lsk, "主任", x.received(x.lsk), "整治到位")
	x.post()
	for to, node := range map[string]string{cityUnits[0]: "主体完工", "中山": "改造到位", "旅顺口": "整治到位"} {
		x.settles(to, node)
	}
	x.city.does("主任", x.id, "recordHearing", hearing)
}

// appraised is the secret ballot over both units, and its result on record.
func (x *lap) appraised() {
	x.t.Helper()
	c := x.city
	c.refused("主任", x.id, "recordReport", x.held("报告", m{"sentTo": []string{"PARTY"}}), "NOT_ALLOWED_IN_STATE")
	voters, subjects := []string{}, []string{}
	for i := range 5 {
		voters = append(voters, c.ids[c.member(i)])
	}
	for _, u := range cityUnits {
		subjects = append(subjects, c.units[u])
	}
	ballot := str(c.as("主任").do("openBallot", m{"matterId": x.id, "title": fmt.Sprintf("%d年度一号提案办理情况民主测评", x.year), "subjectIds": subjects,
		"dimensions": []string{"办理质量", "落实效果"}, "options": []m{{"name": "满意"}, {"name": "基本满意"}, {"name": "不满意"}, {"name": "弃权", "abstention": true}},
		"voterIds": voters, "closesAt": c.p.now.Add(8 * time.Hour).Format(time.RFC3339)}, "ballot { id }"), "ballot", "id")
	c.refused("主任", x.id, "recordAppraisal", m{"on": c.p.now.Format(time.DateOnly), "ballotId": ballot}, "GUARD_FAILED")
	for i, option := range []string{"满意", "满意", "基本满意", "弃权"} { // the fifth is absent
		x.votes(c.member(i), ballot, option)
	}
	for _, who := range []string{"主任", "主席", "管理员"} {
		if _, r := c.p.post(c.signedIn(who), m{"query": `query($id: ID!) { ballotResult(id: $id) { cast } }`, "variables": m{"id": ballot}}); dig(r.Data, "ballotResult") != nil {
			x.t.Errorf("%s reads an open ballot: %v", who, r.Data)
		}
	}
	c.as("主任").do("closeBallot", m{"id": ballot, "reason": "到会委员均已投票"}, "ballot { id }")
	c.does("主任", x.id, "recordAppraisal", m{"on": c.p.now.Format(time.DateOnly), "ballotId": ballot})
	x.counted(ballot)
}

// votes: a token is claimed by a person and cast by nobody, once.
func (x *lap) votes(who, ballot, option string) {
	x.t.Helper()
	c := x.city
	token := str(c.as(who).do("claimBallot", m{"id": ballot}, "token"), "token")
	var choices []m
	for _, u := range cityUnits {
		for _, d := range []string{"办理质量", "落实效果"} {
			choices = append(choices, m{"unitId": c.units[u], "dimension": d, "option": option})
		}
	}
	for _, want := range []bool{true, false} {
		_, r := c.p.post("", m{"query": `mutation($i: CastBallotInput!) { castBallot(input: $i) { done valid userErrors { code message } } }`, "variables": m{"i": m{"token": token, "choices": choices}}})
		if dig(r.Data, "castBallot", "done") != want {
			x.t.Fatalf("cast, want %v: %v %v", want, r.Data, r.Errors)
		}
	}
}

// counted: numbers of each unit, and they are on the cohort's record.
func (x *lap) counted(ballot string) {
	x.t.Helper()
	result := x.city.as("主任").ask(`query($id: ID!) { ballotResult(id: $id) { voters cast absent tallies { unitId dimension valid invalid abstained absent votes { option votes rate { numerator denominator text } } } } }`, m{"id": ballot})
	if dig(result, "ballotResult", "cast") != 4.0 || dig(result, "ballotResult", "absent") != 1.0 || len(dig(result, "ballotResult", "tallies").([]any)) != 4 {
		x.t.Errorf("%d: the result is %v", x.year, result)
	}
	recorded := fmt.Sprint(x.records("民主测评"))
	for _, u := range cityUnits {
		if !containsAll(recorded, x.city.units[u], "abstained", "absent", "invalid", "valid") {
			x.t.Errorf("%d: the record lacks %s: %s", x.year, u, recorded)
		}
	}
}

// records of the cohort of a stage.
func (x *lap) records(stage string) (list []m) {
	x.t.Helper()
	all, _ := x.city.look("主任", x.id)["records"].([]any)
	for _, r := range all {
		if str(r, "stage") == stage {
			list = append(list, r.(m))
		}
	}
	return list
}

// reported goes to the party committee and to the government.
func (x *lap) reported() {
	x.t.Helper()
	c := x.city
	c.does("主任", x.id, "recordReport", x.held("专题协商报告", m{"sentTo": []string{"PARTY"}}))
	c.refused("主席", x.id, "plan", x.held("列入年度重点监督计划", m{"by": "PARTY_GROUP"}), "GUARD_FAILED")
	c.does("主任", x.id, "recordReport", x.held("专题协商报告", m{"sentTo": []string{"GOVERNMENT"}}))
}

// answered is the units' replies: one promises something for the next year,
// which stays on the same list as the tasks.
func (x *lap) answered(t *testing.T) {
	t.Helper()
	c := x.city
	party := str(c.as("干事").ask(`query($id: ID!) { matter(id: $id) { parties { id } } }`, m{"id": x.proposal}), "matter", "parties", 0, "id")
	for u, share := range x.shares() {
		reply := m{"assignmentId": share, "class": "A", "body": "所提建议均已采纳，任务按六定要求推进。"}
		if u == cityUnits[0] {
			reply["class"], reply["commitments"] = "B", []m{{"text": "次年完成管网改造", "dueOn": date(x.year+1, 9, 30)}}
		}
		c.as(u+"承办人").do("recordContact", m{"assignmentId": share, "partyId": party, "mode": "面谈", "stage": "办中", "on": c.p.now.Format(time.DateOnly), "text": "当面听取意见"}, "")
		c.as(u+"承办人").do("draftReply", reply, "")
		c.as(u+"承办人").do("submitDraft", m{"assignmentId": share}, "")
		c.as(u+"领导").do("signOffReply", m{"assignmentId": share}, "")
		c.as(u+"联络员").do("sendReply", m{"assignmentId": share}, "")
	}
}
