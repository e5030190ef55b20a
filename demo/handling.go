package demo

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// receive is the units' receipts; now and then a liaison names the officer.
func (t *tale) receive() {
	for _, u := range t.units {
		t.at(received, move{who: u.unit + "-liaison", unit: u.unit, action: "signReceipt"})
	}
	if t.k%4 == 0 { // the others' officer begins by himself
		t.then(move{at: t.last.Add(90 * time.Minute), who: t.units[0].unit + "-liaison", unit: t.units[0].unit, action: "nameOfficer", form: func(x *scene) process.Form {
			return process.Form{"membershipId": x.person(t.c.officer(t.units[0].unit))}
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
			t.at(assisted, move{who: t.c.officer(u.unit), unit: u.unit, action: "submitCoOpinion", form: fixed(process.Form{"body": coText(t.text)})})
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

// contact is a meeting of a unit with each first proposer; now and then they
// telephone first, which is no 面商 yet (M14).
func (t *tale) contact(m milestone, unit string) {
	for j, p := range append([]string{t.proposer()}, t.letters...) {
		mode := contactModes[(t.k+j)%len(contactModes)]
		t.met(m, unit, p, mode, t.k+j)
		if mode == "电话" {
			t.met(m, unit, p, "面谈", t.k+j)
		}
	}
}

func (t *tale) met(m milestone, unit, proposer, mode string, k int) {
	v := move{at: t.when(m), who: t.c.officer(unit), unit: unit, action: "recordContact"}
	if soon := t.last.Add(pause); v.at.Before(soon) {
		v.at = soon
	}
	on := clock.Day(v.at).Format(time.DateOnly)
	v.form = func(x *scene) process.Form {
		return process.Form{"partyId": x.party(proposer).String(), "mode": mode, "stage": "办前", "on": on, "text": contactText(mode, k)}
	}
	t.then(v)
}

// reply is one unit's reply, from the draft to the sending, as far as the tale
// goes.
func (t *tale) reply(u share, rejected bool) {
	who := t.c.officer(u.unit)
	draft := func(body string) func(*scene) process.Form {
		f := process.Form{"class": u.class, "body": body, "publishable": true}
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
	t.then(move{at: at, who: unit + "-lead", unit: unit, action: "applyExtension", reason: "案中部分事项需与上级部门衔接，申请延期办理。", form: func(x *scene) process.Form {
		return process.Form{"until": x.share(unit).DueOn.AddDate(0, 0, 25).Format(time.DateOnly)}
	}})
	if t.undecided {
		return
	}
	t.then(move{at: t.later(1), who: "gov", unit: unit, action: "decideExtension", form: fixed(process.Form{"grant": true, "note": "同意延期，请抓紧办理。"})})
}

// supervise records what the supervising leader did, some days after the last
// move.
func (t *tale) supervise(kind string, days int, who, what string) {
	if t.key == nil || t.until < rated {
		return
	}
	v := move{at: t.later(days), who: who, action: "recordSupervision"}
	on := clock.Day(v.at).Format(time.DateOnly)
	v.form = fixed(process.Form{"kind": kind, "on": on, "place": t.key.place, "text": t.key.supervise + "：" + what})
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
			more := process.Form{"contacted": true, "opinion": ratingTexts[(t.k+i)%len(ratingTexts)]}
			if result == "DISSATISFIED" {
				more["opinion"] = "答复以原则性表述为主，没有回应关于时限和责任人的建议，请重新办理。"
			}
			if t.byPhone && i == len(raters)-1 {
				who, action, more["channel"] = "clerk", "enterRating", "PHONE"
			}
			t.at(rated, move{who: who, action: action, form: func(x *scene) process.Form {
				f := process.Form{"feedbackId": x.feedback(p, u.unit), "attitude": "SATISFIED", "result": result}
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
	t.then(move{who: "clerk", action: "decideDisclosure", form: fixed(process.Form{"decision": decision})})
	if t.until < completed {
		return
	}
	t.supervise("REPORT", 0, "director", "督办报告：提案建议已基本落实，经验做法在全区推广。")
	t.at(completed, move{who: "director", action: "complete"})
	t.track()
}

// promises: the reply comes with a commitment.
func (t *tale) promises() bool { return t.units[0].class == "B" }

// track follows a commitment: the unit reports, the clerk verifies. What is
// not settled is reported again each time; the newest report waits. A key case
// without one is followed as well.
func (t *tale) track() {
	if !t.promises() {
		t.reportBack()
		return
	}
	for i, at := range t.tracked {
		last := i == len(t.tracked)-1
		t.then(move{at: at, who: t.units[0].unit + "-liaison", action: "reportCommitment", form: func(x *scene) process.Form {
			return process.Form{"itemId": x.item(t.subject.commitment()), "evidence": t.subject.evidence(t.k + i)}
		}})
		if last && !t.settled {
			return
		}
		done := last
		t.then(move{at: t.later(3), who: "clerk", action: "verifyCommitment", form: func(x *scene) process.Form {
			return process.Form{"itemId": x.item(t.subject.commitment()), "done": done, "note": map[bool]string{true: "经现场核实，已落实。", false: "已取得进展，继续跟踪。"}[done]}
		}})
		if done {
			t.then(move{at: t.later(1), who: "clerk", action: "settle", form: fixed(process.Form{"class": "A"})})
		}
	}
}

// reportBack is what the supervisors found afterwards, with which the case is
// settled.
func (t *tale) reportBack() {
	for i, at := range t.tracked {
		on := clock.Day(at).Format(time.DateOnly)
		t.then(move{at: at, who: "committee", action: "recordSupervision", form: fixed(process.Form{
			"kind": "REPORT", "on": on, "place": t.key.place, "text": "跟踪落实报告：" + t.subject.evidence(t.k+i),
		})})
	}
	if t.settled {
		t.then(move{at: t.later(3), who: "clerk", action: "settle", form: fixed(process.Form{"class": t.units[0].class})})
	}
}

func (t *tale) archive() {
	supervision := "非重点提案"
	if t.key != nil {
		supervision = "有：视察、协商会议、督办报告"
	}
	v := move{at: t.when(archived), who: "clerk", action: "archive", form: fixed(process.Form{"checklist": map[string]any{
		"form": "有", "slip": "有", "reply": "有", "feedback": "有", "supervision": supervision,
	}})}
	if t.settled { // long after the others
		v.at = t.later(5)
	}
	t.then(v)
}
