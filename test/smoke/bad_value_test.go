package smoke

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// someID is the id of nothing.
const someID = "0190f3a2-0000-7000-8000-000000000000"

// injections are texts that mean something to a careless database.
var injections = []string{`'; DROP TABLE matters; --`, `" OR 1=1`, `$1`, `\'; SELECT pg_sleep(5); --`}

// badValues: values that their types do not have.
func badValues(w *badWorld) []group {
	return []group{{name: "numbers", cases: numbers()}, {name: "ids", cases: badIDs()}, {name: "days and times", cases: days()},
		{name: "pages", cases: w.pages()}, {name: "filters", cases: filters()}, {name: "types of input", cases: w.types()}}
}

// short is a value for a name.
func short(v any) string { return fmt.Sprintf("%.60s", fmt.Sprint(v)) }

// raw is a GraphQL request whose variables are given as JSON text.
func raw(name, as, query, vars string, codes ...string) bad {
	c := gql(name, as, query, nil, codes...)
	c.body = strings.Replace(c.body, `"variables":null`, `"variables":`+vars, 1)
	return c
}

func numbers() (out []bad) {
	const query = `query($n: Int) { matters(first: $n) { totalCount edges { node { id } } } }`
	for _, v := range []string{"0", "-1", "-0.0", "101", "1.5", "1e400", "2147483648", "-2147483649", "9223372036854775808", "99999999999999999999", "1e3",
		`"10"`, `"１０"`, `"` + mark + `"`, "true", "[]", "{}", `""`, `"0x10"`} {
		out = append(out, raw("first "+v, "主任", query, `{"n":`+v+`}`, notValid, wrongInput, tooMuch))
	}
	out = append(out, raw("first and last", "主任", `{ matters(first: 1, last: 1) { totalCount } }`, "{}", wrongInput),
		raw("last 0", "主任", `{ matters(last: 0) { totalCount } }`, "{}", wrongInput),
		raw("todos 101", "主任", `{ todos(first: 101) { totalCount } }`, "{}", wrongInput),
		raw("units -5", "主任", `{ units(last: -5) { totalCount } }`, "{}", wrongInput),
		raw("open items 1000", "主任", `{ openItems(first: 1000) { totalCount } }`, "{}", wrongInput),
		raw("tenants 201", "主任", `{ tenants(first: 201) { id } }`, "{}", wrongInput),
		raw("tenants 0", "主任", `{ tenants(first: 0) { id } }`, "{}", wrongInput),
		raw("workdays of the year 0", "主任", `{ workdays(year: 0) { id } }`, "{}", wrongInput),
		raw("workdays of the year 2147483647", "主任", `{ workdays(year: 2147483647) { id } }`, "{}", wrongInput),
		raw("a term's number", "管理员", `mutation { openTerm(input: {ordinal: -1, startsOn: "2030-01-01", endsOn: "2031-01-01"}) { userErrors { code } } }`, "{}", wrongInput),
		raw("a term's number too large", "管理员", `mutation { openTerm(input: {ordinal: 2147483647, startsOn: "2030-01-01", endsOn: "2031-01-01"}) { userErrors { code } } }`, "{}", wrongInput),
		raw("a sitting's number", "管理员", `mutation($t: ID!) { openSitting(input: {termId: $t, ordinal: 0, prepOpensOn: "2024-11-01", opensOn: "2024-12-01", cutoffAt: "2024-12-02T12:00:00+08:00", closesOn: "2024-12-03"}) { userErrors { code } } }`, `{"t":"`+someID+`"}`, wrongInput, noSuch),
		raw("a handling year", "主任", `mutation { openCohort(input: {handleYear: -2147483648, title: "一号提案"}) { userErrors { code } } }`, "{}", wrongInput))
	return out
}

func badIDs() (out []bad) {
	const query = `query($id: ID!) { matter(id: $id) { title } node(id: $id) { id } previewRevoke(grantId: $id) { userErrors { code } } }`
	for _, id := range []string{"", " ", "1", mark, "null", someID + "0", someID[:35], strings.Repeat("a", 100_000), "０１９０ｆ３ａ２-0000-7000-8000-000000000000",
		"0190f3a2–0000–7000–8000–000000000000", "0190f3a2-0000-7000-8000-00000000000g", "Matter:" + someID, base64.StdEncoding.EncodeToString([]byte("Matter:" + someID)), someID + "\x00", injections[0], injections[1], injections[2], injections[3],
		"../../" + someID, "%00", "\u202e" + someID} {
		name := fmt.Sprintf("%.40q", id)
		out = append(out, gql("a query for "+name, "主任", query, m{"id": id}, notValid, wrongInput),
			change("a mutation of "+name, "主任", "fileProposal", m{"matterId": id}, notValid, wrongInput))
	}
	for _, id := range []string{someID, strings.ToUpper(someID), "{" + someID + "}", "urn:uuid:" + someID, strings.ReplaceAll(someID, "-", ""), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		out = append(out, change("a mutation of nothing "+id, "主任", "fileProposal", m{"matterId": id}, noSuch, wrongInput, notValid))
	}
	return out
}

func days() (out []bad) {
	for _, v := range []string{"", " ", "2024", "2024-1-1", "2024-02-30", "2024-13-01", "0000-00-00", "0001-01-01", "10000-01-01", "2024/03/01", "20240301", "2024-03-01T00:00:00Z", "２０２４-０１-０１",
		"2024－01－01", "二〇二四年三月一日", "-infinity", "now", "today", mark, injections[0], "2024-03-01\x00", "1948-12-31", "2201-01-01"} {
		out = append(out, gql(fmt.Sprintf("the day %q", v), "主任", `query($d: Date) { matters(filter: {dueBefore: $d}) { totalCount } }`, m{"d": v}, notValid, wrongInput))
	}
	for _, v := range []any{20240301, true, m{}, []any{"2024-03-01", "2024-03-02"}, 1.7e12} {
		out = append(out, gql(fmt.Sprintf("the day %v", v), "主任", `query($d: Date) { matters(filter: {dueBefore: $d}) { totalCount } }`, m{"d": v}, notValid, wrongInput))
	}
	for _, v := range []any{"", "2024-03-01", "2024-03-01 12:00:00", "2024-03-01T25:00:00Z", "2024-03-01T12:00:00", "２０２４-03-01T12:00:00Z", mark, injections[0], 1709251200, "99999-01-01T00:00:00Z", "0000-00-00T00:00:00Z", "infinity"} {
		out = append(out, change(fmt.Sprintf("the time %v", v), "管理员", "changeSitting", m{
			"sittingId": someID, "prepOpensOn": "2023-11-01", "opensOn": "2023-12-27", "cutoffAt": v, "closesOn": "2023-12-29"}, notValid, wrongInput))
	}
	return append(out,
		change("a sitting that closes before it opens", "管理员", "changeSitting", m{"sittingId": someID, "prepOpensOn": "2024-11-01", "opensOn": "2023-12-27", "cutoffAt": "2023-12-28T12:00:00+08:00", "closesOn": "2022-12-29"}, wrongInput, noSuch),
		gql("audit from the year 1", "管理员", `{ auditLog(filter: {from: "0001-01-01T00:00:00Z", to: "9999-12-31T23:59:59Z"}) { entries { seq } } }`, nil, wrongInput))
}

// pages: cursors that never were, of another list, or of another district.
func (w *badWorld) pages() (out []bad) {
	cursor := func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }
	foreign := str(w.other.people["主任"].ask(`{ matters(first: 1) { edges { cursor } } }`, nil), "matters", "edges", 0, "cursor")
	own := str(w.home.people["主任"].ask(`{ matters(first: 1) { edges { cursor } } }`, nil), "matters", "edges", 0, "cursor")
	id := "\xa1i\xc4\x10" + strings.Repeat("\x01", 16) // {"i": an id}
	with := func(value string) string { return cursor("\x82" + id + "\xa1v" + value) }
	refused := []string{notValid, wrongInput}
	for _, c := range []struct {
		name, cursor string
		codes        []string
	}{
		{"empty", "", append(refused, ok)}, {"no base64", "%%%" + mark, refused}, {"base64 of a text", cursor(mark), refused}, {"SQL", injections[0], refused},
		{"msgpack nil", cursor("\xc0"), append(refused, ok)}, {"msgpack garbage", cursor("\xdf\xff\xff\xff\xff\x01"), refused}, {"a huge map", cursor("\xdf\xff\xff\xff\xff"), refused}, {"a huge list", cursor("\xdd\xff\xff\xff\xff"), refused},
		{"a huge text", with("\xdb\xff\xff\xff\xff"), refused},
		{"100,000 lists in each other", with(strings.Repeat("\x91", 100_000) + "\xc0"), refused},
		{"cut off", own[:len(own)/2], refused}, {"doubled", own + own, append(refused, ok)}, {"in full width", "ｇｑ" + own, refused},
		{"with a text for the time", with("\xa5hello"), append(refused, ok)}, {"with SQL for the time", with("\xb9" + injections[0]), append(refused, ok)},
		{"with a number for the time", with("\x05"), append(refused, ok)}, {"with a truth value for the time", with("\xc3"), append(refused, ok)},
		{"with a list for the time", with("\x93\x01\x02\x03"), append(refused, ok)}, {"with a map for the time", with("\x81\xa1a\x01"), append(refused, ok)}, {"with nothing for the time", with("\xc0"), append(refused, ok)},
		{"with a zero byte", with("\xa3a\x00b"), append(refused, ok)}, {"with bytes that are no UTF-8", with("\xa3\xff\xfe\xc0"), append(refused, ok)}, {"without an id", cursor("\x81\xa1v\x01"), append(refused, ok)},
		{"with a number for the id", cursor("\x82\xa1i\x05\xa1v\xc0"), append(refused, ok)}, {"with a short id", cursor("\x82\xa1i\xc4\x02aa\xa1v\xc0"), append(refused, ok)},
		{"of another district", foreign, append(refused, ok)},
	} {
		for _, where := range []string{"matters(after: $c)", "matters(before: $c, last: 3, orderBy: {field: TITLE, direction: ASC})", "todos(after: $c)", "units(after: $c)", "openItems(before: $c, last: 1)"} {
			out = append(out, gql("a cursor "+c.name+" for "+where, "主任", `query($c: Cursor) { `+where+` { edges { node { id } } } }`, m{"c": c.cursor}, c.codes...))
		}
	}
	for _, after := range []string{"", "0", "-1", "1.5", "１", "9223372036854775808", mark, injections[0]} {
		out = append(out, gql(fmt.Sprintf("the audit after %q", after), "管理员", `query($a: String) { auditLog(after: $a) { entries { seq } } }`, m{"a": after}, wrongInput, "NOT_ALLOWED"))
	}
	return append(out,
		gql("an order that does not exist", "主任", `{ matters(orderBy: {field: PASSWORD, direction: ASC}) { totalCount } }`, nil, notValid),
		gql("an order as variable", "主任", `query($o: MatterOrder) { matters(orderBy: $o) { totalCount } }`, m{"o": m{"field": mark, "direction": "ASC"}}, notValid, wrongInput),
		gql("a direction that is SQL", "主任", `query($o: MatterOrder) { matters(orderBy: $o) { totalCount } }`, m{"o": m{"field": "TITLE", "direction": "ASC; DROP TABLE matters"}}, notValid, wrongInput))
}

// filters: what a search is asked for is text and no pattern.
func filters() (out []bad) {
	texts := append([]string{"%", "_", `\`, `%\`, `\%`, "'", `"`, "''", "\x00", "a\x00b", "\x1b[2J", "\u202e", "\uFFFF", mark + strings.Repeat("长", 300_000), strings.Repeat("%", 10_000), "${jndi:ldap://x}", "{{7*7}}", "<script>"}, injections...)
	for _, text := range texts {
		name := fmt.Sprintf("%.20q", text)
		for where, typ := range map[string]string{
			"matters(filter: {titleContains: $t}) { totalCount }": "String", "matters(filter: {kind: $t, number: $t, states: [$t]}) { totalCount }": "String!",
			"units(filter: {nameContains: $t}) { totalCount }": "String", "similarProposals(title: $t) { title }": "String!",
			"search(query: $t, kinds: [$t]) { totalCount edges { cursor } }": "String!", "searchSuggestions(prefix: $t) { text }": "String!", "tenants(after: $t) { id }": "String",
		} {
			out = append(out, gql(name+" in "+where, "主任", `query($t: `+typ+`) { `+where+` }`, m{"t": text}, ok, wrongInput))
		}
		out = append(out, gql(name+" in memberships", "管理员", `query($t: String) { memberships(filter: {nameContains: $t}) { totalCount } }`, m{"t": text}, ok, wrongInput),
			gql(name+" in the audit", "管理员", `query($t: String) { auditLog(filter: {object: $t, actor: $t, action: $t}) { entries { seq } } }`, m{"t": text}, ok, wrongInput, "NOT_ALLOWED"))
	}
	return append(out,
		gql("41 states", "主任", `query($s: [String!]) { matters(filter: {states: $s}) { totalCount } }`, m{"s": strings.Split(strings.Repeat("A", 41), "")}, wrongInput),
		gql("a disposition that does not exist", "主任", `query($f: MatterFilter) { matters(filter: $f) { totalCount } }`, m{"f": m{"disposition": mark}}, notValid, wrongInput),
		gql("a full-width disposition", "主任", `query($f: MatterFilter) { matters(filter: $f) { totalCount } }`, m{"f": m{"disposition": "ＦＩＬＥＤ"}}, notValid, wrongInput),
		gql("a small disposition", "主任", `query($f: MatterFilter) { matters(filter: $f) { totalCount } }`, m{"f": m{"disposition": "filed"}}, notValid, wrongInput),
		raw("half a character in a search", "主任", `query($t: String) { matters(filter: {titleContains: $t}) { totalCount } }`, `{"t":"\ud800"}`, ok, wrongInput),
		raw("half a character in a search, the other half", "主任", `query($t: String) { matters(filter: {titleContains: $t}) { totalCount } }`, `{"t":"\udc00\ud800"}`, ok, wrongInput))
}

// types: values of a wrong JSON type where an input asks for another.
func (w *badWorld) types() (out []bad) {
	good := func(field string, v any) m {
		in := m{"proposerKind": "INDIVIDUAL", "title": "关于夜间公交的提案"}
		in[field] = v
		return in
	}
	deep := any("x")
	for range 500 {
		deep = m{"a": deep}
	}
	for _, c := range []struct {
		name string
		in   any
	}{
		{"nothing", nil}, {"a text", mark}, {"a list", []any{good("title", mark)}}, {"an empty object", m{}}, {"a number", 7},
		{"a title that is a number", good("title", 5)}, {"a title that is a truth value", good("title", true)}, {"a title that is null", good("title", nil)}, {"a title that is a list", good("title", []string{mark, mark})},
		{"a title that is an object", good("title", m{"$gt": mark})}, {"a kind that does not exist", good("proposerKind", mark)}, {"a full-width kind", good("proposerKind", "ＩＮＤＩＶＩＤＵＡＬ")},
		{"a kind that is a number", good("proposerKind", 0)}, {"a small kind", good("proposerKind", "individual")}, {"suggestions that hold null", good("suggestions", []any{nil})}, {"suggestions that hold numbers", good("suggestions", []any{1, 2})},
		{"suggestions in lists", good("suggestions", []any{[]any{mark}})}, {"consent that is a text", good("consentPublish", "true")}, {"consent that is a number", good("consentPublish", 1)},
		{"units that are texts", good("suggestedUnitIds", []any{mark})}, {"units that are objects", good("suggestedUnitIds", []any{m{"id": someID}})}, {"a key that is a number", good("idempotencyKey", 1)}, {"a field that does not exist", good("tenantId", mark)},
		{"a prototype", good("__proto__", m{"admin": mark})}, {"500 levels", good("title", deep)},
	} {
		b := change(c.name, "委员01", "createProposal", nil, notValid, wrongInput)
		b2 := gql(c.name, "委员01", `mutation($i: CreateProposalInput!) { createProposal(input: $i) { userErrors { code message path } } }`, m{"i": c.in}, b.codes...)
		out = append(out, b2)
	}
	for _, v := range []any{nil, mark, 1, true, []any{}, []any{m{"bodyLimit": 1}}} {
		out = append(out, change(fmt.Sprintf("settings %v", v), "管理员", "setPolicy", m{"settings": v, "note": "说明", "approvedBy": "主席会议"}, notValid, wrongInput))
	}
	for _, v := range []any{m{strings.Repeat("x", 10_000): mark}, m{"bodyLimt": mark}, m{"bodyLimit": mark}, m{"bodyLimit": -1}, m{"bodyLimit": 1e300}, m{"bodyLimit": 1.5}, m{"deadlines": mark}, m{"deadlines": m{"archive": mark}}, m{"deadlines": m{"archive": m{"amount": mark}}}, m{"rejectBy": mark}, m{"mergeMode": mark}, m{"deadlines": nil}, m{"bodyLimit": "１４００"}, m{"a\x00": 1}, deep, m{"deadlines": deep}} {
		out = append(out, change("settings "+short(v), "管理员", "setPolicy", m{"settings": v, "note": "说明", "approvedBy": "主席会议"}, wrongInput, notValid))
	}
	for _, v := range []any{"1", 1.5, true, 1e10, -1e300, m{}, []any{1, 2}, "１", injections[0]} {
		out = append(out, change(fmt.Sprintf("the version %v", v), "主任", "fileProposal", m{"matterId": w.matters["FILED"], "expectedVersion": v}, notValid, wrongInput))
	}
	for _, v := range []any{"x", 1, []any{1}, nil, true} {
		if v != nil {
			out = append(out, change(fmt.Sprintf("the form %v", v), "主任", "performAction", m{"matterId": w.matters["FILED"], "action": "assign", "form": v}, notValid, wrongInput))
		}
	}
	return out
}
