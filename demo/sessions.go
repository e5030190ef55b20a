package demo

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// session is what 社区议事会 and 楼宇议企会 of 中山 differ in (ZS-15, ZS-16).
type session struct {
	board
	title, street, venue, place string
	edition                     int
	guest, kind                 string // who brings the problems
	begins                      time.Time
	issues                      []issue
}

// issue is a problem, what its unit prepared, and what the meeting came to.
type issue struct{ text, unit, solution, result string }

var sessions2024 = []session{
	{
		board{shanghai(2022, 1, 10, 9, 0), platforms.Spec{Code: "yishihui", Brand: "社区议事会", BrandOwner: "中山区政协", Type: "区域型", Level: "社区", ProcessKind: "yishihui", TakesTopics: true}},
		// the edition is a demo value: the source gives the year in which they began, 2008
		"2024年社区议事会（桃源街道长利社区）", "taoyuan", "st-taoyuan", "长利社区", 17, "居民代表", "RESIDENT", shanghai(2024, 4, 8, 9, 0),
		[]issue{
			{"楼道堆物占用消防通道", "chengguan", "会前现场核实，联合社区清理", "现场解决"}, {"小区停车难", "chengguan", "挖潜新增车位，错时停车", "认领"},
			{"老楼外墙渗水", "zhujian", "列入维修计划并明确时限", "认领"}, {"缺少社区老年食堂", "minzheng", "选址和运营主体正在论证", "记录在案"},
		},
	},
	{
		board{shanghai(2022, 1, 10, 9, 30), platforms.Spec{Code: "yiqihui", Brand: "楼宇议企会", BrandOwner: "中山区政协", Type: "区域型", Level: "楼宇", ProcessKind: "yiqihui"}},
		"第一届楼宇议企会（锦联大厦）", "renminlu", "st-jinlian", "锦联大厦委员工作站", 1, "楼宇企业代表", "COMPANY", shanghai(2024, 6, 17, 9, 0),
		[]issue{
			{"楼宇周边早高峰停车难", "chengguan", "增设限时停车位", "认领"}, {"惠企政策知晓度不高", "shangwu", "政策专员进楼宇，每季一讲", "现场解决"},
			{"员工就餐配套不足", "shangwu", "引入团餐企业洽谈", "记录在案"},
		},
	},
}

// sessions tells the two of 2024 and one that is being prepared.
func (s *stage) sessions() {
	for _, x := range sessions2024 {
		s.story = append(s.story, s.setUp(x.board)...)
		w := x.before(x.begins)
		x.prepared(w)
		x.meeting(w)
		x.after(w)
		s.scripts = append(s.scripts, w.sc)
	}
	next := sessions2024[0]
	next.title = "社区议事会：桃源街道（筹备中）"
	s.scripts = append(s.scripts, next.before(ago(s.now, 6, 9)).sc)
}

func (x session) liaison() string { return "street-" + x.street }

// units are those that the issues are about, each once.
func (x session) units() (keys []string) {
	for _, i := range x.issues {
		if !slices.Contains(keys, i.unit) {
			keys = append(keys, i.unit)
		}
	}
	return keys
}

// before: 摸底、视察、清单.
func (x session) before(at time.Time) *walk {
	w := begin(at, x.liaison(), x.spec.ProcessKind, topic{platform: x.spec.Code, title: x.title, street: x.street})
	w.also("addParties", func(s *scene) process.Form {
		return process.Form{"parties": list{s.member("member-01", "MEMBER"), s.member("member-02", "MEMBER")}}
	})
	w.also("addProblems", func(*scene) process.Form {
		var items list
		for _, i := range x.issues {
			items = append(items, obj{"text": i.text})
		}
		return process.Form{"items": items}
	})
	w.do(w.later(2), x.liaison(), "inspect", func(s *scene) process.Form {
		return process.Form{"title": "集中视察", "on": w.sc.day("inspect"), "place": x.place, "summary": "逐个问题到现场察看", "present": s.there("member-01", "member-02")}
	})
	w.also("addParties", func(s *scene) process.Form {
		var ps list
		for _, u := range x.units() {
			ps = append(ps, s.department(u, "DEPARTMENT"))
		}
		return process.Form{"parties": ps}
	})
	w.also("list", nil)
	return w
}

// prepared: each unit looks and says what it can do.
func (x session) prepared(w *walk) {
	for _, i := range x.issues {
		w.do(w.later(1), i.unit+"-liaison", "prepare", func(s *scene) process.Form {
			return process.Form{"itemId": s.item(i.text), "path": "会前准备", "solution": i.solution, "unitId": s.unitID(i.unit)}
		})
	}
	w.do(w.later(1), x.liaison(), "prepared", nil)
	w.also("addParties", fixed(process.Form{"parties": list{someone("副区长", "LEADER"), someone(x.guest, x.kind)}}))
	w.also("planMeeting", func(s *scene) process.Form {
		return process.Form{"title": x.title, "on": w.sc.day("hold"), "place": x.place, "venueId": s.unitID(x.venue), "edition": float64(x.edition)}
	})
}

// meeting: each problem is solved on the spot, claimed, or recorded.
func (x session) meeting(w *walk) {
	w.do(w.later(5), x.liaison(), "hold", func(s *scene) process.Form {
		return process.Form{"eventId": s.event(x.title), "on": w.sc.day("hold"), "summary": "面对面逐项答复", "present": s.there(append(x.units(), "副区长", x.guest, "member-01", "member-02")...)}
	})
	due := day(w.last.AddDate(0, 2, 0))
	for _, i := range x.issues {
		w.also("decide", func(s *scene) process.Form {
			return process.Form{"itemId": s.item(i.text), "path": i.result, "unitId": s.unitID(i.unit), "solution": i.solution, "dueOn": due}
		})
		if i.result == "现场解决" {
			w.also("settle", x.settle(i, true, "会上当场答复并解决"))
		}
	}
	w.also("follow", nil)
}

func (x session) settle(i issue, done bool, evidence string) func(*scene) process.Form {
	return func(s *scene) process.Form {
		return process.Form{"itemId": s.item(i.text), "done": done, "evidence": evidence}
	}
}

// after: what was claimed is done, what was recorded has its explanation.
func (x session) after(w *walk) {
	for _, i := range x.issues {
		if i.result == "认领" {
			at := w.later(12)
			w.do(at, i.unit+"-liaison", "respond", func(s *scene) process.Form {
				return process.Form{"on": day(at), "text": i.text + "：已按承诺办结", "itemId": s.item(i.text), "unitId": s.unitID(i.unit)}
			})
		}
	}
	closing := w.later(10)
	for _, i := range x.issues {
		if i.result == "现场解决" {
			continue
		}
		form := x.settle(i, false, "条件尚不具备，列入明年计划")
		if i.result == "认领" {
			form = x.settle(i, true, "现场核实已办结")
		}
		if w.last.Before(closing) {
			w.do(closing, x.liaison(), "settle", form)
		} else {
			w.also("settle", form)
		}
	}
	w.also("close", func(*scene) process.Form {
		return process.Form{"on": day(closing), "text": x.title + "问题清单的办理情况"}
	})
}
