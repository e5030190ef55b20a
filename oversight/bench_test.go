package oversight_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// ten gives a city ten districts that have told every figure of six scopes for a
// year, each changed every week.
func ten(b *testing.B) *assembled.District {
	b.Helper()
	d := assembled.New(b, district.Plan{Code: "210200", Posts: []string{"管理员", "市督察"}})
	var codes []string
	for _, f := range figures.Shipped.All() {
		codes = append(codes, f.Code)
	}
	for n := range 10 {
		sql := fmt.Sprintf(`WITH a AS (
			INSERT INTO agreements (id, tenant_id, created_at, updated_at, partner, partner_name, receives) VALUES (gen_random_uuid(), $1, '2025-01-01', '2025-01-01', '%d', '某区政协', '["figures"]') RETURNING id
		), t AS (INSERT INTO district_terms SELECT $1, id, '2024-01-01', NULL, NULL, 'ACTIVE', '', '2024-01-01' FROM a)
		, y AS (INSERT INTO district_days SELECT $1, id, day, day FROM a, generate_series('2024-03-04'::date, '2025-03-03', '1 day') day)
		, f AS (INSERT INTO district_figures SELECT $1, id, s, year, split, c, day, 1, c, '件', 1, NULL, CASE WHEN split <> '' THEN '[{"label":"甲","n":1},{"label":"乙","n":0}]'::jsonb END, day, day, day, gen_random_uuid()
			FROM a, unnest(ARRAY['SESSION', 'SINCE_SESSION', 'CALENDAR_YEAR']) s, unnest(ARRAY[2024, 2025]) year, unnest($2::text[]) c, unnest(ARRAY['', 'period', 'proposer_kind', 'sector', 'street']) split,
				generate_series('2024-03-04'::date, '2025-03-03', '7 days') day WHERE split = '' OR day = '2025-03-03' RETURNING 1)
		, x AS (INSERT INTO district_newest SELECT $1, id, s, year, split, c, '2025-03-03', 1, c, '件', 1, NULL, CASE WHEN split <> '' THEN '[{"label":"甲","n":1},{"label":"乙","n":0}]'::jsonb END, '2025-03-03', '2025-03-03'
			FROM a, unnest(ARRAY['SESSION', 'SINCE_SESSION', 'CALENDAR_YEAR']) s, unnest(ARRAY[2024, 2025]) year, unnest($2::text[]) c, unnest(ARRAY['', 'period', 'proposer_kind', 'sector', 'street']) split)
		SELECT count(*) FROM f`, 210202+n)
		var rows int
		d.DB.AsSuper(b, sql, []any{d.Tenant, codes}, &rows)
	}
	d.DB.AsOwner(b, `ANALYZE`)
	return d
}

// BenchmarkTenDistricts is the city's comparison beside a round trip of the same
// session, one after the other, so that what else runs on the machine slows both:
// "ratio" is that of their medians.
func BenchmarkTenDistricts(b *testing.B) {
	d := ten(b)
	var compared, trips []time.Duration
	d.OK(d.Reads("市督察", func(ctx context.Context) error {
		for b.Loop() {
			began := time.Now()
			var n int
			if err := tenants.Row(ctx, `SELECT 1`, nil, &n); err != nil {
				return err
			}
			between := time.Now()
			list, _, err := d.Oversight.Compare(ctx, oversight.Question{Year: 2025, First: 20})
			if err != nil {
				return err
			}
			if len(list) != 10 || !list[0].Values[0].Told {
				b.Fatal(len(list))
			}
			trips, compared = append(trips, between.Sub(began)), append(compared, time.Since(between))
		}
		return nil
	}))
	b.ReportMetric(float64(median(trips).Nanoseconds()), "ns/trip")
	b.ReportMetric(float64(median(compared).Nanoseconds()), "ns/comparison")
	b.ReportMetric(float64(median(compared))/float64(median(trips)), "ratio")
}

func median(of []time.Duration) time.Duration {
	slices.Sort(of)
	return of[len(of)/2]
}
