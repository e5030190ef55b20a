package plans

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

var effects = map[string]flow.Doing{
	"add_item":    flow.Does("增加一个项目", addItem),
	"change_item": flow.Does("修改一个项目", changeItem, "itemId"),
	"drop_item":   flow.Does("取消一个项目", dropItem, "itemId"),
	"finish_item": flow.Does("项目记为完成", finishItem, "itemId"),
	"carry_over":  flow.Does("把没有完成的项目结转到下一年度", carryOver, "itemId"),
	"take_over":   flow.Does("接入上一年度结转的项目", takeOver, "itemId"),
	"attach":      flow.Does("把一件事项挂到项目上", attach, "itemId", "matterId"),
	"detach":      flow.Does("把挂错的事项取下", detach, "itemId", "matterId"),
}

// theItem is the open item that the form names.
func theItem(r *flow.Run) (*gen.Item, error) {
	id, err := r.Form.ID("itemId")
	if err != nil {
		return nil, err
	}
	for _, i := range open(r.Case) {
		if i.ID == id {
			r.After["itemId"], r.After["text"] = i.ID, i.Text
			return i, nil
		}
	}
	return nil, errs.New(errs.Invalid, "计划里没有这个项目，或它已经完成、取消或结转，请刷新后重选").At("itemId")
}

// beginning is theItem, if it may begin: not one that an adjustment has added
// and nobody has approved.
func beginning(r *flow.Run) (*gen.Item, error) {
	i, err := theItem(r)
	if err == nil && unapproved(r.Case, i) {
		err = errs.New(errs.GuardFailed, "“%s”是这次调整增加的，录入批准之后才能开始", i.Text)
	}
	return i, err
}

func change(r *flow.Run, i *gen.Item) *gen.ItemUpdateOne {
	return r.Client.Item.UpdateOneID(i.ID).AddVersion(1)
}

// leads is the committee's own unit, still in use, that the form names; nil
// when it names none.
func leads(ctx context.Context, r *flow.Run) (*uuid.UUID, error) {
	if r.Form.Text("unitId") == "" {
		return nil, nil
	}
	id, err := r.Form.ID("unitId")
	if err != nil {
		return nil, err
	}
	_, err = authz.UnitThere(ctx, r.Client, id, authz.Fits{}, "unitId")
	return &id, err
}

// unnamed refuses a subject of spaces only.
func unnamed(r *flow.Run) error {
	if r.Form.Has("text") && r.Form.Text("text") == "" {
		return errs.New(errs.Invalid, "请填写题目").At("text")
	}
	return nil
}

func addItem(ctx context.Context, r *flow.Run) error {
	if err := unnamed(r); err != nil {
		return err
	}
	lead, err := leads(ctx, r)
	if err != nil {
		return err
	}
	create := r.Client.Item.Create().SetMatterID(r.Matter.ID).SetKind(item.KindPLAN_ITEM).SetText(r.Form.Text("text")).SetAspect(r.Form.Text("aspect")).
		SetOwner(r.Form.Text("owner")).SetLeaderPost(r.Form.Text("leaderPost")).SetPath(r.Form.Text("path")).SetNillableUnitID(lead)
	if r.Form.Has("dueOn") {
		due, err := r.Form.Day("dueOn")
		if err != nil {
			return err
		}
		create.SetDueOn(due)
	}
	i, err := create.Save(ctx)
	if err != nil {
		return err
	}
	r.After["itemId"], r.After["text"] = i.ID, i.Text
	return nil
}

// changeItem writes what the form gives; a text that is given empty is emptied.
func changeItem(ctx context.Context, r *flow.Run) error {
	if err := unnamed(r); err != nil {
		return err
	}
	i, err := theItem(r)
	if err != nil {
		return err
	}
	lead, err := leads(ctx, r)
	if err != nil {
		return err
	}
	up := change(r, i)
	for _, f := range []struct {
		key string
		was string
		set func(string) *gen.ItemUpdateOne
	}{
		{"text", i.Text, up.SetText}, {"aspect", i.Aspect, up.SetAspect}, {"owner", i.Owner, up.SetOwner},
		{"leaderPost", i.LeaderPost, up.SetLeaderPost}, {"path", i.Path, up.SetPath},
	} {
		if now := r.Form.Text(f.key); r.Form.Has(f.key) && now != f.was {
			r.Before[f.key], r.After[f.key] = f.was, now
			f.set(now)
		}
	}
	if lead != nil {
		up.SetUnitID(*lead)
	}
	if r.Form.Has("dueOn") {
		due, err := r.Form.Day("dueOn")
		if err != nil {
			return err
		}
		if i.DueOn != nil {
			r.Before["dueOn"] = i.DueOn.Format(time.DateOnly)
		}
		r.After["dueOn"] = due.Format(time.DateOnly)
		up.SetDueOn(due)
	}
	return up.Exec(ctx)
}

// dropItem cancels an item; the reason is its cause. What is attached would go
// on standing in the plan: a loop is supervised because of its item (DL-12).
func dropItem(ctx context.Context, r *flow.Run) error {
	i, err := theItem(r)
	if err != nil {
		return err
	}
	if len(attachments(r.Case, i.ID)) > 0 {
		return errs.New(errs.GuardFailed, "“%s”已关联事项，请先解除关联再取消", i.Text)
	}
	return change(r, i).SetStatus(item.StatusDROPPED).SetCause(r.Reason).SetSettledAt(r.Now).Exec(ctx)
}

func finishItem(ctx context.Context, r *flow.Run) error {
	i, err := beginning(r)
	if err != nil {
		return err
	}
	evidence := r.Form.Text("evidence")
	if evidence == "" {
		return errs.New(errs.Invalid, "请填写完成的依据").At("evidence")
	}
	return change(r, i).SetStatus(item.StatusDONE).SetEvidence(evidence).SetSettledAt(r.Now).Exec(ctx)
}

// carryOver ends an item here and begins it anew in the next year's plan of the
// kind. What was agreed about it, its solution, is what tells it from one that
// was cancelled. Plans are locked in the order of their years.
func carryOver(ctx context.Context, r *flow.Run) error {
	i, err := beginning(r)
	if err != nil {
		return err
	}
	kind, year := Of(r.Matter)
	name := kind.Name(year + 1)
	next, err := r.Client.Matter.Query().Where(of(kind, year+1)...).Where(matter.StateNEQ("CLOSED")).OnlyID(ctx)
	if gen.IsNotFound(err) {
		return errs.New(errs.GuardFailed, "还没有%s，请先建立", name)
	}
	if err != nil {
		return err
	}
	locked, err := r.Engine.Lock(ctx, next)
	if err != nil {
		return err
	}
	to := locked[next]
	if a := to.Def.Machines[process.OfMatter].Action("takeOver"); a == nil || !slices.Contains(a.From, to.State) || fixed(to) != nil {
		return errs.New(errs.GuardFailed, "%s的项目现在不能改动，请先对它进行“调整”", name)
	}
	if err := change(r, i).SetStatus(item.StatusDROPPED).SetCause(r.Reason).SetSolution("结转至" + name).SetSettledAt(r.Now).Exec(ctx); err != nil {
		return err
	}
	if err := r.Client.Link.Create().SetFromID(next).SetToID(r.Matter.ID).SetKind(link.KindFOLLOWS).SetItemID(i.ID).
		SetReason(r.Reason).SetNillableDecidedByID(r.Actor()).Exec(ctx); err != nil {
		return err
	}
	r.After["next"] = name
	_, err = r.Engine.Carry(ctx, flow.Command{Machine: process.OfMatter, Subject: next, Action: "takeOver", Form: process.Form{"itemId": i.ID.String()}, Reason: r.Reason, By: r.Title})
	return err
}

// takeOver makes a new item of one that the year before has carried over. Its
// period is to be set anew.
func takeOver(ctx context.Context, r *flow.Run) error {
	id, err := r.Form.ID("itemId")
	if err != nil {
		return err
	}
	old, err := r.Client.Item.Get(ctx, id)
	if err != nil {
		return fmt.Errorf("the item that is carried over: %w", err)
	}
	i, err := r.Client.Item.Create().SetMatterID(r.Matter.ID).SetKind(item.KindPLAN_ITEM).SetParentID(old.ID).SetText(old.Text).SetAspect(old.Aspect).
		SetOwner(old.Owner).SetLeaderPost(old.LeaderPost).SetPath(old.Path).SetNillableUnitID(old.UnitID).SetKey(old.Key).SetDifficult(old.Difficult).Save(ctx)
	if err != nil {
		return err
	}
	r.After["itemId"], r.After["text"] = i.ID, i.Text
	return nil
}
