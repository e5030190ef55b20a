package cohorts

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/item"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/flow"
)

// A 六定任务 is a matter of its own kind that belongs to the cohort. Nouns do
// not import each other, so its words are repeated here; a test sees that the
// shipped process of tasks has them.
const (
	kindTask      = "task"
	taskDraft     = "DRAFT"
	taskIssued    = "ISSUED"
	taskDone      = "DONE"
	taskExplained = "EXPLAINED"
	taskWithdrawn = "WITHDRAWN"
)

// standing says where an open task stands, for who has to end it.
var standing = map[string]string{taskDraft: "还没有交办", taskIssued: "还没有承接", "WORKING": "正在办理", "REPORTED": "等待核实"}

// taskLists are the gates that look at the tasks (DL-04, DL-05).
var taskLists = map[string]checklist{
	"tasks_issued":   {"六定任务都已交办，各承办单位都有任务", tasksIssued, ""},
	"tasks_accepted": {"六定任务都已承接", tasksAccepted, ""},
	"nodes_reported": {"到今天为止的节点都已交账或说明原因", nodesReported, ""},
	"tasks_settled":  {"六定任务都已核实、说明原因或撤回", tasksSettled, ""},
}

// tasks are the cohort's tasks but those withdrawn, oldest first.
func tasks(c *flow.Case) []flow.Branch {
	var out []flow.Branch
	for _, b := range c.Below {
		if b.Kind == kindTask && b.Link.Kind == entlink.KindBELONGS_TO && b.State != taskWithdrawn {
			out = append(out, b)
		}
	}
	return out
}

func hasTask(in *flow.Input) []string {
	return unless(len(tasks(in.Case)) > 0, "还没有六定任务，请先分解并交办")
}

func tasksIssued(in *flow.Input) []string {
	missing, given := hasTask(in), map[uuid.UUID]bool{}
	for _, t := range tasks(in.Case) {
		missing = append(missing, unless(t.State != taskDraft, "任务“%s”还没有交办", t.Title)...)
		for _, i := range among(t.Edges.Items, item.KindTASK) {
			if i.UnitID != nil {
				given[in.Heirs.Of(*i.UnitID)] = true
			}
		}
	}
	for _, a := range responsible(in.Case) {
		missing = append(missing, unless(given[in.Heirs.Of(a.UnitID)], "“%s”还没有任务", unitName(a))...)
	}
	return missing
}

func tasksAccepted(in *flow.Input) []string {
	missing := hasTask(in)
	for _, t := range tasks(in.Case) {
		missing = append(missing, unless(t.State != taskDraft && t.State != taskIssued, "任务“%s”%s，责任没有落实", t.Title, standing[t.State])...)
	}
	return missing
}

// nodesReported: of each task that was issued, the nodes whose day is today or
// past. What has its day later is no reason to wait.
func nodesReported(in *flow.Input) []string {
	var missing []string
	for _, t := range tasks(in.Case) {
		if t.State == taskDraft || t.State == taskDone || t.State == taskExplained {
			continue
		}
		for _, n := range among(t.Edges.Items, item.KindNODE, item.StatusOPEN) {
			if n.DueOn != nil && !n.DueOn.After(in.Today()) {
				missing = append(missing, fmt.Sprintf("任务“%s”的节点“%s”（%s）还没有交账，也没有说明原因", t.Title, n.Text, n.DueOn.Format(time.DateOnly)))
			}
		}
	}
	return missing
}

func tasksSettled(in *flow.Input) []string {
	var missing []string
	for _, t := range tasks(in.Case) {
		settled := t.State == taskDone || t.State == taskExplained
		missing = append(missing, unless(settled, "任务“%s”%s", t.Title, standing[t.State])...)
	}
	return missing
}
