package plans

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// States that the rules know by name.
const (
	adjusted  = "ADJUSTED"
	withdrawn = "WITHDRAWN"
)

// Stages of the records by which the rules know an adjustment and its approval;
// the process writes them.
const (
	stageAdjustment = "计划调整"
	stageReapproval = "调整批准"
)

func registerRules(s *flow.Rules) {
	s.Guard("plan.has_items", "计划里至少有一个项目", flow.Listing(hasItems))
	s.Guard("plan.placed", "每个项目都有牵头单位和完成期限", flow.Listing(placed))
	s.Guard("plan.editable", "调整经批准之后，项目不再改动", flow.Listing(func(in *flow.Input) []string { return fixed(in.Case) }))
	s.Guard("plan.adjusting", "有一次调整等待批准", flow.Listing(func(in *flow.Input) []string {
		if pending(in.Case) == nil {
			return []string{"没有等待批准的调整"}
		}
		return nil
	}))
	s.Guard("plan.adjustment_approved", "此前的调整都已获批准", flow.Listing(func(in *flow.Input) []string {
		if pending(in.Case) != nil {
			return []string{"上一次调整还没有录入批准"}
		}
		return nil
	}))
	s.Guard("plan.settled", "每个项目都已完成、取消或结转", flow.Listing(settled))
	s.Guard("plan.happened", "所记的日期不在今天之后", flow.Happened, flow.OnForm)
	s.Guard("plan.three_present", "党委、政府、政协三家都参加", threePresent, flow.OnForm)
	s.Guard("plan.period", "完成期限在计划的年度之内", period, flow.OnForm)
}

// open lists the items that are neither done, cancelled nor carried over.
func open(c *flow.Case) []*gen.Item {
	return slices.DeleteFunc(slices.Clone(c.Items), func(i *gen.Item) bool {
		return i.Kind != item.KindPLAN_ITEM || i.Status != item.StatusOPEN
	})
}

func hasItems(in *flow.Input) []string {
	if len(open(in.Case)) == 0 {
		return []string{"还没有项目，请先增加"}
	}
	return nil
}

func placed(in *flow.Input) (missing []string) {
	for _, i := range open(in.Case) {
		if i.UnitID == nil {
			missing = append(missing, fmt.Sprintf("“%s”还没有牵头单位", i.Text))
		}
		if i.DueOn == nil {
			missing = append(missing, fmt.Sprintf("“%s”还没有完成期限", i.Text))
		}
	}
	return missing
}

// pending is the record of the adjustment that waits for its approval, nil when
// there is none.
func pending(c *flow.Case) *gen.Record {
	var waits *gen.Record
	for _, r := range c.Records {
		switch r.Stage {
		case stageAdjustment:
			waits = r
		case stageReapproval:
			waits = nil
		}
	}
	return waits
}

// fixed says why the items may not change in a state in which they sometimes
// may.
func fixed(c *flow.Case) []string {
	if c.State == adjusted && pending(c) == nil {
		return []string{"这次调整已获批准，要再改动项目请先进行“调整”"}
	}
	return nil
}

// unapproved reports whether an item was added by the adjustment that waits.
// Ids are in the order of time, also where the clock stands still.
func unapproved(c *flow.Case, i *gen.Item) bool {
	r := pending(c)
	return r != nil && bytes.Compare(i.ID[:], r.ID[:]) > 0
}

func settled(in *flow.Input) (missing []string) {
	for _, i := range open(in.Case) {
		missing = append(missing, fmt.Sprintf("“%s”还没有完成、取消或结转", i.Text))
	}
	return missing
}

// threePresent: 党委, 政府 and 政协 consult together (domain.md 4.2).
func threePresent(in *flow.Input) error {
	absent, err := flow.Absent(in, flow.Side{As: "PARTY", Label: "党委"}, flow.Side{As: "GOVERNMENT", Label: "政府"}, flow.Side{As: "CPPCC", Label: "政协"})
	if err != nil {
		return err
	}
	var missing []string
	for _, side := range absent {
		missing = append(missing, "三家协商缺少"+side)
	}
	return flow.Lacks(missing)
}

func period(in *flow.Input) error {
	if !in.Form.Has("dueOn") {
		return nil
	}
	due, err := in.Form.Day("dueOn")
	if _, year := Of(in.Matter); err == nil && due.Year() != year {
		return errs.New(errs.Invalid, "完成期限应在 %d 年之内", year).At("dueOn")
	}
	return err
}
