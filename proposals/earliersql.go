package proposals

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/tenants"
)

// earlierRows are the proposals that came by an import, in the order of their
// sittings and numbers.
func earlierRows[T any](ctx context.Context, only *uuid.UUID) ([]T, error) {
	return tenants.Rows[T](ctx, `
		SELECT t.ordinal::int, s.ordinal::int, p.case_no::int, coalesce(m.number, ''), m.title, p.proposer_kind, coalesce(p.period, ''),
			coalesce((SELECT coalesce(u.name, w.name) FROM parties w LEFT JOIN units u ON u.id = w.unit_id WHERE w.matter_id = m.id AND w.role = 'LEAD' LIMIT 1), ''),
			coalesce((SELECT string_agg(w.name, '；' ORDER BY w.ordinal) FROM parties w WHERE w.matter_id = m.id AND w.role = 'CO'), ''),
			coalesce((SELECT name FROM units WHERE id = m.sector_id), ''), coalesce(p.category, ''), coalesce(p.situation, ''), p.disposition,
			coalesce((SELECT string_agg(u.name, '；' ORDER BY a.id) FROM assignments a JOIN units u ON u.id = a.unit_id WHERE a.matter_id = m.id AND a.role <> 'ASSIST'), ''),
			coalesce((SELECT string_agg(u.name, '；' ORDER BY a.id) FROM assignments a JOIN units u ON u.id = a.unit_id WHERE a.matter_id = m.id AND a.role = 'ASSIST'), ''),
			coalesce(p.class_original, ''), coalesce((SELECT max(f.result) FROM feedback f WHERE f.matter_id = m.id), ''),
			p.submitted_at, coalesce(p.filed_at, m.closed_at), p.assigned_at, (SELECT max(a.sent_at) FROM assignments a WHERE a.matter_id = m.id), p.completed_at, p.is_key
		FROM matters m JOIN proposals p ON p.matter_id = m.id JOIN sittings s ON s.id = p.sitting_id JOIN terms t ON t.id = s.term_id
		WHERE EXISTS (SELECT FROM steps x WHERE x.matter_id = m.id AND x.action = '`+entering+`') AND ($1::uuid IS NULL OR m.id = $1)
		ORDER BY t.ordinal, s.ordinal, p.case_no NULLS LAST, m.number, m.id`, only)
}
