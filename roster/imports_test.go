package roster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/sheet"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// importing is a world with the imports of the roster, and what a committee has
// before anybody imports.
type importing struct {
	*world
	imports *imports.Service
}

func newImporting(t *testing.T) *importing {
	w := newWorld(t)
	w.term(14, 2022, 2027)
	i := &importing{w, imports.New(w.db.Store, w.dir, w.Imports()...)}
	i.imports.Wakes(func(uuid.UUID) {})
	return i
}

// table is a CSV of heads and lines.
func table(heads string, lines ...string) []byte {
	return []byte(heads + "\n" + strings.Join(lines, "\n") + "\n")
}

// upload brings a file and has it judged.
func (i *importing) upload(name string, body []byte) (*imports.Batch, map[int]imports.Row) {
	i.t.Helper()
	b := must(i.world, i.imports.Start, imports.Upload{Name: name, Body: body})
	i.run()
	return i.look(b.ID)
}

func (i *importing) run() {
	i.t.Helper()
	if _, err := i.imports.Run(i.ctx, i.city); err != nil {
		i.t.Fatal(err)
	}
}

// look is a batch with its lines by their number in the file.
func (i *importing) look(id uuid.UUID) (b *imports.Batch, out map[int]imports.Row) {
	i.t.Helper()
	out = map[int]imports.Row{}
	i.do(func(ctx context.Context) error {
		var rows []imports.Row
		var err error
		b, rows, err = i.imports.Rows(ctx, imports.Wanted{BatchID: id, Limit: 100_000})
		for _, r := range rows {
			out[r.Line] = r
		}
		return err
	})
	return b, out
}

func (i *importing) carry(id uuid.UUID, onlyValid bool) (*imports.Batch, map[int]imports.Row) {
	i.t.Helper()
	must(i.world, i.imports.CarryOut, imports.Carrying{BatchID: id, OnlyValid: onlyValid})
	i.run()
	return i.look(id)
}

func (i *importing) undo(id uuid.UUID) (*imports.Batch, map[int]imports.Row) {
	i.t.Helper()
	must(i.world, i.imports.UndoBatch, id)
	i.run()
	return i.look(id)
}

// dump is every row of the roster and of accounts, with what is found of them.
func (i *importing) dump() string {
	i.t.Helper()
	var out strings.Builder
	for _, t := range []string{"memberships", "units", "seats", "grants", "accounts", "account_memberships", "account_invitations", "search_parts", "notices", "requests_by_two"} {
		var text string
		i.db.AsSuper(i.t, `SELECT coalesce(string_agg((to_jsonb(x) - 'version' - 'updated_at' - 'no' - 'part')::text, E'\n' ORDER BY (to_jsonb(x) - 'version' - 'updated_at' - 'no' - 'part')::text), '') FROM `+t+` x`, nil, &text)
		fmt.Fprintf(&out, "%s\n%s\n", t, text)
	}
	return out.String()
}

func verdicts(t *testing.T, rows map[int]imports.Row, want map[int]string) {
	t.Helper()
	for line, v := range want {
		if rows[line].Verdict != v {
			t.Errorf("line %d is %s, want %s: %+v", line, rows[line].Verdict, v, rows[line].Problems)
		}
	}
}

func says(t *testing.T, r imports.Row, column, part string) {
	t.Helper()
	for _, p := range r.Problems {
		if p.Column == column && strings.Contains(p.Message, part) && p.Code != "" {
			return
		}
	}
	t.Errorf("line %d says nothing of %q at %q: %+v", r.Line, part, column, r.Problems)
}

func TestImportJudges(t *testing.T) {
	i := newImporting(t)
	i.unitOf(unit.KindSECTOR, "教育界", nil)
	i.unitOf(unit.KindSECTOR, "经济界", nil)
	i.unitOf(unit.KindCOMMITTEE, "学习委", nil)
	was := must(i.world, i.AddMember, NewMember{Person: Person{Name: "委员甲", Phone: "13000000001", Post: "校长"}, Kind: membership.KindMEMBER, Term: &i.terms()[0], MemberNo: "001"})
	before := i.dump()
	b, rows := i.upload("名单.csv", table("证号,手机,姓名,任职时间,界别,专门委员会,职务,备注",
		"001,13000000001,委员甲,,教育界,,校长,",             // 2 changed: a seat
		"002,13000000002,委员乙,2024/3/1,经济界,学习委,医生,x", // 3 new
		",13000000009,委员甲,,,,,",                     // 4 doubtful: another telephone
		"003,1300,委员丙,,,,,",                         // 5 wrong: telephone
		"004,13000000004,委员丁,2024-02-30,,,,",        // 6 wrong: no day
		"002,13000000006,委员戊,,,,,",                  // 7 wrong: the number twice
		"005,13000000005,委员己,,科技界,,,",               // 8 wrong: no such unit
		",,,,教育界,,,",                                // 9 wrong: no name
		"001,13000000001,委员甲,,,,校长,",                // 10 twice
		",,庚,,,,,",                                  // 11 new
		",,庚,,,,,",                                  // 12 doubtful: a namesake in the file
	))
	t.Run("Each line is new, changed, unchanged, doubtful or wrong, with column, code and a sentence", func(t *testing.T) {
		if b.State != imports.Checked || b.Total != 11 {
			t.Fatalf("%+v", b)
		}
		verdicts(t, rows, map[int]string{2: "CHANGED", 3: "NEW", 4: "DOUBTFUL", 5: "WRONG", 6: "WRONG", 7: "WRONG", 8: "WRONG", 9: "WRONG", 10: "WRONG", 11: "NEW", 12: "DOUBTFUL"})
		says(t, rows[4], "name", "联系电话不同")
		says(t, rows[5], "phone", "5 至 20 位")
		says(t, rows[6], "from", "不是日期")
		says(t, rows[7], "memberNo", "与第 3 行重复")
		says(t, rows[8], "sector", "科技界")
		says(t, rows[9], "name", "请填写姓名")
		says(t, rows[12], "name", "同名")
	})
	t.Run("A column that nobody knows is named and left out", func(t *testing.T) {
		if len(b.LeftOut) != 1 || !strings.Contains(b.LeftOut[0], "备注") {
			t.Error(b.LeftOut)
		}
	})
	t.Run("Nothing of the roster changes by an upload", func(t *testing.T) {
		if got := i.dump(); got != before {
			t.Errorf("changed:\n%s", got)
		}
	})
	t.Run("All is carried out only where nothing is wrong or doubtful", func(t *testing.T) {
		_, err := try(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
		refused(t, err, errs.NotAllowedInState, "rows")
	})
	t.Run("A doubtful line is done when somebody has said what is meant", func(t *testing.T) {
		must(i.world, i.imports.Decide, imports.Decision{BatchID: b.ID, Rows: []int{rows[4].No}, As: "SAME"})
		must(i.world, i.imports.Decide, imports.Decision{BatchID: b.ID, Rows: []int{rows[12].No}, As: "NEW"})
		i.run()
		_, rows = i.look(b.ID)
		verdicts(t, rows, map[int]string{4: "CHANGED", 12: "NEW"})
		if d := rows[4].Changes; len(d) != 1 || d[0] != (imports.Diff{Column: "phone", Before: "13000000001", After: "13000000009"}) {
			t.Errorf("%+v", d)
		}
	})
	t.Run("What the preview says, carrying out does; a blank cell leaves what is there", func(t *testing.T) {
		b, rows = i.carry(b.ID, true)
		if b.State != imports.Finished || rows[3].State != "DONE" || rows[5].State != "WAITING" {
			t.Fatalf("%+v %+v", b, rows[3])
		}
		var m *gen.Membership
		i.do(func(ctx context.Context) (err error) {
			m, err = i.client.Membership.Get(authz.System(ctx), was.ID)
			return err
		})
		if m.Phone != "13000000009" || m.Post != "校长" || m.MemberNo != "001" {
			t.Errorf("%+v", m)
		}
	})
	t.Run("Undone, it has left no trace in the roster; the book keeps it", func(t *testing.T) {
		b, rows = i.undo(b.ID)
		if b.State != imports.Undone {
			t.Fatal(b.State)
		}
		for _, r := range rows {
			if r.State == "KEPT" {
				t.Errorf("line %d stays: %s", r.Line, r.Message)
			}
		}
		if got := i.dump(); got != before {
			t.Errorf("a trace is left:\n%s\nwas\n%s", got, before)
		}
		report, err := audit.Verify(i.ctx, i.db.Store, i.city)
		if err != nil || !report.OK {
			t.Errorf("%+v %v", report, err)
		}
		var n int
		i.db.AsSuper(t, `SELECT count(*) FROM audit_log WHERE action IN ('carryOutImport', 'undoImport')`, nil, &n)
		if n != 2 {
			t.Errorf("%d records", n)
		}
	})
}

func TestImportUndoRefuses(t *testing.T) {
	i := newImporting(t)
	b, rows := i.upload("名单.csv", table("姓名,联系电话,登录名", "委员甲,13000000001,", "委员乙,13000000002,", "委员丙,13000000003,bing", "委员丁,13000000004,ding"))
	verdicts(t, rows, map[int]string{2: "NEW", 3: "NEW", 4: "NEW", 5: "NEW"})
	_, rows = i.carry(b.ID, false)
	u := i.unitOf(unit.KindSECTOR, "教育界", nil)
	must(i.world, i.Seat, NewSeat{Membership: *rows[2].Subject, Unit: u.ID, Post: "MEMBER"})
	must(i.world, i.UpdateMember, MemberChange{Membership: *rows[3].Subject, Post: ptr("院长")})
	i.ready("bing")
	b, rows = i.undo(b.ID)
	t.Run("A line on which something has been built since, or that has been changed since, stays, and says by whom and what", func(t *testing.T) {
		for line, part := range map[int]string{2: "席位", 3: "修改过", 4: "启用账号"} {
			if r := rows[line]; r.State != "KEPT" || !strings.Contains(r.Message, part) {
				t.Errorf("line %d: %s %s", line, r.State, r.Message)
			}
		}
		if rows[5].State != "UNDONE" || b.State != imports.Undone {
			t.Errorf("%+v", rows[5])
		}
	})
	t.Run("what was built is taken away, and the line goes too", func(t *testing.T) {
		i.db.AsSuper(t, `DELETE FROM seats RETURNING 1`, nil, new(int))
		_, rows = i.undo(b.ID)
		if rows[2].State != "UNDONE" || rows[3].State != "KEPT" {
			t.Errorf("%+v", rows[2])
		}
	})
}

func TestImportActsAsWhoOrderedIt(t *testing.T) {
	i := newImporting(t)
	b, _ := i.upload("名单.csv", table("姓名", "委员甲"))
	must(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
	i.db.AsSuper(t, `WITH c AS MATERIALIZED (SELECT set_config('app.tenant', $1, true) x) UPDATE grants SET revoked_at = now() FROM c WHERE x IS NOT NULL RETURNING 1`,
		[]any{i.city.String()}, new(int))
	i.run()
	t.Run("whose right is gone, for him nothing is done", func(t *testing.T) {
		var state string
		var n int
		i.db.AsSuper(t, `SELECT state FROM import_batches`, nil, &state)
		i.db.AsSuper(t, `SELECT count(*) FROM memberships WHERE name = '委员甲'`, nil, &n)
		if state != "STOPPED" || n != 0 {
			t.Error(state, n)
		}
	})
}

func TestExportIsImported(t *testing.T) {
	i := newImporting(t)
	top := i.unitOf(unit.KindHANDLING_UNIT, "市教育局", nil)
	i.unitOf(unit.KindHANDLING_UNIT, "学前处", &top.ID)
	other := i.unitOf(unit.KindHANDLING_UNIT, "市卫健委", nil)
	i.unitOf(unit.KindHANDLING_UNIT, "学前处", &other.ID) // the same name elsewhere
	home := i.unitOf(unit.KindVENUE_HOME, "委员之家", nil)
	sector := i.unitOf(unit.KindSECTOR, "教育界", nil)
	com := i.unitOf(unit.KindCOMMITTEE, "学习委", nil)
	m := must(i.world, i.AddMember, NewMember{Person: Person{Name: "委员甲", Phone: "13000000001", Post: "校长", PoliticalParty: "某党"}, Kind: membership.KindMEMBER,
		Term: &i.terms()[0], MemberNo: "=001", From: on(2024, 1, 2), Unranked: true})
	for _, s := range []NewSeat{
		{Unit: sector.ID, Post: "MEMBER", From: on(2024, 1, 2)}, {Unit: com.ID, Post: "SECONDARY", From: on(2025, 1, 2), To: on(2026, 12, 31)},
		{Unit: home.ID, Post: "STATION_HEAD"}, {Unit: other.ID, Post: "SUPERVISOR", Initiator: "政协委派", Certificate: "聘1"},
	} {
		s.Membership = m.ID
		must(i.world, i.Seat, s)
	}
	must(i.world, i.AddMember, NewMember{Person: Person{Name: "干部乙"}, Kind: membership.KindSTAFF, Proposed: true})
	first := i.export()
	t.Run("into the same committee it changes nothing", func(t *testing.T) {
		_, rows := i.upload("导出.xlsx", first)
		for _, r := range rows {
			if r.Verdict != "UNCHANGED" {
				t.Errorf("%s %d: %s %+v %+v", r.Sheet, r.Line, r.Verdict, r.Problems, r.Changes)
			}
		}
	})
	t.Run("into an empty one it gives the same export, though people sit in units of the same file", func(t *testing.T) {
		w := *i.world
		w.t, w.city = t, tenantstest.Tenant(t, i.db, "210300", "另一市政协", "CITY")
		w.admin = w.bootstrap(w.city, "admin-other")
		i := &importing{&w, i.imports}
		w.term(14, 2022, 2027)
		b := must(i.world, i.imports.Start, imports.Upload{Name: "导出.xlsx", Body: first})
		i.run()
		i.carry(b.ID, false)
		a, err := sheet.Read("a.xlsx", first)
		if err != nil {
			t.Fatal(err)
		}
		c, err := sheet.Read("a.xlsx", i.export())
		if err != nil || fmt.Sprint(a) != fmt.Sprint(c) {
			t.Errorf("%v\n%v\n%v", err, a, c)
		}
	})
	t.Run("a template is a file that says nothing yet", func(t *testing.T) {
		var out bytes.Buffer
		if err := i.imports.Template(&out, ""); err != nil {
			t.Fatal(err)
		}
		_, err := try(i.world, i.imports.Start, imports.Upload{Name: "模板.xlsx", Body: out.Bytes()})
		refused(t, err, errs.Invalid, "")
	})
}

// export is the roster as a workbook.
func (i *importing) export() []byte {
	i.t.Helper()
	var out bytes.Buffer
	i.do(func(ctx context.Context) error {
		_, err := i.imports.Export(ctx, &out)
		return err
	})
	return out.Bytes()
}

// terms are the ids of the committee's terms.
func (w *world) terms() []uuid.UUID {
	w.t.Helper()
	var out []uuid.UUID
	w.do(func(ctx context.Context) (err error) {
		out, err = w.client.Term.Query().IDs(ctx)
		return err
	})
	return out
}

// importLines is how many lines the large import has: five thousand took 18 s to
// judge, 50 s to carry out and 11 s to undo on a busy machine of two cores (docs/performance.md).
var importLines = func() int {
	if s := os.Getenv("BIHUAN_IMPORT_LINES"); s != "" {
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
	}
	return 400
}()

func TestLargeImport(t *testing.T) {
	i := newImporting(t)
	for n := range 30 {
		i.unitOf(unit.KindSECTOR, fmt.Sprintf("第%d界", n), nil)
	}
	before := i.dump()
	lines := make([]string, importLines)
	for n := range lines {
		lines[n] = fmt.Sprintf("委员%d,%05d,1300%07d,第%d界,单位%d主任", n, n, n, n%30, n)
	}
	const heads = "姓名,委员证号,联系电话,界别,职务"
	bad := importLines / 2
	good := lines[bad]
	lines[bad] = strings.Replace(good, fmt.Sprintf("第%d界", bad%30), "没有界", 1)
	at := time.Now()
	took := func(what string) {
		t.Logf("%s %d lines: %.1f s", what, importLines, time.Since(at).Seconds())
		at = time.Now()
	}
	b, rows := i.upload("名单.csv", table(heads, lines...))
	took("judging")
	t.Run("one bad cell is the one bad line", func(t *testing.T) {
		for _, r := range rows {
			if want := map[bool]string{true: "WRONG", false: "NEW"}[r.Line == bad+2]; r.Verdict != want {
				t.Fatalf("line %d is %s: %+v", r.Line, r.Verdict, r.Problems)
			}
		}
		says(t, rows[bad+2], "sector", "没有界")
		_, err := try(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
		refused(t, err, errs.NotAllowedInState, "rows")
	})
	t.Run("the workbook comes back with the wrong cell marked, and is uploaded corrected", func(t *testing.T) {
		var out bytes.Buffer
		i.do(func(ctx context.Context) error {
			_, err := i.imports.Marked(ctx, b.ID, &out)
			return err
		})
		f, err := excelize.OpenReader(&out)
		if err != nil {
			t.Fatal(err)
		}
		notes, err := f.GetComments("人员")
		cell := fmt.Sprintf("D%d", bad+2)
		if err != nil || !slices.ContainsFunc(notes, func(c excelize.Comment) bool {
			return c.Cell == cell && strings.Contains(fmt.Sprint(c.Paragraph), "没有界")
		}) {
			t.Fatal(err, notes)
		}
		if err := f.SetCellValue("人员", cell, fmt.Sprintf("第%d界", bad%30)); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		if err := f.Write(&out); err != nil {
			t.Fatal(err)
		}
		at = time.Now()
		b, _ = i.upload("名单-改.xlsx", out.Bytes())
		took("judging again")
		_, rows = i.carry(b.ID, false)
		took("carrying out")
		for _, r := range rows {
			if r.State != "DONE" {
				t.Fatalf("line %d: %s %s", r.Line, r.State, r.Message)
			}
		}
		var n int
		i.db.AsSuper(t, `SELECT count(*) FROM seats`, nil, &n)
		if n != importLines {
			t.Errorf("%d seats", n)
		}
	})
	t.Run("undone without a trace", func(t *testing.T) {
		at = time.Now()
		_, rows = i.undo(b.ID)
		took("undoing")
		for _, r := range rows {
			if r.State != "UNDONE" {
				t.Fatalf("line %d: %s %s", r.Line, r.State, r.Message)
			}
		}
		if i.dump() != before {
			t.Error("a trace is left")
		}
		report, err := audit.Verify(i.ctx, i.db.Store, i.city)
		if err != nil || !report.OK {
			t.Errorf("%+v %v", report, err)
		}
	})
}

func TestImportGoesOnWhereItDied(t *testing.T) {
	i := newImporting(t)
	lines := make([]string, 130)
	for n := range lines {
		lines[n] = fmt.Sprintf("委员%d,%d", n, n)
	}
	b, _ := i.upload("名单.csv", table("姓名,委员证号", lines...))
	must(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
	var n int
	for tries := 0; ; tries++ { // each time the connection is lost at another statement
		ctx, cancel := context.WithCancel(i.ctx)
		stop := time.AfterFunc(time.Duration(3+7*tries)*time.Millisecond, cancel)
		_, err := i.imports.Run(ctx, i.city)
		stop.Stop()
		cancel()
		if err == nil {
			break
		}
	}
	i.db.AsSuper(t, `SELECT count(*) FROM memberships WHERE kind = 'MEMBER'`, nil, &n)
	if n != len(lines) {
		t.Errorf("%d of %d people", n, len(lines))
	}
	t.Run("two at once do nothing twice", func(t *testing.T) {
		b, _ := i.upload("名单.csv", table("姓名,委员证号", "委员子,900", "委员丑,901", "委员寅,902"))
		must(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
		ends := make(chan error)
		for range 4 {
			go func() {
				_, err := i.imports.Run(i.ctx, i.city)
				ends <- err
			}()
		}
		for range 4 {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
		i.db.AsSuper(t, `SELECT count(*) FROM memberships WHERE member_no IN ('900', '901', '902')`, nil, &n)
		if n != 3 {
			t.Errorf("%d", n)
		}
	})
}
