package smoke

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// badTokenLife is longer than an access token lasts, leeway included.
const badTokenLife = 11 * time.Minute

// badWorld is what the corpus is thrown at: a district with cases in many
// states, a second district whose ids are foreign, and a look into the tables.
type badWorld struct {
	p           *product
	home, other *district
	own         map[string]string // an id of the home district by what it is of; foreign likewise
	foreign     map[string]string
	matters     map[string]string                  // by name of the state
	offered     map[string]map[string]map[string]m // forms of the actions that a person may do, by person, state and code
	schema      *badSchema
	db          *pgx.Conn
	n           int // requests sent
}

func badWorldOf(t *testing.T) *badWorld {
	t.Helper()
	t.Setenv("BIHUAN_FIGURES_EVERY", "24h") // rows that change by themselves are not what is looked for
	p := start(t, day(2023, 11, 20, 9))
	found(t, p, "210200", "政协大连市委员会", "CITY", "")
	w := &badWorld{p: p, matters: map[string]string{}}
	w.home = found(t, p, "210202", "政协大连市中山区委员会", "DISTRICT", "210200")
	w.other = found(t, p, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "210200")
	for _, d := range []*district{w.home, w.other} {
		d.opens(11, "2021-12-01", "2026-12-31", 3, "2023-11-01", "2023-12-27", "2023-12-28T12:00:00+08:00", "2023-12-29")
	}
	w.home.staffed(3)
	w.other.staffed(1)
	w.cases(t)
	w.schema = schemaOf(w.home.admin)
	for _, who := range w.home.people {
		who.ask(`{ __typename viewer { roles } }`, nil)
	}
	w.home.admin.ask(`{ viewer { roles } }`, nil)
	w.offers()
	w.own, w.foreign = w.ids(w.home, w.matters["REPLIED"]), w.ids(w.other, w.matters["foreign"])
	w.connect(t)
	w.settle(t)
	return w
}

// cases brings proposals into their states.
func (w *badWorld) cases(t *testing.T) {
	t.Helper()
	d := w.home
	w.p.at(day(2023, 12, 27, 10))
	title := func(s string) string { return "关于改善夜间公交的提案：" + s }
	done := d.submitted("委员01", title("归档"))
	w.matters["foreign"] = w.other.submitted("委员01", title("别区"))
	w.p.at(day(2024, 1, 15, 9))
	for d, id := range map[*district]string{d: done, w.other: w.matters["foreign"]} {
		d.reviewed(id, "FILED")
		d.people["主任"].do("fileProposal", m{"matterId": id}, "")
		d.people["干事"].do("assignProposal", m{"matterId": id, "units": []m{{"unitId": d.units["商务局"], "role": "SOLE"}}}, "")
	}
	w.p.at(day(2024, 3, 20, 9))
	d.handled(done, "商务局", "2024-03-20")
	w.other.handled(w.matters["foreign"], "商务局", "2024-03-20")
	completeAll(d, done, "委员01", false)
	archive(d, done)
	w.matters["ARCHIVED"] = done

	lead := d.people["委员01"]
	w.matters["DRAFT"] = str(lead.do("createProposal", m{"proposerKind": "INDIVIDUAL", "title": title("草稿")}, "matter { id }"), "matter", "id")
	w.matters["COSIGNING"] = str(lead.do("createProposal", m{
		"proposerKind": "JOINT", "title": title("联名"), "situation": "目前的情况。", "analysis": "原因。", "suggestions": []string{"建议。"}, "category": "经济",
	}, "matter { id }"), "matter", "id")
	lead.do("inviteCosigners", m{"matterId": w.matters["COSIGNING"], "membershipIds": []string{d.ids["委员02"], d.ids["委员03"]}}, "")
	for _, state := range []string{"SUBMITTED", "RETURNED", "UNDER_REVIEW", "FILED", "ASSIGNED", "HANDLING", "CONTACTED", "REPLIED"} {
		w.matters[state] = d.submitted("委员01", title(state))
	}
	d.people["干事"].do("returnProposal", m{"matterId": w.matters["RETURNED"], "reason": "请补充数据"}, "")
	d.people["干事"].do("startReview", m{"matterId": w.matters["UNDER_REVIEW"], "disposition": "FILED"}, "")
	for _, state := range []string{"FILED", "ASSIGNED", "HANDLING", "CONTACTED", "REPLIED"} {
		d.reviewed(w.matters[state], "FILED")
		d.people["主任"].do("fileProposal", m{"matterId": w.matters[state]}, "")
		if state != "FILED" {
			d.people["干事"].do("assignProposal", m{"matterId": w.matters[state], "units": []m{{"unitId": d.units["商务局"], "role": "SOLE"}}}, "")
		}
	}
	for _, state := range []string{"HANDLING", "CONTACTED"} {
		d.people["商务局联络员"].do("signReceipt", m{"assignmentId": w.share(state)}, "")
	}
	d.people["商务局承办人"].do("recordContact", m{"assignmentId": w.share("CONTACTED"), "partyId": w.party("CONTACTED"), "mode": "面谈", "stage": "办前", "on": "2024-03-20", "text": "当面听取意见"}, "")
	d.handled(w.matters["REPLIED"], "商务局", "2024-03-20")
	w.matters["COHORT"] = str(d.people["主任"].do("openCohort", m{"handleYear": 2025, "title": "水资源一号提案"}, "matter { id }"), "matter", "id")
}

// people are everybody of the home district.
func (w *badWorld) people() []string {
	return append(slices.Sorted(maps.Keys(w.home.people)), "管理员")
}

// states are the names of the home district's cases.
func (w *badWorld) states() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.matters)), func(s string) bool { return s == "foreign" })
}

// offers asks everybody what he may do with what he sees.
func (w *badWorld) offers() {
	w.offered = map[string]map[string]map[string]m{}
	state := map[string]string{}
	for name, id := range w.matters {
		state[id] = name
	}
	for _, who := range w.people() {
		w.offered[who] = map[string]map[string]m{}
		p := w.home.people[who]
		if who == "管理员" {
			p = w.home.admin
		}
		data := p.ask(`{ matters(first: 50) { edges { node { id availableActions { code form } } } } }`, nil)
		for _, edge := range dig(data, "matters", "edges").([]any) {
			forms := map[string]m{}
			for _, a := range dig(edge, "node", "availableActions").([]any) {
				forms[str(a, "code")], _ = dig(a, "form").(m)
			}
			w.offered[who][state[str(edge, "node", "id")]] = forms
		}
	}
}

// share is the id of the one unit's share of a case.
func (w *badWorld) share(state string) string {
	data := w.home.people["干事"].ask(`query($id: ID!) { matter(id: $id) { assignments { id } } }`, m{"id": w.matters[state]})
	return str(data, "matter", "assignments", 0, "id")
}

// party is the id of its first proposer.
func (w *badWorld) party(state string) string {
	data := w.home.people["干事"].ask(`query($id: ID!) { matter(id: $id) { parties { id } } }`, m{"id": w.matters[state]})
	return str(data, "matter", "parties", 0, "id")
}

// ids collects one id of each kind that inputs ask for, those of a replied case.
func (w *badWorld) ids(d *district, matter string) map[string]string {
	data := d.people["干事"].ask(`query($id: ID!) { matter(id: $id) { version assignments { id } parties { id } feedback { id } records { id } replies { id } timers { id } } }`, m{"id": matter})
	member := d.admin.ask(`query($id: ID!) { node(id: $id) { ... on Membership { seats { id } grants { id } } } }`, m{"id": d.ids["委员01"]})
	out := map[string]string{
		"matter": matter, "membership": d.ids["委员01"], "unit": d.units["商务局"], "sitting": d.sitting, "term": d.term,
		"assignment": str(data, "matter", "assignments", 0, "id"), "party": str(data, "matter", "parties", 0, "id"),
		"feedback": str(data, "matter", "feedback", 0, "id"), "record": str(data, "matter", "records", 0, "id"),
		"item": str(data, "matter", "replies", 0, "id"), // no promise is needed to be refused
		"seat": str(member, "node", "seats", 0, "id"), "grant": str(member, "node", "grants", 0, "id"),
		"attachment": w.upload(d, matter),
	}
	for kind, id := range out {
		if id == "" {
			w.p.t.Fatalf("no id of a %s", kind)
		}
	}
	return out
}

// upload attaches a text to a case.
func (w *badWorld) upload(d *district, matter string) string {
	body, typ := form("file", "说明.txt", []byte("情况说明"))
	req, err := http.NewRequest(http.MethodPost, w.p.url+"/files?matter="+matter, strings.NewReader(body))
	if err != nil {
		w.p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", typ)
	req.Header.Set("Authorization", "Bearer "+d.people["干事"].token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	_, id, _ := bytes.Cut(b, []byte(`"id":"`))
	return string(id[:min(36, len(id))])
}

// token is that of a person of the home district.
func (w *badWorld) token(who string) string {
	if who == "管理员" {
		return w.home.admin.token
	}
	return w.home.people[who].token
}

// send sends a request with a marker of its own.
func (w *badWorld) send(c bad) (answer, error) {
	w.n++
	a := answer{mark: fmt.Sprintf("ZQX-%d-MARK", w.n)}
	put := func(s string) string { return strings.ReplaceAll(s, mark, a.mark) }
	var res *http.Response
	if c.wire != nil {
		con, err := w.speak(c.wire)
		if err != nil {
			return a, err
		}
		defer con.Close()
		if res, err = http.ReadResponse(bufio.NewReader(con), nil); err != nil {
			return a, err
		}
	} else {
		req, err := http.NewRequest(or(c.method, http.MethodPost), w.p.url+put(or(c.path, "/graphql")), strings.NewReader(put(c.body)))
		if err != nil {
			return a, err
		}
		req.Header.Set("Content-Type", "application/json")
		if token := or(put(c.token), w.tokenOf(c.as)); token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		for name, value := range c.header {
			req.Header.Set(name, put(value))
		}
		if res, err = http.DefaultClient.Do(req); err != nil {
			return a, err
		}
	}
	defer res.Body.Close()
	res.Header.Del("X-Request-Id") // the caller's own, if he gave a usable one
	a.status, a.header = res.StatusCode, fmt.Sprint(res.Header)
	var err error
	a.body, err = io.ReadAll(res.Body)
	return a, err
}

func (w *badWorld) tokenOf(who string) string {
	if who == "" {
		return ""
	}
	return w.token(who)
}

// speak writes pieces to the server, a moment between them, and says no more.
func (w *badWorld) speak(pieces []string) (net.Conn, error) {
	con, err := net.DialTimeout("tcp", strings.TrimPrefix(w.p.url, "http://"), 5*time.Second)
	if err != nil {
		return nil, err
	}
	_ = con.SetDeadline(time.Now().Add(20 * time.Second))
	for i, piece := range pieces {
		if i > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		if _, err := io.WriteString(con, piece); err != nil {
			break // likewise
		}
	}
	_ = con.(*net.TCPConn).CloseWrite() // the server may have hung up already, with its answer sent
	return con, nil
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// connect opens a superuser's connection to the private database.
func (w *badWorld) connect(t *testing.T) {
	t.Helper()
	var err error
	w.db, err = pgx.Connect(context.Background(), "postgres://postgres@/bihuan?host="+filepath.Join(w.p.dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close(context.Background()) })
}

// settle waits until the sweep of a moved clock has done its work.
func (w *badWorld) settle(t *testing.T) {
	t.Helper()
	var last []string
	waitFor(t, "the sweep to come to rest", func() bool {
		was := last
		last = w.rows(t, nil)
		time.Sleep(time.Second)
		return slices.Equal(was, last)
	})
}

// rows is one line for each table with the number of its rows and a sum over
// them. The queue's own tables are left out. may adds conditions, see group.
func (w *badWorld) rows(t *testing.T, may map[string]string) []string {
	t.Helper()
	ctx := context.Background()
	names, err := w.db.Query(ctx, `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
		AND relname NOT LIKE 'river%' ORDER BY relname`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(names, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	var parts []string
	for _, table := range tables {
		parts = append(parts, fmt.Sprintf(`SELECT '%s ' || count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM %[1]q t WHERE %[2]s`,
			table, or(may[table], or(inTheBook[table], "true"))))
	}
	lines, err := w.db.Query(ctx, strings.Join(parts, " UNION ALL "))
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(lines, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out) // several processes read them
	return out
}

// differences are the lines that have changed.
func differences(before, after []string) (out []string) {
	for i := range before {
		if before[i] != after[i] {
			out = append(out, before[i]+" → "+after[i])
		}
	}
	return out
}

// inTheBook is what a refusal may change anywhere: it is recorded (S14), once a
// minute.
var inTheBook = map[string]string{"audit_log": "false", "audit_heads": "false", "account_events": "false"}
