package search_test

import (
	"fmt"
	"unicode"

	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/text/corpus"
	"github.com/bihuan/bihuan/search"
	"github.com/bihuan/bihuan/tenants"
)

// index is all of a committee's index, by what it says and not by its numbers.
func index(w *world) (lines []string) {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		var err error
		lines, err = tenants.Collect(ctx, pgx.RowTo[string], `
			SELECT concat_ws('|', p.source, p.part_id, p.field, p.matter_id, p.weight, p.brief, p.shown, p.body, p.words) FROM search_parts p
			UNION ALL SELECT 'not in its sign: ' || p.body FROM search_parts p LEFT JOIN search_signs s USING (matter_id)
			WHERE p.matter_id IS NOT NULL AND (s.sign & search_sign(search_marks_of(p.body, p.words)) = search_sign(search_marks_of(p.body, p.words))) IS NOT TRUE
			UNION ALL SELECT 'nobody''s: ' || matter_id FROM search_signs s WHERE NOT EXISTS (SELECT FROM search_parts p WHERE p.matter_id = s.matter_id) ORDER BY 1`)
		if err != nil {
			w.t.Fatal(err)
		}
	})
	return lines
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			at := func(list []string) string {
				if i < len(list) {
					return list[i]
				}
				return "nothing"
			}
			t.Fatalf("%s: %d and %d rows; first %s\n and %s", what, len(got), len(want), at(got), at(want))
		}
	}
}

func TestTheIndexIsWhatItWouldBeMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(rand.New(rand.NewPCG(1, 2)), 40)
	w.system(func(ctx context.Context) { // corrections, and what vanishes
		for i, m := range w.c.Matter.Query().AllX(ctx) {
			if i%3 == 0 {
				w.c.Matter.UpdateOne(m).SetTitle(m.Title + "（修改）").SetData(map[string]any{"n": "改过 " + m.Title}).ExecX(ctx)
			}
		}
		w.c.Item.Update().SetText("改为电梯加装").ExecX(ctx)
		w.c.Reply.Update().SetBody("").ExecX(ctx)
		w.c.Proposal.Update().SetSuggestions(nil).ExecX(ctx)
		w.c.Party.Update().SetOrganisation("某某街道").ExecX(ctx)
	})
	before := index(w)
	if len(before) < 500 {
		t.Fatalf("%d rows: the test shows nothing", len(before))
	}
	t.Run("what the triggers wrote is what is made anew", func(t *testing.T) {
		if n, err := search.Again(w.ctx(), w.store, w.tenant); err != nil || n != 40 {
			t.Fatal(n, err)
		}
		same(t, "made anew", index(w), before)
	})
	t.Run("nothing is missing, and filling again does nothing", func(t *testing.T) {
		if n, err := search.Fill(w.ctx(), w.store, w.tenant); err != nil || n != 0 {
			t.Error(n, err)
		}
		w.system(func(ctx context.Context) {
			if due, err := search.HasDue(ctx); due || err != nil {
				t.Error(due, err)
			}
		})
		same(t, "filled again", index(w), before)
	})
	t.Run("stopped anywhere it goes on with the rest", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			for _, sql := range []string{`DELETE FROM search_signs`, `DELETE FROM search_parts`} {
				if _, err := tenants.Exec(ctx, sql); err != nil {
					t.Fatal(err)
				}
			}
		})
		w.system(func(ctx context.Context) { // what is written before it is filled
			if due, err := search.HasDue(ctx); !due || err != nil {
				t.Error(due, err)
			}
			ms := w.c.Matter.Query().Order(matter.ByID()).AllX(ctx)
			for _, title := range []string{"关于别的", ms[7].Title} {
				w.c.Matter.UpdateOneID(ms[7].ID).SetTitle(title).ExecX(ctx) // fills all of it
			}
			w.c.Item.Update().SetText("改为电梯加装").ExecX(ctx)
		})
		for stop := 0; ; stop++ {
			ctx, cancel := context.WithCancel(w.ctx())
			if stop < 6 {
				go func() { <-w.after(stop); cancel() }()
			}
			_, err := search.Fill(ctx, w.store, w.tenant)
			cancel()
			due := true // also what the one that was stopped still had locked
			w.system(func(ctx context.Context) {
				var bad error
				if due, bad = search.HasDue(ctx); bad != nil {
					t.Fatal(bad)
				}
			})
			if err == nil && !due {
				break
			}
		}
		same(t, "filled after several stops", index(w), before)
	})
	t.Run("a row that is deleted leaves nothing", func(t *testing.T) {
		var m *gen.Matter
		w.system(func(ctx context.Context) { m = w.c.Matter.Query().FirstX(ctx) })
		w.db.AsSuper(t, `WITH a AS (DELETE FROM records WHERE matter_id = $1) SELECT 1`, []any{m.ID}, new(int))
		for _, line := range index(w) {
			if strings.HasPrefix(line, "RECORD|") && strings.Contains(line, m.ID.String()) || strings.HasPrefix(line, "nobody's") {
				t.Fatal(line)
			}
		}
	})
}

// What PostgreSQL searches in is what the program searches for.
func TestTextsAreFoldedInTheDatabaseAsInTheProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var given []string
	for _, c := range corpus.Texts {
		if s := strings.ToValidUTF8(c.Text, ""); !strings.ContainsRune(s, 0) {
			given = append(given, s)
		}
	}
	for r := rune(1); r < 0x30000; r++ {
		if r >= 0xD800 && r <= 0xDFFF || r >= 0x1E030 && r <= 0x1E08F || r > 0x3400 && r < 0xF900 && r%61 != 0 || r > 0x3134F {
			continue
		}
		if r < 0x300 || r >= 0x2000 && r < 0x3200 || r >= 0xFE00 && r < 0x10000 || r%13 == 0 && r < 0x500 {
			given = append(given, "停"+string(r)+"车", "a"+string(r)+"1 停 "+string(r)+" 车")
		}
	}
	w.system(func(ctx context.Context) {
		type row struct{ S, Folded string }
		rows, err := tenants.Rows[row](ctx, `SELECT s, search_fold(s) FROM unnest($1::text[]) s`, given)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if got := search.Fold(r.S); got != r.Folded {
				t.Errorf("%+q is %+q in the database, %+q in the program", r.S, r.Folded, got)
			}
		}
	})
}

func TestTheInitialsAreThoseOfTheReadings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain := strings.NewReplacer("ā", "a", "á", "a", "ǎ", "a", "à", "a", "ē", "e", "é", "e", "ě", "e", "è", "e", "ế", "e", "ề", "e", "ê", "e",
		"ō", "o", "ó", "o", "ǒ", "o", "ò", "o", "ń", "n", "ň", "n", "ǹ", "n", "ḿ", "m")
	w.system(func(ctx context.Context) {
		type row struct{ Han, Initials, Syllable string }
		rows, err := tenants.Rows[row](ctx, `SELECT han, initials, syllable FROM pinyin`)
		if err != nil || len(rows) < 20000 {
			t.Fatal(len(rows), err)
		}
		for _, r := range rows {
			want := ""
			for _, reading := range strings.Split(pinyin.PinyinDict[int([]rune(r.Han)[0])], ",") {
				first := plain.Replace(string([]rune(reading)[0]))
				if len(want) < 2 && !strings.Contains(want, first) {
					want += first
				}
			}
			usual, _, _ := strings.Cut(pinyin.PinyinDict[int([]rune(r.Han)[0])], ",")
			if got := syllable(usual); got != r.Syllable {
				t.Errorf("%s: %q, want %q", r.Han, r.Syllable, got)
			}
			if r.Initials != want {
				t.Errorf("%s: %q, want %q", r.Han, r.Initials, want)
			}
		}
	})
}

// syllable writes a reading without its mark: lǐ as li3, a light tone as 5.
func syllable(reading string) string {
	tone, letters := 5, ""
	for _, r := range norm.NFD.String(strings.NewReplacer("ü", "v", "ǖ", "v̄", "ǘ", "v́", "ǚ", "v̌", "ǜ", "v̀").Replace(reading)) {
		if i := strings.IndexRune("\u0304\u0301\u030c\u0300", r); i >= 0 {
			tone = i/2 + 1
		} else if r < unicode.MaxASCII {
			letters += string(r)
		}
	}
	return fmt.Sprint(letters, tone)
}

// The committee's signs are read by their index alone, and of the texts only those
// of matters whose sign has the bits.
func TestSignsAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(rand.New(rand.NewPCG(3, 4)), 30)
	for _, query := range []string{"电梯", "加装电梯", "lxq", "017"} {
		w.as("干事", func(ctx context.Context) {
			if _, err := tenants.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil { // the table is small
				t.Fatal(err)
			}
			q, err := search.Parse(query, nil)
			if err != nil {
				t.Fatal(err)
			}
			text, args := q.Statement(ctx)
			plan, err := tenants.Collect(ctx, pgx.RowTo[string], "EXPLAIN "+text, args...)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(plan, "\n")
			for _, table := range []string{"search_signs", "search_parts"} {
				if strings.Contains(all, "Seq Scan on "+table) {
					t.Errorf("%s reads %s whole:\n%s", query, table, all)
				}
			}
			if !strings.Contains(all, "search_signs_pkey") {
				t.Errorf("%s does not read the signs by their index:\n%s", query, all)
			}
		})
	}
}
