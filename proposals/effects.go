package proposals

import (
	"context"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// run is what every effect gets.
type run = flow.Run

func registerEffects(s *flow.Rules) {
	for name, f := range map[string]flow.Effect{
		"revise": revise, "invite": invite, "sign": answerInvite(party.CosignSIGNED), "decline": answerInvite(party.CosignDECLINED),
		"cancel_invite": cancelInvite, "expire_invites": expireInvites, "convener_signs": consent("convener"),
		"submit": submit, "resubmit": resubmit,
		"consent_withdraw": consentWithdraw, "apply_withdraw": consent("withdraw"), "dispose_withdrawn": dispose(proposal.DispositionWITHDRAWN),
		"record_pass": recordPass, "flag_secret": flagSecret(true), "clear_secret": flagSecret(false),
		"file": file, "approve_merge": approveMerge, "merge": merge, "undo_merge": undoMerge,
		"consent_opinion": consentOpinion, "convert_opinion": convertOpinion, "convert_letter": dispose(proposal.DispositionCONVERTED_LETTER),
		"refuse": refuse, "forward_up": dispose(proposal.DispositionFORWARDED_UP), "apply_reedit": consent("reedit"), "grant_reedit": grantReedit,
		"pre_assign": preAssign, "pre_assign_opinion": preAssignOpinion, "assign": assign,
		"ask_feedback": askFeedback, "rate": rate, "enter_rating": rate, "new_round": newRound, "joint_consult": jointConsult,
		"disclose": disclose, "mark_key": markKey, "record_supervision": recordSupervision, "report_progress": reportProgress, "urge": urge,
		"complete": complete, "report_commitment": reportCommitment, "verify_commitment": verifyCommitment, "settle": settle,
		"archive": archive, "request_correction": requestCorrection, "apply_correction": applyCorrection,
	} {
		s.Effect("proposal."+name, f)
	}
}

// text is the part of a proposal that its proposers write.
type text struct {
	Title          *string  `json:"title"`
	Situation      *string  `json:"situation"`
	Analysis       *string  `json:"analysis"`
	Suggestions    []string `json:"suggestions"`
	Category       *string  `json:"category"`
	SuggestedUnits []string `json:"suggestedUnitIds"`
	ConsentPublish *bool    `json:"consentPublish"`
	ConsentReason  *string  `json:"consentReason"`
}

// revise changes the text and keeps what it was. A change before submission,
// or of a returned proposal, asks everybody who signed it anew.
func revise(ctx context.Context, r *run) error {
	var in text
	if err := r.Form.Into(&in); err != nil {
		return err
	}
	p := r.Proposal()
	u := r.Client.Proposal.UpdateOne(p)
	set := func(field string, before, after any) {
		r.Before[field], r.After[field] = before, after
	}
	if in.Title != nil && *in.Title != r.Title {
		title := strings.TrimSpace(*in.Title)
		if title == "" { // the form counts spaces
			return errs.New(errs.Invalid, "请填写案由").At("title")
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
	if err := u.Exec(ctx); err != nil {
		return err
	}
	if len(r.After) == 0 || (r.State == "RETURNED" && !r.Policy.ResignOnResubmit) {
		return nil
	}
	return askAgain(ctx, r)
}
