package smoke

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// badStates: what is well-formed, and not allowed now, to this person, or with
// this companion.
func badStates(w *badWorld) []group {
	return []group{{name: "wrong state or person", cases: w.wrongStates()}, {name: "shares in the wrong state", cases: w.wrongShares()},
		{name: "foreign companions", cases: w.companions()}, {name: "a colleague's affairs", cases: w.reads()}}
}

var actionCode = regexp.MustCompile(`(?m)^ +- \{code: (\w+), label: [^,]+, from`)

// wrongStates: every action of the definition in every state, by those who
// cannot do it there.
func (w *badWorld) wrongStates() (out []bad) {
	processes := w.home.admin.ask(`{ processes { kind source } }`, nil)
	var source string
	for _, p := range processes["processes"].([]any) {
		if str(p, "kind") == "proposal" {
			source = str(p, "source")
		}
	}
	source, _, _ = strings.Cut(source, "\n  assignment:")
	people := w.people()
	for _, state := range w.states() {
		for i, code := range actionCode.FindAllStringSubmatch(source, -1) {
			for k := range people { // the first, from another one each time, who may not
				who := people[(i+k)%len(people)]
				if _, may := w.offered[who][state][code[1]]; !may {
					out = append(out, change(fmt.Sprintf("%s in %s by %s", code[1], state, who), who, "performAction",
						m{"matterId": w.matters[state], "action": code[1], "reason": mark}, refusals...))
					break
				}
			}
		}
	}
	if len(out) < 300 {
		panic(fmt.Sprintf("only %d actions found", len(out)))
	}
	for _, action := range []string{"", mark, "FILE", "file ", "ｆｉｌｅ", "matter.file", injections[0], "expireCosign", "allReplied", "__proto__"} {
		out = append(out, change(fmt.Sprintf("the action %q", action), "主任", "performAction", m{"matterId": w.matters["FILED"], "action": action}, refusals...))
	}
	return out
}

// wrongShares: each mutation of a share by one person of each side, in states
// where it is not his turn.
func (w *badWorld) wrongShares() (out []bad) {
	shares := map[string]string{}
	for _, state := range []string{"ASSIGNED", "HANDLING", "CONTACTED", "REPLIED", "ARCHIVED"} {
		shares[state] = w.share(state)
	}
	for i, x := range w.schema.mutations {
		if w.schema.subject(x) != "assignmentId" {
			continue
		}
		for _, state := range []string{"ASSIGNED", "ARCHIVED"} {
			for _, who := range []string{[]string{"委员01", "委员02", "信息编辑"}[i%3], []string{"文旅局联络员", "文旅局承办人", "文旅局领导"}[i%3]} {
				in := w.schema.fill(x.typ, filling{mark, func(kind string) string { return w.own[kind] }})
				in["assignmentId"] = shares[state]
				out = append(out, change(fmt.Sprintf("%s in %s by %s", x.name, state, who), who, x.name, in, refusals...))
			}
		}
	}
	for _, c := range []struct {
		who, mutation, state string
		more                 m
	}{
		{"商务局联络员", "signReceipt", "HANDLING", nil}, {"商务局联络员", "signReceipt", "REPLIED", nil}, {"商务局承办人", "submitDraft", "ASSIGNED", nil},
		{"商务局领导", "signOffReply", "HANDLING", nil}, {"商务局联络员", "sendReply", "REPLIED", nil}, {"商务局领导", "rejectDraft", "ASSIGNED", m{"reason": mark}},
		{"商务局承办人", "draftReply", "ASSIGNED", m{"class": "A", "body": "您提出的提案收悉，现答复如下。"}},
		{"商务局承办人", "draftReply", "HANDLING", m{"class": "A", "body": "您提出的提案收悉，现答复如下。"}},
		{"商务局承办人", "draftReply", "CONTACTED", m{"class": mark, "body": "您提出的提案收悉，现答复如下。"}}, {"商务局承办人", "draftReply", "CONTACTED", m{"class": "Ａ", "body": "您提出的提案收悉，现答复如下。"}},
		{"商务局承办人", "draftReply", "CONTACTED", m{"class": "A", "body": "短"}}, {"商务局承办人", "draftReply", "CONTACTED", m{"class": "A", "body": mark + strings.Repeat("长", 20_000)}},
		{"商务局承办人", "draftReply", "CONTACTED", m{"class": "B", "body": "您提出的提案收悉，现答复如下。"}},
		{"商务局承办人", "draftReply", "CONTACTED", m{"class": "B", "body": "您提出的提案收悉，现答复如下。", "commitments": slices.Repeat([]m{{"text": "明年建成", "dueOn": "2025-12-31"}}, 21)}},
		{"商务局承办人", "draftReply", "CONTACTED", m{"class": "B", "body": "您提出的提案收悉，现答复如下。", "commitments": []m{{"text": mark + strings.Repeat("长", 1000), "dueOn": "2025-12-31"}}}},
		{"商务局领导", "applyExtension", "CONTACTED", m{"until": "2199-12-31", "reason": mark}}, {"商务局领导", "applyExtension", "CONTACTED", m{"until": "1950-01-01", "reason": mark}},
		{"商务局领导", "applyExtension", "HANDLING", m{"until": "2200-01-01", "reason": mark}}, {"商务局领导", "applyExtension", "HANDLING", m{"until": "1950-01-01", "reason": mark}},
		{"商务局联络员", "nameOfficer", "HANDLING", m{"membershipId": w.home.ids["委员01"]}}, {"商务局联络员", "nameOfficer", "HANDLING", m{"membershipId": w.foreign["membership"]}},
		{"商务局联络员", "nameOfficer", "HANDLING", m{"membershipId": w.home.ids["文旅局承办人"]}}, {"商务局联络员", "suggestUnits", "HANDLING", m{"unitIds": []string{w.foreign["unit"]}, "reason": mark}},
		{"商务局联络员", "suggestUnits", "HANDLING", m{"unitIds": []string{}, "reason": mark}}, {"商务局联络员", "suggestUnits", "HANDLING", m{"unitIds": []string{w.home.units["经济界"]}, "reason": mark}},
		{"商务局承办人", "recordContact", "HANDLING", m{"partyId": w.foreign["party"], "mode": "面谈", "stage": "办前", "on": "2024-03-15", "text": mark}},
		{"商务局承办人", "recordContact", "HANDLING", m{"partyId": someID, "mode": "面谈", "stage": "办前", "on": "2024-03-15", "text": mark}},
		{"商务局承办人", "recordContact", "HANDLING", m{"partyId": w.own["party"], "mode": "面谈", "stage": "办前", "on": "2199-03-15", "text": mark}},
		{"委员01", "confirmContact", "REPLIED", m{"recordId": w.foreign["record"], "happened": true}}, {"委员01", "confirmContact", "REPLIED", m{"recordId": someID, "happened": false}},
		{"委员02", "confirmContact", "REPLIED", m{"recordId": w.own["record"], "happened": true}},
		{"干事", "acceptReply", "HANDLING", nil}, {"干事", "sendBackReply", "ASSIGNED", m{"reason": mark}}, {"干事", "sendBackReply", "ARCHIVED", m{"reason": mark}},
		{"政府办", "officeDecideReturn", "ASSIGNED", m{"grant": true, "newUnitId": w.foreign["unit"]}}, {"政府办", "decideExtension", "HANDLING", m{"grant": true}},
		{"政府办", "decideSuggestedUnits", "HANDLING", m{"grant": true}}, {"政府办", "reopenReturn", "HANDLING", m{"until": "1950-01-01", "reason": mark}},
	} {
		in := m{"assignmentId": shares[c.state]}
		maps.Copy(in, c.more)
		out = append(out, change(fmt.Sprintf("%s in %s by %s with %s", c.mutation, c.state, c.who, short(c.more)), c.who, c.mutation, in, refusals...))
	}
	return out
}

// companions: one's own case, with something that belongs to others.
func (w *badWorld) companions() (out []bad) {
	for _, c := range slices.Concat(w.proposersCompanions(), w.officesCompanions(), w.rosterCompanions()) {
		out = append(out, change(fmt.Sprintf("%s by %s with %.200s", c.mutation, c.who, fmt.Sprint(c.in)), c.who, c.mutation, c.in, refusals...))
	}
	return out
}

// command is a mutation that somebody sends.
type command struct {
	who, mutation string
	in            m
}

func (w *badWorld) proposersCompanions() []command {
	their, case_ := w.foreign, func(state string) string { return w.matters[state] }
	return []command{
		{"委员01", "inviteCosigners", m{"matterId": case_("COSIGNING"), "membershipIds": []string{their["membership"]}}},
		{"委员01", "inviteCosigners", m{"matterId": case_("COSIGNING"), "membershipIds": []string{someID}}},
		{"委员01", "inviteCosigners", m{"matterId": case_("COSIGNING"), "membershipIds": []string{w.home.ids["委员01"]}}},
		{"委员01", "inviteCosigners", m{"matterId": case_("COSIGNING"), "membershipIds": []string{w.home.ids["主任"]}}},
		{"委员01", "inviteCosigners", m{"matterId": case_("COSIGNING"), "membershipIds": []string{}}},
		{"委员01", "inviteCosigners", m{"matterId": case_("DRAFT"), "membershipIds": []string{w.home.ids["委员02"]}}},
		{"委员01", "cancelCosignInvite", m{"matterId": case_("COSIGNING"), "membershipId": their["membership"]}},
		{"委员01", "submitProposal", m{"matterId": case_("DRAFT")}},
		{"委员01", "submitProposal", m{"matterId": case_("COSIGNING")}},
		{"委员01", "cosignProposal", m{"matterId": case_("COSIGNING")}},
		{"委员01", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", "suggestedUnitIds": []string{their["unit"]}}},
		{"委员01", "createProposal", m{"proposerKind": "PARTY", "title": "关于夜间公交的提案", "organisationUnitId": their["unit"]}},
		{"委员01", "createProposal", m{"proposerKind": "COMMITTEE", "title": "关于夜间公交的提案"}},
		{"委员01", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", "onBehalfOfId": w.home.ids["委员02"]}},
		{"干事", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", "onBehalfOfId": their["membership"]}},
		{"干事", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案"}},
		{"委员01", "editProposal", m{"matterId": case_("DRAFT"), "suggestedUnitIds": []string{their["unit"]}}},
	}
}

func (w *badWorld) officesCompanions() []command {
	their, case_ := w.foreign, func(state string) string { return w.matters[state] }
	return []command{
		{"干事", "startReview", m{"matterId": case_("SUBMITTED"), "disposition": "FILED", "unitIds": []string{their["unit"]}}},
		{"主任", "recordReviewPass", m{"matterId": case_("UNDER_REVIEW"), "disposition": "FILED", "unitIds": []string{someID}}},
		{"干事", "recordReviewPass", m{"matterId": case_("UNDER_REVIEW"), "disposition": "FILED"}},
		{"主任", "fileProposal", m{"matterId": case_("UNDER_REVIEW")}},
		{"主任", "refuseProposal", m{"matterId": case_("UNDER_REVIEW"), "reasonCode": mark}},
		{"主任", "convertToOpinion", m{"matterId": case_("UNDER_REVIEW"), "reason": mark}},
		{"主任", "convertToLetter", m{"matterId": case_("UNDER_REVIEW"), "unitId": their["unit"], "reason": mark}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": their["unit"], "role": "SOLE"}}}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": someID, "role": "SOLE"}}}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": w.home.units["经济界"], "role": "SOLE"}}}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": w.own["unit"], "role": "SOLE"}, {"unitId": w.own["unit"], "role": "SOLE"}}}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": w.own["unit"], "role": "ASSIST"}}}},
		{"干事", "assignProposal", m{"matterId": case_("FILED"), "units": []m{}}},
		{"干事", "preAssignProposal", m{"matterId": case_("FILED"), "units": []m{{"unitId": their["unit"], "role": "SOLE"}}}},
		{"主任", "mergeProposals", m{"intoId": their["matter"], "absorbedIds": []string{case_("FILED")}, "reason": mark}},
		{"主任", "mergeProposals", m{"intoId": case_("FILED"), "absorbedIds": []string{their["matter"]}, "reason": mark}},
		{"主任", "mergeProposals", m{"intoId": case_("FILED"), "absorbedIds": []string{case_("FILED")}, "reason": mark}},
		{"主任", "mergeProposals", m{"intoId": case_("FILED"), "absorbedIds": []string{}, "reason": mark}},
		{"主任", "mergeProposals", m{"intoId": case_("FILED"), "absorbedIds": slices.Repeat([]string{case_("UNDER_REVIEW")}, 51), "reason": mark}},
		{"主任", "mergeProposal", m{"matterId": case_("FILED"), "intoId": case_("DRAFT"), "reason": mark}},
		{"主任", "publishCaseList", m{"sittingId": their["sitting"]}},
		{"干事", "urgeUnit", m{"matterId": case_("ASSIGNED"), "unitId": their["unit"], "level": "提醒", "text": mark}},
		{"委员01", "rateReply", m{"matterId": case_("REPLIED"), "feedbackId": their["feedback"], "attitude": "SATISFIED", "result": "SATISFIED"}},
		{"委员02", "rateReply", m{"matterId": case_("REPLIED"), "feedbackId": w.own["feedback"], "attitude": "SATISFIED", "result": "SATISFIED"}},
		{"主任", "completeProposal", m{"matterId": case_("REPLIED")}},
		{"干事", "archiveProposal", m{"matterId": case_("ARCHIVED"), "checklist": m{"form": mark, "slip": "有", "reply": "有", "feedback": "有", "supervision": "无"}}},
	}
}

func (w *badWorld) rosterCompanions() []command {
	their := w.foreign
	return []command{
		{"管理员", "seatMember", m{"membershipId": w.own["membership"], "unitId": their["unit"], "post": "MEMBER"}},
		{"管理员", "seatMember", m{"membershipId": their["membership"], "unitId": w.own["unit"], "post": "MEMBER"}},
		{"管理员", "seatMember", m{"membershipId": w.own["membership"], "unitId": w.home.units["经济界"], "post": "MEMBER", "from": "2024-03-20", "to": "2024-01-01"}},
		{"管理员", "grantRole", m{"membershipId": their["membership"], "role": "member"}},
		{"管理员", "addMember", m{"name": "测试", "kind": "MEMBER", "termId": their["term"]}},
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "测试局", "parentId": their["unit"], "channel": "GOV_OFFICE"}},
		{"管理员", "moveUnit", m{"unitId": w.own["unit"], "parentId": their["unit"]}},
		{"管理员", "moveUnit", m{"unitId": w.own["unit"], "parentId": w.own["unit"]}},
		{"管理员", "mergeUnits", m{"unitIds": []string{w.own["unit"]}, "intoId": their["unit"]}},
		{"管理员", "mergeUnits", m{"unitIds": []string{w.own["unit"]}, "intoId": w.own["unit"]}},
		{"管理员", "mergeUnits", m{"unitIds": []string{their["unit"]}, "intoId": w.own["unit"]}},
		{"管理员", "openSitting", m{"termId": their["term"], "ordinal": 4, "prepOpensOn": "2024-11-01", "opensOn": "2024-12-27", "cutoffAt": "2024-12-28T12:00:00+08:00", "closesOn": "2024-12-29"}},
		{"管理员", "endSeat", m{"seatId": w.own["seat"], "on": "1950-01-01"}},
		{"委员01", "grantRole", m{"membershipId": w.own["membership"], "role": "tenant_admin", "reason": mark}},
		{"主任", "openCohort", m{"handleYear": 1800, "title": "一号提案"}},
	}
}

// reads: questions whose answer is none of the asker's business. They are
// answered with nothing.
func (w *badWorld) reads() (out []bad) {
	for kind, id := range w.foreign {
		for _, who := range []string{"委员01", "主任", "管理员"} {
			out = append(out, bad{name: "node of a foreign " + kind + " by " + who, as: who, codes: []string{ok},
				body: gql("", "", `query($id: ID!) { node(id: $id) { id __typename } nodes(ids: [$id]) { id } matter(id: $id) { title } matters(filter: {sittingId: $id, unitId: $id}) { totalCount } }`, m{"id": id}).body})
		}
	}
	for _, c := range []struct{ who, query string }{
		{"委员02", `{ auditLog { entries { seq } } }`}, {"文旅局承办人", `{ memberships { totalCount } }`}, {"委员02", `{ pendingGrants { id } }`},
		{"委员02", `{ previewGrant(input: {membershipId: "` + w.own["membership"] + `", role: "chair"}) { userErrors { code } } }`},
		{"委员02", `{ previewEndMembership(membershipId: "` + w.own["membership"] + `") { userErrors { code } } }`},
		{"主任", `{ proposalFigures(sittingId: "` + w.foreign["sitting"] + `") { received } }`}, {"", `{ viewer { roles } }`}, {"", `{ matters { totalCount } }`}, {"", `{ policy }`}, {"", `{ processes { source } }`},
		{"", `{ tenants { name } }`}, {"", `mutation { signOut { done userErrors { code } } }`}, {"", `mutation { signOutEverywhere { done userErrors { code } } }`}, {"", `{ sessions { client } }`},
	} {
		out = append(out, gql(strings.TrimSpace(c.query)+" by "+c.who, c.who, c.query, nil))
	}
	return out
}
