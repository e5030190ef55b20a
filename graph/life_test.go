package graph_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/attachment"
)

// live gives a committee everything that the product stores: people and units,
// and cases in every part of their way, each by the person whose work it is.
func (c *committee) live() *committee {
	c.t.Helper()
	c.settle()
	c.drafts()
	c.review()
	c.handling()
	c.rest()
	c.platforms()
	return c
}

// settle enters term, sitting, units and people.
func (c *committee) settle() {
	c.t.Helper()
	term := c.do("管理员甲", "openTerm", input{"ordinal": 11, "startsOn": "2021-12-01", "endsOn": "2026-12-01"})
	c.made["term"] = term["id"].(string)
	c.made["sitting"] = c.do("管理员甲", "openSitting", input{"termId": c.made["term"], "ordinal": 4, "prepOpensOn": "2024-11-01",
		"opensOn": "2024-12-27", "cutoffAt": "2024-12-28T12:00:00+08:00", "closesOn": "2024-12-29"})["id"].(string)
	c.made["policy"] = c.do("管理员甲", "setPolicy", input{"settings": input{"bodyLimit": 1400}, "note": "字数上限", "approvedBy": "主席会议"})["id"].(string)
	c.do("管理员甲", "setSignInProvider", input{"issuer": "https://idp.example.cn", "clientId": "bihuan", "clientSecret": "a secret of theirs", "claim": "sub", "name": "统一身份认证", "reason": "市里统一"})
	c.made["workday"] = c.do("管理员甲", "setWorkday", input{"day": "2025-01-11", "working": true, "note": "调休"})["id"].(string)
	c.made["role"] = c.do("管理员甲", "setRole", input{"code": "own_reader", "name": c.mark + "旁听人", "rights": []input{{"permission": "matter.read", "scope": "PARTY"}}})["id"].(string)
	for _, u := range []struct{ name, line, kind string }{
		{"商务局", "HANDLING", "HANDLING_UNIT"}, {"文旅局", "HANDLING", "HANDLING_UNIT"}, {"城建局", "HANDLING", "HANDLING_UNIT"},
		{"经济界", "ORGANISATION", "SECTOR"}, {"民建区委", "ORGANISATION", "POLITICAL_PARTY"}, {"桂林街道联络委", "ORGANISATION", "STREET_LIAISON"},
	} {
		in := input{"line": u.line, "kind": u.kind, "name": c.mark + u.name}
		if u.line == "HANDLING" {
			in["channel"], in["docWord"] = "GOV_OFFICE", "中商"
		}
		c.unit[u.name] = c.do("管理员甲", "createUnit", in)["id"].(string)
	}
	member := input{"termId": c.made["term"], "phone": "13000000001"}
	for _, p := range []struct{ name, kind, unit, post, role string }{
		{"委员甲", "MEMBER", "经济界", "MEMBER", "member"}, {"委员乙", "MEMBER", "经济界", "MEMBER", "member"}, {"委员丙", "MEMBER", "桂林街道联络委", "MEMBER", "member"},
		{"召集人", "MEMBER", "经济界", "CONVENER", "sector_convener"}, {"联络员", "MEMBER", "民建区委", "LIAISON", "party_liaison"},
		{"干事", "STAFF", "", "", "proposal_clerk"}, {"审查员", "STAFF", "", "", "proposal_reviewer"}, {"主任", "STAFF", "", "", "proposal_director"},
		{"政府办", "STAFF", "", "", "assign_gov"}, {"信息编辑", "STAFF", "", "", "info_editor"}, {"主席", "STAFF", "", "", "chair"}, {"审计员", "STAFF", "", "", "auditor"},
		{"商务局联络员", "UNIT_STAFF", "商务局", "LIAISON", "unit_liaison"}, {"商务局承办人", "UNIT_STAFF", "商务局", "OFFICER", "unit_officer"},
		{"商务局局长", "UNIT_STAFF", "商务局", "MAIN_LEAD", "unit_lead"},
		{"文旅局联络员", "UNIT_STAFF", "文旅局", "LIAISON", "unit_liaison"}, {"文旅局承办人", "UNIT_STAFF", "文旅局", "OFFICER", "unit_officer"},
	} {
		var more input
		if p.kind == "MEMBER" {
			more = member
		}
		c.add(p.name, p.kind, more, p.role)
		if p.unit != "" {
			c.seat(p.name, p.unit, p.post)
		}
	}
	c.made["substitution"] = c.do("干事", "nameSubstitute", input{"substituteId": c.person["审查员"], "to": "2025-01-10", "reason": "出差"})["id"].(string)
	c.do("管理员甲", "endSubstitution", input{"substitutionId": c.made["substitution"]})
	c.do("委员丙", "changeMyDetails", input{"post": c.mark + "某院院长", "reason": "换了单位"})
	guest := c.do("管理员甲", "addMember", input{"name": c.mark + "兼任的人", "kind": "STAFF"})["id"]
	c.do("管理员甲", "inviteMember", input{"membershipId": guest, "login": "somebody-elsewhere"})
	c.do("管理员甲", "withdrawInvitation", input{"membershipId": guest})
	c.made["request"] = dig(c.ask("委员丙", `{ myRequests { id } }`, nil).Data, "myRequests", 0, "id").(string)
	c.do("管理员甲", "refuseRequest", input{"requestId": c.made["request"], "reason": c.mark + "请附文件"})
	c.allPowerful()
}

func (c *committee) seat(who, unit, post string) {
	c.t.Helper()
	c.do("管理员甲", "seatMember", input{"membershipId": c.person[who], "unitId": c.unit[unit], "post": post})
}

// allPowerful is a person with every role at once, which the rules of granting
// would never allow, and a seat in each tree.
func (c *committee) allPowerful() {
	c.t.Helper()
	c.add("全权", "MEMBER", input{"termId": c.made["term"]})
	c.system(func(ctx context.Context) error {
		for _, role := range c.r.Directory.Policy().Roles() {
			if err := c.r.Store.Ent().Grant.Create().SetMembershipID(uuid.MustParse(c.person["全权"])).SetRole(role).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	c.seat("全权", "商务局", "LIAISON")
	c.seat("全权", "经济界", "CONVENER")
	c.seat("全权", "民建区委", "LIAISON")
}

// draft opens a complete proposal.
func (c *committee) draft(who, kind, title string) string {
	c.t.Helper()
	return c.do(who, "createProposal", input{
		"proposerKind": kind, "title": c.mark + title, "situation": "街区客流不足。", "analysis": "业态单一。",
		"suggestions": []string{"延长营业时间"}, "category": "经济", "suggestedUnitIds": []string{c.unit["商务局"]},
	})["id"].(string)
}

// on is an action of a matter.
func (c *committee) on(who, mutation, matter string, more input) map[string]any {
	c.t.Helper()
	return c.do(who, mutation, merged(input{"matterId": matter}, more))
}

// share is an action of a unit's share.
func (c *committee) share(who, mutation, assignment string, more input) map[string]any {
	c.t.Helper()
	return c.do(who, mutation, merged(input{"assignmentId": assignment}, more))
}

func merged(a, b input) input {
	for k, v := range b {
		a[k] = v
	}
	return a
}

// drafts are cases that have not been reviewed.
func (c *committee) drafts() {
	c.t.Helper()
	c.made["draft"] = c.draft("委员甲", "INDIVIDUAL", "关于社区食堂建设的提案")
	joint := c.draft("委员甲", "JOINT", "关于延长图书馆开放时间的提案")
	c.made["cosigning"] = joint
	c.on("委员甲", "inviteCosigners", joint, input{"membershipIds": []string{c.person["委员乙"], c.person["委员丙"], c.person["召集人"]}})
	c.on("委员乙", "cosignProposal", joint, nil)
	c.on("委员丙", "declineCosign", joint, nil)
	c.made["sector"] = c.draft("委员乙", "SECTOR", "关于盘活闲置厂房的提案")
	c.on("召集人", "signAsConvener", c.made["sector"], nil)
	for _, name := range []string{"submitted", "returned"} {
		c.made[name] = c.draft("委员乙", "INDIVIDUAL", "关于老旧小区加装电梯的提案"+name)
		c.on("委员乙", "submitProposal", c.made[name], nil)
	}
	c.on("干事", "returnProposal", c.made["returned"], input{"reason": "请补充数据"})
	for _, name := range []string{"own draft", "own returned"} {
		c.made[name] = c.draft("全权", "JOINT", "关于完善夜间公交的提案"+name)
		c.on("全权", "inviteCosigners", c.made[name], input{"membershipIds": []string{c.person["委员乙"]}})
	}
	c.on("委员乙", "cosignProposal", c.made["own returned"], nil)
	c.on("全权", "submitProposal", c.made["own returned"], nil)
	c.on("干事", "returnProposal", c.made["own returned"], input{"reason": "请补充数据"})
}

// reviewed is a case of a member that has passed the three passes.
func (c *committee) reviewed(who, title string) string {
	c.t.Helper()
	id := c.draft(who, "INDIVIDUAL", title)
	c.on(who, "submitProposal", id, nil)
	pass := input{"disposition": "FILED", "unitIds": []string{c.unit["商务局"]}}
	c.on("干事", "startReview", id, pass)
	c.on("审查员", "recordReviewPass", id, pass)
	c.on("主任", "recordReviewPass", id, pass)
	return id
}

func (c *committee) filed(who, title string) string {
	c.t.Helper()
	id := c.reviewed(who, title)
	c.on("主任", "fileProposal", id, nil)
	return id
}

// review are cases that end or wait in the review.
func (c *committee) review() {
	c.t.Helper()
	c.made["review"] = c.reviewed("委员丙", "关于校园周边停车的提案")
	c.on("干事", "flagPossibleSecret", c.made["review"], input{"reason": "涉及未公开的规划"})
	c.made["filed"] = c.filed("委员甲", "关于建设口袋公园的提案")
	c.on("干事", "requestCorrection", c.made["filed"], input{"field": "category", "value": "城建", "reason": "分类有误"})
	c.made["merged"] = c.reviewed("委员乙", "关于增加口袋公园的提案")
	c.on("主席", "approveMerge", c.made["merged"], nil)
	c.do("主任", "mergeProposals", input{"intoId": c.made["filed"], "absorbedIds": []string{c.made["merged"]}, "reason": "内容相同"})
	c.made["converted"] = c.reviewed("委员丙", "关于公交站名用字的提案")
	c.on("干事", "consentToOpinion", c.made["converted"], input{"how": "电话征得同意"})
	c.on("主任", "convertToOpinion", c.made["converted"], input{"reason": "宜作社情民意"})
	c.made["refused"] = c.reviewed("委员丙", "关于个人职称的提案")
	c.on("主任", "refuseProposal", c.made["refused"], input{"reasonCode": "PERSONAL", "unitId": c.unit["城建局"]})
}

// assigned is a filed case given to units.
func (c *committee) assigned(title string, units ...string) string {
	c.t.Helper()
	id := c.filed("委员甲", title)
	list := []input{{"unitId": c.unit[units[0]], "role": "SOLE"}}
	if len(units) > 1 {
		list[0]["role"] = "LEAD"
		for _, u := range units[1:] {
			list = append(list, input{"unitId": c.unit[u], "role": "ASSIST"})
		}
	}
	c.on("干事", "assignProposal", id, input{"units": list})
	return id
}

// find reads one thing of a matter as the clerk sees it.
func (c *committee) find(matter, fields string, path ...any) string {
	c.t.Helper()
	a := c.ask("干事", `query($id: ID!) { matter(id: $id) { `+fields+` } }`, input{"id": matter})
	id, ok := dig(a.Data, append([]any{"matter"}, path...)...).(string)
	if !ok {
		c.t.Fatalf("%v: %s", path, a.text)
	}
	return id
}

// shareOf is a unit's share.
func (c *committee) shareOf(matter, unit string) string {
	c.t.Helper()
	for i := range 20 {
		if c.find(matter, "assignments { id unit { id } }", "assignments", i, "unit", "id") == c.unit[unit] {
			return c.find(matter, "assignments { id }", "assignments", i, "id")
		}
	}
	c.t.Fatalf("%s has no share", unit)
	return ""
}

func (c *committee) lead(matter string) string {
	c.t.Helper()
	return c.find(matter, "parties { id }", "parties", 0, "id")
}

// replied carries 商务局's share from receipt to the reply that is sent.
func (c *committee) replied(matter string, class string) string {
	c.t.Helper()
	a := c.shareOf(matter, "商务局")
	c.share("商务局联络员", "signReceipt", a, nil)
	c.share("商务局联络员", "nameOfficer", a, input{"membershipId": c.person["商务局承办人"]})
	c.share("商务局承办人", "recordContact", a, input{"partyId": c.lead(matter), "mode": "面谈", "stage": "办前", "on": "2024-12-27", "text": "当面听取意见"})
	form := input{"class": class, "body": "关于提案的答复：已研究采纳，具体措施如下。"}
	if class == "B" {
		form["commitments"] = []input{{"text": "明年建成夜间公交专线", "dueOn": "2025-12-31"}}
	}
	c.share("商务局承办人", "draftReply", a, form)
	c.share("商务局承办人", "submitDraft", a, nil)
	c.share("商务局局长", "signOffReply", a, nil)
	c.share("商务局联络员", "sendReply", a, nil)
	return a
}

// handling are cases with units: before, in and after the reply.
func (c *committee) handling() {
	c.t.Helper()
	c.made["preassigned"] = c.filed("委员甲", "关于规范共享单车停放的提案")
	c.on("干事", "preAssignProposal", c.made["preassigned"], input{"units": []input{{"unitId": c.unit["商务局"], "role": "SOLE"}}})
	c.on("商务局联络员", "givePreAssignOpinion", c.made["preassigned"], input{"accept": true, "note": "接受"})
	c.made["assigned"] = c.assigned("关于发展首店经济的提案", "商务局", "文旅局")
	c.made["handling"] = c.assigned("关于保护老建筑的提案", "商务局", "文旅局")
	assist, lead := c.shareOf(c.made["handling"], "文旅局"), c.shareOf(c.made["handling"], "商务局")
	c.share("文旅局联络员", "signReceipt", assist, nil)
	c.share("文旅局承办人", "submitCoOpinion", assist, input{"body": "建议列入保护名录"})
	c.share("商务局联络员", "signReceipt", lead, nil)
	c.share("商务局承办人", "recordContact", lead, input{"partyId": c.lead(c.made["handling"]), "mode": "电话", "stage": "办前", "on": "2024-12-27", "text": "听取意见"})
	c.on("主任", "markKeyProposal", c.made["handling"], input{"superviseLeaderPost": "副主席"})
	c.on("干事", "recordSupervision", c.made["handling"], input{"kind": "VISIT", "on": "2024-12-27", "place": "老街", "text": "实地察看"})
	c.on("干事", "urgeUnit", c.made["handling"], input{"unitId": c.unit["商务局"], "level": "提醒", "text": "请按期答复"})
	c.made["extending"] = c.assigned("关于增设无障碍坡道的提案", "商务局")
	c.share("商务局联络员", "signReceipt", c.shareOf(c.made["extending"], "商务局"), nil)
	c.share("商务局局长", "applyExtension", c.shareOf(c.made["extending"], "商务局"), input{"until": "2025-04-20", "reason": "须实地勘察"})
	c.made["returning"] = c.assigned("关于整治占道经营的提案", "商务局")
	c.share("商务局联络员", "applyReturn", c.shareOf(c.made["returning"], "商务局"), input{"reason": "不属本局职责"})
	c.made["replied"] = c.assigned("关于扶持老字号的提案", "商务局")
	c.replied(c.made["replied"], "A")
}

// rest is what comes after the reply, and what is no proposal.
func (c *committee) rest() {
	c.t.Helper()
	// the code is that of a platform, so that whoever walks with one finds both
	c.made["obligation"] = c.do("管理员甲", "publishObligation", input{"code": "talks", "label": c.mark + "三个一", "kinds": []string{"MEMBER"}, "every": "YEAR",
		"needs": []input{{"label": c.mark + "走访群众", "least": 3, "of": "noted", "among": []input{{"word": "record", "words": []string{"CONTACT"}}}}}})["id"].(string)
	c.made["pair"] = c.do("管理员甲", "makeContactPair", input{"kind": "LEADER_SECTOR", "fromMemberId": c.person["主席"], "toUnitId": c.unit["经济界"], "reason": c.mark + "党组分工"})["id"].(string)
	id := c.assigned("关于夜间公交专线的提案", "商务局")
	c.made["tracking"] = id
	a := c.replied(id, "B")
	feedback := c.find(id, "feedback { id }", "feedback", 0, "id")
	c.on("委员甲", "rateReply", id, input{"feedbackId": feedback, "attitude": "SATISFIED", "result": "SATISFIED", "contacted": true})
	c.share("干事", "acceptReply", a, nil)
	c.on("干事", "decideDisclosure", id, input{"decision": "OPEN"})
	c.on("主任", "completeProposal", id, nil)
	c.made["cohort"] = c.do("主任", "openCohort", input{"handleYear": 2025, "title": c.mark + "水资源一号提案"})["id"].(string)
	c.on("主任", "performAction", c.made["cohort"], input{"action": "addDirection", "form": input{"text": "方向一：产业发展", "source": "党政交题", "unitId": c.unit["商务局"]}})
	c.selected()
	c.sheets()
	c.made["report"] = c.do("干事", "freezeReport", input{"title": c.mark + "年报", "paper": c.lined()})["id"].(string)
	c.do("干事", "withdrawReport", input{"reportId": c.made["report"], "reason": c.mark + "写错了"})
	c.system(func(ctx context.Context) error { // files do not go through GraphQL
		return c.r.Store.Ent().Attachment.Create().SetMatterID(uuid.MustParse(c.made["tracking"])).SetAssignmentID(uuid.MustParse(a)).
			SetUploaderID(uuid.MustParse(c.person["商务局联络员"])).SetKind(attachment.KindREPLY).SetName(c.mark + "答复.pdf").SetSize(3).
			SetContentType("application/pdf").SetSha256(fmt.Sprintf("%064d", 0)).SetBlobKey(uuid.NewString()).Exec(ctx)
	})
}

// sheets are 社情民意 that were handed in: a member's, kept with a reason that he
// reads, and an expert's by staff.
func (c *committee) sheets() {
	c.t.Helper()
	id := c.do("委员甲", "submitOpinion", input{"title": c.mark + "外置烟道堵塞的问题", "text": c.mark + "居民多次反映烟道堵塞，没有解决。", "people": 3, "topics": []string{"民生"}})["id"].(string)
	c.made["sheet"] = id
	c.on("信息编辑", "performAction", id, input{"action": "accept"})
	c.on("信息编辑", "performAction", id, input{"action": "hold", "reason": "同类问题已有反映，留存备查"})
	c.made["outside"] = c.do("信息编辑", "submitOpinion", input{"title": c.mark + "历史街区消防设施不足", "text": c.mark + "历史街区道路狭窄，消防水源不足。", "origin": "EXPERT",
		"from": input{"name": c.mark + "专家", "institution": "某大学", "handedIn": "座谈会"}})["id"].(string)
}

// selected is a loop whose subject has been chosen, so that a proposal can be
// linked to it.
func (c *committee) selected() {
	c.t.Helper()
	id := c.do("主任", "openCohort", input{"handleYear": 2024, "title": c.mark + "新能源一号提案"})["id"].(string)
	c.made["selected"] = id
	act := func(who, action string, form input) {
		c.t.Helper()
		c.on(who, "performAction", id, input{"action": action, "form": form})
	}
	fact := func(more input) input { return merged(input{"on": "2024-12-27", "text": "会议内容"}, more) }
	act("主任", "addDirection", input{"text": "方向一：产业发展", "source": "党政交题", "unitId": c.unit["商务局"]})
	act("主任", "holdKickoff", fact(input{"chair": "CPPCC_CHAIR"}))
	act("主任", "startResearch", nil)
	for i := range 2 {
		act("主任", "addCandidate", input{"text": fmt.Sprintf("备选件之%d", i), "unitId": c.unit["商务局"]})
		item := c.ask("主任", `query($id: ID!) { matter(id: $id) { items { id kind } } }`, input{"id": id})
		for _, by := range []string{"LEAD_ORG", "THINK_TANK"} {
			act("主任", "recordResearch", fact(input{"itemId": dig(item.Data, "matter", "items", i+1, "id"), "by": by}))
		}
	}
	act("主任", "shortlist", nil)
	item := c.ask("主任", `query($id: ID!) { matter(id: $id) { items { id } } }`, input{"id": id})
	act("主席", "chooseCandidate", fact(input{"itemId": dig(item.Data, "matter", "items", 1, "id"), "by": "CHAIR_MEETING"}))
}

func TestACommitteeLivesThroughTheAPI(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区").live()
	for _, want := range []struct{ name, state string }{
		{"draft", "DRAFT"}, {"cosigning", "COSIGNING"}, {"submitted", "SUBMITTED"}, {"returned", "RETURNED"}, {"review", "REVIEWED"}, {"filed", "FILED"},
		{"merged", "MERGED"}, {"converted", "CONVERTED_OPINION"}, {"refused", "NOT_FILED"}, {"preassigned", "PRE_ASSIGNED"}, {"assigned", "ASSIGNED"},
		{"handling", "HANDLING"}, {"replied", "REPLIED"}, {"tracking", "TRACKING"}, {"cohort", "P1_COLLECT"}, {"selected", "P5_SELECTED"},
		{"raised", "RAISED"}, {"drafted", "DRAFT"}, {"task", "WORKING"}, {"district task", "ISSUED"}, {"plan", "ISSUED"}, {"begun", "RAISED"}, {"talking", "CONSULTING"}, {"owed", "OWED"}, {"sheet", "HELD"}, {"outside", "SUBMITTED"}, {"closed", "DONE"},
	} {
		var got string
		c.db.AsSuper(t, `SELECT state FROM matters WHERE id = $1`, []any{c.made[want.name]}, &got)
		if got != want.state {
			t.Errorf("%s is %s, want %s", want.name, got, want.state)
		}
	}
	t.Run("every mutation that succeeds leaves one record of its name", func(t *testing.T) {
		if len(c.done) < 53 { // do compares each one's record
			t.Fatal(len(c.done), c.done)
		}
	})
}
