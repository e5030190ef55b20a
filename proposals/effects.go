package proposals

import (
	"context"
	"slices"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
)

// run is what every effect gets.
type run = flow.Run

func registerEffects(s *flow.Rules) {
	for name, f := range map[string]flow.Doing{
		"revise":             flow.Does("保存修改的文本；已经联名的须重新确认", revise),
		"invite":             flow.Does("邀请联名人", invite, "membershipIds"),
		"sign":               flow.Does("记下本人同意联名", answerInvite(party.CosignSIGNED)),
		"decline":            flow.Does("记下本人不联名", answerInvite(party.CosignDECLINED)),
		"cancel_invite":      flow.Does("撤回对联名人的邀请", cancelInvite, "membershipId"),
		"expire_invites":     flow.Does("到期没有答复的邀请作废", expireInvites),
		"convener_signs":     flow.Does("记下召集人的签署", consent("convener")),
		"submit":             flow.Does("记下提交的时间和所属的会议", submit),
		"resubmit":           flow.Does("记下重新提交", resubmit),
		"return_over":        flow.Does("退改到期：收回到提案委，没有确认的联名邀请作废", returnOver),
		"finish_reedit":      flow.Does("结束修改重提，写明改了什么", finishReedit),
		"consent_withdraw":   flow.Does("记下联名人同意撤案", consentWithdraw),
		"apply_withdraw":     flow.Does("记下第一提案人申请撤案", consent("withdraw")),
		"dispose_withdrawn":  flow.Does("处理结果记为撤案", dispose(proposal.DispositionWITHDRAWN)),
		"record_pass":        flow.Does("记下一遍审查的意见", recordPass),
		"flag_secret":        flow.Does("记下可能涉密", flagSecret(true)),
		"clear_secret":       flow.Does("记下排除涉密", flagSecret(false)),
		"file":               flow.Does("立案并编案号", file),
		"approve_merge":      flow.Does("记下主席同意并案", approveMerge),
		"merge":              flow.Does("并入另一件提案，提案人随之列入那一件", merge, "intoId"),
		"undo_merge":         flow.Does("撤销并案", undoMerge),
		"consent_opinion":    flow.Does("记下提案人同意转社情民意", consentOpinion),
		"convert_opinion":    flow.Does("转为一件社情民意", convertOpinion),
		"convert_letter":     flow.Does("处理结果记为转作来信", dispose(proposal.DispositionCONVERTED_LETTER)),
		"refuse":             flow.Does("记下不予立案及其理由", refuse),
		"forward_up":         flow.Does("处理结果记为转上级政协", dispose(proposal.DispositionFORWARDED_UP)),
		"apply_reedit":       flow.Does("记下提案人申请修改重提", consent("reedit")),
		"grant_reedit":       flow.Does("准许在期限内修改重提，或不准许", grantReedit),
		"pre_assign":         flow.Does("记下预交办征询的单位和分工", preAssign),
		"pre_assign_opinion": flow.Does("记下被征询单位的意见", preAssignOpinion),
		"assign":             flow.Does("按所选的单位和分工交办", assign),
		"ask_feedback":       flow.Does("就各份答复向提案人征询评价", askFeedback),
		"rate":               flow.Does("记下本人的评价", rateOwn, "feedbackId"),
		"enter_rating":       flow.Does("代提案人录入评价", enterRating, "feedbackId"),
		"new_round":          flow.Does("结束本轮的交办，开始新的一轮", newRound),
		"joint_consult":      flow.Does("记下当面协商", jointConsult),
		"disclose":           flow.Does("记下公开审查的结论", disclose),
		"mark_key":           flow.Does("定为重点提案，或取消", markKey),
		"record_supervision": flow.Does("记下督办的调研、会议或报告", recordSupervision),
		"report_progress":    flow.Does("记下承办单位报告的进展", reportProgress),
		"urge":               flow.Does("记下对承办单位的催办", urge, "unitId"),
		"complete":           flow.Does("办结，类别取各份答复中最不利的一类", complete),
		"record_outcome":     flow.Does("记下提案办成了什么", recordOutcome),
		"report_commitment":  flow.Does("记下承办单位报告的落实情况", reportCommitment, "itemId"),
		"verify_commitment":  flow.Does("核实承诺的落实", verifyCommitment, "itemId"),
		"settle":             flow.Does("结束跟踪，了结各项承诺", settle),
		"archive":            flow.Does("归档", archive),
		"request_correction": flow.Does("记下更正的申请", requestCorrection),
		"apply_correction":   flow.Does("按申请更正", applyCorrection),
	} {
		f.Register(s, "proposal."+name)
	}
}

// written is the part of a proposal that its proposers write.
type written struct {
	Title          *string  `json:"title"`
	Situation      *string  `json:"situation"`
	Analysis       *string  `json:"analysis"`
	Suggestions    []string `json:"suggestions"`
	Category       *string  `json:"category"`
	SuggestedUnits []string `json:"suggestedUnitIds"`
	ConsentPublish *bool    `json:"consentPublish"`
	ConsentReason  *string  `json:"consentReason"`
}

// revise changes the text. A change before submission, or of a returned
// proposal, asks everybody who signed it anew.
func revise(ctx context.Context, r *run) error {
	var in written
	if err := r.Form.Into(&in); err != nil {
		return err
	}
	p := r.Edges.Proposal
	u := r.Client.Proposal.UpdateOne(p)
	was, changed := words(r.Title, p), false
	set := func(field string, before, after any) {
		if changed = true; live(r) {
			r.Before[field], r.After[field] = before, after
		}
	}
	if in.Title != nil && *in.Title != r.Title {
		title, err := column("title", 1, "title").Take(*in.Title)
		if err != nil {
			return err
		}
		set("title", r.Title, title)
		if err := r.Client.Matter.UpdateOne(r.Matter).SetTitle(title).Exec(ctx); err != nil {
			return err
		}
	}
	str := func(field string, before string, after *string, put func(string) *gen.ProposalUpdateOne) {
		if after != nil && *after != before {
			set(field, before, *after)
			put(*after)
		}
	}
	str("situation", p.Situation, in.Situation, u.SetSituation)
	str("analysis", p.Analysis, in.Analysis, u.SetAnalysis)
	str("category", p.Category, in.Category, u.SetCategory)
	str("consentReason", p.ConsentReason, in.ConsentReason, u.SetConsentReason)
	if in.Suggestions != nil && !slices.Equal(in.Suggestions, p.Suggestions) {
		set("suggestions", p.Suggestions, in.Suggestions)
		u.SetSuggestions(in.Suggestions)
	}
	if in.SuggestedUnits != nil {
		ids, err := r.Form.IDs("suggestedUnitIds")
		if err == nil {
			err = ownUnits(ctx, r.Client, ids, "suggestedUnitIds")
		}
		if err != nil {
			return err
		}
		u.SetSuggestedUnits(in.SuggestedUnits)
	}
	if in.ConsentPublish != nil && *in.ConsentPublish != p.ConsentPublish {
		set("consentPublish", p.ConsentPublish, *in.ConsentPublish)
		u.SetConsentPublish(*in.ConsentPublish)
	}
	if changed && p.SubmittedAt != nil && p.HandedIn == nil {
		u.SetHandedIn(was)
	}
	if err := u.Exec(ctx); err != nil {
		return err
	}
	var err error
	if r.Quiet, err = saidAlready(ctx, r); err != nil {
		return err
	}
	if r.OnBehalf == nil {
		r.OnBehalf = behalfOf(&r.Input)
	}
	if !changed || (r.State == "RETURNED" && !r.Policy.ResignOnResubmit) {
		return nil
	}
	return askAgain(ctx, r)
}
