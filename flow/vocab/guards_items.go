package vocab

import (
	"strconv"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

type itemsArgs struct {
	Kind  string `json:"kind" doc:"条目的类别：PROBLEM、RESOLUTION、SUGGESTION、TASK、NODE、LEAD 等"`
	Path  string `json:"path" doc:"只数这种办理方式的"`
	Least int    `json:"least" doc:"至少几条"`
	Most  *int   `json:"most" doc:"至多几条"`
}

type itemsSettledArgs struct {
	Kind string `json:"kind" doc:"条目的类别，不写为全部"`
}

type itemsHaveArgs struct {
	Kind   string   `json:"kind" doc:"条目的类别"`
	Fields []string `json:"fields" doc:"要有的各项：cause、solution、due_on、unit、path、owner、measure"`
}

func registerItemGuards(s *flow.Rules) {
	flow.GuardOf(s, "items", "某类条目的条数，放弃了的不算。", func(p *process.Place, a itemsArgs) {
		need(p, "kind", a.Kind)
		enum(p, "条目的类别", a.Kind, schema.Item{}, "kind")
		bounds(p, a.Least, a.Most)
	}, items)
	flow.GuardOf(s, "items_settled", "每条都已了结：办成、放弃、选定，或写明了没有办成的原因。", func(p *process.Place, a itemsSettledArgs) {
		enum(p, "条目的类别", a.Kind, schema.Item{}, "kind")
	}, itemsSettled)
	flow.GuardOf(s, "items_have", "每条未了结的条目都有某几项内容。", func(p *process.Place, a itemsHaveArgs) {
		need(p, "kind", a.Kind)
		enum(p, "条目的类别", a.Kind, schema.Item{}, "kind")
		if len(a.Fields) == 0 {
			p.Find("要写明 fields")
		}
		for _, f := range a.Fields {
			if itemFields[f] == "" {
				p.Find("条目没有“%s”这一项，可以写 cause、solution、due_on、unit、path、owner、measure", f)
			}
		}
	}, itemsHave)
}

func itemsOf(c *flow.Case, kind string) (out []*gen.Item) {
	for _, i := range c.Items {
		if kind == "" || i.Kind == item.Kind(kind) {
			out = append(out, i)
		}
	}
	return out
}

func items(in *flow.Input, a itemsArgs) error {
	n := 0
	for _, i := range itemsOf(in.Case, a.Kind) {
		if i.Status != item.StatusDROPPED && (a.Path == "" || i.Path == a.Path) {
			n++
		}
	}
	if within(n, a.Least, a.Most) {
		return nil
	}
	what := label(a.Kind)
	if a.Path != "" {
		what += "（" + a.Path + "）"
	}
	return errs.New(errs.GuardFailed, "“%s”的条数不对：%s", what, howMany(n, a.Least, a.Most))
}

func settled(i *gen.Item) bool {
	switch i.Status {
	case item.StatusDONE, item.StatusDROPPED, item.StatusCHOSEN:
		return true
	case item.StatusOPEN:
		return false
	}
	return !text.Blank(i.Evidence)
}

func itemsSettled(in *flow.Input, a itemsSettledArgs) error {
	var owed []*gen.Item
	for _, i := range itemsOf(in.Case, a.Kind) {
		if !settled(i) {
			owed = append(owed, i)
		}
	}
	if len(owed) == 0 {
		return nil
	}
	return errs.New(errs.GuardFailed, "还有 %d 条没有了结，例如“%s”", len(owed), process.Clip(owed[0].Text)).With("items", ids(owed))
}

func itemsHave(in *flow.Input, a itemsHaveArgs) error {
	for _, i := range itemsOf(in.Case, a.Kind) {
		if i.Status != item.StatusOPEN && i.Status != item.StatusREPORTED {
			continue
		}
		for _, f := range a.Fields {
			if !has(i, f) {
				return errs.New(errs.GuardFailed, "“%s”还没有写明%s", process.Clip(i.Text), itemFields[f]).With("items", ids([]*gen.Item{i}))
			}
		}
	}
	return nil
}

func has(i *gen.Item, field string) bool {
	switch field {
	case "cause":
		return i.Cause != ""
	case "solution":
		return i.Solution != ""
	case "due_on":
		return i.DueOn != nil
	case "unit":
		return i.UnitID != nil
	case "path":
		return i.Path != ""
	case "owner":
		return i.Owner != ""
	case "measure":
		return i.Measure != ""
	}
	return false
}

func ids(list []*gen.Item) []string {
	out := make([]string, len(list))
	for n, i := range list {
		out[n] = i.ID.String()
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
