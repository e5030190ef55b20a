package smoke

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const (
	badRequest = "BAD_REQUEST"
	tooMuch    = "LIMIT_EXCEEDED"
	noParse    = "GRAPHQL_PARSE_FAILED"
	notValid   = "GRAPHQL_VALIDATION_FAILED"
	wrongInput = "INVALID_INPUT"
	noSuch     = "NOT_FOUND"
	nobody     = "UNAUTHENTICATED"
)

// quiet is a harmless query with a marker in it.
const quiet = `{"query":"query($t: String) { matters(first: 1, filter: {titleContains: $t}) { totalCount } }","variables":{"t":"` + mark + `"}}`

// badHTTP: what is no GraphQL request.
func badHTTP(w *badWorld) []group {
	return []group{{name: "bodies", cases: bodies()}, {name: "headers and methods", cases: headers()}, {name: "addresses", cases: addresses()}, {name: "on the wire", cases: w.wires()}}
}

func bodies() (out []bad) {
	deep := strings.Repeat("[", 20_000)
	wide := `{"query":"{ __typename }","variables":{"` + mark + `":"` + strings.Repeat("x", 10<<20) + `"}}`
	for _, c := range []struct {
		name, body string
		status     int
		code       string
	}{
		{"nothing", "", 400, badRequest},
		{"spaces only", " \t\r\n ", 400, badRequest},
		{"null", "null", 400, badRequest},
		{"true", "true", 400, badRequest},
		{"a number", "1e309", 400, badRequest},
		{"a text", `"` + mark + `"`, 400, badRequest},
		{"an empty object", "{}", 400, badRequest},
		{"an empty array", "[]", 400, badRequest},
		{"a batch", "[" + quiet + "," + quiet + "]", 400, badRequest},
		{"a batch of 10,000", "[" + strings.TrimSuffix(strings.Repeat(`{"query":"{__typename}"},`, 10_000), ",") + "]", 400, badRequest},
		{"a document instead of JSON", "{ matters { totalCount } }", 400, badRequest},
		{"cut off", quiet[:len(quiet)-9], 400, badRequest},
		{"two values", quiet + quiet, 400, badRequest},
		{"garbage behind", quiet + mark, 400, badRequest},
		{"a comma too much", `{"query":"{ __typename }",}`, 400, badRequest},
		{"single quotes", `{'query':'{ ` + mark + ` }'}`, 400, badRequest},
		{"a comment", `{"query":"{ __typename }" /* ` + mark + ` */}`, 400, badRequest},
		{"NaN", `{"query":"{ __typename }","variables":{"x":NaN}}`, 400, badRequest},
		{"a byte order mark", "\uFEFF" + quiet, 400, badRequest},
		{"UTF-16", "{\x00\"\x00q\x00u\x00e\x00r\x00y\x00\"\x00:\x00", 400, badRequest},
		{"GBK", "{\"query\":\"{ viewer { \xd6\xd0\xc9\xbd } }\"}", 400, badRequest},
		{"bytes that are no UTF-8", "{\"query\":\"{ \xff\xfe\xc0\x80 }\"}", 400, badRequest},
		{"a raw line feed in a text", "{\"query\":\"{\n__typename }\"}", 400, badRequest},
		{"a raw zero byte", "{\"query\":\"{ __typename }\x00\"}", 400, badRequest},
		{"20,000 brackets", deep, 400, badRequest},
		{"20,000 brackets as variables", `{"query":"{ __typename }","variables":{"x":` + deep + `}}`, 400, badRequest},
		{"10,000 objects inside each other", `{"query":"{ __typename }","variables":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000) + "}", 400, badRequest},
		{"10 MB", wide, 413, tooMuch},
		{"a query that is a number", `{"query":1}`, 400, badRequest},
		{"a query that is null", `{"query":null}`, 400, badRequest},
		{"a query that is a list", `{"query":["{ ` + mark + ` }"]}`, 400, badRequest},
		{"a query in capitals", `{"QUERY":"{ ` + mark + ` }"}`, 400, badRequest},
		{"a query that comes twice, the last is bad", `{"query":"{ __typename }","query":7}`, 400, badRequest},
		{"variables that are a list", `{"query":"{ __typename }","variables":["` + mark + `"]}`, 400, badRequest},
		{"variables that are a text", `{"query":"{ __typename }","variables":"` + mark + `"}`, 400, badRequest},
		{"a name that is a number", `{"query":"{ __typename }","operationName":5}`, 400, badRequest},
		{"extensions that are a text", `{"query":"{ __typename }","extensions":"` + mark + `"}`, 400, badRequest},
		{"a persisted query without version", `{"extensions":{"persistedQuery":{"sha256Hash":"` + mark + `"}}}`, 400, badRequest},
		{"a persisted query that is a list", `{"extensions":{"persistedQuery":["` + mark + `"]}}`, 400, badRequest},
		{"a persisted query nobody knows", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + mark + `"}}}`, 200, "PERSISTED_QUERY_NOT_FOUND"},
		{"a document nobody knows", `{"documentId":"sha256:` + mark + `"}`, 200, "PERSISTED_QUERY_NOT_FOUND"},
		{"a document's name that is an object", `{"documentId":{"a":"` + mark + `"}}`, 400, badRequest},
		{"a name that is not the document's", `{"query":"{ __typename }","documentId":"` + mark + `"}`, 400, badRequest},
	} {
		out = append(out, bad{name: c.name, as: "主任", body: c.body, status: c.status, codes: []string{c.code}})
	}
	return out
}

func headers() (out []bad) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(quiet))
	_ = z.Close()
	for _, typ := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "application/jso",
		"application/json; charset=gbk", "application/json; charset=utf-16", "application/json; charset=" + mark, ";;;", "application/json; charset", "application/graphql-response+json"} {
		out = append(out, bad{name: "content type " + typ, as: "主任", body: quiet, header: map[string]string{"Content-Type": typ}, status: 415, codes: []string{badRequest}})
	}
	for _, enc := range []string{"gzip", "br", "deflate, gzip", mark} {
		out = append(out, bad{name: "content encoding " + enc, as: "主任", body: zipped.String(), header: map[string]string{"Content-Encoding": enc}, status: 415, codes: []string{badRequest}})
	}
	out = append(out, bad{name: "gzip that does not say so", as: "主任", body: zipped.String(), status: 400, codes: []string{badRequest}})
	for _, accept := range []string{"text/html", "application/xml;q=0.9", mark, "application/json;q=0", "application/json;q=1.5", "application/json;q=NaN", "*/*;q=0"} {
		out = append(out, bad{name: "accept " + accept, as: "主任", body: quiet, header: map[string]string{"Accept": accept}, status: 406, codes: []string{badRequest}})
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, "BREW", "PROPFIND"} {
		out = append(out, bad{name: "method " + method, as: "主任", method: method, body: quiet, status: 405, codes: []string{badRequest}})
	}
	out = append(out,
		bad{name: "method TRACE", method: http.MethodTrace, status: 405, codes: []string{badRequest}},
		bad{name: "method HEAD", method: http.MethodHead, status: 405, codes: []string{"HTTP 405"}},
		bad{name: "a request id that is a path", body: `{"query":"{ x }"}`, header: map[string]string{"X-Request-Id": "../" + mark}, codes: []string{notValid}},
		bad{name: "a request id of 500 characters", body: `{"query":"{ x }"}`, header: map[string]string{"X-Request-Id": mark + strings.Repeat("a", 500)}, codes: []string{notValid}},
		bad{name: "a forged address", body: `{"query":"{ x }"}`, header: map[string]string{"X-Forwarded-For": "' OR 1=1; --" + mark}, codes: []string{notValid}},
		bad{name: "an agent that is SQL", body: `{"query":"{ x }"}`, header: map[string]string{"User-Agent": injections[0] + mark}, codes: []string{notValid}},
		bad{name: "another method in the header", as: "主任", method: http.MethodGet, path: "/graphql?query={x}", header: map[string]string{"X-Http-Method-Override": "POST"}, codes: []string{notValid}},
	)
	return out
}

func addresses() (out []bad) {
	mutation := url.QueryEscape(`mutation { openCohort(input: {handleYear: 2025, title: "` + mark + `"}) { userErrors { code } } }`)
	for _, c := range []struct {
		name, path string
		status     int
		code       string
	}{
		{"a mutation by GET", "/graphql?query=" + mutation, 405, badRequest},
		{"a mutation by GET among others", "/graphql?operationName=b&query=" + url.QueryEscape(`query a { __typename } mutation b { signOut { done } }`), 405, badRequest},
		{"no query", "/graphql", 400, badRequest},
		{"an empty query", "/graphql?query=", 400, badRequest},
		{"two queries", "/graphql?query={__typename}&query={x}", 400, badRequest},
		{"a broken escape", "/graphql?query=%zz" + mark, 400, badRequest},
		{"bytes that are no UTF-8", "/graphql?query=%ff%fe%c0%80", 400, badRequest},
		{"a zero byte", "/graphql?query={__typename%00}", 200, noParse},
		{"variables that are no JSON", "/graphql?query={__typename}&variables={" + mark, 400, badRequest},
		{"variables that are a list", "/graphql?query={__typename}&variables=[1]", 400, badRequest},
		{"variables twice", "/graphql?query={__typename}&variables={}&variables={}", 400, badRequest},
		{"extensions that are no JSON", "/graphql?query={__typename}&extensions=" + mark, 400, badRequest},
		{"an unknown field", "/graphql?query={passwords}", 200, notValid},
		{"semicolons", "/graphql?query={__typename};variables={}", 400, badRequest},
		{"another path", "/" + mark, 404, noSuch},
		{"the files of the machine", "/..%2f..%2f..%2fetc%2fpasswd", 404, noSuch},
		{"the keys", "/keys.json", 404, noSuch},
		{"the profiler", "/debug/pprof/heap", 404, noSuch},
		{"the repository", "/.git/config", 404, noSuch},
		{"below the endpoint", "/graphql/" + mark, 404, noSuch},
		{"SQL as a path", "/" + url.PathEscape(injections[0]), 404, noSuch},
		{"a path of 20,000 characters", "/" + strings.Repeat("a", 20_000), 404, noSuch},
	} {
		out = append(out, bad{name: c.name, as: "主任", method: http.MethodGet, path: c.path, status: c.status, codes: []string{c.code}})
	}
	return out
}

// wires are requests that no library would send.
func (w *badWorld) wires() []bad {
	head := func(length any, more ...string) string {
		return fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %v\r\n%s\r\n",
			w.token("主任"), length, strings.Join(more, ""))
	}
	chunked := "POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
	http400 := []string{"HTTP 400"}
	return []bad{
		{name: "a body shorter than said", wire: []string{head(1000), `{"query":"{ vie`}, status: 400, codes: []string{badRequest}},
		{name: "a body that comes slowly and is no JSON", wire: append([]string{head(9)}, strings.Split("{'query'}", "")...), status: 400, codes: []string{badRequest}},
		{name: "a body that never comes", wire: []string{head(10)}, status: 400, codes: []string{badRequest}},
		{name: "20 MB are announced", wire: []string{head(20 << 20)}, status: 413, codes: []string{tooMuch}},
		{name: "a negative length", wire: []string{head(-1)}, status: 400, codes: http400},
		{name: "a length that is no number", wire: []string{head("1e3")}, status: 400, codes: http400},
		{name: "a length in full-width digits", wire: []string{head("１０")}, status: 400, codes: http400},
		{name: "a length too large for a number", wire: []string{head("99999999999999999999")}, status: 400, codes: http400},
		{name: "two lengths", wire: []string{head(2, "Content-Length: 3\r\n"), "{}"}, status: 400, codes: http400},
		{name: "a broken chunk", wire: []string{chunked, "5\r\n{\"que\r\nzz\r\nry\r\n0\r\n\r\n"}, status: 400, codes: []string{badRequest}},
		{name: "chunks without an end", wire: []string{chunked, "5\r\n{\"que\r\n"}, status: 400, codes: []string{badRequest}},
		{name: "2 MB in chunks", wire: []string{chunked, strings.Repeat("ffff\r\n"+strings.Repeat(" ", 0xffff)+"\r\n", 17), "0\r\n\r\n"}, status: 413, codes: []string{tooMuch}},
		{name: "an unknown transfer encoding", wire: []string{"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: rot13\r\n\r\n"}, status: 501, codes: []string{"HTTP 501"}},
		{name: "no host", wire: []string{"GET /graphql?query={x} HTTP/1.1\r\n\r\n"}, status: 400, codes: http400},
		{name: "no HTTP", wire: []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"}, status: 400, codes: http400},
		{name: "a header of 100 KB", wire: []string{"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 100<<10) + "\r\n\r\n"}, status: 431, codes: []string{"HTTP 431"}},
		{name: "a header with a zero byte", wire: []string{"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n"}, status: 400, codes: http400},
		{name: "a header name with a space", wire: []string{"GET / HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n"}, status: 400, codes: http400},
		{name: "a version that does not exist", wire: []string{"GET / HTTP/9.9\r\nHost: x\r\n\r\n"}, status: 505, codes: []string{"HTTP 505"}},
	}
}
