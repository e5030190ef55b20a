package demo

import (
	"fmt"
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/platforms"
)

// lushunStreets are nine streets; which they are is a demo value, the source
// gives their number (LS-02).
var lushunStreets = []string{"得胜", "水师营", "光荣", "登峰", "龙王塘", "铁山", "双岛湾", "三涧堡", "长城"}

// lushunUnits are the streets and the 121 venues of LS-02: 9 homes, 92 studios
// of villages and communities below them, 19 of members, 1 of a party.
func lushunUnits() []unitSpec {
	const studios, personal = 92, 19
	var out []unitSpec
	for i, name := range lushunStreets {
		out = append(out, unitSpec{Key: fmt.Sprintf("street-%d", i+1), Kind: "STREET_LIAISON", Name: name + "街道委员活动组"},
			unitSpec{Key: fmt.Sprintf("home-%d", i+1), Kind: "VENUE_HOME", Name: name + "街道“两代表一委员之家”", Category: "“两代表一委员之家”", Level: "街道"})
	}
	for i := range studios {
		street, n := i%len(lushunStreets), i/len(lushunStreets)+1
		out = append(out, unitSpec{
			Key: fmt.Sprintf("studio-%d-%d", street+1, n), Kind: "VENUE_STUDIO", Parent: fmt.Sprintf("home-%d", street+1),
			Name: fmt.Sprintf("%s街道第%d村（社区）“两代表一委员”工作室", lushunStreets[street], n), Category: "“两代表一委员”工作室", Level: "村（社区）",
		})
	}
	for i := range personal {
		out = append(out, unitSpec{Key: fmt.Sprintf("personal-%d", i+1), Kind: "VENUE_STUDIO", Name: fmt.Sprintf("政协委员第%d个人工作室", i+1), Category: "政协委员个人工作室", Level: "个人"})
	}
	return append(out, unitSpec{Key: "dangpai", Kind: "VENUE_STUDIO", Name: "党派委员工作室", Category: "党派委员工作室", Level: "党派"})
}

// lushunBoard is 旅事商量·顺理成章 (LS-01, LS-03, LS-07, LS-09, LS-11, LS-15).
var lushunBoard = board{shanghai(2023, 1, 9, 9, 0), platforms.Spec{
	Code: "lushishangliang", Brand: "旅事商量·顺理成章", BrandOwner: "旅顺口区政协", Type: "区域型", Level: "街道", ProcessKind: "lushun",
	Approver: "街道党工委", HostRule: "协商会议由基层党组织负责人主持", Sources: []string{"党政交题", "委员荐题", "群众征题", "政协选题"},
	Manners: []string{"依法依规", "文明表达", "机会均等", "实事求是"}, TakesTopics: true,
}}

// consultation is a matter of 旅事商量: what it is about, and the six 协商成果
// that it came to.
type consultation struct {
	title, source, plan string
	outcomes            []string
}

// lushunYear are the matters of 2023: 9 × 6 = 54 协商成果 (LS-18). The first
// two are the cases of LS-19, the next three the topics of the year's plan that
// sank to the grassroots (LS-17); the rest, and what all came to, is invented.
var lushunYear = []consultation{
	{"盐场新村回迁区房产证", "群众征题", "", []string{"成立办证专班", "逐户核对回迁底册", "补齐竣工备案手续", "开设集中受理窗口", "上门为老人代办", "每月公布办证进度"}},
	{"破解柏杨路杨树沟路段交通安全问题", "群众征题", "", []string{"安装减速带", "重划道路标线", "增设反光镜", "增设路灯", "清理占道堆物", "设上下学护学岗"}},
	{"推进更高水平“平安旅顺”建设", "政协选题", "区政协2023年课题：推进更高水平“平安旅顺”建设", []string{"补装楼道监控", "设邻里调解室", "组建夜间巡逻队", "开展反诈宣传", "排查老旧线路", "建立重点人员走访制度"}},
	{"加强农村生产生活垃圾分类治理", "政协选题", "区政协2023年课题：加强农村生产生活垃圾分类治理", []string{"增设分类投放点", "回收农药包装物", "建果树枝条粉碎点", "调整清运时间", "评选示范户", "把分类写进村规民约"}},
	{"缓解企业用工难、留工难", "政协选题", "区政协2023年课题：缓解企业用工难、留工难", []string{"举办专场招聘会", "开通通勤班车", "提供人才公寓", "开展订单培训", "协调子女入学", "建立用工余缺调剂群"}},
	{"改善老旧小区停车秩序", "党政交题", "", []string{"新划停车位", "错时开放单位车场", "迁移废弃车辆", "打通消防通道", "增设充电车棚", "成立停车自治小组"}},
	{"采摘季乡村道路疏导", "委员荐题", "", []string{"设临时停车场", "施划单行路线", "增派疏导人员", "统一采摘园指示牌", "增设流动卫生间", "发布客流提示"}},
	{"社区老年助餐点建设", "群众征题", "", []string{"改造闲置用房", "引入助餐企业", "定价公示", "行动不便老人送餐", "志愿者排班", "每季听取意见"}},
	{"渔港渔民上岸便利服务", "委员荐题", "", []string{"设渔民服务站", "提供淡水补给", "开设夜间门诊", "代办船舶手续", "修缮码头照明", "设渔具堆放区"}},
}

// lushunToday are those of the present, each one step further than the one
// before.
var lushunToday = []string{"拓宽背街小巷消防通道", "规范早市占道经营", "改善公交首末站候车条件", "整治河道两侧私搭乱建", "完善小区无障碍设施", "解决高层住宅二次供水问题", "提升社区卫生服务站诊疗能力", "治理楼道电动车充电隐患"}

// lushun tells the platform of 旅顺口.
func (s *stage) lushun() {
	s.story = append(s.story, s.setUp(lushunBoard)...)
	for i, c := range lushunYear {
		w := lushunSteps(shanghai(2023, 2, 6, 9, 10).AddDate(0, 0, 21*i), 4, i%2+1, c, 99)
		w.lushunEnd(c.outcomes)
		s.scripts = append(s.scripts, w.sc)
	}
	for i, title := range lushunToday {
		w := lushunSteps(ago(s.now, 3+i, 9), 1, 1, consultation{title, "政协选题", "", []string{"先试点一处", "建立管护制度"}}, i+1)
		s.scripts = append(s.scripts, w.sc)
	}
	s.lushunTopics()
}

// lushunSteps walks through so many of the steps before 推动落实, some days
// apart: 1 筛选, 2 报审, 3 审定, 4 确定主体, 5 调研, 6 协商, 7 报送, 8 and more:
// 开始落实.
func lushunSteps(at time.Time, apart, street int, c consultation, steps int) *walk {
	who := func(key string) string { return fmt.Sprintf("%s-%d", key, street) }
	liaison, now := who("street"), time.Time{} // soon after the move before
	w := begin(at, liaison, "lushun", topic{platform: lushunBoard.spec.Code, title: c.title, source: c.source, street: liaison, plan: c.plan})
	parts := []func(){
		func() {
			w.do(now, liaison, "screen", fixed(process.Form{"valueNote": "群众反映集中，影响日常生活，有协商解决的条件"}))
		},
		func() {
			w.do(now, liaison, "submitTopic", fixed(process.Form{"what": c.title, "who": "居民代表、职能部门、政协委员", "how": "先走访调研，再面对面协商"}))
		},
		func() {
			w.do(now, who("approver"), "approveTopic", func(*scene) process.Form {
				return process.Form{"on": w.sc.day("approveTopic"), "name": lushunStreets[street-1] + "街道党工委副书记", "text": "同意协商"}
			})
		},
		func() { w.lushunParties(liaison, who("host")) },
		func() { w.lushunResearch(liaison) },
		func() { w.lushunMeeting(liaison, who("host"), street) },
		func() { w.lushunReport(liaison, who("host"), c.outcomes) },
		func() { w.lushunClaims(liaison, c.outcomes) },
	}
	for i := range min(steps, len(parts)) {
		w.last = w.later(apart)
		parts[i]()
	}
	return w
}

// lushunParties: the host and one of each side speak.
func (w *walk) lushunParties(liaison, host string) {
	w.do(time.Time{}, liaison, "nameHost", func(x *scene) process.Form { return process.Form{"host": list{x.member(host, "")}} })
	w.also("addParties", func(x *scene) process.Form {
		ps := list{someone("居民代表甲", "RESIDENT"), someone("居民代表乙", "RESIDENT"), x.department("zhujian", "DEPARTMENT"), x.member("member-01", "MEMBER")}
		for _, p := range ps {
			p.(obj)["speaker"] = true
		}
		return process.Form{"parties": ps}
	})
	w.also("setParties", nil)
}

var lushunSides = []string{"居民代表甲", "居民代表乙", "zhujian", "member-01"}

func (w *walk) lushunResearch(liaison string) {
	w.do(time.Time{}, liaison, "recordVisit", func(x *scene) process.Form {
		return process.Form{"title": "集体走访", "on": w.sc.day("recordVisit"), "place": "现场", "summary": "与居民一起到现场察看，听取各方意见", "present": x.there(lushunSides...)}
	})
	w.also("recordResearch", func(x *scene) process.Form {
		return process.Form{"on": w.sc.day("recordVisit"), "text": "入户走访三十户，汇总出主要诉求", "partyId": x.there("member-01")[0]}
	})
	w.also("finishResearch", nil)
}

func (w *walk) lushunMeeting(liaison, host string, street int) {
	w.do(time.Time{}, liaison, "planMeeting", func(x *scene) process.Form {
		return process.Form{"title": "协商会议", "on": w.sc.day("holdMeeting"), "place": "社区会议室", "venueId": x.unitID(fmt.Sprintf("studio-%d-1", street))}
	})
	w.do(time.Time{}, host, "holdMeeting", func(x *scene) process.Form {
		return process.Form{"eventId": x.event("协商会议"), "on": w.sc.day("holdMeeting"), "summary": "各方逐项协商，达成一致", "present": x.there(append([]string{host}, lushunSides...)...)}
	})
}

// lushunReport: 问、答、辩, what was agreed, and the report (LS-12, LS-13).
func (w *walk) lushunReport(liaison, host string, outcomes []string) {
	w.do(time.Time{}, host, "recordMinutes", func(x *scene) process.Form {
		who := x.there(lushunSides...)
		return process.Form{"eventId": x.event("协商会议"), "minutes": list{
			obj{"mode": "问", "partyId": who[0], "text": "什么时候能够解决"},
			obj{"mode": "答", "partyId": who[2], "text": "已列入计划", "measures": "分两步实施，先急后缓", "period": "三个月内"},
			obj{"mode": "辩", "partyId": who[3], "text": "建议居民参与监督，解决后建立管护制度"},
		}}
	})
	w.also("addResolutions", func(x *scene) process.Form {
		var items list
		for _, text := range outcomes {
			items = append(items, obj{"text": text, "eventId": x.event("协商会议"), "owner": "区住房和城乡建设局、社区"})
		}
		return process.Form{"items": items}
	})
	w.do(time.Time{}, liaison, "report", func(x *scene) process.Form {
		return process.Form{"on": w.sc.day("report"), "text": "协商会议的经过和成果", "suggestion": "请有关部门按协商成果落实，并由居民代表参与验收", "novelty": "由居民代表参与验收"}
	})
}

func (w *walk) lushunClaims(liaison string, outcomes []string) {
	due := day(w.last.AddDate(0, 2, 0))
	for i, text := range outcomes {
		form := func(x *scene) process.Form {
			return process.Form{"itemId": x.item(text), "path": "认领", "unitId": x.unitID("zhujian"), "owner": "区住房和城乡建设局、社区", "dueOn": due}
		}
		if i == 0 {
			w.do(time.Time{}, liaison, "claim", form)
		} else {
			w.also("claim", form)
		}
	}
	w.also("follow", nil)
}

// lushunEnd: the unit reports, what was agreed is settled, the archive is
// complete.
func (w *walk) lushunEnd(outcomes []string) {
	liaison := w.sc.moves[0].who
	w.do(w.later(30), "zhujian-liaison", "respond", func(x *scene) process.Form {
		return process.Form{"on": w.sc.day("respond"), "text": "协商成果已逐项落实", "unitId": x.unitID("zhujian")}
	})
	for i, text := range outcomes {
		form := func(x *scene) process.Form {
			return process.Form{"itemId": x.item(text), "done": true, "evidence": "现场查看，居民代表验收"}
		}
		if i == 0 {
			w.do(w.later(7), liaison, "settle", form)
		} else {
			w.also("settle", form)
		}
	}
	archive := obj{}
	for _, k := range []string{"application", "plan", "minutes", "suggestion", "result", "actions", "index"} {
		archive[k] = true
	}
	w.also("file", fixed(process.Form{"archive": archive}))
}

// lushunTopics are what citizens handed in: one waits, one has become a matter
// that waits to be screened, one was answered, one was not taken up.
func (s *stage) lushunTopics() {
	const waits, taken, answered, declined = "小区门口的路灯晚上十点就关了，下夜班的人看不见路。", "第一社区健身广场的器材坏了好几个月没人修。", "公交站台没有雨棚，下雨天老人孩子没有地方躲雨。", "楼上邻居装修太吵，希望管一管。"
	input := func(text string) platforms.TopicInput {
		return platforms.TopicInput{PlatformCode: lushunBoard.spec.Code, Text: text, Name: "居民", Once: named("旅顺口" + text)}
	}
	at := map[string]time.Time{waits: ago(s.now, 1, 20), taken: ago(s.now, 4, 19), answered: shanghai(2023, 5, 10, 18, 0), declined: shanghai(2023, 6, 14, 21, 0)}
	for text, t := range at {
		s.story = append(s.story, s.handIn(t, input(text), "street-1"))
	}
	accept := given(at[taken], "topic", taken)
	accept.do(ago(s.now, 2, 10), "street-1", "accept", func(x *scene) process.Form {
		return process.Form{"kind": "lushun", "title": "修复社区健身广场器材", "itemId": x.item(taken)}
	})
	done := given(at[answered], "topic", answered)
	done.do(done.later(2), "street-1", "transfer", func(x *scene) process.Form {
		return process.Form{"on": done.sc.day("transfer"), "text": "请区住房和城乡建设局协调站台改造", "unitId": x.unitID("zhujian")}
	})
	done.do(done.later(20), "street-1", "answer", func(x *scene) process.Form {
		return process.Form{"itemId": x.item(answered), "done": true, "evidence": "现场查看", "answer": "雨棚已经装好，感谢您的建议。"}
	})
	not := given(at[declined], "topic", declined)
	not.do(not.later(2), "street-1", "decline", func(x *scene) process.Form {
		return process.Form{"itemId": x.item(declined), "done": false, "evidence": "社区已上门调解", "answer": "邻里之间的事不作为协商议题，已请社区上门调解。"}
	})
	s.scripts = append(s.scripts, accept.sc, given(accept.last, "lushun", "修复社区健身广场器材").sc, done.sc, not.sc)
}

// day is the day of the newest move of an action.
func (sc *script) day(action string) string {
	for i := len(sc.moves) - 1; i >= 0; i-- {
		if sc.moves[i].action == action {
			return clock.Day(sc.moves[i].at).Format(time.DateOnly)
		}
	}
	return ""
}
