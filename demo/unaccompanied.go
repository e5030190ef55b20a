package demo

import (
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// wupeitong is 无陪同体验式调研 of 中山 (ZS-01).
var wupeitong = board{shanghai(2022, 1, 10, 10, 0), platforms.Spec{
	Code: "wupeitong", Brand: "无陪同体验式调研", BrandOwner: "中山区政协", Type: "专业型", Level: "区", ProcessKind: "wupeitong", HostRule: "不用陪同、不发通知、不打招呼、不听汇报",
	Targets: obj{"2024": obj{"matters": 24, "reports": 24}},
}}

// researched are the 24 topics of 2024 (ZS-05); they are invented.
var researched = []string{
	"夜间公共交通服务", "口袋公园使用", "楼宇配套服务", "居家养老上门服务", "早餐网点布局", "老旧电梯更新", "社区卫生服务站就诊", "外卖骑手休息场所",
	"特色街区夜间业态", "停车泊位利用", "家政服务规范", "小微企业融资", "校园周边交通", "文化场馆延时开放", "公共卫生间管理", "菜市场环境",
	"托育服务供给", "噪声扰民治理", "再生资源回收网点", "政务服务窗口", "海滨步道设施", "物业服务质量", "青年就业驿站", "无障碍设施",
}

// speeches are how many of the reports were heard by the standing committee.
const speeches = 4

// unaccompanied tells the 24 topics of 2024, each with one report: 9 on the
// first visit, 8 on the second, and one more on the second visits of those that
// were heard, 24 × 17 + 4 = 412 人次 of visits (400余人次); at the meetings two
// people each, which are counted by themselves; and one topic of today, of which
// only its team knows.
func (s *stage) unaccompanied() {
	s.story = append(s.story, s.setUp(wupeitong)...)
	for i, title := range researched {
		r := study{i, title + "情况调研", i%(len(researched)/speeches) == 0}
		w := r.team(shanghai(2024, 3, 4, 9, 0).Add(time.Duration(i) * 11 * time.Minute))
		r.visits(w)
		s.scripts = append(s.scripts, w.sc)
		s.scripts = append(s.scripts, r.heard(w)...)
	}
	now := study{5, "社区助餐点价格和质量调研", false}
	w := now.team(ago(s.now, 12, 9).Add(21 * time.Minute))
	w.do(w.later(1), now.lead(), "planVisit", func(*scene) process.Form {
		return process.Form{"title": "到助餐点排队就餐", "on": day(s.now.AddDate(0, 0, 7))}
	})
	s.scripts = append(s.scripts, w.sc)
}

// study is one topic: its number, and whether its report is heard.
type study struct {
	i      int
	title  string
	spoken bool
}

func (r study) lead() string { return memberKey(1 + r.i) }

// people are so many of the team of nine.
func (r study) people(n int) (keys []string) {
	for j := range n {
		keys = append(keys, memberKey(1+(r.i+5*j)%len(researched)))
	}
	return keys
}

// team: the chairpersons' meeting approves the topic, the team is set.
func (r study) team(at time.Time) *walk {
	w := begin(at, "committee", "wupeitong", topic{platform: wupeitong.spec.Code, title: r.title})
	w.do(w.later(3), "sg", "approveTopic", func(*scene) process.Form {
		return process.Form{"on": w.sc.day("approveTopic"), "text": "列入年度工作方案"}
	})
	w.do(w.later(3), "committee", "addTeam", func(x *scene) process.Form {
		var ps list
		for j, key := range r.people(9) {
			p := x.member(key, "")
			p["organisation"] = []string{"经济科技委员会", "界别活动组", "街道联络委"}[j%3]
			ps = append(ps, p)
		}
		return process.Form{"parties": ps}
	})
	w.also("setTeam", nil)
	return w.do(w.later(1), r.lead(), "startVisits", nil)
}

// visits: two, then the report.
func (r study) visits(w *walk) {
	visit := func(title string, n int, on string) func(*scene) process.Form {
		return func(x *scene) process.Form {
			return process.Form{"title": title, "on": on, "summary": "现场体验，记录时间、价格和人数", "present": x.there(r.people(n)...)}
		}
	}
	again := 8
	if r.spoken {
		again = 9
	}
	at := w.later(70 + r.i)
	w.do(at, r.lead(), "recordVisit", visit("第一次走访", 9, day(at)))
	at = w.later(60)
	w.do(at, r.lead(), "recordVisit", visit("第二次走访", again, day(at)))
	w.also("draftReport", nil)
	at = w.later(60)
	w.do(at, r.lead(), "addSuggestions", fixed(process.Form{"items": list{obj{"text": "制定改进方案并明确时限"}}}))
	w.also("submitReport", fixed(process.Form{
		"on": day(at), "text": r.title + "报告：情况、问题和建议。", "topicSound": "群众急难愁盼", "researchDeep": "两次现场体验", "consultThorough": "与群众和从业者交谈", "effectReal": "建议可以操作",
	}))
}

// heard: the standing committee meets on 26 November with the leaders; what
// was proposed is settled, every third becomes a 社情民意.
func (r study) heard(w *walk) (more []*script) {
	hour := time.Duration(r.i) * 13 * time.Minute
	choice := "list"
	if r.spoken {
		choice = "select"
	}
	w.do(w.later(14), "committee", choice, nil)
	w.also("invite", func(x *scene) process.Form {
		return process.Form{"parties": list{someone("副区长", "LEADER"), x.department("fagai", "DEPARTMENT")}}
	})
	w.do(shanghai(2024, 11, 26, 9, 0).Add(hour), "committee", "consult", func(x *scene) process.Form {
		return process.Form{"title": "常委会会议", "on": "2024-11-26", "summary": "专题听取年度调研情况", "present": x.there("副区长", "fagai", r.lead())}
	})
	w.also("send", fixed(process.Form{"on": "2024-11-26", "text": "报送调研报告"}))
	w.do(shanghai(2024, 12, 16, 9, 0).Add(hour), "committee", "settle", func(x *scene) process.Form {
		return process.Form{"itemId": x.item("制定改进方案并明确时限"), "done": true, "evidence": "有关部门已研究采纳"}
	})
	if r.i%3 == 0 {
		title := "关于改进" + researched[r.i] + "的社情民意"
		w.also("toOpinion", func(x *scene) process.Form {
			return process.Form{"title": title, "itemId": x.item("制定改进方案并明确时限")}
		})
		w.also("convert", nil)
		more = append(more, opinionOf(w.last, title))
	} else {
		w.also("notConverted", fixed(process.Form{"on": "2024-12-16", "text": "有关部门已作工作参考，没有另提提案或社情民意"})).because("已作工作参考")
	}
	w.also("archive", nil)
	return more
}
