package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/plans"
)

// planTale is a year plan of the city, issued before its year begins.
type planTale struct {
	kind   plans.Kind
	begun  time.Time // the first of the steps, on the hours of whose day they are
	number string    // of the documents
	items  []planItem
}

type planItem struct {
	text, aspect, unit, leader string
	due                        time.Time
	path                       string
	loop                       string    // title of what is attached
	attached                   time.Time // zero: when the plan was approved
	done                       string    // evidence
	doneAt                     time.Time
}

// plans2023 are the two of 2023 (DL-07, DL-12): the loops of three years have
// their places in them.
var plans2023 = []planTale{
	{plans.Supervision, shanghai(2022, 12, 5, 9, 0), "45", []planItem{
		{"2022年一号提案落实情况", "一号提案", "tianwei", "市政协主席", shanghai(2023, 12, 20, 0, 0), "政协选题", waterTitle, time.Time{}, "", time.Time{}},
		{"优化营商环境政策落实情况", "民主评议", "fazhiwei", "市政协副主席", shanghai(2023, 6, 30, 0, 0), "党政交题", "", time.Time{}, "评议报告已报市委、市政府，五项意见被采纳", shanghai(2023, 6, 28, 15, 0)},
		{"近岸海域环境治理情况", "监督议题", "renziwei", "市政协副主席", shanghai(2023, 10, 31, 0, 0), "委员荐题", "", time.Time{}, "", time.Time{}},
	}},
	{plans.Consultation, shanghai(2022, 12, 5, 14, 0), "46", []planItem{
		{"2023年一号提案办理协商", "提案办理协商", "tianwei", "市政协主席", shanghai(2023, 12, 15, 0, 0), "政协选题", energyTitle, time.Time{}, "", time.Time{}},
		{"2024年度一号提案选题调研", "调研课题", "tianwei", "市政协主席", shanghai(2023, 11, 30, 0, 0), "政协选题", nextTitle, shanghai(2023, 2, 21, 10, 0), "", time.Time{}},
		{"协同推动港产城融创发展", "专题议政性常委会", "jingjiwei", "市政协副主席", shanghai(2023, 7, 31, 0, 0), "党政交题", "", time.Time{}, "常委会会议已召开，专题报告已报市委", shanghai(2023, 7, 28, 15, 0)},
		{"完善城市社区养老服务", "双月协商座谈会", "fazhiwei", "市政协副主席", shanghai(2023, 9, 28, 0, 0), "群众征题", "", time.Time{}, "", time.Time{}},
	}},
}

// plans tells the city's plans.
func (s *stage) plans() {
	for _, p := range plans2023 {
		s.scripts = append(s.scripts, p.tell())
	}
}

func (p planTale) tell() *script {
	const year = 2023
	w := &walk{sc: &script{kind: plans.MatterKind, title: p.kind.Name(year)}, last: p.begun.Add(-pause)}
	w.add(move{at: p.begun, who: "sg", action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		return s.Plans.Open(ctx, plans.Opening{Plan: p.kind, Year: year})
	}})
	for _, i := range p.items {
		w.also("addItem", func(x *scene) process.Form {
			return process.Form{"text": i.text, "aspect": i.aspect, "unitId": x.unitID(i.unit), "leaderPost": i.leader, "dueOn": day(i.due), "path": i.path}
		})
	}
	step := func(days int, who, action string, form process.Form) {
		at := p.begun.AddDate(0, 0, days)
		form["on"] = day(at)
		w.do(at, who, action, fixed(form))
	}
	step(7, "sg", "consultThree", process.Form{"place": "市政协会议室", "text": "就议题、牵头单位和时间逐项协商，取得一致。", "present": list{
		obj{"as": "PARTY", "name": "市委办公室"}, obj{"as": "GOVERNMENT", "name": "市政府办公室"}, obj{"as": "CPPCC", "name": "市政协办公室"},
	}})
	step(11, "chair", "approveByPartyGroup", process.Form{"text": "市政协党组会议审定。"})
	step(14, "sg", "submit", process.Form{"number": "大政协党组〔2022〕" + p.number + "号"})
	step(21, "sg", "recordApproval", process.Form{"by": "市委常委会", "number": "大委〔2022〕" + p.number + "号", "text": "同意。"})
	step(23, "chair", "issue", process.Form{"number": "大政协办发〔2022〕" + p.number + "号"})
	for _, i := range p.items { // in the order of time
		if i.loop != "" {
			at := i.attached
			if at.IsZero() {
				at = w.last.Add(time.Hour)
			}
			w.do(at, "sg", "attach", func(x *scene) process.Form {
				return process.Form{"itemId": x.item(i.text), "matterId": x.matter(cohorts.Kind, i.loop)}
			})
		}
	}
	for _, i := range p.items {
		if i.done != "" {
			w.do(i.doneAt, "sg", "finishItem", func(x *scene) process.Form { return process.Form{"itemId": x.item(i.text), "evidence": i.done} })
		}
	}
	return w.sc
}
