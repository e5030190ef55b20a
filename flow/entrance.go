package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// The entrance of a process are its actions without `from`: who opens a matter
// himself does one of them, with its right, roles, form, guards and effects. A
// process without any asks nothing.

// Entrance is the action with which the viewer opens a matter of the kind, nil
// where the process asks nothing. may says whether he may; where he may not, the
// action is the one that is refused.
func (e *Engine) Entrance(ctx context.Context, kind string, platform *uuid.UUID) (a *process.Action, may bool, err error) {
	_, def, err := e.newest(authz.System(ctx), kind)
	if err != nil {
		return nil, false, err
	}
	a, may = entrance(def, authz.From(ctx), platform)
	return a, may, nil
}

func entrance(d *process.Definition, v *authz.Viewer, platform *uuid.UUID) (first *process.Action, may bool) {
	for _, a := range d.Machines[process.OfMatter].Actions {
		if len(a.From) > 0 || a.Automatic || a.Never() {
			continue
		}
		if slices.ContainsFunc(v.On(d.Kind, platform, ""), func(x *authz.Viewer) bool {
			return a.Named(x.Rights(), x.Roles) && (a.Permission == "" || x.May(a.Right) != authz.None)
		}) {
			return a, true
		}
		if first == nil {
			first = a
		}
	}
	return first, first == nil
}

// NotFor is the refusal of who may not open something: it says who may.
func NotFor(v *authz.Viewer, a *process.Action) *errs.Error {
	if len(a.By) == 0 || v.Rights() == nil {
		return errs.New(errs.NotAllowed, "您没有进行“%s”的权限", a.Label)
	}
	return errs.New(errs.NotAllowed, "“%s”由%s进行，您现在不是", a.Label, a.Whose(v.Rights()))
}

// newest is the newest published version of a kind's process.
func (e *Engine) newest(sys context.Context, kind string) (*gen.Process, *process.Definition, error) {
	p, err := e.client.Process.Query().Where(entprocess.Kind(kind), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).
		Order(gen.Desc(entprocess.FieldVersion)).First(sys)
	if gen.IsNotFound(err) {
		return nil, nil, errs.New(errs.Invalid, "本政协还没有启用“%s”流程，请联系租户管理员", kind)
	}
	if err != nil {
		return nil, nil, err
	}
	def, err := parsed(p.Source, p.Hash)
	return p, def, err
}

// creating is the first step of every matter.
const creating = "create"

// enter finds the action that opens the matter and holds what is filled in
// against its form. What the product opens by itself has none.
func (o *Opening) enter(d *process.Definition, p process.Policy, v *authz.Viewer) (*process.Action, error) {
	plain := &process.Action{Code: creating, Label: "新建"}
	if !o.Entry {
		return plain, nil
	}
	a, may := entrance(d, v, o.Platform)
	switch {
	case a == nil:
		return plain, nil
	case !may:
		return nil, NotFor(v, a)
	}
	step := *a
	step.Code = creating
	if a.Form == nil {
		return &step, nil
	}
	o.Form = maps.Clone(o.Form)
	if o.Form == nil {
		o.Form = process.Form{}
	}
	return &step, ofData(a.Sheet(p, nil).Take(o.Form))
}

// ofData: what is wrong with what was filled in at an opening lies in the field
// data of the input, whoever says so: the form's schema, a guard, a day or an
// effect.
func ofData(err error) error { return errs.In(err, "data", "reason") }

// begin holds the case, new as it is, against the opening action's relation,
// guards and days, and carries out its effects.
func (e *Engine) begin(sys context.Context, r *Run) error {
	if !e.related(&r.Input) {
		return errs.New(errs.NotAllowed, "您没有进行“%s”的权限", r.Action.Label)
	}
	if err := e.guard(&r.Input); err != nil {
		return err
	}
	if r.Action.Form != nil {
		if err := e.days(&r.Input); err != nil {
			return err
		}
	}
	if len(r.Action.Effects) > 0 {
		r.Before, r.After = map[string]any{}, map[string]any{}
	}
	for _, rule := range r.Action.Effects {
		does := e.effects[rule.Name]
		if does == nil {
			return fmt.Errorf("flow: no effect %q", rule.Name)
		}
		if err := does(sys, r, rule); err != nil {
			return fmt.Errorf("effect %s: %w", rule.Name, err)
		}
	}
	if r.Number == "" {
		return nil
	}
	r.Matter.Number = r.Number
	return e.client.Matter.UpdateOneID(r.Matter.ID).SetNumber(r.Number).Exec(sys)
}

func orInitial(m *process.Machine, to string) string {
	if m.State(to) == nil {
		return m.Initial
	}
	return to
}
