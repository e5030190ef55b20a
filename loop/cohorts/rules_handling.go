package cohorts

import (
	"slices"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// handlingLists are the gates of the second year; those about tasks are in
// rules_tasks.go.
var handlingLists = map[string]checklist{
	"linked":             {"已经关联提案", linkedList, ""},
	"not_linked":         {"还没有关联别的提案", notLinked, ""},
	"linked_is_filed":    {"所关联的提案已经立案", linkedIsFiled, ""},
	"filed":              {"已经关联提案，提案已经立案", filed, ""},
	"designated":         {"主席会议或党组已确定为一号提案", designatedList, stageDesignation},
	"not_designated":     {"还没有确定为一号提案", notDesignated, ""},
	"assigned":           {"提案已经交办给承办单位", assigned, ""},
	"confirmed":          {"各承办单位都已签收", confirmed, ""},
	"handling_consulted": {"至少有一次办理中·解决问题的协商", handlingConsulted, stageHandling},
	"problems_owned":     {"每个问题都有责任单位", problemsOwned, ""},
	"appraised":          {"各承办单位都有民主测评结果", appraised, stageAppraisal},
	"answered":           {"一号提案的各承办单位都已答复，提案者都已评价或征询期满", answered, ""},
}

// linked is the cohort's real proposal, nil before it has one.
func linked(c *flow.Case) *gen.Matter { return c.Edges.Cohort.Edges.ProposalMatter }

func linkedList(in *flow.Input) []string {
	return unless(linked(in.Case) != nil, "还没有关联提案")
}

func notLinked(in *flow.Input) []string {
	return unless(linked(in.Case) == nil, "已经关联了提案；要换成另一件，请改用“改为关联另一件提案”并写明理由")
}

func filed(in *flow.Input) []string { return append(linkedList(in), linkedIsFiled(in)...) }

// linkedIsFiled: where there is a proposal, it is filed.
func linkedIsFiled(in *flow.Input) []string {
	m := linked(in.Case)
	return unless(m == nil || m.Edges.Proposal.Disposition == proposal.DispositionFILED, "所关联的提案还没有立案")
}

// designated: a decision made before there was a proposal holds for any; one
// about a proposal holds for that one.
func designated(c *flow.Case) bool {
	decision := last(c, stageDesignation)
	if decision == nil {
		return false
	}
	of := decision.Data["proposalId"]
	return of == nil || (linked(c) != nil && of == linked(c).ID.String())
}

func designatedList(in *flow.Input) []string {
	return unless(designated(in.Case), "主席会议或党组还没有把它确定为一号提案")
}

func notDesignated(in *flow.Input) []string {
	return unless(!designated(in.Case), "已经确定为一号提案")
}

// responsible are the linked proposal's open shares whose units owe an
// answer: all but the assisting ones (trap 8).
func responsible(c *flow.Case) []*gen.Assignment {
	m := linked(c)
	if m == nil {
		return nil
	}
	var out []*gen.Assignment
	for _, a := range m.Edges.Assignments {
		if flow.Open(a) && a.Role != assignment.RoleASSIST {
			out = append(out, a)
		}
	}
	return out
}

func unitName(a *gen.Assignment) string {
	if a.Edges.Unit == nil {
		return "承办单位"
	}
	return a.Edges.Unit.Name
}

func assigned(in *flow.Input) []string {
	return unless(len(responsible(in.Case)) > 0, "所关联的提案还没有交办给承办单位")
}

func confirmed(in *flow.Input) []string {
	missing := assigned(in)
	for _, a := range responsible(in.Case) {
		missing = append(missing, unless(a.SignedAt != nil, "“%s”还没有签收，责任没有落实", unitName(a))...)
	}
	return missing
}

// answered: a loop does not report on a proposal that nobody has answered, or on
// answers that their proposers are still being asked about. Silence after the
// window is silence (trap 9).
func answered(in *flow.Input) []string {
	missing := assigned(in)
	for _, a := range responsible(in.Case) {
		missing = append(missing, unless(a.SentAt != nil, "“%s”还没有答复一号提案", unitName(a))...)
	}
	if m := linked(in.Case); m != nil {
		for _, f := range m.Edges.Feedback {
			waits := f.ReceivedAt == nil && (f.DueOn == nil || !f.DueOn.Before(in.Today()))
			missing = append(missing, unless(!waits, "一号提案的答复还在征询提案者的意见")...)
		}
	}
	return slices.Compact(missing)
}

func handlingConsulted(in *flow.Input) []string {
	return unless(last(in.Case, stageHandling) != nil, "还没有开过办理中·解决问题的协商")
}

func problemsOwned(in *flow.Input) []string {
	var missing []string
	for _, p := range items(in.Case, item.KindPROBLEM, item.StatusOPEN) {
		missing = append(missing, unless(p.UnitID != nil, "问题“%s”还没有责任单位", p.Text)...)
	}
	return missing
}

// appraised: the last appraisal has a result of each unit, whether it was
// counted by hand or taken over from a secret ballot.
func appraised(in *flow.Input) []string {
	r := last(in.Case, stageAppraisal)
	if r == nil {
		return []string{"还没有民主测评结果"}
	}
	var result struct {
		Results []Tally `json:"results"`
	}
	if process.Form(r.Data).Into(&result) != nil {
		return []string{"民主测评结果无法读取，请重新记录"}
	}
	var missing []string
	for _, a := range responsible(in.Case) {
		there := slices.ContainsFunc(result.Results, func(t Tally) bool { return in.Heirs.Same(t.UnitID, a.UnitID) })
		missing = append(missing, unless(there, "民主测评没有“%s”的结果", unitName(a))...)
	}
	return missing
}
