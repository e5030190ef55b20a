package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/proposals"
)

// The titles of the source (DL-01).
const (
	waterTitle  = "关于加快提升水资源承载力 支撑和保障城市高质量发展的提案"
	energyTitle = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
	nextTitle   = "2024年度一号提案选题"
)

// water and energy are what the two 一号提案 are about.
var (
	water = &subject{
		Key: "water", Category: "资源环境",
		Facts:    []string{"我市是资源性缺水城市，供水高度依赖域外调水和少数水库，随着产业和人口布局调整，供需矛盾在用水高峰和枯水年份更加明显。"},
		Problems: []string{"水源结构单一，应急备用水源不足，管网漏损率仍有下降空间。", "再生水、海水淡化利用比例不高，价格和管网制约了推广。", "节水统计和监管分散，重点行业用水效率有待提升。"},
		Advice: []string{"编制城市水资源承载力提升规划，统筹外调水、本地水和非常规水。", "加快老旧供水管网改造，三年内把漏损率降到国家标准以内。",
			"扩大再生水用于工业和市政杂用的范围，完善价格和管网配套。", "建设海水淡化示范工程，优先保障临港工业用水。", "建立跨部门水情会商和联合调度机制。", "完成重点用水单位水效对标和公示"},
		Measure: "已编制水资源承载力提升三年方案，首批老旧管网改造全部开工，再生水管网向两个工业园区延伸",
	}
	energy = &subject{
		Key: "energy", Category: "经济建设",
		Facts:    []string{"我市在氢能、储能、核电装备和海上风电等领域具备一定产业基础，科研力量较强，新能源产业正处于集聚成势的窗口期。"},
		Problems: []string{"产业链条不完整，龙头企业带动不足，本地配套率不高。", "示范应用场景开放不够，标准和安全监管规则有待明确。", "科技成果就地转化比例偏低，专业人才流失。"},
		Advice: []string{"制定新能源产业赛道行动方案，一链一策明确链主企业和重点项目。", "开放港口、公交、物流等场景，建设氢能和储能示范工程。",
			"组建产业创新联盟，推动科研成果就地中试和转化。", "完善新能源项目审批和安全监管规则，实行并联办理。", "设立产业引导基金，支持关键零部件企业落户。", "建成新能源人才实训基地并投入使用"},
		Measure: "已印发新能源产业行动方案，明确链主企业和年度项目清单，氢能示范线路投入运行",
	}
)

// thesis is the text of a 一号提案, which has its own title.
func thesis(title string, b *subject, k int) text {
	t := b.write("", 0, k)
	t.title, t.suggestions = title, b.Advice[:4]
	return t
}

// dalian tells the three loops with their proposals, and a proposal of today.
func dalian(c *committee, now time.Time) []*script {
	first := &tale{
		text: thesis(waterTitle, water, 1), subject: water, k: 2, until: archived, kind: proposal.ProposerKindJOINT_ORG, lead: "renziwei", organisation: "renziwei", noOne: true,
		units: []share{{"shuiwu", assignment.RoleLEAD, "A"}, {"fagai", assignment.RoleASSIST, ""}},
		key:   &keyTale{"市长", "市政协主席", "水库和再生水厂现场"},
		when: days(map[milestone]time.Time{
			drafted: shanghai(2021, 12, 24, 15, 0), submitted: shanghai(2021, 12, 27, 9, 30), firstPass: shanghai(2022, 1, 17, 10, 0), secondPass: shanghai(2022, 1, 18, 10, 0),
			thirdPass: shanghai(2022, 1, 19, 10, 0), disposed: shanghai(2022, 1, 20, 10, 0), assigned: shanghai(2022, 2, 7, 14, 0), received: shanghai(2022, 2, 9, 9, 30),
			contacted: shanghai(2022, 2, 23, 14, 0), assisted: shanghai(2022, 3, 4, 10, 0), replyDrafted: shanghai(2022, 7, 11, 9, 0), toBeSigned: shanghai(2022, 7, 12, 9, 0),
			signedOff: shanghai(2022, 7, 13, 15, 0), replied: shanghai(2022, 7, 14, 10, 0), rated: shanghai(2022, 7, 22, 10, 0), accepted: shanghai(2022, 7, 25, 10, 0),
			completed: shanghai(2022, 7, 29, 10, 0),
		}),
		tracked: []time.Time{shanghai(2022, 12, 21, 10, 0)}, settled: true, // the day after the loop's report
	}
	second := &tale{
		text: thesis(energyTitle, energy, 2), subject: energy, k: 2, until: assisted, kind: proposal.ProposerKindJOINT_ORG, lead: "jingjiwei", organisation: "jingjiwei", noOne: true,
		units: []share{{"gongxin", assignment.RoleLEAD, "B"}, {"fagai", assignment.RoleCO_LEAD, "A"}, {"kejiju", assignment.RoleASSIST, ""}},
		key:   &keyTale{"市长", "市政协主席", "新能源产业园"},
		when: days(map[milestone]time.Time{
			drafted: shanghai(2023, 1, 4, 15, 0), submitted: shanghai(2023, 1, 5, 9, 30), firstPass: shanghai(2023, 1, 12, 10, 0), secondPass: shanghai(2023, 1, 13, 10, 0),
			thirdPass: shanghai(2023, 1, 16, 10, 0), disposed: shanghai(2023, 1, 17, 10, 0), assigned: shanghai(2023, 3, 29, 14, 0), received: shanghai(2023, 3, 31, 9, 30),
			contacted: shanghai(2023, 4, 18, 14, 0), assisted: shanghai(2023, 4, 26, 10, 0),
		}),
	}
	return []*script{first.tell(c), second.tell(c), loop2022(), loop2023(), loop2024(), cityMember(now)}
}

func days(at map[milestone]time.Time) timeline { return func(m milestone) time.Time { return at[m] } }

// cityMember is a proposal that the member of both committees handed in here.
func cityMember(now time.Time) *script {
	sc := &script{kind: "proposal", title: "关于推动港产城融创发展、完善港口集疏运体系的提案"}
	sc.moves = []move{
		{at: ago(now, 4, 10), who: "member-01", action: "create", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
			return s.Proposals.Create(ctx, proposals.Draft{
				Kind: proposal.ProposerKindINDIVIDUAL, Title: sc.title, Category: "经济建设", Consent: true, Units: []uuid.UUID{s.units["fagai"]},
				Situation:   openings[3] + "港口、产业与城市之间的货运通道部分时段拥堵，铁水联运比例不高。",
				Analysis:    "一是集疏运通道与城市交通混行；二是港口数据与物流企业没有打通；三是临港产业用地与仓储布局衔接不够。",
				Suggestions: []string{"规划专用货运通道，与城市交通分流。", "建设港口物流公共信息平台，实现一次申报。", "提高铁水联运比例，对中转货物给予补助。"},
			})
		}},
		{at: ago(now, 3, 10), who: "member-01", action: "submit"},
	}
	return sc
}

// loopTale writes a cohort's script.
type loopTale struct{ sc *script }

func newLoop(year int, title string, at time.Time) *loopTale {
	return &loopTale{&script{kind: "cohort", title: title, moves: []move{{at: at, who: "director", action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		return s.Cohorts.Open(ctx, year, title)
	}}}}}
}

// do appends an action; on and text are filled in where the action records.
func (l *loopTale) do(at time.Time, who, action string, form func(*scene) process.Form) {
	l.sc.moves = append(l.sc.moves, move{at: at, who: who, action: action, form: form})
}

// recorded is a form with the day and a text, and what else there is.
func recorded(at time.Time, said string, more process.Form) func(*scene) process.Form {
	return func(*scene) process.Form {
		f := process.Form{"on": clock.Day(at).Format(time.DateOnly), "text": said}
		for k, v := range more {
			f[k] = v
		}
		return f
	}
}

// candidate is a 备选件 with the organisation that studied it.
type candidate struct{ title, unit string }

// sources are the four of a topic, and the think tanks (DL-09).
var sources = []string{"党政交题", "委员荐题", "群众征题", "政协选题", "智库"}

// prestudy walks from collecting to the research of candidates.
func (l *loopTale) prestudy(year int, directions []candidate, dropped []int, candidates []candidate) {
	at := func(m time.Month, d int) time.Time { return shanghai(year, m, d, 9, 0) }
	sitting := func(m time.Month, d int, n int, v move) { // several in one go
		v.at, v.who, v.along = at(m, d), "director", n > 0
		l.sc.moves = append(l.sc.moves, v)
	}
	for i, d := range directions {
		sitting(time.March, 1, i, move{action: "addDirection", form: fixed(process.Form{"text": d.title, "source": sources[i%len(sources)]})})
	}
	l.do(at(time.March, 16), "director", "holdKickoff", recorded(at(time.March, 16), fmt.Sprintf("介绍选题背景、前期筹备情况和 %d 个调研备选方向，各民主党派市委、市工商联和各专委会负责人作了交流发言。", len(directions)), process.Form{"chair": "CPPCC_CHAIR", "place": "市政协会议室"}))
	for i, d := range directions {
		if slices.Contains(dropped, i) {
			sitting(time.March, 22, i, move{action: "dropItem", reason: "与其他方向合并研究", form: func(x *scene) process.Form { return process.Form{"itemId": x.item(d.title)} }})
			continue
		}
		sitting(time.March, 22, i, move{action: "assignDirection", form: func(x *scene) process.Form {
			return process.Form{"itemId": x.item(d.title), "unitId": x.unitID(d.unit)}
		}})
	}
	l.do(at(time.April, 12), "director", "recordOpinion", func(x *scene) process.Form {
		return recorded(at(time.April, 12), "方向切合全市中心工作，资料基础较好，建议深入调研。", process.Form{"itemId": x.item(directions[0].title), "thinkTank": "市政协新型智库", "score": 92})(x)
	})
	l.do(at(time.June, 1), "director", "startResearch", nil)
	for i, c := range candidates {
		sitting(time.June, 20, i, move{action: "addCandidate", form: func(x *scene) process.Form {
			return process.Form{"text": c.title, "unitId": x.unitID(c.unit)}
		}})
	}
}

// study is a report or an opinion on a candidate.
func (l *loopTale) study(at time.Time, c candidate, by, said string) {
	l.do(at, "director", "recordResearch", func(x *scene) process.Form {
		return recorded(at, said, process.Form{"itemId": x.item(c.title), "by": by})(x)
	})
}

// choose ends the prestudy: each candidate has its report and the think tank's
// opinion, and the first is chosen.
func (l *loopTale) choose(year int, candidates []candidate) {
	for i, c := range candidates {
		l.study(shanghai(year, 7, 12+i, 10, 0), c, "LEAD_ORG", "牵头单位完成调研报告：分析现状和问题，提出初步建议。")
	}
	for i, c := range candidates {
		l.study(shanghai(year, 8, 9+i, 10, 0), c, "THINK_TANK", "新型智库论证意见：选题切口适当，数据可靠，具备作为备选件的条件。")
	}
	l.do(shanghai(year, 8, 25, 10, 0), "director", "shortlist", nil)
	at := shanghai(year, 11, 16, 10, 0)
	l.do(at, "chair", "chooseCandidate", func(x *scene) process.Form {
		return recorded(at, "主席会议研究，审定选题，其余备选件留作下年度方向。", process.Form{"itemId": x.item(candidates[0].title), "by": "CHAIR_MEETING"})(x)
	})
	for i, c := range candidates[1:] {
		l.do(at.Add(time.Duration(i+1)*time.Hour), "director", "returnCandidate", func(x *scene) process.Form {
			return process.Form{"itemId": x.item(c.title), "as": "下一年度选题方向"}
		})
	}
}

var consulted = []any{"市政府分管领导", "承办单位", "提案单位", "市政协委员", "专家"}

// consult is one of the two consultations of the handling year.
func (l *loopTale) consult(at time.Time, action, said string) {
	l.do(at, "director", action, recorded(at, said, process.Form{"place": "市政协", "present": consulted}))
}

// link takes the cohort's proposal.
func (l *loopTale) link(at time.Time) {
	l.do(at, "director", "linkProposal", func(x *scene) process.Form {
		return process.Form{"proposalId": x.matter("proposal", l.sc.title)}
	})
}

// deploy is the meeting that the mayor chairs.
func (l *loopTale) deploy(at time.Time) {
	l.do(at, "director", "deploy", recorded(at, "部署一号提案办理工作，紧盯重点推进、难点解决、时限要求三个关键环节，严格落实“六定”工作制度，强化交账意识。",
		process.Form{"chair": "GOVERNMENT_HEAD", "leadLeaderPost": "市长", "superviseLeaderPost": "市政协主席", "place": "市政府会议室"}))
}

// problem is found and agreed on.
func (l *loopTale) problem(at time.Time, said, unit, cause, solution string, due time.Time) {
	l.do(at, "director", "addProblem", func(x *scene) process.Form { return process.Form{"text": said, "unitId": x.unitID(unit)} })
	l.do(at.Add(time.Hour), "director", "settleProblem", func(x *scene) process.Form {
		return process.Form{"itemId": x.item(said), "unitId": x.unitID(unit), "cause": cause, "solution": solution, "dueOn": due.Format(time.DateOnly)}
	})
}
