package cohorts

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// The titles of the source (DL-01).
const (
	water  = "关于加快提升水资源承载力 支撑和保障城市高质量发展的提案"
	energy = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
)

var bothSides = process.Form{"present": []any{"市政府", "市政协"}}

// prestudied walks a fresh cohort to P5_SELECTED.
func (l *loop) prestudied(t *testing.T) {
	t.Helper()
	l.prestudiedFrom(t, process.Form{"source": "党政交题"})
}

// prestudiedFrom says besides where the direction comes from.
func (l *loop) prestudiedFrom(t *testing.T, source process.Form) {
	t.Helper()
	d := process.Form{"text": "方向一：产业发展", "unitId": l.units["市水务局"].String()}
	maps.Copy(d, source)
	c := l.does(t, director, "addDirection", d, "P1_COLLECT")
	l.does(t, director, "holdKickoff", l.fact(process.Form{"chair": "CPPCC_CHAIR"}), "P2_KICKOFF")
	l.does(t, director, "startResearch", nil, "P3_RESEARCH")
	for _, title := range []string{"备选件一", "备选件二"} {
		c = l.does(t, director, "addCandidate", process.Form{"text": title, "unitId": l.units["市水务局"].String()}, "P3_RESEARCH")
		last := c.Items[len(c.Items)-1].ID.String()
		for _, by := range []string{"LEAD_ORG", "THINK_TANK"} {
			l.does(t, director, "recordResearch", l.fact(process.Form{"itemId": last, "by": by}), "P3_RESEARCH")
		}
	}
	l.does(t, director, "shortlist", nil, "P4_SHORTLIST")
	first := items(c, item.KindCANDIDATE)[0].ID.String()
	l.does(t, chair, "chooseCandidate", l.fact(process.Form{"itemId": first, "by": "CHAIR_MEETING"}), "P5_SELECTED")
}

// deployed walks from P5_SELECTED to H1_DEPLOYED with one unit and one
// assisting.
func (l *loop) deployed(t *testing.T, p uuid.UUID) {
	t.Helper()
	l.does(t, director, "linkProposal", process.Form{"proposalId": p.String()}, "H0_SUBMITTED")
	l.file(t, p)
	l.does(t, chair, "designate", l.fact(process.Form{"by": "CHAIR_MEETING"}), "H0_DESIGNATED")
	l.does(t, director, "deploy", l.fact(leaders), "H1_DEPLOYED")
	l.assign(t, p, assignment.RoleLEAD, "市水务局")
	l.assign(t, p, assignment.RoleASSIST, "市发展改革委")
}

// handled walks from P5_SELECTED to H7_REPORT; its task is left at work.
func (l *loop) handled(t *testing.T, p uuid.UUID) (task uuid.UUID) {
	t.Helper()
	l.deployed(t, p)
	task = l.task(t, taskIssued, "管网改造", "市水务局")
	l.does(t, director, "consultAssignment", l.fact(bothSides), "H2_ASSIGN_CONSULT")
	l.sign(t, p)
	l.to(t, task, "WORKING")
	l.does(t, director, "consultHandling", l.fact(bothSides), "H3_HANDLE_CONSULT")
	l.does(t, director, "openAccounts", nil, "H4_ACCOUNT")
	l.does(t, director, "recordHearing", l.fact(heard), "H5_HEARD")
	b, _ := l.ballot("市水务局")
	l.does(t, director, "recordAppraisal", l.result(b), "H6_APPRAISED")
	l.answer(t, p)
	l.does(t, director, "recordReport", l.fact(process.Form{"sentTo": []any{"PARTY", "GOVERNMENT"}}), "H7_REPORT")
	return task
}

// assessed walks from S0_PLANNED to S4_PROBLEMS.
func (l *loop) assessed(t *testing.T) {
	t.Helper()
	l.does(t, director, "symposium", l.fact(present("PROPOSER", "EXPERT", "UNIT")), "S1_SYMPOSIUM")
	l.does(t, director, "deepen", l.fact(nil), "S2_DEEPENED")
	l.does(t, director, "visit", l.fact(process.Form{"place": "水库现场"}), "S3_FIELD")
	l.does(t, director, "assess", l.fact(bothSides), "S4_PROBLEMS")
}

// result is the form that takes a ballot's result over, today.
func (l *loop) result(ballot uuid.UUID) process.Form {
	return process.Form{"on": l.fact(nil)["on"], "ballotId": ballot.String()}
}

var heard = process.Form{"reporterPost": "副市长", "spoken": 12, "written": 23}

var leaders = process.Form{"chair": "GOVERNMENT_HEAD", "leadLeaderPost": "市长", "superviseLeaderPost": "市政协主席"}

func TestThreeYears(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.opened(t, 2023, energy)
	p := h.proposal(t, energy, proposal.DispositionNONE)

	t.Run("the first year ends with one chosen candidate, the other kept", func(t *testing.T) {
		l.refused(t, errs.GuardFailed, director, "holdKickoff", l.fact(process.Form{"chair": "CPPCC_CHAIR"}))
		l.refused(t, errs.NotAllowedInState, director, "startResearch", nil)
		l.prestudied(t)
		l.refused(t, errs.NotAllowedInState, director, "deploy", l.fact(leaders))
		c := l.look(t)
		if n, m := len(items(c, item.KindCANDIDATE, item.StatusCHOSEN)), len(items(c, item.KindCANDIDATE, item.StatusOPEN)); n != 1 || m != 1 {
			t.Fatal(n, m)
		}
	})
	t.Run("the deployment is due by the end of March, the handling by the end of the year", func(t *testing.T) {
		h.at(2023, 1, 10)
		c := l.does(t, chair, "designate", l.fact(process.Form{"by": "PARTY_GROUP"}), "H0_DESIGNATED")
		due := map[string]string{}
		for _, d := range c.OpenTimers(nil) {
			due[d.Key] = d.DueOn.Format(time.DateOnly)
		}
		if len(due) != 2 || due["deploy"] != "2023-03-31" || due["handling"] != "2023-12-31" {
			t.Fatal(due)
		}
	})
	t.Run("a designation made before the proposal holds for it, and the deployment waits for filing", func(t *testing.T) {
		l.refused(t, errs.GuardFailed, director, "deploy", l.fact(leaders))
		l.does(t, director, "linkProposal", process.Form{"proposalId": p.String()}, "H0_SUBMITTED")
		l.refused(t, errs.GuardFailed, director, "deploy", l.fact(leaders))
		h.file(t, p)
		l.refused(t, errs.GuardFailed, chair, "designate", l.fact(process.Form{"by": "PARTY_GROUP"}))
		h.at(2023, 3, 27)
		c := l.does(t, director, "deploy", l.fact(leaders), "H1_DEPLOYED")
		if x := c.Edges.Cohort; x.LeadLeaderPost != "市长" || x.SuperviseLeaderPost != "市政协主席" || !x.Edges.ProposalMatter.Edges.Proposal.IsNoOne {
			t.Fatal(x)
		}
	})
	t.Run("the two consultations wait for tasks, for every signature and every acceptance", func(t *testing.T) { l.consulted(t, p) })
	t.Run("accounts, hearing, appraisal and report wait for one another", l.secondHalf)
	h.at(2024, 2, 1)
	t.Run("the third year is planned, deepened, seen and assessed", func(t *testing.T) {
		decided := l.fact(process.Form{"by": "PARTY_GROUP"})
		l.lacks(t, chair, "plan", decided, "还没有列入2024年度监督计划，请在该计划中为它立项并关联")
		plan := l.entered(t, "SUPERVISION", 2024, "SUBMITTED_TO_COMMITTEE")
		l.lacks(t, chair, "plan", decided, "2024年度监督计划还没有批准")
		l.to(t, plan, "APPROVED")
		r := last(l.does(t, chair, "plan", decided, "S0_PLANNED"), stagePlan)
		if r.Data["year"] != 2024.0 || r.Data["planId"] != plan.String() || r.Data["planItemId"] == nil {
			t.Fatal(r.Data)
		}
		l.refused(t, errs.GuardFailed, director, "symposium", l.fact(present("PROPOSER", "UNIT")))
		l.assessed(t)
	})
	t.Run("the loop closes when each problem and each task has ended", l.closing)
}

func (l *loop) consulted(t *testing.T, p uuid.UUID) {
	l.refused(t, errs.GuardFailed, director, "consultAssignment", l.fact(bothSides))
	l.assign(t, p, assignment.RoleLEAD, "市水务局")
	l.assign(t, p, assignment.RoleSEPARATE, "市发展改革委")
	draft := l.task(t, taskDraft, "管网改造", "市水务局", "2023-10-31", "2024-06-30")
	l.lacks(t, director, "consultAssignment", l.fact(bothSides), "任务“管网改造”还没有交办", "“市发展改革委”还没有任务")
	l.to(t, draft, taskIssued)
	second, district := l.task(t, taskIssued, "联网调度", "市发展改革委"), l.task(t, taskIssued, "区内管网", "")
	l.refused(t, errs.NotAllowedInState, director, "consultHandling", l.fact(bothSides))
	l.does(t, director, "consultAssignment", l.fact(bothSides), "H2_ASSIGN_CONSULT")
	l.to(t, draft, "WORKING")
	l.to(t, district, taskDraft)
	l.does(t, director, "consultAssignmentAgain", l.fact(bothSides), "H2_ASSIGN_CONSULT")
	l.lacks(t, director, "consultHandling", l.fact(bothSides), "“市水务局”还没有签收，责任没有落实", "“市发展改革委”还没有签收，责任没有落实",
		"任务“联网调度”还没有承接，责任没有落实", "任务“区内管网”还没有交办，责任没有落实")
	l.sign(t, p)
	l.to(t, second, "WORKING")
	l.to(t, district, taskWithdrawn)
	l.at(2023, 7, 19)
	l.does(t, director, "consultHandling", l.fact(bothSides), "H3_HANDLE_CONSULT")
	l.does(t, director, "consultAgain", l.fact(bothSides), "H3_HANDLE_CONSULT")
	l.made = []uuid.UUID{draft, second}
}

func (l *loop) secondHalf(t *testing.T) {
	problem := l.does(t, director, "addProblem", process.Form{"text": "管网老化"}, "H3_HANDLE_CONSULT").Items
	l.lacks(t, director, "openAccounts", nil, "问题“管网老化”还没有责任单位")
	c := l.does(t, director, "settleProblem", process.Form{
		"itemId": problem[len(problem)-1].ID.String(), "unitId": l.units["市水务局"].String(),
		"cause": "年久失修", "solution": "分年改造", "dueOn": "2024-10-31",
	}, "H3_HANDLE_CONSULT")
	if p := items(c, item.KindPROBLEM)[0]; p.Cause != "年久失修" || p.Solution != "分年改造" || last(c, stageProblem) == nil {
		t.Error(p)
	}
	l.does(t, director, "openAccounts", nil, "H4_ACCOUNT")
	l.at(2023, 12, 8)
	l.lacks(t, director, "recordHearing", l.fact(heard), "任务“管网改造”的节点“节点2023-10-31”（2023-10-31）还没有交账，也没有说明原因")
	l.report(t, l.made[0], item.StatusREPORTED)
	l.does(t, director, "recordHearing", l.fact(heard), "H5_HEARD")
	l.appraisal(t)
	report := l.fact(process.Form{"sentTo": []any{"PARTY"}})
	l.lacks(t, director, "recordReport", report, "“市水务局”还没有答复一号提案", "“市发展改革委”还没有答复一号提案") // M1
	l.answer(t, linked(l.look(t)).ID)
	l.does(t, director, "recordReport", report, "H7_REPORT")
	l.waits(t, "a report that has not reached both waits for the director", "director")
	if got := l.gates(t, director)["plan"].Checks[0].Missing; !slices.Equal(got, []string{"专题协商报告还没有报送政府"}) {
		t.Error(got)
	}
	l.refused(t, errs.GuardFailed, chair, "plan", l.fact(process.Form{"by": "PARTY_GROUP"}))
	l.does(t, director, "recordReport", l.fact(process.Form{"sentTo": []any{"GOVERNMENT"}}), "H7_REPORT")
	l.waits(t, "and one that has, for the chair's meeting, also while no plan names the loop", "chair")
}

// appraisal: what is refused changes nothing, and the result is numbers.
func (l *loop) appraisal(t *testing.T) {
	refused := func(code errs.Code, says string, id uuid.UUID) {
		t.Helper()
		_, err := l.try(t, director, "recordAppraisal", l.result(id), "")
		if !errs.Is(err, code) || !strings.Contains(objections(err), says) {
			t.Errorf("%v, want “%s”", err, says)
		}
	}
	both := []string{"市水务局", "市发展改革委"}
	refused(errs.NotFound, "没有这次测评", uuid.Must(uuid.NewV7()))
	other, a := l.ballot(both...)
	a.Matter = uuid.Must(uuid.NewV7())
	refused(errs.GuardFailed, "不是这件一号提案的", other)
	running, a := l.ballot(both...)
	a.Closed = time.Time{}
	refused(errs.GuardFailed, "还没有结束", running)
	before, a := l.ballot(both...)
	a.Opened = a.Opened.AddDate(0, 0, -1)
	refused(errs.GuardFailed, "听取办理情况之前", before)
	few, a := l.ballot(both...)
	a.Withheld, a.Tallies = true, nil
	refused(errs.GuardFailed, "太少", few)
	later, a := l.ballot(both...)
	a.Opened = a.Opened.AddDate(0, 0, 1)
	refused(errs.Invalid, "早于", later)
	one, _ := l.ballot("市水务局")
	refused(errs.GuardFailed, "没有“市发展改革委”", one)
	whole, _ := l.ballot(both...)
	r := last(l.does(t, director, "recordAppraisal", l.result(whole), "H6_APPRAISED"), stageAppraisal)
	first := r.Data["results"].([]any)[0].(map[string]any)
	if r.Data["voters"] != 40.0 || r.Data["cast"] != 38.0 || r.Data["absent"] != 2.0 || r.Data["ballotId"] != whole.String() ||
		first["valid"] != 37.0 || first["invalid"] != 1.0 || first["abstained"] != 1.0 || first["absent"] != 2.0 || len(first["votes"].([]any)) != 4 {
		t.Error(r.Data)
	}
}

func (l *loop) closing(t *testing.T) {
	c := l.does(t, director, "addProblem", process.Form{"text": "调度不畅"}, "S4_PROBLEMS")
	first, second := items(c, item.KindPROBLEM)[0].ID.String(), items(c, item.KindPROBLEM)[1].ID.String()
	l.waits(t, "while a problem is not agreed upon it waits for the director", "director")
	closed := func() process.Form { return l.fact(process.Form{"by": "CHAIR_MEETING"}) }
	l.to(t, l.made[1], "REPORTED")
	l.lacks(t, chair, "close", closed(), "问题“调度不畅”还没有查明原因、商定办法和期限",
		"问题“管网老化”还没有了结，请了结、说明原因，或再延一年", "问题“调度不畅”还没有了结，请了结、说明原因，或再延一年",
		"任务“管网改造”正在办理", "任务“联网调度”等待核实", uncompleted(energy))
	l.refused(t, errs.GuardFailed, director, "resolveProblem", process.Form{"itemId": second, "done": true, "evidence": "已联网"})
	l.does(t, director, "settleProblem", process.Form{
		"itemId": second, "unitId": l.units["市发展改革委"].String(), "cause": "数据不通", "solution": "联网调度", "dueOn": "2024-12-31",
	}, "S4_PROBLEMS")
	l.does(t, director, "resolveProblem", process.Form{"itemId": first, "done": false, "evidence": "列入下一年改造计划"}, "S4_PROBLEMS")
	l.does(t, director, "resolveProblem", process.Form{"itemId": second, "done": true, "evidence": "已联网"}, "S4_PROBLEMS")
	l.lacks(t, chair, "close", closed(), "任务“管网改造”正在办理", "任务“联网调度”等待核实", uncompleted(energy))
	l.waits(t, "problems that have ended leave it to the chair's meeting", "chair")
	l.to(t, l.made[0], taskExplained)
	l.to(t, l.made[1], taskDone)
	promised := l.promise(t, linked(c).ID, "明年完成管网改造") // M1: the loop closed over its own proposal
	l.lacks(t, chair, "close", closed(), uncompleted(energy), "答复中承诺的“明年完成管网改造”还没有落实，也没有说明原因")
	l.complete(t, linked(c).ID, promised)
	if g := l.gates(t, chair)["close"]; !g.Open() || g.Turn != "主席会议" || g.DueOn == nil {
		t.Error(g)
	}
	l.refused(t, errs.NotAllowed, director, "close", closed())
	l.at(2024, 12, 20)
	c = l.does(t, chair, "close", closed(), "S5_CLOSED")
	if c.ClosedAt == nil || len(c.OpenTimers(nil)) != 0 {
		t.Fatal(c.ClosedAt, c.OpenTimers(nil))
	}
}

// extended goes through the third year twice.
func (l *loop) extended(t *testing.T) {
	l.assessed(t)
	again := l.fact(process.Form{"by": "CHAIR_MEETING"})
	l.refused(t, errs.Invalid, chair, "extend", again)
	l.lacks(t, chair, "close", again, "任务“管网改造”正在办理", uncompleted(water))
	l.doesWith(t, chair, "extend", again, "尚有任务没有完成", "S6_EXTENDED")
	l.waits(t, "an extended loop that no plan names yet waits for the chair's meeting, which can have it planned", "chair")
	if got := l.missing(t, "planAgain"); !slices.Equal(got, []string{"还没有列入2024年度监督计划，请在该计划中为它立项并关联"}) {
		t.Error(got)
	}
	l.entered(t, "SUPERVISION", 2024, "APPROVED")
	c := l.doesWith(t, chair, "planAgain", again, "继续监督", "S0_PLANNED")
	plans := ofStage(c, stagePlan)
	if len(plans) != 2 || plans[1].Data["year"] != float64(2024) {
		t.Fatal(plans)
	}
	for _, d := range c.OpenTimers(nil) {
		if d.Key == "supervision" && d.DueOn.Format(time.DateOnly) != "2024-12-31" {
			t.Fatal(d.DueOn)
		}
	}
	l.does(t, director, "symposium", l.fact(present("PROPOSER", "EXPERT", "UNIT")), "S1_SYMPOSIUM")
	c = l.does(t, director, "deepen", l.fact(nil), "S2_DEEPENED")
	if v := ofStage(c, stageDeepened); len(v) != 2 || v[0].Data["version"] != float64(1) || v[1].Data["version"] != float64(2) {
		t.Fatal(v)
	}
	l.does(t, director, "visit", l.fact(process.Form{"place": "水库现场"}), "S3_FIELD")
	l.does(t, director, "assess", l.fact(bothSides), "S4_PROBLEMS")
}

// TestNoGateIsSkipped tries, in every state of a whole loop, every action that
// leads on from another one.
func TestNoGateIsSkipped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.opened(t, 2023, energy)
	m := definition(t, Kind).Machines[process.OfMatter]
	tried := 0
	l.each = func(t *testing.T, state string) {
		tenantstest.NothingStands(t, h.db.SuperURL)
		for _, a := range m.Actions {
			if a.To == "" || slices.Contains(a.From, state) {
				continue
			}
			tried++
			if _, err := l.try(t, director, a.Code, nil, "跳过"); !errs.Is(err, errs.NotAllowedInState) {
				t.Errorf("%s in %s: %v", a.Code, state, err)
			}
		}
	}
	l.prestudied(t)
	p := h.proposal(t, energy, proposal.DispositionNONE)
	task := l.handled(t, p)
	l.entered(t, "SUPERVISION", 2024, "ISSUED")
	l.does(t, chair, "plan", l.fact(process.Form{"by": "PARTY_GROUP"}), "S0_PLANNED")
	l.assessed(t)
	l.to(t, task, taskDone)
	l.complete(t, p)
	l.does(t, chair, "close", l.fact(process.Form{"by": "CHAIR_MEETING"}), "S5_CLOSED")
	if tried < 400 {
		t.Errorf("only %d tries", tried)
	}
}

func TestThreeCohortsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.opened(t, 2022, water)
	first.prestudied(t)
	left := first.handled(t, h.proposal(t, water, proposal.DispositionNONE))
	h.at(2023, 2, 1)
	first.entered(t, "SUPERVISION", 2023, "ISSUED")
	first.does(t, chair, "plan", first.fact(process.Form{"by": "PARTY_GROUP"}), "S0_PLANNED")
	second := h.opened(t, 2023, energy)
	second.prestudied(t)
	second.does(t, chair, "designate", second.fact(process.Form{"by": "CHAIR_MEETING"}), "H0_DESIGNATED")
	third := h.opened(t, 2024, "2024年度一号提案选题")

	t.Run("three cohorts of three years are in three phases", func(t *testing.T) {
		for l, want := range map[*loop]Phase{first: Supervision, second: Handling, third: Prestudy} {
			if got := PhaseOf(l.look(t).State); got != want {
				t.Error(got, want)
			}
		}
	})
	t.Run("a second cohort of a year is refused", func(t *testing.T) {
		_, err := h.open(t, 2023, "又一个")
		if shown, ok := errs.As(err); !ok || shown.Code != errs.Conflict || !strings.Contains(shown.Message, "2023年度已有一号提案闭环") {
			t.Fatal(err)
		}
	})
	t.Run("the supervision year is extended with a reason and planned anew", first.extended)
	t.Run("the tasks of an extended loop stay, and end it when they have ended", func(t *testing.T) {
		first.lacks(t, chair, "close", first.fact(process.Form{"by": "CHAIR_MEETING"}), "任务“管网改造”正在办理", uncompleted(water))
		first.to(t, left, taskDone)
		first.complete(t, linked(first.look(t)).ID)
		first.does(t, chair, "close", first.fact(process.Form{"by": "CHAIR_MEETING"}), "S5_CLOSED")
	})
	t.Run("staff who may read cohorts see them, nobody else", func(t *testing.T) {
		for role, want := range map[string]int{director: 3, chair: 3, member: 0, clerk: 0} {
			must(t, h.as(t, role, func(ctx context.Context) error {
				n, err := h.db.Store.Ent().Matter.Query().Where(matter.Kind(Kind)).Count(ctx)
				if n != want {
					t.Errorf("%s sees %d", role, n)
				}
				return err
			}))
		}
	})
	t.Run("a passed gate reminds, and is overdue", func(t *testing.T) {
		h.at(2023, 6, 1)
		n := h.d.With(t).Sweep()
		late := 0
		for _, d := range third.look(t).Timers {
			if d.Status == timer.StatusOVERDUE && d.Key == "collect" {
				late++
			}
		}
		if n == 0 || late != 1 {
			t.Fatal(n, late)
		}
	})
}
