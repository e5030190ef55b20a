package forwards

import (
	"context"
	"fmt"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// maxTold is the longest text that travels with a state, in characters.
const maxTold = 4000

// answer records what is answered; it travels with the new state.
func answer(ctx context.Context, r *flow.Run) error {
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	text := r.Form.Text("text")
	r.Told = text
	return r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(record.KindNOTE).SetMode("答复").SetOn(on).SetText(text).
		SetNillableAuthorID(r.Actor()).Exec(ctx)
}

// decline lets the reason travel with the new state.
func decline(_ context.Context, r *flow.Run) error {
	if len([]rune(r.Reason)) > maxTold {
		return errs.New(errs.Invalid, "理由至多 %d 字", maxTold).At("reason")
	}
	r.Told = r.Reason
	return nil
}

// adopt joins the copy to the proposal as which the committee handles it. The
// same proposal may take up several copies.
func adopt(ctx context.Context, r *flow.Run) error {
	id, err := r.Form.ID("proposalId")
	if err != nil {
		return err
	}
	q := r.Client.Matter.Query().Where(matter.ID(id), matter.Kind("proposal")).WithProposal()
	if r.Viewer != nil {
		q.Where(authz.MatterPredicate(r.Viewer))
	}
	m, err := q.Only(ctx)
	if gen.IsNotFound(err) {
		return errs.New(errs.Invalid, "没有这件提案，或您无权查看，请重新选择").At("proposalId")
	}
	if err != nil {
		return err
	}
	p := m.Edges.Proposal
	if p.SubmittedAt == nil || (p.Disposition != proposal.DispositionNONE && p.Disposition != proposal.DispositionFILED) {
		return errs.New(errs.Invalid, "所选的提案还没有提交，或已撤案、并案、转出、不予立案，请另选一件").At("proposalId")
	}
	r.Told = fmt.Sprintf("已作为本会提案办理：《%s》%s", m.Title, m.Number)
	r.After["adoptedAs"] = m.ID
	return r.Client.Link.Create().SetFromID(r.Matter.ID).SetToID(m.ID).SetKind(link.KindCONVERTED_TO).
		SetNillableDecidedByID(r.Actor()).SetReason(r.Reason).SetCreatedAt(r.Now).Exec(ctx)
}
