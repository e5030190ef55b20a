package proposals_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/internal/errs"
)

// reads are the lines of a report as the clerk reads it, and the rows that are
// kept behind each.
func (w *world) reads(id uuid.UUID) (lines []reports.Line, rows [][]figures.Row, printed string) {
	w.must("干事", func(ctx context.Context, c *gen.Client) error {
		r, err := c.Report.Get(ctx, id)
		if err != nil {
			return err
		}
		if lines, err = reports.LinesOf(r); err != nil {
			return err
		}
		printed = r.ScopeText + r.Printed
		for _, l := range lines {
			kept, err := reports.Rows(ctx, l, nil, uuid.Nil, figures.MostRows)
			if err != nil {
				return err
			}
			rows = append(rows, kept)
		}
		return nil
	})
	return lines, rows, printed
}

func (w *world) freezes(who string, in reports.Paper) (r *gen.Report, err error) {
	err = w.as(who, func(ctx context.Context) error {
		r, err = w.Services.Reports.Freeze(ctx, in)
		return err
	})
	return r, err
}

// domain.md trap 25, ZS-46, source 002.
func TestAReportIsFrozen(t *testing.T) {
	t.Parallel()
	say(t, "ZS-46: each of the 36 figures of the report of 2024 comes from rows or says why not, and it prints the same after a year of further life", func(w *world) {
		done := w.completed(w.reviewing("A"), "商务局")
		w.do("主任", "refuse", w.reviewed().Matter.ID, map[string]any{"reasonCode": "EMPTY"})
		merged := w.filed().Matter.ID
		w.do("主任", "merge", merged, into(w.filed()))
		r, err := w.freezes("干事", reports.Paper{Title: "常务委员会工作报告的数字", Template: "standing_committee", Scope: figures.Scope{Kind: figures.Since, Sitting: w.sitting}})
		if err != nil {
			w.t.Fatal(err)
		}
		id := r.ID
		lines, rows, printed := w.reads(id)
		is(w, "lines", len(lines), 36)
		told := 0
		for n, l := range lines {
			switch {
			case l.Code == "" && (l.Why == "" || l.Text() != "未记录"):
				w.t.Errorf("%s has neither a figure nor a reason", l.Label)
			case l.Code != "":
				told++
				want := l.Numerator
				if l.Rate {
					want = l.Denominator
				}
				if l.Version == 0 || len(rows[n]) != want {
					w.t.Errorf("%s: version %d, %d rows for %s", l.Label, l.Version, len(rows[n]), l.Text())
				}
			}
		}
		is(w, "figures that come from rows", told, 7)
		for _, want := range []string{"收到提案：4 件", "合并：1 件", "立案：2 件", "办结率：50.0%（1/2）", "满意率：100.0%（1/1）", "第十一届四次会议以来，截至2024年12月27日", "向区委作请示报告：未记录（"} {
			if !strings.Contains(printed, want) {
				w.t.Errorf("%q is not in\n%s", want, printed)
			}
		}
		w.clock.Advance(400 * 24 * time.Hour)
		w.do("干事", "archive", done.Matter.ID, checklist)
		w.do("主任", "undoMerge", merged, nil)
		after, kept, text := w.reads(id)
		if text != printed || !reflect.DeepEqual(after, lines) || !reflect.DeepEqual(kept, rows) {
			w.t.Errorf("it says something else now:\n%s\n%s", printed, text)
		}
	})
	say(t, "a preview says what is so now, and writes nothing", func(w *world) {
		in := reports.Paper{Scope: figures.Scope{Kind: figures.Since, Sitting: w.sitting}, Lines: []reports.Line{{Label: "立案", Code: "filed"}}}
		for n := range 3 {
			err := w.as("干事", func(ctx context.Context) error {
				p, err := w.Services.Reports.Preview(ctx, in)
				if err == nil {
					is(w, "filed", p.Lines[0].Numerator, n)
				}
				return err
			})
			if err != nil {
				w.t.Fatal(err)
			}
			w.filed()
		}
		w.must("干事", func(ctx context.Context, c *gen.Client) error {
			n, err := c.Report.Query().Count(ctx)
			is(w, "reports", n, 0)
			return err
		})
	})
	say(t, "a final report has no case that is not decided, or says how many there are", func(w *world) {
		w.reviewed()
		scope := figures.Scope{Kind: figures.Since, Sitting: w.sitting}
		received := reports.Line{Label: "收到", Code: "received"}
		final := reports.Paper{Title: "一", Scope: scope, Lines: []reports.Line{received}}
		if _, err := w.freezes("干事", final); !errs.Is(err, errs.GuardFailed) {
			w.t.Errorf("%v", err)
		}
		err := w.as("干事", func(ctx context.Context) error {
			p, err := w.Services.Reports.Preview(ctx, final)
			if err == nil && (len(p.Objections) != 1 || !strings.Contains(p.Objections[0], "1 件没有审结")) {
				w.t.Errorf("%+v", p.Objections)
			}
			return err
		})
		if err != nil {
			w.t.Error(err)
		}
		final.Lines = append(final.Lines, reports.Line{Label: "尚未审结", Code: "pending"})
		if _, err := w.freezes("干事", final); err != nil {
			w.t.Error(err)
		}
	})
}
