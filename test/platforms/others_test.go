package platforms_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// 招商线索目录 (GJ-02): from a member's lead to the project.
func TestZhaoshang(t *testing.T) {
	w := newWorld(t, nil, "zhaoshang")
	r := w.open("委员甲", "zhaoshang", "预制菜加工项目")
	lead := obj{"company": "某食品公司", "industry": "预制菜", "items": list(obj{"text": "拟建加工厂", "amountFen": 430000000})}
	r.in("PROVIDED")
	r.blocked("干事", "catalogue", nil, "items")
	r.do("委员甲", "describe", lead)
	r.blocked("委员甲", "describe", lead, "items") // one lead a matter
	r.do("干事", "catalogue", nil)
	r.in("CATALOGUED")
	r.do("干事", "addParties", obj{"parties": list(obj{"name": "商务局", "kind": "DEPARTMENT", "unitId": w.unit("商务局")})})
	met := obj{"title": "带队对接", "on": today, "summary": "与商务局对接", "present": r.parties("商务局")}
	r.blocked("干事", "contact", met, "parties")
	r.do("干事", "nameHost", obj{"host": list(obj{"name": "主席", "post": "区政协主席", "membershipId": w.member("主席")})})
	r.do("干事", "contact", met)
	r.in("CONTACTED")
	r.blocked("干事", "track", nil, "present") // he did not lead it
	met["title"], met["present"] = "再次对接", r.parties("主席", "商务局")
	r.do("干事", "contactAgain", met)
	r.do("干事", "track", nil)
	r.in("TRACKING")
	landed := obj{"itemId": r.item("拟建加工厂"), "done": true, "evidence": "已签约"}
	r.blocked("干事", "land", landed, "records")
	r.do("干事", "progress", obj{"on": today, "text": "已选址"})
	r.refused("干事", "land", obj{"itemId": r.item("拟建加工厂"), "done": false, "evidence": "未签约"}, errs.Invalid)
	r.do("干事", "land", landed)
	r.ended("干事", "LANDED")
	if x := r.c.Items[0]; x.AmountFen == nil || *x.AmountFen != 430000000 || x.Status != "DONE" {
		t.Errorf("the lead has the amount %v and is %s", x.AmountFen, x.Status)
	}
}

// A lead that fails says why, and one that is not taken too.
func TestZhaoshangFailed(t *testing.T) {
	w := newWorld(t, nil, "zhaoshang")
	r := w.open("委员甲", "zhaoshang", "文旅项目")
	r.do("委员甲", "describe", obj{"company": "某公司", "items": list(obj{"text": "拟建民宿", "amountFen": 100})})
	r.do("干事", "catalogue", nil)
	r.do("干事", "fail", obj{"itemId": r.item("拟建民宿"), "done": false, "evidence": "企业放弃"})
	r.ended("干事", "FAILED")
	r = w.open("委员甲", "zhaoshang", "不实的线索")
	r.do("干事", "leave", nil)
	r.ended("干事", "NOT_TAKEN")
}

// 四个平台 (LN-DD-01): an activity and the problems that came up at it.
func TestDandong(t *testing.T) {
	w := newWorld(t, nil, "dandong")
	r := w.open("联络员", "dandong", "校企对接")
	r.in("PLANNED")
	r.refused("联络员", "plan", obj{"title": "活动", "on": today, "form": "别处"}, errs.Invalid)
	r.do("联络员", "plan", obj{"title": "会客厅活动", "on": today, "venueId": w.unit("工作室"), "form": "委员会客厅"})
	held := obj{"eventId": r.event("会客厅活动"), "summary": "二十名毕业生参加", "present": list(r.c.Matter.ID.String())}
	r.blocked("联络员", "hold", held, "parties")
	r.do("联络员", "addParties", obj{"parties": list(obj{"name": "委员甲", "kind": "MEMBER", "membershipId": w.member("委员甲")}, someone("职业学院", "SCHOOL"))})
	held["present"] = r.parties("委员甲", "职业学院")
	r.do("联络员", "hold", held)
	r.in("HELD")
	r.blocked("联络员", "follow", nil, "items")
	r.do("联络员", "addProblems", obj{"items": list(obj{"text": "实习岗位不足", "partyId": r.party("职业学院")})})
	r.blocked("联络员", "finish", nil, "items") // there is a problem
	r.do("联络员", "follow", nil)
	r.in("FOLLOWING")
	r.blocked("联络员", "close", nil, "items_have")
	r.do("联络员", "claim", obj{"itemId": r.item("实习岗位不足"), "path": "认领", "owner": "商会"})
	r.blocked("联络员", "close", nil, "items_settled")
	r.do("联络员", "toOpinion", obj{"title": "关于毕业生实习岗位的社情民意", "itemId": r.item("实习岗位不足")})
	r.do("联络员", "settle", obj{"itemId": r.item("实习岗位不足"), "done": true, "evidence": "签订就业基地意向"})
	r.do("联络员", "close", nil)
	r.ended("联络员", "CLOSED")
	r.do("联络员", "reopen", nil)
	r.in("FOLLOWING")
}

// An activity without problems ends there, one that falls out too.
func TestDandongShort(t *testing.T) {
	w := newWorld(t, nil, "dandong")
	r := w.open("联络员", "dandong", "值班接待")
	r.do("联络员", "plan", obj{"title": "值班", "on": today, "form": "委员履职岗"})
	r.do("联络员", "addParties", obj{"parties": list(someone("委员甲", "MEMBER"))})
	r.do("联络员", "addParties", obj{"parties": list(someone("群众", "RESIDENT"))})
	r.do("联络员", "hold", obj{"eventId": r.event("值班"), "summary": "接待三人", "present": r.parties("群众")})
	r.blocked("联络员", "finish", nil, "present") // no member was there
	r.do("联络员", "again", nil)
	r.do("联络员", "plan", obj{"title": "再次值班", "on": today, "form": "委员履职岗"})
	r.do("联络员", "hold", obj{"eventId": r.event("再次值班"), "summary": "接待三人", "present": r.parties("委员甲")})
	r.do("联络员", "finish", nil)
	r.ended("联络员", "NO_PROBLEMS")
	r = w.open("联络员", "dandong", "取消的活动")
	r.do("联络员", "cancel", nil)
	r.ended("联络员", "CANCELLED")
}

// 十走进、五促进、五满意 (LN-JZ-01).
func TestJinzhou(t *testing.T) {
	w := newWorld(t, nil, "jinzhou")
	r := w.open("干事", "jinzhou", "走进企业")
	visit := func() obj {
		return obj{"title": "走进企业", "on": today, "form": "进企业", "unitId": w.unit("商务局"), "summary": "走访两家企业", "present": r.parties("委员甲")}
	}
	r.in("PLANNED")
	r.refused("干事", "setGoals", obj{"goals": list("其他")}, errs.Invalid)
	r.do("干事", "addTeam", obj{"parties": list(obj{"name": "委员甲", "organisation": "经济界", "membershipId": w.member("委员甲")})})
	r.blocked("委员甲", "visit", visit(), "data") // without goals
	r.do("干事", "setGoals", obj{"goals": list("反映社情民意", "撰写优质提案")})
	r.blocked("干事", "visited", nil, "events")
	r.refused("委员甲", "visit", obj{"title": "走进", "on": today, "form": "进别处", "summary": "走访两家", "present": r.parties("委员甲")}, errs.Invalid)
	r.do("委员甲", "visit", visit())
	r.blocked("干事", "cancel", nil, "events")
	r.do("干事", "visited", nil)
	r.in("VISITED")
	r.do("委员甲", "addProblems", obj{"items": list(obj{"text": "用工不足"})})
	counts := func(satisfied, basic, dissatisfied int) obj {
		return obj{"satisfied": satisfied, "basic": basic, "dissatisfied": dissatisfied}
	}
	survey := obj{"on": today, "respondents": 50, "policy": counts(40, 8, 2), "duty": counts(50, 0, 0), "consultation": counts(45, 5, 0), "progress": counts(44, 6, 0), "effect": counts(48, 2, 1)}
	r.blocked("干事", "survey", survey, "when") // 51 of 50
	survey["effect"] = counts(48, 1, 1)
	r.do("干事", "survey", survey)
	r.in("SURVEYED")
	r.do("干事", "toOpinion", obj{"title": "关于企业用工的社情民意", "itemId": r.item("用工不足")})
	r.do("干事", "surveyAgain", nil)
	r.do("干事", "survey", survey)
	done := obj{"improvement": "已向群众说明政策"}
	r.blocked("干事", "close", done, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("用工不足"), "done": true, "evidence": "招聘会"})
	r.do("干事", "close", done)
	r.ended("干事", "CLOSED")
	if got, _ := r.c.Data["effect"].(map[string]any); got["satisfied"] != 48.0 || r.c.Events[0].Form != "进企业" {
		t.Errorf("kept: %v and %q", got, r.c.Events[0].Form)
	}
}

// What does not take place says so.
func TestJinzhouCancelled(t *testing.T) {
	w := newWorld(t, nil, "jinzhou")
	r := w.open("干事", "jinzhou", "走进学校")
	r.do("干事", "cancel", nil)
	r.ended("干事", "CANCELLED")
}
