package demo

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// Source 002: 收到提案109件，合并5件，转社情民意35件，立案69件，办结率100%，满意率100%，4件主席督办重点提案.
func (in *installation) yearlyReport(t *testing.T) {
	type line struct {
		Label, Why, Text     string
		Counts, Rows, Number int
	}
	lines := query(in, pgx.RowToStructByPos[line], `
		SELECT l->>'label', coalesce(l->>'why', ''), r.printed, k.counts, k.rows, coalesce((l->>'numerator')::int, 0)
		FROM reports r JOIN tenants t ON t.id = r.tenant_id AND t.code = '210202', jsonb_array_elements(r.lines) WITH ORDINALITY x (l, n),
		LATERAL (SELECT count(*) FILTER (WHERE counts)::int AS counts, count(*)::int AS rows FROM report_rows w WHERE w.report_id = r.id AND w.line = n - 1) k ORDER BY n`)
	want := map[string]int{"收到提案": 109, "合并": 5, "转社情民意": 35, "立案": 69, "办结率": 69, "主席督办重点提案": 4}
	if len(lines) != 36 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if n, told := want[l.Label]; told && (l.Number != n || l.Counts != n) {
			t.Errorf("%s: %+v", l.Label, l)
		}
		if (l.Why == "") != (l.Rows > 0) {
			t.Errorf("%s has %d rows and the reason %q", l.Label, l.Rows, l.Why)
		}
	}
}
