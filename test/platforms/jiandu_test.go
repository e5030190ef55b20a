package platforms_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// 民主监督 with the unit's knowledge (ZS-24, ZS-26), from the plan to 回头看.
func TestJiandu(t *testing.T) {
	w := newWorld(t, nil, "jiandu")
	r := w.open("干事", "jiandu", "提升消费能级")
	supervised(r)
	units := obj{"units": list(obj{"name": "商务局", "unitId": w.unit("商务局")})}
	r.do("干事", "notify", units)
	r.in("NOTIFIED")
	if w.notices("商务局联络员") != 1 || w.notices("城建局联络员") != 0 {
		t.Error("the supervised unit alone is told")
	}
	r.blocked("委员甲", "finish", nil, "events")
	r.refused("委员甲", "planOpen", obj{"title": "视察", "on": today, "form": "暗访"}, errs.Invalid) // not one that is announced
	r.do("委员甲", "planOpen", obj{"title": "视察商圈", "on": today, "unitId": w.unit("商务局"), "form": "分组视察"})
	r.do("委员甲", "planOpen", obj{"title": "另一次座谈", "on": today, "form": "座谈"})
	r.do("委员甲", "cancel", obj{"eventId": r.event("另一次座谈")})
	r.blocked("委员甲", "finish", nil, "events")
	r.do("监督员", "recordAnytime", obj{"on": today, "mode": "随时监督", "text": "窗口排队较长"})
	r.do("监督员", "hold", obj{"eventId": r.event("视察商圈"), "summary": "看了三个商圈", "present": r.parties("委员甲", "监督员", "区委督查室")})
	r.do("委员甲", "finish", nil)
	responded(r)
}

// supervised carries a plan to the team that carries it out.
func supervised(r *run) {
	r.t.Helper()
	r.in("PLANNED")
	r.refused("秘书长", "approve", obj{"on": today, "by": "某人", "subject": "监督内容"}, errs.Invalid)
	r.do("秘书长", "approve", obj{"on": today, "by": "区委", "number": "区委办〔2025〕1号", "subject": "消费政策落实情况"})
	r.in("APPROVED")
	r.blocked("干事", "formTeam", nil, "parties")
	r.do("干事", "addTeam", obj{"parties": list(obj{"name": "委员甲", "kind": "MEMBER", "membershipId": r.member("委员甲")}, obj{"name": "监督员", "kind": "SUPERVISOR", "membershipId": r.member("监督员")}, someone("区委督查室", "PARTNER"))})
	r.do("干事", "addTeam", obj{"parties": list(someone("某专家", "EXPERT"))})
	r.do("干事", "removeTeam", obj{"partyId": r.party("某专家")})
	r.do("干事", "formTeam", nil)
	r.in("TEAM_FORMED")
}

// responded carries an investigation to its end.
func responded(r *run) {
	r.t.Helper()
	r.in("INVESTIGATED")
	r.do("干事", "consult", obj{"title": "协商座谈会", "on": today, "summary": "共同探讨", "present": r.parties("委员甲", "商务局")})
	r.in("CONSULTED")
	r.do("干事", "consultAgain", obj{"title": "再次协商", "on": today, "summary": "补充意见", "present": r.parties("委员甲", "商务局")})
	r.blocked("干事", "suggest", nil, "items")
	r.do("委员甲", "addSuggestions", obj{"items": list(obj{"text": "延长营业时间", "unitId": r.unit("商务局")}, obj{"text": "完善夜间公交", "unitId": r.unit("商务局")})})
	r.do("干事", "suggest", nil)
	r.in("SUGGESTED")
	plan := obj{"on": today, "text": "落实方案"}
	r.blocked("商务局联络员", "respond", plan, "items_have")
	for _, x := range []string{"延长营业时间", "完善夜间公交"} {
		r.blocked("商务局联络员", "respond", plan, "items_have")
		r.do("商务局联络员", "plan", obj{"itemId": r.item(x), "path": "采纳", "solution": "分两步落实", "unitId": r.unit("商务局"), "dueOn": "2025-06-30"})
	}
	r.refused("城建局联络员", "respond", plan, errs.NotFound) // another unit does not see it
	r.do("商务局联络员", "respond", plan)
	r.in("UNIT_RESPONDED")
	r.do("干事", "sendBack", nil)
	r.in("SUGGESTED")
	r.do("商务局联络员", "respond", plan)
	r.do("干事", "track", nil)
	r.in("TRACKING")
	r.do("商务局联络员", "reportProgress", obj{"on": today, "text": "第一步已完成"})
	look := obj{"on": today, "text": "回头看两项建议"}
	r.blocked("干事", "review", look, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("延长营业时间"), "done": true, "evidence": "已延长"})
	r.blocked("干事", "review", look, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("完善夜间公交"), "done": false, "evidence": "线路仍在论证"})
	r.do("干事", "review", look)
	r.in("REVIEWED")
	r.do("干事", "trackAgain", nil)
	r.in("TRACKING")
	r.do("干事", "review", look)
	r.do("干事", "close", obj{"on": today, "text": "监督报告"})
	r.ended("干事", "CLOSED")
}

// A concealed one (XG-06 暗访) is unknown to the unit until it is over.
func TestJianduConcealed(t *testing.T) {
	w := newWorld(t, nil, "jiandu")
	r := w.open("干事", "jiandu", "窗口服务")
	supervised(r)
	r.do("干事", "conceal", nil)
	r.in("CONCEALED")
	told := w.notices("秘书长") // that it was his to approve
	r.do("委员甲", "planConcealed", obj{"title": "暗访窗口", "on": today, "unitId": w.unit("商务局"), "form": "暗访"})
	for _, who := range []string{"商务局联络员", "城建局局长", "秘书长", "委员丙"} {
		if r.sees(who) || w.finds(who, "暗访窗口") || w.notices(who) != map[string]int{"秘书长": told}[who] {
			t.Errorf("%s knows of it before it has been made", who)
		}
	}
	r.do("监督员", "hold", obj{"eventId": r.event("暗访窗口"), "summary": "等候四十分钟", "present": r.parties("监督员")})
	r.do("委员甲", "finish", nil)
	if r.sees("商务局联络员") {
		t.Error("the unit sees it before it is told")
	}
	r.blocked("干事", "consult", obj{"title": "协商座谈会", "on": today, "summary": "共同探讨", "present": r.parties("委员甲")}, "parties")
	r.do("干事", "nameUnits", obj{"units": list(obj{"name": "商务局", "unitId": w.unit("商务局")})})
	if !r.sees("商务局联络员") || w.notices("商务局联络员") != 1 {
		t.Error("the unit is not told when it is over")
	}
	responded(r)
}

// XG-01 变“定期”为“随时”: a commissioner begins by himself.
func TestJianduAnytime(t *testing.T) {
	w := newWorld(t, nil, "jiandu")
	r := w.open("监督员", "jiandu", "窗口排队")
	r.do("监督员", "recordAnytime", obj{"on": today, "mode": "行风政风检查", "text": "窗口排队较长"})
	r.in("PLANNED")
	r.refused("监督员", "approve", obj{"on": today, "by": "主席会议", "subject": "窗口服务"}, errs.NotAllowed)
	r.refused("审定人", "approve", obj{"on": today, "by": "主席会议", "subject": "窗口服务"}, errs.NotAllowed) // it is not the street's to decide
	r.do("主席", "decline", nil)
	r.ended("干事", "DECLINED")
}
