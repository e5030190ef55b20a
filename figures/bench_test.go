package figures_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// manyCases are 50,000 proposals of ten years, each with its ten steps, its share,
// reply, rating and proposer.
const manyCases = 50_000

// many is a committee that has worked for ten years: 5,000 proposals a year.
func many(b *testing.B) *district.District {
	b.Helper()
	d := district.New(b, district.Plan{Code: "210202", Posts: []string{"主任"}, Stored: []string{fmt.Sprintf(stored, "proposal")}, Sitting: district.Plenary(2025, 6, 9)})
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, d.DB.SuperURL)
	d.OK(err)
	defer conn.Close(ctx)
	const id = `md5('%s' || n)::uuid`
	of := func(kind string) string { return fmt.Sprintf(id, kind) }
	words := strings.NewReplacer("tenant::uuid", "'"+d.Tenant.String()+"'::uuid", "process::uuid", "'"+d.Runs["proposal"].String()+"'::uuid", "many::int", strconv.Itoa(manyCases))
	began := time.Now()
	for _, sql := range []string{
		`SET session_replication_role = replica`,
		`CREATE TEMP TABLE x AS SELECT n, tenant::uuid AS tenant, process::uuid AS process, timestamptz '2016-01-04 09:00+08' + n % 10 * interval '1 year' + n % 300 * interval '1 day' AS at,
			md5('s' || n % 10)::uuid AS sitting, md5('u' || n % 40)::uuid AS unit, md5('m' || n % 300)::uuid AS member FROM generate_series(1, many::int) n`,
		`INSERT INTO sittings (id, tenant_id, created_at, ordinal, opens_on, closes_on, term_id)
			SELECT md5('s' || n)::uuid, tenant::uuid, now(), n + 10, make_date(2016 + n, 1, 3), make_date(2016 + n, 1, 6), (SELECT id FROM terms WHERE tenant_id = tenant::uuid LIMIT 1) FROM generate_series(0, 9) n`,
		`INSERT INTO units (id, tenant_id, created_at, updated_at, name, kind, line) SELECT md5('u' || n)::uuid, tenant::uuid, now(), now(), '单位' || n, 'HANDLING_UNIT', 'HANDLING' FROM generate_series(0, 39) n`,
		`INSERT INTO memberships (id, tenant_id, created_at, updated_at, name, kind, active_from) SELECT md5('m' || n)::uuid, tenant::uuid, now(), now(), '委员' || n, 'MEMBER', '2015-01-01' FROM generate_series(0, 299) n`,
		`INSERT INTO matters (id, tenant_id, created_at, updated_at, kind, state, title, opened_at, process_id) SELECT ` + of("c") + `, tenant, at, at, 'proposal', 'COMPLETED', '关于某事', at, process FROM x`,
		`INSERT INTO proposals (id, tenant_id, created_at, proposer_kind, period, sitting_id, submitted_at, disposition, matter_id)
			SELECT ` + of("p") + `, tenant, at, 'INDIVIDUAL', CASE n % 3 WHEN 0 THEN 'INTERSESSION' ELSE 'PLENARY' END, sitting, at, 'FILED', ` + of("c") + ` FROM x`,
		`INSERT INTO parties (id, tenant_id, created_at, role, membership_id, matter_id) SELECT ` + of("w") + `, tenant, at, 'LEAD', member, ` + of("c") + ` FROM x`,
		`INSERT INTO assignments (id, tenant_id, created_at, updated_at, role, state, assigned_at, origin_assigned_at, sign_by, due_on, original_due_on, signed_at, sent_at, unit_id, matter_id)
			SELECT ` + of("a") + `, tenant, at, at, 'SOLE', 'SENT', at + interval '20 days', at + interval '20 days', at::date + 25, at::date + 110, at::date + 110, at + interval '22 days', at + interval '80 days' + n % 40 * interval '1 day', unit, ` + of("c") + ` FROM x`,
		`INSERT INTO steps (id, tenant_id, created_at, action, label, from_state, to_state, at, matter_id, assignment_id)
			SELECT md5('t' || n || s.a || s.days)::uuid, tenant, at, s.a, s.a, s.f, s.t, at + s.days * interval '1 day', ` + of("c") + `, CASE WHEN s.share THEN ` + of("a") + ` END
			FROM x, (VALUES ('submit', 'DRAFT', 'SUBMITTED', 0, false), ('review', 'SUBMITTED', 'UNDER_REVIEW', 3, false), ('decide', 'UNDER_REVIEW', 'REVIEWED', 6, false), ('file', 'REVIEWED', 'FILED', 10, false),
				('assign', 'FILED', 'ASSIGNED', 20, false), ('sign', 'PENDING_SIGN', 'HANDLING', 22, true), ('begin', 'ASSIGNED', 'HANDLING', 22, false), ('send', 'HANDLING', 'SENT', 80, true),
				('replied', 'HANDLING', 'REPLIED', 80, false), ('complete', 'REPLIED', 'COMPLETED', 120, false)) s (a, f, t, days, share)`,
		`INSERT INTO replies (id, tenant_id, created_at, kind, status, class, body, publishable, sent_at, assignment_id, matter_id)
			SELECT ` + of("r") + `, tenant, at, 'REPLY', 'SENT', chr(65 + n % 3), '答复', true, at + interval '80 days', ` + of("a") + `, ` + of("c") + ` FROM x`,
		`INSERT INTO feedback (id, tenant_id, created_at, asked_at, result, attitude, received_at, contacted, party_id, matter_id, reply_id)
			SELECT ` + of("f") + `, tenant, at, at + interval '80 days', 'SATISFIED', 'SATISFIED', at + interval '100 days', true, ` + of("w") + `, ` + of("c") + `, ` + of("r") + ` FROM x`,
		`ANALYZE`,
	} {
		_, err := conn.Exec(ctx, words.Replace(sql))
		if err != nil {
			b.Fatalf("%v\n%s", err, sql)
		}
	}
	b.Logf("%d cases were written in %s", manyCases, time.Since(began))
	return d
}

// BenchmarkFiftyThousand counts all figures of the committee, each scope in one
// statement, and beside it how long the plain question takes how many cases there
// are. -v prints the plans.
func BenchmarkFiftyThousand(b *testing.B) {
	d := many(b)
	var codes []string
	for _, f := range figures.Shipped.All() {
		codes = append(codes, f.Code)
	}
	sitting := uuid.Nil
	d.DB.AsSuper(b, `SELECT md5('s8')::uuid`, nil, &sitting)
	for _, c := range []struct {
		name  string
		scope figures.Scope
		codes []string
	}{
		{"a sitting, all", figures.Scope{Kind: figures.Since, Sitting: sitting}, codes},
		{"a sitting, nine", figures.Scope{Kind: figures.Since, Sitting: sitting}, []string{"received", "filed", "assigned", "reply_rate", "on_time_rate", "face_rate", "satisfaction_rate", "completion_rate", "node_rate"}},
		{"a year, all", figures.Scope{Kind: figures.Year, Year: 2024}, codes},
		{"a year, one", figures.Scope{Kind: figures.Year, Year: 2024}, []string{"received"}},
		{"a past year as of a past day, one", figures.Scope{Kind: figures.Year, Year: 2018, AsOf: clock.Date(2019, 3, 1)}, []string{"received"}},
		{"everything, one", figures.Scope{Kind: figures.All}, []string{"received"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			in := d.With(b)
			in.OK(in.Reads("", func(ctx context.Context) error {
				for b.Loop() {
					values, err := figures.Count(ctx, c.codes, c.scope, "")
					if err != nil {
						return err
					}
					if n := slices.IndexFunc(values, func(v figures.Value) bool { return v.Code == "received" }); values[n].Numerator == 0 {
						b.Fatal("nothing is counted")
					}
				}
				var n int
				return tenants.Row(ctx, `SELECT count(*) FROM proposals`, nil, &n)
			}))
		})
	}
}
