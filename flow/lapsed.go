package flow

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Lapsed is what one reads whose invitation is over: that it is, and since
// when.
func Lapsed(p *gen.Party) error {
	if p.CosignDueAt == nil {
		return errs.New(errs.DeadlinePassed, "会签已截止，请与第一提案人联系重新邀请")
	}
	due := p.CosignDueAt.In(clock.Shanghai)
	return errs.New(errs.DeadlinePassed, "会签已于%s截止，请与第一提案人联系重新邀请", due.Format("1月2日15时04分")).
		With("dueOn", due.Format(time.DateOnly))
}

// unseen is the answer about a matter that the viewer does not see: that there
// is none, except to one who was invited to it and let the time pass. What he
// knows already is not denied.
func (e *Engine) unseen(ctx context.Context, id uuid.UUID) error {
	p, err := e.client.Party.Query().Where(party.MatterID(id), party.MembershipID(authz.From(ctx).Membership), party.CosignEQ(party.CosignEXPIRED)).First(authz.System(ctx))
	switch {
	case gen.IsNotFound(err):
		return notFound()
	case err != nil:
		return err
	}
	return Lapsed(p)
}
