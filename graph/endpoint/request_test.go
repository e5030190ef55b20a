package endpoint

import (
	"net/url"
	"strings"
	"testing"
)

const typename = `{"query":"{ __typename }"}`

func TestRequests(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	secret := "geheim-13800000000"
	for _, c := range []struct {
		sentence string
		request
		status int
		code   string
	}{
		{"a POST of JSON is answered", request{body: typename}, 200, ""},
		{"a charset of UTF-8 is fine", request{body: typename, header: []string{"Content-Type", "application/json; charset=UTF-8"}}, 200, ""},
		{"a null operationName, variables and extensions are none", request{body: `{"query":"{__typename}","operationName":null,"variables":null,"extensions":null}`}, 200, ""},
		{"an unknown parameter is ignored", request{body: `{"query":"{__typename}","foo":1}`}, 200, ""},
		{"a GET of a query is answered", request{method: "GET", query: "?query=%7B__typename%7D"}, 200, ""},
		{"empty parameters of a GET are none", request{method: "GET", query: "?query=%7B__typename%7D&operationName=&variables=&extensions="}, 200, ""},

		{"another charset is 415", request{body: typename, header: []string{"Content-Type", "application/json; charset=gbk"}}, 415, "BAD_REQUEST"},
		{"a form is 415", request{body: "query=%7B__typename%7D", header: []string{"Content-Type", "application/x-www-form-urlencoded"}}, 415, "BAD_REQUEST"},
		{"plain text is 415", request{body: typename, header: []string{"Content-Type", "text/plain"}}, 415, "BAD_REQUEST"},
		{"multipart is 415", request{body: typename, header: []string{"Content-Type", "multipart/form-data; boundary=x"}}, 415, "BAD_REQUEST"},
		{"no content type is 415", request{body: typename, header: []string{"Content-Type", ""}}, 415, "BAD_REQUEST"},
		{"a compressed body is 415", request{body: typename, header: []string{"Content-Encoding", "gzip"}}, 415, "BAD_REQUEST"},

		{"no body is 400", request{}, 400, "BAD_REQUEST"},
		{"malformed JSON is 400", request{body: `{"query": "` + secret}, 400, "BAD_REQUEST"},
		{"text after the object is 400", request{body: typename + secret}, 400, "BAD_REQUEST"},
		{"what is not UTF-8 is 400", request{body: "{\"query\":\"{__typename} #\xff\"}"}, 400, "BAD_REQUEST"},
		{"JSON nested 20,000 deep is 400", request{body: `{"query":"{__typename}","variables":{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}}`}, 400, "BAD_REQUEST"},
		{"a text is no request", request{body: `"` + secret + `"`}, 400, "BAD_REQUEST"},
		{"null is no request", request{body: `null`}, 400, "BAD_REQUEST"},
		{"names are told apart by case", request{body: `{"QUERY":"{__typename}"}`}, 400, "BAD_REQUEST"},
		{"variables of another type are 400", request{body: `{"query":"{__typename}","variables":["` + secret + `"]}`}, 400, "BAD_REQUEST"},
		{"a batch is refused", request{body: "[" + typename + "," + typename + "]"}, 400, "BAD_REQUEST"},
		{"an empty batch is refused", request{body: "[]"}, 400, "BAD_REQUEST"},
		{"a GET without query is 400", request{method: "GET"}, 400, "BAD_REQUEST"},
		{"a parameter twice is 400", request{method: "GET", query: "?query=%7B__typename%7D&query=" + secret}, 400, "BAD_REQUEST"},
		{"variables in a URL that are no JSON are 400", request{method: "GET", query: "?query=%7B__typename%7D&variables=%7B" + secret}, 400, "BAD_REQUEST"},
		{"a broken URL is 400", request{method: "GET", query: "?query=%7B__typename%7D&x=%zz"}, 400, "BAD_REQUEST"},
		{"a URL that is not UTF-8 is 400", request{method: "GET", query: "?query=%7B__typename%7D%23%ff"}, 400, "BAD_REQUEST"},

		{"PUT is 405", request{method: "PUT", body: typename}, 405, "BAD_REQUEST"},
		{"a mutation by GET is 405", request{method: "GET", query: "?query=" + url.QueryEscape(`mutation { signOut { done } }`)}, 405, "BAD_REQUEST"},
		{"a mutation by GET chosen by name is 405", request{method: "GET", query: "?operationName=B&query=" + url.QueryEscape(`query A { __typename } mutation B { signOut { done } }`)}, 405, "BAD_REQUEST"},
		{"a subscription is not offered", request{body: `{"query":"subscription { x }"}`}, 200, "GRAPHQL_VALIDATION_FAILED"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			r := e.send(t, c.request).is(c.status, c.code)
			if strings.Contains(r.text, secret) {
				t.Error("the body is repeated:", r.text)
			}
			if c.code != "" && strings.Contains(r.text, `"data"`) {
				t.Error("a refused request has data:", r.text)
			}
			if c.status == 405 && r.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if r.header.Get("Cache-Control") != "no-store" {
				t.Error("may be cached")
			}
		})
	}
	t.Run("OPTIONS names the methods", func(t *testing.T) {
		if r := e.send(t, request{method: "OPTIONS"}); r.status != 204 || r.header.Get("Allow") != "GET, POST, OPTIONS" {
			t.Error(r.status, r.header)
		}
	})
	t.Run("a batch is told what to do", func(t *testing.T) { e.send(t, request{body: "[" + typename + "]"}).says("分别提交") })
}

func TestNothingIsRepeated(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	secret := "geheim-13800000000"
	for _, c := range []struct{ sentence, document, code string }{
		{"a text where none belongs", `{ "` + secret + `" }`, "GRAPHQL_PARSE_FAILED"},
		{"a text that does not end", `{ viewer(x: "` + secret + ` }`, "GRAPHQL_PARSE_FAILED"},
		{"a block text that does not end", `{ viewer(x: """` + secret + ` }`, "GRAPHQL_PARSE_FAILED"},
		{"a text with a wrong escape", `{ viewer(x: "\z` + secret + `") }`, "GRAPHQL_PARSE_FAILED"},
		{"a text of 500 KB", `{ "` + strings.Repeat("x", 500_000) + `" }`, "GRAPHQL_PARSE_FAILED"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			r := e.send(t, request{body: body(t, c.document, nil)}).is(200, c.code)
			if strings.Contains(r.text, secret) || len(r.text) > 1000 {
				t.Errorf("%.1000s", r.text)
			}
		})
	}
	t.Run("a validation message is cut", func(t *testing.T) {
		r := e.send(t, request{body: body(t, `{ `+strings.Repeat("x", 50_000)+` }`, nil)}).is(200, "GRAPHQL_VALIDATION_FAILED")
		if len(r.text) > 1000 {
			t.Error(len(r.text))
		}
	})
	t.Run("nothing of it is in the log", func(t *testing.T) {
		if strings.Contains(e.log.String(), secret) {
			t.Error(e.log.String())
		}
	})
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	fill := func(n int) string { return strings.Replace(typename, "}\"}", " #"+strings.Repeat("x", n)+"\\n}\"}", 1) }
	t.Run("a body below the limit is read", func(t *testing.T) { e.send(t, request{body: fill(900_000)}).is(200, "") })
	t.Run("a body of 10 MB is 413", func(t *testing.T) {
		e.send(t, request{body: fill(10 << 20)}).is(413, "LIMIT_EXCEEDED").says("1024 KB")
	})
	t.Run("so it is when its length is not said", func(t *testing.T) {
		r := e.stream(t, strings.NewReader(fill(3<<20)))
		r.is(413, "LIMIT_EXCEEDED")
	})
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	const p, m = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"
	for _, c := range []struct {
		accept, typ string
		bad         int // status of a document that does not parse
	}{
		{"", p, 200},
		{"*/*", p, 200},
		{"application/*", p, 200},
		{"application/json", p, 200},
		{"application/graphql-response+json", m, 400},
		{"application/graphql-response+json, application/json;q=0.9", m, 400},
		{"application/json;q=0.9, application/graphql-response+json", m, 400},
		{"application/json, application/graphql-response+json;q=0.9", p, 200},
		{"application/json, application/graphql-response+json", m, 400},
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", m, 400}, // urql
		{"application/graphql-response+json;charset=utf-8, application/json;charset=utf-8", m, 400},
		{"application/graphql-response+json, */*;q=0.1", m, 400},
		{"*/*;q=0.8, application/json;q=0.1", m, 400}, // JSON is named as the lesser
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", p, 200},
		{"application/json;q=0, */*", m, 400},
		{"application/graphql-response+json;q=0, */*", p, 200},
		{"application/json;q=oops, application/graphql-response+json;q=0.1", m, 400},
		{"rubbish, application/json", p, 200},
		{"APPLICATION/JSON", p, 200},
		{"text/html", "", 406},
		{"text/event-stream;q=0", "", 406},
		{"application/json;q=0", "", 406},
		{"*/*;q=0", "", 406},
		{"application/json;q=2", "", 406},
	} {
		t.Run("Accept: "+c.accept, func(t *testing.T) {
			header := []string{"Accept", c.accept}
			if c.typ == "" {
				r := e.send(t, request{body: typename, header: header}).is(406, "BAD_REQUEST")
				if r.header.Get("Content-Type") != p {
					t.Error(r.header)
				}
				return
			}
			r := e.send(t, request{body: typename, header: header}).is(200, "")
			if r.header.Get("Content-Type") != c.typ || r.header.Get("Vary") != "Accept" {
				t.Error(r.header)
			}
			r = e.send(t, request{body: `{"query":"{"}`, header: header}).is(c.bad, "GRAPHQL_PARSE_FAILED")
			if r.header.Get("Content-Type") != c.typ {
				t.Error(r.header)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	e := newEnv(t, nil)
	edition := newEnv(t, func(o *Options, _ *env) { o.September2026 = true })
	const p, m = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"
	for _, c := range []struct {
		sentence, body        string
		plain, modern, latest int
		code                  string
	}{
		{"an answer", typename, 200, 200, 200, ""},
		{"no JSON", `{`, 400, 400, 400, "BAD_REQUEST"},
		{"no request", `{}`, 400, 400, 422, "BAD_REQUEST"},
		{"no GraphQL", `{"query":"{"}`, 200, 400, 400, "GRAPHQL_PARSE_FAILED"},
		{"an empty document", `{"query":"# nothing"}`, 200, 400, 422, "GRAPHQL_VALIDATION_FAILED"},
		{"not valid", `{"query":"{ nowhere }"}`, 200, 400, 422, "GRAPHQL_VALIDATION_FAILED"},
		{"no such operation", `{"query":"query A { __typename }","operationName":"B"}`, 200, 400, 422, "GRAPHQL_VALIDATION_FAILED"},
		{"one of two operations, not named", `{"query":"query A { __typename } query B { __typename }"}`, 200, 400, 422, "GRAPHQL_VALIDATION_FAILED"},
		{"a variable that does not fit", `{"query":"query($id: ID!) { __typename @skip(if: false) node(id: $id) { id } }"}`, 200, 400, 422, "GRAPHQL_VALIDATION_FAILED"},
		{"too much", `{"query":"{ a: __typename b: __typename c: __typename d: __typename ` + strings.Repeat("x: __typename ", 40) + `}"}`, 200, 400, 422, "LIMIT_EXCEEDED"},
		{"not signed in", `{"query":"{ viewer { roles } }"}`, 401, 401, 401, "UNAUTHENTICATED"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if r := e.send(t, request{body: c.body}).is(c.plain, c.code); c.plain == 401 && r.header.Get("WWW-Authenticate") != "Bearer" {
				t.Error(r.header)
			}
			e.send(t, request{body: c.body, header: []string{"Accept", "application/graphql-response+json"}}).is(c.modern, c.code)
			r := edition.send(t, request{body: c.body}).is(c.latest, c.code)
			if r.header.Get("Content-Type") != m {
				t.Error("without a wish the edition speaks its own type:", r.header)
			}
			r = edition.send(t, request{body: c.body, header: []string{"Accept", "application/json"}}).is(c.latest, c.code)
			if want := map[bool]string{true: p, false: m}[c.latest == 200]; r.header.Get("Content-Type") != want {
				t.Error(r.header)
			}
		})
	}
}
