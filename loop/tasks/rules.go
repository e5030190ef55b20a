package tasks

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

// States that rules and envelopes look at.
const (
	draft   = "DRAFT"
	issued  = "ISSUED"
	working = "WORKING"
)

// Outcomes of a report.
const (
	done      = "DONE"
	explained = "EXPLAINED" // not done, and why
)

// checklists are the rules that name everything that is missing.
var checklists = map[string]struct {
	says string
	list func(*flow.Input) []string
}{
	"six_fixed":      {"六定齐全：单位、领导、人员、责任、时间、效果及其衡量", sixFixed},
	"days":           {"任务和节点的日期都没有过，节点不晚于任务的期限", days},
	"nodes_reported": {"每个节点都已交账或了结", nodesReported},
	"below_closed":   {"分解出去的任务都已结束", belowClosed},
	"nodes_settled":  {"每个节点都已认可", nodesSettled},
	"reported_done":  {"承办方报告的是完成", reportedDone},
}

// onForm are the rules about what is filled in.
var onForm = map[string]struct {
	says  string
	guard flow.Guard
}{
	"happened": {"日期不在今天之后", flow.Happened},
	"node_day": {"节点的日期没有过，也不晚于任务的期限", nodeDay},
	"later":    {"新的期限晚于原来的期限和今天", later},
}

// choosers leave out what nobody here owes.
var choosers = map[string]struct {
	says string
	do   flow.Chooser
}{
	"node": {"还有没了结的节点时用 task.node，否则没有这个期限", func(c *flow.Case, _ *gen.Assignment) string {
		if nextNode(c) == nil {
			return ""
		}
		return "task.node"
	}},
	"due": {"任务定了时间时用 task.due，否则没有这个期限", func(c *flow.Case, _ *gen.Assignment) string {
		if t := theTask(c); t == nil || t.DueOn == nil {
			return ""
		}
		return "task.due"
	}},
	"verify": {"本政协下达的任务用 task.verify；上级交来的由上级核实，没有这个期限", func(c *flow.Case, _ *gen.Assignment) string {
		if received(c) { // the sender verifies
			return ""
		}
		return "task.verify"
	}},
}

// bases are the agreed days themselves: the policy adds nothing to them, unless
// a committee wants so.
var bases = map[string]struct {
	says string
	do   flow.Base
}{
	"node": {"从最近一个没了结的节点的日期起算", func(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
		if n := nextNode(c); n != nil {
			return *n.DueOn, "节点“" + n.Text + "”的日期"
		}
		return time.Time{}, "节点的日期"
	}},
	"due": {"从任务所定的时间起算", func(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
		if t := theTask(c); t != nil && t.DueOn != nil {
			return *t.DueOn, "任务所定的时间"
		}
		return time.Time{}, "任务所定的时间"
	}},
}

// theTask is the item with the six fields, nil only in a case that is no task.
func theTask(c *flow.Case) *gen.Item {
	for _, i := range c.Items {
		if i.Kind == item.KindTASK {
			return i
		}
	}
	return nil
}

// nodes of the case with one of the statuses, all when none is given.
func nodes(c *flow.Case, statuses ...item.Status) (out []*gen.Item) {
	for _, i := range c.Items {
		if i.Kind != item.KindNODE {
			continue
		}
		for _, s := range statuses {
			if i.Status == s {
				out = append(out, i)
			}
		}
		if len(statuses) == 0 {
			out = append(out, i)
		}
	}
	return out
}

// nextNode is the earliest that is still owed.
func nextNode(c *flow.Case) (next *gen.Item) {
	for _, n := range nodes(c, item.StatusOPEN) {
		if n.DueOn != nil && (next == nil || n.DueOn.Before(*next.DueOn)) {
			next = n
		}
	}
	return next
}

// received reports whether another committee sent the task.
func received(c *flow.Case) bool { return c.Origin != nil }

// sender is the code of the committee that sent it, empty for our own.
func sender(c *flow.Case) string {
	code, _ := c.Origin["committee"].(string)
	return code
}

// performs: a received task is done by its committee's own staff, our own by
// its unit's people, and what went to another committee by nobody here.
func performs(c *flow.Case, v *authz.Viewer) bool {
	if received(c) {
		return true
	}
	t := theTask(c)
	return t != nil && t.Partner == "" && v.InUnit(t.UnitID)
}

// sixFixed: DL-04. The measure belongs to the effect, and is asked for by
// itself since it is what is checked in the end.
func sixFixed(in *flow.Input) (missing []string) {
	t := theTask(in.Case)
	if t == nil {
		return []string{"没有任务的内容"}
	}
	for _, f := range []struct {
		ok   bool
		says string
	}{
		{t.UnitID != nil || t.Partner != "", "定单位：请选择责任单位，或交给哪个政协"},
		{t.LeaderID != nil || t.LeaderPost != "", "定领导：请选择负责的领导，或填写其职务"},
		{t.OfficerID != nil || t.OfficerPost != "", "定人员：请选择承办的人员，或填写其职务"},
		{t.Duty != "", "定责任：请填写责任"},
		{t.DueOn != nil, "定时间：请填写期限"},
		{t.Effect != "", "定效果：请填写要达到的效果"},
		{t.Measure != "", "定效果：请填写效果怎样衡量"},
	} {
		if !f.ok {
			missing = append(missing, f.says)
		}
	}
	return missing
}

func days(in *flow.Input) (wrong []string) {
	t := theTask(in.Case)
	if t == nil || t.DueOn == nil {
		return nil // sixFixed says it
	}
	switch {
	case t.DueOn.Before(in.Today()):
		wrong = append(wrong, fmt.Sprintf("任务的期限%s已过，请修改", t.DueOn.Format(time.DateOnly)))
	case t.DueOn.After(in.Today().AddDate(day.Farthest, 0, 0)):
		wrong = append(wrong, fmt.Sprintf("任务的期限%s超过 %d 年，请核对", t.DueOn.Format(time.DateOnly), day.Farthest))
	}
	for _, n := range nodes(in.Case, item.StatusOPEN) {
		switch {
		case n.DueOn == nil:
			wrong = append(wrong, fmt.Sprintf("节点“%s”没有日期", n.Text))
		case n.DueOn.After(*t.DueOn):
			wrong = append(wrong, fmt.Sprintf("节点“%s”的日期%s晚于任务的期限", n.Text, n.DueOn.Format(time.DateOnly)))
		case n.DueOn.Before(in.Today()):
			wrong = append(wrong, fmt.Sprintf("节点“%s”的日期%s已过", n.Text, n.DueOn.Format(time.DateOnly)))
		}
	}
	return wrong
}

func nodesReported(in *flow.Input) (missing []string) {
	for _, n := range nodes(in.Case, item.StatusOPEN) {
		missing = append(missing, fmt.Sprintf("节点“%s”还没有交账", n.Text))
	}
	return missing
}

func nodesSettled(in *flow.Input) (missing []string) {
	for _, n := range nodes(in.Case, item.StatusOPEN, item.StatusREPORTED) {
		missing = append(missing, fmt.Sprintf("节点“%s”还没有认可", n.Text))
	}
	return missing
}

func belowClosed(in *flow.Input) (missing []string) {
	for _, b := range below(in.Case) {
		missing = append(missing, fmt.Sprintf("分解出去的任务“%s”还没有结束", b.Title))
	}
	return missing
}

// below are the open tasks into which the case was broken down.
func below(c *flow.Case) (out []*gen.Matter) {
	for _, b := range c.Below {
		if b.Kind == Kind && b.Link.Kind == link.KindDERIVED_FROM && b.ClosedAt == nil {
			out = append(out, b.Matter)
		}
	}
	return out
}

func reportedDone(in *flow.Input) []string {
	if r := lastReport(in.Case, uuid.Nil); r == nil || r.Data["outcome"] != done {
		return []string{"承办方报告的是没有完成并说明原因，请选“认可说明”或退回"}
	}
	return nil
}

// lastReport is the newest report on a node, on the task for the nil id; nil
// when there is none.
func lastReport(c *flow.Case, node uuid.UUID) *gen.Record {
	for i := len(c.Records) - 1; i >= 0; i-- {
		r := c.Records[i]
		if r.Kind != record.KindREPORT {
			continue
		}
		of, _ := r.Data["itemId"].(string)
		if (node == uuid.Nil && of == "") || (node != uuid.Nil && of == node.String()) {
			return r
		}
	}
	return nil
}

func nodeDay(in *flow.Input) error {
	due, err := in.Form.Day("dueOn")
	if err != nil {
		return err
	}
	t := theTask(in.Case)
	switch {
	case due.Before(in.Today()):
		return errs.New(errs.Invalid, "节点的日期已过").At("dueOn")
	case t != nil && t.DueOn != nil && due.After(*t.DueOn):
		return errs.New(errs.Invalid, "节点的日期不能晚于任务的期限%s", t.DueOn.Format(time.DateOnly)).At("dueOn")
	case len(nodes(in.Case)) >= maxNodes:
		return errs.New(errs.Limited, "至多 %d 个节点", maxNodes)
	}
	return nil
}

func later(in *flow.Input) error {
	due, err := in.Form.Day("dueOn")
	if err != nil {
		return err
	}
	t := theTask(in.Case)
	switch {
	case due.Before(in.Today()) || (t != nil && t.DueOn != nil && !due.After(*t.DueOn)):
		return errs.New(errs.Invalid, "新的期限应晚于原来的期限，也不能已过").At("dueOn")
	case due.After(in.Today().AddDate(day.Farthest, 0, 0)):
		return errs.New(errs.Invalid, "期限不能超过 %d 年，请核对", day.Farthest).At("dueOn")
	}
	return nil
}

// Years of an envelope's dates: what is outside is a slip of the keyboard, and
// deadlines are counted on from it.
const firstYear, lastYear = 2000, 2200

// written reads a date of an envelope.
func written(text string) (time.Time, error) {
	d, err := time.Parse(time.DateOnly, text)
	if err == nil && (d.Year() < firstYear || d.Year() > lastYear) {
		err = fmt.Errorf("the year of %s", text)
	}
	return clock.Day(d), err
}
