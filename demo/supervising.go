package demo

import (
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// jiandu is 民主监督 of 西岗 (XG-01, XG-04, XG-06).
var jiandu = board{shanghai(2023, 1, 9, 9, 0), platforms.Spec{
	Code: "minzhujiandu", Brand: "民主监督", BrandOwner: "西岗区政协", Type: "专业型", Level: "区", ProcessKind: "jiandu", HostRule: "向民生部门委派民主监督员，变定期为随时",
}}

// supervised is a 监督: of a unit, by its commissioner.
type supervised struct {
	title, unit, commissioner string
}

// supervision tells one that is complete and three of today: with a
// questionnaire, 暗访, and what a commissioner wrote down by himself.
func (s *stage) supervision() {
	s.story = append(s.story, s.setUp(jiandu)...)
	done := supervised{"优化营商环境政策落实情况监督", "unit", "supervisor-1"}
	w := done.team(shanghai(2023, 4, 10, 9, 0))
	done.open(w, "分组视察", "座谈")
	done.consulted(w)
	done.tracked(w)
	survey := supervised{"社区卫生服务满意度监督", "weijian", "supervisor-2"}
	asks := survey.team(ago(s.now, 16, 9))
	survey.open(asks, "问卷调查")
	secret := supervised{"养老机构服务质量监督", "minzheng", "supervisor-1"}
	visits := secret.team(ago(s.now, 10, 9))
	visits.also("conceal", nil)
	visits.do(visits.later(1), secret.commissioner, "planConcealed", func(x *scene) process.Form {
		return process.Form{"title": "暗访养老机构", "on": day(s.now.AddDate(0, 0, 5)), "unitId": x.unitID("minzheng"), "form": "暗访"}
	})
	anytime := begin(ago(s.now, 2, 14), "supervisor-3", "jiandu", topic{platform: jiandu.spec.Code, title: "校园周边秩序监督"})
	anytime.also("recordAnytime", func(*scene) process.Form {
		return process.Form{"on": anytime.on(), "mode": "行风政风检查", "text": "放学时段校门口秩序较乱，建议增派人员"}
	})
	s.scripts = append(s.scripts, w.sc, asks.sc, visits.sc, anytime.sc)
}

// team: the plan is approved, the team formed.
func (v supervised) team(at time.Time) *walk {
	w := begin(at, "committee", "jiandu", topic{platform: jiandu.spec.Code, title: v.title})
	w.do(w.later(2), "sg", "approve", func(*scene) process.Form {
		return process.Form{"on": w.sc.day("approve"), "by": "主席会议", "subject": v.title, "purpose": "推动政策落到实处"}
	})
	w.do(w.later(2), "committee", "addTeam", func(x *scene) process.Form {
		return process.Form{"parties": list{x.member(v.commissioner, "SUPERVISOR"), x.member("member-01", "MEMBER"), someone("区委督查室", "PARTNER")}}
	})
	return w.also("formTeam", nil)
}

// open: the unit is told; each form is one activity.
func (v supervised) open(w *walk, forms ...string) {
	w.also("notify", func(x *scene) process.Form {
		p := x.department(v.unit, "")
		delete(p, "kind")
		return process.Form{"units": list{p}}
	})
	for _, form := range forms {
		at := w.later(2)
		w.do(at, v.commissioner, "planOpen", func(x *scene) process.Form {
			return process.Form{"title": form, "on": day(at), "unitId": x.unitID(v.unit), "form": form}
		})
		w.also("hold", func(x *scene) process.Form {
			return process.Form{"eventId": x.event(form), "summary": "听取服务对象意见，查看台账", "present": x.there(v.commissioner, "member-01", "区委督查室")}
		})
	}
	w.also("finish", nil)
}

const suggested = "公开办事时限并接受评议"

// consulted: the unit is heard, gets the suggestion and says what it will do.
func (v supervised) consulted(w *walk) {
	at := w.later(5)
	w.do(at, "committee", "consult", func(x *scene) process.Form {
		return process.Form{"title": "协商座谈会", "on": day(at), "summary": "与被监督单位交换意见", "present": x.there(v.commissioner, v.unit)}
	})
	w.do(w.later(2), v.commissioner, "addSuggestions", func(x *scene) process.Form {
		return process.Form{"items": list{obj{"text": suggested, "unitId": x.unitID(v.unit)}}}
	})
	w.do(w.later(1), "committee", "suggest", nil)
	planned := w.later(9)
	w.do(planned, v.unit+"-liaison", "plan", func(x *scene) process.Form {
		return process.Form{"itemId": x.item(suggested), "path": "采纳", "solution": "在窗口和网上公开全部事项的时限", "unitId": x.unitID(v.unit), "dueOn": day(planned.AddDate(0, 2, 0))}
	})
	w.also("respond", fixed(process.Form{"on": day(planned), "text": "落实方案"}))
}

// tracked: what was promised is done, looked at again and reported.
func (v supervised) tracked(w *walk) {
	w.do(w.later(3), "committee", "track", nil)
	at := w.later(40)
	w.do(at, v.unit+"-liaison", "reportProgress", fixed(process.Form{"on": day(at), "text": "时限已全部公开"}))
	at = w.later(20)
	w.do(at, "committee", "settle", func(x *scene) process.Form {
		return process.Form{"itemId": x.item(suggested), "done": true, "evidence": "抽查三十个事项，时限均已公开"}
	})
	w.also("review", fixed(process.Form{"on": day(at), "text": "回头看：公开的时限得到遵守"}))
	w.also("close", fixed(process.Form{"on": day(at), "text": "监督报告"}))
}
