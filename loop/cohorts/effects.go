package cohorts

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// Stages tell the cohort's records apart, in the words of the field.
const (
	stageKickoff     = "调研工作部署会"
	stageOpinion     = "方向论证"
	stageResearch    = "调研论证"
	stageChoice      = "审定选题"
	stageDesignation = "确定一号提案"
	stageDeployment  = "办理工作部署会"
	stageAssigning   = "交办中·落实责任协商"
	stageHandling    = "办理中·解决问题协商"
	stageAccount     = "节点交账"
	stageHearing     = "常委会听取"
	stageAppraisal   = "民主测评"
	stageReport      = "专题协商报告"
	stagePlan        = "年度重点监督计划"
	stageSymposium   = "座谈会"
	stageDeepened    = "深化建议"
	stageVisit       = "监督性视察"
	stageAssessment  = "问题研判与协商"
	stageProblem     = "商定解决办法"
	stageClosing     = "闭环"
	stageExtension   = "再延一年"
)

// Recordings that an effect makes by itself, whatever the action is called.
var (
	anOpinion    = recording{record.KindRESEARCH, stageOpinion}
	aResearch    = recording{record.KindREPORT, stageResearch}
	aDesignation = recording{record.KindAPPROVAL, stageDesignation}
	anAccount    = recording{record.KindREPORT, stageAccount}
	anAppraisal  = recording{record.KindCHECK, stageAppraisal}
	aPlan        = recording{record.KindPLAN, stagePlan}
	deepened     = recording{record.KindREPORT, stageDeepened}
	aSettlement  = recording{record.KindCHECK, stageProblem}
)

// effects are what actions change beside the state.
var effects = map[string]flow.Doing{
	"add_direction":    flow.Does("增加一个备选方向", add(item.KindDIRECTION)),
	"assign_direction": flow.Does("为方向指定牵头单位", assignDirection, "itemId", "unitId"),
	"record_opinion":   flow.Does("记下对方向的意见", writeAbout(item.KindDIRECTION, anOpinion), "itemId"),
	"add_candidate":    flow.Does("增加一个备选件", add(item.KindCANDIDATE), "unitId"),
	"drop":             flow.Does("放弃一个方向、备选件或问题", turn(item.StatusOPEN, item.StatusDROPPED), "itemId"),
	"restore":          flow.Does("恢复放弃了的", turn(item.StatusDROPPED, item.StatusOPEN), "itemId"),
	"record_research":  flow.Does("记下对备选件的调研和意见", writeAbout(item.KindCANDIDATE, aResearch), "itemId"),
	"choose":           flow.Does("审定一个选题", choose, "itemId"),
	"unchoose":         flow.Does("撤销审定", unchoose),
	"return_candidate": flow.Does("退回备选件重做", returnCandidate, "itemId"),
	"link":             flow.Does("与一号提案建立联系", link, "proposalId"),
	"designate":        flow.Does("确定为一号提案", designate),
	"name_leaders":     flow.Does("确定领办和督办的领导", nameLeaders),
	"record_account":   flow.Does("记下承办单位交账", recordAccount),
	"record_appraisal": flow.Does("接收秘密测评的结果", recordAppraisal, "ballotId"),
	"plan":             flow.Does("列入监督计划", plan),
	"deepen":           flow.Does("记下深化建议的一个版本", deepen),
	"add_problem":      flow.Does("增加一个问题", add(item.KindPROBLEM)),
	"settle_problem":   flow.Does("问题记为了结", settleProblem, "itemId", "unitId"),
	"resolve_problem":  flow.Does("问题记为解决，或写明原因", resolveProblem, "itemId"),
}

// write records what the form says. Its day, place, text and unit are columns,
// the rest and what is derived are data.
func write(ctx context.Context, r *flow.Run, as recording, derived map[string]any) error {
	create := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(as.Kind).SetStage(as.Stage).
		SetPlace(r.Form.Text("place")).SetText(r.Form.Text("text")).SetNillableAuthorID(r.Actor())
	on := r.Today()
	if r.Form.Has("on") {
		var err error
		if on, err = r.Form.Day("on"); err != nil {
			return err
		}
	}
	create.SetOn(on)
	if r.Form.Has("unitId") {
		u, err := theUnit(ctx, r)
		if err != nil {
			return err
		}
		create.SetUnitID(u)
	}
	data := map[string]any{}
	for k, v := range r.Form {
		if k != "on" && k != "place" && k != "text" && k != "unitId" {
			data[k] = v
		}
	}
	for k, v := range derived {
		data[k] = v
	}
	row, err := create.SetData(data).Save(ctx)
	if err != nil {
		return err
	}
	r.After["recordId"], r.After["on"] = row.ID, on.Format(time.DateOnly)
	return nil
}

// theUnit is the committee's own unit that the form names.
func theUnit(ctx context.Context, r *flow.Run) (uuid.UUID, error) {
	id, err := r.Form.ID("unitId")
	if err != nil {
		return id, err
	}
	_, err = authz.UnitThere(ctx, r.Client, id, authz.Fits{}, "unitId")
	return id, err
}

func add(k item.Kind) flow.Effect {
	return func(ctx context.Context, r *flow.Run) error {
		create := r.Client.Item.Create().SetMatterID(r.Matter.ID).SetKind(k).SetText(r.Form.Text("text"))
		if r.Form.Has("source") { // of a direction: the path on which it came
			create.SetPath(r.Form.Text("source"))
		}
		if r.Form.Has("unitId") {
			u, err := theUnit(ctx, r)
			if err != nil {
				return err
			}
			create.SetUnitID(u)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return err
		}
		r.After["itemId"], r.After["text"] = row.ID, row.Text
		return nil
	}
}

// theItem is the item that the form names, if it is of one of the kinds and
// has the status.
func theItem(r *flow.Run, s item.Status, kinds ...item.Kind) (*gen.Item, error) {
	id, err := r.Form.ID("itemId")
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		for _, i := range items(r.Case, k, s) {
			if i.ID == id {
				r.After["itemId"], r.After["text"] = i.ID, i.Text
				return i, nil
			}
		}
	}
	return nil, errs.New(errs.Invalid, "所选的条目不存在，或现在不能这样处理，请刷新后重选").At("itemId")
}

// change begins an update of an item.
func change(r *flow.Run, i *gen.Item) *gen.ItemUpdateOne {
	return r.Client.Item.UpdateOneID(i.ID).AddVersion(1)
}

func assignDirection(ctx context.Context, r *flow.Run) error {
	d, err := theItem(r, item.StatusOPEN, item.KindDIRECTION)
	if err != nil {
		return err
	}
	u, err := theUnit(ctx, r)
	if err != nil {
		return err
	}
	return change(r, d).SetUnitID(u).Exec(ctx)
}

// turn drops a direction or a candidate, or takes it up again.
func turn(from, to item.Status) flow.Effect {
	return func(ctx context.Context, r *flow.Run) error {
		i, err := theItem(r, from, item.KindDIRECTION, item.KindCANDIDATE)
		if err != nil {
			return err
		}
		u := change(r, i).SetStatus(to)
		if to == item.StatusOPEN && i.Kind == item.KindCANDIDATE { // it had been returned
			u.ClearPath().ClearSettledAt()
		}
		return u.Exec(ctx)
	}
}

// writeAbout records something about an open item of a kind.
func writeAbout(k item.Kind, as recording) flow.Effect {
	return func(ctx context.Context, r *flow.Run) error {
		if _, err := theItem(r, item.StatusOPEN, k); err != nil {
			return err
		}
		return write(ctx, r, as, nil)
	}
}

func choose(ctx context.Context, r *flow.Run) error {
	c, err := theItem(r, item.StatusOPEN, item.KindCANDIDATE)
	if err != nil {
		return err
	}
	return change(r, c).SetStatus(item.StatusCHOSEN).Exec(ctx)
}

func unchoose(ctx context.Context, r *flow.Run) error {
	for _, c := range items(r.Case, item.KindCANDIDATE, item.StatusCHOSEN) {
		r.Before["chosen"] = c.Text
		if err := change(r, c).SetStatus(item.StatusOPEN).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// freeToReturn is where a candidate goes that was not chosen, unless it is said.
const freeToReturn = "下一年度选题方向或普通提案"

// returnCandidate lets a candidate that was not chosen go, to come back as a
// direction of the next year or as an ordinary proposal. It is taken up again
// only where the choice is made anew.
func returnCandidate(ctx context.Context, r *flow.Run) error {
	c, err := theItem(r, item.StatusOPEN, item.KindCANDIDATE)
	if err != nil {
		return err
	}
	as := cmp.Or(r.Form.Text("as"), freeToReturn)
	r.After["path"] = as
	return change(r, c).SetStatus(item.StatusDROPPED).SetPath(as).SetSettledAt(r.Now).Exec(ctx)
}

// plan records the year of the plan, and its item where it has one: version 1
// of the process did not ask for it.
func plan(ctx context.Context, r *flow.Run) error {
	derived := map[string]any{"year": supervisionYear(r.Case)}
	if l := planned(r.Case); l != nil {
		derived["planId"], derived["planItemId"] = l.ToID, l.ItemID
	}
	return write(ctx, r, aPlan, derived)
}

func deepen(ctx context.Context, r *flow.Run) error {
	return write(ctx, r, deepened, map[string]any{"version": len(ofStage(r.Case, stageDeepened)) + 1})
}

// settleProblem writes down what was agreed, on the problem and as a record.
// Settled again, the newest agreement holds and the older ones stay on record.
func settleProblem(ctx context.Context, r *flow.Run) error {
	p, err := theItem(r, item.StatusOPEN, item.KindPROBLEM)
	if err != nil {
		return err
	}
	due, err := r.Form.Day("dueOn")
	if err != nil {
		return err
	}
	u, err := theUnit(ctx, r)
	if err != nil {
		return err
	}
	err = change(r, p).SetUnitID(u).SetCause(r.Form.Text("cause")).SetSolution(r.Form.Text("solution")).SetDueOn(due).Exec(ctx)
	if err != nil {
		return err
	}
	return write(ctx, r, aSettlement, nil)
}

// resolveProblem ends a problem: solved, or explained why not.
func resolveProblem(ctx context.Context, r *flow.Run) error {
	p, err := theItem(r, item.StatusOPEN, item.KindPROBLEM)
	if err != nil {
		return err
	}
	if !agreed(r.Case, p) {
		return flow.Lacks([]string{fmt.Sprintf("问题“%s”还没有查明原因、商定办法和期限", p.Text)})
	}
	to := item.StatusDROPPED
	if r.Form.Bool("done") {
		to = item.StatusDONE
	}
	return change(r, p).SetStatus(to).SetEvidence(r.Form.Text("evidence")).SetSettledAt(r.Now).Exec(ctx)
}
