package oversight

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// overseer is the role that is told what districts change.
const overseer = "city_overseer"

// receive keeps what a district told. Every row goes by the time at which the
// district counted, so that it does not matter in which order letters come, or how often.
func (s *Service) receive(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var l letter
	if err := in.Decode(&l); err != nil {
		return none, err
	}
	if err := l.wrong(clock.Now(ctx), clock.Today(ctx)); err != nil {
		return none, err
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return none, err
	}
	to := arrival{tenant: tenant, now: clock.Now(ctx), envelope: in.Envelope, letter: &l}
	if err := tenants.Row(ctx, `SELECT id FROM agreements WHERE partner = $1`, []any{in.Partner}, &to.agreement); err != nil {
		return none, err
	}
	if err := s.told(ctx, in, to); err != nil {
		return none, err
	}
	for _, sc := range l.Scopes {
		if err := to.named(ctx, sc); err != nil {
			return none, err
		}
	}
	for _, b := range l.Blocks {
		if err := to.counted(ctx, b); err != nil {
			return none, err
		}
	}
	if !l.Complete {
		return none, nil
	}
	_, err = tenants.Exec(ctx, `INSERT INTO district_days (tenant_id, agreement_id, as_of, at) VALUES ($1, $2, $3::date, $4)
		ON CONFLICT (tenant_id, agreement_id, as_of) DO UPDATE SET at = greatest(district_days.at, excluded.at)`, tenant, to.agreement, l.AsOf, l.At)
	return none, err
}

// told keeps the terms and tells the overseers where they are others than before.
func (s *Service) told(ctx context.Context, in exchange.Incoming, to arrival) error {
	before, there, err := termsNow(ctx, to.agreement)
	if err != nil || there && before.same(to.Terms) {
		return err
	}
	tag, err := tenants.Exec(ctx, `INSERT INTO district_terms (tenant_id, agreement_id, at, codes, splits, status, reason, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		to.tenant, to.agreement, to.At, to.Terms.Codes, to.Terms.Splits, to.Terms.Status, to.Terms.Reason, to.now)
	if err != nil || tag.RowsAffected() == 0 || !there && to.Terms.Summary() == "" {
		return err
	}
	says := to.Terms.Summary()
	if says == "" {
		says = "全部指标"
	}
	return flow.TellRoles(ctx, notices.Letter(fmt.Sprintf("%s改了送来的指标：%s", in.Name, says), in.Envelope), overseer)
}

// termsNow are the terms that a district told last.
func termsNow(ctx context.Context, agreement uuid.UUID) (t Terms, there bool, err error) {
	err = tenants.Row(ctx, `SELECT codes, splits, status, reason, true FROM district_terms WHERE agreement_id = $1 ORDER BY at DESC LIMIT 1`,
		[]any{agreement}, &t.Codes, &t.Splits, &t.Status, &t.Reason, &there)
	if tenants.NoRows(err) {
		err = nil
	}
	return t, there, err
}

func (t Terms) same(o Terms) bool {
	return all(t.Codes) == all(o.Codes) && all(t.Splits) == all(o.Splits) && t.Status == o.Status && t.Reason == o.Reason
}

// arrival is a letter that was believed.
type arrival struct {
	*letter
	tenant    uuid.UUID
	agreement uuid.UUID
	envelope  uuid.UUID
	now       time.Time
}

func (to arrival) named(ctx context.Context, sc scope) error {
	_, err := tenants.Exec(ctx, `
		INSERT INTO district_scopes (tenant_id, agreement_id, scope, year, name, opens_on, closes_on, at) VALUES ($1, $2, $3, $4, $5, nullif($6, '')::date, nullif($7, '')::date, $8)
		ON CONFLICT (tenant_id, agreement_id, scope, year) DO UPDATE SET name = excluded.name, opens_on = excluded.opens_on, closes_on = excluded.closes_on, at = excluded.at
		WHERE district_scopes.at < excluded.at`, to.tenant, to.agreement, string(sc.Kind), sc.Year, sc.Name, sc.Opens, sc.Closes, to.At)
	return err
}

// counted keeps the figures of a block, in one statement. What has the number
// that it had before has not moved.
func (to arrival) counted(ctx context.Context, b block) error {
	raw, err := json.Marshal(b.Figures)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO district_figures (tenant_id, agreement_id, scope, year, split, code, as_of, definition, label, unit, numerator, denominator, parts, at, moved_on, received_at, envelope_id)
		SELECT $1, $2, $3, $4, $5, f.code, $6::date, f.version, f.label, f.unit, f.n, f.d, f.parts, $7,
		  coalesce((SELECT p.moved_on FROM (SELECT * FROM district_figures p WHERE (p.tenant_id, p.agreement_id, p.scope, p.year, p.split, p.code) = ($1, $2, $3, $4, $5, f.code)
		      AND p.as_of < $6::date ORDER BY p.as_of DESC LIMIT 1) p WHERE (p.numerator, p.denominator) IS NOT DISTINCT FROM (f.n, f.d)), $6::date), $8, $9
		FROM jsonb_to_recordset($10::jsonb) AS f (code text, version int, label text, unit text, n int, d int, parts jsonb)
		ON CONFLICT (tenant_id, agreement_id, scope, year, split, code, as_of) DO UPDATE SET definition = excluded.definition, label = excluded.label, unit = excluded.unit,
		  numerator = excluded.numerator, denominator = excluded.denominator, parts = excluded.parts, at = excluded.at, moved_on = excluded.moved_on,
		  received_at = excluded.received_at, envelope_id = excluded.envelope_id WHERE district_figures.at < excluded.at`,
		to.tenant, to.agreement, string(b.Kind), b.Year, b.Split, to.AsOf, to.At, to.now, to.envelope, string(raw))
	if err != nil {
		return err
	}
	codes := make([]string, len(b.Figures))
	for i, f := range b.Figures {
		codes[i] = f.Code
	}
	_, err = tenants.Exec(ctx, newest, to.tenant, to.agreement, string(b.Kind), b.Year, b.Split, codes)
	return err
}

// newest keeps beside the rows of the days the last of each figure, which is what
// is asked for nearly always. It may be run at any time, and again.
const newest = `
	INSERT INTO district_newest (tenant_id, agreement_id, scope, year, split, code, as_of, definition, label, unit, numerator, denominator, parts, at, moved_on)
	SELECT DISTINCT ON (f.code) f.tenant_id, f.agreement_id, f.scope, f.year, f.split, f.code, f.as_of, f.definition, f.label, f.unit, f.numerator, f.denominator, f.parts, f.at, f.moved_on
	FROM district_figures f WHERE (f.tenant_id, f.agreement_id, f.scope, f.year, f.split) = ($1, $2, $3, $4, $5) AND f.code = ANY ($6::text[]) ORDER BY f.code, f.as_of DESC
	ON CONFLICT (tenant_id, scope, year, split, code, agreement_id) DO UPDATE SET as_of = excluded.as_of, definition = excluded.definition, label = excluded.label, unit = excluded.unit,
	  numerator = excluded.numerator, denominator = excluded.denominator, parts = excluded.parts, at = excluded.at, moved_on = excluded.moved_on`
