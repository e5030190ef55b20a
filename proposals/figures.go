package proposals

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/errs"
)

// Figures are the figures of one sitting as the first screen for them has it:
// numbers of package figures, since the sitting and as of today, beside what
// came of the cases.
type Figures struct {
	Sitting      uuid.UUID
	Received     int
	Filed        int // 口径: 并案后
	Merged       int
	Opinions     int // 转社情民意
	Letters      int // 转委员来信
	NotFiled     int
	Withdrawn    int
	Forwarded    int // 转上级政协
	Pending      int
	Plenary      int // of Received
	Intersession int // of Received
	Completed    int // of Filed
	Assigned     int // of Filed
	Rehandled    int // of Assigned
	Ratings      []RatingCount
	Attitudes    []RatingCount  // of the attitude, of the same persons and replies
	Met          int            // of Assigned
	Contacted    int            // of Assigned
	Uncontacted  int            // of Assigned: a proposer says that a unit did not come
	Units        []UnitContacts // those of which proposers say most that they did not come come first
	Outcomes     []Outcome
	Asked        int // ratings asked for in the last round of each case
	Answered     int // ratings received of them
}

// numbers are where the figures by code are shown.
func (f *Figures) numbers() map[string]*int {
	return map[string]*int{
		"received": &f.Received, "filed": &f.Filed, "merged": &f.Merged, "converted_opinion": &f.Opinions, "converted_letter": &f.Letters,
		"not_filed": &f.NotFiled, "withdrawn": &f.Withdrawn, "forwarded_up": &f.Forwarded, "pending": &f.Pending, "plenary": &f.Plenary,
		"intersession": &f.Intersession, "completed": &f.Completed, "assigned": &f.Assigned, "rehandled": &f.Rehandled, "face_rate": &f.Met,
		"contact_rate": &f.Contacted, "uncontacted": &f.Uncontacted, "ratings_asked": &f.Asked, "ratings_received": &f.Answered,
	}
}

// Outcome is what came of cases: how many records, and how much of what they
// measure. Measures are never added up with one another (domain.md trap 18).
type Outcome struct {
	Category, Measure string
	Quantity          float64
	Rows              []*gen.Record
}

// RatingCount is how many ratings used a word.
type RatingCount struct {
	Code  string
	Count int
}

// UnitContacts is how one unit met the proposers of what it answers. Of a case
// that it answers in several rounds the present one counts, once.
type UnitContacts struct {
	Unit        *gen.Unit     // as it is there now
	Assigned    int           // cases that it answers, alone or with others
	Met         int           // 面商, which a proposer confirms
	Contacted   int           // 沟通 of any kind
	Uncontacted int           // a proposer says that it did not come
	Marks       []*gen.Record // his word for it
}

// Figures counts a sitting's proposals. What does not add up is refused.
func (s *Service) Figures(ctx context.Context, sittingID uuid.UUID) (_ Figures, err error) {
	defer errs.Wrap(&err, "Figures(%s)", sittingID)
	f, scope := Figures{Sitting: sittingID}, figures.Scope{Kind: figures.Since, Sitting: sittingID}
	into := f.numbers()
	values, err := figures.Of(ctx, slices.Sorted(maps.Keys(into)), scope, "")
	if err != nil {
		return f, err
	}
	for _, v := range values {
		*into[v.Code] = v.Numerator
	}
	if f.Ratings, err = ratings(ctx, scope, "result_word"); err != nil {
		return f, err
	}
	if f.Attitudes, err = ratings(ctx, scope, "attitude_word"); err != nil {
		return f, err
	}
	if f.Units, err = s.units(ctx, scope); err != nil {
		return f, err
	}
	f.Outcomes, err = s.outcomes(ctx, sittingID)
	return f, err
}

// ratings counts one of the two ratings by its word.
func ratings(ctx context.Context, scope figures.Scope, by string) ([]RatingCount, error) {
	values, err := figures.Of(ctx, []string{"ratings_asked"}, scope, by)
	if err != nil {
		return nil, err
	}
	var out []RatingCount
	for _, p := range values[0].Parts {
		out = append(out, RatingCount{Code: p.Key, Count: p.Numerator})
	}
	slices.SortFunc(out, func(a, b RatingCount) int { return cmp.Compare(a.Code, b.Code) })
	return out, nil
}

// units are the contacts by unit, with the records behind the marks as far as
// the viewer sees them.
func (s *Service) units(ctx context.Context, scope figures.Scope) (out []UnitContacts, err error) {
	values, err := figures.Of(ctx, []string{"unit_face_rate", "unit_contact_rate", "unit_uncontacted_rate"}, scope, "unit")
	if err != nil {
		return nil, err
	}
	at := map[string]*UnitContacts{}
	var ids []uuid.UUID
	for _, p := range values[0].Parts {
		id, err := uuid.Parse(p.Key)
		if err != nil {
			return nil, err
		}
		at[p.Key], ids = &UnitContacts{Assigned: p.Denominator, Met: p.Numerator}, append(ids, id)
	}
	for _, p := range values[1].Parts {
		at[p.Key].Contacted = p.Numerator
	}
	for _, p := range values[2].Parts {
		at[p.Key].Uncontacted = p.Numerator
	}
	list, err := s.client.Unit.Query().Where(unit.IDIn(ids...)).Order(unit.ByID()).All(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	if err := s.marks(ctx, scope, at); err != nil {
		return nil, err
	}
	for _, u := range list {
		x := at[u.ID.String()]
		x.Unit = u
		out = append(out, *x)
	}
	slices.SortStableFunc(out, func(a, b UnitContacts) int { return b.Uncontacted - a.Uncontacted })
	return out, nil
}

// marks reads what proposers said against units.
func (s *Service) marks(ctx context.Context, scope figures.Scope, of map[string]*UnitContacts) error {
	unitOf := map[uuid.UUID]string{}
	var ids []uuid.UUID
	for after, more := uuid.Nil, true; more; {
		_, rows, err := figures.Behind(ctx, figures.Rows{Code: "marks", Scope: scope, Split: "unit", After: after, Limit: figures.MostRows})
		if err != nil {
			return err
		}
		more = len(rows) > figures.MostRows
		for _, r := range rows[:min(len(rows), figures.MostRows)] {
			unitOf[r.ID], ids, after = r.Part, append(ids, r.ID), r.ID
		}
	}
	records, err := s.client.Record.Query().Where(record.IDIn(ids...)).Order(record.ByID()).All(ctx)
	for _, r := range records {
		x := of[unitOf[r.ID]]
		x.Marks = append(x.Marks, r)
	}
	return err
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
