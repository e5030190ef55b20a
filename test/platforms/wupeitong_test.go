package platforms_test

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
)

const report = "关于夜间公交的调研报告全文，含数据和建议。"

// One topic, its visits, one report, what it led to (ZS-01 to ZS-07).
func TestWupeitong(t *testing.T) {
	w := newWorld(t, nil, "wupeitong")
	r := w.open("干事", "wupeitong", "夜间公交服务")
	visiting(r)
	r.blocked("委员甲", "draftReport", nil, "events") // ZS-02 只研不调
	r.do("委员甲", "planVisit", obj{"title": "夜访车站", "on": today, "place": "车站", "unitId": w.unit("城建局")})
	r.do("委员甲", "planVisit", obj{"title": "再访车站", "on": today})
	r.do("委员乙", "holdVisit", obj{"eventId": r.event("夜访车站"), "summary": "末班车二十时三十分", "present": r.parties("委员甲", "委员乙")})
	r.do("委员甲", "recordVisit", obj{"title": "偶遇乘客", "on": today, "summary": "访问乘客十二人", "present": r.parties("委员甲")})
	r.blocked("委员甲", "draftReport", nil, "events") // one is still planned
	r.do("委员甲", "cancelVisit", obj{"eventId": r.event("再访车站")})
	r.do("委员甲", "draftReport", nil)
	r.in("REPORT_DRAFTED")
	r.do("委员甲", "visitAgain", nil)
	r.in("VISITING")
	r.do("委员甲", "draftReport", nil)
	text := obj{"on": today, "text": report, "topicSound": "聚焦急难愁盼", "researchDeep": "两次夜间走访", "consultThorough": "与乘客面谈", "effectReal": "提出三条建议"}
	r.blocked("委员甲", "submitReport", text, "items")
	r.do("委员甲", "addSuggestions", obj{"items": list(obj{"text": "延长末班车", "aspect": "运营"})})
	r.refused("委员甲", "submitReport", obj{"on": today, "text": report, "topicSound": "聚焦急难愁盼"}, errs.Invalid) // 四求
	r.do("委员甲", "submitReport", text)
	r.in("REPORT_SUBMITTED")
	r.do("干事", "select", nil)
	r.in("SELECTED_FOR_SPEECH")
	r.do("干事", "reselect", nil)
	r.do("干事", "list", nil)
	r.in("LISTED")
	heard := obj{"title": "常委会会议", "on": today, "summary": "专题听取", "present": r.parties("委员甲")}
	r.blocked("干事", "consult", heard, "parties")
	r.do("干事", "invite", obj{"parties": list(someone("区领导", "LEADER"), obj{"name": "城建局", "kind": "DEPARTMENT", "unitId": w.unit("城建局")})})
	heard["present"] = r.parties("委员甲", "区领导", "城建局")
	r.do("干事", "consult", heard)
	r.in("CONSULTED")
	r.do("干事", "send", obj{"on": today, "text": "报送调研报告"})
	r.in("SENT")
	r.blocked("干事", "convert", nil, "linked")
	r.do("干事", "toOpinion", obj{"title": "关于延长末班车的社情民意", "itemId": r.item("延长末班车")})
	r.do("干事", "linkResult", obj{"matterId": w.open("干事", "wupeitong", "后续课题").c.Matter.ID.String()})
	r.do("干事", "recordInstruction", obj{"on": today, "post": "区政府主要领导", "text": "请城建局研究"})
	r.do("干事", "convert", nil)
	r.in("CONVERTED")
	r.blocked("干事", "archive", nil, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("延长末班车"), "done": true, "evidence": "末班车延长至二十二时"})
	r.do("干事", "archive", nil)
	r.ended("干事", "ARCHIVED")
	reports := 0
	for _, x := range r.c.Records {
		if x.Kind == "REPORT" && x.Number == "2025-报-1" {
			reports++
		}
	}
	if reports != 1 {
		t.Errorf("the topic has %d reports, want one", reports)
	}
}

// visiting carries a topic to where its team is under way.
func visiting(r *run) {
	r.t.Helper()
	r.in("TOPIC_PROPOSED")
	r.do("秘书长", "approveTopic", obj{"on": today, "number": "主席会议纪要第3号"})
	r.in("TOPIC_APPROVED")
	team := func(name, from string) {
		r.do("干事", "addTeam", obj{"parties": list(obj{"name": name, "organisation": from, "membershipId": r.member(name)})})
	}
	r.blocked("干事", "setTeam", nil, "parties")
	team("委员甲", "经济委")
	r.blocked("干事", "setTeam", nil, "parties") // one is no team
	team("委员乙", "街道联络委")
	team("委员丙", "经济界")
	r.do("干事", "removeTeam", obj{"partyId": r.party("委员丙")})
	r.do("干事", "setTeam", nil)
	r.in("TEAM_SET")
	r.do("委员甲", "startVisits", nil)
	r.in("VISITING")
}

// 不发通知、不打招呼 (ZS-01, trap 17): before the visit nobody but the team
// finds the matter, the event, an item or a notice of it.
func TestWupeitongConcealed(t *testing.T) {
	w := newWorld(t, nil, "wupeitong")
	r := w.open("干事", "wupeitong", "夜间公交服务")
	visiting(r)
	told := map[string]int{"秘书长": w.notices("秘书长")} // that the topic was his to approve
	r.do("委员甲", "planVisit", obj{"title": "夜访车站", "on": today, "unitId": w.unit("城建局")})
	for _, who := range []string{"城建局联络员", "城建局局长", "商务局联络员", "秘书长", "委员丙", "联络员"} {
		if r.sees(who) || w.finds(who, "夜访车站") {
			t.Errorf("%s knows of the visit before it is made", who)
		}
		if n := w.notices(who); n != told[who] {
			t.Errorf("%s has %d notices", who, n)
		}
		r.refused(who, "planVisit", obj{"title": "再访", "on": today}, errs.NotFound)
	}
	for _, who := range []string{"委员甲", "委员乙", "干事"} {
		if !r.sees(who) || !w.finds(who, "夜访车站") {
			t.Errorf("%s of the team does not know of the visit", who)
		}
	}
	w.sweep(2025, 9, 15) // long overdue, and still nobody but the team hears of it
	for _, who := range []string{"城建局联络员", "城建局局长", "秘书长", "主席", "联络员"} {
		if n := w.notices(who); n != told[who] {
			t.Errorf("%s has %d notices of a concealed visit", who, n)
		}
	}
	if w.notices("委员甲") == 0 {
		t.Error("the team is not reminded")
	}
	r.do("委员甲", "holdVisit", obj{"eventId": r.event("夜访车站"), "summary": "末班车二十时三十分", "present": r.parties("委员甲")})
	if w.finds("城建局联络员", "夜访车站") || w.finds("秘书长", "夜访车站") {
		t.Error("the visit is known before the report is in")
	}
	r.do("委员甲", "draftReport", nil)
	r.do("委员甲", "addSuggestions", obj{"items": list(obj{"text": "延长末班车"})})
	r.do("委员甲", "submitReport", obj{"on": today, "text": report, "topicSound": "聚焦急难愁盼", "researchDeep": "夜间走访", "consultThorough": "与乘客面谈", "effectReal": "提出建议"})
	if !w.finds("秘书长", "夜访车站") {
		t.Error("staff do not see the visit when the report is in")
	}
	if w.finds("城建局联络员", "夜访车站") {
		t.Error("the unit sees the report before it is invited")
	}
	r.do("干事", "invite", obj{"parties": list(obj{"name": "城建局", "kind": "DEPARTMENT", "unitId": w.unit("城建局")})})
	if !r.sees("城建局联络员") || !w.finds("城建局联络员", "夜访车站") {
		t.Error("the unit does not see what it is invited to talk about")
	}
	if r.sees("商务局联络员") {
		t.Error("another unit sees the report")
	}
}

// finds reports whether a person finds an event by its title.
func (w *world) finds(who, title string) (ok bool) {
	w.t.Helper()
	w.must(who, func(ctx context.Context, c *gen.Client) error {
		list, err := c.Event.Query().All(ctx)
		for _, e := range list {
			ok = ok || e.Title == title
		}
		return err
	})
	return ok
}

// A report that leads to nothing says why.
func TestWupeitongWithoutResult(t *testing.T) {
	w := newWorld(t, nil, "wupeitong")
	r := w.open("干事", "wupeitong", "家政产业")
	r.do("秘书长", "declineTopic", nil)
	r.ended("干事", "TOPIC_DECLINED")

	r = w.open("干事", "wupeitong", "夜间公交服务")
	visiting(r)
	r.do("委员甲", "recordVisit", obj{"title": "走访", "on": today, "summary": "末班车过早", "present": r.parties("委员甲", "委员乙")})
	r.do("委员甲", "draftReport", nil)
	r.do("委员甲", "addSuggestions", obj{"items": list(obj{"text": "延长末班车"})})
	r.do("委员甲", "submitReport", obj{"on": today, "text": report, "topicSound": "聚焦急难愁盼", "researchDeep": "夜间走访", "consultThorough": "与乘客面谈", "effectReal": "提出建议"})
	r.do("干事", "invite", obj{"parties": list(someone("区领导", "LEADER"), someone("城建局", "DEPARTMENT"))})
	r.do("干事", "select", nil)
	r.do("干事", "consult", obj{"title": "常委会会议", "on": today, "summary": "专题听取", "present": r.parties("委员甲", "城建局")})
	r.blocked("干事", "send", obj{"on": today, "text": "报送调研报告"}, "present") // the leaders were not there
	r.do("干事", "consultAgain", obj{"title": "专题协商", "on": today, "summary": "领导到会", "present": r.parties("区领导", "城建局")})
	r.do("干事", "send", obj{"on": today, "text": "报送调研报告"})
	r.do("干事", "notConverted", obj{"on": today, "text": "财力所限，留作参考"})
	r.in("CONVERTED")
}
