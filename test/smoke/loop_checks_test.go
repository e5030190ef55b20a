package smoke

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func containsAll(text string, words ...string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// counted are the counts of a list, each with its rows.
const counted = `{ total { value rows { id } } open { value rows { id } } reported { value rows { id } } done { value rows { id } } dropped { value rows { id } } overdue { value rows { id text dueOn } } }`

const overviewQuery = `query($y: [Int!]) { loopOverview(years: $y) { prestudyYear handleYear supervisionYear phase turn matter { id title state gates { action open } }
	tasks ` + counted + ` nodes ` + counted + ` problems ` + counted + ` districts { partner name tasks ` + counted + ` nodes ` + counted + ` last { on status } } } }`

// sideBySide: three cohorts in three phases in one year (DL-13), and every
// figure has its rows.
func (l *loop) sideBySide(t *testing.T, phases map[int]string) {
	t.Helper()
	for _, who := range []string{"主任", "主席", "市级统筹"} {
		seen := map[int]string{}
		for _, o := range dig(l.city.as(who).ask(overviewQuery, nil), "loopOverview").([]any) {
			seen[int(dig(o, "handleYear").(float64))] = str(o, "phase")
			rowsOf(t, fmt.Sprint(dig(o, "handleYear")), o)
			if gates := dig(o, "matter", "gates").([]any); (len(gates) == 0) != (str(o, "matter", "state") == "S5_CLOSED") {
				t.Errorf("%s sees of %v in %s the gates %v", who, dig(o, "handleYear"), str(o, "matter", "state"), gates)
			}
		}
		if fmt.Sprint(seen) != fmt.Sprint(phases) {
			t.Errorf("%s sees %v, want %v", who, seen, phases)
		}
	}
	if _, r := l.home.post(l.city.signedIn("委员01"), m{"query": overviewQuery}); len(r.Errors) != 1 || r.Errors[0].Extensions["code"] != "NOT_ALLOWED" {
		t.Errorf("a member sees the loops: %v %v", r.Data, r.Errors)
	}
}

// rowsOf: wherever there is a value there are as many rows.
func rowsOf(t *testing.T, where string, v any) {
	t.Helper()
	switch x := v.(type) {
	case m:
		if n, ok := x["value"].(float64); ok {
			if rows := x["rows"].([]any); len(rows) != int(n) {
				t.Errorf("%s is %v and has %d rows", where, n, len(rows))
			}
			return
		}
		for k, y := range x {
			rowsOf(t, where+" "+k, y)
		}
		if total := dig(x, "total", "value"); total != nil {
			parts := 0.0
			for _, k := range []string{"open", "reported", "done", "dropped"} {
				parts += dig(x, k, "value").(float64)
			}
			if total != parts {
				t.Errorf("%s: %v in all, and %v in parts", where, total, parts)
			}
		}
	case []any:
		for _, y := range x {
			rowsOf(t, where, y)
		}
	}
}

// overview of one cohort.
func (x *lap) overview() m {
	x.t.Helper()
	return dig(x.city.as("市级统筹").ask(overviewQuery, m{"y": []int{x.year}}), "loopOverview", 0).(m)
}

const ledgerQuery = `query($f: LedgerFilter) { ledger(first: 100, filter: $f) { totalCount edges { node { id kind text status dueOn key difficult unit { name } matter { id kind title } } } } }`

// ledger is what somebody's list holds: kinds and texts.
func (d *district) ledger(who string, filter m) (rows []m) {
	d.p.t.Helper()
	for _, e := range dig(d.as(who).ask(ledgerQuery, m{"f": filter}), "ledger", "edges").([]any) {
		rows = append(rows, dig(e, "node").(m))
	}
	return rows
}

func kinds(rows []m) map[string]int {
	n := map[string]int{}
	for _, r := range rows {
		n[str(r, "kind")]++
	}
	return n
}

// stillOpen: tasks of the loop, problems and B-class promises of earlier years
// are one list; who asks for one filter gets one answer.
func (x *lap) stillOpen(t *testing.T, want map[string]int) {
	t.Helper()
	c := x.city
	old := c.ledger("主任", m{"openBefore": x.year + 1})
	if got := kinds(old); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("open from before %d: %v, want %v", x.year+1, got, want)
	}
	for i := 1; i < len(old); i++ {
		if str(old[i-1], "dueOn") > str(old[i], "dueOn") && str(old[i], "dueOn") != "" {
			t.Errorf("not in the order of days: %v", old)
		}
	}
	if got := len(c.ledger("主任", m{"year": x.year, "kinds": []string{"TASK"}})); got != 4 {
		t.Errorf("%d tasks of %d, want 4", got, x.year)
	}
	if got := c.ledger("主任", m{"year": x.year, "partner": "210212"}); len(got) != 1 {
		t.Errorf("旅顺口's of %d: %v", x.year, got)
	}
	if got := c.ledger("主任", m{"year": x.year, "difficult": true}); len(got) != 1 || str(got[0], "unit", "name") != cityUnits[1] {
		t.Errorf("难点 of %d: %v", x.year, got)
	}
	own := c.ledger(cityUnits[0]+"联络员", nil)
	if len(own) == 0 {
		t.Errorf("%s sees nothing of what it owes", cityUnits[0])
	}
	for _, r := range own {
		if u := str(r, "unit", "name"); u != cityUnits[0] {
			t.Errorf("%s sees what %s owes: %v", cityUnits[0], u, r)
		}
	}
}

// printed: the ledger leaves as CSV, XLSX and a page, each line once.
func (x *lap) printed(t *testing.T) {
	t.Helper()
	c, rows := x.city, x.city.ledger("主任", m{"year": x.year})
	query := fmt.Sprint("?year=", x.year)
	status, sheet := c.as("主任").call(http.MethodGet, "/ledger.csv"+query, nil)
	table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(sheet, []byte("\xef\xbb\xbf")))).ReadAll()
	if status != http.StatusOK || err != nil || len(table) != len(rows)+1 {
		t.Errorf("CSV: %d, %v, %d lines for %d rows", status, err, len(table), len(rows))
	}
	_, page := c.as("主任").call(http.MethodGet, "/ledger"+query, nil)
	for _, r := range rows {
		if !strings.Contains(string(page), str(r, "text")) || !strings.Contains(string(sheet), str(r, "text")) {
			t.Errorf("%q is not printed", str(r, "text"))
		}
	}
	if status, book := c.as("主任").call(http.MethodGet, "/ledger.xlsx"+query, nil); status != http.StatusOK || !bytes.HasPrefix(book, []byte("PK")) {
		t.Errorf("XLSX: %d %.20q", status, book)
	}
	if res, err := http.Get(x.home.url + "/ledger.csv"); err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("who has not signed in: %v %v", res, err)
	}
}

// todo reports whether a matter is among what somebody has to do.
func (d *district) todo(who, id string) bool {
	d.p.t.Helper()
	for _, e := range dig(d.as(who).ask(`{ todos(first: 100) { edges { node { id } } } }`, nil), "todos", "edges").([]any) {
		if str(e, "node", "id") == id {
			return true
		}
	}
	return false
}

// asked: what a district owes the city and when, in its own database.
func (l *loop) asked(t *testing.T, d *district, total int) {
	t.Helper()
	a := dig(d.as("主任").ask(`{ askedOfUs { tasks `+counted+` nextDueOn requests { from matter { id title } next { id text dueOn } owed { id dueOn } overdue { id } } } }`, nil), "askedOfUs")
	rowsOf(t, d.code, a)
	if len(dig(a, "requests").([]any)) != total || str(a, "nextDueOn") == "" || str(a, "requests", 0, "from") != "政协大连市委员会" {
		t.Errorf("%s was asked %v", d.code, a)
	}
	if dig(a, "tasks", "total", "value") != float64(total) {
		t.Errorf("%s was asked %v, want %d", d.code, a, total)
	}
}

// connected: three years are one graph in one query: cohort, proposal, tasks,
// plan.
func (x *lap) connected(t *testing.T) {
	t.Helper()
	data := x.city.as("主席").ask(`query($id: ID!) { matter(id: $id) { graph(depth: 3) { truncated nodes { depth matter { id kind title openedAt closedAt steps(first: 100) { edges { node { at label } } } } } links { kind from { id } to { id } } } } }`, m{"id": x.id})
	got, first, last := map[string]int{}, "9", ""
	for _, n := range dig(data, "matter", "graph", "nodes").([]any) {
		got[str(n, "matter", "kind")]++
		for _, s := range dig(n, "matter", "steps", "edges").([]any) {
			first, last = min(first, str(s, "node", "at")), max(last, str(s, "node", "at"))
		}
	}
	if got["cohort"] < 1 || got["proposal"] != 1 || got["task"] != 4 || got["plan"] < 1 {
		t.Errorf("%d: the graph has %v", x.year, got)
	}
	if first[:4] != fmt.Sprint(x.year-1) || last[:4] < fmt.Sprint(x.year+1) {
		t.Errorf("%d: its steps go from %s to %s", x.year, first, last)
	}
}

// apart: what is the city's does not exist for the districts, and the other
// way round, also for who knows the id.
func (x *lap) apart(t *testing.T) {
	t.Helper()
	for _, d := range []*district{x.zs, x.lsk} {
		for _, id := range []string{x.id, x.proposal, x.mine["中山"], x.mine["旅顺口"]} {
			if got := d.look("主任", id); got != nil {
				t.Errorf("%s reads the city's %s: %v", d.code, id, got)
			}
			d.refused("主任", id, "verify", x.held("核实", nil), "NOT_FOUND")
		}
		_, bad := d.as("主任").try("draftTask", m{"matterId": x.id, "title": "不是我们的闭环"}, "")
		d.said("a task of the city's cohort", bad, "NOT_FOUND")
		if got := x.city.look("主任", x.received(d)); got != nil {
			t.Errorf("the city reads %s's copy: %v", d.code, got)
		}
		if got := d.as("主任").ask(overviewQuery, nil)["loopOverview"].([]any); len(got) != 0 {
			t.Errorf("%s sees the city's loops: %v", d.code, got)
		}
	}
}

// booked: every committee's book is whole, in both installations.
func (l *loop) booked(t *testing.T) {
	t.Helper()
	for _, p := range []*product{l.home, l.away} {
		p.nothingStands(t)
		out, err := p.cli("audit", "verify")
		if err != nil || strings.Contains(out, "损坏") {
			t.Errorf("audit verify: %v\n%s", err, out)
		}
		for _, code := range map[*product][]string{l.home: {"210200", "210202"}, l.away: {"210212"}}[p] {
			if !strings.Contains(out, code+"\t完好") {
				t.Errorf("%s's book: %s", code, out)
			}
		}
	}
}
