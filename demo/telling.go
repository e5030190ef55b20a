package demo

import (
	"cmp"
	"context"
	"time"

	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/proposals"
)

// milestone is where a proposal's script may stop, and what its timeline
// dates.
type milestone int

const (
	drafted milestone = iota
	cosigned
	submitted
	firstPass
	secondPass
	thirdPass
	consented
	disposed // filed, or become 社情民意
	planned  // 预交办
	assigned
	received
	contacted
	assisted
	replyDrafted
	toBeSigned
	signedOff
	replied
	rated
	accepted
	completed
	archived
)

// timeline dates the milestones; the zero time means: soon after the one
// before.
type timeline func(milestone) time.Time

// tale is a proposal as its script is told.
type tale struct {
	text
	subject *subject
	k       int // varies what is not told
	when    timeline
	until   milestone // the last one reached

	kind         proposal.ProposerKind
	lead         string   // a person, also of an organisation
	organisation string   // the collective proposer
	convener     string   // who signs for the 界别
	cosigners    []string // who sign
	invited      []string // who have not answered
	entered      bool     // 代录: the clerk drafts, the lead hands in
	units        []share
	letters      []string // leads of proposals that were merged into it: parties who are answered and rate
	verdict      string   // what the review proposes; empty: FILED
	returned     bool     // for edit, once
	asked        bool     // 预交办
	passedOn     string   // the unit that took it first and returned it
	extended     bool
	undecided    bool // the return, or the extension, is asked for and waits
	redrafted    bool // the leader rejects the first draft
	sentBack     bool // the first unit's reply, once
	byPhone      bool // the last rating is taken by telephone
	key          *keyTale
	noOne        bool        // 一号提案
	raters       int         // how many rate; 0: all
	result       string      // of the lead's rating; empty: SATISFIED
	again        bool        // a second round has begun
	tracked      []time.Time // reports after completion: on a commitment, or of the supervisors of a key case
	settled      bool        // with the last of them nothing is open any more
	abstract     bool        // only an abstract is published

	sc   *script
	last time.Time
	c    *committee
}

// keyTale is a 主席督办重点提案.
type keyTale struct{ lead, supervise, place string }

// pause is the least time between two moves.
const pause = 7 * time.Minute

// at appends a move at a milestone's time, or soon after the last one where
// that is later.
func (t *tale) at(m milestone, v move) {
	v.at = t.when(m)
	t.then(v)
}

// then appends a move at its own time, with the same rule.
func (t *tale) then(v move) {
	if soon := t.last.Add(pause); v.at.Before(soon) {
		v.at = soon
	}
	t.last = v.at
	t.sc.moves = append(t.sc.moves, v)
}

// later is the same time of the day some working days after the last move.
func (t *tale) later(n int) time.Time {
	day, _ := workday.Calendar{}.Add(t.last, n)
	h, m, sec := t.last.In(clock.Shanghai).Clock()
	return clock.StartOf(day).Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second)
}

func fixed(f process.Form) func(*scene) process.Form { return func(*scene) process.Form { return f } }

// tell makes the script of a proposal.
func (t *tale) tell(c *committee) *script {
	t.c, t.sc = c, &script{kind: "proposal", title: t.title}
	t.draft()
	for _, part := range []struct {
		from milestone
		tell func()
	}{{submitted, t.submit}, {firstPass, t.review}, {disposed, t.file}, {planned, t.plan}, {assigned, t.assign}, {received, t.receive},
		{contacted, t.handle}, {rated, t.rate}, {accepted, t.complete}, {archived, t.archive}} {
		if t.until < part.from {
			break
		}
		part.tell()
	}
	return t.sc
}

// draft opens it and asks for signatures.
func (t *tale) draft() {
	who, behalf := t.lead, ""
	if t.entered {
		who, behalf = "clerk", t.lead
	}
	t.at(drafted, move{who: who, action: "create", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		d := proposals.Draft{
			Kind: t.kind, Title: t.title, Situation: t.situation, Analysis: t.analysis, Suggestions: t.suggestions, Category: t.category, Consent: true,
		}
		for _, u := range t.units {
			d.Units = append(d.Units, s.units[u.unit])
		}
		if t.organisation != "" {
			id := s.units[t.organisation]
			d.Organisation = &id
		}
		if behalf != "" {
			id := s.people[behalf].membership
			d.OnBehalf = &id
		}
		return s.Proposals.Create(ctx, d)
	}})
	if len(t.cosigners)+len(t.invited) == 0 {
		return
	}
	t.at(cosigned, move{who: t.lead, action: "inviteCosign", form: func(x *scene) process.Form {
		var ids []any
		for _, p := range append(append([]string{}, t.cosigners...), t.invited...) {
			ids = append(ids, x.person(p))
		}
		return process.Form{"membershipIds": ids}
	}})
	for _, p := range t.cosigners {
		t.then(move{who: p, action: "sign"})
	}
}

func (t *tale) submit() {
	if t.convener != "" {
		t.then(move{who: t.convener, action: "signAsConvener"})
	}
	v := move{who: t.lead, action: "submit"}
	if t.organisation != "" {
		v.page = "SEAL"
	}
	t.at(submitted, v)
	if !t.returned {
		return
	}
	t.then(move{who: "clerk", action: "returnForEdit", reason: "分析部分请补充原因，建议请更加具体、可操作，修改后重新提交。"})
	if t.until == submitted {
		return
	}
	t.then(move{at: t.later(1), who: t.lead, action: "edit", form: fixed(process.Form{"analysis": t.analysis + "从调研情况看，主要原因是责任主体和标准还不够明确。"})})
	t.then(move{who: t.lead, action: "resubmit"})
}

// review is the three passes, each by another person.
func (t *tale) review() {
	opinion := func(note string) func(*scene) process.Form {
		return func(x *scene) process.Form {
			ids := []any{}
			for _, u := range t.units {
				ids = append(ids, x.unitID(u.unit))
			}
			return process.Form{"disposition": cmp.Or(t.verdict, "FILED"), "unitIds": ids, "note": note}
		}
	}
	t.at(firstPass, move{who: "clerk", action: "startReview", form: opinion("格式完整，一事一案。")})
	if t.until >= secondPass {
		t.at(secondPass, move{who: "reviewer", action: "recordPass", form: opinion("情况属实，建议具体。")})
	}
	if t.until >= thirdPass {
		t.at(thirdPass, move{who: "director", action: "recordPass", form: opinion("同意处理意见。")})
	}
}

func (t *tale) file() {
	v := move{who: "director", action: "file"}
	if t.noOne {
		v.form = fixed(process.Form{"noOne": true})
	}
	t.at(disposed, v)
	if t.key != nil {
		t.then(move{at: t.last.Add(time.Hour), who: "director", action: "markKey", form: fixed(process.Form{"leadLeaderPost": t.key.lead, "superviseLeaderPost": t.key.supervise})})
	}
}

// plan asks the units in advance.
func (t *tale) plan() {
	if !t.asked {
		return
	}
	t.at(planned, move{who: "clerk", action: "preAssign", form: func(x *scene) process.Form { return x.shares(t.units) }})
	if t.until == planned {
		return
	}
	for _, u := range t.units {
		t.then(move{at: t.last.Add(3 * time.Hour), who: u.unit + "-liaison", action: "preAssignOpinion", form: fixed(process.Form{"accept": true, "note": "属我单位职责，同意承办。"})})
	}
}

// assign is the 交办会; a unit that took the case first may give it back.
func (t *tale) assign() {
	list := t.units
	if t.passedOn != "" {
		list = append([]share{{unit: t.passedOn, role: t.units[0].role}}, t.units[1:]...)
	}
	t.at(assigned, move{who: t.office(), action: "assign", form: func(x *scene) process.Form { return x.shares(list) }})
	if t.passedOn == "" {
		return
	}
	u := t.passedOn
	t.then(move{at: t.later(1), who: u + "-liaison", unit: u, action: "applyReturn", reason: "经研究，案中主要事项不属我单位职责范围，建议改由职责更近的单位承办。"})
	if t.undecided {
		return
	}
	t.then(move{at: t.later(1), who: "gov", unit: u, action: "officeDecideReturn", form: func(x *scene) process.Form {
		return process.Form{"grant": true, "newUnitId": x.unitID(t.units[0].unit), "note": "情况属实，同意改派。"}
	}})
	t.then(move{who: "clerk", unit: u, action: "committeeDecideReturn", form: fixed(process.Form{"grant": true, "note": "提案委同意。"})})
}

// office is who assigns: the office of the units' channel, or the 提案委.
func (t *tale) office() string {
	for _, u := range t.c.Units {
		if u.Key == t.units[0].unit && u.Channel == "PARTY_OFFICE" {
			return "party-office"
		}
	}
	if t.k%2 == 0 {
		return "gov"
	}
	return "clerk"
}

func (t *tale) name(unit string) string {
	for _, u := range t.c.Units {
		if u.Key == unit {
			return u.Name
		}
	}
	return unit
}
