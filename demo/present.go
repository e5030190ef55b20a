package demo

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
)

// recent dates milestones by working days before the present one; what it
// does not name follows the one before.
func recent(now time.Time, k int, days map[milestone]int) timeline {
	return func(m milestone) time.Time {
		n, ok := days[m]
		if !ok {
			return time.Time{}
		}
		return ago(now, n, 9).Add(time.Duration(k*17%300) * time.Minute)
	}
}

// present is the next sitting as it stands today, handed in since it closed
// (平时提案): every role finds something to do.
func present(c *committee, subjects []*subject, now time.Time) []*script {
	var out []*script
	k := 0
	for _, b := range subjects {
		for _, title := range b.Next {
			t := &tale{text: b.write(title, 3, k), subject: b, k: k, lead: memberKey(1 + (k*5+13)%c.Members.Accounts), kind: proposal.ProposerKindINDIVIDUAL,
				units: []share{{b.Unit, assignment.RoleSOLE, "A"}}}
			days := map[milestone]int{drafted: 14, submitted: 13, firstPass: 12, secondPass: 11, thirdPass: 10, disposed: 9}
			standings[b.Key](t, days)
			t.when = recent(now, k, days)
			if t.verdict == "CONVERTED_OPINION" {
				t.until = disposed
				out = append(out, t.opinion(c)...)
			} else {
				out = append(out, t.tell(c))
			}
			k++
		}
	}
	return out
}

// standings say where the next sitting's case about a subject stands. The
// first four are key proposals in four different states.
var standings = map[string]func(*tale, map[milestone]int){
	"yejingji": func(t *tale, d map[milestone]int) { // waits for the receipt
		t.until, t.key, d[assigned] = assigned, &keys[0], 1
	},
	"wenlv": func(t *tale, d map[milestone]int) { // the unit has met the proposer
		t.until, t.key = contacted, &keyTale{"副区长", "区政协副主席", "老虎滩滨海路"}
		t.units = []share{{"wenlv", assignment.RoleLEAD, "A"}, {"chengguan", assignment.RoleASSIST, ""}}
		since(d, 26)
		d[assigned], d[received], d[contacted] = 13, 12, 4
	},
	"yanglao": func(t *tale, d map[milestone]int) { // one of three has rated
		t.until, t.key, t.kind, t.lead, t.cosigners, t.raters = rated, &keys[3], proposal.ProposerKindJOINT, memberKey(15), []string{memberKey(3), memberKey(18)}, 1
		since(d, 60)
		d[assigned], d[received], d[contacted], d[replyDrafted], d[toBeSigned], d[signedOff], d[replied], d[rated] = 45, 44, 40, 10, 9, 8, 7, 3
	},
	"wuye": func(t *tale, d map[milestone]int) { // dissatisfied; the second round has begun
		t.until, t.key, t.result, t.again = rated, &keys[2], "DISSATISFIED", true
		since(d, 70)
		d[assigned], d[received], d[contacted], d[replyDrafted], d[toBeSigned], d[signedOff], d[replied], d[rated] = 55, 54, 50, 21, 20, 19, 18, 9
	},
	"louyu": func(t *tale, d map[milestone]int) { t.until, t.lead, d[drafted] = drafted, memberKey(1), 2 },
	"dikong": func(t *tale, d map[milestone]int) { // co-signing
		t.until, t.kind, t.lead, t.cosigners, t.invited = cosigned, proposal.ProposerKindJOINT, memberKey(2), []string{memberKey(10)}, []string{memberKey(4), memberKey(20)}
		d[drafted], d[cosigned] = 2, 1
	},
	"xiaofei": func(t *tale, d map[milestone]int) {
		t.until, t.lead, d[drafted], d[submitted] = submitted, memberKey(6), 3, 2
	},
	"jinrong": func(t *tale, d map[milestone]int) { // of a party
		t.until, t.kind, t.lead, t.organisation = submitted, proposal.ProposerKindPARTY, "minjian", "minjian"
		d[drafted], d[submitted] = 5, 4
	},
	"haiyang": func(t *tale, d map[milestone]int) {
		t.until, d[drafted], d[submitted], d[firstPass] = firstPass, 6, 5, 3
	},
	"tingche": func(t *tale, d map[milestone]int) { // returned for edit
		t.until, t.lead, t.returned, d[drafted], d[submitted] = submitted, memberKey(7), true, 3, 2
	},
	"shequweisheng": func(t *tale, d map[milestone]int) { // the unit wants to return it
		t.until, t.passedOn, t.undecided, d[assigned] = assigned, "weijian", true, 3
	},
	"minying": func(t *tale, d map[milestone]int) { // units are asked in advance
		t.until, t.asked, d[planned] = planned, true, 2
		t.units = []share{{"gongxin", assignment.RoleLEAD, "A"}, {"jinrong", assignment.RoleASSIST, ""}}
	},
	"lajifenlei": func(t *tale, d map[milestone]int) { t.until, d[disposed] = disposed, 2 },
	"jiazheng": func(t *tale, d map[milestone]int) { // waits for the leader's signature
		t.until = toBeSigned
		since(d, 45)
		d[assigned], d[received], d[contacted], d[replyDrafted], d[toBeSigned] = 32, 31, 25, 3, 2
	},
	"jiuye": func(t *tale, d map[milestone]int) { // rated; the clerk completes
		t.until = rated
		since(d, 65)
		d[assigned], d[received], d[contacted], d[replyDrafted], d[toBeSigned], d[signedOff], d[replied], d[rated] = 50, 49, 45, 20, 19, 18, 16, 5
	},
	"dianti": func(t *tale, d map[milestone]int) { // waits for the information editor
		t.until, t.verdict, d[consented], d[disposed] = disposed, "CONVERTED_OPINION", 3, 2
	},
	"xinjiuye": func(t *tale, d map[milestone]int) { // an extension is asked for
		t.until, t.extended, t.undecided = contacted, true, true
		since(d, 60)
		d[assigned], d[received], d[contacted], d[replyDrafted] = 46, 45, 40, 2
	},
	"shengchanfuwu": func(t *tale, d map[milestone]int) { // drafted; the officer sends it for signature
		t.until, t.units = replyDrafted, []share{{"shangwu", assignment.RoleSEPARATE, "B"}, {"fagai", assignment.RoleSEPARATE, "A"}}
		since(d, 40)
		d[assigned], d[received], d[contacted], d[replyDrafted] = 27, 26, 20, 2
	},
	"shipin": func(t *tale, d map[milestone]int) { // signed; the liaison sends it
		t.until = signedOff
		since(d, 50)
		d[assigned], d[received], d[contacted], d[replyDrafted], d[toBeSigned], d[signedOff] = 37, 36, 30, 5, 4, 2
	},
}

// since dates the beginning of a case, from its draft to its filing.
func since(d map[milestone]int, days int) {
	for i, m := range []milestone{drafted, submitted, firstPass, secondPass, thirdPass, disposed} {
		d[m] = days - i
	}
}
