package proposals

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
)

// verdict compares what a rule says with what it should: nothing, or an
// objection that holds a word.
func verdict(t *testing.T, err error, objection string) {
	t.Helper()
	switch {
	case objection == "" && err != nil:
		t.Errorf("%v, want no objection", err)
	case objection != "" && (err == nil || !strings.Contains(err.Error(), objection)):
		t.Errorf("%v, want an objection with %q", err, objection)
	}
}

// input is a case of a proposal at noon of 27 December 2024, the rest empty.
func input(p *gen.Proposal) *flow.Input {
	if p == nil {
		p = &gen.Proposal{Round: 1}
	}
	m := &gen.Matter{}
	m.Edges.Proposal = p
	return &flow.Input{Case: &flow.Case{
		Matter: m, Policy: process.DefaultPolicy(), Calendar: workday.New(nil), Now: time.Date(2024, 12, 27, 12, 0, 0, 0, clock.Shanghai),
	}, Form: process.Form{}, Viewer: &authz.Viewer{Membership: uuid.New()}}
}

func TestTheRolesOfTheUnitsFitTogether(t *testing.T) {
	t.Parallel()
	const (
		sole, lead, co, assist, apart = assignment.RoleSOLE, assignment.RoleLEAD, assignment.RoleCO_LEAD, assignment.RoleASSIST, assignment.RoleSEPARATE
	)
	for name, x := range map[string]struct {
		roles     []assignment.Role
		objection string
	}{
		"one unit handles alone":                                  {[]assignment.Role{sole}, ""},
		"who handles alone has nobody beside him":                 {[]assignment.Role{sole, assist}, "一家单办"},
		"nobody shares handling alone":                            {[]assignment.Role{sole, sole}, "一家单办"},
		"one leads and others assist":                             {[]assignment.Role{lead, assist, assist}, ""},
		"one leads with a joint lead":                             {[]assignment.Role{lead, co, assist}, ""},
		"two never lead":                                          {[]assignment.Role{lead, lead}, "一家单办"},
		"a joint lead needs a lead":                               {[]assignment.Role{co, co}, "一家单办"},
		"assisting units need somebody whom they assist":          {[]assignment.Role{assist}, "一家单办"},
		"two and more answer separately":                          {[]assignment.Role{apart, apart, assist}, ""},
		"one alone does not answer separately":                    {[]assignment.Role{apart}, "一家单办"},
		"a lead and units that answer separately do not go along": {[]assignment.Role{lead, apart, apart}, "一家单办"},
		"somebody must handle it":                                 {nil, "一家单办"},
	} {
		t.Run(name, func(t *testing.T) {
			var list []share
			for _, r := range x.roles {
				list = append(list, share{uuid.New(), r})
			}
			verdict(t, rolesFit(list), x.objection)
		})
	}
	t.Run("no unit is chosen twice", func(t *testing.T) {
		u := uuid.New()
		verdict(t, rolesFit([]share{{u, lead}, {u, assist}}), "不能选两次")
	})
}

func TestAProposalHasSituationAnalysisAndConcreteSuggestions(t *testing.T) {
	t.Parallel()
	full := func() *gen.Proposal {
		return &gen.Proposal{Situation: "情况", Analysis: "分析", Suggestions: []string{"建议"}, ConsentPublish: true}
	}
	for name, x := range map[string]struct {
		title     string
		change    func(*gen.Proposal)
		objection string
	}{
		"a complete text":                    {"关于夜经济的提案", nil, ""},
		"four characters make a title":       {"夜间经济", nil, ""},
		"three characters do not":            {"夜经济", nil, "案由"},
		"spaces are no title":                {"　 夜经济 　", nil, "案由"},
		"the situation":                      {"夜间经济", func(p *gen.Proposal) { p.Situation = " \n" }, "情况"},
		"the analysis":                       {"夜间经济", func(p *gen.Proposal) { p.Analysis = "" }, "分析"},
		"a suggestion":                       {"夜间经济", func(p *gen.Proposal) { p.Suggestions = nil }, "建议"},
		"a reason against publication":       {"夜间经济", func(p *gen.Proposal) { p.ConsentPublish = false }, "不同意公开"},
		"with the reason it may stay closed": {"夜间经济", func(p *gen.Proposal) { p.ConsentPublish, p.ConsentReason = false, "涉及企业数据" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := full()
			if x.change != nil {
				x.change(p)
			}
			verdict(t, textComplete(x.title, p), x.objection)
		})
	}
	t.Run("the length counts the three parts in characters, without spaces", func(t *testing.T) {
		p := &gen.Proposal{Situation: "情 况\n一", Analysis: "分　析", Suggestions: []string{"建议 1", "AB"}}
		if n := length(p); n != 10 {
			t.Errorf("%d characters, want 10", n)
		}
	})
}

func TestNumbersAreWrittenAsTheCommitteesWriteThem(t *testing.T) {
	t.Parallel()
	if got := caseNumber(11, 3, 1); got != "第十一届三次会议第001号" {
		t.Error(got)
	}
	if got := caseNumber(14, 2, 1234); got != "第十四届二次会议第1234号" {
		t.Error(got)
	}
}

func TestUrgingGoesUpTheLadderRungByRung(t *testing.T) {
	t.Parallel()
	unit, other := uuid.New(), uuid.New()
	mine, his := &gen.Assignment{ID: uuid.New(), UnitID: unit, Round: 1}, &gen.Assignment{ID: uuid.New(), UnitID: other, Round: 1}
	rung := func(a *gen.Assignment, level string) *gen.Record {
		r := &gen.Record{Kind: record.KindURGE, Data: map[string]any{"level": level}}
		if a != nil {
			r.AssignmentID = &a.ID
		}
		return r
	}
	for name, x := range map[string]struct {
		before    []*gen.Record
		want      string
		objection string
	}{
		"提醒 comes first":                      {nil, "提醒", ""},
		"催办 is not the first":                 {nil, "催办", "应先提醒"},
		"通报 is not the first":                 {nil, "通报", "应先提醒"},
		"after 提醒 comes 催办":                   {[]*gen.Record{rung(mine, "提醒")}, "催办", ""},
		"催办 is not jumped":                    {[]*gen.Record{rung(mine, "提醒")}, "通报", "应先催办"},
		"after 催办 comes 通报":                   {[]*gen.Record{rung(mine, "提醒"), rung(mine, "催办")}, "通报", ""},
		"a lower rung may be repeated":        {[]*gen.Record{rung(mine, "提醒"), rung(mine, "催办")}, "提醒", ""},
		"another unit's rungs do not count":   {[]*gen.Record{rung(his, "提醒"), rung(his, "催办")}, "催办", "应先提醒"},
		"reminders of the case do not either": {[]*gen.Record{rung(nil, "通报")}, "催办", "应先提醒"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(nil)
			in.Assignments, in.Records = []*gen.Assignment{mine, his}, x.before
			in.Form = process.Form{"unitId": unit.String(), "level": x.want}
			verdict(t, urgeLadder(in), x.objection)
		})
	}
	t.Run("only a unit that handles the case is urged", func(t *testing.T) {
		in := input(nil)
		in.Form = process.Form{"unitId": unit.String(), "level": "提醒"}
		verdict(t, urgeLadder(in), "不承办")
	})
}

func TestAnExtensionIsAtMostAMonthAndNeverBeyondSixMonths(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		due, until string
		objection  string
	}{
		"a month more":                      {"2025-03-31", "2025-04-30", ""},
		"a day more than a month":           {"2025-03-30", "2025-05-01", "至多延至2025年4月30日"},
		"the last day of six months":        {"2025-06-10", "2025-06-27", ""},
		"a day more than six months":        {"2025-06-10", "2025-06-28", "至多延至2025年6月27日"},
		"not the day on which it is due":    {"2025-03-31", "2025-03-31", "须晚于"},
		"a day that is a day of no month":   {"2025-03-31", "2025-04-31", "日期格式"},
		"the month ends at the month's end": {"2025-01-31", "2025-02-28", ""},
		"and not after it":                  {"2025-01-31", "2025-03-01", "至多延至2025年2月28日"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(nil)
			due, err := time.Parse(time.DateOnly, x.due)
			if err != nil {
				t.Fatal(err)
			}
			in.Share = &gen.Assignment{AssignedAt: in.Now, DueOn: &due}
			in.Form = process.Form{"until": x.until}
			verdict(t, withinMax(in), x.objection)
		})
	}
}

func TestWhoseDissatisfactionCounts(t *testing.T) {
	t.Parallel()
	lead, co := &gen.Party{ID: uuid.New(), Role: party.RoleLEAD, Cosign: party.CosignNONE}, &gen.Party{ID: uuid.New(), Role: party.RoleCO, Cosign: party.CosignSIGNED}
	stands, back := &gen.Reply{ID: uuid.New(), Status: reply.StatusSENT}, &gen.Reply{ID: uuid.New(), Status: reply.StatusSENT_BACK}
	rating := func(p *gen.Party, about *gen.Reply, round int, attitude, result string) *gen.Feedback {
		return &gen.Feedback{PartyID: p.ID, ReplyID: about.ID, Round: round, Attitude: attitude, Result: result}
	}
	for name, x := range map[string]struct {
		given *gen.Feedback
		by    string
		want  bool
	}{
		"the first proposer's counts":                       {rating(lead, stands, 1, "SATISFIED", "DISSATISFIED"), "LEAD", true},
		"a co-signer's does not where the policy says so":   {rating(co, stands, 1, "SATISFIED", "DISSATISFIED"), "LEAD", false},
		"anybody's does where the policy says so":           {rating(co, stands, 1, "SATISFIED", "DISSATISFIED"), "ANY", true},
		"the attitude does not reopen":                      {rating(lead, stands, 1, "DISSATISFIED", "BASIC"), "LEAD", false},
		"“understood” is not dissatisfied":                  {rating(lead, stands, 1, "SATISFIED", "UNDERSTOOD"), "LEAD", false},
		"silence is not dissatisfied":                       {rating(lead, stands, 1, "", ""), "LEAD", false},
		"that of an earlier round is over":                  {rating(lead, stands, 2, "SATISFIED", "DISSATISFIED"), "LEAD", false},
		"that about a reply that was sent back is over too": {rating(lead, back, 1, "SATISFIED", "DISSATISFIED"), "LEAD", false},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(nil)
			in.Policy.RejectBy = x.by
			in.Parties, in.Replies, in.Feedback = []*gen.Party{lead, co}, []*gen.Reply{stands, back}, []*gen.Feedback{x.given}
			if got := dissatisfied(in.Case); got != x.want {
				t.Error(got)
			}
		})
	}
}

func TestASecretIsJudgedByAnother(t *testing.T) {
	t.Parallel()
	in := input(nil)
	me, he := in.Viewer.Membership, uuid.New()
	said := func(by uuid.UUID, what string) *gen.Record {
		return &gen.Record{Kind: record.KindCHECK, AuthorID: &by, Data: map[string]any{"for": what}}
	}
	for name, x := range map[string]struct {
		said       []*gen.Record
		own, other bool
	}{
		"nobody raised it":                      {nil, false, false},
		"I raised it":                           {[]*gen.Record{said(me, "secret")}, true, false},
		"somebody else did":                     {[]*gen.Record{said(he, "secret")}, false, true},
		"I did, and he after me":                {[]*gen.Record{said(me, "secret"), said(he, "secret")}, true, true},
		"what was cleared is over":              {[]*gen.Record{said(he, "secret"), said(me, "not_secret")}, false, false},
		"what was raised again since is raised": {[]*gen.Record{said(me, "secret"), said(he, "not_secret"), said(he, "secret")}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			in.Records = x.said
			if own, other := raised(in); own != x.own || other != x.other {
				t.Error(own, other)
			}
		})
	}
	t.Run("an unknown reason of not filing is refused", func(t *testing.T) {
		in.Form = process.Form{"reasonCode": "BECAUSE"}
		if err := refusalReason(in); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
	t.Run("every national reason is known", func(t *testing.T) {
		in.Records = []*gen.Record{said(he, "secret")}
		if n := len(in.Policy.NotFiledReasons); n != 10 {
			t.Error(n)
		}
		for _, r := range in.Policy.NotFiledReasons {
			in.Form = process.Form{"reasonCode": r.Code}
			verdict(t, refusalReason(in), "")
		}
	})
}

func TestEveryInvitationIsAnsweredOrOver(t *testing.T) {
	t.Parallel()
	now := input(nil).Now
	later, before := now.Add(time.Hour), now.Add(-time.Hour)
	co := func(s party.Cosign, due *time.Time) *gen.Party {
		return &gen.Party{Role: party.RoleCO, Name: "委员乙", Cosign: s, CosignDueAt: due}
	}
	for name, x := range map[string]struct {
		parties   []*gen.Party
		accept    bool
		objection string
	}{
		"one has signed":                          {[]*gen.Party{co(party.CosignSIGNED, nil)}, false, ""},
		"one has not answered yet":                {[]*gen.Party{co(party.CosignSIGNED, nil), co(party.CosignINVITED, &later)}, false, "还有联名人没有答复"},
		"one let it lapse, another has signed":    {[]*gen.Party{co(party.CosignSIGNED, nil), co(party.CosignINVITED, &before)}, false, ""},
		"all declined":                            {[]*gen.Party{co(party.CosignDECLINED, nil)}, false, "没有人联名"},
		"all declined, and it goes in as his own": {[]*gen.Party{co(party.CosignDECLINED, nil)}, true, ""},
		"his own word does not close invitations": {[]*gen.Party{co(party.CosignINVITED, &later)}, true, "还有联名人没有答复"},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(&gen.Proposal{ProposerKind: proposal.ProposerKindJOINT})
			in.Parties = append(x.parties, &gen.Party{Role: party.RoleLEAD})
			in.Form = process.Form{"acceptIndividual": x.accept}
			verdict(t, cosignClosed(in), x.objection)
		})
	}
}
