package smoke

import (
	"testing"
	"time"
)

// TestThreeYearsOfTheLoop lives 一号提案 of the city through 2021, 2022 and 2023:
// the cohorts of 2022 and 2023 (DL-01) overlap, that of 2024 is begun, and two
// districts take part, one of them in another installation.
func TestThreeYearsOfTheLoop(t *testing.T) {
	l := founded(t, day(2021, 3, 1, 9))
	l.firstYear(t)
	l.secondYear(t)
	l.thirdYear(t)
	l.andOn(t)
	for _, year := range []int{2022, 2023} {
		l.laps[year].apart(t)
	}
	l.booked(t)
}

// firstYear is the prestudy of 2022's.
func (l *loop) firstYear(t *testing.T) {
	_, bad := l.city.as("主任").try("openCohort", m{"handleYear": 2023, "title": energyTitle}, "")
	l.city.said("a cohort two years ahead", bad, "INVALID_INPUT")
	water := l.opened(2022, waterTitle)
	_, bad = l.city.as("主任").try("openCohort", m{"handleYear": 2022, "title": "又一件"}, "")
	l.city.said("a second 一号提案 of the year", bad, "CONFLICT")
	water.collects(13)
	water.prestudied(day(2021, 3, 16, 0), day(2021, 11, 25, 0))
}

// secondYear: 2022's is handled, 2023's prestudied.
func (l *loop) secondYear(t *testing.T) {
	water := l.laps[2022]
	l.at(2022, 1, 10)
	water.proposed(false)
	energy := l.opened(2023, energyTitle)
	energy.collects(4)
	l.at(2022, 3, 21)
	water.deployed()
	water.brokenDown()
	l.handedOver(t)
	water.accepted()
	water.delegated(l.zs, "区住建局", day(2022, 11, 10, 0))
	energy.prestudied(day(2022, 4, 12, 0), day(2022, 5, 31, 0))
	l.at(2022, 6, 18)
	water.firstHalf()
	l.at(2022, 7, 19)
	water.solved()
	water.answered(t)
	l.at(2022, 10, 28)
	water.lateOnes(t)
	water.secondHalf()
	l.at(2022, 12, 8)
	water.appraised()
	water.reported()
}

// handedOver: the tasks reach 中山 by the worker and 旅顺口 by file, once.
func (l *loop) handedOver(t *testing.T) {
	t.Helper()
	waitFor(t, "the worker's delivery to 中山", func() bool { return l.city.waiting("210202") == 0 })
	file := l.city.parcel("210212", "")
	l.badParcels(t, file)
	l.suspended(t, file)
	l.lsk.unpacks(file)
	once := l.lsk.tasksFromAbove()
	l.lsk.unpacks(file)
	if again := l.lsk.tasksFromAbove(); once != 1 || again != once {
		t.Errorf("the same file twice made %d tasks, then %d", once, again)
	}
	l.city.unpacks(l.lsk.parcel("210200", ""))
	if n := l.city.waiting("210212"); n != 0 {
		t.Errorf("acknowledged, %d envelopes still wait", n)
	}
	if n := l.zs.tasksFromAbove(); n != 1 {
		t.Errorf("中山 has %d tasks", n)
	}
}

// thirdYear: 2022's is supervised and closed, 2023's handled, 2024's begun.
func (l *loop) thirdYear(t *testing.T) {
	water, energy := l.laps[2022], l.laps[2023]
	l.at(2023, 1, 10)
	l.city.opens(14, "", "", 2, "2022-12-01", "2023-01-09", "2023-01-11T12:00:00+08:00", "2023-01-13")
	energy.proposed(true)
	water.planned(2023)
	l.city.does("主席", water.id, "plan", l.held("列入年度重点监督计划", m{"by": "PARTY_GROUP"}))
	l.opened(2024, portTitle).collects(3)
	l.sideBySide(t, map[int]string{2022: "SUPERVISION", 2023: "HANDLING", 2024: "PRESTUDY"})
	water.stillOpen(t, map[string]int{"TASK": 4, "PROBLEM": 1, "COMMITMENT": 1})
	water.printed(t)
	l.at(2023, 3, 27)
	energy.deployed()
	l.heldUp(t, energy.brokenDown)
	l.outOfOrder(t)
	l.post()
	l.asked(t, l.zs, 2)
	l.asked(t, l.lsk, 2)
	energy.declined(l.lsk, "旅顺口")
	energy.accepted()
	energy.tooLate(t)
	l.forwarded(t, l.lsk)
	l.at(2023, 5, 16)
	l.spread(t)
	energy.promoted(t)
	water.discussed()
	l.at(2023, 6, 18)
	energy.firstHalf()
	water.visited()
	l.at(2023, 7, 25)
	energy.solved()
	energy.answered(t)
	l.at(2023, 9, 12)
	water.assessed()
	l.at(2023, 10, 30)
	energy.secondHalf()
	l.at(2023, 11, 28)
	water.closes()
	water.connected(t)
	water.afterTheEnd(t)
	l.sideBySide(t, map[int]string{2022: "SUPERVISION", 2023: "HANDLING", 2024: "PRESTUDY"})
}

// andOn is what the year after brings for 2023's: its problems need another
// year, for a reason.
func (l *loop) andOn(t *testing.T) {
	energy := l.laps[2023]
	l.at(2023, 12, 12)
	energy.appraised()
	energy.reported()
	l.at(2024, 1, 15)
	energy.planned(2024)
	l.city.does("主席", energy.id, "plan", l.held("列入年度重点监督计划", m{"by": "PARTY_GROUP"}))
	energy.discussed()
	l.at(2024, 6, 18)
	energy.visited()
	l.at(2024, 9, 10)
	energy.assessed()
	energy.agree("调度不畅", cityUnits[1])
	decision := l.held("主席会议同意再延一年", m{"by": "CHAIR_MEETING"})
	l.city.refused("主席", energy.id, "extend", decision, "INVALID_INPUT")
	if got := str(l.city.does("主席", energy.id, "extend", decision, "项目建设周期较长"), "state"); got != "S6_EXTENDED" {
		t.Errorf("extended, 2023's is in %s", got)
	}
	l.sideBySide(t, map[int]string{2023: "SUPERVISION", 2024: "PRESTUDY"})
}

// lateOnes: in October the nodes of the autumn are overdue, and are seen.
func (x *lap) lateOnes(t *testing.T) {
	t.Helper()
	o := x.overview()
	if dig(o, "nodes", "overdue", "value") != 2.0 || str(o, "nodes", "overdue", "rows", 0, "dueOn") != date(x.year, 10, 20) {
		t.Errorf("not two nodes are overdue on %s: %v", x.home.now.Format(time.DateOnly), o)
	}
	if n := len(o["districts"].([]any)); n != 2 || str(o, "districts", 1, "last", "on") == "" {
		t.Errorf("%d districts have a share: %v", n, o["districts"])
	}
}

// suspended: while either side has suspended the agreement no file goes or
// comes.
func (l *loop) suspended(t *testing.T, file []byte) {
	t.Helper()
	for _, d := range []*district{l.lsk, l.city} {
		partner := map[*district]string{l.lsk: "210200", l.city: "210212"}[d]
		id := d.agreement(partner)
		d.admin.do("suspendAgreement", m{"id": id, "reason": "核对中"}, "agreement { status }")
		if status, body := d.admin.call("GET", "/exchange/"+partner, nil); status < 400 {
			t.Errorf("%s exports though suspended: %d %s", d.code, status, body)
		}
		if d == l.lsk {
			d.sendsBack("a file from who is suspended", file, "中止")
		}
		d.admin.do("resumeAgreement", m{"id": id}, "agreement { status }")
	}
}

// heldUp: what is sent while 中山 has suspended the agreement waits, a power cut
// of the worker or not, and arrives once when it is resumed.
func (l *loop) heldUp(t *testing.T, send func()) {
	t.Helper()
	id, before := l.zs.agreement("210200"), l.zs.tasksFromAbove()
	l.zs.admin.do("suspendAgreement", m{"id": id, "reason": "核对中"}, "agreement { status }")
	send()
	l.home.kill()
	l.home.run()
	if n := l.city.waiting("210202"); n == 0 || l.zs.tasksFromAbove() != before {
		t.Errorf("while suspended %d envelopes wait and 中山 has %d tasks more", n, l.zs.tasksFromAbove()-before)
	}
	l.zs.admin.do("resumeAgreement", m{"id": id}, "agreement { status }")
	for _, p := range []*product{l.home, l.away} { // the worker looks again after a while
		p.at(p.now.Add(time.Hour))
	}
	waitFor(t, "the delivery after the agreement was resumed", func() bool { return l.city.waiting("210202") == 0 })
	if n := l.zs.tasksFromAbove(); n != before+1 {
		t.Errorf("resumed, 中山 has %d tasks more", n-before)
	}
}

// agreement is the id of a committee's half.
func (d *district) agreement(partner string) string {
	d.p.t.Helper()
	for _, e := range dig(d.admin.ask(`{ agreements(first: 20) { edges { node { id partner } } } }`, nil), "agreements", "edges").([]any) {
		if str(e, "node", "partner") == partner {
			return str(e, "node", "id")
		}
	}
	d.p.t.Fatalf("%s has no agreement with %s", d.code, partner)
	return ""
}

// afterTheEnd: what is closed stays closed, on both sides.
func (x *lap) afterTheEnd(t *testing.T) {
	t.Helper()
	own := x.received(x.lsk)
	x.post()
	if got := x.lsk.state("主任", own); got != "DONE" {
		t.Errorf("verified by the city, 旅顺口's copy is %s", got)
	}
	x.lsk.refused("主任", own, "report", x.held("补报", m{"outcome": "DONE"}), "NOT_ALLOWED_IN_STATE")
	x.city.refused("主任", x.mine["旅顺口"], "returnNode", m{"itemId": x.id}, "NOT_ALLOWED_IN_STATE")
	_, bad := x.city.as("主任").try("draftTask", m{"matterId": x.id, "title": "闭环以后的任务"}, "")
	x.city.said("a task of a closed loop", bad, "NOT_ALLOWED_IN_STATE")
}
