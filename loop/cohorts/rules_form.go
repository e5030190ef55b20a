package cohorts

import (
	"strings"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// formQuestions are asked of what is filled in.
var formQuestions = map[string]question{
	"happened":              {"所记的日期不晚于今天", flow.Happened},
	"chaired_by_cppcc":      {"调研工作部署会由政协主席主持", chairedBy("CPPCC_CHAIR", "调研工作部署会由政协主席主持")},
	"chaired_by_government": {"办理工作部署会由政府主要负责人主持", chairedBy("GOVERNMENT_HEAD", "办理工作部署会须由政府主要负责人主持")},
	"two_leaders":           {"领办与督办是两个职务", twoLeaders},
	"ballot_named":          {"选定一次民主测评：在常委会听取之后进行、已经结束、各承办单位都在测评对象中", ballotNamed},
	"three_present":         {"提案者、专家和承办单位三方都参加座谈会", threePresent},
}

func chairedBy(role, message string) flow.Guard {
	return func(in *flow.Input) error {
		if in.Form.Text("chair") != role {
			return errs.New(errs.GuardFailed, "%s", message).At("chair")
		}
		return nil
	}
}

func twoLeaders(in *flow.Input) error {
	if text.Key(in.Form.Text("leadLeaderPost")) == text.Key(in.Form.Text("superviseLeaderPost")) {
		return errs.New(errs.Invalid, "领办与督办不能是同一职务").At("superviseLeaderPost")
	}
	return nil
}

// ballotNamed: what came of the ballot is looked up when the result is taken
// over (appraisal.go), since rules never query.
func ballotNamed(in *flow.Input) error {
	_, err := in.Form.ID("ballotId")
	return err
}

// threePresent: proposer and expert and unit (DL-11).
func threePresent(in *flow.Input) error {
	missing, err := flow.Absent(in, flow.Side{As: "PROPOSER", Label: "提案者"}, flow.Side{As: "EXPERT", Label: "专家"}, flow.Side{As: "UNIT", Label: "承办单位"})
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return errs.New(errs.GuardFailed, "座谈会须有提案者、专家和承办单位三方参加，缺少%s", strings.Join(missing, "、")).At("present")
	}
	return nil
}
