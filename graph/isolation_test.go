package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/gen/migrate"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/tenants"
)

// strangers are two committees side by side. Whoever holds every role in the
// second tries everything that the schema offers on the first: what is walked
// comes from the schema and the tables, so a new field, mutation or entity is
// tried without a line here.
type strangers struct {
	*world
	victim, other *committee
	ids           map[string][]string // the victim's, by table
	everything    []string            // the same in one list
}

func newStrangers(t *testing.T) *strangers {
	t.Helper()
	w := newWorld(t)
	s := &strangers{world: w, victim: w.found("210202", "DISTRICT", "甲区").live(), other: w.found("210203", "DISTRICT", "乙区").live(), ids: map[string][]string{}}
	for _, table := range migrate.Tables {
		if table.Name == "tenants" {
			continue // the directory is open to all committees
		}
		rows, err := w.super.Query(context.Background(), `SELECT id::text FROM `+table.Name+` WHERE tenant_id = $1 ORDER BY id`, s.victim.id)
		must(t, err)
		s.ids[table.Name], err = pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		if len(s.ids[table.Name]) == 0 {
			t.Errorf("nothing of %s is tried: give the life of the committee one", table.Name)
		}
		s.everything = append(s.everything, s.ids[table.Name]...)
	}
	s.alarm()
	return s
}

// alarm counts every write to the victim's rows, also one that is rolled back:
// a sequence does not go back.
func (s *strangers) alarm() {
	s.t.Helper()
	ctx := context.Background()
	_, err := s.super.Exec(ctx, fmt.Sprintf(`
		CREATE SEQUENCE alarm;
		CREATE FUNCTION alarm() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
		BEGIN
			IF '%s' IN (NEW.tenant_id, OLD.tenant_id) THEN PERFORM nextval('alarm'); END IF;
			RETURN NULL;
		END $$`, s.victim.id))
	must(s.t, err)
	for _, table := range s.tables() {
		_, err := s.super.Exec(ctx, `CREATE TRIGGER alarm AFTER INSERT OR UPDATE OR DELETE ON `+table+` FOR EACH ROW EXECUTE FUNCTION alarm()`)
		must(s.t, err)
	}
}

// tables are all that have a tenant, those without an entity included.
func (s *strangers) tables() []string {
	s.t.Helper()
	rows, err := s.super.Query(context.Background(), `SELECT table_name FROM information_schema.columns
		WHERE table_schema = 'public' AND column_name = 'tenant_id' ORDER BY 1`)
	must(s.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(s.t, err)
	return list
}

// dump is every row of the victim, its people's accounts and the directory.
func (s *strangers) dump() map[string]string {
	s.t.Helper()
	queries := map[string]string{
		"tenants":          `SELECT * FROM tenants WHERE $1::uuid IS NOT NULL`,
		"accounts":         `SELECT a.* FROM accounts a JOIN account_memberships m ON m.account_id = a.id WHERE m.tenant_id = $1`,
		"account_sessions": `SELECT s.* FROM account_sessions s JOIN account_memberships m ON m.account_id = s.account_id WHERE m.tenant_id = $1`,
	}
	for _, table := range s.tables() {
		queries[table] = `SELECT * FROM ` + table + ` WHERE tenant_id = $1`
	}
	out := map[string]string{}
	for name, q := range queries {
		var text string
		must(s.t, s.super.QueryRow(context.Background(), `SELECT coalesce(string_agg(to_jsonb(x)::text, E'\n' ORDER BY to_jsonb(x)::text), '') FROM (`+q+`) x`, s.victim.id).Scan(&text))
		out[name] = text
	}
	return out
}

// untouched compares the victim with what it was.
func (s *strangers) untouched(t *testing.T, before map[string]string) {
	t.Helper()
	after := s.dump()
	for name := range before {
		if before[name] != after[name] {
			t.Errorf("%s has changed:\n%s\n%s", name, before[name], after[name])
		}
	}
	var rung bool
	must(t, s.super.QueryRow(context.Background(), `SELECT is_called FROM alarm`).Scan(&rung))
	if rung {
		t.Error("a row of the victim was written")
	}
}

// wouldTell shows that a write would have been noticed.
func (s *strangers) wouldTell(t *testing.T, before map[string]string) {
	s.victim.do("管理员甲", "setWorkday", input{"day": "2025-05-05", "working": false, "note": "校庆"})
	var rung bool
	must(t, s.super.QueryRow(context.Background(), `SELECT is_called FROM alarm`).Scan(&rung))
	after := s.dump()
	if !rung || before["workdays"] == after["workdays"] || before["audit_log"] == after["audit_log"] {
		t.Error("a write to the victim goes unnoticed")
	}
}

// leak is the first thing of the victim in an answer, empty when there is none.
// What was sent may come back.
func (s *strangers) leak(text string, sent ...string) string {
	for _, x := range sent {
		text = strings.ReplaceAll(text, x, "")
	}
	for _, x := range append([]string{s.victim.mark}, s.everything...) {
		if strings.Contains(text, x) {
			return x
		}
	}
	return ""
}

// with is an answer with the id that was sent taken out, so that answers about
// different ids can be compared.
func with(text, id string) string { return strings.ReplaceAll(text, id, "…") }

func TestNoCommitteeReachesAnother(t *testing.T) {
	t.Parallel()
	s := newStrangers(t)
	t.Run("the ids are real: who may, finds them", func(t *testing.T) { s.control(t) })
	own := s.pages()
	before := s.dump() // the victim's own looks stand in its book
	_, err := s.super.Exec(context.Background(), `ALTER SEQUENCE alarm RESTART`)
	must(t, err)
	t.Run("every root field of a query, asked for nothing in particular, tells nothing", func(t *testing.T) { s.lists(t) })
	t.Run("every root field of a query, asked with any id, answers as for an id that nothing has", func(t *testing.T) { s.queries(t) })
	t.Run("every list, asked for the page beside one of the other, tells nothing", func(t *testing.T) { s.cursors(t, own) })
	t.Run("every root field of a query, asked with texts of the other, tells nothing", func(t *testing.T) { s.texts(t) })
	t.Run("every mutation, with any id in every place, answers as for an id that nothing has", func(t *testing.T) { s.mutations(t) })
	t.Run("every mutation, with own ids beside one of the other, answers as for an id that nothing has", func(t *testing.T) { s.mixed(t) })
	t.Run("every action of every process, with own ids beside one of the other in its form, answers as for an id that nothing has", func(t *testing.T) { s.forms(t) })
	t.Run("every subscription, with any id and any text of the other, tells nothing", func(t *testing.T) { s.subscriptions(t) })
	t.Run("nobody enters another's committee", func(t *testing.T) { s.enter(t) })
	t.Run("and nothing of the other has changed", func(t *testing.T) { s.untouched(t, before) })
	t.Run("which would have been noticed", func(t *testing.T) { s.wouldTell(t, before) })
}

// control shows that the test could find something: the victim's own person of
// all roles reads a row of every table by its id.
func (s *strangers) control(t *testing.T) {
	node := s.schema.Query.Fields.ForName("node")
	for table, ids := range s.ids {
		found := 0
		for _, id := range ids {
			q, vars := s.operation("query", node, 0, input{"id": id})
			if a := s.victim.ask("全权", q, vars); strings.Contains(a.text, id) {
				found++
			}
		}
		if found == 0 {
			t.Errorf("nobody finds any row of %s", table)
		}
	}
	if len(s.everything) < 300 {
		t.Error(len(s.everything), "rows are few")
	}
}

func (s *strangers) lists(t *testing.T) {
	tried := 0
	for _, f := range s.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || needsArguments(f) {
			continue
		}
		args := s.arguments(f, maker{schema: s.schema, target: "first", value: 100, rest: word, sparse: true})
		q, vars := s.operation("query", f, 2, args)
		a := s.other.ask("全权", q, vars)
		if len(a.Errors) > 0 || s.leak(a.text) != "" {
			t.Errorf("%s: %s in %s", f.Name, s.leak(a.text), a.text)
		}
		tried++
	}
	if tried < 10 {
		t.Error(tried)
	}
}

func (s *strangers) queries(t *testing.T) {
	for _, f := range s.schema.Query.Fields {
		for _, path := range s.paths(f, "ID") {
			of := func(id string) input {
				return s.arguments(f, maker{schema: s.schema, target: path, value: id, rest: word, sparse: true})
			}
			none := uuid.NewString()
			for ids := range slices.Chunk(s.everything, 50) {
				s.alike(t, f, path, ids, none, of)
			}
		}
	}
}

// paged is a list of the victim's: what asking for it needs, and its page.
type paged struct {
	need input
	page any
}

// pages are the victim's own, which it asks for before anything is compared: a
// look at the book stands in the book.
func (s *strangers) pages() map[string]paged {
	out := map[string]paged{}
	for _, f := range s.schema.Query.Fields {
		ofOne := slices.ContainsFunc(f.Arguments, func(x *ast.ArgumentDefinition) bool { return x.Type.NonNull && x.Type.NamedType == "ID" })
		if len(s.paths(f, "Cursor")) == 0 || ofOne { // a list of one thing's is not found with it
			continue
		}
		need, text := input{}, ""
		for _, x := range f.Arguments { // what a search cannot do without
			if !x.Type.NonNull || x.DefaultValue != nil {
				continue
			}
			if def := s.schema.Types[x.Type.NamedType]; def != nil && def.Kind == ast.Enum {
				need[x.Name] = def.EnumValues[0].Name
				text += fmt.Sprintf(", %s: %s", x.Name, need[x.Name])
				continue
			}
			if need[x.Name] = any(s.victim.mark); f.Name != "search" {
				need[x.Name] = word(x.Name, x.Type)
			}
			text += fmt.Sprintf(", %s: %#v", x.Name, need[x.Name])
		}
		out[f.Name] = paged{need, dig(s.victim.ask("全权", `{ `+f.Name+`(first: 3`+text+`) { pageInfo { startCursor endCursor } } }`, nil).Data, f.Name, "pageInfo")}
	}
	return out
}

// cursors asks for the pages beside the victim's own.
func (s *strangers) cursors(t *testing.T, own map[string]paged) {
	tried := 0
	for _, f := range s.schema.Query.Fields {
		p, is := own[f.Name]
		if !is {
			continue
		}
		page, need := p.page, p.need
		for _, args := range []input{{"after": dig(page, "startCursor"), "first": 100}, {"after": dig(page, "endCursor")}, {"before": dig(page, "endCursor"), "last": 100}} {
			if _, backward := args["before"]; backward && f.Arguments.ForName("before") == nil {
				continue
			}
			maps.Copy(args, need)
			q, vars := s.operation("query", f, 1, args)
			a := s.other.ask("全权", q, vars)
			// A ledger knows its own rows, and says of another's what it says of none.
			unknown := strings.HasPrefix(f.Name, "envelopes") && len(a.Errors) == 1 && a.Errors[0].Extensions["code"] == "INVALID_INPUT"
			if len(a.Errors) > 0 && !unknown || s.leak(a.text, fmt.Sprint(args["after"])) != "" {
				t.Errorf("%s%v: %s", f.Name, args, a.text)
			}
			tried++
		}
	}
	if tried < 15 {
		t.Error(tried)
	}
}

// alike asks one field about each id, and about one that nothing has.
func (s *strangers) alike(t *testing.T, f *ast.FieldDefinition, path string, ids []string, none string, of func(string) input) {
	t.Helper()
	q, vars := s.operation("query", f, 1, of(none))
	baseline := s.other.ask("全权", q, vars)
	if len(baseline.Errors) > 0 && f.Type.NonNull { // an error takes its siblings with it: one by one
		for _, id := range ids {
			q, vars := s.operation("query", f, 1, of(id))
			if a := s.other.ask("全权", q, vars); with(a.text, id) != with(baseline.text, none) {
				t.Errorf("%s(%s: %s): %s, but for none %s", f.Name, path, id, a.text, baseline.text)
			}
		}
		return
	}
	args := make([]input, len(ids))
	for i, id := range ids {
		args[i] = of(id)
	}
	q, vars = s.operation("query", f, 1, args...)
	a := s.other.ask("全权", q, vars)
	if s.leak(a.text, ids...) != "" {
		t.Errorf("%s(%s): %s", f.Name, path, s.leak(a.text, ids...))
	}
	want, err := json.Marshal(baseline.Data["a0"])
	must(t, err)
	for i, id := range ids {
		got, err := json.Marshal(a.Data[fmt.Sprintf("a%d", i)])
		must(t, err)
		if with(string(got), id) != with(string(want), none) || (len(baseline.Errors) == 0) != (len(a.Errors) == 0) {
			t.Errorf("%s(%s: %s): %s, but for none %s", f.Name, path, id, got, want)
		}
	}
}

// texts asks with what the victim calls its things, whole and in part.
func (s *strangers) texts(t *testing.T) {
	v := s.victim
	texts := []string{v.mark, v.mark + "关于建设口袋公园的提案", "Matter:" + v.made["filed"], "Membership:" + v.person["主任"], "Membership:" + v.person["管理员甲"], "210202-1104-R0001"}
	for _, f := range s.schema.Query.Fields {
		for _, path := range s.paths(f, "String") {
			for _, text := range texts {
				args := s.arguments(f, maker{schema: s.schema, target: path, value: text, sparse: true, rest: func(p string, typ *ast.Type) any {
					if typ.NamedType == "ID" {
						return s.likely(s.other, f.Name, p)[0]
					}
					return word(p, typ)
				}})
				q, vars := s.operation("query", f, 1, args)
				if a := s.other.ask("全权", q, vars); s.leak(a.text, text) != "" {
					t.Errorf("%s(%s: %s): %s", f.Name, path, text, a.text)
				}
			}
		}
	}
}

// subscriptions listens to each field with ids of the victim in every place
// for an id, and with its cursors and names in every place for a text.
func (s *strangers) subscriptions(t *testing.T) {
	st := s.station(0, live.Limits{Account: 1000})
	tried := 0
	for _, f := range s.schema.Subscription.Fields {
		listen := func(c *committee, args input) *hearer {
			def, all := f.Arguments, []string{}
			for _, a := range def {
				if args[a.Name] != nil {
					all = append(all, "$"+a.Name+": "+a.Type.String())
				}
			}
			names := []string{}
			for name := range args {
				names = append(names, name+": $"+name)
			}
			tried++
			return st.send(c.token("全权"), fmt.Sprintf("subscription(%s) { %s(%s) %s }", strings.Join(all, ", "), f.Name, strings.Join(names, ", "), s.selection(f.Type.Name(), 2)), args)
		}
		everything := input{}
		for _, a := range f.Arguments {
			if a.Type.NamedType == "Boolean" {
				everything[a.Name] = true
			}
		}
		own, _ := listen(s.victim, everything).event()
		cursor, _ := dig(own.Data, f.Name, "cursor").(string)
		for _, a := range f.Arguments {
			switch {
			case a.Type.Name() == "ID":
				for ids := range slices.Chunk(s.everything, 200) {
					h := listen(s.other, merged(input{a.Name: ids, "after": cursor}, everything))
					if e, _ := h.event(); e.Data == nil || s.leak(e.text) != "" {
						t.Errorf("%s(%s): %s in %s", f.Name, a.Name, s.leak(e.text), e.text)
					}
					h.hang()
				}
			case a.Type.Name() == "String":
				for _, text := range []string{s.victim.mark, s.victim.made["filed"], cursor} {
					h := listen(s.other, merged(input{a.Name: text}, everything))
					if e, _ := h.event(); s.leak(e.text) != "" {
						t.Errorf("%s(%s: %s): %s", f.Name, a.Name, text, e.text)
					}
					h.hang()
				}
			}
		}
	}
	if tried < 5 {
		t.Error(tried)
	}
}

// idMutations are those that take an id, the ones of sessions left out.
func (s *strangers) idMutations() (out []*ast.FieldDefinition) {
	for _, f := range s.schema.Mutation.Fields {
		if !slices.Contains(sessionMutations, f.Name) && len(s.paths(f, "ID")) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// mutations sends each mutation with one id in all its places: of every table
// one row, and of those that are acted on all rows.
func (s *strangers) mutations(t *testing.T) {
	var ids []string
	for table, list := range s.ids {
		if !slices.Contains([]string{"matters", "assignments", "memberships", "units", "grants"}, table) {
			list = list[:1]
		}
		ids = append(ids, list...)
	}
	tried := 0
	for _, f := range s.idMutations() {
		tried++
		of := func(id string) input {
			return s.arguments(f, maker{schema: s.schema, rest: func(path string, typ *ast.Type) any {
				if typ.NamedType == "ID" {
					return id
				}
				return word(path, typ)
			}})
		}
		none := uuid.NewString()
		q, vars := s.operation("mutation", f, 0, of(none))
		want, err := json.Marshal(s.other.ask("全权", q, vars).Data["a0"])
		must(t, err)
		if !strings.Contains(string(want), `"code"`) {
			t.Errorf("%s succeeds with an id that nothing has: %s", f.Name, want)
			continue
		}
		for chunk := range slices.Chunk(ids, 25) {
			args := make([]input, len(chunk))
			for i, id := range chunk {
				args[i] = of(id)
			}
			q, vars := s.operation("mutation", f, 0, args...)
			a := s.other.ask("全权", q, vars)
			for i, id := range chunk {
				got, err := json.Marshal(a.Data[fmt.Sprintf("a%d", i)])
				must(t, err)
				if with(string(got), id) != with(string(want), none) || len(a.Errors) > 0 {
					t.Errorf("%s with %s: %s, but for none %s", f.Name, id, got, want)
				}
			}
		}
	}
	if tried < 90 {
		t.Error(tried)
	}
}

var errUndo = errors.New("undone")

// undone runs fn in a transaction of the other committee that comes to nothing,
// so that a mutation which succeeds does not spoil the next try.
func (s *strangers) undone(t *testing.T, fn func(context.Context)) {
	t.Helper()
	err := s.db.Store.InTx(clock.With(context.Background(), s.clock), s.other.id, func(ctx context.Context) error {
		return tenants.Savepoint(ctx, func(ctx context.Context) error {
			fn(ctx)
			return errUndo
		})
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
}

// mixed sends each mutation that takes more than one id with the other's own
// rows in all places but one.
func (s *strangers) mixed(t *testing.T) {
	tried, reached := 0, map[string]bool{}
	for _, f := range s.idMutations() {
		paths := s.paths(f, "ID")
		if len(paths) < 2 {
			continue
		}
		for i, path := range paths {
			subjects := s.subjects(f.Name, paths[0])
			if i == 0 { // the subject itself is the other's
				subjects = subjects[:1]
			}
			for _, subject := range subjects {
				for _, id := range s.likely(s.victim, f.Name, path) {
					foreign, none := s.one(t, f, path, subject, id), uuid.NewString()
					unknown := s.one(t, f, path, subject, none)
					if with(foreign, id) != with(unknown, none) && !bothSucceed(foreign, unknown) {
						t.Errorf("%s(%s: %s of another, subject %s): %s, but for none %s", f.Name, path, id, subject, foreign, unknown)
					}
					if l := s.leak(foreign, id); l != "" {
						t.Errorf("%s(%s): %s in %s", f.Name, path, l, foreign)
					}
					if i > 0 && !strings.Contains(foreign, "NOT_ALLOWED") {
						reached[f.Name] = true // past the state and the right, at the id
					}
					tried++
				}
			}
		}
	}
	if tried < 300 || len(reached) < 24 || !reached["createPlatform"] || !reached["changePlatform"] || !reached["openMatter"] || !reached["moveMatters"] {
		t.Error(tried, slices.Sorted(maps.Keys(reached)))
	}
}

// one carries out a mutation on a subject with an id at a path, and undoes it.
func (s *strangers) one(t *testing.T, f *ast.FieldDefinition, path, subject, id string) (text string) {
	t.Helper()
	first := s.paths(f, "ID")[0]
	m := maker{schema: s.schema, target: path, value: id}
	m.rest = func(p string, typ *ast.Type) any {
		switch {
		case typ.NamedType != "ID":
			return word(p, typ)
		case p == first:
			return subject
		}
		return s.likely(s.other, f.Name, p)[0]
	}
	q, vars := s.operation("mutation", f, 0, s.arguments(f, m))
	token := s.other.token("全权")
	s.undone(t, func(ctx context.Context) { text = s.post(ctx, token, q, vars).text })
	return text
}

// bothSucceed: both were done, to the same effect: what is new has an id and a
// time of its own.
func bothSucceed(a, b string) bool {
	return strings.Contains(a, `"userErrors":[]`) && strings.Contains(b, `"userErrors":[]`)
}

// subjects are the other's own rows for the first id of a mutation.
func (s *strangers) subjects(field, path string) []string {
	if name := path[strings.LastIndex(path, ".")+1:]; name == "matterId" || name == "assignmentId" || name == "intoId" {
		return s.rows(s.other, map[string]string{"matterId": "matters", "assignmentId": "assignments", "intoId": "matters"}[name], 40)
	}
	return s.likely(s.other, field, path)
}

// likely are rows of a committee of the type that a field's path means by its
// name, or by the field's where that says nothing. A name that is not known
// here is tried with cases.
func (s *strangers) likely(c *committee, field, path string) []string {
	name, table := strings.ToLower(path[strings.LastIndex(path, ".")+1:]), "matters"
	if field = strings.ToLower(field); name == "id" || name == "parentid" {
		name += field
	}
	for part, t := range map[string]string{
		"unit": "units", "street": "units", "parent": "units", "organisation": "units", "membership": "memberships", "behalf": "memberships",
		"grant": "grants", "seat": "seats", "sitting": "sittings", "term": "terms", "feedback": "feedback", "item": "items", "party": "parties",
		"present": "parties", "absent": "parties", "record": "records", "assignment": "assignments", "event": "events",
	} {
		if strings.Contains(name, part) {
			table = t
		}
	}
	for _, t := range []string{"platform", "process", "notice"} { // whatever else the name says
		if strings.Contains(name, t) {
			table = map[string]string{"platform": "platforms", "process": "processes", "notice": "notices"}[t]
		}
	}
	return s.rows(c, table, 2)
}

func (s *strangers) rows(c *committee, table string, most int) []string {
	s.t.Helper()
	rows, err := s.super.Query(context.Background(), `SELECT id::text FROM `+table+` WHERE tenant_id = $1 ORDER BY id LIMIT $2`, c.id, most)
	must(s.t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(s.t, err)
	return list
}

// enter tries to choose the victim's memberships with one's own session.
func (s *strangers) enter(t *testing.T) {
	q := `mutation($i: ChooseTenantInput!) { chooseTenant(input: $i) { tokens { accessToken } userErrors { code message path } } }`
	a := s.post(context.Background(), "", `mutation($i: SignInInput!) { signIn(input: $i) { tokens { refreshToken } } }`,
		map[string]any{"i": input{"login": s.other.logins["全权"], "password": secret}})
	refresh := dig(a.Data, "signIn", "tokens", "refreshToken")
	want := s.post(context.Background(), "", q, map[string]any{"i": input{"refreshToken": refresh, "membershipId": uuid.NewString()}}).text
	if !strings.Contains(want, "NOT_ALLOWED") {
		t.Fatal(want)
	}
	for _, id := range s.ids["memberships"] {
		if got := s.post(context.Background(), "", q, map[string]any{"i": input{"refreshToken": refresh, "membershipId": id}}).text; got != want {
			t.Errorf("%s: %s, but for none %s", id, got, want)
		}
	}
}
