package cohorts

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// The titles of the source (DL-01).
const (
	water  = "关于加快提升水资源承载力 支撑和保障城市高质量发展的提案"
	energy = "关于聚焦新能源产业赛道，推动我市绿色高质量发展的提案"
)

var bothSides = flow.Form{"present": []any{"市政府", "市政协"}}

// prestudied walks a fresh cohort to P5_SELECTED.
func (l *loop) prestudied(t *testing.T) {
	t.Helper()
	c := l.does(t, director, "addDirection", flow.Form{"text": "方向一：产业发展", "unitId": l.units["市水务局"].String()}, "P1_COLLECT")
	l.does(t, director, "holdKickoff", l.fact(flow.Form{"chair": "CPPCC_CHAIR"}), "P2_KICKOFF")
	l.does(t, director, "startResearch", nil, "P3_RESEARCH")
	for _, title := range []string{"备选件一", "备选件二"} {
		c = l.does(t, director, "addCandidate", flow.Form{"text": title, "unitId": l.units["市水务局"].String()}, "P3_RESEARCH")
		last := c.Items[len(c.Items)-1].ID.String()
		for _, by := range []string{"LEAD_ORG", "THINK_TANK"} {
			l.does(t, director, "recordResearch", l.fact(flow.Form{"itemId": last, "by": by}), "P3_RESEARCH")
		}
	}
	l.does(t, director, "shortlist", nil, "P4_SHORTLIST")
	first := items(c, item.KindCANDIDATE)[0].ID.String()
	l.does(t, chair, "chooseCandidate", l.fact(flow.Form{"itemId": first, "by": "CHAIR_MEETING"}), "P5_SELECTED")
}

// handled walks from P5_SELECTED to H7_REPORT with one unit and one assisting.
func (l *loop) handled(t *testing.T, p uuid.UUID) {
	t.Helper()
	lead := l.units["市水务局"].String()
	l.does(t, director, "linkProposal", flow.Form{"proposalId": p.String()}, "H0_SUBMITTED")
	l.file(t, p)
	l.does(t, chair, "designate", l.fact(flow.Form{"by": "CHAIR_MEETING"}), "H0_DESIGNATED")
	l.does(t, director, "deploy", l.fact(leaders), "H1_DEPLOYED")
	l.assign(t, p, assignment.RoleLEAD, "市水务局")
	l.assign(t, p, assignment.RoleASSIST, "市发展改革委")
	l.does(t, director, "consultAssignment", l.fact(bothSides), "H2_ASSIGN_CONSULT")
	l.sign(t, p)
	l.does(t, director, "consultHandling", l.fact(bothSides), "H3_HANDLE_CONSULT")
	l.does(t, director, "recordAccount", l.fact(flow.Form{"unitId": lead, "outcome": "REPORTED"}), "H4_ACCOUNT")
	l.does(t, director, "recordHearing", l.fact(flow.Form{"reporterPost": "副市长", "spoken": 12, "written": 23}), "H5_HEARD")
	b := ballot(40, 2, votes(l.units["市水务局"], 30, 6, 1, 1))
	b["on"] = l.fact(nil)["on"]
	l.does(t, director, "recordAppraisal", b, "H6_APPRAISED")
	l.does(t, director, "recordReport", l.fact(flow.Form{"sentTo": []any{"PARTY", "GOVERNMENT"}}), "H7_REPORT")
}

// assessed walks from S0_PLANNED to S4_PROBLEMS.
func (l *loop) assessed(t *testing.T) {
	t.Helper()
	l.does(t, director, "symposium", l.fact(present("PROPOSER", "EXPERT", "UNIT")), "S1_SYMPOSIUM")
	l.does(t, director, "deepen", l.fact(nil), "S2_DEEPENED")
	l.does(t, director, "visit", l.fact(flow.Form{"place": "水库现场"}), "S3_FIELD")
	l.does(t, director, "assess", l.fact(bothSides), "S4_PROBLEMS")
}

var leaders = flow.Form{"chair": "GOVERNMENT_HEAD", "leadLeaderPost": "市长", "superviseLeaderPost": "市政协主席"}

func TestThreeYears(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.opened(t, 2023, energy)
	p := h.proposal(t, energy, proposal.DispositionNONE)

	t.Run("the first year ends with one chosen candidate, the other kept", func(t *testing.T) {
		l.refused(t, errs.GuardFailed, director, "holdKickoff", l.fact(flow.Form{"chair": "CPPCC_CHAIR"}))
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
		c := l.does(t, chair, "designate", l.fact(flow.Form{"by": "PARTY_GROUP"}), "H0_DESIGNATED")
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
		l.does(t, director, "linkProposal", flow.Form{"proposalId": p.String()}, "H0_SUBMITTED")
		l.refused(t, errs.GuardFailed, director, "deploy", l.fact(leaders))
		h.file(t, p)
		l.refused(t, errs.GuardFailed, chair, "designate", l.fact(flow.Form{"by": "PARTY_GROUP"}))
		h.at(2023, 3, 27)
		c := l.does(t, director, "deploy", l.fact(leaders), "H1_DEPLOYED")
		if x := c.Cohort(); x.LeadLeaderPost != "市长" || x.SuperviseLeaderPost != "市政协主席" || !x.Edges.ProposalMatter.Edges.Proposal.IsNoOne {
			t.Fatal(x)
		}
	})
	t.Run("the two consultations wait for assignment and for every signature", func(t *testing.T) {
		l.refused(t, errs.GuardFailed, director, "consultAssignment", l.fact(bothSides))
		h.assign(t, p, assignment.RoleLEAD, "市水务局")
		h.assign(t, p, assignment.RoleSEPARATE, "市发展改革委")
		l.refused(t, errs.NotAllowedInState, director, "consultHandling", l.fact(bothSides))
		l.does(t, director, "consultAssignment", l.fact(bothSides), "H2_ASSIGN_CONSULT")
		l.refused(t, errs.GuardFailed, director, "consultHandling", l.fact(bothSides))
		h.sign(t, p)
		h.at(2023, 7, 19)
		l.does(t, director, "consultHandling", l.fact(bothSides), "H3_HANDLE_CONSULT")
		l.does(t, director, "consultAgain", l.fact(bothSides), "H3_HANDLE_CONSULT")
	})
	t.Run("each unit accounts, is heard, is appraised, and the report goes to both", l.secondHalf)
	h.at(2024, 2, 1)
	t.Run("the third year is planned, deepened, seen and assessed", func(t *testing.T) {
		c := l.does(t, chair, "plan", l.fact(flow.Form{"by": "PARTY_GROUP"}), "S0_PLANNED")
		if r := ofStage(c, stagePlan); len(r) != 1 || r[0].Data["year"] != float64(2024) {
			t.Fatal(r)
		}
		l.refused(t, errs.GuardFailed, director, "symposium", l.fact(present("PROPOSER", "UNIT")))
		l.assessed(t)
	})
	t.Run("the loop closes when each problem is agreed on and ended", l.closing)
}

func (l *loop) secondHalf(t *testing.T) {
	problem := l.does(t, director, "addProblem", flow.Form{"text": "管网老化"}, "H3_HANDLE_CONSULT").Items
	account := func(unit string) flow.Form {
		return l.fact(flow.Form{"unitId": l.units[unit].String(), "outcome": "REPORTED"})
	}
	l.refused(t, errs.GuardFailed, director, "recordAccount", account("市水务局"))
	l.does(t, director, "settleProblem", flow.Form{
		"itemId": problem[len(problem)-1].ID.String(), "unitId": l.units["市水务局"].String(),
		"cause": "年久失修", "solution": "分年改造", "dueOn": "2024-10-31",
	}, "H3_HANDLE_CONSULT")
	l.at(2023, 11, 20)
	l.does(t, director, "recordAccount", account("市水务局"), "H4_ACCOUNT")
	hearing := l.fact(flow.Form{"reporterPost": "副市长", "spoken": 12, "written": 23})
	l.refused(t, errs.GuardFailed, director, "recordHearing", hearing)
	l.does(t, director, "recordAccount", account("市发展改革委"), "H4_ACCOUNT")
	l.at(2023, 12, 8)
	l.does(t, director, "recordHearing", hearing, "H5_HEARD")
	one := ballot(40, 2, votes(l.units["市水务局"], 30, 6, 1, 1))
	both := ballot(40, 2, votes(l.units["市水务局"], 30, 6, 1, 1), votes(l.units["市发展改革委"], 38, 0, 0, 0))
	one["on"], both["on"] = "2023-12-08", "2023-12-08"
	l.does(t, director, "recordAppraisal", one, "H6_APPRAISED")
	report := l.fact(flow.Form{"sentTo": []any{"PARTY"}})
	l.refused(t, errs.GuardFailed, director, "recordReport", report)
	l.does(t, director, "recordAppraisal", both, "H6_APPRAISED")
	l.does(t, director, "recordReport", report, "H7_REPORT")
	l.refused(t, errs.GuardFailed, chair, "plan", l.fact(flow.Form{"by": "PARTY_GROUP"}))
	l.does(t, director, "recordReport", l.fact(flow.Form{"sentTo": []any{"GOVERNMENT"}}), "H7_REPORT")
}

func (l *loop) closing(t *testing.T) {
	c := l.does(t, director, "addProblem", flow.Form{"text": "调度不畅"}, "S4_PROBLEMS")
	first, second := items(c, item.KindPROBLEM)[0].ID.String(), items(c, item.KindPROBLEM)[1].ID.String()
	closed := func() flow.Form { return l.fact(flow.Form{"by": "CHAIR_MEETING"}) }
	l.refused(t, errs.GuardFailed, chair, "close", closed())
	l.refused(t, errs.GuardFailed, director, "resolveProblem", flow.Form{"itemId": second, "done": true, "evidence": "已联网"})
	l.does(t, director, "settleProblem", flow.Form{
		"itemId": second, "unitId": l.units["市发展改革委"].String(), "cause": "数据不通", "solution": "联网调度", "dueOn": "2024-12-31",
	}, "S4_PROBLEMS")
	l.refused(t, errs.GuardFailed, chair, "close", closed())
	l.does(t, director, "resolveProblem", flow.Form{"itemId": first, "done": false, "evidence": "列入下一年改造计划"}, "S4_PROBLEMS")
	l.does(t, director, "resolveProblem", flow.Form{"itemId": second, "done": true, "evidence": "已联网"}, "S4_PROBLEMS")
	l.refused(t, errs.NotAllowed, director, "close", closed())
	l.at(2024, 12, 20)
	c = l.does(t, chair, "close", closed(), "S5_CLOSED")
	if c.ClosedAt == nil || len(c.OpenTimers(nil)) != 0 {
		t.Fatal(c.ClosedAt, c.OpenTimers(nil))
	}
}

func TestThreeCohortsAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.opened(t, 2022, water)
	first.prestudied(t)
	first.handled(t, h.proposal(t, water, proposal.DispositionNONE))
	h.at(2023, 2, 1)
	first.does(t, chair, "plan", first.fact(flow.Form{"by": "PARTY_GROUP"}), "S0_PLANNED")
	second := h.opened(t, 2023, energy)
	second.prestudied(t)
	second.does(t, chair, "designate", second.fact(flow.Form{"by": "CHAIR_MEETING"}), "H0_DESIGNATED")
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
	t.Run("the supervision year is extended with a reason and planned anew", func(t *testing.T) {
		first.assessed(t)
		again := first.fact(flow.Form{"by": "CHAIR_MEETING"})
		first.refused(t, errs.Invalid, chair, "extend", again)
		first.doesWith(t, chair, "extend", again, "尚有问题未解决", "S6_EXTENDED")
		c := first.doesWith(t, chair, "planAgain", again, "继续监督", "S0_PLANNED")
		plans := ofStage(c, stagePlan)
		if len(plans) != 2 || plans[1].Data["year"] != float64(2024) {
			t.Fatal(plans)
		}
		for _, d := range c.OpenTimers(nil) {
			if d.Key == "supervision" && d.DueOn.Format(time.DateOnly) != "2024-12-31" {
				t.Fatal(d.DueOn)
			}
		}
		first.does(t, director, "symposium", first.fact(present("PROPOSER", "EXPERT", "UNIT")), "S1_SYMPOSIUM")
		c = first.does(t, director, "deepen", first.fact(nil), "S2_DEEPENED")
		if v := ofStage(c, stageDeepened); len(v) != 2 || v[0].Data["version"] != float64(1) || v[1].Data["version"] != float64(2) {
			t.Fatal(v)
		}
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
		n, err := h.engine.Sweep(h.ctx(t), h.db.Store, h.city)
		must(t, err)
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

func TestPrestudy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.opened(t, 2023, energy)
	c := l.does(t, director, "addDirection", flow.Form{"text": "方向一：产业发展"}, "P1_COLLECT")
	d := c.Items[0].ID.String()

	t.Run("a dropped direction may return", func(t *testing.T) {
		l.doesWith(t, director, "dropItem", flow.Form{"itemId": d}, "重复", "P1_COLLECT")
		l.refused(t, errs.GuardFailed, director, "holdKickoff", l.fact(flow.Form{"chair": "CPPCC_CHAIR"}))
		l.does(t, director, "restoreItem", flow.Form{"itemId": d}, "P1_COLLECT")
	})
	t.Run("each kept direction needs a lead organisation of this committee's roster", func(t *testing.T) {
		l.does(t, director, "holdKickoff", l.fact(flow.Form{"chair": "CPPCC_CHAIR"}), "P2_KICKOFF")
		l.refused(t, errs.GuardFailed, director, "startResearch", nil)
		l.refused(t, errs.Invalid, director, "assignDirection", flow.Form{"itemId": d, "unitId": uuid.Must(uuid.NewV7()).String()})
		l.does(t, director, "assignDirection", flow.Form{"itemId": d, "unitId": h.units["市水务局"].String()}, "P2_KICKOFF")
		l.does(t, director, "startResearch", nil, "P3_RESEARCH")
	})
	t.Run("a day that is no day is refused", func(t *testing.T) {
		l.refused(t, errs.Invalid, director, "recordResearch", flow.Form{"itemId": d, "by": "LEAD_ORG", "on": "2022-02-30", "text": "报告"})
	})
	t.Run("a direction is no candidate", func(t *testing.T) {
		l.refused(t, errs.Invalid, director, "recordResearch", l.fact(flow.Form{"itemId": d, "by": "LEAD_ORG"}))
	})
	t.Run("what may be done now, and what blocks it, is computed by the same rules", func(t *testing.T) {
		fresh := h.opened(t, 2021, "更早的一个")
		blocked := map[string]string{}
		must(t, h.as(t, director, func(ctx context.Context) error {
			all, err := h.engine.Available(ctx, fresh.id)
			for _, a := range all[fresh.id] {
				blocked[a.Action.Code] = a.Blocked
			}
			return err
		}))
		free, there := blocked["addDirection"]
		if !there || free != "" || !strings.Contains(blocked["holdKickoff"], "还没有调研备选方向") {
			t.Fatal(blocked)
		}
	})
	t.Run("a choice is reconsidered only with a reason", func(t *testing.T) {
		again := h.opened(t, 2022, water)
		again.prestudied(t)
		again.refused(t, errs.Invalid, chair, "reconsider", nil)
		c := again.doesWith(t, chair, "reconsider", nil, "情况变化", "P4_SHORTLIST")
		if len(items(c, item.KindCANDIDATE, item.StatusOPEN)) != 2 {
			t.Fatal(c.Items)
		}
	})
	t.Run("only the chair decides, only the director runs", func(t *testing.T) {
		l.refused(t, errs.NotAllowed, chair, "addCandidate", flow.Form{"text": "备选件一", "unitId": h.units["市水务局"].String()})
		l.refused(t, errs.NotFound, clerk, "addCandidate", flow.Form{"text": "备选件一", "unitId": h.units["市水务局"].String()})
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	t.Run("only who runs cohorts opens one", func(t *testing.T) {
		for _, role := range []string{chair, member, clerk} {
			err := h.as(t, role, func(ctx context.Context) error {
				_, err := New(h.engine).Open(ctx, 2023, energy)
				return err
			})
			if !errs.Is(err, errs.NotAllowed) {
				t.Error(role, err)
			}
		}
	})
	t.Run("a year that cannot be begun and an empty title are refused", func(t *testing.T) {
		for year, title := range map[int]string{2024: energy, 1999: energy, 2023: " ", 2022: strings.Repeat("长", 81)} {
			if _, err := h.open(t, year, title); !errs.Is(err, errs.Invalid) {
				t.Error(year, err)
			}
		}
	})
	t.Run("of two that open one year at once, one is refused", func(t *testing.T) {
		results := make(chan error, 2)
		for range 2 {
			go func() { _, err := h.open(t, 2023, energy); results <- err }()
		}
		first, second := <-results, <-results
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errs.Is(second, errs.Conflict) {
			t.Fatal(first, second)
		}
	})
	t.Run("it begins with collecting directions, seen by staff, owned by nobody", func(t *testing.T) {
		c := h.opened(t, 2022, water).look(t)
		if c.State != "P1_COLLECT" || c.Visibility != matter.VisibilitySTAFF || c.OwnerUnitID != nil || c.Cohort().HandleYear != 2022 {
			t.Fatal(c.Matter)
		}
	})
}

// look reads the cohort.
func (l *loop) look(t *testing.T) (c *flow.Case) {
	t.Helper()
	must(t, l.as(t, director, func(ctx context.Context) error {
		all, err := l.engine.Lock(authz.System(ctx), l.id)
		c = all[l.id]
		return err
	}))
	return c
}
