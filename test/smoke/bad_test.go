package smoke

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fewest is how many requests the corpus must have.
const fewest = 250

// mark stands in a bad value; it is made unique when the case is sent, and no
// answer may repeat it.
const mark = "ZQX-MARK"

// ok is the code of an answer without any error.
const ok = "OK"

// bad is one request that must be refused, or at least do no harm.
type bad struct {
	name   string
	as     string // whose token: a name of the home district, "管理员"; empty sends none
	token  string // sent as it is instead
	method string // default POST
	path   string // default /graphql
	header map[string]string
	body   string
	wire   []string // sent in pieces on a connection of its own instead of all the above
	status int      // 0 is any below 500
	codes  []string // one of them must come first; none is any refusal
}

// group is a part of the corpus. may names tables that refusals of this group
// do change, with the condition under which their rows still have to stay.
type group struct {
	name  string
	cases []bad
	may   map[string]string
}

// gql is a GraphQL request over POST.
func gql(name, as, query string, vars m, codes ...string) bad {
	b, err := json.Marshal(m{"query": query, "variables": vars})
	if err != nil {
		panic(err)
	}
	return bad{name: name, as: as, body: string(b), codes: codes}
}

// change is one mutation with its input.
func change(name, as, field string, input m, codes ...string) bad {
	typ := strings.ToUpper(field[:1]) + field[1:] + "Input"
	if field == "refreshTokens" {
		typ = "RefreshInput"
	}
	query := fmt.Sprintf(`mutation($i: %s!) { %s(input: $i) { userErrors { code message path details } } }`, typ, field)
	return gql(name, as, query, m{"i": input}, codes...)
}

// leaks are what no answer may hold, besides its own marker.
var leaks = regexp.MustCompile(`panic|goroutine|\.go:|pgx|SQLSTATE|SELECT |INSERT |UPDATE |ent:|sql:|runtime error|pg_sleep|DROP TABLE`)

// longestAnswer is how many bytes a refusal may have.
const longestAnswer = 64 << 10

// TestBadRequests: whatever is sent, nothing breaks, nothing is told that is
// not the asker's business, and no row changes.
func TestBadRequests(t *testing.T) {
	w := badWorldOf(t)
	total := 0
	for _, g := range []func(*badWorld) []group{
		badHTTP, badDocuments, badValues, badTexts, badForms, badWalk, badStates, badFiles, badTokens, badSignIns,
	} {
		for _, g := range g(w) {
			total += len(g.cases)
			t.Run(g.name, func(t *testing.T) { w.run(t, g) })
		}
	}
	t.Run("an access token ends by itself", func(t *testing.T) { w.expires(t) })
	t.Run("SQL is text like any other", func(t *testing.T) { w.keepsSQL(t) })
	t.Run("the log has no error, no stack and no value", func(t *testing.T) { w.quietLog(t) })
	t.Logf("%d bad requests", total)
	if total < fewest {
		t.Errorf("only %d bad requests, want %d", total, fewest)
	}
}

// run sends a group's requests and compares all rows before and after. Where
// they differ, it sends each again to find the one that changes something.
func (w *badWorld) run(t *testing.T, g group) {
	t.Helper()
	before, answers := w.rows(t, g.may), map[string]int{}
	for i := range g.cases {
		answers[w.check(t, g.cases[i])]++
	}
	t.Logf("%d requests: %v", len(g.cases), answers)
	after := w.rows(t, g.may)
	if slices.Equal(before, after) {
		return
	}
	t.Errorf("rows have changed: %v", differences(before, after))
	for i := range g.cases {
		before = after
		w.check(t, g.cases[i])
		if after = w.rows(t, g.may); !slices.Equal(before, after) {
			t.Errorf("%s changes %v", g.cases[i].name, differences(before, after))
		}
	}
}

// check sends one request, judges the answer, and returns its first code.
func (w *badWorld) check(t *testing.T, c bad) string {
	t.Helper()
	a, err := w.send(c)
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
		return "none"
	}
	if a.status >= 500 && a.status != c.status || c.status != 0 && a.status != c.status {
		t.Errorf("%s: status %d, want %d: %s", c.name, a.status, c.status, a.shown())
	}
	if len(a.body) > longestAnswer {
		t.Errorf("%s: the answer has %d bytes", c.name, len(a.body))
	}
	if bytes.Contains(a.body, []byte(a.mark)) || strings.Contains(a.header, a.mark) {
		t.Errorf("%s: the answer repeats the value: %s", c.name, a.shown())
	}
	if leak := leaks.Find(a.body); leak != nil {
		t.Errorf("%s: the answer tells %q: %s", c.name, leak, a.shown())
	}
	codes := a.codes()
	switch {
	case slices.Contains(codes, "INTERNAL") || slices.Contains(codes, "UNAVAILABLE"):
		t.Errorf("%s: %s", c.name, a.shown())
	case len(c.codes) == 0 && codes[0] == ok:
		t.Errorf("%s was not refused: %s", c.name, a.shown())
	case len(c.codes) > 0 && !slices.Contains(c.codes, codes[0]):
		t.Errorf("%s: %s, want %v: %s", c.name, codes[0], c.codes, a.shown())
	}
	return codes[0]
}

// answer is what came back.
type answer struct {
	status int
	header string
	body   []byte
	mark   string
}

func (a answer) shown() string { return fmt.Sprintf("%d %.400s", a.status, a.body) }

// codes are those of an answer's errors, in their order; what is no JSON has
// its status for a code.
func (a answer) codes() []string {
	var r struct {
		Code   string
		Errors []struct{ Extensions struct{ Code string } }
		Data   map[string]any
	}
	if json.Unmarshal(a.body, &r) != nil {
		return []string{fmt.Sprint("HTTP ", a.status)}
	}
	var out []string
	if r.Code != "" {
		out = append(out, r.Code)
	}
	for _, e := range r.Errors {
		out = append(out, e.Extensions.Code)
	}
	for _, payload := range r.Data {
		list, _ := dig(payload, "userErrors").([]any)
		for _, e := range list {
			out = append(out, str(e, "code"))
		}
	}
	if len(out) == 0 {
		return []string{ok}
	}
	return out
}

// quietLog reads what the server wrote while it was maltreated.
func (w *badWorld) quietLog(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(w.p.dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var entry struct{ Level, Msg, Path string }
		if json.Unmarshal([]byte(line), &entry) != nil {
			continue // what serve prints for people
		}
		if entry.Level == "ERROR" || strings.Contains(line, "goroutine ") {
			t.Errorf("logged: %.500s", line)
		}
		if strings.Contains(line, "ZQX-") && !strings.Contains(entry.Path, "ZQX-") {
			t.Errorf("a value was logged: %.500s", line)
		}
	}
}

// expires moves the clock past the life of a token.
func (w *badWorld) expires(t *testing.T) {
	token := w.token("主任")
	w.p.at(w.p.now.Add(badTokenLife))
	w.settle(t)
	defer func() { w.p.at(w.p.now.Add(-badTokenLife)) }()
	w.run(t, group{cases: []bad{
		{name: "a query", token: token, body: `{"query":"{ viewer { roles } }"}`, status: http.StatusUnauthorized, codes: []string{"UNAUTHENTICATED"}},
		{name: "a mutation", token: token, body: change("", "", "openCohort", m{"handleYear": 2025, "title": mark}).body, status: http.StatusUnauthorized, codes: []string{"UNAUTHENTICATED"}},
		{name: "a file", token: token, method: http.MethodGet, path: "/files/" + w.own["attachment"], status: http.StatusUnauthorized, codes: []string{"UNAUTHENTICATED"}},
	}})
}

// keepsSQL is the other half of the corpus: a text that looks like SQL is kept
// byte for byte, and everything stands.
func (w *badWorld) keepsSQL(t *testing.T) {
	all := strings.Join(injections, " ")
	id := w.home.people["委员01"].do("createProposal", m{
		"proposerKind": "INDIVIDUAL", "title": injections[0], "situation": all, "analysis": all, "suggestions": injections, "idempotencyKey": injections[1],
	}, "matter { id }")
	data := w.home.people["委员01"].ask(`query($id: ID!, $t: String) { matter(id: $id) { title proposal { situation analysis suggestions } }
		matters(filter: {titleContains: $t}) { totalCount } }`, m{"id": str(id, "matter", "id"), "t": injections[0]})
	if str(data, "matter", "title") != injections[0] || str(data, "matter", "proposal", "situation") != all ||
		dig(data, "matters", "totalCount") != 1.0 || len(dig(data, "matter", "proposal", "suggestions").([]any)) != len(injections) {
		t.Errorf("came back as %v", data)
	}
}
