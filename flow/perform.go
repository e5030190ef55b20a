package flow

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// carryOut does what the action does, then whatever follows by itself, and
// returns the case as it is at rest.
func (e *Engine) carryOut(ctx context.Context, r *Run) (*Case, error) {
	ctx, j := journaling(ctx)
	noting, t := touching(ctx)
	if err := e.perform(noting, r); err != nil {
		return nil, err
	}
	c, err := e.again(ctx, r.Case, t)
	if err == nil {
		c, err = e.follow(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	return c, e.await(ctx, c, j)
}

// perform carries out one action: effects, state, timers, step.
func (e *Engine) perform(ctx context.Context, r *Run) error {
	from := r.state()
	r.Before, r.After = map[string]any{}, map[string]any{}
	for _, rule := range r.Action.Effects {
		does := e.effects[rule.Name]
		if does == nil {
			return fmt.Errorf("flow: no effect %q", rule.Name)
		}
		if err := does(ctx, r, rule); err != nil {
			return fmt.Errorf("effect %s: %w", rule.Name, err)
		}
	}
	to := r.Action.To
	switch to {
	case "":
		to = from
	case process.Back:
		prev, err := e.previous(ctx, r)
		if err != nil {
			return err
		}
		to = prev
	}
	if err := e.move(ctx, r, to); err != nil {
		return err
	}
	if err := e.note(ctx, r, from, to); err != nil {
		return err
	}
	noted(ctx, taken{run: r, from: from, to: to})
	return e.announce(ctx, r, from, to)
}

// announce lets the watchers know that the matter is in another state.
func (e *Engine) announce(ctx context.Context, r *Run, from, to string) error {
	if r.Share != nil || from == to {
		return nil
	}
	for _, w := range e.watchers {
		if err := w(ctx, r, from); err != nil {
			return err
		}
	}
	return nil
}

// previous is the state from which the present one was entered.
func (e *Engine) previous(ctx context.Context, r *Run) (string, error) {
	q := e.client.Step.Query().Where(step.MatterID(r.Matter.ID), step.ToState(r.state()), step.FromStateNEQ(r.state()))
	if r.Share != nil {
		q = q.Where(step.AssignmentID(r.Share.ID))
	} else {
		q = q.Where(step.AssignmentIDIsNil())
	}
	s, err := q.Order(gen.Desc(step.FieldAt, step.FieldID)).First(ctx)
	if gen.IsNotFound(err) || (err == nil && s.FromState == "") { // it began here
		return "", errs.New(errs.NotAllowedInState, "没有可以返回的环节").With("state", r.state())
	}
	if err != nil {
		return "", err
	}
	if r.machine().State(s.FromState) == nil { // it was of the version before MoveTo
		return "", errs.New(errs.NotAllowedInState, "原来的环节在新版流程中已经没有，不能返回").With("state", r.state())
	}
	return s.FromState, nil
}

// move sets the subject's state, whose turn it is, visibility and version, and
// the matter's nearest deadline and number with it.
func (e *Engine) move(ctx context.Context, r *Run, to string) error {
	target := r.machine().State(to)
	u := e.client.Matter.UpdateOne(r.Matter).AddVersion(1)
	if r.Share != nil {
		a, err := e.client.Assignment.UpdateOne(r.Share).SetState(to).SetTurn(target.Turn).AddVersion(1).Save(ctx)
		if err != nil {
			return err
		}
		r.Share.State, r.Share.Turn, r.Share.Version = a.State, a.Turn, a.Version
	} else { // the matter's version moves with a share's too: its page shows the share
		u.SetState(to).SetTurn(target.Turn)
		if target.Visible != "" {
			u.SetVisibility(matter.Visibility(target.Visible))
		}
		if target.End && r.ClosedAt == nil {
			u.SetClosedAt(r.Now)
		} else if !target.End {
			u.ClearClosedAt()
		}
	}
	if err := e.syncTimers(ctx, r, target); err != nil {
		return err
	}
	if err := e.followItems(ctx, r, target); err != nil {
		return err
	}
	if r.Number != "" {
		u.SetNumber(r.Number)
	}
	r.setDue(u)
	m, err := u.Save(ctx)
	if err != nil {
		return err
	}
	r.Matter.State, r.Matter.Version, r.Matter.Number, r.Matter.NextDueOn = m.State, m.Version, m.Number, m.NextDueOn
	r.Matter.Turn, r.Matter.Visibility, r.Matter.ClosedAt = m.Turn, m.Visibility, m.ClosedAt
	return nil
}

// endsIn: with the subject in the state the matter has come to its end.
func (r *Run) endsIn(target *process.State) bool {
	if r.Share != nil {
		return r.Closed()
	}
	return target.End
}

// note writes the step of the timeline.
func (e *Engine) note(ctx context.Context, r *Run, from, to string) error {
	if r.Quiet {
		return nil
	}
	s := e.client.Step.Create().SetMatterID(r.Matter.ID).SetAction(r.Action.Code).SetLabel(r.Action.Label).
		SetFromState(from).SetToState(to).SetAt(r.Now).SetReason(r.Reason).SetNillableOnBehalfID(r.OnBehalf)
	if r.Share != nil {
		s.SetAssignmentID(r.Share.ID)
	}
	if r.Viewer != nil {
		name := strings.TrimSpace(r.Viewer.Name + " " + r.Viewer.Post)
		if of := r.Viewer.Behalf(); of != nil { // a substitute
			name = fmt.Sprintf("由 %s 代 %s", name, of.Name)
			if r.OnBehalf == nil {
				s.SetOnBehalfID(of.ID)
			}
		}
		s.SetActorID(r.Viewer.Membership).SetActorName(name)
	} else {
		s.SetActorName(cmp.Or(r.By, "系统"))
	}
	if len(r.Before) > 0 {
		s.SetBefore(r.Before)
	}
	if len(r.After) > 0 {
		s.SetAfter(r.After)
	}
	if len(r.Case.dues) > 0 {
		s.SetDues(r.Case.dues)
		r.Case.dues = nil
	}
	switch {
	case r.Action.Audience != "":
		s.SetAudience(step.Audience(r.Action.Audience))
	case r.Share == nil && r.machine().State(to).Visible == string(matter.VisibilityPARTIES): // before it is handed in
		s.SetAudience(step.AudiencePARTIES)
	}
	return s.Exec(ctx)
}
