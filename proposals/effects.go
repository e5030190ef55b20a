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
	for name, f := range map[string]struct {
		says string
		do   flow.Effect
	}{
		"revise":             {"保存修改的文本；已经联名的须重新确认", revise},
		"invite":             {"邀请联名人", invite},
		"sign":               {"记下本人同意联名", answerInvite(party.CosignSIGNED)},
		"decline":            {"记下本人不联名", answerInvite(party.CosignDECLINED)},
		"cancel_invite":      {"撤回对联名人的邀请", cancelInvite},
		"expire_invites":     {"到期没有答复的邀请作废", expireInvites},
		"convener_signs":     {"记下召集人的签署", consent("convener")},
		"submit":             {"记下提交的时间和所属的会议", submit},
		"resubmit":           {"记下重新提交", resubmit},
		"return_over":        {"退改到期：收回到提案委，没有确认的联名邀请作废", returnOver},
		"finish_reedit":      {"结束修改重提，写明改了什么", finishReedit},
		"consent_withdraw":   {"记下联名人同意撤案", consentWithdraw},
		"apply_withdraw":     {"记下第一提案人申请撤案", consent("withdraw")},
		"dispose_withdrawn":  {"处理结果记为撤案", dispose(proposal.DispositionWITHDRAWN)},
		"record_pass":        {"记下一遍审查的意见", recordPass},
		"flag_secret":        {"记下可能涉密", flagSecret(true)},
		"clear_secret":       {"记下排除涉密", flagSecret(false)},
		"file":               {"立案并编案号", file},
		"approve_merge":      {"记下主席同意并案", approveMerge},
		"merge":              {"并入另一件提案，提案人随之列入那一件", merge},
		"undo_merge":         {"撤销并案", undoMerge},
		"consent_opinion":    {"记下提案人同意转社情民意", consentOpinion},
		"convert_opinion":    {"转为一件社情民意", convertOpinion},
		"convert_letter":     {"处理结果记为转作来信", dispose(proposal.DispositionCONVERTED_LETTER)},
		"refuse":             {"记下不予立案及其理由", refuse},
		"forward_up":         {"处理结果记为转上级政协", dispose(proposal.DispositionFORWARDED_UP)},
		"apply_reedit":       {"记下提案人申请修改重提", consent("reedit")},
		"grant_reedit":       {"准许在期限内修改重提，或不准许", grantReedit},
		"pre_assign":         {"记下预交办征询的单位和分工", preAssign},
		"pre_assign_opinion": {"记下被征询单位的意见", preAssignOpinion},
		"assign":             {"按所选的单位和分工交办", assign},
		"ask_feedback":       {"就各份答复向提案人征询评价", askFeedback},
		"rate":               {"记下本人的评价", rateOwn},
		"enter_rating":       {"代提案人录入评价", enterRating},
		"new_round":          {"结束本轮的交办，开始新的一轮", newRound},
		"joint_consult":      {"记下当面协商", jointConsult},
		"disclose":           {"记下公开审查的结论", disclose},
		"mark_key":           {"定为重点提案，或取消", markKey},
		"record_supervision": {"记下督办的调研、会议或报告", recordSupervision},
		"report_progress":    {"记下承办单位报告的进展", reportProgress},
		"urge":               {"记下对承办单位的催办", urge},
		"complete":           {"办结，类别取各份答复中最不利的一类", complete},
		"record_outcome":     {"记下提案办成了什么", recordOutcome},
		"report_commitment":  {"记下承办单位报告的落实情况", reportCommitment},
		"verify_commitment":  {"核实承诺的落实", verifyCommitment},
		"settle":             {"结束跟踪，了结各项承诺", settle},
		"archive":            {"归档", archive},
		"request_correction": {"记下更正的申请", requestCorrection},
		"apply_correction":   {"按申请更正", applyCorrection},
	} {
		s.Effect("proposal."+name, f.says, f.do)
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
	p := r.Proposal()
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
