package cohorts

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// A recording is as what something is kept, and where rules find it again.
type recording struct {
	Kind  record.Kind `json:"kind" doc:"记录的类别，例如 MEETING、REPORT、APPROVAL"`
	Stage string      `json:"stage" doc:"记在哪一环节，闸口按它查找，例如 办理工作部署会"`
}

// madeBy are the recordings that effects make by themselves. What one of them
// means is more than a record, so cohort.record cannot make it.
var madeBy = map[string]recording{
	"cohort.record_opinion":   anOpinion,
	"cohort.record_research":  aResearch,
	"cohort.designate":        aDesignation,
	"cohort.record_account":   anAccount,
	"cohort.record_appraisal": anAppraisal,
	"cohort.plan":             aPlan,
	"cohort.deepen":           deepened,
	"cohort.settle_problem":   aSettlement,
}

// kindOf are the kinds of records that have a meaning in the loop, by stage.
var kindOf = map[string]record.Kind{
	stageKickoff: record.KindMEETING, stageChoice: record.KindAPPROVAL, stageDeployment: record.KindMEETING,
	stageAssigning: record.KindMEETING, stageHandling: record.KindMEETING, stageHearing: record.KindMEETING,
	stageReport: record.KindREPORT, stageSymposium: record.KindMEETING, stageVisit: record.KindVISIT,
	stageAssessment: record.KindMEETING, stageClosing: record.KindAPPROVAL, stageExtension: record.KindEXTENSION,
}

const recordEffect = "cohort.record"

// stageMax is in characters, as a label.
const stageMax = 60

func registerRecord(s *flow.Rules) {
	flow.EffectOf(s, recordEffect, "记下表单的内容，写明作为哪类记录、记在哪一环节", recordable, func(ctx context.Context, r *flow.Run, as recording) error {
		return write(ctx, r, orFormer(r.Action, as), nil)
	})
}

// orFormer is what the definition says, or what the action's code meant before
// definitions said it.
func orFormer(a *process.Action, as recording) recording {
	if as == (recording{}) {
		return formerRecords[a.Code]
	}
	return as
}

// recordable finds a recording that is missing, that cannot be stored, or that
// rules would take for something else.
func recordable(p *process.Place, as recording) {
	switch {
	case as == (recording{}):
		if formerRecords[p.Action.Code].Kind == "" {
			p.Find("cohort.record 要写明 kind 和 stage（作为哪类记录、记在哪一环节），例如 {cohort.record: {kind: MEETING, stage: 座谈会}}")
		}
		return
	case as.Kind == "":
		p.Find("cohort.record 要写明 kind（作为哪类记录），例如 MEETING、REPORT、APPROVAL、VISIT")
		return
	case as.Stage == "":
		p.Find("cohort.record 要写明 stage（记在哪一环节）")
		return
	case utf8.RuneCountInString(as.Stage) > stageMax:
		p.Find("stage 至多 %d 个字", stageMax)
	}
	if record.KindValidator(as.Kind) != nil {
		p.Find("没有记录的类别“%s”，例如 MEETING、REPORT、APPROVAL、VISIT", process.Clip(string(as.Kind)))
		return
	}
	for effect, made := range madeBy {
		if made.Stage == as.Stage {
			p.Find("“%s”由 %s 记录，不能用 cohort.record", as.Stage, effect)
		}
	}
	if kind, known := kindOf[as.Stage]; known && kind != as.Kind {
		p.Find("“%s”应作为 %s 记录", as.Stage, kind)
	} else if !known && as.Kind == record.KindEXTENSION { // each is another year of supervision
		p.Find("EXTENSION 只用于“%s”", stageExtension)
	}
}

// needs finds a gate that asks for a record that no action makes: it would
// never open.
func needs(stage string) func(*process.Place, struct{}) {
	if stage == "" {
		return nil
	}
	return func(p *process.Place, _ struct{}) {
		if !slices.ContainsFunc(p.Machine.Actions, func(a *process.Action) bool { return a != nil && makes(a, stage) }) {
			p.Find("没有哪个动作记录“%s”，这个条件不会成立", stage)
		}
	}
}

// makes reports whether an action leaves a record of the stage.
func makes(a *process.Action, stage string) bool {
	return slices.ContainsFunc(a.Effects, func(e *process.Rule) bool {
		if e == nil {
			return false
		}
		if e.Name != recordEffect {
			return madeBy[e.Name].Stage == stage
		}
		as, err := process.Args[recording](e)
		return err == nil && orFormer(a, as).Stage == stage
	})
}
