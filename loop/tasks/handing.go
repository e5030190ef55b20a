package tasks

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// duty is where a task says which unit does it: in the six that are fixed, and as
// whose the matter is.
var duty = flow.Holding{What: "责任单位",
	Now: func(c *flow.Case) *uuid.UUID {
		if t := theTask(c); t != nil {
			return t.UnitID
		}
		return nil
	},
	Put: func(c *flow.Case, id *uuid.UUID) {
		c.Items = slices.Clone(c.Items)
		for n, i := range c.Items {
			if i.Kind == item.KindTASK {
				t := *i
				t.UnitID, c.Items[n] = id, &t
			}
		}
		c.OwnerUnitID = id
	},
	Set: func(ctx context.Context, r *flow.Run, id *uuid.UUID) error {
		err := change(ctx, r, theTask(r.Case), func(u *gen.ItemUpdateOne) {
			if u.SetNillableUnitID(id); id == nil {
				u.ClearUnitID()
			}
		})
		if err != nil {
			return err
		}
		u := r.Client.Matter.UpdateOneID(r.Matter.ID)
		if u.SetNillableOwnerUnitID(id); id == nil {
			u.ClearOwnerUnitID()
		}
		return u.Exec(ctx)
	}}

func registerHanding(s *flow.Rules) {
	s.Holding("duty", duty)
	s.Guard("task.within", "任务由本政协的单位承办，没有交给别的政协", func(in *flow.Input) error {
		if t := theTask(in.Case); t == nil || t.Partner != "" || received(in.Case) {
			return errs.New(errs.GuardFailed, "任务交给了别的政协，请先撤回，再另行交办")
		}
		return nil
	})
	s.Effect("task.people", "换了单位，领导和人员按表单重新确定", people)
}

// people names leader and officer anew: those of the unit that had the task do
// not go with it.
func people(ctx context.Context, r *flow.Run) error {
	form := process.Form{}
	for _, who := range [][2]string{{"leaderId", "leaderPost"}, {"officerId", "officerPost"}} {
		if r.Form.Text(who[0]) == "" && r.Form.Text(who[1]) == "" {
			return errs.New(errs.Invalid, "请写明新单位由谁领导、由谁办：系统内的人，或其职务").At(who[1])
		}
		form[who[0]], form[who[1]] = r.Form.Text(who[0]), r.Form.Text(who[1])
	}
	i, m := r.Client.Item.UpdateOneID(theTask(r.Case).ID).AddVersion(1), r.Client.Matter.UpdateOneID(r.Matter.ID)
	if err := fill(ctx, r.Client, form, i.Mutation(), m.Mutation()); err != nil {
		return err
	}
	for key, v := range form {
		r.After[key] = v
	}
	return i.Exec(ctx)
}
