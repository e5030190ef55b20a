package graph_test

import (
	"context"
	"maps"

	"github.com/google/uuid"
)

// loop is the life of a committee with the tasks of its loop, its plans and
// what it tells others.
func (c *committee) loop() {
	c.t.Helper()
	c.made["agreement"] = c.do("管理员甲", "setAgreement", input{"partner": "990000", "name": c.mark + "外地政协", "channel": "FILE",
		"key": "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", "sends": []string{"promotion", "template", "task", "task_decision", "figures", "ranking", "case_grant", "guidance"}, "receives": []string{"promotion", "task_report", "figures"}})["id"].(string)
	c.do("管理员甲", "narrowFigures", input{"partner": "990000", "codes": []string{"received", "filed"}, "splits": []string{}})
	c.do("管理员甲", "suspendFigures", input{"partner": "990000", "reason": c.mark + "核对数据"})
	c.do("管理员甲", "resumeFigures", input{"partner": "990000"})
	opened := input{"partner": "990000", "matterId": c.made["filed"], "purpose": c.mark + "专题调研", "until": "2025-03-31"}
	c.do("主任", "endCaseGrant", input{"id": c.do("主任", "grantCase", opened)["id"], "reason": c.mark + "调研已完成"})
	rule := input{"kind": "SETTING", "code": "maxRounds", "partners": []string{"990000"}, "note": c.mark + "各区一致"}
	c.do("管理员甲", "withdrawGuidance", input{"id": c.do("管理员甲", "issueGuidance", rule)["id"], "reason": c.mark + "另行发布"})
	c.made["guidance"] = c.do("管理员甲", "issueGuidance", rule)["id"].(string)
	c.made["grant"] = c.do("主任", "grantCase", opened)["id"].(string)

	task := input{"matterId": c.made["cohort"], "title": c.mark + "编制水资源规划", "unitId": c.unit["商务局"], "leaderId": c.person["商务局局长"],
		"officerId": c.person["商务局承办人"], "duty": c.mark + "牵头编制", "dueOn": "2025-06-30", "effect": "规划印发", "measure": "一份文件", "key": true,
		"nodes": []input{{"text": c.mark + "完成初稿", "dueOn": "2025-03-31"}}}
	c.made["drafted"] = c.do("主任", "draftTask", task)["id"].(string)
	id := c.do("主任", "draftTask", task)["id"].(string)
	c.made["task"] = id
	c.act("主任", id, "issue", nil)
	c.act("商务局联络员", id, "accept", nil)
	c.act("商务局承办人", id, "reportNode", input{"itemId": c.part("商务局承办人", id, "items", "kind", "NODE"), "on": "2024-12-27", "text": c.mark + "初稿已成", "outcome": "DONE"})
	below := merged(maps.Clone(task), input{"matterId": c.made["cohort"], "unitId": nil, "leaderId": nil, "officerId": nil, "partner": "990000",
		"leaderPost": "区政协副主席", "officerPost": "区政协提案委主任"})
	c.made["district task"] = c.do("主任", "draftTask", below)["id"].(string)
	c.act("主任", c.made["district task"], "issue", nil)

	c.made["plan"] = c.plan("SUPERVISION", "督办水资源提案")
	c.made["begun"] = c.do("全权", "startPlanItem", input{"matterId": c.made["plan"], "itemId": c.part("主席", c.made["plan"], "items", "kind", "PLAN_ITEM"),
		"platformId": c.made["platform"], "title": c.mark + "实地看水库", "source": "群众征题", "streetId": c.unit["桂林街道联络委"]})["id"].(string)

	c.do("主席", "sendNotice", input{"kind": "promotion", "partners": []string{"990000"}, "title": c.mark + "无陪同调研经验", "text": "向各区推广",
		"instruction": input{"by": "市政协主席", "text": c.mark + "可以推广", "on": "2024-12-26"}, "matterId": c.made["plan"]})
	c.do("主席", "offerTemplate", input{"processId": c.made["next process"], "partners": []string{"990000"}, "note": "供参考"})
}

// plan is one that has been approved and issued, with one item.
func (c *committee) plan(kind, subject string) string {
	c.t.Helper()
	id := c.do("主席", "openPlan", input{"plan": kind, "year": 2025, "title": c.mark + "2025年度计划"})["id"].(string)
	day := func(more input) input {
		return merged(input{"on": "2024-12-27", "text": c.mark + "会议内容"}, more)
	}
	c.act("主席", id, "addItem", input{"text": c.mark + subject, "aspect": "监督议题", "unitId": c.unit["文旅局"], "dueOn": "2025-10-31"})
	c.act("主席", id, "consultThree", day(input{"present": []input{{"as": "PARTY", "name": "区委办"}, {"as": "GOVERNMENT", "name": "区政府办"}, {"as": "CPPCC", "name": "区政协办"}}}))
	c.act("主席", id, "approveByPartyGroup", day(nil))
	c.act("主席", id, "submit", day(input{"number": "政协报〔2024〕9号"}))
	c.act("主席", id, "recordApproval", day(input{"by": "区委常委会", "number": "区委〔2024〕31号"}))
	c.act("主席", id, "issue", input{"on": "2024-12-27"})
	return id
}

// heard is a loop of which the standing committee has heard; how it gets there
// is the business of package cohorts.
func (c *committee) heard() {
	c.t.Helper()
	c.made["heard"] = c.do("主任", "openCohort", input{"handleYear": 2023, "title": c.mark + "港口一号提案"})["id"].(string)
	c.system(func(ctx context.Context) error {
		return c.r.Store.Ent().Matter.UpdateOneID(uuid.MustParse(c.made["heard"])).SetState("H5_HEARD").Exec(ctx)
	})
}
