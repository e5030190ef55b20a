package proposals

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// Kind is the matters' kind and the process's code.
const Kind = "proposal"

// Declaration is what a proposal is.
var Declaration = &flow.Kind{
	Code: Kind, Title: "提案", Sealed: true, Begins: flow.FromOpening,
	Payload: flow.PayloadOf(gen.TypeProposal, func(e *gen.MatterEdges) **gen.Proposal { return &e.Proposal }, func(p *gen.Proposal) uuid.UUID { return p.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Proposal, error) {
			return db.Proposal.Query().Where(proposal.MatterIDIn(of...)).WithSitting(func(q *gen.SittingQuery) { q.WithTerm() }).All(ctx)
		},
		func(now, was *gen.Proposal) bool { // a submission has put its sitting there
			now.Edges = was.Edges
			s := now.Edges.Sitting
			return (s == nil) == (now.SittingID == nil) && (s == nil || s.ID == *now.SittingID)
		}),
	Names: map[string]flow.Names{
		process.OfMatter: {
			States:  []string{"COSIGNING", "SUBMITTED", "RETURNED", "UNDER_REVIEW", "FILED", "PRE_ASSIGNED", "HANDLING", "REPLIED", "COMPLETION_REVIEW", "TRACKING", "REVIEWED", "REEDITING"},
			Actions: []string{"merge"},
		},
		process.OfAssignment: {
			States: []string{"PENDING_SIGN", "RETURN_APPLIED", "RETURN_GRANTED", "SENT", "SENT_BACK", "SUPERSEDED"},
		},
	},
	Attaching: []string{"proposal.edit", "proposal.rate", "proposal.createCollective", "proposal.send", "proposal.draftReply",
		"proposal.returnForEdit", "proposal.officeDecide", "proposal.recordSupervision"},
	Managing:  []string{"proposal.returnForEdit"},
	Turns:     turns,
	Round:     func(c *flow.Case) int { return c.Edges.Proposal.Round },
	Guardians: []string{"proposal_director", "secretary_general"},
}
