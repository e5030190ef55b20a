package platforms_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// The seven steps of 旅事商量·顺理成章 (LS-10), from a remark to the archive.
func TestLushun(t *testing.T) {
	w := newWorld(t, answered, "lushun")
	r := w.open("联络员", "lushun", "破解路段交通安全问题")
	lushunTopic(r)
	lushunParties(r)
	lushunResearch(r)
	lushunMeeting(r)
	lushunReport(r)
	lushunFollow(r)
}

// 一、选定议题
func lushunTopic(r *run) {
	answers := func(yes ...any) obj {
		return obj{"valueNote": "居民反映多年，影响出行安全", "twoSix": yes}
	}
	r.in("TOPIC_COLLECTED")
	r.refused("联络员", "screen", obj{"twoSix": list(true)}, errs.Invalid) // 没价值不协商
	r.do("联络员", "screen", answers(true, true, false, false, false, false, false, false))
	r.in("SCREENED")
	plan := obj{"what": "路段如何减速", "who": "居民、交警、城建局、委员", "how": "现场看、面对面谈"}
	r.refused("联络员", "submitTopic", obj{"what": "路段如何减速"}, errs.Invalid) // LS-06
	r.do("联络员", "submitTopic", plan)
	r.in("SUBMITTED_TO_STREET")
	r.refused("联络员", "approveTopic", obj{"on": today, "name": "街道党工委书记"}, errs.NotAllowed) // not its own topic
	r.do("审定人", "deferTopic", nil)
	r.in("TOPIC_DEFERRED")
	r.do("联络员", "submitTopic", plan)
	r.refused("审定人", "approveTopic", obj{"on": today}, errs.Invalid)
	r.do("审定人", "approveTopic", obj{"on": today, "name": "街道党工委书记", "number": "街党〔2025〕3号"})
	r.in("TOPIC_APPROVED")
}

// 二、确定主体 (LS-15: the host is the head of the grassroots party organisation)
func lushunParties(r *run) {
	r.blocked("联络员", "setParties", nil, "parties")
	host := func(name string) obj {
		return obj{"host": list(obj{"name": name, "post": "社区党委书记", "membershipId": r.member("主持人")})}
	}
	add := func(names ...obj) {
		r.t.Helper()
		var ps []any
		for _, n := range names {
			ps = append(ps, n)
		}
		r.do("联络员", "addParties", obj{"parties": ps})
	}
	add(obj{"name": "城建局", "kind": "DEPARTMENT", "unitId": r.unit("城建局"), "speaker": true}, obj{"name": "委员甲", "kind": "MEMBER", "membershipId": r.member("委员甲"), "speaker": true})
	r.blocked("联络员", "setParties", nil, "parties") // no host, no resident
	r.do("联络员", "nameHost", host("主持人"))
	r.blocked("联络员", "setParties", nil, "parties") // no resident
	add(obj{"name": "居民代表", "kind": "RESIDENT", "phone": "13000000000", "speaker": true})
	r.do("联络员", "nameHost", obj{"host": list(obj{"name": "另一位书记", "post": "社区党委书记"})})
	r.blocked("联络员", "setParties", nil, "parties") // two hosts
	r.do("联络员", "removeParty", obj{"partyId": r.party("另一位书记")})
	r.do("联络员", "setParties", nil)
	r.in("PARTIES_SET")
}

// 三、做好调研: 没调研不发言
func lushunResearch(r *run) {
	r.blocked("联络员", "finishResearch", nil, "records")
	r.do("委员甲", "recordResearch", obj{"on": today, "place": "路段", "text": "早晚高峰各观察一小时", "partyId": r.party("委员甲")})
	r.blocked("联络员", "finishResearch", nil, "speakers_researched")
	r.do("联络员", "recordVisit", obj{"title": "现场走访", "on": today, "summary": "与居民一起看路口", "present": r.parties("居民代表", "城建局", "委员甲")})
	r.do("联络员", "finishResearch", nil)
	r.in("RESEARCHED")
	r.do("联络员", "reopenResearch", nil)
	r.in("PARTIES_SET")
	r.do("联络员", "finishResearch", nil)
}

// 四、组织协商: 问、答、辩
func lushunMeeting(r *run) {
	r.do("联络员", "planMeeting", obj{"title": "协商会议", "on": today, "place": "社区会议室", "venueId": r.unit("工作室")})
	held := obj{"eventId": r.event("协商会议"), "summary": "逐项协商", "present": r.parties("主持人", "居民代表", "城建局", "委员甲")}
	r.do("联络员", "addParties", obj{"parties": list(obj{"name": "后来的居民", "kind": "RESIDENT", "speaker": true})})
	r.blocked("主持人", "holdMeeting", held, "speakers_researched")
	r.do("联络员", "removeParty", obj{"partyId": r.party("后来的居民")})
	r.do("主持人", "holdMeeting", held)
	r.in("HELD")
}

// 五、报送结果
func lushunReport(r *run) {
	meeting := r.event("协商会议")
	report := obj{"on": today, "text": "协商情况报告", "suggestion": "建议在路段设置减速设施", "novelty": "结合学校上下学时间"}
	minute := func(mode, who, text string, more ...string) {
		r.t.Helper()
		m := obj{"mode": mode, "partyId": r.party(who), "text": text}
		if len(more) == 2 {
			m["measures"], m["period"] = more[0], more[1]
		}
		r.do("主持人", "recordMinutes", obj{"eventId": meeting, "minutes": list(m)})
	}
	r.blocked("联络员", "report", report, "records")
	minute("问", "居民代表", "什么时候能装减速带")
	r.blocked("联络员", "report", report, "records")
	r.refused("主持人", "recordMinutes", obj{"eventId": meeting, "minutes": list(obj{"mode": "答", "text": "马上办"})}, errs.Invalid) // 说举措、论周期
	minute("答", "城建局", "可以办", "安装减速带并重划标线", "三十日内")
	minute("辩", "委员甲", "还应错开施工与上学时间")
	r.blocked("联络员", "report", report, "items")
	r.do("主持人", "addResolutions", obj{"items": list(obj{"text": "安装减速带", "partyId": r.party("居民代表"), "eventId": meeting}, obj{"text": "增设路灯", "eventId": meeting})})
	r.do("联络员", "report", report)
	r.in("REPORTED")
	var documents, reports int
	for _, x := range r.c.Records {
		switch {
		case x.Kind == "DOCUMENT" && x.Number == "2025-微-1":
			documents++
		case x.Kind == "REPORT" && x.Mode == "街道党工委":
			reports++
		}
	}
	if documents != 1 || reports != 1 {
		r.t.Errorf("%d 微建议 and %d reports to the street, want one each", documents, reports)
	}
}

// 六、推动落实 and 七、规范档案
func lushunFollow(r *run) {
	claim := func(text, path string) obj {
		return obj{"itemId": r.item(text), "path": path, "unitId": r.unit("城建局"), "owner": "城建局", "dueOn": "2025-04-30"}
	}
	archive := obj{"archive": obj{"application": true, "plan": true, "minutes": true, "suggestion": true, "result": true, "actions": true, "index": true}}
	r.blocked("联络员", "follow", nil, "items_have")
	r.do("联络员", "claim", claim("安装减速带", "认领"))
	r.blocked("联络员", "follow", nil, "items_have")
	r.do("联络员", "claim", claim("增设路灯", "记录在案"))
	r.do("联络员", "follow", nil)
	r.in("FOLLOWING")
	r.do("城建局联络员", "respond", obj{"on": today, "text": "减速带已经安装", "itemId": r.item("安装减速带")})
	r.blocked("联络员", "file", archive, "items_settled")
	r.do("联络员", "settle", obj{"itemId": r.item("安装减速带"), "done": true, "evidence": "现场照片"})
	r.blocked("联络员", "file", archive, "items_settled")
	r.do("联络员", "settle", obj{"itemId": r.item("增设路灯"), "done": false, "evidence": "已列入明年计划"})
	r.refused("联络员", "file", obj{"archive": obj{"application": true}}, errs.Invalid)
	r.do("联络员", "file", archive)
	r.ended("联络员", "FILED")
	lushunBack(r)
}

// lushunBack opens the steps again, one after the other, each with its reason.
func lushunBack(r *run) {
	for _, back := range []struct{ action, to string }{
		{"reopenFile", "FOLLOWING"}, {"reopenFollowing", "REPORTED"}, {"reopenReport", "HELD"}, {"reopenMeeting", "RESEARCHED"}, {"reopenResearch", "PARTIES_SET"}, {"reopenTopic", "TOPIC_APPROVED"},
	} {
		r.reason = ""
		r.refused("联络员", back.action, nil, errs.Invalid)
		r.reason = "居民反映还有问题"
		r.do("联络员", back.action, nil)
		r.in(back.to)
	}
}

// What is approved outside is recorded by staff with who and when (trap 19).
func TestLushunRecordedApproval(t *testing.T) {
	w := newWorld(t, obj{"checklists": obj{"two_six": obj{"title": "两议六不议", "waived": "由街道党工委逐件把关", "items": list(obj{"text": "", "want": ""})}}}, "lushun")
	r := w.open("干事", "lushun", "回迁区房产证")
	r.do("干事", "screen", obj{"valueNote": "三百户居民受影响"})
	r.do("干事", "submitTopic", obj{"what": "如何办证", "who": "居民、部门、委员", "how": "会议协商"})
	r.do("干事", "approveTopic", obj{"on": today, "name": "街道党工委书记", "number": "街党〔2025〕4号"})
	r.in("TOPIC_APPROVED")

	no := w.open("干事", "lushun", "邻里纠纷")
	no.do("干事", "linkEarlier", obj{"matterId": r.c.Matter.ID.String()})
	no.do("干事", "screen", obj{"valueNote": "两户之间的纠纷"})
	no.do("干事", "submitTopic", obj{"what": "如何调解", "who": "两户居民", "how": "上门谈"})
	no.do("审定人", "rejectTopic", nil)
	no.ended("干事", "TOPIC_REJECTED")

	none := w.open("干事", "lushun", "不是议题")
	none.do("干事", "withdraw", nil)
	none.ended("干事", "TOPIC_REJECTED")
}
