package tasks

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// A recording is as what an action is recorded.
type recording struct {
	kind  record.Kind
	stage string
}

// As what each effect is recorded: what people do and what an envelope brings
// share their effects and are recorded alike.
var (
	returnedTask = recording{record.KindRETURN, "退回任务"}
	nodeReport   = recording{record.KindREPORT, "节点交账"}
	nodeCheck    = recording{record.KindCHECK, "节点认可"}
	nodeReturn   = recording{record.KindRETURN, "节点退回"}
	finalReport  = recording{record.KindREPORT, "任务报告"}
	finalCheck   = recording{record.KindCHECK, "任务核实"}
	explanation  = recording{record.KindAPPROVAL, "认可说明"}
	finalReturn  = recording{record.KindRETURN, "任务退回"}
	extension    = recording{record.KindEXTENSION, "任务延期"}
)

var effects = map[string]flow.Doing{
	"amend":       flow.Does("改写任务的六定", amend),
	"add_node":    flow.Does("增加一个节点", addNode),
	"drop_node":   flow.Does("取消一个节点", dropNode, "itemId"),
	"decline":     flow.Does("退回任务", decline),
	"report_node": flow.Does("记下节点交账", reportNode, "itemId"),
	"accept_node": flow.Does("认可节点", acceptNode, "itemId"),
	"return_node": flow.Does("退回节点的交账", returnNode, "itemId"),
	"report":      flow.Does("记下任务报告", report),
	"finish":      flow.Does("任务记为完成", finish),
	"explain":     flow.Does("认可没有完成的说明", explain),
	"reopen":      flow.Does("退回任务报告，继续办理", reopen),
	"postpone":    flow.Does("延长任务或节点的期限", postpone),
	"withdraw":    flow.Does("撤回任务", withdraw),
}

// write records what the form says; without a text the reason is it.
func write(ctx context.Context, r *flow.Run, as recording, data map[string]any) error {
	on := r.Today()
	if r.Form.Has("on") {
		var err error
		if on, err = r.Form.Day("on"); err != nil {
			return err
		}
	}
	if data == nil {
		data = map[string]any{}
	}
	if r.By != "" {
		data["by"] = r.By
	}
	text := r.Form.Text("text")
	if text == "" {
		text = r.Reason
	}
	row, err := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(as.kind).SetStage(as.stage).SetOn(on).SetText(text).
		SetNillableUnitID(theTask(r.Case).UnitID).SetNillableAuthorID(r.Actor()).SetData(data).Save(ctx)
	if err != nil {
		return err
	}
	r.After["recordId"], r.After["on"] = row.ID, on.Format(time.DateOnly)
	r.Records = append(slices.Clone(r.Records), row)
	return nil
}

// change updates an item, in memory too: deadlines that follow look at it.
func change(ctx context.Context, r *flow.Run, i *gen.Item, how func(*gen.ItemUpdateOne)) error {
	u := r.Client.Item.UpdateOneID(i.ID).AddVersion(1)
	how(u)
	now, err := u.Save(ctx)
	if err != nil {
		return err
	}
	r.Items = slices.Clone(r.Items)
	for n, old := range r.Items {
		if old.ID == i.ID {
			r.Items[n] = now
		}
	}
	return nil
}

// turn sets an item's status, with the moment where it is settled.
func turn(ctx context.Context, r *flow.Run, i *gen.Item, to item.Status) error {
	return change(ctx, r, i, func(u *gen.ItemUpdateOne) {
		u.SetStatus(to)
		if to == item.StatusDONE || to == item.StatusDROPPED {
			u.SetSettledAt(r.Now)
		} else {
			u.ClearSettledAt()
		}
	})
}

// theNode is the node that the form names, if it has one of the statuses.
func theNode(r *flow.Run, statuses ...item.Status) (*gen.Item, error) {
	id, err := r.Form.ID("itemId")
	if err != nil {
		return nil, err
	}
	for _, n := range nodes(r.Case, statuses...) {
		if n.ID == id {
			r.After["itemId"], r.After["text"] = n.ID, n.Text
			return n, nil
		}
	}
	return nil, errs.New(errs.Invalid, "所选的节点不存在，或现在不能这样处理，请刷新后重选").At("itemId")
}

func amend(ctx context.Context, r *flow.Run) error {
	i, m := r.Client.Item.UpdateOneID(theTask(r.Case).ID).AddVersion(1), r.Client.Matter.UpdateOneID(r.Matter.ID)
	if err := fill(ctx, r.Client, r.Form, i.Mutation(), m.Mutation()); err != nil {
		return err
	}
	for key, v := range r.Form {
		r.After[key] = v
	}
	if err := i.Exec(ctx); err != nil {
		return err
	}
	return m.Exec(ctx)
}

func addNode(ctx context.Context, r *flow.Run) error {
	due, err := r.Form.Day("dueOn")
	if err != nil {
		return err
	}
	n, err := newNode(r.Client, theTask(r.Case), r.Form.Text("text"), due).Save(ctx)
	if err != nil {
		return err
	}
	r.Items = append(slices.Clone(r.Items), n)
	r.After["itemId"], r.After["text"], r.After["dueOn"] = n.ID, n.Text, r.Form.Text("dueOn")
	if origin := r.Form.Text("originId"); origin != "" {
		known := maps.Clone(originals(r.Case))
		known[origin] = n.ID.String()
		if err := keep(ctx, r, dataNodes, known); err != nil {
			return err
		}
	}
	return r.Met(ctx, "node") // the new one may be the nearest
}

func dropNode(ctx context.Context, r *flow.Run) error {
	n, err := theNode(r, item.StatusOPEN)
	if err != nil {
		return err
	}
	return turn(ctx, r, n, item.StatusDROPPED)
}

// decline brings the task back to its draft. Whose it was is kept: it has to
// hear of it when the task is issued elsewhere or withdrawn.
func decline(ctx context.Context, r *flow.Run) error {
	if p := theTask(r.Case).Partner; p != "" {
		if err := keep(ctx, r, dataDeclined, p); err != nil {
			return err
		}
	}
	return write(ctx, r, returnedTask, nil)
}

func reportNode(ctx context.Context, r *flow.Run) error {
	n, err := theNode(r, item.StatusOPEN)
	if err != nil {
		return err
	}
	err = change(ctx, r, n, func(u *gen.ItemUpdateOne) { u.SetStatus(item.StatusREPORTED).SetEvidence(r.Form.Text("text")) })
	if err != nil {
		return err
	}
	err = write(ctx, r, nodeReport, map[string]any{"itemId": n.ID.String(), "outcome": r.Form.Text("outcome"), "files": counted(r)})
	if err != nil {
		return err
	}
	return r.Met(ctx, "node")
}

// settled is the status of a reported node that is accepted.
func settled(c *flow.Case, n *gen.Item) item.Status {
	if last := lastReport(c, n.ID); last != nil && last.Data["outcome"] == explained {
		return item.StatusDROPPED
	}
	return item.StatusDONE
}

func acceptNode(ctx context.Context, r *flow.Run) error {
	n, err := theNode(r, item.StatusREPORTED)
	if err != nil {
		return err
	}
	if err := turn(ctx, r, n, settled(r.Case, n)); err != nil {
		return err
	}
	return write(ctx, r, nodeCheck, map[string]any{"itemId": n.ID.String()})
}

func returnNode(ctx context.Context, r *flow.Run) error {
	n, err := theNode(r, item.StatusREPORTED)
	if err != nil {
		return err
	}
	if err := turn(ctx, r, n, item.StatusOPEN); err != nil {
		return err
	}
	if err := write(ctx, r, nodeReturn, map[string]any{"itemId": n.ID.String()}); err != nil {
		return err
	}
	return r.Met(ctx, "node")
}

func report(ctx context.Context, r *flow.Run) error {
	err := change(ctx, r, theTask(r.Case), func(u *gen.ItemUpdateOne) { u.SetStatus(item.StatusREPORTED).SetEvidence(r.Form.Text("text")) })
	if err != nil {
		return err
	}
	return write(ctx, r, finalReport, map[string]any{"outcome": r.Form.Text("outcome"), "files": counted(r)})
}

func finish(ctx context.Context, r *flow.Run) error {
	return end(ctx, r, finalCheck, item.StatusDONE, nil)
}

func explain(ctx context.Context, r *flow.Run) error {
	return end(ctx, r, explanation, item.StatusDROPPED, map[string]any{"acceptedBy": r.Form.Text("by")})
}

// end settles the task. Nodes that whoever did it set itself are nobody else's
// to accept, and stand as they were reported.
func end(ctx context.Context, r *flow.Run, as recording, to item.Status, data map[string]any) error {
	for _, n := range nodes(r.Case, item.StatusREPORTED) {
		if err := turn(ctx, r, n, settled(r.Case, n)); err != nil {
			return err
		}
	}
	if err := turn(ctx, r, theTask(r.Case), to); err != nil {
		return err
	}
	return write(ctx, r, as, data)
}

func reopen(ctx context.Context, r *flow.Run) error {
	if err := turn(ctx, r, theTask(r.Case), item.StatusOPEN); err != nil {
		return err
	}
	return write(ctx, r, finalReturn, nil)
}

// postpone moves the day. The deadline that ran for the old one ends with it
// and stays on record; another begins.
func postpone(ctx context.Context, r *flow.Run) error {
	due, err := r.Form.Day("dueOn")
	if err != nil {
		return err
	}
	t, before := theTask(r.Case), ""
	if t.DueOn != nil {
		before = t.DueOn.Format(time.DateOnly)
	}
	r.Before["dueOn"], r.After["dueOn"] = before, r.Form.Text("dueOn")
	if err := change(ctx, r, t, func(u *gen.ItemUpdateOne) { u.SetDueOn(due) }); err != nil {
		return err
	}
	if err := write(ctx, r, extension, map[string]any{"from": before, "to": r.Form.Text("dueOn")}); err != nil {
		return err
	}
	return r.Met(ctx, "task")
}

// withdraw ends the task, its open nodes and what it was broken down into.
func withdraw(ctx context.Context, r *flow.Run) error {
	for _, n := range nodes(r.Case, item.StatusOPEN, item.StatusREPORTED) {
		if err := turn(ctx, r, n, item.StatusDROPPED); err != nil {
			return err
		}
	}
	for _, b := range below(r.Case) {
		if _, err := r.Engine.Carry(ctx, flow.Command{Machine: process.OfMatter, Subject: b.ID, Action: "recall", Reason: r.Reason, By: r.By}); err != nil {
			return err
		}
	}
	return turn(ctx, r, theTask(r.Case), item.StatusDROPPED)
}

// counted are the files that count as evidence with this report: those of the
// matter that no earlier report named, or those of which the envelope tells.
func counted(r *flow.Run) []any {
	if list, ok := r.Form["files"].([]any); ok {
		return list
	}
	named := map[any]bool{}
	for _, rec := range r.Records {
		files, _ := rec.Data["files"].([]any)
		for _, f := range files {
			if m, ok := f.(map[string]any); ok {
				named[m["id"]] = true
			}
		}
	}
	out := []any{}
	for _, a := range r.Attachments {
		if !named[a.ID.String()] {
			out = append(out, map[string]any{"id": a.ID.String(), "name": a.Name, "sha256": a.Sha256})
		}
	}
	return out
}

// Keys of a task's data.
const (
	dataNodes    = "nodes"      // of a received task: the sender's id of each node → ours
	dataDeclined = "declinedBy" // code of the committee that declined it last
	dataLoop     = "loop"       // of a received task: title and year of the sender's loop
)

// keep sets one key of the matter's data, in memory too; nil takes it away.
func keep(ctx context.Context, r *flow.Run, key string, value any) error {
	data := maps.Clone(r.Matter.Data)
	if data == nil {
		data = map[string]any{}
	}
	if data[key] = value; value == nil {
		delete(data, key)
	}
	err := r.Client.Matter.UpdateOneID(r.Matter.ID).SetData(data).Exec(ctx)
	r.Matter.Data = data
	return err
}

// originals are the nodes that came with a received task, by the sender's ids.
func originals(c *flow.Case) map[string]any {
	known, _ := c.Data[dataNodes].(map[string]any)
	if known == nil {
		known = map[string]any{}
	}
	return known
}

// original is the sender's id of one of our nodes, empty for our own.
func original(c *flow.Case, id uuid.UUID) string {
	for theirs, ours := range originals(c) {
		if ours == id.String() {
			return theirs
		}
	}
	return ""
}
