package figures

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Read is the right to see figures.
const Read = "figures.read"

// MostRows bounds a page of rows, MostCodes the figures that are asked at once.
const (
	MostRows  = 100
	MostCodes = 100
)

// Of counts figures, all in one statement, in the order in which they are asked
// for. Who asks for one of a sum has the sum looked at. Errors: NotAllowed
// without the right; NotFound for a sitting that is not the committee's; Invalid
// for an unknown code, a split that a figure has not, a day to come; GuardFailed
// where something does not add up or counts a row twice.
func Of(ctx context.Context, codes []string, s Scope, split string) (_ []Value, err error) {
	defer errs.Wrap(&err, "figures.Of(%v)", codes)
	if _, err := authz.Require(ctx, Read); err != nil {
		return nil, err
	}
	values, err := Count(ctx, codes, s, split)
	for _, v := range values {
		if err := v.readable(ctx); err != nil {
			return nil, err
		}
	}
	return values, err
}

// Count is Of for the product itself: jobs, and what has asked for the right already.
func Count(ctx context.Context, codes []string, s Scope, split string) ([]Value, error) {
	list, err := named(ctx, codes, split)
	if err != nil {
		return nil, err
	}
	return counted(ctx, list, s, split)
}

// named finds the definitions of codes.
func named(ctx context.Context, codes []string, split string) ([]*Definition, error) {
	if len(codes) == 0 || len(codes) > MostCodes {
		return nil, errs.New(errs.Invalid, "一次问 1 至 %d 个指标", MostCodes).At("codes")
	}
	of, err := finder(ctx, codes)
	if err != nil {
		return nil, err
	}
	var list []*Definition
	for _, code := range codes {
		d := of(code)
		if d == nil {
			return nil, errs.New(errs.Invalid, "没有指标“%.40s”", code).At("codes")
		}
		if slices.Contains(list, d) {
			return nil, errs.New(errs.Invalid, "指标“%s”问了两次", d.Label).At("codes")
		}
		if err := d.splits(split); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// line is what one part of a figure counts.
type line struct {
	Figure                 int
	Part                   string
	Rows, Counts, Distinct int
	Sum                    int
}

func counted(ctx context.Context, list []*Definition, s Scope, split string) ([]Value, error) {
	args, err := s.args(ctx)
	if err != nil {
		return nil, err
	}
	asked := slices.Clone(list)
	var codes []string
	for _, d := range list {
		codes = append(codes, d.Code)
	}
	sums := Shipped.sumsOf(codes)
	for _, sum := range sums {
		for _, code := range append([]string{sum.Whole}, sum.Parts...) {
			if d := Shipped.Of(code); !slices.Contains(asked, d) && d.splits(split) == nil {
				asked = append(asked, d)
			}
		}
	}
	lines, err := tenants.Rows[line](ctx, counting(asked, split), args...)
	if err != nil {
		return nil, err
	}
	values := make([]Value, len(asked))
	for i, d := range asked {
		values[i] = Value{Definition: d, Scope: s, Split: split, Number: Number{Rate: d.IsRate()}}
	}
	for _, l := range lines {
		if l.Distinct != l.Rows {
			return nil, errs.New(errs.GuardFailed, "指标“%s”把同一件数了两次：%d 行，%d 件", asked[l.Figure].Label, l.Rows, l.Distinct).With("figure", asked[l.Figure].Code)
		}
		values[l.Figure].add(l)
	}
	if err := addUp(sums, values); err != nil {
		return nil, err
	}
	values = values[:len(list)]
	if err := those(ctx, values, args[4].(time.Time), split); err != nil {
		return nil, err
	}
	return values, name(ctx, values, split)
}

func (v *Value) add(l line) {
	n := Number{Numerator: l.Rows}
	if v.Sum != "" {
		n.Numerator = l.Sum
	}
	if v.Rate {
		n = Number{Numerator: l.Counts, Denominator: l.Rows, Rate: true}
	}
	v.Numerator += n.Numerator
	v.Denominator += n.Denominator
	if v.Split != "" {
		v.Parts = append(v.Parts, Part{Key: l.Part, Number: n})
	}
}

// addUp compares every whole with its parts.
func addUp(sums []Sum, values []Value) error {
	numbers := map[string]int{}
	for _, v := range values {
		numbers[v.Code] = v.Numerator
	}
	for _, s := range sums {
		total, labels := 0, []string{}
		for _, code := range s.Parts {
			total += numbers[code]
			labels = append(labels, fmt.Sprintf("%s %d", Shipped.Of(code).Label, numbers[code]))
		}
		if whole := numbers[s.Whole]; whole != total {
			return errs.New(errs.GuardFailed, "“%s”是 %d，各项合计 %d，相差 %d（%s），不能给出；请先查清这几件", Shipped.Of(s.Whole).Label, whole, total, whole-total, strings.Join(labels, "、")).
				With("whole", s.Whole).With("difference", whole-total)
		}
	}
	return nil
}

// name writes the labels of the parts and puts the largest first.
func name(ctx context.Context, values []Value, split string) error {
	if split == "" {
		return nil
	}
	names, err := unitNames(ctx, values)
	if err != nil {
		return err
	}
	for i := range values {
		w := things[values[i].Of].words[split]
		for j := range values[i].Parts {
			p := &values[i].Parts[j]
			switch {
			case p.Key == "" && w.other != "":
				p.Label = w.other
			case names[p.Key] != "":
				p.Label = names[p.Key]
			case w.name(p.Key) != "":
				p.Label = w.name(p.Key)
			default:
				p.Label = p.Key
			}
		}
		slices.SortStableFunc(values[i].Parts, func(a, b Part) int {
			return max(b.Denominator, b.Numerator) - max(a.Denominator, a.Numerator)
		})
	}
	return nil
}

// unitNames are the names of the units, platforms and people among the parts.
func unitNames(ctx context.Context, values []Value) (map[string]string, error) {
	var ids []uuid.UUID
	for _, v := range values {
		for _, p := range v.Parts {
			if id, err := uuid.Parse(p.Key); err == nil {
				ids = append(ids, id)
			}
		}
	}
	out := map[string]string{}
	if len(ids) == 0 {
		return out, nil
	}
	type named struct{ ID, Name string }
	rows, err := tenants.Rows[named](ctx, `SELECT id::text, name FROM units WHERE id = ANY($1) UNION ALL SELECT id::text, brand FROM platforms WHERE id = ANY($1)
		UNION ALL SELECT id::text, name FROM memberships WHERE id = ANY($1)`, ids)
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, err
}

// Row is one row behind a figure.
type Row struct {
	ID     uuid.UUID
	Matter *uuid.UUID // by which it is seen
	Part   string
	Counts bool
	Amount int // of a sum: what it adds
}

// Rows asks for the rows behind a figure: of one part of a split, or of all;
// those that count, those that do not, or both.
type Rows struct {
	Code   string
	Scope  Scope
	Split  string
	Part   *string
	Counts *bool
	After  uuid.UUID
	Limit  int // 1 to MostRows
}

// Type is what the rows of a figure are, as ent names them.
func (d *Definition) Type() string { return things[d.Of].typ }

// Behind answers a page of the rows behind a figure, by id, whoever sees them,
// and one more where there is a next page. Which of them the viewer sees is the
// question of who shows them.
func Behind(ctx context.Context, in Rows) (_ *Definition, _ []Row, err error) {
	defer errs.Wrap(&err, "figures.Behind(%s)", in.Code)
	if _, err := authz.Require(ctx, Read); err != nil {
		return nil, nil, err
	}
	d, rows, err := List(ctx, in)
	if err == nil {
		err = d.readable(ctx)
	}
	return d, rows, err
}

// List is Behind for the product itself.
func List(ctx context.Context, in Rows) (*Definition, []Row, error) {
	if in.Limit < 1 || in.Limit > MostRows {
		return nil, nil, errs.New(errs.Invalid, "每页 1 至 %d 条", MostRows).At("first")
	}
	list, err := named(ctx, []string{in.Code}, in.Split)
	if err != nil {
		return nil, nil, err
	}
	args, err := in.Scope.args(ctx)
	if err != nil {
		return nil, nil, err
	}
	rows, err := list[0].page(ctx, in, args)
	return list[0], rows, err
}

func (d *Definition) page(ctx context.Context, in Rows, args []any) ([]Row, error) {
	if !d.IsRate() {
		in.Counts = nil
	}
	return tenants.Rows[Row](ctx, d.listing(in.Split), append(args, in.After, in.Part, in.Counts, in.Limit+1)...)
}

// Every are all of the rows behind a figure, for what keeps them.
func Every(ctx context.Context, code string, s Scope) (_ []Row, err error) {
	defer errs.Wrap(&err, "figures.Every(%s)", code)
	list, err := named(ctx, []string{code}, "")
	if err != nil {
		return nil, err
	}
	args, err := s.args(ctx)
	if err != nil {
		return nil, err
	}
	return tenants.Rows[Row](ctx, list[0].listing(""), append(args, uuid.Nil, nil, nil, nil)...)
}
