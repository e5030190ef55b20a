package proposals

import (
	"context"
	"fmt"
	"maps"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

func registerShareEffects(s *flow.Rules) {
	for name, f := range map[string]flow.Doing{
		"sign":             flow.Does("记下签收的时间", signReceipt),
		"apply_return":     flow.Does("记下申退及其理由", applyReturn),
		"office_return":    flow.Does("记下交办机构对申退的意见", decideReturn(byOffice)),
		"committee_return": flow.Does("记下提案委对申退的意见", decideReturn(byCommittee)),
		"reassign":         flow.Does("改交别的单位", reassign),
		"give_over":        flow.Does("承办单位没有人可以接手时，改交别的单位", giveOver, "newUnitId"),
		"refuse_return":    flow.Does("记下不同意申退", refuseReturn),
		"reopen_return":    flow.Does("重开申退的期限", reopenReturn),
		"suggest_units":    flow.Does("记下建议增加或更换的单位", suggestUnits, "unitIds"),
		"decide_units":     flow.Does("把建议的单位增加为会办，或不增加", decideUnits),
		"name_officer":     flow.Does("指定承办人和分管领导", nameOfficer, "membershipId"),
		"record_contact":   flow.Does("记下与提案人的联系", recordContact, "partyId"),
		"confirm_contact":  flow.Does("提案人确认或否认一次联系", confirmContact, "recordId"),
		"co_opinion":       flow.Does("提交会办意见", coOpinion),
		"draft":            flow.Does("起草答复", draft),
		"sign_off":         flow.Does("签发答复", signOff),
		"approve_audit":    flow.Does("记下办公室审核通过", approveAudit),
		"send":             flow.Does("发出答复并编文号", send),
		"send_back":        flow.Does("退回答复重办", sendBack),
		"accept":           flow.Does("认可答复", accept),
		"apply_extension":  flow.Does("记下延期的申请", applyExtension),
		"decide_extension": flow.Does("准许或不准许延期", decideExtension),
	} {
		f.Register(s, "assignment."+name)
	}
}

func update(r *run) *gen.AssignmentUpdateOne { return r.Client.Assignment.UpdateOne(r.Share) }

func signReceipt(ctx context.Context, r *run) error { return update(r).SetSignedAt(r.Now).Exec(ctx) }

func applyReturn(ctx context.Context, r *run) error {
	if err := note(r, record.KindRETURN, "apply", r.Reason, nil).SetAudience(record.AudienceHANDLING).Exec(ctx); err != nil {
		return err
	}
	return update(r).SetApplyReason(r.Reason).Exec(ctx)
}

// decideReturn keeps the opinion of one of the two who decide. The office
// names the new unit when it agrees.
func decideReturn(by string) flow.Effect {
	return func(ctx context.Context, r *run) error {
		if by == byOffice && r.Form.Bool("grant") {
			id, err := r.Form.ID("newUnitId")
			if err != nil {
				return errs.New(errs.Invalid, "同意退回须同时指定改派单位").At("newUnitId")
			}
			if r.Heirs.Same(id, r.Share.UnitID) {
				return errs.New(errs.Invalid, "不能改派给原单位").At("newUnitId")
			}
			if _, err := handlingUnits(ctx, r, []share{{Unit: id}}); err != nil {
				return errs.New(errs.Invalid, "改派单位不是在用的承办单位").At("newUnitId")
			}
		}
		return note(r, record.KindRETURN, by, r.Form.Text("note"), map[string]any{"grant": r.Form.Bool("grant"), "newUnitId": r.Form.Text("newUnitId")}).
			SetAudience(record.AudienceHANDLING).Exec(ctx)
	}
}

// reassign opens the share anew for the unit that the office named, with a
// clock of its own; the day of the first assignment stays beside it.
func reassign(ctx context.Context, r *run) error {
	id, err := process.Form(decision(&r.Input, byOffice).Data).ID("newUnitId")
	if err != nil {
		return err
	}
	units, err := handlingUnits(ctx, r, []share{{Unit: id}})
	if err != nil {
		return err
	}
	return openShare(ctx, r, units[id], flow.Share{
		Unit: id, Role: r.Share.Role, Round: r.Share.Round, Origin: &r.Share.OriginAssignedAt, Replaces: &r.Share.ID,
	})
}

// giveOver opens the share anew for the unit that the form names, since nobody is
// left in the one that has it. What that one promised in a draft lapses.
func giveOver(ctx context.Context, r *run) error {
	id, err := r.Form.ID("newUnitId")
	if err != nil {
		return err
	}
	units, err := handlingUnits(ctx, r, []share{{Unit: id}})
	if err != nil {
		return errs.New(errs.Invalid, "改派单位不是在用的承办单位").At("newUnitId")
	}
	for _, a := range r.Shares() {
		if r.Heirs.Same(id, a.UnitID) {
			return errs.New(errs.Invalid, "“%s”已经承办本件，请另选单位", units[id].Name).At("newUnitId")
		}
	}
	if rep := r.Reply(r.Share); rep != nil {
		if err := lapse(ctx, r, rep); err != nil {
			return err
		}
	}
	return openShare(ctx, r, units[id], flow.Share{
		Unit: id, Role: r.Share.Role, Round: r.Share.Round, Origin: &r.Share.OriginAssignedAt, Replaces: &r.Share.ID,
	})
}

// refuseReturn leaves the share with its unit, which by applying has received
// it.
func refuseReturn(ctx context.Context, r *run) error {
	if r.Share.SignedAt == nil {
		if err := signReceipt(ctx, r); err != nil {
			return err
		}
	}
	return clearApplication(ctx, r)
}

func clearApplication(ctx context.Context, r *run) error {
	return update(r).ClearApplyReason().ClearApplyUntil().Exec(ctx)
}

func reopenReturn(ctx context.Context, r *run) error {
	until, err := r.Form.Day("until")
	if err != nil {
		return err
	}
	if until.Before(r.Today()) {
		return errs.New(errs.Invalid, "重开的截止日不能早于今天").At("until")
	}
	return update(r).SetReturnUntil(until).Exec(ctx)
}

func suggestUnits(ctx context.Context, r *run) error {
	ids, err := r.Form.IDs("unitIds")
	if err != nil {
		return err
	}
	list := make([]share, len(ids))
	for i, id := range ids {
		list[i].Unit = id
	}
	if _, err := handlingUnits(ctx, r, list); err != nil {
		return err
	}
	return note(r, record.KindCHECK, "add_units", r.Reason, map[string]any{"unitIds": r.Form["unitIds"]}).SetAudience(record.AudienceHANDLING).Exec(ctx)
}

// decideUnits adds the suggested units as assisting ones; a unit that handled
// the case alone thereby leads it.
func decideUnits(ctx context.Context, r *run) error {
	r.After["grant"], r.After["note"] = r.Form.Bool("grant"), r.Form.Text("note")
	if !r.Form.Bool("grant") {
		return nil
	}
	ids, err := process.Form(shareRecord(&r.Input, record.KindCHECK, "add_units").Data).IDs("unitIds")
	if err != nil {
		return err
	}
	list := make([]share, len(ids))
	for i, id := range ids {
		list[i].Unit = id
	}
	units, err := handlingUnits(ctx, r, list)
	if err != nil {
		return err
	}
	for _, a := range r.Shares() {
		delete(units, r.Heirs.Of(a.UnitID)) // already taking part
	}
	for _, u := range units {
		if err := openShare(ctx, r, u, flow.Share{Unit: u.ID, Role: assignment.RoleASSIST, Round: r.Share.Round}); err != nil {
			return err
		}
	}
	return nil
}

func nameOfficer(ctx context.Context, r *run) error {
	id, err := r.Form.ID("membershipId")
	if err != nil {
		return err
	}
	ok, err := r.Client.Membership.Query().Where(membership.ID(id), authz.MemberOn(r.Today()),
		membership.HasSeatsWith(seat.UnitID(r.Heirs.Of(r.Share.UnitID)), authz.SeatOn(r.Today()))).Exist(ctx)
	if err != nil {
		return err
	}
	if !ok {
		return errs.New(errs.Invalid, "承办人须是本单位的在任人员").At("membershipId")
	}
	return update(r).SetOfficerID(id).Exec(ctx)
}

func recordContact(ctx context.Context, r *run) error {
	id, err := r.Form.ID("partyId")
	if err != nil {
		return err
	}
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	if on.After(r.Today()) {
		return errs.New(errs.Invalid, "面商日期不能晚于今天").At("on")
	}
	if !anyParty(r.Proposers(), func(p *gen.Party) bool { return p.ID == id }) {
		return errs.New(errs.Invalid, "所选的人不是本件的提案人").At("partyId")
	}
	rec, err := note(r, record.KindCONTACT, "contact", r.Form.Text("text"), nil).SetPartyID(id).SetOn(on).
		SetMode(r.Form.Text("mode")).SetStage(r.Form.Text("stage")).SetPlace(r.Form.Text("place")).Save(ctx)
	if err != nil || len(toContact(r.Case, r.Share, append(r.RecordsOf(record.KindCONTACT), rec))) > 0 {
		return err // 办前面商 runs on until all of them were met as the policy wants it
	}
	return r.Met(ctx, "contact")
}

// confirmContact is the proposer's word that a contact took place, or did not:
// a denied one does not count.
func confirmContact(ctx context.Context, r *run) error {
	id, err := r.Form.ID("recordId")
	if err != nil {
		return err
	}
	for _, rec := range r.RecordsOf(record.KindCONTACT) {
		if rec.ID != id || rec.AssignmentID == nil || *rec.AssignmentID != r.Share.ID || rec.PartyID == nil || !mine(r, *rec.PartyID) {
			continue
		}
		data := maps.Clone(rec.Data)
		data["denied"] = !r.Form.Bool("happened")
		r.After["recordId"], r.After["happened"] = id.String(), r.Form.Bool("happened") // he may say otherwise another day
		err := r.Client.Record.UpdateOneID(id).SetConfirmedAt(r.Now).SetData(data).Exec(ctx)
		if err != nil || r.Form.Bool("happened") {
			return err
		}
		return deny(ctx, r, r.Share, *rec.PartyID)
	}
	return errs.New(errs.NotFound, "没有这条面商记录").At("recordId")
}

// deny marks the share of a unit of which a proposer says that it did not come:
// the mark counts against the unit's rate, and the 提案委 is told.
func deny(ctx context.Context, r *run, share *gen.Assignment, who uuid.UUID) error {
	text := fmt.Sprintf("提案人表示“%s”没有与其沟通", share.Edges.Unit.Name)
	err := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(record.KindCHECK).SetOn(r.Today()).SetNillableAuthorID(r.Actor()).SetText(text).
		SetAssignmentID(share.ID).SetUnitID(share.UnitID).SetPartyID(who).SetAudience(record.AudienceSTAFF).SetData(map[string]any{"for": uncontacted}).Exec(ctx)
	if err != nil {
		return err
	}
	return r.Engine.Notify(ctx, r.Case, []string{"proposal_clerk", "proposal_director"}, fmt.Sprintf("《%s》：%s", r.Title, text))
}

// uncontacted is what the mark is for.
const uncontacted = "uncontacted"

// docNo takes the next number of a unit's series: {字}〔{year}〕{n}号, replies
// and assisting opinions each in their own. Units that share a 机关代字, such as
// a renamed one and its successor, share its numbers: one that is taken is
// passed over.
func docNo(ctx context.Context, r *run, series string) (string, error) {
	u := r.Share.Edges.Unit
	word := u.DocWord
	if word == "" {
		word = u.ShortName
	}
	if word == "" {
		word = u.Name
	}
	if series == "co" {
		word += "会办"
	}
	year := r.Today().Year()
	for {
		n, err := flow.Next(ctx, fmt.Sprintf("doc:%s:%s:%d", series, u.ID, year), 1)
		if err != nil {
			return "", err
		}
		no := fmt.Sprintf("%s〔%d〕%d号", word, year, n)
		if taken, err := r.Client.Reply.Query().Where(reply.DocNo(no)).Exist(ctx); err != nil || !taken {
			return no, err
		}
	}
}

// coOpinion goes to the lead only.
func coOpinion(ctx context.Context, r *run) error {
	no, err := docNo(ctx, r, "co")
	if err != nil {
		return err
	}
	err = r.Client.Reply.Create().SetMatterID(r.Matter.ID).SetAssignmentID(r.Share.ID).SetKind(reply.KindCO_OPINION).SetRound(r.Share.Round).
		SetStatus(reply.StatusSENT).SetDocNo(no).SetBody(r.Form.Text("body")).SetNillableSignerID(r.Actor()).SetSignedAt(r.Now).SetSentAt(r.Now).Exec(ctx)
	if err != nil {
		return err
	}
	return update(r).SetSentAt(r.Now).Exec(ctx)
}

// draft writes, or rewrites, the reply of this round with its commitments.
func draft(ctx context.Context, r *run) error {
	var in struct {
		Class       string `json:"class"`
		Body        string `json:"body"`
		Publishable bool   `json:"publishable"`
		AgreedText  string `json:"agreedText"`
		Commitments []struct {
			Text  string `json:"text"`
			DueOn string `json:"dueOn"`
		} `json:"commitments"`
	}
	if err := r.Form.Into(&in); err != nil {
		return err
	}
	class, _ := r.Policy.Class(in.Class)
	if class.Track && len(in.Commitments) == 0 {
		return errs.New(errs.Invalid, "“%s”类答复须列出承诺事项和期限", class.Code).At("commitments")
	}
	rep := r.Reply(r.Share)
	var err error
	if rep != nil && (rep.Status == reply.StatusDRAFT || rep.Status == reply.StatusSIGNED_OFF) { // SIGNED_OFF: the office rejected it
		r.Before["body"] = rep.Body
		rep, err = r.Client.Reply.UpdateOne(rep).SetClass(in.Class).SetBody(in.Body).SetPublishable(in.Publishable).
			SetStatus(reply.StatusDRAFT).Save(ctx)
	} else {
		rep, err = r.Client.Reply.Create().SetMatterID(r.Matter.ID).SetAssignmentID(r.Share.ID).SetKind(reply.KindREPLY).
			SetRound(r.Share.Round).SetClass(in.Class).SetBody(in.Body).SetPublishable(in.Publishable).Save(ctx)
	}
	if err != nil {
		return err
	}
	if in.AgreedText != "" {
		err := note(r, record.KindCHECK, "agreed", in.AgreedText, nil).SetAudience(record.AudienceHANDLING).Exec(ctx)
		if err != nil {
			return err
		}
	}
	if err := lapse(ctx, r, rep); err != nil {
		return err
	}
	for i, c := range in.Commitments {
		due, err := process.Form{"dueOn": c.DueOn}.Day("dueOn")
		if err != nil {
			return errs.New(errs.Invalid, "承诺的期限格式应为 2024-12-27").At("commitments", fmt.Sprint(i), "dueOn")
		}
		err = r.Client.Item.Create().SetMatterID(r.Matter.ID).SetReplyID(rep.ID).SetUnitID(r.Heirs.Of(r.Share.UnitID)).SetKind(item.KindCOMMITMENT).
			SetText(c.Text).SetDueOn(due).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// signOff is the leader's signature; the reply takes its number. One that was
// rejected later and signed again keeps it, and is read by the office again.
func signOff(ctx context.Context, r *run) error {
	if old := shareRecord(&r.Input, record.KindAPPROVAL, "audit"); old != nil {
		if err := void(ctx, r, old); err != nil {
			return err
		}
	}
	rep := r.Reply(r.Share)
	u := r.Client.Reply.UpdateOne(rep).SetStatus(reply.StatusSIGNED_OFF).SetNillableSignerID(r.Actor()).SetSignedAt(r.Now)
	if rep.DocNo == "" {
		no, err := docNo(ctx, r, "reply")
		if err != nil {
			return err
		}
		u.SetDocNo(no)
	}
	return u.Exec(ctx)
}

func approveAudit(ctx context.Context, r *run) error {
	return note(r, record.KindAPPROVAL, "audit", "审核通过", nil).SetAudience(record.AudienceHANDLING).Exec(ctx)
}

// send gives the reply to the proposers, with copies to the 提案委 and the
// office.
func send(ctx context.Context, r *run) error {
	err := r.Client.Reply.UpdateOneID(r.Reply(r.Share).ID).SetStatus(reply.StatusSENT).SetSentAt(r.Now).
		SetCc([]string{"提案委员会", "交办机构"}).Exec(ctx)
	if err != nil {
		return err
	}
	return update(r).SetSentAt(r.Now).ClearAcceptedAt().Exec(ctx)
}

func sendBack(ctx context.Context, r *run) error {
	rep := r.Reply(r.Share)
	err := r.Client.Reply.UpdateOne(rep).SetStatus(reply.StatusSENT_BACK).SetSentBackReason(r.Reason).Exec(ctx)
	if err != nil {
		return err
	}
	rep.Status = reply.StatusSENT_BACK // the new clock counts from here
	if err := lapse(ctx, r, rep); err != nil {
		return err
	}
	return update(r).ClearSentAt().ClearAcceptedAt().Exec(ctx)
}

func accept(ctx context.Context, r *run) error { return update(r).SetAcceptedAt(r.Now).Exec(ctx) }

func applyExtension(ctx context.Context, r *run) error {
	until, err := r.Form.Day("until")
	if err != nil {
		return err
	}
	if err := note(r, record.KindEXTENSION, "apply", r.Reason, r.Form).SetAudience(record.AudienceHANDLING).Exec(ctx); err != nil {
		return err
	}
	return update(r).SetApplyReason(r.Reason).SetApplyUntil(until).Exec(ctx)
}

// decideExtension moves the due day when granted; the original one is kept.
func decideExtension(ctx context.Context, r *run) error {
	grant := r.Form.Bool("grant")
	r.After["grant"], r.After["note"] = grant, r.Form.Text("note")
	if grant {
		if err := r.Engine.Extend(ctx, r.Case, r.Share.ID, "reply", *r.Share.ApplyUntil, r.Share.ApplyReason); err != nil {
			return err
		}
		if err := update(r).SetExtended(true).Exec(ctx); err != nil {
			return err
		}
	}
	return clearApplication(ctx, r)
}
