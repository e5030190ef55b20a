package demo

import (
	"cmp"
	"context"
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
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
	noOne        bool   // 一号提案
	raters       int    // how many rate; 0: all
	result       string // of the lead's rating; empty: SATISFIED
	again        bool   // a second round has begun
	tracked      []time.Time
	settled      bool // the commitment is done
	abstract     bool // only an abstract is published

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

func fixed(f flow.Form) func(*scene) flow.Form { return func(*scene) flow.Form { return f } }

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
	t.at(cosigned, move{who: t.lead, action: "inviteCosign", form: func(x *scene) flow.Form {
		var ids []any
		for _, p := range append(append([]string{}, t.cosigners...), t.invited...) {
			ids = append(ids, x.person(p))
		}
		return flow.Form{"membershipIds": ids}
	}})
	for _, p := range t.cosigners {
		t.then(move{who: p, action: "sign"})
	}
}

func (t *tale) submit() {
	if t.kind == proposal.ProposerKindSECTOR {
		t.then(move{who: t.lead, action: "signAsConvener"})
	}
	t.at(submitted, move{who: t.lead, action: "submit", seal: t.organisation != ""})
	if !t.returned {
		return
	}
	t.then(move{who: "clerk", action: "returnForEdit", reason: "分析部分请补充原因，建议请更加具体、可操作，修改后重新提交。"})
	if t.until == submitted {
		return
	}
	t.then(move{at: t.later(1), who: t.lead, action: "edit", form: fixed(flow.Form{"analysis": t.analysis + "从调研情况看，主要原因是责任主体和标准还不够明确。"})})
	t.then(move{who: t.lead, action: "resubmit"})
}

// review is the three passes, each by another person.
func (t *tale) review() {
	opinion := func(note string) func(*scene) flow.Form {
		return func(x *scene) flow.Form {
			ids := []any{}
			for _, u := range t.units {
				ids = append(ids, x.unitID(u.unit))
			}
			return flow.Form{"disposition": cmp.Or(t.verdict, "FILED"), "unitIds": ids, "note": note}
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
		v.form = fixed(flow.Form{"noOne": true})
	}
	t.at(disposed, v)
	if t.key != nil {
		t.then(move{at: t.last.Add(time.Hour), who: "director", action: "markKey", form: fixed(flow.Form{"leadLeaderPost": t.key.lead, "superviseLeaderPost": t.key.supervise})})
	}
}

// plan asks the units in advance.
func (t *tale) plan() {
	if !t.asked {
		return
	}
	t.at(planned, move{who: "clerk", action: "preAssign", form: func(x *scene) flow.Form { return x.shares(t.units) }})
	if t.until == planned {
		return
	}
	for _, u := range t.units {
		t.then(move{at: t.last.Add(3 * time.Hour), who: u.unit + "-liaison", action: "preAssignOpinion", form: fixed(flow.Form{"accept": true, "note": "属我单位职责，同意承办。"})})
	}
}

// assign is the 交办会; a unit that took the case first may give it back.
func (t *tale) assign() {
	list := t.units
	if t.passedOn != "" {
		list = append([]share{{unit: t.passedOn, role: t.units[0].role}}, t.units[1:]...)
	}
	t.at(assigned, move{who: t.office(), action: "assign", form: func(x *scene) flow.Form { return x.shares(list) }})
	if t.passedOn == "" {
		return
	}
	u := t.passedOn
	t.then(move{at: t.later(1), who: u + "-liaison", unit: u, action: "applyReturn", reason: "经研究，案中主要事项不属我单位职责范围，建议改由职责更近的单位承办。"})
	if t.undecided {
		return
	}
	t.then(move{at: t.later(1), who: "gov", unit: u, action: "officeDecideReturn", form: func(x *scene) flow.Form {
		return flow.Form{"grant": true, "newUnitId": x.unitID(t.units[0].unit), "note": "情况属实，同意改派。"}
	}})
	t.then(move{who: "clerk", unit: u, action: "committeeDecideReturn", form: fixed(flow.Form{"grant": true, "note": "提案委同意。"})})
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

func (t *tale) receive() {
	for _, u := range t.units {
		t.at(received, move{who: u.unit + "-liaison", unit: u.unit, action: "signReceipt"})
	}
	if t.k%4 == 0 { // the others' officer begins by himself
		t.then(move{at: t.last.Add(90 * time.Minute), who: t.units[0].unit + "-liaison", unit: t.units[0].unit, action: "nameOfficer", form: func(x *scene) flow.Form {
			return flow.Form{"membershipId": x.person(t.c.officer(t.units[0].unit))}
		}})
	}
}

// proposer is the key of a party: the organisation's where it is collective.
func (t *tale) proposer() string {
	if t.organisation != "" {
		return t.organisation
	}
	return t.lead
}

// handle is the units' work: contact with each first proposer, the assisting
// opinions, and a reply of each that answers.
func (t *tale) handle() {
	for _, u := range t.units {
		if u.role != assignment.RoleASSIST {
			t.contact(contacted, u.unit)
		}
	}
	for _, u := range t.units {
		if u.role == assignment.RoleASSIST && t.until >= assisted {
			t.at(assisted, move{who: t.c.officer(u.unit), unit: u.unit, action: "submitCoOpinion", form: fixed(flow.Form{"body": coText(t.text)})})
		}
	}
	t.supervise("VISIT", 12, "committee", "实地调研视察：督办领导带队到现场，察看进展，听取承办单位汇报，与提案人、群众代表交流。")
	if t.extended {
		t.extend(t.units[0].unit)
	}
	for i, u := range t.units {
		if u.role == assignment.RoleASSIST {
			continue
		}
		t.reply(u, t.redrafted && i == 0)
		if t.sentBack && i == 0 {
			t.then(move{at: t.later(1), who: "clerk", unit: u.unit, action: "sendBack", reason: "答复未逐条回应建议，请补充具体措施和时限后重新答复。"})
			t.reply(u, false)
		}
	}
	t.supervise("MEETING", 1, "clerk", "主席督办重点提案协商办理工作会议：分管领导、承办单位与提案人逐条协商，明确责任和时限。")
}

// contact is a meeting of a unit with each first proposer.
func (t *tale) contact(m milestone, unit string) {
	for j, p := range append([]string{t.proposer()}, t.letters...) {
		mode := contactModes[(t.k+j)%len(contactModes)]
		v := move{at: t.when(m), who: t.c.officer(unit), unit: unit, action: "recordContact"}
		if soon := t.last.Add(pause); v.at.Before(soon) {
			v.at = soon
		}
		on := clock.Day(v.at).Format(time.DateOnly)
		v.form = func(x *scene) flow.Form {
			return flow.Form{"partyId": x.party(p).String(), "mode": mode, "stage": "办前", "on": on, "text": contactText(mode, t.k+j)}
		}
		t.then(v)
	}
}

// reply is one unit's reply, from the draft to the sending, as far as the tale
// goes.
func (t *tale) reply(u share, rejected bool) {
	who := t.c.officer(u.unit)
	draft := func(body string) func(*scene) flow.Form {
		f := flow.Form{"class": u.class, "body": body, "publishable": true}
		if u.class == "B" {
			due := max(t.last.Year(), lastYear(t.tracked)) + 1
			f["commitments"] = []any{map[string]any{"text": t.subject.commitment(), "dueOn": clock.Date(due, time.December, 20).Format(time.DateOnly)}}
		}
		return fixed(f)
	}
	body := t.subject.reply(t.text, t.name(u.unit), u.class, t.k)
	for _, v := range []struct {
		m milestone
		move
	}{
		{replyDrafted, move{who: who, action: "draftReply", form: draft(body)}},
		{toBeSigned, move{who: who, action: "submitDraft"}},
		{signedOff, move{who: u.unit + "-lead", action: "signOff"}},
		{replied, move{who: u.unit + "-liaison", action: "send"}},
	} {
		if t.until < v.m {
			return
		}
		v.unit = u.unit
		t.at(v.m, v.move)
		if v.m == toBeSigned && rejected {
			t.then(move{who: u.unit + "-lead", unit: u.unit, action: "rejectDraft", reason: "第二条措施请写明完成时限，并附前期工作数据。"})
			t.then(move{at: t.last.Add(3 * time.Hour), who: who, unit: u.unit, action: "draftReply", form: draft(body + "\n附：前期工作数据和时间表。")})
			t.then(move{who: who, unit: u.unit, action: "submitDraft"})
		}
	}
}

func lastYear(list []time.Time) int {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1].Year()
}

// extend is an extension by a month, asked for before the day and granted.
func (t *tale) extend(unit string) {
	at := t.later(20)
	if t.undecided {
		at = t.when(replyDrafted)
	}
	t.then(move{at: at, who: unit + "-lead", unit: unit, action: "applyExtension", reason: "案中部分事项需与上级部门衔接，申请延期办理。", form: func(x *scene) flow.Form {
		return flow.Form{"until": x.share(unit).DueOn.AddDate(0, 0, 25).Format(time.DateOnly)}
	}})
	if t.undecided {
		return
	}
	t.then(move{at: t.later(1), who: "gov", unit: unit, action: "decideExtension", form: fixed(flow.Form{"grant": true, "note": "同意延期，请抓紧办理。"})})
}

// supervise records what the supervising leader did, some days after the last
// move.
func (t *tale) supervise(kind string, days int, who, what string) {
	if t.key == nil || t.until < rated {
		return
	}
	v := move{at: t.later(days), who: who, action: "recordSupervision"}
	on := clock.Day(v.at).Format(time.DateOnly)
	v.form = fixed(flow.Form{"kind": kind, "on": on, "place": t.key.place, "text": t.key.supervise + "：" + what})
	t.then(v)
}

// rate is every proposer's word on every reply.
func (t *tale) rate() {
	n := 0
	raters := append(append([]string{t.proposer()}, t.cosigners...), t.letters...)
	for i, p := range raters {
		for _, u := range t.units {
			if u.role == assignment.RoleASSIST || (t.raters > 0 && n == t.raters) {
				continue
			}
			n++
			result := "SATISFIED"
			if i == 0 && t.result != "" {
				result = t.result
			}
			who, action := p, "rate"
			if p == t.organisation {
				who = t.lead
			}
			more := flow.Form{"contacted": true, "opinion": ratingTexts[(t.k+i)%len(ratingTexts)]}
			if result == "DISSATISFIED" {
				more["opinion"] = "答复以原则性表述为主，没有回应关于时限和责任人的建议，请重新办理。"
			}
			if t.byPhone && i == len(raters)-1 {
				who, action, more["channel"] = "clerk", "enterRating", "PHONE"
			}
			t.at(rated, move{who: who, action: action, form: func(x *scene) flow.Form {
				f := flow.Form{"feedbackId": x.feedback(p, u.unit), "attitude": "SATISFIED", "result": result}
				for k, v := range more {
					f[k] = v
				}
				return f
			}})
		}
	}
	if t.again {
		u := t.units[0].unit
		t.then(move{at: t.later(1), who: u + "-liaison", unit: u, action: "signReceipt"})
		t.contact(rated, u)
	}
}

func (t *tale) complete() {
	for _, u := range t.units {
		if u.role != assignment.RoleASSIST {
			t.at(accepted, move{who: "clerk", unit: u.unit, action: "acceptReply"})
		}
	}
	decision := "OPEN"
	if t.abstract {
		decision = "ABSTRACT_ONLY"
	}
	t.then(move{who: "clerk", action: "decideDisclosure", form: fixed(flow.Form{"decision": decision})})
	if t.until < completed {
		return
	}
	t.supervise("REPORT", 0, "director", "督办报告：提案建议已基本落实，经验做法在全区推广。")
	t.at(completed, move{who: "director", action: "complete"})
	t.track()
}

// track follows a commitment: the unit reports, the clerk verifies. What is
// not settled is reported again each time; the newest report waits.
func (t *tale) track() {
	for i, at := range t.tracked {
		last := i == len(t.tracked)-1
		t.then(move{at: at, who: t.units[0].unit + "-liaison", action: "reportCommitment", form: func(x *scene) flow.Form {
			return flow.Form{"itemId": x.item(t.subject.commitment()), "evidence": t.subject.evidence(t.k + i)}
		}})
		if last && !t.settled {
			return
		}
		done := last
		t.then(move{at: t.later(3), who: "clerk", action: "verifyCommitment", form: func(x *scene) flow.Form {
			return flow.Form{"itemId": x.item(t.subject.commitment()), "done": done, "note": map[bool]string{true: "经现场核实，已落实。", false: "已取得进展，继续跟踪。"}[done]}
		}})
		if done {
			t.then(move{at: t.later(1), who: "clerk", action: "settle", form: fixed(flow.Form{"class": "A"})})
		}
	}
}

func (t *tale) archive() {
	supervision := "非重点提案"
	if t.key != nil {
		supervision = "有：视察、协商会议、督办报告"
	}
	v := move{at: t.when(archived), who: "clerk", action: "archive", form: fixed(flow.Form{"checklist": map[string]any{
		"form": "有", "slip": "有", "reply": "有", "feedback": "有", "supervision": supervision,
	}})}
	if t.settled { // long after the others
		v.at = t.later(5)
	}
	t.then(v)
}
