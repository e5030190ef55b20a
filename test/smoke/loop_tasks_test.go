package smoke

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// sixFixed is a task of the cohort whose six are fixed: unit, leader, officer,
// duty, day, effect (DL-04).
func (x *lap) sixFixed(to, duty string, due time.Time, nodes ...m) m {
	in := m{"matterId": x.id, "title": fmt.Sprintf("%d年：%s%s", x.year, to, duty), "duty": duty, "dueOn": due.Format(time.DateOnly),
		"leaderPost": "分管副职", "officerPost": "业务处室负责人", "effect": "完成" + duty, "measure": "完成率100%", "key": true, "nodes": nodes}
	switch to {
	case "中山":
		in["partner"] = "210202"
	case "旅顺口":
		in["partner"] = "210212"
	default:
		in["unitId"], in["leaderId"], in["officerId"] = x.city.units[to], x.city.ids[to+"领导"], x.city.ids[to+"承办人"]
		delete(in, "leaderPost")
		delete(in, "officerPost")
	}
	return in
}

func node(text string, due time.Time) m { return m{"text": text, "dueOn": due.Format(time.DateOnly)} }

// drafts a task; it is not issued yet.
func (x *lap) drafts(to string, in m) string {
	x.t.Helper()
	x.mine[to] = str(x.city.as("主任").do("draftTask", in, "matter { id state }"), "matter", "id")
	return x.mine[to]
}

// brokenDown gives out the tasks of the year: to each responsible unit of the
// city and to both districts.
func (x *lap) brokenDown() {
	x.t.Helper()
	c, y := x.city, x.year
	x.drafts(cityUnits[0], x.sixFixed(cityUnits[0], "推进水网联通", day(y, 11, 30, 0), node("完成前期工作", day(y, 6, 30, 0)), node("主体完工", day(y, 10, 31, 0))))
	bare := x.drafts(cityUnits[1], m{"matterId": x.id, "unitId": c.units[cityUnits[1]], "title": fmt.Sprintf("%d年：项目审批", y), "difficult": true})
	x.drafts("中山", x.sixFixed("中山", "节约用水改造", day(y, 11, 20, 0), node("摸清底数", day(y, 6, 20, 0)), node("改造到位", day(y, 10, 20, 0))))
	x.drafts("旅顺口", x.sixFixed("旅顺口", "水源地保护", day(y, 11, 20, 0), node("定期调度", day(y, 6, 20, 0)), node("整治到位", day(y, 10, 20, 0))))
	consult := x.held("交办中·落实责任协商", m{"present": []string{"市政府", "市政协"}})
	c.refused("主任", x.id, "consultAssignment", consult, "GUARD_FAILED")
	x.incomplete(bare)
	for _, to := range []string{cityUnits[0], "中山", "旅顺口"} {
		c.does("主任", x.mine[to], "issue", nil)
	}
	c.refused("主任", x.id, "consultAssignment", consult, "GUARD_FAILED") // one is still a draft
	c.does("主任", bare, "amend", m{"leaderId": c.ids[cityUnits[1]+"领导"], "officerId": c.ids[cityUnits[1]+"承办人"], "duty": "并联审批", "dueOn": date(y, 12, 10), "effect": "项目全部获批", "measure": "获批项目数"})
	c.does("主任", bare, "issue", nil)
	c.does("主任", x.id, "consultAssignment", consult)
}

// incomplete: a task with a field missing is not issued, and the refusal, like
// the gate, names every field.
func (x *lap) incomplete(id string) {
	x.t.Helper()
	x.city.refused("主任", id, "issue", nil, "GUARD_FAILED", "项")
	gate := x.city.gate("主任", id, "issue")
	if gate["open"] != false || str(gate, "to") != "ISSUED" || str(gate, "turn") == "" {
		x.t.Errorf("the gate of a task with fields missing: %v", gate)
	}
	said := fmt.Sprint(gate)
	for _, field := range []string{"领导", "人员", "责任", "时间", "效果"} {
		if !strings.Contains(said, field) {
			x.t.Errorf("the gate does not miss %s: %s", field, said)
		}
	}
}

// gate is the checklist of one way out of a matter's state.
func (d *district) gate(who, id, action string) m {
	d.p.t.Helper()
	data := d.as(who).ask(`query($id: ID!) { matter(id: $id) { gates { action label to turn dueOn open checks { rule says onForm missing } } } }`, m{"id": id})
	for _, g := range dig(data, "matter", "gates").([]any) {
		if str(g, "action") == action {
			return g.(m)
		}
	}
	d.p.t.Fatalf("%s: no gate %s: %v", d.code, action, data)
	return nil
}

// accepted: every unit of the city signs and accepts; then the districts do.
func (x *lap) accepted() {
	x.t.Helper()
	handling := x.held("办理中·解决问题协商", m{"present": []string{"市政府", "市政协", "承办单位"}})
	x.city.refused("主任", x.id, "consultHandling", handling, "GUARD_FAILED")
	x.signed()
	for _, u := range cityUnits {
		if !x.city.todo(u+"联络员", x.mine[u]) {
			x.t.Errorf("%s does not have its task to do", u)
		}
		x.city.does(u+"联络员", x.mine[u], "accept", nil)
	}
	x.city.refused(cityUnits[0]+"联络员", x.mine[cityUnits[1]], "reportNode", nil, "NOT_FOUND")
	x.city.refused("主任", x.id, "consultHandling", handling, "GUARD_FAILED") // the districts have not accepted
	for _, d := range []*district{x.zs, x.lsk} {
		if !d.todo("主任", x.received(d)) {
			x.t.Errorf("%s does not have what it received to do", d.code)
		}
		d.does("主任", x.received(d), "accept", nil)
	}
	x.post()
	for _, to := range []string{"中山", "旅顺口"} {
		if got := x.city.state("主任", x.mine[to]); got != "WORKING" {
			x.t.Fatalf("%d: accepted by %s, the city's task is %s", x.year, to, got)
		}
	}
}

// declined: a district sends its task back with a reason; amended and issued
// again it is the same matter there.
func (x *lap) declined(d *district, to string) {
	x.t.Helper()
	own := x.received(d)
	d.refused("主任", own, "decline", nil, "INVALID_INPUT")
	d.does("主任", own, "decline", nil, "期限过紧，请延至年底")
	x.post()
	if got := x.city.state("主任", x.mine[to]); got != "DRAFT" {
		x.t.Fatalf("declined by %s, the city's task is %s", to, got)
	}
	x.city.does("主任", x.mine[to], "amend", m{"dueOn": date(x.year, 12, 20)})
	x.city.does("主任", x.mine[to], "issue", nil)
	x.post()
	if again := x.received(d); again != own || d.state("主任", own) != "ISSUED" {
		x.t.Errorf("issued again, %s has %s in %s", to, again, d.state("主任", own))
	}
}

// received is the district's own matter that the city's task of this cohort
// became.
func (x *lap) received(d *district) string {
	x.t.Helper()
	list := dig(d.as("主任").ask(`{ matters(first: 100, filter: {kind: "task"}) { edges { node { id title origin } } } }`, nil), "matters", "edges").([]any)
	for _, e := range list {
		n := dig(e, "node").(m)
		if dig(n, "origin") != nil && strings.HasPrefix(str(n, "title"), fmt.Sprint(x.year)) {
			return str(n, "id")
		}
	}
	x.t.Fatalf("%s has no task of %d: %v", d.code, x.year, list)
	return ""
}

// delegated: a district breaks down what it received for a unit of its own.
func (x *lap) delegated(d *district, unit string, due time.Time) string {
	x.t.Helper()
	own := x.received(d)
	id := str(d.as("主任").do("draftTask", m{"matterId": own, "unitId": d.units[unit], "leaderId": d.ids[unit+"领导"], "officerId": d.ids[unit+"承办人"],
		"title": fmt.Sprintf("分解：%d年%s", x.year, unit), "duty": "具体落实", "dueOn": due.Format(time.DateOnly), "effect": "完成", "measure": "现场核实"}, "matter { id }"), "matter", "id")
	d.does("主任", id, "issue", nil)
	d.does(unit+"联络员", id, "accept", nil)
	return id
}

// finished: what a district gave to its own unit is reported to the district
// and looked at there, before the district itself reports up.
func (x *lap) finished(d *district, unit, task string) {
	x.t.Helper()
	report := x.held("已落实", m{"outcome": "DONE"})
	d.does(unit+"承办人", task, "report", report)
	d.refused("主任", x.received(d), "report", report, "GUARD_FAILED", "分解")
	d.does("主任", task, "verify", x.held("现场核实", nil))
}

// reports a node of a task, by the person whose work it is.
func (x *lap) reports(d *district, who, task, node string) {
	x.t.Helper()
	d.does(who, task, "reportNode", m{"itemId": part(x.t, d.look(who, task), "NODE", node), "on": d.p.now.Format(time.DateOnly), "text": node + "，已完成，附现场核实情况", "outcome": "DONE"})
}

// settles accepts a node that was reported.
func (x *lap) settles(to, node string) {
	x.t.Helper()
	id := x.mine[to]
	x.city.does("主任", id, "acceptNode", m{"itemId": part(x.t, x.city.look("主任", id), "NODE", node), "text": "情况属实"})
}

// nodeStatus is what a task's node has come to.
func nodeStatus(t *testing.T, matter m, node string) string {
	t.Helper()
	for _, x := range parts(matter, "NODE") {
		if strings.Contains(str(x, "text"), node) {
			return str(x, "status")
		}
	}
	t.Fatalf("no node %q in %v", node, matter)
	return ""
}

// verified is a task's end: reported as a whole, looked at, found done.
func (x *lap) verified(d *district, who, task, to string) {
	x.t.Helper()
	d.does(who, task, "report", m{"on": d.p.now.Format(time.DateOnly), "text": "任务全部完成", "outcome": "DONE"})
	if d != x.city {
		x.post()
	}
	x.city.does("主任", x.mine[to], "verify", x.held("现场核实，予以销号", nil))
}
