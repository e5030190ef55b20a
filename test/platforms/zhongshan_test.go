package platforms_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// 社区议事会 and 楼宇议企会 (ZS-15, ZS-16) differ in who brings the problems.
func TestYishihui(t *testing.T) { session(t, "yishihui", "RESIDENT") }
func TestYiqihui(t *testing.T)  { session(t, "yiqihui", "COMPANY") }

func session(t *testing.T, kind, guest string) {
	w := newWorld(t, nil, kind)
	r := w.open("联络员", kind, "会议")
	beforeSession(r, guest)
	atSession(r, guest)
	afterSession(r)
	if e := r.c.Events[1]; e.Edition == nil || *e.Edition != 3 {
		t.Errorf("the meeting's edition is %v, want 第三届", e.Edition)
	}
}

func problems(texts ...string) obj {
	var xs []any
	for _, x := range texts {
		xs = append(xs, obj{"text": x, "aspect": "公共服务"})
	}
	return obj{"items": xs}
}

// 会前: 摸底、视察、清单、部门准备
func beforeSession(r *run, guest string) {
	r.in("COLLECTING")
	r.do("联络员", "addParties", obj{"parties": list(obj{"name": "委员甲", "kind": "MEMBER", "membershipId": r.member("委员甲")})})
	inspect := obj{"title": "集中视察", "on": today, "place": "长利社区", "present": r.parties("委员甲")}
	r.blocked("联络员", "inspect", inspect, "items")
	r.do("联络员", "addProblems", problems("停车难", "外置烟道"))
	r.do("联络员", "inspect", inspect)
	r.in("INSPECTED")
	r.do("联络员", "list", nil)
	r.in("LISTED")
	r.do("联络员", "relist", nil)
	r.in("INSPECTED")
	r.do("联络员", "list", nil)
	r.do("联络员", "addParties", obj{"parties": list(someone("不来的人", guest))})
	r.do("联络员", "removeParty", obj{"partyId": r.party("不来的人")})
	r.do("联络员", "addParties", obj{"parties": list(obj{"name": "城建局", "kind": "DEPARTMENT", "unitId": r.unit("城建局")})})
	r.blocked("联络员", "prepared", nil, "items_have")
	for _, text := range []string{"停车难", "外置烟道"} {
		r.do("城建局联络员", "prepare", obj{"itemId": r.item(text), "path": "会前准备", "solution": "已到现场核实，拟定办法", "unitId": r.unit("城建局")})
	}
	r.do("联络员", "prepared", nil)
	r.in("DEPT_PREPARED")
}

// 会上: leaders, departments, members and those whose problems they are
func atSession(r *run, guest string) {
	r.do("联络员", "planMeeting", obj{"title": "第三届", "on": today, "place": "会议室", "venueId": r.unit("工作室"), "edition": 3})
	held := func(names ...string) obj { return obj{"eventId": r.event("第三届"), "present": r.parties(names...)} }
	r.blocked("联络员", "hold", held("委员甲", "城建局"), "parties") // no leader
	r.do("联络员", "addParties", obj{"parties": list(someone("区领导", "LEADER"))})
	r.blocked("联络员", "hold", held("委员甲", "城建局", "区领导"), "parties") // nobody who brings the problems
	r.do("联络员", "addParties", obj{"parties": list(someone("代表", guest))})
	r.do("联络员", "hold", held("委员甲", "城建局", "区领导"))
	r.in("HELD")
	r.blocked("联络员", "follow", nil, "present") // those whose problems they are were not there
	r.do("联络员", "reconvene", nil)
	r.in("DEPT_PREPARED")
	r.blocked("联络员", "hold", held("委员甲", "城建局", "区领导", "代表"), "events")
	r.do("联络员", "planMeeting", obj{"title": "第三届续会", "on": today, "place": "会议室", "edition": 3})
	r.do("联络员", "hold", obj{"eventId": r.event("第三届续会"), "present": r.parties("委员甲", "城建局", "区领导", "代表")})
	r.in("HELD")
	r.do("联络员", "addAtMeeting", problems("路灯不亮"))
	r.blocked("联络员", "follow", nil, "items_have")
	decide := func(text, path string) {
		r.t.Helper()
		r.do("联络员", "decide", obj{"itemId": r.item(text), "path": path, "unitId": r.unit("城建局"), "owner": "城建局", "dueOn": "2025-05-30"})
	}
	decide("路灯不亮", "认领")
	r.blocked("联络员", "follow", nil, "items") // two are only prepared
	decide("停车难", "记录在案")
	decide("外置烟道", "现场解决")
	r.do("联络员", "settle", obj{"itemId": r.item("外置烟道"), "done": true, "evidence": "会后当日拆除"})
	r.do("联络员", "follow", nil)
	r.in("FOLLOWING")
}

// 会后: each problem is followed until it is settled
func afterSession(r *run) {
	report := obj{"on": today, "text": "三个问题的办理情况"}
	r.do("城建局联络员", "respond", obj{"on": today, "text": "路灯已修复", "itemId": r.item("路灯不亮")})
	r.blocked("联络员", "close", report, "items_settled")
	r.do("联络员", "settle", obj{"itemId": r.item("路灯不亮"), "done": true, "evidence": "已亮"})
	r.do("联络员", "settle", obj{"itemId": r.item("停车难"), "done": false, "evidence": "列入停车场规划"})
	r.refused("商务局联络员", "close", report, errs.NotAllowed)
	r.do("联络员", "close", report)
	r.ended("联络员", "CLOSED")
	r.do("联络员", "reopen", nil)
	r.in("FOLLOWING")
}

// A session that does not take place says why.
func TestSessionCancelled(t *testing.T) {
	w := newWorld(t, nil, "yishihui", "yiqihui")
	for _, kind := range []string{"yishihui", "yiqihui"} {
		r := w.open("联络员", kind, "会议")
		r.refused("联络员", "cancel", nil, errs.NotAllowed)
		r.do("干事", "cancel", nil)
		r.ended("干事", "CANCELLED")
	}
}
