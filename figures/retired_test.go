package figures_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// A report whose definitions are retired, or mean something else by now, says
// what it said. It is not parallel: it puts other definitions in their place.
func TestAFrozenReportOutlivesItsDefinitions(t *testing.T) {
	d := district.New(t, district.Plan{Posts: []string{"干事"}, Stored: []string{fmt.Sprintf(stored, "proposal")}, Sitting: district.Plenary(2025, 6, 9)})
	service := reports.New(d.Ent())
	paper := reports.Paper{Title: "年报", Scope: figures.Scope{Kind: figures.All}, Lines: []reports.Line{
		{Label: "收到", Code: "received"}, {Label: "审结", Code: "filing_rate"}, {Label: "未审结", Code: "pending"}}}
	var id uuid.UUID
	err := d.As("干事", func(ctx context.Context) error {
		if err := oneCase(ctx, d, "NOT_FILED"); err != nil {
			return err
		}
		if err := oneCase(ctx, d, "FILED"); err != nil {
			return err
		}
		r, err := service.Freeze(ctx, paper)
		if err == nil {
			id = r.ID
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	type saying struct {
		lines []reports.Line
		rows  [][]figures.Row
		text  string
	}
	read := func() (s saying) {
		err := d.As("干事", func(ctx context.Context) error {
			r, err := d.Ent().Report.Get(ctx, id)
			if err != nil {
				return err
			}
			s.text = r.Printed
			if s.lines, err = reports.LinesOf(r); err != nil {
				return err
			}
			for _, l := range s.lines {
				rows, err := reports.Rows(ctx, l, nil, uuid.Nil, figures.MostRows)
				if err != nil {
					return err
				}
				s.rows = append(s.rows, rows)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := read()
	if before.lines[1].Text() != "50.0%" || len(before.rows[0]) != 2 || len(before.rows[1]) != 2 || len(before.rows[2]) != 0 {
		t.Errorf("%+v", before)
	}
	figures.Instead(t, `
figures:
  - {code: received, version: 2, label: 收到的集体提案, unit: 份, source: s, of: case, among: {collective: true}}
  - {code: filing_rate, version: 1, label: 立案率, unit: 件, source: s, of: case, among: {}, counts: {disposition: FILED}, retired: true}`)
	if after := read(); !reflect.DeepEqual(after, before) {
		t.Errorf("it says something else:\n%+v\n%+v", before, after)
	}
	err = d.As("干事", func(ctx context.Context) error {
		_, err := service.Freeze(ctx, paper)
		return err
	})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a retired figure is offered no longer: %v", err)
	}
}
