package graph

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// mostAtOnce is how many matters one mutation acts on: each is an action of its
// own, some ten milliseconds.
const mostAtOnce = 50

// performOnMany does one action with each of many matters. Each succeeds or is
// refused by itself and has its own record; a key counts for each (S10: a flood
// of topics is screened in one go).
func (r *Resolver) performOnMany(ctx context.Context, in model.PerformOnManyInput) (*model.PerformOnManyPayload, error) {
	ids := slices.Clone(in.MatterIds)
	out := &model.PerformOnManyPayload{Results: []*model.PerformedOn{}, UserErrors: []*model.UserError{}}
	no := countable(ids)
	if _, _, err := split(in); no == nil && err != nil { // what is wrong for all of them is said once
		no = errs.Shown(err)
	}
	if no != nil {
		out.UserErrors = append(out.UserErrors, userError(no))
		return out, nil
	}
	for _, id := range ids {
		one := model.PerformActionInput{MatterID: id, Action: in.Action, Form: in.Form, Reason: in.Reason}
		if in.IdempotencyKey != nil {
			key := fmt.Sprintf("%s/%s", *in.IdempotencyKey, id)
			one.IdempotencyKey = &key
		}
		done, err := r.performAction(ctx, one)
		if err != nil {
			return nil, err
		}
		if len(done.UserErrors) == 0 {
			out.Done++
		}
		out.Results = append(out.Results, &model.PerformedOn{MatterID: id, UserErrors: done.UserErrors})
	}
	if out.Done == 0 { // then it was refused as a whole, and says so where every mutation does
		out.UserErrors = out.Results[0].UserErrors
	}
	now, err := r.ent().Matter.Query().Where(matter.IDIn(ids...)).All(ctx)
	for _, m := range now {
		out.Results[slices.Index(ids, m.ID)].Matter = m
	}
	return out, err
}

// countable refuses none, too many, and one twice.
func countable(ids []uuid.UUID) *errs.Error {
	seen := map[uuid.UUID]bool{}
	for i, id := range ids {
		if seen[id] {
			return errs.New(errs.Invalid, "同一件事项只能写一次").At("matterIds", fmt.Sprint(i))
		}
		seen[id] = true
	}
	switch {
	case len(ids) == 0:
		return errs.New(errs.Invalid, "请选择要办理的事项").At("matterIds")
	case len(ids) > mostAtOnce:
		return errs.New(errs.Limited, "一次至多 %d 件，请分几次办理", mostAtOnce).At("matterIds")
	}
	return nil
}

// performAction does one action with a matter, or with a share of it.
func (r *Resolver) performAction(ctx context.Context, input model.PerformActionInput) (*model.MatterPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, c common, form process.Form) (string, uuid.UUID, error) {
		inner, _ := form["form"].(map[string]any)
		if input.AssignmentID == nil {
			_, err := r.Engine.Do(ctx, command(process.OfMatter, input.Action, c, inner))
			return gen.TypeMatter, c.subject, ofForm(err)
		}
		c.subject = *input.AssignmentID
		at, err := r.Engine.Do(ctx, command(process.OfAssignment, input.Action, c, inner))
		if err == nil && at.Matter.ID != input.MatterID {
			err = errs.New(errs.NotFound, "本事项没有这一份").At("assignmentId")
		}
		return gen.TypeAssignment, c.subject, ofForm(err)
	})
	if err == nil && (len(bad) == 0 || present(bad, input, gen.TypeMatter) != uuid.Nil) {
		id = input.MatterID
	}
	return r.matterPayload(ctx, id, bad, err)
}
