package smoke

import (
	"fmt"
	"strings"
)

// badDocuments: requests whose document cannot be executed.
func badDocuments(w *badWorld) []group {
	return []group{{name: "documents", cases: documents()}, {name: "documents that ask for too much", cases: bombs(w)}, {name: "variables", cases: variables()}}
}

func documents() (out []bad) {
	for _, c := range brokenDocuments {
		codes := []string{c.code}
		if c.name == "half a character" {
			codes = append(codes, wrongInput) // the parser puts a whole one in its place
		}
		out = append(out, gql(c.name, "主任", c.query, nil, codes...))
	}
	return out
}

var brokenDocuments = []struct{ name, query, code string }{
	{"spaces only", "  \n\t ", notValid},
	{"a comment only", "# " + mark, notValid},
	{"an unknown field", "{ passwords }", notValid},
	{"an unknown mutation", `mutation { dropTenant(id: "` + mark + `") }`, notValid},
	{"an unknown kind of operation", "delete { matters { totalCount } }", noParse},
	{"a subscription", "subscription { matters { totalCount } }", notValid},
	{"two operations without names", "{ __typename } { __typename }", notValid},
	{"two operations of one name", "query a { __typename } query a { __typename }", notValid},
	{"a mutation's field in a query", `{ fileProposal(input: {matterId: "` + mark + `"}) { userErrors { code } } }`, notValid},
	{"a type definition", "type Query { secret: String }", noParse},
	{"an extension of the schema", "extend type Query { secret: String }", noParse},
	{"a fragment that nobody uses", "{ __typename } fragment f on Query { __typename }", notValid},
	{"a fragment that does not exist", "{ ...f }", notValid},
	{"a fragment in itself", "{ ...f } fragment f on Query { ...f }", notValid},
	{"fragments in a circle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...c } fragment c on Query { ...a }", notValid},
	{"a fragment on a type that does not exist", "{ ... on Password { hash } }", notValid},
	{"a fragment on a scalar", "{ ... on String { length } }", notValid},
	{"a fragment that cannot apply", "{ viewer { ... on Matter { title } } }", notValid},
	{"a fragment called on", "{ ...on } fragment on on Query { __typename }", noParse},
	{"an unknown directive", "{ __typename @secret }", notValid},
	{"@skip without if", "{ __typename @skip }", notValid},
	{"@skip with a text", `{ __typename @skip(if: "` + mark + `") }`, notValid},
	{"@defer", "{ ... @defer { __typename } }", notValid},
	{"@stream", "{ matters { edges @stream { cursor } } }", notValid},
	{"a directive twice", "{ __typename @skip(if: true) @skip(if: true) }", notValid},
	{"an unknown argument", `{ matters(where: "` + mark + `") { totalCount } }`, notValid},
	{"an argument twice", "{ matters(first: 1, first: 2) { totalCount } }", notValid},
	{"a needed argument missing", "{ matter { title } }", notValid},
	{"a selection on a scalar", "{ __typename { x } }", notValid},
	{"no selection on an object", "{ matters }", notValid},
	{"an empty selection", "{ }", noParse},
	{"two answers of one name", `{ a: __typename a: viewer { roles } }`, notValid},
	{"brackets that do not close", "{ matters { totalCount ", noParse},
	{"a text that does not end", `{ matter(id: "` + mark, noParse},
	{"a block text that does not end", `{ matter(id: """` + mark, noParse},
	{"half a character", `{ matter(id: "\uD800` + mark + `") { title } }`, noParse},
	{"a character beyond the last", `{ matter(id: "\u{110000}") { title } }`, noParse},
	{"an unknown escape", `{ matter(id: "\q` + mark + `") { title } }`, noParse},
	{"a control character", "{ __typename\x01 }", noParse},
	{"full-width brackets", "｛ __typename ｝", noParse},
	{"full-width letters", "{ ｖｉｅｗｅｒ }", noParse},
	{"a Chinese field", "{ 事项 }", noParse},
	{"SQL", "SELECT * FROM matters WHERE title = '" + mark + "'", noParse},
	{"HTML", "<script>alert('" + mark + "')</script>", noParse},
	{"a number too large", "{ matters(first: 99999999999999999999999999) { totalCount } }", notValid},
	{"a number with a zero in front", "{ matters(first: 007) { totalCount } }", noParse},
	{"a float for an Int", "{ matters(first: 1.5) { totalCount } }", notValid},
	{"a text for an Int", `{ matters(first: "` + mark + `") { totalCount } }`, notValid},
	{"a text for an enum", `{ matters(filter: {disposition: "` + mark + `"}) { totalCount } }`, notValid},
	{"an enum that does not exist", `{ matters(filter: {disposition: ZQX_MARK}) { totalCount } }`, notValid},
	{"an Int for a text", `{ matters(filter: {titleContains: 5}) { totalCount } }`, notValid},
	{"a list for a text", `{ matters(filter: {titleContains: ["` + mark + `"]}) { totalCount } }`, notValid},
	{"null for a needed value", `{ matter(id: null) { title } }`, notValid},
	{"null in a list of needed values", `{ nodes(ids: [null]) { id } }`, notValid},
	{"an unknown input field", `{ matters(filter: {password: "` + mark + `"}) { totalCount } }`, notValid},
	{"an input field twice", `{ matters(filter: {kind: "a", kind: "b"}) { totalCount } }`, notValid},
	{"signing in with other work", `mutation { signIn(input: {login: "a", password: "` + mark + `"}) { userErrors { code } } signReceipt(input: {assignmentId: "` + someID + `"}) { userErrors { code } } }`, wrongInput},
}

// bombs are small to send and expensive to answer.
func bombs(w *badWorld) (out []bad) {
	repeat := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	var doubling strings.Builder
	for i := range 30 {
		fmt.Fprintf(&doubling, "fragment f%d on Query { ...f%d ...f%d } ", i, i+1, i+1)
	}
	ofType := strings.Repeat("{ fields { type ", 12) + "{ name }" + strings.Repeat("} }", 12)
	for _, c := range []struct {
		name, query string
		codes       []string
	}{
		{"2,000 aliases", "{" + repeat(2000, " a%d: __typename") + " }", []string{tooMuch}},
		{"2,000 aliases of a mutation", "mutation {" + repeat(300, ` a%d: signReceipt(input: {assignmentId: "`+someID+`"}) { userErrors { code } }`) + " }", []string{tooMuch}},
		{"one field 2,000 times", "{" + strings.Repeat(" __typename", 2000) + " }", []string{tooMuch}},
		{"500 levels", strings.Repeat("{ viewer ", 500) + strings.Repeat("}", 500), []string{tooMuch, noParse}},
		{"500 levels of fragments", strings.Repeat("{ ... on Query ", 500) + "{ __typename }" + strings.Repeat("}", 500), []string{tooMuch, noParse}},
		{"500 levels of lists", `{ nodes(ids: ` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `) { id } }`, []string{notValid, tooMuch, noParse}},
		{"500 levels of objects", `{ matters(filter: ` + strings.Repeat("{a:", 500) + "1" + strings.Repeat("}", 500) + `) { totalCount } }`, []string{notValid, tooMuch, noParse}},
		{"1,000 directives", "{ __typename" + strings.Repeat(" @skip(if: false)", 1000) + " }", []string{tooMuch}},
		{"1,000 directives that do not exist", "{ __typename" + repeat(1000, " @x%d") + " }", []string{tooMuch}},
		{"6,000 tokens", "{ __typename" + strings.Repeat(" # x\n __typename", 6000) + " }", []string{tooMuch}},
		{"fragments that double", "{ ...f0 } " + doubling.String() + "fragment f30 on Query { __typename }", []string{tooMuch}},
		{"1,000 fragments", "{ ...f0 } " + repeat(1000, "fragment f%d on Query { __typename } "), []string{tooMuch, notValid}},
		{"1,000 operations", repeat(1000, "query q%d { __typename } "), []string{tooMuch, notValid}},
		{"21 root fields", "{" + repeat(21, " a%d: terms { id }") + " }", []string{tooMuch}},
		{"an introspection in itself", "{ __schema { types " + ofType + " } }", []string{tooMuch, notValid}},
		{"20 introspections", "{" + repeat(20, " a%d: __schema { types { fields { args { type { ofType { ofType { name } } } } } } }") + " }", []string{tooMuch}},
		{"pages in pages", "{ matters(first: 100) { edges { node { assignments { matter { assignments { matter { assignments { matter { assignments { id } } } } } } } } } } }", []string{tooMuch, notValid}},
		{"a page of 2,000,000,000", "{ matters(first: 2000000000) { edges { node { id } } } }", []string{tooMuch, wrongInput}},
		{"101 nodes", `{ nodes(ids: [` + strings.Repeat(`"`+someID+`",`, 101) + `]) { id } }`, []string{wrongInput}},
		{"4,000 nodes", `{ nodes(ids: [` + strings.Repeat(`"`+someID+`",`, 4000) + `]) { id } }`, []string{wrongInput, tooMuch}},
		{"a name of 500 KB", "{ " + strings.Repeat("a", 500<<10) + " }", []string{notValid}},
		{"an alias of 500 KB", "{ " + strings.Repeat("a", 500<<10) + ": __typename x }", []string{notValid}},
		{"an operation of a name of 500 KB", "query " + strings.Repeat("a", 500<<10) + " { x }", []string{notValid}},
		{"a type of a name of 500 KB", "{ ... on " + strings.Repeat("a", 500<<10) + " { x } }", []string{notValid}},
		{"a text of 900 KB", `{ matter(id: "` + mark + strings.Repeat("x", 900<<10) + `") { title } }`, []string{notValid, wrongInput}},
		{"a number of 100,000 digits", "{ matters(first: " + strings.Repeat("9", 100_000) + ") { totalCount } }", []string{notValid, tooMuch}},
		{"900 KB of spaces", strings.Repeat(" ", 900<<10) + "{ x }", []string{notValid}},
		{"60 wrong fields", "{ viewer {" + repeat(60, " w%d") + " } }", []string{notValid}},
	} {
		out = append(out, gql(c.name, "主任", c.query, nil, c.codes...))
	}
	return out
}

func variables() (out []bad) {
	const one, list = `query($id: ID!) { matter(id: $id) { title } }`, `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`
	for _, c := range []struct {
		name, query string
		vars        m
	}{
		{"missing", one, nil},
		{"null", one, m{"id": nil}},
		{"not declared", "{ matter(id: $id) { title } }", m{"id": someID}},
		{"declared and not used", "query($x: String) { __typename }", m{"x": mark}},
		{"declared twice", "query($id: ID!, $id: ID!) { matter(id: $id) { title } }", m{"id": someID}},
		{"of a type that does not exist", "query($id: Secret!) { matter(id: $id) { title } }", m{"id": mark}},
		{"of an output type", "query($id: Matter!) { matter(id: $id) { title } }", m{"id": mark}},
		{"of another type than the argument", "query($id: Int!) { matter(id: $id) { title } }", m{"id": 1}},
		{"that may be null where it must not", "query($id: ID) { matter(id: $id) { title } }", m{"id": someID}},
		{"with a default of another type", `query($n: Int = "` + mark + `") { matters(first: $n) { totalCount } }`, nil},
		{"a list for one", one, m{"id": []string{someID, mark}}},
		{"an object for one", one, m{"id": m{"$ne": mark}}},
		{"a truth value for one", one, m{"id": true}},
		{"a number for an id", one, m{"id": 1}},
		{"a fraction for an id", one, m{"id": 1.5}},
		{"null in a list", list, m{"ids": []any{nil}}},
		{"lists in a list", list, m{"ids": []any{[]any{someID}}}},
		{"an object for a list", list, m{"ids": m{"0": mark}}},
		{"SQL for an id", one, m{"id": mark + injections[0]}},
		{"an operation's name that does not exist", "query a { __typename }", m{}},
	} {
		b := gql(c.name, "主任", c.query, c.vars, notValid, wrongInput)
		if c.name == "an operation's name that does not exist" {
			b.body = `{"query":"query a { __typename }","operationName":"` + mark + `"}`
		}
		out = append(out, b)
	}
	return out
}
