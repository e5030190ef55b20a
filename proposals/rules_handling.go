package proposals

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// share is a unit and its role, as chosen for 预交办 or 交办.
type share struct {
	Unit uuid.UUID       `json:"unitId"`
	Role assignment.Role `json:"role"`
}

func shares(f process.Form) ([]share, error) {
	var in struct {
		Units []share `json:"units"`
	}
	err := f.Into(&in)
	return in.Units, err
}

// planned are the units asked in advance.
func planned(c *flow.Case) ([]share, error) {
	r := latest(c, record.KindPLAN, "preassign")
	if r == nil {
		return nil, nil
	}
	return shares(process.Form(r.Data))
}

func registerHandlingRules(s *flow.Rules) {
	s.Guard("proposal.roles_fit", "一家单办，或恰有一家主办，或两家以上分办；没有重复的单位", func(in *flow.Input) error {
		if in.Asking {
			return nil
		}
		list, err := shares(in.Form)
		if err != nil {
			return err
		}
		return rolesFit(list)
	}, flow.OnForm)
	s.Guard("proposal.any_signed", "至少一家单位已签收", func(in *flow.Input) error {
		for _, a := range in.Answering() {
			if a.State != "PENDING_SIGN" && a.State != "RETURN_APPLIED" { // who asks to be rid of it has not begun
				return nil
			}
		}
		return failed("还没有单位签收")
	})
	s.Guard("proposal.all_sent", "各承办单位都已答复", func(in *flow.Input) error {
		list := in.Answering()
		for _, a := range list {
			if a.State != "SENT" {
				return failed("“%s”尚未答复", a.Edges.Unit.Name)
			}
		}
		return when(len(list) == 0, "没有承办单位")
	})
	s.Guard("proposal.any_sent_back", "有被退回的答复", func(in *flow.Input) error {
		for _, a := range in.Answering() {
			if a.State == "SENT_BACK" {
				return nil
			}
		}
		return failed("没有被退回的答复")
	})
	s.Guard("proposal.reissued", "已重新交办", func(in *flow.Input) error { return when(len(in.Answering()) == 0, "还没有重新交办") })
	s.Guard("proposal.urge_ladder", "催办逐级进行：先提醒，再催办，后通报", urgeLadder, flow.OnForm)
}

// rolesFit: one SOLE alone, or exactly one LEAD with any CO_LEAD and ASSIST,
// or two and more SEPARATE with any ASSIST; no unit twice.
func rolesFit(list []share) error {
	n, seen := map[assignment.Role]int{}, map[uuid.UUID]bool{}
	for _, s := range list {
		if seen[s.Unit] {
			return errs.New(errs.Invalid, "同一单位不能选两次").At("units")
		}
		seen[s.Unit] = true
		n[s.Role]++
	}
	alone := n[assignment.RoleSOLE] == 1 && len(list) == 1
	led := n[assignment.RoleLEAD] == 1 && n[assignment.RoleSOLE]+n[assignment.RoleSEPARATE] == 0
	apart := n[assignment.RoleSEPARATE] >= 2 && n[assignment.RoleSOLE]+n[assignment.RoleLEAD]+n[assignment.RoleCO_LEAD] == 0
	if alone || led || apart {
		return nil
	}
	return errs.New(errs.Invalid, "须为一家单办，或恰有一家主办（可有共同主办、会办），或两家以上分办").At("units")
}

// urgeLadder: 提醒, then 催办, then 通报; no rung is jumped. Each unit has its
// own ladder, on which the reminders of its clocks count.
func urgeLadder(in *flow.Input) error {
	if in.Asking {
		return nil
	}
	share := shareOf(in.Case, in.Form.Text("unitId"))
	if share == nil {
		return errs.New(errs.Invalid, "该单位不承办本件").At("unitId")
	}
	ladder := []string{flow.LevelRemind, flow.LevelUrge, flow.LevelPublish}
	want, top := slices.Index(ladder, in.Form.Text("level")), -1
	for _, r := range in.RecordsOf(record.KindURGE) {
		if l, ok := r.Data["level"].(string); ok && r.AssignmentID != nil && *r.AssignmentID == share.ID {
			top = max(top, slices.Index(ladder, l))
		}
	}
	if want > top+1 {
		return failed("催办须逐级进行，应先%s", ladder[top+1])
	}
	return nil
}

// shareOf is a unit's open share of the round, nil when it has none.
func shareOf(c *flow.Case, unit string) *gen.Assignment {
	id, err := uuid.Parse(unit)
	if err != nil {
		return nil
	}
	for _, a := range c.Shares() {
		if c.Heirs.Same(a.UnitID, id) {
			return a
		}
	}
	return nil
}

func registerRatingRules(s *flow.Rules) {
	s.Guard("proposal.words", "评价用语在政策之内", func(in *flow.Input) error {
		if in.Asking {
			return nil
		}
		for _, field := range []string{"attitude", "result"} {
			if _, ok := in.Policy.Rating(in.Form.Text(field)); !ok {
				return errs.New(errs.Invalid, "评价用语不在政策之内").At(field)
			}
		}
		return nil
	}, flow.OnForm)
	s.Guard("proposal.all_rated", "征询的提案人都已反馈", func(in *flow.Input) error {
		list := roundFeedback(in.Case)
		for _, f := range list {
			if f.ReceivedAt == nil {
				return failed("还有提案人没有反馈")
			}
		}
		return when(len(list) == 0, "还没有征询")
	})
	s.Guard("proposal.dissatisfied", "提案人对办理结果不满意", func(in *flow.Input) error { return when(!dissatisfied(in.Case), "没有不满意的反馈") })
	s.Guard("proposal.settled_ratings", "没有不满意的反馈，或已当面协商", func(in *flow.Input) error {
		return when(dissatisfied(in.Case) && !consulted(in.Case), "提案人不满意，须重新办理或当面协商")
	})
	s.Guard("proposal.rounds_left", "重新办理的次数未满", func(in *flow.Input) error {
		return when(in.Edges.Proposal.Round >= in.Policy.MaxRounds, "重新办理的次数已满，应当面协商")
	})
	s.Guard("proposal.twice_dissatisfied", "重新办理之后仍不满意，且还没有当面协商过", func(in *flow.Input) error {
		bad := !dissatisfied(in.Case) || in.Edges.Proposal.Round < in.Policy.MaxRounds || consulted(in.Case)
		return when(bad, "当面协商用于重新办理后仍不满意的提案，且只进行一次")
	})
	s.Guard("proposal.window_over", "征询期已过", func(in *flow.Input) error {
		for _, t := range in.OpenTimers(nil) {
			if t.Key == "feedback" && t.DueOn != nil && !t.DueOn.Before(in.Today()) {
				return failed("征询期到%s，其间请等待或电话联系提案人", t.DueOn.Format("2006年1月2日"))
			}
		}
		return nil
	})
}

// roundFeedback are the ratings asked for in the present round about replies
// that stand: nobody is held up by a reply that was sent back.
func roundFeedback(c *flow.Case) []*gen.Feedback {
	back := map[uuid.UUID]bool{}
	for _, r := range c.Replies {
		back[r.ID] = r.Status == reply.StatusSENT_BACK
	}
	var out []*gen.Feedback
	for _, f := range c.Feedback {
		if f.Round == c.Edges.Proposal.Round && !back[f.ReplyID] {
			out = append(out, f)
		}
	}
	return onceEach(c, out)
}

// dissatisfied: a first proposer, or anyone where the policy says so, rated
// the result of this round as 不满意. The attitude is recorded and counted,
// and does not reopen: a new round cannot mend it.
func dissatisfied(c *flow.Case) bool {
	lead, who := map[uuid.UUID]bool{}, persons(c)
	for _, p := range c.Parties {
		if p.Role == party.RoleLEAD {
			lead[personOf(c.Heirs, p)] = true
		}
	}
	for _, f := range roundFeedback(c) {
		r, _ := c.Policy.Rating(f.Result)
		if r.Counts == "DISSATISFIED" && (c.Policy.RejectBy == "ANY" || lead[who[f.PartyID]]) {
			return true
		}
	}
	return false
}

func consulted(c *flow.Case) bool { return len(c.RecordsOf(record.KindJOINT_CONSULT)) > 0 }

func registerShareRules(s *flow.Rules) {
	s.Guard("assignment.answers", "本单位直接答复提案人，不是会办", func(in *flow.Input) error {
		return when(in.Share.Role == assignment.RoleASSIST, "会办单位不直接答复提案人，请提交会办意见")
	})
	s.Guard("assignment.assists", "本单位是会办单位", func(in *flow.Input) error {
		return when(in.Share.Role != assignment.RoleASSIST, "只有会办单位提交会办意见")
	})
	s.Guard("assignment.return_open", "申退期限未过", func(in *flow.Input) error {
		if until := in.Share.ReturnUntil; until != nil && until.Before(in.Today()) {
			return errs.New(errs.DeadlinePassed, "申退期限已于%s届满；确有必要请商交办机构重开", until.Format("2006年1月2日")).
				With("dueOn", until.Format(time.DateOnly))
		}
		return nil
	})
	s.Guard("assignment.leader_statement", "已两次申退的，附有单位主要负责人签署的书面说明", leaderStatement)
	s.Guard("assignment.not_decided_office", "交办机构对这次申退还没有表示意见", notDecided(byOffice))
	s.Guard("assignment.not_decided_committee", "提案委对这次申退还没有表示意见", notDecided(byCommittee))
	s.Guard("assignment.return_agreed", "交办机构和提案委都同意申退", func(in *flow.Input) error {
		office, committee := decision(in, byOffice), decision(in, byCommittee)
		return when(office == nil || committee == nil || !granted(office) || !granted(committee), "须交办机构和提案委都同意")
	})
	s.Guard("assignment.return_refused", "交办机构或提案委不同意申退", func(in *flow.Input) error {
		office, committee := decision(in, byOffice), decision(in, byCommittee)
		refused := (office != nil && !granted(office)) || (committee != nil && !granted(committee))
		return when(!refused, "没有一家不同意")
	})
	s.Guard("assignment.unreached", "承办单位没有人可以接手，已经交给提案委主任", func(in *flow.Input) error {
		return when(!in.Handed[in.Share.ID], "承办单位有人可以办理；要退回，由它申请，交办机构和提案委都同意")
	})
	s.Guard("assignment.contacted", "已与每位第一提案人面商并记录（政策要求时）", contacted)
	s.Guard("assignment.assist_settled", "会办单位的意见都已提交，或已到期", assistSettled)
	s.Guard("assignment.class_known", "答复的分类在政策之内", func(in *flow.Input) error {
		if in.Asking {
			return nil
		}
		return knownClass(in.Policy, in.Form.Text("class"))
	}, flow.OnForm)
	s.Guard("assignment.audit_required", "政策要求答复先经办公室审核", func(in *flow.Input) error {
		return when(!in.Policy.OfficeAudit, "政策不要求办公室审核，可直接发出")
	})
	s.Guard("assignment.audited", "答复已经办公室审核（政策要求时）", func(in *flow.Input) error {
		return when(in.Policy.OfficeAudit && shareRecord(in, record.KindAPPROVAL, "audit") == nil, "答复须先经办公室审核")
	})
	s.Guard("assignment.case_open", "本件还在办理，且这份答复属于本轮", func(in *flow.Input) error {
		open := in.State == "HANDLING" || in.State == "REPLIED" || in.State == "COMPLETION_REVIEW"
		return when(!open || in.Share.Round != in.Edges.Proposal.Round, "本件已办结或已重新办理，不能再处理这份答复")
	})
	s.Guard("assignment.before_due", "办理期限未过", func(in *flow.Input) error {
		if due := in.Share.DueOn; due != nil && due.Before(in.Today()) {
			return errs.New(errs.DeadlinePassed, "办理期限已于%s届满，延期须在届满前申请", due.Format("2006年1月2日")).With("dueOn", due.Format(time.DateOnly))
		}
		return nil
	})
	s.Guard("assignment.extensions_left", "延期的次数未满", func(in *flow.Input) error {
		n, err := extensions(in)
		if err != nil {
			return err
		}
		return when(n >= in.Policy.MaxExtensions, "已经延期 %d 次，不能再延", n)
	})
	s.Guard("assignment.within_max", "新的期限晚于现在的，且不超过政策允许的最长期限", withinMax, flow.OnForm)
}

// leaderStatement: after two returns of one share the unit's main leader signs.
func leaderStatement(in *flow.Input) error {
	returns := 0
	for _, r := range in.RecordsOf(record.KindRETURN) {
		if r.Data["for"] == "apply" {
			returns++
		}
	}
	if returns < 2 {
		return nil
	}
	for _, a := range in.Attachments {
		if a.Kind == attachment.KindRETURN_STATEMENT && a.AssignmentID != nil && *a.AssignmentID == in.Share.ID {
			return nil
		}
	}
	return failed("本件已两次申退，再次申退须上传单位主要负责人签署的书面说明")
}

// decision is what an office or the 提案委 said of the share's latest
// application to return.
func decision(in *flow.Input, by string) *gen.Record { return returnDecision(in.Case, in.Share, by) }

// The two who decide on an application to return, each by himself.
const (
	byOffice    = "OFFICE"
	byCommittee = "COMMITTEE"
)

// officeDecides: the share waits for the 交办机构: with 申退, until it has said
// what it thinks; with anything else that is put to it, until it is done.
func officeDecides(c *flow.Case, share *gen.Assignment) bool {
	return share == nil || share.State != "RETURN_APPLIED" || returnDecision(c, share, byOffice) == nil
}

// committeeDecides: the share waits for the 提案委 until it has said what it
// thinks of the application to return.
func committeeDecides(c *flow.Case, share *gen.Assignment) bool {
	return share != nil && share.State == "RETURN_APPLIED" && returnDecision(c, share, byCommittee) == nil
}

// returnDecision is decision for a share of a case.
func returnDecision(c *flow.Case, share *gen.Assignment, by string) *gen.Record {
	all := c.RecordsOf(record.KindRETURN)
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if r.AssignmentID == nil || *r.AssignmentID != share.ID {
			continue
		}
		switch r.Data["for"] {
		case "apply":
			return nil
		case by:
			return r
		}
	}
	return nil
}

func granted(r *gen.Record) bool { g, _ := r.Data["grant"].(bool); return g }

func notDecided(by string) flow.Guard {
	return func(in *flow.Input) error { return when(decision(in, by) != nil, "已经表示过意见") }
}

// shareRecord is the newest record of a kind and purpose about the share.
func shareRecord(in *flow.Input, kind record.Kind, purpose string) *gen.Record {
	all := in.RecordsOf(kind)
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if r.AssignmentID != nil && *r.AssignmentID == in.Share.ID && r.Data["for"] == purpose {
			return r
		}
	}
	return nil
}

// contacted: at least one contact of this unit with each first proposer,
// those of merged cases included. One that the proposer denied does not count.
func contacted(in *flow.Input) error {
	if !in.Policy.ContactRequired {
		return nil
	}
	left := toContact(in.Case, in.Share, in.RecordsOf(record.KindCONTACT))
	switch {
	case len(left) == 0:
		return nil
	case in.Policy.ContactBy == "ANY":
		return failed("答复前须与第一提案人“%s”沟通并记录", left[0].Name)
	}
	return failed("答复前须与第一提案人“%s”面商并记录；面商是面谈、座谈会或实地，电话、视频、邮件和书信只算沟通", left[0].Name)
}

// faceToFace are the ways of contact that are 面商; the others are 沟通
// (domain.md 7).
var faceToFace = []string{"面谈", "座谈会", "实地"}

// toContact are the first proposers whom the unit has not met yet, or not
// contacted where the policy is content with that.
func toContact(c *flow.Case, share *gen.Assignment, contacts []*gen.Record) (left []*gen.Party) {
	who := persons(c)
	for _, p := range oneEach(c.Heirs, c.Active(party.RoleLEAD)) {
		if gone(p, c.Today()) { // nobody can be met; the others are
			continue
		}
		if !slices.ContainsFunc(contacts, func(r *gen.Record) bool {
			return r.PartyID != nil && who[*r.PartyID] == personOf(c.Heirs, p) && r.UnitID != nil && *r.UnitID == share.UnitID && r.Data["denied"] != true &&
				(c.Policy.ContactBy == "ANY" || slices.Contains(faceToFace, r.Mode))
		}) {
			left = append(left, p)
		}
	}
	return left
}

// assistSettled: every assisting unit has given its opinion or is late; the
// lead does not wait for ever (domain.md trap 8).
func assistSettled(in *flow.Input) error {
	for _, a := range in.Shares(assignment.RoleASSIST) {
		if a.UnitID == in.Share.UnitID { // R14: nobody waits for his own opinion
			continue
		}
		if a.State != "SENT" && (a.DueOn == nil || !a.DueOn.Before(in.Today())) {
			return failed("会办单位“%s”的意见尚未提交，且未到期", a.Edges.Unit.Name)
		}
	}
	return nil
}

// extensions is how often the share's time to reply has been extended.
func extensions(in *flow.Input) (n int, err error) {
	for _, t := range in.Timers {
		if t.Key != "reply" || t.AssignmentID == nil || *t.AssignmentID != in.Share.ID {
			continue
		}
		b, err := flow.Budget(t)
		if err != nil {
			return 0, err
		}
		n += len(b.Extensions)
	}
	return n, nil
}

// withinMax: at most the policy's extension, and never beyond the longest
// time from assignment.
func withinMax(in *flow.Input) error {
	if in.Asking {
		return nil
	}
	until, err := in.Form.Day("until")
	if err != nil {
		return err
	}
	if in.Share.DueOn == nil || !until.After(*in.Share.DueOn) {
		return errs.New(errs.Invalid, "延期须晚于现在的期限").At("until")
	}
	limit := func(key string, base time.Time) time.Time {
		a := in.Policy.Deadlines[key]
		d, _ := deadline.Budget{Key: key, Base: base, Amount: a.Amount, Unit: a.Unit}.Due(in.Calendar)
		return d
	}
	last := limit("extension.max", *in.Share.DueOn)
	if m := limit("reply.max", clock.Day(in.Share.AssignedAt)); m.Before(last) {
		last = m
	}
	if until.After(last) {
		return errs.New(errs.Invalid, "至多延至%s", last.Format("2006年1月2日")).At("until").With("latest", last.Format(time.DateOnly))
	}
	return nil
}
