package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/opinions"
)

// handedIn is a 社情民意 that somebody hands in.
func handedIn(at time.Time, who string, in opinions.Submission) *walk {
	w := &walk{sc: &script{kind: opinions.Kind, title: in.Title}, last: at.Add(-pause)}
	return w.add(move{at: at, who: who, action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) { return s.Opinions.Submit(ctx, in) }})
}

// sheets are two 社情民意 of today: a member's that came to its end, and an
// expert's that waits for the editor.
func sheets(now time.Time) []*script {
	w := handedIn(ago(now, 18, 10), memberKey(5), opinions.Submission{
		Title: "诊所外置烟道油烟直排扰民亟待整治", Text: "走访居民时了解到，某小区底商的外置烟道长期堵塞，油烟和异味影响楼上住户，多次反映没有解决。建议有关部门现场查看，限期改造烟道。",
		People: 6, Topics: []string{"民生", "环境"},
	})
	w.do(ago(now, 17, 9), "info", "accept", nil)
	w.do(ago(now, 17, 11), "info", "edit", fixed(process.Form{"title": "诊所外置烟道油烟直排扰民亟待整治", "text": "某小区底商外置烟道长期堵塞，油烟直排影响楼上四十余户居民。建议有关部门现场查看，限期改造，并排查同类问题。"}))
	w.also("toCheck", nil)
	w.do(ago(now, 16, 9), "sg", "clear", fixed(process.Form{"text": "不涉密。"}))
	w.do(ago(now, 16, 15), "chair", "sign", nil)
	w.do(ago(now, 15, 9), "info", "recordIssue", fixed(process.Form{"number": "第12期", "on": day(ago(now, 15, 9))}))
	w.also("recordReport", fixed(process.Form{"to": "区委办公室、区政府办公室", "on": day(ago(now, 15, 9))}))
	w.do(ago(now, 8, 9), "info", "recordAdoption", fixed(process.Form{"level": "CITY", "type": "SINGLE", "on": day(ago(now, 8, 9))}))
	w.do(ago(now, 3, 9), "info", "archive", nil).because("已由市政协采用，有关部门到现场查看，烟道改造完成，居民表示满意。")
	x := handedIn(ago(now, 2, 15), "info", opinions.Submission{
		Title: "完善城市更新中历史街区消防设施的建议", Text: "历史街区道路狭窄、耗气耗电商户集中，消防水源和微型消防站不足。建议在更新方案中同步安排消防设施，并明确日常管护单位。",
		Origin: opinions.Expert, Topics: []string{"城市更新"},
		From: &opinions.Outsider{Name: "专家一", Institution: "某大学城市研究所", Post: "研究员", HandedIn: "专家座谈会上的书面发言"},
	})
	return []*script{w.sc, x.sc}
}
