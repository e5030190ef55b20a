package demo

import (
	"fmt"
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
)

// shuangbai is 双百恳谈协商 (PL-01): 100 场 and 100 件 are the targets of 2023.
var shuangbai = board{shanghai(2023, 1, 9, 9, 0), platforms.Spec{
	Code: "shuangbai", Brand: "双百恳谈协商", BrandOwner: "普兰店区政协", Type: "界别型", Level: "委员组", ProcessKind: "shuangbai",
	Targets: obj{"2023": obj{"talks": 100, "resolutions": 100}},
}}

// groups are the six 委员组 (PL-05), by the key of who leads each.
var groups = []struct{ key, name string }{{"gongye", "工业组"}, {"gongshanglian", "工商联组"}, {"zhengfa", "政法组"}, {"shangmao", "商贸组"}, {"shebao", "社保组"}, {"weisheng", "卫生组"}}

// rounds is how often a group went out in 2023, each time to five places: 20 ×
// 5 = 100 恳谈. In each round 5 协商事项 were set and 11 problems solved: 100 and
// 220; in half of the rounds two, in the others one became 社情民意: 30.
const (
	rounds = 20
	talks  = 5
)

// What a round talks about; places and problems are invented, some after the
// cases of PL-07.
var (
	places  = []string{"第一社区", "第二社区", "北山村", "河西村", "工业园"}
	trouble = []string{"广场没有照明", "长条凳不够", "健身器材不足"}
	agreed  = []string{"改造社区广场", "添置长条凳", "开展直播助销", "举办招聘会", "组织义诊"}
	paths   = []string{"委员单独办", "工作组联合办", "借助社会力量共同办"}
)

// problem is the j-th of a round's eleven problems: two at each place, and one
// more at the last.
func problem(j int) (text string, talk int) {
	talk = min(j/2, talks-1)
	return places[talk] + trouble[j-2*talk], talk
}

// pulandian tells the twenty rounds, and four of today, each a step further
// than the one before.
func (s *stage) pulandian() {
	s.story = append(s.story, s.setUp(shuangbai)...)
	for i := range rounds {
		g := groups[i%len(groups)]
		title := fmt.Sprintf("%s第%d轮民情恳谈", g.name, i/len(groups)+1)
		w := round(shanghai(2023, 1, 30, 9, 0).AddDate(0, 0, 14*i).Add(time.Duration(i)*3*time.Minute), g.key, title, talks)
		s.scripts = append(s.scripts, w.handled(g.key, title, 1+i%2)...)
	}
	today := []*walk{
		round(ago(s.now, 2, 9), "gongye", "工业组进企业恳谈", 0),
		round(ago(s.now, 5, 9), "zhengfa", "政法组进社区恳谈", 1),
		round(ago(s.now, 6, 9), "shangmao", "商贸组进商圈恳谈", 2),
		round(ago(s.now, 9, 9), "weisheng", "卫生组进村屯恳谈", 2),
	}
	today[2].screen()
	today[3].screen()
	today[3].set()
	for _, w := range today {
		s.scripts = append(s.scripts, w.sc)
	}
}

// round opens a matter, plans its talks, and holds so many of them.
func round(at time.Time, leader, title string, held int) *walk {
	w := begin(at, "committee", "shuangbai", topic{platform: shuangbai.spec.Code, title: title, owner: "g-" + leader})
	w.also("addTeam", func(x *scene) process.Form { return process.Form{"parties": list{x.member(leader, "")}} })
	w.also("addResidents", fixed(process.Form{"parties": list{obj{"name": "居民代表"}, obj{"name": "企业职工代表"}}}))
	first := w.last
	plan := func(n int) func(*scene) process.Form {
		return func(*scene) process.Form {
			return process.Form{"title": talkAt(n), "on": day(first.AddDate(0, 0, 1+n)), "place": places[n]}
		}
	}
	w.do(time.Time{}, leader, "planTalk", plan(0))
	for n := 1; n < max(held, 1); n++ {
		w.also("planTalk", plan(n))
	}
	for n := range held {
		w.do(first.AddDate(0, 0, 1+n), leader, "holdTalk", func(x *scene) process.Form {
			return process.Form{"eventId": x.event(talkAt(n)), "on": day(first.AddDate(0, 0, 1+n)), "summary": "先问需，后服务：逐户听取意见", "present": x.there(leader, "居民代表", "企业职工代表")}
		})
		w.also("addProblems", func(x *scene) process.Form {
			var items list
			for j := range 2*talks + 1 {
				if text, of := problem(j); of == n {
					items = append(items, obj{"text": text, "eventId": x.event(talkAt(n)), "partyId": x.there("居民代表")[0]})
				}
			}
			return process.Form{"items": items}
		})
	}
	return w
}

func talkAt(n int) string { return places[n] + "恳谈" }

func (w *walk) screen() { w.do(w.later(1), "committee", "screen", fixed(process.Form{})) }

// set says what is consulted on, one matter from each talk.
func (w *walk) set() {
	w.also("setMatter", func(x *scene) process.Form {
		var items list
		for n, e := range x.c.Events {
			items = append(items, obj{"text": agreed[n], "eventId": e.ID.String()})
		}
		return process.Form{"items": items}
	})
}

// handled carries a round to its end, with so many 社情民意, whose scripts come
// after its own.
func (w *walk) handled(leader, title string, opinions int) []*script {
	w.screen()
	w.set()
	for i, text := range agreed {
		w.also("choosePath", func(x *scene) process.Form {
			return process.Form{"itemId": x.item(text), "path": paths[i%len(paths)], "owner": x.member(leader, "")["post"]}
		})
	}
	settle := func(text string) func(*scene) process.Form {
		return func(x *scene) process.Form {
			return process.Form{"itemId": x.item(text), "done": true, "evidence": "已办好，群众代表现场确认"}
		}
	}
	for j := range 2*talks + 1 {
		text, _ := problem(j)
		if j == 0 {
			w.do(w.later(21), "committee", "settle", settle(text))
		} else {
			w.also("settle", settle(text))
		}
	}
	for _, text := range agreed {
		w.also("settle", settle(text))
	}
	var out []*script
	for j := range opinions {
		text, _ := problem(2 * j)
		name := fmt.Sprintf("关于解决%s问题的社情民意（%s）", text, title)
		w.also("toOpinion", func(x *scene) process.Form { return process.Form{"title": name, "itemId": x.item(text)} })
		out = append(out, opinionOf(w.last, name))
	}
	w.also("finish", nil)
	w.do(w.later(3), "committee", "feedBack", func(*scene) process.Form {
		return process.Form{"on": w.sc.day("feedBack"), "text": "逐户上门告知", "answer": "反映的问题已经办好"}
	})
	return append([]*script{w.sc}, out...)
}

// opinionOf is a 社情民意 that a matter of a platform became: taken up, and told
// what came of it.
func opinionOf(at time.Time, title string) *script {
	w := given(at, "opinion", title)
	w.do(w.later(1), "info", "accept", nil)
	w.also("archive", nil).because("已报送有关领导和部门，问题已经解决。")
	return w.sc
}
