package smoke

import (
	"fmt"
	"strings"
	"time"
)

// The titles of the source (DL-01); 2024's is made up.
const (
	waterTitle  = "关于加快提升水资源承载力 支撑和保障城市高质量发展的提案"
	energyTitle = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
	portTitle   = "关于协同推动港产城融创发展的提案"
)

// 四题
var sources = []string{"党政交题", "委员荐题", "群众征题", "政协选题"}

// opened begins a cohort.
func (l *loop) opened(year int, title string) *lap {
	l.t.Helper()
	id := str(l.city.as("主任").do("openCohort", m{"handleYear": year, "title": title}, "matter { id state }"), "matter", "id")
	x := &lap{loop: l, year: year, title: title, id: id, mine: map[string]string{}}
	l.laps[year] = x
	return x
}

// collects directions from the four sources, each with its lead organisation,
// and hears the think tank on them (DL-06).
func (x *lap) collects(n int) {
	x.t.Helper()
	for i := range n {
		x.city.does("主任", x.id, "addDirection", m{"text": fmt.Sprintf("备选方向%02d：%s", i+1, x.title[:12]), "source": sources[i%len(sources)],
			"unitId": x.city.units[leadOrganisations[i%len(leadOrganisations)]]})
	}
	c := x.city.look("主任", x.id)
	directions := parts(c, "DIRECTION")
	if len(directions) != n {
		x.t.Fatalf("%d directions, want %d", len(directions), n)
	}
	x.city.does("主任", x.id, "recordOpinion", x.held("这一方向基础扎实，宜列入备选", m{"itemId": str(directions[0], "id"), "thinkTank": "新型智库", "score": 92}))
}

// prestudied goes from collecting to one chosen candidate; no gate is skipped.
func (x *lap) prestudied(kickoff, choice time.Time) {
	x.t.Helper()
	c := x.city
	x.at(kickoff.Year(), kickoff.Month(), kickoff.Day())
	c.refused("主任", x.id, "startResearch", nil, "NOT_ALLOWED_IN_STATE")
	c.refused("主任", x.id, "holdKickoff", x.held("部署会", m{"chair": "DEPUTY"}), "GUARD_FAILED")
	c.does("主任", x.id, "holdKickoff", x.held("介绍选题背景和前期筹备情况，各党派和专委会交流发言", m{"chair": "CPPCC_CHAIR", "place": "市政协会议室"}))
	c.does("主任", x.id, "startResearch", nil)
	for _, title := range []string{x.title, "关于盘活低效用地的提案"} {
		x.candidate(title)
	}
	x.at(choice.Year(), choice.Month(), choice.Day())
	c.does("主任", x.id, "shortlist", nil)
	chosen := part(x.t, c.look("主任", x.id), "CANDIDATE", x.title)
	decision := x.held("主席会议审定", m{"itemId": chosen, "by": "CHAIR_MEETING"})
	c.refused("主任", x.id, "chooseCandidate", decision, "NOT_ALLOWED")
	if got := str(c.does("主席", x.id, "chooseCandidate", decision), "state"); got != "P5_SELECTED" {
		x.t.Fatalf("chosen, the cohort is in %s", got)
	}
	c.does("主任", x.id, "returnCandidate", m{"itemId": part(x.t, c.look("主任", x.id), "CANDIDATE", "低效用地"), "as": "下一年度选题方向"})
}

// candidate is a 备选件 with its report and the think tank's opinion (DL-09);
// without both it does not stand for choice.
func (x *lap) candidate(title string) {
	x.t.Helper()
	c := x.city
	got := c.does("主任", x.id, "addCandidate", m{"text": title, "unitId": c.units["民建市委"]})
	id := part(x.t, got, "CANDIDATE", title)
	c.does("主任", x.id, "recordResearch", x.held("调研报告", m{"itemId": id, "by": "LEAD_ORG"}))
	c.refused("主任", x.id, "shortlist", nil, "GUARD_FAILED", "智库意见")
	c.does("主任", x.id, "recordResearch", x.held("智库意见", m{"itemId": id, "by": "THINK_TANK"}))
}

// proposed hands the proposal in and files it as number 001 of its sitting.
// In 2022 the designation came after the submission, in 2023 before.
func (x *lap) proposed(designatedFirst bool) {
	x.t.Helper()
	c := x.city
	decision := x.held("确定为一号提案", m{"by": "CHAIR_MEETING"})
	if designatedFirst {
		c.does("主席", x.id, "designate", decision)
	}
	x.proposal = c.submitted(c.member(0), x.title)
	c.does("主任", x.id, "linkProposal", m{"proposalId": x.proposal})
	c.reviewed(x.proposal, "FILED")
	c.refused("主任", x.id, "deploy", x.deployment("GOVERNMENT_HEAD"), "GUARD_FAILED")
	number := str(c.as("主任").do("fileProposal", m{"matterId": x.proposal, "noOne": true}, "matter { number }"), "matter", "number")
	if !strings.Contains(number, "001") {
		x.t.Errorf("一号提案 is number %s", number)
	}
	if !designatedFirst {
		c.refused("主任", x.id, "deploy", x.deployment("GOVERNMENT_HEAD"), "GUARD_FAILED", "确定为一号提案")
		c.does("主席", x.id, "designate", decision)
	}
	flag := c.as("主任").ask(`query($id: ID!) { matter(id: $id) { proposal { isNoOne } } }`, m{"id": x.proposal})
	if dig(flag, "matter", "proposal", "isNoOne") != true {
		x.t.Errorf("%d: the proposal is not the 一号提案: %v", x.year, flag)
	}
}

func (x *lap) deployment(chair string) m {
	return x.held("部署今年一号提案办理工作", m{"chair": chair, "place": "市政府会议室", "leadLeaderPost": "市长", "superviseLeaderPost": "市政协主席"})
}

// deployed is the meeting that the mayor chairs; who leads and who supervises
// are two posts (DL-02, DL-10).
func (x *lap) deployed() {
	x.t.Helper()
	c := x.city
	if gate := c.gate("主任", x.id, "deploy"); gate["open"] != true || str(gate, "turn") != "提案委主任" || str(gate, "dueOn") != date(x.year, 3, 31) {
		x.t.Errorf("%d: the gate to the deployment: %v", x.year, gate)
	}
	c.refused("主任", x.id, "deploy", x.deployment("DEPUTY"), "GUARD_FAILED", "政府主要负责人")
	same := x.deployment("GOVERNMENT_HEAD")
	same["leadLeaderPost"] = "市政协主席"
	c.refused("主任", x.id, "deploy", same, "INVALID_INPUT")
	c.refused("主任", x.id, "consultAssignment", x.held("协商", m{"present": []string{"市政府", "市政协"}}), "NOT_ALLOWED_IN_STATE")
	c.does("主任", x.id, "deploy", x.deployment("GOVERNMENT_HEAD"))
	units := []m{}
	for _, u := range cityUnits {
		units = append(units, m{"unitId": c.units[u], "role": "SEPARATE"})
	}
	c.as("干事").do("assignProposal", m{"matterId": x.proposal, "units": units}, "")
}

// signed is what each unit does first with its share.
func (x *lap) signed() {
	x.t.Helper()
	for u, share := range x.shares() {
		x.city.as(u+"联络员").do("signReceipt", m{"assignmentId": share}, "")
	}
}

// shares are the units' shares of the proposal.
func (x *lap) shares() map[string]string {
	x.t.Helper()
	out := map[string]string{}
	data := x.city.as("干事").ask(`query($id: ID!) { matter(id: $id) { assignments { id unit { name } } } }`, m{"id": x.proposal})
	for _, a := range dig(data, "matter", "assignments").([]any) {
		out[str(a, "unit", "name")] = str(a, "id")
	}
	return out
}
