package roster

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Waiting is a matter that waits for a unit or a role, as an administrator may
// know it: he sees which and in what state, and not what it says.
type Waiting struct {
	Matter uuid.UUID
	Kind   string
	Number string // empty: it has none yet
	State  string // a code of its process
	Turn   string // whose turn it is, a code of its process
	Why    string // what ties it to the unit or the role, in Chinese
}

// waitingFor are the open matters that wait for a unit or for what it
// inherited: a share that is not settled, an item that is owed, a party that
// takes part, and what belongs to it as owner, 界别 or street.
func waitingFor(ctx context.Context, unit uuid.UUID) ([]Waiting, error) {
	return tenants.Rows[Waiting](ctx, `
		WITH mine AS (SELECT id FROM inherited(ARRAY[$1::uuid])), tied AS (
			SELECT matter_id, '承办' AS why, 1 AS rank FROM assignments WHERE unit_id IN (SELECT id FROM mine) AND state NOT IN ('RETURN_GRANTED', 'SUPERSEDED')
			UNION ALL SELECT matter_id, '有未办结的条目', 2 FROM items WHERE unit_id IN (SELECT id FROM mine) AND status IN ('OPEN', 'REPORTED')
			UNION ALL SELECT id, '牵头', 3 FROM matters WHERE owner_unit_id IN (SELECT id FROM mine)
			UNION ALL SELECT matter_id, '当事方', 4 FROM parties WHERE unit_id IN (SELECT id FROM mine) AND cosign NOT IN ('CANCELLED', 'DECLINED', 'EXPIRED')
			UNION ALL SELECT id, '属于这一界别', 5 FROM matters WHERE sector_id IN (SELECT id FROM mine)
			UNION ALL SELECT id, '属于这一街道', 6 FROM matters WHERE street_id IN (SELECT id FROM mine)
		)
		SELECT DISTINCT ON (m.id) m.id, m.kind, coalesce(m.number, ''), m.state, coalesce(m.turn, ''), tied.why
		FROM tied JOIN matters m ON m.id = tied.matter_id
		WHERE m.closed_at IS NULL ORDER BY m.id, tied.rank`, unit)
}

// PreviewClosing lists what would have to be taken over if a unit were closed.
// It changes nothing.
func (s *Service) PreviewClosing(ctx context.Context, unit uuid.UUID) (_ []Waiting, err error) {
	defer errs.Wrap(&err, "roster.PreviewClosing(%s)", unit)
	ctx, _, err = authz.Enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if _, err := s.unit(ctx, unit); err != nil {
		return nil, err
	}
	return waitingFor(ctx, unit)
}
