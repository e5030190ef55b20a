package endpoint

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	many := func(n int, s string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(s, "#", fmt.Sprint(i)) + " ")
		}
		return b.String()
	}
	chain := func(n int) string { // 2ⁿ fields
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "fragment f%d on __Schema { ...f%d ...f%d } ", i, i+1, i+1)
		}
		return fmt.Sprintf("%sfragment f%d on __Schema { queryType { name } }", b.String(), n)
	}
	ring := func(n int) string { // every fragment spreads every other
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "fragment g%d on __Schema { %s} ", i, many(n, "...g#"))
		}
		return b.String()
	}
	nest := func(n int) string { // viewer > tenant > parent > … > id
		return "{ viewer { tenant { " + strings.Repeat("parent { ", n-3) + "id" + strings.Repeat(" }", n)
	}
	for _, c := range []struct {
		sentence, document string
		status             int
		code, says         string
	}{
		{"30 aliases pass", "{ matters { " + many(30, "a#: totalCount") + "} }", 200, "", ""},
		{"31 do not", "{ matters { " + many(31, "a#: totalCount") + "} }", 400, "LIMIT_EXCEEDED", "别名"},
		{"2,000 do not", "{ " + many(2_000, "a#: __typename") + "}", 400, "LIMIT_EXCEEDED", "至多"},
		{"a field that comes 2,000 times does not", "{ matters { " + many(1_999, "totalCount") + "} }", 400, "LIMIT_EXCEEDED", "重复"},
		{"aliases in fragments count", "{ matters { ...a ...b } } fragment a on MatterConnection { " + many(20, "a#: totalCount") + "} fragment b on MatterConnection { " + many(20, "b#: totalCount") + "}", 400, "LIMIT_EXCEEDED", "别名"},

		{"15 deep pass", nest(15), 200, "", ""},
		{"16 deep do not", nest(16), 400, "LIMIT_EXCEEDED", "嵌套"},
		{"1,000 deep do not", nest(1_000), 400, "LIMIT_EXCEEDED", "嵌套"},
		{"depth in fragments counts", "{ viewer { tenant { ...a } } } fragment a on Tenant { parent { parent { parent { parent { parent { parent { parent { ...b } } } } } } } } fragment b on Tenant { parent { parent { parent { parent { parent { parent { parent { id } } } } } } } }", 400, "LIMIT_EXCEEDED", "嵌套"},

		{"5,000 tokens are too many", "{ matters(first: 1) { " + many(5_000, "totalCount") + "} }", 400, "LIMIT_EXCEEDED", "记号"},
		{"21 root fields are too many", "{ " + many(21, "r#: __typename") + "}", 400, "LIMIT_EXCEEDED", "根字段"},
		{"root fields in fragments count", "{ ...a ...b } fragment a on Query { " + many(11, "a#: __typename") + "} fragment b on Query { " + many(11, "b#: __typename") + "}", 400, "LIMIT_EXCEEDED", "根字段"},
		{"51 directives are too many", "{ __typename " + strings.Repeat("@skip(if: false) ", 51) + "}", 400, "LIMIT_EXCEEDED", "指令"},
		{"100 uses of fragments pass", "{ matters { " + many(100, "... { totalCount }") + "} }", 200, "", ""},
		{"101 do not", "{ matters { " + many(101, "... { totalCount }") + "} }", 400, "LIMIT_EXCEEDED", "片段"},
		{"2,001 fields by fragments are too many", "{ matters { " + strings.Repeat("...a ", 100) + "} } fragment a on MatterConnection { pageInfo { " + many(20, "hasNextPage") + "} }", 400, "LIMIT_EXCEEDED", "字段"},
		{"2¹⁰⁰ fields by fragments are too many", "{ __schema { ...f0 } } " + chain(100), 400, "LIMIT_EXCEEDED", "字段"},
		{"so they are when nobody uses them", "{ __typename } fragment x on Query { __schema { ...f0 } } " + chain(100), 400, "LIMIT_EXCEEDED", "字段"},
		{"fragments in a ring are refused", "{ __schema { ...g0 } } " + ring(40), 400, "GRAPHQL_VALIDATION_FAILED", "within itself"},
		{"a number that no machine holds is refused", "{ matters(after: 99999999999999999999) { totalCount } }", 400, "GRAPHQL_VALIDATION_FAILED", "range"},
		{"so it is in a list of an object", "{ openItems(dueBefore: {a: [1, 1e400]}) { totalCount } }", 400, "GRAPHQL_VALIDATION_FAILED", "range"},
		{"and as a default", "query($c: Cursor = 99999999999999999999) { matters(after: $c) { totalCount } }", 400, "GRAPHQL_VALIDATION_FAILED", "range"},
		{"@defer is refused", "{ matters { ... @defer { totalCount } } }", 400, "GRAPHQL_VALIDATION_FAILED", "@defer"},
		{"a large page of large pages is refused", "{ matters(first: 100) { nodes: edges { node { parties { membership { seats { unit { seats: predecessors { predecessors { id name } } } } } } } } } }", 400, "LIMIT_EXCEEDED", "查询过大"},
		{"an introspection that goes in circles is refused", "{ __schema { types { fields { args { type { fields { args { type { fields { name } } } } } } } } } }", 400, "GRAPHQL_VALIDATION_FAILED", "introspection"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			begin := time.Now()
			r := e.ask(t, c.document, nil).is(c.status, c.code)
			if c.says != "" {
				r.says(c.says)
			}
			if took := time.Since(begin); took > time.Second {
				t.Error("took", took)
			}
			if len(r.text) > 2_000 && c.code != "" {
				t.Error("an answer of", len(r.text))
			}
		})
	}
	t.Run("a document at the limits is validated in no time", func(t *testing.T) {
		begin := time.Now()
		e.ask(t, "{ matters { edges { node { "+many(100, "... { parties { membership { id name } } }")+"} } } }", nil)
		if took := time.Since(begin); took > 500*time.Millisecond { // 40 ms on 2 cores; 1,000 fragments took a second
			t.Error("took", took)
		}
	})
}

func TestErrorsListed(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "wrong%d ", i)
	}
	r := e.ask(t, "{ matters { "+b.String()+"} }", nil).is(400, "GRAPHQL_VALIDATION_FAILED")
	if n := len(r.body.Errors); n != 51 || len(r.text) > 20_000 {
		t.Error(n, len(r.text))
	}
	if last := r.body.Errors[50].Message; last != "还有 450 个错误没有列出" {
		t.Error(last)
	}
}

func TestCost(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	l := newLibrary(Options{Schema: e.schema()}.withDefaults())
	for _, c := range []struct {
		sentence, document string
		vars               map[string]any
		want               int
	}{
		{"a field is 1", `{ viewer { roles } }`, nil, 1 + guess},
		{"__typename is 1", `{ __typename }`, nil, 1},
		{"a page is as long as first", `{ matters(first: 7) { edges { node { id } } } }`, nil, 1 + 7*(1+1+1)},
		{"or as last", `{ matters(last: 7) { edges { node { id } } } }`, nil, 1 + 7*3},
		{"or 20", `{ matters { edges { node { id } } } }`, nil, 1 + 20*3},
		{"null is not given", `{ matters(first: null) { edges { node { id } } } }`, nil, 1 + 20*3},
		{"what is beside the rows counts once", `{ matters(first: 7) { totalCount pageInfo { hasNextPage } } }`, nil, 1 + 1 + 2},
		{"a variable counts with its value", `query($n: Int) { matters(first: $n) { edges { cursor } } }`, map[string]any{"n": 9}, 1 + 9*2},
		{"and with its default", `query($n: Int = 8) { matters(first: $n) { edges { cursor } } }`, nil, 1 + 8*2},
		{"a list in a page counts its guess for each row", `{ matters(first: 10) { edges { node { parties { id } } } } }`, nil, 1 + 10*(1+1+guess*2)},
		{"nodes are as long as ids", `{ nodes(ids: ["01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8058", "01890a5d-ac96-774b-bcce-b302099a8059"]) { id } }`, nil, 3 * 2},
		{"a search costs its work, whatever it answers", `{ search(query: "电梯", first: 2) { edges { cursor } } }`, nil, 5000 + 1 + 2*2},
		{"fragments count where they are used", `{ matters(first: 3) { ...p } } fragment p on MatterConnection { edges { ... on MatterEdge { cursor } } }`, nil, 1 + 3*2},
		{"a number as large as can be does not run over", `{ matters(first: 2147483647) { edges { node { parties { id } } } } }`, nil, most},
		{"a number below zero is none", `{ matters(first: -5) { edges { cursor } } }`, nil, 1 + 20*2},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			p := &params{query: c.document}
			doc, no := l.find(p, true)
			if no != nil {
				t.Fatal(no.err)
			}
			if got := cost(doc.Operations[0].SelectionSet, variables(t, e, doc, c.vars), 0); got != c.want {
				t.Error(got, "want", c.want)
			}
		})
	}
	t.Run("what works hard is a field of Query", func(t *testing.T) {
		for name := range works {
			if e.schema().Schema().Query.Fields.ForName(name) == nil {
				t.Error(name)
			}
		}
	})
	t.Run("a page of the desk with a search is affordable, and twenty searches are not", func(t *testing.T) {
		e.ask(t, `{ search(query: "电梯", first: 20) { totalCount edges { node { id title } } } matterFacets { total } todos(first: 20) { totalCount } }`, nil).is(200, "")
		var many strings.Builder
		for i := range 20 {
			fmt.Fprintf(&many, "a%d: search(query: \"电梯\") { totalCount } ", i)
		}
		e.ask(t, "{ "+many.String()+"}", nil).is(400, "LIMIT_EXCEEDED")
	})
	t.Run("GraphiQL's introspection is affordable", func(t *testing.T) {
		doc, no := l.find(&params{query: introspection}, true)
		if no != nil {
			t.Fatal(no.err)
		}
		got := cost(doc.Operations[0].SelectionSet, nil, 0)
		t.Log("cost", got)
		if got > (Limits{}).withDefaults().Cost {
			t.Error(got)
		}
	})
	t.Run("a hundred matters with six relations are affordable", func(t *testing.T) {
		e.ask(t, `{ matters(first: 100) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id number title state openedAt nextDueOn
			proposal { id disposition } parties { id role membership { id name } } assignments { id role unit { id name } }
			items { id state: status } timers { id dueOn } feedback { id receivedAt } } } } }`, nil).is(200, "")
	})
}

// introspection is what GraphiQL 3 sends, of graphql 16.
const introspection = `
query IntrospectionQuery { __schema { queryType { name kind } mutationType { name kind } subscriptionType { name kind }
  types { ...FullType } directives { name description locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
  type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
  kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
