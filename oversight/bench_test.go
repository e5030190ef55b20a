package oversight_test

import (
	"context"
	"fmt"
	"testing"

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
		, f AS (INSERT INTO district_figures SELECT $1, id, s, year, '', c, day, 1, c, '件', 1, NULL, NULL, day, day, day, gen_random_uuid()
			FROM a, unnest(ARRAY['SESSION', 'SINCE_SESSION', 'CALENDAR_YEAR']) s, unnest(ARRAY[2024, 2025]) year, unnest($2::text[]) c, generate_series('2024-03-04'::date, '2025-03-03', '7 days') day RETURNING 1)
		SELECT count(*) FROM f`, 210202+n)
		var rows int
		d.DB.AsSuper(b, sql, []any{d.Tenant, codes}, &rows)
	}
	d.DB.AsOwner(b, `ANALYZE`)
	return d
}

// BenchmarkTenDistricts is the city's comparison; BenchmarkRoundTrip what it is
// measured by.
func BenchmarkTenDistricts(b *testing.B) {
	d := ten(b)
	b.ResetTimer()
	b.StopTimer()
	for range b.N {
		d.OK(d.Reads("市督察", func(ctx context.Context) error {
			b.StartTimer()
			list, _, err := d.Oversight.Compare(ctx, oversight.Question{Year: 2025, First: 20})
			b.StopTimer()
			if len(list) != 10 || !list[0].Values[0].Told {
				b.Fatal(len(list))
			}
			return err
		}))
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	d := assembled.New(b, district.Plan{Code: "210200", Posts: []string{"管理员", "市督察"}})
	d.OK(d.Reads("市督察", func(ctx context.Context) error {
		for b.Loop() {
			var n int
			if err := tenants.Row(ctx, `SELECT 1`, nil, &n); err != nil {
				return err
			}
		}
		return nil
	}))
}
