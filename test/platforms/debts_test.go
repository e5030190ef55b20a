package platforms_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

// onItem reports whether an action answers, settles or takes over one item.
func onItem(a *process.Action) bool {
	fields, _ := a.Form["properties"].(map[string]any)
	return fields["itemId"] != nil && slices.ContainsFunc(a.Effects, func(r *process.Rule) bool {
		return slices.Contains([]string{"claim_item", "settle_item", "record"}, r.Name)
	})
}

// filled answers everything that an action on an item asks for.
func filled(a *process.Action, id string) obj {
	out := obj{}
	fields, _ := a.Form["properties"].(map[string]any)
	for name, f := range fields {
		field, _ := f.(map[string]any)
		switch enum, _ := field["enum"].([]any); {
		case name == "itemId":
			out[name] = id
		case field["const"] != nil:
			out[name] = field["const"]
		case len(enum) > 0:
			out[name] = enum[0]
		case field["type"] == "boolean":
			out[name] = true
		case name == "on":
			out[name] = today
		case name == "dueOn":
			out[name] = "2025-06-30"
		case field["type"] == "string" && name != "unitId" && name[len(name)-1] != 'd':
			out[name] = "已经核实办理，情况属实"
		}
	}
	return out
}

// put makes a matter in a state, in which both departments take part and one
// of them owes an item.
func (w *world) put(kind, state string) (*run, uuid.UUID) {
	r := w.open("干事", kind, "一件事")
	r.c.Matter.State, r.tried[state] = state, true // where it is only put
	var id uuid.UUID
	w.must("", func(ctx context.Context, c *gen.Client) error {
		c.Matter.UpdateOneID(r.c.Matter.ID).SetState(state).SetVisibility(matter.VisibilityTENANT).ExecX(ctx)
		for _, name := range []string{"城建局", "商务局"} {
			c.Party.Create().SetMatterID(r.c.Matter.ID).SetRole("PARTICIPANT").SetName(name).SetKind("DEPARTMENT").SetUnitID(w.units[name]).SaveX(ctx)
		}
		id = c.Item.Create().SetMatterID(r.c.Matter.ID).SetKind(item.KindPROBLEM).SetText("停车难").SetUnitID(w.units["商务局"]).SaveX(ctx).ID
		return nil
	})
	return r, id
}

// A2: over every shipped process, another unit that takes part neither answers
// an item, nor settles it, nor takes it over.
func TestWhoOwesActs(t *testing.T) {
	var kinds []string
	for _, x := range templates.Platforms() {
		kinds = append(kinds, x.Name)
	}
	w := newWorld(t, answered, kinds...)
	w.must("", func(ctx context.Context, c *gen.Client) error { // so that rights alone do not keep them out
		for _, name := range []string{"城建局联络员", "商务局联络员"} {
			c.Grant.Create().SetMembershipID(w.people[name].Membership).SetRole("street_liaison").SaveX(ctx)
		}
		return nil
	})
	tried := 0
	for _, kind := range kinds {
		d, err := process.Parse(source(kind))
		if err != nil || w.boards[kind] == uuid.Nil {
			continue
		}
		for _, a := range d.Machines[process.OfMatter].Actions {
			if !onItem(a) {
				continue
			}
			t.Run("A2: "+kind+"."+a.Code, func(t *testing.T) {
				r, id := w.put(kind, a.From[0])
				err := r.try("城建局联络员", a.Code, filled(a, id.String()))
				if errs.Is(err, errs.GuardFailed) {
					return
				}
				if !errs.Is(err, errs.NotAllowed) {
					t.Errorf("another unit: %v", err)
				}
				if err := r.try("商务局联络员", a.Code, filled(a, id.String())); err != nil {
					t.Errorf("the unit that owes it: %v", err)
				}
				tried++
			})
		}
	}
	if tried < 12 {
		t.Errorf("only %d actions were tried", tried)
	}
}

// A2: staff hand an item over, with a reason that the timeline keeps; a unit
// takes up only what nobody owes, and for itself.
func TestHandingOver(t *testing.T) {
	w := newWorld(t, nil, "yishihui")
	r, id := w.put("yishihui", "HELD")
	over := obj{"itemId": id.String(), "path": "认领", "unitId": w.unit("城建局")}
	r.reason = ""
	r.refused("联络员", "decide", over, errs.Invalid)
	r.reason = "职责在城建局"
	r.do("联络员", "decide", over)
	if u := r.c.Items[0].UnitID; u == nil || *u != w.units["城建局"] {
		t.Errorf("the item is owed by %v", u)
	}
	var s *gen.Step
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		s, err = c.Step.Query().Where(step.MatterID(r.c.Matter.ID), step.Action("decide")).Only(ctx)
		return err
	})
	if s.Reason != "职责在城建局" || s.Before["unitId"] != w.unit("商务局") || s.After["unitId"] != w.unit("城建局") {
		t.Errorf("the step says %q, %v, %v", s.Reason, s.Before, s.After)
	}
	r, _ = w.put("yishihui", "LISTED")
	prepare := obj{"itemId": w.nobodys(r), "path": "会前准备", "solution": "增设车位", "unitId": w.unit("商务局")}
	r.refused("城建局联络员", "prepare", prepare, errs.NotAllowed)
	delete(prepare, "unitId")
	r.do("城建局联络员", "prepare", prepare)
	r.refused("商务局联络员", "prepare", prepare, errs.NotAllowed) // it is 城建局's now
}

func (w *world) nobodys(r *run) (id string) {
	w.must("", func(ctx context.Context, c *gen.Client) error {
		id = c.Item.Create().SetMatterID(r.c.Matter.ID).SetKind(item.KindPROBLEM).SetText("路灯不亮").SaveX(ctx).ID.String()
		return nil
	})
	return id
}
