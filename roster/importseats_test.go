package roster

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSeatsChangeByImport(t *testing.T) {
	i := newImporting(t)
	education, economy, study := i.unitOf(unit.KindSECTOR, "教育界", nil), i.unitOf(unit.KindSECTOR, "经济界", nil), i.unitOf(unit.KindCOMMITTEE, "学习委", nil)
	for no, name := range map[string]string{"001": "委员甲", "002": "委员乙", "003": "委员丙"} {
		m := must(i.world, i.AddMember, NewMember{Person: Person{Name: name}, Kind: membership.KindMEMBER, Term: &i.terms()[0], MemberNo: no})
		must(i.world, i.Seat, NewSeat{Membership: m.ID, Unit: education.ID, Post: seat.PostMEMBER, From: &[]time.Time{clock.Date(2022, 1, 1)}[0]})
		must(i.world, i.Seat, NewSeat{Membership: m.ID, Unit: study.ID, Post: seat.PostMEMBER, From: &[]time.Time{clock.Date(2022, 1, 1)}[0]})
	}
	_ = economy
	before, on := i.dump(), i.today().AddDate(0, 0, 10).Format(time.DateOnly)
	b, rows := i.upload("调整.csv", table("姓名,证号,现界别,原界别,调整日期,终止日期",
		"委员甲,001,经济界,教育界,"+on+",", // 2 another 界别
		"委员乙,,学习委,,,"+on,          // 3 an end
		"委员丙,003,经济界,,,",          // 4 wrong: he sits in 教育界
		"委员丁,,经济界,,,",             // 5 wrong: nobody
		"委员丙,003,经济界,学习委,,",       // 6 wrong: he would sit in two 界别
		"委员丙,003,没有的界,,,",         // 7 wrong
	))
	t.Run("what becomes of seats is changed or wrong, with the column", func(t *testing.T) {
		verdicts(t, rows, map[int]string{2: "CHANGED", 3: "CHANGED", 4: "WRONG", 5: "WRONG", 6: "WRONG", 7: "WRONG"})
		says(t, rows[4], "unit", "已属于“教育界”")
		says(t, rows[5], "name", "没有这个人")
		says(t, rows[7], "unit", "没有的界")
		if i.dump() != before {
			t.Error("judging has changed something")
		}
	})
	t.Run("carried out, the old 界别 ends the day before and the new one begins", func(t *testing.T) {
		_, rows = i.carry(b.ID, true)
		got := map[string]string{}
		i.do(func(ctx context.Context) error {
			list, err := i.client.Seat.Query().WithUnit().WithMembership().All(authz.System(ctx))
			for _, o := range list {
				got[o.Edges.Membership.Name+o.Edges.Unit.Name] = imports.ISO(o.SeatFrom) + "…" + imports.ISO(o.SeatTo)
			}
			return err
		})
		eve := i.today().AddDate(0, 0, 9).Format(time.DateOnly)
		for who, want := range map[string]string{"委员甲教育界": "2022-01-01…" + eve, "委员甲经济界": on + "…", "委员乙学习委": "2022-01-01…" + on, "委员丙教育界": "2022-01-01…"} {
			if got[who] != want {
				t.Errorf("%s %s, want %s", who, got[who], want)
			}
		}
	})
	t.Run("the same file again changes nothing", func(t *testing.T) {
		_, again := i.upload("调整.csv", table("姓名,证号,现界别,原界别,调整日期,终止日期", "委员甲,001,经济界,教育界,"+on+",", "委员乙,,学习委,,,"+on))
		verdicts(t, again, map[int]string{2: "UNCHANGED", 3: "UNCHANGED"})
	})
	t.Run("undone, every seat lasts as it did", func(t *testing.T) {
		if b, rows = i.undo(b.ID); b.State != imports.Undone || i.dump() != before {
			t.Errorf("%s %+v", b.State, rows[2])
		}
	})
}

// A new term is a column of people: who goes on gets it, all at once.
func TestANewTermForManyByImport(t *testing.T) {
	i := newImporting(t)
	for _, name := range []string{"委员甲", "委员乙", "委员丙"} {
		must(i.world, i.AddMember, NewMember{Person: Person{Name: name, Phone: "1300000000" + map[string]string{"委员甲": "1", "委员乙": "2", "委员丙": "3"}[name]}, Kind: membership.KindMEMBER, Term: &i.terms()[0], MemberNo: "旧" + name})
	}
	i.term(15, 2028, 2033)
	before := i.dump()
	b, rows := i.upload("换届.csv", table("姓名,手机,届次,证号", "委员甲,13000000001,第十五届,101", "委员乙,13000000002,15,102", "委员新,13000000009,15,103"))
	verdicts(t, rows, map[int]string{2: "CHANGED", 3: "CHANGED", 4: "NEW"})
	if b, _ = i.carry(b.ID, false); b.State != imports.Finished {
		t.Fatal(b.State, b.Message)
	}
	var n int
	i.db.AsSuper(t, `SELECT count(*) FROM memberships m JOIN terms t ON t.id = m.term_id WHERE t.ordinal = 15`, nil, &n)
	if n != 3 {
		t.Errorf("%d are of the new term", n)
	}
	if b, _ = i.undo(b.ID); b.State != imports.Undone || i.dump() != before {
		t.Error("undoing has left something:", b.State)
	}
}

func TestImportsAreForgotten(t *testing.T) {
	i := newImporting(t)
	b, _ := i.upload("名单.csv", table("姓名,手机", "委员甲,13000000001", "委员乙,1300"))
	b, _ = i.carry(b.ID, true)
	holds := func() string {
		var text string
		i.db.AsSuper(t, `SELECT string_agg(to_jsonb(r)::text, '') FROM import_rows r`, nil, &text)
		return text
	}
	forget := func(keep time.Duration) int {
		n, err := i.imports.Forget(i.ctx, i.city, keep)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := forget(24 * time.Hour); n != 0 || !strings.Contains(holds(), "13000000001") {
		t.Errorf("%d batches were forgotten too early", n)
	}
	if n := forget(-time.Hour); n != 1 {
		t.Errorf("%d batches are forgotten", n)
	}
	for _, not := range []string{"13000000001", "1300", "委员乙"} {
		if strings.Contains(holds(), not) {
			t.Errorf("%s is still there", not)
		}
	}
	_, err := try(i.world, i.imports.UndoBatch, b.ID)
	refused(t, err, errs.NotAllowedInState, "batchId")
	_, err = try(i.world, i.imports.CarryOut, imports.Carrying{BatchID: b.ID})
	refused(t, err, errs.NotAllowedInState, "batchId")
	if b, rows := i.look(b.ID); b.Total != 2 || rows[2].Verdict != "NEW" || rows[3].Verdict != "WRONG" || rows[3].Problems[0].Code == "" {
		t.Errorf("counts and verdicts are gone: %+v", rows)
	}
	i.do(func(ctx context.Context) error {
		_, err := i.imports.Marked(ctx, b.ID, &bytes.Buffer{})
		return err
	})
	if n := forget(-time.Hour); n != 0 {
		t.Error("forgotten twice")
	}
}
