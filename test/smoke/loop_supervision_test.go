package smoke

import (
	"fmt"
	"strings"
	"time"
)

// planned is the supervision plan of a year, with an item for the cohort that
// is to be supervised: consulted by three, approved with a document, issued
// (DL-07, DL-12).
func (x *lap) planned(year int) string {
	x.t.Helper()
	c := x.city
	open := m{"plan": "SUPERVISION", "year": year, "title": fmt.Sprintf("市政协%d年度监督计划", year)}
	plan := str(c.as("专委会干事").do("openPlan", open, "matter { id }"), "matter", "id")
	_, bad := c.as("专委会干事").try("openPlan", open, "")
	c.said("a second plan of the year", bad, "CONFLICT")
	entry := c.does("专委会干事", plan, "addItem", m{"text": fmt.Sprintf("跨年度督办%d年一号提案", x.year), "aspect": "监督议题", "leaderPost": "市政协主席", "dueOn": date(year, 12, 31), "path": "政协选题", "unitId": c.units["市政协经济委员会"]})
	item := part(x.t, entry, "PLAN_ITEM", "跨年度督办")
	c.refused("专委会干事", plan, "consultThree", x.held("三家协商", m{"present": []m{{"as": "PARTY", "name": "市委办公室"}, {"as": "CPPCC", "name": "市政协办公室"}}}), "GUARD_FAILED", "政府")
	c.does("专委会干事", plan, "consultThree", x.held("三家协商", m{"present": []m{{"as": "PARTY", "name": "市委办公室"}, {"as": "GOVERNMENT", "name": "市政府办公室"}, {"as": "CPPCC", "name": "市政协办公室"}}}))
	c.refused("主席", plan, "issue", m{"on": c.p.now.Format(time.DateOnly)}, "NOT_ALLOWED_IN_STATE")
	c.does("主席", plan, "approveByPartyGroup", x.held("党组审议通过", nil))
	c.does("专委会干事", plan, "submit", x.held("报市委", m{"number": fmt.Sprintf("连政协〔%d〕1号", year)}))
	c.does("专委会干事", plan, "recordApproval", x.held("市委常委会审议通过", m{"by": "市委", "number": fmt.Sprintf("连委办〔%d〕3号", year)}))
	c.refused("主席", x.id, "plan", x.held("列入年度重点监督计划", m{"by": "PARTY_GROUP"}), "GUARD_FAILED")
	c.does("主席", plan, "issue", m{"on": c.p.now.Format(time.DateOnly)})
	c.does("专委会干事", plan, "attach", m{"itemId": item, "matterId": x.id})
	return plan
}

// discussed is the symposium of three sides; no step of the year is skipped
// (DL-11).
func (x *lap) discussed() {
	x.t.Helper()
	c := x.city
	present := func(as ...string) (list []m) {
		for _, a := range as {
			list = append(list, m{"as": a, "name": "参加者" + a})
		}
		return list
	}
	c.refused("主任", x.id, "visit", x.held("视察", m{"place": "水库"}), "NOT_ALLOWED_IN_STATE")
	c.refused("主任", x.id, "symposium", x.held("座谈会", m{"present": present("PROPOSER", "UNIT")}), "GUARD_FAILED", "专家")
	c.does("主任", x.id, "symposium", x.held("座谈会", m{"present": present("PROPOSER", "EXPERT", "UNIT")}))
}

// visited deepens the recommendations twice, as two versions, and looks at the
// place.
func (x *lap) visited() {
	x.t.Helper()
	c := x.city
	c.does("主任", x.id, "deepen", x.held("建议一：补充非常规水源", nil))
	c.does("主任", x.id, "deepen", x.held("建议二：建立长效机制", nil))
	versions := x.records("深化建议")
	if len(versions) < 2 || dig(versions[0], "data", "version") != 1.0 || dig(versions[1], "data", "version") != 2.0 {
		x.t.Errorf("%d: deepened twice: %v", x.year, versions)
	}
	c.does("主任", x.id, "visit", x.held("监督性视察", m{"place": "水库现场"}))
}

// assessed is what was found, with one problem more.
func (x *lap) assessed() {
	x.t.Helper()
	x.city.does("主任", x.id, "assess", x.held("问题研判与协商", m{"present": []string{"市政府", "市政协", "承办单位"}}))
	x.city.does("主任", x.id, "addProblem", m{"text": "调度不畅"})
}

// closes is refused while a task or a problem is open, and passes when each is
// verified, explained or resolved.
func (x *lap) closes() {
	x.t.Helper()
	c := x.city
	end := x.held("主席会议同意闭环", m{"by": "CHAIR_MEETING"})
	c.refused("主席", x.id, "close", end, "GUARD_FAILED")
	missing := fmt.Sprint(c.gate("主席", x.id, "close"))
	for _, what := range []string{"调度不畅", x.sixFixed("旅顺口", "水源地保护", x.home.now)["title"].(string)} {
		if !strings.Contains(missing, what) {
			x.t.Errorf("%d: the gate to close does not miss %q: %s", x.year, what, missing)
		}
	}
	x.agree("调度不畅", cityUnits[1])
	x.verified(x.city, cityUnits[0]+"承办人", x.mine[cityUnits[0]], cityUnits[0])
	x.finished(x.zs, "区住建局", x.zs.titled("分解"))
	x.verified(x.zs, "主任", x.received(x.zs), "中山")
	c.refused("主席", x.id, "close", end, "GUARD_FAILED") // 旅顺口 and 市发展改革委
	x.explained()
	for problem, done := range map[string]bool{"管网老化": false, "调度不畅": true} {
		c.does("主任", x.id, "resolveProblem", m{"itemId": part(x.t, c.look("主任", x.id), "PROBLEM", problem), "done": done, "evidence": "列入计划，现场核实"})
	}
	x.verified(x.lsk, "主任", x.received(x.lsk), "旅顺口")
	if missing := fmt.Sprint(c.gate("主席", x.id, "close")); !containsAll(missing, "还没有办结", "次年完成管网改造") {
		x.t.Errorf("M1: the gate to close does not miss the proposal: %s", missing)
	}
	x.settledProposal()
	c.refused("主任", x.id, "close", end, "NOT_ALLOWED")
	if got := str(c.does("主席", x.id, "close", end), "state"); got != "S5_CLOSED" {
		x.t.Errorf("closed, the cohort is in %s", got)
	}
}

// explained: a unit reports that it could not, and why; that is accepted.
func (x *lap) explained() {
	x.t.Helper()
	c, u := x.city, cityUnits[1]
	c.does(u+"承办人", x.mine[u], "report", m{"on": c.p.now.Format(time.DateOnly), "text": "上级政策调整，项目暂缓", "outcome": "EXPLAINED"})
	c.refused("主任", x.mine[u], "verify", x.held("核实", nil), "GUARD_FAILED")
	c.does("主任", x.mine[u], "explain", x.held("同意说明的原因，转入下一年度研究", m{"by": "分管副市长"}))
}

// settledProposal carries the 一号提案 itself to its end: the window of its
// raters is over, the replies are accepted, what was promised is done.
func (x *lap) settledProposal() {
	x.t.Helper()
	c, on := x.city, x.city.p.now.Format(time.DateOnly)
	clerk, id := c.as("干事"), x.proposal
	for _, kind := range []string{"VISIT", "MEETING", "REPORT"} {
		clerk.do("recordSupervision", m{"matterId": id, "kind": kind, "on": on, "place": "水库现场", "text": "市长领办、主席督办"}, "matter { state }")
	}
	clerk.do("closeFeedback", m{"matterId": id}, "matter { state }")
	for _, share := range x.shares() {
		clerk.do("acceptReply", m{"assignmentId": share}, "")
	}
	c.as("主任").do("decideDisclosure", m{"matterId": id, "decision": "OPEN"}, "matter { state }")
	c.as("主任").do("completeProposal", m{"matterId": id}, "matter { state }")
	data := clerk.ask(`query($id: ID!) { matter(id: $id) { state items { id kind text } } }`, m{"id": id})
	promise := part(x.t, dig(data, "matter").(m), "COMMITMENT", "次年完成管网改造")
	c.as(cityUnits[0]+"联络员").do("reportCommitment", m{"matterId": id, "itemId": promise, "evidence": "管网改造全部完工，已通水"}, "matter { state }")
	clerk.do("verifyCommitment", m{"matterId": id, "itemId": promise, "done": true, "note": "现场核实"}, "matter { state }")
	c.as("主任").do("settleTracking", m{"matterId": id, "class": "A"}, "matter { state }")
}
