package vocab

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

type newItemsArgs struct {
	Kind     string `json:"kind" doc:"条目的类别：PROBLEM、RESOLUTION、SUGGESTION、TASK、NODE、LEAD 等"`
	Field    string `json:"field" doc:"表单中的哪一栏，不写为 items；每行有 text，以及 aspect、dueOn、unitId、owner、duty、effect、measure、path、partyId、eventId、parentId、cause、solution、amountFen、key、difficult 中的一些"`
	Receipts bool   `json:"receipts" doc:"每条给一个收条编号和校验码；校验码由能看联系方式的人在该项上查看，交给提出的人"`
}

func registerItems(s *flow.Rules) {
	flow.EffectOf(s, "items", "增加条目：问题、成果、任务、节点等欠下的事。", func(p *process.Place, a newItemsArgs) {
		need(p, "kind", a.Kind)
		enum(p, "条目的类别", a.Kind, schema.Item{}, "kind")
		rowsOf(p, orElse(a.Field, "items"), itemColumns...)
		if a.Receipts {
			if _, ok := p.Policy.Numbers[ReceiptKey]; !ok {
				p.Find("政策里没有收条的编号规则“%s”", ReceiptKey)
			}
		}
	}, addItems)
	flow.EffectOf(s, "claim_item", "明确一条由谁办、怎么办、何时办完：表单的 itemId、unitId、owner、path、dueOn、solution。已有负责单位的，由该单位或主办人员明确；改由别的单位办要写明理由。", func(p *process.Place, _ struct{}) {
		p.NeedField("itemId")
		p.NeedField("path")
	}, claimItem)
	flow.EffectOf(s, "settle_item", "了结一条：表单的 itemId、done、evidence，没有办成的在 evidence 中说明原因；可带 path。由负责的单位或主办人员了结。", func(p *process.Place, _ struct{}) {
		p.NeedField("itemId")
		p.NeedField("done")
		p.NeedField("evidence")
	}, settleItem)
}

var itemColumns = []string{"text", "aspect", "dueOn", "unitId", "owner", "duty", "effect", "measure", "path", "partyId", "eventId", "parentId",
	"cause", "solution", "amountFen", "key", "difficult"}

func addItems(ctx context.Context, r *flow.Run, a newItemsArgs) error {
	list, err := rows(r.Form, orElse(a.Field, "items"))
	if err != nil {
		return err
	}
	var policy process.Policy
	if a.Receipts && len(list) > 0 {
		if policy, err = r.Engine.CurrentPolicy(ctx); err != nil {
			return err
		}
	}
	made, receipts := []uuid.UUID{}, []string{}
	for _, row := range list {
		create, err := newItem(ctx, r, row, item.Kind(a.Kind))
		if err != nil {
			return err
		}
		if a.Receipts {
			no, code, err := NextReceipt(ctx, policy, r.Today().Year())
			if err != nil {
				return err
			}
			create.SetReceiptNo(no).SetCheckCode(code)
			receipts = append(receipts, no) // the code is asked of the item, by who may reach the person
		}
		i, err := create.Save(ctx)
		if err != nil {
			return err
		}
		r.Items = append(r.Items, i)
		made = append(made, i.ID)
	}
	r.After["items"] = made
	if a.Receipts {
		r.After["receipts"] = receipts
	}
	return nil
}

func newItem(ctx context.Context, r *flow.Run, row entry, kind item.Kind) (*gen.ItemCreate, error) {
	text := row.text("text")
	if text == "" {
		return nil, row.invalid("text", "请填写内容")
	}
	due, err := row.day("dueOn")
	if err != nil {
		return nil, err
	}
	amount, err := row.count("amountFen")
	if err != nil {
		return nil, err
	}
	refs, err := refsOf(ctx, r, row)
	if err != nil {
		return nil, err
	}
	create := r.Client.Item.Create().SetMatterID(r.Matter.ID).SetKind(kind).SetText(text).SetAspect(row.text("aspect")).SetNillableDueOn(due).
		SetOwner(row.text("owner")).SetDuty(row.text("duty")).SetEffect(row.text("effect")).SetMeasure(row.text("measure")).SetPath(row.text("path")).
		SetCause(row.text("cause")).SetSolution(row.text("solution")).SetNillableAmountFen(amount).SetKey(row.Bool("key")).SetDifficult(row.Bool("difficult")).
		SetNillableUnitID(refs.unit).SetNillablePartyID(refs.party).SetNillableEventID(refs.event).SetCreatedAt(r.Now)
	parent, err := theItem(r, row, "parentId")
	if err != nil {
		return nil, err
	}
	if parent != nil {
		create.SetParentID(parent.ID)
	}
	return create, nil
}

// openItem is the item of the form that is not settled yet.
func openItem(r *flow.Run, form entry) (*gen.Item, error) {
	i, err := theItem(r, form, "itemId")
	if err != nil {
		return nil, err
	}
	if i == nil {
		return nil, form.invalid("itemId", "请选择一条")
	}
	if i.Status != item.StatusOPEN && i.Status != item.StatusREPORTED {
		return nil, form.invalid("itemId", "“%s”已经了结，请刷新后重选", process.Clip(i.Text))
	}
	return i, mayActOn(r, i, form.at("itemId"))
}

// claimItem: what was given up before is open again.
func claimItem(ctx context.Context, r *flow.Run, _ struct{}) error {
	form := whole(r)
	i, err := openItem(r, form)
	if err != nil {
		return err
	}
	u, err := theUnit(ctx, r, form, "unitId")
	if err != nil {
		return err
	}
	due, err := form.day("dueOn")
	if err != nil {
		return err
	}
	if form.text("path") == "" {
		return form.invalid("path", "请选择办理方式")
	}
	var named *uuid.UUID
	if u != nil {
		named = &u.ID
	}
	if named, err = debtor(r, i, named, form); err != nil {
		return err
	}
	change := r.Client.Item.UpdateOne(i).SetPath(form.text("path")).SetStatus(item.StatusOPEN).SetNillableDueOn(due).SetNillableUnitID(named).AddVersion(1)
	if s := form.text("owner"); s != "" {
		change.SetOwner(s)
	}
	if s := form.text("solution"); s != "" {
		change.SetSolution(s)
	}
	return changed(ctx, r, i, change)
}

// changed writes an item and shows it in the timeline.
func changed(ctx context.Context, r *flow.Run, i *gen.Item, change *gen.ItemUpdateOne) error {
	fresh, err := change.Save(ctx)
	if err != nil {
		return err
	}
	r.Items = slices.Clone(r.Items)
	r.Items[slices.Index(r.Items, i)] = fresh
	r.After["itemId"], r.After["text"], r.After["path"] = fresh.ID, fresh.Text, fresh.Path
	return nil
}

func settleItem(ctx context.Context, r *flow.Run, _ struct{}) error {
	form := whole(r)
	i, err := openItem(r, form)
	if err != nil {
		return err
	}
	evidence := form.text("evidence")
	if evidence == "" {
		return form.invalid("evidence", "请填写依据；没有办成的，请说明原因")
	}
	change := r.Client.Item.UpdateOne(i).SetEvidence(evidence).AddVersion(1)
	if form.Bool("done") {
		change.SetStatus(item.StatusDONE).SetSettledAt(r.Now)
	} else {
		change.SetStatus(item.StatusREPORTED)
	}
	if p := form.text("path"); p != "" {
		change.SetPath(p)
	}
	r.After["done"] = form.Bool("done")
	return changed(ctx, r, i, change)
}
