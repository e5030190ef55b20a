package forwards

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
)

// mail is how proposals leave.
var mail = &flow.Port[*exchange.Service]{Name: "exchange"}

// send is the effect of forwardUp: the envelope, and its mirror on the
// proposal. What the agreement does not let out refuses the action.
func send(ctx context.Context, r *flow.Run) error {
	post, err := mail.Of(r)
	if err != nil {
		return err
	}
	return post.Up(ctx, r, KindEnvelope, copied(r), "转上级政协", "forward.send")
}

// copied is what of a proposal crosses. It is pure.
func copied(r *flow.Run) copyOf {
	p := r.Edges.Proposal
	c := copyOf{
		Number: r.Matter.Number, Title: r.Title, Category: p.Category, ProposerKind: string(p.ProposerKind), Situation: p.Situation, Analysis: p.Analysis,
		Suggestions: p.Suggestions, ConsentPublish: p.ConsentPublish, ConsentReason: p.ConsentReason, Reason: r.Reason,
	}
	if p.SubmittedAt != nil {
		c.SubmittedOn = clock.Day(*p.SubmittedAt).Format(time.DateOnly)
	}
	for _, x := range r.Proposers() {
		c.Proposers = append(c.Proposers, x.Name)
	}
	return c
}
