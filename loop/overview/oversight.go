package overview

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
)

// taskKind is the kind of the matters that carry 六定 tasks.
const taskKind = "task"

// Service answers what can be seen. It writes nothing.
type Service struct {
	engine *flow.Engine
	client *gen.Client
}

// New makes the service. The engine must know every rule that the definitions
// of loops name, since their gates are asked.
func New(e *flow.Engine) *Service { return &Service{engine: e, client: e.Client()} }

// late: the day has passed and nothing was reported. What is reported waits
// for the committee, not for who owes it.
func late(i *gen.Item, today time.Time) bool {
	return i.Status == item.StatusOPEN && i.DueOn != nil && i.DueOn.Before(today)
}

// issued: a draft is seen by who wrote it, and by nobody as a debt. The
// process says so by making it visible when it is issued.
func issued(m *gen.Matter) bool { return m.Visibility != matter.VisibilityPARTIES }

// labels of an item that has no process of its own.
var statusLabels = map[item.Status]string{
	item.StatusOPEN: "未完成", item.StatusREPORTED: "已交账，待核实", item.StatusDONE: "已完成",
	item.StatusDROPPED: "已说明或撤回", item.StatusCHOSEN: "已选定",
}

var kindLabels = map[item.Kind]string{item.KindTASK: "六定任务", item.KindCOMMITMENT: "承诺", item.KindPROBLEM: "问题",
	item.KindRESOLUTION: "协商成果", item.KindSUGGESTION: "建议"}

// kinds of which the ledger consists, in the order of the page.
var kinds = []item.Kind{item.KindTASK, item.KindCOMMITMENT, item.KindPROBLEM, item.KindRESOLUTION, item.KindSUGGESTION}

// text reads one entry of a mirror or an origin.
func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}
