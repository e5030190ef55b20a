package cohorts

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// What only former versions of the process name (testdata). Version 1: before
// there were tasks and secret ballots, units accounted to the cohort itself and
// the appraisal was counted by hand. It stays as long as a loop may run on it.

var formerLists = map[string]checklist{
	"accounted": {"各承办单位都已交账或说明原因", accounted, stageAccount},
}

var formerQuestions = map[string]question{
	"ballots_add_up": {"各承办单位的票数与实到人数相符", ballotsAddUp},
}

// formerRecords are as what cohort.record kept by the action's code, before a
// definition said it (versions 1 and 2, and committees' own of that time).
var formerRecords = map[string]recording{
	"holdKickoff":            {record.KindMEETING, stageKickoff},
	"chooseCandidate":        {record.KindAPPROVAL, stageChoice},
	"designate":              aDesignation,
	"deploy":                 {record.KindMEETING, stageDeployment},
	"consultAssignment":      {record.KindMEETING, stageAssigning},
	"consultAssignmentAgain": {record.KindMEETING, stageAssigning},
	"consultHandling":        {record.KindMEETING, stageHandling},
	"consultAgain":           {record.KindMEETING, stageHandling},
	"recordAccount":          anAccount,
	"recordHearing":          {record.KindMEETING, stageHearing},
	"recordAppraisal":        anAppraisal,
	"recordReport":           {record.KindREPORT, stageReport},
	"plan":                   aPlan,
	"planAgain":              aPlan,
	"symposium":              {record.KindMEETING, stageSymposium},
	"deepen":                 deepened,
	"visit":                  {record.KindVISIT, stageVisit},
	"assess":                 {record.KindMEETING, stageAssessment},
	"close":                  {record.KindAPPROVAL, stageClosing},
	"extend":                 {record.KindEXTENSION, stageExtension},
}

// responsibleFor finds the share of a unit, nil when it has none.
func responsibleFor(c *flow.Case, unit string) *gen.Assignment {
	id, err := uuid.Parse(unit)
	if err != nil {
		return nil
	}
	for _, a := range responsible(c) {
		if c.Heirs.Same(a.UnitID, id) {
			return a
		}
	}
	return nil
}

func accounted(in *flow.Input) []string {
	missing := assigned(in)
	for _, a := range responsible(in.Case) {
		done := false
		for _, r := range ofStage(in.Case, stageAccount) {
			done = done || (r.UnitID != nil && in.Heirs.Same(*r.UnitID, a.UnitID))
		}
		missing = append(missing, unless(done, "“%s”还没有交账，也没有说明原因", unitName(a))...)
	}
	return missing
}

func recordAccount(ctx context.Context, r *flow.Run) error {
	if responsibleFor(r.Case, r.Form.Text("unitId")) == nil {
		return errs.New(errs.Invalid, "该单位不是这件提案的主办或分办单位").At("unitId")
	}
	return write(ctx, r, anAccount, nil)
}

// byHand is the form of an appraisal that was counted by hand: counts only
// (trap 16).
type byHand struct {
	Voters  int `json:"voters"`
	Absent  int `json:"absent"`
	Results []struct {
		UnitID       string `json:"unitId"`
		Satisfied    int    `json:"satisfied"`
		Basic        int    `json:"basic"`
		Dissatisfied int    `json:"dissatisfied"`
		Invalid      int    `json:"invalid"`
	} `json:"results"`
}

func ballotsAddUp(in *flow.Input) error {
	var b byHand
	if err := in.Form.Into(&b); err != nil {
		return err
	}
	if b.Absent > b.Voters {
		return errs.New(errs.Invalid, "未到人数多于应到人数").At("absent")
	}
	seen := map[string]bool{}
	for i, r := range b.Results {
		at := strconv.Itoa(i)
		share := responsibleFor(in.Case, r.UnitID)
		if share == nil || seen[share.UnitID.String()] {
			return errs.New(errs.Invalid, "测评对象应是各承办单位，每个单位一行").At("results", at, "unitId")
		}
		seen[share.UnitID.String()] = true
		if cast := r.Satisfied + r.Basic + r.Dissatisfied + r.Invalid; cast != b.Voters-b.Absent {
			return errs.New(errs.Invalid, "“%s”的票数合计 %d，与实到 %d 人不符（无效票也要计入）", unitName(share), cast, b.Voters-b.Absent).At("results", at)
		}
	}
	return nil
}
