package obligations

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/tenants"
)

// person is somebody who owes, and since when.
type person struct {
	ID     uuid.UUID
	Name   string
	Pinyin string
	Since  time.Time
}

// owingSQL finds who belongs to a group on the day $1. Whose unit was renamed or
// merged goes on in the heir: his seat there begins anew, so the seats in what
// went before count for since when, as far as they reach into the period.
const owingSQL = `
WITH RECURSIVE given AS (
	SELECT heir(u) AS id FROM unnest($2::uuid[]) u
	UNION SELECT u.id FROM units u WHERE u.kind = ANY($3::text[]) AND in_force(u, $1)
	UNION SELECT heir(p.owner_unit_id) FROM platforms p WHERE p.id = $4 AND p.owner_unit_id IS NOT NULL),
here AS (SELECT id FROM given UNION SELECT c.id FROM units c JOIN here h ON c.parent_id = h.id),
past AS (SELECT i.id FROM inherited((SELECT array_agg(h.id) FROM here h)) i),
asked AS (SELECT heir(a) AS id FROM unnest($10::uuid[]) a UNION SELECT c.id FROM units c JOIN asked a ON c.parent_id = a.id)
SELECT m.id, m.name, coalesce(m.name_pinyin, m.name),
	greatest(begins(m), CASE WHEN $6 THEN j.since END)
FROM memberships m LEFT JOIN LATERAL (
	SELECT bool_or(in_force(s, $1) AND (NOT $7 OR s.unit_id IN (SELECT id FROM here))) AS sits, min(begins(s)) AS since
	FROM seats s WHERE s.membership_id = m.id AND (s.post = ANY($5::text[]) OR cardinality($5::text[]) = 0 AND s.post <> 'SUPERVISOR')
		AND (NOT $7 OR s.unit_id IN (SELECT id FROM past)) AND reaches(s, $8::date - 1)
) j ON true
WHERE served(m, $1) AND m.kind = ANY($9::text[]) AND (NOT $6 OR j.sits)
	AND ($10::uuid[] IS NULL OR EXISTS (SELECT FROM seats s WHERE s.membership_id = m.id AND in_force(s, $1) AND s.unit_id IN (SELECT id FROM asked)))
	AND ($11::uuid IS NULL OR m.id = $11)
ORDER BY 3, 1`

// owing are the people of the group on a day, of some units and below or of one
// person where asked for.
func (o Owes) owing(ctx context.Context, day time.Time, p Period, units []uuid.UUID, only *uuid.UUID) ([]person, error) {
	seated, placed := o.sits()
	given, kinds, posts := o.Units, o.UnitKinds, o.Posts
	if given == nil {
		given = []uuid.UUID{}
	}
	if kinds == nil {
		kinds = []string{}
	}
	if posts == nil {
		posts = []string{}
	}
	return tenants.Rows[person](ctx, owingSQL, day, given, kinds, o.Platform, posts, seated, placed, p.From, o.Kinds, units, only)
}
