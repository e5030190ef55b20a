package graph

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// figureScope is the scope of a query, as of a day.
func figureScope(ctx context.Context, in model.FigureScope, asOf *time.Time) (figures.Scope, error) {
	s := figures.Scope{Kind: figures.Kind(in.Kind), Sitting: value(in.SittingID), Year: value(in.Year), AsOf: clock.Today(ctx)}
	if asOf != nil {
		s.AsOf = *asOf
	}
	ofSitting := s.Kind == figures.Session || s.Kind == figures.Since
	switch {
	case ofSitting && in.SittingID == nil:
		return s, errs.New(errs.Invalid, "请写明哪次会议").At("scope", "sittingId")
	case s.Kind == figures.Year && in.Year == nil:
		return s, errs.New(errs.Invalid, "请写明哪一年").At("scope", "year")
	case !ofSitting && in.SittingID != nil, s.Kind != figures.Year && in.Year != nil:
		return s, errs.New(errs.Invalid, "会议和年份只写统计范围要用的一个").At("scope")
	}
	return s, nil
}

func figureDefinition(d *figures.Definition) *model.FigureDefinition {
	out := &model.FigureDefinition{
		Code: d.Code, Version: d.Version, Label: d.Label, Unit: d.Unit, Rate: d.IsRate(), Note: given(d.Note), Among: d.Words(d.Among),
		Source: d.Source, Splits: d.Splits(), InForce: !d.Retired, Own: d.ID != uuid.Nil, Sum: given(d.Sum), Per: given(d.Per), Readers: given(d.Readers),
	}
	if d.IsRate() {
		out.Counts = given(d.Words(d.Counts))
	}
	return out
}

func figureOf(v figures.Value) *model.Figure {
	out := &model.Figure{
		Definition: figureDefinition(v.Definition), Numerator: v.Numerator, Denominator: base(v.Number), Text: v.Text(), AsOf: v.Scope.AsOf, Parts: []*model.FigurePart{}, Of: v,
	}
	for _, p := range v.Parts {
		out.Parts = append(out.Parts, &model.FigurePart{Key: p.Key, Label: p.Label, Numerator: p.Numerator, Denominator: base(p.Number), Text: p.Text()})
	}
	return out
}

// base is the denominator, nil for a count.
func base(n figures.Number) *int {
	if !n.Rate {
		return nil
	}
	return &n.Denominator
}

func (r *Resolver) figures(ctx context.Context, codes []string, scope model.FigureScope, split *string, asOf *time.Time) ([]*model.Figure, error) {
	if _, err := authz.Require(ctx, figures.Read); err != nil { // before anything is said of the arguments
		return nil, err
	}
	s, err := figureScope(ctx, scope, asOf)
	if err != nil {
		return nil, err
	}
	values, err := figures.Of(ctx, codes, s, value(split))
	out := make([]*model.Figure, len(values))
	for i, v := range values {
		out[i] = figureOf(v)
	}
	return out, err
}

// figureRows are the rows behind a figure, each as far as the viewer sees it.
func (r *Resolver) figureRows(ctx context.Context, v figures.Value, part *string, counted *bool, c *cursor, first *int) (*model.FigureRowConnection, error) {
	return r.rowsBehind(ctx, v.IsRate(), c, first, func(after uuid.UUID, limit int) (string, []figures.Row, error) {
		d, rows, err := figures.Behind(ctx, figures.Rows{Code: v.Code, Scope: v.Scope, Split: v.Split, Part: part, Counts: counted, After: after, Limit: limit})
		if err != nil {
			return "", nil, err
		}
		return d.Type(), rows, nil
	})
}

// rowsBehind is a page of the rows behind a number; list answers one row more
// where there is a next page, and what type they are of.
func (r *Resolver) rowsBehind(ctx context.Context, rate bool, c *cursor, first *int, list func(after uuid.UUID, limit int) (string, []figures.Row, error)) (*model.FigureRowConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	typ, rows, err := list(value(from.id), *first)
	if err != nil {
		return nil, foreign(err)
	}
	more := len(rows) > *first
	rows = rows[:min(len(rows), *first)]
	ids := make([]uuid.UUID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	nodes, err := r.rows(ctx, typ, ids)
	out, cursors := &model.FigureRowConnection{Edges: []*model.FigureRowEdge{}}, make([]cursor, len(nodes))
	for i, n := range nodes {
		cursors[i] = byID(ids[i])
		out.Edges = append(out.Edges, &model.FigureRowEdge{Node: n, Counted: rows[i].Counts || !rate, Part: rows[i].Part, Cursor: cursors[i], Amount: some(rows[i].Amount)})
	}
	out.PageInfo = around(c, more, cursors)
	return out, err
}

// some is a number that is there, nil for none.
func some(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func figureDraft(in model.FigureDraftInput) figures.Definition {
	condition := func(list []*model.FigureConditionInput) figures.Condition {
		if list == nil {
			return nil
		}
		out := figures.Condition{}
		for _, c := range list {
			out[c.Word] = figures.Asked{Yes: value(c.Yes), Words: c.Words, None: value(c.None)}
		}
		return out
	}
	return figures.Definition{Code: in.Code, Label: in.Label, Unit: in.Unit, Note: value(in.Note), Of: in.Of, Among: condition(in.Among), Counts: condition(in.Counts),
		Sum: value(in.Sum), Per: value(in.Per), Readers: value(in.Readers)}
}

// onFigure carries out a mutation of an own definition.
func (r *Resolver) onFigure(ctx context.Context, input any, do func(context.Context) (*figures.Definition, error)) (*model.FigureDefinitionPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		d, err := do(ctx)
		if err != nil {
			return "", uuid.Nil, errs.In(err, "figure", "reason", "expectedVersion", "code")
		}
		return figures.Entity, d.ID, nil
	})
	out := &model.FigureDefinitionPayload{UserErrors: bad}
	if err != nil || id == uuid.Nil {
		return out, err
	}
	d, err := figures.ByID(ctx, id)
	if err != nil {
		return out, err
	}
	out.Definition = figureDefinition(d)
	return out, nil
}

func (r *Resolver) checkFigure(ctx context.Context, in model.FigureDraftInput) (*model.FigureCheck, error) {
	d := figureDraft(in)
	found, err := r.OwnFigures.Check(ctx, figures.Draft{Definition: d})
	if err != nil {
		return nil, err
	}
	out := &model.FigureCheck{Findings: []*model.UserError{}}
	for _, e := range found {
		out.Findings = append(out.Findings, userError(e))
	}
	if len(found) == 0 {
		out.Meaning = d.Meaning()
	}
	return out, nil
}

func figureThings() (out []*model.FigureThing) {
	choices := func(list []figures.Choice) []*model.FigureChoice {
		out := []*model.FigureChoice{}
		for _, c := range list {
			out = append(out, &model.FigureChoice{Code: c.Code, Label: c.Label})
		}
		return out
	}
	for _, t := range figures.Countable() {
		x := &model.FigureThing{Code: t.Code, Label: t.Label, Units: t.Units, Amounts: choices(t.Amounts), Per: choices(t.Per)}
		for _, w := range t.Words {
			x.Words = append(x.Words, &model.FigureWord{Code: w.Code, Label: w.Label, Yes: w.Yes, Values: choices(w.Values)})
		}
		out = append(out, x)
	}
	return out
}
