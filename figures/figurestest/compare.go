package figurestest

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
)

// Compared is how much was compared.
type Compared struct {
	Figures int
	Told    map[string]int // by code, how many rows counted
}

// Compare holds what the product says beside what is plainly counted: numbers,
// rows, and the parts of a split by period and by unit where there is one. ctx is
// of the product itself.
func Compare(ctx context.Context, l *Ledger, s figures.Scope) (Compared, error) {
	out := Compared{Told: map[string]int{}}
	plain := l.Plain(s)
	defs := figures.Shipped.All()
	codes := make([]string, len(defs))
	for i, d := range defs {
		codes[i] = d.Code
	}
	values, err := figures.Count(ctx, codes, s, "")
	if err != nil {
		return out, err
	}
	by := map[string][]figures.Value{}
	for _, v := range values {
		if err := same(ctx, v, plain[v.Code]); err != nil {
			return out, fmt.Errorf("%s as of %s: %w", v.Code, s.AsOf.Format("2006-01-02"), err)
		}
		out.Figures++
		out.Told[v.Code] += v.Numerator
		for _, split := range v.Splits() {
			by[split] = append(by[split], v)
		}
	}
	for split, whole := range by {
		if err := parts(ctx, whole, split, plain); err != nil {
			return out, fmt.Errorf("by %s as of %s: %w", split, s.AsOf.Format("2006-01-02"), err)
		}
	}
	return out, nil
}

func number(a *Answer, rate bool) (numerator, denominator int) {
	if rate {
		return a.Counts(), len(a.Rows)
	}
	return len(a.Rows), 0
}

func same(ctx context.Context, v figures.Value, a *Answer) error {
	if n, d := number(a, v.IsRate()); v.Numerator != n || v.Denominator != d {
		return fmt.Errorf("it says %d of %d, plainly counted %d of %d", v.Numerator, v.Denominator, n, d)
	}
	seen := 0
	for after := uuid.Nil; ; {
		_, rows, err := figures.List(ctx, figures.Rows{Code: v.Code, Scope: v.Scope, After: after, Limit: 7})
		if err != nil {
			return err
		}
		for _, r := range rows[:min(len(rows), 7)] {
			counts, there := a.Rows[r.ID]
			if !there || v.IsRate() && counts != r.Counts {
				return fmt.Errorf("row %s: there %v, counts %v, plainly %v", r.ID, there, r.Counts, counts)
			}
			seen, after = seen+1, r.ID
		}
		if len(rows) <= 7 {
			break
		}
	}
	if seen != len(a.Rows) {
		return fmt.Errorf("%d rows are listed, plainly there are %d", seen, len(a.Rows))
	}
	return nil
}

// parts add up to the whole, and those by which everything of a case is split,
// by unit and by loop are what is plainly counted.
func parts(ctx context.Context, whole []figures.Value, split string, plain map[string]*Answer) error {
	codes := make([]string, len(whole))
	for i, v := range whole {
		codes[i] = v.Code
	}
	list, err := figures.Count(ctx, codes, whole[0].Scope, split)
	if err != nil {
		return err
	}
	for i, v := range list {
		n, d := 0, 0
		for _, p := range v.Parts {
			n, d = n+p.Numerator, d+p.Denominator
			want, known := plain[v.Code].part(split, p.Key)
			if known && !v.IsRate() {
				want = [2]int{0, want[0]}
			}
			if known && (p.Numerator != want[1] || p.Denominator != want[0]) {
				return fmt.Errorf("%s of %s says %d of %d, plainly counted %d of %d", v.Code, p.Label, p.Numerator, p.Denominator, want[1], want[0])
			}
		}
		if w := whole[i]; n != w.Numerator || d != w.Denominator {
			return fmt.Errorf("%s: the parts are %d of %d, the whole is %d of %d", v.Code, n, d, w.Numerator, w.Denominator)
		}
	}
	return nil
}

// part is what was plainly counted of one part, where that was.
func (a *Answer) part(split, key string) (_ [2]int, known bool) {
	switch split {
	case "period":
		return a.Period[key], true
	case "sector", "street", "proposer_kind", "platform":
		return a.Words[split][key], len(a.Words) > 0
	case "cohort":
		return a.Cohorts[key], true
	case "unit":
		id, err := uuid.Parse(key)
		return a.Units[id], err == nil && len(a.Units) > 0
	}
	return [2]int{}, false
}
