package oversight

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

const (
	// pause is the least time between two countings for a partner: a clerk who
	// works through a list is one change, not fifty.
	pause = 5 * time.Second
	// rest is how many times longer than it took a committee's figures rest, so
	// that a large one does not count all day.
	rest = 20
	// mostBody is how much goes into one envelope, in bytes, below exchange.MaxBody.
	mostBody = exchange.MaxBody / 2
)

const due = `
	FROM agreements a LEFT JOIN figure_shares s ON s.tenant_id = a.tenant_id AND s.agreement_id = a.id LEFT JOIN audit_heads h ON h.tenant_id = a.tenant_id
	WHERE a.status = 'ACTIVE' AND a.sends ? '` + KindFigures + `' AND (s.agreement_id IS NULL OR s.told_version <> s.version
	  OR s.status = 'ACTIVE' AND (s.told_on IS DISTINCT FROM $2 OR s.book <> coalesce(h.seq, 0)) AND coalesce(s.next_at <= $1, true))`

// HasDue reports whether a partner of the context's committee is to be told
// anything: the book has grown, a day has passed, or the terms have changed.
func HasDue(ctx context.Context) (has bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT `+due+`)`, []any{clock.Now(ctx), clock.Today(ctx)}, &has)
	return has, err
}

// Tell counts a committee's figures for each partner that is to have them and
// writes what has changed into the outbox, one transaction a partner. It may die
// anywhere and be run again, and two may run at once. It returns how many
// letters were written.
func (s *Service) Tell(ctx context.Context, tenant uuid.UUID) (written int, err error) {
	defer errs.Wrap(&err, "oversight.Tell(%s)", tenant)
	ctx = authz.System(ctx)
	var list []uuid.UUID
	err = s.store.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
		list, err = duePartners(ctx)
		return err
	})
	doors := audit.Doors{Store: s.store, System: "tellFigures"}
	failed := []error{err}
	for _, a := range list {
		n := 0
		err := doors.InTx(ctx, tenant, func(ctx context.Context) (err error) {
			n, err = s.tell(ctx, a)
			return err
		})
		if err == nil {
			written += n
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return written, errors.Join(failed...)
}

func duePartners(ctx context.Context) ([]uuid.UUID, error) {
	type one struct{ ID uuid.UUID }
	rows, err := tenants.Rows[one](ctx, `SELECT a.id `+due+` ORDER BY a.partner`, clock.Now(ctx), clock.Today(ctx))
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, err
}

// tell is the transaction of one partner.
func (s *Service) tell(ctx context.Context, agreement uuid.UUID) (written int, err error) {
	began := clock.Now(ctx)
	if err := hold(ctx, agreement); err != nil {
		return 0, err
	}
	// Another worker may have told it since; what is written to the book from here
	// on is counted the next time.
	still, err := duePartners(ctx)
	if err != nil || !slices.Contains(still, agreement) {
		return 0, err
	}
	var partner string
	var book int64
	var t Terms
	var last *time.Time
	err = tenants.Row(ctx, `SELECT a.partner, coalesce((SELECT seq FROM audit_heads WHERE tenant_id = a.tenant_id), 0), s.told_at, s.codes, s.splits, s.status, s.reason
		FROM agreements a JOIN figure_shares s ON s.tenant_id = a.tenant_id AND s.agreement_id = a.id WHERE a.id = $1`,
		[]any{agreement}, &partner, &book, &last, &t.Codes, &t.Splits, &t.Status, &t.Reason)
	if err != nil {
		return 0, err
	}
	say := &letter{Terms: t, At: after(last, clock.Now(ctx)), AsOf: clock.Today(ctx).Format(time.DateOnly)}
	var problem string
	if t.Status == Active {
		if problem, err = s.count(ctx, agreement, say); err != nil {
			return 0, err
		}
		say.Complete = problem == ""
	}
	if written, err = s.send(ctx, agreement, partner, say, problem); err != nil {
		return 0, err
	}
	ended := clock.Now(ctx)
	_, err = tenants.Exec(ctx, `UPDATE figure_shares SET told_version = version, told_at = $2, told_on = $3, book = $4, problem = $5, next_at = $6 WHERE agreement_id = $1`,
		agreement, say.At, clock.Today(ctx), book, problem, ended.Add(max(pause, rest*ended.Sub(began))))
	return written, err
}

// after is now, or just after the last time where the clock has been set back a
// little: what is told later is the newer.
func after(last *time.Time, now time.Time) time.Time {
	at := now.UTC().Truncate(time.Microsecond)
	if last != nil && !at.After(*last) && last.Sub(at) < time.Hour {
		at = last.UTC().Add(time.Microsecond)
	}
	return at
}

// send writes the letters, each of a size that an envelope takes; the last says
// that it is all. Where nothing has changed, and that was said today, none is written.
func (s *Service) send(ctx context.Context, agreement uuid.UUID, partner string, say *letter, problem string) (int, error) {
	var quiet bool
	err := tenants.Row(ctx, `SELECT told_version = version AND (status = 'SUSPENDED' OR told_on IS NOT DISTINCT FROM $2) AND (problem = '' OR $3 <> '') FROM figure_shares WHERE agreement_id = $1`,
		[]any{agreement, clock.Today(ctx), problem}, &quiet)
	if err != nil || quiet && len(say.Blocks) == 0 {
		return 0, err
	}
	var letters []letter
	now, size := letter{Terms: say.Terms, At: say.At, AsOf: say.AsOf, Scopes: say.Scopes}, 0
	for _, b := range say.Blocks {
		raw, err := json.Marshal(b)
		if err != nil {
			return 0, err
		}
		if size += len(raw); size > mostBody && len(now.Blocks) > 0 {
			letters = append(letters, now)
			now, size = letter{Terms: say.Terms, At: say.At, AsOf: say.AsOf}, len(raw)
		}
		now.Blocks = append(now.Blocks, b)
	}
	now.Complete = say.Complete
	letters = append(letters, now)
	for _, l := range letters {
		if _, err := s.exchange.Send(ctx, partner, KindFigures, l, exchange.Object{}); err != nil {
			return 0, err
		}
	}
	return len(letters), nil
}

// count fills the letter with what differs from what the partner was told, and
// keeps that it was told. What does not add up is left out, and problem says so.
func (s *Service) count(ctx context.Context, agreement uuid.UUID, say *letter) (problem string, err error) {
	told, err := toldBefore(ctx, agreement)
	if err != nil {
		return "", err
	}
	scopes, err := scopesOf(ctx)
	if err != nil {
		return "", err
	}
	var fresh []news
	for _, sc := range scopes {
		say.Scopes = append(say.Scopes, sc.scope)
		for _, split := range append([]string{""}, Splits...) {
			list, shown, err := counted(ctx, say.Terms, sc, split)
			if err != nil {
				return "", err
			}
			if shown != "" {
				problem = fmt.Sprintf("%s：%s", sc.Name, shown)
			}
			b := block{Kind: sc.Kind, Year: sc.Year, Split: split}
			for _, f := range list {
				raw, err := json.Marshal(f)
				if err != nil {
					return "", err
				}
				if told[key{string(sc.Kind), sc.Year, split, f.Code}] == string(raw) {
					continue
				}
				b.Figures = append(b.Figures, f)
				fresh = append(fresh, news{key{string(sc.Kind), sc.Year, split, f.Code}, string(raw)})
			}
			if len(b.Figures) > 0 {
				say.Blocks = append(say.Blocks, b)
			}
		}
	}
	return problem, keep(ctx, agreement, fresh)
}

// counted are the figures of a scope that may leave, by a split; what people
// are told when they cannot be given.
func counted(ctx context.Context, t Terms, sc counting, split string) (out []figure, shown string, err error) {
	var codes []string
	for _, d := range figures.Shipped.All() {
		if t.Lets(d.Code, split) && (split == "" || slices.Contains(d.Splits(), split)) {
			codes = append(codes, d.Code)
		}
	}
	if len(codes) == 0 {
		return nil, "", nil
	}
	values, err := figures.Count(ctx, codes, sc.of, split)
	if e, ok := errs.As(err); ok && e.Code == errs.GuardFailed {
		return nil, e.Message, nil
	}
	for _, v := range values {
		out = append(out, crossing(v))
	}
	return out, "", err
}

func crossing(v figures.Value) figure {
	f := figure{Code: v.Code, Version: v.Version, Label: v.Label, Unit: v.Unit, Numerator: v.Numerator, Denominator: base(v.Number)}
	for _, p := range v.Parts {
		label := p.Label
		if label == "" {
			label = "未填"
		}
		f.Parts = append(f.Parts, part{Key: p.Key, Label: label, Numerator: p.Numerator, Denominator: base(p.Number)})
	}
	return f
}

func base(n figures.Number) *int {
	if !n.Rate {
		return nil
	}
	return &n.Denominator
}
