package cohorts

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	entlink "github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Fixed names of what the cases below hold.
var (
	unitA, unitB   = uuid.MustParse("00000000-0000-7000-8000-00000000000a"), uuid.MustParse("00000000-0000-7000-8000-00000000000b")
	itemA, itemB   = uuid.MustParse("00000000-0000-7000-8000-0000000000a1"), uuid.MustParse("00000000-0000-7000-8000-0000000000b1")
	theProposal    = uuid.MustParse("00000000-0000-7000-8000-0000000000f1")
	otherProposal  = uuid.MustParse("00000000-0000-7000-8000-0000000000f2")
	may1           = time.Date(2023, 5, 1, 9, 0, 0, 0, clock.Shanghai)
	returned, open = "RETURN_GRANTED", "SIGNED"
)

// part puts something into a case.
type part func(*flow.Case)

func made(parts ...part) *flow.Case {
	c := &flow.Case{Matter: &gen.Matter{Kind: Kind}, Now: may1}
	c.Edges.Cohort = &gen.Cohort{HandleYear: 2023}
	for _, p := range parts {
		p(c)
	}
	return c
}

// replied is a share whose unit has answered.
func replied(a *gen.Assignment) *gen.Assignment {
	out := *a
	out.SentAt = &may1
	return &out
}

// asked is a rating of the proposal's answer that is due in some days.
func asked(received *time.Time, days int) part {
	due := clock.Day(may1).AddDate(0, 0, days)
	return func(c *flow.Case) {
		linked(c).Edges.Feedback = append(linked(c).Edges.Feedback, &gen.Feedback{ReceivedAt: received, DueOn: &due})
	}
}

// completed is a proposal at its end, with what its answers promised.
func completed(promised ...gen.Item) part {
	return func(c *flow.Case) {
		linked(c).Edges.Proposal.CompletedAt = &may1
		for _, i := range promised {
			linked(c).Edges.Items = append(linked(c).Edges.Items, &i)
		}
	}
}

func an(i gen.Item) part { return func(c *flow.Case) { c.Items = append(c.Items, &i) } }

func direction(s item.Status, unit *uuid.UUID) part {
	return an(gen.Item{ID: itemA, Kind: item.KindDIRECTION, Status: s, UnitID: unit, Text: "方向甲"})
}

func candidate(id uuid.UUID, s item.Status) part {
	return an(gen.Item{ID: id, Kind: item.KindCANDIDATE, Status: s, Text: "备选件"})
}

func problem(s item.Status, unit *uuid.UUID, cause, solution string, due *time.Time) part {
	return an(gen.Item{ID: itemA, Kind: item.KindPROBLEM, Status: s, UnitID: unit, Cause: cause, Solution: solution, DueOn: due, Text: "问题甲"})
}

// formerly is a problem as it was agreed on before there were columns for it.
func formerly(solution string, due *time.Time) part {
	return an(gen.Item{ID: itemA, Kind: item.KindPROBLEM, Status: item.StatusOPEN, UnitID: &unitA, Effect: solution, DueOn: due, Text: "问题甲"})
}

// task is a 六定任务 of a unit with nodes.
func task(state, title string, unit *uuid.UUID, nodes ...*gen.Item) part {
	return func(c *flow.Case) {
		m := &gen.Matter{Kind: kindTask, State: state, Title: title}
		m.Edges.Items = append([]*gen.Item{{Kind: item.KindTASK, UnitID: unit, Text: title}}, nodes...)
		c.Below = append(c.Below, flow.Branch{Matter: m, Link: &gen.Link{Kind: entlink.KindBELONGS_TO}})
	}
}

func node(s item.Status, month time.Month, day int) *gen.Item {
	due := clock.Date(2023, month, day)
	return &gen.Item{Kind: item.KindNODE, Status: s, Text: "节点", DueOn: &due}
}

// entry is a place in a plan; change, which may be nil, spoils it.
func entry(kind string, year any, state string, change func(*gen.Link)) part {
	return func(c *flow.Case) {
		l := &gen.Link{Kind: entlink.KindDERIVED_FROM, ItemID: &itemA}
		l.Edges.To = &gen.Matter{Kind: kindPlan, State: state, Data: map[string]any{"plan": kind, "year": year}}
		if change != nil {
			change(l)
		}
		c.Out = append(c.Out, l)
	}
}

func noted(stage string, unit *uuid.UUID, data map[string]any) part {
	return func(c *flow.Case) {
		c.Records = append(c.Records, &gen.Record{Kind: record.KindREPORT, Stage: stage, UnitID: unit, Data: data})
	}
}

func says(id uuid.UUID, by string) part {
	return noted(stageResearch, nil, map[string]any{"itemId": id.String(), "by": by})
}

func with(d proposal.Disposition, shares ...*gen.Assignment) part {
	return func(c *flow.Case) {
		id := theProposal
		m := &gen.Matter{ID: id}
		m.Edges.Proposal, m.Edges.Assignments = &gen.Proposal{Disposition: d}, shares
		c.Edges.Cohort.ProposalMatterID, c.Edges.Cohort.Edges.ProposalMatter = &id, m
	}
}

func share(unit uuid.UUID, role assignment.Role, state string, signed bool) *gen.Assignment {
	a := &gen.Assignment{UnitID: unit, Role: role, State: state}
	a.Edges.Unit = &gen.Unit{ID: unit, Name: "单位" + unit.String()[35:]}
	if signed {
		a.SignedAt = &may1
	}
	return a
}

func sent(to ...any) part { return noted(stageReport, nil, map[string]any{"sentTo": to}) }

func present(as ...string) process.Form {
	list := []any{}
	for _, a := range as {
		list = append(list, map[string]any{"as": a, "name": "某某"})
	}
	return process.Form{"present": list}
}

func ballot(voters, absent int, results ...map[string]any) process.Form {
	list := []any{}
	for _, r := range results {
		list = append(list, r)
	}
	return process.Form{"voters": voters, "absent": absent, "results": list}
}

func votes(unit uuid.UUID, satisfied, basic, dissatisfied, invalid int) map[string]any {
	return map[string]any{"unitId": unit.String(), "satisfied": satisfied, "basic": basic, "dissatisfied": dissatisfied, "invalid": invalid}
}

type ruleCase struct {
	name  string // the sentence
	guard string
	c     *flow.Case
	form  process.Form
	says  string // part of the objection; empty: none
}

func (r ruleCase) run(t *testing.T) {
	t.Helper()
	in := &flow.Input{Case: r.c, Form: r.form}
	if in.Case == nil {
		in.Case = made()
	}
	err := guard(r.guard)(in)
	if r.says == "" {
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if !strings.Contains(objections(err), r.says) {
		t.Fatalf("%v, want “%s”", err, r.says)
	}
}

// guard finds a rule by name, as the engine runs it.
func guard(name string) flow.Guard {
	for _, lists := range checklists {
		if c, ok := lists[name]; ok {
			return func(in *flow.Input) error { return flow.Lacks(c.list(in)) }
		}
	}
	for _, forms := range questions {
		if q, ok := forms[name]; ok {
			return q.ask
		}
	}
	panic("no guard " + name)
}

func guardNames() (names []string) {
	for _, lists := range checklists {
		names = slices.AppendSeq(names, maps.Keys(lists))
	}
	for _, forms := range questions {
		names = slices.AppendSeq(names, maps.Keys(forms))
	}
	return names
}

// objections are all that a refusal names.
func objections(err error) string {
	shown, ok := errs.As(err)
	if !ok {
		return ""
	}
	if all, ok := shown.Details["missing"].([]string); ok {
		return strings.Join(all, "；")
	}
	return shown.Message
}

func runAll(t *testing.T, tried map[string]bool, cases []ruleCase) {
	t.Helper()
	for _, r := range cases {
		tried[r.guard] = true
		t.Run(r.name, func(t *testing.T) { r.run(t) })
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	runAll(t, tried, formCases())
	runAll(t, tried, prestudyCases())
	runAll(t, tried, designationCases())
	runAll(t, tried, handlingCases())
	runAll(t, tried, supervisionCases())
	runAll(t, tried, taskCases())
	runAll(t, tried, formerCases())
	t.Run("every guard is tried", func(t *testing.T) {
		for _, name := range guardNames() {
			if !tried[name] {
				t.Error(name)
			}
		}
	})
	t.Run("a checklist names everything that is missing", everything)
	t.Run("two or three candidates stand for choice, whatever else there is", anyShortlist)
}

func everything(t *testing.T) {
	a, b := candidate(itemA, item.StatusOPEN), candidate(itemB, item.StatusOPEN)
	unsigned := with(proposal.DispositionFILED, share(unitA, assignment.RoleLEAD, "PENDING_SIGN", false), share(unitB, assignment.RoleSEPARATE, "PENDING_SIGN", false))
	for _, x := range []struct {
		guard string
		c     *flow.Case
		want  int
	}{
		{"directions_led", made(direction(item.StatusOPEN, nil), direction(item.StatusOPEN, nil)), 2},
		{"researched", made(a, b), 4},
		{"filed", made(), 1},
		{"confirmed", made(unsigned), 2},
		{"tasks_issued", made(unsigned, task("DRAFT", "任务一", nil), task("DRAFT", "任务二", nil)), 4},
		{"tasks_accepted", made(task("DRAFT", "任务一", nil), task("ISSUED", "任务二", nil), task("WORKING", "任务三", nil)), 2},
		{"nodes_reported", made(task("WORKING", "任务一", nil, node(item.StatusOPEN, 4, 1), node(item.StatusOPEN, 5, 1)), task("WORKING", "任务二", nil, node(item.StatusOPEN, 5, 1))), 3},
		{"tasks_settled", made(task("WORKING", "任务一", nil), task("REPORTED", "任务二", nil)), 2},
		{"reported", made(), 2},
		{"problems_agreed", made(problem(item.StatusOPEN, nil, "", "", nil), problem(item.StatusOPEN, nil, "", "", nil)), 2},
		{"problems_resolved", made(problem(item.StatusOPEN, nil, "", "", nil), problem(item.StatusOPEN, nil, "", "", nil)), 2},
		{"accounted", made(unsigned), 2},
		{"appraised", made(unsigned, noted(stageAppraisal, nil, ballot(1, 0))), 2},
	} {
		err := guard(x.guard)(&flow.Input{Case: x.c})
		if got := strings.Count(objections(err), "；") + 1; err == nil || got != x.want {
			t.Errorf("%s: %v, want %d", x.guard, err, x.want)
		}
	}
}

// anyShortlist: of random pools exactly those with two or three open candidates
// pass, in whatever order and among whatever was dropped, chosen or no candidate.
func anyShortlist(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	statuses := []item.Status{item.StatusOPEN, item.StatusOPEN, item.StatusDROPPED, item.StatusCHOSEN, item.StatusDONE}
	kinds := []item.Kind{item.KindCANDIDATE, item.KindCANDIDATE, item.KindCANDIDATE, item.KindDIRECTION, item.KindPROBLEM}
	passed := 0
	for range 5000 {
		c, open := made(), 0
		for range r.IntN(9) {
			i := &gen.Item{Kind: kinds[r.IntN(len(kinds))], Status: statuses[r.IntN(len(statuses))]}
			if i.Kind == item.KindCANDIDATE && i.Status == item.StatusOPEN {
				open++
			}
			c.Items = append(c.Items, i)
		}
		err := guard("shortlist")(&flow.Input{Case: c})
		if ok := open == 2 || open == 3; ok != (err == nil) {
			t.Fatalf("%d candidates: %v", open, err)
		} else if ok {
			passed++
		}
	}
	if passed < 500 {
		t.Fatalf("only %d pools were fit: the test looks at too little", passed)
	}
}

func formCases() []ruleCase {
	return []ruleCase{
		{"a meeting of today is recorded", "happened", nil, process.Form{"on": "2023-05-01"}, ""},
		{"nothing is recorded on a day that has not come", "happened", nil, process.Form{"on": "2023-05-02"}, "今天之后"},
		{"the chair of the CPPCC chairs the beginning of research", "chaired_by_cppcc", nil, process.Form{"chair": "CPPCC_CHAIR"}, ""},
		{"another cannot chair it", "chaired_by_cppcc", nil, process.Form{"chair": "DEPUTY"}, "政协主席主持"},
		{"the head of the government chairs the deployment", "chaired_by_government", nil, process.Form{"chair": "GOVERNMENT_HEAD"}, ""},
		{"the party secretary does not chair it in his place", "chaired_by_government", nil, process.Form{"chair": "PARTY_SECRETARY"}, "政府主要负责人"},
		{"who leads and who supervises are two posts", "two_leaders", nil, process.Form{"leadLeaderPost": "市长", "superviseLeaderPost": "市政协主席"}, ""},
		{"one post cannot do both, however it is spaced", "two_leaders", nil, process.Form{"leadLeaderPost": "市长", "superviseLeaderPost": " 市长"}, "同一职务"},
		{"one post cannot do both", "two_leaders", nil, process.Form{"leadLeaderPost": "市长", "superviseLeaderPost": "市长"}, "同一职务"},
		{"a result is that of a ballot", "ballot_named", nil, process.Form{"ballotId": itemA.String()}, ""},
		{"what names no ballot has no result", "ballot_named", nil, process.Form{"ballotId": "手工计票"}, "不存在"},
		{"all three that are absent are named", "three_present", nil, present("MEMBER"), "缺少提案者、专家、承办单位"},
		{"the symposium has a proposer, an expert and a unit", "three_present", nil, present("UNIT", "EXPERT", "MEMBER", "PROPOSER"), ""},
		{"no symposium without a proposer", "three_present", nil, present("UNIT", "EXPERT", "MEMBER"), "缺少提案者"},
		{"no symposium without an expert", "three_present", nil, present("UNIT", "PROPOSER"), "缺少专家"},
		{"no symposium without a unit", "three_present", nil, present("EXPERT", "PROPOSER"), "缺少承办单位"},
	}
}

func prestudyCases() []ruleCase {
	full := []part{says(itemA, "LEAD_ORG"), says(itemA, "THINK_TANK")}
	a, b, chose := candidate(itemA, item.StatusOPEN), candidate(itemB, item.StatusOPEN), candidate(itemA, item.StatusCHOSEN)
	dropped := candidate(itemB, item.StatusDROPPED)
	return []ruleCase{
		{"one direction is enough for the kickoff", "has_direction", made(direction(item.StatusOPEN, nil)), nil, ""},
		{"no kickoff over an empty pool", "has_direction", made(), nil, "还没有调研备选方向"},
		{"a dropped direction is no direction", "has_direction", made(direction(item.StatusDROPPED, nil)), nil, "还没有调研备选方向"},
		{"research goes on when each kept direction is led", "directions_led", made(direction(item.StatusOPEN, &unitA), direction(item.StatusDROPPED, nil)), nil, ""},
		{"a kept direction without a lead organisation holds it up", "directions_led", made(direction(item.StatusOPEN, nil)), nil, "还没有牵头单位"},
		{"dropping all directions does not help", "directions_led", made(direction(item.StatusDROPPED, nil)), nil, "还没有调研备选方向"},
		{"a candidate has its report and the think tank's opinion", "researched", made(append(full, a, dropped)...), nil, ""},
		{"no candidate, no shortlist", "researched", made(dropped), nil, "还没有备选件"},
		{"a candidate without its report holds it up", "researched", made(a, says(itemA, "THINK_TANK")), nil, "还没有调研报告"},
		{"a candidate without the think tank's opinion holds it up", "researched", made(a, says(itemA, "LEAD_ORG")), nil, "还没有智库意见"},
		{"the report of another candidate does not count", "researched", made(append(full, a, b)...), nil, "还没有调研报告"},
		{"two candidates stand for choice", "shortlist", made(a, b), nil, ""},
		{"three candidates stand for choice", "shortlist", made(a, b, candidate(unitA, item.StatusOPEN)), nil, ""},
		{"one candidate is no choice", "shortlist", made(a, dropped), nil, "现有 1 个"},
		{"four candidates are too many", "shortlist", made(a, b, candidate(unitA, item.StatusOPEN), candidate(unitB, item.StatusOPEN)), nil, "现有 4 个"},
		{"exactly one is chosen, the others are kept", "chosen", made(chose, b), nil, ""},
		{"none chosen is refused", "chosen", made(a, b), nil, "现有 0 个"},
		{"two chosen are refused", "chosen", made(chose, candidate(itemB, item.StatusCHOSEN)), nil, "现有 2 个"},
	}
}

func designationCases() []ruleCase {
	before, of := noted(stageDesignation, nil, map[string]any{}), func(id uuid.UUID) part {
		return noted(stageDesignation, nil, map[string]any{"proposalId": id.String()})
	}
	is, review := with(proposal.DispositionFILED), with(proposal.DispositionNONE)
	return []ruleCase{
		{"a linked proposal is there", "linked", made(review), nil, ""},
		{"a cohort may still lack its proposal", "linked", made(), nil, "还没有关联提案"},
		{"a cohort without a proposal takes one", "not_linked", made(), nil, ""},
		{"a second proposal needs the other action and a reason", "not_linked", made(review), nil, "写明理由"},
		{"designation may come before the proposal", "linked_is_filed", made(), nil, ""},
		{"a proposal that is there must be filed first", "linked_is_filed", made(review), nil, "还没有立案"},
		{"a filed proposal may be designated", "linked_is_filed", made(is), nil, ""},
		{"no deployment without a proposal", "filed", made(), nil, "还没有关联提案"},
		{"no deployment before filing", "filed", made(review), nil, "还没有立案"},
		{"a withdrawn proposal is not filed any more", "filed", made(with(proposal.DispositionWITHDRAWN)), nil, "还没有立案"},
		{"a filed proposal can be deployed", "filed", made(is), nil, ""},
		{"no deployment before the designation", "designated", made(is), nil, "还没有把它确定"},
		{"a designation from before the proposal holds for it", "designated", made(is, before), nil, ""},
		{"a designation of this proposal holds", "designated", made(is, of(theProposal)), nil, ""},
		{"a designation of another proposal does not", "designated", made(is, of(otherProposal)), nil, "还没有把它确定"},
		{"what is not designated can be", "not_designated", made(is, of(otherProposal)), nil, ""},
		{"nothing is designated twice", "not_designated", made(is, of(theProposal)), nil, "已经确定"},
	}
}

func handlingCases() []ruleCase {
	lead, apart := share(unitA, assignment.RoleLEAD, open, true), share(unitB, assignment.RoleSEPARATE, open, true)
	assist, away := share(unitB, assignment.RoleASSIST, open, false), share(unitB, assignment.RoleLEAD, returned, false)
	f := proposal.DispositionFILED
	results := func(rs ...map[string]any) part { return noted(stageAppraisal, nil, ballot(1, 0, rs...)) }
	return []ruleCase{
		{"no consultation on responsibility before units have been assigned", "assigned", made(with(f)), nil, "还没有交办"},
		{"an assisting unit alone takes no responsibility", "assigned", made(with(f, assist)), nil, "还没有交办"},
		{"an assigned unit is enough to consult with", "assigned", made(with(f, share(unitA, assignment.RoleSOLE, "PENDING_SIGN", false))), nil, ""},
		{"every unit has signed", "confirmed", made(with(f, lead, apart)), nil, ""},
		{"a unit that has not signed holds up the second consultation", "confirmed", made(with(f, lead, share(unitB, assignment.RoleCO_LEAD, "PENDING_SIGN", false))), nil, "单位b”还没有签收"},
		{"assisting units and units that returned the case hold up nothing", "confirmed", made(with(f, lead, assist, away)), nil, ""},
		{"without units nothing is confirmed", "confirmed", made(with(f)), nil, "还没有交办"},
		{"a problem has an owner before the accounts begin", "problems_owned", made(problem(item.StatusOPEN, &unitA, "", "", nil)), nil, ""},
		{"a problem without an owner holds them up", "problems_owned", made(problem(item.StatusOPEN, nil, "", "", nil)), nil, "还没有责任单位"},
		{"a consultation on solving problems was held", "handling_consulted", made(noted(stageHandling, nil, nil)), nil, ""},
		{"the one on responsibility does not stand for it", "handling_consulted", made(noted(stageAssigning, nil, nil)), nil, "办理中·解决问题"},
		{"no report before the appraisal", "appraised", made(with(f, lead)), nil, "还没有民主测评"},
		{"each unit has its result", "appraised", made(with(f, lead, apart), results(votes(unitA, 1, 0, 0, 0), votes(unitB, 1, 0, 0, 0))), nil, ""},
		{"a unit without a result holds up the report", "appraised", made(with(f, lead, apart), results(votes(unitA, 1, 0, 0, 0))), nil, "单位b"},
		{"a result of a secret ballot is read as one counted by hand", "appraised",
			made(with(f, lead), noted(stageAppraisal, nil, map[string]any{"results": []Tally{{UnitID: unitA, Dimension: "办理质量", Valid: 3}}})), nil, ""},
		{"M1: no report while a unit has not answered", "answered", made(with(f, lead, assist)), nil, "“单位a”还没有答复"},
		{"an assisting unit answers the lead, and holds up nothing", "answered", made(with(f, replied(lead), assist)), nil, ""},
		{"no report while proposers are being asked", "answered", made(with(f, replied(lead)), asked(nil, 3)), nil, "还在征询"},
		{"who has rated holds up nothing", "answered", made(with(f, replied(lead)), asked(&may1, 3)), nil, ""},
		{"nor does who was silent until the window was over", "answered", made(with(f, replied(lead)), asked(nil, -1)), nil, ""},
		{"the last appraisal counts", "appraised", made(with(f, lead), results(votes(unitA, 1, 0, 0, 0)), results(votes(unitB, 1, 0, 0, 0))), nil, "单位a"},
	}
}

func taskCases() []ruleCase {
	f := proposal.DispositionFILED
	units := with(f, share(unitA, assignment.RoleLEAD, open, true), share(unitB, assignment.RoleASSIST, open, true))
	stray := func(c *flow.Case) { // a sub-task that came of a task, a proposal that belongs to the cohort
		task("DRAFT", "分解的任务", nil)(c)
		c.Below[len(c.Below)-1].Link = &gen.Link{Kind: entlink.KindDERIVED_FROM}
		c.Below = append(c.Below, flow.Branch{Matter: &gen.Matter{Kind: "proposal"}, Link: &gen.Link{Kind: entlink.KindBELONGS_TO}})
	}
	working := func(nodes ...*gen.Item) *flow.Case { return made(task("WORKING", "任务一", &unitA, nodes...)) }
	return []ruleCase{
		{"without a task no responsibility is agreed on", "tasks_issued", made(units), nil, "还没有六定任务"},
		{"each task is issued and each unit has one", "tasks_issued", made(units, task("ISSUED", "任务一", &unitA)), nil, ""},
		{"a task that is a draft holds it up", "tasks_issued", made(units, task("ISSUED", "任务一", &unitA), task("DRAFT", "任务二", &unitA)), nil, "任务“任务二”还没有交办"},
		{"a responsible unit without a task holds it up", "tasks_issued", made(units, task("ISSUED", "任务一", nil)), nil, "“单位a”还没有任务"},
		{"a withdrawn task is none", "tasks_issued", made(units, task("WITHDRAWN", "任务一", &unitA)), nil, "“单位a”还没有任务"},
		{"an assisting unit needs no task", "tasks_issued", made(units, task("WORKING", "任务一", &unitA)), nil, ""},
		{"what came of a task, and the proposal, are no tasks of the cohort", "tasks_issued", made(units, task("ISSUED", "任务一", &unitA), stray), nil, ""},
		{"each task is accepted", "tasks_accepted", made(task("WORKING", "任务一", &unitA), task("EXPLAINED", "任务二", nil)), nil, ""},
		{"a task that waits for its unit holds it up", "tasks_accepted", made(task("ISSUED", "任务一", &unitA)), nil, "任务“任务一”还没有承接"},
		{"a declined task, a draft again, holds it up", "tasks_accepted", made(task("DRAFT", "任务一", &unitA)), nil, "还没有交办"},
		{"without a task nobody has accepted one", "tasks_accepted", made(), nil, "还没有六定任务"},
		{"a node of today that is not reported holds up the hearing", "nodes_reported", working(node(item.StatusOPEN, 5, 1)), nil, "节点“节点”（2023-05-01）还没有交账"},
		{"a node of a day to come does not", "nodes_reported", working(node(item.StatusOPEN, 5, 2)), nil, ""},
		{"a node that is reported, accepted or explained does not", "nodes_reported",
			working(node(item.StatusREPORTED, 4, 1), node(item.StatusDONE, 4, 1), node(item.StatusDROPPED, 4, 1)), nil, ""},
		{"nodes of drafts and of tasks that have ended do not", "nodes_reported",
			made(task("DRAFT", "一", nil, node(item.StatusOPEN, 4, 1)), task("EXPLAINED", "二", nil, node(item.StatusOPEN, 4, 1)), task("WITHDRAWN", "三", nil, node(item.StatusOPEN, 4, 1))), nil, ""},
		{"verified, explained and withdrawn tasks let the loop close", "tasks_settled", made(task("DONE", "一", nil), task("EXPLAINED", "二", nil), task("WITHDRAWN", "三", nil)), nil, ""},
		{"a task that is reported and not verified does not", "tasks_settled", made(task("REPORTED", "任务一", nil)), nil, "任务“任务一”等待核实"},
		{"a task that was never issued does not", "tasks_settled", made(task("DRAFT", "任务一", nil)), nil, "还没有交办"},
	}
}

func supervisionCases() []ruleCase {
	day := clock.Date(2024, 9, 1)
	why := noted(stageProblem, nil, map[string]any{"itemId": itemA.String(), "cause": "原因"})
	in2024 := func(state string) *flow.Case { return made(entry("SUPERVISION", 2024.0, state, nil)) }
	extended := func(c *flow.Case) { c.Records = append(c.Records, &gen.Record{Kind: record.KindEXTENSION}) }
	return []ruleCase{
		{"the report goes to the party committee and the government", "reported", made(sent("PARTY", "GOVERNMENT")), nil, ""},
		{"it may go in two", "reported", made(sent("PARTY"), sent("GOVERNMENT")), nil, ""},
		{"a draft is no report", "reported", made(sent()), nil, "报送党委"},
		{"the government alone is not enough", "reported", made(sent("GOVERNMENT")), nil, "报送党委"},
		{"it has an item in the supervision plan of its year", "plan_item", in2024("ISSUED"), nil, ""},
		{"without one it is not supervised", "plan_item", made(), nil, "还没有列入2024年度监督计划"},
		{"a plan that is adjusted is approved", "plan_item", in2024("ADJUSTED"), nil, ""},
		{"a plan that nobody has approved is none", "plan_item", in2024("SUBMITTED_TO_COMMITTEE"), nil, "2024年度监督计划还没有批准"},
		{"a plan of another year is none", "plan_item", made(entry("SUPERVISION", 2023, "ISSUED", nil)), nil, "还没有列入"},
		{"a plan of consultations is none", "plan_item", made(entry("CONSULTATION", 2024, "ISSUED", nil)), nil, "还没有列入"},
		{"an entry that was taken back is none", "plan_item", made(entry("SUPERVISION", 2024, "ISSUED", func(l *gen.Link) { l.UndoneAt = &may1 })), nil, "还没有列入"},
		{"an entry names the item", "plan_item", made(entry("SUPERVISION", 2024, "ISSUED", func(l *gen.Link) { l.ItemID = nil })), nil, "还没有列入"},
		{"an extended loop has one in the plan of the year after", "plan_item", made(entry("SUPERVISION", 2024, "ISSUED", nil), extended), nil, "还没有列入2025年度监督计划"},
		{"a loop without problems may close", "problems_agreed", made(), nil, ""},
		{"a problem with cause, solution and day", "problems_agreed", made(problem(item.StatusOPEN, &unitA, "原因", "办法", &day)), nil, ""},
		{"one that was agreed on formerly", "problems_agreed", made(formerly("办法", &day), why), nil, ""},
		{"a problem without a cause holds up the closing", "problems_agreed", made(problem(item.StatusOPEN, &unitA, "", "办法", &day)), nil, "问题甲"},
		{"a problem without a solution holds it up", "problems_agreed", made(problem(item.StatusOPEN, &unitA, "原因", "", &day), why), nil, "问题甲"},
		{"a problem without a day holds it up", "problems_agreed", made(problem(item.StatusOPEN, &unitA, "原因", "办法", nil), why), nil, "问题甲"},
		{"a solved problem lets the loop close", "problems_resolved", made(problem(item.StatusDONE, &unitA, "原因", "办法", &day)), nil, ""},
		{"an explained problem lets the loop close", "problems_resolved", made(problem(item.StatusDROPPED, &unitA, "原因", "办法", &day)), nil, ""},
		{"M1: no closing without the proposal", "proposal_settled", made(), nil, "还没有关联提案"},
		{"M1: no closing while the proposal is open", "proposal_settled", made(with(proposal.DispositionFILED)), nil, "还没有办结"},
		{"a completed proposal lets the loop close", "proposal_settled", made(with(proposal.DispositionFILED), completed()), nil, ""},
		{"M1: what its answers promised holds the loop open", "proposal_settled", made(with(proposal.DispositionFILED), completed(gen.Item{Kind: item.KindCOMMITMENT, Status: item.StatusOPEN, Text: "承诺甲"})), nil, "承诺甲"},
		{"what was kept, or explained, does not", "proposal_settled", made(with(proposal.DispositionFILED), completed(gen.Item{Kind: item.KindCOMMITMENT, Status: item.StatusDONE}, gen.Item{Kind: item.KindCOMMITMENT, Status: item.StatusDROPPED})), nil, ""},
		{"an open problem does not", "problems_resolved", made(problem(item.StatusOPEN, &unitA, "原因", "办法", &day)), nil, "问题“问题甲”还没有了结"},
	}
}

func formerCases() []ruleCase {
	f := proposal.DispositionFILED
	lead, apart, assist := share(unitA, assignment.RoleLEAD, open, true), share(unitB, assignment.RoleSEPARATE, open, true), share(unitB, assignment.RoleASSIST, open, false)
	two := made(with(f, share(unitA, assignment.RoleLEAD, open, true), share(unitB, assignment.RoleASSIST, open, true)))
	accounts := func(u uuid.UUID) part { return noted(stageAccount, &u, nil) }
	return []ruleCase{
		{"ballots with the invalid ones add up to those present", "ballots_add_up", two, ballot(40, 3, votes(unitA, 30, 4, 2, 1)), ""},
		{"ballots that do not add up are refused", "ballots_add_up", two, ballot(40, 3, votes(unitA, 30, 4, 2, 2)), "合计 38"},
		{"more cannot be absent than are called", "ballots_add_up", two, ballot(3, 4, votes(unitA, 0, 0, 0, 0)), "未到人数"},
		{"a unit has one line", "ballots_add_up", two, ballot(1, 0, votes(unitA, 1, 0, 0, 0), votes(unitA, 1, 0, 0, 0)), "每个单位一行"},
		{"an assisting unit is no subject of the appraisal", "ballots_add_up", two, ballot(1, 0, votes(unitB, 1, 0, 0, 0)), "测评对象"},
		{"each unit has accounted", "accounted", made(with(f, lead, apart), accounts(unitA), accounts(unitB)), nil, ""},
		{"a unit that has not accounted holds up the hearing", "accounted", made(with(f, lead, apart), accounts(unitA)), nil, "单位b”还没有交账"},
		{"an assisting unit owes no account", "accounted", made(with(f, lead, assist), accounts(unitA)), nil, ""},
	}
}

func TestBases(t *testing.T) {
	t.Parallel()
	c := made(func(c *flow.Case) { c.Records = append(c.Records, &gen.Record{Kind: record.KindEXTENSION}) })
	for name, want := range map[string]struct {
		on    string
		event string
	}{
		"prestudy":    {"2021-12-31", "2022年开始"},
		"handling":    {"2022-12-31", "2023年开始"},
		"supervision": {"2024-12-31", "2025年开始"}, // one year later for the extension
	} {
		t.Run(name+" counts from the last day of the year before", func(t *testing.T) {
			on, event := bases[name].do(c, nil)
			if on.Format(time.DateOnly) != want.on || event != want.event {
				t.Fatal(on, event)
			}
		})
	}
}
