package platforms_test

import (
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// 先恳谈后协商，先问需后服务 (PL-02).
func TestShuangbai(t *testing.T) {
	w := newWorld(t, answered, "shuangbai")
	r := w.open("干事", "shuangbai", "工业组进企业恳谈")
	talk(r)
	answers := obj{"threeNone": list(true, true, true), "threeHave": list(true, true, true)}
	r.in("TALK_HELD")
	r.blocked("干事", "screen", answers, "items")
	r.do("委员甲", "addProblems", obj{"items": list(obj{"text": "广场没有照明", "partyId": r.party("居民代表"), "eventId": r.event("民情恳谈")}, obj{"text": "长条凳不够", "eventId": r.event("民情恳谈")})})
	for _, i := range r.c.Items {
		if i.ReceiptNo == "" || len(i.CheckCode) != 8 {
			t.Errorf("the problem %q has the receipt %q", i.Text, i.ReceiptNo)
		}
	}
	r.blocked("干事", "screen", obj{"threeNone": list(true, true, false), "threeHave": list(true, true, true)}, "checklist")
	r.do("干事", "screen", answers)
	r.in("SCREENED")
	r.do("干事", "setMatter", obj{"items": list(obj{"text": "改造社区广场", "eventId": r.event("民情恳谈")})})
	r.in("MATTER_SET")
	r.do("干事", "addMatters", obj{"items": list(obj{"text": "添置长条凳"})})
	r.do("干事", "choosePath", obj{"itemId": r.item("添置长条凳"), "path": "委员单独办", "owner": "委员甲"})
	r.do("干事", "settle", obj{"itemId": r.item("添置长条凳"), "done": true, "evidence": "三十六条已到位"})
	r.blocked("干事", "finish", nil, "items_have")
	r.do("干事", "addHelpers", obj{"parties": list(someone("律师事务所", "LAW_FIRM"))})
	r.refused("干事", "choosePath", obj{"itemId": r.item("改造社区广场"), "path": "以后再办", "owner": "工业组"}, errs.Invalid)
	r.do("干事", "choosePath", obj{"itemId": r.item("改造社区广场"), "path": "借助社会力量共同办", "owner": "工业组、律师事务所"})
	r.do("干事", "planMeeting", obj{"title": "协商会", "on": today})
	r.do("干事", "holdMeeting", obj{"eventId": r.event("协商会"), "present": r.parties("委员甲", "律师事务所")})
	r.blocked("干事", "finish", nil, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("改造社区广场"), "done": true, "evidence": "已改造1000平方米"})
	r.do("干事", "settle", obj{"itemId": r.item("广场没有照明"), "done": true, "evidence": "已安装", "path": "委员单独办"})
	r.blocked("干事", "finish", nil, "items_settled") // a problem is left
	r.do("干事", "settle", obj{"itemId": r.item("长条凳不够"), "done": true, "evidence": "捐赠长条凳"})
	r.do("干事", "toOpinion", obj{"title": "关于社区广场照明的社情民意", "itemId": r.item("广场没有照明")})
	r.do("干事", "finish", nil)
	r.in("DONE")
	r.refused("干事", "feedBack", obj{"on": today}, errs.Invalid)
	r.do("干事", "feedBack", obj{"on": today, "text": "上门告知", "answer": "广场已改造，照明已安装"})
	r.ended("干事", "FED_BACK")
	if r.c.Data["answer"] != "广场已改造，照明已安装" {
		t.Errorf("the people are told %v", r.c.Data["answer"])
	}
	if len(r.c.Out) != 1 || r.c.Out[0].Edges.To.Kind != "opinion" {
		t.Errorf("it led to %d matters, want one 社情民意", len(r.c.Out))
	} else if to := r.c.Out[0].Edges.To; to.Data["text"] != "广场没有照明" || to.Data["from"].(map[string]any)["title"] != r.c.Title {
		t.Errorf("M2: who decides reads %v", to.Data) // its text, and whence it comes
	}
	r.do("干事", "reopen", nil)
	r.in("MATTER_SET")
}

// talk carries a matter to its talk that was held.
func talk(r *run) {
	r.t.Helper()
	r.in("TALK_PLANNED")
	r.do("干事", "planTalk", obj{"title": "民情恳谈", "on": today, "place": "工作室", "venueId": r.unit("工作室")})
	r.blocked("干事", "holdTalk", obj{"eventId": r.event("民情恳谈"), "present": list(r.c.Matter.ID.String())}, "parties")
	r.do("干事", "addTeam", obj{"parties": list(obj{"name": "委员甲", "organisation": "工业组", "membershipId": r.member("委员甲")})})
	r.do("干事", "addResidents", obj{"parties": list(obj{"name": "居民代表"})})
	r.do("干事", "addResidents", obj{"parties": list(obj{"name": "不来的代表"})})
	r.do("干事", "removeParty", obj{"partyId": r.party("不来的代表")})
	r.do("委员甲", "holdTalk", obj{"eventId": r.event("民情恳谈"), "summary": "听取意见", "present": r.parties("委员甲", "居民代表")})
}

// A 协商事项 comes from a talk: without one there is none, and a talk that
// leads to nothing is closed with the reason.
func TestShuangbaiWithoutMatter(t *testing.T) {
	w := newWorld(t, answered, "shuangbai")
	r := w.open("干事", "shuangbai", "商贸组恳谈")
	r.refused("干事", "setMatter", obj{"items": list(obj{"text": "没有恳谈的事项"})}, errs.NotAllowedInState)
	r.refused("干事", "addProblems", obj{"items": list(obj{"text": "没有恳谈的问题"})}, errs.NotAllowedInState)
	talk(r)
	r.do("委员甲", "addProblems", obj{"items": list(obj{"text": "已经解决的问题"})})
	r.blocked("干事", "closeTalk", nil, "items_settled")
	r.do("干事", "settle", obj{"itemId": r.item("已经解决的问题"), "done": true, "evidence": "当场答复"})
	r.do("干事", "closeTalk", nil)
	r.ended("干事", "TALK_CLOSED")
}
