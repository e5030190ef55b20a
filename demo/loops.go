package demo

import (
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// loop2022 is in its third year: planned, discussed, deepened, and seen on the
// spot in July 2023. In 2022 the designation came after the proposal (DL-08).
func loop2022() *script {
	l := newLoop(2022, waterTitle, shanghai(2021, 2, 22, 9, 0))
	directions := []candidate{
		{"提升水资源承载力", "renziwei"}, {"推进海洋生态修复", "renziwei"}, {"完善基层医疗服务体系", "kejiaowei"}, {"促进种业振兴", "nongyewei"}, {"优化民营企业融资环境", "jingjiwei"},
	}
	candidates := []candidate{{"加快提升水资源承载力", "renziwei"}, {"优化民营企业融资环境", "jingjiwei"}, {"促进种业振兴", "nongyewei"}}
	l.prestudy(2021, directions, []int{1}, candidates)
	l.choose(2021, candidates)
	l.link(shanghai(2021, 12, 29, 10, 0))
	at := shanghai(2022, 1, 26, 10, 0)
	l.do(at, "chair", "designate", recorded(at, "市政协党组会议研究，确定为2022年一号提案。", process.Form{"by": "PARTY_GROUP"}))
	l.deploy(shanghai(2022, 1, 28, 9, 30))
	l.consult(shanghai(2022, 2, 15, 14, 0), "consultAssignment", "就责任分工逐条协商，各承办单位确认单位、领导、人员、责任、时间和效果。")
	l.consult(shanghai(2022, 6, 21, 14, 0), "consultHandling", "就管网改造资金和再生水价格等难点协商，形成解决办法。")
	l.problem(shanghai(2022, 6, 22, 10, 0), "部分老旧管网产权不清，改造主体难以确定", "shuiwu", "企业改制后管网没有移交", "由市水务局牵头分片接收，列入三年改造计划", clock.Date(2023, 12, 29))
	l.do(shanghai(2022, 9, 15, 10, 0), "director", "openAccounts", nil)
	l.accounts()
	l.supervision()
	return l.sc
}

// accounts is the second half of 2022, when the nodes of its tasks have been
// reported: the hearing, the result of the ballot, and the report.
func (l *loopTale) accounts() {
	at := shanghai(2022, 12, 7, 9, 30)
	l.do(at, "director", "recordHearing", recorded(at, "常委会听取一号提案办理情况报告，开展专题协商。", process.Form{"reporterPost": "副市长", "spoken": 8, "written": 15, "place": "市政协常委会会议厅"}))
	voted := shanghai(2022, 12, 7, 15, 30)
	l.do(voted, "director", "recordAppraisal", func(x *scene) process.Form {
		id, err := x.ballot(x.ctx)
		if err != nil {
			x.err = err
		}
		return process.Form{"on": day(voted), "ballotId": id.String()}
	})
	reported := shanghai(2022, 12, 20, 10, 0)
	l.do(reported, "director", "recordReport", recorded(reported, "专题协商报告：总结办理成效，提出后续监督建议。", process.Form{"sentTo": []any{"PARTY", "GOVERNMENT"}}))
}

// supervision is the third year, planned before it begins, up to the visit.
func (l *loopTale) supervision() {
	at := shanghai(2022, 12, 29, 10, 0)
	l.do(at, "chair", "plan", recorded(at, "市政协党组会议研究，列入2023年度重点监督计划，对后续办理落实情况开展监督性视察。", process.Form{"by": "PARTY_GROUP"}))
	at1 := shanghai(2023, 3, 22, 14, 0)
	l.do(at1, "director", "symposium", recorded(at1, "提案者、专家和承办单位就落实情况交换意见，根据形势变化研究深化建议。", process.Form{"place": "市政协", "present": []any{
		map[string]any{"as": "PROPOSER", "name": "人口资源环境委员会"}, map[string]any{"as": "EXPERT", "name": "水资源专家"}, map[string]any{"as": "UNIT", "name": "市水务局"}, map[string]any{"as": "MEMBER", "name": "委员代表"},
	}}))
	at2 := shanghai(2023, 5, 24, 10, 0)
	l.do(at2, "director", "deepen", recorded(at2, "深化建议：把海水淡化纳入水源规划，建立非常规水利用考核。", nil))
	at3 := shanghai(2023, 7, 26, 9, 0)
	l.do(at3, "director", "visit", recorded(at3, "组织委员实地察看管网改造和再生水利用现场，了解政策执行情况。", process.Form{"place": "水库、再生水厂和改造小区"}))
	l.problem(shanghai(2023, 7, 27, 10, 0), "再生水管网与园区需求衔接不够", "shuiwu", "园区用水规划调整后没有同步修订管网方案", "修订管网延伸方案，优先接入两个园区", clock.Date(2024, 6, 28))
}

// loop2023 is in its second year. Its designation came before the proposal was
// handed in; the mayor's meeting was on 27 March 2023 (DL-02).
func loop2023() *script {
	l := newLoop(2023, energyTitle, shanghai(2022, 2, 21, 9, 0))
	directions := []candidate{
		{"聚焦新能源产业赛道", "jingjiwei"}, {"数字经济与实体经济融合", "gongshanglian"}, {"海洋科技成果转化", "jiusan"}, {"营商环境法治化", "fazhiwei"},
	}
	candidates := []candidate{{"聚焦新能源产业赛道，推动绿色高质量发展", "jingjiwei"}, {"海洋科技成果转化", "jiusan"}}
	l.prestudy(2022, directions, nil, candidates)
	l.choose(2022, candidates)
	at := shanghai(2022, 12, 28, 10, 0)
	l.do(at, "chair", "designate", recorded(at, "主席会议研究，确定为2023年一号提案选题。", process.Form{"by": "CHAIR_MEETING"}))
	l.link(shanghai(2023, 1, 9, 10, 0))
	l.deploy(shanghai(2023, 3, 27, 9, 30))
	l.consult(shanghai(2023, 4, 12, 14, 0), "consultAssignment", "就承办单位责任和节点任务协商，逐项落实“六定”。")
	l.consult(shanghai(2023, 7, 19, 14, 0), "consultHandling", "就示范场景开放和安全监管规则等难点协商。")
	l.problem(shanghai(2023, 7, 20, 10, 0), "氢能示范线路加注站布点不足", "gongxin", "加注站用地和安全间距标准不明确", "市工信局会同有关部门明确标准，年内新增两座", clock.Date(2023, 12, 29))
	return l.sc
}

// loop2024 is in its first year: 13 directions, of which some were merged into
// others, and two candidates that are being studied.
func loop2024() *script {
	l := newLoop(2024, nextTitle, shanghai(2023, 2, 20, 9, 0))
	directions := []candidate{
		{"发展海洋经济、建设海洋强市", "jingjiwei"}, {"提升国际航运中心能级", "minjian"}, {"培育专精特新企业", "gongshanglian"}, {"推进科技成果就地转化", "jiusan"},
		{"建设区域性金融中心", "minjian"}, {"促进文旅融合和消费升级", "minmeng"}, {"完善养老服务体系", "fazhiwei"}, {"优化义务教育资源配置", "minmeng"},
		{"推动乡村产业振兴", "nongyewei"}, {"发展数字经济和软件产业", "kejiaowei"}, {"加强生态环境保护修复", "renziwei"}, {"促进青年人才留连就业", "kejiaowei"}, {"提升城市更新质量", "renziwei"},
	}
	candidates := []candidate{{"提升国际航运中心能级", "minjian"}, {"发展海洋经济、建设海洋强市", "jingjiwei"}}
	l.prestudy(2023, directions, []int{4, 7, 10}, candidates)
	l.study(shanghai(2023, 8, 16, 10, 0), candidates[0], "LEAD_ORG", "牵头单位完成调研报告初稿，提出港航服务、通关便利、多式联运三方面建议。")
	return l.sc
}
