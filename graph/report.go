package graph

import (
	"context"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

var aReport = entity[gen.Report]{
	gen.TypeReport, func(x *gen.Report) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Report, error) {
		return c.Report.Get(ctx, id)
	},
}

// paper is what a report is to say.
func paper(ctx context.Context, in model.ReportInput) (reports.Paper, error) {
	out := reports.Paper{Template: value(in.Template)}
	for _, l := range in.Lines {
		out.Lines = append(out.Lines, reports.Line{Label: l.Label, Code: value(l.Code), Why: value(l.Why)})
	}
	var err error
	out.Scope, err = figureScope(ctx, *in.Scope, in.AsOf)
	return out, err
}

func (r *Resolver) freezeReport(ctx context.Context, in model.FreezeReportInput) (*gen.Report, error) {
	if _, err := authz.Require(ctx, reports.Compile); err != nil { // before anything is said of the scope
		return nil, err
	}
	p, err := paper(ctx, *in.Paper)
	if err != nil {
		return nil, errs.In(err, "paper")
	}
	p.Title, p.Replaces, p.Reason = in.Title, in.ReplacesID, value(in.Reason)
	x, err := r.Reports.Freeze(ctx, p)
	return x, errs.In(err, "paper", "title", "replacesId", "reason")
}

func (r *Resolver) withdrawReport(ctx context.Context, in model.WithdrawReportInput) (*gen.Report, error) {
	return r.Reports.Withdraw(ctx, in.ReportID, in.Reason)
}

func (r *Resolver) reportPreview(ctx context.Context, in model.ReportInput) (*model.ReportPreview, error) {
	if _, err := authz.Require(ctx, figures.Read, reports.Compile); err != nil {
		return nil, err
	}
	p, err := paper(ctx, in)
	if err != nil {
		return nil, err
	}
	found, err := r.Reports.Preview(ctx, p)
	if err != nil {
		return nil, err
	}
	return &model.ReportPreview{ScopeText: found.ScopeText, Lines: reportLines(found.Lines), Objections: append([]string{}, found.Objections...)}, nil
}

func reportLines(lines []reports.Line) []*model.ReportLine {
	out := make([]*model.ReportLine, len(lines))
	for i, l := range lines {
		x := &model.ReportLine{No: i + 1, Label: l.Label, Code: given(l.Code), Why: given(l.Why), Text: l.Text(), Of: l}
		if l.Code != "" {
			x.Version, x.Meaning, x.Note, x.Rate, x.Numerator, x.Denominator = &l.Version, given(l.Meaning), given(l.Note), &l.Rate, &l.Numerator, base(l.Number())
		}
		out[i] = x
	}
	return out
}

// reportLine is one line of a frozen report, nil where it has no such.
func reportLine(x *gen.Report, no int) (*model.ReportLine, error) {
	lines, err := reports.LinesOf(x)
	if err != nil || no < 1 || no > len(lines) {
		return nil, err
	}
	return reportLines(lines)[no-1], nil
}

// reportRows are the rows behind a line: those that are kept, or those of now.
func (r *Resolver) reportRows(ctx context.Context, l reports.Line, counted *bool, c *cursor, first *int) (*model.FigureRowConnection, error) {
	return r.rowsBehind(ctx, l.Rate, c, first, func(after uuid.UUID, limit int) (string, []figures.Row, error) {
		if l.Report == uuid.Nil && l.Code != "" {
			_, rows, err := figures.Behind(ctx, figures.Rows{Code: l.Code, Scope: l.Scope, Counts: counted, After: after, Limit: limit})
			return l.Type, rows, err
		}
		rows, err := reports.Rows(ctx, l, counted, after, limit)
		return l.Type, rows, err
	})
}

func (r *Resolver) reports(ctx context.Context, after *cursor, first *int, before *cursor, last *int) (*gen.ReportConnection, error) {
	if _, err := authz.Require(ctx, figures.Read); err != nil {
		return nil, err
	}
	first, last, err := page(first, last)
	if err == nil {
		err = belong(false, after, before)
	}
	if err != nil {
		return nil, err
	}
	newest := &gen.ReportOrder{Direction: entgql.OrderDirectionDesc, Field: gen.DefaultReportOrder.Field}
	return r.ent().Report.Query().Paginate(ctx, after, first, before, last, gen.WithReportOrder(newest))
}

func reportTemplates() (out []*model.ReportTemplate) {
	for _, t := range reports.Templates {
		x := &model.ReportTemplate{Code: t.Code, Title: t.Title, Source: t.Source}
		for _, l := range t.Lines {
			x.Lines = append(x.Lines, &model.ReportTemplateLine{Label: l.Label, Code: given(l.Code), Why: given(l.Why)})
		}
		out = append(out, x)
	}
	return out
}
