package demo

import (
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// zhaoshang is the 招商线索目录 of 甘井子 (GJ-02).
var zhaoshang = board{shanghai(2023, 1, 9, 9, 0), platforms.Spec{
	Code: "zhaoshang", Brand: "招商线索目录", BrandOwner: "甘井子区政协", Type: "专业型", Level: "区", ProcessKind: "zhaoshang", HostRule: "由区政协主要领导带队对接",
}}

// lead is a clue of a member, the amount in yuan; steps say how far it came: 1
// described, 2 in the catalogue, 3 met, 4 tracked, 5 landed; ends after 4: given up.
type lead struct {
	title, company, industry string
	yuan                     float64
	steps                    int
	lost                     bool
	ago                      int // working days before today
}

var leadsList = []lead{
	{"预制菜中央厨房项目", "某食品公司", "预制菜", 43_000_000, 5, false, 95},
	{"五金机电数字市场项目", "某商贸公司", "商圈建设", 120_000_000, 4, false, 80},
	{"滨海文旅营地项目", "某文旅公司", "文旅产业", 65_000_000, 4, true, 90},
	{"冷链仓储项目", "某物流公司", "预制菜", 88_000_000, 2, false, 9},
	{"影视拍摄基地项目", "某传媒公司", "文旅产业", 30_000_000, 1, false, 4},
}

// leads tells them.
func (s *stage) leads() {
	s.story = append(s.story, s.setUp(zhaoshang)...)
	for i, l := range leadsList {
		s.scripts = append(s.scripts, l.tell(s, memberKey(1+i%2)).sc)
	}
}

func (l lead) tell(s *stage, who string) *walk {
	w := begin(ago(s.now, l.ago, 10), who, "zhaoshang", topic{platform: zhaoshang.spec.Code, title: l.title})
	text := l.company + "：" + l.title
	w.also("describe", fixed(process.Form{"company": l.company, "industry": l.industry, "items": list{obj{"text": text, "amountFen": l.yuan * 100}}}))
	if l.steps >= 2 {
		w.do(w.later(2), "committee", "catalogue", nil)
		w.also("nameHost", func(x *scene) process.Form { return process.Form{"host": list{x.member("chair", "")}} })
		w.also("addParties", func(x *scene) process.Form {
			return process.Form{"parties": list{x.department("shangwu", "DEPARTMENT")}}
		})
	}
	if l.steps >= 3 {
		at := w.later(7)
		w.do(at, "committee", "contact", func(x *scene) process.Form {
			return process.Form{"title": "带队对接", "on": day(at), "summary": "与区商务局对接选址和政策", "present": x.there("chair", "shangwu")}
		})
	}
	if l.steps >= 4 {
		w.also("track", nil)
		at := w.later(20)
		w.do(at, "committee", "progress", fixed(process.Form{"on": day(at), "text": "完成选址比选，正在洽谈"}))
	}
	end := func(done bool, evidence string) func(*scene) process.Form {
		return func(x *scene) process.Form {
			return process.Form{"itemId": x.item(text), "done": done, "evidence": evidence}
		}
	}
	switch {
	case l.lost:
		w.do(w.later(20), "committee", "fail", end(false, "企业调整投资计划")).because("企业调整投资计划")
	case l.steps >= 5:
		w.do(w.later(60), "committee", "land", end(true, "已签约并完成注册"))
	}
	return w
}
