package oversight_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/dbtest"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/tenants"
)

func TestFiguresGoToTheCity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("a new district has a standing agreement with its city; entered again, it has no second", func(t *testing.T, w *world) {
		w.OK(w.Oversight.Stand(w.Ctx(), w.district.Tenant))
		if n := w.count(`SELECT count(*) FROM agreements`); n != 2 {
			t.Errorf("%d halves", n)
		}
		d := w.sees("received")
		says(t, d, "-")
		if d.Freshness != oversight.Never || !d.Shares {
			t.Errorf("%+v", d)
		}
	})
	w.run("all figures leave it, and the city knows as of when", func(t *testing.T, w *world) {
		w.receives("FILED")
		if w.tell() == 0 {
			t.Error("nothing was told")
		}
		d := w.sees("received", "filed", "filing_rate", "reply_rate", "on_time_rate")
		says(t, d, "1", "1", "100.0%", "无基数", "无基数")
		if d.AsOf == nil || !d.AsOf.Equal(clock.Date(2025, 3, 3)) || d.Freshness != oversight.Fresh || d.ScopeName != "第14届4次会议" || !d.Values[0].Same {
			t.Errorf("%+v", d)
		}
	})
	w.run("what has not changed is not told again", func(t *testing.T, w *world) {
		w.later()
		if n := w.tell(); n != 0 { // the book has grown by the telling itself
			t.Errorf("%d letters", n)
		}
		if due := w.due(); due {
			t.Error("it would go on for ever")
		}
	})
	w.run("a change is told, by itself, once some seconds have passed", func(t *testing.T, w *world) {
		w.later()
		w.receives("NOT_FILED")
		if !w.due() {
			t.Error("nothing is due")
		}
		if n := w.tell(); n != 1 {
			t.Errorf("%d letters", n)
		}
		says(t, w.sees("received", "filed", "filing_rate"), "2", "1", "50.0%")
		w.receives("NOT_FILED")
		if w.due() {
			t.Error("fifty changes would be counted fifty times")
		}
		w.later()
		w.tell()
		says(t, w.sees("received", "filed", "filing_rate"), "3", "1", "33.3%")
	})
	w.run("by split, and by the calendar year", func(t *testing.T, w *world) {
		d := w.asks(oversight.Question{Codes: []string{"received"}, Kind: figures.Year, Year: 2025, Split: "period", First: 10})
		if p := d.Values[0].Parts; len(p) != 1 || p[0].Label != "大会提案" || p[0].Numerator != 3 {
			t.Errorf("%+v", p)
		}
	})
	w.run("once a day it is told that it stands, and as of a past day it is what it was", func(t *testing.T, w *world) {
		w.Later(1)
		w.receives("FILED")
		w.tell()
		w.Later(10)
		d := w.sees("received")
		says(t, d, "4")
		if d.Freshness != oversight.Silent || !d.Values[0].MovedOn.Equal(clock.Date(2025, 3, 4)) {
			t.Errorf("%+v", d)
		}
		w.tell()
		w.newest()
		if d := w.sees("received"); d.Freshness != oversight.Fresh || !d.Values[0].MovedOn.Equal(clock.Date(2025, 3, 4)) {
			t.Errorf("%+v", d)
		}
		past := w.asks(oversight.Question{Codes: []string{"received"}, Kind: figures.Since, Year: 2025, AsOf: clock.Date(2025, 3, 3), First: 10})
		says(t, past, "3")
	})
	w.run("who may not read figures sees none, and a question that cannot be is refused", func(t *testing.T, w *world) {
		ask := func(who string, q oversight.Question) error {
			return w.Reads(who, func(ctx context.Context) error {
				_, _, err := w.Oversight.Compare(ctx, q)
				return err
			})
		}
		good := oversight.Question{Codes: []string{"received"}, Kind: figures.Since, Year: 2025, First: 10}
		if err := ask("管理员", good); !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
		for name, spoil := range map[string]func(*oversight.Question){
			"no figure": func(q *oversight.Question) { q.Codes = []string{} }, "one twice": func(q *oversight.Question) { q.Codes = []string{"received", "received"} },
			"a piece of SQL": func(q *oversight.Question) { q.Codes = []string{"a'b"} }, "everything": func(q *oversight.Question) { q.Kind = figures.All },
			"a year that nobody means": func(q *oversight.Question) { q.Year = 25 }, "by unit": func(q *oversight.Question) { q.Split = "unit" },
			"a day to come": func(q *oversight.Question) { q.AsOf = clock.Date(2030, 1, 1) }, "too many": func(q *oversight.Question) { q.First = 101 },
		} {
			q := good
			spoil(&q)
			if err := ask("市督察", q); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// due reports whether the worker would count for the district.
func (w *world) due() (has bool) {
	w.T.Helper()
	w.OK(w.district.Reads("", func(ctx context.Context) (err error) {
		has, err = oversight.HasDue(ctx)
		return err
	}))
	return has
}

// The worker dies at each statement of a telling, asked or answered; another one
// goes on, and the city has each number once.
func TestTheWorkerDiesWhereverItTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.narrows([]string{"received", "filed"}, []string{}) // fewer statements to die at
	w.receives("FILED")
	w.tell()
	wire := dbtest.NewWire(t, w.DB.AppURL)
	store, err := tenants.Open(context.Background(), wire.URL, 2)
	w.OK(err)
	t.Cleanup(store.Close)
	worker := w.On(store)
	cases := 1
	for _, answered := range []bool{false, true} {
		for n, dead := 0, true; dead; n++ {
			w.receives("FILED")
			cases++
			w.later()
			store.Pool().Reset()
			wire.Count(n, answered)
			ctx, stop := context.WithTimeout(w.Ctx(), 30*time.Second)
			_, err := worker.Oversight.Tell(ctx, w.district.Tenant)
			stop()
			if _, dead = wire.Said(); err != nil && !dead {
				t.Fatal(err)
			}
			w.later()
			w.tell()
			says(t, w.sees("received", "filed"), strconv.Itoa(cases), strconv.Itoa(cases))
			if !dead && n < 10 {
				t.Fatalf("only %d statements", n)
			}
		}
	}
	if n := w.count(`SELECT count(*) FROM exchange_outbox WHERE kind = 'figures'`); n > 2*cases {
		t.Errorf("%d letters for %d changes", n, cases)
	}
}

// After a restore, what the district had told since is forgotten by both, or by
// the one that was restored; it tells again what differs.
func TestARestoreFromABackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receives("FILED")
	w.tell()
	w.Later(1)
	w.run("what the city has lost comes again once the district is asked for all", func(t *testing.T, w *world) {
		if w.count(`WITH x AS (UPDATE district_figures SET numerator = 0 WHERE code = 'received' RETURNING 1), y AS (UPDATE district_newest SET numerator = 0 WHERE code = 'received' RETURNING 1)
			SELECT count(*) FROM x, y`) == 0 {
			t.Fatal("nothing was lost")
		}
		w.narrows(nil, nil) // the district says what leaves, once more
		w.tell()
		says(t, w.sees("received"), "1")
	})
	w.run("a district that no longer knows what it told tells everything, and the newer stands", func(t *testing.T, w *world) {
		w.Later(1)
		if w.count(`WITH x AS (UPDATE figures_told SET value = '' RETURNING 1), y AS (UPDATE figure_shares SET book = 0, told_on = NULL, told_at = NULL, next_at = NULL RETURNING 1)
			SELECT count(*) FROM x, y`) == 0 {
			t.Fatal("nothing was lost")
		}
		w.receives("FILED")
		w.tell()
		says(t, w.sees("received", "filed"), "2", "2")
	})
}

func TestWhatADistrictNarrows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receives("FILED")
	w.tell()
	bySector := oversight.Question{Codes: []string{"received"}, Kind: figures.Since, Year: 2025, Split: "sector", First: 10}
	w.run("what is narrowed is hidden, also what had come before; the rest goes on", func(t *testing.T, w *world) {
		w.Later(1)
		w.narrows([]string{"received", "filed"}, []string{"period"})
		w.tell()
		says(t, w.sees("received", "filing_rate", "filed"), "1", "hidden", "1")
		says(t, w.asks(bySector), "hidden")
		past := w.asks(oversight.Question{Codes: []string{"filing_rate"}, Kind: figures.Since, Year: 2025, AsOf: clock.Date(2025, 3, 3), First: 10})
		says(t, past, "hidden")
		if d := w.sees("received"); d.Light != oversight.Unknown || len(d.Terms.Codes) != 2 {
			t.Errorf("%+v", d)
		}
	})
	w.run("the overseers are told, and the district's audit says who did it", func(t *testing.T, w *world) {
		if n := w.notices(); len(n) != 1 || !strings.Contains(n[0], "只送 2 个指标，拆分只送 1 种") {
			t.Error(n)
		}
		if n := w.count(`SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'narrowFigures' AND entry LIKE '%filed received%'`, w.district.Tenant); n != 1 {
			t.Errorf("%d records", n)
		}
	})
	w.run("what changes while it is narrowed never leaves", func(t *testing.T, w *world) {
		w.later()
		w.receives("NOT_FILED")
		w.tell()
		says(t, w.sees("received", "filing_rate"), "2", "hidden")
		if n := w.count(`SELECT count(*) FROM exchange_outbox WHERE body LIKE '%not_filed%' AND created_at > '2025-03-03T12:00:00Z'`); n != 0 {
			t.Errorf("%d letters with what is narrowed", n)
		}
	})
	w.run("let out again it is as it is now; the days between stay empty", func(t *testing.T, w *world) {
		w.Later(1)
		w.narrows(nil, nil)
		w.tell()
		says(t, w.sees("received", "filing_rate"), "2", "50.0%")
		at := func(day int) oversight.District {
			return w.asks(oversight.Question{Codes: []string{"filing_rate"}, Kind: figures.Since, Year: 2025, AsOf: clock.Date(2025, 3, day), First: 10})
		}
		says(t, at(4), "hidden")
		says(t, at(3), "100.0%")
	})
	w.run("what was sent before it was narrowed, and comes after, is hidden too", func(t *testing.T, w *world) {
		w.later()
		w.receives("NOT_FILED")
		_, err := w.Oversight.Tell(w.Ctx(), w.district.Tenant) // not delivered yet
		w.OK(err)
		w.later()
		w.narrows([]string{"received"}, nil)
		w.tell()
		says(t, w.sees("received", "filing_rate"), "3", "hidden")
	})
	w.run("what is suspended stays as it was and says so; nothing is told until it goes on", func(t *testing.T, w *world) {
		w.OK(w.district.Recorded("管理员", "suspendFigures", func(ctx context.Context) error {
			_, err := w.Oversight.Suspend(ctx, "210200", "核对数据")
			return err
		}))
		w.tell()
		w.Later(1)
		w.receives("FILED")
		w.tell()
		d := w.sees("received")
		says(t, d, "3")
		if d.Terms.Status != oversight.Suspended || d.Terms.Reason != "核对数据" {
			t.Errorf("%+v", d.Terms)
		}
		w.OK(w.district.Recorded("管理员", "resumeFigures", func(ctx context.Context) error {
			_, err := w.Oversight.Resume(ctx, "210200")
			return err
		}))
		w.tell()
		says(t, w.sees("received"), "4")
	})
	w.run("who may not, and what cannot be, is refused", func(t *testing.T, w *world) {
		set := func(who string, in oversight.Narrowing) error {
			return w.district.Recorded(who, "narrowFigures", func(ctx context.Context) error {
				_, err := w.Oversight.Narrow(ctx, in)
				return err
			})
		}
		for name, c := range map[string]struct {
			who  string
			in   oversight.Narrowing
			code errs.Code
		}{
			"a clerk":                    {"干事", oversight.Narrowing{Partner: "210200"}, errs.NotAllowed},
			"a partner that is none":     {"管理员", oversight.Narrowing{Partner: "210203"}, errs.NotFound},
			"no partner":                 {"管理员", oversight.Narrowing{}, errs.NotFound},
			"a figure that is none":      {"管理员", oversight.Narrowing{Partner: "210200", Codes: []string{"happiness"}}, errs.Invalid},
			"no figure at all":           {"管理员", oversight.Narrowing{Partner: "210200", Codes: []string{}}, errs.Invalid},
			"a split that is not shared": {"管理员", oversight.Narrowing{Partner: "210200", Splits: []string{"unit"}}, errs.Invalid},
			"what somebody else changed": {"管理员", oversight.Narrowing{Partner: "210200", Expected: new(1)}, errs.VersionConflict},
		} {
			if err := set(c.who, c.in); !errs.Is(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// letter is what a district's program writes; the test spoils it.
func letter(more map[string]any) map[string]any {
	out := map[string]any{"terms": map[string]any{"codes": nil, "splits": nil, "status": "ACTIVE"}, "at": "2025-03-03T03:00:00Z", "asOf": "2025-03-03", "complete": true}
	for k, v := range more {
		out[k] = v
	}
	return out
}

func received(n int, more map[string]any) map[string]any {
	f := map[string]any{"code": "received", "version": 1, "label": "收到", "unit": "件", "n": n}
	for k, v := range more {
		f[k] = v
	}
	return map[string]any{"kind": "SINCE_SESSION", "year": 2025, "figures": []any{f}}
}

// posts sends a letter of any content and delivers it; what became of it.
func (w *world) posts(body any) (outcome string) {
	w.T.Helper()
	w.OK(w.district.Recorded("", "test", func(ctx context.Context) error {
		_, err := w.Exchange.Send(ctx, "210200", oversight.KindFigures, body, exchange.Object{})
		return err
	}))
	w.Deliver(w.district)
	w.DB.AsSuper(w.T, `SELECT status || ' ' || code FROM exchange_outbox WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`, []any{w.district.Tenant}, &outcome)
	return strings.TrimSpace(outcome)
}

// newest compares what is kept as the newest of each figure with the days.
func (w *world) newest() {
	w.T.Helper()
	const days = `SELECT DISTINCT ON (agreement_id, scope, year, split, code) agreement_id, scope, year, split, code, as_of, definition, label, unit, numerator, denominator, parts, at, moved_on
		FROM district_figures ORDER BY agreement_id, scope, year, split, code, as_of DESC`
	const kept = `SELECT agreement_id, scope, year, split, code, as_of, definition, label, unit, numerator, denominator, parts, at, moved_on FROM district_newest`
	if n := w.count(`SELECT count(*) FROM (((` + days + `) EXCEPT ` + kept + `) UNION ALL (` + kept + ` EXCEPT (` + days + `))) x`); n != 0 {
		w.T.Errorf("%d of what is kept as the newest are not", n)
	}
	if w.count(`SELECT count(*) FROM district_newest`) == 0 {
		w.T.Error("nothing is kept")
	}
}

func TestWhatADistrictSendsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("twice is as once, and what is late or out of order does not undo what is newer", func(t *testing.T, w *world) {
		for _, l := range []map[string]any{
			letter(map[string]any{"at": "2025-03-03T05:00:00Z", "blocks": []any{received(7, nil)}}),
			letter(map[string]any{"at": "2025-03-03T05:00:00Z", "blocks": []any{received(7, nil)}}), // twice
			letter(map[string]any{"at": "2025-03-03T04:00:00Z", "blocks": []any{received(5, nil)}}), // an hour older
			letter(map[string]any{"at": "2025-03-01T04:00:00Z", "asOf": "2025-03-01", "blocks": []any{received(2, nil)}}),
		} {
			if o := w.posts(l); o != "DELIVERED" {
				t.Error(o)
			}
			says(t, w.sees("received"), "7")
		}
		d := w.asks(oversight.Question{Codes: []string{"received"}, Kind: figures.Since, Year: 2025, AsOf: clock.Date(2025, 3, 2), First: 10})
		says(t, d, "2")
	})
	w.run("old terms that come late let nothing out again", func(t *testing.T, w *world) {
		narrow := letter(map[string]any{"at": "2025-03-03T06:00:00Z", "terms": map[string]any{"codes": []any{"filed"}, "splits": nil, "status": "ACTIVE"}})
		for _, l := range []map[string]any{narrow, letter(map[string]any{"at": "2025-03-03T05:30:00Z", "blocks": []any{received(9, nil)}})} {
			w.posts(l)
			says(t, w.sees("received"), "hidden")
		}
		w.posts(letter(map[string]any{"at": "2025-03-03T07:00:00Z"}))
		says(t, w.sees("received"), "9")
	})
	w.run("a newer version of a definition is kept and shown as another", func(t *testing.T, w *world) {
		if o := w.posts(letter(map[string]any{"at": "2025-03-03T08:00:00Z", "blocks": []any{received(8, map[string]any{"version": 2})}})); o != "DELIVERED" {
			t.Error(o)
		}
		if v := w.sees("received").Values[0]; v.Same || v.Version != 2 || v.Number.Numerator != 8 {
			t.Errorf("%+v", v)
		}
	})
	w.run("a figure that the city does not know keeps the district's name", func(t *testing.T, w *world) {
		w.posts(letter(map[string]any{"at": "2025-03-03T08:30:00Z", "blocks": []any{received(3, map[string]any{"code": "newer_one", "label": "新的指标"})}}))
		if v := w.sees("newer_one").Values[0]; v.Same || v.Label != "新的指标" || v.Number.Numerator != 3 {
			t.Errorf("%+v", v)
		}
	})
	w.run("a letter of tomorrow, by a clock that is a little ahead, is not shown today", func(t *testing.T, w *world) {
		if o := w.posts(letter(map[string]any{"at": "2025-03-03T09:00:00Z", "asOf": "2025-03-04", "blocks": []any{received(11, nil)}})); o != "DELIVERED" {
			t.Error(o)
		}
		says(t, w.sees("received"), "8")
		w.newest()
		w.posts(letter(map[string]any{"at": "2025-03-03T09:10:00Z", "asOf": "2025-03-04", "blocks": []any{received(9, nil)}}))
		w.Later(1)
		says(t, w.sees("received"), "9")
	})
	before := w.count(`SELECT count(*) FROM district_figures`)
	for name, l := range map[string]any{
		"more counted than there are":    letter(map[string]any{"blocks": []any{received(3, map[string]any{"d": 2})}}),
		"less than nothing":              letter(map[string]any{"blocks": []any{received(-1, nil)}}),
		"parts that make no whole":       letter(map[string]any{"blocks": []any{map[string]any{"kind": "SINCE_SESSION", "year": 2025, "split": "period", "figures": received(3, map[string]any{"parts": []any{map[string]any{"key": "A", "label": "甲", "n": 2}}})["figures"]}}}),
		"a code that is a piece of SQL":  letter(map[string]any{"blocks": []any{received(3, map[string]any{"code": "a'b"})}}),
		"a scope of everything":          letter(map[string]any{"blocks": []any{map[string]any{"kind": "ALL", "year": 2025, "figures": []any{}}}}),
		"a day to come":                  letter(map[string]any{"asOf": "2031-01-01"}),
		"a clock that is a year ahead":   letter(map[string]any{"at": "2026-03-03T03:00:00Z"}),
		"a day that is none":             letter(map[string]any{"asOf": "31 March"}),
		"terms that nobody knows":        letter(map[string]any{"terms": map[string]any{"status": "SECRET"}}),
		"a name with what nobody types":  letter(map[string]any{"blocks": []any{received(3, map[string]any{"label": "收\u202e到"})}}),
		"no JSON object":                 []any{1},
		"a number that no column holds":  letter(map[string]any{"blocks": []any{received(1<<40, nil)}}),
		"a definition without a version": letter(map[string]any{"blocks": []any{received(3, map[string]any{"version": 0})}}),
	} {
		w.run("refused: "+name, func(t *testing.T, w *world) {
			if o := w.posts(l); o != "REFUSED MALFORMED" {
				t.Error(o)
			}
		})
	}
	w.newest()
	if n := w.count(`SELECT count(*) FROM district_figures`); n != before {
		t.Errorf("%d rows, there were %d", n, before)
	}
}
