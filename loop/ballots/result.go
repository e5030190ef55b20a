package ballots

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Result is what came of a ballot. A percentage is the reader's to compute, and
// is shown with the numbers it comes from.
type Result struct {
	Ballot   *Ballot
	Voters   int // on the list; Cast and Absent add up to it
	Cast     int
	Absent   int
	Withheld bool    // fewer than three have cast: there are no tallies
	Tallies  []Tally // of the units whose result the viewer reads, by unit and dimension in the ballot's order
}

// Tally is how one unit did in one dimension.
type Tally struct {
	Subject   uuid.UUID
	Dimension string
	Votes     []Votes // in the ballot's order; they add up to Valid
	Valid     int     // with Invalid they add up to the ballots cast
	Invalid   int
	Abstained int // those of Valid that abstained
	Absent    int
}

// Votes are those of one option.
type Votes struct {
	Option Option
	Votes  int
}

// Result answers what came of a closed ballot: to who reads cohorts of all
// units, to a unit's people of their own. In the transaction that closes the
// ballot there is no result yet.
func (s *Service) Result(ctx context.Context, id uuid.UUID) (_ *Result, err error) {
	defer errs.Wrap(&err, "ballots.Result(%s)", id)
	r, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	units := told(authz.From(ctx), r)
	switch {
	case r.State == Open:
		return nil, errs.New(errs.NotAllowedInState, "民主测评还没有结束，结束以后才有结果").With("state", r.State)
	case len(units) == 0:
		return nil, errs.New(errs.NotAllowed, "测评结果由提案委员会公布，您没有直接查看的权限")
	case r.Closing:
		return nil, errs.New(errs.NotAllowedInState, "民主测评正在结束，请再查询一次结果").With("state", r.State)
	}
	var c counts
	err = tenants.Row(ctx, `SELECT cast_count, invalid_count, votes FROM ballot_result($1)`, []any{id}, &c.cast, &c.invalid, &c.votes)
	if err != nil {
		return nil, err
	}
	return tally(r, units, c), nil
}

// counts are what the box answers; invalid is nil when it withholds.
type counts struct {
	cast    int
	invalid *int
	votes   []int // of each option of each dimension of each subject
}

func tally(r *row, units []uuid.UUID, c counts) *Result {
	b := r.ballot()
	out := &Result{Ballot: b, Voters: b.Voters, Cast: c.cast, Absent: b.Voters - c.cast}
	if c.invalid == nil {
		out.Withheld = true
		return out
	}
	for _, u := range b.Subjects {
		for _, d := range b.Dimensions {
			t := Tally{Subject: u, Dimension: d, Valid: c.cast - *c.invalid, Invalid: *c.invalid, Absent: out.Absent}
			for i, o := range b.Options {
				t.Votes = append(t.Votes, Votes{o, c.votes[i]})
				if o.Abstention {
					t.Abstained = c.votes[i]
				}
			}
			c.votes = c.votes[len(b.Options):]
			if slices.Contains(units, u) {
				out.Tallies = append(out.Tallies, t)
			}
		}
	}
	return out
}
