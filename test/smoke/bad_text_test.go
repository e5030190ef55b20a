package smoke

import (
	"fmt"
	"slices"
	"strings"
)

// badTexts: texts that are too long, or hold what nobody types.
func badTexts(w *badWorld) []group {
	return []group{{name: "long texts", cases: w.longTexts()}, {name: "characters", cases: w.characters()}, {name: "keys of repetition", cases: w.keys()}}
}

func (w *badWorld) longTexts() (out []bad) {
	long := func(n int) string { return mark + strings.Repeat("长", n) }
	list := func(n int, text string) []string { return strings.Split(strings.Repeat(text+"\n", n-1)+text, "\n") }
	texts := []struct {
		field string
		value any
	}{
		{"title", long(81)}, {"title", "短"}, {"title", ""}, {"title", " 　 \t "}, {"title", strings.Repeat("a", 1_000_000)},
		{"situation", long(8001)}, {"analysis", long(8001)}, {"situation", long(300_000)}, {"category", long(41)},
		{"suggestions", list(21, "建议")}, {"suggestions", []string{long(2001)}}, {"suggestions", []string{""}}, {"suggestions", list(20_000, "议")},
		{"consentReason", long(201)}, {"suggestedUnitIds", list(6, w.own["unit"])}, {"suggestedUnitIds", list(5000, w.own["unit"])}, {"reason", long(2001)},
	}
	for _, c := range texts {
		in := m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", c.field: c.value}
		name := fmt.Sprintf("%s of %d bytes", c.field, len(fmt.Sprint(c.value)))
		if len(fmt.Sprint(c.value)) > 10 { // nothing is too short in a new draft
			out = append(out, change("a new proposal with "+name, "委员01", "createProposal", in, wrongInput))
		}
		out = append(out, change("a draft changed to "+name, "委员01", "editProposal", m{"matterId": w.matters["DRAFT"], c.field: c.value}, wrongInput))
	}
	for _, c := range slices.Concat(w.longHandling(long, list), w.longRoster(long)) {
		out = append(out, change(c.mutation+" "+short(c.in), c.who, c.mutation, c.in, wrongInput, "CONFLICT", "NOT_ALLOWED", "GUARD_FAILED"))
	}
	return out
}

func (w *badWorld) longHandling(long func(int) string, list func(int, string) []string) []command {
	return []command{
		{"干事", "returnProposal", m{"matterId": w.matters["SUBMITTED"], "reason": long(2001)}},
		{"干事", "returnProposal", m{"matterId": w.matters["SUBMITTED"], "reason": " \t\n　 "}},
		{"干事", "startReview", m{"matterId": w.matters["SUBMITTED"], "disposition": "FILED", "note": long(2001)}},
		{"干事", "startReview", m{"matterId": w.matters["SUBMITTED"], "disposition": "FILED", "unitIds": list(11, someID)}},
		{"主任", "markKeyProposal", m{"matterId": w.matters["ASSIGNED"], "superviseLeaderPost": long(61)}},
		{"主任", "markKeyProposal", m{"matterId": w.matters["ASSIGNED"], "superviseLeaderPost": "主"}},
		{"干事", "urgeUnit", m{"matterId": w.matters["ASSIGNED"], "unitId": w.own["unit"], "level": "提醒", "text": long(501)}},
		{"干事", "urgeUnit", m{"matterId": w.matters["ASSIGNED"], "unitId": w.own["unit"], "level": mark, "text": "请按期答复"}},
		{"干事", "requestCorrection", m{"matterId": w.matters["ASSIGNED"], "field": "title", "value": long(201), "reason": "有误"}},
		{"干事", "requestCorrection", m{"matterId": w.matters["ASSIGNED"], "field": mark, "value": "新", "reason": "有误"}},
		{"干事", "decideDisclosure", m{"matterId": w.matters["REPLIED"], "decision": "OPEN", "note": long(501)}},
		{"委员01", "rateReply", m{"matterId": w.matters["REPLIED"], "feedbackId": w.own["feedback"], "attitude": mark, "result": "SATISFIED"}},
		{"委员01", "rateReply", m{"matterId": w.matters["REPLIED"], "feedbackId": w.own["feedback"], "attitude": "SATISFIED", "result": "SATISFIED", "opinion": long(2001)}},
		{"商务局承办人", "recordContact", m{"assignmentId": w.share("HANDLING"), "partyId": w.own["party"], "mode": "面谈", "stage": "办前", "on": "2024-03-20", "text": long(4001)}},
		{"商务局承办人", "recordContact", m{"assignmentId": w.share("HANDLING"), "partyId": w.own["party"], "mode": mark, "stage": "办前", "on": "2024-03-20", "text": "面谈"}},
		{"商务局承办人", "recordContact", m{"assignmentId": w.share("HANDLING"), "partyId": w.own["party"], "mode": "面谈", "stage": "办前", "on": "2024-03-20", "place": long(101), "text": "面谈"}},
		{"商务局承办人", "submitCoOpinion", m{"assignmentId": w.share("HANDLING"), "body": long(8001)}},
		{"商务局联络员", "applyReturn", m{"assignmentId": w.share("ASSIGNED"), "reason": long(2001)}},
		{"主任", "openCohort", m{"handleYear": 2025, "title": long(300)}},
	}
}

func (w *badWorld) longRoster(long func(int) string) []command {
	return []command{
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": long(300), "channel": "GOV_OFFICE"}},
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": " ", "channel": "GOV_OFFICE"}},
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "测试局", "shortName": long(300), "channel": "GOV_OFFICE"}},
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "测试局", "docWord": long(300), "channel": "GOV_OFFICE"}},
		{"管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "测试局", "brand": long(3000), "channel": "GOV_OFFICE"}},
		{"管理员", "addMember", m{"name": long(300), "kind": "STAFF"}},
		{"管理员", "addMember", m{"name": "", "kind": "STAFF"}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "phone": long(300)}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "post": long(3000)}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "politicalParty": long(3000)}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": long(100), "password": demoPassword}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": "ab", "password": demoPassword}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": "someone-new", "password": "short"}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": "someone-new", "password": long(1000)}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": injections[0] + mark, "password": demoPassword}},
		{"管理员", "addMember", m{"name": "测试", "kind": "STAFF", "login": "Ｐ210202-0", "password": demoPassword}}, // full width, taken
		{"管理员", "addMember", m{"name": "测试", "kind": "MEMBER", "termId": w.own["term"], "memberNo": long(300)}},
		{"管理员", "setWorkday", m{"day": "2024-05-01", "working": true, "note": long(3000)}},
		{"管理员", "setPolicy", m{"settings": m{"bodyLimit": 1400}, "note": long(3000), "approvedBy": "主席会议"}},
		{"管理员", "grantRole", m{"membershipId": w.own["membership"], "role": mark}},
		{"管理员", "grantRole", m{"membershipId": w.own["membership"], "role": "member", "reason": long(3000)}},
	}
}

// characters: control characters, those that turn the direction of writing,
// and halves of characters.
func (w *badWorld) characters() (out []bad) {
	for _, r := range []rune{0, 1, 8, 0x1b, 0x7f, 0x85, 0x9b, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069} {
		text := mark + string(r) + "夜间公交"
		for field, value := range map[string]any{"title": text, "situation": text, "suggestions": []string{"好的建议", text}, "category": text} {
			out = append(out, change(fmt.Sprintf("%U in a new %s", r, field), "委员01", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", field: value}, wrongInput))
		}
		out = append(out,
			change(fmt.Sprintf("%U in a draft", r), "委员01", "editProposal", m{"matterId": w.matters["DRAFT"], "title": text}, wrongInput),
			change(fmt.Sprintf("%U in a reason", r), "干事", "returnProposal", m{"matterId": w.matters["SUBMITTED"], "reason": text}, wrongInput),
			change(fmt.Sprintf("%U in a unit's name", r), "管理员", "createUnit", m{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": text, "channel": "GOV_OFFICE"}, wrongInput),
			change(fmt.Sprintf("%U in a person's name", r), "管理员", "addMember", m{"name": text, "kind": "STAFF"}, wrongInput),
			change(fmt.Sprintf("%U in a form", r), "主任", "performAction", m{"matterId": w.matters["ASSIGNED"], "action": "markKey", "form": m{"superviseLeaderPost": text}}, wrongInput),
			change(fmt.Sprintf("%U in a form's name", r), "主任", "performAction", m{"matterId": w.matters["ASSIGNED"], "action": "markKey", "form": m{text: "副主席"}}, wrongInput),
			change(fmt.Sprintf("%U in an action", r), "主任", "performAction", m{"matterId": w.matters["ASSIGNED"], "action": text}),
			change(fmt.Sprintf("%U in a key", r), "委员01", "createProposal", m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案", "idempotencyKey": text}, wrongInput),
		)
	}
	edit := `mutation($t: String) { editProposal(input: {matterId: "` + w.matters["DRAFT"] + `", title: $t}) { userErrors { code } } }`
	for _, half := range []string{`\ud800`, `\udc00`, `夜间公交\udfff线路`, `\ud83d\ud83d`} {
		out = append(out, raw("the half character "+half, "委员01", edit, `{"t":"关于`+mark+half+`的提案`+strings.Repeat("长", 80)+`"}`, wrongInput))
	}
	return out
}

// keys: a repetition with another content, and keys that are none.
func (w *badWorld) keys() []bad {
	lead := w.home.people["委员01"]
	used := "submit:关于改善夜间公交的提案：FILED"
	edit := m{"matterId": w.matters["DRAFT"], "category": "交通", "idempotencyKey": "bad-key"}
	lead.do("editProposal", edit, "")
	return []bad{
		change("another content", "委员01", "editProposal", m{"matterId": w.matters["DRAFT"], "category": mark, "idempotencyKey": "bad-key"}, "CONFLICT"),
		change("another case", "委员01", "editProposal", m{"matterId": w.matters["RETURNED"], "category": "交通", "idempotencyKey": "bad-key"}, "CONFLICT"),
		change("another mutation", "委员01", "withdrawProposal", m{"matterId": w.matters["SUBMITTED"], "reason": "撤", "idempotencyKey": used}, "CONFLICT"),
		change("another case submitted", "委员01", "submitProposal", m{"matterId": w.matters["DRAFT"], "idempotencyKey": used}, "CONFLICT"),
		change("the same again", "委员01", "editProposal", edit, ok), // and no row changes
		change("somebody else's key", "委员02", "editProposal", edit, noSuch),
		change("101 characters", "委员01", "editProposal", m{"matterId": w.matters["DRAFT"], "category": "交通", "idempotencyKey": strings.Repeat("k", 101)}, wrongInput),
		change("1 MB", "委员01", "editProposal", m{"matterId": w.matters["DRAFT"], "category": "交通", "idempotencyKey": strings.Repeat("k", 1_000_000)}, wrongInput),
	}
}
