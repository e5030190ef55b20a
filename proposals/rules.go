package proposals

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// failed is a guard's objection.
func failed(message string, args ...any) error { return errs.New(errs.GuardFailed, message, args...) }

func when(bad bool, message string, args ...any) error {
	if bad {
		return failed(message, args...)
	}
	return nil
}

// Register makes the rules of proposals known to the engine.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Declaration.Code)
	registerRelations(s)
	registerDraftRules(s)
	registerBehalf(s)
	registerReviewRules(s)
	registerHandlingRules(s)
	registerRatingRules(s)
	registerClosingRules(s)
	registerShareRules(s)
	registerDeadlines(s)
	registerEffects(s)
	registerShareEffects(s)
}

func is(id *uuid.UUID, v *authz.Viewer) bool { return v != nil && id != nil && *id == v.Membership }

// speaksFor: the party himself, or somebody seated in the collective proposer.
func speaksFor(p *gen.Party, v *authz.Viewer) bool {
	return is(p.MembershipID, v) || (p.UnitID != nil && v.InUnit(p.UnitID))
}

func anyParty(parties []*gen.Party, ok func(*gen.Party) bool) bool {
	for _, p := range parties {
		if ok(p) {
			return true
		}
	}
	return false
}

func registerRelations(s *flow.Rules) {
	s.Relation("lead", "本人是第一提案人，或在作为第一提案人的组织任职", func(in *flow.Input) bool {
		return anyParty(in.Parties, func(p *gen.Party) bool {
			return p.Role == party.RoleLEAD && p.FromMatterID == nil && speaksFor(p, in.Viewer)
		})
	})
	// of versions 1 and 2, where nobody had the right with it: who entered a case
	// for another does nothing more there (on_behalf, since version 3)
	s.Relation("entered", "本件由本人为自己录入", func(in *flow.Input) bool { return is(in.CreatorID, in.Viewer) && in.Edges.Proposal.EnteredByID == nil })
	s.Relation("co", "本人是联名人，或在联名的组织任职", func(in *flow.Input) bool {
		return anyParty(in.Active(party.RoleCO), func(p *gen.Party) bool { return speaksFor(p, in.Viewer) })
	})
	s.Relation("invitee", "本人被邀请联名，还没有答复", func(in *flow.Input) bool { // one whose time is over is told so
		return anyParty(in.Parties, func(p *gen.Party) bool {
			return (p.Cosign == party.CosignINVITED || p.Cosign == party.CosignEXPIRED) && is(p.MembershipID, in.Viewer)
		})
	})
	s.Relation("resigner", "本人须重新确认修改后的文本", func(in *flow.Input) bool {
		return anyParty(in.Parties, func(p *gen.Party) bool { return p.Cosign == party.CosignINVITED && is(p.MembershipID, in.Viewer) })
	})
	s.Relation("rater", "本人是提案人，或在提出提案的组织任职", func(in *flow.Input) bool {
		return anyParty(in.Proposers(), func(p *gen.Party) bool { return speaksFor(p, in.Viewer) })
	})
	s.Relation("asked_unit", "本人所在的单位在预交办时被征询", func(in *flow.Input) bool {
		asked, _ := planned(in.Case)
		for _, u := range asked {
			if in.Viewer.InUnit(&u.Unit) {
				return true
			}
		}
		return false
	})
	s.Relation("answering_unit", "本人所在的单位承办并答复本件", func(in *flow.Input) bool {
		for _, a := range in.Answering() {
			if in.Viewer.InUnit(&a.UnitID) {
				return true
			}
		}
		return false
	})
}

func registerDraftRules(s *flow.Rules) {
	s.Guard("proposal.editable", "立案以后的修改已获准许，且还在准许的期限之内", func(in *flow.Input) error {
		if in.Edges.Proposal.FiledAt == nil {
			return nil
		}
		until := in.Edges.Proposal.ReeditGrantedUntil
		return when(until == nil || until.Before(in.Now), "立案后修改须先向提案委申请修改重提")
	})
	s.Guard("proposal.joint", "是联名提案", func(in *flow.Input) error {
		return when(!joint(in.Edges.Proposal), "只有联名提案可以邀请联名人，请另建一件联名提案")
	})
	s.Guard("proposal.text_complete", "案由至少四个字，情况、分析、建议齐全；不同意公开的写明理由", func(in *flow.Input) error { return textComplete(in.Title, in.Edges.Proposal) })
	s.Guard("proposal.within_limit", "正文不超过政策规定的字数", func(in *flow.Input) error {
		n, limit := length(in.Edges.Proposal), in.Policy.BodyLimit
		return when(limit > 0 && n > limit, "正文共 %d 字，超过 %d 字的上限，请精简", n, limit)
	})
	s.Guard("proposal.cosign_open", "本人有待会签的邀请，会签尚未截止", func(in *flow.Input) error {
		for _, p := range in.Parties {
			switch {
			case !is(p.MembershipID, in.Viewer):
			case p.Cosign == party.CosignEXPIRED, p.Cosign == party.CosignINVITED && p.CosignDueAt != nil && p.CosignDueAt.Before(in.Now):
				return flow.Lapsed(p)
			case p.Cosign == party.CosignINVITED:
				return nil
			}
		}
		return failed("您没有待会签的邀请")
	})
	s.Guard("proposal.invited", "有还没有答复的邀请", func(in *flow.Input) error {
		return when(!anyParty(in.Parties, func(p *gen.Party) bool { return p.Cosign == party.CosignINVITED }), "没有待答复的邀请")
	})
	s.Guard("proposal.cosign_answered", "被邀的联名人都已答复，或会签已截止", func(in *flow.Input) error {
		return when(anyParty(in.Parties, func(p *gen.Party) bool { return asked(p, in.Now) }), "还有联名人没有答复")
	})
	s.Guard("proposal.cosign_closed", "联名人都已答复，或会签已截止；没有人联名的，确认按个人提案提交", cosignClosed)
	s.Guard("proposal.sector_kind", "是界别、小组或联组提案", func(in *flow.Input) error {
		return when(!bySector(in.Edges.Proposal), "只有界别、小组、联组提案由召集人签署")
	})
	s.Guard("proposal.collective_signed", "界别、小组、联组提案已由召集人签署，集体提案已附盖章的扫描件", collectiveSigned)
	s.Guard("proposal.resigned", "文本修改以后，联名人都已重新确认或已到期（政策要求时）", func(in *flow.Input) error {
		waiting := anyParty(in.Parties, func(p *gen.Party) bool { return asked(p, in.Now) })
		return when(in.Policy.ResignOnResubmit && waiting, "文本已修改，须等联名人确认或到期后再提交")
	})
	s.Guard("proposal.withdraw_consented", "全体联名人同意撤案，也没有别的提案并入本件", func(in *flow.Input) error {
		for _, p := range in.Proposers() {
			switch {
			case p.FromMatterID != nil:
				return failed("“%s”的提案已并入本件，撤案前须先撤销并案", p.Name)
			case p.Role == party.RoleCO && p.WithdrawConsentAt == nil && !gone(p, in.Today()):
				return failed("撤案须经全体联名人同意，“%s”尚未同意", p.Name)
			}
		}
		return nil
	})
	s.Guard("proposal.withdraw_applied", "第一提案人已申请撤案", func(in *flow.Input) error {
		return when(latest(in.Case, record.KindCONSENT, "withdraw") == nil, "第一提案人没有申请撤案")
	})
	s.Guard("proposal.reedit_granted", "已准许修改重提，且还在准许的期限之内", func(in *flow.Input) error {
		until := in.Edges.Proposal.ReeditGrantedUntil
		return when(until == nil || until.Before(in.Now), "没有准许修改重提，或时间已过")
	})
	s.Guard("proposal.reedit_applied", "提案人已申请修改重提", func(in *flow.Input) error {
		return when(latest(in.Case, record.KindCONSENT, "reedit") == nil, "提案人没有申请修改重提")
	})
}

func joint(p *gen.Proposal) bool { return p.ProposerKind == proposal.ProposerKindJOINT }

func bySector(p *gen.Proposal) bool {
	return p.ProposerKind == proposal.ProposerKindSECTOR || p.ProposerKind == proposal.ProposerKindTEAM || p.ProposerKind == proposal.ProposerKindJOINT_TEAM
}

func byOrganisation(p *gen.Proposal) bool {
	return p.ProposerKind == proposal.ProposerKindPARTY || p.ProposerKind == proposal.ProposerKindGROUP ||
		p.ProposerKind == proposal.ProposerKindCOMMITTEE || p.ProposerKind == proposal.ProposerKindJOINT_ORG
}

// textComplete: 有情况、有分析、有具体的建议.
func textComplete(title string, p *gen.Proposal) error {
	switch {
	case text.Count(title) < leastTitle:
		return failed("请填写案由，至少 4 个字")
	case text.Blank(p.Situation):
		return failed("请填写情况")
	case text.Blank(p.Analysis):
		return failed("请填写分析")
	case !slices.ContainsFunc(p.Suggestions, func(s string) bool { return !text.Blank(s) }):
		return failed("请至少写一条具体建议")
	case !p.ConsentPublish && text.Blank(p.ConsentReason):
		return failed("不同意公开须说明理由")
	}
	return nil
}

// length counts the characters of the three parts, spaces not counted.
func length(p *gen.Proposal) int {
	n := 0
	for _, s := range append([]string{p.Situation, p.Analysis}, p.Suggestions...) {
		n += utf8.RuneCountInString(strings.Join(strings.Fields(s), ""))
	}
	return n
}

// asked: an invitation that is neither answered nor over.
func asked(p *gen.Party, now time.Time) bool {
	return p.Cosign == party.CosignINVITED && (p.CosignDueAt == nil || !p.CosignDueAt.Before(now))
}

// cosignClosed: every invitation is answered or over; with no co-signer left
// a joint proposal goes in as an individual one only when its lead says so.
func cosignClosed(in *flow.Input) error {
	if !joint(in.Edges.Proposal) {
		return nil
	}
	signed := 0
	for _, p := range in.Parties {
		if asked(p, in.Now) {
			return failed("还有联名人没有答复：%s。可等到截止时间，或撤回邀请", p.Name)
		}
		if p.Cosign == party.CosignSIGNED && p.Role == party.RoleCO {
			signed++
		}
	}
	return when(signed == 0 && !in.Asking && !in.Form.Bool("acceptIndividual"), "没有人联名；如要按个人提案提交，请勾选确认")
}

// collectiveSigned: a 界别 or team proposal carries the convener's signature,
// a collective one the organisation's seal.
func collectiveSigned(in *flow.Input) error {
	p := in.Edges.Proposal
	if bySector(p) && latest(in.Case, record.KindCONSENT, "convener") == nil {
		return failed("界别、小组、联组提案须由召集人签署后提交")
	}
	if byOrganisation(p) {
		for _, a := range in.Attachments {
			if a.Kind == "SEAL" {
				return nil
			}
		}
		return failed("集体提案须上传盖有公章的扫描件后提交")
	}
	return nil
}

func registerReviewRules(s *flow.Rules) {
	s.Guard("proposal.not_own", "审查人不是本件的提案人", func(in *flow.Input) error {
		own := anyParty(in.Proposers(), func(p *gen.Party) bool { return is(p.MembershipID, in.Viewer) })
		return when(own, "您是本件的提案人，不能审查")
	})
	s.Guard("proposal.passes_left", "政策规定的各遍审查还没有做完", func(in *flow.Input) error {
		return when(in.Edges.Proposal.ReviewPass >= in.Policy.ReviewPasses, "各遍审查已经完成")
	})
	s.Guard("proposal.pass_by_other", "本人没有做过前面的一遍审查（政策要求各遍不同的人时）", passByOther)
	s.Guard("proposal.reviewed", "政策规定的各遍审查都已完成", func(in *flow.Input) error {
		done, want := in.Edges.Proposal.ReviewPass, in.Policy.ReviewPasses
		return when(done < want, "审查须经 %d 遍，已完成 %d 遍", want, done)
	})
	s.Guard("proposal.not_secret", "没有尚未排除的涉密疑问", func(in *flow.Input) error {
		return when(in.Edges.Proposal.SecretFlag, "有人提出可能涉密，须先排除")
	})
	s.Guard("proposal.flagged_by_other", "涉密疑问由本人以外的人提出", func(in *flow.Input) error {
		own, other := raised(in)
		return when(own || !other, "排除涉密须由提出人以外的人进行")
	})
	s.Guard("proposal.opinion_consented", "提案人同意转社情民意", func(in *flow.Input) error {
		return when(in.Edges.Proposal.OpinionConsentAt == nil, "转社情民意须先征得提案人同意")
	})
	s.Guard("proposal.refusal_reason", "不予立案的理由在政策之内；以涉密为由的，先由另一人提出", refusalReason, flow.OnForm)
	s.Guard("proposal.merge_approved", "重点提案和一号提案的并案已经主席同意", func(in *flow.Input) error {
		p := in.Edges.Proposal
		return when((p.IsKey || p.IsNoOne) && latest(in.Case, record.KindAPPROVAL, "merge") == nil, "重点提案和一号提案并案须经主席同意")
	})
	s.Guard("proposal.merge_undoable", "并入的提案还没有交办，也没有其他处理", func(in *flow.Input) error {
		for _, l := range in.Out {
			if l.Kind == link.KindMERGED_INTO && l.UndoneAt == nil && !mergeable(l.Edges.To.State) {
				return failed("并入的提案已经交办或已有其他处理，不能撤销并案")
			}
		}
		return nil
	})
	s.Guard("proposal.has_parent", "本政协有上级政协", func(in *flow.Input) error {
		return when(in.Parent == nil, "本政协没有上级，不能转上级政协")
	})
}

// passByOther: of as many passes in a row as the policy's reviewPeople says, no
// two are made by one person. Passes of before a return count no more.
func passByOther(in *flow.Input) error {
	var passes []*gen.Record
	for _, r := range in.RecordsOf(record.KindREVIEW) {
		if r.Data["for"] == "pass" {
			passes = append(passes, r)
		}
	}
	for i := 1; i < in.Policy.ReviewPeople && i <= in.Edges.Proposal.ReviewPass && i <= len(passes); i++ {
		if last := passes[len(passes)-i]; is(last.AuthorID, in.Viewer) {
			return failed("本件的%s是您作的，%s须由另一人进行", last.Stage, passName(in.Edges.Proposal.ReviewPass+1))
		}
	}
	return nil
}

// passName is what the passes are called, counted from 1.
func passName(pass int) string { return []string{"初审", "复审", "终审"}[min(pass, 3)-1] }

// refusalReason: a known reason; secrecy needs a second person, who raised it
// before.
func refusalReason(in *flow.Input) error {
	if in.Asking {
		return nil
	}
	code := in.Form.Text("reasonCode")
	for _, r := range in.Policy.NotFiledReasons {
		if r.Code != code {
			continue
		}
		if code != "SECRET" {
			return nil
		}
		_, other := raised(in)
		return when(!other, "以涉密为由不予立案，须先由另一人提出可能涉密")
	}
	return errs.New(errs.Invalid, "不予立案的理由代码不在政策之内").At("reasonCode")
}

// raised tells who has said, since the last clearing, that the case may be
// secret: the viewer himself, or somebody else.
func raised(in *flow.Input) (own, other bool) {
	for _, r := range in.RecordsOf(record.KindCHECK) {
		switch r.Data["for"] {
		case "secret":
			me := is(r.AuthorID, in.Viewer)
			own, other = own || me, other || !me
		case "not_secret":
			own, other = false, false
		}
	}
	return own, other
}

// mergeable: others may be merged into a case in these states, and be taken
// out again.
func mergeable(state string) bool {
	return slices.Contains([]string{"UNDER_REVIEW", "REVIEWED", "FILED", "REEDITING", "PRE_ASSIGNED"}, state)
}

// latest is the newest record of a kind whose data say what it is for.
func latest(c *flow.Case, kind record.Kind, purpose string) *gen.Record {
	all := c.RecordsOf(kind)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Data["for"] == purpose {
			return all[i]
		}
	}
	return nil
}

func registerClosingRules(s *flow.Rules) {
	s.Guard("proposal.supervised", "是重点提案或一号提案", func(in *flow.Input) error {
		return when(!supervised(in.Edges.Proposal), "不是重点提案或一号提案")
	})
	s.Guard("proposal.key_supervised", "重点提案已有实地调研视察、协商办理工作会议和督办报告", keySupervised)
	s.Guard("proposal.replies_accepted", "各承办单位的答复都已认可", func(in *flow.Input) error {
		for _, a := range in.Answering() {
			if a.AcceptedAt == nil {
				return failed("“%s”的答复尚未认可", a.Edges.Unit.Name)
			}
		}
		return nil
	})
	s.Guard("proposal.classed", "各承办单位的答复都有分类", func(in *flow.Input) error {
		for _, a := range in.Answering() {
			if r := in.Reply(a); r == nil || r.Class == "" {
				return failed("“%s”的答复没有分类", a.Edges.Unit.Name)
			}
		}
		return nil
	})
	s.Guard("proposal.disclosure_decided", "已进行公开审查", func(in *flow.Input) error {
		p := in.Edges.Proposal
		return when(p.Disclosure == proposal.DisclosureUNDECIDED && p.DisclosureNote == "", "请先进行公开审查")
	})
	s.Guard("proposal.may_publish", "提案人不同意公开的，不全文公开", func(in *flow.Input) error {
		bad := !in.Asking && in.Form.Text("decision") == "OPEN" && !in.Edges.Proposal.ConsentPublish
		return when(bad, "提案人不同意公开，只能公开摘要或不公开")
	}, flow.OnForm)
	s.Guard("proposal.to_follow", "有需要跟踪落实的承诺，或是还没有跟踪过的重点提案、一号提案", func(in *flow.Input) error {
		owed := len(commitments(in.Case, item.StatusOPEN, item.StatusREPORTED)) > 0
		return when(!owed && (!supervised(in.Edges.Proposal) || followed(in.Case)), "没有需要跟踪落实的事项")
	})
	s.Guard("proposal.commitments_settled", "各项承诺都已了结", commitmentsSettled)
	s.Guard("proposal.reported_back", "重点提案、一号提案跟踪期间已有落实情况报告", reportedBack)
	s.Guard("proposal.commitment_reported", "承办单位已报告落实情况", func(in *flow.Input) error {
		return when(len(commitments(in.Case, item.StatusREPORTED)) == 0, "承办单位还没有报告落实情况")
	})
	s.Guard("proposal.archive_checklist", "各承办单位的答复都已发出", func(in *flow.Input) error {
		for _, a := range in.Answering() {
			if a.State != "SENT" {
				return failed("“%s”的答复尚未发出，不能归档", a.Edges.Unit.Name)
			}
		}
		return nil
	})
	s.Guard("proposal.correction_by_other", "有待批准的更正，且由申请人以外的人批准", func(in *flow.Input) error {
		r := latest(in.Case, record.KindCHECK, "correction")
		return when(r == nil || r.ConfirmedAt != nil || is(r.AuthorID, in.Viewer), "没有待批准的更正；更正须由申请人以外的人批准")
	})
}

// keySupervised: a key proposal has had a visit, a meeting and a report.
func keySupervised(in *flow.Input) error {
	if !in.Edges.Proposal.IsKey {
		return nil
	}
	need := []struct {
		kind  record.Kind
		label string
	}{{record.KindVISIT, "实地调研视察"}, {record.KindMEETING, "协商办理工作会议"}, {record.KindREPORT, "督办报告"}}
	for _, n := range need {
		if len(in.RecordsOf(n.kind)) == 0 {
			return failed("重点提案办结前须有%s", n.label)
		}
	}
	return nil
}

// supervised: leaders of the committee see to it that the case is handled.
func supervised(p *gen.Proposal) bool { return p.IsKey || p.IsNoOne }

// followed: the case has been in 跟踪落实, now or before.
func followed(c *flow.Case) bool {
	return slices.ContainsFunc(c.Timers, func(t *gen.Timer) bool { return t.Key == "track" })
}

// reportedBack: while a key or 一号 case was followed somebody has reported:
// its supervisors, or a unit on its commitment.
func reportedBack(in *flow.Input) error {
	switch {
	case !supervised(in.Edges.Proposal), latest(in.Case, record.KindREPORT, reportBack) != nil,
		slices.ContainsFunc(in.Items, func(it *gen.Item) bool { return it.Kind == item.KindCOMMITMENT && it.Evidence != "" }):
		return nil
	}
	return failed("重点提案、一号提案跟踪期间还没有落实情况报告，请先用“督办记录”登记一份类别为“报告”的记录，再结束跟踪")
}

// commitmentsSettled: every commitment is done, or was reported and is given
// up for a reason.
func commitmentsSettled(in *flow.Input) error {
	left := commitments(in.Case, item.StatusOPEN, item.StatusREPORTED)
	for _, it := range left {
		if it.Status == item.StatusREPORTED || it.Evidence == "" {
			return failed("还有承诺没有落实或说明")
		}
	}
	switch {
	case in.Asking:
		return nil
	case len(left) > 0 && in.Reason == "":
		return errs.New(errs.Invalid, "有承诺没有落实，结束跟踪须说明理由").At("reason")
	}
	return knownClass(in.Policy, in.Form.Text("class"))
}

func knownClass(p process.Policy, code string) error {
	if _, ok := p.Class(code); !ok {
		return errs.New(errs.Invalid, "答复分类不在政策之内，请重新选择").At("class")
	}
	return nil
}

func commitments(c *flow.Case, statuses ...item.Status) []*gen.Item {
	var out []*gen.Item
	for _, it := range c.Items {
		if it.Kind != item.KindCOMMITMENT {
			continue
		}
		for _, s := range statuses {
			if it.Status == s {
				out = append(out, it)
			}
		}
	}
	return out
}
