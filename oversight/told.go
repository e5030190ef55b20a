package oversight

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// counting is a scope as the district counts it.
type counting struct {
	scope
	of figures.Scope
}

// scopesOf are those that a partner is told of: the two latest sittings, each
// as held and since, and the two latest years. A sitting
// that opened in November or December is the next year's; of two of one year, the later.
func scopesOf(ctx context.Context) (out []counting, err error) {
	type sitting struct {
		ID            uuid.UUID
		Term, Ordinal int
		Opens         time.Time
		Closes        *time.Time
	}
	today := clock.Today(ctx)
	rows, err := tenants.Rows[sitting](ctx, `
		SELECT DISTINCT ON (extract(year FROM s.opens_on + interval '2 months')) s.id, t.ordinal, s.ordinal, s.opens_on, s.closes_on
		FROM sittings s JOIN terms t ON t.tenant_id = s.tenant_id AND t.id = s.term_id WHERE s.opens_on <= $1
		ORDER BY extract(year FROM s.opens_on + interval '2 months') DESC, s.opens_on DESC LIMIT 2`, today)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		named := scope{Year: r.Opens.AddDate(0, 2, 1-r.Opens.Day()).Year(), Name: fmt.Sprintf("第%d届%d次会议", r.Term, r.Ordinal), Opens: r.Opens.Format(time.DateOnly)}
		if r.Closes != nil {
			named.Closes = r.Closes.Format(time.DateOnly)
		}
		for _, kind := range []figures.Kind{figures.Session, figures.Since} {
			named.Kind = kind
			out = append(out, counting{named, figures.Scope{Kind: kind, Sitting: r.ID}})
		}
	}
	for year := today.Year(); year > today.Year()-2; year-- {
		out = append(out, counting{scope{Kind: figures.Year, Year: year, Name: fmt.Sprintf("%d 年", year)}, figures.Scope{Kind: figures.Year, Year: year}})
	}
	return out, nil
}

// key is a figure of one scope and split.
type key struct {
	scope string
	year  int
	split string
	code  string
}

// news is what is told of a key.
type news struct {
	key
	value string
}

// toldBefore is what the partner was told last.
func toldBefore(ctx context.Context, agreement uuid.UUID) (map[key]string, error) {
	type row struct {
		Scope       string
		Year        int
		Split, Code string
		Value       string
	}
	rows, err := tenants.Rows[row](ctx, `SELECT scope, year, split, code, value FROM figures_told WHERE agreement_id = $1`, agreement)
	out := make(map[key]string, len(rows))
	for _, r := range rows {
		out[key{r.Scope, r.Year, r.Split, r.Code}] = r.Value
	}
	return out, err
}

// keep writes what the partner is told now.
func keep(ctx context.Context, agreement uuid.UUID, list []news) error {
	tenant, err := tenants.Current(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	var scopes, splits, codes, values []string
	var years []int
	for _, n := range list {
		scopes, years, splits = append(scopes, n.scope), append(years, n.year), append(splits, n.split)
		codes, values = append(codes, n.code), append(values, n.value)
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO figures_told (tenant_id, agreement_id, scope, year, split, code, value)
		SELECT $1, $2, * FROM unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::text[])
		ON CONFLICT (tenant_id, agreement_id, scope, year, split, code) DO UPDATE SET value = excluded.value`, tenant, agreement, scopes, years, splits, codes, values)
	return err
}

// afresh lets a partner be told everything again: what it was told has reached
// nobody.
func afresh(ctx context.Context, agreement uuid.UUID) error {
	if _, err := tenants.Exec(ctx, `UPDATE figures_told SET value = '' WHERE agreement_id = $1`, agreement); err != nil {
		return err
	}
	_, err := tenants.Exec(ctx, `UPDATE figure_shares SET told_version = 0, book = -1, next_at = NULL WHERE agreement_id = $1`, agreement)
	return err
}
