package forwards

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Sent is what the sender's proposal shows until the receiver has answered.
const Sent = "已送出"

// mail is how proposals leave.
var mail = &flow.Port[*exchange.Service]{Name: "exchange"}

// send is the effect of forwardUp: the envelope, and its mirror on the
// proposal. What the agreement does not let out refuses the action.
func send(ctx context.Context, r *flow.Run) error {
	post, err := mail.Of(r)
	if err != nil {
		return err
	}
	var code, name string
	if err := tenants.Row(ctx, `SELECT code, name FROM tenants WHERE id = $1`, []any{r.Parent}, &code, &name); err != nil {
		return err
	}
	_, err = post.Send(ctx, code, KindEnvelope, copied(r), exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID})
	if no, ok := errs.As(err); ok && no.Code == errs.NotAllowed {
		return errs.New(errs.GuardFailed, "不能转上级政协：%s", no.Message).With("guard", "forward.send")
	}
	if err != nil {
		return err
	}
	r.After["forwardedTo"] = name
	return r.Client.Matter.UpdateOne(r.Matter).SetMirror(map[string]any{
		"committee": code, "name": name, "status": Sent, "on": r.Today().Format(time.DateOnly),
	}).Exec(ctx)
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
