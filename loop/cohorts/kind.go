package cohorts

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// Kind is the matters' kind and the process's code.
const Kind = "cohort"

// Declaration is what a loop is. Its rules look at its proposal and at the tasks
// that belong to it.
var Declaration = &flow.Kind{
	Code: Kind, Title: "一号提案三年闭环", Sealed: true, Gathers: true, Begins: begun,
	Payload: flow.PayloadOf(gen.TypeCohort, func(e *gen.MatterEdges) **gen.Cohort { return &e.Cohort }, func(c *gen.Cohort) uuid.UUID { return c.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Cohort, error) {
			return db.Cohort.Query().Where(cohort.MatterIDIn(of...)).WithProposalMatter(func(q *gen.MatterQuery) {
				q.WithProposal().WithFeedback().WithItems().
					WithAssignments(func(q *gen.AssignmentQuery) { q.WithUnit().Order(assignment.ByID()) })
			}).All(ctx)
		},
		func(*gen.Cohort, *gen.Cohort) bool { return false }), // its proposal hangs on it
	Names: map[string]flow.Names{ // those in which its appraisal can be voted on
		process.OfMatter: {States: []string{"H5_HEARD", "H6_APPRAISED"}},
	},
	Attaching: []string{"cohort.run", "cohort.decide"},
	Managing:  []string{"cohort.run"},
	Turns: map[string]flow.Turn{
		"director":          {Roles: []string{"proposal_director"}, Waits: directorWaits},
		"chair":             {Roles: []string{"chair"}},
		"secretary_general": {Roles: []string{"secretary_general"}},
	},
	Guardians: []string{"secretary_general", "chair"},
}

// directorWaits: where the chair's meeting decides, it waits for the director as
// long as what it decides on is not ready.
func directorWaits(c *flow.Case, _ *gen.Assignment) bool {
	in := &flow.Input{Case: c}
	switch c.State {
	case "P4_SHORTLIST":
		return len(shortlist(in))+len(researched(in)) > 0
	case "H7_REPORT":
		return len(reported(in)) > 0
	case "S4_PROBLEMS":
		return len(problemsAgreed(in))+len(problemsResolved(in)) > 0
	}
	return true
}

// begun: the three years begin with the prestudy, or earlier where directions
// are collected before.
func begun(c *flow.Case) time.Time {
	opened := flow.FromOpening(c)
	if h := c.Edges.Cohort; h != nil {
		if first := clock.Date(h.HandleYear-1, time.January, 1); first.Before(opened) {
			return first
		}
	}
	return opened
}
