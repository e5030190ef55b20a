package proposals

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Figures are the counts of one sitting (domain.md 7). Every count is a number
// of rows that the list of matters shows under the same filter.
type Figures struct {
	Sitting      uuid.UUID
	Received     int // R: left DRAFT and COSIGNING
	Filed        int // F, after merging: one per surviving case (口径: 并案后)
	Merged       int // M: absorbed originals
	Opinions     int // 转社情民意
	Letters      int // 转委员来信
	NotFiled     int // N
	Withdrawn    int // W
	Forwarded    int // 转上级政协
	Pending      int // P: returned or in review
	Plenary      int // of Received
	Intersession int // of Received
	Completed    int // of Filed: COMPLETED, TRACKING, ARCHIVED
	Assigned     int // of Filed
	Rehandled    int // of Assigned: round 2 and more
	Ratings      []RatingCount
	Attitudes    []RatingCount  // of the attitude, of the same persons and replies
	Met          int            // of Assigned: 面商 with a proposer, which he confirms
	Contacted    int            // of Assigned: 沟通 of any kind
	Uncontacted  int            // of Assigned: a proposer says that a unit did not come
	Units        []UnitContacts // those of which proposers say most that they did not come come first
	Outcomes     []Outcome
	Asked        int // ratings asked for in the last round of each case
	Answered     int // ratings received of them
}

// Outcome is what came of cases: how many records, and how much of what they
// measure. Measures are never added up with one another (domain.md trap 18).
type Outcome struct {
	Category, Measure string
	Quantity          float64
	Rows              []*gen.Record
}

// RatingCount is how many ratings of the result used a word.
type RatingCount struct {
	Code  string
	Count int
}

// Figures counts a sitting's proposals. It refuses to answer when the parts do
// not add up to the whole: R = F + M + X + N + W + P.
func (s *Service) Figures(ctx context.Context, sittingID uuid.UUID) (_ Figures, err error) {
	defer errs.Wrap(&err, "Figures(%s)", sittingID)
	f := Figures{Sitting: sittingID}
	if _, err := authz.Require(ctx, "figures.read"); err != nil {
		return f, err
	}
	there, err := s.client.Sitting.Query().Where(sitting.ID(sittingID)).Exist(authz.System(ctx))
	if err == nil && !there {
		err = errs.New(errs.NotFound, "没有这次会议")
	}
	if err != nil {
		return f, err
	}
	err = tenants.Row(ctx, `
		SELECT count(*) FILTER (WHERE received), count(*) FILTER (WHERE disposition = 'FILED'), count(*) FILTER (WHERE disposition = 'MERGED'),
			count(*) FILTER (WHERE disposition = 'CONVERTED_OPINION'), count(*) FILTER (WHERE disposition = 'CONVERTED_LETTER'),
			count(*) FILTER (WHERE disposition = 'NOT_FILED'), count(*) FILTER (WHERE disposition = 'WITHDRAWN'),
			count(*) FILTER (WHERE disposition = 'FORWARDED_UP'), count(*) FILTER (WHERE received AND disposition = 'NONE'),
			count(*) FILTER (WHERE received AND period = 'PLENARY'), count(*) FILTER (WHERE received AND period = 'INTERSESSION'),
			count(*) FILTER (WHERE disposition = 'FILED' AND state IN ('COMPLETED', 'TRACKING', 'ARCHIVED')),
			count(*) FILTER (WHERE assigned_at IS NOT NULL), count(*) FILTER (WHERE round > 1)
		FROM (SELECT p.*, m.state, p.submitted_at IS NOT NULL AS received
		      FROM proposals p JOIN matters m ON m.tenant_id = p.tenant_id AND m.id = p.matter_id WHERE p.sitting_id = $1) x`,
		[]any{sittingID}, &f.Received, &f.Filed, &f.Merged, &f.Opinions, &f.Letters, &f.NotFiled, &f.Withdrawn, &f.Forwarded,
		&f.Pending, &f.Plenary, &f.Intersession, &f.Completed, &f.Assigned, &f.Rehandled)
	if err != nil {
		return f, err
	}
	if sum := f.Filed + f.Merged + f.Opinions + f.Letters + f.NotFiled + f.Withdrawn + f.Forwarded + f.Pending; sum != f.Received {
		return f, fmt.Errorf("the dispositions sum to %d, not to the %d received", sum, f.Received)
	}
	if f.Ratings, err = ratings(ctx, sittingID, "result"); err != nil {
		return f, err
	}
	if f.Attitudes, err = ratings(ctx, sittingID, "attitude"); err != nil {
		return f, err
	}
	if err := f.contacts(ctx); err != nil {
		return f, err
	}
	if err := s.units(ctx, f.Units); err != nil {
		return f, err
	}
	if f.Outcomes, err = s.outcomes(ctx, sittingID); err != nil {
		return f, err
	}
	for _, r := range f.Ratings {
		f.Asked += r.Count
		if r.Code != "SILENT" {
			f.Answered += r.Count
		}
	}
	return f, err
}
