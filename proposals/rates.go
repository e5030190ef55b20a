package proposals

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/tenants"
)

// ratings counts one of the two ratings of each person and reply by its word.
// Of each case the last round counts that was asked about: one that is being
// redone keeps the ratings for which it is until its new replies are asked about.
func ratings(ctx context.Context, sittingID uuid.UUID, column string) ([]RatingCount, error) {
	return tenants.Rows[RatingCount](ctx, `
		WITH stands AS (
			SELECT f.*, max(f.round) OVER (PARTITION BY f.matter_id) AS last FROM feedback f
			JOIN proposals p ON p.tenant_id = f.tenant_id AND p.matter_id = f.matter_id
			JOIN replies r ON r.tenant_id = f.tenant_id AND r.id = f.reply_id AND r.status <> 'SENT_BACK'
			WHERE p.sitting_id = $1
		), once AS (
			SELECT DISTINCT ON (f.reply_id, coalesce(w.membership_id, heir(w.unit_id), w.id)) f.`+column+` AS word FROM stands f
			JOIN parties w ON w.tenant_id = f.tenant_id AND w.id = f.party_id
			WHERE f.round = f.last
			ORDER BY f.reply_id, coalesce(w.membership_id, heir(w.unit_id), w.id), f.received_at NULLS LAST
		) SELECT coalesce(nullif(word, ''), 'SILENT'), count(*)::int FROM once GROUP BY 1 ORDER BY 1`, sittingID)
}

// outcomes are what came of the sitting's cases, by category and measure, with
// the rows, as far as the viewer sees them.
func (s *Service) outcomes(ctx context.Context, sittingID uuid.UUID) ([]Outcome, error) {
	rows, err := s.client.Record.Query().
		Where(record.KindEQ(record.KindOUTCOME), record.HasMatterWith(matter.HasProposalWith(proposal.SittingID(sittingID)))).Order(record.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	out, at := []Outcome{}, map[[2]string]int{}
	for _, r := range rows {
		category, _ := r.Data["category"].(string)
		measure, _ := r.Data["measure"].(string)
		key := [2]string{category, measure}
		if _, seen := at[key]; !seen {
			at[key] = len(out)
			out = append(out, Outcome{Category: category, Measure: measure})
		}
		o := &out[at[key]]
		quantity, _ := r.Data["quantity"].(float64)
		o.Quantity += quantity
		o.Rows = append(o.Rows, r)
	}
	return out, nil
}
