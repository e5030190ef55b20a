package cohorts

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Appraisals answers what came of the secret ballots, which are another noun's
// business; who assembles the product joins the two.
type Appraisals interface {
	// Appraisal answers a closed ballot that the context's viewer may read: a
	// shown error where there is none or it is still open.
	Appraisal(ctx context.Context, ballot uuid.UUID) (*Appraisal, error)
}

// results is where they come from.
var results = &flow.Port[Appraisals]{Name: "appraisals"}

// Connect gives the engine the results of secret ballots.
func Connect(e *flow.Engine, from Appraisals) { results.Give(e, from) }

// Appraisal is what came of one ballot (民主测评): counts, never who.
type Appraisal struct {
	Matter         uuid.UUID // the cohort
	Title          string
	Opened, Closed time.Time // when votes began and ended
	Units          []uuid.UUID
	Dimensions     []string
	Voters         int // on the list; Cast and Absent add up to it
	Cast, Absent   int
	Withheld       bool // too few have cast: there are no tallies
	Tallies        []Tally
}

// Tally is how one unit did in one dimension.
type Tally struct {
	UnitID    uuid.UUID `json:"unitId"`
	Dimension string    `json:"dimension"`
	Votes     []Votes   `json:"votes"`
	Valid     int       `json:"valid"`
	Invalid   int       `json:"invalid"`
	Abstained int       `json:"abstained"`
	Absent    int       `json:"absent"`
}

// Votes are those of one option.
type Votes struct {
	Option string `json:"option"`
	Votes  int    `json:"votes"`
}

// recordAppraisal takes the result of a closed ballot over into the cohort's
// record, with numbers and not percentages. Recorded again, with another ballot,
// the last one counts.
func recordAppraisal(ctx context.Context, r *flow.Run) error {
	from, err := results.Of(r)
	if err != nil {
		return err
	}
	id, err := r.Form.ID("ballotId")
	if err != nil {
		return err
	}
	a, err := from.Appraisal(ctx, id)
	if shown, ok := errs.As(err); ok && shown.Code == errs.NotAllowedInState { // the ballot's state, not the cohort's
		return errs.New(errs.GuardFailed, "%s", shown.Message).At("ballotId").Because(err)
	}
	if err != nil {
		return err
	}
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	if on.Before(clock.Day(a.Opened)) {
		return errs.New(errs.Invalid, "日期早于这次测评开始的日子").At("on")
	}
	if err := flow.Lacks(lacking(r.Case, a)); err != nil {
		return err
	}
	return write(ctx, r, anAppraisal, map[string]any{
		"title": a.Title, "opened": a.Opened, "closed": a.Closed, "dimensions": a.Dimensions,
		"voters": a.Voters, "cast": a.Cast, "absent": a.Absent, "results": a.Tallies,
	})
}

// lacking is why a ballot does not appraise this cohort's handling.
func lacking(c *flow.Case, a *Appraisal) []string {
	if a.Matter != c.Matter.ID {
		return []string{"所选的测评不是这件一号提案的"}
	}
	var missing []string
	if heard := last(c, stageHearing); heard != nil && heard.On != nil {
		missing = unless(!clock.Day(a.Opened).Before(*heard.On), "这次测评开始于常委会听取办理情况之前，请重新测评")
	}
	missing = append(missing, unless(!a.Withheld, "参加这次测评的人太少，没有结果，请重新测评")...)
	for _, s := range responsible(c) {
		missing = append(missing, unless(slices.ContainsFunc(a.Units, func(u uuid.UUID) bool { return c.Heirs.Same(u, s.UnitID) }), "这次测评没有“%s”", unitName(s))...)
	}
	return missing
}
