package demo

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

func shanghai(y int, m time.Month, d, hour, minute int) time.Time {
	return time.Date(y, m, d, hour, minute, 0, 0, clock.Shanghai)
}

// total is how many proposals the third sitting received.
const total = 109

// spread puts the k-th of the sitting's proposals some way into a stretch that
// begins on a day and takes some working days; hour varies the time of the day.
func spread(k, hour int, begins time.Time, days int) time.Time {
	day, _ := workday.Calendar{}.Add(begins.AddDate(0, 0, -1), 1+k*days/total)
	return clock.StartOf(day).Add(8*time.Hour + 40*time.Minute + time.Duration((k*13+hour*61)%420)*time.Minute)
}

// thirdSitting dates the k-th proposal of the sitting of December 2023: handed
// in within the window, reviewed and filed by mid January, assigned at the
// meeting of 18 January, replied to and rated in March, archived by May. later
// is how many working days the reply is late by permission.
func thirdSitting(k, later int) timeline {
	type stretch struct {
		begins time.Time
		days   int
	}
	dates := map[milestone]stretch{
		drafted:    {clock.Date(2023, 11, 15), 31},
		firstPass:  {clock.Date(2024, 1, 2), 2},
		secondPass: {clock.Date(2024, 1, 4), 2},
		thirdPass:  {clock.Date(2024, 1, 8), 1},
		consented:  {clock.Date(2024, 1, 9), 1},
		disposed:   {clock.Date(2024, 1, 10), 2},
		planned:    {clock.Date(2024, 1, 15), 1},
		assigned:   {clock.Date(2024, 1, 18), 1},
		received:   {clock.Date(2024, 1, 19), 2},
		contacted:  {clock.Date(2024, 1, 25), 7},
		assisted:   {clock.Date(2024, 2, 5), 5},
		// the days from here on move with an extension
		replyDrafted: {clock.Date(2024, 2, 26), 7},
		toBeSigned:   {clock.Date(2024, 2, 27), 7},
		signedOff:    {clock.Date(2024, 2, 28), 7},
		replied:      {clock.Date(2024, 3, 1), 8},
		rated:        {clock.Date(2024, 3, 14), 8},
		accepted:     {clock.Date(2024, 3, 19), 8},
		completed:    {clock.Date(2024, 3, 22), 8},
		archived:     {clock.Date(2024, 4, 8), 12},
	}
	return func(m milestone) time.Time {
		d, ok := dates[m]
		if !ok {
			return time.Time{}
		}
		at := spread(k, int(m), d.begins, d.days)
		if m >= replyDrafted && later > 0 {
			day, _ := workday.Calendar{}.Add(at, later)
			at = at.AddDate(0, 0, int(day.Sub(clock.Day(at)).Hours()/24))
		}
		return at
	}
}

// zhongshan tells the two sittings.
func zhongshan(c *committee, now time.Time) []*script {
	subjects := read[[]*subject]("subjects")
	return slices.Concat(history(c, subjects, now), present(c, subjects, now), sheets(now))
}

// history is the third sitting: 69 filed, 5 merged into some of them, 35 that
// became 社情民意. Who proposes what is shuffled, so that neighbours in the list
// are about different things.
func history(c *committee, subjects []*subject, now time.Time) []*script {
	var tales []*tale
	var out []*script
	add := func(b *subject, title string, n int) *tale {
		k := len(tales) * 37 % total // 37 and 109 have no common factor
		t := &tale{text: b.write(title, n, k), subject: b, k: k, when: thirdSitting(k, 0), until: archived, lead: memberKey(1 + k%c.Members.Accounts), kind: proposal.ProposerKindINDIVIDUAL}
		tales = append(tales, t)
		return t
	}
	filed := 0
	for i, b := range subjects {
		for n, title := range b.Filed {
			t := add(b, title, n)
			t.cast(c, filed)
			t.handlers(b, filed)
			if n == 0 && i < len(keys) {
				t.key = &keys[i]
			}
			t.turns(filed, now)
			filed++
		}
	}
	for i, b := range subjects {
		for _, title := range b.Merged {
			t := add(b, title, 2)
			into := tales[firstOf(subjects, i)]
			for n := 1; into.lead == t.lead || slices.Contains(into.cosigners, t.lead); n++ { // by somebody else
				t.lead = memberKey(1 + (t.k+n)%c.Members.Accounts)
			}
			into.letters = append(into.letters, t.lead)
			out = append(out, t.merged(c, into.title))
		}
		for _, title := range b.Opinion {
			t := add(b, title, 3)
			out = append(out, t.opinion(c)...)
		}
	}
	for _, t := range tales[:filed] {
		out = append(out, t.tell(c))
	}
	return out
}

// firstOf is the number of the first filed proposal of the i-th subject.
func firstOf(subjects []*subject, i int) (n int) {
	for _, b := range subjects[:i] {
		n += len(b.Filed)
	}
	return n
}

// keys are the four 主席督办重点提案; their subjects come first in the file.
var keys = []keyTale{
	{"区委常委、副区长", "区政协主席", "青泥洼桥商圈"},
	{"副区长", "区政协副主席", "国际航运中心大厦"},
	{"副区长", "区政协副主席", "桃源街道长利社区"},
	{"副区长", "区政协副主席", "葵英街道综合养老服务中心"},
}

// cast says who proposes the f-th filed case, and how.
func (t *tale) cast(c *committee, f int) {
	n := c.Members.Accounts
	member := func(i int) string { return memberKey(1 + (t.k+i)%n) }
	switch {
	case f == 6 || f == 21 || f == 36:
		two := map[int][2]int{6: {7, 5}, 21: {20, 8}, 36: {24, 12}}[f] // of one 界别
		t.kind, t.lead, t.convener = proposal.ProposerKindSECTOR, memberKey(two[0]), memberKey(two[1])
	case f == 4 || f == 33:
		t.kind, t.lead, t.organisation = proposal.ProposerKindPARTY, "minjian", "minjian"
	case f == 18 || f == 48:
		t.kind, t.lead, t.organisation = proposal.ProposerKindPARTY, "jiusan", "jiusan"
	case f == 13 || f == 52:
		t.kind, t.lead, t.organisation = proposal.ProposerKindGROUP, "gongshanglian", "gongshanglian"
	case f == 0 || f%3 == 2:
		t.kind, t.cosigners = proposal.ProposerKindJOINT, []string{member(5), member(11)}
		if f%2 == 0 {
			t.cosigners = append(t.cosigners, member(17))
		}
		t.byPhone = f%6 == 2
	case f%12 == 7:
		t.entered = true
	}
}

// handlers says which units handle the f-th filed case, and the class of
// their replies.
func (t *tale) handlers(b *subject, f int) {
	class := "A"
	switch {
	case f%8 == 7:
		class = "C"
	case f%3 == 1:
		class = "B"
	}
	switch {
	case f == 2:
		t.units = []share{{b.Unit, assignment.RoleLEAD, class}, {b.Assist, assignment.RoleCO_LEAD, "A"}}
	case b.Assist != "" && f%4 == 0:
		t.units = []share{{b.Unit, assignment.RoleLEAD, class}, {b.Assist, assignment.RoleASSIST, ""}}
	case b.Assist != "" && f%4 == 1:
		t.units = []share{{b.Unit, assignment.RoleSEPARATE, class}, {b.Assist, assignment.RoleSEPARATE, "A"}}
	default:
		t.units = []share{{b.Unit, assignment.RoleSOLE, class}}
	}
}

// turns are what does not go straight in the f-th filed case.
func (t *tale) turns(f int, now time.Time) {
	alone := len(t.units) == 1
	t.returned = f%17 == 9 && t.kind == proposal.ProposerKindINDIVIDUAL && !t.entered
	t.asked = f%10 == 8
	t.redrafted = f%13 == 5
	t.sentBack = f == 37 // two answer separately, so the case is not asked about yet
	t.abstract = f%9 == 3
	if f == 15 && alone {
		t.extended, t.when = true, thirdSitting(t.k, 36)
	}
	if f == 20 || f == 62 {
		t.passedOn = map[int]string{20: "minzheng", 62: "renshe"}[f]
	}
	if !t.promises() && t.key == nil {
		return
	}
	if f == 10 || f == 25 || f == 40 || f == 58 {
		t.until, t.tracked = completed, reports(now)
		return
	}
	t.settled, t.tracked = true, []time.Time{spread(t.k, 1, clock.Date(2024, 6, 17), 30)}
}

// reports are the days on which a unit reported on a commitment that is still
// open: each within half a year of the one before, the newest three weeks ago.
func reports(now time.Time) []time.Time {
	newest := ago(now, 15, 10)
	var out []time.Time
	for at := shanghai(2024, 8, 20, 10, 0); at.Before(newest.AddDate(0, -1, 0)); at = at.AddDate(0, 0, 150) {
		out = append(out, at)
	}
	return append(out, newest)
}

// ago is an hour of a day some working days before the present one.
func ago(now time.Time, days, hour int) time.Time {
	day, _ := workday.Calendar{}.Add(clock.Day(now), -days)
	return clock.StartOf(day).Add(time.Duration(hour) * time.Hour)
}

// merged is a proposal that goes into another one.
func (t *tale) merged(c *committee, into string) *script {
	t.until, t.verdict, t.units = thirdPass, "MERGED", []share{{t.subject.Unit, assignment.RoleSOLE, ""}}
	sc := t.tell(c)
	t.then(move{
		at: shanghai(2024, time.January, 11, 15, t.k%50), who: "director", action: "merge", reason: "与《" + into + "》反映的问题和主要建议相同，合并办理。",
		form:  func(x *scene) process.Form { return process.Form{"intoId": x.matter("proposal", into)} },
		after: func(s *stage) { s.forget("proposal", into) },
	})
	return sc
}

// opinion is a proposal that becomes 社情民意 with its proposer's consent, and
// what became of that.
func (t *tale) opinion(c *committee) []*script {
	until := t.until
	t.until, t.verdict = thirdPass, "CONVERTED_OPINION"
	sc := t.tell(c)
	if t.k%3 == 0 {
		t.at(consented, move{who: "clerk", action: "consentOpinion", form: fixed(process.Form{"how": "电话征求意见，提案人同意"})})
	} else {
		t.at(consented, move{who: t.lead, action: "consentOpinion"})
	}
	t.at(disposed, move{who: "director", action: "convertToOpinion", reason: "问题具体、针对性强，适合以社情民意信息形式快速反映。"})
	next := &script{kind: "opinion", title: t.title, moves: []move{{at: t.last, given: true}}}
	if until < archived {
		return []*script{sc, next}
	}
	add := func(days int, action, reason string) {
		next.moves = append(next.moves, move{at: t.later(days), who: "info", action: action, reason: reason})
	}
	if t.k%7 == 6 {
		add(4, "hold", "同类问题已有信息反映，留存备查。")
	} else {
		add(3, "accept", "")
		add(9, "archive", "已编入《社情民意信息》报送，有关部门已现场处理并反馈。")
	}
	return []*script{sc, next}
}
