package cohorts

import (
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Register makes the rules of cohorts known to the engine.
func Register(e *flow.Engine) {
	for name, g := range guards {
		e.Guard("cohort."+name, g)
	}
	for name, f := range effects {
		e.Effect("cohort."+name, f)
	}
	for name, b := range bases {
		e.Base("cohort."+name, b)
	}
}

// DL-09: two or three candidates stand for choice.
const (
	candidatesMin = 2
	candidatesMax = 3
)

var guards = map[string]flow.Guard{
	// of the form
	"happened":              filled(happened),
	"chaired_by_cppcc":      filled(chairedBy("CPPCC_CHAIR", "调研工作部署会由政协主席主持")),
	"chaired_by_government": filled(chairedBy("GOVERNMENT_HEAD", "办理工作部署会须由政府主要负责人主持")),
	"two_leaders":           filled(twoLeaders),
	"ballots_add_up":        filled(ballotsAddUp),
	"three_present":         filled(threePresent),
	// of the first year
	"has_direction":  hasDirection,
	"directions_led": directionsLed,
	"researched":     researched,
	"shortlist":      shortlist,
	"chosen":         chosen,
	// of the second
	"linked":          linkedRule,
	"not_linked":      notLinked,
	"linked_is_filed": linkedIsFiled,
	"filed":           filed,
	"designated":      designatedRule,
	"not_designated":  notDesignated,
	"assigned":        assigned,
	"confirmed":       confirmed,
	"problems_owned":  problemsOwned,
	"accounted":       accounted,
	"appraised":       appraised,
	// of the third
	"reported":          reported,
	"problems_agreed":   problemsAgreed,
	"problems_resolved": problemsResolved,
}

// bases count the three years from the last day of the year before each, so
// that twelve months end with the year and three with March (domain.md 5).
var bases = map[string]flow.Base{
	"prestudy":    yearBegins(func(c *flow.Case) int { return YearsOf(c.Cohort().HandleYear).Prestudy }),
	"handling":    yearBegins(func(c *flow.Case) int { return YearsOf(c.Cohort().HandleYear).Handling }),
	"supervision": yearBegins(supervisionYear),
}

func yearBegins(year func(*flow.Case) int) flow.Base {
	return func(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
		y := year(c)
		return clock.Date(y-1, time.December, 31), fmt.Sprintf("%d年开始", y)
	}
}

// supervisionYear is the year after the handling, and one more for each time
// the loop was extended.
func supervisionYear(c *flow.Case) int {
	return YearsOf(c.Cohort().HandleYear).Supervision + len(c.RecordsOf(record.KindEXTENSION))
}

func failed(message string, args ...any) *errs.Error {
	return errs.New(errs.GuardFailed, message, args...)
}

// filled is a rule about the form: before it is filled in there is nothing to
// object to.
func filled(g flow.Guard) flow.Guard {
	return func(in *flow.Input) error {
		if in.Asking {
			return nil
		}
		return g(in)
	}
}

func happened(in *flow.Input) error {
	on, err := in.Form.Day("on")
	if err == nil && on.After(in.Today()) {
		return errs.New(errs.Invalid, "日期在今天之后，还没有发生的事不能记录").At("on")
	}
	return err
}

func chairedBy(role, message string) flow.Guard {
	return func(in *flow.Input) error {
		if in.Form.Text("chair") != role {
			return failed(message).At("chair")
		}
		return nil
	}
}

func twoLeaders(in *flow.Input) error {
	if in.Form.Text("leadLeaderPost") == in.Form.Text("superviseLeaderPost") {
		return errs.New(errs.Invalid, "领办与督办不能是同一职务").At("superviseLeaderPost")
	}
	return nil
}

// ballots is the form of an appraisal: counts only (trap 16).
type ballots struct {
	Voters  int `json:"voters"`
	Absent  int `json:"absent"`
	Results []struct {
		UnitID       string `json:"unitId"`
		Satisfied    int    `json:"satisfied"`
		Basic        int    `json:"basic"`
		Dissatisfied int    `json:"dissatisfied"`
		Invalid      int    `json:"invalid"`
	} `json:"results"`
}

func ballotsAddUp(in *flow.Input) error {
	var b ballots
	if err := in.Form.Into(&b); err != nil {
		return err
	}
	if b.Absent > b.Voters {
		return errs.New(errs.Invalid, "未到人数多于应到人数").At("absent")
	}
	seen := map[string]bool{}
	for i, r := range b.Results {
		at := strconv.Itoa(i)
		share := responsibleFor(in.Case, r.UnitID)
		if share == nil || seen[share.UnitID.String()] {
			return errs.New(errs.Invalid, "测评对象应是各承办单位，每个单位一行").At("results", at, "unitId")
		}
		seen[share.UnitID.String()] = true
		if cast := r.Satisfied + r.Basic + r.Dissatisfied + r.Invalid; cast != b.Voters-b.Absent {
			return errs.New(errs.Invalid, "“%s”的票数合计 %d，与实到 %d 人不符（无效票也要计入）", unitName(share), cast, b.Voters-b.Absent).At("results", at)
		}
	}
	return nil
}

// threePresent: proposer and expert and unit (DL-11).
func threePresent(in *flow.Input) error {
	var f struct {
		Present []struct {
			As string `json:"as"`
		} `json:"present"`
	}
	if err := in.Form.Into(&f); err != nil {
		return err
	}
	there := map[string]bool{}
	for _, p := range f.Present {
		there[p.As] = true
	}
	for _, need := range []struct{ as, label string }{{"PROPOSER", "提案者"}, {"EXPERT", "专家"}, {"UNIT", "承办单位"}} {
		if !there[need.as] {
			return failed("座谈会须有提案者、专家和承办单位三方参加，缺少%s", need.label).At("present")
		}
	}
	return nil
}

// items lists the cohort's items of a kind with one of the statuses, all when
// none is given.
func items(c *flow.Case, k item.Kind, statuses ...item.Status) []*gen.Item {
	var out []*gen.Item
	for _, i := range c.Items {
		if i.Kind != k {
			continue
		}
		ok := len(statuses) == 0
		for _, s := range statuses {
			ok = ok || i.Status == s
		}
		if ok {
			out = append(out, i)
		}
	}
	return out
}

func hasDirection(in *flow.Input) error {
	if len(items(in.Case, item.KindDIRECTION, item.StatusOPEN)) == 0 {
		return failed("还没有调研备选方向，请先增加方向")
	}
	return nil
}

func directionsLed(in *flow.Input) error {
	if err := hasDirection(in); err != nil {
		return err
	}
	for _, d := range items(in.Case, item.KindDIRECTION, item.StatusOPEN) {
		if d.UnitID == nil {
			return failed("方向“%s”还没有牵头单位，请确定或放弃", d.Text)
		}
	}
	return nil
}

func researched(in *flow.Input) error {
	open := items(in.Case, item.KindCANDIDATE, item.StatusOPEN)
	if len(open) == 0 {
		return failed("还没有备选件")
	}
	for _, c := range open {
		for _, need := range []struct{ by, label string }{{"LEAD_ORG", "调研报告"}, {"THINK_TANK", "智库意见"}} {
			if !said(in.Case, stageResearch, c.ID, need.by) {
				return failed("备选件“%s”还没有%s，请补齐或放弃", c.Text, need.label)
			}
		}
	}
	return nil
}

// said reports whether a record of the stage about an item is there, by whom
// when that matters.
func said(c *flow.Case, stage string, about uuid.UUID, by string) bool {
	for _, r := range ofStage(c, stage) {
		if r.Data["itemId"] == about.String() && (by == "" || r.Data["by"] == by) {
			return true
		}
	}
	return false
}

// ofStage lists the records of a stage, oldest first.
func ofStage(c *flow.Case, stage string) []*gen.Record {
	var out []*gen.Record
	for _, r := range c.Records {
		if r.Stage == stage {
			out = append(out, r)
		}
	}
	return out
}

func shortlist(in *flow.Input) error {
	if n := len(items(in.Case, item.KindCANDIDATE, item.StatusOPEN)); n < candidatesMin || n > candidatesMax {
		return failed("备选件应有 %d 至 %d 个，现有 %d 个，请增加或放弃", candidatesMin, candidatesMax, n)
	}
	return nil
}

func chosen(in *flow.Input) error {
	if n := len(items(in.Case, item.KindCANDIDATE, item.StatusCHOSEN)); n != 1 {
		return failed("应恰好审定一个选题，现有 %d 个", n)
	}
	return nil
}

// linked is the cohort's real proposal, nil before it has one.
func linked(c *flow.Case) *gen.Matter { return c.Cohort().Edges.ProposalMatter }

func linkedRule(in *flow.Input) error {
	if linked(in.Case) == nil {
		return failed("还没有关联提案")
	}
	return nil
}

func notLinked(in *flow.Input) error {
	if linked(in.Case) != nil {
		return failed("已经关联了提案；要换成另一件，请改用“改为关联另一件提案”并写明理由")
	}
	return nil
}

func filed(in *flow.Input) error {
	if err := linkedRule(in); err != nil {
		return err
	}
	return linkedIsFiled(in)
}

// linkedIsFiled: where there is a proposal, it is filed.
func linkedIsFiled(in *flow.Input) error {
	m := linked(in.Case)
	if m == nil || m.Edges.Proposal.Disposition == proposal.DispositionFILED {
		return nil
	}
	return failed("所关联的提案还没有立案")
}

// designated: a decision made before there was a proposal holds for any; one
// about a proposal holds for that one.
func designated(c *flow.Case) bool {
	all := ofStage(c, stageDesignation)
	if len(all) == 0 {
		return false
	}
	of := all[len(all)-1].Data["proposalId"]
	return of == nil || (linked(c) != nil && of == linked(c).ID.String())
}

func designatedRule(in *flow.Input) error {
	if !designated(in.Case) {
		return failed("主席会议或党组还没有把它确定为一号提案")
	}
	return nil
}

func notDesignated(in *flow.Input) error {
	if designated(in.Case) {
		return failed("已经确定为一号提案")
	}
	return nil
}

// responsible are the linked proposal's open shares whose units owe an
// answer: all but the assisting ones.
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

// responsibleFor finds the share of a unit, nil when it has none.
func responsibleFor(c *flow.Case, unit string) *gen.Assignment {
	id, err := uuid.Parse(unit)
	if err != nil {
		return nil
	}
	for _, a := range responsible(c) {
		if a.UnitID == id {
			return a
		}
	}
	return nil
}

func unitName(a *gen.Assignment) string {
	if a.Edges.Unit == nil {
		return "承办单位"
	}
	return a.Edges.Unit.Name
}

func assigned(in *flow.Input) error {
	if len(responsible(in.Case)) == 0 {
		return failed("所关联的提案还没有交办给承办单位")
	}
	return nil
}

func confirmed(in *flow.Input) error {
	for _, a := range responsible(in.Case) {
		if a.SignedAt == nil {
			return failed("“%s”还没有签收，责任没有落实", unitName(a))
		}
	}
	return assigned(in)
}

func problemsOwned(in *flow.Input) error {
	for _, p := range items(in.Case, item.KindPROBLEM, item.StatusOPEN) {
		if p.UnitID == nil {
			return failed("问题“%s”还没有责任单位", p.Text)
		}
	}
	return nil
}

func accounted(in *flow.Input) error {
	for _, a := range responsible(in.Case) {
		done := false
		for _, r := range ofStage(in.Case, stageAccount) {
			done = done || (r.UnitID != nil && *r.UnitID == a.UnitID)
		}
		if !done {
			return failed("“%s”还没有交账，也没有说明原因", unitName(a))
		}
	}
	return assigned(in)
}

// appraised: the last ballot has a result of each unit.
func appraised(in *flow.Input) error {
	all := ofStage(in.Case, stageAppraisal)
	if len(all) == 0 {
		return failed("还没有民主测评结果")
	}
	var b ballots
	if err := flow.Form(all[len(all)-1].Data).Into(&b); err != nil {
		return err
	}
	got := map[uuid.UUID]bool{}
	for _, r := range b.Results {
		if a := responsibleFor(in.Case, r.UnitID); a != nil {
			got[a.UnitID] = true
		}
	}
	for _, a := range responsible(in.Case) {
		if !got[a.UnitID] {
			return failed("民主测评没有“%s”的结果", unitName(a))
		}
	}
	return nil
}

// reported: sent to both, in one report or in several.
func reported(in *flow.Input) error {
	sent := map[string]bool{}
	for _, r := range ofStage(in.Case, stageReport) {
		list, _ := r.Data["sentTo"].([]any)
		for _, to := range list {
			s, _ := to.(string)
			sent[s] = true
		}
	}
	if !sent["PARTY"] || !sent["GOVERNMENT"] {
		return failed("专题协商报告须报送党委和政府")
	}
	return nil
}

// agreed: a problem has its cause, an agreed solution and a day.
func agreed(c *flow.Case, p *gen.Item) bool {
	return p.Effect != "" && p.DueOn != nil && said(c, stageProblem, p.ID, "")
}

func problemsAgreed(in *flow.Input) error {
	for _, p := range items(in.Case, item.KindPROBLEM) {
		if !agreed(in.Case, p) {
			return failed("问题“%s”还没有查明原因、商定办法和期限", p.Text)
		}
	}
	return nil
}

func problemsResolved(in *flow.Input) error {
	if open := items(in.Case, item.KindPROBLEM, item.StatusOPEN); len(open) > 0 {
		return failed("还有 %d 个问题没有了结，例如“%s”；请了结、说明原因，或再延一年", len(open), open[0].Text)
	}
	return nil
}
