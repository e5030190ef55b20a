package cohorts

import (
	"fmt"
	"slices"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/flow"
)

// The supervision plan is a matter of another noun: see rules_tasks.go.
const (
	kindPlan        = "plan"
	supervisionPlan = "SUPERVISION"
)

// approved are the states of a plan that the party committee has approved.
var approved = []string{"APPROVED", "ISSUED", "ADJUSTED"}

// supervisionLists are the gates of the third year.
var supervisionLists = map[string]checklist{
	"reported":          {"专题协商报告已报送党委和政府", reported, stageReport},
	"plan_item":         {"已列入监督年度的年度监督计划，计划已经批准", planItem, ""},
	"problems_agreed":   {"每个问题都查明了原因、商定了办法和期限", problemsAgreed, ""},
	"problems_resolved": {"每个问题都已解决或说明原因", problemsResolved, ""},
	"proposal_settled":  {"一号提案已经办结，答复中承诺的事项都已落实或说明", proposalSettled, ""},
}

// lifted are the gates that look at another matter: who drafts the year's plan
// can enter the loop in it himself.
var lifted = map[string][]flow.Trait{"plan_item": {flow.LiftedBy("plan.draft")}}

// reported: sent to both, in one report or in several.
func reported(in *flow.Input) []string {
	sent := map[string]bool{}
	for _, r := range ofStage(in.Case, stageReport) {
		list, _ := r.Data["sentTo"].([]any)
		for _, to := range list {
			s, _ := to.(string)
			sent[s] = true
		}
	}
	return append(unless(sent["PARTY"], "专题协商报告还没有报送党委"), unless(sent["GOVERNMENT"], "专题协商报告还没有报送政府")...)
}

// planLinks are the cohort's ties to items of the supervision plan of the year
// in which it is supervised (DL-12).
func planLinks(c *flow.Case) []*gen.Link {
	var out []*gen.Link
	year := fmt.Sprint(supervisionYear(c))
	for _, l := range c.Out {
		to := l.Edges.To
		if l.Kind == entlink.KindDERIVED_FROM && l.UndoneAt == nil && l.ItemID != nil && to != nil && to.Kind == kindPlan &&
			to.Data["plan"] == supervisionPlan && fmt.Sprint(to.Data["year"]) == year {
			out = append(out, l)
		}
	}
	return out
}

// planned is the tie to an approved plan, nil when there is none.
func planned(c *flow.Case) *gen.Link {
	for _, l := range planLinks(c) {
		if slices.Contains(approved, l.Edges.To.State) {
			return l
		}
	}
	return nil
}

func planItem(in *flow.Input) []string {
	year := supervisionYear(in.Case)
	if len(planLinks(in.Case)) == 0 {
		return []string{fmt.Sprintf("还没有列入%d年度监督计划，请在该计划中为它立项并关联", year)}
	}
	return unless(planned(in.Case) != nil, "%d年度监督计划还没有批准", year)
}

// agreed: a problem has its cause, an agreed solution and a day. Before version
// 2 of the process the cause stood in a record and the solution as the effect.
func agreed(c *flow.Case, p *gen.Item) bool {
	cause := p.Cause != "" || said(c, stageProblem, p.ID, "")
	return cause && (p.Solution != "" || p.Effect != "") && p.DueOn != nil
}

func problemsAgreed(in *flow.Input) []string {
	var missing []string
	for _, p := range items(in.Case, item.KindPROBLEM) {
		missing = append(missing, unless(agreed(in.Case, p), "问题“%s”还没有查明原因、商定办法和期限", p.Text)...)
	}
	return missing
}

func problemsResolved(in *flow.Input) []string {
	var missing []string
	for _, p := range items(in.Case, item.KindPROBLEM, item.StatusOPEN) {
		missing = append(missing, fmt.Sprintf("问题“%s”还没有了结，请了结、说明原因，或再延一年", p.Text))
	}
	return missing
}

// proposalSettled: the loop is about its proposal, so it does not close while
// that is open or something that was promised in its answers is (trap 14).
func proposalSettled(in *flow.Input) []string {
	m := linked(in.Case)
	if m == nil {
		return linkedList(in)
	}
	missing := unless(m.Edges.Proposal.CompletedAt != nil, "一号提案“%s”还没有办结", m.Title)
	for _, i := range among(m.Edges.Items, item.KindCOMMITMENT, item.StatusOPEN, item.StatusREPORTED) {
		missing = append(missing, fmt.Sprintf("答复中承诺的“%s”还没有落实，也没有说明原因", i.Text))
	}
	return missing
}
