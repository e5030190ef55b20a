package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// foresee tells what an action would bring about. What is wrong with the form is
// said as the mutation says it, at the same place.
func (r *Resolver) foresee(ctx context.Context, in model.PerformActionInput) (*model.Foresight, error) {
	out := &model.Foresight{Turns: []*model.ForeseenTurn{}, Days: []*model.ForeseenDay{}, UserErrors: []*model.UserError{}}
	c, form, err := split(in)
	if err == nil && in.AssignmentID != nil {
		err = errs.New(errs.Invalid, "单位那一份的动作会怎样，要办了才知道").At("assignmentId")
	}
	if err != nil {
		out.UserErrors, err = shown(asInput(err))
		return out, err
	}
	inner, _ := form["form"].(map[string]any)
	f, err := r.Engine.Foresee(ctx, command(process.OfMatter, in.Action, c, inner))
	if err != nil {
		out.UserErrors, err = shown(asInput(ofForm(err)))
		return out, err
	}
	out.Visible, out.TakeBackUntil = f.Sees, f.Until
	for _, d := range f.Days {
		out.Days = append(out.Days, &model.ForeseenDay{Label: d.Label, Was: d.Was, DueOn: d.Due})
	}
	for _, t := range f.Turns {
		people, err := r.people(ctx, t.People)
		if err != nil {
			return nil, err
		}
		out.Turns = append(out.Turns, &model.ForeseenTurn{Turn: t.Turn, Instead: t.Instead, People: people})
	}
	return out, nil
}

// people are memberships by their ids, as the viewer sees them.
func (r *Resolver) people(ctx context.Context, ids []uuid.UUID) ([]*gen.Membership, error) {
	if len(ids) == 0 {
		return []*gen.Membership{}, nil
	}
	return r.ent().Membership.Query().Where(membership.IDIn(ids...)).Order(membership.ByID()).All(ctx)
}
