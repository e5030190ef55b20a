package proposals

import (
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// Kind is the matters' kind and the process's code.
const Kind = "proposal"

// Declaration is what a proposal is.
var Declaration = &flow.Kind{
	Code: Kind, Title: "提案", Sealed: true, Shares: true, Begins: flow.FromOpening,
	Payload: &flow.Payload{
		Type: gen.TypeProposal,
		With: func(q *gen.MatterQuery) {
			q.WithProposal(func(q *gen.ProposalQuery) { q.WithSitting(func(q *gen.SittingQuery) { q.WithTerm() }) })
		},
		Keep: func(now, was *gen.MatterEdges) { now.Proposal = was.Proposal },
	},
	Lacks: []string{gen.TypeEvent}, // meetings are records
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
