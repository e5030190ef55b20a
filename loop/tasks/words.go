package tasks

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// A word is what an action tells the other committee.
type word struct {
	As string `json:"as" doc:"作为哪种办理情况告诉对方，例如 ACCEPTED、NODE、NODE_ADDED、VERIFIED"`
}

// telling is what an action says of the task to who acts next.
type telling struct {
	Text string `json:"text" doc:"通知里接在任务标题后面的话，例如 已交办，请承接"`
}

// withEffect are the words that can be told, with the effect that has to come
// first in the same action: the word carries what that one did. None: the move
// alone is told.
var (
	reportsWith = map[string]string{"ACCEPTED": "", "DECLINED": "task.decline", "NODE": "task.report_node", "FINAL": "task.report"}

	decisionsWith = map[string]string{"NODE_ADDED": "task.add_node", "NODE_ACCEPTED": "task.accept_node", "NODE_RETURNED": "task.return_node",
		"VERIFIED": "task.finish", "EXPLAINED": "task.explain", "RETURNED": "task.reopen", "POSTPONED": "task.postpone", withdrawn: "task.withdraw"}
)

// What version 1 of the process left to the action's code (testdata/task-1.yaml).
// It stays as long as a task may run on it, or on a committee's own of that time.
var (
	formerReports = map[string]string{"accept": "ACCEPTED", "decline": "DECLINED", "reportNode": "NODE", "report": "FINAL"}

	formerDecisions = map[string]string{"addNode": "NODE_ADDED", "acceptNode": "NODE_ACCEPTED", "returnNode": "NODE_RETURNED", "verify": "VERIFIED",
		"explain": "EXPLAINED", "sendBack": "RETURNED", "postpone": "POSTPONED", "withdraw": withdrawn, "recall": withdrawn}

	// what version 1 had said to whom by effects; from version 2 on its `tells` do
	formerTold = map[string]string{
		"issue": "已交办，请承接", "receive": "由上级政协交办，请承接", "addNode": "增加了节点", "nodeAdded": "增加了节点",
		"acceptNode": "有节点得到认可", "nodeAccepted": "有节点得到认可", "returnNode": "有节点被退回，请补充后再报", "nodeReturned": "有节点被退回，请补充后再报",
		"verify": "已核实完成", "verified": "已核实完成", "explain": "说明的原因已被认可", "explained": "说明的原因已被认可",
		"sendBack": "被退回，请继续办理", "returned": "被退回，请继续办理", "postpone": "已延期", "postponed": "已延期",
		"withdraw": "已撤回", "recall": "已撤回",
		"accept": "已承接", "accepted": "已承接", "decline": "没有承接，请修改后再交办", "declined": "没有承接，请修改后再交办",
		"reportNode": "有节点交账，请核实", "nodeReported": "有节点交账，请核实", "report": "已报告办理结果，请核实", "reported": "已报告办理结果，请核实",
	}
)

func registerWords(s *flow.Rules) {
	flow.EffectOf(s, "task.report_up", "向上级政协报告，写明是哪种办理情况", sayable("task.report_up", reportsWith, formerReports), reportUp)
	flow.EffectOf(s, "task.decide", "把决定告诉办理任务的政协，写明是哪种决定", sayable("task.decide", decisionsWith, formerDecisions), decide)
	flow.EffectOf(s, "task.tell_performers", "通知办理任务的人，写明说什么", tellable("task.tell_performers"), tell(performers))
	flow.EffectOf(s, "task.tell_issuers", "通知下达任务的人，写明说什么", tellable("task.tell_issuers"), tell(issuers))
}

// sayable finds a word that is missing, that the other committee would not
// know, or that tells of what the action does not do.
func sayable(effect string, with, former map[string]string) func(*process.Place, word) {
	return func(p *process.Place, what word) {
		all := slices.Sorted(maps.Keys(with))
		if what.As == "" {
			if former[p.Action.Code] == "" {
				p.Find("%s 要写明 as（作为哪种办理情况告诉对方）%s", effect, process.Choices("", all))
			}
			return
		}
		first, known := with[what.As]
		if !known {
			p.Find("没有办理情况“%s”%s", process.Clip(what.As), process.Choices(what.As, all))
			return
		}
		place := func(name string) int {
			return slices.IndexFunc(p.Action.Effects, func(e *process.Rule) bool { return e != nil && e.Name == name })
		}
		if at := place(first); first != "" && (at < 0 || at > place(effect)) {
			p.Find("%s 告诉对方 %s，它前面要有 %s", effect, what.As, first)
		}
	}
}

// textMax is in characters: a notice is read at a glance.
const textMax = 100

// tellable finds a notice that would say nothing, or a story.
func tellable(effect string) func(*process.Place, telling) {
	return func(p *process.Place, what telling) {
		switch {
		case what.Text == "" && formerTold[p.Action.Code] == "":
			p.Find("%s 要写明 text（通知里说什么），例如 {%s: {text: 已交办，请承接}}", effect, effect)
		case utf8.RuneCountInString(what.Text) > textMax:
			p.Find("%s 的 text 至多 %d 个字", effect, textMax)
		}
	}
}

// performers of a task: its unit's people, or for another committee's the staff
// who hand it on.
func performers(c *flow.Case) []string {
	switch {
	case received(c):
		return []string{"proposal_director", "secretary_general"}
	case theTask(c).Partner != "": // its own committee tells its people
		return nil
	}
	return []string{"unit_liaison", "unit_officer", "unit_lead"}
}

// issuers of a task; those of a received one are told in their own committee.
func issuers(c *flow.Case) []string {
	if received(c) {
		return nil
	}
	return []string{"proposal_clerk", "proposal_director"}
}

// tell sends a notice to who may see the matter as the action leaves it.
func tell(who func(*flow.Case) []string) func(context.Context, *flow.Run, telling) error {
	return func(ctx context.Context, r *flow.Run, what telling) error {
		m, then := *r.Matter, *r.Case
		if to := r.Def.Machines[process.OfMatter].State(r.Action.To); to != nil && to.Visible != "" {
			m.Visibility = matter.Visibility(to.Visible)
		}
		then.Matter = &m
		return r.Engine.Notify(ctx, &then, who(r.Case), fmt.Sprintf("六定任务《%s》%s", r.Title, cmp.Or(what.Text, formerTold[r.Action.Code])))
	}
}
